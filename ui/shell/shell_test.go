package shell

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"muster/app/desk"
	"muster/app/signin"
	"muster/plugins"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/widgets"
)

var size = fyne.NewSize(1600, 1000)

// key types a key as the window would: at what has the keyboard, else at the window.
func (r *rig) key(f *frame, k fyne.KeyName) {
	c := f.win.Canvas()
	if o := c.Focused(); o != nil {
		o.TypedKey(&fyne.KeyEvent{Name: k})
		return
	}
	if h := c.OnTypedKey(); h != nil {
		h(&fyne.KeyEvent{Name: k})
	}
}

// chord types a key with a modifier as the window would.
func (r *rig) chord(f *frame, k fyne.KeyName, m fyne.KeyModifier) {
	s := &desktop.CustomShortcut{KeyName: k, Modifier: m}
	c := f.win.Canvas()
	if h, ok := c.Focused().(fyne.Shortcutable); ok {
		h.TypedShortcut(s)
		return
	}
	f.shortcut(s)
}

func (r *rig) typed(f *frame, text string) {
	for _, c := range text {
		f.win.Canvas().Focused().TypedRune(c)
	}
}

func ctrl(r *rig, k fyne.KeyName) { r.chord(r.shell.main, k, fyne.KeyModifierControl) }

func ready(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, theme.New(theme.Dark, theme.Normal), size, nil)
	r.desk.purpose = &plugins.Purpose{Code: "SAFE"}
	r.signIn()
	return r
}

func TestPlacesByKeyboard(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	if m.current.Name() != place.Desk {
		t.Fatalf("began in %s", m.current.Name())
	}
	// The keyboard is in a text field of the place: the window's keys work all the same.
	if m.win.Canvas().Focused() == nil {
		t.Fatal("nothing has the keyboard")
	}
	ctrl(r, fyne.Key5)
	ctrl(r, fyne.Key6)
	if m.current.Name() != place.Systems || r.places[place.Outbox].hidden != 1 || r.places[place.Systems].shown != 1 {
		t.Fatalf("Ctrl+5, Ctrl+6 led to %s", m.current.Name())
	}
	r.key(m, fyne.KeyEscape)
	r.key(m, fyne.KeyEscape)
	if m.current.Name() != place.Desk {
		t.Errorf("Esc twice led to %s", m.current.Name())
	}
	r.key(m, fyne.KeyEscape)
	if m.current.Name() != place.Desk {
		t.Errorf("Esc at the beginning led to %s", m.current.Name())
	}
	r.places[place.Systems].inner = 1
	ctrl(r, fyne.Key6)
	r.key(m, fyne.KeyEscape)
	if m.current.Name() != place.Systems {
		t.Error("Esc left the place before its own steps were done")
	}
	r.key(m, fyne.KeyF5)
	if r.places[place.Systems].asked != 1 {
		t.Error("F5 did not ask again")
	}
}

func TestKeysOfThePlace(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	ctrl(r, fyne.KeyE)
	if r.places[place.Desk].pressed != 1 {
		t.Fatal("Ctrl+E of the place did nothing while a field had the keyboard")
	}
	ctrl(r, fyne.Key2)
	ctrl(r, fyne.KeyE)
	if r.places[place.Desk].pressed != 1 || r.places[place.Search].pressed != 1 {
		t.Error("the key went to a place that is not in front")
	}
	r.key(m, fyne.KeyW)
	if r.places[place.Search].pressed != 1 {
		t.Error("a letter typed into a field was taken for a key")
	}
	m.win.Canvas().Unfocus()
	r.key(m, fyne.KeyW)
	if r.places[place.Search].pressed != 101 {
		t.Error("a bare key did nothing")
	}
	m.showKeys()
	ctrl(r, fyne.KeyE)
	ctrl(r, fyne.Key3)
	if r.places[place.Search].pressed != 101 || m.current.Name() != place.Search {
		t.Error("keys of the place worked under a sheet")
	}
	r.key(m, fyne.KeyEscape)
	if len(m.modals) != 0 {
		t.Error("Esc did not close the sheet")
	}
}

