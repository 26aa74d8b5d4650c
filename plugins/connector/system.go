package connector

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// system is an opened connector. It keeps no state between calls, so every call may run beside any other.
type system struct {
	spec    *spec
	env     plugins.Env
	base    string
	hosts   map[string]bool
	maxBody int64
	danger  map[pole.Property]bool
	truths  map[pole.Property]bool // properties whose values are true or false
	many    map[pole.Property]bool // properties that may stand several times
}

// Check signs in if needed and says who the system takes the officer for.
func (s *system) Check(ctx context.Context) (plugins.Identity, error) {
	c := s.spec.check
	in := s.input(ctx)
	a, err := s.do(ctx, c.op, in, read, "")
	if err != nil {
		return plugins.Identity{}, err
	}
	sc := newScope(in).answer(a)
	well := false
	if c.ok != nil {
		if well, err = c.ok.truth(ctx, sc, a.root()); err != nil {
			well = false
		}
	}
	if !well {
		if e := s.judge(ctx, c.op, a); e != nil {
			return plugins.Identity{}, e
		}
	}
	if c.expect != nil {
		good, err := c.expect.truth(ctx, sc, a.body)
		if err != nil {
			return plugins.Identity{}, s.named(drift(err))
		}
		if !good {
			return plugins.Identity{}, s.fail(plugins.Drift, "%s answered, but not as documented (%s). Check its address; tell whoever keeps its connector.", s.spec.name, c.expect)
		}
	}
	var id plugins.Identity
	for _, x := range []struct {
		to *string
		e  *expr
	}{{&id.User, c.user}, {&id.Server, c.server}, {&id.Version, c.version}} {
		if x.e == nil {
			continue
		}
		if *x.to, err = x.e.word(ctx, sc, a.body); err != nil {
			return plugins.Identity{}, s.named(drift(err))
		}
	}
	return id, nil
}

// token is what Page.After carries between pages.
type token struct {
	Op   int            `json:"o"`
	Page map[string]any `json:"p,omitempty"`
	URL  string         `json:"u,omitempty"`
	N    int            `json:"n,omitempty"` // records so far, for paging by offset
	// Total is what the system said there were, where paging by offset depends on that it stays so.
	Total int `json:"t,omitempty"`
}

func (t token) String() string {
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseToken(s string) (token, bool) {
	var t token
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) > 64<<10 {
		return t, false
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	return t, dec.Decode(&t) == nil && t.Op >= 0
}

// choose picks the alternative that uses most of the query's terms; the first in the file wins a tie.
func (k *kindSpec) choose(q plugins.Query) int {
	has := map[pole.Property]bool{}
	for _, t := range q.Terms {
		has[t.Property] = true
	}
	best, used := -1, -1
	for i, s := range k.searches {
		if q.Text != "" && len(q.Terms) == 0 {
			if s.text {
				return i
			}
			continue
		}
		for _, by := range s.by {
			if slices.ContainsFunc(by.Require, func(p pole.Property) bool { return !has[p] }) {
				continue
			}
			n := len(by.Require)
			for _, p := range by.Optional {
				if has[p] {
					n++
				}
			}
			if n > used && n > 0 {
				best, used = i, n
			}
		}
	}
	return best
}

// Search returns one page.
func (s *system) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	k := s.spec.kind(q.Kind)
	if k == nil {
		return plugins.Page{}, s.fail(plugins.Invalid, "%s holds no such kind of record.", s.spec.name)
	}
	t := token{Op: k.choose(q)}
	if q.After != "" {
		var ok bool
		if t, ok = parseToken(q.After); !ok || t.Op >= len(k.searches) {
			return plugins.Page{}, s.fail(plugins.Invalid, "The search cannot be resumed here. Search again.")
		}
	}
	if t.Op < 0 {
		return plugins.Page{}, s.fail(plugins.Invalid, "%s cannot search by this.", s.spec.name)
	}
	op := k.searches[t.Op]
	in := s.input(ctx)
	terms := in["q"].(map[string]any)
	for _, term := range q.Terms {
		if _, twice := terms[string(term.Property)]; !twice {
			terms[string(term.Property)] = either(term.Value.Norm, term.Value.Source)
		}
	}
	if q.Text != "" {
		in["text"] = q.Text
	}
	page := map[string]any{"count": t.N}
	for k, v := range t.Page {
		page[k] = v
	}
	if q.Limit > 0 {
		page["limit"] = q.Limit
	}
	in["page"] = page
	direct := ""
	if t.URL != "" {
		u, err := url.Parse(t.URL)
		if err != nil || !s.allowed(u) {
			return plugins.Page{}, s.fail(plugins.Drift, "%s sends the next page from an address that is not its own. It was not followed. Tell whoever keeps its connector.", s.spec.name)
		}
		direct = t.URL
	}
	a, err := s.do(ctx, op.op, in, read, direct)
	if err != nil {
		return plugins.Page{}, err
	}
	return s.searched(ctx, k, op, t, in, a)
}

