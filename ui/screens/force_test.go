package screens

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/app/match"
	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
	"muster/assets"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/packs"
	"muster/plugins/pole"
)

var noon = time.Date(2026, 11, 24, 14, 6, 41, 0, time.Local)

func at(h, m int) time.Time { return time.Date(2026, 11, 24, h, m, 0, 0, time.Local) }

// smallForce is a desk with one missing boy, his mother, a car and a house in it, and the real dictionary. Searches, drafts
// and deliveries behave as the desk's do.
type smallForce struct {
	mu        sync.Mutex
	dict      *pole.Dictionary
	state     signin.State
	purpose   *plugins.Purpose
	systems   []desk.SystemStatus
	live      []desk.LiveItem
	kept      []desk.KeptCase
	notes     []desk.CaseNote
	disclosed []desk.Disclosure
	large     *caseview.Case // what every opening gives, instead of the boy
	drafts    map[string]entry.Draft
	items     []entry.Item
	searches  []search.Request
	release   chan struct{} // the slow system answers when this closes
	refuse    error
	creds     map[string]string
	opened    []string
	read      []pole.Ref
	charts    []desk.ChartDisclosure
	linked    []match.Entity // what lies around the boy in place of his events
	retried   []string
	withdrawn []string
	chose     []string
	noCopy    bool // policy lets nothing go to the clipboard
	unlock    string
	listeners []func(desk.Notice)
	judged    []match.Judgement
	shape     func(*caseview.Case) // changes what a case opens with
}

func newSmallForce(t testing.TB) *smallForce {
	t.Helper()
	dict, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	sys := func(id, name, code, shape string, ms int) desk.SystemStatus {
		return desk.SystemStatus{ID: id, Name: name, Code: code, Shape: shape, Health: evaluate.Well, Latency: time.Duration(ms) * time.Millisecond,
			Plugin: "connector", Version: "1", User: "okafor", Connector: id + ".yaml", Kinds: []pole.Kind{"person", "vehicle", "location", "incident"}, Takes: []pole.Kind{"incident"}}
	}
	f := &smallForce{dict: dict, state: signin.SignedIn, purpose: &plugins.Purpose{Code: "missing", Case: "24-10887"}, drafts: map[string]entry.Draft{}, release: make(chan struct{})}
	f.systems = []desk.SystemStatus{
		sys("rms", "Records", "RMS", "square", 38), sys("cad", "Command", "CAD", "triangle", 21), sys("custody", "Custody", "CUS", "diamond", 0),
		sys("intel", "Intelligence", "INT", "circle", 112), sys("vehicles", "Vehicles", "VEH", "bar", 64), sys("stops", "Stops", "STP", "star", 80),
		sys("evidence", "Evidence", "EVI", "box", 201), sys("property", "Property", "PRP", "outline", 44), sys("casefile", "Case file", "CSF", "lozenge", 52)}
	f.systems[1].Live = true
	f.systems[2].Health, f.systems[2].Since, f.systems[2].Say = evaluate.Down, at(14, 2), "Connection refused. Ask again, or tell IT if it lasts."
	f.systems[3].Needs = nil
	f.systems[6].Health = evaluate.Slow
	inc := func(id, prio string, h, m int, title, where string) desk.LiveItem {
		return desk.LiveItem{Ref: pole.Ref{System: "cad", Type: "incident", ID: id}, System: "cad", Reference: id, Priority: prio, Title: title, Place: where, When: at(h, m), Status: "Open"}
	}
	f.live = []desk.LiveItem{
		inc("CAD-0412", "P1", 14, 4, "Concern for safety — MILLER, Aaron, 15", "12 Alder Rise, LS8"),
		inc("CAD-0409", "P2", 13, 58, "RTC, two vehicles, no injuries", "Scott Hall Rd / Potternewton Ln"),
		inc("CAD-0405", "P2", 13, 47, "Shop theft in progress, male detained", "Northgate Centre, unit 14"),
		inc("CAD-0398", "P3", 13, 20, "Noise, third call this week", "3 Brook Court, flat 9"),
		inc("CAD-0391", "P3", 12, 55, "Found property, mobile phone", "Front counter")}
	f.kept = []desk.KeptCase{
		{ID: "larch", Title: "Operation Larch — vehicle crime", Detail: "14 people · 9 vehicles · 61 events · 5 disagreements", Changes: 3, Opened: at(9, 0)},
		{ID: "aaron", Title: "MILLER, Aaron — missing", Detail: "3 people · 2 places · 8 events", Opened: at(14, 5)}}
	done := func(sys, ref string) entry.Delivery {
		return entry.Delivery{System: sys, State: entry.Delivered, Receipt: &plugins.Receipt{Reference: ref, At: at(13, 59)}}
	}
	f.items = []entry.Item{
		{ID: "arrest", Form: "incident", Title: "Arrest, 24-10871", Saved: at(13, 59), Deliveries: []entry.Delivery{
			done("rms", "RMS/24/55120"), done("cad", "CAD-0405"), done("casefile", "CF-9913"),
			{Entry: "arrest", System: "custody", State: entry.Waiting, Say: "system not answering", Next: at(14, 8)}}},
		{ID: "intel", Form: "incident", Title: "Intelligence report", Saved: at(12, 40), Deliveries: []entry.Delivery{
			{Entry: "intel", System: "intel", State: entry.Refused, Say: "one field was refused", Fields: []plugins.FieldError{{Path: "handling", Say: "Handling conditions are required"}}}}},
		{ID: "done", Form: "incident", Title: "Incident, 24-10860", Saved: at(11, 2), Deliveries: []entry.Delivery{done("rms", "RMS/24/55101"), done("cad", "CAD-0380")}}}
	return f
}

