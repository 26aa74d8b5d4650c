package wasm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const larkKey = "larkfield-api-key-of-the-tests"

// lark is a Larkfield server: nominals found by family name, contact sheets taken once per client reference.
type lark struct {
	mu     sync.Mutex
	people int // named Harrington
	sheets map[string]string
	rev    int
}

func newLark(t testing.TB, people int) (*lark, string) {
	t.Helper()
	l := &lark{people: people, sheets: map[string]string{}, rev: 1}
	srv := httptest.NewServer(l)
	t.Cleanup(srv.Close)
	return l, srv.URL
}

func (l *lark) nominal(i int) map[string]any {
	return map[string]any{
		"ref": fmt.Sprintf("N%03d", i), "last": "Harrington", "first": []string{"Ada", "Jane"}, "born": "03/11/1988", "gender": "F",
		"tel":     []string{"07700 900" + fmt.Sprintf("%03d", i)},
		"markers": []map[string]string{{"c": "VI", "t": "Assaults police"}},
		"homes": []map[string]string{
			{"house": strconv.Itoa(i), "road": "Mill Lane", "town": "Larkfield", "post": "ME20 6SG", "since": "01/02/2019"},
			{"house": "4", "road": "Church Street", "town": "Maidstone", "post": "ME14 1EN", "since": "2011"},
		},
		"rev": "7",
	}
}

func (l *lark) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Larkfield-Key") != larkKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	send := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	q := r.URL.Query()
	switch path := r.URL.Path; {
	case path == "/v2/session":
		send(map[string]string{"login": "lark-user", "product": "Larkfield", "release": "9.1"})
	case path == "/v2/nominals":
		page, _ := strconv.Atoi(q.Get("page"))
		size, _ := strconv.Atoi(q.Get("size"))
		n := 0
		if strings.EqualFold(q.Get("family"), "Harrington") || strings.EqualFold(q.Get("any"), "Harrington") {
			n = l.people
		}
		hits := []any{}
		for i := (page - 1) * size; i < min(page*size, n); i++ {
			hits = append(hits, l.nominal(i))
		}
		send(map[string]any{"hits": hits, "pages": (n + size - 1) / size, "count": n})
	case strings.HasPrefix(path, "/v2/nominals/N"):
		i, err := strconv.Atoi(strings.TrimPrefix(path, "/v2/nominals/N"))
		if err != nil || i >= l.people {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		send(l.nominal(i))
	case path == "/v2/sheets" && r.Method == http.MethodPost:
		var in struct{ Client, Narrative string }
		b, _ := io.ReadAll(r.Body)
		if json.Unmarshal(b, &in) != nil || in.Narrative == "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		ref, again := l.sheets[in.Client]
		if !again {
			ref = fmt.Sprintf("S%d", len(l.sheets)+1)
			l.sheets[in.Client] = ref
		}
		send(map[string]any{"sheet": ref, "filed": "2026-03-01T10:00:00Z", "repeat": again})
	case path == "/v2/sheets":
		found := []any{}
		if ref, ok := l.sheets[q.Get("client")]; ok {
			found = append(found, map[string]any{"sheet": ref, "filed": "2026-03-01T10:00:00Z"})
		}
		send(map[string]any{"sheets": found})
	case path == "/v2/changes":
		changed := []any{}
		if since := q.Get("since"); since != "" && since != strconv.Itoa(l.rev) {
			changed = append(changed, l.nominal(1))
		}
		send(map[string]any{"rev": strconv.Itoa(l.rev), "changed": changed})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (l *lark) taken() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sheets)
}