func (s *system) searched(ctx context.Context, k *kindSpec, op *searchSpec, t token, in map[string]any, a *answer) (plugins.Page, error) {
	sc := newScope(in).answer(a)
	if op.none != nil {
		if none, err := op.none.truth(ctx, sc, a.root()); err == nil && none {
			return plugins.Page{}, nil
		}
	}
	var out plugins.Page
	if op.gaps != nil && a.status < 300 && a.bad == "" {
		vs, err := op.gaps.all(ctx, sc, a.body)
		if err != nil {
			return plugins.Page{}, s.named(drift(err))
		}
		for _, v := range flatten(vs) {
			if w, ok := scalarText(v); ok {
				out.Gaps = append(out.Gaps, s.fail(plugins.Unavailable, "%s left out a part of its answer: %s", s.spec.name, tidy(w)))
			}
		}
	}
	if e := s.judge(ctx, op.op, a); e != nil && (len(out.Gaps) == 0 || a.status >= 300 || a.bad != "") {
		return plugins.Page{}, e
	}
	els, err := elements(ctx, op.records, sc, a.body)
	if err != nil {
		return plugins.Page{}, s.named(drift(err))
	}
	found := len(els)
	if found == 0 && s.answers(op.op) == "html" {
		// A page that shows no results and not the words for it may have been redesigned: that must not pass for 'no trace'.
		return plugins.Page{}, s.fail(plugins.Drift, "%s sent a page that shows neither results nor that there are none. Tell whoever keeps its connector.", s.spec.name)
	}
	var gaps []*plugins.Error
	if op.where != nil {
		if els, gaps, err = s.sieve(k, op, in).keep(ctx, sc, els); err != nil {
			return plugins.Page{}, s.named(err)
		}
		out.Gaps = append(out.Gaps, gaps...)
		if len(els) == 0 && len(gaps) > 0 {
			return plugins.Page{}, gaps[0]
		}
	}
	els, gaps = s.beside(ctx, op.with, in, els)
	out.Gaps = append(out.Gaps, gaps...)
	if len(els) == 0 && len(gaps) > 0 {
		return plugins.Page{}, gaps[0]
	}
	m := s.mapper(k, op.records, op.without)
	if out.Records, gaps, err = m.page(ctx, sc, els, s.env.Now().UTC()); err != nil {
		return plugins.Page{}, s.named(drift(err))
	}
	out.Gaps = append(out.Gaps, gaps...)
	untold := false
	if op.total != nil {
		v, err := op.total.word(ctx, sc, a.body)
		if err != nil {
			return plugins.Page{}, s.named(drift(err))
		}
		out.Total, untold = atoi(v), v == ""
	}
	if op.next != nil {
		next, gap := s.next(ctx, op, t, in, a, found, out.Total)
		if gap != nil {
			out.Gaps = append(out.Gaps, gap) // what has arrived is kept; that there is more must be said
		}
		out.After = next
	}
	switch {
	case untold && out.After == "":
		// Where the system no longer says how many there are, 'that was all' cannot be told from 'the rest is missing'.
		out.Gaps = append(out.Gaps, s.named(drift(&shapeError{expr: op.total.src, say: "the total is missing, so there may be more than is shown"})))
	case t.Total > 0 && out.Total > 0 && out.Total != t.Total:
		out.Gaps = append(out.Gaps, s.fail(plugins.Unavailable, "What %s holds changed while its pages were read, so a record may be missing here. Search again.", s.spec.name))
	}
	return out, nil
}

