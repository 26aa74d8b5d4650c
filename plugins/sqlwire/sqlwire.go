// Package sqlwire carries SQL views through the transport's chain: PostgreSQL (postgres://host:5432/database), SQL Server
// (sqlserver://host:1433/database) and SQLite files (sqlite:///folder/file.db).
//
// A request is a POST to the database's address with {"sql", "args", "limit"}: one SELECT, WITH or VALUES with :name
// parameters, and at most so many rows. The answer is {"rows": [{column: value}], "more": bool}; one that was refused is
// {"error": {"code", "is", "message"}} with a status. Values arrive exact: numbers with every digit, dates as YYYY-MM-DD,
// times with a zone in UTC, times without one without an offset, binary as base64, JSON as JSON, arrays as lists. With
// {"listen": channel} PostgreSQL's notifications arrive as a text/event-stream.
//
// Nothing is written. PostgreSQL is asked in a READ ONLY transaction, SQLite through a connection that is opened
// read-only. SQL Server has no such transaction: there the statement is checked to be a single read, the intent is said
// to be read-only and what was begun is rolled back, but only an account without the right to write makes sure.
package sqlwire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster/plugins/sqlwire/named"
	"muster/plugins/transport"
)

func init() {
	for _, s := range []transport.Scheme{
		{Name: "postgres", Port: "5432", Secure: true, Open: opener(postgres{})},
		{Name: "sqlserver", Port: "1433", Secure: true, Open: opener(sqlServer{})},
		{Name: "sqlite", Local: true, Open: opener(sqliteFile{})},
	} {
		transport.RegisterScheme(s)
	}
}

func opener(e engine) func(transport.WireEnv) transport.Wire {
	return func(env transport.WireEnv) transport.Wire {
		return &wire{env: env, engine: e, pools: map[place]*pool{}, alive: keepAlive}
	}
}

// engine is what one kind of database does its own way.
type engine interface {
	dialect() named.Dialect
	signsIn() bool // it wants a user and a password
	connector(env transport.WireEnv, u *url.URL, user, password string) (driver.Connector, error)
	// query runs a checked query within a transaction that cannot write, as far as the database has one. end gives the
	// connection back in the state that it had.
	query(ctx context.Context, c *sql.Conn, text string, args []any, within time.Duration, size int64) (rows *sql.Rows, end func(), err error)
	arg(v any) (any, error)
	value(b *bytes.Buffer, typ string, v any) error
	// refusal reads the database's own error. ok is false for one of the network, or of the context.
	refusal(err error) (r refusal, ok bool)
}

// request is the body of a request.
type request struct {
	SQL    string         `json:"sql"`
	Args   map[string]any `json:"args"`
	Limit  int            `json:"limit"`
	Listen string         `json:"listen"`
}

// The rows of one answer, where the request does not say, and at most.
const (
	defaultRows = 1000
	maxRows     = 100_000
)

// wire is all connections of one system to databases of one kind.
type wire struct {
	env    transport.WireEnv
	engine engine
	alive  time.Duration

	mu    sync.Mutex
	pools map[place]*pool
}

// place is one database as one user sees it. The password is there as a hash: a new one makes a new pool.
type place struct {
	host, path, user string
	secret           [sha256.Size]byte
}

// RoundTrip asks the database. Whatever it refuses is an answer; an error is one of the network or the context.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	q, bad := readRequest(r)
	if bad != nil {
		return bad.answer(r), nil
	}
	user, password, ok := r.BasicAuth()
	if w.engine.signsIn() && (!ok || user == "") {
		return refusal{status: http.StatusUnauthorized, code: "no_login", say: "The database wants a user and a password."}.answer(r), nil
	}
	if q.Listen != "" {
		return w.listen(r, q, user, password)
	}
	p, err := w.pool(r.URL, user, password)
	if err != nil {
		return nil, err
	}
	defer p.done()
	body, err := w.ask(r.Context(), p.db, q)
	var no *refusal
	switch {
	case err == nil:
		return transport.WireAnswer(r, http.StatusOK, "application/json", io.NopCloser(bytes.NewReader(body))), nil
	case errors.As(err, &no):
		return no.answer(r), nil
	case errors.Is(err, errTooLarge):
		return tooLarge(r, w.env.Limits.Response), nil
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	}
	if no, ok := w.engine.refusal(err); ok {
		if no.large {
			return tooLarge(r, w.env.Limits.Response), nil
		}
		return no.answer(r), nil
	}
	return nil, unsecured(err)
}

