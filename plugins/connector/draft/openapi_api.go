package draft

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/plugins/pole"
)

// OpenAPI drafts a connector from an OpenAPI document: Swagger 2 or OpenAPI 3, JSON or YAML.
func OpenAPI(src []byte, dict *pole.Dictionary, o Options) (string, error) {
	d, err := parseOpenAPI(src)
	if err != nil {
		return "", err
	}
	a := &api{title: str(obj(d.root["info"])["title"]), version: str(obj(d.root["info"])["version"])}
	a.server = d.server()
	d.signIn(a)
	m := newMatcher(dict)
	d.check(a)
	d.entities(a, m)
	return a.write(m, o)
}

func (d *document) server() string {
	for _, s := range arr(d.root["servers"]) {
		u := str(obj(s)["url"])
		for name, v := range obj(obj(s)["variables"]) {
			u = strings.ReplaceAll(u, "{"+name+"}", str(obj(v)["default"]))
		}
		if p, err := url.Parse(u); err == nil && p.Scheme == "https" && p.Host != "" && !strings.Contains(u, "{") {
			return strings.TrimSuffix(u, "/")
		}
	}
	if host := str(d.root["host"]); host != "" && !strings.ContainsAny(host, "{} ") {
		return "https://" + host + strings.TrimSuffix(str(d.root["basePath"]), "/")
	}
	return ""
}

func (d *document) signIn(a *api) {
	schemes := obj(obj(d.root["components"])["securitySchemes"])
	if schemes == nil {
		schemes = obj(d.root["securityDefinitions"])
	}
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		s := d.deref(schemes[name])
		kind, scheme := strings.ToLower(str(s["type"])), strings.ToLower(str(s["scheme"]))
		switch {
		case kind == "apikey" && str(s["in"]) == "header":
			a.key("header: " + quoted(str(s["name"])))
		case kind == "apikey" && str(s["in"]) == "query":
			a.key("query: " + quoted(str(s["name"])))
		case kind == "basic", kind == "http" && scheme == "basic":
			a.password("basic")
		case kind == "http" && scheme == "digest":
			a.password("digest")
		case kind == "http" && scheme == "bearer":
			a.key(`header: Authorization, prefix: "Bearer "`)
		case kind == "openidconnect":
			a.auth = []string{"auth: {kind: login}  # guess: the document names OpenID Connect; the one login's token is sent"}
		case kind == "oauth2":
			flows := obj(s["flows"])
			cc := obj(flows["clientCredentials"])
			if cc == nil {
				cc = obj(flows["application"])
			}
			token := either(str(cc["tokenUrl"]), str(s["tokenUrl"]))
			if cc == nil && str(s["flow"]) != "application" || token == "" {
				a.auth = []string{"auth: {kind: login}  # guess: the document names OAuth2 for people; the one login's token is sent. See auth in the reference for others."}
				continue
			}
			a.client(token)
			return
		}
	}
	if len(a.auth) == 0 {
		d.keyParameter(a)
	}
}

func (a *api) key(where string) {
	a.auth = []string{"auth: {kind: api_key, " + where + ", secret: api_key}"}
	a.options = []string{"  api_key: {type: secret, label: Key, required: true, help: Issued by whoever runs the system.}"}
}

func (a *api) password(kind string) {
	a.auth = []string{"auth: {kind: " + kind + ", user: username, secret: password}"}
	a.options = []string{"  username: {type: string, label: User name, required: true, asked: true, help: As at the system itself.}",
		"  password: {type: secret, label: Password, required: true, asked: true, help: Kept in the keyring of this machine.}"}
}

func (a *api) client(token string) {
	u, err := url.Parse(token)
	path := "/oauth/token"
	if err == nil && u.Path != "" {
		path = u.Path
	}
	if err == nil && u.Host != "" && !strings.HasPrefix(a.server, u.Scheme+"://"+u.Host) {
		a.options = append(a.options, "  idp_url: {type: url, label: Address of the identity provider, required: true, default: "+quoted("https://"+u.Host)+", help: Where tokens are issued.}")
		a.extra = append(a.extra, "hosts: [base_url, idp_url]")
		a.auth = []string{"auth: {kind: oauth2_client, token: " + quoted(path) + ", base: idp_url, user: client_id, secret: client_secret}"}
	} else {
		if base, err := url.Parse(a.server); err == nil && base.Path != "" {
			path = strings.TrimPrefix(path, base.Path)
		}
		a.auth = []string{"auth: {kind: oauth2_client, token: " + quoted(path) + ", user: client_id, secret: client_secret}"}
	}
	a.options = append(a.options, "  client_id: {type: string, label: Client id, required: true, help: Issued by whoever runs the system.}",
		"  client_secret: {type: secret, label: Client secret, required: true, help: Issued with the client id.}")
}

