package plugintest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// registry is a small records system: people found by surname, notes taken once per key, its own OAuth2 client.
type registry struct {
	mu     sync.Mutex
	keys   map[string]string // reference by key
	notes  map[string]note
	tokens int
	gone   int // of seven people, so many of the first are no longer there
}

type note struct {
	ID     string  `json:"id"`
	Text   string  `json:"text"`
	At     string  `json:"at"`
	Ref    *string `json:"other"`
	Source string  `json:"-"`
}

type person struct {
	ID      string  `json:"id"`
	Surname string  `json:"surname"`
	Born    *string `json:"born"`
	Seen    *string `json:"seen"`
	Flags   []flag  `json:"flags"`
}

type flag struct {
	Code string `json:"code"`
}

const secret = "registry-client-secret"

func newRegistry() *registry { return &registry{keys: map[string]string{}, notes: map[string]note{}} }

func (s *registry) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

// leave takes the first person away.
func (s *registry) leave() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone++
	return nil
}

func (s *registry) people(surname string) []person {
	s.mu.Lock()
	defer s.mu.Unlock()
	born, seen := "1990-03-07", "2026-01-05T10:00:00Z"
	if strings.EqualFold(surname, "zoë núñez") {
		return []person{{ID: "Z1", Surname: "Zoë Núñez", Born: &born, Seen: &seen, Flags: []flag{}}}
	}
	if !strings.EqualFold(surname, "harrington") {
		return nil
	}
	var out []person
	for i := s.gone; i < 7; i++ {
		out = append(out, person{ID: fmt.Sprintf("P%02d", i), Surname: "Harrington", Born: &born, Seen: &seen, Flags: []flag{{"SH"}}})
	}
	return out
}

func (s *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/token" {
		if _, p, _ := r.BasicAuth(); p != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tokens++
		fmt.Fprintf(w, `{"access_token":"registry-access-token-%d","token_type":"Bearer","expires_in":600}`, s.tokens)
		return
	}
	_, basic, _ := r.BasicAuth()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer registry-access-token-") && basic != secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch path, q := r.URL.Path, r.URL.Query(); {
	case path == "/me":
		io.WriteString(w, `{"user":"registry-user"}`)
	case path == "/people":
		n, _ := strconv.Atoi(q.Get("n"))
		all := s.people(q.Get("surname"))
		from, _ := strconv.Atoi(q.Get("from"))
		if after := q.Get("after"); after != "" {
			for from < len(all) && all[from].ID <= after {
				from++
			}
		}
		page := all[min(from, len(all)):min(from+n, len(all))]
		json.NewEncoder(w).Encode(map[string]any{"items": append([]person{}, page...), "more": from+n < len(all)})
	case strings.HasPrefix(path, "/people/"):
		for _, p := range append(s.people("Harrington"), s.people("zoë núñez")...) {
			if path == "/people/"+p.ID {
				json.NewEncoder(w).Encode(p)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	case path == "/notes" && r.Method == http.MethodPost:
		s.take(w, r)
	case path == "/notes":
		s.mu.Lock()
		defer s.mu.Unlock()
		if ref, ok := s.keys[q.Get("key")]; ok {
			json.NewEncoder(w).Encode(map[string]any{"ref": ref})
			return
		}
		w.WriteHeader(http.StatusNotFound)
	case strings.HasPrefix(path, "/notes/"):
		s.mu.Lock()
		defer s.mu.Unlock()
		if n, ok := s.notes[strings.TrimPrefix(path, "/notes/")]; ok {
			json.NewEncoder(w).Encode(n)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *registry) take(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Key, Text, At string
		Other         *string
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Text == "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	if _, err := time.Parse(time.RFC3339, in.At); err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ref, again := s.keys[in.Key]
	if !again {
		ref = fmt.Sprintf("N%d", len(s.keys)+1)
		s.keys[in.Key] = ref
		s.notes[ref] = note{ID: ref, Text: in.Text, At: in.At, Ref: in.Other}
	}
	json.NewEncoder(w).Encode(map[string]any{"ref": ref, "already": again})
}
