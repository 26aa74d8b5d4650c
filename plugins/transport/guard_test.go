package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"muster/plugins"
)

func TestUndeclaredHostsAreRefused(t *testing.T) {
	var other atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { other.Add(1) }))
	defer elsewhere.Close()
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, elsewhere.URL+"/?stolen=1", http.StatusFound)
	}))
	home := r.url
	ask := func(u string) error {
		req, err := http.NewRequestWithContext(officer(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	port := home[strings.LastIndex(home, ":"):]
	for name, u := range map[string]string{
		"another port":        elsewhere.URL,
		"an IP address":       "http://127.0.0.2" + port,
		"a name":              "http://localhost" + port,
		"not secure":          "http://example.org/",
		"a secure name":       "https://example.org/",
		"cloud metadata":      "http://169.254.169.254/latest",
		"numbers in disguise": "http://2130706433" + port,
		"a file":              "file:///etc/passwd",
		"with a credential":   strings.Replace(home, "http://", "http://user:pass@", 1),
	} {
		err := ask(u)
		wantKind(t, err, plugins.Denied)
		if !errors.Is(err, ErrUndeclared) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := ask(home) // and neither where a redirect leads
	wantKind(t, err, plugins.Drift)
	if !errors.Is(err, ErrUndeclared) || other.Load() != 0 {
		t.Fatalf("%v; the undeclared server was asked %d times", err, other.Load())
	}
}

func TestRedirects(t *testing.T) {
	type seen struct {
		method, auth, extra, body string
	}
	got := make(chan seen, 10)
	record := func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.Header.Get("Authorization"), r.Header.Get("X-Officer"), string(b)}
	}
	far := httptest.NewServer(http.HandlerFunc(record))
	defer far.Close()
	var hops atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/near", record)
	redirect := func(path, to string, code int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			hops.Add(1)
			http.Redirect(w, r, to, code)
		})
	}
	redirect("/to-near", "/near", 302)
	redirect("/to-near-307", "/near", 307)
	redirect("/to-far", far.URL, 302)
	redirect("/to-far-307", far.URL, 307)
	redirect("/loop", "/loop", 302)
	redirect("/unreadable", "http://[::1", 302)
	r := newRig(t, mux, withAuth(plugins.AuthSpec{Kind: plugins.AuthBearer}), func(o *Options, _ *tuning) {
		o.Info.Hosts = append(o.Info.Hosts, strings.TrimPrefix(far.URL, "http://"))
	})
	r.creds.login = "officers-token"
	do := func(method, path string) (*http.Response, error) {
		body := ""
		if method == http.MethodPost {
			body = "entry"
		}
		req, _ := http.NewRequestWithContext(officer(), method, r.url+path, strings.NewReader(body))
		if body == "" {
			req.Body, req.GetBody = nil, nil
		}
		req.Header.Set("X-Officer", "4711")
		resp, err := r.client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return resp, err
	}

	if resp, err := do("GET", "/to-near"); err != nil || resp.StatusCode != 200 || resp.Request.URL.Path != "/near" {
		t.Fatal(resp, err)
	}
	if s := <-got; s != (seen{"GET", "Bearer officers-token", "4711", ""}) {
		t.Fatalf("within the system: %+v", s)
	}
	if resp, err := do("GET", "/to-far"); err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	if s := <-got; s != (seen{"GET", "", "", ""}) {
		t.Fatalf("another host was sent a credential: %+v", s)
	}
	if resp, err := do("POST", "/to-near-307"); err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	if s := <-got; s != (seen{"POST", "Bearer officers-token", "4711", "entry"}) {
		t.Fatalf("a write within the system: %+v", s)
	}
	for _, path := range []string{"/to-near", "/to-far", "/to-far-307"} {
		resp, err := do("POST", path)
		if err != nil {
			t.Fatal(path, err)
		}
		if e := FromStatus("custody", resp, true); e == nil || e.Kind != plugins.Unknown {
			t.Fatalf("a write that was redirected from %s gives %v", path, e)
		}
	}
	if len(got) != 0 {
		t.Fatalf("a redirected write was turned into %+v", <-got)
	}
	hops.Store(0)
	_, err := do("GET", "/loop")
	wantKind(t, err, plugins.Drift)
	if hops.Load() != maxRedirects+1 {
		t.Fatalf("%d hops", hops.Load())
	}
	_, err = do("GET", "/unreadable")
	wantKind(t, err, plugins.Drift)
}

func TestHostsThatCannotWork(t *testing.T) {
	info := func(hosts ...string) plugins.Info {
		return plugins.Info{ID: "x", Name: "X", Hosts: hosts, Options: []plugins.Option{
			{Name: "base_url", Type: plugins.OptionURL, Label: "Server address", Required: true}}}
	}
	for _, tt := range []struct {
		host, url, want string
	}{
		{"base_url", "", "base_url"},
		{"base_url", "records.example.org", "not a web address"},
		{"base_url", "http://records.example.org", "https"},
		{"base_url", "https://user:hunter22@records.example.org", "password"},
		{"https://example.org/", "https://example.org", "allowed host"},
		{"*.example.org/x", "https://example.org", "allowed host"},
	} {
		_, err := New(Options{System: "x", Info: info(tt.host), Config: plugins.Config{"base_url": tt.url}})
		var e *plugins.Error
		if !errors.As(err, &e) || e.Kind != plugins.Invalid || !strings.Contains(e.Say, tt.want) || strings.Contains(e.Say, "hunter22") {
			t.Errorf("hosts %s with %s: %v", tt.host, tt.url, err)
		}
	}
	a, err := newAllowList(info("Example.org", "[::1]:8443", "127.0.0.1", "Åbo.example"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range map[string]bool{
		"https://example.org/x": true, "https://EXAMPLE.org:443/": true, "https://example.org:8443/": false,
		"https://[::1]:8443/": true, "http://[::1]:8443/": true, "http://127.0.0.1/": true, "https://sub.example.org/": false,
		"https://åbo.example/": true, "https://xn--bo-xia.example/": true,
	} {
		p, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.check(words{"x", "X"}, p) == nil; got != want {
			t.Errorf("%s allowed: %v, want %v", u, got, want)
		}
	}
}

func TestSecureConnectionsWork(t *testing.T) {
	srv := httptest.NewUnstartedServer(serve(nil, []byte("ok")))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	r := newRigAt(t, srv.URL, func(o *Options, _ *tuning) { o.TLS = &tls.Config{RootCAs: pool} })
	if got, body, err := r.get("/"); err != nil || got != 200 || body != "ok" {
		t.Fatal(got, body, err)
	}
}

func TestEveryFailureHidesTheQuery(t *testing.T) {
	r := newRig(t, http.NotFoundHandler())
	for _, u := range []string{r.url, "https://example.org", "http://127.0.0.1:1"} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, u+"/people/Private?surname=Private", nil)
		resp, err := r.client.Do(req)
		if err == nil {
			resp.Body.Close()
			t.Fatal("a request without purpose went through")
		}
		if strings.Contains(err.Error(), "Private") {
			t.Errorf("%v", err)
		}
	}
}
