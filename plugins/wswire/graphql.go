package wswire

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/coder/websocket"
)

// graphqlProtocol is the sub-protocol of GraphQL over WebSocket as servers speak it now.
const graphqlProtocol = "graphql-transport-ws"

var errProtocol = errors.New("an answer that is not of " + graphqlProtocol)

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func say(ctx context.Context, conn *websocket.Conn, m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, b)
}

// subscribe greets, waits to be let in and subscribes. Servers take the credential from the greeting where they cannot
// see the handshake's headers.
func subscribe(ctx context.Context, conn *websocket.Conn, q *subscription, authorization string) error {
	hello := message{Type: "connection_init"}
	if authorization != "" {
		b, err := json.Marshal(map[string]string{"Authorization": authorization})
		if err != nil {
			return err
		}
		hello.Payload = b
	}
	if err := say(ctx, conn, hello); err != nil {
		return err
	}
	for acknowledged := false; !acknowledged; {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m message
		if json.Unmarshal(data, &m) != nil {
			return errProtocol
		}
		switch m.Type {
		case "connection_ack":
			acknowledged = true
		case "ping":
			if err := say(ctx, conn, message{Type: "pong"}); err != nil {
				return err
			}
		case "pong":
		default:
			return errProtocol
		}
	}
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return say(ctx, conn, message{ID: "1", Type: "subscribe", Payload: b})
}

// graphqlMessage passes on what a subscription yields: {data, errors} as an answer over HTTP would be.
func (s *stream) graphqlMessage(ctx context.Context, kind websocket.MessageType, data []byte) (more bool, err error) {
	var m message
	if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
		return false, s.closing(websocket.StatusUnsupportedData, "")
	}
	switch m.Type {
	case "next":
		return true, s.write(event("", string(m.Payload)))
	case "ping":
		return true, say(ctx, s.conn, message{Type: "pong"})
	case "pong":
		return true, nil
	case "complete":
		return false, nil
	case "error":
		return false, s.closing(4400, "The subscription was refused.")
	}
	return false, s.closing(websocket.StatusUnsupportedData, "")
}
