package desk

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/match"
	"muster/app/policy"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
	"muster/store"
)

// doubt searches until somebody is possibly the same as another, and gives both and what was searched for.
func doubt(t testing.TB, d *Desk) (EntityView, match.Possible, string) {
	t.Helper()
	for _, text := range []string{"smith stacey", "smith", "jones", "khan", "taylor", "brown"} {
		r := find(t, d, text)
		for _, id := range slices.Sorted(maps.Keys(r.entities)) {
			v := r.entities[id]
			if v.Class != pole.ClassPerson {
				continue
			}
			for _, p := range v.Possible {
				if _, here := r.entities[p.Entity]; here && len(p.Contradicts) == 0 {
					return v, p, text
				}
			}
		}
	}
	t.Fatal("nobody in the demonstration force is possibly the same as another")
	return EntityView{}, match.Possible{}, ""
}

// members lists the entities of the latest search by their records.
func members(d *Desk) (out []string) {
	for _, v := range d.Results() {
		var refs []pole.Ref
		for _, r := range v.Entity.Records {
			refs = append(refs, r.Ref)
		}
		say := refStrings(refs)
		for _, p := range v.Possible {
			say += " ~" + p.Entity + " " + p.Say
		}
		out = append(out, say)
	}
	slices.Sort(out)
	return out
}

