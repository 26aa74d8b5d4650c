package shell

import (
	"context"
	"errors"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/search"
	"muster/app/signin"
	"muster/assets"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// fakeDesk is a desk that does at once what it is told.
type fakeDesk struct {
	wiped      bool
	mu         sync.Mutex
	configured bool
	demo       bool
	state      signin.State
	canUnlock  bool
	purpose    *plugins.Purpose
	creds      map[string]string
	refuse     error
	touched    int
	listeners  []func(desk.Notice)
	dict       *pole.Dictionary
}

func (d *fakeDesk) Configured() bool  { d.mu.Lock(); defer d.mu.Unlock(); return d.configured }
func (d *fakeDesk) Force() string     { return "Northmoor Police (demonstration)" }
func (d *fakeDesk) DemoAllowed() bool { return d.demo }
func (d *fakeDesk) UseDemo(context.Context) error {
	if d.refuse != nil {
		return d.refuse
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.configured = true
	return nil
}
func (d *fakeDesk) DemoAccounts() []desk.DemoAccount {
	return []desk.DemoAccount{{User: "okafor", Password: "northmoor", Name: "Okafor", Role: "Response officer"}, {User: "byrne", Password: "northmoor", Role: "Investigator"}}
}
func (d *fakeDesk) Dictionary() *pole.Dictionary { return d.dict }
func (d *fakeDesk) Subscribe(f func(desk.Notice)) func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners = append(d.listeners, f)
	return func() {}
}
func (d *fakeDesk) State() signin.State { d.mu.Lock(); defer d.mu.Unlock(); return d.state }
func (d *fakeDesk) Officer() (signin.Officer, bool) {
	return signin.Officer{Name: "Okafor", Rank: "PC", Collar: "2214", Role: "Response officer", Since: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}, true
}
func (d *fakeDesk) Methods() []signin.Method {
	return []signin.Method{signin.MethodBrowser, signin.MethodDevice}
}
func (d *fakeDesk) set(s signin.State) { d.mu.Lock(); d.state = s; d.mu.Unlock() }
func (d *fakeDesk) SignInBrowser(context.Context) error {
	if d.refuse != nil {
		return d.refuse
	}
	d.set(signin.SignedIn)
	return nil
}
func (d *fakeDesk) SignInDevice(_ context.Context, show func(code, url string)) error {
	show("ABCD-EFGH", "http://127.0.0.1/device")
	d.set(signin.SignedIn)
	return nil
}
func (d *fakeDesk) LocalExists() bool { return false }
func (d *fakeDesk) SetUpLocal(context.Context, string, string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.configured = true
	return nil
}
func (d *fakeDesk) SignInLocal(context.Context, string) error { d.set(signin.SignedIn); return nil }
func (d *fakeDesk) CanUnlock() bool                           { return d.canUnlock }
func (d *fakeDesk) Unlock(_ context.Context, p string) error {
	if p != "correct horse" {
		return plugins.Errorf(plugins.Auth, "That passphrase does not open this desk. Try again.")
	}
	d.set(signin.SignedIn)
	return nil
}
func (d *fakeDesk) Lock()                         { d.set(signin.Locked) }
func (d *fakeDesk) SignOut(context.Context) error { d.set(signin.SignedOut); return nil }
func (d *fakeDesk) SignOutAndWipe(context.Context, bool) error {
	d.wiped = true
	d.set(signin.SignedOut)
	return nil
}
func (d *fakeDesk) Undelivered() (int, int) { return 3, 1 }
func (d *fakeDesk) Touch()                  { d.touched++ }
func (d *fakeDesk) Systems() []desk.SystemStatus {
	return []desk.SystemStatus{{ID: "custody", Name: "Custody", Code: "CUS", Shape: "diamond", Needs: []plugins.Option{
		{Name: "user", Label: "User name", Type: plugins.OptionString, Required: true}, {Name: "password", Label: "Password", Type: plugins.OptionSecret, Required: true}}}}
}
func (d *fakeDesk) CheckSystems(context.Context) {}
func (d *fakeDesk) SetCredential(_ context.Context, _ string, v map[string]string) error {
	if v["password"] == "wrong" {
		return errors.New("Custody does not know this user name and password. Type them again.")
	}
	d.mu.Lock()
	d.creds = v
	d.mu.Unlock()
	return nil
}
func (d *fakeDesk) Status() desk.Status {
	return desk.Status{Systems: 9, Well: 8, Failing: []string{"Custody not answering since 14:02"}, Waiting: 2, AuditOK: true, CopyAge: 3 * time.Minute}
}
func (d *fakeDesk) Purposes() []desk.PurposeDef {
	return []desk.PurposeDef{{Code: "MP", Label: "Missing person", Case: true}, {Code: "INV", Label: "Investigation of crime", Case: true}, {Code: "INT", Label: "Intelligence", Text: true}, {Code: "SAFE", Label: "Officer safety"}}
}
func (d *fakeDesk) Purpose() (plugins.Purpose, bool) {
	if d.purpose == nil {
		return plugins.Purpose{}, false
	}
	return *d.purpose, true
}
func (d *fakeDesk) SetPurpose(p plugins.Purpose) error { d.purpose = &p; return nil }
func (d *fakeDesk) Interpret(text string) []search.Interpretation {
	return []search.Interpretation{{Label: "name and year of birth", Text: text}, {Label: "free text", Text: text}}
}
func (d *fakeDesk) Forms() []entry.Form {
	return []entry.Form{{ID: "incident", Name: "Incident report"}}
}

// fakePlace is a screen that remembers what happened to it.
type fakePlace struct {
	id            place.ID
	object        fyne.CanvasObject
	entry         *widgets.Input
	args          []any
	shown, hidden int
	asked         int
	pressed       int
	inner         int
	width         float32
}

func (p *fakePlace) Name() place.ID            { return p.id }
func (p *fakePlace) Title() string             { return string(p.id) }
func (p *fakePlace) Object() fyne.CanvasObject { return p.object }
func (p *fakePlace) Shown(arg any)             { p.shown++; p.args = append(p.args, arg) }
func (p *fakePlace) Hidden()                   { p.hidden++ }
func (p *fakePlace) Focus()                    { p.entry.Focus() }
func (p *fakePlace) AskAgain()                 { p.asked++ }
func (p *fakePlace) Fold(w float32)            { p.width = w }
func (p *fakePlace) Back() bool {
	if p.inner > 0 {
		p.inner--
		return true
	}
	return false
}
func (p *fakePlace) Shortcuts() []place.Shortcut {
	return []place.Shortcut{
		{Key: fyne.KeyE, Mod: fyne.KeyModifierControl, Label: "Enter about this", Do: func() { p.pressed++ }},
		{Key: fyne.KeyW, Label: "Why?", Do: func() { p.pressed += 100 }},
	}
}

// rig is a shell over a fake desk, with a queue in place of the UI goroutine.
type rig struct {
	t      *testing.T
	desk   *fakeDesk
	shell  *Shell
	places map[place.ID]*fakePlace
	mu     sync.Mutex
	queue  []func()
	ran    int
}

func newRig(t *testing.T, look *theme.Theme, size fyne.Size, set func(*fakeDesk)) *rig {
	t.Helper()
	app := test.NewApp()
	t.Cleanup(app.Quit)
	if look != nil {
		app.Preferences().SetString(prefPalette, string(look.Palette))
		app.Preferences().SetString(prefDensity, string(look.Density))
	}
	r := &rig{t: t, desk: &fakeDesk{configured: true, demo: true, state: signin.SignedOut}, places: map[place.ID]*fakePlace{}}
	if set != nil {
		set(r.desk)
	}
	if d, err := pole.Load(assets.FS); err == nil {
		r.desk.dict = d
	}
	r.shell = New(app, Options{Size: size, Quiet: true, Now: func() time.Time { return time.Date(2026, 11, 24, 14, 6, 41, 0, time.Local) },
		Post: func(f func()) { r.mu.Lock(); r.queue = append(r.queue, f); r.mu.Unlock() }})
	t.Cleanup(r.shell.Close)
	factories := map[place.ID]place.Factory{}
	for _, id := range append(place.Rail(), place.Live) {
		factories[id] = func(h place.Host) place.Place {
			p := &fakePlace{id: id, entry: widgets.NewInput("")}
			p.object = widgets.Pad(4, 4, widgets.Stack(3, widgets.NewTitle(string(id)), p.entry))
			r.places[id] = p
			return p
		}
	}
	r.shell.Show()
	r.shell.Attach(r.desk, factories)
	r.drain()
	return r
}

// drain runs what waits for the UI goroutine.
func (r *rig) drain() {
	for {
		r.mu.Lock()
		q := r.queue
		r.queue = nil
		r.mu.Unlock()
		if len(q) == 0 {
			return
		}
		for _, f := range q {
			r.ran++
			f()
		}
	}
}

// until drains until ok, or fails with what was waited for.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	end := time.Now().Add(5 * time.Second)
	for !ok() {
		r.drain()
		if time.Now().After(end) {
			r.t.Fatalf("never came to: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
	r.drain()
}

func (r *rig) signIn() {
	r.desk.set(signin.SignedIn)
	r.shell.notice(desk.Notice{Topic: desk.TopicState})
	r.until("a status in the bar", func() bool { return r.shell.status.Systems > 0 })
}

// shot leaves a picture where MUSTER_SHOTS says.
func (r *rig) shot(name string, f *frame) {
	r.t.Helper()
	r.drain()
	dir := os.Getenv("MUSTER_SHOTS")
	if dir == "" && !strings.HasPrefix(name, "shell-desk-") {
		return
	}
	img := f.win.Canvas().Capture()
	// The foot of the window is the status bar, in the panel's colour of the look that was asked for.
	want := color.NRGBAModel.Convert(theme.Color(theme.Panel))
	if got := color.NRGBAModel.Convert(img.At(4, img.Bounds().Dy()-4)); strings.HasPrefix(name, "shell-desk-") && got != want {
		r.t.Errorf("%s: the status bar is %v, want %v", name, got, want)
	}
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
