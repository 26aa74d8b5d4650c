package desk

import (
	"context"
	"log/slog"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/entry"
	"muster/app/evaluate"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/pole"
)

// Options opens a desk.
type Options struct {
	Profile     string                 // folder where everything of this desk lives
	OpenBrowser func(url string) error // nil means the system browser
	Now         func() time.Time
	Log         *slog.Logger
}

// Desk is an open workstation. All methods are safe for concurrent use; those that take a context may wait on
// network, keyring or disk and are never called on the UI goroutine.
type Desk struct{}

func Open(ctx context.Context, o Options) (*Desk, error) { panic("being built") }
func (d *Desk) Close() error                             { panic("being built") }

// Configured reports whether a force is set up in this profile; if not, the first-run screen is shown.
func (d *Desk) Configured() bool                  { panic("being built") }
func (d *Desk) Force() string                     { panic("being built") } // name of the force in the profile
func (d *Desk) DemoAllowed() bool                 { panic("being built") }
func (d *Desk) UseDemo(ctx context.Context) error { panic("being built") } // starts the demonstration force in this process
// DemoAccounts names accounts of the demonstration force (user, password, words); empty unless it runs in this process.
func (d *Desk) DemoAccounts() []DemoAccount { panic("being built") }

// DemoAccount is one account of the demonstration force.
type DemoAccount struct{ User, Password, Name, Role string }

func (d *Desk) Dictionary() *pole.Dictionary { panic("being built") }

// Subscribe calls f on every change, from any goroutine; f must not block.
func (d *Desk) Subscribe(f func(Notice)) (cancel func()) { panic("being built") }

func (d *Desk) State() signin.State                     { panic("being built") }
func (d *Desk) Officer() (signin.Officer, bool)         { panic("being built") }
func (d *Desk) Methods() []signin.Method                { panic("being built") }
func (d *Desk) SignInBrowser(ctx context.Context) error { panic("being built") } // also unlocks
func (d *Desk) SignInDevice(ctx context.Context, show func(code, url string)) error {
	panic("being built")
}
func (d *Desk) LocalExists() bool                                             { panic("being built") } // a local officer has been set up
func (d *Desk) SetUpLocal(ctx context.Context, name, passphrase string) error { panic("being built") }
func (d *Desk) SignInLocal(ctx context.Context, passphrase string) error      { panic("being built") }
func (d *Desk) CanUnlock() bool                                               { panic("being built") } // an unlock passphrase is set and policy still allows it
func (d *Desk) SetUnlock(ctx context.Context, passphrase string) error        { panic("being built") }
func (d *Desk) Unlock(ctx context.Context, passphrase string) error           { panic("being built") }
func (d *Desk) Lock()                                                         { panic("being built") }
func (d *Desk) SignOut(ctx context.Context) error                             { panic("being built") }
func (d *Desk) Touch()                                                        { panic("being built") } // the officer did something: the idle clock starts again
func (d *Desk) IdleLock() time.Duration                                       { panic("being built") }

func (d *Desk) Systems() []SystemStatus          { panic("being built") } // in the profile's order; quick
func (d *Desk) CheckSystems(ctx context.Context) { panic("being built") } // asks every system; notices as each answers
func (d *Desk) SetCredential(ctx context.Context, system string, values map[string]string) error {
	panic("being built")
}
func (d *Desk) AddSystem(ctx context.Context, file string, options map[string]string) (string, error) {
	panic("being built")
}
func (d *Desk) RemoveSystem(ctx context.Context, id string) error { panic("being built") }
func (d *Desk) ConnectorSource(system string) (name string, yaml []byte, ok bool) {
	panic("being built")
}
func (d *Desk) Evaluate() []evaluate.Report { panic("being built") }
func (d *Desk) Status() Status              { panic("being built") }

func (d *Desk) Purposes() []PurposeDef             { panic("being built") }
func (d *Desk) Purpose() (plugins.Purpose, bool)   { panic("being built") }
func (d *Desk) SetPurpose(p plugins.Purpose) error { panic("being built") }

// Interpret says what typed text would be taken for, best first; quick enough for every keystroke.
func (d *Desk) Interpret(text string) []search.Interpretation { panic("being built") }

// Search runs one search to its end and calls f, one call at a time, with each step. Cancelling ctx stops it at once.
func (d *Desk) Search(ctx context.Context, r search.Request, f func(SearchEvent)) error {
	panic("being built")
}

// OpenCase builds the case of an entity of the latest search, or of a kept case, by entity id or by Ref.String.
// It fetches the subject's records in full and what they link to, from every system.
func (d *Desk) OpenCase(ctx context.Context, id string) (caseview.Case, error) { panic("being built") }
func (d *Desk) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error)   { panic("being built") }
func (d *Desk) KeepCase(ctx context.Context, c caseview.Case) error            { panic("being built") }
func (d *Desk) DropCase(ctx context.Context, id string) error                  { panic("being built") }
func (d *Desk) KeptCases() []KeptCase                                          { panic("being built") }

func (d *Desk) Forms() []entry.Form { panic("being built") }

// NewDraft starts a draft, prefilled from the officer, the purpose and, if from is not nil, the open case.
func (d *Desk) NewDraft(ctx context.Context, form string, from *caseview.Case) (entry.Draft, error) {
	panic("being built")
}
func (d *Desk) SaveDraft(ctx context.Context, dr entry.Draft) (entry.Draft, error) {
	panic("being built")
}                                                                               // durable when it returns
func (d *Desk) Drafts() []entry.Draft                                           { panic("being built") }
func (d *Desk) DeleteDraft(ctx context.Context, id string) error                { panic("being built") }
func (d *Desk) Review(dr entry.Draft) entry.Review                              { panic("being built") } // quick; on every change
func (d *Desk) Preview(dr entry.Draft) map[string][]PreviewLine                 { panic("being built") } // by system
func (d *Desk) Send(ctx context.Context, dr entry.Draft) (entry.Item, error)    { panic("being built") } // durable when it returns
func (d *Desk) Outbox() []entry.Item                                            { panic("being built") }
func (d *Desk) RetryDelivery(ctx context.Context, entryID, system string) error { panic("being built") }
func (d *Desk) WithdrawDelivery(ctx context.Context, entryID, system, reason string) error {
	panic("being built")
}
func (d *Desk) EditDelivery(ctx context.Context, entryID, system string) (entry.Draft, error) {
	panic("being built")
} // a draft to correct and resend what was refused

func (d *Desk) Live() []LiveItem { panic("being built") } // newest first

// Audit returns the officer's own records, newest first, from before (0 is the end), at most n.
func (d *Desk) Audit(before uint64, n int) ([]audit.Record, error)     { panic("being built") }
func (d *Desk) VerifyAudit(ctx context.Context) (audit.Verdict, error) { panic("being built") }
func (d *Desk) Doctor(ctx context.Context) []Finding                   { panic("being built") }
