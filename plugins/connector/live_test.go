package connector

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"muster/plugins"
	_ "muster/plugins/wswire"
)

const liveFile = `connector: 1
id: live
name: Live
options: {base_url: {type: url, label: Server, help: x, required: true}}
check: {get: /me}
kinds:
  incident:
    fetch: {get: '/i/\(.id)'}
    fields: {id: .id, reference: .no}
    watch:
      websocket: /live
      send: ['{subscribe: "i", after: .cursor}', '"go"']
      when: '.data.type == "changed"'
      records: .item
      removed: .data.gone == true
`

// socket serves a WebSocket and says what it was asked; each connection does as told.
func socket(t *testing.T, file string, do func(ctx context.Context, c *websocket.Conn)) plugins.System {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		do(r.Context(), c)
	}))
	t.Cleanup(srv.Close)
	s, _ := open(t, file, srv.URL)
	return s
}

func TestAWebSocketAnnouncesChanges(t *testing.T) {
	s := socket(t, liveFile, func(ctx context.Context, c *websocket.Conn) {
		_, a, _ := c.Read(ctx)
		_, b, _ := c.Read(ctx)
		if string(a) != `{"after":"c9","subscribe":"i"}` || string(b) != "go" {
			t.Errorf("said %s and %s", a, b)
		}
		for _, m := range []string{`{"type":"hello"}`, `{"type":"changed","item":{"id":"7","no":"CAD-7"}}`, `{"type":"changed","gone":true,"item":{"id":"8"}}`} {
			_ = c.Write(ctx, websocket.MessageText, []byte(m))
		}
		_ = c.Close(4401, "expired")
	})
	var got []plugins.Change
	err := s.(plugins.Watcher).Watch(officer(), "incident", "c9", func(c plugins.Change) error {
		got = append(got, c)
		return nil
	})
	if plugins.KindOf(err) != plugins.Auth || len(got) != 3 || got[1].Record.ID != "7" || got[1].Removed || !got[2].Removed || got[2].Cursor != "c9" {
		t.Fatalf("%v %+v", err, got)
	}
}

func TestWhyAWebSocketWasClosed(t *testing.T) {
	for code, want := range map[websocket.StatusCode]plugins.ErrorKind{1000: plugins.Unavailable, 1008: plugins.Denied, 3000: plugins.Auth,
		4403: plugins.Denied, 1003: plugins.Drift, 1011: plugins.Unavailable} {
		s := socket(t, liveFile, func(_ context.Context, c *websocket.Conn) { _ = c.Close(code, "because") })
		if err := s.(plugins.Watcher).Watch(officer(), "incident", "", func(plugins.Change) error { return nil }); plugins.KindOf(err) != want {
			t.Errorf("%d ends as %v, want %s", code, err, want)
		}
	}
}

func TestASubscriptionOverAWebSocket(t *testing.T) {
	file := strings.Replace(liveFile, `send: ['{subscribe: "i", after: .cursor}', '"go"']`, `subscription: {query: 'subscription($s: String) { i { id } }', variables: '{s: .system}'}`, 1)
	file = strings.Replace(strings.Replace(file, `when: '.data.type == "changed"'`, `fetch: .id`, 1), "records: .item", "records: .data.i", 1)
	s := socket(t, strings.Replace(file, "      removed: .data.gone == true\n", "      removed: 'true'\n", 1), func(ctx context.Context, c *websocket.Conn) {
		_, init, _ := c.Read(ctx)
		_ = c.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`))
		_ = c.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_ack"}`))
		_, pong, _ := c.Read(ctx)
		_, sub, _ := c.Read(ctx)
		if !strings.Contains(string(init), "connection_init") || !strings.Contains(string(pong), "pong") || !strings.Contains(string(sub), `"variables":{"s":`) {
			t.Errorf("%s %s %s", init, pong, sub)
		}
		_ = c.Write(ctx, websocket.MessageText, []byte(`{"type":"next","id":"1","payload":{"data":{"i":{"id":"7"}}}}`))
		_, _, _ = c.Read(ctx)
	})
	enough := errors.New("enough")
	err := s.(plugins.Watcher).Watch(officer(), "incident", "", func(c plugins.Change) error {
		if c.Record.ID == "7" && c.Removed {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
}

func TestProblemsOfWebSockets(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		line     int
		say      string
	}{
		"elsewhere":      {"websocket: /live", "websocket: wss://other.example/live", 11, "not below the server address"},
		"two ways":       {"websocket: /live", "websocket: /live\n      every: 30s", 11, "several"},
		"send alone":     {"websocket: /live", "every: 30s\n      get: /live", 13, "there is none here"},
		"unknown option": {"after: .cursor", "after: .options.nothing", 11, `"nothing"`},
		"another scheme": {"label: Server,", "label: Server, default: 'postgres://x.example/y',", 11, "postgres://"},
		"an empty query": {"send: [", "subscription: {query: ''}\n      send: [", 12, "Keep one"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range Lint("x.yaml", []byte(strings.Replace(liveFile, c.from, c.to, 1)), dictionary(t)) {
				if p.Line == c.line && strings.Contains(p.Say+p.Cure, c.say) && p.Cure != "" {
					return
				}
				t.Log(p)
			}
			t.Errorf("no problem in line %d with %q", c.line, c.say)
		})
	}
	if p := Lint("x.yaml", []byte(liveFile), dictionary(t)); len(p) > 0 {
		t.Error(p)
	}
}

const brokerFile = `connector: 1
id: feed
name: Feed
options: {base_url: {type: url, label: Broker, help: x, required: true}}
check: {get: /, expect: .connected}
kinds:
  incident:
    fields: {id: .id, reference: .no}
    watch: {mqtt: cad/incidents/+, qos: 1, client: .system, when: '.event != "cad/incidents/test"', records: .}
`

func TestABrokerIsAskedForATopic(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodGet || strings.Trim(r.URL.Path, "/") != "" || !strings.Contains(string(raw), `"qos":1,"topic":"cad/incidents/+"`) || !strings.Contains(string(raw), `"client":"`) {
			t.Errorf("%s %s %s", r.Method, r.URL, raw)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "id: 1\nevent: cad/incidents/test\ndata: {}\n\nid: 2\nevent: cad/incidents/7\ndata: {\"id\": \"7\"}\n\n")
	}))
	defer srv.Close()
	s, _ := open(t, brokerFile, srv.URL)
	var got []plugins.Change
	err := s.(plugins.Watcher).Watch(officer(), "incident", "", func(c plugins.Change) error {
		got = append(got, c)
		return nil
	})
	if plugins.KindOf(err) != plugins.Unavailable || len(got) != 2 || got[1].Record.ID != "7" || got[1].Cursor != "2" {
		t.Fatalf("%v %+v", err, got)
	}
	for from, say := range map[string]string{"cad/incidents/+,": "cad/#/x,", "qos: 1": "every: 30s", "label: Broker": "label: Broker, default: 'https://x.example'", "mqtt: cad/incidents/+": "sse: /x", "client: .system": "headers: {a: .system}"} {
		found := false
		for _, p := range Lint("x.yaml", []byte(strings.Replace(brokerFile, from, say, 1)), dictionary(t)) {
			found = found || p.Cure != "" && (p.Line == 9 || p.Line == 4)
		}
		if !found {
			t.Errorf("nothing is wrong with %s", say)
		}
	}
	if p := Lint("x.yaml", []byte(brokerFile), dictionary(t)); len(p) > 0 {
		t.Error(p)
	}
}