func TestJudgingJoinsAndUndoParts(t *testing.T) {
	d := signedIn(t)
	v, p, _ := doubt(t, d)
	before := members(d)
	var told []string
	defer d.Subscribe(func(n Notice) {
		if n.Topic == TopicJudged {
			told = append(told, n.ID)
		}
	})()
	pair, err := d.Pair(t.Context(), p.A, p.B)
	if err != nil || pair.Joined || pair.A.ID != v.ID || pair.B.ID != p.Entity || len(pair.Link.Evidence) == 0 || pair.Link.A != p.A || pair.Link.Prior == 0 {
		t.Fatalf("%+v %v", pair, err)
	}
	j, err := d.Judge(t.Context(), p.A, p.B, match.Same, " one photograph ")
	if err != nil {
		t.Fatal(err)
	}
	if j.ID != 1 || j.Reason != "one photograph" || !strings.Contains(j.By, "2214") || len(j.SaidA) == 0 || len(told) != 1 {
		t.Errorf("%+v %v", j, told)
	}
	records := 0
	for _, x := range d.Results() {
		if holdsRef(x.Entity, p.A) {
			records = x.Records
			if !holdsRef(x.Entity, p.B) || len(x.Judged) != 1 || x.Rev == 0 {
				t.Errorf("not joined in the results: %+v", x)
			}
		}
	}
	c, err := d.OpenCase(t.Context(), p.B.String())
	if err != nil || len(c.Records) != records || len(c.Judged) != 1 || !slices.ContainsFunc(c.Why, func(l match.Link) bool { return l.Judged != nil && l.Judged.Reason == "one photograph" }) {
		t.Errorf("not joined in the case: %d records of %d, %+v %v", len(c.Records), records, c.Judged, err)
	}
	if pair, err = d.Pair(t.Context(), p.A, p.B); err != nil || !pair.Joined || len(pair.Judged) != 1 || len(pair.A.Records)+len(pair.B.Records)+pair.Rest != records {
		t.Errorf("taken apart: %d + %d + %d of %d %v", len(pair.A.Records), len(pair.B.Records), pair.Rest, records, err)
	}
	if _, err := d.UndoJudgement(t.Context(), j.ID, ""); err != nil {
		t.Fatal(err)
	}
	if after := members(d); !reflect.DeepEqual(after, before) {
		t.Errorf("after undoing\n%s\nbefore\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
	for id, want := range map[uint64]string{j.ID: "taken back already", j.ID + 1: "judge the two records again", 99: "no judgement 99"} {
		if _, err := d.UndoJudgement(t.Context(), id, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("undoing %d: %v", id, err)
		}
	}
	recs, err := d.Audit(0, 40)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range recs {
		if (r.Operation == audit.Merge || r.Operation == audit.Unmerge) && r.Terms["judged"] != "" {
			n++
			if r.Ref == "" || r.Purpose.Code == "" {
				t.Errorf("%+v", r)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d of a joining and a parting are in the log of accesses", n)
	}
	if list, err := d.Judgements(); err != nil || len(list) != 1 || list[0].InForce || list[0].Undone == nil {
		t.Errorf("%+v %v", list, err)
	}
}

// A case that is opened by a reference knows who may be the same, and brings what people joined with it.
func TestJudgedCaseOpensWhereNothingWasSearched(t *testing.T) {
	d := signedIn(t)
	_, p, text := doubt(t, d)
	forget := func() {
		d.mu.Lock()
		d.latest, d.beside = nil, nil
		d.mu.Unlock()
	}
	forget()
	c, err := d.OpenCase(t.Context(), p.A.String())
	if err != nil || !slices.ContainsFunc(c.Possible, func(x match.Possible) bool { return x.Entity == p.Entity }) {
		t.Fatalf("%+v %v", c.Possible, err)
	}
	if pair, err := d.Pair(t.Context(), p.A, p.B); err != nil || len(pair.A.Records) != len(c.Records) {
		t.Errorf("%d records beside, %d in the case: %v", len(pair.A.Records), len(c.Records), err)
	}
	// Somebody whom no search would find with her.
	andrea := find(t, d, "miller andrea")
	var other pole.Ref
	for _, v := range andrea.entities {
		if strings.HasPrefix(v.Title, "MILLER, Andrea") {
			other = v.Entity.Records[0].Ref
		}
	}
	if _, err := d.Judge(t.Context(), p.A, other, match.Same, "a test of reach"); err != nil {
		t.Fatal(err)
	}
	forget()
	c, err = d.OpenCase(t.Context(), p.A.String())
	if err != nil || !slices.ContainsFunc(c.Records, func(r pole.Record) bool { return r.Ref == other }) {
		t.Errorf("what was joined by hand is not in the case: %v", err)
	}
	for _, v := range find(t, d, text).entities {
		if holdsRef(v.Entity, p.A) {
			if c, err = d.OpenCase(t.Context(), v.ID); err != nil || !slices.ContainsFunc(c.Records, func(r pole.Record) bool { return r.Ref == other }) {
				t.Errorf("opened from a search, what was joined by hand is not in the case: %v", err)
			}
		}
	}
}

// A decision outlives the window, and 'not the same' outlives the next search.
func TestJudgementsOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	d := openDemo(t, dir, "okafor")
	purpose := plugins.Purpose{Code: "missing", Case: "24-10887"}
	if err := errors.Join(d.SignInBrowser(t.Context()), d.SetPurpose(purpose)); err != nil {
		t.Fatal(err)
	}
	m := miller(t, find(t, d, "miller aaron 2011"))
	a, b := m.Entity.Why[0].A, m.Entity.Why[0].B
	if _, err := d.Judge(t.Context(), a, b, match.NotSame, "seen together"); err != nil {
		t.Fatal(err)
	}
	apart := func(d *Desk) {
		t.Helper()
		find(t, d, "miller aaron 2011")
		for _, v := range d.Results() {
			if holdsRef(v.Entity, a) {
				if holdsRef(v.Entity, b) || len(v.Judged) == 0 || !slices.ContainsFunc(v.Possible, func(p match.Possible) bool { return len(p.Contradicts) > 0 }) {
					t.Errorf("%v: judged %+v, possible %+v", v.Systems, v.Judged, v.Possible)
				}
			}
		}
	}
	apart(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDemo(t, dir, "okafor")
	if err := errors.Join(d.SignInBrowser(t.Context()), d.SetPurpose(purpose)); err != nil {
		t.Fatal(err)
	}
	apart(d)
}

// A decision that cannot be accounted for is not taken.
func TestNoJudgementWithoutItsAudit(t *testing.T) {
	d := signedIn(t)
	_, p, _ := doubt(t, d)
	before := members(d)
	for _, c := range []struct {
		a, b   pole.Ref
		v      match.Verdict
		reason string
	}{{p.A, p.B, match.Same, "  "}, {p.A, p.A, match.Same, "x"}, {p.A, p.B, "maybe", "x"}, {p.A, p.B, match.Same, strings.Repeat("x", 1001)}} {
		if _, err := d.Judge(t.Context(), c.a, c.b, c.v, c.reason); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	real := s.audit
	swap := func(l *audit.Log) { // where what is queued is written, so that nobody else has it in hand
		done := make(chan struct{})
		s.later(func(context.Context) { s.audit = l; close(done) })
		<-done
	}
	swap(audit.Open(fullKeeper{s.store}))
	_, err = d.Judge(t.Context(), p.A, p.B, match.Same, "one photograph")
	swap(real)
	var e *plugins.Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Say, "Nothing was decided") {
		t.Errorf("%v", err)
	}
	if list, _ := d.Judgements(); len(list) != 0 || !reflect.DeepEqual(members(d), before) {
		t.Error("it was decided all the same")
	}
	d.mu.Lock()
	d.purpose = nil
	d.mu.Unlock()
	if _, err := d.Judge(t.Context(), p.A, p.B, match.Same, "x"); !errors.Is(err, ErrNoPurpose) {
		t.Errorf("judged without a purpose: %v", err)
	}
}

type fullKeeper struct{ audit.Keeper }

func (fullKeeper) AppendAudit(...[]byte) (uint64, error) { return 0, store.ErrFull }

func TestUsualReasonsAreForTheirClass(t *testing.T) {
	d := &Desk{opts: Options{Policy: &policy.Policy{}}}
	if err := d.load(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []pole.Class{pole.ClassPerson, pole.ClassObject, pole.ClassLocation, pole.ClassEvent} {
		n := map[match.Verdict]int{}
		for _, r := range d.JudgeReasons(c) {
			if r.Label == "" || !r.Verdict.Valid() {
				t.Errorf("%+v", r)
			}
			n[r.Verdict]++
		}
		if n[match.Same] == 0 || n[match.NotSame] == 0 || n[match.Unsure] == 0 {
			t.Errorf("%s has no usual reason for each decision: %v", c, n)
		}
	}
	if slices.ContainsFunc(d.JudgeReasons(pole.ClassLocation), func(r JudgeReason) bool { return strings.Contains(r.Label, "plate") }) {
		t.Error("a place has no plate")
	}
}

// A copy that was kept before a decision opens as people have decided since, without any system.
func TestKeptCopyFollowsWhatWasDecidedSince(t *testing.T) {
	d := signedIn(t)
	m := miller(t, find(t, d, "miller aaron 2011"))
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	records := func() int {
		t.Helper()
		x, err := d.OpenCopy(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(x.Records)
	}
	whole := records()
	if whole != len(c.Records) {
		t.Fatalf("%d records in the copy, %d in the case", whole, len(c.Records))
	}
	first := c.Records[slices.IndexFunc(c.Records, func(r pole.Record) bool { return r.String() == c.ID })].Ref
	other := c.Records[slices.IndexFunc(c.Records, func(r pole.Record) bool { return r.Ref != first })].Ref
	j, err := d.Judge(t.Context(), first, other, match.NotSame, "seen together")
	if err != nil {
		t.Fatal(err)
	}
	if n := records(); n >= whole {
		t.Errorf("judged not the same, and the copy holds %d records of %d together", n, whole)
	}
	if _, err := d.UndoJudgement(t.Context(), j.ID, ""); err != nil {
		t.Fatal(err)
	}
	if n := records(); n != whole {
		t.Errorf("taken back, and the copy holds %d records of %d", n, whole)
	}
}

// A decision that the disk does not take is not taken.
func TestNoJudgementThatIsNotKept(t *testing.T) {
	d := signedIn(t)
	_, p, _ := doubt(t, d)
	before := members(d)
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	s.judged.log = match.OpenLog(fullJudge{s.store})
	_, err = d.Judge(t.Context(), p.A, p.B, match.Same, "one photograph")
	var e *plugins.Error
	if !errors.As(err, &e) || !strings.Contains(e.Say, "disk is full") || !reflect.DeepEqual(members(d), before) {
		t.Errorf("%v", err)
	}
}

type fullJudge struct{ match.Keeper }

func (fullJudge) AppendJudgements(...[]byte) (uint64, error) { return 0, store.ErrFull }

// What was not searched is said beside the two as well.
func TestPairSaysWhatWasNotSearched(t *testing.T) {
	d := signedIn(t)
	fault(t, d, "custody", demoforce.Fault{Kind: "down"})
	_, p, _ := doubt(t, d)
	pair, err := d.Pair(t.Context(), p.A, p.B)
	if err != nil || !slices.ContainsFunc(pair.Gaps, func(a caseview.Asked) bool { return a.System == "custody" }) {
		t.Errorf("%+v %v", pair.Gaps, err)
	}
}