func (f *smallForce) notify(topic desk.Topic) {
	f.mu.Lock()
	l := slices.Clone(f.listeners)
	f.mu.Unlock()
	for _, g := range l {
		g(desk.Notice{Topic: topic})
	}
}

func (f *smallForce) Dictionary() *pole.Dictionary { return f.dict }
func (f *smallForce) Subscribe(g func(desk.Notice)) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = append(f.listeners, g)
	return func() {}
}
func (f *smallForce) Systems() []desk.SystemStatus { return slices.Clone(f.systems) }
func (f *smallForce) CheckSystems(context.Context) {}
func (f *smallForce) Live() []desk.LiveItem {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.live)
}
func (f *smallForce) KeptCases() []desk.KeptCase {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.kept)
}

// The people and things.

func ref(system, kind, id string) pole.Ref { return pole.Ref{System: system, Type: kind, ID: id} }

func (f *smallForce) record(system, id string, kind pole.Kind, pairs ...string) pole.Record {
	r := pole.Record{Ref: ref(system, string(kind), id), Kind: kind, Read: at(14, 5), Updated: at(7, 52),
		Marking: pole.Marking{Classification: "OFFICIAL-SENSITIVE"},
		Raw:     &pole.Raw{ContentType: "application/json", Body: []byte(`{"id":"` + id + `","name":{"family":"Miller","given":["Aaron","James"]},"dob":"03/11/2011","flags":[{"code":"SH","text":"Self-harm"}],"address":{"line1":"12 Alder Rise","postcode":"LS8 2QX"}}`)}}
	for i := 0; i+1 < len(pairs); i += 2 {
		p := pole.Property(pairs[i])
		r.Facts = append(r.Facts, pole.Fact{Property: p, Value: f.dict.Normalise(p, pairs[i+1]), Path: "$." + pairs[i]})
	}
	return r
}

