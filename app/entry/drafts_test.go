package entry

import (
	"errors"
	"testing"
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
