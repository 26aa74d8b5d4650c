package connector

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"muster/plugins"
	mqtttopic "muster/plugins/mqttwire/topic"
)

// liveSpec is a stream that is not HTTP: what is said to open it.
type liveSpec struct {
	socket bool         // a WebSocket below the server address
	send   []*expr      // said once it is open
	graph  *graphqlSpec // or a subscription
	topic  string       // else, of a broker
	qos    int
	client *expr // by which the broker knows this desk again
}

// live reads watch: {websocket: /path, send: […]} or {websocket: /path, subscription: {query, variables}}.
func (r *reader) live(w *watchSpec, n *node) bool {
	x := n.get("websocket")
	if x == nil {
		for _, k := range []string{"send", "subscription"} {
			if a := n.get(k); a != nil {
				r.f.fail(a, "Add websocket: /path, or take it out.", "%s is said to a WebSocket, and there is none here.", k)
			}
		}
		return false
	}
	w.sse = true
	w.op = r.operation(n)
	if w.op.method != "" || n.get("every") != nil || n.get("sse") != nil || n.get("notify") != nil {
		r.f.fail(x, "Keep websocket and take out every, sse, notify, get and the like.", "A watch has one way to learn of changes; here stand several.")
	}
	for _, k := range bodyKeys {
		if b := n.get(k); b != nil {
			r.f.fail(b, "Write send: ['{…}'] for what is said once the WebSocket is open.", "A WebSocket is opened without a body.")
		}
	}
	if !strings.HasPrefix(x.text(), "/") {
		r.f.fail(x, "Begin the path with /: https becomes wss by itself.", "The path %q is not below the server address.", x.text())
	}
	l := &liveSpec{socket: true}
	for _, m := range n.get("send").list() {
		if e := r.h.compile(r.f, m); e != nil {
			l.send = append(l.send, e)
		}
	}
	if s := n.get("subscription"); s != nil {
		l.graph = &graphqlSpec{query: s.str("query"), variables: r.expr(s, "variables")}
		if len(l.send) > 0 {
			r.f.fail(s, "Keep one of send and subscription.", "A subscription says all that is to be said; send would break its protocol.")
		}
	}
	w.op.method, w.op.answers, w.op.live = "GET", "json", l
	w.op.path = r.h.template(r.f, x)
	return true
}

// mqtt reads watch: {mqtt: TOPIC, qos: 1, client: NAME}.
func (r *reader) mqtt(w *watchSpec, n *node) bool {
	x := n.get("mqtt")
	if x == nil {
		for _, k := range []string{"qos", "client"} {
			if a := n.get(k); a != nil {
				r.f.fail(a, "Add mqtt: TOPIC, or take it out.", "%s belongs to a broker's topic, and there is none here.", k)
			}
		}
		return false
	}
	w.sse = true
	w.op = r.operation(n)
	several := w.op.method != ""
	for _, k := range append([]string{"every", "sse", "notify", "websocket", "send", "subscription"}, bodyKeys...) {
		several = several || n.get(k) != nil
	}
	if several {
		r.f.fail(x, "Keep mqtt, qos and client, and take out every, sse, notify, websocket, send, subscription, get and the like.", "A watch has one way to learn of changes; here stand several.")
	}
	if !mqtttopic.Valid(x.text()) {
		r.f.fail(x, "Write a filter such as 'cad/incidents/+' (one level) or 'cad/#' (all below).", "%q is not a topic that can be subscribed to.", x.text())
	}
	w.op.method, w.op.answers = "GET", "json"
	w.op.live = &liveSpec{topic: x.text(), qos: n.num("qos"), client: r.expr(n, "client")}
	return true
}

// body gives what is said to open the stream.
func (l *liveSpec) body(ctx context.Context, in map[string]any) (payload, error) {
	if !l.socket {
		ask := map[string]any{"topic": l.topic, "qos": l.qos}
		if l.client != nil {
			name, err := l.client.word(ctx, newScope(in), in)
			if err != nil {
				return payload{}, unsendable(err)
			}
			ask["client"] = name
		}
		return jsonPayload(ask)
	}
	if l.graph != nil {
		sub := map[string]any{"query": l.graph.query}
		if l.graph.variables != nil {
			v, err := l.graph.variables.one(ctx, newScope(in), in)
			if err != nil {
				return payload{}, unsendable(err)
			}
			sub["variables"] = v
		}
		return jsonPayload(map[string]any{"subscription": sub})
	}
	send := make([]any, 0, len(l.send))
	for _, e := range l.send {
		v, err := e.one(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		if v != nil {
			send = append(send, v)
		}
	}
	return jsonPayload(map[string]any{"send": send})
}

func (l *liveSpec) exprs() []*expr {
	out := append(slices.Clone(l.send), l.client)
	if l.graph != nil {
		out = append(out, l.graph.variables)
	}
	return out
}

// socketAddress is where the WebSocket of an address is: the same server, so that what is declared holds for both.
func socketAddress(target string) string {
	for _, p := range [][2]string{{"https://", "wss://"}, {"http://", "ws://"}} {
		if len(target) > len(p[0]) && strings.EqualFold(target[:len(p[0])], p[0]) {
			return p[1] + target[len(p[0]):]
		}
	}
	return target
}

// closed reads the event by which a WebSocket says that it was closed for a reason.
func (s *system) closed(op *operation, e event) error {
	if op.live == nil || !op.live.socket || e.name != "close" {
		return nil
	}
	var why struct {
		Code int `json:"code"`
	}
	if json.Unmarshal([]byte(e.data), &why) != nil {
		return nil
	}
	switch why.Code {
	case 3000, 4401:
		return s.fail(plugins.Auth, "%s ended its announcements: the sign-in no longer holds. Sign in again.", s.spec.name)
	case 1008, 3003, 4403:
		return s.fail(plugins.Denied, "%s does not allow you to follow these changes.", s.spec.name)
	case 1009:
		return s.fail(plugins.Drift, "%s announced a change larger than is allowed.", s.spec.name)
	case 1002, 1003, 1007, 4400:
		return s.fail(plugins.Drift, "%s and its connector do not understand each other (close code %d). Tell whoever keeps the connector.", s.spec.name, why.Code)
	}
	return s.fail(plugins.Unavailable, "%s closed its stream of changes (close code %d).", s.spec.name, why.Code)
}

// checkLive files what is wrong with a stream that is not HTTP.
func checkLive(f *findings, s *spec, op *operation) {
	if op.live.graph != nil && op.live.graph.query == "" {
		f.fail(op.at, "Write subscription: {query: 'subscription { … }'}.", "The subscription has no query.")
	}
	schemes, what, such := []string{"http", "https", "ws", "wss"}, "A WebSocket", "https://cad.force.example"
	if !op.live.socket {
		schemes, what, such = []string{"mqtt", "mqtts"}, "An MQTT broker", "mqtts://broker.force.example"
		if len(op.query) > 0 || op.queryAll != nil || len(op.headers) > 0 {
			f.fail(op.at, "Take them out.", "A broker knows no address parameters and no headers.")
		}
	}
	for _, o := range s.options {
		if o.Name != s.base || o.Default == "" {
			continue
		}
		if u, err := url.Parse(o.Default); err == nil && !slices.Contains(schemes, u.Scheme) {
			f.fail(op.at, "Give the server address type: url, and a default such as "+such+" or none.", "%s is not at %s://.", what, u.Scheme)
		}
	}
}
