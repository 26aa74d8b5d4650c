package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// taken is one entry that a target has committed.
type taken struct {
	Reference string
	Key       string
	Text      string
	Surname   string
	After     string // the other target's reference that came with it
}

// body is what the connectors of systems/ send.
type body struct {
	Key     string `json:"key"`
	Text    string `json:"text"`
	Surname string `json:"surname"`
	After   string `json:"after"`
}

// target is a system that takes entries. What it has taken it has for ever.
type target struct {
	name      string
	secret    string
	honours   bool // an idempotency key
	unique    bool // refuses a key that it has
	wantsRef  bool
	refuses   func(text string) bool
	committed func() // told after each commit, before the answer
	refused   atomic.Int64

	mu  sync.Mutex
	all []taken
}

func (t *target) find(key string) (taken, bool) {
	for _, x := range t.all {
		if x.Key == key {
			return x, true
		}
	}
	return taken{}, false
}

func (t *target) entries() []taken {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]taken(nil), t.all...)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone
}

func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Key") != t.secret {
		answer(w, http.StatusUnauthorized, map[string]string{"say": "who is there?"})
		return
	}
	if r.Method == http.MethodGet {
		t.mu.Lock()
		x, ok := t.find(r.URL.Query().Get("key"))
		t.mu.Unlock()
		if !ok {
			answer(w, http.StatusOK, map[string]any{"reference": nil})
			return
		}
		answer(w, http.StatusOK, map[string]string{"reference": x.Reference})
		return
	}
	var b body
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&b); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"say": "not JSON"})
		return
	}
	if t.refuses != nil && t.refuses(b.Text) {
		t.refused.Add(1)
		answer(w, http.StatusUnprocessableEntity, map[string]any{"fields": []map[string]string{{"name": "text", "say": "this must be put another way"}}})
		return
	}
	t.mu.Lock()
	if x, ok := t.find(b.Key); ok && (t.honours || t.unique) {
		t.mu.Unlock()
		if t.unique {
			answer(w, http.StatusConflict, map[string]string{"say": "it is here already"})
			return
		}
		answer(w, http.StatusOK, map[string]string{"reference": x.Reference})
		return
	}
	x := taken{Reference: fmt.Sprintf("%s-%05d", t.name, len(t.all)+1), Key: b.Key, Text: b.Text, Surname: b.Surname, After: b.After}
	t.all = append(t.all, x)
	t.mu.Unlock()
	t.committed()
	answer(w, http.StatusCreated, map[string]string{"reference": x.Reference})
}