func TestCommandBarSearches(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	ctrl(r, fyne.KeyK)
	r.typed(m, "miller aaron 2011")
	if got := m.top.bar.Taken(); !strings.Contains(got, "name and year of birth") {
		t.Errorf("taken for %q", got)
	}
	if len(m.float.Objects) != 1 {
		t.Error("no suggestions are shown")
	}
	r.key(m, fyne.KeyReturn)
	if m.current.Name() != place.Search || r.places[place.Search].args[0] != "miller aaron 2011" {
		t.Fatalf("came to %s with %v", m.current.Name(), r.places[place.Search].args)
	}
	if len(m.float.Objects) != 0 {
		t.Error("the suggestions stay")
	}
	ctrl(r, fyne.KeyK)
	m.top.bar.SetText("")
	m.top.changed("")
	r.key(m, fyne.KeyUp)
	if m.top.bar.Text() != "miller aaron 2011" {
		t.Errorf("Up brought back %q", m.top.bar.Text())
	}
	r.key(m, fyne.KeyEscape)
	if m.top.hasFocus() || m.current.Name() != place.Search {
		t.Error("Esc in the command bar did not just leave it")
	}
	ctrl(r, fyne.KeyK)
	m.top.bar.SetText("")
	r.typed(m, "miller")
	r.key(m, fyne.KeyDown)
	r.key(m, fyne.KeyDown)
	r.key(m, fyne.KeyReturn)
	args := r.places[place.Search].args
	if a, ok := args[len(args)-1].(place.SearchArg); !ok || a.Text != "miller" {
		t.Errorf("the chosen reading came as %#v", args[len(args)-1])
	}
}

func TestCommands(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	run := func(text string) {
		ctrl(r, fyne.KeyK)
		m.top.bar.SetText("")
		r.typed(m, text)
		r.key(m, fyne.KeyReturn)
		r.drain()
	}
	run(">audit")
	if m.current.Name() != place.Audit {
		t.Errorf(">audit led to %s", m.current.Name())
	}
	run(">incident")
	if a, ok := r.places[place.Enter].args[0].(place.NewEntry); !ok || a.Form != "incident" {
		t.Errorf(">incident gave %#v", r.places[place.Enter].args[0])
	}
	run(">theme light")
	if r.shell.Palette() != theme.Light {
		t.Errorf(">theme light left %s", r.shell.Palette())
	}
	run(">theme contrast")
	if r.shell.Palette() != theme.HighContrastLight {
		t.Errorf(">theme contrast gave %s", r.shell.Palette())
	}
	run(">density compact")
	if r.shell.Density() != theme.Compact {
		t.Errorf("density is %s", r.shell.Density())
	}
	run(">nonsense")
	if m.toast.card == nil {
		t.Error("an unknown command went without a word")
	}
	run(">lock")
	if !m.coverUp {
		t.Error(">lock did not lock")
	}
}

func TestPurposeIsAskedOncePerTask(t *testing.T) {
	r := newRig(t, nil, size, nil)
	r.signIn()
	m := r.shell.main
	done := 0
	m.WithPurpose(func() { done++ })
	if len(m.modals) != 1 || done != 0 {
		t.Fatal("no purpose was asked for")
	}
	// The first purpose needs a case reference.
	r.key(m, fyne.KeyReturn)
	if len(m.modals) != 1 || r.desk.purpose != nil {
		t.Fatal("a purpose without its case reference was taken")
	}
	r.typed(m, "24-10887")
	r.key(m, fyne.KeyReturn)
	if len(m.modals) != 0 || done != 1 || r.desk.purpose.Case != "24-10887" || r.desk.purpose.Code != "MP" {
		t.Fatalf("purpose %+v, done %d", r.desk.purpose, done)
	}
	m.WithPurpose(func() { done++ })
	if done != 2 || len(m.modals) != 0 {
		t.Error("the purpose was asked for again")
	}
	if !strings.Contains(m.top.purpose.AccessibilityLabel(), "Missing person") {
		t.Errorf("the top bar says %q", m.top.purpose.AccessibilityLabel())
	}
	m.askPurpose(nil)
	r.key(m, fyne.KeyEscape)
	if len(m.modals) != 0 || r.desk.purpose.Code != "MP" {
		t.Error("Esc changed the purpose")
	}
}

