package connector

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

func (r *reader) kind(name pole.Kind, n *node) *kindSpec {
	k := &kindSpec{kind: name, typ: either(n.str("type"), string(name)), at: n, require: map[string]bool{"id": true}}
	for _, p := range n.get("require").texts() {
		k.require[p] = true
	}
	for _, s := range n.get("search").list() {
		if s.shape == mapping {
			k.searches = append(k.searches, r.search(s, n.get("with")))
		}
	}
	if x := n.get("fetch"); x != nil {
		k.fetch = &fetchSpec{op: r.operation(x), records: r.expr(x, "records"), none: r.expr(x, "none"), with: r.steps(either2(x.get("with"), n.get("with"))), where: x.flag("where")}
		r.presets(k.fetch.op, &k.fetch.records, nil, nil)
	}
	if fs := n.get("fields"); fs != nil && fs.shape == mapping {
		for _, p := range fs.keys {
			if p == "id" {
				k.id = r.whole(fs, p)
				continue
			}
			k.fields = append(k.fields, r.fields(p, fs.kids[p])...)
		}
	}
	for i, g := range n.get("groups").list() {
		if g.shape != mapping {
			continue
		}
		gr := &group{name: either(g.str("name"), "group"+strconv.Itoa(i+1)), each: r.expr(g, "each"), from: r.expr(g, "from"), to: r.expr(g, "to"), at: g}
		if fs := g.get("fields"); fs != nil {
			for _, p := range fs.keys {
				gr.fields = append(gr.fields, r.fields(p, fs.kids[p])...)
			}
		}
		k.groups = append(k.groups, gr)
	}
	for _, l := range n.get("links").list() {
		if l.shape == mapping {
			k.links = append(k.links, r.link(l))
		}
	}
	if m := n.get("marking"); m != nil {
		k.marking = &r.fields("marking", m)[0]
	}
	k.updated, k.version, k.url = r.expr(n, "updated"), r.expr(n, "version"), r.expr(n, "url")
	if x := n.get("submit"); x != nil {
		k.submit = r.submit(x)
	}
	if x := n.get("watch"); x != nil {
		k.watch = r.watch(x)
	}
	return k
}

// search reads one way to search. What the file's paging says holds for every search that does not say otherwise.
func (r *reader) search(n, with *node) *searchSpec {
	or := func(key string) *expr {
		if n.get(key) != nil {
			return r.expr(n, key)
		}
		return r.expr(r.paging, key)
	}
	s := &searchSpec{op: r.operation(n), text: n.flag("text"), records: or("records"), next: or("next"), total: or("total"),
		none: or("none"), gaps: or("gaps"), without: map[string]bool{}, with: r.steps(either2(n.get("with"), with)), where: r.where(n.get("where"))}
	r.presets(s.op, &s.records, &s.next, &s.gaps)
	if q := r.paging.get("query"); q != nil && s.op != nil && s.op.queryAll == nil {
		for _, p := range r.pairs(q) {
			if !slices.ContainsFunc(s.op.query, func(x pair) bool { return x.name == p.name }) {
				s.op.query = append(s.op.query, p)
			}
		}
	}
	if by := n.get("by"); by != nil {
		alternatives := []*node{by}
		if len(by.items) > 0 && by.items[0].shape == sequence {
			alternatives = by.items
		}
		for _, a := range alternatives {
			var sp plugins.SearchSpec
			for _, p := range a.texts() {
				if name, ok := strings.CutSuffix(p, "?"); ok {
					sp.Optional = append(sp.Optional, pole.Property(name))
				} else {
					sp.Require = append(sp.Require, pole.Property(p))
				}
			}
			s.by = append(s.by, sp)
		}
	}
	for _, p := range n.get("without").texts() {
		s.without[p] = true
	}
	return s
}

