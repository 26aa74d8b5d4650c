package trial

import (
	"math"
	"testing"

	"muster/app/match/files"
	"muster/app/match/files/population"
	"muster/app/match/linkage"
	"muster/assets"
	"muster/plugins/pole"
)

// match runs the matcher in this process and scores it.
func match(t *testing.T, p *Prepared) (Score, map[string]string) {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	job := files.Job{Kind: pole.Kind(p.Kind), ID: "id", System: p.System, Files: p.Files}
	if job.Columns, err = files.ParseMap(d, job.Kind, p.Map); err != nil {
		t.Fatal(err)
	}
	table, err := job.Read(d)
	if err != nil {
		t.Fatal(err)
	}
	res := table.Run(linkage.Options{Cross: p.Truth.Cross, Families: p.System != ""})
	clusters := map[string]string{}
	for i, c := range res.Clusters {
		clusters[table.ID(i)] = table.ID(int(c))
	}
	var pairs []Pair
	for _, l := range res.Links {
		pairs = append(pairs, Pair{table.ID(int(l.I)), table.ID(int(l.J)), l.Probability})
	}
	return p.Truth.Of(clusters, pairs), clusters
}

func TestPublicSetsAreMatchedAsWellAsBefore(t *testing.T) {
	least := map[string]struct {
		f1, precision float64
		heavy         bool
	}{"fake1000": {0.985, 0.995, false}, "personal1000": {0.99, 0.99, false}, "febrl3": {0.999, 0.999, true}}
	for i := range Sets {
		s := &Sets[i]
		want, ok := least[s.Name]
		if !ok || want.heavy && raced {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			p, err := s.Prepare("../testdata", t.TempDir(), 11)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := match(t, p)
			if got.F1 < want.f1 || got.Precision < want.precision || got.Sureness() < 0.99 {
				t.Errorf("%+v, asked: F1 %v at precision %v", got, want.f1, want.precision)
			}
		})
	}
}

func TestNamesAreComparedAsWellAsBefore(t *testing.T) {
	if f, err := Names("../testdata/name_bench_dev.csv.gz"); err != nil || f < 0.80 {
		t.Errorf("best F1 %v, %v", f, err)
	}
}

func TestMadeUpForceIsMatched(t *testing.T) {
	n := 3000
	if raced {
		n = 600
	}
	for _, s := range []*population.Set{population.People(n, 3), population.Vehicles(n, 3)} {
		p, err := Made(s.Kind, s, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		got, _ := match(t, p)
		if got.F1 < 0.80 || got.Precision < 0.95 || got.Sureness() < 0.99 {
			t.Errorf("%s: %+v", s.Kind, got)
		}
	}
}

func TestScoreCountsEveryTruePairOnce(t *testing.T) {
	truth := Truth{Entity: map[string]string{"1": "a", "2": "a", "3": "a", "4": "b", "5": "b", "6": "c"}, File: map[string]int{}}
	// one cluster {1,2,4}, 5 alone, 3 not named: said 3 pairs, right 1, true 4
	s := truth.Of(map[string]string{"1": "x", "2": "x", "4": "x", "5": "y", "6": "z"}, []Pair{{"1", "2", 0.995}, {"1", "4", 0.99}, {"2", "3", 0.5}})
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-9 }
	if !near(s.Precision, 1.0/3) || !near(s.Recall, 1.0/4) || !near(s.F1, 2.0/7) || !near(s.Exact, 1.0/3) || s.Sure != 2 || s.SureTrue != 1 {
		t.Errorf("%+v", s)
	}
	truth.Cross, truth.File = true, map[string]int{"1": 0, "2": 1, "3": 1, "4": 0, "5": 1, "6": 0}
	// across files: true 1-2 1-3 4-5; said 1-2 2-4; right 1-2
	s = truth.Of(map[string]string{"1": "x", "2": "x", "4": "x"}, []Pair{{"1", "4", 1}, {"4", "2", 1}})
	if !near(s.Precision, 0.5) || !near(s.Recall, 1.0/3) || s.Sure != 1 || s.SureTrue != 0 {
		t.Errorf("across: %+v", s)
	}
}

func TestBestF1(t *testing.T) {
	// ties move together: the true and the false one at 0.5 come both
	got := BestF1([]Judged{{0.9, true}, {0.5, true}, {0.5, false}, {0.1, false}})
	if want := 2 * (2.0 / 3) / (2.0/3 + 1); math.Abs(got-want) > 1e-9 {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFalseMergesAreFound(t *testing.T) {
	p := Prepared{Truth: Truth{Entity: map[string]string{"r1": "1", "r2": "1", "r3": "2", "r4": "3"}},
		Relations: []population.Relation{{A: 1, B: 2, Why: "twins"}, {A: 1, B: 3, Why: "siblings"}}}
	got := p.False(map[string]string{"r1": "x", "r2": "y", "r3": "y", "r4": "z"})
	if len(got) != 1 || got[0] != (False{"r2", "r3", "twins"}) {
		t.Errorf("%v", got)
	}
}
