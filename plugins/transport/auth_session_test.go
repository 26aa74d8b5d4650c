package transport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
)

// member reads a member of a JSON answer, as the connector's expressions do.
func member(path ...string) plugins.AuthRead {
	return func(_ context.Context, a plugins.AuthAnswer) (any, error) {
		var v any
		if err := json.Unmarshal(a.Body, &v); err != nil {
			return nil, nil
		}
		for _, p := range path {
			m, _ := v.(map[string]any)
			v = m[p]
		}
		return v, nil
	}
}

func header(name string) plugins.AuthRead {
	return func(_ context.Context, a plugins.AuthAnswer) (any, error) { return a.Header.Get(name), nil }
}

func when(f func(plugins.AuthAnswer) bool) plugins.AuthRead {
	return func(ctx context.Context, a plugins.AuthAnswer) (any, error) {
		return ctx.Err() == nil && f(a), ctx.Err()
	}
}

// tokenSite is a REST product: it gives tokens for a password, renews them, and forgets them when told.
type tokenSite struct {
	mu               sync.Mutex
	logins, renewals int
	wrong            int
	valid            map[string]bool
	refresh          string // the refresh token that is good now
	badStatus        int    // of a wrong password
	answer           func(w http.ResponseWriter, token, refresh string)
	token            func(r *http.Request) string
	lost             func(w http.ResponseWriter)
	number           int
	served           int
}

func (s *tokenSite) issue(w http.ResponseWriter) {
	s.number++
	tok := fmt.Sprintf("site-token-%d", s.number)
	s.valid[tok] = true
	s.refresh = fmt.Sprintf("site-refresh-%d", s.number)
	s.answer(w, tok, s.refresh)
}

func (s *tokenSite) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = map[string]bool{}
}

func (s *tokenSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	var in map[string]string
	_ = json.Unmarshal(body, &in)
	switch r.URL.Path {
	case "/login":
		if in["identity"] != "officer" || in["password"] != `p"ä ss$1` || in["realm"] != "force-x" {
			s.wrong++
			w.WriteHeader(s.badStatus)
			io.WriteString(w, `{"error":"bad","echo":`+string(body)+`}`)
			return
		}
		s.logins++
		s.issue(w)
	case "/refresh":
		if in["refresh_token"] != s.refresh && !s.valid[s.token(r)] {
			w.WriteHeader(401)
			return
		}
		s.renewals++
		s.issue(w)
	case "/sign-in":
		io.WriteString(w, "<form>")
	default:
		if !s.valid[s.token(r)] {
			s.lost(w)
			return
		}
		s.served++
		io.WriteString(w, `{"records":[]}`)
	}
}

func newTokenSite() *tokenSite {
	return &tokenSite{valid: map[string]bool{}, badStatus: 400,
		answer: func(w http.ResponseWriter, token, refresh string) {
			json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"token": token, "refresh": refresh, "expires_in": 900}})
		},
		token: func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") },
		lost:  func(w http.ResponseWriter) { w.WriteHeader(401) },
	}
}

func siteSpec() *plugins.SessionSpec {
	return &plugins.SessionSpec{
		Login: []plugins.SessionStep{{Method: "POST", Path: "/login", JSON: map[string]any{"identity": "$user", "password": "$secret", "realm": "force-${realm}"}}},
		Token: member("data", "token"), Expires: member("data", "expires_in"),
	}
}

func withSession(spec *plugins.SessionSpec, change ...func(*plugins.AuthSpec)) rigOption {
	return func(o *Options, _ *tuning) {
		a := plugins.AuthSpec{Kind: plugins.AuthSession, User: "user", Secret: "secret", Session: spec}
		for _, f := range change {
			f(&a)
		}
		o.Info.Auth = []plugins.AuthSpec{a}
		o.Info.Options = append(o.Info.Options, plugins.Option{Name: "realm", Type: plugins.OptionString, Label: "Realm", Default: "x"})
		o.Info.Limits = plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100}
	}
}

func (r *rig) signedUp() *rig {
	r.creds.values["user"], r.creds.values["secret"] = "officer", `p"ä ss$1`
	return r
}

