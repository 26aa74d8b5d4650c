package demoforce

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/oauth2"
)

// opened fetches pages as a browser does, cookies kept, and reads them; an error page is a page too.
func opened(t *testing.T) func(method, address string, form url.Values) (*url.URL, *html.Node) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	t.Cleanup(c.CloseIdleConnections)
	return func(method, address string, form url.Values) (*url.URL, *html.Node) {
		t.Helper()
		req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		checkPage(t, doc)
		return res.Request.URL, doc
	}
}

// checkPage holds any page to what every page must keep.
func checkPage(t *testing.T, doc *html.Node) {
	t.Helper()
	labelled, focus, headings := map[string]bool{}, 0, 0
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "label" {
			labelled[attr(n, "for")] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" || n.Data == "iframe" || n.Data == "img" {
			t.Errorf("the page has a <%s>; it must work without", n.Data)
		}
		for _, a := range n.Attr {
			if strings.Contains(a.Val, "//") && !strings.HasPrefix(a.Val, "data:") {
				t.Errorf("<%s %s=%q> fetches from elsewhere", n.Data, a.Key, a.Val)
			}
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s> is a script", n.Data, a.Key)
			}
			if a.Key == "autofocus" {
				focus++
			}
			if (a.Key == "aria-describedby" || a.Key == "aria-labelledby") && find(doc, "", a.Val) == nil {
				t.Errorf("<%s> names %q, which is not there", n.Data, a.Val)
			}
		}
		if n.Data == "h1" {
			headings++
		}
		if n.Data == "input" && attr(n, "type") != "hidden" && !labelled[attr(n, "id")] {
			t.Errorf("the field %q has no label", attr(n, "name"))
		}
	}
	if headings != 1 {
		t.Errorf("%d headings, want one", headings)
	}
	want := 0
	if find(doc, "form", "") != nil {
		want = 1
	}
	if focus != want {
		t.Errorf("%d places have the focus, want %d", focus, want)
	}
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func title(doc *html.Node) string { return text(find(doc, "title", "")) }

func TestSignInPage(t *testing.T) {
	f := start(t)
	open := opened(t)
	c := oauthConfig(f, "http://127.0.0.1:1/callback")
	at, doc := open("GET", c.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())), nil)
	if v := attr(find(doc, "", "user"), "value"); v != "okafor" || attr(find(doc, "", "password"), "value") != Password || !has(find(doc, "button", ""), "autofocus") {
		t.Errorf("Enter alone does not sign %q in", v)
	}
	var offered []string
	for n := range doc.Descendants() {
		if n.Data != "a" {
			continue
		}
		to, err := at.Parse(attr(n, "href"))
		if err != nil {
			t.Fatal(err)
		}
		_, other := open("GET", to.String(), nil)
		user := attr(find(other, "", "user"), "value")
		if !strings.Contains(text(n), user) || user == "" {
			t.Errorf("%q fills in %q", text(n), user)
		}
		offered = append(offered, user)
	}
	if len(offered) != len(accounts) {
		t.Errorf("the page offers %v", offered)
	}
	_, doc = open("GET", at.String()+"&user=%22%3E%3Cscript%3E", nil)
	if v := attr(find(doc, "", "user"), "value"); v != "okafor" {
		t.Errorf("a user name that nobody has was taken over: %q", v)
	}

	action, form := fields(find(doc, "form", ""))
	form.Set("user", "singh")
	form.Set("password", "wrong-on-purpose")
	to, err := at.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	_, doc = open("POST", to.String(), form)
	if p := find(doc, "", "password"); attr(p, "value") != "" || !has(p, "aria-invalid") || !has(p, "autofocus") || attr(p, "aria-describedby") != "error" {
		t.Errorf("after a wrong password the field is %v", p.Attr)
	}
	if attr(find(doc, "", "user"), "value") != "singh" || !strings.HasPrefix(title(doc), "Error: ") || !strings.Contains(text(find(doc, "", "error")), "password is wrong") {
		t.Errorf("%q: %q", title(doc), text(find(doc, "", "error")))
	}
	form.Del("token")
	_, doc = open("POST", to.String(), form)
	if e := find(doc, "", "error"); e == nil || !strings.Contains(text(e), "open too long") || attr(find(doc, "", "password"), "value") != Password {
		t.Error("a forged form was taken, or its page cannot be sent again")
	}
	if _, doc = open("GET", f.Issuer()+"/login?id=gone", nil); find(doc, "form", "") != nil || !strings.Contains(text(find(doc, "", "error")), "start again") {
		t.Errorf("a sign-in that has ended: %q", title(doc))
	}
}

func TestDevicePage(t *testing.T) {
	f := start(t)
	open := opened(t)
	c := oauthConfig(f, "")
	decide := func(action string) (*html.Node, *html.Node) {
		t.Helper()
		d, err := c.DeviceAuth(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at, doc := open("GET", d.VerificationURI, nil)
		if !has(find(doc, "", "code"), "autofocus") {
			t.Error("an empty code is not where typing begins")
		}
		_, form := fields(find(doc, "form", ""))
		form.Set("action", action)
		form.Set("code", "BCDF-GHJK")
		_, wrong := open("POST", at.String(), form)
		form.Set("code", " "+strings.ToLower(strings.ReplaceAll(d.UserCode, "-", ""))+" ")
		_, done := open("POST", at.String(), form)
		return wrong, done
	}
	wrong, done := decide("allow")
	if p := find(wrong, "", "code"); !has(p, "aria-invalid") || !has(p, "autofocus") || attr(p, "value") != "BCDF-GHJK" || has(find(wrong, "", "password"), "aria-invalid") {
		t.Errorf("after a wrong code the field is %v", p.Attr)
	}
	if !strings.Contains(title(done), "The device is signed in") || find(done, "", "done") == nil {
		t.Errorf("allowed: %q", title(done))
	}
	if _, done = decide("refuse"); !strings.Contains(title(done), "refused") {
		t.Errorf("refused: %q", title(done))
	}
}
