package trial

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Took is what musterctl match says of a run.
type Took struct {
	Records    int     `json:"records"`
	Compared   int64   `json:"compared"`
	Compare    float64 `json:"compare_seconds"`
	Seconds    float64 `json:"seconds"`
	PeakMemory int64   `json:"peak_memory_bytes"`
}

// Result is a matching and its score.
type Result struct {
	Took     Took
	Score    Score
	Clusters map[string]string
	False    []False
}

// Args are what musterctl is called with, without the files that it writes.
func (p *Prepared) Args() []string {
	out := []string{"match", "--kind", p.Kind, "--id", "id", "--map", p.Map}
	if p.System != "" {
		out = append(out, "--system", p.System)
	}
	return append(out, p.Files...)
}

// Run matches a set with a musterctl and scores what it wrote into dir.
func (p *Prepared) Run(musterctl, dir string) (*Result, error) {
	clusters, links := filepath.Join(dir, p.Name+".clusters.csv"), filepath.Join(dir, p.Name+".links.csv")
	cmd := exec.Command(musterctl, append([]string{"--json"}, append(p.Args(), "--clusters", clusters, "--links", links)...)...)
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("match %s: %w", p.Name, err)
	}
	r := &Result{Clusters: make(map[string]string, len(p.Truth.Entity))}
	if err := json.Unmarshal(said, &r.Took); err != nil {
		return nil, fmt.Errorf("match %s says %.80q: %w", p.Name, said, err)
	}
	if err := rows(clusters, 2, func(row []string) error { r.Clusters[row[0]] = row[1]; return nil }); err != nil {
		return nil, err
	}
	for id := range p.Truth.Entity {
		if _, ok := r.Clusters[id]; !ok {
			return nil, fmt.Errorf("match %s leaves out the record %s", p.Name, id)
		}
	}
	var pairs []Pair
	err = rows(links, 3, func(row []string) error {
		q, err := strconv.ParseFloat(row[2], 64)
		if err == nil && q >= 0.99 {
			pairs = append(pairs, Pair{row[0], row[1], q})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Score, r.False = p.Truth.Of(r.Clusters, pairs), p.False(r.Clusters)
	return r, nil
}

// rows reads a CSV file after its first line.
func rows(path string, columns int, f func([]string) error) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	c := csv.NewReader(in)
	c.FieldsPerRecord = columns
	for n := 0; ; n++ {
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err == nil && n > 0 {
			err = f(row)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
}
