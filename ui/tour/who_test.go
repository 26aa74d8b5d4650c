package tour

import (
	"os"
	"testing"

	"fyne.io/fyne/v2"

	"muster/store/keyring/keyringtest"
	"muster/ui/i18n"
	"muster/ui/place"
)

func TestMain(m *testing.M) { os.Exit(keyringtest.Run(m)) }

// An officer finds two who may be one, decides by keys alone that they are, sees both in one result and in one case, takes it
// back, decides again, and finds the decision standing after a restart.
func TestDecidedByKeyboardAndStandingAfterARestart(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if d := os.Getenv("MUSTER_SHOTS"); d != "" {
		out = d
	}
	o := Options{Out: out, Profile: dir, Scale: 0.1}
	do := func(steps ...func() error) {
		t.Helper()
		for _, f := range steps {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, end, err := begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	do(r.firstRun, r.signIn, r.who)
	refs, err := r.findDoubt()
	if err != nil {
		t.Fatal(err)
	}
	searched := r.text
	do(r.sideBySide, r.decideSame)
	r.press(fyne.KeyEscape)
	do(func() error { return r.until("search", func() bool { return r.shell.At() == place.Search }) })
	if !r.together(refs) {
		t.Fatal("not together in the results")
	}
	// The cursor stayed on who was joined; the preview says by whom and why.
	do(func() error {
		return r.until("the decision in the preview", func() bool { return r.shows(i18n.T("screens.judged.title")) })
	})
	r.shot("20-joined-search")
	r.shell.Go(place.Cases, refs.A.String())
	do(func() error {
		return r.until("the case of both", func() bool { return r.shows(i18n.T("screens.judged.title")) })
	})
	r.settle()
	r.shot("21-joined-case")
	if err := end(); err != nil {
		t.Fatal(err)
	}

	r, end, err = begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	do(r.signIn)
	r.chord(fyne.KeyK, fyne.KeyModifierControl)
	r.typed(searched)
	r.settle()
	r.press(fyne.KeyReturn)
	do(r.choosePurpose, func() error {
		return r.until("both in one result after the restart", func() bool { return r.together(refs) })
	})
	list, err := r.desk.Judgements()
	if err != nil || len(list) != 2 || !list[0].InForce || list[1].InForce {
		t.Fatalf("%+v %v", list, err)
	}
	// Taken back from the case's own list, by mouse or Tab and Enter.
	r.shell.Go(place.Cases, refs.A.String())
	do(func() error {
		return r.until("the case of both", func() bool { return r.shows(i18n.T("screens.judged.title")) })
	})
	if _, err := r.desk.UndoJudgement(t.Context(), list[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	do(func() error {
		return r.until("the open case to follow", func() bool { return !r.shows(i18n.T("screens.judged.title")) && !r.together(refs) })
	})
}
