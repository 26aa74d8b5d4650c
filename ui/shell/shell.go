// Package shell is the window's frame: banner, command bar, rail, places and status bar; sign-in, lock, purpose and keys.
package shell

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
)

// Desk is what the frame needs of the desk. *desk.Desk is one.
type Desk interface {
	Configured() bool
	Force() string
	DemoAllowed() bool
	UseDemo(ctx context.Context) error
	DemoAccounts() []desk.DemoAccount
	Dictionary() *pole.Dictionary
	Subscribe(f func(desk.Notice)) (cancel func())

	State() signin.State
	Officer() (signin.Officer, bool)
	Methods() []signin.Method
	SignInBrowser(ctx context.Context) error
	SignInDevice(ctx context.Context, show func(code, url string)) error
	LocalExists() bool
	SetUpLocal(ctx context.Context, name, passphrase string) error
	SignInLocal(ctx context.Context, passphrase string) error
	CanUnlock() bool
	Unlock(ctx context.Context, passphrase string) error
	Lock()
	SignOut(ctx context.Context) error
	SignOutAndWipe(ctx context.Context, loseUndelivered bool) error
	Undelivered() (entries, drafts int)
	Touch()

	Systems() []desk.SystemStatus
	CheckSystems(ctx context.Context)
	SetCredential(ctx context.Context, system string, values map[string]string) error
	Status() desk.Status
	Purposes() []desk.PurposeDef
	Purpose() (plugins.Purpose, bool)
	SetPurpose(p plugins.Purpose) error
	Interpret(text string) []search.Interpretation
	Forms() []entry.Form
}

var _ Desk = (*desk.Desk)(nil)

// Options says how a shell runs. The zero value is right for the program.
type Options struct {
	// Post runs f on the UI goroutine; nil means fyne.Do.
	Post func(f func())
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Demo chooses the demonstration force on the first-run screen by itself.
	Demo bool
	// Quiet starts no clock; tests call Tick.
	Quiet bool
	// Size is the size of the main window before the officer has chosen one; 1600×1000 if zero.
	Size fyne.Size
}

// Shell is every window of one running desk.
type Shell struct {
	app       fyne.App
	desk      Desk
	opts      Options
	env       vm.Env
	look      *theme.Theme
	main      *frame
	own       map[string]*frame
	factories map[place.ID]place.Factory
	status    desk.Status
	reading   bool // the status is being read
	typed     []string
	stop      []func()
	ctx       context.Context
	cancel    context.CancelFunc
	signIn    context.CancelFunc
	failure   string // why the desk could not be opened
	closed    bool
	onClosed  func()
}

