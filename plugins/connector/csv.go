package connector

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Bounds of a CSV answer; the size in bytes is the transport's.
const (
	csvColumns = 1_000
	csvCells   = 4_000_000
)

// csvSpec is how a system writes CSV.
type csvSpec struct {
	delimiter rune
	names     []string // of the columns, where the file does not name them
	encoding  string
	plain     bool // no quotation marks: each is a letter like any other
	comment   rune
	skip      int      // lines before the header
	footer    int      // rows at the end that are no records
	columns   []string // that must be there
	absent    []string // what stands for no value
}

// csvDefault is a comma, a header and UTF-8.
var csvDefault = &csvSpec{delimiter: ','}

// csv reads a file's or an operation's csv.
func (r *reader) csv(n *node) *csvSpec {
	if n == nil || n.shape != mapping {
		return nil
	}
	c := &csvSpec{delimiter: ',', encoding: n.str("encoding"), plain: n.str("quote") == "none", skip: n.num("skip"), footer: n.num("footer"),
		columns: n.get("columns").texts(), absent: n.get("absent").texts()}
	one := func(key string, to *rune) {
		if n.get(key) == nil {
			return
		}
		text := n.str(key)
		if text == "tab" || text == `\t` {
			text = "\t"
		}
		v, size := utf8.DecodeRuneInString(text)
		if size == 0 || size != len(text) || v == utf8.RuneError || strings.ContainsRune("\"\r\n", v) {
			r.f.fail(n.get(key), "Write one character between quotes, such as ';', or tab.", "%s must be one character.", upperFirst(key))
			return
		}
		*to = v
	}
	one("delimiter", &c.delimiter)
	one("comment", &c.comment)
	if c.comment == c.delimiter {
		r.f.fail(n.get("comment"), "Use another character.", "A comment cannot begin with the delimiter.")
	}
	if h := n.get("header"); h != nil {
		switch {
		case h.shape == sequence:
			c.names = h.texts()
			for i, name := range c.names {
				if name == "" || slices.Index(c.names, name) != i {
					r.f.fail(h, "Give every column a name of its own.", "Column %d has no name, or that of another.", i+1)
				}
			}
			for _, name := range c.columns {
				if !slices.Contains(c.names, name) {
					r.f.fail(n.get("columns"), "Use the names of header.", "The column %q is not among those of header.", name)
				}
			}
		case h.text() == "false":
			r.f.fail(h, "Name the columns: header: [id, surname, born].", "Without a header nobody knows what the columns are.")
		}
	}
	return c
}

// decodeCSV turns a CSV answer into a list with an object for every row, by column name, every value a text. It is
// strict: a row with more or fewer cells than the header, a stray quotation mark, a column that is missing or stands
// twice, or bytes that are not of the encoding refuse the whole answer, with the line and never the data.
func decodeCSV(raw []byte, c *csvSpec) ([]any, error) {
	if c == nil {
		c = csvDefault
	}
	text, err := decodeEncoding(raw, c.encoding)
	if err != nil {
		return nil, err
	}
	for i := range c.skip {
		_, rest, more := strings.Cut(text, "\n")
		if !more {
			return nil, fmt.Errorf("the CSV ends within its first %d lines", i+1)
		}
		text = rest
	}
	next := c.rows(text)
	names := c.names
	loose := false // the last column has no name: a delimiter ends every line
	if names == nil {
		rec, line, err := next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the CSV has no header")
		}
		if err != nil {
			return nil, err
		}
		if names, loose, err = columnNames(rec, line+c.skip); err != nil {
			return nil, err
		}
	}
	for _, want := range c.columns {
		if !slices.Contains(names, want) {
			return nil, fmt.Errorf("the CSV has no column %q", want)
		}
	}
	absent := map[string]bool{}
	for _, w := range c.absent {
		absent[w] = true
	}
	out := []any{}
	var tail [][]string // rows that may turn out to be the footer
	cells := 0
	take := func(rec []string, line int) error {
		if loose && len(rec) == len(names)+1 && rec[len(names)] == "" {
			rec = rec[:len(names)]
		}
		if len(rec) != len(names) {
			return fmt.Errorf("line %d of the CSV has %d columns where its header has %d", line, len(rec), len(names))
		}
		if cells += len(rec); cells > csvCells {
			return fmt.Errorf("the CSV has more than %d cells", csvCells)
		}
		row := make(map[string]any, len(names))
		for i, cell := range rec {
			if len(absent) > 0 && absent[cell] {
				row[names[i]] = nil
				continue
			}
			row[names[i]] = cell
		}
		out = append(out, row)
		return nil
	}
	var lines []int
	for {
		rec, line, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if c.footer == 0 {
			if err := take(rec, line+c.skip); err != nil {
				return nil, err
			}
			continue
		}
		tail, lines = append(tail, rec), append(lines, line+c.skip)
		if len(tail) > c.footer {
			if err := take(tail[0], lines[0]); err != nil {
				return nil, err
			}
			tail, lines = tail[1:], lines[1:]
		}
	}
	if len(tail) < c.footer {
		return nil, fmt.Errorf("the CSV ends before its last %d rows: it may have been cut off", c.footer)
	}
	return out, nil
}

