// Package files matches the rows of CSV files with one another: read, link, write clusters and links.
package files

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"muster/app/match/linkage"
	"muster/plugins/pole"
)

// Column says what a column means. Columns with one Join become one value, in their order.
type Column struct {
	Names    []string // several are joined by "-" where the property is a date, else by a space
	Property pole.Property
}

// Job is one matching of files.
type Job struct {
	Kind      pole.Kind
	Columns   []Column
	ID        string // column; "" numbers the rows r0, r1, …
	System    string // column that says which system a row is of; "" for none
	Delimiter rune   // 0 is found out from the first line
	Files     []string
	Threshold float64 // probability; 0 is the default
}

// ParseMap reads COLUMN=property,COLUMN+COLUMN=property.
func ParseMap(d *pole.Dictionary, kind pole.Kind, s string) ([]Column, error) {
	var out []Column
	for _, one := range strings.Split(s, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		at := strings.LastIndexByte(one, '=')
		if at < 1 || at == len(one)-1 {
			return nil, fmt.Errorf("%q does not say which property a column is: write COLUMN=property", one)
		}
		p := pole.Property(strings.TrimSpace(one[at+1:]))
		def, ok := d.Property(p)
		if !ok {
			return nil, fmt.Errorf("the dictionary has no property %q: find it with 'musterctl dictionary'", p)
		}
		if !slices.Contains(def.Kinds, kind) {
			return nil, fmt.Errorf("%q is no property of the kind %s", p, kind)
		}
		c := Column{Property: p}
		for _, n := range strings.Split(one[:at], "+") {
			c.Names = append(c.Names, strings.TrimSpace(n))
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("no column is mapped: write --map COLUMN=property,…")
	}
	return out, nil
}

// Read fills a table from the job's files. Two files are two sources to be linked with each other.
func (j *Job) Read(d *pole.Dictionary) (*linkage.Table, error) {
	var props []pole.Property
	for _, c := range j.Columns {
		props = append(props, c.Property)
	}
	t := linkage.NewTable(linkage.NewSchema(d, j.Kind, props...))
	if len(j.Files) > 2 && j.System == "" {
		return nil, errors.New("more than two files are matched only with --system: name the column that says which system a row is of")
	}
	seen := map[string]struct{}{}
	used := map[string]bool{}
	prefix := false
	if len(j.Files) == 2 {
		var err error
		if prefix, err = j.shared(); err != nil {
			return nil, err
		}
	}
	for n, path := range j.Files {
		err := j.each(path, func(row int, id, system string, value func(string) (string, bool)) error {
			if id == "" {
				id = "r" + strconv.Itoa(row)
			}
			if prefix {
				id = string(rune('a'+n)) + ":" + id
			}
			if _, twice := seen[id]; twice {
				return fmt.Errorf("row %d has an id that an earlier row has: choose a column whose values differ", row+2)
			}
			seen[id] = struct{}{}
			if system == "" && len(j.Files) == 2 {
				system = strconv.Itoa(n + 1)
			}
			facts := make([]linkage.Fact, 0, len(j.Columns))
			for _, c := range j.Columns {
				v := ""
				for k, name := range c.Names {
					s, ok := value(name)
					if ok {
						used[name] = true
					}
					s = strings.TrimSpace(s)
					if k > 0 && s != "" && v != "" {
						def, _ := d.Property(c.Property)
						if def.Type == pole.TypePartialDate {
							if len(s) == 1 {
								s = "0" + s
							}
							v += "-"
						} else {
							v += " "
						}
					}
					v += s
				}
				facts = append(facts, linkage.Fact{Property: c.Property, Value: v})
			}
			t.Add(id, system, facts)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	for _, c := range j.Columns {
		for _, name := range c.Names {
			if !used[name] && t.Len() > 0 {
				return nil, fmt.Errorf("no file has a column %q", name)
			}
		}
	}
	return t, nil
}

// shared reports whether the two files use an id both.
func (j *Job) shared() (bool, error) {
	ids := map[string]bool{}
	both := false
	for n, path := range j.Files {
		err := j.each(path, func(row int, id, _ string, _ func(string) (string, bool)) error {
			if id == "" {
				id = "r" + strconv.Itoa(row)
			}
			if n == 0 {
				ids[id] = true
			} else if ids[id] {
				both = true
			}
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return both, nil
}

func (j *Job) each(path string, f func(row int, id, system string, value func(string) (string, bool)) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot be opened: %w", errors.Unwrap(err))
	}
	defer file.Close()
	var r io.Reader = bufio.NewReaderSize(file, 1<<20)
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("is not packed with gzip: %w", err)
		}
		defer z.Close()
		r = bufio.NewReaderSize(z, 1<<20)
	}
	b := r.(*bufio.Reader)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	c := csv.NewReader(b)
	c.ReuseRecord, c.TrimLeadingSpace, c.LazyQuotes, c.FieldsPerRecord = true, true, true, -1
	c.Comma = j.Delimiter
	if c.Comma == 0 {
		c.Comma = guess(b)
	}
	head, err := c.Read()
	if err != nil {
		return fmt.Errorf("the first line is no list of columns: %w", err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.Clone(strings.TrimSpace(h))] = i
	}
	for _, need := range []string{j.ID, j.System} {
		if _, ok := at[need]; need != "" && !ok {
			return fmt.Errorf("there is no column %q", need)
		}
	}
	for row := 0; ; row++ {
		rec, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("row %d cannot be read: %w", row+2, err)
		}
		get := func(name string) (string, bool) {
			i, ok := at[name]
			if !ok {
				return "", false
			}
			if i >= len(rec) {
				return "", true
			}
			return strings.Clone(rec[i]), true
		}
		id, system := "", ""
		if j.ID != "" {
			s, _ := get(j.ID)
			id = strings.TrimSpace(s)
		}
		if j.System != "" {
			s, _ := get(j.System)
			system = strings.TrimSpace(s)
		}
		if err := f(row, id, system, get); err != nil {
			return err
		}
	}
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

// WriteClusters writes id,cluster. A cluster is called after its first record.
func WriteClusters(w io.Writer, t *linkage.Table, clusters []int32) error {
	c := csv.NewWriter(bufio.NewWriterSize(w, 1<<20))
	c.Write([]string{"id", "cluster"})
	for i, g := range clusters {
		c.Write([]string{t.ID(i), t.ID(int(g))})
	}
	c.Flush()
	return c.Error()
}

// WriteLinks writes id_a,id_b,probability, the surest first.
func WriteLinks(w io.Writer, t *linkage.Table, links []linkage.Link) error {
	c := csv.NewWriter(w)
	c.Write([]string{"id_a", "id_b", "probability"})
	for _, l := range links {
		c.Write([]string{t.ID(int(l.I)), t.ID(int(l.J)), strconv.FormatFloat(l.Probability, 'f', 6, 64)})
	}
	c.Flush()
	return c.Error()
}
