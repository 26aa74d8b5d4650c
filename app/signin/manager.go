package signin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"muster/plugins"
	"muster/store/keyring"
)

// Kinds of sign-in that Settings.Kind names.
const (
	KindOIDC  = "oidc"
	KindLocal = "local"
)

// Options makes a Manager.
type Options struct {
	Settings Settings
	Keyring  *keyring.Keyring // of the profile
	// OpenBrowser shows an address to the officer; nil is the one that BROWSER names, else the system's.
	// It may block until the browser ends.
	OpenBrowser func(url string) error
	// ShowURL is called when the browser did not open, with the address for the officer to copy. It must not block.
	// If it is nil, a browser that does not open ends the sign-in.
	ShowURL func(url string)
	// Page gives the words of the page that the browser shows at the end; nil is English.
	Page func(ok bool) Page
	// HTTP reaches the sign-in server; nil is a client of its own.
	HTTP *http.Client
	// IdleLock is how long without Touch until the desk locks; 0 is never.
	IdleLock time.Duration
	// OfflineFor is how long after the last word from the sign-in server an unlock passphrase works; 0 is never.
	OfflineFor time.Duration
	// Stay lets Restore continue a session that was not signed out of.
	Stay bool
	// Wait is how long a sign-in in the browser may take; 0 is five minutes.
	Wait time.Duration
	// LockFile, if set, is a file through which processes of the same profile take turns in renewing the session.
	LockFile string
	// Changed is called after every change of State or Officer, from any goroutine; it must not block.
	Changed func()
	Now     func() time.Time
	Log     *slog.Logger
}

// Manager is the one login of a desk. It implements transport.Credentials. Methods that take a context may wait for the
// keyring or the network; the others are quick. All are safe for concurrent use.
type Manager struct {
	o     Options
	turn  chan struct{} // held while the stored session is read, renewed and written
	files *flock.Flock

	mu      sync.Mutex
	state   State
	officer *Officer
	reason  string
	access  accessToken
	era     int // counts sign-ins, locks and sign-outs: what was begun in one era is not finished in another
	flight  *flight
	failed  failure
	attempt *attempt
	prov    *provider
	values  map[string]map[string]string // system -> option -> value, as read from the keyring
	changes int                          // counts what was given for systems
	turns   map[string]chan struct{}     // of each system: held while what it gave is renewed and kept
	key     []byte                       // what the officer's passphrase opened, while signed in: the store's key, or what opens it
	unlock  bool                         // an unlock passphrase is set
	online  time.Time                    // last word from the sign-in server
	tried   map[string]time.Time         // last attempt at each passphrase, with its monotonic reading
	missed  Missed
	unsaved string // a refresh token that the keyring did not take

	idle idleClock
	wg   sync.WaitGroup
	stop context.CancelFunc
	life context.Context
}

// accessToken is a token of the one login and when it ends.
type accessToken struct {
	text    string
	expires time.Time
}

// New makes a manager, signed out. Restore continues an earlier session.
func New(o Options) (*Manager, error) {
	if o.Keyring == nil {
		return nil, errors.New("signin needs a keyring")
	}
	switch o.Settings.Kind {
	case KindLocal:
	case KindOIDC:
		if err := checkServer(o.Settings.Issuer); err != nil {
			return nil, err
		}
		if o.Settings.ClientID == "" {
			return nil, errors.New("the sign-in settings name no client_id; ask IT to complete them")
		}
	default:
		return nil, errors.New("the sign-in settings must be of kind oidc or local; ask IT to correct them")
	}
	if o.OpenBrowser == nil {
		o.OpenBrowser = systemBrowser
	}
	if o.HTTP == nil {
		o.HTTP = newHTTP()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Wait == 0 {
		o.Wait = 5 * time.Minute
	}
	m := &Manager{o: o, turn: make(chan struct{}, 1), state: SignedOut, values: map[string]map[string]string{}, turns: map[string]chan struct{}{}, tried: map[string]time.Time{}}
	if o.LockFile != "" {
		m.files = flock.New(o.LockFile)
	}
	m.life, m.stop = context.WithCancel(context.Background())
	m.idle.set(o.IdleLock, m.wall())
	m.wg.Go(m.watchIdle)
	return m, nil
}

// Close stops the manager. The session stays as it is, for Restore.
func (m *Manager) Close() error {
	m.mu.Lock()
	if m.attempt != nil {
		m.attempt.cancel()
	}
	m.mu.Unlock()
	m.stop()
	m.wg.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	if m.files != nil {
		return m.files.Close()
	}
	return nil
}

// State says where the officer stands.
func (m *Manager) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Officer is who is signed in, or who locked the desk.
func (m *Manager) Officer() (Officer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.officer == nil {
		return Officer{}, false
	}
	return *m.officer, true
}

// Reason says in words why the desk is signed out or locked, where that was not the officer's own doing; "" otherwise.
func (m *Manager) Reason() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reason
}

