package trial

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

// Typed are credentials that somebody typed for a trial; what was not typed comes from Else. They are kept in memory only.
type Typed struct {
	Values map[string]string
	Else   transport.Credentials // nil where nobody is signed in
}

// LoginToken implements transport.Credentials.
func (t Typed) LoginToken(ctx context.Context, stale string) (string, time.Time, error) {
	if t.Else == nil {
		return "", time.Time{}, &plugins.Error{Kind: plugins.Auth, Err: transport.ErrNoCredential,
			Say: "This system takes the one login, and nobody is signed in: run musterctl login, then try again."}
	}
	return t.Else.LoginToken(ctx, stale)
}

// Value implements transport.Credentials.
func (t Typed) Value(ctx context.Context, system, option string) (string, error) {
	if v := t.Values[option]; v != "" {
		return v, nil
	}
	if t.Else == nil {
		return "", &plugins.Error{Kind: plugins.Auth, System: system, Err: transport.ErrNoCredential, Say: "No value was given for " + option + "."}
	}
	return t.Else.Value(ctx, system, option)
}

// Client makes the transport's client for a trial. It gives back the options with their defaults; an error says which is
// missing, unknown or secret.
func Client(info plugins.Info, given map[string]string, creds transport.Credentials, permit func(context.Context, *http.Request) error, log *slog.Logger, now func() time.Time) (*http.Client, plugins.Config, error) {
	cfg := plugins.Config{}
	known := map[string]bool{}
	for _, o := range info.Options {
		known[o.Name] = true
		v := given[o.Name]
		switch {
		case o.Type == plugins.OptionSecret:
			if v != "" {
				return nil, nil, fmt.Errorf("%s is secret: it is asked for, or read from standard input, never given as an argument", o.Name)
			}
			continue
		case o.Asked:
			continue
		case v == "":
			v = o.Default
		}
		if v == "" && o.Required {
			return nil, nil, fmt.Errorf("%s (%s) is not set: give it with -s %s=…", o.Name, o.Label, o.Name)
		}
		if v != "" {
			cfg[o.Name] = v
		}
	}
	for name := range given {
		if !known[name] {
			return nil, nil, fmt.Errorf("%s has no option %s", info.Name, name)
		}
	}
	client, err := transport.New(transport.Options{System: info.ID, Info: info, Config: cfg, Credentials: creds, Permit: permit, Log: log, Now: now})
	return client, cfg, err
}

// TestAccess is who acts on a test system, where nothing is accounted for: the officer's name stays out of it.
func TestAccess(do string, p plugins.Purpose) plugins.Access {
	return plugins.Access{Officer: "trial", Collar: "0000", Role: "integrator", Workstation: "trial", Purpose: p, Operation: do, Correlation: "trial"}
}
