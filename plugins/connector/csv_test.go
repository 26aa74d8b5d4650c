package connector

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"muster/plugins"
	"muster/plugins/pole"
)

func readCSV(t *testing.T, raw []byte, yaml string) (string, error) {
	t.Helper()
	f := &findings{}
	c := (&reader{f: f}).csv(parseYAML(f, []byte(yaml)))
	if f.failed() {
		t.Fatal(f.list)
	}
	rows, err := decodeCSV(raw, c)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(rows)
	return string(b), err
}

func TestCSVBecomesRows(t *testing.T) {
	latin := func(s string) string {
		out, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewEncoder().String("A;B\r\nŁ;'\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, yaml, raw, want string }{
		{"plain", "header: true", "ID,SURNAME\n1,MILLER\n2,\n", `[{"ID":"1","SURNAME":"MILLER"},{"ID":"2","SURNAME":""}]`},
		{"no final newline", "header: true", "A,B\n1,2", `[{"A":"1","B":"2"}]`},
		{"quotes", "header: true", "A,B\n\"O\"\"NEILL, Aoife\",\"two\nlines\"\n", `[{"A":"O\"NEILL, Aoife","B":"two\nlines"}]`},
		{"semicolons, mark, CRLF", "delimiter: ';'", "\xef\xbb\xbfA;B\r\n1;2\r\n", `[{"A":"1","B":"2"}]`},
		{"tab", "delimiter: tab", "A\tB\n1\t2\n", `[{"A":"1","B":"2"}]`},
		{"windows", "{delimiter: ';', encoding: windows-1252}", latin("A;B\nO’Brien;Müller €\n"), `[{"A":"O’Brien","B":"Müller €"}]`},
		{"utf-16", "delimiter: ';'", wide, `[{"A":"Ł","B":"'"}]`},
		{"names", "header: [a, b]", "1,2\n", `[{"a":"1","b":"2"}]`},
		{"delimiter at the end", "delimiter: ';'", "A;B;\n1;2;\n", `[{"A":"1","B":"2"}]`},
		{"no quotes", "{delimiter: '|', quote: none}", "A|B\n6\" pipe|\"\n", `[{"A":"6\" pipe","B":"\""}]`},
		{"skip, footer, comment", "{skip: 2, footer: 1, comment: '#'}", "Export\n25/11\nA,B\n# no row\n1,2\nROWS,1\n", `[{"A":"1","B":"2"}]`},
		{"ragged footer", "footer: 1", "A,B\n1,2\n1 rows\n", `[{"A":"1","B":"2"}]`},
		{"absent", `absent: ["NULL", '\N']`, "A,B\nNULL,\\N\n", `[{"A":null,"B":null}]`},
		{"header only", "columns: [A, B]", "A,B\n", `[]`},
		{"old line ends", "header: true", "A,B\r1,2\r", `[{"A":"1","B":"2"}]`},
	} {
		if got, err := readCSV(t, []byte(c.raw), c.yaml); err != nil || got != c.want {
			t.Errorf("%s: %s %v", c.name, got, err)
		}
	}
}

func TestCSVIsReadStrictly(t *testing.T) {
	for _, c := range []struct{ name, yaml, raw, want string }{
		{"ragged", "skip: 1", "x\nA,B\n1,2\n1,2,secret\n", "line 4 of the CSV has 3 columns where its header has 2"},
		{"short", "header: true", "A,B\n1\n", "line 2"},
		{"stray quote", "header: true", "A,B\n1,sec\"ret\n", "line 2 of the CSV has a quotation mark"},
		{"quote that does not end", "header: true", "A,B\n1,\"secret\n", "quotation mark"},
		{"column twice", "header: true", "A,A\n1,2\n", `column "A" stands twice`},
		{"column without a name", "header: true", "A,,B\n1,2,3\n", "column 2 has no name"},
		{"column missing", "columns: [MARKERS]", "A,B\n1,2\n", `no column "MARKERS"`},
		{"other encoding", "header: true", "A,B\nM\xfcller,2\n", "encoding"},
		{"utf-16 without its mark", "header: true", "A\x00,\x00B\x00", "encoding"},
		{"half a letter", "encoding: utf-16le", "A\x00,", "encoding"},
		{"cut off", "footer: 1", "A,B\n", "cut off"},
		{"nothing after skip", "skip: 3", "A,B\n", "first 2 lines"},
		{"names do not fit", "header: [a, b, c]", "1,2\n", "line 1"},
		{"more after the last delimiter", "delimiter: ';'", "A;B;\n1;2;3\n", "line 2"},
	} {
		got, err := readCSV(t, []byte(c.raw), c.yaml)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: %s %v", c.name, got, err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	rows, err := decodeLines([]byte("{\"id\": 12345678901234567890}\r\n\n{\"id\":2}"))
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if _, err := decodeLines([]byte("{}\n{\"a\":secret}\n")); err == nil || err.Error() != "line 2 is not JSON" {
		t.Error(err)
	}
}

const exportFile = `
connector: 1
id: property_store
name: Property store
options: {base_url: {type: url, label: Folder, required: true}}
answers: csv
csv: {delimiter: ';', columns: [ID, NAME, FIRST, BORN, MARKERS]}
times: {date: "%d/%m/%Y"}
check: {get: /, answers: json, expect: 'type == "array"'}
kinds:
  person:
    search:
      - {by: [[surname, givenName?, dateOfBirth?], [pncId]], get: /persons.csv, where: {pncId: .PNC}}
      - {text: true, get: /persons.csv, where: true}
    fetch: {get: /persons.csv, where: true}
    fields:
      id: .ID
      surname: .NAME
      givenName: .FIRST
      dateOfBirth: .BORN | day
      warning: '.MARKERS | split("|")'
    require: [surname]
`

const exportRows = "ID;NAME;FIRST;BORN;MARKERS;PNC\n" +
	"1;O’BRIEN;Zoë;01/02/1990;VI|WE;23/120018D\n2;OBrien;AARON JAMES;;;\n3;O'Brien;Aaron;03/11/2011;;\n4;MILLER;Aaron;01/02/1990;;\n5;O'Brien;;1990;;\n"

func TestWhereKeepsWhatWasAskedFor(t *testing.T) {
	sys, st := stand(t, exportFile, func(w *respond) { w.ctype, w.body = "text/csv", exportRows })
	ids := func(q plugins.Query) string {
		t.Helper()
		p, err := sys.Search(officer(), q)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range p.Records {
			out = append(out, r.ID)
		}
		return strings.Join(out, " ")
	}
	term := func(kv ...string) plugins.Query {
		q := plugins.Query{Kind: "person"}
		d := dictionary(t)
		for i := 0; i < len(kv); i += 2 {
			q.Terms = append(q.Terms, plugins.Term{Property: pole.Property(kv[i]), Value: d.Normalise(pole.Property(kv[i]), kv[i+1])})
		}
		return q
	}
	for _, c := range []struct {
		q    plugins.Query
		want string
	}{
		{term("surname", "o'brien"), "1 2 3 5"}, {term("surname", "OBRIEN", "givenName", "aaron"), "2 3 5"}, {term("surname", "O'Brien", "dateOfBirth", "1990-02-01"), "1 2 5"},
		{term("surname", "Obrien", "givenName", "ZOE", "dateOfBirth", "1990"), "1 5"}, {term("surname", "Smith"), ""}, {term("pncId", "2023/0120018D"), "1"},
		{plugins.Query{Kind: "person", Text: "aaron miller"}, "4"}, {plugins.Query{Kind: "person", Text: "obrien james"}, "2"}, {plugins.Query{Kind: "person", Text: "nobody"}, ""},
	} {
		if got := ids(c.q); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
	r, err := sys.Fetch(officer(), pole.Ref{Type: "person", ID: "4"})
	if err != nil || r.ID != "4" {
		t.Error(r, err)
	}
	if _, err := sys.Fetch(officer(), pole.Ref{Type: "person", ID: "9"}); plugins.KindOf(err) != plugins.NotFound {
		t.Error(err)
	}
	st.body = strings.Replace(exportRows, "ID;NAME", "ID;SURNAME", 1)
	if _, err := sys.Search(officer(), term("surname", "miller")); plugins.KindOf(err) != plugins.Drift || !strings.Contains(err.Error(), `"NAME"`) {
		t.Errorf("a renamed column: %v", err)
	}
	st.body = ""
	if _, err := sys.Search(officer(), term("surname", "miller")); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("an empty file: %v", err)
	}
	st.ctype, st.body = "text/html", "<html>Sign in</html>"
	if _, err := sys.Search(officer(), term("surname", "miller")); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("a web page: %v", err)
	}
	st.ctype = "multipart/mixed; boundary=b"
	st.body = "--b\r\nContent-Type: text/csv\r\n\r\n" + exportRows + "\r\n--b\r\nContent-Type: text/csv\r\n\r\nMARKERS;PNC;ID;NAME;FIRST;BORN\n;;6;Miller;Ann;\r\n--b--\r\n"
	if got := ids(term("surname", "miller")); got != "4 6" {
		t.Errorf("two files: %q", got)
	}
	st.body = strings.Replace(st.body, ";;6;", ";6;", 1)
	if _, err := sys.Search(officer(), term("surname", "miller")); plugins.KindOf(err) != plugins.Drift || !strings.Contains(err.Error(), "file 2") {
		t.Errorf("a ragged second file: %v", err)
	}
	st.status, st.ctype, st.body = 403, "application/json", `{"error":"no"}`
	if _, err := sys.Search(officer(), term("surname", "miller")); plugins.KindOf(err) != plugins.Denied {
		t.Errorf("refused: %v", err)
	}
}

