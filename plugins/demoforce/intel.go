package demoforce

import (
	"crypto/subtle"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const intelTokenLife = 900 * time.Second

// intel is Lantern Intelligence.
type intel struct {
	base             string
	force            *Force
	clientID, secret string
	gql              *gqlSchema
	mu               sync.Mutex
	tokens           map[string]time.Time // until when
	subjects         []*intelSubject
	vehicles         []*intelVehicle
	reports          []*intelReport
	byID             map[string]any
	taken            ledger
	data             sync.RWMutex // over what is found: a submission adds to it
}

func newIntel(f *Force, base string) *intel {
	x := &intel{base: base, force: f, clientID: "muster-northmoor", secret: "lantern-demo-7f21c0", tokens: map[string]time.Time{}, byID: map[string]any{}}
	x.load(f.world)
	x.gql = x.schema()
	return x
}

func (x *intel) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /oauth2/token", x.token)
	m.HandleFunc("POST /graphql", x.query)
	return m
}

func (x *intel) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fail := func(status int, code, say string) {
		writeJSON(w, status, map[string]string{"error": code, "error_description": say})
	}
	if err := r.ParseForm(); err != nil {
		fail(http.StatusBadRequest, "invalid_request", "the form cannot be read")
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic || subtle.ConstantTimeCompare([]byte(id+"\x00"+secret), []byte(x.clientID+"\x00"+x.secret)) != 1 {
		w.Header().Set("WWW-Authenticate", `Basic realm="lantern"`)
		fail(http.StatusUnauthorized, "invalid_client", "client authentication failed")
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		fail(http.StatusBadRequest, "unsupported_grant_type", "only client_credentials")
		return
	}
	if s := r.PostForm.Get("scope"); s != "" && s != "intel.read" {
		fail(http.StatusBadRequest, "invalid_scope", "the only scope is intel.read")
		return
	}
	t := random(24)
	now := time.Now()
	x.mu.Lock()
	for k, until := range x.tokens {
		if now.After(until) {
			delete(x.tokens, k)
		}
	}
	x.tokens[t] = now.Add(intelTokenLife)
	x.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": t, "token_type": "Bearer", "expires_in": int(intelTokenLife.Seconds()), "scope": "intel.read"})
}

func (x *intel) query(w http.ResponseWriter, r *http.Request) {
	send := func(status int, data any, errs []*gqlError) {
		out := map[string]any{}
		if data != nil {
			out["data"] = data
		}
		if len(errs) > 0 {
			out["errors"] = errs
		}
		writeJSON(w, status, out)
	}
	t, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	x.mu.Lock()
	until, known := x.tokens[t]
	x.mu.Unlock()
	if !known || time.Now().After(until) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lantern", error="invalid_token"`)
		send(http.StatusUnauthorized, nil, []*gqlError{gqlFail("UNAUTHENTICATED", "The access token is missing or has expired")})
		return
	}
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "application/json" {
		send(http.StatusOK, nil, []*gqlError{gqlFail("BAD_USER_INPUT", "Content-Type must be application/json")})
		return
	}
	var q struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&q); err != nil || q.Query == "" {
		send(http.StatusOK, nil, []*gqlError{gqlFail("BAD_USER_INPUT", "The body must be an object with a query")})
		return
	}
	if strings.HasPrefix(strings.TrimSpace(q.Query), "mutation") {
		x.data.Lock()
		defer x.data.Unlock()
	} else {
		x.data.RLock()
		defer x.data.RUnlock()
	}
	data, errs := x.gql.run(q.Query, q.OperationName, q.Variables)
	send(http.StatusOK, data, errs)
}

// findSubjects filters; every criterion must hold.
func (x *intel) findSubjects(f map[string]any) []*intelSubject {
	str := func(k string) string { s, _ := f[k].(string); return s }
	year, _ := f["bornYear"].(int)
	ws := tokens(str("text"))
	var hits []*intelSubject
	for _, s := range x.subjects {
		if n := str("lastName"); n != "" && !nameIs(s.last, n) && !slices.ContainsFunc(s.aliases, func(a [2]string) bool { return nameIs(a[0], n) }) {
			continue
		}
		if n := str("firstName"); n != "" && !slices.ContainsFunc(s.first, func(a string) bool { return nameIs(a, n) }) && !slices.ContainsFunc(s.nicks, func(a string) bool { return nameIs(a, n) }) &&
			!slices.ContainsFunc(s.aliases, func(a [2]string) bool { return nameIs(a[1], n) }) {
			continue
		}
		if year != 0 && !strings.Contains(s.born, strconv.Itoa(year)) || str("pnc") != "" && pncKey(str("pnc")) != pncKey(s.pnc) ||
			str("phone") != "" && !slices.ContainsFunc(s.phones, func(p string) bool { return digits(p) == digits(str("phone")) }) ||
			str("postcode") != "" && !slices.ContainsFunc(s.addresses, func(a intelAddress) bool { return is(str("postcode"), a.postcode) }) || !hasWords(s.words, ws) {
			continue
		}
		hits = append(hits, s)
	}
	return hits
}
