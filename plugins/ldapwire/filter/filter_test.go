package filter

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func gaps(s string) string { return strings.ReplaceAll(s, "@", string(Gap)) }

func TestFill(t *testing.T) {
	for _, tt := range []struct {
		text   string
		values [][]string
		want   string
	}{
		{"(&(objectClass=person)(sn=@)(givenName=@*))", [][]string{{"Ó Briain"}, {"Si"}}, "(&(objectClass=person)(sn=Ó Briain)(givenName=Si*))"},
		{"(&(objectClass=person)(sn=@)(givenName=@*))", [][]string{{"Smith"}, nil}, "(&(objectClass=person)(sn=Smith))"},
		{"(&(a=@)(|(b=@)(c=@))(!(d=@)))", [][]string{{"1"}, nil, {""}, nil}, "(&(a=1))"},
		{"(sn=@)", [][]string{{`*)(uid=\00`}}, `(sn=\2a\29\28uid=\5c00)`},
		{"(sn=@)", [][]string{{"a\x00b"}}, `(sn=a\00b)`},
		{"(&(x=y)(cn=@))", [][]string{{"a", "b"}}, "(&(x=y)(|(cn=a)(cn=b)))"},
		{"( & (x=y)\n  (cn:caseExactMatch:=@) )", [][]string{{"a"}}, "(&(x=y)(cn:caseExactMatch:=a))"},
		{"(mail=*)", nil, "(mail=*)"},
		{"(x>=@)", [][]string{{"5"}}, "(x>=5)"},
		{"(cn=*@*)", [][]string{{"x"}}, "(cn=*x*)"},
	} {
		f, err := Parse(gaps(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got, err := f.Fill(tt.values); err != nil || got != tt.want || f.Gaps() != strings.Count(tt.text, "@") {
			t.Errorf("%s gives %s, %v", tt.text, got, err)
		}
	}
	f, err := Parse(gaps("(|(sn=@)(cn=@))"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fill([][]string{nil, {}}); !errors.Is(err, ErrEmpty) {
		t.Errorf("a filter without a clause: %v", err)
	}
}

func TestMalformed(t *testing.T) {
	for _, s := range []string{"", "sn=x", "(sn=x", "(sn=x))", "(sn=x)(cn=y)", "(&)", "(!(a=b)(c=d))", "(=x)", "(sn)", "(@=x)", "(s@n=x)", "(sn=)", "(sn=a(b)",
		`(sn=\zz)`, `(sn=\5)`, "(sn>=a*)", "(sn=a**)", "(&(a=b)x)", "(sn=\x00)", strings.Repeat("(!", 40) + "(a=b)" + strings.Repeat(")", 40), "(a:b=c)", "(*=x)"} {
		_, err := Parse(gaps(s))
		var e *Error
		if !errors.As(err, &e) || e.Say == "" || e.Cure == "" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestDN(t *testing.T) {
	for _, tt := range []struct {
		text   string
		values []string
		want   string
	}{
		{"ou=people,dc=force,dc=example", nil, "ou=people,dc=force,dc=example"},
		{"", nil, ""},
		{"@", []string{`cn=Ann\, B,ou=x`}, `cn=Ann\, B,ou=x`},
		{"uid=@,ou=people,@", []string{`x,dc=y+"z" `, "dc=a"}, `uid=x\,dc\=y\+\"z\"\ ,ou=people,dc=a`},
		{"cn=#@", []string{"1"}, "cn=#1"},
	} {
		d, err := ParseDN(gaps(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got, ok := d.Fill(tt.values); !ok || got != tt.want {
			t.Errorf("%s gives %q %v", tt.text, got, ok)
		}
	}
	for _, s := range []string{"people", "ou=people,dc", "ou=a,,dc=b", "@people", `ou=a\`, "=x", `ou=a\,@`} {
		if _, err := ParseDN(gaps(s)); err == nil && s != `ou=a\,@` {
			t.Errorf("%q is a DN", s)
		}
	}
	d, err := ParseDN(gaps("@,dc=x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"", "not a dn", "a=b,c"} {
		if got, ok := d.Fill([]string{v}); ok {
			t.Errorf("%q gives %q", v, got)
		}
	}
}

// Whatever is filled in, the filter asks the same: the server's grammar finds as many clauses as without.
func FuzzFilter(f *testing.F) {
	f.Add("(&(objectClass=person)(sn=\ue000)(givenName=\ue000*))", `*)(uid=*`)
	f.Add(`(|(a:dn:2.4:=\28\ue000)(!(b~=c)))`, "\\")
	f.Fuzz(func(t *testing.T, text, value string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		fill := func(v string) (string, int, bool) {
			values := make([][]string, p.Gaps())
			for i := range values {
				values[i] = []string{v}
			}
			out, err := p.Fill(values)
			if err != nil {
				return "", 0, false
			}
			c, err := ldap.CompileFilter(out)
			if err != nil {
				return out, 0, false
			}
			back, err := ldap.DecompileFilter(c)
			return out, strings.Count(back, "("), err == nil
		}
		plain, clauses, ok := fill("x")
		if !ok {
			return // valid for us, too odd for the library: the wire refuses it
		}
		if value == "" {
			return
		}
		if out, n, ok := fill(value); !ok || n != clauses {
			t.Fatalf("%q with %q gives %q with %d clauses, not %d (%q)", text, value, out, n, clauses, plain)
		}
	})
}

func FuzzDN(f *testing.F) {
	f.Add("uid=\ue000,ou=people", `x,ou=admin`)
	f.Fuzz(func(t *testing.T, text, value string) {
		d, err := ParseDN(text)
		if err != nil || value == "" {
			return
		}
		values, plain := make([]string, d.Gaps()), make([]string, d.Gaps())
		for i := range values {
			if values[i], plain[i] = value, "x"; d.whole[i] {
				values[i], plain[i] = "x=x", "x=x"
			}
		}
		out, ok := d.Fill(values)
		same, ok2 := d.Fill(plain)
		if !ok || !ok2 {
			return
		}
		a, err := ldap.ParseDN(same)
		if err != nil {
			return
		}
		b, err := ldap.ParseDN(out)
		if err != nil || len(a.RDNs) != len(b.RDNs) {
			t.Fatalf("%q with %q gives %q: %v", text, value, out, err)
		}
	})
}
