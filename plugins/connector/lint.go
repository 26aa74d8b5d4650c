package connector

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

// lintSpec files what the schema cannot see.
func lintSpec(f *findings, n *node, s *spec) {
	types := map[string]plugins.OptionType{}
	for _, o := range s.options {
		types[o.Name] = o.Type
	}
	opts := n.get("options")
	for _, o := range s.options {
		on := opts.get(o.Name)
		if o.Type == plugins.OptionURL && o.Default != "" {
			address(f, on.get("default"), o.Default)
		}
	}
	if s.base != "" && types[s.base] != plugins.OptionURL {
		f.fail(either2(n.get("base"), n), "Name an option of type url.", "base names %q, which is not a url option.", s.base)
	}
	checkWires(f, n, s, types)
	for _, h := range n.get("hosts").list() {
		checkHost(f, h, types)
	}
	for _, a := range n.get("auth").list() {
		checkAuth(f, a, s, types)
	}
	for _, h := range s.headers {
		checkRefs(f, n.get("headers"), h.expr, types)
	}
	if s.check == nil {
		f.fail(n, "Add check: {get: /me, expect: '.user != null'} with an address that reads no personal data.", "There is no check.")
	} else {
		checkOperation(f, s, s.check.op, types)
		checkAround(f, s, s.check.op, types, false)
	}
	seenType := map[string]bool{}
	for _, k := range s.kinds {
		if seenType[k.typ] {
			f.fail(k.at, "Give each kind its own type.", "The type %q stands twice.", k.typ)
		}
		seenType[k.typ] = true
		checkKind(f, s, k, types)
	}
}

func either2(a, b *node) *node {
	if a != nil {
		return a
	}
	return b
}

func checkKind(f *findings, s *spec, k *kindSpec, types map[string]plugins.OptionType) {
	if k.id == nil && (len(k.searches) > 0 || k.fetch != nil || k.watch != nil) {
		f.fail(k.at, "Add id under fields: id: .id", "The kind %s does not say what identifies its records.", k.kind)
	}
	if len(k.searches) == 0 && k.fetch == nil && k.submit == nil && k.watch == nil {
		f.fail(k.at, "Add search, fetch, submit or watch.", "The kind %s can do nothing.", k.kind)
	}
	mapped := map[string]bool{"id": k.id != nil}
	for _, fl := range k.fields {
		mapped[string(fl.property)] = true
		if fl.value == nil {
			f.fail(fl.at, "Write value: .path", "The mapping of %s has no value.", fl.property)
		}
	}
	for _, g := range k.groups {
		if g.each == nil || len(g.fields) == 0 {
			f.fail(g.at, "Write each: '.addresses[]' and fields.", "The group lacks each or fields.")
		}
		for _, fl := range g.fields {
			mapped[string(fl.property)] = true
		}
	}
	for _, p := range sortedBools(k.require) {
		if !mapped[p] && (len(k.searches) > 0 || k.fetch != nil) {
			f.warn(either2(k.at.get("require"), k.at), "Map it under fields, or take it out of require.", "%s is required but nothing maps it.", p)
		}
	}
	for _, sp := range k.searches {
		checkOperation(f, s, sp.op, types)
		checkTerms(f, sp)
		checkWhere(f, k, sp)
		checkAround(f, s, sp.op, types, false)
		checkSteps(f, s, sp.with, types, false, map[string]bool{})
		if sp.op != nil && sp.none == nil && (sp.op.answers == "html" || sp.op.answers == "" && s.answers == "html") {
			f.fail(sp.op.at, "Select the words for it, and write none: '.body.nothing != null'.", "The search reads a web page but does not say how the page shows that nothing was found; a redesigned page would pass for 'no trace'.")
		}
		if len(sp.by) == 0 && !sp.text {
			f.fail(sp.op.at, "Write by: [PROPERTY, OTHER?] (a ? marks what may be missing), or text: true.", "The search does not say what it searches by.")
		}
		if sp.next == nil && sp.total == nil && asksForSoMany(sp.op) {
			f.fail(sp.op.at, "Add next: for the following page, or total: for how many there are in all.", "The search asks for so many records and would not notice that there are more.")
		}
	}
	if k.fetch != nil {
		checkOperation(f, s, k.fetch.op, types)
		checkAround(f, s, k.fetch.op, types, false)
		checkSteps(f, s, k.fetch.with, types, false, map[string]bool{})
	}
	if k.watch != nil {
		if k.watch.op.ldap != nil {
			f.fail(k.watch.at, "Take watch out: the desk reads the entry again whenever it is opened.", "A directory gives its entries in no order, so that asking for changes could miss some.")
		}
		if k.watch.op.sql != nil && k.watch.cursor == nil {
			f.fail(k.watch.at, "Add cursor: '.rows[-1].changed', and WHERE changed > :cursor … ORDER BY changed to the query.", "The query would give the same rows each time, and miss what lies beyond them.")
		}
		checkOperation(f, s, k.watch.op, types)
		checkAround(f, s, k.watch.op, types, false)
		if k.watch.fetch != nil && k.fetch == nil {
			f.fail(k.watch.at, "Add fetch: {get: '/things/\\(.id)'} to the kind.", "The watch fetches what is announced, but the kind has no fetch.")
		}
		for _, r := range k.watch.reply {
			checkOperation(f, s, r.op, types)
		}
	}
	for _, l := range k.links {
		if l.id == nil || l.role == "" && l.roleExpr == nil || l.kind == "" && l.kindExpr == nil {
			f.fail(l.at, "Write {role: ROLE, kind: KIND, each: '.list[]', id: .otherId}.", "The link lacks role, kind or id.")
		}
	}
	if sub := k.submit; sub != nil {
		checkOperation(f, s, sub.op, types)
		known := checkAround(f, s, sub.op, types, true)
		checkSteps(f, s, sub.after, types, true, known)
		switch {
		case sub.op.besidesHTTP():
			f.fail(sub.at, "Send entries to the system's own interface; a database or directory is only read.", "submit cannot be a query.")
		case sub.result.ref == nil:
			f.fail(sub.at, "Write result: {ref: .entryId}.", "submit does not say where the system's reference stands.")
		case sub.confirm == nil && (sub.header == "" || !sub.honoured):
			f.warn(sub.at, "Add confirm: {get: '/entries?…', found: .ref}, or idempotency if the system honours a key.",
				"When an answer is lost nobody can say whether the entry arrived; a person will have to look.")
		}
		if len(sub.accepts) == 0 {
			f.fail(sub.at, "List its fields: accepts: {description: {required: true, max: 2000}}.", "submit does not say what it accepts.")
		}
		if sub.amend != nil {
			checkOperation(f, s, sub.amend.op, types)
			checkAround(f, s, sub.amend.op, types, false)
		}
		if sub.confirm != nil {
			checkOperation(f, s, sub.confirm.op, types)
			checkAround(f, s, sub.confirm.op, types, false)
			if sub.confirm.found == nil {
				f.fail(sub.at.get("confirm"), "Write found: '.data[0].entryId'.", "confirm does not say where the reference stands.")
			}
		}
	}
}

