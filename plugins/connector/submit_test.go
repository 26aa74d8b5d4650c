package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

func entry() plugins.Entry {
	fact := func(p pole.Property, v string) pole.Fact {
		return pole.Fact{Property: p, Value: pole.Value{Source: v, Norm: v}}
	}
	return plugins.Entry{Kind: "incident", Facts: []pole.Fact{fact("description", "What \"happened\" €"), fact("startDateTime", "2026-07-01T11:00:00Z")},
		Parts: []plugins.Part{{Name: "person", Kind: "person", Role: "subject", Existing: []pole.Ref{{System: "other", ID: "x"}, {System: "acme1", ID: "77"}}, Facts: []pole.Fact{fact("surname", "MILLER")}}}}
}

func TestSubmitSendsOnceAndReadsBack(t *testing.T) {
	var mu sync.Mutex
	taken := map[string]string{}
	lose := false
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/entries": func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodGet {
			if id, ok := taken[r.URL.Query().Get("ref")]; ok {
				says(200, `{"data":[{"entryId":"`+id+`"}]}`)(w, r)
				return
			}
			says(200, `{"data":[]}`)(w, r)
			return
		}
		b, err := io.ReadAll(r.Body)
		var in map[string]string
		if err != nil || json.Unmarshal(b, &in) != nil || r.Header.Get("Idempotency-Key") != in["ref"] {
			says(422, `{"title":"no"}`)(w, r)
			return
		}
		want := map[string]string{"ref": "k 1", "details": "What \"happened\" €", "at": "01/07/2026 12:00:00", "who": "MILLER", "whoId": "77"}
		for k, v := range want {
			if in[k] != v {
				t.Errorf("%s = %q", k, in[k])
			}
		}
		if _, dup := taken[in["ref"]]; dup {
			says(409, `{"existingId":"E1"}`)(w, r)
			return
		}
		taken[in["ref"]] = "E1"
		if lose {
			panic(http.ErrAbortHandler)
		}
		says(201, `{"entryId":"E1","at":"01/07/2026 12:01:00"}`)(w, r)
	}})
	sys, _ := open(t, acme, srv.URL)
	s := sys.(plugins.Submitter)
	if _, err := s.Confirm(officer(), entry(), "k 1"); plugins.KindOf(err) != plugins.NotFound {
		t.Fatalf("before: %v", err)
	}
	mu.Lock()
	lose = true
	mu.Unlock()
	if _, err := s.Submit(officer(), entry(), "k 1"); plugins.KindOf(err) != plugins.Unknown {
		t.Fatalf("the answer was lost: %v", err)
	}
	if r, err := s.Confirm(officer(), entry(), "k 1"); err != nil || r.Reference != "E1" || r.Ref != (pole.Ref{System: "acme1", Type: "incident", ID: "E1"}) {
		t.Fatalf("confirm: %+v %v", r, err)
	}
	if r, err := s.Submit(officer(), entry(), "k 1"); err != nil || !r.Already || r.Reference != "E1" {
		t.Fatalf("again: %+v %v", r, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(taken) != 1 {
		t.Errorf("taken %v", taken)
	}
}

func TestARefusalNamesTheEntrysOwnFields(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/entries": posts(422, `{"title":"Two members need attention","params":[{"name":"details","reason":"is too long"},{"name":"persons[0].family","reason":"is unknown"},{"name":"other","reason":"?"}]}`)})
	sys, _ := open(t, acme, srv.URL)
	_, err := sys.(plugins.Submitter).Submit(officer(), entry(), "k")
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != plugins.Invalid || e.Say != "Two members need attention" {
		t.Fatal(err)
	}
	want := []plugins.FieldError{{Path: "description", Say: "is too long"}, {Path: "person.surname", Say: "is unknown"}, {Path: "other", Say: "?"}}
	for i, w := range want {
		if i >= len(e.Fields) || e.Fields[i] != w {
			t.Errorf("fields %+v", e.Fields)
		}
	}
}

func TestAReceiptThatCannotBeReadIsInDoubt(t *testing.T) {
	for _, body := range []string{`{}`, `{"entryId":null}`, `nonsense`, ``} {
		srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/entries": posts(201, body)})
		sys, _ := open(t, acme, srv.URL)
		if _, err := sys.(plugins.Submitter).Submit(officer(), entry(), "k"); plugins.KindOf(err) != plugins.Unknown {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestWatchFollowsTheStream(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/live": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		from := r.Header.Get("Last-Event-ID")
		_, _ = io.WriteString(w, "id: 5\nevent: changed\ndata: {\"no\":\"I1\",\"text\":\"after "+from+"\"}\n\nid: 55\nevent: changed\ndata: {\"odd\":1}\n\nevent: noise\ndata: {}\n\nid: 6\nevent: gone\ndata: {\"no\":\"I2\"}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	sys, _ := open(t, acme, srv.URL)
	ctx, cancel := context.WithCancel(officer())
	var got []string
	opened, gaps := 0, 0
	err := sys.(plugins.Watcher).Watch(ctx, "incident", "4", func(c plugins.Change) error {
		switch {
		case c.Gap != nil:
			gaps++
			if c.Gap.Kind != plugins.Drift || c.Cursor != "55" {
				t.Errorf("gap %+v at %s", c.Gap, c.Cursor)
			}
			return nil
		case c.Record.ID == "":
			opened++
			if len(got) > 0 || c.Cursor != "4" {
				t.Errorf("the connection was announced at %s, after %v", c.Cursor, got)
			}
			return nil
		}
		d, _ := c.Record.First("description")
		got = append(got, fmt.Sprint(c.Record.ID, d.Value.Source, c.Removed, c.Cursor))
		if len(got) == 2 {
			cancel()
		}
		return nil
	})
	if plugins.KindOf(err) != plugins.Cancelled || strings.Join(got, ";") != "I1after 4 false 5;I2 true 6" && strings.Join(got, ";") != "I1after 4false5;I2true6" {
		t.Errorf("%v %v", got, err)
	}
	if opened != 1 || gaps != 1 {
		t.Errorf("the connection was announced %d times, an announcement that cannot be read %d times", opened, gaps)
	}
}

func TestWatchByPollingTellsOnlyWhatIsNew(t *testing.T) {
	var mu sync.Mutex
	rounds := 0
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/changes": func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		rounds++
		if want := map[int]string{1: "", 2: "c1", 3: "c2"}[rounds]; r.URL.Query().Get("since") != want {
			t.Errorf("round %d since %q", rounds, r.URL.Query().Get("since"))
		}
		says(200, fmt.Sprintf(`{"items":[{"no":"OLD","rev":1},{"no":"CHANGING","rev":%d}],"next":"c%d"}`, rounds, rounds))(w, r)
	}})
	src := strings.Replace(acme, `watch: {sse: /live, when: '.event == "changed" or .event == "gone"', removed: '.event == "gone"', records: .}`,
		`watch: {every: 1s, get: /changes, query: {since: .cursor}, records: '.items[]', cursor: .next}
    version: .rev`, 1)
	sys, _ := open(t, src, srv.URL)
	ctx, cancel := context.WithCancel(officer())
	defer cancel()
	var got []string
	err := sys.(plugins.Watcher).Watch(ctx, "incident", "", func(c plugins.Change) error {
		got = append(got, fmt.Sprint(c.Record.ID, " ", c.Record.Version, " ", c.Cursor))
		if len(got) == 3 {
			cancel()
		}
		return nil
	})
	// The first, without a record, says that from here on changes are announced.
	if plugins.KindOf(err) != plugins.Cancelled || strings.Join(got, ";") != "  c1;CHANGING 2 c2;CHANGING 3 c3" {
		t.Errorf("%v %v", got, err)
	}
}

func TestLimitsAreToldInBothForms(t *testing.T) {
	for _, after := range []string{"7", "date"} {
		srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/entries": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				v := after
				if v == "date" {
					v = time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", v)
			}
			posts(422, `{"busy":true}`)(w, r)
		}})
		src := strings.Replace(acme, "errors:\n", "errors:\n  - {when: '.body.busy', is: limited}\n", 1)
		sys, _ := open(t, src, srv.URL)
		_, err := sys.(plugins.Submitter).Submit(officer(), entry(), "k")
		var e *plugins.Error
		if !errors.As(err, &e) || e.Kind != plugins.Limited || e.After < 4*time.Second || e.After > 8*time.Second {
			t.Errorf("%s: %v %+v", after, err, e)
		}
	}
}

func TestGraphQLErrorsInA200(t *testing.T) {
	for code, want := range map[string]plugins.ErrorKind{"UNAUTHENTICATED": plugins.Auth, "FORBIDDEN": plugins.Denied, "BAD_USER_INPUT": plugins.Invalid, "NOT_FOUND": plugins.NotFound, "INTERNAL": plugins.Unavailable} {
		srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/g": says(200, `{"data":null,"errors":[{"message":"about Aaron Miller","extensions":{"code":"`+code+`"}}]}`)})
		src := strings.Replace(acme, `fetch: {get: '/persons/\(.id)', records: .item}`, `fetch: {post: /g, graphql: {query: 'query($id:ID!){p(id:$id){id}}', variables: '{id: .id}'}, records: .data.p}`, 1)
		s, _ := open(t, src, srv.URL)
		_, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: "1"})
		if plugins.KindOf(err) != want || strings.Contains(err.Error(), "Miller") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
