package packs

import (
	"slices"
	"strings"
	"testing"

	"muster/plugins/connector"
)

// Every shipped connector says of each property where it stands in the file, and forgets none that it returns.
func TestEveryPackIsDescribedWhereItStands(t *testing.T) {
	dict := dictionary(t)
	for _, id := range List() {
		src, err := Source(id)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(src), "\n")
		c, err := Load(id)
		if err != nil {
			t.Error(err)
			continue
		}
		d := c.Describe(dict)
		if len(d.Kinds) != len(c.Info().Kinds) {
			t.Errorf("%s: %d kinds of %d", id, len(d.Kinds), len(c.Info().Kinds))
		}
		for i, k := range d.Kinds {
			if k.Line < 1 || len(k.Ways) == 0 {
				t.Errorf("%s: %s stands at line %d with %d ways", id, k.Kind, k.Line, len(k.Ways))
			}
			for _, f := range k.Fields {
				if f.Line < 1 || f.Line > len(lines) || f.Source == "" || len(f.Lists) > 0 && !strings.Contains(string(src), "code(") {
					t.Errorf("%s: %s.%s: %+v", id, k.Kind, f.Property, f)
				}
				def, _ := dict.Property(f.Property)
				if f.Danger != def.Danger {
					t.Errorf("%s: %s.%s is marked as danger: %v", id, k.Kind, f.Property, f.Danger)
				}
			}
			for _, p := range c.Info().Kinds[i].Returns {
				if !slices.ContainsFunc(k.Fields, func(m connector.Mapped) bool { return m.Property == p }) {
					t.Errorf("%s: %s of %s is not described", id, p, k.Kind)
				}
				if slices.Contains(k.Unused, p) {
					t.Errorf("%s: %s of %s is called unused", id, p, k.Kind)
				}
			}
			if len(k.Takes) != len(c.Info().Kinds[i].Accepts) {
				t.Errorf("%s: %s takes %d fields, %d are described", id, k.Kind, len(c.Info().Kinds[i].Accepts), len(k.Takes))
			}
		}
	}
}

func TestADescriptionNamesWhatAPersonLooksFor(t *testing.T) {
	c, err := Load("demo_rms2")
	if err != nil {
		t.Fatal(err)
	}
	src, _ := Source("demo_rms2")
	lines := strings.Split(string(src), "\n")
	k := c.Describe(dictionary(t)).Kinds[0]
	at := func(p string) connector.Mapped {
		i := slices.IndexFunc(k.Fields, func(m connector.Mapped) bool { return string(m.Property) == p })
		if i < 0 {
			t.Fatalf("%s is not described", p)
		}
		return k.Fields[i]
	}
	if m := at("surname"); !m.Required || !m.Searched || !strings.Contains(lines[m.Line-1], "surname: (.attributes.fullName") {
		t.Errorf("%+v", m)
	}
	if m := at("warning"); !m.Danger || !slices.Equal(m.Lists, []string{"marker"}) || !strings.Contains(lines[m.Line-1], "warning:") {
		t.Errorf("%+v", m)
	}
	if m := at("postcode"); m.Group != "address" || m.Source != ".postcode" {
		t.Errorf("%+v", m)
	}
	var ways []string
	for _, w := range k.Ways {
		ways = append(ways, w.Does+" "+w.Request)
	}
	if got := strings.Join(ways, ", "); got != `search GET /people, text GET /people, fetch GET /people/\(.id)` {
		t.Error(got)
	}
	if !slices.Contains(k.Unused, "nationality") || slices.Contains(k.Unused, "name") {
		t.Errorf("unused %v", k.Unused)
	}
	takes := c.Describe(nil).Kinds[4].Takes
	if len(takes) < 10 || !takes[0].Required || takes[0].As[0] != "/data/attributes/category" || takes[0].Line < 1 {
		t.Errorf("%+v", takes)
	}
}
