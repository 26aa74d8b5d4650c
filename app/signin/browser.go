package signin

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"muster/plugins"
)

// attempt is one sign-in under way. A new one replaces it: the officer closed the browser and tries again.
type attempt struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// begin starts an attempt, ending an earlier one, and says which state to go back to if it fails.
func (m *Manager) begin(ctx context.Context, limit time.Duration) (context.Context, func(failed error) error, int, error) {
	if err := m.needKind(KindOIDC); err != nil {
		return nil, nil, 0, err
	}
	actx, cancel := context.WithTimeout(ctx, limit)
	a := &attempt{cancel: cancel, done: make(chan struct{})}
	for {
		m.mu.Lock()
		old := m.attempt
		if old == nil {
			break
		}
		m.mu.Unlock()
		old.cancel()
		select {
		case <-old.done:
		case <-actx.Done():
			cancel()
			return nil, nil, 0, say(ctx.Err(), m.o.Settings.Issuer)
		}
	}
	m.attempt = a
	before := m.state
	if before != SignedIn { // who is signed in stays so until somebody else is
		m.state = SigningIn
	}
	era := m.era
	m.mu.Unlock()
	m.changed()
	end := func(failed error) error {
		m.mu.Lock()
		m.attempt = nil
		if failed != nil && m.era == era && m.state == SigningIn {
			m.state = before
		}
		m.mu.Unlock()
		timedOut := errors.Is(actx.Err(), context.DeadlineExceeded) && ctx.Err() == nil
		cancel()
		close(a.done)
		m.changed()
		if failed != nil && timedOut {
			return fail(plugins.Cancelled, context.DeadlineExceeded, "The sign-in was not finished in time. Start it again.")
		}
		return failed
	}
	return actx, end, era, nil
}

// SignInBrowser signs in, or unlocks, through the system's browser: authorization code with PKCE, and a redirect to this
// computer (RFC 8252). It waits until the officer has finished there, ctx ends or the time runs out. Starting it again
// ends the earlier attempt.
func (m *Manager) SignInBrowser(ctx context.Context) error {
	actx, end, era, err := m.begin(ctx, m.o.Wait)
	if err != nil {
		return err
	}
	return end(m.inBrowser(actx, era))
}

func (m *Manager) inBrowser(ctx context.Context, era int) error {
	fresh, err := m.mustAsk(ctx)
	if err != nil {
		return err
	}
	p, err := m.discover(ctx)
	if err != nil {
		return err
	}
	back, err := listen(ctx, m.o.Page, m.o.Settings.Issuer)
	if err != nil {
		return err
	}
	defer back.close() //nolint:contextcheck // the last page is served after the sign-in has ended
	cfg := m.config(p)
	cfg.RedirectURL = back.url
	verifier, nonce := oauth2.GenerateVerifier(), secret()
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oidc.Nonce(nonce)}
	w := wanted{nonce: nonce}
	if fresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"))
		w.fresh = m.wall()
	}
	code, err := m.callback(ctx, back, cfg.AuthCodeURL(back.state, opts...))
	if err != nil {
		return err
	}
	err = m.exchange(ctx, p, cfg, code, verifier, w, era)
	back.outcome(err == nil)
	return err
}

// mustAsk reports whether the server must ask for the password although it may remember the officer: to unlock, and
// after a sign-out.
func (m *Manager) mustAsk(ctx context.Context) (bool, error) {
	m.mu.Lock()
	known := m.officer != nil
	m.mu.Unlock()
	if known {
		return true, nil
	}
	var one int
	found, err := m.loadJSON(ctx, askName, &one)
	return found, err
}

// callback opens the browser and waits for the redirect.
func (m *Manager) callback(ctx context.Context, back *redirect, to string) (string, error) {
	opened := make(chan error, 1)
	go func() { opened <- m.o.OpenBrowser(to) }() // it may block as long as the browser runs
	for {
		select {
		case err := <-opened:
			opened = nil
			if err == nil {
				continue
			}
			if m.o.ShowURL == nil {
				return "", fail(plugins.Unavailable, errors.New("no browser"), "The web browser did not open. Set a default browser on this computer, or sign in with a code on another device.")
			}
			m.o.ShowURL(to)
		case r := <-back.result:
			return r.code, r.err
		case <-ctx.Done():
			return "", say(ctx.Err(), m.o.Settings.Issuer)
		}
	}
}

