package ldapwire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins"
	"muster/plugins/ldapwire/filter"
	"muster/plugins/ldapwire/slapdtest"
	"muster/plugins/transport"
)

const (
	suffix = "dc=force,dc=example"
	people = "ou=people," + suffix
)

func ldif() string {
	var b strings.Builder
	entry := func(dn string, lines ...string) {
		b.WriteString("dn: " + dn + "\n" + strings.Join(lines, "\n") + "\n\n")
	}
	entry(suffix, "objectClass: dcObject", "objectClass: organization", "o: Force", "dc: force")
	entry(people, "objectClass: organizationalUnit", "ou: people")
	entry("ou=hidden,"+suffix, "objectClass: organizationalUnit", "ou: hidden")
	person := func(uid, sn, given string, more ...string) {
		entry("uid="+filter.EscapeDN(uid)+","+people, append([]string{"objectClass: inetOrgPerson", "uid: " + uid, "cn: " + given + " " + sn, "sn: " + sn, "givenName: " + given}, more...)...)
	}
	person("reader", "Reader", "The", "userPassword: reader-word")
	person("a,b+c", "Comma", "User", "userPassword: comma-word")
	person("u1", "Ó Briain", "Siobhán", "mail: s@force.example", "mail: s2@force.example", "jpegPhoto:: /9j/4AAQSkZJRg==")
	person("u2", `star*(and)\slash`, "Odd", "description: = # , +")
	person("u3", "محمود", "علي")
	for i := range 25 {
		person(fmt.Sprintf("p%02d", i), "Archer", fmt.Sprintf("Nr%02d", i))
	}
	entry("cn=elsewhere,"+suffix, "objectClass: referral", "objectClass: extensibleObject", "cn: elsewhere", "ref: ldap://192.0.2.1/cn=elsewhere")
	return b.String()
}

func directory(t testing.TB, settings ...string) *slapdtest.Server {
	return slapdtest.Start(t, suffix, ldif(), append([]string{"access to attrs=userPassword by anonymous auth by * none",
		`access to dn.subtree="ou=hidden,` + suffix + `" by * none`, "access to * by users read by anonymous auth"}, settings...)...)
}

// rig is one wire and the directory that it asks.
type rig struct {
	t              testing.TB
	w              *wire
	url            string
	user, password string
	dials          atomic.Int32
}

func newRig(t testing.TB, url string) *rig {
	r := &rig{t: t, url: url, user: "uid=reader," + people, password: "reader-word"}
	d := &net.Dialer{}
	r.w = open(transport.WireEnv{System: "test", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Now: time.Now, Config: plugins.Config{},
		Limits: plugins.Limits{Timeout: 10 * time.Second, Response: 1 << 20, Parallel: 4},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			r.dials.Add(1)
			return d.DialContext(ctx, network, addr)
		}}).(*wire)
	t.Cleanup(r.w.CloseIdleConnections)
	return r
}

type answer struct {
	Entries []map[string]any
	Next    string
	More    *bool
	Gaps    []string
	Error   struct{ Code, Is, Message string }
}

func (r *rig) send(ctx context.Context, q request) (*http.Response, error) {
	b, err := json.Marshal(q)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(b))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.user != "" {
		req.SetBasicAuth(r.user, r.password)
	}
	return r.w.RoundTrip(req)
}

