package transport

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // NTLM knows nothing else
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:gosec,staticcheck // as above

	"muster/plugins"
)

// windows is a server that signs connections in as IIS does, and checks the NTLMv2 response itself (MS-NLMP 3.3.2).
type windows struct {
	scheme, user, domain, password string
	closes                         bool // ends the connection after the challenge
	anonymous                      bool

	mu                   sync.Mutex
	wrong, right, served int
	bodies               []string
}

type windowsConn struct {
	challenge []byte
	user      string
}

type windowsKey struct{}

func (s *windows) start(t *testing.T, secure bool) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, windowsKey{}, &windowsConn{})
	}
	if secure {
		srv.EnableHTTP2 = true
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv
}

func utf16le(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

func hmacOf(key []byte, parts ...[]byte) []byte {
	m := hmac.New(md5.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// challengeOf is a CHALLENGE_MESSAGE with a target name and its target information.
func challengeOf(nonce []byte, domain string) []byte {
	name := utf16le(domain)
	info := binary.LittleEndian.AppendUint16(nil, 2)
	info = binary.LittleEndian.AppendUint16(info, uint16(len(name)))
	info = append(append(info, name...), 0, 0, 0, 0)
	m := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	field := func(n, at int) {
		m = binary.LittleEndian.AppendUint16(m, uint16(n))
		m = binary.LittleEndian.AppendUint16(m, uint16(n))
		m = binary.LittleEndian.AppendUint32(m, uint32(at))
	}
	field(len(name), 48)
	m = binary.LittleEndian.AppendUint32(m, 0x00810201|0x00000004) // Unicode, NTLM, target information
	m = append(append(m, nonce...), make([]byte, 8)...)
	field(len(info), 48+len(name))
	return append(append(m, name...), info...)
}

// proves checks an AUTHENTICATE_MESSAGE against the password.
func (s *windows) proves(m, nonce []byte) bool {
	field := func(at int) []byte {
		n, from := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		if from+n > len(m) {
			return nil
		}
		return m[from : from+n]
	}
	response, domain, user := field(20), field(28), field(36)
	if len(response) < 40 || !bytes.Equal(domain, utf16le(s.domain)) || !bytes.Equal(user, utf16le(s.user)) {
		return false
	}
	h := md4.New()
	h.Write(utf16le(s.password))
	key := hmacOf(h.Sum(nil), utf16le(strings.ToUpper(s.user)+s.domain))
	return hmac.Equal(response[:16], hmacOf(key, nonce, response[16:])) && bytes.Contains(response[16:], utf16le("FORCE"))
}

func (s *windows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	conn := r.Context().Value(windowsKey{}).(*windowsConn)
	ask := func(token string) {
		w.Header().Add("WWW-Authenticate", strings.TrimSpace(s.scheme+" "+token))
		w.WriteHeader(401)
		io.WriteString(w, "<html>401.2</html>")
	}
	name, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	m, _ := base64.StdEncoding.DecodeString(token)
	switch {
	case s.anonymous && name == "", name == "" && conn.user != "":
		s.served++
		s.bodies = append(s.bodies, string(body))
	case name == "":
		ask("")
	case name != strings.Fields(s.scheme)[0] || len(m) < 12:
		w.WriteHeader(400)
	case m[8] == 1:
		conn.challenge, conn.user = make([]byte, 8), ""
		rand.Read(conn.challenge)
		if s.closes {
			w.Header().Set("Connection", "close")
		}
		ask(base64.StdEncoding.EncodeToString(challengeOf(conn.challenge, "FORCE")))
	case m[8] == 3 && conn.challenge != nil && s.proves(m, conn.challenge):
		conn.user, conn.challenge = s.user, nil
		s.right++
		s.served++
		s.bodies = append(s.bodies, string(body))
	case m[8] == 3:
		if conn.challenge != nil {
			s.wrong++
		}
		conn.challenge = nil
		ask("")
	}
}

func newWindows() *windows {
	return &windows{scheme: "NTLM", user: "r.söder", domain: "FORCE", password: "Pässword-1"}
}

func withNTLM(user string) []rigOption {
	return []rigOption{withAuth(plugins.AuthSpec{Kind: plugins.AuthNTLM, User: "user", Secret: "secret"}),
		withLimits(plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 20}),
		func(o *Options, _ *tuning) {
			k := o.Credentials.(*keyring)
			k.values["user"], k.values["secret"] = user, "Pässword-1"
		}}
}

func TestNTLM(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, user, domain string
		secure               bool
	}{
		"domain":    {"NTLM", `FORCE\r.söder`, "FORCE", false},
		"principal": {"NTLM", "r.söder@force.example", "", false},
		"negotiate": {"Negotiate", `FORCE\r.söder`, "FORCE", false},
		"HTTP/2":    {"NTLM", `FORCE\r.söder`, "FORCE", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWindows()
			s.scheme, s.domain = c.scheme, c.domain
			if c.domain == "" {
				s.user = c.user
			}
			srv := s.start(t, c.secure)
			r := newRigAt(t, srv.URL, append(withNTLM(c.user), func(o *Options, _ *tuning) {
				if c.secure {
					roots := x509.NewCertPool()
					roots.AddCert(srv.Certificate())
					o.TLS = &tls.Config{RootCAs: roots}
				}
			})...)
			r.storm(100)
			if s.right == 0 || s.right > 20 || s.wrong != 0 || s.served != 100 {
				t.Fatalf("%d connections signed in, %d refused, %d served", s.right, s.wrong, s.served)
			}
			before := s.right
			for range 10 {
				if status, _, err := r.do(officer(), http.MethodPost, "/entries", `{"text":"ö"}`); err != nil || status != 200 {
					t.Fatal(status, err)
				}
			}
			if s.bodies[len(s.bodies)-1] != `{"text":"ö"}` || s.served != 110 || s.right != before {
				t.Errorf("%d served, %d signed in again; last body %q", s.served, s.right-before, s.bodies[len(s.bodies)-1])
			}
			r.client.CloseIdleConnections() // the next begins with a connection that is not signed in
			if status, _, err := r.do(officer(), http.MethodPost, "/entries", `{"text":"new line"}`); err != nil || status != 200 || s.bodies[len(s.bodies)-1] != `{"text":"new line"}` {
				t.Fatal(status, err)
			}
			req, _ := http.NewRequestWithContext(officer(), http.MethodPost, r.url+"/upload", struct{ io.Reader }{strings.NewReader("once")})
			if c.scheme == "NTLM" {
				resp, err := r.client.Do(req)
				if err != nil || resp.StatusCode != 200 || s.bodies[len(s.bodies)-1] != "once" {
					t.Fatal(resp, err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

func TestNTLMShowsAWrongPasswordOnce(t *testing.T) {
	s := newWindows()
	r := newRigAt(t, s.start(t, false).URL, withNTLM(`FORCE\r.söder`)...)
	r.creds.values["secret"] = "wr0ng-password"
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			_, _, err := r.get("/")
			if plugins.KindOf(err) != plugins.Auth || strings.Contains(fmt.Sprintf("%+v", err), "wr0ng") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.wrong != 1 || s.served != 0 {
		t.Fatalf("shown %d times, %d served", s.wrong, s.served)
	}
	r.creds.mu.Lock()
	r.creds.values["secret"] = "Pässword-1"
	r.creds.mu.Unlock()
	r.storm(20)
	// Another account gets no connection of this one.
	r.creds.mu.Lock()
	r.creds.values["user"] = `FORCE\other`
	r.creds.mu.Unlock()
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	if s.wrong != 2 {
		t.Errorf("refused %d times, want 2", s.wrong)
	}
}

func TestNTLMIsNotShownWhereItIsNotAskedFor(t *testing.T) {
	s := newWindows()
	s.scheme = `Basic realm="x"`
	r := newRigAt(t, s.start(t, false).URL, withNTLM(`FORCE\r.söder`)...)
	for range 2 { // and the account does not rest for it
		_, _, err := r.get("/")
		if e := wantKind(t, err, plugins.Auth); !strings.Contains(e.Say, "does not ask for the sign-in of a Windows account") {
			t.Error(e)
		}
	}
	s.scheme, s.anonymous = "NTLM", true
	r.storm(3)
	if s.right+s.wrong != 0 {
		t.Error("an open page was signed in to")
	}
}

func TestNTLMChallengeOfAnotherConnectionIsNoWrongPassword(t *testing.T) {
	s := newWindows()
	s.closes = true
	r := newRigAt(t, s.start(t, false).URL, withNTLM(`FORCE\r.söder`)...)
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Unavailable)
	_, _, err = r.do(officer(), http.MethodPost, "/entries", "{}")
	wantKind(t, err, plugins.Unavailable)
	s.mu.Lock()
	s.closes = false
	s.mu.Unlock()
	r.storm(3)
	if s.wrong != 0 {
		t.Errorf("%d wrong", s.wrong)
	}
}

func TestNTLMIsNotRelayed(t *testing.T) {
	other := newWindows()
	elsewhere := other.start(t, false)
	r := newRig(t, http.RedirectHandler(elsewhere.URL+"/", http.StatusFound), append(withNTLM(`FORCE\r.söder`), func(o *Options, _ *tuning) {
		o.Info.Hosts = append(o.Info.Hosts, strings.TrimPrefix(elsewhere.URL, "http://"))
	})...)
	_, _, err := r.get("/")
	wantKind(t, err, plugins.Auth)
	if other.right+other.wrong != 0 {
		t.Error("another server was shown the account")
	}
}

func TestSigningInOnTheWireIsForWebAddresses(t *testing.T) {
	for _, kind := range []plugins.AuthKind{plugins.AuthNTLM, plugins.AuthKerberos} {
		req, _ := http.NewRequest(http.MethodGet, "ldaps://dc.example/", nil)
		err := (&chain{}).withCarrier(req, kind, nil)
		if plugins.KindOf(err) != plugins.Invalid {
			t.Error(kind, err)
		}
	}
}

func FuzzNTLMChallenge(f *testing.F) {
	f.Add(challengeOf([]byte("12345678"), "FORCE"))
	f.Add([]byte("NTLMSSP\x00\x02\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, m []byte) {
		srv := &http.Response{StatusCode: 401, Header: http.Header{"Www-Authenticate": {"NTLM " + base64.StdEncoding.EncodeToString(m)}}}
		if got, ok := offers(srv.Header, "ntlm"); !ok || got != base64.StdEncoding.EncodeToString(m) {
			t.Fatal(got)
		}
		_, _ = answerNTLM(m, "FORCE\\officer", "password")
	})
}
