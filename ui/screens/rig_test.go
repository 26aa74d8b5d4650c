package screens

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"muster/ui/place"
	"muster/ui/shell"
	"muster/ui/theme"
)

// rig is the whole window, with every screen in its frame, over a small force and without a display.
type rig struct {
	t     testing.TB
	force *smallForce
	shell *shell.Shell
	win   fyne.Window
	mu    sync.Mutex
	queue []func()
}

type look struct {
	palette theme.Palette
	density theme.Density
	size    fyne.Size
}

var (
	darkBig  = look{theme.Dark, theme.Normal, fyne.NewSize(1600, 1000)}
	lightBig = look{theme.Light, theme.Normal, fyne.NewSize(1600, 1000)}
	small    = look{theme.Dark, theme.Normal, fyne.NewSize(1280, 800)}
)

func newRig(t testing.TB, l look, set func(*smallForce)) *rig {
	t.Helper()
	app := test.NewApp()
	t.Cleanup(app.Quit)
	r := &rig{t: t, force: newSmallForce(t)}
	if set != nil {
		set(r.force)
	}
	r.shell = shell.New(app, shell.Options{Size: l.size, Quiet: true, Now: func() time.Time { return noon }, Post: func(f func()) {
		r.mu.Lock()
		r.queue = append(r.queue, f)
		r.mu.Unlock()
	}})
	t.Cleanup(r.shell.Close)
	r.shell.SetPalette(l.palette)
	r.shell.SetDensity(l.density)
	r.win = r.shell.Window()
	r.shell.Show()
	r.shell.Attach(r.force, Factories(r.force, r.shell.Env(), r.shell, r.force.build))
	r.win.Resize(l.size)
	r.settle()
	r.shell.Tick()
	r.settle()
	return r
}

func (r *rig) drain() bool {
	r.mu.Lock()
	q := r.queue
	r.queue = nil
	r.mu.Unlock()
	for _, f := range q {
		f()
	}
	return len(q) > 0
}

// settle lets everything under way come to rest.
func (r *rig) settle() {
	quiet := 0
	for end := time.Now().Add(5 * time.Second); quiet < 10 && time.Now().Before(end); {
		if r.drain() {
			quiet = 0
		} else {
			quiet++
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Second); ; {
		r.drain()
		if ok() {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("never came to: %s\non screen: %s", what, r.words())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// sees waits until every one of the words is on screen.
func (r *rig) sees(words ...string) {
	r.t.Helper()
	for _, w := range words {
		r.until("“"+w+"” on screen", func() bool { return strings.Contains(r.words(), w) })
	}
}

func (r *rig) notSees(words ...string) {
	r.t.Helper()
	r.settle()
	for _, w := range words {
		if strings.Contains(r.words(), w) {
			r.t.Fatalf("“%s” is on screen: %s", w, r.words())
		}
	}
}

// words is every word on screen, overlays included.
func (r *rig) words() string {
	var b strings.Builder
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if o == nil || !o.Visible() {
			return
		}
		switch x := o.(type) {
		case *canvas.Text:
			b.WriteString(x.Text)
			b.WriteByte(' ')
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	walk(r.win.Canvas().Content())
	for _, o := range r.win.Canvas().Overlays().List() {
		walk(o)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// press types keys where the keyboard is.
func (r *rig) press(keys ...fyne.KeyName) {
	for _, k := range keys {
		r.shell.Press(k, 0)
		r.settle()
	}
}

// chord presses a key with modifiers.
func (r *rig) chord(m fyne.KeyModifier, k fyne.KeyName) {
	r.shell.Press(k, m)
	r.settle()
}

// typed types text where the keyboard is.
func (r *rig) typed(text string) {
	r.t.Helper()
	if r.win.Canvas().Focused() == nil {
		r.t.Fatalf("nothing has the keyboard for %q", text)
	}
	r.shell.Type(text)
	r.settle()
}

func (r *rig) goTo(id place.ID) {
	for i, p := range place.Rail() {
		if p == id {
			r.chord(fyne.KeyModifierControl, fyne.KeyName(rune('1'+i)))
		}
	}
}

// find searches from the command bar, as an officer does.
func (r *rig) find(text string) {
	r.chord(fyne.KeyModifierControl, fyne.KeyK)
	r.typed(text)
	r.press(fyne.KeyReturn)
}

// shot leaves a picture where MUSTER_SHOTS says; the window is drawn in any case.
func (r *rig) shot(name string) {
	r.t.Helper()
	r.settle()
	img := r.win.Canvas().Capture()
	if img.Bounds().Empty() {
		r.t.Fatalf("%s: nothing was drawn", name)
	}
	dir := os.Getenv("MUSTER_SHOTS")
	if dir == "" {
		return
	}
	w, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer w.Close()
	if err := png.Encode(w, img); err != nil {
		r.t.Fatal(err)
	}
}

// worst drains until ok, and gives the longest time that one function kept the UI goroutine.
func (r *rig) worst(ok func() bool) time.Duration {
	var worst time.Duration
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		r.mu.Lock()
		q := r.queue
		r.queue = nil
		r.mu.Unlock()
		for _, f := range q {
			t0 := time.Now()
			f()
			worst = max(worst, time.Since(t0))
		}
		if len(q) > 0 && ok() {
			return worst
		}
		time.Sleep(time.Millisecond)
	}
	r.t.Fatalf("never came to its end: %s", r.words())
	return worst
}
