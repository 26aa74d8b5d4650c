package checkup

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, s *httptest.Server) *url.URL {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestServersSayWhatIsWrongWithThem(t *testing.T) {
	var asked *http.Request
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		http.Redirect(w, r, "https://elsewhere.invalid/", http.StatusFound)
	}))
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	n := Net{TLS: &tls.Config{RootCAs: roots}, Now: time.Now}
	r, skew := n.Server(t.Context(), at(t, srv))
	if !r.OK || !strings.Contains(r.Say, "good until") || skew < 59*time.Minute || skew > 61*time.Minute {
		t.Errorf("%+v %s", r, skew)
	}
	if asked.Method != http.MethodHead || asked.URL.Path != "/" || asked.Header.Get("Authorization") != "" {
		t.Errorf("%+v", asked)
	}
	soon := n
	soon.Now = func() time.Time { return srv.Certificate().NotAfter.Add(-48 * time.Hour) }
	soon.TLS = &tls.Config{RootCAs: roots, Time: soon.Now}
	if r, _ := soon.Server(t.Context(), at(t, srv)); r.OK || !strings.Contains(r.Say, "in 2 days") {
		t.Errorf("%+v", r)
	}
	late := n
	late.Now = func() time.Time { return srv.Certificate().NotAfter.Add(time.Hour) }
	late.TLS = &tls.Config{RootCAs: roots, Time: late.Now}
	if r, _ := late.Server(t.Context(), at(t, srv)); r.OK || !strings.Contains(r.Say, "is good from") || !strings.Contains(r.Cure, "clock") {
		t.Errorf("%+v", r)
	}
	if r, _ := (Net{TLS: &tls.Config{}, Now: time.Now}).Server(t.Context(), at(t, srv)); r.OK || !strings.Contains(r.Cure, "extra_ca") {
		t.Errorf("%+v", r)
	}
	other := n
	other.TLS = &tls.Config{RootCAs: roots, ServerName: "other.example.net"}
	if r, _ := other.Server(t.Context(), at(t, srv)); r.OK || !strings.Contains(r.Say, "another name") {
		t.Errorf("%+v", r)
	}
	srv.Close()
	if r, _ := n.Server(t.Context(), at(t, srv)); r.OK || !strings.Contains(r.Say, "cannot be reached") {
		t.Errorf("%+v", r)
	}
}

func TestTheProxyIsLookedAt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	proxy := &url.URL{Scheme: "http", Host: l.Addr().String()}
	n := Net{TLS: &tls.Config{}, Now: time.Now, Proxy: http.ProxyURL(proxy)}
	to := &url.URL{Scheme: "https", Host: "rms.example"}
	if r := n.Via(t.Context(), to); !r.OK || !strings.Contains(r.Say, proxy.Host) {
		t.Errorf("%+v", r)
	}
	_ = l.Close()
	if r := n.Via(t.Context(), to); r.OK || !strings.Contains(r.Say, "cannot be reached") {
		t.Errorf("%+v", r)
	}
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(refuses.Close)
	n.Proxy = http.ProxyURL(at(t, refuses))
	if r, _ := n.Server(context.Background(), to); r.OK || r.Cure == "" {
		t.Errorf("%+v", r)
	}
}

func TestTheClockIsJudgedByMostServers(t *testing.T) {
	for say, skews := range map[string][]time.Duration{
		"no server":       nil,
		"agrees with 3":   {time.Second, -time.Second, time.Hour},
		"5s ahead of 1":   {5 * time.Second},
		"1h0m0s behind 3": {-time.Hour, -time.Hour, 0},
	} {
		r := Clock(skews)
		if !strings.Contains(r.Say, say) || r.OK == strings.Contains(say, "1h") {
			t.Errorf("%s: %+v", say, r)
		}
	}
}

func TestDiskSystemAndDisplayAreSaid(t *testing.T) {
	if r := Disk(t.TempDir()); !strings.Contains(r.Say, "GB free") {
		t.Errorf("%+v", r)
	}
	if r := Disk("/no/such/folder"); r.OK {
		t.Errorf("%+v", r)
	}
	if r := System(); r.Say == "" {
		t.Error("no system")
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	if r := Display(); r.Say == "" || !r.OK && r.Cure == "" {
		t.Errorf("%+v", r)
	}
}
