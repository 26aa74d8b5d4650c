package live

import (
	"os"
	"testing"

	"muster/plugins"
	"muster/plugins/plugintest"
	"muster/plugins/sqlwire/pgtest"
	_ "muster/plugins/wires" // postgres
)

// reporting starts PostgreSQL with the reporting database of a records system.
func reporting(t *testing.T) (live, *pgtest.Server) {
	t.Helper()
	if os.Getenv("MUSTER_LIVE") == "off" {
		t.Skip("the real servers have a run of their own: make live")
	}
	schema, err := os.ReadFile("testdata/postgres/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	s := pgtest.Start(t)
	s.Exec("postgres", "CREATE DATABASE records")
	s.Exec("records", string(schema))
	s.Reader("records", "muster_reader", "reader-word-7Hq", "v_person", "v_address_link", "v_vehicle", "v_incident")
	return live{"records_views", plugins.Config{"database": s.URL("records"), "user": "muster_reader"},
		map[string]string{"user": "muster_reader", "password": "reader-word-7Hq"}}, s
}

func TestPostgreSQL(t *testing.T) {
	l, pg := reporting(t)
	s := l.open(t)
	t.Run("check", func(t *testing.T) {
		if id, err := s.Check(officer(t)); err != nil || id.Server != "PostgreSQL" {
			t.Errorf("%+v %v", id, err)
		}
	})
	t.Run("people", func(t *testing.T) {
		for _, q := range []plugins.Query{by(t, "person", "surname", "ó briain", "givenName", "Siobhán"), by(t, "person", "pncId", "84/123456K"), by(t, "person", "dateOfBirth", "1984-03-31")} {
			rs, _ := every(t, s, q)
			if len(rs) != 1 {
				t.Fatalf("%d people by %v", len(rs), q.Terms)
			}
			r := rs[0]
			has(t, r, "surname", "Ó BRIAIN", "givenName", "SIOBHÁN", "middleName", "MÁIRE", "dateOfBirth", "1984-03-31", "sex", "F", "alias", "O'BRIEN",
				"telephone", "+447700900123", "warning", "VI", "postcode", "LS8 2QX", "postcode", "LS2 7DJ", "uprn", "100050000014")
			linked(t, r, "currentAddress", "location", "11")
			if r.ID != "9007199254740993" || r.Version != "7" || r.Updated.Format("2006-01-02T15:04:05Z07:00") != "2026-03-29T01:30:00Z" {
				t.Errorf("%s %s %s", r.ID, r.Version, r.Updated)
			}
			full, err := s.Fetch(officer(t), r.Ref)
			if err != nil {
				t.Fatal(err)
			}
			has(t, full, "surname", "Ó BRIAIN", "postcode", "LS2 7DJ")
		}
		rs, _ := every(t, s, by(t, "person", "surname", "o'neill"))
		if len(rs) != 1 || len(rs[0].All("warning")) != 0 || len(rs[0].All("dateOfBirth")) != 0 {
			t.Errorf("%+v", rs)
		}
		if rs, _ := every(t, s, by(t, "person", "surname", "محمود")); len(rs) != 1 {
			t.Errorf("%d people by an Arabic name", len(rs))
		}
		if rs, _ := every(t, s, by(t, "person", "surname", "x' OR '1'='1")); len(rs) != 0 {
			t.Errorf("%d people by a quote", len(rs))
		}
	})
	t.Run("pages", func(t *testing.T) {
		q := by(t, "person", "surname", "Archer")
		q.Limit = 50
		if rs, pages := every(t, s, q); len(rs) != 230 || pages != 5 {
			t.Errorf("%d people in %d pages", len(rs), pages)
		}
		q = by(t, "incident", "postcode", "LS8 2QX")
		if rs, pages := every(t, s, q); len(rs) != 120 || pages != 3 {
			t.Errorf("%d incidents in %d pages", len(rs), pages)
		}
	})
	t.Run("vehicles and incidents", func(t *testing.T) {
		rs, _ := every(t, s, by(t, "vehicle", "vrm", "ab12 cde"))
		if len(rs) != 1 {
			t.Fatalf("%d vehicles", len(rs))
		}
		linked(t, rs[0], "keeper", "person", "9007199254740993")
		if rs, _ = every(t, s, by(t, "vehicle", "vrm", "YK19XYZ")); len(rs) != 1 {
			t.Fatalf("%d vehicles", len(rs))
		}
		has(t, rs[0], "warning", "STOLEN")
		if rs, _ = every(t, s, by(t, "incident", "reference", "RP/26/0001")); len(rs) != 1 {
			t.Fatalf("%d incidents", len(rs))
		}
		has(t, rs[0], "startDateTime", "2026-07-01T12:30:00Z", "incidentCategory", "theft", "status", "open")
		linked(t, rs[0], "involvedPerson", "person", "9007199254740993")
		if rs, _ = every(t, s, plugins.Query{Kind: "incident", Text: "bicycles 77"}); len(rs) != 1 || rs[0].ID != "RP/26/0077" {
			t.Errorf("by text: %v", rs)
		}
	})
	t.Run("changes", func(t *testing.T) {
		c := watched(t, s, "incident", "", func() {
			pg.Exec("records", "UPDATE event SET state = 'CLS' WHERE no = 'RP/26/0005'")
		}, func(c plugins.Change) bool { return c.Record.ID == "RP/26/0005" })
		has(t, c.Record, "status", "closed")
		c = watched(t, s, "incident", "", func() { pg.Exec("records", "DELETE FROM event WHERE no = 'RP/26/0120'") },
			func(c plugins.Change) bool { return c.Record.ID == "RP/26/0120" })
		if !c.Removed {
			t.Error("a deletion is announced as a change")
		}
	})
	t.Run("refusals", func(t *testing.T) {
		wrong := l
		wrong.secrets = map[string]string{"user": "muster_reader", "password": "wrong-word"}
		_, err := wrong.open(t).Check(officer(t))
		refused(t, err, plugins.Auth)
		pg.Exec("records", "REVOKE SELECT ON v_vehicle FROM muster_reader")
		_, err = s.Search(officer(t), by(t, "vehicle", "vrm", "AB12CDE"))
		refused(t, err, plugins.Denied)
		pg.Exec("records", "GRANT SELECT ON v_vehicle TO muster_reader; ALTER VIEW v_vehicle RENAME COLUMN vrm TO plate")
		_, err = s.Search(officer(t), by(t, "vehicle", "vrm", "AB12CDE"))
		refused(t, err, plugins.Drift)
		pg.Exec("records", "ALTER VIEW v_vehicle RENAME COLUMN plate TO vrm")
	})
}

func TestPostgreSQLConforms(t *testing.T) {
	l, _ := reporting(t)
	l.conform(t, func(s *plugintest.Subject) {
		s.Found, s.Empty, s.Pages = by(t, "person", "surname", "Archer"), by(t, "person", "surname", "Nobody"), 3
	})
}
