package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

// archive is a product that wants a person first, then the event, then its photos one by one, and knows no keys.
type archive struct {
	mu                      sync.Mutex
	people, events, photos  []map[string]any
	failPhoto, failPerson   int // lose the answer to the n-th creation, after it has taken effect
	personLooks, photoLooks int
	content                 []string
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	reply := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	list := func(all []map[string]any) {
		out := []map[string]any{}
		for _, x := range all {
			if x["ref"] == r.URL.Query().Get("ref") {
				out = append(out, x)
			}
		}
		reply(map[string]any{"items": out})
	}
	var in map[string]any
	if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(400)
			return
		}
	}
	lost := func() {
		c, _, _ := w.(http.Hijacker).Hijack()
		_ = c.Close()
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /me":
		reply(map[string]any{"user": "ada"})
	case "GET /people":
		a.personLooks++
		list(a.people)
	case "POST /people":
		in["id"] = fmt.Sprintf("P%d", len(a.people)+1)
		a.people = append(a.people, in)
		if a.failPerson--; a.failPerson == 0 {
			lost()
			return
		}
		reply(in)
	case "GET /events":
		list(a.events)
	case "POST /events":
		if in["person"] == nil {
			w.WriteHeader(422)
			reply(map[string]any{"field": "person"})
			return
		}
		in["id"] = fmt.Sprintf("E%d", len(a.events)+1)
		a.events = append(a.events, in)
		reply(in)
	case "GET /events/E1/photos":
		a.photoLooks++
		reply(map[string]any{"items": append([]map[string]any{}, a.photos...)})
	case "POST /events/E1/photos":
		f, h, err := r.FormFile("file")
		if err != nil {
			w.WriteHeader(400)
			return
		}
		b, _ := io.ReadAll(f)
		a.content = append(a.content, string(b))
		a.photos = append(a.photos, map[string]any{"name": h.Filename, "title": r.FormValue("title")})
		if a.failPhoto--; a.failPhoto == 0 {
			lost()
			return
		}
		reply(map[string]any{"ok": true})
	default:
		w.WriteHeader(404)
	}
}

const archiveFile = `
connector: 1
id: archive
name: Archive
help: For tests.
code: ARC
shape: star
options: {base_url: {type: url, label: Server address, required: true}}
check: {get: /me, expect: '.user != null'}
kinds:
  incident:
    submit:
      before:
        person:
          when: .entry.person.surname
          find: {get: /people, query: {ref: .key}, take: '.items[0].id'}
          post: /people
          body: '{ref: .key, family: .entry.person.surname}'
          take: .id
      post: /events
      accepts: {description: {required: true}, person.surname: {as: family}}
      body: '{ref: .key, person: .steps.person, text: .entry.description[0]}'
      result: {ref: .id}
      confirm: {get: /events, query: {ref: .key}, found: '.items[0].id'}
      after:
        photos:
          each: .files
          find: {get: '/events/\(.result.id)/photos', take: 'any(.items[]; .name == $item.name)'}
          post: '/events/\(.result.id)/photos'
          multipart: {title: '"photo"', file: {file: .item}}
`

func archiveEntry(t testing.TB, files ...string) plugins.Entry {
	t.Helper()
	e := plugins.Entry{Form: "incident", Kind: "incident", Facts: []pole.Fact{{Property: "description", Value: pole.Value{Source: "Found."}}},
		Parts: []plugins.Part{{Name: "person", Kind: "person", Facts: []pole.Fact{{Property: "surname", Value: pole.Value{Source: "MILLER"}}}}}}
	for i, c := range files {
		e.Files = append(e.Files, plugins.File{Name: fmt.Sprintf("p%d.jpg", i+1), Type: "image/jpeg", Size: int64(len(c)),
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c)), nil }})
	}
	return e
}