func (r *rig) storm(n int) {
	r.t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if got, _, err := r.get("/records"); err != nil || got != 200 {
				r.t.Error(got, err)
			}
		})
	}
	wg.Wait()
}

func TestSessionStormIsOneLogin(t *testing.T) {
	site := newTokenSite()
	r := newRig(t, site, withSession(siteSpec())).signedUp()
	r.storm(100)
	site.forget()
	r.storm(100)
	if site.logins != 2 || site.wrong != 0 {
		t.Fatalf("%d logins for two storms, %d wrong", site.logins, site.wrong)
	}
}

func TestSessionSaysLostInItsOwnWay(t *testing.T) {
	for name, c := range map[string]struct {
		lost func(http.ResponseWriter)
		spec plugins.LostSession
	}{
		"403 with a text": {func(w http.ResponseWriter) { w.WriteHeader(403); io.WriteString(w, "session has expired") }, plugins.LostSession{Text: "session has expired"}},
		"a page with 200": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<h1>Please sign in</h1>")
		}, plugins.LostSession{Text: "Please sign in"}},
		"JSON with 200": {func(w http.ResponseWriter) { io.WriteString(w, `{"error":{"code":-32602}}`) },
			plugins.LostSession{When: when(func(a plugins.AuthAnswer) bool {
				return a.Status == 200 && strings.Contains(string(a.Body), "-32602")
			})}},
		"sent to the page": {func(w http.ResponseWriter) { w.Header().Set("Location", "/sign-in"); w.WriteHeader(302) }, plugins.LostSession{Path: "/sign-in"}},
	} {
		t.Run(name, func(t *testing.T) {
			site := newTokenSite()
			site.lost = c.lost
			r := newRig(t, site, withSession(siteSpec(), func(a *plugins.AuthSpec) { a.Lost = c.spec })).signedUp()
			r.storm(3)
			site.forget()
			r.storm(20)
			if site.logins != 2 {
				t.Fatalf("%d logins", site.logins)
			}
		})
	}
}

func TestForbiddenIsNotALostSession(t *testing.T) {
	site := newTokenSite()
	site.lost = func(w http.ResponseWriter) { w.WriteHeader(403) }
	r := newRig(t, site, withSession(siteSpec())).signedUp()
	r.storm(1)
	site.forget()
	for range 3 {
		if got, _, err := r.get("/records"); err != nil || got != 403 {
			t.Fatal(got, err)
		}
	}
	if site.logins != 1 {
		t.Fatalf("a 403 led to %d logins", site.logins)
	}
}

func TestWrongSessionPasswordIsOneAttempt(t *testing.T) {
	for _, status := range []int{200, 400, 401, 403, 422, 500} {
		site := newTokenSite()
		site.badStatus = status
		spec := siteSpec()
		if status == 500 {
			spec.Refused = when(func(a plugins.AuthAnswer) bool { return strings.Contains(string(a.Body), `"bad"`) })
		}
		r := newRig(t, site, withSession(spec)).signedUp()
		r.creds.values["secret"] = "wrong-password"
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				_, _, err := r.get("/records")
				if plugins.KindOf(err) != plugins.Auth || strings.Contains(fmt.Sprintf("%+v", err), "wrong-password") {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if site.wrong != 1 {
			t.Errorf("status %d: a wrong password was sent %d times", status, site.wrong)
		}
		r.signedUp()
		r.storm(1)
	}
}

func TestSessionIsRenewedWithoutThePassword(t *testing.T) {
	for _, own := range []bool{false, true} {
		now := time.Now()
		var mu sync.Mutex
		site := newTokenSite()
		spec := siteSpec()
		spec.Refresh = &plugins.SessionStep{Method: "POST", Path: "/refresh"}
		if own {
			spec.RefreshToken = member("data", "refresh")
			spec.Refresh.JSON = map[string]any{"refresh_token": "$refresh"}
		}
		r := newRig(t, site, withSession(spec), func(o *Options, _ *tuning) {
			o.Now = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return now
			}
		}).signedUp()
		r.storm(10)
		for range 3 {
			mu.Lock()
			now = now.Add(15 * time.Minute) // past its end by our clock, and each rotates
			mu.Unlock()
			r.storm(50)
		}
		if site.logins != 1 || site.renewals != 3 {
			t.Fatalf("own refresh token %v: %d logins, %d renewals; want 1 and 3", own, site.logins, site.renewals)
		}
		site.forget()
		if own {
			r.storm(50) // the refresh token still holds
			if site.logins != 1 || site.renewals != 4 {
				t.Fatalf("%d logins, %d renewals after the token was forgotten", site.logins, site.renewals)
			}
			site.forget()
			site.mu.Lock()
			site.refresh = "revoked"
			site.mu.Unlock()
		}
		r.storm(50)
		if site.logins != 2 {
			t.Fatalf("own refresh token %v: %d logins when nothing else was left", own, site.logins)
		}
	}
}

