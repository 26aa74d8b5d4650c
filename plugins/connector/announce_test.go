package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"muster/plugins"
)

const announcerFile = `
connector: 1
id: ann
name: Announcer
options: {base_url: {type: url, label: Server address, required: true}}
check: {get: /me}
kinds:
  incident:
    fetch: {get: '/i/\(.id)'}
    fields: {id: .id, reference: .no}
    watch:
      sse: /live
      reply: {when: '.event == "HELLO"', post: /subscribe, body: '{client: .event.data.client, topics: ["i"]}'}
      when: '.event == "changed"'
      fetch: .id
`

// TestAnnouncementsWithoutContent: the stream must be subscribed to after its greeting, and tells ids only.
func TestAnnouncementsWithoutContent(t *testing.T) {
	subscribed := make(chan string, 1)
	refuse := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/live":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "event: HELLO\ndata: {\"client\":\"c1\"}\n\n")
			w.(http.Flusher).Flush()
			select {
			case c := <-subscribed:
				fmt.Fprintf(w, "event: changed\nid: 5\ndata: {\"id\":\"%s-7\"}\n\nevent: changed\nid: 6\ndata: {\"id\":\"gone\"}\n\n", c)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
			}
			<-r.Context().Done()
		case "/subscribe":
			if refuse {
				w.WriteHeader(403)
				return
			}
			var in struct{ Client string }
			_ = json.NewDecoder(r.Body).Decode(&in)
			subscribed <- in.Client
		case "/i/c1-7":
			fmt.Fprint(w, `{"id":"c1-7","no":"CAD-7"}`)
		default:
			w.WriteHeader(404)
		}
	}))
	defer srv.Close()
	sys, _ := open(t, announcerFile, srv.URL)
	var got []plugins.Change
	done := errors.New("enough")
	err := sys.(plugins.Watcher).Watch(officer(), "incident", "", func(c plugins.Change) error {
		if c.Record.ID != "" || c.Gap != nil {
			got = append(got, c)
		}
		if len(got) == 2 {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) || got[0].Record.Facts[0].Value.Source != "CAD-7" || got[0].Cursor != "5" || got[0].Removed || !got[1].Removed || got[1].Record.ID != "gone" {
		t.Fatalf("%v %+v", err, got)
	}
	refuse = true
	ctx, cancel := context.WithCancel(officer())
	defer cancel()
	err = sys.(plugins.Watcher).Watch(ctx, "incident", "", func(plugins.Change) error { return nil })
	if plugins.KindOf(err) != plugins.Denied {
		t.Errorf("a refused subscription ends as %v", err)
	}
}
