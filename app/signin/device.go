package signin

import (
	"context"
	"errors"
	"io"
	"log"

	"muster/plugins"
)

// SignInDevice signs in, or unlocks, with a code that the officer enters on another device (RFC 8628). show is called
// once with the code and the address to enter it at; it must not block. It waits until that is done, ctx ends or the
// code has expired.
func (m *Manager) SignInDevice(ctx context.Context, show func(code, url string)) error {
	actx, end, era, err := m.begin(ctx, 3*m.o.Wait)
	if err != nil {
		return err
	}
	return end(m.withCode(actx, show, era))
}

func (m *Manager) withCode(ctx context.Context, show func(code, url string), era int) error {
	p, err := m.discover(ctx)
	if err != nil {
		return err
	}
	if p.Endpoint().DeviceAuthURL == "" {
		return fail(plugins.Invalid, errors.New("no device endpoint"), "The sign-in server %s does not offer signing in with a code. Sign in in the browser.", hostOf(m.o.Settings.Issuer))
	}
	cfg := m.config(p)
	auth, err := cfg.DeviceAuth(m.web(ctx))
	if err != nil {
		return say(err, m.o.Settings.Issuer)
	}
	show(auth.UserCode, auth.VerificationURI)
	tok, err := cfg.DeviceAccessToken(m.web(ctx), auth)
	if err != nil {
		if !auth.Expiry.IsZero() && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return fail(plugins.Auth, errors.New("code expired"), "The code was not entered in time. Start the sign-in again for a new one.")
		}
		return say(err, m.o.Settings.Issuer)
	}
	o, raw, err := m.accept(ctx, p, tok, wanted{})
	if err != nil {
		return err
	}
	return m.finish(ctx, tok, o, raw, era)
}

// quiet is for the loopback server: what a stranger sends to it is no news.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
