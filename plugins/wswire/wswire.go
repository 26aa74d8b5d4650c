// Package wswire carries WebSocket streams through the transport's chain: wss anywhere that is declared, ws to this
// machine only.
//
// A request is a GET of the stream's address with the body {"send": [message, …]}, what is said once it is open, or
// {"subscription": {"query", "variables"}}, which speaks graphql-transport-ws. The answer is a text/event-stream: every
// message is an event of its text, a binary one of its base64. A server that closes for a reason ends it with an event
// named close of {"code", "reason"}. A handshake that is refused is answered with the server's own status.
package wswire

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"muster/plugins/transport"
)

func init() {
	transport.RegisterScheme(transport.Scheme{Name: "ws", Port: "80", Open: open})
	transport.RegisterScheme(transport.Scheme{Name: "wss", Port: "443", Secure: true, Open: open})
}

const (
	// keepAlive is how often a quiet stream is asked whether it stands, well within the silence that ends a stream.
	keepAlive = 25 * time.Second
	// maxMessage bounds one message, so that as base64 it is still an event that a reader takes.
	maxMessage = 700 << 10
	// maxRequest bounds what is said after opening.
	maxRequest = 1 << 20
)

// wire is all streams of one system.
type wire struct {
	env   transport.WireEnv
	http  *http.Transport
	alive time.Duration
}

func open(env transport.WireEnv) transport.Wire {
	conf := env.TLS.Clone()
	conf.NextProtos = []string{"http/1.1"} // the handshake is of HTTP/1.1
	return &wire{env: env, alive: keepAlive, http: &http.Transport{DialContext: env.Dial, TLSClientConfig: conf,
		TLSHandshakeTimeout: env.Limits.Timeout, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true}}
}

// CloseIdleConnections closes what refused handshakes have left. An open stream ends with its body.
func (w *wire) CloseIdleConnections() { w.http.CloseIdleConnections() }

// request is the body of a request.
type request struct {
	Send         []json.RawMessage `json:"send"`
	Subscription *subscription     `json:"subscription"`
}

// subscription is a GraphQL operation.
type subscription struct {
	Query     string          `json:"query"`
	Variables json.RawMessage `json:"variables,omitempty"`
}

// readRequest reads what is to be said. An empty body says nothing.
func readRequest(body io.Reader) (q request, ok bool) {
	if body == nil {
		return q, true
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxRequest+1))
	if err != nil || len(raw) > maxRequest {
		return q, false
	}
	if len(raw) == 0 {
		return q, true
	}
	if json.Unmarshal(raw, &q) != nil {
		return q, false
	}
	return q, q.Subscription == nil || q.Subscription.Query != "" && len(q.Send) == 0
}

// text is a message as it is sent: a JSON text is its content, anything else is JSON.
func text(m json.RawMessage) []byte {
	var s string
	if json.Unmarshal(m, &s) == nil && len(m) > 0 && m[0] == '"' {
		return []byte(s)
	}
	return m
}

// RoundTrip opens one stream. Whatever the server refuses is an answer; an error is one of the network or the context.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	q, ok := readRequest(r.Body)
	if r.Method != http.MethodGet || !ok {
		return refusal(r, http.StatusUnprocessableEntity, "request", "A stream is opened with a get and {send}, or {subscription}."), nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	conn, resp, err := w.dial(ctx, r, q)
	if err != nil || resp != nil {
		cancel()
		return resp, err
	}
	if err := w.begin(ctx, r, conn, q); err != nil {
		defer cancel()
		_ = conn.CloseNow() // given up either way
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return unopened(r, err)
	}
	out, in := io.Pipe()
	b := &body{PipeReader: out, cancel: cancel, done: make(chan struct{})}
	s := &stream{conn: conn, out: in, alive: w.alive, limit: w.env.Limits.Timeout, graphql: q.Subscription != nil}
	go func() {
		defer close(b.done)
		in.CloseWithError(s.relay(ctx)) //nolint:errcheck // it never fails
	}()
	return transport.WireAnswer(r, http.StatusOK, "text/event-stream", b), nil
}

// dial shakes hands with the request's own headers. A refusal is the answer.
func (w *wire) dial(ctx context.Context, r *http.Request, q request) (*websocket.Conn, *http.Response, error) {
	opts := &websocket.DialOptions{HTTPHeader: http.Header{}, HTTPClient: &http.Client{Transport: w.http,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for name, v := range r.Header {
		switch name {
		case "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Cache-Control", "Last-Event-Id":
		default:
			opts.HTTPHeader[name] = v
		}
	}
	if q.Subscription != nil {
		opts.Subprotocols = []string{graphqlProtocol}
	}
	conn, resp, err := websocket.Dial(ctx, r.URL.String(), opts) //nolint:bodyclose // a refusal's body is handed on
	switch {
	case err == nil:
		conn.SetReadLimit(maxMessage)
		if q.Subscription != nil && conn.Subprotocol() != graphqlProtocol {
			_ = conn.CloseNow()
			return nil, refusal(r, http.StatusUnprocessableEntity, "protocol", "The server does not speak graphql-transport-ws."), nil
		}
		return conn, nil, nil
	case r.Context().Err() != nil:
		return nil, nil, r.Context().Err()
	case resp == nil:
		return nil, nil, err
	case resp.StatusCode < 400:
		return nil, refusal(r, http.StatusUnprocessableEntity, "handshake", "The address is not that of a WebSocket."), nil
	}
	resp.Request = r
	return nil, resp, nil
}

// begin says what is to be said after opening.
func (w *wire) begin(ctx context.Context, r *http.Request, conn *websocket.Conn, q request) error {
	transport.Sent(ctx)
	if q.Subscription != nil {
		return subscribe(ctx, conn, q.Subscription, r.Header.Get("Authorization"))
	}
	for _, m := range q.Send {
		if err := conn.Write(ctx, websocket.MessageText, text(m)); err != nil {
			return err
		}
	}
	return nil
}

// unopened is the answer to a server that closed before the stream stood.
func unopened(r *http.Request, err error) (*http.Response, error) {
	switch websocket.CloseStatus(err) {
	case 3000, 4401:
		return transport.WireAnswer(r, http.StatusUnauthorized, "", nil), nil
	case websocket.StatusPolicyViolation, 3003, 4403:
		return transport.WireAnswer(r, http.StatusForbidden, "", nil), nil
	}
	if errors.Is(err, errProtocol) {
		return refusal(r, http.StatusUnprocessableEntity, "protocol", "The server does not speak graphql-transport-ws."), nil
	}
	return nil, err
}