func TestStepsOfASubmissionTakeEffectOnce(t *testing.T) {
	for name, setup := range map[string]func(*archive){
		"nothing lost": func(*archive) {}, "answer to the person lost": func(a *archive) { a.failPerson = 1 }, "answer to a photo lost": func(a *archive) { a.failPhoto = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			a := &archive{}
			setup(a)
			srv := httptest.NewServer(a)
			defer srv.Close()
			sys, _ := open(t, archiveFile, srv.URL)
			sub := sys.(plugins.Submitter)
			e := archiveEntry(t, "one", strings.Repeat("two", 100_000))
			rec, err := sub.Submit(officer(), e, "k1")
			for range 3 { // as the outbox does: ask, then send again
				if err == nil {
					break
				}
				if plugins.KindOf(err) != plugins.Unknown {
					t.Fatalf("lost answer is %v", err)
				}
				if rec, err = sub.Confirm(officer(), e, "k1"); plugins.KindOf(err) == plugins.NotFound {
					rec, err = sub.Submit(officer(), e, "k1")
				}
			}
			if err != nil || rec.Reference != "E1" {
				t.Fatalf("receipt %+v, %v", rec, err)
			}
			if again, err := sub.Submit(officer(), e, "k1"); err != nil || !again.Already {
				t.Errorf("the second time: %+v, %v", again, err)
			}
			if len(a.people) != 1 || len(a.events) != 1 || len(a.photos) != 2 {
				t.Errorf("%d people, %d events, %d photos", len(a.people), len(a.events), len(a.photos))
			}
			if a.events[0]["person"] != "P1" || a.photos[1]["name"] != "p2.jpg" || a.photos[1]["title"] != "photo" || len(a.content[1]) != 300_000 {
				t.Errorf("events %v, photos %v, %d bytes", a.events, a.photos, len(a.content[1]))
			}
		})
	}
}

func TestAStepThatIsRefusedSaysWhere(t *testing.T) {
	a := &archive{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	src := strings.Replace(archiveFile, "when: .entry.person.surname", "when: 'false'", 1) +
		"      errors: [{when: '.status == 422', is: invalid, fields: '[{path: \"family\", say: \"needed\"}]'}]\n"
	sys, _ := open(t, src, srv.URL)
	_, err := sys.(plugins.Submitter).Submit(officer(), archiveEntry(t), "k1")
	var e *plugins.Error
	if !errors.As(err, &e) || e.Kind != plugins.Invalid || len(e.Fields) != 1 || e.Fields[0].Path != "person.surname" {
		t.Fatalf("%#v", err)
	}
}

// TestWithAsksForWhatTheListLeavesOut: a list of bare ids, whose details stand elsewhere.
func TestWithAsksForWhatTheListLeavesOut(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ids":
			_, _ = io.WriteString(w, `[1, 2, 3]`)
		case "/p/1", "/p/2":
			fmt.Fprintf(w, `{"name":"N%s","links":["a"]}`, r.URL.Path[3:])
		case "/p/1/cars":
			_, _ = io.WriteString(w, `{"items":[{"plate":"YK19FZB"}]}`)
		case "/p/3":
			w.WriteHeader(500)
		default:
			w.WriteHeader(404)
		}
	}))
	defer srv.Close()
	sys, _ := open(t, `
connector: 1
id: ids
name: Ids
options: {base_url: {type: url, label: Server address, required: true}}
check: {get: /ids}
define: {shout: 'ascii_upcase | exclaim', exclaim: '. + "!"'}
kinds:
  person:
    search:
      by: [surname]
      get: /ids
      records: '.[]'
      with:
        detail: {get: '/p/\(.item)'}
        whole: {get: '/p/\(.item)', merge: true}
        cars: {get: '/p/\(.item)/cars', take: .items}
    fields: {id: .value, surname: .detail.name | shout, alias: '[.cars[]?.plate]', fullName: .name}
`, srv.URL)
	p, err := sys.Search(officer(), plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "n"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Records) != 2 || len(p.Gaps) != 1 {
		t.Fatalf("%d records, gaps %v", len(p.Records), p.Gaps)
	}
	first := p.Records[0]
	if first.ID != "1" || first.Facts[len(first.Facts)-1].Value.Source != "N1" || first.Facts[0].Value.Source != "N1!" || first.Facts[1].Value.Source != "YK19FZB" {
		t.Errorf("%+v", first)
	}
}
