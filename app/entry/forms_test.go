package entry

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/pole"
)

const smallForm = `id: note
name: Note
kind: incident
parts:
  - {name: person, kind: person, role: subject}
sections:
  - name: what
    label: What
    fields:
      - {path: description}
      - {path: person.surname, required: true}
`

func TestShippedFormsAskWhatTheDictionaryKnows(t *testing.T) {
	seen := false
	for _, f := range forms {
		if f.ID != "incident" {
			continue
		}
		seen = true
		if len(f.Sections) != 4 || len(f.Parts) != 3 {
			t.Errorf("the incident report has %d sections and %d parts", len(f.Sections), len(f.Parts))
		}
		for _, s := range f.Sections {
			for _, fd := range s.Fields {
				if fd.Label == "" || fd.Property == "" {
					t.Errorf("%s has no label or property", fd.Path)
				}
			}
		}
	}
	if !seen {
		t.Error("there is no incident report")
	}
}

func TestAWrongFormSaysWhere(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown field":      {"name: Note", "name: Note\ncolour: red", "forms/x.yaml:3: "},
		"no such property":   {"path: description", "path: descriptions", `forms/x.yaml:10: field descriptions: the dictionary has no property "descriptions"`},
		"of another kind":    {"path: person.surname", "path: person.vrm", "forms/x.yaml:11: field person.vrm: the dictionary has no vrm of a person"},
		"no such part":       {"path: person.surname", "path: victim.surname", `forms/x.yaml:11: field victim.surname: the form has no part "victim"`},
		"no such kind":       {"kind: incident", "kind: incidence", `forms/x.yaml:3: the dictionary has no kind "incidence"`},
		"no such role":       {"role: subject", "role: subjekt", `forms/x.yaml:5: part "person": the dictionary has no role "subjekt"`},
		"twice":              {"path: person.surname", "path: description", "forms/x.yaml:11: field description stands twice"},
		"now is no text":     {"path: description", "path: description, default: now", "forms/x.yaml:10: field description: only a time or a date can be now"},
		"unreadable default": {"path: description", "path: startDateTime, default: soon", "forms/x.yaml:10: field startDateTime: its default cannot be read"},
		"too wide":           {"path: description", "path: description, width: 13", "forms/x.yaml:10: field description: width"},
		"no yaml":            {"id: note", "id: [", "forms/x.yaml"},
		"no id":              {"id: note", "id: 1note", "forms/x.yaml:1: id must be"},
		"a list for a name":  {"name: Note", "name: [a]", "forms/x.yaml:2: "},
		"no label":           {"label: What", "label: ''", "forms/x.yaml:7: section"},
	} {
		text := strings.Replace(smallForm, c.old, c.new, 1)
		_, err := LoadForms(fstest.MapFS{"forms/x.yaml": {Data: []byte(text)}}, dict)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	two := fstest.MapFS{"forms/a.yaml": {Data: []byte(smallForm)}, "forms/b.yaml": {Data: []byte(smallForm)}}
	if _, err := LoadForms(two, dict); err == nil || !strings.Contains(err.Error(), "already in forms/a.yaml") {
		t.Errorf("two forms of one id: %v", err)
	}
	if _, err := LoadForms(fstest.MapFS{}, dict); err == nil {
		t.Error("no form at all is no error")
	}
}

const severalForm = `id: note
name: Note
kind: incident
parts:
  - {name: person, kind: person, role: subject, many: 3}
  - {name: vehicle, kind: vehicle}
sections:
  - name: what
    label: What
    fields:
      - {path: description}
      - {path: priority}
  - name: person
    label: Person
    repeat: person
    fields:
      - {path: person.surname, required: true}
      - {path: person.sex}
      - {path: person.telephone, when: {path: person.sex, is: [F]}}
  - name: vehicle
    label: Vehicle
    when: {path: priority, is: ["1"]}
    fields:
      - {path: vehicle.vrm}
`

