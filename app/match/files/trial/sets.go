package trial

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"muster/app/match/files/population"
	"muster/app/match/names"
)

// Set is a public set of records: where they are and what their columns mean.
type Set struct {
	Name   string
	Kind   string
	Files  []string // below the folder of sets
	Comma  rune
	ID     string                     // column that is withheld and replaced by numbers; "" for none
	Entity string                     // column that holds the truth, withheld
	Of     func(entity string) string // entity told by that column; nil for the value itself
	Map    string                     // as musterctl match wants it
	drop   []string                   // further columns that tell
}

// Sets are the public sets that ship with Muster.
var Sets = []Set{
	{Name: "febrl3", Kind: "person", Files: []string{"febrl3.csv.gz"}, Comma: ',', ID: "rec_id", Entity: "rec_id",
		Of:  func(id string) string { return strings.Split(id+"-", "-")[1] },
		Map: "given_name=givenName,surname=surname,street_number=buildingNumber,address_1=thoroughfareName,address_2=dependentLocality,suburb=postTown,postcode=postcode,date_of_birth=dateOfBirth,soc_sec_id=nationalInsuranceNumber"},
	{Name: "fake1000", Kind: "person", Files: []string{"fake_1000.csv.gz"}, Comma: ',', ID: "unique_id", Entity: "cluster",
		Map: "first_name=givenName,surname=surname,dob=dateOfBirth,city=postTown,email=email"},
	{Name: "h50k_dev", Kind: "person", Files: []string{"historical_50k_dev.csv.gz"}, Comma: ',', ID: "unique_id", Entity: "cluster",
		Map: "full_name=fullName,first_name=givenName,surname=surname,dob=dateOfBirth,birth_place=birthPlace,postcode_fake=postcode,gender=gender,occupation=occupation"},
	{Name: "personal1000", Kind: "person", Files: []string{"personaldata1000A.csv.gz", "personaldata1000B.csv.gz"}, Comma: ';', ID: "record_id", Entity: "entity_id",
		Map: "first_name=givenName,last_name=surname,birthdate=dateOfBirth,city=postTown,email=email,job=occupation,phone_number=telephone,postcode=postcode,sex=sex,street_address=address"},
}

// Apart is a set whose licence lets it be used and not shipped: it is read from a folder where there is one.
var Apart = Set{Name: "rl500", Kind: "person", Files: []string{"rl/RLdata500.csv"}, Comma: ',', ID: "rec_id", Entity: "ent_id",
	Map: "fname_c1=givenName,lname_c1=surname,by+bm+bd=dateOfBirth"}

// Prepared is a set without its truth: files to match, and the truth by the ids in them.
type Prepared struct {
	Name, Kind, Map, System string
	Files                   []string
	Truth                   Truth
	Relations               []population.Relation // pairs that look like one
}

// Prepare writes a set's rows in a random order under new ids, without what tells the truth.
func (s *Set) Prepare(from, to string, seed uint64) (*Prepared, error) {
	p := &Prepared{Name: s.Name, Kind: s.Kind, Map: s.Map, Truth: Truth{Entity: map[string]string{}, File: map[string]int{}, Cross: len(s.Files) == 2}}
	r := rand.New(rand.NewPCG(seed, 1))
	for n, name := range s.Files {
		rows, err := read(filepath.Join(from, name), s.Comma)
		if err != nil {
			return nil, err
		}
		head, rows := rows[0], rows[1:]
		truth := slices.Index(head, s.Entity)
		if truth < 0 {
			return nil, fmt.Errorf("%s has no column %s", name, s.Entity)
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		out := [][]string{{"id"}}
		keep := func(i int) bool { return head[i] != s.ID && head[i] != s.Entity && !slices.Contains(s.drop, head[i]) }
		for i := range head {
			if keep(i) {
				out[0] = append(out[0], head[i])
			}
		}
		for k, row := range rows {
			id := strconv.Itoa(k)
			line := []string{id}
			for i := range head {
				if keep(i) {
					line = append(line, row[i])
				}
			}
			out = append(out, line)
			if p.Truth.Cross {
				id = string(rune('a'+n)) + ":" + id
			}
			e := row[truth]
			if s.Of != nil {
				e = s.Of(e)
			}
			p.Truth.Entity[id], p.Truth.File[id] = e, n
		}
		path := filepath.Join(to, fmt.Sprintf("%s-%d.csv", s.Name, n))
		err = write(path, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(out) })
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, path)
	}
	return p, nil
}

