// Package mqttwire carries the messages of an MQTT broker through the transport's chain: mqtts anywhere that is
// declared, mqtt to this machine only.
//
// A request is a GET of the broker's address with the body {"topic", "qos", "client"}. The answer is a
// text/event-stream: every message is an event named by its topic, its data the payload. A refused sign-in is answered
// 401, a refused topic 403. Without a body the answer is {"connected": true} once the sign-in has succeeded. With a client name the broker keeps what was published while it was away; without one it
// does not. Nothing is published: MQTT 3.1.1 has no way to say that a message was refused.
package mqttwire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"muster/plugins/mqttwire/topic"
	"muster/plugins/transport"
)

func init() {
	transport.RegisterScheme(transport.Scheme{Name: "mqtt", Port: "1883", Open: open})
	transport.RegisterScheme(transport.Scheme{Name: "mqtts", Port: "8883", Secure: true, Open: open})
}

const (
	// keepAlive is how often a quiet stream says that it stands, well within the silence that ends a stream. The
	// broker is asked as often.
	keepAlive = 25 * time.Second
	// waiting is how many messages may wait for their reader; the rest waits at the broker.
	waiting = 4096
	// goodbye bounds the wait for the broker to take leave, in milliseconds.
	goodbye = 250
	refused = 0x80 // in a SUBACK
)

type wire struct {
	env   transport.WireEnv
	alive time.Duration
}

func open(env transport.WireEnv) transport.Wire { return &wire{env: env, alive: keepAlive} }

// CloseIdleConnections has nothing to close: a connection is a stream, and ends with it.
func (*wire) CloseIdleConnections() {}

type request struct {
	Topic  string `json:"topic"`
	QoS    byte   `json:"qos"`
	Client string `json:"client"`
}

// readRequest reads what is asked for. No topic asks only whether the sign-in holds.
func readRequest(r *http.Request) (q request, ok bool) {
	if r.Method != http.MethodGet || strings.Trim(r.URL.Path, "/") != "" || r.URL.RawQuery != "" {
		return q, false
	}
	if r.Body == nil {
		return q, true
	}
	switch err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&q); {
	case errors.Is(err, io.EOF):
		return q, true
	case err != nil:
		return q, false
	}
	return q, topic.Valid(q.Topic) && q.QoS <= 2 && len(q.Client) <= 128
}

// RoundTrip subscribes. Whatever the broker refuses is an answer; an error is one of the network or the context.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	q, ok := readRequest(r)
	if !ok {
		body := `{"error":{"code":"request","is":"drift","message":"A broker is asked for {topic, qos, client} at its bare address."}}`
		return transport.WireAnswer(r, http.StatusUnprocessableEntity, "application/json", io.NopCloser(strings.NewReader(body))), nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	s := &stream{messages: make(chan mqtt.Message, waiting), lost: make(chan struct{}), ctx: ctx, alive: w.alive, next: w.env.Now().UnixMicro()}
	c := mqtt.NewClient(w.options(r, q, s))
	leave := func() {
		cancel()
		c.Disconnect(goodbye)
		s.hangUp()
	}
	connect := c.Connect().(*mqtt.ConnectToken) //nolint:forcetypeassert // documented
	err := wait(ctx, connect)
	if err != nil {
		leave()
		switch {
		case r.Context().Err() != nil:
			return nil, r.Context().Err()
		case connect.ReturnCode() == packets.ErrRefusedBadUsernameOrPassword, connect.ReturnCode() == packets.ErrRefusedNotAuthorised:
			return transport.WireAnswer(r, http.StatusUnauthorized, "", nil), nil
		}
		return nil, err
	}
	if q.Topic == "" {
		leave()
		return transport.WireAnswer(r, http.StatusOK, "application/json", io.NopCloser(strings.NewReader(`{"connected":true}`))), nil
	}
	transport.Sent(ctx)
	sub := c.Subscribe(q.Topic, q.QoS, s.take).(*mqtt.SubscribeToken) //nolint:forcetypeassert // documented
	err = wait(ctx, sub)
	if err == nil && sub.Result()[q.Topic] == refused {
		leave()
		return transport.WireAnswer(r, http.StatusForbidden, "", nil), nil
	}
	if err != nil {
		leave()
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return nil, err
	}
	out, in := io.Pipe()
	b := &body{PipeReader: out, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		defer leave()
		in.CloseWithError(s.relay(in)) //nolint:errcheck // it never fails
	}()
	return transport.WireAnswer(r, http.StatusOK, "text/event-stream", b), nil
}

func (w *wire) options(r *http.Request, q request, s *stream) *mqtt.ClientOptions {
	user, password, _ := r.BasicAuth()
	o := mqtt.NewClientOptions().AddBroker(r.URL.Scheme + "://" + r.URL.Host).SetUsername(user).SetPassword(password).SetProtocolVersion(4).
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).SetAutoAckDisabled(true).
		SetKeepAlive(keepAlive).SetPingTimeout(w.env.Limits.Timeout).SetConnectTimeout(w.env.Limits.Timeout).SetWriteTimeout(w.env.Limits.Timeout).
		SetCleanSession(q.Client == "").SetClientID(q.Client).SetDefaultPublishHandler(s.take).
		SetConnectionLostHandler(s.gone).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return w.dial(s, r.URL) })
	if q.Client == "" {
		o.SetClientID("muster-" + rand.Text()[:16])
	}
	return o
}

// dial connects to the declared broker, for mqtts over TLS.
func (w *wire) dial(s *stream, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, w.env.Limits.Timeout)
	defer cancel()
	c, err := w.env.Dial(ctx, "tcp", transport.Place(u))
	if err != nil {
		return nil, err
	}
	if u.Scheme == "mqtts" {
		conf := w.env.TLS.Clone()
		conf.ServerName = u.Hostname()
		t := tls.Client(c, conf)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = c.Close() // of no use
			return nil, err
		}
		c = t
	}
	c = newBounded(c)
	s.keep(c)
	return c, nil
}

func wait(ctx context.Context, t mqtt.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}
