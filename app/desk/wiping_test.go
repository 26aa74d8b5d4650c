package desk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/app/policy"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/store"
	"muster/store/keyring"
)

// left lists what lies in a profile folder, and fails where a person's name can be read in it.
func left(t testing.TB, dir string) (names []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToUpper(data), []byte("MILLER")) {
			t.Errorf("a person's name stands in %s", path)
		}
		names = append(names, filepath.ToSlash(strings.TrimPrefix(path, dir)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

// secrets are the names in the keyring under which something of an officer may lie.
func secrets(t testing.TB, d *Desk, officer string) (found []string) {
	t.Helper()
	for _, n := range append(signin.Secrets(officer, systemIDs(d.Profile())), "login/session", "login/unlock", "local/officer") {
		if _, err := d.keys.Get(t.Context(), n); err == nil {
			found = append(found, n)
		} else if !errors.Is(err, keyring.ErrNotFound) {
			t.Errorf("%s: %v", n, err)
		}
	}
	return found
}

func TestSignOutWithWipeLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	o, _ := d.Officer()
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	if err := errors.Join(d.KeepCase(t.Context(), c), d.SetUnlock(t.Context(), shiftUnlock), d.SetCredential(t.Context(), "custody", s.force.Credentials()["custody"])); err != nil {
		t.Fatal(err)
	}
	if _, err := d.NewDraft(t.Context(), "incident", &c); err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	before := left(t, s.dir)
	if !slices.ContainsFunc(before, func(n string) bool { return strings.HasPrefix(n, "/officers/") }) || len(secrets(t, d, o.ID)) < 4 {
		t.Fatalf("there is nothing to wipe: %v %v", before, secrets(t, d, o.ID))
	}
	if err := d.SignOutAndWipe(t.Context(), false); !errors.Is(err, ErrUndelivered) {
		t.Fatalf("a draft would have been lost: %v", err)
	} else {
		s.plain(t, say(err))
	}
	if len(d.Drafts()) != 1 {
		t.Fatal("what was refused did something all the same")
	}
	if err := d.SignOutAndWipe(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if after := left(t, s.dir); slices.ContainsFunc(after, func(n string) bool { return strings.HasPrefix(n, "/officers/") }) {
		t.Errorf("left are %v", after)
	}
	if found := secrets(t, d, o.ID); len(found) > 0 {
		t.Errorf("the keyring still holds %v", found)
	}
	// Whoever signs in next starts afresh.
	d = s.signedIn(t)
	if len(d.KeptCases())+len(d.Drafts())+len(d.Outbox()) > 0 {
		t.Error("something came back")
	}
}

func TestAWipeThatIsOrderedIsCarriedOutOnceAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	pol := policy.Default()
	begin := func() *Desk {
		d, err := Open(t.Context(), Options{Profile: s.dir, Policy: &pol, NoLive: true, OpenBrowser: func(url string) error { return s.force.Browser(s.user, s.pass)(url) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	work := func(d *Desk) string {
		if err := errors.Join(d.SignInBrowser(t.Context()), d.SetUnlock(t.Context(), shiftUnlock), d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"})); err != nil {
			t.Fatal(err)
		}
		if err := d.KeepCase(t.Context(), open(t, d, miller(t, find(t, d, "miller aaron")).ID)); err != nil {
			t.Fatal(err)
		}
		settled(t, d)
		o, _ := d.Officer()
		return o.ID
	}
	nothing := func(d *Desk, officer string) {
		t.Helper()
		if after := left(t, s.dir); slices.ContainsFunc(after, func(n string) bool { return strings.HasPrefix(n, "/officers") || strings.Contains(n, "session") }) {
			t.Errorf("left are %v", after)
		}
		if found := secrets(t, d, officer); len(found) > 0 {
			t.Errorf("the keyring still holds %v", found)
		}
	}
	d := begin()
	officer := work(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	pol.WipeOrder.Value = "2026-11-25 19:00"
	d = begin() // at the next start
	nothing(d, officer)
	if err := provision(t.Context(), s.dir, s.force); err != nil { // what IT gave every officer went too
		t.Fatal(err)
	}
	work(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = begin()
	if len(secrets(t, d, officer)) == 0 {
		t.Error("an order that was obeyed is obeyed again")
	}
	if err := d.SignInBrowser(t.Context()); err != nil || len(d.KeptCases()) != 1 {
		t.Fatalf("%v; kept are %d", err, len(d.KeptCases()))
	}
	d.Lock()
	pol.WipeOrder.Value = "2026-11-25 20:00"
	if err := d.Unlock(t.Context(), shiftUnlock); !errors.Is(err, ErrWiped) { // at an unlock
		t.Errorf("unlocked: %v", err)
	}
	nothing(d, officer)
}

func TestSignOutWipesWherePolicySaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	d.policy.SignOutWipes.Value = true
	o, _ := d.Officer()
	c := open(t, d, miller(t, find(t, d, "miller aaron")).ID)
	if err := d.KeepCase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	dr, err := d.NewDraft(t.Context(), "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	if err := d.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The draft is nowhere else: it stays, sealed, and what was read is gone.
	if err := errors.Join(d.SignInBrowser(t.Context()), d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"})); err != nil {
		t.Fatal(err)
	}
	sess, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	if found, err := sess.store.SearchRecords(store.CacheQuery{Text: "miller"}); err != nil || found.Total > 0 || len(d.KeptCases()) > 0 || len(d.Drafts()) != 1 {
		t.Errorf("after signing out %d records, %d cases, %d drafts are here: %v", found.Total, len(d.KeptCases()), len(d.Drafts()), err)
	}
	if err := d.DeleteDraft(t.Context(), dr.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := secrets(t, d, o.ID); len(found) > 0 || slices.ContainsFunc(left(t, s.dir), func(n string) bool { return strings.HasPrefix(n, "/officers/") }) {
		t.Errorf("left are %v and %v", found, left(t, s.dir))
	}
}