// next works out where the following page is.
func (s *system) next(ctx context.Context, op *searchSpec, t token, in map[string]any, a *answer, n, total int) (string, *plugins.Error) {
	sc := newScope(in).answer(a)
	page := map[string]any{}
	for k, v := range in["page"].(map[string]any) {
		page[k] = v
	}
	page["count"], page["records"] = t.N+n, n
	sc.vars[0] = page
	v, err := op.next.one(ctx, sc, a.body)
	if err != nil {
		return "", s.named(drift(err))
	}
	following := token{Op: t.Op, N: t.N + n}
	switch x := v.(type) {
	case nil, bool:
		return "", nil
	case string:
		if x == "" {
			return "", nil
		}
		u, err := a.url.Parse(x)
		if err != nil || !s.allowed(u) {
			return "", s.fail(plugins.Drift, "%s sends the next page from an address that is not its own. It was not followed. Tell whoever keeps its connector.", s.spec.name)
		}
		following.URL = u.String()
	case map[string]any:
		for _, y := range x {
			if y != nil {
				following.Page = x
			}
			if _, number := y.(numberText); number || isNumber(y) {
				following.Total = total // paging by number: a record that comes or goes moves all that follow
			}
		}
		if following.Page == nil {
			return "", nil
		}
	default:
		return "", s.named(drift(&shapeError{expr: op.next.src, say: "the next page is neither an address nor an object"}))
	}
	same := following
	same.N = t.N
	if same.String() == t.String() {
		return "", s.fail(plugins.Drift, "%s names the same page as the next one again. What it sent so far is shown; tell whoever keeps its connector.", s.spec.name)
	}
	return following.String(), nil
}

// Fetch returns one record in full.
func (s *system) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	k := s.spec.kindOf(ref.Type)
	if k == nil || k.fetch == nil {
		return pole.Record{}, s.fail(plugins.Invalid, "%s gives no single record of this kind.", s.spec.name)
	}
	in := s.input(ctx)
	in["id"] = ref.ID
	a, err := s.do(ctx, k.fetch.op, in, read, "")
	if err != nil {
		return pole.Record{}, err
	}
	sc := newScope(in).answer(a)
	if k.fetch.none != nil {
		if none, err := k.fetch.none.truth(ctx, sc, a.root()); err == nil && none {
			return pole.Record{}, s.fail(plugins.NotFound, "%s", s.words(plugins.NotFound))
		}
	}
	if e := s.judge(ctx, k.fetch.op, a); e != nil {
		return pole.Record{}, e
	}
	els, err := elements(ctx, k.fetch.records, sc, a.body)
	if err != nil {
		return pole.Record{}, s.named(drift(err))
	}
	if k.fetch.where {
		if els, err = s.asked(ctx, k, sc, els, ref.ID); err != nil {
			return pole.Record{}, s.named(drift(err))
		}
	}
	if len(els) == 0 {
		return pole.Record{}, s.fail(plugins.NotFound, "%s", s.words(plugins.NotFound))
	}
	if len(k.fetch.with) > 0 {
		whole, err := s.whole(ctx, k.fetch.with, in, els[0])
		if err != nil {
			return pole.Record{}, s.named(err)
		}
		els[0] = whole
	}
	r, err := s.mapper(k, k.fetch.records, nil).record(ctx, sc, els[0], s.env.Now().UTC())
	if err != nil {
		return pole.Record{}, s.named(drift(err))
	}
	if r.ID != ref.ID {
		return pole.Record{}, s.fail(plugins.Drift, "%s answered with another record than was asked for. It is not shown. Tell whoever keeps its connector.", s.spec.name)
	}
	return r, nil
}

// allowed reports whether a URL that the system itself gave lies at a declared host.
func (s *system) allowed(u *url.URL) bool {
	return transport.Fit(u) == "" && transport.Within(s.hosts, u)
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64, *big.Int:
		return true
	}
	return false
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