func TestAWrongConditionOrRepeatSaysWhere(t *testing.T) {
	if _, err := ReadForm("x.yaml", []byte(severalForm), dict); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"asked later":      {"when: {path: priority, is: [\"1\"]}", "when: {path: vehicle.vrm}", "x.yaml:20: section vehicle: it is asked when"},
		"waits for itself": {"{path: person.sex}", "{path: person.sex, when: {path: person.sex}}", "x.yaml:18: field person.sex: it is asked when"},
		"is and not":       {"is: [F]", "is: [F], not: [M]", "x.yaml:19: field person.telephone: give its condition either is or not"},
		"no such code":     {"is: [F]", "is: [maybe]", "x.yaml:19: field person.telephone: its condition cannot be read"},
		"of several":       {"when: {path: priority, is: [\"1\"]}", "when: {path: person.sex}", "x.yaml:20: section vehicle: it is asked when"},
		"repeats no part":  {"repeat: person", "repeat: people", "x.yaml:13: section \"person\" repeats"},
		"repeats one":      {"many: 3", "many: 1", "x.yaml:13: section \"person\" repeats"},
		"asks of another":  {"{path: person.sex}", "{path: person.sex}\n      - {path: vehicle.make}", "x.yaml:19: field vehicle.make: a section that repeats person"},
		"too many":         {"many: 3", "many: 900", "x.yaml:5: part"},
		"no such member":   {"is: [F]", "was: [F]", "x.yaml:19: "},
	} {
		if !strings.Contains(severalForm, c.old) {
			t.Fatalf("%s: nothing is changed", name)
		}
		_, err := ReadForm("x.yaml", []byte(strings.Replace(severalForm, c.old, c.new, 1)), dict)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestSeveralAndConditions(t *testing.T) {
	form, err := ReadForm("x.yaml", []byte(severalForm), dict)
	if err != nil {
		t.Fatal(err)
	}
	shape := func(d Draft) string {
		f := form.For(d, dict)
		var out []string
		for _, s := range f.Sections {
			for _, fd := range s.Fields {
				out = append(out, fd.Path)
			}
		}
		if again := f.For(d, dict); len(again.Sections) != len(f.Sections) {
			t.Errorf("a form that is shaped is shaped again to %d sections", len(again.Sections))
		}
		return strings.Join(out, " ")
	}
	d := Draft{Values: map[string]string{"priority": "1", "person.surname": "Miller", "person.sex": "M"}}
	if got := shape(d); got != "description priority person.surname person.sex vehicle.vrm" {
		t.Errorf("asked: %s", got)
	}
	if n := d.AddInstance(form, "person"); n != 2 {
		t.Errorf("the second is %d", n)
	}
	d.Values["person#2.surname"], d.Values["person#2.sex"], d.Values["person#2.telephone"] = "Doyle", "F", "07700 900412"
	d.Values["priority"] = ""
	if got := shape(d); got != "description priority person.surname person.sex person#2.surname person#2.sex person#2.telephone" {
		t.Errorf("asked: %s", got)
	}
	d.Values["vehicle.vrm"] = "YK19 FZB" // typed, then left out by its condition: kept, not sent
	one := Target{System: "one", Name: "One", Spec: plugins.KindSpec{Kind: "incident", Accepts: []plugins.FieldSpec{{Path: "person.surname", Required: true}, {Path: "vehicle.vrm"}}}}
	many := Target{System: "many", Name: "Many", Spec: plugins.KindSpec{Kind: "incident", Accepts: append([]plugins.FieldSpec{{Path: "person", Many: true}}, one.Spec.Accepts...)}}
	r := ReviewDraft(form, d, []Target{one, many}, dict)
	if r.Targets[0].Note != "takes only the first person" && r.Targets[0].Note != "takes only person 1" || r.Targets[1].Note != "" || len(r.Fields["person#2.surname"]) != 1 {
		t.Errorf("%+v %+v", r.Targets, r.Fields)
	}
	if e := Build(form, d, one, dict, time.Now()); len(e.Parts) != 1 {
		t.Errorf("one person gets %+v", e.Parts)
	}
	e := Build(form, d, many, dict, time.Now())
	if len(e.Parts) != 2 || e.Parts[1].Name != "person" || e.Parts[1].Index != 2 || e.Parts[1].Facts[0].Path != "person#2.surname" {
		t.Errorf("several get %+v", e.Parts)
	}
	d.AddInstance(form, "person")
	if n := d.AddInstance(form, "person"); n != 0 {
		t.Errorf("a fourth of three is %d", n)
	}
	d.RemoveInstance("person", 1)
	if d.Values["person.surname"] != "Doyle" || d.Values["person.telephone"] == "" || d.Values["person#2.surname"] != "" || d.Count("person") != 2 {
		t.Errorf("after the first is taken out: %v, %d", d.Values, d.Count("person"))
	}
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(smallForm))
	f.Add([]byte(severalForm))
	for _, name := range []string{"incident", "stop", "arrest"} {
		if data, err := assets.FS.ReadFile("forms/" + name + ".yaml"); err == nil {
			f.Add(data)
		}
	}
	f.Add([]byte("id: &a [*a]\n"))
	f.Add([]byte("{{{{[[[["))
	f.Fuzz(func(t *testing.T, data []byte) {
		form, err := ReadForm("x.yaml", data, dict)
		if err != nil {
			return
		}
		// Whatever is taken as a form can be filled and reviewed.
		d := NewDraft(form, dict, officer, plugins.Purpose{}, time.Now())
		for _, p := range form.Parts {
			d.AddInstance(form, p.Name)
		}
		for range 2 { // what is filled may bring up more
			for _, s := range form.For(d, dict).Sections {
				for _, fd := range s.Fields {
					d.Values[fd.Path] = "1"
				}
			}
		}
		ReviewDraft(form, d, []Target{{System: "a", Name: "A", Spec: plugins.KindSpec{Kind: form.Kind, Accepts: []plugins.FieldSpec{{Path: "description", Required: true}}}}}, dict)
	})
}

