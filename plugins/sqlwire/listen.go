package sqlwire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"muster/plugins/transport"
)

// keepAlive is how often a quiet channel says that it stands, well within the silence that ends a stream.
const keepAlive = 25 * time.Second

// channelLength is PostgreSQL's own bound of a name.
const channelLength = 63

// listen answers with the notifications of one channel, as they come, over a connection of its own.
func (w *wire) listen(r *http.Request, q request, user, password string) (*http.Response, error) {
	_, isPostgres := w.engine.(postgres)
	if !isPostgres || len(q.Listen) > channelLength || strings.ContainsAny(q.Listen, "\x00\r\n") {
		return refusal{status: http.StatusUnprocessableEntity, code: "listen", is: "drift", say: "There is no such channel to listen to."}.answer(r), nil
	}
	conf, err := pgConfig(w.env, r.URL, user, password)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err == nil {
		transport.Sent(ctx)
		if _, err = conn.Exec(ctx, "LISTEN "+pgx.Identifier{q.Listen}.Sanitize()); err != nil {
			hangUp(conn)
		}
	}
	if err != nil {
		cancel()
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		if no, ok := w.engine.refusal(err); ok && !no.large {
			return no.answer(r), nil
		}
		return nil, unsecured(err)
	}
	out, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer hangUp(conn)
		in.CloseWithError(w.relay(ctx, conn, in)) //nolint:errcheck // it never fails
	}()
	return transport.WireAnswer(r, http.StatusOK, "text/event-stream", &relayed{PipeReader: out, cancel: cancel, done: done}), nil
}

// hangUp says goodbye, so that the server need not find out by itself.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // closed it is, whatever it says
}

// relayed is the body of a stream. Closing it ends the connection.
type relayed struct {
	*io.PipeReader
	cancel context.CancelFunc
	done   chan struct{}
}

func (b *relayed) Close() error {
	b.cancel()
	err := b.PipeReader.Close()
	<-b.done
	return err
}

// relay writes notifications as server-sent events until the connection or the context ends.
func (w *wire) relay(ctx context.Context, conn *pgx.Conn, out io.Writer) error {
	if _, err := io.WriteString(out, ": listening\n\n"); err != nil {
		return err
	}
	for {
		waiting, stop := context.WithTimeout(ctx, w.alive)
		n, err := conn.WaitForNotification(waiting)
		quiet := waiting.Err() != nil
		stop()
		switch {
		case err == nil:
			if _, err := io.WriteString(out, event(n)); err != nil {
				return err
			}
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case !quiet:
			return lost(err)
		}
		asking, stop := context.WithTimeout(ctx, w.env.Limits.Timeout)
		err = conn.Ping(asking)
		stop()
		if err != nil {
			return lost(err)
		}
		if _, err := io.WriteString(out, ": quiet\n\n"); err != nil {
			return err
		}
	}
}

// lost is what a reader sees when the server has gone: the stream ended before its time.
func lost(err error) error {
	var pe *pgconn.PgError
	if errors.As(err, &pe) || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func event(n *pgconn.Notification) string {
	var b strings.Builder
	b.WriteString("event: " + n.Channel + "\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(n.Payload, "\r\n", "\n"), "\n") {
		b.WriteString("data: " + strings.ReplaceAll(line, "\r", "\ndata: ") + "\n")
	}
	b.WriteString("\n")
	return b.String()
}
