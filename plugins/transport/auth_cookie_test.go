package transport

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"muster/plugins"
)

// formSite is a system without an interface: a form, a session cookie, and the form again when the session is lost.
type formSite struct {
	mu       sync.Mutex
	logins   int
	session  string
	sendsOn  bool // sends lost sessions to the form instead of showing it
	password string
}

func (s *formSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	form := func() {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form action="/search"><input type=hidden name=other value=no></form>
			<form method=post><input type=hidden name="csrf" value="%s"><input name="user"><input name="pw" type="password"></form>`, html.EscapeString(`a"b`))
	}
	switch {
	case r.URL.Path == "/login" && r.Method == http.MethodPost:
		_ = r.ParseForm()
		s.logins++
		if r.PostForm.Get("user") != "officer" || r.PostForm.Get("pw") != s.password || r.PostForm.Get("csrf") != `a"b` || r.PostForm.Get("realm") != "force" || r.PostForm.Has("other") {
			form()
			return
		}
		s.session = fmt.Sprintf("session-%d", s.logins)
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: s.session, Path: "/"})
		http.Redirect(w, r, "/home", http.StatusSeeOther)
	case r.URL.Path == "/login":
		form()
	default:
		if c, err := r.Cookie("sid"); err != nil || c.Value != s.session {
			if s.sendsOn {
				http.Redirect(w, r, "/login", http.StatusFound)
			} else {
				form()
			}
			return
		}
		io.WriteString(w, "records")
	}
}

func TestFormLogin(t *testing.T) {
	for _, sendsOn := range []bool{false, true} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(fmt.Sprint(method, sendsOn), func(t *testing.T) {
				site := &formSite{sendsOn: sendsOn, password: "right-password"}
				r := newRig(t, site, withAuth(plugins.AuthSpec{Kind: plugins.AuthCookie, User: "user", Secret: "secret",
					Login: "/login", Page: "/login", UserField: "user", SecretField: "pw", Form: map[string]string{"realm": "force"}}))
				r.creds.values["user"], r.creds.values["secret"] = "officer", "right-password"
				form := strings.Repeat("x", len(method)-3) // a GET has none
				for range 3 {
					if got, body, err := r.do(officer(), method, "/records", form); err != nil || got != 200 || body != "records" {
						t.Fatal(got, body, err)
					}
				}
				if site.logins != 1 {
					t.Fatalf("%d logins for three requests", site.logins)
				}
				site.mu.Lock()
				site.session = "gone"
				site.mu.Unlock()
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						if _, body, err := r.do(officer(), method, "/records", form); err != nil || body != "records" {
							t.Error(body, err)
						}
					})
				}
				wg.Wait()
				if site.logins != 2 {
					t.Fatalf("%d logins after the session was lost, want one more", site.logins-1)
				}
			})
		}
	}
}

func TestFormLoginRefused(t *testing.T) {
	site := &formSite{password: "right-password"}
	r := newRig(t, site, withAuth(plugins.AuthSpec{Kind: plugins.AuthCookie, User: "user", Secret: "secret",
		Login: "/login", Page: "/login", UserField: "user", SecretField: "pw", Form: map[string]string{"realm": "force"}}))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "wrong-password"
	for range 8 {
		_, _, err := r.get("/records")
		wantKind(t, err, plugins.Auth)
	}
	if site.logins != 1 {
		t.Fatalf("a wrong password was posted %d times", site.logins)
	}
	r.creds.values["secret"] = "right-password"
	if _, body, err := r.get("/records"); err != nil || body != "records" {
		t.Fatal(body, err)
	}
}