func (r *rig) ask(q request) (int, answer) {
	r.t.Helper()
	resp, err := r.send(context.Background(), q)
	if err != nil {
		r.t.Fatalf("%+v: %v", q, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		r.t.Fatalf("%s: %v", raw, err)
	}
	if resp.StatusCode < 300 && a.More == nil || r.password != "" && strings.Contains(string(raw), r.password) {
		r.t.Errorf("answer %s", raw)
	}
	return resp.StatusCode, a
}

func TestOpenLDAP(t *testing.T) {
	s := directory(t)
	r := newRig(t, "ldap://"+s.Addr)
	find := func(f string) request {
		return request{Base: people, Scope: "sub", Filter: f, Attributes: []string{"SN", "mail", "jpegPhoto", "telephoneNumber"}}
	}
	t.Run("entries", func(t *testing.T) {
		status, a := r.ask(find("(sn=" + filter.Escape("ó briain") + ")"))
		got, err := json.Marshal(a.Entries)
		if err != nil {
			t.Fatal(err)
		}
		want := `[{"SN":["Ó Briain"],"dn":"uid=u1,ou=people,dc=force,dc=example","jpegPhoto":["/9j/4AAQSkZJRg=="],"mail":["s@force.example","s2@force.example"],"telephoneNumber":[]}]`
		if status != 200 || string(got) != want || *a.More || a.Next != "" {
			t.Errorf("%d %s", status, got)
		}
		for sn, n := range map[string]int{`star*(and)\slash`: 1, "محمود": 1, "*": 0, "star*": 0} {
			if status, a := r.ask(find("(sn=" + filter.Escape(sn) + ")")); status != 200 || len(a.Entries) != n {
				t.Errorf("%s: %d %+v", sn, status, a)
			}
		}
		if status, a := r.ask(request{Base: "uid=" + filter.EscapeDN("a,b+c") + "," + people, Scope: "base"}); status != 200 || len(a.Entries) != 1 {
			t.Errorf("by DN: %d %+v", status, a)
		}
		if n := r.dials.Load(); n != 1 {
			t.Errorf("%d connections for one after the other", n)
		}
	})
	t.Run("pages", func(t *testing.T) { pages(t, r) })
	t.Run("refusals", func(t *testing.T) {
		for _, tt := range []struct {
			q      request
			status int
			is     string
		}{
			{request{Base: "uid=none," + people, Scope: "base"}, 404, ""},
			{request{Base: "ou=none," + suffix, Scope: "sub", Filter: "(cn=*)"}, 422, "drift"},
			{request{Base: "ou=hidden," + suffix, Scope: "base"}, 404, ""},
			{request{Base: "people", Scope: "sub", Filter: "(cn=*)"}, 422, "invalid"},
			{request{Base: people, Scope: "tree", Filter: "(cn=*)"}, 400, "drift"},
			{request{Base: people, Filter: "(cn=*"}, 400, "drift"},
			{request{Base: people, Filter: "(cn=*)", Cookie: "x"}, 400, "drift"},
		} {
			if status, a := r.ask(tt.q); status != tt.status || a.Error.Is != tt.is || a.Error.Message == "" {
				t.Errorf("%+v: %d %+v", tt.q, status, a.Error)
			}
		}
	})
	t.Run("a referral is told and not followed", func(t *testing.T) {
		status, a := r.ask(request{Base: suffix, Scope: "one", Filter: "(objectClass=*)"})
		if status != 200 || len(a.Gaps) != 1 || !strings.Contains(a.Gaps[0], "another server") {
			t.Errorf("%d %+v", status, a)
		}
	})
	t.Run("sign-in", func(t *testing.T) {
		own := newRig(t, r.url)
		own.password = "wrong-word"
		if status, _ := own.ask(find("(sn=x)")); status != 401 || own.dials.Load() != 1 {
			t.Errorf("%d after %d connections", status, own.dials.Load())
		}
		own.password = ""
		if status, _ := own.ask(find("(sn=x)")); status != 401 || own.dials.Load() != 1 {
			t.Errorf("without a password: %d", status)
		}
		own.user = ""
		if status, _ := own.ask(find("(sn=x)")); status != 401 {
			t.Errorf("as nobody: %d", status)
		}
		own.w.env.Config["bind_dn"] = "uid={user}," + people
		own.user, own.password = "a,b+c", "comma-word"
		if status, a := own.ask(find("(sn=Comma)")); status != 200 || len(a.Entries) != 1 {
			t.Errorf("by user name: %d %+v", status, a)
		}
		own.w.env.Config["bind_dn"] = people
		if status, a := own.ask(find("(sn=Comma)")); status != 422 || a.Error.Code != "bind_dn" {
			t.Errorf("without a place for the user: %d %+v", status, a)
		}
	})
	t.Run("too much for one answer", func(t *testing.T) {
		own := newRig(t, r.url)
		own.w.env.Limits.Response = 400
		resp, err := own.send(context.Background(), find("(sn=Archer)"))
		if err != nil || resp.ContentLength <= 400 {
			t.Errorf("%+v %v", resp, err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := r.send(ctx, find("(sn=Archer)")); !errors.Is(err, context.Canceled) { //nolint:bodyclose // there is none
			t.Error(err)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				if status, a := r.ask(find(fmt.Sprintf("(givenName=Nr%02d)", i%25))); status != 200 || len(a.Entries) != 1 {
					t.Errorf("%d %+v", status, a)
				}
			})
		}
		wg.Wait()
	})
	t.Run("nothing is left", func(t *testing.T) {
		before := goleak.IgnoreCurrent()
		own := newRig(t, r.url)
		q := find("(sn=Archer)")
		q.Size = 10
		own.ask(q)
		own.ask(find("(sn=x)"))
		own.w.CloseIdleConnections()
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
}

// pages reads 25 entries in three pages, with the connection and without.
func pages(t *testing.T, r *rig) {
	for name, between := range map[string]func(){"held": func() {}, "lost": r.w.CloseIdleConnections} {
		q := request{Base: people, Scope: "one", Filter: "(sn=Archer)", Attributes: []string{"uid"}, Size: 10}
		seen, n := map[any]bool{}, 0
		for {
			n++
			status, a := r.ask(q)
			if status != 200 {
				t.Fatalf("%s: %d %+v", name, status, a)
			}
			for _, e := range a.Entries {
				if seen[e["dn"]] {
					t.Errorf("%s: %v twice", name, e)
				}
				seen[e["dn"]] = true
			}
			if *a.More != (a.Next != "") {
				t.Errorf("%s: more %v, next %q", name, *a.More, a.Next)
			}
			if a.Next == "" {
				break
			}
			q.Cookie = a.Next
			between()
		}
		if len(seen) != 25 || n != 3 {
			t.Errorf("%s: %d entries in %d pages", name, len(seen), n)
		}
	}
	q := request{Base: people, Filter: "(sn=Archer)", Size: 10}
	_, a := r.ask(q)
	q.Cookie = a.Next[:len(a.Next)-2] + "zz"
	r.w.CloseIdleConnections()
	if status, a := r.ask(q); status != 409 || a.Error.Is != "unavailable" {
		t.Errorf("the last entry has gone: %d %+v", status, a)
	}
}

func TestALimitOfTheServerIsToldAsMore(t *testing.T) {
	s := directory(t, "sizelimit size.soft=5 size.hard=5 size.prtotal=7")
	r := newRig(t, "ldap://"+s.Addr)
	q := request{Base: people, Filter: "(sn=Archer)", Size: 4}
	status, a := r.ask(q)
	n := len(a.Entries)
	for a.Next != "" && status == 200 {
		q.Cookie = a.Next
		status, a = r.ask(q)
		n += len(a.Entries)
	}
	if status != 200 || n == 0 || n >= 25 || !*a.More || a.Next != "" {
		t.Errorf("%d: %d entries, %+v", status, n, a)
	}
}

// A server that does not speak TLS must not get the password, wherever it is but on this machine.
func TestNothingIsSentWithoutTLS(t *testing.T) {
	for scheme, reply := range map[string]string{"ldap": "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00", "ldaps": "no"} {
		near, far := net.Pipe()
		sent := make(chan string, 1)
		go func() {
			buf := make([]byte, 4096)
			_, _ = far.Read(buf)
			_, _ = io.WriteString(far, reply)
			rest, _ := io.ReadAll(far)
			sent <- string(rest)
		}()
		r := newRig(t, scheme+"://dir.force.example")
		r.w.env.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			if addr != "dir.force.example:"+map[string]string{"ldap": "389", "ldaps": "636"}[scheme] {
				t.Errorf("dialled %s", addr)
			}
			return near, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := r.send(ctx, request{Base: people, Filter: "(cn=*)"}) //nolint:bodyclose // there is none
		cancel()
		if err == nil || scheme == "ldap" && !errors.Is(err, transport.ErrStanding) {
			t.Errorf("%s: %v", scheme, err)
		}
		_ = near.Close()
		if rest := <-sent; strings.Contains(rest, "reader") {
			t.Errorf("%s sent %q", scheme, rest)
		}
	}
}

// FuzzServer reads whatever a server may say.
func FuzzServer(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("\x30\x05\x02\x01\x01\x64\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		near, far := net.Pipe()
		r := newRig(t, "ldap://127.0.0.1:1")
		r.user = ""
		r.w.env.Dial = func(context.Context, string, string) (net.Conn, error) { return near, nil }
		go func() {
			buf := make([]byte, 4096)
			_, _ = far.Read(buf)
			_, _ = far.Write(said)
			_ = far.Close()
		}()
		resp, err := r.send(context.Background(), request{Base: people, Filter: "(cn=*)"})
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
		}
		_ = near.Close()
	})
}
