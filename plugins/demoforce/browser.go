package demoforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// Browser stands in for a person at a browser: the function it returns opens a sign-in or device page, fills the form with
// this user and password, sends it, keeps cookies and follows redirects, to the loopback callback and its page included.
// It fails with the page's own message when the page refuses.
func (f *Force) Browser(user, password string) func(url string) error {
	return func(address string) error {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		c := &http.Client{Jar: jar, Timeout: 30 * time.Second}
		defer c.CloseIdleConnections()
		where, doc, err := visit(c, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		for range 3 {
			form := find(doc, "form", "")
			if form == nil {
				break
			}
			action, values := fields(form)
			values.Set("user", user)
			values.Set("password", password)
			if values.Has("code") {
				values.Set("action", "allow")
			}
			to, err := where.Parse(action)
			if err != nil {
				return err
			}
			if where, doc, err = visit(c, http.MethodPost, to.String(), values); err != nil {
				return err
			}
		}
		if find(doc, "form", "") != nil {
			return errors.New("the sign-in page asks again and again")
		}
		return nil
	}
}

// visit opens a page and returns where it ended up. A page that carries an error message is an error.
func visit(c *http.Client, method, address string, form url.Values) (*url.URL, *html.Node, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		return nil, nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text would hold the code of the callback
			err = u.Err
		}
		return nil, nil, fmt.Errorf("open the sign-in page: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	doc, err := html.Parse(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, nil, err
	}
	if n := find(doc, "", "error"); n != nil {
		return nil, nil, errors.New(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text(n)), "▲")))
	}
	if res.StatusCode >= 400 {
		return nil, nil, fmt.Errorf("the page answered %s", res.Status)
	}
	return res.Request.URL, doc, nil
}

// find returns the first element with this name, or with this id.
func find(n *html.Node, name, id string) *html.Node {
	if n.Type == html.ElementNode && (name != "" && n.Data == name || id != "" && attr(n, "id") == id) {
		return n
	}
	for c := range n.ChildNodes() {
		if x := find(c, name, id); x != nil {
			return x
		}
	}
	return nil
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var s strings.Builder
	for c := range n.ChildNodes() {
		s.WriteString(text(c))
	}
	return s.String()
}

// fields reads a form's action and what its inputs hold.
func fields(form *html.Node) (string, url.Values) {
	v := url.Values{}
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") != "" && attr(n, "type") != "radio" {
			v.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	return attr(form, "action"), v
}
