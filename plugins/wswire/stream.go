package wswire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"muster/plugins/transport"
)

// body is the body of a stream. Closing it ends the connection, and waits until it has ended.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
	done   chan struct{}
}

func (b *body) Close() error {
	b.cancel()
	err := b.PipeReader.Close()
	<-b.done
	return err
}

// refusal is an answer of this wire's own: a connector that does not fit its system.
func refusal(r *http.Request, status int, code, say string) *http.Response {
	b, _ := json.Marshal(map[string]any{"error": map[string]string{"code": code, "is": "drift", "message": say}}) // texts only
	return transport.WireAnswer(r, status, "application/json", io.NopCloser(bytes.NewReader(b)))
}

// stream turns one connection into server-sent events.
type stream struct {
	conn         *websocket.Conn
	out          *io.PipeWriter
	alive, limit time.Duration
	graphql      bool
}

// relay writes events until the connection or the context ends. Nothing of it is left running.
func (s *stream) relay(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	pinger := make(chan struct{})
	go func() {
		defer close(pinger)
		defer stop()
		s.ping(ctx)
	}()
	defer func() {
		stop()
		_ = s.conn.CloseNow() // after a goodbye, or for good
		<-pinger
	}()
	if err := s.write(": open\n\n"); err != nil {
		return err
	}
	for {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			return s.end(err)
		}
		more, err := s.take(ctx, kind, data)
		if err != nil || !more {
			return err
		}
	}
}

// take passes one message on. more is false when it was the last.
func (s *stream) take(ctx context.Context, kind websocket.MessageType, data []byte) (more bool, err error) {
	if s.graphql {
		return s.graphqlMessage(ctx, kind, data)
	}
	if kind == websocket.MessageBinary {
		return true, s.write(event("", base64.StdEncoding.EncodeToString(data)))
	}
	return true, s.write(event("", string(data)))
}

// ping asks a quiet server whether it is there, and tells the reader so. Without an answer the stream ends.
func (s *stream) ping(ctx context.Context) {
	tick := time.NewTicker(s.alive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking, done := context.WithTimeout(ctx, s.limit)
		err := s.conn.Ping(asking)
		done()
		if err != nil || s.write(": quiet\n\n") != nil {
			return
		}
	}
}

// end says why a server closed. io.EOF is the pipe's own word for a stream that just ended.
func (s *stream) end(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		closed = websocket.CloseError{Code: websocket.StatusMessageTooBig}
	case !errors.As(err, &closed):
		return io.ErrUnexpectedEOF
	case closed.Code == websocket.StatusNormalClosure || closed.Code == websocket.StatusGoingAway:
		return nil
	}
	return s.closing(closed.Code, closed.Reason)
}

func (s *stream) closing(code websocket.StatusCode, reason string) error {
	b, _ := json.Marshal(map[string]any{"code": int(code), "reason": reason}) // a number and a text
	return s.write(event("close", string(b)))
}

func (s *stream) write(text string) error {
	_, err := io.WriteString(s.out, text)
	return err
}

// event is one server-sent event. Whatever the message holds, it stays one.
func event(name, data string) string {
	if !utf8.ValidString(data) {
		data = strings.ToValidUTF8(data, "\ufffd")
	}
	var b strings.Builder
	if name != "" {
		b.WriteString("event: " + name + "\n")
	}
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	return b.String()
}
