package named

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParametersBecomePlaceholders(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"select * from v where a = :a and b = :b":                     "select * from v where a = $1 and b = $2",
		"SELECT * FROM v WHERE (:x::text IS NULL OR x = :x)":          "SELECT * FROM v WHERE ($1::text IS NULL OR x = $1)",
		"SELECT ':a', 'it''s :b', \":c\" FROM v -- :d\n WHERE e = :e": "SELECT ':a', 'it''s :b', \":c\" FROM v -- :d\n WHERE e = $1",
		"SELECT /* :a ' */ b[1:n], c::date FROM v":                    "SELECT /* :a ' */ b[1:n], c::date FROM v",
		"WITH x AS (SELECT :a AS a) SELECT * FROM x;  -- done":        "WITH x AS (SELECT $1 AS a) SELECT * FROM x",
		"VALUES (:ä, 2)":                        "VALUES ($1, 2)",
		"(SELECT 1) UNION (SELECT :a)":          "(SELECT 1) UNION (SELECT $1)",
		"SELECT f(a := :a), b ? 'x', c @> :c":   "SELECT f(a := $1), b ? 'x', c @> $2",
		`SELECT E'tab\t', "update", x.delete`:   `SELECT E'tab\t', "update", x.delete`,
		"SELECT replace(a,'x','y') FROM v\n;\n": "SELECT replace(a,'x','y') FROM v\n",
	} {
		q, err := Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := q.For(PostgreSQL); err != nil || got != want {
			t.Errorf("%s\n gives %q\n want  %q (%v)", in, got, want, err)
		}
	}
	q, err := Parse("SELECT :b, :a, :b")
	if err != nil || !slices.Equal(q.Params(), []string{"b", "a"}) {
		t.Fatal(q.Params(), err)
	}
	for d, want := range map[Dialect]string{SQLServer: "SELECT @p1, @p2, @p1", SQLite: "SELECT ?1, ?2, ?1"} {
		if got, err := q.For(d); err != nil || got != want {
			t.Error(got, err)
		}
	}
}

func TestWhatIsNotOneReadIsRefused(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "no query",
		"-- nothing":                     "no query",
		"DELETE FROM v":                  "begin with SELECT",
		"; SELECT 1":                     "More than one",
		"'x'":                            "begin with SELECT",
		":x":                             "begin with SELECT",
		"SELECT 1; SELECT 2":             "More than one",
		"SELECT 1; /* a */ DROP TABLE x": "More than one",
		"SELECT 1 DROP TABLE x":          "DROP",
		"SELECT 1 EXEC sp_x":             "EXEC",
		"SELECT * INTO t FROM v":         "INTO",
		"WITH x AS (DELETE FROM v RETURNING *) SELECT * FROM x": "DELETE",
		"SELECT * FROM v FOR UPDATE":                            "UPDATE",
		`SELECT * FROM v WHERE a = '\(.q.surname)'`:             "insert",
		"SELECT 'x":                  "does not end",
		"SELECT /* x":                "does not end",
		"SELECT /* a /* b */ c */ 1": "within a comment",
		"SELECT (1":                  "not closed",
		"SELECT 1)":                  "closes nothing",
		"SELECT $1":                  "placeholder",
		"SELECT $$x$$":               "dollar-quoted",
		"SELECT :1":                  "number",
		`SELECT E'\''`:               "where that text ends",
		"SELECT \xff":                "plain text",
		"SELECT '" + strings.Repeat("x", MaxText) + "'": "64 KiB",
	} {
		_, err := Parse(in)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Say, want) || e.Cure == "" {
			t.Errorf("%.60s: %v, want %q", in, err, want)
		}
	}
	_, err := Parse("SELECT a\nFROM v\nWHERE x = 'y\n' AND DROP")
	var e *Error
	if !errors.As(err, &e) || e.Line != 4 {
		t.Errorf("the line of the problem: %v", err)
	}
}

func TestPlaceholdersOfItsOwnAreRefusedWhereTheyMeanParameters(t *testing.T) {
	for in, bad := range map[string][]Dialect{
		"SELECT @p1": {SQLServer, SQLite}, "SELECT a ? 'b'": {SQLite}, "SELECT @@version": nil,
	} {
		q, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []Dialect{PostgreSQL, SQLServer, SQLite} {
			if _, err := q.For(d); (err != nil) != slices.Contains(bad, d) {
				t.Errorf("%s for %d: %v", in, d, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT :a", "SELECT ':a' -- :b\n, :c::text", "WITH x AS (SELECT 1) SELECT /* ' */ \"a\"\"b\", E'\\n', :n;", "SELECT a[1:2] := @x ? $1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Say == "" || e.Cure == "" || e.Line < 1 {
				t.Fatalf("a refusal without words: %v", err)
			}
			return
		}
		out, err := q.For(PostgreSQL)
		if err != nil {
			t.Fatal(err)
		}
		// Only parameters change: with each put back, the text is a beginning of what was given.
		back := strings.Builder{}
		for i, txt := range q.texts {
			back.WriteString(txt)
			if i < len(q.uses) {
				back.WriteString(":" + q.uses[i])
			}
		}
		if !strings.HasPrefix(s, back.String()) || len(q.names) == 0 && out != back.String() {
			t.Fatalf("%q became %q", s, out)
		}
		if rest := strings.Trim(s[len(back.String()):], "; \t\r\n"); rest != "" && !strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "/") {
			t.Fatalf("%q was cut at %q", s, rest)
		}
	})
}
