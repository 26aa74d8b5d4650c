package packs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
)

// look is one search and what must come of it.
type look struct {
	kind  pole.Kind
	text  string
	terms map[pole.Property]string
	facts map[pole.Property]string // canonical values that one of the records must have, all together
	links []string                 // "role kind" that this record must have, each at least once
	fetch bool
}

func TestEverySystemAnswersByItsFile(t *testing.T) {
	for _, c := range []struct {
		pack, system, user string
		looks              []look
	}{
		{"demo_rms", "rms", "PC Ada Okafor", []look{
			{kind: "person", terms: map[pole.Property]string{"surname": "miller", "givenName": "aaron"}, fetch: true,
				facts: map[pole.Property]string{"dateOfBirth": "2011-11-03", "sex": "M", "pncId": "2023/0120018D", "warning": "SH", "postcode": "LS8 2QX", "buildingNumber": "12", "thoroughfareName": "Alder Rise"},
				links: []string{"mother person", "currentAddress location", "missingPerson incident"}},
			{kind: "person", terms: map[pole.Property]string{"pncId": "23/120018D"}, facts: map[pole.Property]string{"surname": "MILLER"}, fetch: true},
			{kind: "person", text: "miller aaron", facts: map[pole.Property]string{"surname": "MILLER", "warning": "MISSING"}, fetch: true},
			{kind: "vehicle", terms: map[pole.Property]string{"vrm": "YK19 FZB"}, facts: map[pole.Property]string{"vrm": "YK19FZB"}, links: []string{"keeper person"}, fetch: true},
			{kind: "location", terms: map[pole.Property]string{"postcode": "LS8 2QX"}, facts: map[pole.Property]string{"thoroughfareName": "Alder Rise"}, links: []string{"currentAddress person"}, fetch: true},
			{kind: "crime", text: "robbery", facts: map[pole.Property]string{"status": "open"}, links: []string{"occurredAt location"}, fetch: true},
			{kind: "incident", text: "concern", facts: map[pole.Property]string{"incidentCategory": "concern"}, fetch: true},
		}},
		{"demo_rms2", "summit", "Ada Okafor", []look{
			{kind: "person", terms: map[pole.Property]string{"surname": "miller", "givenName": "aaron"}, fetch: true,
				facts: map[pole.Property]string{"dateOfBirth": "2011-11-03", "sex": "M", "pncId": "2023/0120018D", "warning": "SH", "postcode": "LS8 2QX", "buildingNumber": "12", "thoroughfareName": "Alder Rise"},
				links: []string{"mother person", "currentAddress location", "missingPerson incident"}},
			{kind: "person", terms: map[pole.Property]string{"pncId": "23/120018D"}, facts: map[pole.Property]string{"surname": "MILLER"}, fetch: true},
			{kind: "person", text: "miller aaron", facts: map[pole.Property]string{"surname": "MILLER", "warning": "MISSING"}, fetch: true},
			{kind: "vehicle", terms: map[pole.Property]string{"vrm": "YK19 FZB"}, facts: map[pole.Property]string{"vrm": "YK19FZB"}, links: []string{"keeper person"}, fetch: true},
			{kind: "location", terms: map[pole.Property]string{"postcode": "LS8 2QX"}, facts: map[pole.Property]string{"thoroughfareName": "Alder Rise"}, links: []string{"currentAddress person"}, fetch: true},
			{kind: "crime", text: "robbery", facts: map[pole.Property]string{"status": "open"}, links: []string{"occurredAt location"}, fetch: true},
			{kind: "incident", text: "concern", facts: map[pole.Property]string{"incidentCategory": "concern"}, fetch: true},
		}},
		{"demo_cad", "cad", "Ada Okafor", []look{
			{kind: "incident", terms: map[pole.Property]string{"reference": "CAD-0412"}, fetch: true,
				facts: map[pole.Property]string{"reference": "CAD-0412", "incidentCategory": "concern", "priority": "1"}, links: []string{"caller person", "subject person", "involvedVehicle vehicle", "occurredAt location"}},
			{kind: "incident", text: "concern", facts: map[pole.Property]string{"reference": "CAD-0412"}, fetch: true},
			{kind: "person", terms: map[pole.Property]string{"surname": "MILLER", "dateOfBirth": "2011-11-03"}, fetch: true,
				facts: map[pole.Property]string{"givenName": "AARON", "middleName": "JAMES", "warning": "SH"}, links: []string{"subject incident"}},
			{kind: "vehicle", terms: map[pole.Property]string{"vrm": "YK19FZB"}, facts: map[pole.Property]string{"vrm": "YK19FZB"}, links: []string{"involvedVehicle incident"}, fetch: true},
			{kind: "location", terms: map[pole.Property]string{"postcode": "LS8 2QX"}, facts: map[pole.Property]string{"thoroughfareName": "Alder Rise"}, fetch: true},
		}},
		{"demo_custody", "custody", "", []look{
			{kind: "person", terms: map[pole.Property]string{"surname": "miller", "givenName": "aaron"}, fetch: true,
				facts: map[pole.Property]string{"sex": "M", "pncId": "2023/0120018D", "warning": "SH", "height": "168"}, links: []string{"detainee custody"}},
			{kind: "person", text: "miller", facts: map[pole.Property]string{"givenName": "AARON"}, fetch: true},
			{kind: "custody", text: "theft", links: []string{"detainee person"}, fetch: true},
		}},
		{"demo_intel", "intel", "muster-northmoor", []look{
			{kind: "person", terms: map[pole.Property]string{"surname": "miller", "dateOfBirth": "2011-11-03"}, fetch: true,
				facts: map[pole.Property]string{"alias": "AZZA", "postcode": "LS7 4HG", "thoroughfareName": "Brook Court"}, links: []string{"seenWith person", "subject intelligence"}},
			{kind: "person", text: "doyle", facts: map[pole.Property]string{"surname": "DOYLE"}, fetch: true},
			{kind: "vehicle", text: "ford", facts: map[pole.Property]string{"make": "Ford"}, fetch: true},
			{kind: "intelligence", text: "brook court", facts: map[pole.Property]string{"intelHandling": "P"}, links: []string{"subject person"}, fetch: true},
		}},
		{"dvla_ves", "vehicles", "", []look{
			{kind: "vehicle", terms: map[pole.Property]string{"vrm": "aa19 aaa"}, facts: map[pole.Property]string{"make": "FORD", "taxStatus": "TAXED", "motStatus": "VALID"}, fetch: true},
		}},
		{"police_uk", "streetcrime", "", []look{
			{kind: "crime", terms: map[pole.Property]string{"coordinates": "53.8291,-1.5012"}},
			{kind: "stop", terms: map[pole.Property]string{"coordinates": "53.8200,-1.5400"}},
		}},
	} {
		t.Run(c.system, func(t *testing.T) {
			s := at(t, c.pack, c.system)
			if id, err := s.Check(officer(t)); err != nil || c.user != "" && id.User != c.user || id.Server == "" {
				t.Errorf("identity %+v %v", id, err)
			}
			for _, l := range c.looks {
				t.Run(fmt.Sprint(l.kind, l.text, l.terms), func(t *testing.T) { l.try(t, s) })
			}
		})
	}
}