// keyParameter finds a key that the document asks for as an ordinary header of its operations.
func (d *document) keyParameter(a *api) {
	paths := obj(d.root["paths"])
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		item := d.deref(paths[p])
		for _, verb := range verbs {
			for _, q := range d.parameters(item, obj(item[verb])) {
				if in := str(q["in"]); (in == "header" || in == "query") && keyName.MatchString(str(q["name"])) {
					a.key(in + ": " + quoted(str(q["name"])))
					return
				}
			}
		}
	}
}

var harmless = regexp.MustCompile(`(?i)/(me|whoami|health|healthz|status|ping|version|info|self|current[-_]?user|userinfo|about)$`)

func (d *document) check(a *api) {
	for _, p := range slices.Sorted(maps.Keys(obj(d.root["paths"]))) {
		item := d.deref(obj(d.root["paths"])[p])
		if op := obj(item["get"]); op != nil && harmless.MatchString(p) && !strings.Contains(p, "{") {
			a.check = "{get: " + quoted(p) + "}"
			return
		}
	}
}

var (
	asking  = regexp.MustCompile(`(?i)search|quer|find|enquir|inquir|lookup|filter`)
	signsIn = regexp.MustCompile(`(?i)token|login|logout|auth|session|password`)
	keyName = regexp.MustCompile(`(?i)^(x-)?(api|app|subscription|access)[-_]?(key|token)$|subscription-key$`)
)

// asks reports a post that by its name only asks.
func asks(p string, op map[string]any) bool {
	return asking.MatchString(p + " " + str(op["operationId"]))
}

// looksUp reports a post that gives back more than it was given, and creates nothing: a look-up that keeps its terms
// out of the address.
func (d *document) looksUp(op, res, rec map[string]any) bool {
	if obj(op["responses"])["201"] != nil || obj(op["responses"])["202"] != nil {
		return false
	}
	out := res
	if rec != nil {
		out = rec
	}
	n := len(obj(out["properties"]))
	return n >= 4 && n > 2*len(obj(d.request(op)["properties"]))
}

