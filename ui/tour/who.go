package tour

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/match"
	"muster/ui/i18n"
	"muster/ui/place"
)

// doubtful finds two of the demonstration force that may be one.
const doubtful = "smith stacey"

// who goes from a result to what may be the same, decides by keys alone that both are one, sees it in the results and in the
// case, and takes it back.
func (t *tour) who() error {
	refs, err := t.findDoubt()
	if err != nil {
		return err
	}
	t.shot("17-possible")
	if err := t.sideBySide(); err != nil {
		return err
	}
	t.shot("18-side-by-side")
	if err := t.decideSame(); err != nil {
		return err
	}
	t.shot("19-joined")
	if !t.together(refs) {
		return errors.New("judged the same, and the results hold them apart")
	}
	t.chord(fyne.KeyZ, fyne.KeyModifierControl)
	if err := t.until("the decision taken back", func() bool { return t.shows(i18n.T("screens.pair.title")) && !t.together(refs) }); err != nil {
		return err
	}
	t.press(fyne.KeyEscape)
	return t.until("search", func() bool { return t.shell.At() == place.Search })
}

// findDoubt searches, and puts the cursor on the first result that may be the same as another.
func (t *tour) findDoubt() (match.Possible, error) {
	t.chord(fyne.KeyK, fyne.KeyModifierControl)
	t.chord(fyne.KeyA, fyne.KeyModifierControl)
	t.typed(doubtful)
	t.settle()
	t.press(fyne.KeyReturn)
	if t.shell.Modals() == 1 {
		if err := t.choosePurpose(); err != nil {
			return match.Possible{}, err
		}
	}
	var doubt match.Possible
	if err := t.until("two who may be the same", func() bool {
		for _, v := range t.desk.Results() {
			if len(v.Systems) > 2 && len(v.Possible) > 0 && strings.HasPrefix(strings.ToLower(v.Title), strings.Fields(doubtful)[0]) {
				doubt = v.Possible[0]
				return t.shell.At() == place.Search
			}
		}
		return false
	}); err != nil {
		return doubt, err
	}
	t.settle()
	t.press(fyne.KeyHome)
	for range 60 { // down to it; the preview says that there is another
		t.settle()
		if t.shows(i18n.T("screens.pair.open")) {
			return doubt, nil
		}
		t.press(fyne.KeyDown)
	}
	return doubt, errors.New("the results do not show who may be the same")
}

func (t *tour) sideBySide() error {
	t.chord(fyne.KeyM, fyne.KeyModifierAlt)
	if err := t.until("both side by side", func() bool { return t.shell.At() == place.Pair && t.shows(i18n.T("screens.pair.total")) }); err != nil {
		return err
	}
	t.settle()
	return nil
}

func (t *tour) decideSame() error {
	t.press(fyne.KeyS)
	if err := t.until("question for the reason", func() bool { return t.shows(i18n.T("screens.pair.go.same")) }); err != nil {
		return err
	}
	t.settle()
	t.press(fyne.KeyDown)
	t.press(fyne.KeyReturn)
	if err := t.until("decision", func() bool { return t.shows(i18n.T("screens.judged.title")) }); err != nil {
		return err
	}
	t.settle()
	return nil
}

// together reports whether the results hold both records in one entity.
func (t *tour) together(p match.Possible) bool {
	in := func(v desk.EntityView) (a, b bool) {
		for _, r := range v.Entity.Records {
			a, b = a || r.Ref == p.A, b || r.Ref == p.B
		}
		return a, b
	}
	for _, v := range t.desk.Results() {
		if a, b := in(v); a && b {
			return true
		}
	}
	return false
}
