package connector

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/sqlwire/named"
)

// sqlSpec is one query of a database.
type sqlSpec struct {
	text  string
	args  []pair
	limit int // rows of one answer
}

// defaultRows is how many rows one answer has where the file does not say.
const defaultRows = 200

// sqlParams are the parameters that a query has without args, besides :limit and the properties searched by.
var sqlParams = map[string]string{
	"id": ".id", "text": ".text", "cursor": ".cursor", "key": ".key", "after": ".page.after", "offset": ".page.offset // 0",
	"now": ".now", "collar": ".access.collar", "purpose": ".access.purpose",
}

// sql reads the keys sql, args and limit of an operation.
func (r *reader) sql(op *operation, n *node) {
	x := n.get("sql")
	if x == nil {
		for _, k := range []string{"args", "limit"} {
			if a := n.get(k); a != nil {
				r.f.fail(a, "Take it out, or write sql: SELECT ….", "%s belongs to a query, and there is no sql here.", k)
			}
		}
		return
	}
	if op.method != "" {
		r.f.fail(x, "Take the path out: the server address is the database's, postgres://host/database.", "A query has no path of its own.")
	}
	op.method, op.answers = "POST", "json"
	op.sql = &sqlSpec{text: strings.TrimSpace(x.text()), limit: n.num("limit")}
	if op.sql.limit <= 0 {
		op.sql.limit = defaultRows
	}
	q, err := named.Parse(x.text())
	var wrong *named.Error
	if errors.As(err, &wrong) {
		at := *x
		if strings.Contains(x.text(), "\n") {
			at.line, at.col = at.line+wrong.Line, 1 // below the | that begins the text
		}
		r.f.fail(&at, wrong.Cure, "%s", wrong.Say)
		return
	}
	given := n.get("args")
	var by []string
	for _, b := range n.get("by").list() {
		for _, p := range b.texts() {
			by = append(by, strings.TrimSuffix(p, "?"))
		}
	}
	for _, name := range q.Params() {
		if name == "limit" && given.get(name) == nil {
			continue
		}
		r.argument(op, x, given, name, by)
	}
	if given != nil && given.shape == mapping {
		for _, name := range given.keys {
			if !slices.Contains(q.Params(), name) {
				r.f.fail(given.kids[name], "Use it in the query as :"+name+", or take it out.", "The query has no parameter :%s.", name)
			}
		}
	}
}

func (r *reader) argument(op *operation, at, given *node, name string, by []string) {
	if a := given.get(name); a != nil {
		if e := r.h.compile(r.f, a); e != nil {
			op.sql.args = append(op.sql.args, pair{name, e})
		}
		return
	}
	src, known := sqlParams[name]
	if slices.Contains(by, name) {
		src, known = ".q."+name, true
	}
	if !known {
		r.f.fail(at, "Say what it is: args: {"+name+": .q.surname}. Without args there are the properties under by, and :id, :text, :cursor, :after, :offset, :limit, :key, :now, :collar.",
			"The parameter :%s has no value.", name)
		return
	}
	e, err := r.h.parse(src)
	if err != nil {
		r.f.fail(at, "Use another name for the parameter.", "The parameter :%s cannot be filled.", name)
		return
	}
	op.sql.args = append(op.sql.args, pair{name, e})
}

// rows is how many rows an answer may have.
func (sp *sqlSpec) rows(in map[string]any) int { return pageSize(in, sp.limit) }

// pageSize is the file's limit of one answer, or fewer where the desk wants fewer.
func pageSize(in map[string]any, limit int) int {
	page, _ := in["page"].(map[string]any)
	if n, ok := page["limit"].(int); ok && n > 0 {
		return min(n, limit)
	}
	return limit
}

// ask gives the body of a request that is not HTTP.
func (op *operation) ask(ctx context.Context, in map[string]any) (payload, error) {
	switch {
	case op.live != nil:
		return op.live.body(ctx, in)
	case op.listen != "":
		return jsonPayload(map[string]any{"listen": op.listen})
	case op.ldap != nil:
		return op.ldap.body(ctx, in)
	}
	return op.sql.body(ctx, in)
}