// Made writes a made-up set.
func Made(name string, s *population.Set, to string) (*Prepared, error) {
	p := &Prepared{Name: name, Kind: s.Kind, Map: s.Map, System: s.Columns[1], Relations: s.Relations,
		Files: []string{filepath.Join(to, name+".csv")}, Truth: Truth{Entity: make(map[string]string, len(s.Records)), File: map[string]int{}}}
	for _, r := range s.Records {
		p.Truth.Entity[r.Values[0]] = strconv.Itoa(r.Entity)
	}
	return p, write(p.Files[0], s.WriteCSV)
}

// False is a cluster that joins two entities known to look alike: one record of each.
type False struct {
	A, B string
	Why  string
}

// False finds the automatic merges of entities that look alike, at most one for each pair of them.
func (p *Prepared) False(clusters map[string]string) []False {
	of := map[string]map[string]string{} // by entity: a record in each of its clusters
	for id, e := range p.Truth.Entity {
		if c, ok := clusters[id]; ok {
			if of[e] == nil {
				of[e] = map[string]string{}
			}
			if was := of[e][c]; was == "" || id < was {
				of[e][c] = id
			}
		}
	}
	var out []False
	for _, r := range p.Relations {
		var found []False
		for c, a := range of[strconv.Itoa(r.A)] {
			if b, ok := of[strconv.Itoa(r.B)][c]; ok {
				found = append(found, False{a, b, r.Why})
			}
		}
		if len(found) > 0 {
			out = append(out, slices.MinFunc(found, func(x, y False) int { return strings.Compare(x.A, y.A) }))
		}
	}
	return out
}

// Names is the best F1 over the pairs of persons' names of a set.
func Names(path string) (float64, error) {
	rows, err := read(path, ',')
	if err != nil {
		return 0, err
	}
	at := func(c string) int { return slices.Index(rows[0], c) }
	schema, match, one, two := at("schema"), at("is_match"), at("name1"), at("name2")
	if min(schema, match, one, two) < 0 {
		return 0, errors.New("the names have not the columns schema, name1, name2 and is_match")
	}
	in := [][]string{{"schema", "name1", "name2"}}
	var all []Judged
	for _, r := range rows[1:] {
		if r[schema] == "Person" {
			in = append(in, []string{r[schema], r[one], r[two]})
			all = append(all, Judged{True: r[match] == "true"})
		}
	}
	var text, scores strings.Builder
	if err := csv.NewWriter(&text).WriteAll(in); err != nil {
		return 0, err
	}
	if err := names.ScoreCSV(strings.NewReader(text.String()), &scores); err != nil {
		return 0, err
	}
	got, err := csv.NewReader(strings.NewReader(scores.String())).ReadAll()
	if err != nil || len(got) != len(all)+1 {
		return 0, fmt.Errorf("%d scores for %d pairs of names: %w", len(got)-1, len(all), err)
	}
	for i := range all {
		if all[i].Score, err = strconv.ParseFloat(got[i+1][1], 64); err != nil {
			return 0, err
		}
	}
	return BestF1(all), nil
}

// read gives all lines of a CSV file, the columns first.
func read(path string, comma rune) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	c := csv.NewReader(r)
	c.Comma, c.TrimLeadingSpace = comma, true
	rows, err := c.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s is empty", filepath.Base(path))
	}
	for i := range rows[0] {
		rows[0][i] = strings.TrimSpace(strings.TrimPrefix(rows[0][i], "\ufeff"))
	}
	for _, row := range rows[1:] {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
	}
	return rows, nil
}

func write(path string, f func(io.Writer) error) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if err = f(out); err == nil {
		return out.Close()
	}
	out.Close()
	return err
}