func (m *Manager) exchange(ctx context.Context, p *provider, cfg oauth2.Config, code, verifier string, w wanted, era int) error {
	tok, err := cfg.Exchange(m.web(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		err = say(err, m.o.Settings.Issuer)
		if errors.Is(err, ErrEnded) { // here it is the code that is not good any more
			err = fail(plugins.Auth, errors.New("code refused"), "The sign-in server did not accept the sign-in: it took too long, or was used already. Sign in again.")
		}
		return err
	}
	o, raw, err := m.accept(ctx, p, tok, w)
	if err != nil {
		return err
	}
	return m.finish(ctx, tok, o, raw, era)
}

// secret is 256 random bits as text.
func secret() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// redirect is the loopback address that the browser comes back to. It takes one answer with the right state, and shows
// a page with no word of the sign-in in it.
type redirect struct {
	url, state, host, issuer string
	result                   chan answer // one
	page                     func(ok bool) Page

	server *http.Server
	mu     sync.Mutex
	used   bool
	ended  chan struct{} // closed by outcome
	ok     bool
	shown  chan struct{} // closed when the last page was fetched
	once   sync.Once
	seen   sync.Once
}

type answer struct {
	code string
	err  error
}

// Page holds the words of the page that ends a sign-in in the browser.
type Page struct{ Lang, Title, Text string }

func english(ok bool) Page {
	if ok {
		return Page{"en-GB", "You are signed in", "You can close this page and go back to Muster."}
	}
	return Page{"en-GB", "You are not signed in", "Go back to Muster: it says what happened and what to do."}
}

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

func listen(ctx context.Context, page func(bool) Page, issuer string) (*redirect, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fail(plugins.Unavailable, err, "Muster may not receive the answer of the sign-in page on this computer (127.0.0.1). Ask IT to allow it in the security software, or sign in with a code on another device.")
	}
	if page == nil {
		page = english
	}
	r := &redirect{
		url: "http://" + l.Addr().String() + "/callback", state: secret(), host: l.Addr().String(), issuer: issuer,
		result: make(chan answer, 1), page: page, ended: make(chan struct{}), shown: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", r.callback)
	mux.HandleFunc("GET /done", r.done)
	r.server = &http.Server{Handler: r.guard(mux), ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: nil}
	r.server.ErrorLog = quiet()
	go func() { _ = r.server.Serve(l) }() // ends with ErrServerClosed by close
	return r, nil
}

// guard lets only the browser's own way here through: a page elsewhere that points a name of its own at 127.0.0.1 is
// refused, and nothing is kept, framed or passed on.
func (r *redirect) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		if q.Host != r.host {
			http.Error(w, "not here", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, q)
	})
}

// callback takes the one answer, waits for what becomes of it, and sends the browser on to a page whose address holds
// nothing of it.
func (r *redirect) callback(w http.ResponseWriter, q *http.Request) {
	v := q.URL.Query()
	if subtle.ConstantTimeCompare([]byte(v.Get("state")), []byte(r.state)) != 1 {
		http.Error(w, "This is no answer to a sign-in that Muster began.", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	first := !r.used
	r.used = true
	r.mu.Unlock()
	if !first {
		http.Error(w, "This sign-in was answered already.", http.StatusGone)
		return
	}
	a := r.read(v)
	r.result <- a
	if a.err != nil {
		r.outcome(false)
	}
	select {
	case <-r.ended:
	case <-q.Context().Done():
		return
	}
	w.Header().Set("Connection", "close")
	http.Redirect(w, q, "/done", http.StatusSeeOther)
}

func (r *redirect) read(v url.Values) answer {
	if iss := v.Get("iss"); iss != "" && iss != r.issuer { // RFC 9207
		return answer{err: refuseToken("iss", r.issuer)}
	}
	switch code := v.Get("error"); code {
	case "":
	case "access_denied", "interaction_required", "login_required", "consent_required":
		return answer{err: fail(plugins.Cancelled, ErrCancelled, "The sign-in was cancelled or refused on the sign-in page. Start it again when you are ready.")}
	case "temporarily_unavailable", "server_error":
		return answer{err: fail(plugins.Unavailable, errors.New("authorization: "+code), "The sign-in server %s is out of order. Try again in a minute; if it lasts, tell IT.", hostOf(r.issuer))}
	default:
		return answer{err: fail(plugins.Auth, errors.New("authorization refused"), "The sign-in server %s does not accept Muster's request. Ask IT to check how Muster is registered there.", hostOf(r.issuer))}
	}
	if v.Get("code") == "" {
		return answer{err: fail(plugins.Drift, errors.New("no code"), "The sign-in server %s sent no answer that Muster can use. Try again; if it lasts, tell IT.", hostOf(r.issuer))}
	}
	return answer{code: v.Get("code")}
}

func (r *redirect) done(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-r.ended:
	default:
		http.Error(w, "not yet", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Connection", "close")
	_ = pageTemplate.Execute(w, struct { // the browser may have gone
		Page
		OK bool
	}{r.page(r.ok), r.ok})
	r.seen.Do(func() { close(r.shown) })
}

// outcome tells the browser how it ended.
func (r *redirect) outcome(ok bool) {
	r.once.Do(func() {
		r.ok = ok
		close(r.ended)
	})
}

// close stops listening once the browser has its last page, or after three seconds, without keeping the caller waiting.
func (r *redirect) close() {
	r.outcome(false)
	r.mu.Lock()
	used := r.used
	r.mu.Unlock()
	go func() {
		if used {
			t := time.NewTimer(3 * time.Second)
			defer t.Stop()
			select {
			case <-r.shown:
			case <-t.C:
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if r.server.Shutdown(ctx) != nil {
			_ = r.server.Close()
		}
	}()
}