func (f *smallForce) aaron() []pole.Record {
	cus := f.record("custody", "C-771", "person", "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "11/03/2011")
	cus.Read = at(13, 55)
	return []pole.Record{
		f.record("rms", "P1029", "person", "surname", "Miller", "givenName", "Aaron", "middleName", "James", "dateOfBirth", "03/11/2011", "pncId", "11/120018D", "school", "Roundhay", "sex", "M"),
		f.record("cad", "N-88", "person", "surname", "Miller", "givenName", "Aaron", "dateOfBirth", "03/11/2011", "telephone", "07700 900412"),
		f.record("intel", "I-5", "person", "surname", "Miller", "givenName", "Aaron", "alias", "Azza"), cus}
}

func src(system, said string, old bool) caseview.Source {
	s := caseview.Source{Ref: ref(system, "person", "1"), Value: pole.Value{Source: said}, Read: at(14, 5), Old: old, Path: "$.dob"}
	if old {
		s.Read = at(13, 55)
	}
	return s
}

func merged(p pole.Property, label string, alts ...caseview.Alternative) caseview.Merged {
	return caseview.Merged{Property: p, Label: label, Values: alts, Disagree: len(alts) > 1, Why: "Most systems say so, and the latest"}
}

func alt(text, say string, sources ...caseview.Source) caseview.Alternative {
	return caseview.Alternative{Display: text, Say: say, Sources: sources}
}

func (f *smallForce) aaronCase() caseview.Case {
	a := f.aaron()
	since := src("rms", "12 Alder Rise, LS8 2QX", false)
	since.From = "2021"
	return caseview.Case{
		ID: a[0].Ref.String(), Kind: "person", Class: pole.ClassPerson, Title: "MILLER, Aaron James", Detail: "15 · 03/11/2011 · PNC 2011/0120018D",
		Warnings: []caseview.Warning{
			{Code: "SH", Label: "Self-harm", Level: "danger", Sources: []caseview.Source{src("rms", "SH", false)}},
			{Code: "MISSING", Label: "MISSING since 24/11 07:40", Level: "danger", Sources: []caseview.Source{src("cad", "MP", false)}}},
		Disagreements: []caseview.Merged{
			merged("dateOfBirth", "Date of birth", alt("03/11/2011", "", src("rms", "03/11/2011", false), src("cad", "2011-11-03", false), src("intel", "3 Nov 2011", false)),
				alt("11/03/2011", "day and month swapped", src("custody", "11/03/2011", true))),
			merged("currentAddress", "Address", alt("12 Alder Rise, LS8 2QX", "", since, src("cad", "12 Alder Rise", false)), alt("4 Brook Court, LS7 4HG", "graded 2-C-P, 02/10", src("intel", "4 Brook Ct", false)))},
		Agreed: []caseview.Merged{
			merged("fullName", "Name", alt("Aaron James MILLER", "", src("rms", "MILLER, Aaron James", false), src("cad", "Aaron Miller", false), src("intel", "MILLER Aaron", false), src("custody", "Miller, A", true))),
			merged("alias", "Also known as", alt("“Azza”", "", src("intel", "Azza", false))),
			merged("telephone", "Phone", alt("07700 900412", "", src("cad", "07700900412", false))),
			merged("pncId", "PNC ID", alt("2011/0120018D", "", src("rms", "11/120018D", false))),
			merged("school", "School", alt("Roundhay", "", src("rms", "Roundhay", false)))},
		Linked: []caseview.Linked{
			{Entity: ref("rms", "person", "P2").String(), Kind: "person", Class: pole.ClassPerson, Title: "MILLER, Andrea", Roles: []string{"mother"}, Systems: []string{"rms", "cad"}},
			{Refs: []pole.Ref{ref("intel", "person", "I-9")}, Kind: "person", Class: pole.ClassPerson, Title: "KHAN, Yusuf", Roles: []string{"seen with, 3 events"}, Systems: []string{"intel", "stops"}},
			{Refs: []pole.Ref{ref("vehicles", "vehicle", "YK19FZB")}, Kind: "vehicle", Class: pole.ClassObject, Title: "YK19 FZB", Roles: []string{"family vehicle"}, Systems: []string{"vehicles", "rms"}}},
		Timeline: []caseview.Moment{
			{Display: "24/11/2026 07:52", Sort: at(7, 52), Kind: "missing", Title: "Reported missing", Detail: "Last seen at home, 07:40", Systems: []string{"cad"}, Refs: []pole.Ref{ref("cad", "missing", "CAD-0412")}},
			{Display: "12/09/2026 22:10", Sort: at(0, 0).AddDate(0, -2, 0), Kind: "stop", Title: "Stop and search, no item", Systems: []string{"stops"}, Refs: []pole.Ref{ref("stops", "stop", "S1")}},
			{Display: "02/06/2026 18:31", Sort: at(0, 0).AddDate(0, -5, 0), Kind: "crime", Title: "Victim, robbery", Systems: []string{"rms"}, Refs: []pole.Ref{ref("rms", "crime", "R1")}}},
		Records: a, Around: f.nearby(), Old: map[string]bool{a[3].Ref.String(): true}, Read: at(13, 55), Marking: pole.Marking{Classification: "OFFICIAL-SENSITIVE"},
		Gaps: []caseview.Gap{{System: "custody", Say: "Connection refused since 14:02. A copy of 13:55 stands in."}},
		Why: []match.Link{{A: a[0].Ref, B: a[3].Ref, Probability: 0.998, Evidence: []match.Evidence{
			{Say: "Prior", Bits: -14.2}, {Say: "Surname (rare here)", Bits: 9.1}, {Say: "Given names", Bits: 8.3}, {Say: "Date of birth, swapped", Bits: 3.9}, {Say: "PNC ID", Bits: 15.6}, {Say: "Address differs", Bits: -2.1}}}},
	}
}

func (f *smallForce) entities() []desk.EntityView {
	v := func(kind pole.Kind, class pole.Class, title, detail string, score float64, records int, recs ...pole.Record) desk.EntityView {
		e := desk.EntityView{ID: recs[0].Ref.String(), Kind: kind, Class: class, Title: title, Detail: detail, Records: records, Score: score,
			Matched: []string{}, Entity: match.Entity{ID: recs[0].Ref.String(), Kind: kind, Records: recs}}
		for _, r := range recs {
			if !slices.Contains(e.Systems, r.System) {
				e.Systems = append(e.Systems, r.System)
			}
		}
		return e
	}
	boy := v("person", pole.ClassPerson, "MILLER, Aaron James", "15 y · 03/11/2011 · 12 Alder Rise LS8", 0.98, 7, f.aaron()...)
	boy.Matched, boy.Disagreements, boy.Old = []string{"miller", "aaron", "2011"}, []string{"Date of birth", "Address"}, true
	boy.Warnings = f.aaronCase().Warnings
	aron := v("person", pole.ClassPerson, "MILLAR, Aron", "15 y · 11/03/2011 · no fixed abode", 0.71, 1, f.aron())
	aron.Possible = []match.Possible{{Entity: boy.ID, A: f.aron().Ref, B: f.aaron()[0].Ref, Say: "Day and month swapped; spelling", Evidence: []match.Evidence{{Say: "Spelling of the surname", Bits: 4.1}, {Say: "Date of birth, swapped", Bits: 3.9}, {Say: "Address differs", Bits: -2.1}}}}
	andrea := v("person", pole.ClassPerson, "MILLER, Andrea", "44 y · 12 Alder Rise LS8", 0.6, 3, f.record("rms", "P2", "person", "surname", "Miller", "givenName", "Andrea"), f.record("cad", "N-9", "person", "surname", "Miller"))
	car := v("vehicle", pole.ClassObject, "YK19 FZB Vauxhall Corsa, blue", "keeper MILLER, Andrea", 0.4, 2, f.record("vehicles", "YK19FZB", "vehicle", "vrm", "YK19FZB"), f.record("rms", "V1", "vehicle", "vrm", "YK19 FZB"))
	home := v("location", pole.ClassLocation, "12 Alder Rise, Leeds LS8 2QX", "4 incidents in 12 months", 0.3, 2, f.record("rms", "L1", "location", "postcode", "LS8 2QX"), f.record("cad", "L2", "location", "postcode", "LS82QX"))
	return []desk.EntityView{boy, aron, andrea, car, home}
}

func (f *smallForce) Interpret(text string) []search.Interpretation {
	return []search.Interpretation{{Label: "name and year of birth", Text: text}, {Label: "free text", Text: text}}
}

func (f *smallForce) Search(ctx context.Context, r search.Request, step func(desk.SearchEvent)) error {
	f.mu.Lock()
	f.searches = append(f.searches, r)
	f.mu.Unlock()
	if f.refuse != nil {
		return f.refuse
	}
	ans := func(id string, s search.State, n, ms int) {
		step(desk.SearchEvent{Answer: &search.Answer{System: id, State: s, Count: n, Elapsed: time.Duration(ms) * time.Millisecond}})
	}
	if len(r.Systems) == 1 && r.Systems[0] == "custody" {
		ans("custody", search.Answered, 1, 44)
		return nil
	}
	if strings.HasPrefix(r.Text, "nobody") {
		for _, s := range f.systems {
			ans(s.ID, search.NoTrace, 0, 40)
		}
		step(desk.SearchEvent{Done: &search.Completeness{Asked: 9, Answered: 9, Complete: true}})
		return nil
	}
	if r.Text == "masked" {
		e := desk.EntityView{ID: "intel/report/9", Kind: "intelligence", Class: pole.ClassEvent, Title: "Intelligence report NM-9", Records: 1, Systems: []string{"intel"}, Masked: "SECRET",
			Warnings: []caseview.Warning{{Code: "FI", Label: "Firearms", Level: "danger"}}}
		e.Entity = match.Entity{ID: e.ID, Kind: e.Kind, Records: []pole.Record{{Ref: ref("intel", "report", "9"), Kind: e.Kind, Marking: pole.Marking{Classification: "SECRET"}}}}
		step(desk.SearchEvent{Entities: []desk.EntityView{e}})
		return nil
	}
	if n := 0; strings.HasPrefix(r.Text, "many") {
		fmt.Sscanf(r.Text, "many %d", &n)
		for i := range n {
			e := desk.EntityView{ID: ref("rms", "person", fmt.Sprint("M", i)).String(), Kind: "person", Class: pole.ClassPerson, Title: fmt.Sprintf("MILLER, Number %d", i), Records: 1, Systems: []string{"rms"}, Score: float64(i%89) / 89}
			e.Entity = match.Entity{ID: e.ID, Kind: "person", Records: []pole.Record{{Ref: ref("rms", "person", fmt.Sprint("M", i)), Kind: "person"}}}
			if i%50 == 0 {
				e.Warnings = []caseview.Warning{{Code: "VI", Label: "Violent", Level: "danger"}}
			}
			step(desk.SearchEvent{Entities: []desk.EntityView{e}})
		}
		return nil
	}
	step(desk.SearchEvent{Entities: f.entities(), Found: []search.Found{{Record: f.aaron()[3], Old: true}}})
	ans("rms", search.Answered, 4, 38)
	ans("cad", search.Answered, 6, 21)
	ans("intel", search.Answered, 2, 112)
	ans("vehicles", search.NoTrace, 0, 64)
	ans("stops", search.Answered, 1, 80)
	ans("property", search.NoTrace, 0, 44)
	ans("casefile", search.Answered, 1, 52)
	step(desk.SearchEvent{Answer: &search.Answer{System: "custody", State: search.NotSearched, Say: "Connection refused", Since: at(14, 2), Cached: 1, CacheAge: noon.Sub(at(13, 55))}})
	select {
	case <-f.release:
	case <-ctx.Done():
		return ctx.Err()
	}
	ans("evidence", search.Answered, 1, 900)
	step(desk.SearchEvent{Done: &search.Completeness{Asked: 9, Answered: 8, Failed: []string{"custody"}}})
	return nil
}

func (f *smallForce) OpenCase(_ context.Context, id string) (caseview.Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = append(f.opened, id)
	if f.refuse != nil {
		return caseview.Case{}, f.refuse
	}
	if f.large != nil {
		return *f.large, nil
	}
	c := f.aaronCase()
	if f.shape != nil {
		f.shape(&c)
	}
	return c, nil
}

// ReadLinked gives what is around the friend, who is known to one system that does not answer.
func (f *smallForce) ReadLinked(_ context.Context, _ pole.Kind, refs []pole.Ref, _ []plugins.Term) (desk.Linked, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read = append(f.read, refs...)
	if f.refuse != nil {
		return desk.Linked{}, f.refuse
	}
	if len(refs) == 0 || refs[0].ID != "I-9" {
		return desk.Linked{}, nil
	}
	cole := f.record("intel", "I-10", "person", "surname", "Cole", "givenName", "Dean")
	cole.Links = []pole.Link{{Role: "driver", From: cole.Ref, To: ref("vehicles", "vehicle", "YK19FZB")}}
	return desk.Linked{Open: []string{refs[0].String()}, Entities: []match.Entity{{ID: cole.String(), Kind: "person", Records: []pole.Record{cole}}},
		Gaps: []caseview.Gap{{System: "custody", Say: "Connection refused since 14:02."}, {System: "stops", Say: "It took longer than 10 seconds."}}}, nil
}
func (f *smallForce) Fetch(_ context.Context, r pole.Ref) (pole.Record, error) {
	return f.record(r.System, r.ID, "person"), nil
}
func (f *smallForce) KeepCase(_ context.Context, c caseview.Case) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, desk.KeptCase{ID: c.ID, Title: c.Title, Detail: c.Detail, Opened: noon, Entities: []desk.KeptEntity{{ID: c.ID, Title: c.Title, Detail: c.Detail, Read: noon}}})
	return nil
}
func (f *smallForce) DropCase(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = slices.DeleteFunc(f.kept, func(k desk.KeptCase) bool { return k.ID == id })
	return nil
}

