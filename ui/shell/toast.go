package shell

import (
	"time"

	"fyne.io/fyne/v2"

	"muster/ui/theme"
	"muster/ui/widgets"
)

// toast is the line that says what just happened. It goes by itself; a loud one stays longer and goes on Esc.
type toast struct {
	f     *frame
	card  fyne.CanvasObject
	level widgets.Level
	gen   int
	timer *time.Timer
}

func newToast(f *frame) *toast { return &toast{f: f} }

func (t *toast) show(l widgets.Level, text string) {
	t.hide()
	t.level = l
	t.card = widgets.NewNotice(l, text, nil)
	t.f.float.Add(t.card)
	t.place()
	if t.f.shell.opts.Quiet {
		return
	}
	t.gen++
	gen := t.gen
	stay := 6 * time.Second
	if l >= widgets.Warn {
		stay = 20 * time.Second
	}
	t.timer = time.AfterFunc(stay, func() {
		t.f.Post(func() {
			if t.gen == gen {
				t.hide()
			}
		})
	})
}

func (t *toast) loud() bool { return t.card != nil && t.level >= widgets.Warn }

func (t *toast) hide() {
	t.gen++
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.card != nil {
		t.f.float.Remove(t.card)
		t.card = nil
	}
}

// place stands the line at the foot of the content, in the middle.
func (t *toast) place() {
	if t.card == nil {
		return
	}
	s := t.f.float.Size()
	w := min(s.Width-80, 640)
	h := widgets.HeightFor(t.card, w)
	foot := float32(16)
	if t.f.isMain {
		foot += theme.Size(theme.StatusHeight)
	}
	t.card.Resize(fyne.NewSize(w, h))
	t.card.Move(fyne.NewPos((s.Width-w)/2, s.Height-h-foot))
}