// fields reads one property's mapping: an expression, {value, from, to, when_absent}, or a list of these.
func (r *reader) fields(name string, n *node) []field {
	var out []field
	for _, x := range n.list() {
		f := field{property: pole.Property(name), at: x}
		if x.shape == mapping {
			f.value, f.from, f.to = r.expr(x, "value"), r.expr(x, "from"), r.expr(x, "to")
			f.absentNone = x.str("when_absent") == "none"
		} else {
			f.value = r.h.compile(r.f, x)
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		out = append(out, field{property: pole.Property(name), at: n})
	}
	return out
}

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

func (r *reader) link(n *node) *link {
	l := &link{typ: n.str("type"), each: r.expr(n, "each"), id: r.whole(n, "id"), label: r.whole(n, "label"), in: n.str("way") == "in", at: n}
	if t := n.str("role"); plainWord.MatchString(t) {
		l.role = t
	} else {
		l.roleExpr = r.expr(n, "role")
	}
	if t := n.str("kind"); plainWord.MatchString(t) {
		l.kind = pole.Kind(t)
	} else {
		l.kindExpr = r.expr(n, "kind")
	}
	return l
}

func (r *reader) submit(n *node) *submitSpec {
	s := &submitSpec{op: r.operation(n), at: n}
	i := n.get("idempotency")
	s.header, s.honoured = i.str("header"), i != nil && i.str("honoured") != "false"
	if acc := n.get("accepts"); acc != nil && acc.shape == mapping {
		for _, p := range acc.keys {
			a := acc.kids[p]
			s.accepts = append(s.accepts, accept{at: a, as: a.get("as").texts(), spec: plugins.FieldSpec{Path: p, Required: a.flag("required"),
				MaxLength: a.num("max"), Codes: r.acceptCodes(a.get("codes")), Label: a.str("label"), Many: a.flag("many")}})
		}
	}
	s.result = r.result(n.get("result"))
	s.after = r.steps(n.get("after"))
	if c := n.get("confirm"); c != nil {
		s.look = n.str("find_first") != "false" && (s.header == "" || !s.honoured)
		s.confirm = &confirmSpec{op: r.operation(c), found: r.expr(c, "found"), result: r.result(c.get("result"))}
	}
	if a := n.get("amend"); a != nil {
		s.amend = &amendSpec{op: r.operation(a), result: r.result(a.get("result"))}
	}
	return s
}

// acceptCodes takes a list of canonical codes, or the name of a code list of this file: then whatever it can send.
func (r *reader) acceptCodes(n *node) []string {
	if n == nil || n.shape == sequence {
		return n.texts()
	}
	l := r.h.codes[n.text()]
	if l == nil {
		r.f.fail(n, "Name a list under codes:, or write the codes as [A, B].", "There is no code list %q.", n.text())
		return nil
	}
	var out []string
	if _, any := l.out["*"]; any {
		return nil
	}
	seen := map[string]bool{}
	for _, c := range l.in {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return sorted(out)
}

func (r *reader) result(n *node) resultSpec {
	return resultSpec{ref: r.expr(n, "ref"), id: r.expr(n, "id"), at: r.expr(n, "at"), already: r.expr(n, "already")}
}

func (r *reader) watch(n *node) *watchSpec {
	w := &watchSpec{when: r.expr(n, "when"), records: r.expr(n, "records"), removed: r.expr(n, "removed"), cursor: r.expr(n, "cursor"), fetch: r.expr(n, "fetch"), at: n}
	for _, x := range n.get("reply").list() {
		if x.shape == mapping {
			w.reply = append(w.reply, &reply{when: r.expr(x, "when"), op: r.operation(x)})
		}
	}
	if r.live(w, n) || r.mqtt(w, n) || r.notify(w, n) {
		return w
	}
	if p := n.get("sse"); p != nil {
		w.sse = true
		w.op = r.operation(n)
		w.op.method = "GET"
		r.path(p)
		w.op.path = r.h.template(r.f, p)
		return w
	}
	w.op = r.operation(n)
	d, err := time.ParseDuration(n.str("every"))
	if err != nil || d < time.Second || d > 24*time.Hour {
		r.f.fail(n, "Write every: 30s (from 1s to 24h), sse: /path for server-sent events, websocket: /path, mqtt: TOPIC, or notify: CHANNEL of PostgreSQL.", "watch says neither sse nor how often to ask.")
		d = time.Minute
	}
	w.every = int64(d / time.Second)
	r.presets(w.op, &w.records, nil, nil)
	return w
}