// columnNames reads the header.
func columnNames(rec []string, line int) (names []string, loose bool, err error) {
	seen := map[string]bool{}
	for i, cell := range rec {
		name := strings.TrimSpace(cell)
		switch {
		case name == "" && i == len(rec)-1 && i > 0:
			return names, true, nil
		case name == "":
			return nil, false, fmt.Errorf("column %d has no name in line %d of the CSV", i+1, line)
		case seen[name]:
			return nil, false, fmt.Errorf("the column %q stands twice in line %d of the CSV", name, line)
		case i >= csvColumns:
			return nil, false, fmt.Errorf("the CSV has more than %d columns", csvColumns)
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, false, nil
}

// rows gives one row after the other, and the line that it begins at.
func (c *csvSpec) rows(text string) func() ([]string, int, error) {
	if c.plain {
		line := 0
		return func() ([]string, int, error) {
			for text != "" {
				var row string
				row, text, _ = strings.Cut(text, "\n")
				line++
				row = strings.TrimSuffix(row, "\r")
				if row == "" || c.comment != 0 && strings.HasPrefix(row, string(c.comment)) {
					continue
				}
				return strings.SplitN(row, string(c.delimiter), csvColumns+2), line, nil
			}
			return nil, line, io.EOF
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.Comment, r.FieldsPerRecord = c.delimiter, c.comment, -1
	return func() ([]string, int, error) {
		rec, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			return nil, 0, fmt.Errorf("line %d of the CSV has a quotation mark where none may stand", bad.Line+c.skip)
		case err != nil:
			return nil, 0, err
		}
		line, _ := r.FieldPos(0)
		return rec, line, nil
	}
}

var (
	errNotText    = errors.New("the answer is not text of the encoding given; say which one it is, such as encoding: windows-1252")
	textEncodings = map[string]encoding.Encoding{
		"windows-1252": charmap.Windows1252, "windows-1250": charmap.Windows1250, "iso-8859-1": charmap.ISO8859_1, "iso-8859-15": charmap.ISO8859_15,
		"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	}
)

// decodeEncoding makes UTF-8 of a text file. Its byte order mark, if it has one, wins over what is declared.
func decodeEncoding(raw []byte, name string) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		raw, name = raw[3:], ""
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		name = "utf-16le"
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		name = "utf-16be"
	}
	wide := strings.HasPrefix(name, "utf-16")
	if e := textEncodings[name]; e != nil {
		if wide && len(raw)%2 != 0 {
			return "", errNotText
		}
		var err error
		if raw, err = e.NewDecoder().Bytes(raw); err != nil {
			return "", errNotText
		}
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 || wide && bytes.ContainsRune(raw, utf8.RuneError) {
		return "", errNotText
	}
	text := string(raw)
	if strings.IndexByte(text, '\n') < 0 {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text, nil
}

// decodeLines reads JSON lines: one JSON value a line.
func decodeLines(raw []byte) ([]any, error) {
	out := []any{}
	line := 0
	for len(raw) > 0 {
		var one []byte
		one, raw, _ = bytes.Cut(raw, []byte("\n"))
		line++
		if one = bytes.TrimSpace(one); len(one) == 0 {
			continue
		}
		v, err := decodeJSON(one)
		if err != nil {
			return nil, fmt.Errorf("line %d is not JSON", line)
		}
		out = append(out, v)
	}
	return out, nil
}