// asksForSoMany reports whether an operation tells the system how many records to send.
func asksForSoMany(op *operation) bool {
	return op != nil && slices.ContainsFunc(op.exprs(), func(e *expr) bool { return e != nil && strings.Contains(e.src, ".page.limit") })
}

func sortedBools(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return sorted(out)
}

func checkOperation(f *findings, s *spec, op *operation, types map[string]plugins.OptionType) {
	if op == nil {
		return
	}
	if op.method == "" {
		f.fail(op.at, "Write get: /path or post: /path.", "The operation has no method and path.")
		return
	}
	if op.graphql != nil && op.graphql.query == "" || op.soap != nil && op.soap.body == nil {
		f.fail(op.at, "Write graphql: {query: …} or soap: {action: …, body: …}.", "The request has no content.")
	}
	absolute := len(op.path) > 0 && op.path[0].expr == nil && urlStart.MatchString(op.path[0].lit)
	if !absolute && s.base == "" {
		f.fail(op.at, "Declare options: {base_url: {type: url, label: Server address, required: true}}.", "There is no server address that the path is below.")
	}
	if absolute {
		if u, err := url.Parse(op.path[0].lit); err == nil && !slices.Contains(s.hosts, u.Host) && !slices.Contains(s.hosts, u.Hostname()) {
			f.fail(op.at, "Add it to hosts.", "The host %s is not declared.", u.Host)
		}
	}
	if (op.answers == "html" || op.answers == "" && s.answers == "html") && len(op.html) == 0 {
		f.fail(op.at, "Write html: {rows: {each: 'table tr.person', of: {id: '@data-id', name: td.name}}}.", "The operation reads a web page but does not say what of it.")
	}
	checkWire(f, s, op)
	for _, e := range op.all() {
		checkRefs(f, op.at, e, types)
	}
}

// exprs are the expressions of a request outside its path and its XML; some may be nil. See all.
func (op *operation) exprs() []*expr {
	out := []*expr{op.body, op.queryAll, op.upload}
	if op.rpc != nil {
		out = append(out, op.rpc.params)
	}
	if op.raw != nil {
		for _, p := range op.raw.parts {
			out = append(out, p.expr)
		}
	}
	for _, p := range op.multipart {
		out = append(out, p.expr)
	}
	if op.graphql != nil {
		out = append(out, op.graphql.variables)
	}
	lists := [][]pair{op.query, op.headers, op.form}
	if op.sql != nil {
		lists = append(lists, op.sql.args)
	}
	if op.ldap != nil {
		out = append(out, op.ldap.exprs()...)
	}
	if op.live != nil {
		out = append(out, op.live.exprs()...)
	}
	for _, list := range lists {
		for _, p := range list {
			out = append(out, p.expr)
		}
	}
	return out
}

