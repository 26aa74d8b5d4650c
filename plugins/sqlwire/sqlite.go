package sqlwire

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"

	"muster/plugins/sqlwire/named"
	"muster/plugins/transport"
)

// sqliteFile is a SQLite database in a file of this machine or of a share.
type sqliteFile struct{}

func (sqliteFile) dialect() named.Dialect { return named.SQLite }
func (sqliteFile) signsIn() bool          { return false }

func (sqliteFile) connector(_ transport.WireEnv, u *url.URL, _, _ string) (driver.Connector, error) {
	at := url.URL{Scheme: "file", Path: u.Path, RawQuery: url.Values{
		"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)", "busy_timeout(2000)"}, "_defensive": {"1"}, "_error_rc": {"1"},
	}.Encode()}
	return sqlite.NewConnector(at.String())
}

const limitLength = 0 // SQLITE_LIMIT_LENGTH: of one value or row

func (sqliteFile) query(ctx context.Context, c *sql.Conn, text string, args []any, _ time.Duration, size int64) (*sql.Rows, func(), error) {
	if _, err := sqlite.Limit(c, limitLength, int(min(size+64<<10, 1<<30))); err != nil {
		return nil, nil, err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, err
	}
	end := func() { _ = tx.Rollback() } // nothing was written that could stay
	text, err = undated(ctx, tx, text, args)
	if err != nil {
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

// undated rewrites a query with columns that are declared as dates: the driver would read their texts as times and
// invent a zone. A unary plus changes no value and has no declared type.
func undated(ctx context.Context, tx *sql.Tx, text string, args []any) (string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM ("+text+"\n) LIMIT 0", args...)
	if err != nil {
		return "", err
	}
	types, err := rows.ColumnTypes()
	if closed := rows.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	dated := false
	var columns []string
	for _, t := range types {
		switch strings.ToUpper(t.DatabaseTypeName()) {
		case "DATE", "DATETIME", "TIMESTAMP":
			dated = true
		}
		quoted := `"` + strings.ReplaceAll(t.Name(), `"`, `""`) + `"`
		columns = append(columns, "+"+quoted+" AS "+quoted)
	}
	if !dated {
		return text, nil
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM (" + text + "\n)", nil
}

func (sqliteFile) arg(v any) (any, error)                       { return plainArg(v) }
func (sqliteFile) value(b *bytes.Buffer, _ string, v any) error { return scalar(b, v) }

// codes are SQLite's primary result codes.
var codes = map[int]refusal{
	1:  {code: "SQLITE_ERROR", status: http.StatusUnprocessableEntity, is: "drift", say: "The query does not fit the database."},
	3:  {code: "SQLITE_PERM", status: http.StatusForbidden, say: "The file may not be read."},
	5:  {code: "SQLITE_BUSY", status: http.StatusServiceUnavailable, say: "The file is locked by another program."},
	6:  {code: "SQLITE_LOCKED", status: http.StatusServiceUnavailable, say: "What the query reads is locked."},
	8:  {code: "SQLITE_READONLY", status: http.StatusForbidden, is: "drift", say: "The query would write, or the file's log has to be written before it can be read; only reads are possible."},
	10: {code: "SQLITE_IOERR", status: http.StatusServiceUnavailable, say: "The file cannot be read."},
	11: {code: "SQLITE_CORRUPT", status: http.StatusUnprocessableEntity, is: "drift", say: "The file is damaged."},
	13: {code: "SQLITE_FULL", status: http.StatusServiceUnavailable, say: "The disk is full."},
	14: {code: "SQLITE_CANTOPEN", status: http.StatusServiceUnavailable, say: "The file cannot be opened."},
	18: {code: "SQLITE_TOOBIG", large: true},
	20: {code: "SQLITE_MISMATCH", status: http.StatusUnprocessableEntity, is: "invalid", say: "A value has a form that the database cannot read."},
	23: {code: "SQLITE_AUTH", status: http.StatusForbidden, is: "drift", say: "The query uses what is not allowed."},
	26: {code: "SQLITE_NOTADB", status: http.StatusUnprocessableEntity, is: "drift", say: "The file is not a SQLite database."},
}

func (sqliteFile) refusal(err error) (refusal, bool) {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return refusal{}, false
	}
	r, known := codes[se.Code()&0xff]
	if !known {
		return refusal{code: fmt.Sprintf("SQLITE_%d", se.Code()&0xff), status: http.StatusUnprocessableEntity, say: "The database refused the query."}, true
	}
	return r, true
}
