package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

func signinChecks() []check {
	return []check{
		{name: "credential_missing", f: checkMissing},
		{name: "credential_wrong", f: checkWrong},
		{name: "credential_refused_not_repeated", http: true, f: checkDenied},
		{name: "token_storm", http: true, f: checkStorm},
		{name: "token_ends_between_pages", http: true, f: checkMidPage},
		{name: "token_rotated", http: true, f: checkRotated},
		{name: "login_page", http: true, apart: true, f: checkLoginPage},
	}
}

// keyed reports whether the sign-in needs anything of the officer's or IT's.
func (r *run) keyed() (anything, secret bool) {
	for _, a := range r.s.Info.Auth {
		anything = anything || a.Kind != plugins.AuthNone
		secret = secret || a.Secret != ""
	}
	return anything, secret
}

func checkMissing(ctx context.Context, r *run) error {
	if anything, _ := r.keyed(); !anything {
		return inapplicable("the system is open to all")
	}
	b, err := r.open(ctx, func(s *Subject) { s.Values, s.LoginToken = nil, nil })
	if err != nil {
		return err
	}
	defer b.close()
	page, err := b.sys.Search(ctx, r.s.Found)
	if err := r.failed("a search without a credential", page, err, plugins.Auth); err != nil {
		return err
	}
	if !errors.Is(err, transport.ErrNoCredential) {
		return fmt.Errorf("the error hides that a credential is missing: %w", err)
	}
	if n := b.asked(); n != 0 {
		return fmt.Errorf("%d requests went out without a credential", n)
	}
	return nil
}

func checkWrong(ctx context.Context, r *run) error {
	if _, secret := r.keyed(); !secret {
		return inapplicable("nothing that could be typed wrongly")
	}
	b, err := r.open(ctx, func(s *Subject) {
		wrong := map[string]string{}
		for k, v := range s.Values {
			wrong[k] = v
		}
		for _, a := range s.Info.Auth {
			if a.Secret != "" {
				wrong[a.Secret] = "plugintest-wrong-credential"
			}
		}
		s.Values = wrong
	})
	if err != nil {
		return err
	}
	defer b.close()
	// Several at once, as one question to every kind of record is; a system that counts wrong passwords sees one. A key
	// belongs to no account that could be locked.
	n := 8
	if r.s.Info.Auth[0].Kind == plugins.AuthAPIKey {
		n = 1
	}
	if err := together(n, func(int) error {
		page, err := b.sys.Search(ctx, r.s.Found)
		return r.failed("a search with a wrong credential", page, err, plugins.Auth, plugins.Denied)
	}); err != nil {
		return err
	}
	return r.oneAttempt(b)
}

// oneAttempt demands that a refused credential was shown to the system once.
func (r *run) oneAttempt(b *bench) error {
	tried, want := b.signins(), 1
	if tried == 0 {
		tried = b.asked() // the credential goes with the question itself
	}
	switch r.s.Info.Auth[0].Kind {
	case "ntlm", "kerberos", "digest":
		want = 2 // one to be told how, one with the credential
	}
	if tried > want {
		return fmt.Errorf("a wrong credential was shown to the system %d times; it may lock the account", tried)
	}
	return nil
}

func checkDenied(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	b.inject(Status(http.StatusForbidden), -1)
	page, err := b.sys.Search(ctx, r.s.Found)
	if err := r.failed("a search that is not allowed", page, err, plugins.Denied, plugins.Auth); err != nil { // some gateways answer a wrong key so
		return err
	}
	if n := b.asked(); n != 1 {
		return fmt.Errorf("a search that is not allowed was asked %d times, want once", n)
	}
	return nil
}

func checkLoginPage(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	b.inject(LoginPage, -1)
	page, err := b.sys.Search(ctx, r.s.Found)
	return r.failed("a search answered with a page to sign in at", page, err, plugins.Auth, plugins.Drift)
}

// renews reports whether the first way to sign in has something that ends and is renewed.
func (r *run) renews() bool {
	if len(r.s.Info.Auth) == 0 {
		return false
	}
	switch r.s.Info.Auth[0].Kind {
	case plugins.AuthNone, plugins.AuthAPIKey, plugins.AuthBasic, plugins.AuthWSSUsername, "digest", "mtls", "ntlm", "kerberos":
		return false
	}
	return true
}

// gate stands at a bench's proxies and lets credentials end: what was used before is refused from then on.
type gate struct {
	r *run
	b *bench

	mu      sync.Mutex
	seen    map[string]bool // credentials that came with questions
	ended   map[string]bool
	answers map[string]Answer // of questions asked already, so that a storm does not fall on the system itself
	asked   int
	endsAt  int // the question before which what was used so far ends; 0 is never
	reused  int // refusals

	logins  int // renewals of the one login, where questions carry its token itself
	alias   string
	issued  string // the latest refresh token
	refresh int    // refresh tokens that were sent
	stale   int    // that were not the latest
}

// openGated opens the plugin behind a gate. The one login's own token is given under another name, which the gate
// takes off again, so that it can end without the identity provider's help.
func (r *run) openGated(ctx context.Context) (*gate, error) {
	g := &gate{r: r, seen: map[string]bool{}, ended: map[string]bool{}, answers: map[string]Answer{}}
	b, err := r.open(ctx, func(s *Subject) {
		s.Info.Limits.Rate, s.Info.Limits.Burst, s.Info.Limits.Parallel = 10_000, 1_000, 50
		if len(s.Info.Auth) > 0 && s.Info.Auth[0].Kind == plugins.AuthBearer && s.LoginToken != nil {
			s.LoginToken = g.aliased(s.LoginToken)
		}
	})
	if err != nil {
		return nil, err
	}
	g.b = b
	for _, p := range b.proxies {
		p.onSignin(g.look, g.given)
		p.Inject(g.guard, -1)
	}
	return g, nil
}