func TestLockCoversEveryWindowAtOnce(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	m.Open(place.Live, "", nil)
	m.Open(place.Cases, "a case", "a case")
	if len(r.shell.own) != 2 {
		t.Fatalf("%d windows of their own", len(r.shell.own))
	}
	m.Confirm("Withdraw?", "It has not been sent.", "Withdraw", true, func() { t.Error("a locked desk went ahead") })
	r.desk.canUnlock = true
	r.key(m, fyne.KeyF12)
	for _, f := range r.shell.frames() {
		if !f.coverUp || len(f.root.Objects) != 1 || f.root.Objects[0] == f.body {
			t.Errorf("the window %q still shows its content", f.id)
		}
		if len(f.win.Canvas().Overlays().List()) != 0 {
			t.Errorf("something stands over the lock of %q", f.id)
		}
		if f.win.Title() != "Locked · Muster" {
			t.Errorf("the title of a locked window says %q", f.win.Title())
		}
	}
	before := m.current.Name()
	ctrl(r, fyne.Key5)
	if m.current.Name() != before {
		t.Error("a locked window changed its place")
	}
	r.typed(m, "wrong")
	ran := r.ran
	r.key(m, fyne.KeyReturn)
	r.until("the refusal", func() bool { return r.ran > ran })
	if !m.coverUp {
		t.Fatal("a wrong passphrase opened the desk")
	}
	r.typed(m, "correct horse")
	r.key(m, fyne.KeyReturn)
	r.until("the unlock", func() bool { return !m.coverUp })
	for _, f := range r.shell.frames() {
		if f.coverUp {
			t.Errorf("the window %q stays covered", f.id)
		}
	}
	if len(m.modals) != 1 || len(m.win.Canvas().Overlays().List()) != 1 {
		t.Error("what stood over the window was lost")
	}
}

func TestSignOutLeavesNothingForTheNext(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	ctrl(r, fyne.KeyK)
	r.typed(m, "miller")
	r.key(m, fyne.KeyReturn)
	m.Open(place.Live, "", nil)
	r.shell.SignOut()
	r.until("the sign-in screen", func() bool { return m.coverUp && r.desk.State() == signin.SignedOut })
	if len(m.places) != 0 || len(r.shell.own) != 0 || len(r.shell.typed) != 0 || m.top.bar.Text() != "" || len(m.history) != 0 {
		t.Errorf("places %d, windows %d, typed %v, bar %q", len(m.places), len(r.shell.own), r.shell.typed, m.top.bar.Text())
	}
	r.key(m, fyne.KeyReturn)
	r.until("the next officer", func() bool { return !m.coverUp })
	if m.current == nil || m.current.Name() != place.Desk {
		t.Error("the next officer does not begin at the desk")
	}
}

func TestSignOutWithWipeSaysFirstWhatWouldBeLost(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	m.askWipe()
	r.until("the question", func() bool { return len(m.modals) == 1 })
	r.key(m, fyne.KeyEscape)
	if r.desk.wiped {
		t.Fatal("wiped without a word")
	}
	m.askWipe()
	r.until("the question", func() bool { return len(m.modals) == 1 })
	m.win.Canvas().FocusNext()
	r.key(m, fyne.KeyReturn)
	r.until("the sign-in screen", func() bool { return m.coverUp && r.desk.wiped })
}

func TestSignInSaysWhatFailed(t *testing.T) {
	r := newRig(t, nil, size, func(d *fakeDesk) {
		d.refuse = plugins.Errorf(plugins.Unavailable, "The sign-in server does not answer. Try again in a minute, or unlock without the network.")
	})
	m := r.shell.main
	r.key(m, fyne.KeyReturn)
	r.until("the words", func() bool { return r.shell.failure != "" })
	if !strings.Contains(r.shell.failure, "does not answer") || !m.coverUp {
		t.Errorf("said %q", r.shell.failure)
	}
	r.desk.refuse = nil
	r.key(m, fyne.KeyReturn)
	r.until("the desk", func() bool { return !m.coverUp })
}