// One row that is not as documented may be the one looked for: the screen must say that there is one.
func TestRowThatCannotBeReadIsAGap(t *testing.T) {
	file := strings.Replace(exportFile, "surname: .NAME", `surname: '.NAME | if test("^[A-Z]") then . else error end'`, 1)
	sys, _ := stand(t, file, func(w *respond) { w.ctype, w.body = "text/csv", exportRows+"7;1ller;;;;\n" })
	d := dictionary(t)
	p, err := sys.Search(officer(), plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: d.Normalise("surname", "Miller")}}})
	if err != nil || len(p.Records) != 1 || len(p.Gaps) != 1 {
		t.Errorf("%d records, gaps %v, %v", len(p.Records), p.Gaps, err)
	}
}

func TestLintOfFiles(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"delimiter: ';'", "delimiter: ';;'", "Delimiter must be one character"},
		{"columns: [ID,", "header: [A, A], columns: [ID,", "that of another"},
		{"columns: [ID,", "header: false, columns: [ID,", "nobody knows what the columns are"},
		{"columns: [ID,", "colums: [ID,", "Did you mean columns"},
		{"where: {pncId: .PNC}", "where: true", "where does not know where pncId stands"},
		{"where: {pncId: .PNC}", "where: {pncId: .PNC, vrm: .X}", "does not search by"},
		{"where: {pncId: .PNC}", "where: {pncId: .PNC}, total: length", "total counts what the system sent"},
		{"label: Folder,", "label: Folder, help: 'sftp://server/drop',", "no option host_key"},
		{"label: Folder,", "label: Folder, help: 'sftp://server/drop',", "signed in to with a user"},
		{"where: {pncId: .PNC}", "where: some", "must be true"},
	} {
		src := strings.Replace(exportFile, c.from, c.to, 1)
		if got := Lint("x.yaml", []byte(src), dictionary(t)); !strings.Contains(got.Error()+" "+cures(got), c.want) {
			t.Errorf("%s: %v", c.to, got)
		}
	}
	if got := Lint("x.yaml", []byte(exportFile), dictionary(t)); len(got) > 0 {
		t.Error(got)
	}
}

