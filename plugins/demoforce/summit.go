package demoforce

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	summitTokenLife = 600 * time.Second
	summitType      = "application/vnd.api+json"
	summitPage      = 50 // the most records on a page
)

// summit is Summit Records: the records management system that the force could have bought instead of Larkfield. It
// holds what Larkfield held when the force started, as after a migration, and goes its own way from there.
type summit struct {
	base             string
	force            *Force
	clientID, secret string
	zone             *time.Location // of the vendor's data centre

	mu     sync.RWMutex
	tokens map[string]time.Time // until when
	people []*rmsPerson
	cars   []*rmsVehicle
	locs   []*rmsLocation
	crimes []*rmsCrime
	occs   []*rmsOccurrence
	byID   map[string]any         // by the id here
	posted map[string]summitFiled // what was entered here, by the id here
	seq    int
}

// summitFiled is what Summit keeps of an occurrence beyond what was migrated.
type summitFiled struct {
	at       time.Time
	seq      int
	ref      string
	position *summitPosition
}

func newSummit(f *Force, base string) (*summit, error) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil, fmt.Errorf("time zone of Summit Records: %w", err)
	}
	r := f.rms
	s := &summit{base: base + "/summit/api", force: f, clientID: "muster-northmoor", secret: "summit-demo-c41e09b7", zone: zone, tokens: map[string]time.Time{},
		byID: map[string]any{}, posted: map[string]summitFiled{}, seq: 80_000}
	r.mu.RLock()
	defer r.mu.RUnlock()
	s.people, s.cars, s.locs, s.crimes, s.occs = slices.Clone(r.people), slices.Clone(r.cars), slices.Clone(r.locs), slices.Clone(r.crimes), slices.Clone(r.occs)
	for id, x := range r.byID {
		s.byID[summitID(id)] = x
	}
	if f.opt.Records == "summit" {
		f.world.truth.copy("rms", "summit", summitID)
	}
	return s, nil
}

// summitID is the number here of a record that came from Larkfield: NOM0100001 is 50100001.
func summitID(id string) string {
	if len(id) < 4 {
		return ""
	}
	return map[string]string{"LOC": "3", "VEH": "4", "NOM": "5", "CRM": "6", "OCC": "7"}[id[:3]] + id[3:]
}

