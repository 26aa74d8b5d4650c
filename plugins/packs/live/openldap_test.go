package live

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/ldapwire/slapdtest"
	"muster/plugins/plugintest"
	_ "muster/plugins/wires" // ldap
)

// staff starts OpenLDAP with the directory of a force.
func staff(t *testing.T) live {
	t.Helper()
	if os.Getenv("MUSTER_LIVE") == "off" {
		t.Skip("the real servers have a run of their own: make live")
	}
	const suffix = "dc=force,dc=example"
	var b strings.Builder
	entry := func(dn string, lines ...string) {
		b.WriteString("dn: " + dn + "\n" + strings.Join(lines, "\n") + "\n\n")
	}
	person := func(uid, sn, given string, more ...string) {
		entry("uid="+uid+",ou=people,"+suffix, append([]string{"objectClass: inetOrgPerson", "uid: " + uid, "sn: " + sn, "givenName: " + given, "cn: " + given + " " + sn}, more...)...)
	}
	entry(suffix, "objectClass: dcObject", "objectClass: organization", "o: Force", "dc: force")
	entry("ou=people,"+suffix, "objectClass: organizationalUnit", "ou: people")
	entry("ou=Roads Policing,"+suffix, "objectClass: organizationalUnit", "ou: Roads Policing", "telephoneNumber: 0113 496 0000", "postalCode: LS1 4AP",
		"entryUUID: 6b1d7c1e-0000-4000-8000-000000000002")
	person("reader", "Muster", "Reader", "userPassword: reader-word-7Hq")
	person("c2214", "Ó Briain", "Siobhán", "telephoneNumber: +44 7700 900123", "mobile: 07700 900456", "mail: s.obriain@force.example", "title: Detective Sergeant",
		"entryUUID: 6b1d7c1e-0000-4000-8000-000000000001", "modifyTimestamp: 20260329013000Z")
	person("c1", "Smith (CID) *", "Jo")
	person("c2", "محمود", "علي")
	for i := range 230 {
		person(fmt.Sprintf("a%03d", i), "Archer", fmt.Sprintf("Nr%03d", i))
	}
	s := slapdtest.Start(t, suffix, b.String(), "index sn,cn,givenName,mail,entryUUID eq", "access to attrs=userPassword by anonymous auth by * none",
		"access to * by users read by anonymous auth")
	return live{"force_directory", plugins.Config{"server": "ldap://" + s.Addr, "base_dn": suffix, "bind_dn": "uid={user},ou=people," + suffix, "user": "reader"},
		map[string]string{"user": "reader", "password": "reader-word-7Hq"}}
}

func TestOpenLDAP(t *testing.T) {
	l := staff(t)
	s := l.open(t)
	if id, err := s.Check(officer(t)); err != nil || id.Server != "LDAP" {
		t.Errorf("%+v %v", id, err)
	}
	t.Run("people", func(t *testing.T) {
		for _, q := range []plugins.Query{by(t, "person", "surname", "ó briain", "givenName", "Siob"), by(t, "person", "fullName", "Siobhán Ó Briain"),
			by(t, "person", "telephone", "07700900123"), by(t, "person", "telephone", "+44 7700 900456"), by(t, "person", "email", "S.OBriain@force.example")} {
			rs, _ := every(t, s, q)
			if len(rs) != 1 {
				t.Fatalf("%d people by %v", len(rs), q.Terms)
			}
			has(t, rs[0], "surname", "Ó BRIAIN", "givenName", "SIOBHÁN", "telephone", "+447700900123", "telephone", "+447700900456",
				"email", "s.obriain@force.example", "occupation", "Detective Sergeant")
			if got := rs[0].Updated.Format("2006-01-02T15:04:05Z07:00"); got != "2026-03-29T01:30:00Z" || rs[0].ID != "6b1d7c1e-0000-4000-8000-000000000001" {
				t.Errorf("%s %s", rs[0].ID, got)
			}
			full, err := s.Fetch(officer(t), rs[0].Ref)
			if err != nil {
				t.Fatal(err)
			}
			has(t, full, "surname", "Ó BRIAIN")
		}
		for name, n := range map[string]int{"Smith (CID) *": 1, "محمود": 1, "*": 0, "Nobody)(uid=*": 0} {
			if rs, _ := every(t, s, by(t, "person", "surname", name)); len(rs) != n {
				t.Errorf("%d people by %q", len(rs), name)
			}
		}
	})
	t.Run("pages", func(t *testing.T) {
		if rs, pages := every(t, s, by(t, "person", "surname", "Archer")); len(rs) != 230 || pages != 3 {
			t.Errorf("%d people in %d pages", len(rs), pages)
		}
	})
	t.Run("units", func(t *testing.T) {
		rs, _ := every(t, s, by(t, "organisation", "organisationName", "Roads Policing"))
		if len(rs) != 1 {
			t.Fatalf("%d units", len(rs))
		}
		has(t, rs[0], "organisationName", "ROADS POLICING", "telephone", "+441134960000", "postcode", "LS1 4AP")
	})
	t.Run("refusals", func(t *testing.T) {
		wrong := l
		wrong.secrets = map[string]string{"user": "reader", "password": "wrong-word"}
		_, err := wrong.open(t).Check(officer(t))
		refused(t, err, plugins.Auth)
		lost := l
		lost.config = plugins.Config{"server": l.config["server"], "base_dn": "dc=other,dc=example", "bind_dn": l.config["bind_dn"], "user": "reader"}
		_, err = lost.open(t).Check(officer(t))
		refused(t, err, plugins.Denied)
		_, err = lost.open(t).Search(officer(t), by(t, "person", "surname", "Archer"))
		refused(t, err, plugins.Drift)
	})
}

func TestOpenLDAPConforms(t *testing.T) {
	staff(t).conform(t, func(s *plugintest.Subject) {
		s.Found, s.Empty, s.Pages = by(t, "person", "surname", "Archer"), by(t, "person", "surname", "Nobody"), 3
	})
}