func (d *document) entities(a *api, m *matcher) {
	paths := obj(d.root["paths"])
	byName := map[string]*entity{}
	get := func(name string) *entity {
		if byName[name] == nil {
			byName[name] = &entity{name: name}
			a.entities = append(a.entities, byName[name])
		}
		return byName[name]
	}
	order := slices.Sorted(maps.Keys(paths))
	// Lists first: what they hold names the sort of thing.
	for _, p := range order {
		item := d.deref(paths[p])
		for _, verb := range verbs {
			op := obj(item[verb])
			if op == nil {
				continue
			}
			res := d.response(op)
			rec, expr := d.records(res, "", 0)
			single := rec == nil && typeOf(res) == "object" && len(obj(res["properties"])) > 0
			ends := strings.HasSuffix(p, "}")
			reads := verb == "get" || verb == "post" && (asks(p, op) || d.looksUp(op, res, rec))
			switch {
			case reads && rec != nil && !strings.Contains(p, "{"):
				e := get(d.name(p, op, res, rec))
				d.take(e, rec, "")
				e.searches = append(e.searches, d.search(m, e, p, verb, item, op, res, expr))
			case verb == "post" && reads && single:
				e := get(d.name(p, op, res, res))
				d.take(e, res, "")
				e.searches = append(e.searches, d.search(m, e, p, verb, item, op, res, "."))
			case verb == "get" && single && ends && strings.Count(p, "{") == 1:
				// read below, when the lists are known
			case verb == "get" && rec != nil:
				a.skipped = append(a.skipped, strings.ToUpper(verb)+" "+p+": a list below something else; see 'with' in the reference")
			}
		}
	}
	for _, p := range order {
		item := d.deref(paths[p])
		if op := obj(item["get"]); op != nil && strings.HasSuffix(p, "}") && strings.Count(p, "{") == 1 {
			res := d.response(op)
			inner, where := res, ""
			for _, w := range []string{"data", "item", "result", "record"} {
				if s := d.schema(obj(res["properties"])[w], 0); typeOf(s) == "object" {
					inner, where = s, "."+w
				}
			}
			if typeOf(inner) != "object" || len(obj(inner["properties"])) == 0 {
				continue
			}
			e := get(d.name(strings.TrimRight(p[:strings.LastIndex(p, "{")], "/"), op, res, inner))
			d.take(e, inner, "")
			name := p[strings.LastIndex(p, "{")+1 : len(p)-1]
			e.fetch = "{get: " + quoted(p[:strings.LastIndex(p, "{")]+`\(.id)`) + ", records: " + quoted(either(where, ".")) + "}"
			if f, ok := findField(e.fields, name); ok && e.id == "" {
				e.id = f.path
			}
			if len(e.searches) == 0 && e.id != "" {
				if f, ok := findField(e.fields, name); ok {
					e.searches = append(e.searches, search{by: []param{{name: name, format: f.format}},
						lines: []string{"get: " + quoted(p[:strings.LastIndex(p, "{")]+`\(.q.PROPERTY)`), "records: " + quoted(either(where, ".")), "none: '.status == 404'"}})
				}
			}
		}
		if op := obj(item["post"]); op != nil && !strings.Contains(p, "{") {
			body := d.request(op)
			res := d.response(op)
			rec, _ := d.records(res, "", 0)
			if typeOf(body) != "object" || asks(p, op) || signsIn.MatchString(p) || d.looksUp(op, res, rec) {
				continue
			}
			e := get(d.name(p, op, nil, body))
			ref := ""
			for _, f := range d.fields(res, "", "", 0) {
				if n := joined(f.last); ref == "" && (n == "id" || strings.HasSuffix(n, "id") || n == "reference" || n == "ref" || n == "number") {
					ref = f.path
				}
			}
			e.submit = &submit{lines: []string{"post: " + quoted(p)}, fields: d.fields(body, "", "", 0), result: ref, body: true}
		}
	}
}

func findField(fs []field, name string) (field, bool) {
	for _, f := range fs {
		if joined(f.last) == joined(name) {
			return f, true
		}
	}
	for _, f := range fs {
		if joined(f.last) == "id" {
			return f, true
		}
	}
	return field{}, false
}

// take keeps the fuller of the schemas that describe a thing.
func (d *document) take(e *entity, schema map[string]any, path string) {
	if fs := d.fields(schema, path, "", 0); len(fs) > len(e.fields) {
		e.fields = fs
	}
}

// name is what a thing is called: the schema's name, else the last word of the path.
func (d *document) name(p string, op, _, schema map[string]any) string {
	for n, s := range obj(obj(d.root["components"])["schemas"]) {
		if sameSchema(d.schema(s, 0), schema) {
			return cleanName(n)
		}
	}
	for n, s := range obj(d.root["definitions"]) {
		if sameSchema(d.schema(s, 0), schema) {
			return cleanName(n)
		}
	}
	segs := strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
	for _, s := range slices.Backward(segs) {
		if !strings.HasPrefix(s, "{") && !regexp.MustCompile(`^(v[0-9]+|search|find|query|list|api)$`).MatchString(strings.ToLower(s)) {
			return s
		}
	}
	return either(str(op["operationId"]), "thing")
}

func sameSchema(a, b map[string]any) bool {
	x, y := obj(a["properties"]), obj(b["properties"])
	if len(x) == 0 || len(x) != len(y) {
		return false
	}
	for k := range x {
		if _, ok := y[k]; !ok {
			return false
		}
	}
	return true
}

var schemaSuffix = regexp.MustCompile(`(?i)(dto|response|resource|model|schema|entity|view|read|out|create|request|input|new|list|page|collection)$`)

func cleanName(n string) string {
	if c := schemaSuffix.ReplaceAllString(n, ""); c != "" {
		return c
	}
	return n
}

