package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"muster/app/match/files"
	"muster/app/match/linkage"
	"muster/app/match/names"
	"muster/assets"
	"muster/plugins/pole"
)

type matchCmd struct {
	Kind      string   `default:"person" help:"Kind of the records: person, vehicle, location, organisation, telephone, incident …"`
	Names     bool     `help:"Compare name1 and name2 of each row (schema says Person or not) and print row,score."`
	Map       string   `help:"What the columns are: COLUMN=property,… Several columns as one value: DAY+MONTH=property."`
	ID        string   `name:"id" help:"Column that names each row. Default: r0, r1, … in the order of the rows."`
	System    string   `help:"Column that says which system a row is of."`
	Delimiter string   `help:"What parts the columns. Default: found out from the first line."`
	Threshold float64  `help:"Probability from which records are one. Default: one for all data."`
	Clusters  string   `help:"Write id,cluster to this file."`
	Links     string   `help:"Write id_a,id_b,probability to this file."`
	Model     string   `help:"Write what was learnt about the data to this file, as JSON."`
	Explain   []string `help:"Say what speaks for and against two rows being one: ID_A,ID_B."`
	Files     []string `arg:"" name:"file" help:"CSV files, also packed with gzip. One is searched for duplicates, two are linked."`
}

func (c matchCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	if c.Names {
		return c.names(e)
	}
	kind := pole.Kind(c.Kind)
	if _, ok := dict.Kind(kind); !ok {
		return fmt.Errorf("the dictionary has no kind %q: find it with 'musterctl dictionary'", c.Kind)
	}
	job := files.Job{Kind: kind, ID: c.ID, System: c.System, Files: c.Files, Threshold: c.Threshold}
	if c.Delimiter != "" {
		if c.Delimiter == `\t` {
			c.Delimiter = "\t"
		}
		r, n := utf8.DecodeRuneInString(c.Delimiter)
		if n != len(c.Delimiter) {
			return fmt.Errorf("--delimiter is one character")
		}
		job.Delimiter = r
	}
	if job.Columns, err = files.ParseMap(dict, kind, c.Map); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(collectAt)) // memory is scarcer than time where there are a million
	start := time.Now()
	t, err := job.Read(dict)
	if err != nil {
		return err
	}
	read := time.Since(start)
	res := t.Run(linkage.Options{Cross: len(c.Files) == 2, Families: c.System != "", Threshold: c.Threshold})
	if c.Clusters != "" {
		if err := written(c.Clusters, func(w io.Writer) error { return files.WriteClusters(w, t, res.Clusters) }); err != nil {
			return err
		}
	}
	if c.Links != "" {
		if err := written(c.Links, func(w io.Writer) error { return files.WriteLinks(w, t, res.Links) }); err != nil {
			return err
		}
	}
	if c.Model != "" {
		if err := written(c.Model, func(w io.Writer) error { return json.NewEncoder(w).Encode(res.Model) }); err != nil {
			return err
		}
	}
	if len(c.Explain) > 0 {
		if err := c.explain(e, t, res.Model); err != nil {
			return err
		}
	}
	type counts struct {
		Type       string  `json:"type"`
		Records    int     `json:"records"`
		Entities   int     `json:"entities"`
		Links      int     `json:"links"`
		Compared   int64   `json:"compared"`
		Read       float64 `json:"read_seconds"`
		Learn      float64 `json:"learn_seconds"`
		Compare    float64 `json:"compare_seconds"`
		Cluster    float64 `json:"cluster_seconds"`
		Seconds    float64 `json:"seconds"`
		PeakMemory int64   `json:"peak_memory_bytes"`
	}
	n := counts{"match", t.Len(), res.Entities, len(res.Links), res.Candidates, read.Seconds(), res.Took.Learn.Seconds(), res.Took.Compare.Seconds(),
		res.Took.Cluster.Seconds(), time.Since(start).Seconds(), peakMemory()}
	e.out.line(n, "%d records, %d entities, %d links; %d pairs compared\n%.2f s (read %.2f, learn %.2f, compare %.2f, cluster %.2f), %d MB at the most",
		n.Records, n.Entities, n.Links, n.Compared, n.Seconds, n.Read, n.Learn, n.Compare, n.Cluster, n.PeakMemory>>20)
	return nil
}

// collectAt is by how many percent what is in use may grow before garbage is collected.
const collectAt = 40

// names scores pairs of names.
func (c matchCmd) names(e *env) error {
	for _, path := range c.Files {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := names.ScoreCSV(f, e.out.buf); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return nil
}

// explain prints the evidence about pairs of rows.
func (c matchCmd) explain(e *env, t *linkage.Table, m *linkage.Model) error {
	at := make(map[string]int, t.Len())
	for i := range t.Len() {
		at[t.ID(i)] = i
	}
	if len(c.Explain)%2 != 0 {
		return fmt.Errorf("--explain wants two ids: ID_A,ID_B")
	}
	for k := 0; k < len(c.Explain); k += 2 {
		i, ok := at[c.Explain[k]]
		j, ok2 := at[c.Explain[k+1]]
		if !ok || !ok2 {
			return fmt.Errorf("--explain: no row has the id %q", c.Explain[k+b2i(ok)])
		}
		x := t.Explain(m, i, j)
		text := fmt.Sprintf("%s and %s: probability %.4f\n%+7.1f  before any evidence", x.A, x.B, x.Probability, x.Prior)
		for _, v := range x.Evidence {
			if text += fmt.Sprintf("\n%+7.1f  ", v.Bits); v.Label != "" {
				text += fmt.Sprintf("%s: %s  (%s | %s)", v.Label, v.Say, v.A, v.B)
			} else { // about the pair as a whole
				text += v.Say
			}
		}
		e.out.line(struct {
			Type string `json:"type"`
			linkage.Explanation
		}{"explanation", x}, "%s\n%+7.1f  in all", text, x.Total)
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// written writes a file that is there whole or not at all.
func written(path string, f func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".muster-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	defer os.Remove(tmp.Name())
	w := bufio.NewWriterSize(tmp, 1<<20)
	err = f(w)
	if err == nil {
		err = w.Flush()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}