// Entry and outbox.

func (f *smallForce) Forms() []entry.Form {
	return []entry.Form{{ID: "incident", Name: "Incident report", Help: "Write it once. Each system gets what it asks for and nothing else.", Kind: "incident",
		Parts: []entry.PartDef{{Name: "person", Kind: "person", Role: "subject", Label: "Person"}, {Name: "location", Kind: "location", Role: "occurredAt", Label: "Place"}}, Sections: []entry.Section{
			{Name: "where", Label: "When and where", Fields: []entry.Field{
				{Path: "startDateTime", Property: "startDateTime", Label: "When it happened", Width: 4}, {Path: "officer", Property: "officer", Label: "Reporting officer", Width: 4},
				{Path: "otherReference", Property: "otherReference", Label: "Other reference", Width: 4}, {Path: "location.thoroughfareName", Property: "thoroughfareName", Label: "Street", Width: 8},
				{Path: "location.postcode", Property: "postcode", Label: "Postcode", Width: 4}}},
			{Name: "what", Label: "What happened", Fields: []entry.Field{
				{Path: "incidentCategory", Property: "incidentCategory", Label: "Category", Width: 6}, {Path: "priority", Property: "priority", Label: "Priority", Width: 6},
				{Path: "description", Property: "description", Label: "What happened", Required: true, Help: "In the order in which it happened."}}},
			{Name: "person", Label: "Person", Fields: []entry.Field{
				{Path: "person.surname", Property: "surname", Label: "Surname", Width: 6}, {Path: "person.givenName", Property: "givenName", Label: "Given names", Width: 6},
				{Path: "person.dateOfBirth", Property: "dateOfBirth", Label: "Date of birth", Width: 4}, {Path: "person.telephone", Property: "telephone", Label: "Phone", Width: 4}}},
		}}}
}