func TestLockSaysWhatFailed(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	said := func() string {
		for _, o := range test.LaidOutObjects(m.win.Canvas().Content()) {
			if c, ok := o.(*widgets.Card); ok && strings.Contains(c.Label, "another officer") {
				return c.Label
			}
		}
		return ""
	}
	r.key(m, fyne.KeyF12)
	r.desk.refuse = errors.New("this file belongs to another officer or another machine")
	r.key(m, fyne.KeyReturn)
	r.until("the words on the lock", func() bool { return m.coverUp && said() != "" })
	r.desk.refuse = nil
	r.key(m, fyne.KeyReturn)
	r.until("the desk", func() bool { return !m.coverUp })
	r.key(m, fyne.KeyF12)
	if s := said(); s != "" {
		t.Errorf("the next lock still says %q", s)
	}
}

func TestFirstRun(t *testing.T) {
	r := newRig(t, nil, size, func(d *fakeDesk) { d.configured = false })
	m := r.shell.main
	if !m.coverUp {
		t.Fatal("there is no first-run screen")
	}
	r.key(m, fyne.KeyReturn)
	r.until("the demonstration", func() bool { return r.desk.Configured() && m.win.Canvas().Focused() != nil })
	r.key(m, fyne.KeyReturn)
	r.until("the desk", func() bool { return !m.coverUp })

	// With the demonstration forbidden, and a failure on the way.
	r = newRig(t, nil, size, func(d *fakeDesk) { d.configured, d.demo = false, false })
	m = r.shell.main
	r.key(m, fyne.KeyReturn)
	for _, s := range []string{"Okafor", "correct horse", "correct horsf"} {
		r.typed(m, s)
		r.key(m, fyne.KeyReturn)
	}
	if r.desk.Configured() {
		t.Fatal("two different passphrases were taken")
	}
	in := m.win.Canvas().Focused()
	in.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	r.typed(m, "e")
	r.key(m, fyne.KeyReturn)
	r.until("the systems", func() bool { return !m.coverUp && m.current.Name() == place.Systems })
}

func TestCredentialIsAskedOnce(t *testing.T) {
	r := ready(t)
	m := r.shell.main
	done := false
	m.AskCredential("custody", func() { done = true })
	r.typed(m, "u2214")
	r.key(m, fyne.KeyReturn)
	r.typed(m, "wrong")
	ran := r.ran
	r.key(m, fyne.KeyReturn)
	r.until("the refusal", func() bool { return r.ran > ran })
	if done || len(m.modals) != 1 {
		t.Fatal("a refused credential was kept")
	}
	m.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	r.typed(m, "right")
	r.key(m, fyne.KeyReturn)
	r.until("the credential", func() bool { return done })
	if r.desk.creds["user"] != "u2214" || r.desk.creds["password"] != "right" || len(m.modals) != 0 {
		t.Errorf("kept %v", r.desk.creds)
	}
}

func TestStatusBarAndBadges(t *testing.T) {
	r := ready(t)
	r.shell.Tick()
	got := r.shell.main.status.AccessibilityLabel()
	for _, want := range []string{"8 of 9 systems", "Custody not answering since 14:02", "Outbox 2 waiting", "Audit up to date", "Offline copy 3 min old", "14:06:41"} {
		if !strings.Contains(got, want) {
			t.Errorf("the status bar lacks %q: %s", want, got)
		}
	}
	for _, it := range r.shell.main.rail.Items {
		if it.ID == string(place.Outbox) && (it.Badge != 2 || it.Level != widgets.Warn) {
			t.Errorf("the outbox has the badge %d", it.Badge)
		}
	}
}

func TestNoticesAreCoalesced(t *testing.T) {
	r := ready(t)
	r.drain()
	for range 1000 {
		for _, f := range r.desk.listeners {
			f(desk.Notice{Topic: desk.TopicSystems, ID: "custody"})
		}
	}
	r.mu.Lock()
	n := len(r.queue)
	r.mu.Unlock()
	if n != 1 {
		t.Errorf("a thousand notices put %d functions into the queue", n)
	}
}