// search reads a list operation: its parameters that stand for properties, free text, and how it pages.
func (d *document) search(m *matcher, e *entity, p, verb string, item, op, res map[string]any, records string) search {
	s := search{lines: []string{verb + ": " + quoted(p), "records: " + quoted(records)}}
	kind, _ := m.kindOf(e)
	var query, body []string
	page := ""
	for _, q := range d.parameters(item, op) {
		name := str(q["name"])
		if str(q["in"]) != "query" || name == "" {
			continue
		}
		schema := d.schema(q["schema"], 0)
		f := field{words: name, last: name, format: either(str(schema["format"]), str(q["format"]))}
		switch n := joined(name); {
		case n == "q" || n == "query" || n == "search" || n == "text" || n == "term" || n == "keyword" || n == "searchterm":
			s.text = name
		case n == "page" || n == "pagenumber" || n == "pageno" || n == "p":
			page = name
			query = append(query, yamlKey(name)+": '.page.number'")
			s.lines = append(s.lines, "next: 'if $page.records > 0 then {number: (($page.number // 1) + 1)} else null end'  # guess: pages count from 1 and an empty one ends; better: next from the answer, or total:")
		case n == "offset" || n == "skip" || n == "start" || n == "startat" || n == "from":
			page = name
			query = append(query, yamlKey(name)+": '.page.skip'")
			s.lines = append(s.lines, "next: 'if $page.records > 0 then {skip: $page.count} else null end'  # guess: an empty page ends; better: compare with the answer's total")
		case n == "cursor" || n == "after" || n == "pagetoken" || n == "continuationtoken" || n == "nexttoken":
			page = name
			query = append(query, yamlKey(name)+": '.page.after'")
			if next := d.nextField(res); next != "" {
				s.lines = append(s.lines, "next: "+quoted(next+" | if . then {after: .} else null end"))
			} else {
				s.lines = append(s.lines, "next: 'null'  # guess: the document does not say where the next cursor stands")
			}
		default:
			if prop := m.property(kind, f); prop != "" {
				s.by = append(s.by, param{name: name, property: prop, format: f.format})
				query = append(query, yamlKey(name)+": "+sent(m, prop))
			}
		}
	}
	if verb == "post" {
		for _, f := range d.fields(d.request(op), "", "", 0) {
			if prop := m.property(kind, f); prop != "" && strings.Count(f.path, ".") == 1 {
				s.by = append(s.by, param{name: f.last, property: prop, format: f.format})
				body = append(body, bodyKey(f.last)+": ("+strings.Trim(sent(m, prop), "'")+")")
			}
		}
		s.lines = append(s.lines, "body: "+quoted("{"+strings.Join(body, ", ")+"}"))
		s.lines = append(s.lines, "none: '.status == 404'  # guess")
	}
	if len(query) > 0 {
		s.lines = append(s.lines, "query: {"+strings.Join(query, ", ")+"}")
	}
	if page == "" {
		if next := d.nextLink(res); next != "" {
			s.lines = append(s.lines, "next: "+quoted(next))
		}
	}
	for _, f := range d.fields(res, "", "", 2) {
		if n := joined(f.last); strings.Count(f.path, ".") <= 2 && (n == "total" || n == "totalcount" || n == "totalresults" || n == "totalelements" || n == "totalitems") {
			s.lines = append(s.lines, "total: "+quoted(f.path))
			break
		}
	}
	return s
}

func (d *document) nextField(res map[string]any) string {
	for _, f := range d.fields(res, "", "", 1) {
		if n := joined(f.last); strings.Contains(n, "next") || n == "cursor" || n == "continuationtoken" {
			return f.path
		}
	}
	return ""
}

func (d *document) nextLink(res map[string]any) string {
	for _, f := range d.fields(res, "", "", 1) {
		if n := joined(f.last); n == "next" || n == "nextlink" || n == "nextpage" || n == "nexturl" || n == "odatanextlink" {
			return f.path
		}
	}
	return ""
}

func yamlKey(s string) string {
	if plainKey.MatchString(s) {
		return s
	}
	return quoted(s)
}

func bodyKey(s string) string {
	if plainKey.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// sent is the expression that sends a term.
func sent(m *matcher, p pole.Property) string {
	def, _ := m.dict.Property(p)
	switch def.Type {
	case pole.TypePartialDate:
		return quoted(".q." + string(p) + " | date")
	case pole.TypeInstant:
		return quoted(".q." + string(p) + " | stamp")
	}
	return quoted(".q." + string(p))
}
