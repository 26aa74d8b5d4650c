package desk

import (
	"context"
	"strings"
	"testing"
	"time"

	"muster/app/policy"
	"muster/app/search"
	"muster/plugins/demoforce"
	"muster/store/keyring/keyringtest"
)

func TestKeyringAbsent(t *testing.T) {
	s := newSite(t, demoforce.Options{})
	keyringtest.Absent(t)
	pol := policy.Default()
	_, err := Open(t.Context(), Options{Profile: s.dir, Policy: &pol})
	if err == nil {
		t.Fatal("a desk without a keyring")
	}
	s.plain(t, err.Error())
	if !strings.Contains(err.Error(), "keyring") {
		t.Error(err)
	}
}

func TestKeyringLocked(t *testing.T) {
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr := incident(t, d)
	keyringtest.Lock(t)
	dr.Values["description"] = "typed while it was locked"
	if _, err := d.SaveDraft(t.Context(), dr); err != nil {
		t.Errorf("what was typed is lost: %v", err)
	}
	if a := find(t, d, "miller aaron 2011").answers["rms"]; a.State != search.Answered {
		t.Errorf("a session that is open needs no keyring: %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	err := d.SetCredential(ctx, "custody", map[string]string{"username": "x", "password": "geheim-1234"})
	if err == nil {
		t.Fatal("stored in a locked keyring")
	}
	s.plain(t, err.Error())
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("the credential stands in %q", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	again := s.open(t)
	if err := again.SignInBrowser(ctx); err == nil {
		t.Error("signed in without the key of the store")
	} else {
		s.plain(t, err.Error())
	}
	keyringtest.Unlock(t)
	if err := again.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := again.Drafts(); len(l) != 1 || l[0].Values["description"] != "typed while it was locked" {
		t.Errorf("drafts %+v", l)
	}
}
