package connector

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// reader turns the checked YAML into a spec; whatever is wrong is filed and reading goes on, so that one run of lint
// tells everything.
type reader struct {
	f      *findings
	h      *helpers
	paging *node // what all searches have in common
}

func (r *reader) spec(n *node) *spec {
	s := &spec{
		id: n.str("id"), name: n.str("name"), help: n.str("help"), code: n.str("code"), shape: n.str("shape"),
		version: n.str("version"), base: n.str("base"), answers: n.str("answers"), hosts: n.get("hosts").texts(),
	}
	s.authorityAt = n.get("authority")
	for _, p := range s.authorityAt.texts() {
		s.authority = append(s.authority, pole.Property(p))
	}
	if s.answers == "" {
		s.answers = "json"
	}
	if opts := n.get("options"); opts != nil {
		for _, name := range opts.keys {
			o := opts.kids[name]
			s.options = append(s.options, plugins.Option{Name: name, Type: plugins.OptionType(o.str("type")), Label: either(o.str("label"), name),
				Help: o.str("help"), Required: o.flag("required"), Default: o.str("default"), Asked: o.flag("asked")})
		}
	}
	if s.base == "" {
		for _, o := range s.options {
			if o.Type == plugins.OptionURL {
				s.base = o.Name
				break
			}
		}
	}
	if len(s.hosts) == 0 && s.base != "" {
		s.hosts = []string{s.base}
	}
	s.limits = r.limits(n.get("limits"))
	s.helpers = r.helpers(n)
	r.h, r.paging = s.helpers, n.get("paging")
	s.headers = r.pairs(n.get("headers"))
	s.csv = r.csv(n.get("csv"))
	s.lists = newListRules(n.get("lists").texts())
	for _, a := range n.get("auth").list() {
		s.auth = append(s.auth, r.auth(a, s.base, s.lists))
	}
	s.errors = r.rules(n.get("errors"))
	if c := n.get("check"); c != nil {
		s.check = &checkSpec{op: r.operation(c), ok: r.expr(c, "ok"), expect: r.expr(c, "expect"), user: r.expr(c, "user"),
			server: r.expr(c, "server"), version: r.expr(c, "version")}
	}
	if ks := n.get("kinds"); ks != nil {
		for _, name := range ks.keys {
			s.kinds = append(s.kinds, r.kind(pole.Kind(name), ks.kids[name]))
		}
	}
	return s
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (r *reader) expr(n *node, key string) *expr {
	if n.get(key) == nil {
		return nil
	}
	return r.h.compile(r.f, n.get(key))
}

// whole compiles an id or a label.
func (r *reader) whole(n *node, key string) *expr {
	if n.get(key) == nil {
		return nil
	}
	return r.h.compileBy(r.f, n.get(key), r.h.parseWhole)
}

func (r *reader) pairs(n *node) []pair {
	if n == nil || n.shape != mapping {
		return nil
	}
	var out []pair
	for _, k := range n.keys {
		if e := r.h.compile(r.f, n.kids[k]); e != nil {
			out = append(out, pair{k, e})
		}
	}
	return out
}

func (r *reader) limits(n *node) plugins.Limits {
	l := plugins.Limits{Burst: n.num("burst"), Parallel: n.num("parallel"), Records: n.num("records")}
	if t := n.str("rate"); t != "" {
		rate, ok := parseRate(t)
		if !ok {
			r.f.fail(n.get("rate"), "Write it as 5/s, 300/min or 10/10s.", "%q is not a rate.", t)
		}
		l.Rate = rate
	}
	for _, x := range n.get("quota").list() {
		q, ok := parseQuota(x.text())
		if !ok {
			r.f.fail(x, "Write it as 600/5min, 5000/day or 100000/30day.", "%q is not a quota.", x.text())
			continue
		}
		l.Quotas = append(l.Quotas, q)
	}
	if t := n.str("timeout"); t != "" {
		d, err := time.ParseDuration(t)
		if err != nil || d <= 0 || d > 10*time.Minute {
			r.f.fail(n.get("timeout"), "Write it as 20s or 1m30s, at most 10m.", "%q is not a time span.", t)
		}
		l.Timeout = d
	}
	if t := n.str("response"); t != "" {
		b, ok := parseSize(t)
		if !ok {
			r.f.fail(n.get("response"), "Write it as 512KiB or 8MiB, at most 256MiB.", "%q is not a size.", t)
		}
		l.Response = b
	}
	return l
}

func parseRate(s string) (float64, bool) {
	n, per, ok := parsePer(s)
	if !ok {
		return 0, false
	}
	return n / per.Seconds(), true
}

func parseQuota(s string) (plugins.Quota, bool) {
	n, per, ok := parsePer(s)
	if !ok || n < 1 || n > 1e9 || n != float64(int(n)) || per < time.Second {
		return plugins.Quota{}, false
	}
	return plugins.Quota{Requests: int(n), Per: per}, true
}

// parsePer reads 5/s, 300/min, 10/10s or 5000/day.
func parsePer(s string) (n float64, per time.Duration, ok bool) {
	num, span, ok := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if !ok || err != nil || n <= 0 {
		return 0, 0, false
	}
	span = strings.TrimSpace(span)
	digits := strings.TrimRight(span, "abcdefghijklmnopqrstuvwxyz")
	count := 1
	if digits != "" {
		if count, err = strconv.Atoi(digits); err != nil || count < 1 || count > 1_000_000 {
			return 0, 0, false
		}
	}
	unit, known := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "min": time.Minute, "h": time.Hour,
		"hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour}[span[len(digits):]]
	per = time.Duration(count) * unit
	return n, per, known && per > 0 && per <= 366*24*time.Hour
}

func parseSize(s string) (int64, bool) {
	for unit, n := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "B": 1} {
		if num, ok := strings.CutSuffix(s, unit); ok {
			if v, err := strconv.ParseInt(strings.TrimSpace(num), 10, 64); err == nil && v > 0 && v <= (256<<20)/n {
				return v * n, true
			}
		}
	}
	return 0, false
}