func (s *summit) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /summit/api/oauth/token", s.token)
	open := func(pattern string, records bool, h func(http.ResponseWriter, *http.Request, officer)) {
		method, path, _ := strings.Cut(pattern, " ")
		m.HandleFunc(method+" /summit/api"+path, func(w http.ResponseWriter, q *http.Request) {
			t, _ := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
			s.mu.RLock()
			until, known := s.tokens[t]
			s.mu.RUnlock()
			if !known || time.Now().After(until) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="summit", error="invalid_token"`)
				summitFail(w, http.StatusUnauthorized, summitError{Code: "AU-01", Title: "Sign-in needed", Detail: "The access token is missing or has expired."})
				return
			}
			if a := q.Header.Get("Accept"); a != summitType {
				summitFail(w, http.StatusNotAcceptable, summitError{Code: "RQ-06", Title: "Not acceptable", Detail: "This service answers " + summitType + " only."})
				return
			}
			who, ok := operator(q.Header.Get("X-Summit-Operator"))
			if !ok || records && who.role == "it" {
				summitFail(w, http.StatusForbidden, summitError{Code: "AU-03", Title: "Not allowed", Detail: "The operator may not use this service."})
				return
			}
			h(w, q, who)
		})
	}
	open("GET /about", false, func(w http.ResponseWriter, _ *http.Request, who officer) {
		s.send(w, http.StatusOK, map[string]any{"data": summitResource{Type: "services", ID: "1", Attributes: map[string]any{
			"product": "Summit Records", "release": "2026.3", "client": s.clientID, "operator": nz(who.name)}}})
	})
	open("GET /people", true, s.listPeople)
	open("GET /vehicles", true, s.listVehicles)
	open("GET /locations", true, s.listLocations)
	open("GET /crimes", true, s.listCrimes)
	open("GET /occurrences", true, s.listOccurrences)
	for kind := range summitKinds {
		open("GET /"+kind+"/{id}", true, func(w http.ResponseWriter, q *http.Request, _ officer) { s.one(w, q, kind) })
	}
	open("POST /occurrences", true, s.enter)
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { summitMissing(w) })
	return m
}

// operator is the officer that a request is made for; nobody is the client itself.
func operator(collar string) (officer, bool) {
	if collar == "" {
		return officer{user: "muster-northmoor"}, true
	}
	for _, a := range accounts {
		if a.Collar == collar {
			return officer{a.User, a.Name, a.Rank, a.Collar, a.Role}, true
		}
	}
	return officer{}, false
}

// token is OAuth2 client credentials, in the form and nowhere else.
func (s *summit) token(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fail := func(status int, code string) { writeJSON(w, status, map[string]string{"error": code}) }
	if err := q.ParseForm(); err != nil {
		fail(http.StatusBadRequest, "invalid_request")
		return
	}
	g := q.PostForm.Get
	switch {
	case subtle.ConstantTimeCompare([]byte(g("client_id")+"\x00"+g("client_secret")), []byte(s.clientID+"\x00"+s.secret)) != 1:
		fail(http.StatusUnauthorized, "invalid_client")
		return
	case g("grant_type") != "client_credentials":
		fail(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	t, now := random(24), time.Now()
	s.mu.Lock()
	for k, until := range s.tokens {
		if now.After(until) {
			delete(s.tokens, k)
		}
	}
	s.tokens[t] = now.Add(summitTokenLife)
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": t, "token_type": "bearer", "expires_in": int(summitTokenLife.Seconds())})
}

func (s *summit) one(w http.ResponseWriter, q *http.Request, kind string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.byID[q.PathValue("id")]
	r, included := s.resource(x, true, q.URL.Query().Get("include") != "")
	if x == nil || r.Type != kind {
		summitMissing(w)
		return
	}
	w.Header().Set("ETag", r.Meta.ETag)
	s.send(w, http.StatusOK, map[string]any{"data": r, "included": included, "links": map[string]string{"self": s.base + "/" + kind + "/" + r.ID}})
}

// summitQuery is a list's query, checked.
type summitQuery struct {
	v            url.Values
	words        []string
	number, size int
	asOf         int // number of the latest entry at the first page; what was entered after is on no page
	include      bool
}

func (c summitQuery) filter(name string) string {
	return strings.TrimSpace(c.v.Get("filter[" + name + "]"))
}

// read checks the parameters of a list; it has answered when ok is false.
func (s *summit) read(w http.ResponseWriter, q *http.Request, filters string) (c summitQuery, ok bool) {
	bad := func(parameter, detail string) {
		e := summitError{Code: "RQ-11", Title: "Invalid query parameter", Detail: detail, Source: &summitSource{Parameter: parameter}}
		summitFail(w, http.StatusBadRequest, e)
	}
	v, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		bad("", "The query cannot be read.")
		return c, false
	}
	c = summitQuery{v: v, number: 1, size: 20, asOf: s.latest(), include: v.Get("include") != ""}
	some := false
	for k := range v {
		name, isFilter := strings.CutPrefix(strings.TrimSuffix(k, "]"), "filter[")
		switch {
		case isFilter && slices.Contains(words(filters), name):
			some = some || c.filter(name) != ""
		case k == "include" || k == "page[number]" || k == "page[size]" || k == "page[asOf]":
		default:
			bad(k, "This parameter is not supported here.")
			return c, false
		}
	}
	for name, into := range map[string]*int{"page[number]": &c.number, "page[size]": &c.size} {
		if t := v.Get(name); t != "" {
			if *into, err = strconv.Atoi(t); err != nil || *into < 1 || *into > 100_000 || name == "page[size]" && *into > summitPage {
				bad(name, "Must be a whole number from 1, and a page holds at most 50.")
				return c, false
			}
		}
	}
	if t := v.Get("page[asOf]"); t != "" {
		if c.asOf, err = strconv.Atoi(t); err != nil {
			bad("page[asOf]", "Must come from links.next.")
			return c, false
		}
	}
	if born := c.filter("born"); born != "" {
		if _, err := time.Parse("01/02/2006", born); err != nil {
			bad("filter[born]", "Must be a date MM/DD/YYYY.")
			return c, false
		}
	}
	if !some {
		bad("filter", "At least one filter is needed: "+filters+".")
		return c, false
	}
	c.words = tokens(c.filter("text"))
	return c, true
}

func (s *summit) latest() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.seq
}

// summitList sends the page of items that match.
func summitList[T any](s *summit, w http.ResponseWriter, path string, c summitQuery, items func() []*T, match func(*T) bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out, included, total := []summitResource{}, []summitResource{}, 0
	for _, x := range items() {
		if !match(x) {
			continue
		}
		if total++; (total-1)/c.size == c.number-1 {
			r, in := s.resource(x, false, c.include)
			out = append(out, r)
			included = append(included, in...)
		}
	}
	at := func(n int) *string {
		if n < 1 || (n-1)*c.size >= total {
			return nil
		}
		v := url.Values{}
		for k, x := range c.v {
			v[k] = x
		}
		v.Set("page[number]", strconv.Itoa(n))
		v.Set("page[size]", strconv.Itoa(c.size))
		v.Set("page[asOf]", strconv.Itoa(c.asOf))
		return nz(s.base + path + "?" + v.Encode())
	}
	doc := map[string]any{"data": out, "links": map[string]*string{"prev": at(c.number - 1), "next": at(c.number + 1)}, "meta": map[string]any{"page": map[string]int{"number": c.number, "size": c.size, "records": total}}}
	if c.include {
		doc["included"] = included
	}
	s.send(w, http.StatusOK, doc)
}

func (s *summit) listPeople(w http.ResponseWriter, q *http.Request, _ officer) {
	c, ok := s.read(w, q, "name born pnc cro telephone postcode text")
	if !ok {
		return
	}
	family, given, _ := strings.Cut(c.filter("name"), ",")
	family, given = strings.TrimSpace(family), strings.TrimSpace(given)
	summitList(s, w, "/people", c, func() []*rmsPerson { return s.people }, func(x *rmsPerson) bool {
		if family != "" && !nameIs(x.Name.Family, family) && !slices.ContainsFunc(x.Aliases, func(a rmsAlias) bool { return nameIs(a.Family, family) }) {
			return false
		}
		if given != "" && !nameIs(deref(x.Name.Given), given) && !nameIs(deref(x.Name.Middle), given) && !slices.ContainsFunc(x.Aliases, func(a rmsAlias) bool { return nameIs(a.Given, given) }) {
			return false
		}
		if b := c.filter("born"); b != "" && (x.DOB == nil || american(*x.DOB) != b) {
			return false
		}
		for key, kind := range map[string]string{"pnc": "PNC", "cro": "CRO"} {
			if n := c.filter(key); n != "" && !slices.ContainsFunc(x.Identifiers, func(i rmsTyped) bool { return i.Type == kind && pncKey(i.Value) == pncKey(n) }) {
				return false
			}
		}
		if t := c.filter("telephone"); t != "" && !slices.ContainsFunc(x.Contacts, func(i rmsTyped) bool { return i.Type != "EML" && digits(i.Value) == digits(t) }) {
			return false
		}
		if p := c.filter("postcode"); p != "" && !slices.ContainsFunc(x.Addresses, func(a rmsAddress) bool { return is(p, a.Postcode) }) {
			return false
		}
		return hasWords(x.words, c.words)
	})
}

func (s *summit) listVehicles(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := s.read(w, q, "plate manufacturer range paint text"); ok {
		summitList(s, w, "/vehicles", c, func() []*rmsVehicle { return s.cars }, func(x *rmsVehicle) bool {
			return is(c.filter("plate"), x.VRM) && is(c.filter("manufacturer"), x.Make) && is(c.filter("range"), deref(x.Model)) && is(c.filter("paint"), deref(x.Colour)) && hasWords(x.words, c.words)
		})
	}
}

func (s *summit) listLocations(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := s.read(w, q, "postcode uprn street text"); ok {
		summitList(s, w, "/locations", c, func() []*rmsLocation { return s.locs }, func(x *rmsLocation) bool {
			return is(c.filter("postcode"), x.Postcode) && is(c.filter("uprn"), deref(x.UPRN)) && (c.filter("street") == "" || nameIs(x.Street, c.filter("street"))) && hasWords(x.words, c.words)
		})
	}
}

func (s *summit) listCrimes(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := s.read(w, q, "number plate text"); ok {
		summitList(s, w, "/crimes", c, func() []*rmsCrime { return s.crimes }, func(x *rmsCrime) bool {
			return (is(c.filter("number"), x.CrimeNumber) || is(c.filter("number"), summitID(x.ID))) && carries(x.rmsSearch, c.filter("plate")) && hasWords(x.words, c.words)
		})
	}
}

func (s *summit) listOccurrences(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := s.read(w, q, "number externalReference plate text"); ok {
		summitList(s, w, "/occurrences", c, func() []*rmsOccurrence { return s.occs }, func(x *rmsOccurrence) bool {
			id := summitID(x.ID)
			p := s.posted[id]
			return p.seq <= c.asOf && (is(c.filter("number"), summitNumber(x.ID)) || is(c.filter("number"), id)) && (c.filter("externalReference") == "" || c.filter("externalReference") == p.ref) &&
				carries(x.rmsSearch, c.filter("plate")) && hasWords(x.words, c.words)
		})
	}
}

func carries(e rmsSearch, plate string) bool {
	return plate == "" || slices.Contains(e.vrms, squash(plate))
}

func (s *summit) send(w http.ResponseWriter, status int, doc map[string]any) {
	doc["jsonapi"] = map[string]string{"version": "1.1"}
	b, err := json.Marshal(doc)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", summitType)
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func summitMissing(w http.ResponseWriter) {
	summitFail(w, http.StatusNotFound, summitError{Code: "RS-04", Title: "Not found", Detail: "There is no such resource."})
}

func summitFail(w http.ResponseWriter, status int, errs ...summitError) {
	for i := range errs {
		errs[i].Status = strconv.Itoa(status)
	}
	b, _ := json.Marshal(map[string]any{"errors": errs}) // strings only: cannot fail
	w.Header().Set("Content-Type", summitType)
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// summitBody reports a request whose body is of the one media type, without parameters.
func summitBody(q *http.Request) bool {
	ct, params, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	return err == nil && ct == summitType && len(params) == 0
}