func review(d Draft, targets ...Target) Review { return ReviewDraft(incident, d, targets, dict) }

func paths(errs []plugins.FieldError) (out []string) {
	for _, e := range errs {
		out = append(out, e.Path)
	}
	return out
}

func TestReviewSaysWhoNeedsWhat(t *testing.T) {
	custody := spec("custody", "Custody", plugins.FieldSpec{Path: "priority", Required: true, Codes: []string{"1", "2"}})
	records := spec("rms", "Records")
	dvla := NewTarget("dvla", "DVLA", []plugins.KindSpec{{Kind: "vehicle"}}, incident)
	d := filled()
	r := review(d, custody, records, dvla)
	if r.Ready || len(r.Targets) != 3 {
		t.Fatalf("%+v", r)
	}
	if c := r.Targets[0]; c.Ready || !c.On || c.Say != "needs priority" || len(c.Missing) != 1 || c.Missing[0].Path != "priority" || c.Missing[0].Say != "Custody needs priority." {
		t.Errorf("custody: %+v", c)
	}
	if c := r.Targets[1]; !c.Ready || c.Say != "ready" || c.Fields != 3 {
		t.Errorf("records: %+v", c)
	}
	if c := r.Targets[2]; c.On || c.Ready || c.Say != "takes no incident" {
		t.Errorf("DVLA: %+v", c)
	}
	if n := r.Fields["priority"]; len(n) != 1 || n[0].System != "custody" || !n[0].Required {
		t.Errorf("priority is needed by %+v", n)
	}
	if n := r.Fields["description"]; len(n) != 2 || n[0].Max != 1000 {
		t.Errorf("description: %+v", n)
	}
	if r.Typed != 3 || r.Asked != 3+4 {
		t.Errorf("typed %d, asked %d", r.Typed, r.Asked)
	}
	d.Values["priority"] = "4"
	if c := review(d, custody).Targets[0]; c.Ready || !strings.Contains(c.Missing[0].Say, `Custody does not take "4 Resolved without a unit" as priority`) {
		t.Errorf("%+v", c)
	}
	d.Values["priority"] = "Emergency"
	if r := review(d, custody, records); !r.Ready || len(r.Errors) != 0 {
		t.Errorf("%+v", r)
	}
	d.Off = []string{"custody", "rms"}
	if r := review(d, custody, records); r.Ready || r.Targets[0].Say != "off" || r.Asked != 0 || len(r.Fields["description"]) != 0 {
		t.Errorf("all off: %+v", r)
	}
}

