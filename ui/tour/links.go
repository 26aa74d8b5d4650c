package tour

import (
	"strings"

	"fyne.io/fyne/v2"

	"muster/ui/i18n"
	"muster/ui/widgets"
)

// links walks the link chart of the case: reads around a card, shows the path to another, and the table.
func (t *tour) links() error {
	t.chord(fyne.Key3, fyne.KeyModifierAlt)
	var chart *widgets.LinkChart
	if err := t.until("link chart", func() bool {
		var ok bool
		chart, ok = t.shell.Window().Canvas().Focused().(*widgets.LinkChart)
		return ok && chart.Selected() != ""
	}); err != nil {
		return err
	}
	t.settle()
	t.shot("06f-links")
	from := chart.Selected()
	t.press(fyne.KeyP)
	for range 12 { // to somebody else on the chart
		t.press(fyne.KeyTab)
		if chart.Selected() != from && strings.HasPrefix(chart.AccessibilityLabel(), "Person") {
			break
		}
	}
	t.press(fyne.KeyE)
	t.settle()
	if err := t.until("end of reading around a card", func() bool { return !t.shows(i18n.T("screens.chart.stop")) }); err != nil {
		return err
	}
	t.settle()
	t.press(fyne.KeyP)
	t.settle()
	t.shot("06g-links-path")
	t.press(fyne.KeyEscape)
	t.press(fyne.KeyT)
	t.settle()
	t.shot("06h-links-table")
	t.press(fyne.KeyT)
	t.chord(fyne.Key1, fyne.KeyModifierAlt)
	t.settle()
	return nil
}
