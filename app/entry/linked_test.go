package entry

import (
	"slices"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

// chosen is a draft whose person and vehicle were chosen from records of rms.
func chosen() (Draft, Target) {
	t := spec("rms", "Records", plugins.FieldSpec{Path: "person.dateOfBirth"}, plugins.FieldSpec{Path: "person.telephone"},
		plugins.FieldSpec{Path: "vehicle.vrm"}, plugins.FieldSpec{Path: "vehicle.colour"})
	d := filled()
	d = Prefill(incident, d, dict, "person", sources("NOM1", "surname", "MILLER", "givenName", "Aaron", "dateOfBirth", "2011-11-03", "telephone", "07700900318"), refs("NOM1"))
	d = Prefill(incident, d, dict, "vehicle", sources("VEH1", "vrm", "TE57VRN", "colour", "blue"), refs("VEH1"))
	return d, t
}

func refs(id string) []pole.Ref { return []pole.Ref{{System: "rms", Type: "record", ID: id}} }

func sources(id string, said ...string) (out []Source) {
	for i := 0; i < len(said); i += 2 {
		p := pole.Property(said[i])
		out = append(out, Source{Property: p, Value: dict.Normalise(p, said[i+1]), Ref: refs(id)[0]})
	}
	return out
}

// linkedTo are the ids of the records that the target gets for a part; sent is false where it gets no such part.
func linkedTo(d Draft, t Target, part string) (ids []string, sent bool) {
	for _, p := range Build(incident, d, t, dict, d.Created).Parts {
		if p.Name == part {
			sent = true
			for _, r := range p.Existing {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids, sent
}

func TestAnEntryIsNeverHungOnSomebodyElsesRecord(t *testing.T) {
	for name, c := range map[string]struct {
		part   string
		change map[string]string
		linked bool
		doubt  string // the field that says so
	}{
		"as it was chosen":         {"person", nil, true, ""},
		"written differently":      {"person", map[string]string{"person.surname": "Miller", "person.dateOfBirth": "3 Nov 2011"}, true, ""},
		"said less exactly":        {"person", map[string]string{"person.dateOfBirth": "2011"}, true, ""},
		"another telephone number": {"person", map[string]string{"person.telephone": "07700900999"}, true, ""},
		"one field cleared":        {"person", map[string]string{"person.dateOfBirth": ""}, true, ""},
		"another given name":       {"person", map[string]string{"person.givenName": "Adam"}, false, "person.givenName"},
		"another date of birth":    {"person", map[string]string{"person.dateOfBirth": "04/11/2011"}, false, "person.dateOfBirth"},
		"another registration":     {"vehicle", map[string]string{"vehicle.vrm": "AA19AAA"}, false, "vehicle.vrm"},
		"another colour":           {"vehicle", map[string]string{"vehicle.colour": "red"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, target := chosen()
			for path, v := range c.change {
				d.Values[path] = v
			}
			ids, sent := linkedTo(d, target, c.part)
			if !sent || (len(ids) == 1) != c.linked {
				t.Errorf("sent %v, linked to %v", sent, ids)
			}
			said := ""
			for _, f := range ReviewDraft(incident, d, []Target{target}, dict).Doubts {
				if strings.Contains(f.Say, "without a link") {
					said = f.Path
				}
			}
			if said != c.doubt {
				t.Errorf("the review says it of %q, want %q", said, c.doubt)
			}
		})
	}
}

func TestAPartThatWasClearedIsNotSent(t *testing.T) {
	d, target := chosen()
	for path := range d.Values {
		if strings.HasPrefix(path, "vehicle.") {
			delete(d.Values, path)
		}
	}
	if ids, sent := linkedTo(d, target, "vehicle"); sent {
		t.Errorf("the officer took the vehicle out, and it is still sent: %v", ids)
	}
	if ids, _ := linkedTo(d, target, "person"); !slices.Equal(ids, []string{"NOM1"}) {
		t.Errorf("the person is linked to %v", ids)
	}
}

func TestChoosingAnotherReplacesTheFirst(t *testing.T) {
	d, target := chosen()
	d.Values["person.telephone"] = "07700900999"
	delete(d.From, "person.telephone") // typed by the officer
	d = Prefill(incident, d, dict, "person", sources("NOM2", "surname", "DOYLE", "givenName", "Sean", "telephone", "07700900111"), refs("NOM2"))
	if ids, _ := linkedTo(d, target, "person"); !slices.Equal(ids, []string{"NOM2"}) {
		t.Errorf("linked to %v", ids)
	}
	if d.Value("person.surname") == "" || strings.EqualFold(d.Value("person.surname"), "miller") || d.Value("person.dateOfBirth") != "" {
		t.Errorf("two people in one: %v", d.Values)
	}
	if d.Value("person.telephone") != "07700900999" {
		t.Errorf("what was typed is gone: %v", d.Values)
	}
	// A name typed before somebody else was chosen stays, and the entry is not linked to the one chosen.
	typed := filled()
	typed.Values["person.surname"] = "Okoro"
	typed = Prefill(incident, typed, dict, "person", sources("NOM2", "surname", "DOYLE", "givenName", "Sean"), refs("NOM2"))
	if ids, _ := linkedTo(typed, target, "person"); typed.Value("person.surname") != "Okoro" || len(ids) > 0 {
		t.Errorf("%s is linked to %v", typed.Value("person.surname"), ids)
	}
}
