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

	"muster/app/signin"
	"muster/plugins/demoforce"
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
	d := s.signedIn(t)
	o, _ := d.Officer()
	if err := d.KeepCase(t.Context(), open(t, d, miller(t, find(t, d, "miller aaron")).ID)); err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.obeyWipe(t.Context(), "2026-11-25T19:00:00Z"); err != nil {
		t.Fatal(err)
	}
	if after := left(t, s.dir); slices.ContainsFunc(after, func(n string) bool { return strings.HasPrefix(n, "/officers") || strings.Contains(n, "session") }) {
		t.Errorf("left are %v", after)
	}
	if found := secrets(t, d, o.ID); len(found) > 0 {
		t.Errorf("the keyring still holds %v", found)
	}
	d = s.signedIn(t)
	if len(d.KeptCases()) > 0 {
		t.Error("something came back")
	}
	if err := errors.Join(d.Close(), d.obeyWipe(t.Context(), "2026-11-25T19:00:00Z")); err != nil {
		t.Fatal(err)
	}
	if len(secrets(t, d, o.ID)) == 0 {
		t.Error("an order that was obeyed is obeyed again")
	}
}
