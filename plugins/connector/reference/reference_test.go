package reference

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"muster/assets"
	"muster/plugins/pole"
)

// TestTheCanonicalFormsAreTrue holds the page's examples against what the dictionary makes of them.
func TestTheCanonicalFormsAreTrue(t *testing.T) {
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	lists := map[pole.Type]string{pole.TypeCode: "sex"}
	used := map[pole.Type]bool{}
	for _, f := range form {
		used[f.t] = true
		for _, ex := range strings.Split(f.norm, ", ") {
			if v := d.NormaliseAs(f.t, lists[f.t], ex); v.Norm != ex {
				t.Errorf("%s: %q becomes %+v", f.t, ex, v)
			}
		}
	}
	page := string(Dictionary(d))
	for _, p := range d.AllProperties() {
		if !used[p.Type] {
			t.Errorf("the type %s of %s is not explained", p.Type, p.Name)
		}
		if !strings.Contains(page, fmt.Sprintf("| `%s` |", p.Name)) {
			t.Errorf("%s is missing", p.Name)
		}
	}
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		anchors[strings.ToLower(strings.NewReplacer(" ", "-", "(", "", ")", "", ":", "").Replace(m[1]))] = true
		anchors[strings.ToLower(strings.Fields(m[1])[0])] = true
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(page, -1) {
		if !anchors[m[1]] {
			t.Errorf("the link #%s leads nowhere", m[1])
		}
	}
}

func TestExamplesAreWrittenAsYAMLWantsThem(t *testing.T) {
	for in, want := range map[string]string{
		".a.b": ".a.b", ".": ".", "1.2": "'1.2'", "true": "'true'", "a | b": "'a | b'", "{a: .b}": "'{a: .b}'", "it's": "'it''s'",
		"Server address": "Server address", "5/s": "5/s", "": "''", "no": "'no'", "a: b": "'a: b'",
	} {
		if got := flow(in); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
	if _, err := Markdown([]byte("{")); err == nil {
		t.Error("a broken schema is read")
	}
	missing, err := Missing([]byte(`{"properties":{"a":{"type":"string"},"b":{"$ref":"#/$defs/x"}},"$defs":{"x":{"description":"d","examples":[1]}}}`))
	if err != nil || fmt.Sprint(missing) != "[a: description a: examples]" {
		t.Error(missing, err)
	}
}
