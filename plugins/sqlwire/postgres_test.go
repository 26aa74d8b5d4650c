package sqlwire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster/plugins/sqlwire/pgtest"
)

var base = `
CREATE TABLE person (id bigint PRIMARY KEY, surname text, born date, seen timestamptz, noted timestamp, secret text);
INSERT INTO person VALUES (9007199254740993, 'Ó Briain', '1984-03-31', '2026-03-29 01:30:00+00', '2026-03-29 01:30:00.25', 'x'),
	(2, 'O''Neill', NULL, NULL, NULL, 'y');
CREATE VIEW v_person AS SELECT id, surname, born, seen, noted FROM person;
CREATE TYPE mood AS ENUM ('calm', 'upset');
CREATE VIEW v_many AS SELECT g AS n, repeat('x', 1000) AS pad FROM generate_series(1, 100000) g;
CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO person VALUES (7); RETURN 1; END $$;`

func startPostgres(t *testing.T) (*pgtest.Server, *rig) {
	s := pgtest.Start(t)
	s.Exec("postgres", base)
	s.Reader("postgres", reader, word, "v_person", "v_many")
	return s, newRig(t, postgres{}, s.URL("postgres"))
}

func TestPostgreSQL(t *testing.T) {
	s, r := startPostgres(t)
	t.Run("values are exact", func(t *testing.T) {
		for sql, want := range map[string]string{
			"SELECT 9007199254740993::bigint AS a, -1.50::numeric AS b, 1e-7::float8 AS c, 0.1::float4 AS d":                                                                                             `{"a":9007199254740993,"b":-1.50,"c":1e-07,"d":0.1}`,
			"SELECT 123456789012345678901234567890.123456789::numeric AS a, 'NaN'::numeric AS b, '-Infinity'::float8 AS c":                                                                               `{"a":123456789012345678901234567890.123456789,"b":"NaN","c":"-Inf"}`,
			"SELECT '1984-03-31'::date AS a, '2026-03-29 01:30:00+00'::timestamptz AS b, '2026-03-29 01:30:00.25'::timestamp AS c, '23:59:59.5'::time AS d":                                              `{"a":"1984-03-31","b":"2026-03-29T01:30:00Z","c":"2026-03-29T01:30:00.25","d":"23:59:59.5"}`,
			"SELECT 'infinity'::date AS a, '-infinity'::timestamptz AS b":                                                                                                                                `{"a":"infinity","b":"-infinity"}`,
			`SELECT '\xfffe00'::bytea AS a, '{"k": [1.10, null, 9007199254740993]}'::jsonb AS b, '[ 1 ]'::json AS c, '<a/>'::xml AS d`:                                                                   `{"a":"//4A","b":{"k":[1.10,null,9007199254740993]},"c":[1],"d":"\u003ca/\u003e"}`,
			`SELECT ARRAY['a,b', 'c"d', NULL, '', 'NULL', 'e\f'] AS a, '{}'::int[] AS b, '[0:1]={1,2}'::bigint[] AS c, '{{1,2},{3,4}}'::int[] AS d`:                                                      `{"a":["a,b","c\"d",null,"","NULL","e\\f"],"b":[],"c":[1,2],"d":[[1,2],[3,4]]}`,
			"SELECT ARRAY[true,false] AS a, ARRAY[1.50,2]::numeric[] AS b, ARRAY['2026-03-29 01:30:00+00'::timestamptz] AS c, ARRAY['1984-03-31'::date] AS d, ARRAY['2026-03-29 01:30'::timestamp] AS e": `{"a":[true,false],"b":[1.50,2],"c":["2026-03-29T01:30:00Z"],"d":["1984-03-31"],"e":["2026-03-29T01:30:00"]}`,
			`SELECT ARRAY['{"a":1}'::jsonb] AS a, ARRAY['\x00ff'::bytea] AS b, ARRAY['a1b2c3d4-0000-0000-0000-000000000001'::uuid] AS c`:                                                                 `{"a":[{"a":1}],"b":["AP8="],"c":["a1b2c3d4-0000-0000-0000-000000000001"]}`,
			"SELECT 'calm'::mood AS a, 'a1b2c3d4-0000-0000-0000-000000000001'::uuid AS b, interval '1 day 2 hours' AS c, inet '10.0.0.1' AS d, true AS e, NULL::int AS f":                                `{"a":"calm","b":"a1b2c3d4-0000-0000-0000-000000000001","c":"1 day 02:00:00","d":"10.0.0.1","e":true,"f":null}`,
			"SELECT 'Ünïcode 👮 عمر' AS a, 'O''Neill' AS \"b c\"":                                                                                                                                         `{"a":"Ünïcode 👮 عمر","b c":"O'Neill"}`,
		} {
			r.gives(sql, want)
		}
	})
	t.Run("arguments are never SQL", func(t *testing.T) {
		r.gives("SELECT count(*) AS n FROM v_person WHERE surname = :s", `{"n":1}`, "s", "O'Neill")
		r.gives("SELECT count(*) AS n FROM v_person WHERE surname = :s", `{"n":0}`, "s", "' OR 1=1; --")
		r.gives("SELECT id FROM v_person WHERE id = :id", `{"id":9007199254740993}`, "id", 9007199254740993)
		r.gives("SELECT id FROM v_person WHERE born = :d AND (:x::text IS NULL OR surname = :x)", `{"id":9007199254740993}`, "d", "1984-03-31", "x", nil)
		r.gives("SELECT id FROM v_person WHERE surname = ANY(:many) AND id = ANY(:ids)", `{"id":2}`, "many", []any{"O'Neill", `a"b\`, nil}, "ids", []any{2, 3})
		r.gives("SELECT :t::boolean AS t, :n::numeric AS n, :j::jsonb AS j", `{"t":true,"n":1.50,"j":{"a":[1]}}`, "t", true, "n", "1.50", "j", map[string]any{"a": []any{1}})
	})
	t.Run("nothing is written", func(t *testing.T) {
		s.Exec("postgres", "GRANT ALL ON person TO "+reader)
		r.refuses(403, "25006", "SELECT writes() AS x")
		for _, sql := range []string{"INSERT INTO person VALUES (8)", "SELECT 1; DELETE FROM person", "WITH x AS (DELETE FROM person RETURNING 1) SELECT * FROM x", "SELECT set_config('a','b',false) INTO x"} {
			r.refuses(403, "refused", sql)
		}
		r.refuses(422, "25001", "SELECT set_config('transaction_read_only','off',false) AS a")
		if n := s.Value("postgres", "SELECT count(*) FROM person"); n != "2" {
			t.Errorf("%s rows", n)
		}
		s.Exec("postgres", "REVOKE ALL ON person FROM "+reader)
	})
	t.Run("refusals say what they are without data", func(t *testing.T) {
		r.refuses(403, "42501", "SELECT secret FROM person")
		if body := r.refuses(422, "42703", "SELECT hair FROM v_person"); !strings.Contains(body, "hair") || !strings.Contains(body, "drift") {
			t.Error(body)
		}
		r.refuses(422, "42P01", "SELECT 1 FROM nowhere")
		r.refuses(422, "42601", "SELECT FROM WHERE")
		if body := r.refuses(422, "22007", "SELECT id FROM v_person WHERE born = :d", "d", "Jack-The-Lad"); strings.Contains(body, "Lad") {
			t.Error(body)
		}
		r.refuses(422, "22012", "SELECT 1/0 AS a")
		r.refuses(422, "columns", "SELECT 1 AS a, 2 AS a")
		r.refuses(403, "refused", "SELECT :missing AS a")
	})
	t.Run("wrong password, no password, unknown database", func(t *testing.T) {
		bad := newRig(t, postgres{}, r.url)
		bad.password = "wrong"
		bad.refuses(401, "28P01", "SELECT 1 AS a")
		bad.user = ""
		bad.refuses(401, "no_login", "SELECT 1 AS a")
		elsewhere := newRig(t, postgres{}, s.URL("nowhere"))
		elsewhere.refuses(422, "3D000", "SELECT 1 AS a")
		elsewhere.url += "?sslmode=disable"
		elsewhere.refuses(400, "request", "SELECT 1 AS a")
		r.gives("SELECT 1 AS a", `{"a":1}`)
	})
	t.Run("rows and bytes are bounded", func(t *testing.T) {
		resp, err := r.send(context.Background(), map[string]any{"sql": "SELECT n FROM v_many ORDER BY n LIMIT :limit", "args": map[string]any{"limit": 4}, "limit": 3})
		if err != nil {
			t.Fatal(err)
		}
		if raw, _ := io.ReadAll(resp.Body); string(raw) != `{"rows":[{"n":1},{"n":2},{"n":3}],"more":true}` {
			t.Error(string(raw))
		}
		if status, body := r.ask("SELECT n, pad FROM v_many"); status != 200 || !strings.HasSuffix(body, `"more":true}`) || len(body) < 1_000_000 {
			t.Errorf("%d %d bytes", status, len(body))
		}
		for _, sql := range []string{"SELECT n, pad||pad AS pad FROM v_many", "SELECT repeat('x', 5000000) AS a"} {
			resp, err := r.send(context.Background(), map[string]any{"sql": sql, "limit": 100000})
			if err != nil || resp.ContentLength <= r.w.env.Limits.Response {
				t.Fatalf("%s: %+v %v", sql, resp, err)
			}
		}
	})
	t.Run("a stop stops the server too", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(200*time.Millisecond, cancel)
		start := time.Now()
		_, err := r.send(ctx, map[string]any{"sql": "SELECT pg_sleep(20)::text AS a"}) //nolint:bodyclose // there is none
		if !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		running := "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + reader + "' AND state = 'active'"
		for deadline := time.Now().Add(5 * time.Second); s.Value("postgres", running) != "0"; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the server still works on it")
			}
		}
	})
	t.Run("the server ends what takes too long", func(t *testing.T) {
		short := newRig(t, postgres{}, r.url)
		short.gives("SELECT 1 AS a", `{"a":1}`) // connected: the time is the query's
		short.w.env.Limits.Timeout = 100 * time.Millisecond
		short.refuses(504, "57014", "SELECT pg_sleep(20)::text AS a")
	})
	t.Run("no connection left", func(t *testing.T) {
		s.Exec("postgres", "ALTER ROLE "+reader+" CONNECTION LIMIT 0")
		full := newRig(t, postgres{}, r.url)
		full.refuses(429, "53300", "SELECT 1 AS a")
		s.Exec("postgres", "ALTER ROLE "+reader+" CONNECTION LIMIT -1")
	})
	t.Run("many at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if status, body := r.ask("SELECT :n::int AS n, pg_sleep(0.01)::text AS s", "n", i); status != 200 || !strings.Contains(body, strconv.Itoa(i)) {
					t.Errorf("%d %s", status, body)
				}
			})
		}
		wg.Wait()
		if n := s.Value("postgres", "SELECT count(*) FROM pg_stat_activity WHERE usename = '"+reader+"'"); n > "4" {
			t.Errorf("%s connections", n)
		}
	})
	t.Run("a new password is used", func(t *testing.T) {
		s.Exec("postgres", "ALTER ROLE "+reader+" PASSWORD 'another-word'")
		r.password = "another-word"
		r.gives("SELECT 1 AS a", `{"a":1}`)
		s.Exec("postgres", "ALTER ROLE "+reader+" PASSWORD '"+word+"'")
		r.password = word
	})
	t.Run("notifications", func(t *testing.T) { notifications(t, s, r) })
	t.Run("idle connections are closed", func(t *testing.T) {
		before := goleak.IgnoreCurrent()
		own := newRig(t, postgres{}, r.url)
		own.gives("SELECT 1 AS a", `{"a":1}`)
		own.w.CloseIdleConnections()
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
		own.gives("SELECT 2 AS a", `{"a":2}`)
		own.w.CloseIdleConnections()
	})
}

func notifications(t *testing.T, s *pgtest.Server, r *rig) {
	own := newRig(t, postgres{}, r.url)
	own.w.alive = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	resp, err := own.send(ctx, map[string]any{"listen": "Crime \"changed\""})
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(resp, err)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func() string {
		if !lines.Scan() {
			t.Fatal("the stream ended: ", lines.Err())
		}
		return lines.Text()
	}
	for next() != ": quiet" { // it has been silent longer than it may, and says so
	}
	s.Exec("postgres", `SELECT pg_notify('Crime "changed"', '{"id": 12}'); SELECT pg_notify('Crime "changed"', E'two\nlines');`)
	var got []string
	for len(got) < 5 {
		if l := next(); l != "" && !strings.HasPrefix(l, ":") {
			got = append(got, l)
		}
	}
	want := `event: Crime "changed"|data: {"id": 12}|event: Crime "changed"|data: two|data: lines`
	if strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
	s.Exec("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+reader+"' AND query LIKE 'LISTEN%' OR query = '-- ping'")
	for lines.Scan() {
	}
	if lines.Err() == nil {
		t.Error("the end of the connection looks like the end of the changes")
	}
	_ = resp.Body.Close()

	resp, err = own.send(ctx, map[string]any{"listen": "other"})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for deadline := time.Now().Add(5 * time.Second); s.Value("postgres", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'") != "0"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection of a closed stream stands")
		}
	}
	own.password = "wrong"
	if resp, err := own.send(ctx, map[string]any{"listen": "other"}); err != nil || resp.StatusCode != 401 {
		t.Errorf("%+v %v", resp, err)
	}
}

func TestConnectionRefusedIsOfTheNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	for _, e := range []engine{postgres{}, sqlServer{}} {
		r := newRig(t, e, "postgres://"+l.Addr().String()+"/x")
		_, err = r.send(context.Background(), map[string]any{"sql": "SELECT 1"}) //nolint:bodyclose // there is none
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%T: %v", e, err)
		}
	}
}

// A server that does not speak TLS must not get the password, wherever it is but on this machine.
func TestNothingIsSentWithoutTLS(t *testing.T) {
	for _, tt := range []struct {
		e      engine
		refuse func(net.Conn) // says that there is no TLS
	}{
		{postgres{}, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 8)); _, _ = c.Write([]byte("N")) }},
		{sqlServer{}, func(c net.Conn) {
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			options := []byte{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2} // version, and encryption: not supported
			_, _ = c.Write(append([]byte{4, 1, 0, byte(8 + len(options)), 0, 0, 1, 0}, options...))
		}},
	} {
		here, there := net.Pipe()
		sent := make(chan []byte, 1)
		go func() {
			tt.refuse(there)
			rest, _ := io.ReadAll(there)
			sent <- rest
		}()
		r := newRig(t, tt.e, "postgres://db.force.example/rms")
		r.w.env.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			if !strings.HasPrefix(addr, "db.force.example:") {
				t.Errorf("dialled %s", addr)
			}
			return here, nil
		}
		resp, err := r.send(context.Background(), map[string]any{"sql": "SELECT 1"})
		if err == nil {
			t.Errorf("%T: %d", tt.e, resp.StatusCode)
		}
		_ = here.Close()
		if rest := <-sent; len(rest) > 0 {
			t.Errorf("%T sent %q", tt.e, rest)
		}
	}
}

func FuzzArray(f *testing.F) {
	for _, s := range []string{`{}`, `{1,2,NULL}`, `{{"a\"b",c},{d,"e f"}}`, `[0:1]={1,2}`, `{"\\`} {
		f.Add(s, "TEXT")
	}
	f.Fuzz(func(t *testing.T, s, elem string) {
		var b jsonBuffer
		if err := array(&b.Buffer, s, elem); err == nil && !b.valid() {
			t.Fatalf("%q gives %q", s, b.String())
		}
	})
}

var _ http.RoundTripper = (*wire)(nil)
