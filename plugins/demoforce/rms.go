package demoforce

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// rms is Larkfield Records.
type rms struct {
	base  string
	force *Force
	loc   *time.Location
	guard bearerGuard

	mu      sync.RWMutex
	people  []*rmsPerson
	cars    []*rmsVehicle
	locs    []*rmsLocation
	crimes  []*rmsCrime
	occs    []*rmsOccurrence
	byID    map[string]any
	aron    *rmsPerson
	seq     int
	keys    map[string]rmsKept // by Idempotency-Key
	entries []rmsReceipt
	taken   ledger // the other forms
}

// bearerGuard verifies access tokens of the identity provider against its published keys.
type bearerGuard struct {
	verifier *op.AccessTokenVerifier
	audience string
}

func newGuard(issuer, audience string) bearerGuard {
	client := &http.Client{Timeout: 5 * time.Second}
	return bearerGuard{op.NewAccessTokenVerifier(issuer, rp.NewRemoteKeySet(client, issuer+"/keys")), audience}
}

// officer is who a token speaks for.
type officer struct{ user, name, rank, collar, role string }

// identify returns why a token is refused, in the words of RFC 6750, or the officer.
func (g bearerGuard) identify(ctx context.Context, header string) (officer, string) {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || token == "" {
		return officer{}, "missing"
	}
	c, err := op.VerifyAccessToken[*oidc.AccessTokenClaims](ctx, token, g.verifier)
	if err != nil {
		return officer{}, "invalid or expired"
	}
	if !slices.Contains(c.Audience, g.audience) {
		return officer{}, "audience"
	}
	s := func(k string) string { v, _ := c.Claims[k].(string); return v }
	return officer{c.Subject, s("name"), s("rank"), s("collar"), s("role")}, ""
}

func newRMS(f *Force, base, issuer string) *rms {
	r := &rms{base: base + "/rms/api/v2", force: f, loc: f.world.loc, guard: newGuard(issuer, "rms"), byID: map[string]any{}, keys: map[string]rmsKept{}}
	r.load(f.world)
	slices.SortFunc(r.people, func(a, b *rmsPerson) int { return strings.Compare(a.ID, b.ID) })
	slices.Reverse(r.crimes)
	slices.Reverse(r.occs)
	return r
}

func (r *rms) handler() http.Handler {
	m := http.NewServeMux()
	open := func(pattern string, roles bool, h func(http.ResponseWriter, *http.Request, officer)) {
		method, path, _ := strings.Cut(pattern, " ")
		m.HandleFunc(method+" /rms/api/v2"+path, func(w http.ResponseWriter, q *http.Request) {
			who, why := r.guard.identify(q.Context(), q.Header.Get("Authorization"))
			if why != "" {
				challenge := `Bearer realm="larkfield"`
				if why != "missing" {
					challenge += `, error="invalid_token", error_description="` + why + `"`
				}
				w.Header().Set("WWW-Authenticate", challenge)
				writeProblem(w, http.StatusUnauthorized, "unauthenticated", "The access token is "+why, q.URL.Path, nil)
				return
			}
			if roles && who.role == "it" {
				writeProblem(w, http.StatusForbidden, "forbidden", "Your role may not read or enter records", q.URL.Path, nil)
				return
			}
			h(w, q, who)
		})
	}
	open("GET /whoami", false, func(w http.ResponseWriter, _ *http.Request, o officer) {
		writeJSON(w, http.StatusOK, map[string]any{"user": map[string]string{"login": o.user, "collar": o.collar, "displayName": o.rank + " " + o.name}, "server": "Larkfield Records", "build": "7.4.1182"})
	})
	open("GET /persons", true, r.listPersons)
	open("GET /vehicles", true, r.listVehicles)
	open("GET /locations", true, r.listLocations)
	open("GET /crimes", true, r.listCrimes)
	open("GET /occurrences", true, r.listOccurrences)
	for path, prefix := range map[string]string{"persons": "NOM", "vehicles": "VEH", "locations": "LOC", "crimes": "CRM", "occurrences": "OCC"} {
		open("GET /"+path+"/{id}", true, func(w http.ResponseWriter, q *http.Request, _ officer) { r.one(w, q, prefix) })
	}
	open("POST /entries", true, r.enter)
	open("PUT /entries/{id}", true, r.correct)
	open("GET /entries", true, r.listEntries)
	for kind := range rmsForms {
		open("POST /"+kind, true, r.formPost(kind))
		open("GET /"+kind, true, r.formFind(kind))
	}
	m.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		writeProblem(w, http.StatusNotFound, "not-found", "There is nothing here", q.URL.Path, nil)
	})
	return m
}