// New makes the main window, with nothing in it yet but its frame. Attach gives it a desk.
func New(app fyne.App, o Options) *Shell {
	if o.Post == nil {
		o.Post = fyne.Do
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Size.IsZero() {
		o.Size = fyne.NewSize(1600, 1000)
	}
	s := &Shell{app: app, opts: o, own: map[string]*frame{}, factories: map[place.ID]place.Factory{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.env = vm.Env{Post: o.Post, Now: o.Now, T: i18n.T}
	s.look = s.loadLook()
	app.Settings().SetTheme(s.look)
	s.main = newFrame(s, true, "", "")
	s.main.win.SetMaster()
	s.main.cover(s.startingCover())
	return s
}

// Window is the main window.
func (s *Shell) Window() fyne.Window { return s.main.win }

// Env is what view-models built for this shell need of their surroundings.
func (s *Shell) Env() vm.Env { return s.env }

// Show brings the main window up.
func (s *Shell) Show() { s.main.win.Show() }

// Attach gives the shell its desk and the screens that stand in it. It is called once, on the UI goroutine.
func (s *Shell) Attach(d Desk, factories map[place.ID]place.Factory) {
	if s.closed {
		return
	}
	s.desk = d
	for id, f := range factories {
		s.factories[id] = f
	}
	s.stop = append(s.stop, vm.Listen(s.env, d, s.notice))
	if !s.opts.Quiet {
		s.startClock()
	}
	s.stateChanged()
	if s.opts.Demo && !d.Configured() && d.DemoAllowed() {
		s.useDemo()
	}
}

// Fail says that the desk could not be opened, and why, in words that say what to do.
func (s *Shell) Fail(say string) {
	s.failure = say
	s.main.cover(s.failedCover(say))
}

// Close ends everything that runs. The desk itself is closed by who opened it.
func (s *Shell) Close() {
	if s.closed {
		return
	}
	s.closed = true
	s.cancel()
	for _, f := range s.stop {
		f()
	}
	s.saveWindows()
	s.main.closePlaces()
	for _, f := range s.own {
		f.closePlaces()
	}
	if s.onClosed != nil {
		s.onClosed()
	}
}

// OnClosed is called once, when the main window closes.
func (s *Shell) OnClosed(f func()) { s.onClosed = f }

// Raise brings the main window to the front: a second start of the program asks for it.
func (s *Shell) Raise() {
	s.opts.Post(func() {
		if !s.closed {
			s.main.win.Show()
			s.main.win.RequestFocus()
		}
	})
}

// notice takes a change of the desk.
func (s *Shell) notice(n desk.Notice) {
	if s.closed {
		return
	}
	switch n.Topic {
	case desk.TopicState:
		s.stateChanged()
	case desk.TopicPurpose:
		s.main.showPurpose()
	case desk.TopicSystems, desk.TopicOutbox:
		s.readStatus()
	}
}

// stateChanged puts up what belongs to where the officer stands: the covers or the places.
func (s *Shell) stateChanged() {
	if s.desk == nil {
		return
	}
	switch {
	case s.desk.State() == signin.Locked:
		s.coverAll()
	case s.desk.State() == signin.SignedIn:
		s.uncoverAll()
	case !s.desk.Configured():
		s.closeOwn()
		s.main.cover(s.firstRunCover())
	default:
		s.closeOwn()
		s.main.forgetPlaces()
		s.main.cover(s.signInCover())
	}
}

// coverAll hides every window at once behind the lock.
func (s *Shell) coverAll() {
	s.main.cover(s.lockCover(s.main))
	for _, f := range s.own {
		f.cover(s.lockCover(f))
	}
}

func (s *Shell) uncoverAll() {
	s.failure = ""
	first := s.main.current == nil
	s.main.uncover()
	for _, f := range s.own {
		f.uncover()
	}
	s.main.showOfficer()
	s.main.showPurpose()
	s.readStatus()
	if first {
		s.main.Go(place.Desk, nil)
		s.reopen()
		go s.desk.CheckSystems(s.ctx)
		s.prepareSearch()
	}
}

// prepareSearch builds the search place while nothing else is to be done, so that the first results find it there.
func (s *Shell) prepareSearch() {
	if s.opts.Quiet {
		return
	}
	time.AfterFunc(400*time.Millisecond, func() {
		s.opts.Post(func() {
			if !s.closed && !s.main.coverUp && s.desk.State() == signin.SignedIn {
				s.main.placeOf(place.Search)
			}
		})
	})
}

// touch tells the desk that the officer is there.
func (s *Shell) touch() {
	if s.desk != nil {
		s.desk.Touch()
	}
}

// Lock locks the desk, at once and everywhere.
func (s *Shell) Lock() {
	if s.desk == nil || s.desk.State() != signin.SignedIn {
		return
	}
	s.desk.Lock()
	s.stateChanged()
}

// SignOut ends the session.
func (s *Shell) SignOut() {
	if s.desk != nil {
		s.signOut(s.desk.SignOut)
	}
}

// SignOutAndWipe ends the session and takes everything of the officer off this computer, also what no system has yet: the officer was asked.
func (s *Shell) SignOutAndWipe() {
	s.signOut(func(ctx context.Context) error { return s.desk.SignOutAndWipe(ctx, true) })
}

func (s *Shell) signOut(how func(context.Context) error) {
	go func() {
		err := how(s.ctx)
		s.opts.Post(func() {
			if err != nil {
				s.main.Notify(place.Danger, sayError(err))
			}
			s.stateChanged()
		})
	}()
}

// sayError gives an error's words for the officer.
func sayError(err error) string {
	if err == nil {
		return ""
	}
	if pe := pluginError(err); pe != nil && pe.Say != "" {
		return pe.Say
	}
	return err.Error()
}
