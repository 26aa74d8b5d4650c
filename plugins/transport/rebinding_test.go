package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"muster/plugins"
)

// resolver answers every name with one address, which can change: the owner of the name is not to be trusted.
func resolver(t *testing.T) *atomic.Value {
	t.Helper()
	answer := &atomic.Value{}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			ip, _ := answer.Load().(netip.Addr)
			h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			switch {
			case q.Type == dnsmessage.TypeA && ip.Is4():
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}}}
			case q.Type == dnsmessage.TypeAAAA && ip.Is6():
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = pc.WriteTo(out, from)
			}
		}
	}()
	old := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = old })
	return answer
}

// TestANameThatIsMadeToPointInwardIsNotFollowed: the system's own name, declared and allowed, resolves to this machine, its
// link or the place where clouds keep credentials.
func TestANameThatIsMadeToPointInwardIsNotFollowed(t *testing.T) {
	answer := resolver(t)
	var asked atomic.Int64
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inside.Close()
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"127.0.0.1", "127.8.9.10", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fe80::1", "fd00:ec2::254", "224.0.0.1"} {
		answer.Store(netip.MustParseAddr(to))
		r := newRigAt(t, "https://records.vendor.test:"+port)
		_, _, err := r.get("/")
		wantKind(t, err, plugins.Denied)
		if !errors.Is(err, ErrUndeclared) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("what listens inside was asked %d times", n)
	}
	// Where a force's systems can be is not refused: there, only nobody answers.
	for _, to := range []string{"10.1.2.3:443", "192.168.7.7:443", "172.16.0.9:443", "51.1.1.1:443", "[2001:db8::1]:443", "[fd12::1]:443"} {
		if err := notInward("tcp", to, nil); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	for addr, want := range map[string]bool{"rms.force.test:443": true, "localhost:80": false, "127.0.0.1:80": false, "[::1]:80": false, "10.0.0.1:443": false, strings.ToLower("RMS:443"): true} {
		if named(addr) != want {
			t.Errorf("%s is a name: %v", addr, !want)
		}
	}
}
