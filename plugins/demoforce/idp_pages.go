package demoforce

import (
	"bytes"
	"cmp"
	"crypto/subtle"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/op"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// page is what a template shows.
type page struct {
	Title, Force         string
	ID, Token            string // of the login, and against forged forms
	User, Code           string
	Error, Done          string
	BadPassword, BadCode bool // which field the error is about
	Device               bool
	Officers             []choice
	Password             string
}

// choice is an account that the page offers; its address is the same page with that user name filled in.
type choice struct {
	Account
	Duty, URL string
	Chosen    bool
}

// duties says a role in words where its name does not.
var duties = map[string]string{"control-room": "control room", "it": "IT"}

func choices(d page) []choice {
	at, q := "/login", url.Values{"id": {d.ID}}
	if d.Device {
		at, q = "/device", url.Values{"user_code": {d.Code}}
	}
	var list []choice
	for _, a := range accounts {
		duty := cmp.Or(duties[a.Role], a.Role)
		q.Set("user", a.User)
		list = append(list, choice{a, duty, at + "?" + q.Encode(), a.User == d.User})
	}
	return list
}

const (
	formCookie  = "northmoor_form"
	deviceTitle = "Sign in another device"
)

func (p *idp) show(w http.ResponseWriter, r *http.Request, status int, d page) {
	c, err := r.Cookie(formCookie)
	if err != nil || len(c.Value) < 20 {
		c = &http.Cookie{Name: formCookie, Value: random(18), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
		http.SetCookie(w, c)
	}
	d.Token, d.Force, d.Password = c.Value, ForceName, Password
	if d.User == "" {
		d.User = accounts[0].User
	}
	d.Officers = choices(d)
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "page.html", d); err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// genuine refuses a form that did not come from our own page.
func (p *idp) genuine(r *http.Request) bool {
	c, err := r.Cookie(formCookie)
	return err == nil && r.ParseForm() == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(r.PostForm.Get("token"))) == 1
}

func (p *idp) showLogin(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	a, err := p.store.AuthRequestByID(r.Context(), id)
	if err != nil {
		p.show(w, r, http.StatusNotFound, page{Title: "This sign-in has ended", Error: "It was used already or took too long. Go back to Muster and start again."})
		return
	}
	d := page{Title: "Sign in", ID: id}
	if l, ok := a.(*login); ok {
		if _, known := account(l.LoginHint); known {
			d.User = l.LoginHint
		}
	}
	if a, known := account(r.URL.Query().Get("user")); known {
		d.User = a.User
	}
	p.show(w, r, http.StatusOK, d)
}

func (p *idp) tryLogin(w http.ResponseWriter, r *http.Request) {
	if !p.genuine(r) {
		p.show(w, r, http.StatusForbidden, page{Title: "Sign in", ID: r.PostFormValue("id"), Error: "This page was open too long or cookies are off. Try again."})
		return
	}
	id := r.PostForm.Get("id")
	a, say := p.check(r.PostForm.Get("user"), r.PostForm.Get("password"))
	if say != "" {
		p.show(w, r, http.StatusUnauthorized, page{Title: "Sign in", ID: id, User: r.PostForm.Get("user"), Error: say, BadPassword: true})
		return
	}
	if !p.store.finish(id, a.User) {
		p.show(w, r, http.StatusNotFound, page{Title: "This sign-in has ended", Error: "It was used already or took too long. Go back to Muster and start again."})
		return
	}
	ctx := op.ContextWithIssuer(r.Context(), p.issuer)
	http.Redirect(w, r, op.AuthCallbackURL(p.op)(ctx, id), http.StatusFound)
}

func (p *idp) showDevice(w http.ResponseWriter, r *http.Request) {
	d := page{Title: deviceTitle, Device: true, Code: r.URL.Query().Get("user_code")}
	if a, known := account(r.URL.Query().Get("user")); known {
		d.User = a.User
	}
	p.show(w, r, http.StatusOK, d)
}

func (p *idp) tryDevice(w http.ResponseWriter, r *http.Request) {
	d := page{Title: deviceTitle, Device: true, Code: r.PostFormValue("code"), User: r.PostFormValue("user")}
	if !p.genuine(r) {
		d.Error = "This page was open too long or cookies are off. Try again."
		p.show(w, r, http.StatusForbidden, d)
		return
	}
	a, say := p.check(r.PostForm.Get("user"), r.PostForm.Get("password"))
	if d.Error = say; say != "" {
		d.BadPassword = true
		p.show(w, r, http.StatusUnauthorized, d)
		return
	}
	code := strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(d.Code, " ", ""), "-", ""))
	if len(code) == 8 {
		code = code[:4] + "-" + code[4:]
	}
	allow := r.PostForm.Get("action") != "refuse"
	if !p.store.decide(code, a.User, allow) {
		d.Error = "No device is waiting with this code. Read it again from the device; it is good for five minutes."
		d.BadCode = true
		p.show(w, r, http.StatusNotFound, d)
		return
	}
	done := page{Title: "The device is signed in", Done: "You can close this page and go on at the device."}
	if !allow {
		done = page{Title: "The device was refused", Done: "It is not signed in. You can close this page."}
	}
	p.show(w, r, http.StatusOK, done)
}

func (p *idp) showSignedOut(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		p.show(w, r, http.StatusOK, page{Title: "Identity provider", Done: "This is the demonstration force's sign-in. Start from Muster."})
		return
	}
	p.show(w, r, http.StatusOK, page{Title: "You are signed out", Done: "You can close this page."})
}
