package connector

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
	for _, h := range n.get("hosts").list() {
		checkHost(f, h, types)
	}
	for _, a := range n.get("auth").list() {
		checkAuth(f, a, types)
	}
	for _, h := range s.headers {
		checkRefs(f, n.get("headers"), h.expr, s, types)
	}
	if s.check == nil {
		f.fail(n, "Add check: {get: /me, expect: '.user != null'} with an address that reads no personal data.", "There is no check.")
	} else {
		checkOperation(f, s, s.check.op, types)
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
		if len(sp.by) == 0 && !sp.text {
			f.fail(sp.op.at, "Write by: [surname, givenName?] (a ? marks what may be missing), or text: true.", "The search does not say what it searches by.")
		}
	}
	if k.fetch != nil {
		checkOperation(f, s, k.fetch.op, types)
	}
	if k.watch != nil {
		checkOperation(f, s, k.watch.op, types)
	}
	for _, l := range k.links {
		if l.id == nil || l.role == "" && l.roleExpr == nil || l.kind == "" && l.kindExpr == nil {
			f.fail(l.at, "Write {role: keeper, kind: person, each: '.keepers[]', id: .personId}.", "The link lacks role, kind or id.")
		}
	}
	if sub := k.submit; sub != nil {
		checkOperation(f, s, sub.op, types)
		switch {
		case sub.result.ref == nil:
			f.fail(sub.at, "Write result: {ref: .entryId}.", "submit does not say where the system's reference stands.")
		case sub.confirm == nil && (sub.header == "" || !sub.honoured):
			f.warn(sub.at, "Add confirm: {get: '/entries?…', found: .ref}, or idempotency if the system honours a key.",
				"When an answer is lost nobody can say whether the entry arrived; a person will have to look.")
		}
		if len(sub.accepts) == 0 {
			f.fail(sub.at, "List its fields: accepts: {description: {required: true, max: 2000}}.", "submit does not say what it accepts.")
		}
		if sub.confirm != nil {
			checkOperation(f, s, sub.confirm.op, types)
			if sub.confirm.found == nil {
				f.fail(sub.at.get("confirm"), "Write found: '.data[0].entryId'.", "confirm does not say where the reference stands.")
			}
		}
	}
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
	exprs := []*expr{op.body, op.queryAll}
	for _, list := range [][]pair{op.query, op.headers, op.form} {
		for _, p := range list {
			exprs = append(exprs, p.expr)
		}
	}
	for _, e := range exprs {
		checkRefs(f, op.at, e, s, types)
	}
}

var optionRef = regexp.MustCompile(`(?:\.|\$)options\.([A-Za-z_][A-Za-z0-9_]*)`)

