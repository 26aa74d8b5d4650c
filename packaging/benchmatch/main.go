// Command benchmatch matches public and made-up records whose truth is known and prints how right and how fast musterctl match is, each
// figure beside what is asked of it. A missed figure is printed as such; it exits 1 only when something fails to run.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"muster/app/match/files/population"
	"muster/app/match/files/trial"
)

type line struct {
	Measure  string `json:"measure"`
	Measured string `json:"measured"`
	Asked    string `json:"asked"`
	Met      string `json:"met"`
}

type bench struct {
	musterctl, dir string
	lines          []line
	sure           []line // links marked 0.99 and more, by set
	speed          float64
	pairs          int64
	jsonOut        bool
}

func main() {
	b := &bench{}
	flag.StringVar(&b.musterctl, "musterctl", "bin/musterctl", "the musterctl to measure")
	sets := flag.String("sets", "app/match/files/testdata", "folder of the public sets")
	apart := flag.String("apart", os.Getenv("MUSTER_LINKAGE"), "folder of sets that are not shipped")
	seed := flag.Uint64("seed", 7, "seed of shuffling and of made-up records")
	people := flag.Int("people", 40_000, "made-up records of people")
	big := flag.Bool("big", os.Getenv("BIG") == "1", "also a million made-up records")
	keep := flag.String("keep", "", "keep what was matched in this folder")
	generate := flag.String("generate", "", "only write made-up records of this kind (person, vehicle) to standard output, with the truth as the last column")
	flag.BoolVar(&b.jsonOut, "json", false, "print one JSON object a line")
	flag.Parse()
	var err error
	if *generate != "" {
		err = made(*generate, *people, *seed)
	} else {
		err = b.all(*sets, *apart, *keep, *seed, *people, *big)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmatch:", err)
		os.Exit(1)
	}
}