func (g *gate) aliased(login func(context.Context, string) (string, time.Time, error)) func(context.Context, string) (string, time.Time, error) {
	return func(ctx context.Context, stale string) (string, time.Time, error) {
		real, expires, err := login(ctx, "")
		if err != nil {
			return "", expires, err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if stale != "" && stale == g.alias || g.alias == "" {
			if stale != "" {
				g.logins++
			}
			g.alias = fmt.Sprintf("plugintest-login-%d.%s", g.logins, real)
		}
		return g.alias, expires, nil
	}
}

// look takes the alias off and notes refresh tokens.
func (g *gate) look(r *http.Request) {
	if _, word, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.HasPrefix(word, "plugintest-login-") {
		_, real, _ := strings.Cut(word, ".")
		r.Header.Set("X-Plugintest-Alias", word)
		r.Header.Set("Authorization", "Bearer "+real)
	}
	if r.Method != http.MethodPost || !g.r.signin(r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sent := ""
	if form, err := url.ParseQuery(string(body)); err == nil {
		sent = form.Get("refresh_token")
	}
	if sent == "" {
		var in map[string]any
		if json.Unmarshal(body, &in) == nil {
			sent, _ = in["refresh_token"].(string)
		}
	}
	if sent == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refresh++
	if g.issued != "" && sent != g.issued {
		g.stale++
	}
}

func (g *gate) given(_ *http.Request, body []byte) {
	var out map[string]any
	if json.Unmarshal(body, &out) != nil {
		return
	}
	if t, _ := out["refresh_token"].(string); t != "" {
		g.r.secret(t)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.issued = t
	}
}

// credential is what a question carried.
func (g *gate) credential(r *http.Request) string {
	parts := []string{r.Header.Get("X-Plugintest-Alias"), r.Header.Get("Cookie")}
	if parts[0] == "" {
		parts = append(parts, r.Header.Get("Authorization"))
	}
	for _, a := range g.r.auths() {
		if a.Header != "" {
			parts = append(parts, r.Header.Get(a.Header))
		}
	}
	return strings.Join(parts, "|")
}

// guard is the fault: it refuses what has ended.
func (g *gate) guard(w http.ResponseWriter, r *http.Request, forward func() Answer) {
	c := g.credential(r)
	r.Header.Del("X-Plugintest-Alias")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		reset(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	key := r.Method + " " + r.URL.String() + " " + string(body)
	g.mu.Lock()
	g.asked++
	if g.asked == g.endsAt {
		for s := range g.seen {
			g.ended[s] = true
		}
		g.ended[c] = true
	}
	g.seen[c] = true
	ended := g.ended[c]
	if ended {
		g.reused++
	}
	a, known := g.answers[key]
	g.mu.Unlock()
	if ended {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if !known {
		a = forward()
		g.mu.Lock()
		if a.Status < 300 {
			g.answers[key] = a
		}
		g.mu.Unlock()
	}
	replace(w, a, a.Body)
}

// end lets everything that was used so far end.
func (g *gate) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.seen {
		g.ended[s] = true
	}
}

// renewals is how often a sign-in was made, where each takes so many requests.
func (g *gate) renewals(requests int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.alias != "" {
		return g.logins
	}
	return g.b.signins() / max(requests, 1)
}

func checkStorm(ctx context.Context, r *run) error {
	if !r.renews() {
		return inapplicable("its credential does not end, so there is nothing to renew")
	}
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	want, _, err := r.pages(ctx, g.b, r.s.Found)
	if err != nil {
		return err
	}
	each := g.b.signins()
	before := g.renewals(each)
	g.end()
	const n = 50
	if err := together(n, func(int) error {
		got, _, err := r.pages(ctx, g.b, r.s.Found)
		if err == nil && !sameRefs(got, want) {
			err = fmt.Errorf("after the renewal a search finds %d records, before it %d", len(got), len(want))
		}
		return err
	}); err != nil {
		return fmt.Errorf("%d searches with a token that has ended: %w", n, err)
	}
	if got := g.renewals(each) - before; got != 1 {
		return fmt.Errorf("%d searches with a token that has ended renew it %d times, want once", n, got)
	}
	return nil
}

func checkMidPage(ctx context.Context, r *run) error {
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	small := r.s.Found
	small.Limit = 2
	want, n, err := r.pages(ctx, g.b, small)
	if err != nil {
		return err
	}
	if n < 2 {
		return inapplicable("what is found comes in one page")
	}
	g.mu.Lock()
	g.endsAt = g.asked + 2
	g.mu.Unlock()
	got, _, err := r.pages(ctx, g.b, small)
	if !r.renews() {
		return r.errorIs("a search whose credential is refused on its second page", err, plugins.Auth)
	}
	if err != nil {
		return fmt.Errorf("a token that ends between two pages ends the search: %w", err)
	}
	if !sameRefs(got, want) {
		return fmt.Errorf("when the token ends between two pages the search finds %d records, otherwise %d", len(got), len(want))
	}
	return nil
}

func checkRotated(ctx context.Context, r *run) error {
	if !r.renews() {
		return inapplicable("its credential does not end, so there is nothing to renew")
	}
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	for i := range 3 {
		if _, _, err := r.pages(ctx, g.b, r.s.Found); err != nil {
			return fmt.Errorf("after %d renewals: %w", i, err)
		}
		g.end()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.refresh == 0:
		return inapplicable("it signs in without refresh tokens")
	case g.stale > 0:
		return fmt.Errorf("%d of %d renewals sent a refresh token that had been replaced", g.stale, g.refresh)
	}
	return nil
}
