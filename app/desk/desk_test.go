package desk

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/entry"
	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/store"
	"muster/store/keyring/keyringtest"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(shiftEnv); part != "" {
		os.Exit(workShift(part))
	}
	os.Exit(keyringtest.Run(m))
}

// openDemo opens a desk over the embedded demonstration force, with a browser that signs in as user.
func openDemo(t testing.TB, dir, user string) *Desk {
	t.Helper()
	pol := policy.Default()
	var desk atomic.Pointer[Desk]
	d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol, DemoScale: 0.1, OpenBrowser: func(url string) error {
		return desk.Load().DemoBrowser(user, demoforce.Password)(url)
	}})
	if err != nil {
		t.Fatal(err)
	}
	desk.Store(d)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.UseDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// signedIn opens a desk, signs in and gives a purpose.
func signedIn(t testing.TB) *Desk {
	t.Helper()
	d := openDemo(t, t.TempDir(), "okafor")
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"}); err != nil {
		t.Fatal(err)
	}
	return d
}

type result struct {
	entities map[string]EntityView
	answers  map[string]search.Answer
	done     *search.Completeness
	records  int
}

func find(t testing.TB, d *Desk, text string) result {
	t.Helper()
	r := result{entities: map[string]EntityView{}, answers: map[string]search.Answer{}}
	err := d.Search(t.Context(), search.Request{Text: text}, func(ev SearchEvent) {
		r.records += len(ev.Found)
		for _, id := range ev.Gone {
			delete(r.entities, id)
		}
		for _, v := range ev.Entities {
			r.entities[v.ID] = v
		}
		if ev.Answer != nil {
			r.answers[ev.Answer.System] = *ev.Answer
		}
		if ev.Done != nil {
			r.done = ev.Done
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// miller is the story's missing person: one entity of several systems.
func miller(t testing.TB, r result) EntityView {
	t.Helper()
	for _, v := range r.entities {
		if strings.HasPrefix(v.Title, "MILLER, Aaron") && len(v.Systems) >= 3 {
			return v
		}
	}
	t.Fatalf("MILLER, Aaron was not grouped from several systems: %v", titles(r))
	return EntityView{}
}

func titles(r result) (out []string) {
	for _, v := range r.entities {
		out = append(out, v.Title+" ("+strings.Join(v.Systems, " ")+")")
	}
	return out
}

func fault(t testing.TB, d *Desk, system string, f demoforce.Fault) {
	t.Helper()
	if err := d.demo.SetFault(system, f); err != nil {
		t.Fatal(err)
	}
}

func TestOneLoginOpensEverySystem(t *testing.T) {
	d := openDemo(t, t.TempDir(), "okafor")
	if d.State() != signin.SignedOut {
		t.Fatalf("state %s before sign-in", d.State())
	}
	if err := d.Search(t.Context(), search.Request{Text: "miller"}, func(SearchEvent) {}); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("searching before sign-in: %v", err)
	}
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, ok := d.Officer()
	if !ok || o.Collar != "2214" || o.Rank != "PC" {
		t.Fatalf("officer %+v", o)
	}
	d.CheckSystems(t.Context())
	for _, s := range d.Systems() {
		if s.Say != "" || len(s.Needs) > 0 {
			t.Errorf("%s: %s needs %v", s.ID, s.Say, s.Needs)
		}
	}
	if n := len(d.Systems()); n < 6 {
		t.Errorf("%d systems", n)
	}
}

func TestSearchGroupsAndSaysWhoDisagrees(t *testing.T) {
	d := signedIn(t)
	r := find(t, d, "miller aaron 2011")
	if r.done == nil || !r.done.Complete {
		t.Fatalf("not complete: %+v %+v", r.done, r.answers)
	}
	m := miller(t, r)
	if len(m.Warnings) == 0 {
		t.Error("the warning signals are not on the list")
	}
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Disagreements) == 0 || len(c.Linked) == 0 || len(c.Timeline) == 0 || len(c.Warnings) == 0 {
		t.Errorf("case: %d disagreements, %d linked, %d moments, %d warnings", len(c.Disagreements), len(c.Linked), len(c.Timeline), len(c.Warnings))
	}
	for _, m := range slices.Concat(c.Disagreements, c.Agreed) {
		for _, v := range m.Values {
			if len(v.Sources) == 0 {
				t.Errorf("%s %s has no source", m.Label, v.Display)
			}
		}
	}
	if c.Marking.Classification == "" {
		t.Error("the case bears no marking")
	}
	if err := d.KeepCase(t.Context(), c); err != nil || len(d.KeptCases()) != 1 {
		t.Errorf("kept %v %v", d.KeptCases(), err)
	}
}

func TestACaseOpensFromAnyOfItsRecords(t *testing.T) {
	d := signedIn(t)
	m := miller(t, find(t, d, "miller aaron 2011"))
	ref := m.Entity.Records[0].String()
	d.mu.Lock()
	d.latest = nil
	d.mu.Unlock()
	c, err := d.OpenCase(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	systems := map[string]bool{}
	for _, r := range c.Records {
		systems[r.System] = true
	}
	if len(systems) < 3 {
		t.Errorf("opened from one record, the case has records of %v", systems)
	}
	if _, err := d.OpenCase(t.Context(), "rms/person/NOM9999999"); err == nil {
		t.Error("a record that does not exist opened")
	}
}

func TestASystemThatIsDownIsSaidAndItsOldCopyStandsIn(t *testing.T) {
	d := signedIn(t)
	find(t, d, "miller aaron 2011")
	waitKept(t, d, "custody")
	fault(t, d, "custody", demoforce.Fault{Kind: "down"})
	r := find(t, d, "miller aaron 2011")
	a := r.answers["custody"]
	if a.State != search.NotSearched || a.Say == "" || a.Cached == 0 {
		t.Errorf("custody: %+v", a)
	}
	if r.done.Complete || !slices.Contains(r.done.Failed, "custody") {
		t.Errorf("completeness %+v", r.done)
	}
	if !miller(t, r).Old {
		t.Error("the entity does not say that it holds an old copy")
	}
	c, err := d.OpenCase(t.Context(), miller(t, r).ID)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(c.Gaps, func(g caseview.Gap) bool { return g.System == "custody" && g.Say != "" }) {
		t.Errorf("gaps %+v", c.Gaps)
	}
	if st := d.Status(); len(st.Failing) == 0 {
		t.Errorf("the status bar is silent: %+v", st)
	}
}

func TestAskingAgainCompletesWhatWasFound(t *testing.T) {
	d := signedIn(t)
	fault(t, d, "custody", demoforce.Fault{Kind: "error"})
	before := miller(t, find(t, d, "miller aaron 2011"))
	if slices.Contains(before.Systems, "custody") {
		t.Fatal("custody answered while it failed")
	}
	fault(t, d, "custody", demoforce.Fault{})
	var after EntityView
	err := d.Search(t.Context(), search.Request{Text: "miller aaron 2011", Systems: []string{"custody"}}, func(ev SearchEvent) {
		for _, v := range ev.Entities {
			after = v
		}
		if a := ev.Answer; a != nil && a.State != search.Asking && a.State != search.Answered {
			t.Errorf("custody: %+v", *a)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(after.Systems, "custody") || !slices.Contains(after.Systems, "rms") {
		t.Errorf("asked again, custody's record stands in %v, not with the others of %v", after.Systems, before.Systems)
	}
	c, err := d.OpenCase(t.Context(), after.ID)
	if err != nil || len(c.Records) != before.Records+1 {
		t.Errorf("the case has %d records, want %d: %v", len(c.Records), before.Records+1, err)
	}
}

func TestFaultsOfOneSystemReachNoOther(t *testing.T) {
	d := signedIn(t)
	for _, k := range []demoforce.Fault{{Kind: "error"}, {Kind: "malformed"}, {Kind: "truncated"}, {Kind: "toolarge"}, {Kind: "reset-before"}} {
		t.Run(string(k.Kind), func(t *testing.T) {
			fault(t, d, "rms", k)
			defer fault(t, d, "rms", demoforce.Fault{})
			r := find(t, d, "miller aaron 2011")
			if a := r.answers["rms"]; a.State != search.NotSearched && a.State != search.Partial || a.Say == "" {
				t.Errorf("rms: %+v", a)
			}
			if a := r.answers["intel"]; a.State != search.Answered {
				t.Errorf("intel: %+v", a)
			}
		})
	}
}

func TestTokenThatExpiresMidSearchIsRenewed(t *testing.T) {
	d := signedIn(t)
	find(t, d, "miller aaron 2011")
	fault(t, d, "rms", demoforce.Fault{Kind: "expired", Count: 1})
	if a := find(t, d, "miller aaron 2011").answers["rms"]; a.State != search.Answered {
		t.Errorf("an expired token was not renewed: %+v", a)
	}
}

func incident(t testing.TB, d *Desk) entry.Draft {
	t.Helper()
	m := miller(t, find(t, d, "miller aaron 2011"))
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	dr, err := d.NewDraft(t.Context(), "incident", &c)
	if err != nil {
		t.Fatal(err)
	}
	if len(dr.From) == 0 {
		t.Error("nothing was prefilled from the open case")
	}
	for path, v := range map[string]string{"incidentCategory": "concern", "priority": "2", "description": "Reported missing by his mother."} {
		dr.Values[path] = v
	}
	return dr
}

func TestPrefillTakesTheBestAddressWhole(t *testing.T) {
	d := signedIn(t)
	dr := incident(t, d)
	// Intelligence says 4 Brook Court; records management and command and control say 12 Alder Rise, which stands first in the case.
	for path, want := range map[string]string{"location.buildingNumber": "12", "location.thoroughfareName": "Alder Rise", "location.postcode": "LS8 2QX",
		"person.surname": "MILLER", "person.givenName": "Aaron", "person.dateOfBirth": "03/11/2011"} {
		if got := dr.Values[path]; !strings.EqualFold(got, want) {
			t.Errorf("%s is prefilled with %q, want %q", path, got, want)
		}
		if dr.From[path].IsZero() || dr.From[path].System == "intel" && strings.HasPrefix(path, "location") {
			t.Errorf("%s comes from %v", path, dr.From[path])
		}
	}
}

func TestOneEntryReachesEverySystemOnce(t *testing.T) {
	d := signedIn(t)
	dr := incident(t, d)
	rv := d.Review(dr)
	if !rv.Ready {
		t.Fatalf("not ready: %+v %+v", rv.Errors, rv.Targets)
	}
	fault(t, d, "cad", demoforce.Fault{Kind: "reset-after", Count: 1, Method: "POST"})
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Drafts()) != 0 {
		t.Error("the draft is still there")
	}
	waitUntil(t, "all delivered", func() bool {
		for _, x := range d.Outbox() {
			if x.ID == it.ID {
				it = x
			}
		}
		return it.Done()
	})
	if len(it.Deliveries) != 3 {
		t.Errorf("%d deliveries", len(it.Deliveries))
	}
	for _, dl := range it.Deliveries {
		if dl.Receipt == nil || dl.Receipt.Reference == "" {
			t.Errorf("%s gave no reference", dl.System)
		}
		if n := len(d.demo.Deliveries(dl.System)); n != 1 {
			t.Errorf("%s holds it %d times", dl.System, n)
		}
	}
}

func TestDraftAndOutboxOutliveTheProgram(t *testing.T) {
	dir := t.TempDir()
	d := openDemo(t, dir, "okafor")
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "training"}); err != nil {
		t.Fatal(err)
	}
	dr := incident(t, d)
	dr.Values["description"] = "half a sent"
	if _, err := d.SaveDraft(t.Context(), dr); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again := openDemo(t, dir, "okafor")
	if err := again.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := again.Drafts()
	if len(list) != 1 || list[0].Values["description"] != "half a sent" {
		t.Fatalf("drafts %+v", list)
	}
	other := openDemo(t, dir, "singh")
	if err := other.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(other.Drafts()); n != 0 {
		t.Errorf("another officer sees %d drafts", n)
	}
}

func TestSecondInstanceIsToldThatMusterIsOpen(t *testing.T) {
	dir := t.TempDir()
	d := openDemo(t, dir, "okafor")
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := openDemo(t, dir, "okafor")
	if err := second.SignInBrowser(t.Context()); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("the second instance: %v", err)
	}
	if len(find2(t, d)) == 0 {
		t.Error("the first instance suffered")
	}
}

func find2(t *testing.T, d *Desk) map[string]EntityView {
	t.Helper()
	if err := d.SetPurpose(plugins.Purpose{Code: "training"}); err != nil {
		t.Fatal(err)
	}
	return find(t, d, "miller aaron 2011").entities
}

func TestNoPurposeNoSearch(t *testing.T) {
	d := openDemo(t, t.TempDir(), "okafor")
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Search(t.Context(), search.Request{Text: "miller"}, func(SearchEvent) {}); !errors.Is(err, ErrNoPurpose) {
		t.Fatalf("without a purpose: %v", err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing"}); err == nil {
		t.Error("a purpose that needs a case was taken without one")
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "curiosity"}); err == nil {
		t.Error("an unlisted purpose was taken")
	}
}

func TestEveryAccessIsInTheLogBeforeItLeaves(t *testing.T) {
	d := signedIn(t)
	find(t, d, "miller aaron 2011")
	list, err := d.Audit(0, 500)
	if err != nil {
		t.Fatal(err)
	}
	consulted := map[string]bool{}
	for _, r := range list {
		if r.Operation == "consultation" && len(r.Terms) > 0 && r.Purpose.Code == "missing" {
			consulted[r.System] = true
			if r.Officer == "" || r.Collar != "2214" || r.Correlation == "" || r.Plugin == "" {
				t.Errorf("record %+v", r)
			}
		}
	}
	for _, s := range []string{"rms", "cad", "custody", "intel"} {
		if !consulted[s] {
			t.Errorf("no record of asking %s", s)
		}
	}
	if v, err := d.VerifyAudit(t.Context()); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
	// A log that takes no more stops access.
	s, _ := d.behind()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	var left atomic.Int64
	rms, _ := d.system("rms")
	inner := rms.client.Transport
	rms.client.Transport = countingTransport{inner, &left}
	r := find(t, d, "brennan")
	if a := r.answers["rms"]; a.State != search.NotSearched {
		t.Errorf("searched without an audit record: %+v", a)
	}
	if n := left.Load(); n != 0 {
		t.Errorf("%d requests left without an audit record", n)
	}
}

type countingTransport struct {
	http.RoundTripper
	n *atomic.Int64
}

func (c countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.RoundTripper.RoundTrip(r)
}

func TestLockHidesAndUnlockReturns(t *testing.T) {
	d := signedIn(t)
	d.Lock()
	if err := d.Search(t.Context(), search.Request{Text: "miller"}, func(SearchEvent) {}); !errors.Is(err, ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if len(d.Outbox()) != 0 || d.KeptCases() != nil {
		t.Error("a locked desk shows data")
	}
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.State() != signin.SignedIn {
		t.Fatalf("state %s", d.State())
	}
	if _, ok := d.Purpose(); !ok {
		t.Error("the purpose of the task was lost by locking")
	}
	if err := d.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Purpose(); ok || d.State() != signin.SignedOut {
		t.Error("sign-out left something behind")
	}
}

func TestLiveQueueShowsOpenIncidentsAndNewOnes(t *testing.T) {
	d := signedIn(t)
	waitUntil(t, "open incidents", func() bool { return len(d.Live()) > 0 })
	seen := map[string]bool{}
	for _, it := range d.Live() {
		seen[it.Ref.String()] = true
	}
	if d.demo.Live("P1", "110") == "" {
		t.Fatal("the force made no incident")
	}
	waitUntil(t, "the new incident", func() bool {
		return slices.ContainsFunc(d.Live(), func(it LiveItem) bool { return !seen[it.Ref.String()] && it.Reference != "" && it.Title != "" })
	})
}

func TestNothingReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	d := openDemo(t, dir, "okafor")
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "training"}); err != nil {
		t.Fatal(err)
	}
	dr := incident(t, d)
	dr.Values["description"] = "canaryword"
	if _, err := d.SaveDraft(t.Context(), dr); err != nil {
		t.Fatal(err)
	}
	canaries := []string{"miller", "alder", "canaryword", "okafor", demoforce.Password}
	for _, m := range d.demo.Credentials() {
		for _, v := range m {
			canaries = append(canaries, v)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n += len(b)
		low := strings.ToLower(string(b))
		for _, c := range canaries {
			if strings.Contains(low, strings.ToLower(c)) {
				t.Errorf("%s holds %q in clear", filepath.Base(path), c)
			}
		}
		return nil
	})
	if err != nil || n < 10_000 {
		t.Fatalf("looked through %d bytes: %v", n, err)
	}
}

func waitUntil(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// waitKept waits until a copy of one of the system's records is kept; the live queue keeps copies of its own.
func waitKept(t testing.TB, d *Desk, system string) {
	t.Helper()
	waitUntil(t, "a copy of "+system+"'s record is kept", func() bool {
		s, err := d.behind()
		if err != nil {
			return false
		}
		r, err := s.store.SearchRecords(store.CacheQuery{Systems: []string{system}, Everything: true})
		return err == nil && r.Total > 0
	})
}