func (f *smallForce) NewDraft(_ context.Context, form string, from *caseview.Case) (entry.Draft, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return entry.Draft{}, f.refuse
	}
	d := entry.Draft{ID: fmt.Sprint("d", len(f.drafts)+1), Form: form, Created: noon, Purpose: *f.purpose,
		Values: map[string]string{"startDateTime": "24/11/2026 14:06", "officer": "2214"}, From: map[string]pole.Ref{}}
	if from != nil {
		d.Values["person.surname"], d.Values["person.givenName"], d.Values["person.dateOfBirth"] = "Miller", "Aaron James", "03/11/2011"
		for _, p := range []string{"person.surname", "person.givenName", "person.dateOfBirth"} {
			d.From[p] = ref("rms", "person", "P1029")
		}
	}
	f.drafts[d.ID] = d
	return d, nil
}

func (f *smallForce) SaveDraft(_ context.Context, d entry.Draft) (entry.Draft, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return entry.Draft{}, f.refuse
	}
	d.Saved = noon
	f.drafts[d.ID] = d
	return d, nil
}
func (f *smallForce) Drafts() []entry.Draft {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.drafts))
}
func (f *smallForce) DeleteDraft(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.drafts, id)
	return nil
}

func (f *smallForce) Review(d entry.Draft) entry.Review {
	need := func(required bool, ids ...string) (out []entry.Need) {
		for _, id := range ids {
			out = append(out, entry.Need{System: id, Required: required})
		}
		return out
	}
	r := entry.Review{Typed: len(d.Values), Asked: 2*len(d.Values) + 17, Fields: map[string][]entry.Need{
		"startDateTime": need(true, "rms", "cad", "custody"), "officer": need(false, "rms", "cad", "custody"), "otherReference": need(false, "cad"),
		"location.thoroughfareName": need(false, "rms", "cad"), "location.postcode": need(false, "rms", "cad"),
		"incidentCategory": need(true, "rms", "cad"), "priority": need(false, "cad"), "description": need(true, "rms", "cad", "custody"),
		"person.surname": need(true, "custody", "rms"), "person.givenName": need(false, "custody", "rms"), "person.dateOfBirth": need(false, "custody", "rms"), "person.telephone": need(false, "cad")}}
	all := true
	for _, x := range []struct {
		id, name string
		must     []string
	}{{"rms", "Records", []string{"description"}}, {"cad", "Command", []string{"description"}}, {"custody", "Custody", []string{"description", "person.surname"}}} {
		s := entry.TargetState{System: x.id, Name: x.name, On: !slices.Contains(d.Off, x.id), Fields: len(d.Values), Say: "ready", Ready: true}
		for _, p := range x.must {
			if d.Values[p] == "" {
				what := "what happened"
				if p != "description" {
					what = "a surname"
				}
				s.Missing = append(s.Missing, plugins.FieldError{Path: p, Say: x.name + " needs " + what + "."})
				s.Ready, s.Say = false, "needs "+what
			}
		}
		all = all && (s.Ready || !s.On)
		r.Targets = append(r.Targets, s)
	}
	if v := d.Values["location.postcode"]; v != "" && f.dict.Normalise("postcode", v).Norm == "" {
		r.Errors = append(r.Errors, plugins.FieldError{Path: "location.postcode", Say: "This is not a UK postcode. Write it as LS8 2QX."})
	}
	r.Ready = all && len(r.Errors) == 0 && len(d.Off) < 3
	return r
}

