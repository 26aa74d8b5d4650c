// Package files matches the rows of CSV files with one another: read, link, write clusters and links.
package files

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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
	date     bool
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
		c := Column{Property: p, date: def.Type == pole.TypePartialDate}
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
	prefix := false
	if len(j.Files) == 2 {
		var err error
		if prefix, err = j.shared(); err != nil {
			return nil, err
		}
	}
	used := make([]map[string]bool, len(j.Files))
	err := t.Load(func() error {
		for n, path := range j.Files {
			var err error
			if used[n], err = j.each(path, true, func(r row) error {
				if prefix {
					r.id = string(rune('a'+n)) + ":" + r.id
				}
				if _, twice := seen[r.id]; twice {
					return fmt.Errorf("row %d has an id that an earlier row has: choose a column whose values differ", r.number+2)
				}
				seen[r.id] = struct{}{}
				if r.system == "" && len(j.Files) == 2 {
					r.system = strconv.Itoa(n + 1)
				}
				t.Add(r.id, r.system, r.facts)
				return nil
			}); err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(path), err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range j.Columns {
		for _, name := range c.Names {
			if !slices.ContainsFunc(used, func(m map[string]bool) bool { return m[name] }) && t.Len() > 0 {
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
		_, err := j.each(path, false, func(r row) error {
			if n == 0 {
				ids[r.id] = true
			} else if ids[r.id] {
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
