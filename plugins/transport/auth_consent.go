package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"muster/plugins"
)

const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// Consent returns what asks the officer to sign in at the system of a client, once: for a system whose preferred sign-in
// is AuthDevice or AuthCode. Its first Next gives the question: an address to open, and perhaps a code to enter there; the
// second waits until that is done and keeps what it gave in the keyring. The context carries the access, of operation
// sign-in. One consent is for one officer's answer; ask for another to start again.
func Consent(client *http.Client) (plugins.Challenger, bool) {
	f, ok := client.Transport.(*front)
	if !ok || len(f.c.signers) == 0 {
		return nil, false
	}
	j, ok := f.c.signers[0].(*joint)
	if !ok {
		return nil, false
	}
	g, ok := j.all[0].(*grant)
	if !ok || g.device == nil && g.browse == nil {
		return nil, false
	}
	return &consent{g: g}, true
}

// consent is one conversation with the officer. begun holds the second half of it.
type consent struct {
	g *grant

	mu    sync.Mutex
	begun func(context.Context) (token, error)
}

// Next implements plugins.Challenger.
func (o *consent) Next(ctx context.Context, _ plugins.Answer) (plugins.Question, error) {
	o.mu.Lock()
	wait := o.begun
	o.begun = nil
	o.mu.Unlock()
	if wait == nil {
		start := o.g.askDevice
		if o.g.browse != nil {
			start = o.g.askBrowser
		}
		q, wait, err := start(ctx)
		if err != nil {
			return plugins.Question{}, o.g.c.credentialError(ctx, err)
		}
		o.mu.Lock()
		o.begun = wait
		o.mu.Unlock()
		return q, nil
	}
	t, err := wait(ctx)
	if err == nil {
		err = o.g.accept(ctx, t)
	}
	if err != nil {
		return plugins.Question{}, o.g.c.credentialError(ctx, err)
	}
	return plugins.Question{Done: true, Say: "You are signed in at " + o.g.c.name + "."}, nil
}

// accept keeps what the officer's sign-in gave before anything uses it.
func (g *grant) accept(ctx context.Context, t token) error {
	keeper, ok := g.c.creds.(Keeper)
	if !ok {
		return g.missing()
	}
	next, err := g.keeps(t)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	name, _ := g.entry()
	if err := keeper.Rotate(ctx, g.c.id, name, func(context.Context, string) (string, error) { return next, nil }); err != nil {
		return err
	}
	g.rotating.saved()
	g.rotating.bury("")
	if t.endless && t.more["refresh"] == "" {
		t.expires = time.Time{}
	}
	g.tokens.set(t)
	return nil
}

// askDevice gets a code for the officer (RFC 8628 section 3.1).
func (g *grant) askDevice(ctx context.Context) (plugins.Question, func(context.Context) (token, error), error) {
	c := g.c
	fail := func(err error) (plugins.Question, func(context.Context) (token, error), error) {
		return plugins.Question{}, nil, err
	}
	r, err := g.request(ctx, g.device, g.wishes(url.Values{}))
	if err != nil {
		return fail(err)
	}
	resp, err := c.sendSignin(ctx, r)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		body, _ := io.ReadAll(resp.Body)
		_, err := c.readToken(resp, body)
		return fail(err)
	}
	var got struct {
		Device   string     `json:"device_code"`
		User     string     `json:"user_code"`
		URL      string     `json:"verification_uri"`
		OldURL   string     `json:"verification_url"` // as some wrote it before the standard
		Complete string     `json:"verification_uri_complete"`
		Expires  flexNumber `json:"expires_in"`
		Interval flexNumber `json:"interval"`
	}
	err = json.NewDecoder(resp.Body).Decode(&got)
	if got.URL == "" {
		got.URL = got.OldURL
	}
	if err != nil || got.Device == "" || got.User == "" || !openable(got.URL) {
		return fail(c.err(plugins.Drift, errors.New("no code in the answer"), "The sign-in service of %s sent an answer without a code. Tell IT.", c.name))
	}
	Remember(got.Device)
	ends := c.now().Add(max(time.Duration(got.Expires)*time.Second, time.Minute))
	every := min(max(time.Duration(got.Interval)*time.Second, time.Second), time.Minute)
	if got.Interval == 0 {
		every = 5 * time.Second
	}
	q := plugins.Question{Say: "To sign in at " + c.name + ", open " + got.URL + " on any device and enter the code " + got.User + ".", Code: got.User, URL: got.URL, Wait: true}
	if openable(got.Complete) {
		q.URL = got.Complete // the code is filled in already
	}
	return q, func(ctx context.Context) (token, error) { return g.poll(ctx, got.Device, ends, every) }, nil
}

// openable reports whether an address may be shown to the officer to open: a secure page, and nothing that a desktop
// would run.
func openable(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && loopbackName(u.Hostname())) && u.User == nil
}

// poll asks for the token until the officer has entered the code (RFC 8628 section 3.4).
func (g *grant) poll(ctx context.Context, device string, ends time.Time, every time.Duration) (token, error) {
	c := g.c
	for {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return token{}, c.classify(ctx, ctx.Err(), false, false, c.limits)
		}
		if c.now().After(ends) {
			return token{}, c.err(plugins.Auth, errors.New("code expired"), "The code for %s was not entered in time. Start again for a new one.", c.name)
		}
		t, err := g.post(ctx, url.Values{"grant_type": {grantDevice}, "device_code": {device}})
		var refusal oauthError
		switch {
		case err == nil:
			return t, nil
		case errors.As(err, &refusal):
			switch refusal {
			case "authorization_pending":
			case "slow_down":
				every += 5 * time.Second
			case "expired_token":
				return token{}, c.err(plugins.Auth, refusal, "The code for %s was not entered in time. Start again for a new one.", c.name)
			case "access_denied":
				return token{}, c.err(plugins.Auth, refusal, "The sign-in at %s was declined. Start again if that was a mistake.", c.name)
			default:
				return token{}, err
			}
		case plugins.KindOf(err) == plugins.Unavailable && ctx.Err() == nil:
			every = min(2*every, time.Minute)
		default:
			return token{}, err
		}
	}
}

// wishes are what a sign-in asks for.
func (g *grant) wishes(form url.Values) url.Values {
	for k, v := range map[string]string{"scope": g.a.Scope, "audience": g.a.Audience, "resource": g.a.Resource} {
		if v != "" {
			form.Set(k, v)
		}
	}
	return form
}