func cures(p Problems) string {
	var out []string
	for _, x := range p {
		out = append(out, x.Cure)
	}
	return strings.Join(out, " ")
}

func FuzzDecodeCSV(f *testing.F) {
	f.Add([]byte("A;B\n1;\"x\"\n"), "utf-8", false, 0, 0)
	f.Add([]byte("\xff\xfeA\x00"), "utf-16le", true, 1, 1)
	f.Fuzz(func(t *testing.T, raw []byte, enc string, plain bool, skip, footer int) {
		c := &csvSpec{delimiter: ';', encoding: enc, plain: plain, skip: max(skip, 0) % 10, footer: max(footer, 0) % 10, comment: '#'}
		rows, err := decodeCSV(raw, c)
		if err != nil {
			return
		}
		width := -1
		for _, r := range rows {
			m, ok := r.(map[string]any)
			if !ok || width >= 0 && len(m) != width {
				t.Fatal("rows of different widths")
			}
			width = len(m)
		}
	})
}

func largeExport(rows int) []byte {
	var b strings.Builder
	b.WriteString("ID;NAME;FIRST;BORN;MARKERS;PNC")
	for i := range 14 {
		b.WriteString(";C" + strconv.Itoa(i))
	}
	b.WriteByte('\n')
	for i := range rows {
		n := strconv.Itoa(i)
		b.WriteString(n + ";SURNAME" + strconv.Itoa(i%5000) + ";AARON;" + time.Date(1950, 1, 1+i%20000, 0, 0, 0, 0, time.UTC).Format("02/01/2006") + ";;")
		b.WriteString(strings.Repeat(";some text", 14) + "\n")
	}
	return []byte(b.String())
}

// A hundred thousand rows of twenty columns, searched: what a nightly export of a large store is.
func BenchmarkSearchLargeExport(b *testing.B) {
	large := string(largeExport(100_000))
	b.SetBytes(int64(len(large)))
	file := strings.Replace(exportFile, "answers: csv", "answers: csv\nlimits: {response: 64MiB}", 1)
	sys, _ := stand(b, file, func(w *respond) { w.ctype, w.body = "text/csv", large })
	d := dictionary(b)
	q := plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: d.Normalise("surname", "surname77")}, {Property: "givenName", Value: d.Normalise("givenName", "aaron")}}}
	b.ReportAllocs()
	for b.Loop() {
		p, err := sys.Search(officer(), q)
		if err != nil || len(p.Records) != 20 {
			b.Fatal(len(p.Records), err)
		}
	}
}

// respond is what the stand-in system says next.
type respond struct {
	status      int
	ctype, body string
}

// stand opens a connector over a system that answers every request the same.
func stand(t testing.TB, file string, set func(*respond)) (plugins.System, *respond) {
	t.Helper()
	r := &respond{status: 200}
	set(r)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", r.ctype)
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, r.body)
	}))
	t.Cleanup(srv.Close)
	sys, _ := open(t, file, srv.URL)
	return sys, r
}
