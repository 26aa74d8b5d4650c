package transport

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"muster/plugins"
)

// joint is one way to sign in: its credential, what is sent beside it, and what shows that the session is lost. The first
// credential is the one that may be renewed.
type joint struct {
	c    *chain
	all  []signer
	lost plugins.LostSession
}

// newSigner makes the signer of one way to sign in, with what is sent beside it.
func (c *chain) newSigner(a plugins.AuthSpec) (signer, error) {
	s, err := c.newOne(a)
	if err != nil {
		return nil, err
	}
	j := &joint{c: c, all: []signer{s}, lost: a.Lost}
	if a.Kind == plugins.AuthCookie {
		j.lost = plugins.LostSession{When: a.Lost.When} // it looks for its page itself
	}
	for _, also := range a.Also {
		if len(also.Also) > 0 {
			return nil, fmt.Errorf("sign-in: what is sent beside it has further credentials of its own")
		}
		s, err := c.newOne(also)
		if err != nil {
			return nil, err
		}
		j.all = append(j.all, s)
	}
	return j, nil
}

func (j *joint) sign(ctx context.Context, r *http.Request) (used string, err error) {
	for i, s := range j.all {
		u, err := s.sign(ctx, r)
		if err != nil {
			return "", err
		}
		if i == 0 {
			used = u
		}
	}
	return used, nil
}

func (j *joint) renew(ctx context.Context, used string) error { return j.all[0].renew(ctx, used) }

func (j *joint) refused(r *http.Response) bool {
	for _, s := range j.all {
		if s.refused(r) {
			return true
		}
	}
	return j.c.lost(j.lost, r)
}

func (j *joint) settle(k *call, v verdict) {
	for _, s := range j.all {
		if s, ok := s.(settler); ok {
			s.settle(k, v)
		}
	}
}

// rounds is how often a refused request is signed anew.
func (j *joint) rounds() int {
	if s, ok := j.all[0].(interface{ rounds() int }); ok {
		return s.rounds()
	}
	return 1
}

// lost reports whether an answer shows that nobody is signed in any more. A text counts on web pages and refusals only:
// in a record anybody may have written it.
func (c *chain) lost(l plugins.LostSession, r *http.Response) bool {
	if l.Path != "" {
		if r.Request != nil && r.Request.URL.Path == l.Path {
			return true
		}
		if to, err := r.Location(); err == nil && to.Path == l.Path {
			return true
		}
	}
	if l.Text != "" {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if (r.StatusCode >= 400 || strings.Contains(kind, "html")) && bytes.Contains(peek(r), []byte(l.Text)) {
			return true
		}
	}
	if l.When == nil {
		return false
	}
	ctx := context.Background()
	if r.Request != nil {
		ctx = context.WithoutCancel(r.Request.Context()) // which ended with the answer
	}
	v, err := l.When(ctx, plugins.AuthAnswer{Status: r.StatusCode, Header: r.Header, Body: peek(r)})
	return err == nil && v != nil && v != false // what does not fit this answer's shape does not match it
}
