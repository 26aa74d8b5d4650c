package pole_test

import (
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"muster/assets"
	"muster/plugins/pole"
)

func load(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shipped is a copy of the shipped dictionary that a test may spoil.
func shipped(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	files, err := fs.Glob(assets.FS, "dictionary/*.yaml")
	if err != nil || len(files) != 6 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := fs.ReadFile(assets.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

func TestLoadNamesFileAndLine(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"kinds", "    class: object\n", "    clas: object\n", "dictionary/kinds.yaml:"},
		{"kinds", "    class: object\n", "    class: thing\n", `class "thing" is none of`},
		{"kinds", "{surname|upper}", "{surname|uper}", `no filter "uper"`},
		{"kinds", "[PNC {pncId}]", "[PNC {pncId}", "never closed"},
		{"kinds", "{companyNumber} ·", "{companyNo} ·", `"companyNo", which does not exist`},
		{"properties", "type: phone", "type: fone", `type "fone"`},
		{"properties", "codeList: gender", "codeList: genders", `code list "genders"`},
		{"properties", "compare: phone", "compare: fone", `compared as "fone"`},
		{"properties", "{name: sex,", "{name: surname,", "is defined twice"},
		{"properties", "property: fullName", "property: wholeName", `"wholeName", which does not exist`},
		{"codelists", "{code: M, label: Male", "{code: F, label: Male", `the code "F" twice`},
		{"roles", "label: keeper, ", "", `"keeper" needs`},
		{"markings", `"#8f3fff"`, `"purple"`, "#rrggbb"},
		{"markings", "default: true, ", "", "must be the default"},
		{"warnings", "level: danger, also", "level: high, also", "neither danger nor caution"},
		{"warnings", "also: [FIREARM,", "also: [KNIFE,", `already stands for "FI"`},
	} {
		files := shipped(t)
		name := "dictionary/" + c.file + ".yaml"
		text := string(files[name].Data)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s has no %q", name, c.old)
		}
		spoilt := strings.Replace(text, c.old, c.new, 1)
		files[name] = &fstest.MapFile{Data: []byte(spoilt)}
		_, err := pole.Load(files)
		if err == nil {
			t.Errorf("%s with %q loads", name, c.new)
			continue
		}
		if !strings.HasPrefix(err.Error(), name) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.new, err)
		}
		if c.want == "must be the default" {
			continue
		}
		line, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), name+":"), ":")
		if n, err := strconv.Atoi(line); err != nil || n < 2 || n > strings.Count(spoilt, "\n") {
			t.Errorf("%q: no line: %v", c.new, err)
		}
	}
	files := shipped(t)
	delete(files, "dictionary/roles.yaml")
	if _, err := pole.Load(files); err == nil || !strings.Contains(err.Error(), "roles.yaml") {
		t.Error(err)
	}
}

// A force can add a kind of its own without any code.
func TestDictionaryIsData(t *testing.T) {
	files := shipped(t)
	add := func(name, text string) {
		files[name] = &fstest.MapFile{Data: append(files[name].Data, []byte(text)...)}
	}
	add("dictionary/kinds.yaml", "  - {name: drone, class: object, label: Drone, plural: Drones, title: \"[Drone {operatorId}]\", detail: \"{warning}\"}\n")
	p := files["dictionary/properties.yaml"]
	p.Data = []byte(strings.Replace(string(p.Data), "\ngroups:\n", "\n  - {name: operatorId, kinds: [drone], label: Operator ID, type: reference, identifies: true, recognise: true, pattern: \"GBR-OP-[A-Z0-9]{12}\"}\n\ngroups:\n", 1))
	d, err := pole.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	r := pole.Record{Kind: "drone", Facts: []pole.Fact{{Property: "operatorId", Value: d.Normalise("operatorId", "gbr-op-abcdefghijkl")}}}
	if got := d.Title(r); got != "Drone GBR-OP-ABCDEFGHIJKL" {
		t.Error(got)
	}
	if got := d.Recognise("GBR-OP-ABCDEFGHIJKL"); len(got) == 0 || got[0].Property != "operatorId" {
		t.Error(got)
	}
	if d.Class("drone") != pole.ClassObject || !d.Identifies("drone", "operatorId") || d.Identifies("vehicle", "operatorId") {
		t.Error("the new kind is not defined as the file says")
	}
}

