package audit

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// facility 13 of RFC 5424 is 'log audit'; its severities 5 and 6 are notice and informational.
const (
	priNotice = 13*8 + 5
	priInfo   = 13*8 + 6
)

// Syslog writes one exported line as a message of RFC 5424. Its MSG is the line itself, so that what a collector keeps
// proves itself as an exported file does.
func Syslog(r Record, line []byte) []byte {
	pri := priInfo
	if r.Error != "" || r.Operation == Failed || r.Operation == RolledBack {
		pri = priNotice
	}
	// BOM: MSG is UTF-8. sequenceId is at most 2^31-1 and then begins again at 1.
	out := fmt.Appendf(nil, "<%d>1 %s %s Muster - %s [meta sequenceId=\"%d\"][origin software=\"Muster\"] \xef\xbb\xbf", pri,
		r.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), token(r.Workstation, 255), token(string(r.Operation), 32), (r.Seq-1)%(1<<31-1)+1)
	return append(out, line...)
}

// token is s as a field of a syslog header: printable ASCII without spaces.
func token(s string, most int) string {
	t := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r < '!' || r > '~':
			return -1
		}
		return r
	}, s)
	if t == "" {
		return "-"
	}
	return t[:min(len(t), most)]
}

// frame is a message as RFC 5425 sends it: its length in bytes, a space, itself.
func frame(msg []byte) []byte { return append(fmt.Appendf(nil, "%d ", len(msg)), msg...) }

// WriteSyslog writes records as RFC 5424 messages, framed as RFC 5425 frames them.
func (l *Log) WriteSyslog(w io.Writer) error {
	return l.Lines(0, func(seq uint64, b []byte) error {
		r, err := ofLine(b)
		if err != nil {
			return err
		}
		_, err = w.Write(frame(Syslog(r, b)))
		return err
	})
}

func ofLine(b []byte) (Record, error) {
	seq, prev, _, payload, err := unline(b)
	if err != nil {
		return Record{}, err
	}
	return read(seq, prev, payload)
}

// Collector is where records are forwarded to.
type Collector struct {
	Address string      // HOST:PORT
	TLS     *tls.Config // nil trusts the computer's own authorities
}

// forwardMost is how many records one connection carries.
const forwardMost = 500

// Forward sends the records after number after to the collector over TLS (RFC 5425) and returns the number of the last
// one that the collector took in. RFC 5425 has no acknowledgement: a record counts as taken when the collector, told
// that nothing more comes, ends the connection in order. What does not count is sent again, under the same number.
// With nothing to send it does not connect.
func (l *Log) Forward(ctx context.Context, c Collector, after uint64) (last uint64, more bool, err error) {
	last = after
	var batch []byte
	full := errors.New("enough")
	err = l.keeper.EachAudit(after+1, func(seq uint64, prev [sha256.Size]byte, payload []byte) error {
		b, err := line(seq, prev, payload)
		if err != nil {
			return err
		}
		r, err := read(seq, prev, payload)
		if err != nil {
			return err
		}
		batch = append(batch, frame(Syslog(r, b))...)
		if last = seq; seq-after == forwardMost {
			return full
		}
		return nil
	})
	if more = errors.Is(err, full); more {
		err = nil
	}
	if err != nil || len(batch) == 0 {
		return after, false, err
	}
	if err := c.send(ctx, batch); err != nil {
		return after, false, fmt.Errorf("the collector of audit records at %s did not take them; they are kept and sent again: %w", c.Address, err)
	}
	return last, more, nil
}

func (c Collector) send(ctx context.Context, b []byte) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cfg := &tls.Config{}
	if c.TLS != nil {
		cfg = c.TLS.Clone()
	}
	cfg.MinVersion = tls.VersionTLS12
	if cfg.ServerName == "" {
		if cfg.ServerName, _, err = net.SplitHostPort(c.Address); err != nil {
			return err
		}
	}
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: cfg}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if at, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(at); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if _, err := conn.Write(b); err != nil {
		return err
	}
	t, ok := conn.(*tls.Conn)
	if !ok {
		return errors.New("no TLS")
	}
	if err := t.CloseWrite(); err != nil {
		return err
	}
	// A collector may end with or without TLS's own farewell; anything but an end is a loss.
	if _, err := io.Copy(io.Discard, io.LimitReader(conn, 64<<10)); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("it did not end the connection in time")
		}
		return err
	}
	return nil
}