var optionRef = regexp.MustCompile(`(?:\.|\$)options\.([A-Za-z_][A-Za-z0-9_]*)`)

// checkRefs files options that an expression uses but the file does not declare.
func checkRefs(f *findings, at *node, e *expr, types map[string]plugins.OptionType) {
	if e == nil {
		return
	}
	for _, m := range optionRef.FindAllStringSubmatch(e.src, -1) {
		switch t, known := types[m[1]]; {
		case !known:
			f.fail(at, "Declare it under options.", "The expression %s uses the option %q, which is not declared.", e.src, m[1])
		case t == plugins.OptionSecret:
			f.fail(at, "Use auth: the sign-in adds secrets, an expression never sees them.", "The expression %s uses the secret option %q.", e.src, m[1])
		}
	}
}

// checkDictionary files kinds, properties and roles that the dictionary does not have, and mappings that could turn
// missing danger into none.
func checkDictionary(f *findings, s *spec, d *pole.Dictionary) {
	for _, p := range s.authority {
		if _, ok := d.Property(p); !ok {
			f.fail(s.authorityAt, "Use properties of the dictionary (properties.yaml).", "The dictionary has no property %q to be the authority for.", p)
		}
	}
	for _, k := range s.kinds {
		if _, ok := d.Kind(k.kind); !ok {
			f.fail(k.at, "Use a kind of the dictionary (kinds.yaml), or add it there.", "The dictionary has no kind %q.", k.kind)
			continue
		}
		for i := range k.fields {
			checkField(f, d, k, &k.fields[i])
		}
		for _, g := range k.groups {
			for i := range g.fields {
				checkField(f, d, k, &g.fields[i])
				if p, ok := d.Property(g.fields[i].property); ok && p.Danger && g.each != nil {
					checkDanger(f, g.at, g.each)
				}
			}
		}
		if k.marking != nil && k.marking.value != nil && !k.marking.absentNone {
			checkDanger(f, k.marking.at, k.marking.value)
		}
		for _, l := range k.links {
			if l.role != "" {
				if _, ok := d.Role(pole.Role(l.role)); !ok {
					f.fail(l.at, "Use a role of the dictionary (roles.yaml), or add it there.", "The dictionary has no role %q.", l.role)
				}
			}
			if l.kind != "" {
				if _, ok := d.Kind(l.kind); !ok {
					f.fail(l.at, "Use a kind of the dictionary (kinds.yaml).", "The dictionary has no kind %q.", l.kind)
				}
			}
		}
		for _, sp := range k.searches {
			for _, by := range sp.by {
				for _, p := range slices.Concat(by.Require, by.Optional) {
					if _, ok := d.Property(p); !ok {
						f.fail(sp.op.at, "Use a property of the dictionary (properties.yaml).", "The dictionary has no property %q to search by.", p)
					}
				}
			}
		}
		if k.submit != nil {
			for _, a := range k.submit.accepts {
				name := a.spec.Path
				if strings.HasPrefix(name, plugins.RefsPart+".") {
					continue // another system's reference is no property
				}
				if name == filesPath || k.submit.isPart(name) {
					continue
				}
				if a.spec.Many {
					f.fail(a.at, "Write many at the bare name of a part: accepts: {person: {many: true}, person.surname: }.", "%s is a field: it does not stand several times.", name)
				}
				if i := strings.LastIndexByte(name, '.'); i >= 0 {
					name = name[i+1:]
				}
				if _, ok := d.Property(pole.Property(name)); !ok {
					f.fail(a.at, "Write property or part.property, with a property of the dictionary.", "The dictionary has no property %q.", name)
				}
			}
		}
	}
}

func checkField(f *findings, d *pole.Dictionary, k *kindSpec, fl *field) {
	p, ok := d.Property(fl.property)
	if !ok {
		f.fail(fl.at, "Use a property of the dictionary (properties.yaml), or add it there.", "The dictionary has no property %q.", fl.property)
		return
	}
	if !slices.Contains(p.Kinds, k.kind) {
		f.warn(fl.at, "Map it where it belongs.", "The dictionary does not foresee %s for the kind %s.", fl.property, k.kind)
	}
	if p.Danger && fl.value != nil && !fl.absentNone {
		checkDanger(f, fl.at, fl.value)
	}
}

func checkDanger(f *findings, at *node, e *expr) {
	if r := hides(e); r != nil {
		f.fail(at, r.cure, "%s", r.say)
	}
}
