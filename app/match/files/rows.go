package files

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/app/match/linkage"
	"muster/plugins/pole"
)

// row is one row of a file.
type row struct {
	number     int // from 0, without the first line
	id, system string
	facts      []linkage.Fact
}

// cell is what a column of the job is made of in one file.
type cell struct {
	at   []int
	join string
	of   pole.Property
}

// batch is how many rows are read ahead at a time.
const batch = 512

// each calls f for every row of a file, with its facts if they are wanted, while the next are read. It gives the names of
// the columns that the file has.
func (j *Job) each(path string, facts bool, f func(row) error) (map[string]bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", errors.Unwrap(err))
	}
	defer file.Close()
	var r io.Reader = bufio.NewReaderSize(file, 1<<20)
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("is not packed with gzip: %w", err)
		}
		defer z.Close()
		r = bufio.NewReaderSize(z, 1<<20)
	}
	b := r.(*bufio.Reader)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	c := csv.NewReader(b)
	c.TrimLeadingSpace, c.LazyQuotes, c.FieldsPerRecord = true, true, -1
	c.Comma = j.Delimiter
	if c.Comma == 0 {
		c.Comma = guess(b)
	}
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("the first line is no list of columns: %w", err)
	}
	at, have := map[string]int{}, map[string]bool{}
	for i, h := range head {
		h = strings.TrimSpace(h)
		at[h], have[h] = i, true
	}
	id, system := -1, -1
	for to, name := range map[*int]string{&id: j.ID, &system: j.System} {
		if name == "" {
			continue
		}
		i, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("there is no column %q", name)
		}
		*to = i
	}
	var cells []cell
	if facts {
		cells = j.cells(at)
	}

	ahead, failed := make(chan [][]string, 4), make(chan error, 1)
	stop := make(chan struct{})
	var reader sync.WaitGroup
	defer reader.Wait()
	defer close(stop)
	reader.Go(func() {
		defer close(ahead)
		for n, rows := 0, make([][]string, 0, batch); ; n++ {
			rec, err := c.Read()
			if err == nil {
				rows = append(rows, rec)
			}
			if len(rows) == batch || err != nil {
				select {
				case ahead <- rows:
				case <-stop:
					return
				}
				rows = make([][]string, 0, batch)
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				failed <- fmt.Errorf("row %d cannot be read: %w", n+2, err)
				return
			}
		}
	})
	one := row{number: -1, facts: make([]linkage.Fact, 0, len(cells))}
	for rows := range ahead {
		for _, rec := range rows {
			get := func(i int) string {
				if i < 0 || i >= len(rec) {
					return ""
				}
				return strings.TrimSpace(rec[i])
			}
			one.number++
			one.system = get(system)
			if one.id = strings.Clone(get(id)); one.id == "" { // a row's text is not to be kept for its id
				one.id = "r" + strconv.Itoa(one.number)
			}
			one.facts = one.facts[:0]
			for i := range cells {
				if v := cells[i].value(get); v != "" {
					one.facts = append(one.facts, linkage.Fact{Property: cells[i].of, Value: v})
				}
			}
			if err := f(one); err != nil {
				return nil, err
			}
		}
	}
	select {
	case err := <-failed:
		return nil, err
	default:
		return have, nil
	}
}

// cells finds the job's columns in one file.
func (j *Job) cells(at map[string]int) (out []cell) {
	for _, c := range j.Columns {
		one := cell{of: c.Property, join: " "}
		if c.date {
			one.join = "-"
		}
		for _, n := range c.Names {
			i, ok := at[n]
			if !ok {
				i = -1
			}
			one.at = append(one.at, i)
		}
		out = append(out, one)
	}
	return out
}

// value joins what a row has of a column.
func (c *cell) value(get func(int) string) string {
	if len(c.at) == 1 {
		return get(c.at[0])
	}
	var out []string
	for k, i := range c.at {
		s := get(i)
		if s == "" {
			continue
		}
		if k > 0 && c.join == "-" && len(s) == 1 {
			s = "0" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, c.join)
}

// guess finds the delimiter that the first line has most of.
func guess(b *bufio.Reader) rune {
	line, _ := b.Peek(4096)
	if i := slices.Index(line, '\n'); i >= 0 {
		line = line[:i]
	}
	best, most := ',', 0
	for _, d := range ",;\t|" {
		if n := strings.Count(string(line), string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}
