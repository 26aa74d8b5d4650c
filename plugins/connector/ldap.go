package connector

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"muster/plugins"
	"muster/plugins/ldapwire/filter"
)

// ldapSpec is one search of a directory.
type ldapSpec struct {
	base       *filter.DN
	bases      []*expr // what goes into its gaps
	scope      string
	filter     *filter.Filter // nil for the entry itself
	filters    []*expr
	attributes []any
	size       int // entries of one answer
}

// attributeName is the name of an attribute, an OID, or one of the words for all of them.
var attributeName = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)(;[A-Za-z0-9-]+)*$|^[*+]$`)

// ldap reads the key ldap of an operation.
func (r *reader) ldap(op *operation, n *node) {
	x := n.get("ldap")
	if x == nil || x.shape != mapping {
		return
	}
	if op.method != "" {
		r.f.fail(x, "Take the path out: the server address is the directory's, ldaps://host.", "A search of a directory has no path of its own.")
	}
	sp := &ldapSpec{scope: either(x.str("scope"), "sub"), size: x.num("size")}
	if sp.size <= 0 {
		sp.size = defaultRows
	}
	op.method, op.answers, op.ldap = "POST", "json", sp
	var wrong *filter.Error
	if b := x.get("base"); b != nil {
		text, exprs, ok := r.gapped(b)
		sp.bases = exprs
		var err error
		if sp.base, err = filter.ParseDN(text); ok && errors.As(err, &wrong) {
			r.f.fail(b, wrong.Cure, "%s", wrong.Say)
		}
	}
	switch f := x.get("filter"); {
	case f != nil:
		text, exprs, ok := r.gapped(f)
		sp.filters = exprs
		var err error
		if sp.filter, err = filter.Parse(strings.TrimSpace(text)); ok && errors.As(err, &wrong) {
			r.f.fail(f, wrong.Cure, "%s", wrong.Say)
		}
	case sp.scope != "base":
		r.f.fail(x, `Write filter: '(&(objectClass=person)(sn=\(.q.surname)))'.`, "The search of the directory has no filter, so that it would give everything.")
	}
	for _, a := range x.get("attributes").list() {
		if !attributeName.MatchString(a.text()) {
			r.f.fail(a, "Write names such as sn or mail; * is all that are data, + all that the server keeps.", "%q is not the name of an attribute.", a.text())
		}
		sp.attributes = append(sp.attributes, a.text())
	}
}

// gapped reads a text with inserts as one with gaps.
func (r *reader) gapped(n *node) (text string, exprs []*expr, ok bool) {
	lits, inserts, err := split(n.text())
	if err != nil || strings.ContainsRune(n.text(), filter.Gap) {
		r.f.fail(n, `Write inserts as \(.q.surname), within single quotes.`, "An insert has no closing bracket.")
		return "", nil, false
	}
	for _, in := range inserts {
		at := *n
		at.value = in
		exprs = append(exprs, r.h.compile(r.f, &at))
	}
	return strings.Join(lits, string(filter.Gap)), exprs, true
}

// exprs lists the expressions of a search.
func (sp *ldapSpec) exprs() []*expr { return append(append([]*expr(nil), sp.bases...), sp.filters...) }

// body gives {base, scope, filter, attributes, size, cookie}.
func (sp *ldapSpec) body(ctx context.Context, in map[string]any) (payload, error) {
	var dn []string
	for _, e := range sp.bases {
		w, err := e.word(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		dn = append(dn, w)
	}
	base, ok := sp.base.Fill(dn)
	if !ok {
		return payload{}, plugins.Errorf(plugins.Invalid, "This cannot be asked of the directory: a part of the name to look under is missing, or is not a DN.")
	}
	q := map[string]any{"base": base, "scope": sp.scope, "size": pageSize(in, sp.size)}
	if len(sp.attributes) > 0 {
		q["attributes"] = sp.attributes
	}
	if sp.filter != nil {
		var values [][]string
		for _, e := range sp.filters {
			v, err := e.one(ctx, newScope(in), in)
			if err != nil {
				return payload{}, unsendable(err)
			}
			ws, ok := texts(v)
			if !ok {
				return payload{}, unsendable(&shapeError{expr: e.src, say: "a value in a filter must be text, or a list of texts"})
			}
			values = append(values, ws)
		}
		text, err := sp.filter.Fill(values)
		if err != nil {
			return payload{}, plugins.Errorf(plugins.Invalid, "This cannot be asked of the directory without a value to search by.")
		}
		q["filter"] = text
	}
	page, _ := in["page"].(map[string]any)
	if c, ok := page["cookie"].(string); ok {
		q["cookie"] = c
	}
	return jsonPayload(q)
}

// texts reads a text, or a list of texts. Null is none.
func texts(v any) ([]string, bool) {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	var out []string
	for _, x := range list {
		if m, ok := x.(map[string]any); ok {
			x = outValue(m)
		}
		if x == nil {
			continue
		}
		w, ok := scalarText(x)
		if !ok {
			return nil, false
		}
		out = append(out, w)
	}
	return out, true
}

// nextEntries and lostEntries are how the answer of a directory is read on, and what of it is missing.
const (
	nextEntries = `if .next then {cookie: .next} else null end`
	lostEntries = `.gaps[]`
)

// unlike says where an answer is not one of a directory, "" if it is. A text in the place of a list would be read as its
// first letter, and the loss of next as the end.
func unlike(body map[string]any) string {
	gaps, listed := body["gaps"].([]any)
	next, given := body["next"].(string)
	_, there := body["next"]
	more, says := body["more"].(bool)
	switch {
	case !listed:
		return "gaps is not a list"
	case !says:
		return "more does not say whether there is more"
	case !there || !given && body["next"] != nil || given != (next != ""):
		return "next is neither a text nor null"
	case given != more && (given || len(gaps) == 0):
		return "next and more do not fit each other"
	}
	entries, ok := body["entries"].([]any)
	if !ok {
		return "entries is not a list"
	}
	for _, e := range entries {
		m, ok := e.(map[string]any)
		if !ok {
			return "entries[] is not an object"
		}
		for name, v := range m {
			if _, text := v.(string); name == "dn" && text {
				continue
			}
			list, ok := v.([]any)
			for _, x := range list {
				_, text := x.(string)
				ok = ok && text
			}
			if !ok || name == "dn" {
				return "entries[]." + tidy(name) + " is not what it should be: a list of texts, and dn a text"
			}
		}
	}
	return ""
}