func readRequest(r *http.Request) (request, *refusal) {
	var q request
	if r.Body == nil || r.URL.RawQuery != "" || r.Method != http.MethodPost {
		return q, &refusal{status: http.StatusBadRequest, code: "request", is: "drift", say: "A request to a database is a post to its bare address."}
	}
	dec := json.NewDecoder(io.LimitReader(r.Body, 4<<20))
	dec.UseNumber()
	if err := dec.Decode(&q); err != nil || (q.SQL == "") == (q.Listen == "") {
		return q, &refusal{status: http.StatusBadRequest, code: "request", is: "drift", say: "The request is not {sql, args, limit}."}
	}
	if q.Limit <= 0 {
		q.Limit = defaultRows
	}
	q.Limit = min(q.Limit, maxRows)
	return q, nil
}

// pool returns the connections to one database, counted as in use until its done.
func (w *wire) pool(u *url.URL, user, password string) (*pool, error) {
	at := place{host: u.Host, path: u.Path, user: user, secret: sha256.Sum256([]byte(password))}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.pools[at]; p != nil {
		p.begin()
		return p, nil
	}
	c, err := w.engine.connector(w.env, u, user, password)
	if err != nil {
		return nil, err
	}
	for old, p := range w.pools {
		if old.host == at.host && old.path == at.path && old.user == at.user {
			delete(w.pools, old) // its password has changed
			p.retire()
		}
	}
	p := newPool(c, w.env.Limits.Parallel)
	w.pools[at] = p
	p.begin()
	return p, nil
}

// CloseIdleConnections closes all connections; one in use when it is done.
func (w *wire) CloseIdleConnections() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for at, p := range w.pools {
		delete(w.pools, at)
		p.retire()
	}
}

// ask runs one query and gives the answer's body.
func (w *wire) ask(ctx context.Context, db *sql.DB, q request) ([]byte, error) {
	text, args, err := w.bind(q)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }() // back to its pool
	transport.Sent(ctx)
	rows, end, err := w.engine.query(ctx, c, text, args, w.env.Limits.Timeout, w.env.Limits.Response)
	if err != nil {
		return nil, err
	}
	body, more, err := w.read(rows, q.Limit)
	if err != nil || more {
		cancel() // what is left would only be thrown away: the server need not send it
	}
	if closed := rows.Close(); err == nil && !more {
		err = closed
	}
	end()
	return body, err
}

// bind checks the query and orders its arguments.
func (w *wire) bind(q request) (string, []any, error) {
	wrong := func(e *named.Error) error {
		return &refusal{status: http.StatusForbidden, code: "refused", is: "drift", say: e.Say + " " + e.Cure}
	}
	parsed, err := named.Parse(q.SQL)
	var text string
	if err == nil {
		text, err = parsed.For(w.engine.dialect())
	}
	var e *named.Error
	if errors.As(err, &e) {
		return "", nil, wrong(e)
	}
	var args []any
	for _, name := range parsed.Params() {
		v, there := q.Args[name]
		if !there {
			return "", nil, wrong(&named.Error{Say: "The parameter :" + name + " has no argument.", Cure: "Give it one."})
		}
		a, err := w.engine.arg(v)
		if err != nil {
			return "", nil, wrong(&named.Error{Say: "The parameter :" + name + " is " + err.Error() + ".", Cure: "Give it a text, a number or a truth."})
		}
		args = append(args, a)
	}
	return text, args, nil
}

// refusal is what a database does not do, in words without data.
type refusal struct {
	status int
	code   string // the database's own: an SQLSTATE, a number, a name
	is     string // what it is, where the status alone does not say: an error kind of connectors
	say    string
	after  time.Duration
	large  bool // a value is larger than an answer may be
}

func (n *refusal) Error() string { return n.code + ": " + n.say }

func (n refusal) answer(r *http.Request) *http.Response {
	detail := map[string]string{"code": n.code, "message": n.say}
	if n.is != "" {
		detail["is"] = n.is
	}
	body, err := json.Marshal(map[string]any{"error": detail})
	if err != nil {
		body = nil // a map of texts can always be written
	}
	resp := transport.WireAnswer(r, n.status, "application/json", io.NopCloser(bytes.NewReader(body)))
	if n.after > 0 {
		resp.Header.Set("Retry-After", strconv.Itoa(int(n.after/time.Second)))
	}
	return resp
}

var errTooLarge = errors.New("the answer is larger than the limit")

// tooLarge is an answer that the chain will refuse for its length.
func tooLarge(r *http.Request, limit int64) *http.Response {
	resp := transport.WireAnswer(r, http.StatusOK, "application/json", nil)
	resp.ContentLength = limit + 1
	return resp
}

// here reports whether a host is this machine: only there may a connection do without TLS.
func here(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// hostAndPort splits an address.
func hostAndPort(u *url.URL, port uint16) (string, uint16, error) {
	if u.Port() == "" {
		return u.Hostname(), port, nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Hostname(), uint16(n), err //nolint:gosec // parsed as 16 bits
}