func (f *smallForce) Preview(d entry.Draft) map[string][]desk.PreviewLine {
	return map[string][]desk.PreviewLine{
		"rms":     {{Label: "Narrative", Path: "description", Value: d.Values["description"]}, {Label: "Family name", Path: "person.surname", Value: d.Values["person.surname"], From: "rms"}},
		"cad":     {{Label: "TEXT", Path: "description", Value: d.Values["description"]}},
		"custody": {{Label: "Detained person", Path: "person.surname", Value: d.Values["person.surname"], From: "rms"}}}
}

func (f *smallForce) Send(_ context.Context, d entry.Draft) (entry.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return entry.Item{}, f.refuse
	}
	i := entry.Item{ID: "sent-" + d.ID, Form: d.Form, Title: "Incident report, 24-10887", Saved: noon}
	for _, s := range []string{"rms", "cad", "custody"} {
		if !slices.Contains(d.Off, s) {
			i.Deliveries = append(i.Deliveries, entry.Delivery{Entry: i.ID, System: s, State: entry.Waiting})
		}
	}
	f.items = append(f.items, i)
	delete(f.drafts, d.ID)
	return i, nil
}

func (f *smallForce) deliver(system, reference string) {
	f.mu.Lock()
	for i := range f.items {
		f.items[i].Deliveries = slices.Clone(f.items[i].Deliveries)
		for j := range f.items[i].Deliveries {
			if x := &f.items[i].Deliveries[j]; x.System == system && x.State != entry.Delivered && strings.HasPrefix(f.items[i].ID, "sent-") {
				x.State, x.Receipt = entry.Delivered, &plugins.Receipt{Reference: reference, At: noon}
			}
		}
	}
	f.mu.Unlock()
	f.notify(desk.TopicOutbox)
}

