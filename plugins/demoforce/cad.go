package demoforce

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const cadPage = 20

// cad is Vigil C2.
type cad struct {
	base    string
	force   *Force
	guard   bearerGuard
	mu      sync.RWMutex
	sets    map[string]*cadSet
	nextKey int64
	nextNo  int
	live    liveFeed
	taken   ledger // what became of incidents
}

func newCAD(f *Force, base, issuer string) *cad {
	c := &cad{base: base + "/odata/v4", force: f, guard: newGuard(issuer, "cad"), sets: newCadSets(), live: newLiveFeed()}
	c.load(f.world)
	return c
}

func cadFail(w http.ResponseWriter, status int, code, message, target string, details ...map[string]string) {
	if details == nil {
		details = []map[string]string{}
	}
	var t any
	if target != "" {
		t = target
	}
	w.Header().Set("OData-Version", "4.0")
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "target": t, "details": details}})
}

func (c *cad) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, why := c.guard.identify(r.Context(), r.Header.Get("Authorization"))
		if why != "" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+why+`"`)
			cadFail(w, http.StatusUnauthorized, "Unauthorized", "The access token is "+why, "")
			return
		}
		path, ok := strings.CutPrefix(r.URL.Path, "/odata/v4/")
		if !ok {
			cadFail(w, http.StatusNotFound, "NotFound", "There is nothing here", "")
			return
		}
		name, key, single := strings.Cut(strings.TrimSuffix(path, ")"), "(")
		set := c.sets[name]
		switch {
		case r.Method == http.MethodGet && path == "Me":
			c.send(w, http.StatusOK, map[string]any{"@odata.context": c.base + "/$metadata#Me", "UserName": who.user, "CollarNo": who.collar, "DisplayName": who.name, "Server": "Vigil C2", "Version": "11.2"})
		case r.Method == http.MethodGet && path == "live":
			c.live.serve(w, r)
		case r.Method == http.MethodGet && path == "$metadata":
			c.metadata(w)
		case r.Method == http.MethodGet && path == "":
			c.service(w)
		case r.Method == http.MethodGet && set != nil && single:
			c.one(w, r, set, key)
		case r.Method == http.MethodGet && set != nil:
			c.list(w, r, set)
		case r.Method == http.MethodPost && path == "Incidents":
			c.create(w, r, who)
		case cadForms[path] != nil:
			c.formSet(w, r, path, who)
		case set != nil:
			cadFail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "Not allowed on "+name, "")
		default:
			cadFail(w, http.StatusNotFound, "NotFound", "Resource not found for the segment '"+name+"'", "")
		}
	})
}

func (c *cad) send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("OData-Version", "4.0")
	writeJSON(w, status, v)
}

// cadQuery is the checked query options of one request.
type cadQuery struct {
	filter          func(*cadRow) bool
	words           []string
	order           []cadOrder
	top, skip, from int
	count           bool
	fields, expand  []string
	raw             []string // name=value as sent, without $skiptoken and $top, for the next link
}

type cadOrder struct {
	prop string
	desc bool
}

