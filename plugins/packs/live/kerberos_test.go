package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/goidentity/v6"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/service"
	"github.com/jcmturner/gokrb5/v8/spnego"

	"muster/plugins"
	"muster/plugins/transport"
)

// realm starts a domain's ticket service (MIT Kerberos) with an officer who has signed in to this computer, and points
// the environment at them. It returns the services' keys.
func realm(t *testing.T) *keytab.Keytab {
	t.Helper()
	kdc, util, admin, kinit := program(t, "krb5kdc", "/usr/sbin/krb5kdc"), program(t, "kdb5_util", "/usr/sbin/kdb5_util"), program(t, "kadmin.local", "/usr/sbin/kadmin.local"), program(t, "kinit")
	dir, at := t.TempDir(), port(t)
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	// The realm stands in a file that the first includes, as computers of a domain have it.
	if err := os.Mkdir(filepath.Join(dir, "conf.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	file("conf.d/force", fmt.Sprintf("[realms]\n FORCE.EXAMPLE = {\n  kdc = 127.0.0.1:%s\n }\n", at))
	t.Setenv("KRB5_CONFIG", file("krb5.conf", "[libdefaults]\n default_realm = FORCE.EXAMPLE\n dns_lookup_kdc = false\n udp_preference_limit = 1\n rdns = false\nincludedir "+filepath.Join(dir, "conf.d")+"\n"))
	t.Setenv("KRB5_KDC_PROFILE", file("kdc.conf", fmt.Sprintf("[realms]\n FORCE.EXAMPLE = {\n  database_name = %[1]s/db\n  key_stash_file = %[1]s/stash\n  kdc_listen = \"\"\n  kdc_tcp_listen = 127.0.0.1:%[2]s\n  max_life = 10h\n }\n[logging]\n kdc = FILE:%[1]s/kdc.log\n", dir, at)))
	t.Setenv("KRB5CCNAME", "FILE:"+filepath.Join(dir, "tickets"))
	once(t, exec.Command(util, "create", "-s", "-r", "FORCE.EXAMPLE", "-P", "master"))
	keys := filepath.Join(dir, "keys")
	for _, q := range []string{"addprinc -pw the-password officer", "addprinc -randkey HTTP/localhost", "addprinc -randkey HTTP/records.force.example",
		"ktadd -k " + keys + " HTTP/localhost HTTP/records.force.example"} {
		once(t, exec.Command(admin, "-r", "FORCE.EXAMPLE", "-q", q))
	}
	serve(t, at, exec.Command(kdc, "-n", "-r", "FORCE.EXAMPLE"))
	in := exec.Command(kinit, "officer")
	in.Stdin = strings.NewReader("the-password\n")
	once(t, in)
	kt, err := keytab.Load(keys)
	if err != nil {
		t.Fatal(err)
	}
	return kt
}

// TestKerberos signs in with the ticket of this computer at a service that checks it with its own key and takes no
// token twice.
func TestKerberos(t *testing.T) {
	kt := realm(t)
	var mu sync.Mutex
	var who, bodies []string
	mux := http.NewServeMux()
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/records", http.StatusFound) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		id := goidentity.FromHTTPRequestContext(r)
		who, bodies = append(who, id.UserName()+"@"+id.Domain()), append(bodies, string(body))
	})
	var said tail
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(said.String())
		}
	})
	srv := httptest.NewServer(spnego.SPNEGOKRB5Authenticate(mux, kt, service.Logger(log.New(&said, "", 0)), service.DecodePAC(false)))
	defer srv.Close()
	base := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	client := func(spn string, now func() time.Time) *http.Client {
		c, err := transport.New(transport.Options{System: "records", Now: now, Config: plugins.Config{"base_url": base, "service_name": "HTTP/records.force.example"},
			Info: plugins.Info{ID: "records", Name: "Records", Hosts: []string{"base_url"}, Auth: []plugins.AuthSpec{{Kind: plugins.AuthKerberos, SPN: spn}}, Limits: plugins.Limits{Rate: 1e6, Burst: 1000, Parallel: 20},
				Options: []plugins.Option{{Name: "base_url", Type: plugins.OptionURL, Label: "Address", Required: true}, {Name: "service_name", Type: plugins.OptionString, Label: "Service name"}}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		return c
	}
	ctx := plugins.WithAccess(t.Context(), plugins.Access{Officer: "o1", Operation: "consultation", Audited: 1})
	send := func(c *http.Client, method, path, body string) error {
		r, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		resp, err := c.Do(r)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != 200 {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	}
	c := client("", nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := send(c, http.MethodGet, "/records", ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for what, err := range map[string]error{
		"an entry":                send(c, http.MethodPost, "/entries", `{"text":"ö"}`),
		"a redirect":              send(c, http.MethodGet, "/moved", ""),
		"a name of its own":       send(client("HTTP/records.force.example", nil), http.MethodGet, "/records", ""),
		"a name in the settings":  send(client("service_name", nil), http.MethodGet, "/records", ""),
		"a ticket that is cached": send(c, http.MethodGet, "/records", ""),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if t.Failed() {
		return
	}
	if len(who) < 55 || who[0] != "officer@FORCE.EXAMPLE" || !strings.Contains(strings.Join(bodies, ""), `{"text":"ö"}`) {
		t.Errorf("served %d requests, the first of %q", len(who), who[:1])
	}

	refused := func(what string, c *http.Client, say string) {
		t.Helper()
		err := send(c, http.MethodGet, "/records", "")
		var e *plugins.Error
		if !errors.As(err, &e) || e.Kind != plugins.Auth || !strings.Contains(e.Say, say) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a service that the domain does not know", client("HTTP/unknown.force.example", nil), "gave no ticket for Records (HTTP/unknown.force.example)")
	refused("a ticket that has ended", client("", func() time.Time { return time.Now().Add(48 * time.Hour) }), "sign in to it again")
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	r, _ := http.NewRequestWithContext(stopped, http.MethodGet, base+"/", nil)
	if _, err := c.Do(r); plugins.KindOf(err) != plugins.Cancelled {
		t.Error(err)
	}
	tickets := strings.TrimPrefix(os.Getenv("KRB5CCNAME"), "FILE:")
	if err := os.WriteFile(tickets, []byte("not a cache"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a cache that is no cache", c, "cannot read")
	if err := os.Remove(tickets); err != nil {
		t.Fatal(err)
	}
	refused("no ticket", c, "sign in to it again")
	t.Setenv("KRB5CCNAME", "KCM:1000")
	refused("tickets that a service keeps", c, "KRB5CCNAME=FILE:")
}