func TestSessionSendsWhatTheSystemWants(t *testing.T) {
	for name, c := range map[string]struct {
		send   []plugins.SessionSend
		token  func(*http.Request) string
		read   plugins.AuthRead
		answer func(http.ResponseWriter, string, string)
	}{
		"header of the answer": {[]plugins.SessionSend{{Header: "X-Auth"}}, func(r *http.Request) string { return r.Header.Get("X-Auth") }, header("X-Session"),
			func(w http.ResponseWriter, tok, _ string) { w.Header().Set("X-Session", tok) }},
		"query":  {[]plugins.SessionSend{{Query: "sid"}}, func(r *http.Request) string { return r.URL.Query().Get("sid") }, nil, nil},
		"cookie": {[]plugins.SessionSend{{Cookie: "sid"}}, func(r *http.Request) string { k, _ := r.Cookie("sid"); return k.String()[4:] }, nil, nil},
		"two headers": {[]plugins.SessionSend{{Header: "X-Auth-Token"}, {Header: "X-User-Id", Value: "$uid"}}, func(r *http.Request) string {
			if r.Header.Get("X-User-Id") != "rt-site-refresh-1" {
				return ""
			}
			return r.Header.Get("X-Auth-Token")
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			site := newTokenSite()
			site.token = c.token
			spec := siteSpec()
			spec.Send = c.send
			spec.Login[0].Keep = map[string]plugins.AuthRead{}
			if c.read != nil {
				spec.Token, spec.Expires, site.answer = c.read, nil, c.answer
			} else {
				spec.Login[0].Keep["uid"] = func(ctx context.Context, a plugins.AuthAnswer) (any, error) {
					v, err := member("data", "refresh")(ctx, a)
					return "rt-" + fmt.Sprint(v), err
				}
			}
			r := newRig(t, site, withSession(spec)).signedUp()
			r.storm(5)
			if site.logins != 1 {
				t.Fatalf("%d logins", site.logins)
			}
		})
	}
}

func TestSessionByCookiesAndSteps(t *testing.T) {
	var mu sync.Mutex
	var logins int
	mux := http.NewServeMux()
	mux.HandleFunc("GET /csrf", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "pre", Value: "1", Path: "/"})
		io.WriteString(w, `{"csrf":"csrf-value"}`)
	})
	mux.HandleFunc("POST /_session", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_ = r.ParseForm()
		if k, err := r.Cookie("pre"); err != nil || k.Value != "1" || r.Header.Get("X-CSRF") != "csrf-value" || r.PostForm.Get("name") != "officer" {
			w.WriteHeader(401)
			return
		}
		logins++
		http.SetCookie(w, &http.Cookie{Name: "AuthSession", Value: fmt.Sprint("s", logins), Path: "/", HttpOnly: true})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if k, err := r.Cookie("AuthSession"); err != nil || k.Value != "s1" || r.Header.Get("X-CSRF") != "csrf-value" {
			w.WriteHeader(401)
		}
	})
	r := newRig(t, mux, withSession(&plugins.SessionSpec{
		Login: []plugins.SessionStep{
			{Method: "GET", Path: "/csrf", Keep: map[string]plugins.AuthRead{"csrf": member("csrf")}},
			{Method: "POST", Path: "/_session", Headers: map[string]string{"X-CSRF": "$csrf"}, Form: map[string]string{"name": "$user", "password": "$secret"}},
		},
		Send: []plugins.SessionSend{{Header: "X-CSRF", Value: "$csrf"}},
	})).signedUp()
	r.storm(30)
	if logins != 1 {
		t.Fatalf("%d logins", logins)
	}
}

