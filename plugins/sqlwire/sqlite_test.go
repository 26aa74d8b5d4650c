package sqlwire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
)

type jsonBuffer struct{ bytes.Buffer }

func (b *jsonBuffer) valid() bool { return json.Valid(b.Bytes()) }

func startSQLite(t *testing.T) (path string, r *rig) {
	path = filepath.Join(t.TempDir(), "a ?#%b.db")
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(`CREATE TABLE person (id INTEGER PRIMARY KEY, surname TEXT, born DATE, seen DATETIME, at TIMESTAMP, photo BLOB, weight REAL);
		INSERT INTO person VALUES (9007199254740993, 'Ó Briain', '1984-03-31', '2026-03-29 01:30:00', '2026-03-29T01:30:00Z', x'fffe00', 80.5), (2, 'O''Neill', '31/03/1984', NULL, 1774747800, NULL, 1e300);
		CREATE VIEW v_person AS SELECT id, surname, born, seen FROM person;`); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, sqliteFile{}, "sqlite://"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(path))
	r.user = ""
	return path, r
}

func TestSQLite(t *testing.T) {
	path, r := startSQLite(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r.gives("SELECT * FROM person WHERE id = :id", `{"id":9007199254740993,"surname":"Ó Briain","born":"1984-03-31","seen":"2026-03-29 01:30:00","at":"2026-03-29T01:30:00Z","photo":"//4A","weight":80.5}`, "id", 9007199254740993)
	r.gives("SELECT born AS \"the day\", at FROM person ORDER BY id LIMIT :limit -- the first", `{"the day":"31/03/1984","at":1774747800}`, "limit", 1)
	r.gives("SELECT id FROM v_person ORDER BY born DESC, id", `{"id":2},{"id":9007199254740993}`)
	r.gives("SELECT seen FROM v_person ORDER BY id DESC", `{"seen":"2026-03-29 01:30:00"},{"seen":null}`)
	r.gives("SELECT id FROM v_person WHERE (:x IS NULL OR surname = :x) AND surname = :y", `{"id":2}`, "x", nil, "y", "O'Neill")
	r.gives("VALUES (1, 2.5), (:a, 'x')", `{"column1":1,"column2":2.5},{"column1":"q","column2":"x"}`, "a", "q")
	r.gives("WITH x(a) AS (SELECT 1) SELECT a FROM x;", `{"a":1}`)
	r.refuses(403, "refused", "DELETE FROM person")
	r.refuses(403, "refused", "SELECT ?1")
	r.refuses(403, "refused", "PRAGMA query_only = 0")
	if body := r.refuses(422, "SQLITE_ERROR", "SELECT hair FROM person"); !strings.Contains(body, "drift") {
		t.Error(body)
	}
	r.refuses(422, "SQLITE_ERROR", "SELECT load_extension('x')")
	resp, err := r.send(context.Background(), map[string]any{"sql": "SELECT zeroblob(3000000) AS a"})
	if err != nil || resp.ContentLength <= r.w.env.Limits.Response {
		t.Errorf("%+v %v", resp, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = r.send(ctx, map[string]any{"sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) AS c FROM n"}) //nolint:bodyclose // there is none
	if err == nil || time.Since(start) > 10*time.Second {
		t.Errorf("an endless query: %v", err)
	}
	for _, at := range []string{filepath.Join(filepath.Dir(path), "none.db"), "/etc/hostname"} {
		other := newRig(t, sqliteFile{}, "sqlite://"+at)
		other.user = ""
		if status, body := other.ask("SELECT * FROM sqlite_master"); status == 200 {
			t.Errorf("%s: %s", at, body)
		}
	}
	if after, err := os.ReadFile(path); err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
		t.Error("the file has changed", err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(names) != 1 {
		t.Errorf("files beside it: %v", names)
	}
}

// What can be known of SQL Server without one: its values, its errors, its arguments. What goes over the wire is the
// driver's.
func TestSQLServerValues(t *testing.T) {
	at := time.Date(2026, 3, 29, 1, 30, 0, 250_000_000, time.UTC)
	for _, tt := range []struct {
		typ  string
		v    any
		want string
	}{
		{"DECIMAL", []byte("123456789012345678.50"), `123456789012345678.50`}, {"MONEY", []byte("-1.0000"), `-1.0000`}, {"BIGINT", int64(9007199254740993), `9007199254740993`},
		{"DATE", at, `"2026-03-29"`}, {"DATETIME2", at, `"2026-03-29T01:30:00.25"`}, {"DATETIME", at, `"2026-03-29T01:30:00.25"`}, {"TIME", at, `"01:30:00.25"`},
		{"DATETIMEOFFSET", at.In(time.FixedZone("", 3600)), `"2026-03-29T01:30:00.25Z"`}, {"REAL", float64(float32(0.1)), `0.1`}, {"BIT", true, `true`},
		{"UNIQUEIDENTIFIER", []byte{0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8}, `"01234567-89ab-cdef-0102-030405060708"`},
		{"VARBINARY", []byte{0xff, 0xfe, 0}, `"//4A"`}, {"NVARCHAR", "Ó Briain", `"Ó Briain"`},
	} {
		var b bytes.Buffer
		if err := (sqlServer{}).value(&b, tt.typ, tt.v); err != nil || b.String() != tt.want {
			t.Errorf("%s: %s %v, want %s", tt.typ, b.String(), err, tt.want)
		}
	}
	for n, status := range map[int32]int{18456: 401, 229: 403, 207: 422, 208: 422, 102: 422, 245: 422, 1205: 503, 17809: 429, 50000: 422} {
		r, ok := sqlServer{}.refusal(mssql.Error{Number: n, Class: 16, Message: "of Jack-The-Lad"})
		if !ok || r.status != status || r.say == "" || strings.Contains(r.say, "Lad") {
			t.Errorf("%d: %+v", n, r)
		}
	}
	for in, want := range map[json.Number]any{"12": int64(12), "1.5": 1.5, "123456789012345678901": "123456789012345678901", "1.10": "1.10"} {
		if got, err := plainArg(in); err != nil || got != want {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
}
