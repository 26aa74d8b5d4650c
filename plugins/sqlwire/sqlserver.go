package sqlwire

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"muster/plugins/sqlwire/named"
	"muster/plugins/transport"
)

// sqlServer is Microsoft SQL Server and Azure SQL.
type sqlServer struct{}

func (sqlServer) dialect() named.Dialect { return named.SQLServer }
func (sqlServer) signsIn() bool          { return true }

// hostDialer dials by name, so that the chain sees the host that was declared.
type hostDialer struct {
	host string
	dial func(context.Context, string, string) (net.Conn, error)
}

func (d hostDialer) HostName() string { return d.host }
func (d hostDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr)
}

func (sqlServer) connector(env transport.WireEnv, u *url.URL, user, password string) (driver.Connector, error) {
	host, port, err := hostAndPort(u, 1433)
	if err != nil {
		return nil, err
	}
	conf := msdsn.Config{
		Host: host, Port: uint64(port), Database: strings.TrimPrefix(u.Path, "/"), User: user, Password: password,
		AppName: "muster", Workstation: "muster", ReadOnlyIntent: true, DialTimeout: env.Limits.Timeout, PacketSize: 4096,
		Encryption: msdsn.EncryptionDisabled, Protocols: []string{"tcp"}, Parameters: map[string]string{}, NoTraceID: true,
	}
	if !here(host) {
		conf.Encryption, conf.TLSConfig, conf.HostInCertificateProvided = msdsn.EncryptionRequired, env.TLS.Clone(), true
		conf.TLSConfig.ServerName = host
		conf.TLSConfig.DynamicRecordSizingDisabled = true // the protocol wraps each record of the handshake
	}
	c := mssql.NewConnectorConfig(conf)
	c.Dialer = hostDialer{host, env.Dial}
	return c, nil
}

func (sqlServer) query(ctx context.Context, c *sql.Conn, text string, args []any, within time.Duration, size int64) (*sql.Rows, func(), error) {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	end := func() { _ = tx.Rollback() } // a connection that cannot roll back is closed by its pool
	// A longer value is cut by the server, and is then too long for the answer all the same.
	limits := fmt.Sprintf("SET LOCK_TIMEOUT %d; SET TEXTSIZE %d", within.Milliseconds(), min(2*(size+1), 1<<31-1))
	if _, err := tx.ExecContext(ctx, limits); err != nil {
		end()
		return nil, nil, err
	}
	rows, err := tx.QueryContext(ctx, text, args...)
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

func (sqlServer) arg(v any) (any, error) { return plainArg(v) }

// plainArg gives a scalar as the driver takes it.
func plainArg(v any) (any, error) {
	switch x := v.(type) {
	case nil, string, bool:
		return x, nil
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return i, nil
		}
		if strings.ContainsAny(x.String(), ".eE") {
			if f, err := x.Float64(); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == x.String() {
				return f, nil
			}
		}
		return x.String(), nil // longer than the driver's numbers: the server reads it
	}
	return nil, errors.New("a list or an object")
}

func (sqlServer) value(b *bytes.Buffer, typ string, v any) error {
	switch x := v.(type) {
	case time.Time:
		switch typ {
		case "DATE":
			return text(b, x.Format(dayForm))
		case "TIME":
			return text(b, x.Format(clockForm))
		case "DATETIME", "DATETIME2", "SMALLDATETIME":
			return text(b, x.Format(plainForm))
		}
	case float64:
		if typ == "REAL" {
			return float(b, x, 32)
		}
	case []byte:
		switch typ {
		case "DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY":
			return number(b, string(x))
		case "UNIQUEIDENTIFIER":
			var id mssql.UniqueIdentifier
			if err := id.Scan(x); err != nil {
				return errors.New("the database sent an identifier that cannot be read")
			}
			return text(b, strings.ToLower(id.String()))
		}
	}
	return scalar(b, v)
}

// numbers are the error numbers that have a status of their own.
var numbers = map[int32]refusal{
	18456: {status: http.StatusUnauthorized, say: "The database did not accept the user or the password."},
	18452: {status: http.StatusUnauthorized, say: "The database takes Windows sign-ins only."},
	18486: {status: http.StatusUnauthorized, say: "The account is locked."},
	18487: {status: http.StatusUnauthorized, say: "The password has expired."},
	18488: {status: http.StatusUnauthorized, say: "The password must be changed."},
	4060:  {status: http.StatusForbidden, say: "The account may not open this database, or there is none of that name."},
	229:   {status: http.StatusForbidden, say: "The account may not read this."},
	230:   {status: http.StatusForbidden, say: "The account may not read this column."},
	916:   {status: http.StatusForbidden, say: "The account may not use this database."},
	3906:  {status: http.StatusForbidden, is: "drift", say: "The query would write; only reads are possible."},
	102:   {status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database: its form is wrong."},
	156:   {status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database: its form is wrong."},
	207:   {status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database: it names a column that is not there."},
	208:   {status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database: it names a view that is not there."},
	241:   {status: http.StatusUnprocessableEntity, is: "invalid", say: "A value has a form that the database cannot read."},
	245:   {status: http.StatusUnprocessableEntity, is: "invalid", say: "A value has a form that the database cannot read."},
	8114:  {status: http.StatusUnprocessableEntity, is: "invalid", say: "A value has a form that the database cannot read."},
	1205:  {status: http.StatusServiceUnavailable, say: "The query met another transaction."},
	1222:  {status: http.StatusServiceUnavailable, say: "What the query reads is locked."},
	3960:  {status: http.StatusServiceUnavailable, say: "The query met another transaction."},
	17809: {status: http.StatusTooManyRequests, say: "The database has no connection left.", after: time.Second},
	10928: {status: http.StatusTooManyRequests, say: "The database has no connection left.", after: 10 * time.Second},
	10929: {status: http.StatusTooManyRequests, say: "The database has no connection left.", after: 10 * time.Second},
	40501: {status: http.StatusServiceUnavailable, say: "The database is busy.", after: 10 * time.Second},
	40613: {status: http.StatusServiceUnavailable, say: "The database is starting or stopping."},
	6005:  {status: http.StatusServiceUnavailable, say: "The database is starting or stopping."},
}

func (sqlServer) refusal(err error) (refusal, bool) {
	var me mssql.Error
	if !errors.As(err, &me) {
		return refusal{}, false
	}
	r, known := numbers[me.Number]
	switch {
	case known:
	case me.Class >= 17:
		r = refusal{status: http.StatusServiceUnavailable, say: "The database has a fault of its own."}
	default:
		r = refusal{status: http.StatusUnprocessableEntity, say: "The database refused the query."}
	}
	r.code = strconv.Itoa(int(me.Number))
	return r, true
}
