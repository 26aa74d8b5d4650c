package pole

import (
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	values := map[Property]string{"a": "A", "b": "B", "c": "C"}
	get := func(p Property, _ []string) string { return values[p] }
	for text, want := range map[string]string{
		"{a}, {b} {c}":         "A, B C",
		"{x}, {b} {c}":         "B C",
		"{a}, {x} {c}":         "A, C",
		"{a}, {x}":             "A",
		"{x} · {y}":            "",
		"{x}||{b}||{a}":        "B",
		"[no {x}] {a}":         "A",
		"[no {a}] [to {b}]":    "no A to B",
		"[{a} and {x}]||[{b}]": "B",
		"":                     "",
	} {
		parsed, err := parseTemplate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := parsed.execute(get); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
	for _, bad := range []string{"{a", "a}", "[{a}", "{a}]", "[[{a}]]", "{a|shout}"} {
		if _, err := parseTemplate(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{a}, {b|upper}||[c {d}]", "[", "]]", "{|}", "||", "{a}{b}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseTemplate(s)
		if err != nil {
			return
		}
		if got := parsed.execute(func(Property, []string) string { return "" }); got != "" && !strings.Contains(s, "[") {
			t.Fatalf("%q gives %q without any value", s, got)
		}
		parsed.execute(func(Property, []string) string { return "v" })
	})
}

func FuzzRef(f *testing.F) {
	f.Add("rms", "", "P-1")
	f.Add("a/b", "%2F", "é/ü%")
	f.Fuzz(func(t *testing.T, system, kind, id string) {
		r := Ref{System: system, Type: kind, ID: id}
		back, err := ParseRef(r.String())
		if system == "" || id == "" {
			if err == nil {
				t.Fatalf("%q reads as %+v", r.String(), back)
			}
			return
		}
		if err != nil || back != r {
			t.Fatalf("%+v comes back as %+v, %v", r, back, err)
		}
	})
}