func (b *bench) all(sets, apart, keep string, seed uint64, people int, big bool) error {
	b.dir = keep
	if keep == "" {
		tmp, err := os.MkdirTemp("", "muster-match-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		b.dir = tmp
	} else if err := os.MkdirAll(keep, 0o700); err != nil {
		return err
	}
	for i := range trial.Sets {
		s := &trial.Sets[i]
		if err := b.public(s, sets, seed); err != nil {
			return err
		}
		if s.Name == "h50k_dev" { // where the order has it
			if _, err := os.Stat(filepath.Join(apart, trial.Apart.Files[0])); apart == "" || err != nil {
				b.add("rl500 (name and birth date only), F1", "not here", "≥ 0.95", "–")
			} else if err := b.public(&trial.Apart, apart, seed); err != nil {
				return err
			}
		}
	}
	f, err := trial.Names(filepath.Join(sets, "name_bench_dev.csv.gz"))
	if err != nil {
		return err
	}
	b.add("name_bench (dev half), Person, best F1", fmt.Sprintf("%.4f", f), "≥ 0.80", yes(f >= 0.80))
	for _, s := range []struct {
		name string
		set  *population.Set
	}{{"force", population.People(people, seed)}, {"vehicles", population.Vehicles(people/2, seed)}} {
		if err := b.made(s.name, s.set); err != nil {
			return err
		}
	}
	b.lines = append(b.lines, b.sure...)
	cores := min(runtime.GOMAXPROCS(0), 2)
	b.add(fmt.Sprintf("pairs compared a second, %d cores, candidates and all (%d pairs)", cores, b.pairs), fmt.Sprintf("%.2f million", b.speed/1e6), "≥ 3 million", yes(b.speed >= 3e6))
	if big {
		if err := b.big(seed); err != nil {
			return err
		}
	} else {
		b.add("one million records, end to end", "not asked for: BIG=1", "≤ 60 s, ≤ 2 GB", "–")
	}
	return b.print()
}

func (b *bench) add(measure, measured, asked, met string) {
	b.lines = append(b.lines, line{measure, measured, asked, met})
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}

func (b *bench) run(p *trial.Prepared) (*trial.Result, error) {
	fmt.Fprintf(os.Stderr, "matching %s\n", p.Name)
	r, err := p.Run(b.musterctl, b.dir)
	if err != nil {
		return nil, err
	}
	if r.Took.Compared > b.pairs && r.Took.Compare > 0 {
		b.pairs, b.speed = r.Took.Compared, float64(r.Took.Compared)/r.Took.Compare
	}
	s := r.Score
	b.sure = append(b.sure, line{p.Name + ": pairs marked ≥ 0.99 that are true", fmt.Sprintf("%.2f %% of %d", 100*s.Sureness(), s.Sure), "≥ 99 %", yes(s.Sureness() >= 0.99)})
	return r, nil
}

// public measures one public set.
func (b *bench) public(s *trial.Set, from string, seed uint64) error {
	p, err := s.Prepare(from, b.dir, seed)
	if err != nil {
		return err
	}
	r, err := b.run(p)
	if err != nil {
		return err
	}
	v := r.Score
	got := fmt.Sprintf("%.4f (P %.4f, R %.4f)", v.F1, v.Precision, v.Recall)
	switch s.Name {
	case "febrl3":
		b.add("febrl3, F1 of clusters", got, "≥ 0.999", yes(v.F1 >= 0.999))
	case "fake1000":
		b.add("fake1000, F1", got, "≥ 0.985, P ≥ 0.995", yes(v.F1 >= 0.985 && v.Precision >= 0.995))
	case "h50k_dev":
		b.add("h50k_dev, F1", got, "≥ 0.95, P ≥ 0.99", yes(v.F1 >= 0.95 && v.Precision >= 0.99))
		b.add("h50k_dev, entities exactly right", fmt.Sprintf("%.1f %%", 100*v.Exact), "≥ 60 %", yes(v.Exact >= 0.60))
	case "rl500":
		b.add("rl500 (name and birth date only), F1", got, "≥ 0.95", yes(v.F1 >= 0.95))
	case "personal1000":
		b.add("personal1000 link, F1", got, "≥ 0.99", yes(v.F1 >= 0.99))
	default:
		b.add(s.Name+", F1", got, "", "–")
	}
	return nil
}

// made measures made-up records, and says which pairs that look alike were merged.
func (b *bench) made(name string, s *population.Set) error {
	p, err := trial.Made(name, s, b.dir)
	if err != nil {
		return err
	}
	r, err := b.run(p)
	if err != nil {
		return err
	}
	v := r.Score
	b.add(fmt.Sprintf("%s, %d made-up records, F1", name, len(s.Records)), fmt.Sprintf("%.4f (P %.4f, R %.4f)", v.F1, v.Precision, v.Recall), "(for information)", "–")
	b.add(name+", entities exactly right", fmt.Sprintf("%.1f %%", 100*v.Exact), "(for information)", "–")
	all, wrong := map[string]int{}, map[string]int{}
	var whys []string
	for _, x := range s.Relations {
		if all[x.Why]++; all[x.Why] == 1 {
			whys = append(whys, x.Why)
		}
	}
	for _, f := range r.False {
		if wrong[f.Why]++; wrong[f.Why] <= 5 {
			fmt.Fprintf(os.Stderr, "false merge of %s (%s): musterctl %s --explain %s,%s\n", f.Why, name, strings.Join(quoted(p.Args()), " "), f.A, f.B)
		}
	}
	for _, w := range whys {
		b.add(fmt.Sprintf("%s, false merges: %s", name, w), fmt.Sprintf("%d of %d", wrong[w], all[w]), "none", yes(wrong[w] == 0))
	}
	return nil
}

func quoted(args []string) (out []string) {
	for _, a := range args {
		if strings.ContainsAny(a, " |;&$") {
			a = "'" + a + "'"
		}
		out = append(out, a)
	}
	return out
}

// big measures a million records: time and memory of the whole run of the command.
func (b *bench) big(seed uint64) error {
	fmt.Fprintln(os.Stderr, "making up a million records")
	made := population.People(1_000_000, seed)
	p, err := trial.Made("million", made, b.dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "matching million")
	r, err := p.Run(b.musterctl, b.dir)
	if err != nil {
		return err
	}
	gb := float64(r.Took.PeakMemory) / (1 << 30)
	b.add(fmt.Sprintf("one million records (%d), end to end", r.Took.Records), fmt.Sprintf("%.1f s, %.2f GB", r.Took.Seconds, gb), "≤ 60 s, ≤ 2 GB", yes(r.Took.Seconds <= 60 && gb <= 2))
	b.add("one million records, F1", fmt.Sprintf("%.4f (P %.4f, R %.4f)", r.Score.F1, r.Score.Precision, r.Score.Recall), "(for information)", "–")
	b.add("one million records, pairs marked ≥ 0.99 that are true", fmt.Sprintf("%.2f %% of %d", 100*r.Score.Sureness(), r.Score.Sure), "≥ 99 %", yes(r.Score.Sureness() >= 0.99))
	speed := float64(r.Took.Compared) / max(r.Took.Compare, 1e-9)
	b.add(fmt.Sprintf("one million records, pairs compared a second (%d pairs)", r.Took.Compared), fmt.Sprintf("%.2f million", speed/1e6), "≥ 3 million", yes(speed >= 3e6))
	return b.typed(made, seed)
}

func (b *bench) print() error {
	if b.jsonOut {
		e := json.NewEncoder(os.Stdout)
		for _, l := range b.lines {
			if err := e.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	rows := append([]line{{"measure", "measured", "asked", "met?"}}, b.lines...)
	var w [4]int
	cells := func(l line) [4]string { return [4]string{l.Measure, l.Measured, l.Asked, l.Met} }
	for _, l := range rows {
		for i, c := range cells(l) {
			w[i] = max(w[i], utf8.RuneCountInString(c))
		}
	}
	out := bufio.NewWriter(os.Stdout)
	for n, l := range rows {
		for i, c := range cells(l) {
			fmt.Fprintf(out, "| %s%s ", c, strings.Repeat(" ", w[i]-utf8.RuneCountInString(c)))
		}
		fmt.Fprintln(out, "|")
		if n == 0 {
			for i := range w {
				fmt.Fprint(out, "| ", strings.Repeat("-", w[i]), " ")
			}
			fmt.Fprintln(out, "|")
		}
	}
	if v, err := exec.Command(b.musterctl, "--version").Output(); err == nil {
		fmt.Fprintf(out, "%s, %d processors\n", strings.TrimSpace(string(v)), runtime.NumCPU())
	}
	return out.Flush()
}

// made writes made-up records to standard output.
func made(kind string, n int, seed uint64) error {
	var s *population.Set
	switch kind {
	case "person":
		s = population.People(n, seed)
	case "vehicle":
		s = population.Vehicles(n, seed)
	default:
		return fmt.Errorf("records of the kind %q are not made up: person or vehicle", kind)
	}
	s.Columns = append(append([]string(nil), s.Columns...), "entity")
	for i := range s.Records {
		r := &s.Records[i]
		r.Values = append(r.Values, fmt.Sprint(r.Entity))
	}
	w := bufio.NewWriter(os.Stdout)
	if err := s.WriteCSV(w); err != nil {
		return err
	}
	return w.Flush()
}
