// Package transport is the one HTTP client of Muster: permit, auth, retry, breaker, pace, allow-list, limits and
// redaction in one chain, so that no plugin retries, leaks or reaches where it should not.
package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"muster/plugins"
)

// Credentials is where the transport gets what a sign-in needs. app/signin implements it over the OS keyring.
// Every method may block on the keyring or the network and obeys ctx.
type Credentials interface {
	// LoginToken returns a valid access token of the one login, renewed if it is about to expire.
	// stale is a token that a system has just refused ("" if none): if it is still the current one, it is renewed, once for all callers.
	LoginToken(ctx context.Context, stale string) (token string, expires time.Time, err error)
	// Value returns an option that the officer gave for this system: a secret from the keyring, or an Asked option.
	// A missing one is a *plugins.Error of kind Auth that says so; errors.Is(err, ErrNoCredential) holds.
	Value(ctx context.Context, system, option string) (string, error)
}

// Keeper is the ability of Credentials to keep what a system's own sign-in gave: a refresh token that is new each time.
type Keeper interface {
	// Rotate calls use with what is kept of a system under name ("" if nothing is), in turn with every other caller and
	// every other process of this profile. What use returns, if anything, is durable in the keyring before Rotate returns,
	// also if ctx has ended meanwhile; until then the old value stays.
	Rotate(ctx context.Context, system, name string, use func(ctx context.Context, current string) (next string, err error)) error
}

// KeptSignIn is the name under which a Keeper holds what the officer's sign-in at a system gave (AuthDevice and
// AuthCode). No option can have it.
const KeptSignIn = ".sign-in"

// Call is one request as the evaluation sees it. It holds no URL, no terms and no data.
type Call struct {
	System    string
	Operation string // plugins.Access.Operation
	Start     time.Time
	Duration  time.Duration // to the end of the answer's body
	Status    int
	Err       plugins.ErrorKind // "" when it went well
	Bytes     int64
	Attempts  int
	Stream    bool // an endless answer: its duration says nothing of the system's speed
}

// Options makes a client for one system.
type Options struct {
	System      string
	Info        plugins.Info
	Config      plugins.Config
	Credentials Credentials
	// Permit is asked before every request leaves; an error keeps it here. The desk checks that the access is accounted for.
	Permit  func(context.Context, *http.Request) error
	Observe func(Call)
	Log     *slog.Logger
	Now     func() time.Time
	TLS     *tls.Config
	Proxy   func(*http.Request) (*url.URL, error) // nil is what the environment says
}