// body gives {sql, args, limit}. :limit is one more than is kept, so that the wire can say whether there are more.
func (sp *sqlSpec) body(ctx context.Context, in map[string]any) (payload, error) {
	args := map[string]any{"limit": sp.rows(in) + 1}
	for _, p := range sp.args {
		v, err := p.expr.one(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		if m, ok := v.(map[string]any); ok {
			v = outValue(m)
		}
		args[p.name] = v
	}
	return jsonPayload(map[string]any{"sql": sp.text, "args": args, "limit": sp.rows(in)})
}

func jsonPayload(v any) (payload, error) {
	b, err := marshal(v)
	if err != nil {
		return payload{}, unsendable(&shapeError{expr: "args", say: "they cannot be written as JSON"})
	}
	return payload{bytes: b, ctype: "application/json"}, nil
}

// besidesHTTP says that an operation is a question to a database or directory, or a stream of another protocol: always a read.
func (op *operation) besidesHTTP() bool {
	return op.sql != nil || op.ldap != nil || op.listen != "" || op.live != nil
}

// reads reports whether an operation can change nothing.
func (op *operation) reads() bool { return op.method == "GET" || op.besidesHTTP() }

// refused reads {"error": {"code", "is", "message"}}: what a wire other than HTTP was refused, where the status alone
// would say too little.
//
// An answer that does not say whether there is more is not one: the rest would be lost in silence.
func (s *system) refused(op *operation, a *answer) *plugins.Error {
	body, _ := a.body.(map[string]any)
	if op.ldap != nil && a.status < 300 {
		if say := unlike(body); say != "" {
			return s.fail(plugins.Drift, "%s did not answer as documented: %s. Tell whoever keeps its connector.", s.spec.name, say)
		}
		return nil
	}
	if _, says := body["more"].(bool); op.listen == "" && a.status < 300 && !says {
		return s.fail(plugins.Drift, "%s did not answer as documented: it does not say whether there is more. Tell whoever keeps its connector.", s.spec.name)
	}
	detail, _ := body["error"].(map[string]any)
	code, _ := detail["code"].(string)
	message, _ := detail["message"].(string)
	is, _ := detail["is"].(string)
	kind := plugins.ErrorKind(is)
	if a.status < 400 || kind != plugins.Drift && kind != plugins.Invalid && kind != plugins.Unavailable {
		return nil
	}
	return &plugins.Error{Kind: kind, System: s.env.System, Say: s.words(kind), Err: errors.New(tidy(code + ": " + message))}
}

// more is the gap of an answer that had more than was asked for, where nothing says how to read on.
const more = `if .more then "there is more than is read at once. Narrow the search." else empty end`

// presets fills in how the answer of a database or directory is read, where the file does not say.
func (r *reader) presets(op *operation, records, next, gaps **expr) {
	if op == nil || op.sql == nil && op.ldap == nil {
		return
	}
	set := func(to **expr, src string) {
		if to != nil && *to == nil {
			*to, _ = r.h.parse(src) // a constant of this file
		}
	}
	if op.ldap != nil {
		set(records, ".entries[]")
		set(next, nextEntries)
		set(gaps, lostEntries)
		return
	}
	set(records, ".rows[]")
	if next != nil && *next == nil {
		set(gaps, more)
	}
}

var channelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,62}$`)

// notify reads watch: {notify: CHANNEL}.
func (r *reader) notify(w *watchSpec, n *node) bool {
	x := n.get("notify")
	if x == nil {
		return false
	}
	w.sse = true
	w.op = r.operation(n)
	if w.op.method != "" || n.get("every") != nil {
		r.f.fail(x, "Keep notify alone; what is announced is the payload, or with fetch: an expression for the id in it.", "A channel is listened to: there is nothing to ask for.")
	}
	if !channelName.MatchString(x.text()) {
		r.f.fail(x, "Write the channel as the database does: notify: crime_changed (lower case, unless it is quoted there).", "%q is not the name of a channel.", x.text())
	}
	w.op.method, w.op.answers, w.op.listen = "POST", "json", x.text()
	return true
}

// checkWire files what is wrong with an operation that is not HTTP.
func checkWire(f *findings, s *spec, op *operation) {
	if !op.besidesHTTP() {
		return
	}
	if op.live != nil {
		checkLive(f, s, op)
		return
	}
	schemes, cure := []string{"postgres", "sqlserver", "sqlite"}, "Give the server address type: url, and a default such as postgres://db.force.example/records or none."
	switch {
	case op.listen != "":
		schemes = []string{"postgres"}
	case op.ldap != nil:
		schemes, cure = []string{"ldap", "ldaps"}, "Give the server address type: url, and a default such as ldaps://directory.force.example or none."
	}
	for _, o := range s.options {
		if o.Name != s.base || o.Default == "" {
			continue
		}
		if u, err := url.Parse(o.Default); err == nil && !slices.Contains(schemes, u.Scheme) {
			f.fail(op.at, cure, "This is asked of a server at %s://, which is none of %s.", u.Scheme, strings.Join(schemes, ", "))
		}
	}
	if len(op.query) > 0 || op.queryAll != nil || len(op.headers) > 0 {
		f.fail(op.at, "Take them out.", "A query has no address parameters and no headers.")
	}
}