// options reads the query string strictly.
func (s *cadSet) options(raw string) (q cadQuery, err error) {
	q.top = -1
	for _, pair := range strings.Split(raw, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		name, err1 := url.PathUnescape(k)
		value, err2 := url.PathUnescape(v) // a plus sign is a plus sign here
		if err1 != nil || err2 != nil {
			return q, odataError{name, "The query string cannot be read"}
		}
		if (name == "$filter" || name == "$search") && strings.Contains(v, "+") {
			return q, odataError{name, "Invalid character '+' in " + name + ": write a space as %20"}
		}
		if name != "$skiptoken" && name != "$top" {
			q.raw = append(q.raw, url.PathEscape(name)+"="+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
		}
		bad := odataError{name, "Invalid value '" + value + "' for " + name}
		number := func(into *int) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return bad
			}
			*into = n
			return nil
		}
		switch name {
		case "$filter":
			q.filter, err = parseFilter(s, value)
		case "$search":
			q.words = tokens(value)
		case "$orderby":
			for _, part := range strings.Split(value, ",") {
				f := strings.Fields(part)
				if len(f) == 0 || len(f) > 2 || s.kinds[f[0]] == "" || len(f) == 2 && f[1] != "asc" && f[1] != "desc" {
					return q, bad
				}
				q.order = append(q.order, cadOrder{f[0], len(f) == 2 && f[1] == "desc"})
			}
		case "$top":
			err = number(&q.top)
		case "$skip":
			err = number(&q.skip)
		case "$count":
			if q.count = value == "true"; !q.count && value != "false" {
				err = bad
			}
		case "$select":
			q.fields = strings.Split(value, ",")
			for _, f := range q.fields {
				if s.kinds[f] == "" {
					return q, odataError{name, "Could not find a property named '" + f + "'"}
				}
			}
		case "$expand":
			q.expand = strings.Split(value, ",")
			for _, e := range q.expand {
				if !slices.Contains(s.navs, e) {
					return q, odataError{name, "Could not find a navigation property named '" + e + "'"}
				}
			}
		case "$skiptoken":
			b, err := base64.RawURLEncoding.DecodeString(value)
			from, top, cut := strings.Cut(string(b), ".")
			n, err2 := strconv.Atoi(from)
			m, err3 := strconv.Atoi(top)
			if err != nil || err2 != nil || err3 != nil || !cut || n < 0 {
				return q, bad
			}
			q.from, q.top = n, m
		case "$format":
			if value != "json" && value != "application/json" {
				err = bad
			}
		default:
			err = odataError{name, "The query option '" + name + "' is not supported"}
		}
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

func refuseQuery(w http.ResponseWriter, err error) {
	var o odataError
	if errors.As(err, &o) {
		cadFail(w, http.StatusBadRequest, "BadRequest", o.say, o.target)
		return
	}
	cadFail(w, http.StatusBadRequest, "BadRequest", err.Error(), "")
}

func (c *cad) list(w http.ResponseWriter, r *http.Request, s *cadSet) {
	q, err := s.options(r.URL.RawQuery)
	if err != nil {
		refuseQuery(w, err)
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	var hits []*cadRow
	for _, x := range s.rows {
		if (q.filter == nil || q.filter(x)) && hasWords(x.words, q.words) {
			hits = append(hits, x)
		}
	}
	slices.SortStableFunc(hits, func(a, b *cadRow) int {
		for _, o := range q.order {
			x, y := a.p[o.prop], b.p[o.prop]
			var n int
			switch { // null is least
			case x == nil || y == nil:
				n = map[bool]int{true: 1}[x != nil] - map[bool]int{true: 1}[y != nil]
			default:
				n = compareValues(x, y)
			}
			if n != 0 && o.desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
	out := map[string]any{"@odata.context": c.base + "/$metadata#" + s.name}
	if q.count {
		out["@odata.count"] = len(hits)
	}
	hits = hits[min(q.skip+q.from, len(hits)):]
	if q.top >= 0 {
		hits = hits[:min(q.top, len(hits))]
	}
	if len(hits) > cadPage {
		top := q.top
		if top >= 0 {
			top -= cadPage
		}
		next := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d.%d", q.from+cadPage, top)))
		out["@odata.nextLink"] = c.base + "/" + s.name + "?" + strings.Join(append(q.raw, "$skiptoken="+next), "&")
		hits = hits[:cadPage]
	}
	value := make([]map[string]any, 0, len(hits))
	for _, x := range hits {
		value = append(value, x.view(q.fields, q.expand))
	}
	out["value"] = value
	c.send(w, http.StatusOK, out)
}

// view is the row as JSON, with its neighbours where asked.
func (r *cadRow) view(fields, expand []string) map[string]any {
	m := make(map[string]any, len(r.p)+4)
	for k, v := range r.p {
		if len(fields) == 0 || slices.Contains(fields, k) {
			m[k] = v
		}
	}
	m["@odata.etag"] = fmt.Sprintf(`W/"%d"`, len(r.p["UpdatedAt"].(string))+int(r.key%7))
	for _, nav := range expand {
		if nav == "Location" {
			m[nav] = nil
			for _, l := range r.nav[nav] {
				m[nav] = l.row.view(nil, nil)
			}
			continue
		}
		list := []map[string]any{}
		for _, l := range r.nav[nav] {
			x := l.row.view(nil, nil)
			if l.role != "" {
				x["Role"] = l.role
			}
			list = append(list, x)
		}
		m[nav] = list
	}
	return m
}

func (c *cad) one(w http.ResponseWriter, r *http.Request, s *cadSet, key string) {
	q, err := s.options(r.URL.RawQuery)
	if err != nil {
		refuseQuery(w, err)
		return
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		cadFail(w, http.StatusBadRequest, "BadRequest", "The key is a whole number", s.key)
		return
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	x := s.byKey[n]
	if x == nil {
		cadFail(w, http.StatusNotFound, "NotFound", s.entity+" "+key+" does not exist", "")
		return
	}
	m := x.view(q.fields, q.expand)
	m["@odata.context"] = c.base + "/$metadata#" + s.name + "/$entity"
	c.send(w, http.StatusOK, m)
}

func (c *cad) service(w http.ResponseWriter) {
	var value []map[string]string
	for _, n := range []string{"Incidents", "Persons", "Vehicles", "Locations"} {
		value = append(value, map[string]string{"name": n, "kind": "EntitySet", "url": n})
	}
	c.send(w, http.StatusOK, map[string]any{"@odata.context": c.base + "/$metadata", "value": value})
}

func (c *cad) metadata(w http.ResponseWriter) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="Vigil" xmlns="http://docs.oasis-open.org/odata/ns/edm">`)
	sets := ""
	for _, n := range []string{"Incidents", "Persons", "Vehicles", "Locations"} {
		s := c.sets[n]
		fmt.Fprintf(&b, `<EntityType Name="%s"><Key><PropertyRef Name="%s"/></Key>`, s.entity, s.key)
		for _, p := range s.props {
			fmt.Fprintf(&b, `<Property Name="%s" Type="%s"/>`, p.name, p.kind)
		}
		for _, nav := range s.navs {
			kind := "Collection(Vigil." + strings.TrimSuffix(nav, "s") + ")"
			if nav == "Location" {
				kind = "Vigil.Location"
			}
			fmt.Fprintf(&b, `<NavigationProperty Name="%s" Type="%s"/>`, nav, kind)
		}
		b.WriteString("</EntityType>")
		sets += fmt.Sprintf(`<EntitySet Name="%s" EntityType="Vigil.%s"/>`, s.name, s.entity)
	}
	b.WriteString(`<EntityContainer Name="C2">` + sets + `</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`)
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("OData-Version", "4.0")
	_, _ = w.Write([]byte(b.String()))
}
