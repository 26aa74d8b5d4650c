package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/plugins"
)

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
		if a.Session != nil {
			for _, s := range a.Session.Send {
				if s.Header != "" {
					parts = append(parts, r.Header.Get(s.Header))
				}
			}
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
		g.lapse()
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
	g.lapse()
}

// lapse ends what was seen so far. A signed token tells its times in seconds, so that a new one of the same second may
// be the very same: a session's next one is of a later second.
func (g *gate) lapse() {
	for s := range g.seen {
		g.ended[s] = true
	}
	if slices.ContainsFunc(g.r.auths(), func(a plugins.AuthSpec) bool { return a.Session != nil }) {
		now := time.Now()
		time.Sleep(now.Truncate(time.Second).Add(1050 * time.Millisecond).Sub(now))
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