func (l look) try(t *testing.T, s plugins.System) {
	q := plugins.Query{Kind: l.kind, Text: l.text}
	for p, v := range l.terms {
		q.Terms = append(q.Terms, term(t, p, v))
	}
	rs := every(t, s, q)
	if len(rs) == 0 {
		t.Fatal("nothing found")
	}
	seen := map[string]bool{}
	for _, r := range rs {
		if seen[r.String()] {
			t.Errorf("%s came twice", r.Ref)
		}
		seen[r.String()] = true
	}
	found := slices.IndexFunc(rs, func(r pole.Record) bool { return l.has(r) })
	if found < 0 {
		t.Fatalf("no record of %d has %v; the first is %+v", len(rs), l.facts, rs[0].Facts)
	}
	r := rs[found]
	if l.fetch {
		full, err := s.Fetch(officer(t), r.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if len(full.All("warning")) != len(r.All("warning")) {
			t.Errorf("the list shows %d warnings, the record %d", len(r.All("warning")), len(full.All("warning")))
		}
		r = full
	}
	if !l.has(r) {
		t.Errorf("the record in full lacks %v: %+v", l.facts, r.Facts)
	}
	for _, want := range l.links {
		role, kind, _ := strings.Cut(want, " ")
		if !slices.ContainsFunc(r.Links, func(x pole.Link) bool {
			return string(x.Role) == role && string(x.Kind) == kind && (x.From == r.Ref || x.To == r.Ref)
		}) {
			t.Errorf("no link %q among %+v", want, r.Links)
		}
	}
}

func (l look) has(r pole.Record) bool {
	for p, v := range l.facts {
		if !slices.ContainsFunc(r.Facts, func(f pole.Fact) bool { return f.Property == p && f.Value.Norm == v }) {
			return false
		}
	}
	return true
}

// report is an entry that all of them take.
func report(t testing.TB, id string) plugins.Entry {
	t.Helper()
	d := dictionary(t)
	facts := func(kv ...string) []pole.Fact {
		var out []pole.Fact
		for i := 0; i < len(kv); i += 2 {
			out = append(out, pole.Fact{Property: pole.Property(kv[i]), Value: d.Normalise(pole.Property(kv[i]), kv[i+1])})
		}
		return out
	}
	return plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(),
		Facts: facts("startDateTime", demo(t).Now().Add(-time.Hour).Truncate(time.Minute).Format(time.RFC3339), "officer", "2214", "incidentCategory", "concern", "priority", "2",
			"description", "Seen near the station <"+id+"> & “upset”.", "otherReference", "CAD-0412"),
		Parts: []plugins.Part{
			{Name: "person", Kind: "person", Role: "subject", Facts: facts("surname", "O'Brien", "givenName", "Zoë", "dateOfBirth", "03/11/2011", "telephone", "07700 900412")},
			{Name: "vehicle", Kind: "vehicle", Role: "involvedVehicle", Facts: facts("vrm", "YK19 FZB", "make", "Vauxhall", "colour", "Blue")},
			{Name: "location", Kind: "location", Role: "occurredAt", Facts: facts("buildingNumber", "12", "thoroughfareName", "Alder Rise", "postTown", "Leeds", "postcode", "LS8 2QX", "coordinates", "53.8291,-1.5012")},
		}}
}

