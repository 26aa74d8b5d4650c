package desk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/app/entry"
	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
	"muster/store"
)

// TestStoreFileDamagedOrForeign: a file that is not as Muster wrote it is refused in words, left as it is, and nothing is sent.
func TestStoreFileDamagedOrForeign(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr := incident(t, d)
	if _, err := d.SaveDraft(t.Context(), dr); err != nil {
		t.Fatal(err)
	}
	o, _ := d.Officer()
	path := d.storePath(o.ID)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	s.user = "singh"
	other := s.signedIn(t)
	so, _ := other.Officer()
	foreign := other.storePath(so.ID)
	if err := other.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
	s.user = "okafor"
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	foreignFile, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	held := len(bytes.TrimRight(good, "\x00")) // bbolt's file is longer than what it holds
	for name, file := range map[string][]byte{
		"another officer's":  foreignFile,
		"cut in the middle":  good[:held/2],
		"cut to a few bytes": good[:100],
		"its first pages":    slices.Concat(bytes.Repeat([]byte{0xA5}, 8192), good[8192:]),
		"not of Muster":      []byte(strings.Repeat("This is a letter to the chief constable.\n", 500)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			d := s.open(t)
			err := d.SignInBrowser(t.Context())
			if !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrWrongKey) {
				t.Fatalf("signed in on it: %v", err)
			}
			s.plain(t, err.Error())
			if err := d.Search(t.Context(), search.Request{Text: "miller"}, func(SearchEvent) { t.Error("searched") }); err == nil {
				t.Error("a search without a log of accesses")
			}
			if d.Drafts() != nil || d.Outbox() != nil || d.KeptCases() != nil {
				t.Error("it shows what it cannot have read")
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, file) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
	// Single pages lose bytes: whatever they held, it never ends the program. Every page loses some: that is always noticed.
	spoil := func(from, to int) (noticed bool) {
		bad := bytes.Clone(good)
		for at := from; at < min(to, held); at += 97 {
			bad[at] ^= 0x10
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		d := s.open(t)
		err := d.SignInBrowser(t.Context())
		if err == nil {
			_ = d.Drafts()
			_, err = d.Audit(0, 0)
		}
		_ = d.Close()
		return err != nil
	}
	for i := range 6 {
		at := 8192 + i*(held-8192)/6
		spoil(at, at+4096)
	}
	if !spoil(8192+16, held) {
		t.Error("damage everywhere was not noticed")
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if l := s.signedIn(t).Drafts(); len(l) != 1 {
		t.Errorf("after the copy was restored: %+v", l)
	}
}

func TestAProfileThatIsNotValid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, say string }{
		"not yaml":           {"profile: 1\nforce: [Northmoor\nsignin: {kind: local}\n", "profile.yaml"},
		"an unknown key":     {"profile: 1\nforce: X\nsignin: {kind: local}\nsystmes: []\n", "systmes"},
		"an unknown sign-in": {"profile: 1\nforce: X\nsignin: {kind: kerberos}\n", "oidc or local"},
		"no issuer":          {"profile: 1\nforce: X\nsignin: {kind: oidc}\n", "issuer"},
		"twice the same":     {"profile: 1\nsignin: {kind: local}\nsystems:\n- {id: rms, connector: demo_rms}\n- {id: rms, connector: demo_rms}\n", "twice"},
		"a path outside":     {"profile: 1\nsignin: {kind: local}\nsystems:\n- {id: rms, connector: ../../etc/passwd}\n", "systems/"},
		"of another time":    {"profile: 7\nsignin: {kind: local}\n", "update Muster"},
		"empty":              {"", "profile.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(profilePath(dir), []byte(c.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			pol := policy.Default()
			d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol})
			if err == nil {
				_ = d.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), "profile.yaml") || !strings.Contains(err.Error(), c.say) || !cure.MatchString(err.Error()) {
				t.Errorf("%q", err)
			}
			if now, _ := os.ReadFile(profilePath(dir)); string(now) != c.yaml {
				t.Error("the file was changed")
			}
		})
	}
}