// checkRefs files options that an expression uses but the file does not declare.
func checkRefs(f *findings, at *node, e *expr, s *spec, types map[string]plugins.OptionType) {
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

func checkHost(f *findings, n *node, types map[string]plugins.OptionType) {
	h := n.text()
	if t, ok := types[h]; ok {
		if t != plugins.OptionURL {
			f.fail(n, "Name an option of type url, or write the host.", "The option %q is not an address.", h)
		}
		return
	}
	host := h
	if a, p, err := net.SplitHostPort(h); err == nil {
		host = a
		if i, err := strconv.Atoi(p); err != nil || i < 1 || i > 65535 {
			f.fail(n, "Write host or host:port.", "%q is not a host.", h)
		}
	}
	switch {
	case isIP(host):
		f.fail(n, "Write the server's name, so that its certificate can be checked.", "%q is an IP address.", host)
	case !hostForm.MatchString(host):
		f.fail(n, "Write host or host:port, or the name of a url option.", "%q is neither a host nor an option of this file.", h)
	case !strings.Contains(host, ".") && !loopback(host):
		f.fail(n, "Declare it under options with type: url, or write the host in full.", "%q is neither an option of this file nor a full host name.", h)
	}
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// isIP reports an IP literal that is not loopback.
func isIP(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && !ip.IsLoopback()
}

func (r *reader) address(n *node, s string) { address(r.f, n, s) }

// address files what makes a URL unfit: http beyond this machine, a user, an IP literal.
func address(f *findings, n *node, s string) {
	clean := s
	if i := strings.Index(clean, `\(`); i >= 0 {
		clean = clean[:i]
	}
	u, err := url.Parse(clean)
	switch {
	case err != nil || u.Host == "":
		f.fail(n, "Write https://host/path.", "This is not an address.")
	case u.User != nil:
		f.fail(n, "Take it out; declare an option of type secret and name it under auth.", "A user or password stands in the address.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		f.fail(n, "Write https://.", "http:// would send data in the clear; it is allowed to this machine only.")
	case u.Scheme != "https" && u.Scheme != "http":
		f.fail(n, "Write https://.", "The scheme %q is not possible.", u.Scheme)
	case isIP(u.Hostname()):
		f.fail(n, "Write the server's name, so that its certificate can be checked.", "The host is an IP address.")
	}
}

func checkAuth(f *findings, n *node, types map[string]plugins.OptionType) {
	need := map[plugins.AuthKind][]string{
		plugins.AuthExchange: {"token"}, plugins.AuthOAuth2Client: {"token", "user", "secret"}, plugins.AuthAPIKey: {"secret"},
		plugins.AuthBasic: {"user", "secret"}, plugins.AuthWSSUsername: {"user", "secret"}, plugins.AuthCookie: {"login", "user", "secret"},
	}
	kind := plugins.AuthKind(n.str("kind"))
	for _, key := range need[kind] {
		if n.get(key) == nil {
			f.fail(n, "Add "+key+".", "Sign-in of kind %s lacks %s.", kind, key)
		}
	}
	if kind == plugins.AuthAPIKey && n.get("header") == nil && n.get("query") == nil {
		f.fail(n, "Add header: x-api-key (or query: key where nothing else is offered).", "Sign-in with a key does not say where the key goes.")
	}
	for _, key := range []string{"user", "secret", "base"} {
		v := n.get(key)
		if v == nil {
			continue
		}
		t, known := types[v.text()]
		switch {
		case !known && key == "secret":
			f.fail(v, "Declare options: {"+key+": {type: secret, required: true}} and name it here; the value itself lives in the keyring.", "secret must name an option; a secret never stands in the file.")
		case !known:
			f.fail(v, "Declare it under options.", "%s names %q, which is not an option.", key, v.text())
		case key == "secret" && t != plugins.OptionSecret:
			f.fail(v, "Give the option type: secret.", "The option %q is not secret.", v.text())
		case key == "base" && t != plugins.OptionURL:
			f.fail(v, "Give the option type: url.", "The option %q is not an address.", v.text())
		}
	}
	for _, key := range []string{"token", "login", "page"} {
		if t := n.get(key); t != nil && urlStart.MatchString(t.text()) {
			address(f, t, t.text())
		}
	}
	for _, a := range n.get("also").list() {
		checkAuth(f, a, types)
	}
}

var (
	secretName  = regexp.MustCompile(`(?i)^(authorization|proxy-authorization|cookie|x-api-key|api[-_]?key|apikey|x-auth-token|access[-_]?token|token|password|passwd|pwd|secret|client[-_]?secret|private[-_]?key)$`)
	constant    = regexp.MustCompile(`^"[^"\\]{4,}"$`)
	looksSecret = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.|-----BEGIN|\bBearer [A-Za-z0-9._~+/-]{8,}|\bBasic [A-Za-z0-9+/]{8,}={0,2}|\b(?:sk|ghp|xox[bp]|AKIA)[-_A-Za-z0-9]{12,}`)
	longRandom  = regexp.MustCompile(`[A-Za-z0-9+/_-]{32,}={0,2}`)
)

// checkSecrets looks through every text of the file for what should be in a keyring.
func checkSecrets(f *findings, n *node) {
	const cure = "Take it out of the file and change it at the system; declare an option of type secret and name it under auth: its value goes into the keyring."
	var walk func(key string, n *node)
	walk = func(key string, n *node) {
		for _, k := range n.keys {
			walk(k, n.kids[k])
		}
		for _, x := range n.items {
			walk(key, x)
		}
		s, ok := n.value.(string)
		if !ok {
			return
		}
		inAuth := strings.HasPrefix(n.path, "/auth")
		switch {
		case looksSecret.MatchString(s):
			f.fail(n, cure, "A secret seems to be written here.")
		case secretName.MatchString(key) && !inAuth && constant.MatchString(strings.TrimSpace(s)):
			f.fail(n, cure, "A secret seems to be written under %q.", key)
		case key == "default" && strings.HasPrefix(n.path, "/options/") && secretName.MatchString(lastBut(n.path)):
			f.fail(n, cure, "A secret has a value in the file.")
		default:
			for _, w := range longRandom.FindAllString(s, -1) {
				if random(w) {
					f.fail(n, cure, "A secret seems to be written here.")
					break
				}
			}
		}
	}
	walk("", n)
	if opts := n.get("options"); opts != nil {
		for _, name := range opts.keys {
			o := opts.kids[name]
			if o.str("type") == "secret" && o.get("default") != nil {
				f.fail(o.get("default"), cure, "A secret option has a value in the file.")
			}
		}
	}
}

func lastBut(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

// random reports text that mixes letters and digits as keys do and words do not.
func random(w string) bool {
	var digits, upper, lower, swaps int
	last := 0
	for _, r := range w {
		class := 0
		switch {
		case r >= '0' && r <= '9':
			digits++
			class = 1
		case r >= 'A' && r <= 'Z':
			upper++
			class = 2
		case r >= 'a' && r <= 'z':
			lower++
			class = 3
		}
		if class != last {
			swaps++
		}
		last = class
	}
	return digits >= 4 && upper+lower >= 6 && swaps >= len(w)/4
}

// checkDictionary files kinds, properties and roles that the dictionary does not have, and mappings that could turn
// missing danger into none.
func checkDictionary(f *findings, s *spec, d *pole.Dictionary) {
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