func TestShippedDictionary(t *testing.T) {
	d := load(t)
	// What the domain's list and matching of any CSV file rely on.
	for _, p := range strings.Fields(`givenName middleName surname fullName alias dateOfBirth sex gender birthPlace occupation address
		buildingNumber thoroughfareName postTown postcode telephone email nationalInsuranceNumber pncId croNumber vrm vin make model colour
		uprn imei reference warning title nationality drivingLicence arrestSummonsNumber prisonNumber custodyRecordNumber coordinates`) {
		if _, ok := d.Property(pole.Property(p)); !ok {
			t.Errorf("no property %s", p)
		}
	}
	for _, k := range d.Kinds() {
		if len(d.Properties(k.Name)) < 4 {
			t.Errorf("%s has hardly any property", k.Name)
		}
		if k.Class == pole.ClassEvent && len(k.When) == 0 {
			t.Errorf("%s does not say when it happened", k.Name)
		}
		last := 0
		for _, p := range d.Properties(k.Name) {
			if p.Order < last {
				t.Errorf("%s: %s is out of order", k.Name, p.Name)
			}
			last = p.Order
		}
	}
	for _, p := range d.AllProperties() {
		if p.IHub == "" && p.NIEM == "" {
			t.Errorf("%s has neither an iHub nor a NIEM name", p.Name)
		}
		for _, c := range d.CodeList(p.CodeList) {
			if v := d.Normalise(p.Name, c.Code); v.Norm != c.Code || v.Label != c.Label {
				t.Errorf("%s: code %q reads as %+v", p.Name, c.Code, v)
			}
			if v := d.Normalise(p.Name, c.Label); v.Norm != c.Code {
				t.Errorf("%s: label %q reads as %+v", p.Name, c.Label, v)
			}
		}
	}
	if n := len(d.CodeList("ethnicitySelfDefined")); n != 17 {
		t.Errorf("16+1 has %d codes", n)
	}
	for i, w := range d.Warnings() {
		if i > 0 && w.Level == pole.LevelDanger && d.Warnings()[i-1].Level == pole.LevelCaution {
			t.Error("a caution stands before a danger")
		}
	}
}

// Every marking's words can be read on its banner (WCAG 2.2 AA: 4.5 to 1).
func TestMarkingContrast(t *testing.T) {
	luminance := func(hex string) float64 {
		var l float64
		for i, w := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			c := float64(n) / 255
			if c <= 0.04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+0.055)/1.055, 2.4)
			}
			l += w * c
		}
		return l
	}
	for _, m := range load(t).Markings() {
		a, b := luminance(m.Colour), luminance(m.Text)
		if ratio := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); ratio < 4.5 {
			t.Errorf("%s: contrast %.2f", m.Name, ratio)
		}
	}
}

func TestMarkings(t *testing.T) {
	d := load(t)
	m := func(c string, h ...string) pole.Marking { return pole.Marking{Classification: c, Handling: h} }
	for _, c := range []struct {
		in   []pole.Marking
		want string
	}{
		{nil, "OFFICIAL"},
		{[]pole.Marking{m("")}, "OFFICIAL"},
		{[]pole.Marking{m(""), m("official sensitive")}, "OFFICIAL-SENSITIVE"},
		{[]pole.Marking{m("SECRET"), m("OFFICIAL-SENSITIVE")}, "SECRET"},
		{[]pole.Marking{m("TOP SECRET"), m("UMBRA")}, "UMBRA"}, // not known: never shown as less
	} {
		if got := d.Highest(c.in...); got.Classification != c.want {
			t.Errorf("%v: %v", c.in, got)
		}
	}
	if got := d.Highest(m("SECRET", "P"), m("OFFICIAL", "C", "P")); len(got.Handling) != 2 || got.Handling[0] != "C" {
		t.Error(got)
	}
	if def, ok := d.Marking("o-s"); !ok || def.Colour != "#8f3fff" || def.Text != "#ffffff" {
		t.Error(def, ok)
	}
}
