package transport

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"

	"muster/plugins"
)

// browserWait is how long the officer has for the sign-in page.
const browserWait = 5 * time.Minute

// askBrowser opens a page for the browser to come back to, on this machine only, and gives the address to sign in at
// (RFC 6749 section 4.1 with PKCE, RFC 8252).
func (g *grant) askBrowser(ctx context.Context) (plugins.Question, func(context.Context) (token, error), error) {
	c := g.c
	fail := func(err error) (plugins.Question, func(context.Context) (token, error), error) {
		return plugins.Question{}, nil, err
	}
	id, err := c.secret(ctx, g.client)
	if err != nil {
		return fail(err)
	}
	back := &url.URL{Scheme: "http", Host: "127.0.0.1:0", Path: "/callback"}
	if g.a.Redirect != "" {
		if back, err = url.Parse(g.a.Redirect); err != nil || back.Scheme != "http" || !loopbackName(back.Hostname()) || back.Port() == "" {
			return fail(c.err(plugins.Invalid, errLocation, "The sign-in of %s names no address of this machine to come back to. Tell IT.", c.name))
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", back.Host)
	if err != nil {
		return fail(c.err(plugins.Unavailable, quiet(err), "The sign-in at %s cannot start: another program uses the address %s. Close it and try again.", c.name, back.Host))
	}
	if g.a.Redirect == "" {
		back.Host = l.Addr().String()
	}
	verifier, state := nonce(), nonce()
	sum := sha256.Sum256([]byte(verifier))
	q := g.browse.Query()
	for k, v := range map[string]string{"response_type": "code", "client_id": id, "redirect_uri": back.String(), "state": state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256"} {
		q.Set(k, v)
	}
	to := *g.browse
	to.RawQuery = g.wishes(q).Encode()
	answers := make(chan url.Values, 1)
	page := &http.Server{Handler: callback(back.Path, state, answers), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = page.Serve(l) }()
	// It ends with the officer's patience, whether or not anybody waits for it.
	limit := time.AfterFunc(browserWait, func() { _ = page.Close() })
	stopped := context.AfterFunc(ctx, func() { _ = page.Close() })
	wait := func(ctx context.Context) (token, error) {
		defer func() {
			limit.Stop()
			stopped()
			_ = page.Close()
		}()
		clock := time.NewTimer(browserWait)
		defer clock.Stop()
		select {
		case got := <-answers:
			if e := got.Get("error"); e != "" {
				return token{}, c.err(plugins.Auth, oauthError("declined"), "The sign-in at %s was declined. Start again if that was a mistake.", c.name)
			}
			Remember(got.Get("code"))
			return g.post(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {got.Get("code")}, "redirect_uri": {back.String()}, "code_verifier": {verifier}})
		case <-clock.C:
			return token{}, c.err(plugins.Auth, errors.New("not finished in time"), "The sign-in at %s was not finished in time. Start again.", c.name)
		case <-ctx.Done():
			return token{}, c.classify(ctx, ctx.Err(), false, false, c.limits)
		}
	}
	return plugins.Question{Say: "Sign in at " + c.name + " in your browser.", URL: to.String(), Wait: true}, wait, nil
}

// callback takes the one genuine answer of the browser; whatever else comes is told nothing.
func callback(path, state string, answers chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Method != http.MethodGet || r.URL.Path != path || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 || q.Get("code") == "" && q.Get("error") == "" {
			http.NotFound(w, r)
			return
		}
		defer func() {
			select {
			case answers <- q:
			default: // it came already
			}
		}()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_, _ = io.WriteString(w, `<!doctype html><html lang="en-GB"><title>Muster</title><body><h1>Done</h1><p>You can close this page and go back to Muster.</p></body></html>`)
		_ = http.NewResponseController(w).Flush()
	})
}

func nonce() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
