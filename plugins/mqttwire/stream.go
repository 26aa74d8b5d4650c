package mqttwire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// stream is one subscription.
type stream struct {
	ctx      context.Context
	messages chan mqtt.Message
	lost     chan struct{}
	once     sync.Once
	alive    time.Duration
	next     int64 // id of the next event, higher than any before

	mu   sync.Mutex
	conn net.Conn
}

func (s *stream) keep(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = c
}

// hangUp makes sure that nothing waits for the broker any more.
func (s *stream) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.Close() // it may be closed
	}
}

// gone says that the connection is lost.
func (s *stream) gone(mqtt.Client, error) { s.once.Do(func() { close(s.lost) }) }

// take queues a message for the reader; the broker waits when there are too many.
func (s *stream) take(_ mqtt.Client, m mqtt.Message) {
	select {
	case s.messages <- m:
	case <-s.ctx.Done():
	}
}

// relay writes messages as server-sent events until the connection or the context ends. The broker is told of each
// that its reader has it.
func (s *stream) relay(out io.Writer) error {
	if _, err := io.WriteString(out, ": subscribed\n\n"); err != nil {
		return err
	}
	tick := time.NewTicker(s.alive)
	defer tick.Stop()
	for {
		text := ": quiet\n\n"
		var m mqtt.Message
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-s.lost:
			return io.ErrUnexpectedEOF
		case <-tick.C:
		case m = <-s.messages:
			s.next++
			text = event(s.next, m.Topic(), m.Payload())
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
		if m != nil {
			m.Ack()
		}
	}
}

// event is one server-sent event. Whatever the message holds, it stays one; what is not text is base64.
func event(id int64, topic string, payload []byte) string {
	data := string(payload)
	if !utf8.Valid(payload) {
		data = base64.StdEncoding.EncodeToString(payload)
	}
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	var b strings.Builder
	b.WriteString("id: " + strconv.FormatInt(id, 10) + "\nevent: " + strings.ReplaceAll(lines.Replace(topic), "\n", " ") + "\n")
	for line := range strings.SplitSeq(lines.Replace(data), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	return b.String()
}

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

const (
	// maxPacket bounds one packet, so that as base64 its payload is still an event that a reader takes.
	maxPacket = 700 << 10
	suback    = 9
)

var errPacket = errors.New("the broker sent what is too large, or not MQTT")

// bounded hands packets over whole, and none that is larger than is allowed or that the library would trip over.
type bounded struct {
	net.Conn
	in   *bufio.Reader
	rest bytes.Reader
}

func newBounded(c net.Conn) *bounded { return &bounded{Conn: c, in: bufio.NewReader(c)} }

func (b *bounded) Read(p []byte) (int, error) {
	if b.rest.Len() == 0 {
		packet, err := readPacket(b.in)
		if err != nil {
			return 0, err
		}
		b.rest.Reset(packet)
	}
	return b.rest.Read(p)
}

// readPacket reads one packet of a broker with its header.
func readPacket(in io.ByteReader) ([]byte, error) {
	first, err := in.ReadByte()
	if err != nil {
		return nil, err
	}
	packet, size := []byte{first}, 0
	for shift := 0; ; shift += 7 {
		c, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		packet = append(packet, c)
		size |= int(c&0x7f) << shift
		if c&0x80 == 0 {
			break
		}
		if shift == 21 {
			return nil, errPacket
		}
	}
	if size > maxPacket || first>>4 == suback && size != 3 { // one topic, one answer
		return nil, errPacket
	}
	for range size {
		c, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		packet = append(packet, c)
	}
	return packet, nil
}