func (r *rms) one(w http.ResponseWriter, q *http.Request, prefix string) {
	id := q.PathValue("id")
	r.mu.RLock()
	x, ok := r.byID[id]
	r.mu.RUnlock()
	if !ok || !strings.HasPrefix(id, prefix) {
		writeProblem(w, http.StatusNotFound, "not-found", "No such record", q.URL.Path, nil)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": x})
}

// criteria are the parameters of a list, checked.
type criteria struct {
	v     url.Values
	words []string
	limit int
	skip  int
	mark  string
	from  day
	to    day
}

// read checks the parameters of a list against those it knows; it has answered when ok is false.
func (r *rms) read(w http.ResponseWriter, q *http.Request, known ...string) (c criteria, ok bool) {
	v, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "validation", "The query cannot be read", q.URL.Path, nil)
		return c, false
	}
	c = criteria{v: v, limit: 25}
	var bad []rmsParam
	some := false
	for k := range v {
		switch {
		case k == "limit" || k == "cursor":
		case !slices.Contains(known, k):
			writeProblem(w, http.StatusBadRequest, "validation", "Unknown parameter "+strconv.Quote(k), q.URL.Path, nil)
			return c, false
		case strings.TrimSpace(v.Get(k)) != "":
			some = true
		}
	}
	if s := v.Get("limit"); s != "" {
		if c.limit, err = strconv.Atoi(s); err != nil || c.limit < 1 || c.limit > 100 {
			bad = append(bad, rmsParam{"limit", "must be a whole number from 1 to 100"})
		}
	}
	for k, into := range map[string]*day{"from": &c.from, "to": &c.to, "dob": &c.from} {
		if s := v.Get(k); s != "" {
			if *into, ok = slashedDay(s); !ok {
				bad = append(bad, rmsParam{k, "must be a date dd/mm/yyyy"})
			}
		}
	}
	if !some {
		bad = append(bad, rmsParam{"", "at least one criterion is needed: " + strings.Join(known, ", ")})
	}
	if len(bad) > 0 {
		writeProblem(w, http.StatusUnprocessableEntity, "validation", plural(len(bad), "member needs", "members need")+" attention", q.URL.Path, bad)
		return c, false
	}
	c.words = tokens(v.Get("q"))
	h := fnv.New32a()
	v2 := url.Values{}
	for k, x := range v {
		if k != "cursor" && k != "limit" {
			v2[k] = x
		}
	}
	fmt.Fprint(h, q.URL.Path, v2.Encode())
	c.mark = strconv.FormatUint(uint64(h.Sum32()), 36)
	if s := v.Get("cursor"); s != "" {
		raw, err := base64.RawURLEncoding.DecodeString(s)
		mark, n, cut := strings.Cut(string(raw), "~")
		skip, err2 := strconv.Atoi(n)
		if err != nil || err2 != nil || !cut || mark != c.mark || skip < 0 {
			writeProblem(w, http.StatusBadRequest, "bad-cursor", "The cursor does not belong to this search", q.URL.Path, nil)
			return c, false
		}
		c.skip = skip
	}
	return c, true
}

// answer sends the page of items that match, each through strip.
func answer[T any](r *rms, w http.ResponseWriter, c criteria, items []*T, match func(*T) bool, strip func(T) T) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out, total := []T{}, 0
	for _, x := range items {
		if !match(x) {
			continue
		}
		if total >= c.skip && len(out) < c.limit {
			out = append(out, strip(*x))
		}
		total++
	}
	m := rmsMeta{Count: len(out), Total: total}
	if next := c.skip + len(out); next < total {
		s := base64.RawURLEncoding.EncodeToString([]byte(c.mark + "~" + strconv.Itoa(next)))
		m.Next = &s
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": out, "meta": m})
}

func is(criterion, have string) bool {
	return criterion == "" || squash(criterion) == squash(have)
}

func (r *rms) listPersons(w http.ResponseWriter, q *http.Request, _ officer) {
	c, ok := r.read(w, q, "surname", "forename", "dob", "pncId", "cro", "phone", "postcode", "q")
	if !ok {
		return
	}
	g := c.v.Get
	dob := ""
	if !c.from.zero() {
		dob = c.from.slashed()
	}
	answer(r, w, c, r.people, func(x *rmsPerson) bool {
		if s := g("surname"); s != "" && !nameIs(x.Name.Family, s) && !slices.ContainsFunc(x.Aliases, func(a rmsAlias) bool { return nameIs(a.Family, s) }) {
			return false
		}
		if s := g("forename"); s != "" && !nameIs(deref(x.Name.Given), s) && !nameIs(deref(x.Name.Middle), s) && !slices.ContainsFunc(x.Aliases, func(a rmsAlias) bool { return nameIs(a.Given, s) }) {
			return false
		}
		if dob != "" && deref(x.DOB) != dob {
			return false
		}
		for key, kind := range map[string]string{"pncId": "PNC", "cro": "CRO"} {
			if s := g(key); s != "" && !slices.ContainsFunc(x.Identifiers, func(i rmsTyped) bool { return i.Type == kind && pncKey(i.Value) == pncKey(s) }) {
				return false
			}
		}
		if s := g("phone"); s != "" && !slices.ContainsFunc(x.Contacts, func(i rmsTyped) bool { return i.Type != "EML" && digits(i.Value) == digits(s) }) {
			return false
		}
		if s := g("postcode"); s != "" && !slices.ContainsFunc(x.Addresses, func(a rmsAddress) bool { return is(s, a.Postcode) }) {
			return false
		}
		return hasWords(x.words, c.words)
	}, func(x rmsPerson) rmsPerson { x.Links = nil; return x })
}