func TestChoicesOutlastTheWindow(t *testing.T) {
	app := test.NewApp()
	defer app.Quit()
	s := New(app, Options{Quiet: true, Post: func(f func()) { f() }})
	s.SetPalette(theme.HighContrastDark)
	s.SetDensity(theme.Touch)
	s.SetScale(9)
	s.main.win.Resize(fyne.NewSize(1300, 820))
	s.main.saveSize()
	s.Close()
	s = New(app, Options{Quiet: true, Post: func(f func()) { f() }})
	defer s.Close()
	if s.Palette() != theme.HighContrastDark || s.Density() != theme.Touch || s.Scale() != 2 {
		t.Errorf("came back as %s, %s, %v", s.Palette(), s.Density(), s.Scale())
	}
	if z := s.main.win.Canvas().Size(); z.Width != 1300 {
		t.Errorf("came back %v wide", z.Width)
	}
	s.SetPalette("nonsense")
	if s.Palette() != theme.HighContrastDark {
		t.Error("a look that is none was taken")
	}
}

func TestWindowsComeBack(t *testing.T) {
	r := ready(t)
	r.shell.main.Open(place.Live, "", nil)
	r.shell.main.Open(place.Cases, "rms/person/1", nil)
	r.shell.main.Open(place.Live, "", nil)
	if len(r.shell.own) != 2 {
		t.Fatalf("%d windows", len(r.shell.own))
	}
	r.shell.saveWindows()
	if got := fyne.CurrentApp().Preferences().String(prefWindows); got != "live" {
		t.Errorf("the preferences hold %q; a case must not be in them", got)
	}
}

func TestPlacesFoldWithTheWindow(t *testing.T) {
	r := ready(t)
	r.shell.main.win.Resize(fyne.NewSize(1280, 800))
	if w := r.places[place.Desk].width; w != 1280-168-1 {
		t.Errorf("the place was told %v", w)
	}
}

func TestOpeningFails(t *testing.T) {
	app := test.NewApp()
	defer app.Quit()
	s := New(app, Options{Quiet: true, Post: func(f func()) { f() }})
	defer s.Close()
	s.Show()
	s.Fail("The keyring is locked. Unlock it and start Muster again.")
	if !s.main.coverUp || s.failure == "" {
		t.Error("it is not said")
	}
	s.Lock()
	s.SignOut()
	s.main.win.Canvas().Capture()
}

func TestDisplayIsChecked(t *testing.T) {
	dir := t.TempDir()
	if err := checkDisplay("", "", dir); err == nil || !strings.Contains(err.Error(), "musterctl") {
		t.Errorf("no display: %v", err)
	}
	if err := checkDisplay(":7", "", dir); err == nil {
		t.Error("a display that is not there was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "X7"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []string{":7", ":7.0", "far.example:0"} {
		if err := checkDisplay(x, "", dir); err != nil {
			t.Errorf("%s: %v", x, err)
		}
	}
	if err := checkDisplay("", "wayland-0", dir); err != nil {
		t.Error(err)
	}
}

func TestSecondStartRaisesTheFirst(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	raised := make(chan bool, 4)
	in, running, err := Claim("profile", func() { raised <- true })
	if err != nil || running {
		t.Fatalf("the first start: %v, %v", running, err)
	}
	if _, running, err = Claim("profile", nil); err != nil || !running {
		t.Fatalf("the second start: %v, %v", running, err)
	}
	select {
	case <-raised:
	case <-time.After(5 * time.Second):
		t.Fatal("the first was not raised")
	}
	other, running, err := Claim("another profile", func() {})
	if err != nil || running {
		t.Fatalf("another profile: %v, %v", running, err)
	}
	other.Close()
	in.Close()
	in, running, err = Claim("profile", func() {})
	if err != nil || running {
		t.Fatalf("after the first has gone: %v, %v", running, err)
	}
	in.Close()
}

func TestSayError(t *testing.T) {
	if got := sayError(plugins.Errorf(plugins.Auth, "Sign in again.")); got != "Sign in again." {
		t.Errorf("said %q", got)
	}
	if got := sayError(errors.New("disk full")); got != "disk full" {
		t.Errorf("said %q", got)
	}
}