// TestABadConnectorFileIsSaidAndTheOthersWork: file, line and cure for the bad one; it counts as not searched.
func TestABadConnectorFileIsSaidAndTheOthersWork(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	s.connector(t, "custody", func(src string) string {
		return strings.Replace(src, "kinds:\n", "kinds:\n  dragon:\n    fetch: {}\n", 1)
	})
	s.connector(t, "intel", func(src string) string { return src + "\n  - [broken\n" })
	i := slices.IndexFunc(s.profile.Systems, func(c SystemConfig) bool { return c.ID == "streetcrime" })
	s.profile.Systems[i].Connector = "gone.yaml"
	j := slices.IndexFunc(s.profile.Systems, func(c SystemConfig) bool { return c.ID == "cad" })
	s.profile.Systems[j].Options = nil
	s.save(t)
	d := s.signedIn(t)
	r := find(t, d, "miller aaron 2011")
	if a := r.answers["rms"]; a.State != search.Answered {
		t.Errorf("records management suffered: %+v", a)
	}
	for id, want := range map[string]string{"custody": "custody.yaml:", "intel": "intel.yaml:", "streetcrime": "gone.yaml", "cad": "profile.yaml"} {
		if !slices.Contains(r.done.Failed, id) {
			t.Errorf("%s is not among the systems that were not searched: %+v", id, r.done)
		}
		for _, st := range d.Systems() {
			if st.ID == id {
				if !strings.Contains(st.Say, want) {
					t.Errorf("%s: %q", id, st.Say)
				}
				s.plain(t, st.Say)
			}
		}
		if a := r.answers[id]; !strings.Contains(a.Say, want) {
			t.Errorf("%s: %q", id, a.Say)
		}
	}
	dr, err := d.NewDraft(t.Context(), "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	if rv := d.Review(dr); len(rv.Targets) != 1 || slices.ContainsFunc(rv.Targets, func(x entry.TargetState) bool { return x.System == "custody" }) {
		t.Errorf("%+v", rv)
	}
}

// TestOldCopiesAreAccountedForToo: what a closed system once gave is shown only with a record in the log.
func TestOldCopiesAreAccountedForToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	find(t, d, "miller aaron 2011")
	waitKept(t, d, "custody")
	sys, _ := d.system("custody")
	sys.mu.Lock()
	sys.broken = errors.New("custody.yaml:1:1: spoilt. Cure: correct it.")
	sys.mu.Unlock()
	before := consultations(t, d, "custody")
	if a := find(t, d, "miller aaron 2011").answers["custody"]; a.State != search.NotSearched || a.Cached == 0 {
		t.Fatalf("%+v", a)
	}
	if consultations(t, d, "custody") != before+1 {
		t.Error("old copies were shown without a record in the log")
	}
}

func consultations(t *testing.T, d *Desk, system string) (n int) {
	t.Helper()
	list, err := d.Audit(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.System == system && r.Operation == "consultation" {
			n++
		}
	}
	return n
}

// clumsy is a plugin that panics wherever it is told to.
type clumsy struct{ in string }

func (c clumsy) may(where string) {
	if c.in == where || c.in == "use" && where != "open" {
		var m map[string]int
		m[where]++ //nolint:staticcheck // as a bug does
	}
}

func (c clumsy) Check(context.Context) (plugins.Identity, error) {
	c.may("check")
	return plugins.Identity{User: "somebody"}, nil
}

func (c clumsy) Search(context.Context, plugins.Query) (plugins.Page, error) {
	c.may("search")
	return plugins.Page{}, nil
}

func (c clumsy) Fetch(_ context.Context, r pole.Ref) (pole.Record, error) {
	c.may("fetch")
	return pole.Record{Ref: r, Kind: "person"}, nil
}

func (c clumsy) Submit(context.Context, plugins.Entry, plugins.Key) (plugins.Receipt, error) {
	c.may("submit")
	return plugins.Receipt{Reference: "C-1"}, nil
}