func TestSessionInBodies(t *testing.T) {
	var got []string
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != "officer" || p != `p"ä ss$1` {
			w.WriteHeader(401)
			return
		}
		io.WriteString(w, `{"result":"a<b"}`)
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, string(b))
	})
	login := []plugins.SessionStep{{Method: "POST", Path: "/login", Basic: true}}
	for _, c := range []struct {
		send       plugins.SessionSend
		body, want string
	}{
		{plugins.SessionSend{JSON: "auth"}, `{"method":"host.get","id":12345678901234567890}`, `{"auth":"a\u003cb","id":12345678901234567890,"method":"host.get"}`},
		{plugins.SessionSend{SOAP: `<sid xmlns="urn:x">$token</sid>`}, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>`,
			`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><sid xmlns="urn:x">a&lt;b</sid></e:Header><e:Body/></e:Envelope>`},
	} {
		r := newRig(t, mux, withSession(&plugins.SessionSpec{Login: login, Token: member("result"), Send: []plugins.SessionSend{c.send}})).signedUp()
		if _, _, err := r.do(officer(), "POST", "/rpc", c.body); err != nil {
			t.Fatal(err)
		}
		if last := got[len(got)-1]; last != c.want {
			t.Errorf("sent %s", last)
		}
		_, _, err := r.do(officer(), "POST", "/rpc", "neither")
		if plugins.KindOf(err) != plugins.Invalid {
			t.Errorf("a body that cannot carry the session: %v", err)
		}
	}
}

func TestPasswordIsNotSentTwiceToAServerInTrouble(t *testing.T) {
	var asked int
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; w.WriteHeader(500) }), withSession(siteSpec())).signedUp()
	_, _, err := r.get("/records")
	wantKind(t, err, plugins.Unavailable)
	if asked != 1 {
		t.Fatalf("the login was posted %d times", asked)
	}
}

func TestLifeOfATokenByAServerWhoseClockIsOff(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	server := now.Add(-7 * time.Minute) // it is seven minutes behind
	h := http.Header{"Date": {server.Format(http.TimeFormat)}}
	ends := server.Add(10 * time.Minute)
	for name, v := range map[string]any{
		"seconds": 600, "seconds as text": "600", "a number of JSON": json.Number("600"), "Unix": float64(ends.Unix()), "Unix ms": float64(ends.UnixMilli()),
		"RFC 3339": ends.Format(time.RFC3339), "with a zone": ends.In(time.FixedZone("", 3600)).Format(time.RFC3339), "HTTP": ends.Format(http.TimeFormat),
		"no zone": ends.Format("2006-01-02 15:04:05"),
	} {
		if got := lifeOf(v, h, now); got != 10*time.Minute {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, v := range []any{nil, "", "soon", -5, 1e300, true, []any{}} {
		if got := lifeOf(v, h, now); got != 0 {
			t.Errorf("%v: %v", v, got)
		}
	}
	jwt := func(claims string) string {
		return "eyJ." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
	}
	if got := jwtLife(jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, ends.Unix(), server.Unix())), h, now); got != 10*time.Minute {
		t.Error(got)
	}
	if got := jwtLife(jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, ends.Unix(), server.Unix())), nil, now); got != 10*time.Minute {
		t.Error(got)
	}
	for _, s := range []string{"", "a.b.c", "opaque", jwt(`{}`), jwt(`{"exp":"never"}`), jwt(`[]`)} {
		if got := jwtLife(s, h, now); got != 0 {
			t.Errorf("%s: %v", s, got)
		}
	}
}

func FuzzTokenLife(f *testing.F) {
	f.Add("600", "Sun, 01 Mar 2026 12:00:00 GMT")
	f.Add("2026-03-01T12:00:00Z", "")
	f.Add("eyJ.eyJleHAiOjF9.x", "x")
	f.Fuzz(func(t *testing.T, s, date string) {
		h := http.Header{"Date": {date}}
		for _, d := range []time.Duration{lifeOf(s, h, time.Unix(1.7e9, 0)), jwtLife(s, h, time.Unix(1.7e9, 0))} {
			if d < 0 || d > 366*24*time.Hour {
				t.Fatal(d)
			}
		}
	})
}
