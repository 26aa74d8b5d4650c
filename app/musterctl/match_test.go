package main

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/app/match/files/population"
)

// sheet writes a CSV file, packed where its name ends in .gz.
func sheet(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if strings.HasSuffix(name, ".gz") {
		z := gzip.NewWriter(f)
		defer z.Close()
		z.Write([]byte(text))
		return path
	}
	f.WriteString(text)
	return path
}

func read(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestMatchGroupsTheRowsOfAFile(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	dir := t.TempDir()
	s := population.People(600, 4)
	var text strings.Builder
	if err := s.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	one := []string{"match", "--map", s.Map, "--id", "id", "--system", "system"}
	var first [][]string
	for name, body := range map[string]string{"a.csv": text.String(), "b.csv.gz": text.String()} {
		out := filepath.Join(dir, name+".clusters")
		m.do(exitDone, "", append(one, sheet(t, dir, name, body), "--clusters", out)...)
		rows := read(t, out)
		if len(rows) != len(s.Records)+1 || rows[0][0] != "id" || rows[0][1] != "cluster" {
			t.Fatalf("%s: %d rows, %v", name, len(rows), rows[0])
		}
		groups := map[string]bool{}
		for _, r := range rows[1:] {
			groups[r[1]] = true
		}
		if len(groups) >= len(s.Records) || len(groups) < s.Entities/2 {
			t.Errorf("%s: %d rows, %d clusters, %d people", name, len(s.Records), len(groups), s.Entities)
		}
		if first == nil {
			first = rows
		}
		for i := range rows {
			if rows[i][1] != first[i][1] {
				t.Fatalf("packed with gzip, row %d is of another cluster", i)
			}
		}
	}
}

func TestMatchLinksTwoFilesThatShareIds(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	dir := t.TempDir()
	a := sheet(t, dir, "a.csv", "no;first;last;born\n1;Aaron;Miller;2011-03-04\n2;Yusuf;Khan;1988-12-01\n3;Olivia;Pemberton;1975-07-19\n")
	b := sheet(t, dir, "b.csv", "no;first;last;born\n1;Olivia;Pemberton;1975-07-19\n2;Aaron;Miler;2011-03-04\n3;Harriet;Okonkwo;1990-02-02\n")
	clusters, links := filepath.Join(dir, "c.csv"), filepath.Join(dir, "l.csv")
	args := []string{"match", "--map", "first=givenName,last=surname,born=dateOfBirth", "--id", "no", "--delimiter", ";", a, b}
	m.do(exitDone, "", append(args, "--clusters", clusters, "--links", links)...)
	of := map[string]string{}
	for _, r := range read(t, clusters)[1:] {
		of[r[0]] = r[1]
	}
	if len(of) != 6 || of["a:3"] != of["b:1"] || of["a:1"] == of["a:2"] || of["a:2"] == of["b:3"] {
		t.Errorf("%v", of)
	}
	for _, r := range read(t, links)[1:] {
		if r[0][:2] == r[1][:2] {
			t.Errorf("%v is of one file", r)
		}
	}

	said := m.lines(exitDone, "", append(args, "--explain", "a:3,b:1")...)
	sum := said[0]["prior"].(float64)
	for _, e := range said[0]["evidence"].([]any) {
		sum += e.(map[string]any)["bits"].(float64)
	}
	if said[0]["type"] != "explanation" || said[1]["type"] != "match" || said[1]["records"] != 6.0 {
		t.Errorf("%v", said)
	}
	total := said[0]["total"].(float64)
	if p := said[0]["probability"].(float64); math.Abs(sum-total) > 0.05 || math.Abs(1/(1+math.Exp2(-total))-p) > 0.001 {
		t.Errorf("the evidence is %.3f bits, in all %.3f, probability %.4f", sum, total, p)
	}
}

func TestMatchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	dir := t.TempDir()
	good := sheet(t, dir, "good.csv", "id,first,last\n1,Aaron,Miller\n2,Yusuf,Khan\n")
	twice := sheet(t, dir, "twice.csv", "id,first\n1,Aaron\n1,Yusuf\n")
	bad := sheet(t, dir, "bad.csv.gz.csv", "")
	names := "first=givenName,last=surname"
	for _, c := range []struct{ args, says []string }{
		{[]string{"--map", "first=forename", "--id", "id", good}, []string{"forename", "musterctl dictionary"}},
		{[]string{"--map", "first=vrm", "--id", "id", good}, []string{"vrm", "person"}},
		{[]string{"--map", "first", "--id", "id", good}, []string{"first", "COLUMN=property"}},
		{[]string{"--id", "id", good}, []string{"--map"}},
		{[]string{"--map", names, "--id", "number", good}, []string{"good.csv", "number"}},
		{[]string{"--map", names, "--id", "id", "--system", "source", good}, []string{"good.csv", "source"}},
		{[]string{"--map", names + ",town=postTown", "--id", "id", good}, []string{"town"}},
		{[]string{"--map", "first=givenName", "--id", "id", twice}, []string{"twice.csv", "row 3", "earlier row"}},
		{[]string{"--map", names, "--id", "id", bad}, []string{"bad.csv.gz.csv", "first line"}},
		{[]string{"--map", names, "--id", "id", filepath.Join(dir, "none.csv")}, []string{"none.csv", "cannot be opened"}},
		{[]string{"--map", names, "--id", "id", good, good, good}, []string{"--system"}},
		{[]string{"--map", names, "--id", "id", "--kind", "zeppelin", good}, []string{"zeppelin", "musterctl dictionary"}},
		{[]string{"--map", names, "--id", "id", "--delimiter", "ab", good}, []string{"--delimiter"}},
		{[]string{"--map", names, "--id", "id", "--explain", "1,9", good}, []string{"--explain", "9"}},
		{[]string{"--map", names, "--id", "id", "--clusters", filepath.Join(dir, "no", "c.csv"), good}, []string{"c.csv", "cannot be written"}},
	} {
		says(t, m.do(exitFailed, "", append([]string{"match"}, c.args...)...).err, c.says...)
	}
}