func TestAPartIsAskedForOnlyWhenItIsUsed(t *testing.T) {
	rms := spec("rms", "Records")
	d := filled()
	if !review(d, rms).Ready {
		t.Fatal("no person, and yet a surname is wanted")
	}
	d.Values["person.givenName"] = "Ann"
	if r := review(d, rms); r.Ready || strings.Join(paths(r.Targets[0].Missing), " ") != "person.surname" {
		t.Errorf("%+v", r.Targets)
	}
	delete(d.Values, "person.givenName")
	rms.Spec.Accepts = append(rms.Spec.Accepts, plugins.FieldSpec{Path: "person", Required: true})
	if r := review(d, rms); r.Ready || !strings.Contains(r.Targets[0].Say, "needs surname") {
		t.Errorf("a person is a must: %+v", r.Targets)
	}
	any := Target{System: "x", Name: "X", Spec: plugins.KindSpec{Kind: incident.Kind, Accepts: []plugins.FieldSpec{
		{Path: "priority", Required: true}, {Path: "vehicle", Required: true}, {Path: "vehicle.vrm"}}}}
	if r := review(d, any); r.Targets[0].Say != "needs priority, a vehicle" {
		t.Errorf("%+v", r.Targets)
	}
	d.Existing = map[string][]pole.Ref{"person": {{System: "rms", ID: "1"}}}
	d.Values["person.surname"] = "Smith"
	if r := review(d, rms); !r.Ready {
		t.Errorf("%+v", r.Targets)
	}
}

func TestWhatCannotBeReadIsSaidByField(t *testing.T) {
	d := filled()
	d.Values["person.dateOfBirth"] = "31/02/2011"
	d.Values["startDateTime"] = "after tea"
	d.Values["description"] = strings.Repeat("é", 1001)
	d.Values["person.surname"] = strings.Repeat("x", 36)
	r := review(d, spec("rms", "Records"))
	if got := strings.Join(paths(r.Errors), " "); r.Ready || got != "startDateTime description person.surname person.dateOfBirth" {
		t.Fatalf("errors at %s", got)
	}
	if say := r.Errors[1].Say; say != "What happened is 1,001 characters long; at most 1,000 for Records." {
		t.Errorf("%s", say)
	}
	for _, e := range r.Errors {
		if e.Say == "" || strings.Contains(e.Say, "xxx") {
			t.Errorf("%+v", e)
		}
	}
	if r.Targets[0].Ready {
		t.Error("a target is ready for what is too long for it")
	}
}

func TestEachTargetGetsOnlyWhatItTakes(t *testing.T) {
	d := filled()
	d.Values["person.surname"] = " Smith "
	d.Values["person.dateOfBirth"] = "03/11/2011"
	d.Values["location.postcode"] = "ls82qx"
	d.Values["vehicle.vrm"] = "YK19 FZB"
	d.Existing = map[string][]pole.Ref{"person": {{System: "rms", ID: "N1"}, {System: "custody", ID: "D1"}}, "vehicle": {{System: "rms", ID: "V1"}}}
	e := Build(incident, d, spec("rms", "Records"), dict, time.Now())
	if len(e.Parts) != 2 || e.Parts[0].Name != "person" || len(e.Parts[0].Facts) != 1 || e.Parts[0].Role != "subject" {
		t.Fatalf("%+v", e)
	}
	if v := e.Parts[0].Facts[0].Value; v.Source != "Smith" || v.Norm != "SMITH" {
		t.Errorf("%+v", v)
	}
	if len(e.Parts[0].Existing) != 1 || e.Parts[0].Existing[0].ID != "N1" {
		t.Errorf("records of other systems are told: %+v", e.Parts[0].Existing)
	}
	if v := e.Parts[1].Facts[0].Value.Norm; v != "LS8 2QX" {
		t.Errorf("postcode %q", v)
	}
	lines := Preview(incident, d, spec("rms", "Records"), dict)
	if len(lines) != 5 || lines[3].Label != "What happened" && lines[2].Label != "Postcode" {
		t.Errorf("%+v", lines)
	}
}