// OpenBrowser shows an address to the officer, or hands it to Options.ShowURL if no browser opens; it does not wait.
func (m *Manager) OpenBrowser(to string) {
	go func() { // it may block as long as the browser runs
		if err := m.o.OpenBrowser(to); err != nil && m.o.ShowURL != nil {
			m.o.ShowURL(to)
		}
	}()
}

// Methods are the ways to sign in here, the usual one first.
func (m *Manager) Methods() []Method {
	if m.o.Settings.Kind == KindLocal {
		return []Method{MethodLocal}
	}
	return []Method{MethodBrowser, MethodDevice}
}

// Lock hides everything at once: tokens and credentials leave memory. It does nothing unless signed in.
func (m *Manager) Lock() { m.lock("") }

func (m *Manager) lock(reason string) {
	m.mu.Lock()
	if m.state != SignedIn {
		m.mu.Unlock()
		return
	}
	m.state, m.reason = Locked, reason
	m.era++
	m.forget()
	m.mu.Unlock()
	m.changed()
	seen := m.wall() // of locking, however late the keyring takes it
	// A desk that is closed while locked must not open unlocked.
	m.background(func(ctx context.Context) {
		if err := m.persistLock(ctx, seen); err != nil {
			m.o.Log.Warn("the locked state could not be kept", "error", err)
		}
	})
}

// background runs f, which Close waits for, with a time limit of its own.
func (m *Manager) background(f func(context.Context)) {
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(m.life), 15*time.Second)
		defer cancel()
		f(ctx)
	})
}

// forget drops every secret from memory. The caller holds mu.
func (m *Manager) forget() {
	m.access = accessToken{}
	m.values = map[string]map[string]string{}
	clear(m.key)
	m.key = nil
}

// enter sets the officer signed in. The caller does not hold mu.
func (m *Manager) enter(o Officer, access accessToken, key []byte, online time.Time) {
	m.mu.Lock()
	m.era++
	if m.officer != nil && m.officer.ID != o.ID {
		m.forget()
	}
	m.state, m.officer, m.reason = SignedIn, &o, ""
	m.access, m.failed = access, failure{}
	if key != nil { // a renewed token brings none, and takes none away
		m.key = key
	}
	if !online.IsZero() {
		m.online = online
	}
	m.mu.Unlock()
	m.idle.set(m.idle.limit(), m.wall())
	m.changed()
}

// end signs the officer out in memory, with the reason.
func (m *Manager) end(reason string) {
	m.mu.Lock()
	m.era++
	m.state, m.officer, m.reason, m.unlock, m.unsaved = SignedOut, nil, reason, false, ""
	m.forget()
	m.mu.Unlock()
	m.changed()
}

func (m *Manager) changed() {
	if m.o.Changed != nil {
		m.o.Changed()
	}
}

// wall is the time by the computer's clock alone, which goes on while the computer sleeps, and can be set.
func (m *Manager) wall() time.Time { return m.o.Now().Round(0) }

// hold takes the turn at the stored session, in this process and among the processes of this profile.
func (m *Manager) hold(ctx context.Context) (release func(), err error) {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, say(ctx.Err(), "")
	}
	if m.files == nil {
		return func() { <-m.turn }, nil
	}
	if _, err := m.files.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		<-m.turn
		if ctx.Err() != nil {
			return nil, say(ctx.Err(), "")
		}
		return nil, fail(plugins.Unavailable, err, "Muster cannot use its lock file in the profile folder. Check that you may write there, then try again.")
	}
	return func() {
		if err := m.files.Unlock(); err != nil {
			m.o.Log.Warn("the sign-in lock file could not be released", "error", err)
		}
		<-m.turn
	}, nil
}
