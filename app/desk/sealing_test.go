package desk

import (
	"errors"
	"os"
	"testing"

	"muster/app/audit"
	"muster/app/policy"
	"muster/app/signin"
	"muster/store"
)

const passphrase = "three random words"

// localDesk is a desk with a local officer signed in, and no system.
func localDesk(t *testing.T, o Options) *Desk {
	t.Helper()
	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if d.LocalExists() {
		err = d.SignInLocal(t.Context(), passphrase)
	} else {
		err = d.SetUpLocal(t.Context(), "Ada Okafor", passphrase)
	}
	if err != nil && !errors.Is(err, ErrRolledBack) {
		t.Fatal(err)
	}
	return d
}

func noPolicy(rollback string) *policy.Policy {
	p := policy.Default()
	p.StoreRollback = policy.Setting[string]{Value: rollback, Managed: true}
	return &p
}

func TestRotatedKeyIsWhatTheFileOpensWith(t *testing.T) {
	o := Options{Profile: t.TempDir(), Policy: noPolicy("say")}
	d := localDesk(t, o)
	who, _ := d.Officer()
	m, err := d.manager()
	if err != nil {
		t.Fatal(err)
	}
	before, err := m.StoreKey(t.Context(), who.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.RotateStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := m.StoreKey(t.Context(), who.ID)
	if err != nil || string(after) == string(before) {
		t.Fatal("the key is still the one before", err)
	}
	if s, err := d.Sealing(t.Context()); err != nil || s.Unfinished || !s.Passphrase || s.RolledBack != "" {
		t.Errorf("%+v %v", s, err)
	}
	list, err := d.Audit(0, 10)
	if err != nil || len(list) < 2 || list[1].Operation != audit.Rotation {
		t.Errorf("the rotation is not in the log: %+v %v", list, err)
	}
	d.Close()
	if _, err := store.Open(d.storePath(who.ID), before, store.Options{}); !errors.Is(err, store.ErrWrongKey) {
		t.Errorf("the key before gave %v", err)
	}
	d = localDesk(t, o)
	if v, err := d.VerifyAudit(t.Context()); err != nil || !v.OK || v.Records < 3 {
		t.Errorf("%+v %v", v, err)
	}
}

// A power cut leaves a rotation at one of three places; whichever it is, the next start opens the file.
func TestRotationGoesOnAfterAPowerCut(t *testing.T) {
	for name, cut := range map[string]func(t *testing.T, path string, old, next []byte){
		"before the file was written": func(*testing.T, string, []byte, []byte) {},
		"while it was written": func(t *testing.T, path string, _, _ []byte) {
			if err := os.WriteFile(path+".rotating", []byte("half a file"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"after it was in place": func(t *testing.T, path string, old, next []byte) {
			if err := store.Rotate(path, old, next, store.Options{}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Profile: t.TempDir(), Policy: noPolicy("say")}
			d := localDesk(t, o)
			who, _ := d.Officer()
			m, err := d.manager()
			if err != nil {
				t.Fatal(err)
			}
			old, err1 := m.StoreKey(t.Context(), who.ID)
			next, err2 := m.NextStoreKey(t.Context(), who.ID)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			path := d.storePath(who.ID)
			d.Close()
			cut(t, path, old, next)
			d = localDesk(t, o)
			s, err := d.Sealing(t.Context())
			if err != nil || s.Unfinished != (name != "after it was in place") {
				t.Errorf("%+v %v", s, err)
			}
			if _, err := os.Stat(path + ".rotating"); err == nil {
				t.Error("half a file lies about")
			}
			if err := d.RotateStore(t.Context()); err != nil {
				t.Fatal(err)
			}
			if v, err := d.VerifyAudit(t.Context()); err != nil || !v.OK || d.RolledBack() != "" {
				t.Errorf("%+v %v %q", v, err, d.RolledBack())
			}
		})
	}
}

func TestAFilePutBackIsSaidRecordedAndRefusedWherePolicySaysSo(t *testing.T) {
	o := Options{Profile: t.TempDir(), Policy: noPolicy("say")}
	d := localDesk(t, o)
	who, _ := d.Officer()
	path := d.storePath(who.ID)
	d.Close()
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	putBack := func() {
		t.Helper()
		d := localDesk(t, o)
		if d.RolledBack() != "" {
			t.Errorf("called put back, and was not: %s", d.RolledBack())
		}
		d.Close()
		if err := os.WriteFile(path, older, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	putBack()
	d = localDesk(t, o)
	if d.RolledBack() == "" || d.Status().RolledBack == "" {
		t.Error("an older file in its place is not said")
	}
	list, err := d.Audit(0, 10)
	if err != nil || list[1].Operation != audit.RolledBack || list[1].Count == 0 || list[1].Error == "" {
		t.Errorf("it is not in the log: %+v %v", list, err)
	}
	d.Close()

	putBack()
	o.Policy = noPolicy("refuse")
	d = localDesk(t, o)
	if d.State() == signin.SignedIn {
		t.Error("a file that was put back was opened against the policy")
	}
	d.Close()
	o.AcceptRollback = "restored from Tuesday's backup, CHG0042"
	d = localDesk(t, o)
	if d.State() != signin.SignedIn || d.RolledBack() != "" {
		t.Error(d.State(), d.RolledBack())
	}
	if list, err := d.Audit(0, 2); err != nil || list[1].Purpose.Text != o.AcceptRollback {
		t.Errorf("why it was accepted is not in the log: %+v %v", list, err)
	}
	d.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	o.AcceptRollback = ""
	if d := localDesk(t, o); d.State() == signin.SignedIn {
		t.Error("a file that was removed was made anew without a word")
	}
}