func TestDefaultsReadBack(t *testing.T) {
	now := time.Date(2026, 11, 24, 13, 52, 31, 0, time.UTC)
	d := NewDraft(incident, dict, officer, plugins.Purpose{Code: "x"}, now)
	if d.Values["startDateTime"] != "24/11/2026 13:52" || d.Values["officer"] != "2214" {
		t.Errorf("%v", d.Values)
	}
	if v := dict.Normalise("startDateTime", d.Values["startDateTime"]); v.Norm != "2026-11-24T13:52:00Z" {
		t.Errorf("%+v", v)
	}
	summer := NewDraft(incident, dict, officer, plugins.Purpose{}, time.Date(2026, 7, 1, 13, 52, 0, 0, time.UTC))
	if v := dict.Normalise("startDateTime", summer.Values["startDateTime"]); v.Norm != "2026-07-01T13:52:00Z" {
		t.Errorf("in summer time %q is read as %s", summer.Values["startDateTime"], v.Norm)
	}
}

func TestPrefillKeepsWhatIsTypedAndRemembersItsSource(t *testing.T) {
	d := filled()
	d.Values["person.surname"] = "Smyth"
	rms, cus := pole.Ref{System: "rms", Type: "nominal", ID: "N1"}, pole.Ref{System: "custody", ID: "D1"}
	part, ok := PartFor(incident, filled(), "person")
	if !ok || part != "person" {
		t.Fatal(part, ok)
	}
	values := []Source{
		{"surname", dict.Normalise("surname", "SMITH"), rms}, {"givenName", dict.Normalise("givenName", "ANN"), rms},
		{"dateOfBirth", dict.Normalise("dateOfBirth", "2011-11-03"), cus}, {"dateOfBirth", dict.Normalise("dateOfBirth", "2011-03-11"), rms},
		{"sex", dict.Normalise("sex", "FEMALE"), cus}, {"telephone", dict.Normalise("telephone", "not known"), cus},
	}
	got := Prefill(incident, d, dict, part, values, []pole.Ref{rms, cus})
	want := map[string]string{"person.surname": "Smyth", "person.givenName": "Ann", "person.dateOfBirth": "03/11/2011", "person.sex": "Female", "person.telephone": ""}
	for p, w := range want {
		if got.Values[p] != w {
			t.Errorf("%s is %q, want %q", p, got.Values[p], w)
		}
	}
	if got.From["person.dateOfBirth"] != cus || got.From["person.surname"] != (pole.Ref{}) || len(got.Existing["person"]) != 2 {
		t.Errorf("from %v, existing %v", got.From, got.Existing)
	}
	if len(d.From) != 0 || d.Values["person.givenName"] != "" {
		t.Error("the draft that was given was changed")
	}
	if r := review(got, spec("rms", "Records")); len(r.Errors) > 0 {
		t.Errorf("what was prefilled cannot be read: %+v", r.Errors)
	}
	if part, ok := PartFor(incident, got, "person"); !ok || part != "person#2" {
		t.Errorf("the next person is filled into %q", part)
	}
	if _, ok := PartFor(incident, Prefill(incident, got, dict, "location", nil, []pole.Ref{cus}), "location"); ok {
		t.Error("the place would be filled twice")
	}
}