func (r *rms) listVehicles(w http.ResponseWriter, q *http.Request, _ officer) {
	c, ok := r.read(w, q, "vrm", "make", "model", "colour", "keeperId", "q")
	if !ok {
		return
	}
	g := c.v.Get
	answer(r, w, c, r.cars, func(x *rmsVehicle) bool {
		return is(g("vrm"), x.VRM) && is(g("make"), x.Make) && is(g("model"), deref(x.Model)) && is(g("colour"), deref(x.Colour)) &&
			(g("keeperId") == "" || slices.ContainsFunc(x.Links, func(l rmsLink) bool { return l.Rel == "KEEPER" && l.ID == g("keeperId") })) && hasWords(x.words, c.words)
	}, func(x rmsVehicle) rmsVehicle { x.Links = nil; return x })
}

func (r *rms) listLocations(w http.ResponseWriter, q *http.Request, _ officer) {
	c, ok := r.read(w, q, "postcode", "uprn", "street", "q")
	if !ok {
		return
	}
	g := c.v.Get
	answer(r, w, c, r.locs, func(x *rmsLocation) bool {
		return is(g("postcode"), x.Postcode) && is(g("uprn"), deref(x.UPRN)) && (g("street") == "" || nameIs(x.Street, g("street"))) && hasWords(x.words, c.words)
	}, func(x rmsLocation) rmsLocation { x.Links = nil; return x })
}

func (c criteria) event(s rmsSearch, id, number, location string) bool {
	g := c.v.Get
	return (g("ref") == "" || is(g("ref"), id) || is(g("ref"), number)) && (g("personId") == "" || slices.Contains(s.persons, g("personId"))) && (g("locationId") == "" || g("locationId") == location) &&
		(g("vrm") == "" || slices.Contains(s.vrms, squash(g("vrm")))) && (c.from.zero() || s.day.packed() >= c.from.packed()) && (c.to.zero() || s.day.packed() <= c.to.packed()) && hasWords(s.words, c.words)
}

func (r *rms) listCrimes(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := r.read(w, q, "ref", "personId", "locationId", "vrm", "from", "to", "q"); ok {
		answer(r, w, c, r.crimes, func(x *rmsCrime) bool { return c.event(x.rmsSearch, x.ID, x.CrimeNumber, x.LocationID) },
			func(x rmsCrime) rmsCrime { x.Links = nil; return x })
	}
}

func (r *rms) listOccurrences(w http.ResponseWriter, q *http.Request, _ officer) {
	if c, ok := r.read(w, q, "ref", "personId", "locationId", "vrm", "from", "to", "q"); ok {
		r.mu.RLock()
		occs := r.occs
		r.mu.RUnlock()
		answer(r, w, c, occs, func(x *rmsOccurrence) bool {
			return c.event(x.rmsSearch, x.ID, deref(x.ClientRef), deref(x.LocationID))
		},
			func(x rmsOccurrence) rmsOccurrence { x.Links = nil; return x })
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// slashedDay reads dd/mm/yyyy strictly.
func slashedDay(s string) (day, bool) {
	t, err := time.Parse("02/01/2006", s)
	if err != nil || t.Year() < 1850 {
		return day{}, false
	}
	return dayOf(t), true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func writeProblem(w http.ResponseWriter, status int, kind, detail, instance string, params []rmsParam) {
	titles := map[string]string{"validation": "Validation failed", "unauthenticated": "Sign-in needed", "forbidden": "Not allowed", "not-found": "Not found", "bad-cursor": "Unknown cursor",
		"idempotency-mismatch": "Key used for something else", "duplicate-client-ref": "Already entered", "too-many-requests": "Too many requests", "server-error": "Server error"}
	if status == http.StatusTooManyRequests {
		kind, detail = "too-many-requests", "Slow down"
	}
	sendProblem(w, rmsProblem{Type: "https://larkfield.example/problems/" + kind, Title: titles[kind], Status: status, Detail: detail, Instance: instance, Trace: random(9), InvalidParams: params})
}

func sendProblem(w http.ResponseWriter, p rmsProblem) {
	b, _ := json.Marshal(p) // strings and numbers only: cannot fail
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b)
}
