package transport

import (
	"crypto/md5" //nolint:gosec // RFC 7616 still knows it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	httpdigest "github.com/icholy/digest"

	"muster/plugins"
)

// digestSite is a server by RFC 7616 that checks every part of the answer itself.
type digestSite struct {
	algorithm, qop string
	strict         bool // the count must rise by one with each request, as it arrives
	mu             sync.Mutex
	nonce          int
	counts         map[int]bool
	last           int
	wrong, served  int
	challenges     int
	bodies         []string
}

func (s *digestSite) hash(parts ...string) string {
	var h hash.Hash
	if strings.HasPrefix(s.algorithm, "SHA-256") {
		h = sha256.New()
	} else {
		h = md5.New() //nolint:gosec // see the import
	}
	io.WriteString(h, strings.Join(parts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}

func (s *digestSite) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonce++
	s.counts, s.last = map[int]bool{}, 0
}

func (s *digestSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	nonce := fmt.Sprintf("nonce-%d", s.nonce)
	challenge := func(stale string) {
		s.challenges++
		w.Header().Add("WWW-Authenticate", `Basic realm="other"`)
		qop := ""
		if s.qop != "" {
			qop = fmt.Sprintf(`, qop="%s"`, s.qop)
		}
		w.Header().Add("WWW-Authenticate", fmt.Sprintf(`NTLM, Digest realm="the, realm", nonce="%s", opaque="op", algorithm=%s%s%s, Negotiate`, nonce, s.algorithm, qop, stale))
		w.WriteHeader(401)
	}
	h := r.Header.Get("Authorization")
	if h == "" {
		challenge("")
		return
	}
	c, err := httpdigest.ParseCredentials(h)
	if err != nil || c.URI != r.RequestURI || c.Realm != "the, realm" || c.Opaque != "op" {
		w.WriteHeader(400)
		return
	}
	if c.Nonce != nonce || s.strict && c.Nc != s.last+1 || s.counts[c.Nc] {
		challenge(", stale=true")
		return
	}
	a2 := s.hash(r.Method, r.RequestURI)
	if s.qop == "auth-int" {
		a2 = s.hash(r.Method, r.RequestURI, s.hash(string(body)))
	}
	a1 := s.hash("officer", "the, realm", "right-password")
	if strings.HasSuffix(s.algorithm, "-sess") {
		a1 = s.hash(a1, c.Nonce, c.Cnonce)
	}
	want := s.hash(a1, c.Nonce, fmt.Sprintf("%08x", c.Nc), c.Cnonce, s.qop, a2)
	if s.qop == "" {
		want = s.hash(a1, c.Nonce, a2)
	}
	if c.Response != want {
		s.wrong++
		challenge("")
		return
	}
	s.counts[c.Nc], s.last = s.qop != "", c.Nc
	s.served++
	s.bodies = append(s.bodies, string(body))
}

func TestDigest(t *testing.T) {
	for _, c := range []*digestSite{{algorithm: "MD5", qop: "auth"}, {algorithm: "SHA-256", qop: "auth"}, {algorithm: "SHA-256", qop: "auth-int"}, {algorithm: "MD5"}, {algorithm: "MD5-sess", qop: "auth"}, {algorithm: "SHA-256-sess", qop: "auth"}} {
		t.Run(c.algorithm+c.qop, func(t *testing.T) {
			c.counts = map[int]bool{}
			r := newRig(t, c, withAuth(plugins.AuthSpec{Kind: plugins.AuthDigest, User: "user", Secret: "secret"}), withLimits(plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 100}))
			r.creds.values["user"], r.creds.values["secret"] = "officer", "right-password"
			r.storm(100)
			if c.challenges != 1 {
				t.Errorf("%d challenges for a storm of first callers", c.challenges)
			}
			if status, _, err := r.do(officer(), http.MethodPost, "/entries?x=a%20b", `{"text":"ö"}`); err != nil || status != 200 {
				t.Fatal(status, err)
			}
			if c.bodies[len(c.bodies)-1] != `{"text":"ö"}` {
				t.Error("the body did not arrive")
			}
			c.forget()
			r.storm(50)
			if c.wrong != 0 || c.served != 151 {
				t.Errorf("%d wrong, %d served", c.wrong, c.served)
			}
		})
	}
}

func TestDigestAtAServerThatCountsStrictly(t *testing.T) {
	s := &digestSite{algorithm: "SHA-256", qop: "auth", strict: true, counts: map[int]bool{}}
	r := newRig(t, s, withAuth(plugins.AuthSpec{Kind: plugins.AuthDigest, User: "user", Secret: "secret"}))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "right-password"
	for range 20 {
		if status, _, err := r.get("/records"); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	}
	if s.challenges != 1 {
		t.Errorf("%d challenges for one caller", s.challenges)
	}
}

func TestDigestSendsAWrongPasswordOnce(t *testing.T) {
	s := &digestSite{algorithm: "MD5", qop: "auth", counts: map[int]bool{}}
	r := newRig(t, s, withAuth(plugins.AuthSpec{Kind: plugins.AuthDigest, User: "user", Secret: "secret"}))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "wr0ng-password"
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, _, err := r.get("/records"); plugins.KindOf(err) != plugins.Auth {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.wrong != 1 {
		t.Fatalf("sent %d times", s.wrong)
	}
	r.creds.mu.Lock()
	r.creds.values["secret"] = "right-password"
	r.creds.mu.Unlock()
	if status, _, err := r.get("/records"); err != nil || status != 200 {
		t.Fatal(status, err)
	}
}

func TestDigestThatCannotBeAnswered(t *testing.T) {
	for _, h := range []string{"", "Basic realm=x", `Digest realm="x", nonce="n", algorithm=WHIRLPOOL`, `Digest realm="x`, `Digest realm="x", nonce="n", qop="magic"`} {
		r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", h)
			w.WriteHeader(401)
		}),
			withAuth(plugins.AuthSpec{Kind: plugins.AuthDigest, User: "user", Secret: "secret"}))
		r.creds.values["user"], r.creds.values["secret"] = "officer", "right-password"
		_, _, err := r.get("/")
		if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "keeps its connector") {
			t.Error(h, e)
		}
	}
}

func FuzzDigestChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth"`)
	f.Add(`Digest realm="r" nonce=`)
	f.Add(`Digest algorithm=MD5-sess, qop=x`)
	f.Fuzz(func(t *testing.T, h string) {
		d := &digest{c: &chain{}}
		d.refused(&http.Response{StatusCode: 401, Header: http.Header{"Www-Authenticate": {h}}})
		_ = d.renew(t.Context(), "")
	})
}
