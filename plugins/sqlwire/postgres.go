package sqlwire

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"muster/plugins/sqlwire/named"
	"muster/plugins/transport"
)

// postgres is PostgreSQL, and what speaks as it does.
type postgres struct{}

func (postgres) dialect() named.Dialect { return named.PostgreSQL }
func (postgres) signsIn() bool          { return true }

func (postgres) connector(env transport.WireEnv, u *url.URL, user, password string) (driver.Connector, error) {
	conf, err := pgConfig(env, u, user, password)
	if err != nil {
		return nil, err
	}
	return stdlib.GetConnector(*conf), nil
}

// pgConfig is a configuration in which nothing comes from the environment, a service file or a password file.
func pgConfig(env transport.WireEnv, u *url.URL, user, password string) (*pgx.ConnConfig, error) {
	conf, err := pgx.ParseConfig("host=localhost user=none password=none dbname=none sslmode=disable sslnegotiation=postgres target_session_attrs=any")
	if err != nil {
		return nil, fmt.Errorf("the machine's PostgreSQL settings (PGSERVICE and others) cannot be read: %w", errors.Unwrap(err))
	}
	if conf.Host, conf.Port, err = hostAndPort(u, 5432); err != nil {
		return nil, err
	}
	conf.User, conf.Password, conf.Database = user, password, strings.TrimPrefix(u.Path, "/")
	conf.Fallbacks, conf.ValidateConnect, conf.AfterConnect = nil, nil, nil
	conf.RuntimeParams = map[string]string{"application_name": "muster", "client_encoding": "UTF8"}
	conf.KerberosSrvName, conf.KerberosSpn = "", ""
	conf.TLSConfig = nil
	if !here(conf.Host) {
		conf.TLSConfig = env.TLS.Clone()
		conf.TLSConfig.ServerName = conf.Host
	}
	conf.ConnectTimeout = env.Limits.Timeout
	conf.DialFunc = env.Dial
	conf.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil } // Dial looks it up
	conf.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(int(env.Limits.Response) + 64<<10) // of one row
		return f
	}
	conf.OnNotice, conf.OnNotification = nil, nil
	// Described each time: nothing is left at the server, so that a pooler in between and a changed view do no harm.
	conf.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	conf.StatementCacheCapacity, conf.DescriptionCacheCapacity = 0, 0
	return conf, nil
}

func (postgres) query(ctx context.Context, c *sql.Conn, text string, args []any, within time.Duration, _ int64) (*sql.Rows, func(), error) {
	end := func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if _, err := c.ExecContext(late, "ROLLBACK"); err != nil {
			_ = c.Raw(func(any) error { return driver.ErrBadConn }) // it is not to be used again
		}
	}
	if deadline, ok := ctx.Deadline(); ok {
		within = min(within, time.Until(deadline))
	}
	begin := fmt.Sprintf("BEGIN READ ONLY; SET LOCAL statement_timeout = %d", max(within.Milliseconds(), 1))
	if _, err := c.ExecContext(ctx, begin); err != nil {
		end()
		return nil, nil, err
	}
	rows, err := c.QueryContext(ctx, text, args...)
	if err == nil {
		if err = rows.Err(); err != nil {
			_ = rows.Close() // the error is told
		}
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return rows, end, nil
}

// arg gives every value as text: the server reads it as the type that the query wants there.
func (postgres) arg(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case string:
		return strings.ReplaceAll(x, "\x00", ""), nil
	case json.Number:
		return x.String(), nil
	case bool:
		return map[bool]string{true: "true", false: "false"}[x], nil
	case []any:
		return arrayText(x)
	}
	out, err := json.Marshal(v)
	return string(out), err
}

func (postgres) value(b *bytes.Buffer, typ string, v any) error {
	switch x := v.(type) {
	case time.Time:
		switch typ {
		case "DATE":
			return text(b, x.Format(dayForm))
		case "TIMESTAMP":
			return text(b, x.Format(plainForm))
		}
	case float64:
		if typ == "FLOAT4" {
			return float(b, x, 32)
		}
	case []byte:
		switch {
		case typ == "XML":
			return text(b, string(x))
		case typ == "JSON" || typ == "JSONB":
			return raw(b, x)
		}
	case string:
		if elem, ok := strings.CutPrefix(typ, "_"); ok {
			return array(b, x, elem)
		}
		if typ == "NUMERIC" {
			return number(b, x)
		}
	}
	return scalar(b, v)
}

// raw writes JSON as it is, without its spaces.
func raw(b *bytes.Buffer, x []byte) error {
	if err := json.Compact(b, x); err != nil {
		return errors.New("the database sent JSON that is none")
	}
	return nil
}

// states are the SQLSTATEs, or their first two characters, that have a status of their own; the longest one wins.
var states = map[string]refusal{
	"28":    {status: http.StatusUnauthorized, say: "The database did not accept the user or the password."},
	"3D000": {status: http.StatusUnprocessableEntity, is: "drift", say: "There is no database of that name."},
	"42501": {status: http.StatusForbidden, say: "The account may not read this."},
	"42":    {status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database."},
	"0A":    {status: http.StatusUnprocessableEntity, is: "drift", say: "The database does not offer what the query uses."},
	"22":    {status: http.StatusUnprocessableEntity, is: "invalid", say: "A value has a form that the database cannot read."},
	"25006": {status: http.StatusForbidden, is: "drift", say: "The query would write; only reads are possible."},
	"40":    {status: http.StatusServiceUnavailable, say: "The query met another transaction."},
	"53300": {status: http.StatusTooManyRequests, say: "The database has no connection left.", after: time.Second},
	"53":    {status: http.StatusServiceUnavailable, say: "The database is short of something."},
	"54":    {status: http.StatusUnprocessableEntity, is: "drift", say: "The query is too complex for the database."},
	"55":    {status: http.StatusServiceUnavailable, say: "What the query reads is locked."},
	"57014": {status: http.StatusGatewayTimeout, say: "The query took longer than is allowed."},
	"57":    {status: http.StatusServiceUnavailable, say: "The database is starting or stopping."},
	"58":    {status: http.StatusInternalServerError, say: "The database has a fault of its own."},
	"XX":    {status: http.StatusInternalServerError, say: "The database has a fault of its own."},
}

func (postgres) refusal(err error) (refusal, bool) {
	var large *pgproto3.ExceededMaxBodyLenErr
	if errors.As(err, &large) {
		return refusal{large: true}, true
	}
	var pe *pgconn.PgError
	if !errors.As(err, &pe) || len(pe.Code) != 5 {
		return refusal{}, false
	}
	if strings.HasPrefix(pe.Code, "08") {
		return refusal{}, false // of the connection
	}
	r, known := states[pe.Code]
	if !known {
		if r, known = states[pe.Code[:2]]; !known {
			r = refusal{status: http.StatusUnprocessableEntity, say: "The database refused the query."}
		}
	}
	r.code = pe.Code
	// What class 42 says names columns and tables, never a value; all others may.
	if strings.HasPrefix(pe.Code, "42") && pe.Code != "42501" {
		r.say += " " + shortened(pe.Message)
	}
	return r, true
}

func shortened(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if rs := []rune(s); len(rs) > 200 {
		return string(rs[:199]) + "…"
	}
	return s
}

// unsecured turns a server's refusal of TLS into what the chain knows.
func unsecured(err error) error {
	if err != nil && strings.Contains(err.Error(), "server refused TLS connection") {
		return tls.RecordHeaderError{Msg: "the server refuses TLS"}
	}
	return err
}
