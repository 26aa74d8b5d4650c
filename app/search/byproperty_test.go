package search

import "testing"

func TestPropertiesCanBeNamed(t *testing.T) {
	d := dictionary(t)
	for text, want := range map[string]map[string]string{
		"surname: miller; date of birth: 03/11/2011": {"surname": "MILLER", "dateOfBirth": "2011-11-03"},
		"Date of birth:2011":                         {"dateOfBirth": "2011"},
		"vrm: yk19 fzb;":                             {"vrm": "YK19FZB"},
	} {
		in := Interpret(d, text)
		if len(in) != 2 || len(in[0].Terms) != len(want) || in[1].Label != "free text" {
			t.Errorf("%q: %+v", text, in)
			continue
		}
		for _, term := range in[0].Terms {
			if want[string(term.Property)] != term.Value.Norm {
				t.Errorf("%q: %s is %q", text, term.Property, term.Value.Norm)
			}
		}
	}
	for _, text := range []string{"note: ring back", "surname: ", "date of birth: soon", "12:30 miller", ":", "surname: miller; and"} {
		if r, ok := byProperty(d, text); ok {
			t.Errorf("%q was taken for properties: %+v", text, r)
		}
	}
}