func (f *smallForce) Outbox() []entry.Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.items)
}
func (f *smallForce) RetryDelivery(_ context.Context, e, s string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retried = append(f.retried, e+"/"+s)
	return f.refuse
}
func (f *smallForce) WithdrawDelivery(_ context.Context, e, s, why string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.withdrawn = append(f.withdrawn, e+"/"+s+": "+why)
	return nil
}
func (f *smallForce) ChooseEntry(_ context.Context, id string, take []string) (entry.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retried = append(f.retried, id+" with "+strings.Join(take, ","))
	return entry.Item{}, nil
}
func (f *smallForce) EditDelivery(context.Context, string, string) (entry.Draft, error) {
	return entry.Draft{ID: "fix", Form: "incident", Values: map[string]string{"description": "To correct"}}, nil
}

// Systems, audit, settings, frame.

func (f *smallForce) SetCredential(_ context.Context, _ string, v map[string]string) error {
	if v["password"] == "wrong" {
		return errors.New("Intelligence does not know this user name and password. Type them again.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.creds = v
	return nil
}
func (f *smallForce) AddSystem(context.Context, string, map[string]string) (string, error) {
	return "", errors.New("acme.yaml, line 7: hosts is missing. Name the hosts that this system may reach.")
}
func (f *smallForce) RemoveSystem(context.Context, string) error { return nil }
func (f *smallForce) CheckSystem(_ context.Context, id string) error {
	if id == "custody" {
		return plugins.Errorf(plugins.Unavailable, "Custody cannot be reached. Ask again, or tell IT if it lasts.")
	}
	return nil
}

// Inspect shows the connectors that ship; the file of the evidence system is one of the profile's and has mistakes.
func (f *smallForce) Inspect(id string) (desk.Inspection, bool) {
	pack := map[string]string{"rms": "demo_rms", "cad": "demo_cad", "custody": "demo_custody", "intel": "demo_intel", "vehicles": "dvla_ves", "stops": "police_uk"}[id]
	in := desk.Inspection{File: pack + ".yaml", Hosts: []string{"records.northmoor.example:443"}, Limits: plugins.Limits{Rate: 20, Parallel: 6, Timeout: 20 * time.Second, Response: 8 << 20, Records: 500},
		Auth: []plugins.AuthSpec{{Kind: plugins.AuthBearer}}, Settings: []desk.Setting{{Label: "Server address", Value: "https://records.northmoor.example/rms/api/v2"}, {Label: "Key", Secret: true}},
		Said: plugins.Identity{User: "PC Ada Okafor", Server: "Larkfield Records", Version: "7.4.1182"}}
	switch id {
	case "custody":
		in.Held, in.Failed, in.Retry = true, at(14, 2), at(14, 8)
	case "evidence":
		in.File, in.Path = "evidence.yaml", "/home/leigh/.config/muster/systems/evidence.yaml"
		in.Source = []byte("# Evidence store\nconnector: 1\nid: evidence\nname: Evidence\nkinds:\n  person:\n    search:\n      by: [surname]\n      get: /persons\n      query: {family: .q.surname}\n    fields:\n      id: .id\n      surnmae: .name.family\n      warning: '.flags // []'\n")
		in.Problems = []desk.Problem{{File: in.File, Line: 13, Say: "The dictionary has no property surnmae", Cure: "Did you mean surname?"},
			{File: in.File, Line: 14, Say: "'//' turns missing into none, and this property carries danger", Cure: "Map the member as it is; where the system leaves it out when there is none, write {value: .flags, when_absent: none}."},
			{File: in.File, Line: 9, Say: "No next: only the first page is ever read", Cure: "Add next, or total.", Warning: true}}
		in.Broken = "The dictionary has no property surnmae."
	case "property", "casefile":
		in.File = ""
	default:
		in.Source, _ = packs.Source(pack)
		in.Problems = connector.Lint(in.File, in.Source, f.dict)
	}
	if c, err := packs.Load(pack); err == nil {
		in.Mapping = c.Describe(f.dict)
	}
	return in, true
}
func (f *smallForce) Evaluate() []evaluate.Report {
	return []evaluate.Report{{System: "rms", Calls: 1204, Failed: 9, Availability: 0.9925, P50: 38 * time.Millisecond, P95: 110 * time.Millisecond, P99: 240 * time.Millisecond, Last: noon, Errors: map[string]int{"limited": 7, "unavailable": 2},
		Recent: []evaluate.Answer{{At: noon, Took: 38 * time.Millisecond, Doing: "consultation", Status: 200, Attempts: 1}, {At: at(14, 5), Took: 240 * time.Millisecond, Doing: "consultation", Status: 200, Attempts: 2},
			{At: at(14, 4), Took: 12 * time.Millisecond, Doing: "check", Status: 200, Attempts: 1}, {At: at(13, 58), Took: 2 * time.Second, Doing: "alteration", Err: "unavailable", Attempts: 3}}}}
}
func (f *smallForce) Audit(before uint64, n int) ([]audit.Record, error) {
	if before != 0 {
		return nil, nil
	}
	p := plugins.Purpose{Code: "missing", Case: "24-10887"}
	return []audit.Record{
		{Seq: 6, Time: at(14, 6), Operation: audit.Outcome, Of: 5, Count: 4},
		{Seq: 5, Time: at(14, 6), Operation: audit.Consultation, Officer: "okafor", Collar: "2214", System: "rms", Terms: map[string]string{"text": "miller aaron 2011"}, Purpose: p, Prev: strings.Repeat("ab12", 16), Correlation: "7f3a"},
		{Seq: 4, Time: at(14, 6), Operation: audit.Consultation, Officer: "okafor", System: "custody", Terms: map[string]string{"text": "miller aaron 2011"}, Purpose: p, Error: "no answer"},
		{Seq: 3, Time: at(14, 5), Operation: audit.Combination, Officer: "okafor", Ref: "rms/person/P1029", Purpose: p, Count: 7},
		{Seq: 1, Time: at(8, 0), Operation: audit.SignIn, Officer: "okafor", Collar: "2214"}}, nil
}
func (f *smallForce) VerifyAudit(context.Context) (audit.Verdict, error) {
	return audit.Verdict{OK: true, Records: 6}, nil
}
func (f *smallForce) Purposes() []desk.PurposeDef {
	return []desk.PurposeDef{{Code: "missing", Label: "Missing person", Case: true}}
}
func (f *smallForce) Purpose() (plugins.Purpose, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.purpose == nil {
		return plugins.Purpose{}, false
	}
	return *f.purpose, true
}
func (f *smallForce) SetPurpose(p plugins.Purpose) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.purpose = &p
	return nil
}
func (f *smallForce) Officer() (signin.Officer, bool) {
	return signin.Officer{Name: "Okafor", Rank: "PC", Collar: "2214", Role: "Response officer", Force: "Northmoor Police", Since: at(8, 0)}, true
}
func (f *smallForce) Force() string           { return "Northmoor Police" }
func (f *smallForce) IdleLock() time.Duration { return 10 * time.Minute }
func (f *smallForce) CanUnlock() bool         { return f.unlock != "" }
func (f *smallForce) SetUnlock(_ context.Context, p string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unlock = p
	return nil
}
func (f *smallForce) Policy() policy.Policy {
	p, err := policy.Parse([]byte("policy: 1\nidle_lock: 5m\npurpose_required: true\nsystems_allowed: [rms, custody, cad, intel, anpr]\noffline_keep: 14d\ncopy_up_to: OFFICIAL\nexport_formats: [pdf, csv]\n"))
	if err != nil {
		panic(err)
	}
	return p
}
func (f *smallForce) Choose(key, value string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chose = append(f.chose, key+"="+value)
	return nil
}
func (f *smallForce) Configured() bool                                 { return true }
func (f *smallForce) DemoAllowed() bool                                { return true }
func (f *smallForce) UseDemo(context.Context) error                    { return nil }
func (f *smallForce) DemoAccounts() []desk.DemoAccount                 { return nil }
func (f *smallForce) State() signin.State                              { return f.state }
func (f *smallForce) Methods() []signin.Method                         { return []signin.Method{signin.MethodBrowser} }
func (f *smallForce) SignInBrowser(context.Context) error              { return nil }
func (f *smallForce) LocalExists() bool                                { return false }
func (f *smallForce) SignInLocal(context.Context, string) error        { return nil }
func (f *smallForce) Unlock(context.Context, string) error             { return nil }
func (f *smallForce) Lock()                                            {}
func (f *smallForce) SignOut(context.Context) error                    { return nil }
func (f *smallForce) SignOutAndWipe(context.Context, bool) error       { return nil }
func (f *smallForce) Undelivered() (int, int)                          { return 0, 0 }
func (f *smallForce) Touch()                                           {}
func (f *smallForce) SetUpLocal(context.Context, string, string) error { return nil }
func (f *smallForce) SignInDevice(context.Context, func(string, string)) error {
	return nil
}
func (f *smallForce) Status() desk.Status {
	return desk.Status{Systems: 9, Well: 8, Failing: []string{"Custody not answering since 14:02"}, Waiting: 1, NeedsPerson: 1, AuditOK: true, CopyAge: 3 * time.Minute}
}

// build makes a preview from the records at hand, as far as this small force needs one.
func (f *smallForce) build(e match.Entity, _ map[string]bool) caseview.Case {
	if e.ID == f.aaron()[0].Ref.String() {
		return f.aaronCase()
	}
	c := caseview.Case{ID: e.ID, Kind: e.Kind, Title: f.dict.Title(e.Records[0]), Records: e.Records}
	for _, r := range e.Records {
		for _, x := range r.Facts {
			def, _ := f.dict.Property(x.Property)
			c.Agreed = append(c.Agreed, merged(x.Property, def.Label, alt(f.dict.Display(x.Property, x.Value), "", caseview.Source{Ref: r.Ref, Value: x.Value, Read: r.Read})))
		}
	}
	return c
}