func (r *reader) helpers(n *node) *helpers {
	h := &helpers{zone: time.UTC, dates: []string{"iso"}, instants: []string{"rfc3339"}, codes: map[string]*codeList{}, defs: map[string]*definition{}}
	t := n.get("times")
	if z := t.str("zone"); z != "" {
		loc, err := time.LoadLocation(z)
		if err != nil || z == "Local" {
			r.f.fail(t.get("zone"), "Use a name such as Europe/London or UTC.", "%q is not a time zone.", z)
		} else {
			h.zone = loc
		}
	}
	if d := t.get("date"); d != nil {
		h.dates = r.formats(d)
	}
	if d := t.get("instant"); d != nil {
		h.instants = r.formats(d)
	}
	if codes := n.get("codes"); codes != nil {
		for _, name := range codes.keys {
			h.codes[name] = r.codes(codes.kids[name])
		}
	}
	r.define(h, n.get("define"))
	return h
}

func (r *reader) formats(n *node) []string {
	var out []string
	for _, x := range n.list() {
		if _, err := parseLayout(x.text()); err != nil {
			r.f.fail(x, "Use iso, rfc3339, unix, unix_ms, or letters such as %d/%m/%Y %H:%M:%S.", "%q is not a date or time format.", x.text())
			continue
		}
		out = append(out, x.text())
	}
	return out
}

// codes reads source: canonical, or source: [canonical, other, …] where one source code stands for several: it is read
// as the first. Where several source codes mean one canonical code, the first is sent. A canonical "*" marks the source
// code to send for whatever the list does not have.
func (r *reader) codes(n *node) *codeList {
	l := &codeList{in: map[string]string{}, out: map[string]string{}}
	if n == nil || n.shape != mapping {
		return l
	}
	for _, source := range n.keys {
		for _, c := range n.kids[source].texts() {
			lower := strings.ToLower(c)
			if c == "*" {
				l.out["*"] = source
				continue
			}
			if _, dup := l.in[strings.ToLower(source)]; !dup {
				l.in[strings.ToLower(source)] = c
			}
			if _, dup := l.out[lower]; !dup {
				l.out[lower] = source
			}
		}
	}
	return l
}