func (c clumsy) Confirm(context.Context, plugins.Entry, plugins.Key) (plugins.Receipt, error) {
	c.may("confirm")
	return plugins.Receipt{}, plugins.Errorf(plugins.NotFound, "It is not there.")
}

func (c clumsy) Watch(context.Context, pole.Kind, plugins.Cursor, func(plugins.Change) error) error {
	c.may("watch")
	return plugins.Errorf(plugins.Unavailable, "It stopped.")
}

func init() {
	for _, in := range []string{"open", "use"} {
		plugins.Register(plugins.Info{ID: "clumsy_" + in, Name: "Clumsy " + in, Code: "CLU", Shape: "bar",
			Kinds: []plugins.KindSpec{
				{Kind: "person", Type: "person", Text: true, Search: []plugins.SearchSpec{{Require: []pole.Property{"surname"}}}, Fetch: true},
				{Kind: "incident", Type: "incident", Watch: true, Search: []plugins.SearchSpec{{Require: []pole.Property{"status"}}},
					Accepts: []plugins.FieldSpec{{Path: "description", Required: true}}},
			},
			Open: func(context.Context, plugins.Env) (plugins.System, error) {
				clumsy{in}.may("open")
				return clumsy{in}, nil
			}})
	}
}

// TestAPluginThatPanicsHurtsNobody: in every one of its methods, from the first to the last.
func TestAPluginThatPanicsHurtsNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	s.profile.Systems = append(s.profile.Systems, SystemConfig{ID: "bad", Connector: "clumsy_use"}, SystemConfig{ID: "worse", Connector: "clumsy_open"})
	s.save(t)
	d := s.signedIn(t)
	d.CheckSystems(t.Context())
	r := find(t, d, "miller aaron 2011")
	for _, id := range []string{"bad", "worse"} {
		a := r.answers[id]
		if a.State != search.NotSearched {
			t.Errorf("%s: %+v", id, a)
		}
		s.plain(t, a.Say)
	}
	for _, st := range d.Systems() {
		if st.ID == "bad" || st.ID == "worse" {
			s.plain(t, st.Say)
		} else if st.Say != "" {
			t.Errorf("%s suffered: %s", st.ID, st.Say)
		}
	}
	if a := r.answers["rms"]; a.State != search.Answered {
		t.Errorf("%+v", a)
	}
	if _, err := d.Fetch(t.Context(), pole.Ref{System: "bad", Type: "person", ID: "1"}); err == nil {
		t.Error("fetched from a plugin that panicked")
	} else {
		s.plain(t, err.Error())
	}
	if _, err := d.OpenCase(t.Context(), miller(t, r).ID); err != nil {
		t.Error(err)
	}
	dr := incident(t, d)
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the others have it", func() bool {
		n := 0
		for _, x := range d.Outbox() {
			for _, dl := range x.Deliveries {
				if x.ID != it.ID {
					continue
				}
				if dl.State == entry.Delivered {
					n++
				}
				if dl.System == "bad" && dl.State != entry.Delivered && dl.Attempts > 0 && dl.State != entry.Sending {
					s.plain(t, dl.Say)
					n += 10
				}
			}
		}
		return n == 13
	})
	if d.State() != signin.SignedIn {
		t.Error(d.State())
	}
}

func TestSecondDeskOfTheSameOfficerLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	second := s.open(t)
	err := second.SignInBrowser(t.Context())
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("%v", err)
	}
	s.plain(t, err.Error())
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if a := find(t, d, "miller aaron 2011").answers["rms"]; a.State != search.Answered {
		t.Errorf("the first desk suffered: %+v", a)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "officers")); err != nil {
		t.Error(err)
	}
}

// TestRemovedSystemLeavesNoCredential: what IT provisioned goes too, whether or not somebody is signed in.
func TestRemovedSystemLeavesNoCredential(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.open(t)
	if err := d.RemoveSystem(t.Context(), "custody"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.keys.Get(t.Context(), "shared/custody"); err == nil {
		t.Error("the credential of a removed system is still in the keyring")
	}
}
