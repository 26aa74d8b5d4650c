// Package tour takes the desk's whole journey without a display: it works a real desk over the demonstration force by its keys
// and leaves a picture of every screen.
package tour

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/signin"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/screens"
	"muster/ui/shell"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// Options says where a tour goes.
type Options struct {
	Out     string    // folder for the pictures
	Profile string    // folder for the desk; it must be empty
	Size    fyne.Size // of the window
	Scale   float64   // of the demonstration force; 0 is all of it
	Log     func(format string, args ...any)
}

// tour is one journey.
type tour struct {
	o     Options
	ctx   context.Context
	desk  *desk.Desk
	shell *shell.Shell
	mu    sync.Mutex
	queue []func()
	wake  chan struct{}
	shots []string
	text  string // what was searched for last to find somebody in doubt
}

// Run takes the journey and returns the paths of its pictures, in order.
func Run(ctx context.Context, o Options) (shots []string, err error) {
	t, end, err := begin(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"first run", t.firstRun}, {"sign-in", t.signIn}, {"search", t.search}, {"case", t.openCase}, {"links", t.links}, {"kept case", t.keep}, {"disclosure", t.disclose}, {"entry", t.enter},
		{"receipts", t.receipts}, {"places", t.places}, {"gap", t.gap}, {"who is who", t.who}, {"lock", t.lock},
	} {
		if err := step.do(); err != nil {
			t.shot("failed")
			return t.shots, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return t.shots, nil
}

// begin opens a desk in a window without a display; end closes both.
func begin(ctx context.Context, o Options) (t *tour, end func() error, err error) {
	if o.Size.IsZero() {
		o.Size = fyne.NewSize(1600, 1000)
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, nil, err
	}
	if err := i18n.Use(i18n.Fallback); err != nil {
		return nil, nil, err
	}
	app := test.NewApp()
	t = &tour{o: o, ctx: ctx, wake: make(chan struct{}, 1)}
	t.shell = shell.New(app, shell.Options{Post: t.post, Size: o.Size})
	t.shell.SetPalette(theme.Dark)
	t.shell.Show()
	browser := func(url string) error {
		accounts := t.desk.DemoAccounts()
		if len(accounts) == 0 {
			return errors.New("the demonstration force has no account")
		}
		return t.desk.DemoBrowser(accounts[0].User, accounts[0].Password)(url)
	}
	t.desk, err = desk.Open(ctx, desk.Options{Profile: o.Profile, OpenBrowser: browser, DemoScale: o.Scale})
	if err != nil {
		app.Quit()
		return nil, nil, err
	}
	t.shell.Attach(t.desk, screens.Factories(t.desk, t.shell.Env(), t.shell, t.desk.PreviewCase))
	return t, func() error {
		t.shell.Close()
		err := t.desk.Close()
		app.Quit()
		return err
	}, nil
}

// post takes what is for the UI goroutine; the tour's own goroutine plays it.
func (t *tour) post(f func()) {
	t.mu.Lock()
	t.queue = append(t.queue, f)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *tour) drain() {
	for {
		t.mu.Lock()
		q := t.queue
		t.queue = nil
		t.mu.Unlock()
		if len(q) == 0 {
			return
		}
		for _, f := range q {
			f()
		}
	}
}

// until plays what comes until ok, or tells what never came.
func (t *tour) until(what string, ok func() bool) error {
	limit := time.NewTimer(90 * time.Second)
	defer limit.Stop()
	beat := time.NewTicker(20 * time.Millisecond)
	defer beat.Stop()
	for {
		t.drain()
		if ok() {
			return nil
		}
		select {
		case <-t.ctx.Done():
			return t.ctx.Err()
		case <-limit.C:
			return fmt.Errorf("after a minute and a half there is still no %s; on screen: %s", what, short(t.words()))
		case <-t.wake:
		case <-beat.C:
		}
	}
}

func short(s string) string {
	if r := []rune(s); len(r) > 1200 {
		return string(r[:1200]) + " …"
	}
	return s
}

// settle waits until the words on screen have stood still for a while, the status bar and its clock apart.
func (t *tour) settle() {
	last, since := "", time.Now()
	end := time.Now().Add(20 * time.Second)
	for time.Now().Before(end) {
		t.drain()
		if w := t.words(); w != last {
			last, since = w, time.Now()
		} else if time.Since(since) > 700*time.Millisecond {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// objects are everything drawn in the main window, with what stands over it.
func (t *tour) objects() []fyne.CanvasObject {
	c := t.shell.Window().Canvas()
	var out []fyne.CanvasObject
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if o == nil || !o.Visible() {
			return
		}
		out = append(out, o)
		switch o := o.(type) {
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c)
			}
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		}
	}
	walk(c.Content())
	for _, o := range c.Overlays().List() {
		walk(o)
	}
	return out
}

// words are what a screen reader would find in the window.
func (t *tour) words() string {
	var b strings.Builder
	for _, o := range t.objects() {
		if _, status := o.(*widgets.StatusBar); status || !o.Visible() {
			continue
		}
		if a, ok := o.(fyne.Accessible); ok {
			b.WriteString(a.AccessibilityLabel())
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (t *tour) shows(text string) bool { return strings.Contains(t.words(), text) }

func (t *tour) press(k fyne.KeyName) { t.shell.Press(k, 0); t.drain() }

func (t *tour) chord(k fyne.KeyName, m fyne.KeyModifier) { t.shell.Press(k, m); t.drain() }

func (t *tour) typed(s string) { t.shell.Type(s); t.drain() }

// shot leaves pictures of the window as it stands, dark and light.
func (t *tour) shot(name string) {
	for _, p := range []theme.Palette{theme.Light, theme.Dark} {
		t.shell.SetPalette(p)
		t.drain()
		path := filepath.Join(t.o.Out, name+"-"+string(p)+".png")
		f, err := os.Create(path)
		if err != nil {
			t.o.Log("%v", err)
			return
		}
		img := t.shell.Window().Canvas().Capture()
		err = png.Encode(f, img)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			t.o.Log("%s: %v", path, err)
			return
		}
		t.shots = append(t.shots, path)
		t.o.Log("%s", path)
	}
}

func (t *tour) firstRun() error {
	if err := t.until("first-run screen", func() bool { return t.shell.Covered() && t.shows(i18n.T("first.demo.button")) }); err != nil {
		return err
	}
	t.shot("00-first-run")
	t.press(fyne.KeyReturn)
	return t.until("sign-in screen", func() bool { return t.shows(i18n.T("signin.text")) })
}

func (t *tour) signIn() error {
	t.shot("01-signin")
	t.press(fyne.KeyReturn)
	if err := t.until("desk", func() bool { return t.desk.State() == signin.SignedIn && t.shell.At() == place.Desk }); err != nil {
		return err
	}
	if err := t.until("healthy system", func() bool { return t.desk.Status().Well > 0 }); err != nil {
		return err
	}
	t.settle()
	t.shot("02-desk")
	return nil
}

// search types into the command bar; the desk asks why.
func (t *tour) search() error {
	t.chord(fyne.KeyK, fyne.KeyModifierControl)
	t.typed("miller aaron 2011")
	t.settle()
	t.shot("03-command")
	t.press(fyne.KeyReturn)
	if err := t.until("question for the purpose", func() bool { return t.shell.Modals() == 1 }); err != nil {
		return err
	}
	t.shot("04-purpose")
	if err := t.choosePurpose(); err != nil {
		return err
	}
	if err := t.until("search", func() bool { return t.shell.At() == place.Search }); err != nil {
		return err
	}
	if err := t.until("result", func() bool { return strings.Contains(t.words(), "MILLER") }); err != nil {
		return err
	}
	t.settle()
	t.press(fyne.KeyHome)
	t.settle()
	t.shot("05-search")
	return nil
}

// gap searches again while a system is down: what was not searched is said, and an old copy stands in.
func (t *tour) gap() (err error) {
	if err := t.desk.DemoFault("custody", "down"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.desk.DemoFault("custody", "")) }()
	t.chord(fyne.KeyK, fyne.KeyModifierControl)
	t.chord(fyne.KeyA, fyne.KeyModifierControl)
	t.typed("miller aaron")
	t.settle()
	t.press(fyne.KeyReturn)
	if err := t.until("gap", func() bool {
		return t.shell.At() == place.Search && t.shows(i18n.T("screens.search.again")) && strings.Contains(t.words(), "MILLER")
	}); err != nil {
		return err
	}
	t.settle()
	t.press(fyne.KeyHome)
	t.settle()
	t.shot("14-gap")
	return nil
}

// choosePurpose takes the first reason and fills what it asks for.
func (t *tour) choosePurpose() error {
	for range 4 {
		t.press(fyne.KeyReturn)
		if t.shell.Modals() == 0 {
			return nil
		}
		t.typed("24-10887")
	}
	return errors.New("the purpose was not taken")
}

func (t *tour) openCase() error {
	t.press(fyne.KeyReturn)
	if err := t.until("case", func() bool { return t.shell.At() == place.Cases }); err != nil {
		return err
	}
	t.settle()
	t.shot("06-case")
	return t.timeAndPlace()
}

// timeAndPlace looks at the open case's timeline and map, and comes back to where it stands at a glance.
func (t *tour) timeAndPlace() error {
	for _, tab := range []struct {
		key  fyne.KeyName
		name string
		what string
	}{{fyne.Key2, "06b-timeline", i18n.T("screens.timeline.by.kind")}, {fyne.Key5, "06c-map", i18n.T("screens.map.all")}} {
		t.chord(tab.key, fyne.KeyModifierAlt)
		if err := t.until(tab.name, func() bool { return t.shows(tab.what) }); err != nil {
			return err
		}
		t.settle()
		t.press(fyne.KeyEnd)
		t.settle()
		t.shot(tab.name)
	}
	t.chord(fyne.Key1, fyne.KeyModifierAlt)
	t.settle()
	return nil
}

// keep notes on the open case, which keeps it, names it, and shows it among the kept ones.
func (t *tour) keep() error {
	t.chord(fyne.KeyN, fyne.KeyModifierControl)
	t.typed("His mother rang at 09:10. His phone is switched off.")
	t.chord(fyne.KeyReturn, fyne.KeyModifierControl)
	if err := t.until("note", func() bool { k := t.desk.KeptCases(); return len(k) == 1 && k[0].Notes == 1 }); err != nil {
		return err
	}
	t.press(fyne.KeyEscape)
	t.press(fyne.KeyF2)
	t.typed("Operation Alder")
	t.press(fyne.KeyReturn)
	if err := t.until("name", func() bool { k := t.desk.KeptCases(); return len(k) == 1 && k[0].Name != "" }); err != nil {
		return err
	}
	t.chord(fyne.KeyN, fyne.KeyModifierControl)
	t.settle()
	t.shot("06b-notes")
	t.chord(fyne.KeyL, fyne.KeyModifierControl)
	t.settle()
	t.shot("06c-kept-cases")
	t.press(fyne.KeyReturn)
	if err := t.until("case again", func() bool { return t.shows("Operation Alder") && t.shows(i18n.T("screens.case.disagreements")) }); err != nil {
		return err
	}
	t.press(fyne.KeyW)
	t.settle()
	t.shot("06d-who-says")
	t.press(fyne.KeyEscape)
	return nil
}

// disclose exports the open case as a PDF beside the pictures.
func (t *tour) disclose() error {
	dir, err := os.MkdirTemp(t.o.Out, "disclosed-")
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	before := os.Getenv("XDG_DOWNLOAD_DIR")
	if err := os.Setenv("XDG_DOWNLOAD_DIR", dir); err != nil {
		return err
	}
	defer func() { _ = os.Setenv("XDG_DOWNLOAD_DIR", before) }()
	t.chord(fyne.KeyP, fyne.KeyModifierControl)
	if err := t.until("export", func() bool { return t.shell.Modals() == 1 }); err != nil {
		return err
	}
	f := t.fields()
	choose := func(field, word string) {
		f[i18n.T(field)].Focus()
		t.press(fyne.KeyDown)
		t.typed(word)
		t.press(fyne.KeyReturn)
	}
	fill := func(field, text string) {
		f[i18n.T(field)].Focus()
		t.typed(text)
	}
	choose("screens.export.kind", "police")
	fill("screens.export.recipient", "Leeds Crown Court")
	fill("screens.export.reason", "Bail hearing of 26/11/2026")
	t.settle()
	t.shot("06e-export")
	t.press(fyne.KeyReturn)
	if err := t.until("disclosure", func() bool { return t.shows(i18n.T("screens.export.close")) }); err != nil {
		return err
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		return fmt.Errorf("%d files were disclosed, not one: %w", len(list), err)
	}
	t.press(fyne.KeyEscape)
	t.settle()
	return nil
}

// enter fills the incident form about the open case, sends it, and goes on once it is kept.
func (t *tour) enter() error {
	t.chord(fyne.KeyE, fyne.KeyModifierControl)
	if err := t.chooseForm("incident"); err != nil {
		return err
	}
	if err := t.until("form", func() bool { return t.shell.At() == place.Enter && len(t.fields()) > 3 }); err != nil {
		return err
	}
	t.settle()
	if err := t.fill(); err != nil {
		return err
	}
	t.settle()
	t.shot("07-entry")
	before := len(t.desk.Outbox())
	t.chord(fyne.KeyReturn, fyne.KeyModifierControl)
	if err := t.until("entry in the outbox", func() bool {
		if t.shell.Modals() > 0 {
			t.press(fyne.KeyReturn)
		}
		return len(t.desk.Outbox()) > before
	}); err != nil {
		return err
	}
	t.o.Log("kept safe; being delivered")
	return nil
}

// chooseForm goes by Tab to the form in the list of those that can be started, and opens it.
func (t *tour) chooseForm(id string) error {
	forms := t.desk.Forms()
	i := slices.IndexFunc(forms, func(f entry.Form) bool { return f.ID == id })
	if i < 0 {
		return fmt.Errorf("there is no form %s", id)
	}
	if err := t.until("list of forms", func() bool { return t.shell.At() == place.Enter && t.shows(forms[i].Help) }); err != nil {
		return err
	}
	for range 60 {
		if c, ok := t.shell.Window().Canvas().Focused().(*widgets.Card); ok && c.Label == forms[i].Name {
			t.press(fyne.KeyReturn)
			return nil
		}
		t.press(fyne.KeyTab)
	}
	return fmt.Errorf("Tab does not reach the form %s", id)
}

// fields are the fields of the form on screen, by label.
func (t *tour) fields() map[string]*widgets.Field {
	out := map[string]*widgets.Field{}
	for _, o := range t.objects() {
		if f, ok := o.(*widgets.Field); ok && f.Visible() {
			out[f.Name] = f
		}
	}
	return out
}

// fill works through the form's sections until every target is ready: what is missing is chosen or typed, as its type asks.
func (t *tour) fill() error {
	const told = "Aaron left home at 07:40 and did not arrive at school. His mother rang at 09:10; his phone is switched off."
	for range 12 {
		missing, err := t.missing()
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			return nil
		}
		for name, f := range t.fields() {
			if !missing[name] {
				continue
			}
			switch c := f.Control().(type) {
			case *widgets.Select:
				if len(c.Options) > 0 {
					f.Focus()
					if slices.ContainsFunc(c.Options, func(o widgets.Option) bool { return o.Value == "concern" }) {
						t.typed("concern")
					} else {
						t.press(fyne.KeyDown)
					}
					t.press(fyne.KeyReturn)
				}
			case *widgets.Input:
				f.Focus()
				t.typed(told)
			}
			t.settle()
		}
		if missing, err = t.missing(); err != nil || len(missing) == 0 {
			return err
		}
		t.chord(fyne.KeyPageDown, fyne.KeyModifierControl)
		t.settle()
	}
	missing, err := t.missing()
	if err == nil {
		err = fmt.Errorf("the form still lacks %v", missing)
	}
	return err
}

// missing names the fields that a target still needs, by label.
func (t *tour) missing() (map[string]bool, error) {
	drafts := t.desk.Drafts()
	if len(drafts) == 0 {
		return nil, errors.New("no draft was kept")
	}
	labels := map[string]string{}
	for _, f := range t.desk.Forms() {
		if f.ID != drafts[0].Form {
			continue
		}
		for _, s := range f.Sections {
			for _, fd := range s.Fields {
				labels[fd.Path] = fd.Label
			}
		}
	}
	out := map[string]bool{}
	for _, target := range t.desk.Review(drafts[0]).Targets {
		for _, m := range target.Missing {
			if l := labels[m.Path]; target.On && l != "" {
				out[l] = true
			}
		}
	}
	return out, nil
}

// receipts waits until every target has answered.
func (t *tour) receipts() error {
	done := func() bool {
		items := t.desk.Outbox()
		return len(items) > 0 && slices.ContainsFunc(items[0].Deliveries, func(d entry.Delivery) bool { return d.State == entry.Delivered }) &&
			!slices.ContainsFunc(items[0].Deliveries, func(d entry.Delivery) bool { return d.State == entry.Sending || d.State == entry.Waiting })
	}
	if err := t.until("receipt from every system", done); err != nil {
		return err
	}
	t.settle()
	t.shot("08-receipts")
	for _, d := range t.desk.Outbox()[0].Deliveries {
		if d.State != entry.Delivered {
			return fmt.Errorf("%s: %s (%s)", d.System, d.State, d.Say)
		}
		t.o.Log("%s: %s", d.System, d.Receipt.Reference)
	}
	return nil
}

func (t *tour) places() error {
	for _, p := range []struct {
		key  fyne.KeyName
		id   place.ID
		name string
	}{{fyne.Key5, place.Outbox, "09-outbox"}, {fyne.Key6, place.Systems, "10-systems"}, {fyne.Key7, place.Audit, "11-audit"}, {fyne.Key8, place.Settings, "12-settings"}, {fyne.Key1, place.Desk, "13-desk"}} {
		t.chord(p.key, fyne.KeyModifierControl)
		if err := t.until(string(p.id), func() bool { return t.shell.At() == p.id }); err != nil {
			return err
		}
		t.settle()
		t.shot(p.name)
	}
	t.press(fyne.KeyF1)
	t.shot("15-keys")
	t.press(fyne.KeyEscape)
	return nil
}

func (t *tour) lock() error {
	t.press(fyne.KeyF12)
	if err := t.until("lock", t.shell.Covered); err != nil {
		return err
	}
	t.shot("16-lock")
	return nil
}
