package entry

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"muster/store"
)

func TestDraftsAreKeptAsTyped(t *testing.T) {
	d := newDesk(t)
	first, err := d.drafts.Put(filled())
	if err != nil || first.Saved.IsZero() {
		t.Fatal(err)
	}
	typed := "  two\n lines, and a tab\t"
	second := filled()
	second.Values["description"] = typed
	second, _ = d.drafts.Put(second)
	d.store.Close()
	d.open(t)
	list, err := d.drafts.List()
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[0].Values["description"] != typed {
		t.Fatalf("%+v %v", list, err)
	}
	if err := d.drafts.Delete(first.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := d.drafts.Get(first.ID); ok {
		t.Error("a deleted draft is there")
	}
	if _, err := d.drafts.Put(first); !errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestTypingFastStillSavesWithinHalfASecond(t *testing.T) {
	d := newDesk(t)
	var mu sync.Mutex
	var saves []string
	saved := make(chan struct{}, 100)
	s := NewSaver(d.drafts, func(dr Draft, err error) {
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		saves = append(saves, dr.Values["description"])
		mu.Unlock()
		saved <- struct{}{}
	})
	dr := filled()
	stop := time.After(3 * saveWithin)
	n := 0
typing:
	for {
		n++
		dr.Values["description"] = fmt.Sprint(n)
		s.Save(dr)
		select {
		case <-stop:
			break typing
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	// Keystrokes never stop, and yet it was saved on the way; but not for each of them.
	if len(saves) < 2 || len(saves) > n/5+2 {
		t.Errorf("%d saves for %d keystrokes", len(saves), n)
	}
	kept, ok, err := d.drafts.Get(dr.ID)
	if err != nil || !ok || kept.Values["description"] != fmt.Sprint(n) {
		t.Errorf("closing lost what was typed last: %+v %v", kept.Values, err)
	}
}

func TestASentDraftIsNotBroughtBackByALateKeystroke(t *testing.T) {
	d := newDesk(t, "rms")
	s := NewSaver(d.drafts, func(_ Draft, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	dr := filled()
	s.Save(dr)
	must(d.Add(dr, incident, d.targets))
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if list, _ := d.drafts.List(); len(list) != 0 {
		t.Error("the sent draft is back")
	}
}

func TestWhatCannotBeSavedStaysPending(t *testing.T) {
	d := newDesk(t)
	var got error
	s := NewSaver(d.drafts, func(_ Draft, err error) { got = err })
	dr := filled()
	d.store.Close()
	s.Save(dr)
	if err := s.Flush(); !errors.Is(err, store.ErrClosed) || !errors.Is(got, store.ErrClosed) {
		t.Fatalf("got %v, told %v", err, got)
	}
	d.open(t)
	s.drafts = d.drafts
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := d.drafts.Get(dr.ID); !ok {
		t.Error("what could not be saved at first was forgotten")
	}
	s.Close()
}
