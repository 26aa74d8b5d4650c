package connector

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxEvent bounds one server-sent event.
const maxEvent = 1 << 20

var errEventTooLarge = errors.New("an event is larger than 1 MiB")

// event is one server-sent event.
type event struct {
	id, name, data string
}

// root gives what the expressions of a watch see.
func (e event) root() map[string]any {
	root := map[string]any{"id": e.id, "event": e.name, "text": e.data}
	if v, err := decodeJSON([]byte(e.data)); err == nil {
		root["data"] = v
	}
	return root
}

// events reads a stream of server-sent events as the HTML standard describes it, calling each for every event with
// data. It returns when the stream ends (io.EOF), fails, or each returns an error.
func events(r io.Reader, lastID string, each func(event) error) error {
	br := bufio.NewReaderSize(r, 4096)
	if b, err := br.Peek(3); err == nil && bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3) // already in the buffer
	}
	e := event{id: lastID, name: "message"}
	var data []byte
	has := false
	for {
		line, err := readLine(br)
		if err != nil {
			return err // an event that the end of the stream cut off is not an event
		}
		if len(line) == 0 {
			if has {
				e.data = strings.ToValidUTF8(strings.TrimSuffix(string(data), "\n"), "\ufffd")
				if err := each(e); err != nil {
					return err
				}
			}
			e.name, data, has = "message", data[:0], false
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "data":
			if len(data)+len(value) > maxEvent {
				return errEventTooLarge
			}
			data, has = append(append(data, value...), '\n'), true
		case "event":
			if e.name = string(value); e.name == "" {
				e.name = "message"
			}
		case "id":
			if !bytes.ContainsRune(value, 0) && utf8.Valid(value) && len(value) <= 1024 {
				e.id = string(value)
			}
		}
	}
}

// readLine reads to LF, CR or CRLF.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		c, err := br.ReadByte()
		if err != nil {
			return nil, err
		}
		switch c {
		case '\n':
			return line, nil
		case '\r':
			// A lone CR ends a line too; peeking would wait for the next byte of a quiet stream, so an LF that follows
			// is taken only if it has already arrived.
			if br.Buffered() > 0 {
				if b, err := br.Peek(1); err == nil && b[0] == '\n' {
					_, _ = br.Discard(1) // already in the buffer
				}
			}
			return line, nil
		}
		if line = append(line, c); len(line) > maxEvent {
			return nil, errEventTooLarge
		}
	}
}
