package tour

import (
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/match"
	"muster/ui/i18n"
	"muster/ui/place"
)

// doubtful are searches that find two of the demonstration force that may be one; which of them does depends on its size.
var doubtful = []string{"smith stacey", "smith", "jones", "khan", "taylor", "brown"}

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

// findDoubt searches until somebody may be the same as another, and puts the cursor there.
func (t *tour) findDoubt() (match.Possible, error) {
	for _, text := range doubtful {
		p, err := t.findDoubtBy(text)
		if err != nil || !p.A.IsZero() {
			return p, err
		}
	}
	return match.Possible{}, errors.New("nobody may be the same as another")
}

func (t *tour) findDoubtBy(text string) (doubt match.Possible, err error) {
	t.text = text
	t.chord(fyne.KeyK, fyne.KeyModifierControl)
	t.chord(fyne.KeyA, fyne.KeyModifierControl)
	t.typed(text)
	t.settle()
	t.press(fyne.KeyReturn)
	if t.shell.Modals() == 1 {
		if err := t.choosePurpose(); err != nil {
			return doubt, err
		}
	}
	if err := t.until("results", func() bool { return t.shell.At() == place.Search && len(t.desk.Results()) > 0 }); err != nil {
		return doubt, err
	}
	// A busy machine answers late, and what comes late moves the rows.
	last, since := -1, time.Now()
	if err := t.until("results that stand still", func() bool {
		n := len(t.desk.Results())
		for _, r := range t.desk.Results() {
			n += 1000 * (r.Records + len(r.Possible))
		}
		if n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 3*time.Second
	}); err != nil {
		return doubt, err
	}
	t.settle()
	all := t.desk.Results()
	slices.SortFunc(all, func(a, b desk.EntityView) int { return a.Before(&b) })
	t.chord(fyne.KeyPeriod, fyne.KeyModifierControl) // the rows in this order, too
	t.press(fyne.KeyHome)
	for i := range min(len(all), 60) {
		t.settle()
		if len(all[i].Possible) > 0 && t.shows(i18n.T("screens.pair.open")) {
			return all[i].Possible[0], nil
		}
		t.press(fyne.KeyDown)
	}
	return doubt, nil
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