var bodyKeys = []string{"body", "form", "xml", "soap", "graphql", "multipart", "upload", "raw", "jsonrpc", "xmlrpc", "sql", "ldap"}

var methods = []string{"get", "post", "put", "patch", "delete"}

func (r *reader) operation(n *node) *operation {
	if n == nil || n.shape != mapping {
		return nil
	}
	op := &operation{at: n, answers: n.str("answers")}
	for _, m := range methods {
		p := n.get(m)
		if p == nil {
			continue
		}
		if op.method != "" {
			r.f.fail(p, "Keep one of them.", "An operation has one method; here stand %s and %s.", strings.ToLower(op.method), m)
			continue
		}
		op.method = strings.ToUpper(m)
		r.path(p)
		op.path = r.h.template(r.f, p)
	}
	if q := n.get("query"); q != nil {
		if q.shape == mapping {
			op.query = r.pairs(q)
		} else {
			op.queryAll = r.h.compile(r.f, q)
		}
	}
	op.headers = r.pairs(n.get("headers"))
	op.body = r.expr(n, "body")
	op.form = r.pairs(n.get("form"))
	bodies := 0
	for _, k := range bodyKeys {
		if n.get(k) != nil {
			bodies++
		}
	}
	if bodies > 1 {
		r.f.fail(n, "Keep one of "+strings.Join(bodyKeys, ", ")+".", "An operation has one body; here stand %d.", bodies)
	}
	if bodies > 0 && op.method == "GET" {
		r.f.fail(n, "Use post.", "A get carries no body.")
	}
	if x := n.get("xml"); x != nil {
		op.xml = r.h.xmlTemplate(r.f, x)
	}
	if s := n.get("soap"); s != nil {
		op.soap = &soapSpec{action: s.str("action"), version: either(s.str("version"), "1.1")}
		if b := s.get("body"); b != nil {
			op.soap.body = r.h.xmlTemplate(r.f, b)
		}
	}
	if g := n.get("graphql"); g != nil {
		op.graphql = &graphqlSpec{query: g.str("query"), variables: r.expr(g, "variables")}
	}
	op.multipart = r.multipartSpec(n.get("multipart"))
	op.upload = r.expr(n, "upload")
	if x := n.get("raw"); x != nil {
		op.raw = &rawSpec{ctype: either(x.str("type"), "text/plain; charset=utf-8"), parts: r.h.template(r.f, x.get("text"))}
	}
	for _, protocol := range []string{"jsonrpc", "xmlrpc"} {
		if x := n.get(protocol); x != nil {
			op.rpc = r.rpc(x, protocol)
		}
	}
	if m := n.str("method"); m != "" && op.method != "" {
		op.method = m
	}
	if x := n.get("html"); x != nil {
		op.html = r.selections(x)
		if op.answers == "" {
			op.answers = "html"
		}
	}
	r.sql(op, n)
	if op.csv = r.csv(n.get("csv")); op.csv != nil && op.answers == "" {
		op.answers = "csv"
	}
	r.ldap(op, n)
	op.before = r.steps(n.get("before"))
	op.errors = r.rules(n.get("errors"))
	return op
}

var urlStart = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*://`)

func (r *reader) path(n *node) {
	p := n.text()
	switch {
	case urlStart.MatchString(p):
		r.address(n, p)
	case p != "" && !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, `\(`):
		r.f.fail(n, "Begin the path with /.", "The path %q is not below the server address.", p)
	}
}

func (r *reader) rules(n *node) []rule {
	var out []rule
	for _, x := range n.list() {
		if x.shape != mapping {
			continue
		}
		out = append(out, rule{when: r.expr(x, "when"), is: plugins.ErrorKind(x.str("is")), say: r.expr(x, "say"), ref: r.expr(x, "ref"),
			after: r.expr(x, "after"), fields: r.expr(x, "fields"), at: x})
	}
	return out
}