// seizure is a report of something seized.
func seizure(t testing.TB, id string) plugins.Entry {
	t.Helper()
	e, d := report(t, id), dictionary(t)
	fact := func(p pole.Property, v string) pole.Fact { return pole.Fact{Property: p, Value: d.Normalise(p, v)} }
	e.Form, e.Kind = "property", "evidence"
	e.Facts = append(e.Facts[:2:2], fact("seizurePower", "PACE s19"), fact("description", "Under <the> bed & “hidden”."))
	e.Parts = append(e.Parts[2:], plugins.Part{Name: "item", Kind: "property", Role: "exhibit", Facts: []pole.Fact{fact("propertyType", "Knife"), fact("description", "Kitchen knife, 20 cm"), fact("exhibitReference", "AO/1")}})
	return e
}

func TestAnEntryArrivesExactlyOnceInEachSystem(t *testing.T) {
	for pack, system := range map[string]string{"demo_rms": "rms", "demo_rms2": "summit", "demo_cad": "cad", "demo_custody": "custody", "demo_property": "property", "demo_casefile": "casefile"} {
		t.Run(system, func(t *testing.T) {
			s := at(t, pack, system).(plugins.Submitter)
			entry := report
			if system == "property" || system == "casefile" {
				entry = seizure
			}
			e, key := entry(t, system), plugins.Key(fmt.Sprintf("test-%s-%d", system, time.Now().UnixNano()))
			before := len(demo(t).Deliveries(system))
			if _, err := s.Confirm(officer(t), e, key); plugins.KindOf(err) != plugins.NotFound {
				t.Fatalf("before: %v", err)
			}
			r, err := s.Submit(officer(t), e, key)
			if err != nil {
				t.Fatalf("%v %+v", err, refused(err))
			}
			if r.Reference == "" || r.Already {
				t.Errorf("%+v", r)
			}
			again, err := s.Confirm(officer(t), e, key)
			if err != nil || again.Reference != r.Reference {
				t.Errorf("read back %+v %v, want %s", again, err, r.Reference)
			}
			if n := len(demo(t).Deliveries(system)); n != before+1 {
				t.Errorf("%d entries arrived", n-before)
			}
			if reader := at(t, pack, system); e.Kind == "incident" && system != "custody" {
				rec, err := reader.Fetch(officer(t), r.Ref)
				if err != nil {
					t.Fatal(err)
				}
				if c, _ := rec.First("incidentCategory"); c.Value.Norm != "concern" {
					t.Errorf("category %+v", c)
				}
			}
		})
	}
}

