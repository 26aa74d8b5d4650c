package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/plugins"
)

// templateName is $name, ${name} or $$ within a template.
var templateName = regexp.MustCompile(`\$(\$|[a-z][a-z0-9_]*|\{[a-z][a-z0-9_]*\})`)

// TemplateNames lists the names that a template of a session refers to.
func TemplateNames(text string) []string {
	var out []string
	for _, m := range templateName.FindAllStringSubmatch(text, -1) {
		if m[1] != "$" {
			out = append(out, strings.Trim(m[1], "{}"))
		}
	}
	return out
}

// fillings are the values of a template's names.
type fillings map[string]string

// fill puts values into a template; escape is what they go through.
func (f fillings) fill(text string, escape func(string) string) (string, error) {
	var missing string
	out := templateName.ReplaceAllStringFunc(text, func(m string) string {
		name := strings.Trim(m[1:], "{}")
		if name == "$" {
			return "$"
		}
		v, ok := f[name]
		if !ok {
			missing = name
		}
		return escape(v)
	})
	if missing != "" {
		return "", fmt.Errorf("nothing is known of %s", missing)
	}
	return out, nil
}

func asIs(s string) string { return s }

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder does not fail
	return b.String()
}

// fillJSON puts values into the texts of a JSON value.
func (f fillings) fillJSON(v any) (any, error) {
	switch x := v.(type) {
	case string:
		return f.fill(x, asIs)
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, v := range x {
			w, err := f.fillJSON(v)
			if err != nil {
				return nil, err
			}
			out[k] = w
		}
		return out, nil
	case []any:
		out := make([]any, len(x))
		for i, v := range x {
			w, err := f.fillJSON(v)
			if err != nil {
				return nil, err
			}
			out[i] = w
		}
		return out, nil
	}
	return v, nil
}

// options fills in the options that the templates name; secrets come from the keyring.
func (c *chain) options(ctx context.Context, names []string, into fillings) error {
	for _, n := range names {
		if _, there := into[n]; there {
			continue
		}
		if o, ok := option(c.info, n); ok {
			v, err := c.value(ctx, n)
			if err != nil {
				return err
			}
			if o.Type == plugins.OptionSecret {
				rememberForms(v)
			}
			into[n] = v
		}
	}
	return nil
}

// names lists what a step's templates refer to.
func stepNames(st plugins.SessionStep) []string {
	var out []string
	for _, m := range []map[string]string{st.Query, st.Headers, st.Form} {
		for _, v := range m {
			out = append(out, TemplateNames(v)...)
		}
	}
	var walk func(any)
	walk = func(v any) {
		switch x := v.(type) {
		case string:
			out = append(out, TemplateNames(x)...)
		case map[string]any:
			for _, y := range x {
				walk(y)
			}
		case []any:
			for _, y := range x {
				walk(y)
			}
		}
	}
	walk(st.JSON)
	out = append(append(out, TemplateNames(st.XML)...), TemplateNames(st.Path)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// request builds a step's request. Its errors hold nothing of the values.
func (s *session) request(ctx context.Context, st plugins.SessionStep, f fillings) (*http.Request, error) {
	bad := func(err error) error {
		return s.c.err(plugins.Invalid, err, "The sign-in request for %s cannot be built. Tell IT.", s.c.name)
	}
	path, err := f.fill(st.Path, url.PathEscape)
	if err != nil {
		return nil, bad(err)
	}
	u, err := s.c.address(s.a.Base, path)
	if err != nil {
		return nil, bad(errLocation)
	}
	query := u.Query()
	for k, v := range st.Query {
		w, err := f.fill(v, asIs)
		if err != nil {
			return nil, bad(err)
		}
		query.Set(k, w)
	}
	u.RawQuery = query.Encode()
	body, ctype, err := f.body(st)
	if err != nil {
		return nil, bad(err)
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, st.Method, u.String(), reader)
	if err != nil {
		return nil, bad(errLocation)
	}
	if ctype != "" {
		r.Header.Set("Content-Type", ctype)
	}
	r.Header.Set("Accept", "application/json, text/xml;q=0.9, */*;q=0.5")
	if st.Basic {
		r.SetBasicAuth(f["user"], f["secret"])
	}
	for k, v := range st.Headers {
		w, err := f.fill(v, asIs)
		if err == nil && strings.ContainsAny(w, "\r\n\x00") {
			err = errors.New("a header holds a line break")
		}
		if err != nil {
			return nil, bad(err)
		}
		r.Header.Set(k, w)
	}
	return r, nil
}

func (f fillings) body(st plugins.SessionStep) (body []byte, ctype string, err error) {
	switch {
	case st.JSON != nil:
		v, err := f.fillJSON(st.JSON)
		if err != nil {
			return nil, "", err
		}
		body, err := json.Marshal(v)
		return body, "application/json", err
	case st.Form != nil:
		form := url.Values{}
		for k, v := range st.Form {
			w, err := f.fill(v, asIs)
			if err != nil {
				return nil, "", err
			}
			form.Set(k, w)
		}
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	case st.XML != "":
		s, err := f.fill(st.XML, escapeXML)
		return []byte(s), "text/xml; charset=utf-8", err
	}
	return nil, "", nil
}
