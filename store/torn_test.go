package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A power cut in the middle of a commit leaves any of the pages that it wrote as they were, as they should be, half of each, or zeroed.
// bbolt writes all pages of a commit, waits for the disk, and then writes one meta page, so each of these must open as the state before
// or the state after. Where a disk lied about the order and lost part of a page, damage must be said, never shown as a state that was
// never there. (A disk that lies and brings back a whole older page is beyond this: the end of the audit log, noted in the keyring, and
// the read-back before anything is sent again are there for it.)
func TestATornCommitIsTheOldStateTheNewOneOrSaid(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "muster.db")
	s, err := Open(path, testKey, Options{Dictionary: testDict})
	if err != nil {
		t.Fatal(err)
	}
	c := NewCollection[note](s, "notes")
	put := func(state string) {
		t.Helper()
		if err := s.Update(func(tx *Tx) error {
			for i := range 12 { // several pages: a commit that is seen in part must show
				if err := c.In(tx).Put(fmt.Sprint(i), note{strings.Repeat(state+" ", 150)}); err != nil {
					return err
				}
			}
			_, err := tx.AppendAudit([]byte("state " + state))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for n := range 6 {
		put(fmt.Sprint("early", n))
	}
	put("before")
	before := read()
	put("after")
	after := read()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const page = 4096
	if len(before) != len(after) {
		t.Fatalf("the file grew from %d to %d bytes: the commit is to fit", len(before), len(after))
	}
	var wrote []int // pages that the commit changed, the meta page of the commit among them
	for p := range len(after) / page {
		if !bytes.Equal(before[p*page:(p+1)*page], after[p*page:(p+1)*page]) {
			wrote = append(wrote, p)
		}
	}
	metas := 0
	for _, p := range wrote {
		if p < 2 {
			metas++
		}
	}
	if metas != 1 || len(wrote) < 6 {
		t.Fatalf("the commit wrote pages %v", wrote)
	}
	outcomes := map[string]int{}
	// look opens a file as the power cut left it. old: without the commit's meta page nothing but the old state is right.
	look := func(what string, data []byte, old bool) {
		t.Helper()
		torn := filepath.Join(dir, "torn.db")
		if err := os.WriteFile(torn, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(torn, testKey, Options{Dictionary: testDict})
		state := ""
		if err == nil {
			state, err = stateOf(s)
			for n := 0; err == nil && old && n < 2; n++ { // it works on from there, and its two meta pages are whole again
				err = s.SetSetting("on", n)
			}
			if err == nil {
				err = s.Check()
			}
			if cerr := s.Close(); err == nil {
				err = cerr
			}
		}
		switch {
		case err == nil && (state == "before" || state == "after" && !old):
			outcomes[state]++
		case err == nil:
			t.Errorf("%s: opens as %q", what, state)
		case old:
			t.Errorf("%s: the state before is lost: %v", what, err)
		case !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "restore a copy"):
			t.Errorf("%s: not said as damage with what to do: %v", what, err)
		default:
			outcomes["said"]++
		}
	}
	mix := func(f func(p int, old, now []byte) []byte) []byte {
		out := bytes.Clone(before)
		for _, p := range wrote {
			copy(out[p*page:(p+1)*page], f(p, before[p*page:(p+1)*page], after[p*page:(p+1)*page]))
		}
		return out
	}
	half := func(old, now []byte) []byte { return append(bytes.Clone(now[:page/2]), old[page/2:]...) }
	garbled := func(old, now []byte) []byte { return append(bytes.Clone(now[:512]), make([]byte, page-512)...) }
	for _, at := range wrote {
		for how, tear := range map[string]func(old, now []byte) []byte{"in half": half, "zeroed": func(_, now []byte) []byte { return make([]byte, page) }, "garbled": garbled,
			"as it was": func(old, _ []byte) []byte { return old }} {
			// In the order in which pages are written: all before it are there, it is torn, the meta page is not written yet.
			look(fmt.Sprintf("page %d %s, no meta page", at, how), mix(func(p int, old, now []byte) []byte {
				switch {
				case p == at && p > 1:
					return tear(old, now)
				case p > at || p < 2:
					return old
				}
				return now
			}), true)
			if how == "as it was" && at > 1 {
				continue
			}
			// A disk that lied: everything is there but this page. Of the meta page the first half says all.
			look(fmt.Sprintf("page %d %s, all others there", at, how), mix(func(p int, old, now []byte) []byte {
				if p == at {
					return tear(old, now)
				}
				return now
			}), at < 2 && (how == "zeroed" || how == "as it was"))
		}
	}
	seed := uint64(time.Now().UnixNano())
	dice := rand.New(rand.NewPCG(seed, 1))
	for n := range 60 { // any mixture
		look(fmt.Sprintf("mixture %d of seed %d", n, seed), mix(func(p int, old, now []byte) []byte {
			switch dice.IntN(4) {
			case 0:
				return make([]byte, page)
			case 1:
				return garbled(old, now)
			}
			return now
		}), false)
	}
	for _, cut := range []int{len(after) / 2, len(after) - page, len(after) - 1} { // the end of the file is missing
		look(fmt.Sprintf("cut to %d bytes", cut), after[:cut], false)
	}
	look("whole", after, false)
	if outcomes["before"] == 0 || outcomes["after"] == 0 || outcomes["said"] == 0 {
		t.Errorf("the test does not see every outcome: %v", outcomes)
	}
	t.Logf("%d pages of a commit: %v", len(wrote), outcomes)
}

// stateOf is the one state that every note and the end of the log agree on; anything else is a state that never was.
func stateOf(s *Store) (string, error) {
	states := map[string]bool{}
	all, err := NewCollection[note](s, "notes").All()
	if err != nil {
		return "", err
	}
	for _, n := range all {
		for _, w := range strings.Fields(n.Text) {
			states[w] = true
		}
	}
	last := ""
	if err := s.EachAuditBack(0, func(_ uint64, _ [32]byte, payload []byte) (bool, error) {
		last = strings.TrimPrefix(string(payload), "state ")
		return false, nil
	}); err != nil {
		return "", err
	}
	states[last] = true
	if len(states) == 1 && len(all) == 12 {
		return last, nil
	}
	return fmt.Sprintf("%d notes of %v", len(all), states), nil
}