// refused gives the fields that an error names.
func refused(err error) []plugins.FieldError {
	var e *plugins.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

func TestARefusedEntryNamesItsFields(t *testing.T) {
	for pack, c := range map[string]struct{ system, part, property, value, path string }{
		"demo_rms":     {"rms", "location", "postcode", "NOWHERE", "location.postcode"},
		"demo_rms2":    {"summit", "location", "postcode", "NOWHERE", "location.postcode"},
		"demo_cad":     {"cad", "", "incidentCategory", "", "incidentCategory"},
		"demo_custody": {"custody", "person", "surname", "", "person.surname"},
	} {
		t.Run(c.system, func(t *testing.T) {
			e := report(t, "refused")
			set := func(fs []pole.Fact) []pole.Fact {
				fs = slices.DeleteFunc(fs, func(f pole.Fact) bool { return string(f.Property) == c.property })
				if c.value != "" {
					fs = append(fs, pole.Fact{Property: pole.Property(c.property), Value: pole.Value{Source: c.value, Norm: c.value}})
				}
				return fs
			}
			if c.part == "" {
				e.Facts = set(e.Facts)
			}
			for i := range e.Parts {
				if e.Parts[i].Name == c.part {
					e.Parts[i].Facts = set(e.Parts[i].Facts)
				}
			}
			_, err := at(t, pack, c.system).(plugins.Submitter).Submit(officer(t), e, plugins.Key(fmt.Sprint("refused-", time.Now().UnixNano())))
			if plugins.KindOf(err) != plugins.Invalid {
				t.Fatal(err)
			}
			if fields := refused(err); !slices.ContainsFunc(fields, func(f plugins.FieldError) bool { return f.Path == c.path && f.Say != "" }) {
				t.Errorf("fields %+v", fields)
			}
		})
	}
}

func TestARefusalComesBackAtTheOneOfSeveralThatCausedIt(t *testing.T) {
	d := dictionary(t)
	fact := func(p pole.Property, v string) pole.Fact { return pole.Fact{Property: p, Value: d.Normalise(p, v)} }
	for pack, c := range map[string]struct {
		system string
		fact   pole.Fact
		path   string
	}{
		"demo_rms":      {"rms", fact("description", "A second knife"), "item#3.propertyType"},
		"demo_property": {"property", fact("propertyType", "Knife"), "item#3.description"},
	} {
		e := seizure(t, c.system)
		// the officer left the second item empty, so the system counts the third as its second
		e.Parts = append(e.Parts, plugins.Part{Name: "item", Index: 3, Kind: "property", Role: "exhibit", Facts: []pole.Fact{c.fact}})
		_, err := at(t, pack, c.system).(plugins.Submitter).Submit(officer(t), e, plugins.Key(fmt.Sprint("several-", time.Now().UnixNano())))
		if fields := refused(err); plugins.KindOf(err) != plugins.Invalid || len(fields) != 1 || fields[0].Path != c.path {
			t.Errorf("%s: %v %+v", pack, err, refused(err))
		}
	}
}

func TestLiveIncidentsArrive(t *testing.T) {
	w := at(t, "demo_cad", "cad").(plugins.Watcher)
	ctx, cancel := context.WithCancel(officer(t))
	defer cancel()
	var cursor plugins.Cursor
	n := 0
	go func() { // incidents happen while somebody watches
		for ctx.Err() == nil {
			demo(t).Live("P1", "110")
			time.Sleep(20 * time.Millisecond)
		}
	}()
	err := w.Watch(ctx, "incident", "", func(c plugins.Change) error {
		if c.Record.ID == "" && c.Gap == nil {
			return nil // the connection stands
		}
		if c.Record.ID == "" || c.Cursor == "" || len(c.Record.Facts) == 0 {
			t.Errorf("%+v", c)
		}
		cursor = c.Cursor
		if n++; n == 2 {
			cancel()
		}
		return nil
	})
	if n < 2 || plugins.KindOf(err) != plugins.Cancelled {
		t.Fatalf("%d changes, %v", n, err)
	}
	demo(t).Live("P2", "160")
	again, stop := context.WithCancel(officer(t))
	defer stop()
	err = w.Watch(again, "incident", cursor, func(c plugins.Change) error {
		if c.Record.ID == "" && c.Gap == nil {
			return nil
		}
		if c.Cursor == cursor {
			t.Error("the last change came again")
		}
		stop()
		return nil
	})
	if plugins.KindOf(err) != plugins.Cancelled {
		t.Error(err)
	}
}

func TestTheRegistrationsOfThePublishedTestHost(t *testing.T) {
	for vrm, want := range map[string]plugins.ErrorKind{"ER19BAD": plugins.Invalid, "ER19NFD": "", "ER19THR": plugins.Limited, "ER19ERR": plugins.Unavailable, "ER19MNT": plugins.Unavailable} {
		s := at(t, "dvla_ves", "vehicles") // each with a breaker of its own
		p, err := s.Search(officer(t), plugins.Query{Kind: "vehicle", Terms: []plugins.Term{term(t, "vrm", vrm)}})
		if plugins.KindOf(err) != want || len(p.Records) > 0 {
			t.Errorf("%s: %v", vrm, err)
		}
	}
}

func TestConformance(t *testing.T) {
	one := func(kind pole.Kind, p pole.Property, v string) plugins.Query {
		return plugins.Query{Kind: kind, Terms: []plugins.Term{term(t, p, v)}}
	}
	incident, graded := report(t, "conformance"), report(t, "graded")
	fact := func(p pole.Property, v string) pole.Fact {
		return pole.Fact{Property: p, Value: dictionary(t).Normalise(p, v)}
	}
	graded.Form, graded.Kind = "intelligence", "intelligence"
	graded.Facts = append(graded.Facts[:2:2], fact("subject", "Brook Court"), fact("description", "Seen <there> & “often”."), fact("intelSource", "2"), fact("intelAssessment", "B"), fact("intelHandling", "P"))
	miller := one("person", "surname", "miller")
	records := []plugins.Query{miller, {Kind: "crime", Text: "robbery"}, {Kind: "incident", Text: "concern"}, one("vehicle", "vrm", "YK19 FZB")}
	// What is found changes when somebody makes a report between two pages.
	reports := func(pack, system string) func() error {
		return func() error {
			_, err := at(t, pack, system).(plugins.Submitter).Submit(officer(t), report(t, "between-pages"), plugins.Key(fmt.Sprint("between-", time.Now().UnixNano())))
			return err
		}
	}
	const (
		stolen = "A vehicle of which the system does not say that it is not stolen is shown as stolen."
		age    = "Where there is no date of birth, the age that the caller guessed is shown."
		label  = "The words beside a link are put together of any words and numbers; they identify nothing."
	)
	concerns := plugins.Query{Kind: "incident", Text: "concern"}
	for _, c := range []struct {
		pack, system string
		found, empty plugins.Query
		entry        *plugins.Entry
		pages        int
		waive        map[string]string
		samples      []plugins.Query
		change       func() error
		changing     plugins.Query
	}{
		{"demo_rms", "rms", plugins.Query{Kind: "location", Text: "leeds"}, one("person", "surname", "zzyzx"), &incident, 2, map[string]string{
			"drift:data[].stolen": stolen, "drift:data.stolen": stolen}, records, reports("demo_rms", "rms"), concerns},
		{"demo_rms2", "summit", plugins.Query{Kind: "location", Text: "leeds"}, one("person", "surname", "zzyzx"), &incident, 2, map[string]string{
			"round_trip_repeated_hour":          "The simulated system keeps clock times, so the hour that clocks repeat is one hour there.",
			"drift:data[].attributes.condition": stolen, "drift:data.attributes.condition": stolen}, records[1:], reports("demo_rms2", "summit"), concerns},
		{"demo_cad", "cad", one("incident", "status", "closed"), one("person", "surname", "zzyzx"), &incident, 2, map[string]string{
			"drift:value[].TypeCode":    "Without its code a type is read from the words beside it, which are finer than the codes.",
			"drift:value[].DateOfBirth": age, "drift:DateOfBirth": age,
			"drift:value[].Warnings":               "An empty text is how the system says that there are no warnings.",
			"drift:value[].Incidents[].IncidentNo": label, "drift:Incidents[].IncidentNo": label, "drift:value[].Incidents[].TypeText": label, "drift:Incidents[].TypeText": label},
			[]plugins.Query{miller, one("vehicle", "vrm", "YK19FZB"), one("location", "postcode", "LS8 2QX")},
			func() error { demo(t).Live("P1", "110"); return nil }, concerns},
		{"demo_custody", "custody", one("person", "surname", "miller"), one("person", "surname", "zzyzx"), &incident, 1, map[string]string{
			"drift:FindDetaineesResponse.Detainee.Marker":             "A SOAP list without entries is no element at all, so one that is lost looks like none.",
			"drift:GetDetaineeResponse.Detainee.Marker":               "A SOAP list without entries is no element at all, so one that is lost looks like none.",
			"drift:FindCustodyRecordsResponse.CustodyRecord.Disposal": "A custody record without a disposal is how the system says that it is not yet decided."}, []plugins.Query{{Kind: "custody", Text: "theft"}}, nil, plugins.Query{}},
		{"demo_intel", "intel", plugins.Query{Kind: "vehicle", Text: "ford"}, one("person", "surname", "zzyzx"), &graded, 1, map[string]string{
			"round_trip_repeated_hour": "A report keeps the day of what it tells, without an hour.",
			"round_trip:startDateTime": "A report keeps the day of what it tells, without an hour.",
			"times_are_times":          "A report names the day of what it tells, without an hour, and the day is kept as it is."},
			[]plugins.Query{one("person", "surname", "miller"), {Kind: "intelligence", Text: "brook court"}}, nil, plugins.Query{}},
		{"dvla_ves", "vehicles", one("vehicle", "vrm", "AA19AAA"), one("vehicle", "vrm", "ER19NFD"), nil, 1, nil, nil, nil, plugins.Query{}},
		{"police_uk", "streetcrime", one("crime", "coordinates", "53.8291,-1.5012"), one("crime", "coordinates", "50.0,0.0"), nil, 1, map[string]string{
			"drift:[].persistent_id": "An empty persistent_id is how the service says that a crime has none; its other id is used then."}, nil, nil, plugins.Query{}},
	} {
		t.Run(c.system, func(t *testing.T) {
			p, err := Load(c.pack)
			if err != nil {
				t.Fatal(err)
			}
			f := demo(t)
			i := slices.IndexFunc(systems(f), func(s demoforce.System) bool { return s.ID == c.system })
			plugintest.Run(t, plugintest.Subject{Info: p.Info(), System: c.system, Config: plugins.Config(systems(f)[i].Options), Values: f.Credentials()[c.system],
				LoginToken: credentials{}.LoginToken, Dictionary: dictionary(t), Found: c.found, Pages: c.pages, Empty: c.empty, Entry: c.entry, Samples: c.samples, Change: c.change, Changing: c.changing,
				Effects: func() int { return len(f.Deliveries(c.system)) }, Waive: c.waive,
				Leaks: []goleak.Option{goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait")}})
		})
	}
}
