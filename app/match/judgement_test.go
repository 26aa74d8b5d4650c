package match

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/plugins/pole"

	"pgregory.net/rapid"
)

func refOf(s string) pole.Ref {
	system, id, _ := strings.Cut(s, "/")
	return pole.Ref{System: system, ID: id}
}

// judged reads "1 rms/1 same cad/2" and "4 undoes 1".
func judged(line string) Judgement {
	f := strings.Fields(line)
	j := Judgement{By: "PC 2214 Okafor", Reason: "I know them", At: read.Add(time.Hour)}
	if f[1] == "undoes" {
		_, _ = fmt.Sscan(f[0], &j.ID)
		_, _ = fmt.Sscan(f[2], &j.Undoes)
		return j
	}
	_, _ = fmt.Sscan(f[0], &j.ID)
	j.A, j.Verdict, j.B = refOf(f[1]), Verdict(f[2]), refOf(f[3])
	return j
}

func TestJudgements(t *testing.T) {
	d := dictionary(t)
	const (
		miller = "surname Miller|givenName Aaron|dateOfBirth 03/11/2011"
		pnc    = "pncId 2014/0120018R|"
		khan   = "surname Khan|givenName Yusuf|dateOfBirth 25/06/1984"
	)
	for _, c := range []struct {
		name    string
		records []string
		judge   []string
		want    string
		possible,
		contradicts string // of some Possible, of some Entity
	}{
		{"two strangers joined by hand", []string{"rms/1: " + miller, "cad/2: " + khan}, []string{"1 rms/1 same cad/2"}, "cad/2+rms/1", "", ""},
		{"a join by hand takes whole entities along", []string{"rms/1: " + pnc + miller, "cus/3: " + pnc + miller, "cad/2: " + khan}, []string{"1 rms/1 same cad/2"}, "cad/2+cus/3+rms/1", "", ""},
		{"taken back", []string{"rms/1: " + miller, "cad/2: " + khan}, []string{"1 rms/1 same cad/2", "2 undoes 1"}, "cad/2 rms/1", "", ""},
		{"kept apart against a rule, and said", []string{"rms/1: " + pnc + miller, "cus/2: " + pnc + miller}, []string{"1 rms/1 not-same cus/2"}, "cus/2 rms/1", "Would be joined, but judged not the same by PC 2214 Okafor", ""},
		{"not the same is no more possibly the same", []string{"rms/1: " + miller, "rms/2: " + miller}, []string{"1 rms/1 not-same rms/2"}, "rms/1 rms/2", "", ""},
		{"not sure stays possibly the same, out of the rules' reach", []string{"rms/1: " + pnc + miller, "cus/2: " + pnc + miller}, []string{"1 rms/1 unsure cus/2"}, "cus/2 rms/1", "Not sure, says PC 2214 Okafor", ""},
		{"not sure is shown though nothing speaks for it", []string{"rms/1: " + miller, "cus/2: " + khan}, []string{"1 rms/1 unsure cus/2"}, "cus/2 rms/1", "Not sure, says PC 2214 Okafor", ""},
		{"a third record goes to the one that it fits better", []string{"rms/1: " + pnc + miller + "|nationalInsuranceNumber AB123456C", "cus/2: " + pnc + miller, "int/3: " + pnc + miller + "|nationalInsuranceNumber AB123456C"},
			[]string{"1 rms/1 not-same cus/2"}, "cus/2 int/3+rms/1", "Would be joined, but judged not the same", ""},
		{"a third record that fits both as well goes to neither", []string{"rms/1: " + pnc + miller, "cus/2: " + pnc + miller, "int/3: " + pnc + miller, "cad/4: " + pnc + miller},
			[]string{"1 rms/1 not-same cus/2"}, "cad/4+int/3 cus/2 rms/1", "Would be joined, but judged not the same", ""},
		{"a later join by hand overrides, and says so", []string{"rms/1: " + miller, "cad/2: " + khan}, []string{"1 rms/1 not-same cad/2", "2 rms/1 same cad/2"}, "cad/2+rms/1", "", "1"},
		{"the override taken back, the first holds again", []string{"rms/1: " + pnc + miller, "cad/2: " + pnc + miller}, []string{"1 rms/1 not-same cad/2", "2 rms/1 same cad/2", "3 undoes 2"}, "cad/2 rms/1", "Would be joined", ""},
		{"a chain of later joins overrides, and says so", []string{"rms/1: " + miller, "cad/2: " + khan, "int/3: surname Doyle"}, []string{"1 rms/1 not-same cad/2", "2 rms/1 same int/3", "3 int/3 same cad/2"}, "cad/2+int/3+rms/1", "", "1"},
		{"of a chain the earliest join gives way to a later 'not the same'", []string{"rms/1: " + miller, "cad/2: " + khan, "int/3: surname Doyle"}, []string{"1 rms/1 same int/3", "2 int/3 same cad/2", "3 rms/1 not-same cad/2"}, "cad/2+int/3 rms/1", "", ""},
		{"a record that is not at hand does nothing", []string{"rms/1: " + miller, "cad/2: " + khan}, []string{"1 rms/1 same int/9"}, "cad/2 rms/1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rs []pole.Record
			for _, line := range c.records {
				ref, facts, _ := strings.Cut(line, ": ")
				rs = append(rs, rec(d, ref, "person", facts))
			}
			var js []Judgement
			for _, line := range c.judge {
				js = append(js, judged(line))
			}
			for _, first := range []bool{false, true} {
				g := New(d)
				if first {
					g.Judge(js...)
				}
				g.Add(rs...)
				if !first {
					for _, j := range js {
						g.Judge(j)
					}
				}
				if got := groups(g.Entities()); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
				possible, contradicts := "", ""
				for _, e := range g.Entities() {
					for _, p := range e.Possible {
						possible += p.Say + "; "
						if p.A == p.B || p.A.IsZero() || p.B.IsZero() || strings.HasPrefix(p.Say, "Would") && len(p.Contradicts) == 0 {
							t.Errorf("%+v", p)
						}
					}
					for _, j := range e.Contradicts {
						contradicts += fmt.Sprint(j.ID)
					}
				}
				if !strings.Contains(possible, c.possible) || c.possible == "" && possible != "" {
					t.Errorf("possibly the same: %q, want %q", possible, c.possible)
				}
				if contradicts != c.contradicts {
					t.Errorf("contradicts %q, want %q", contradicts, c.contradicts)
				}
			}
		})
	}
}

// A join by hand says whose it is, stands though the records change, and says that they did.
func TestJudgedRecordsChange(t *testing.T) {
	d := dictionary(t)
	a, b := rec(d, "rms/1", "person", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011"), rec(d, "cad/2", "person", "surname Khan|givenName Yusuf")
	g := New(d)
	g.Add(a, b)
	j := Judgement{ID: 7, A: a.Ref, B: b.Ref, Verdict: Same, Reason: "one photograph", By: "PC 1", At: read.Add(time.Minute), SaidA: Basis(d, a), SaidB: Basis(d, b)}
	changed, gone := g.Judge(j)
	if len(changed) != 1 || len(gone) != 1 {
		t.Fatal(changed, gone)
	}
	e := changed[0]
	if len(e.Why) != 1 || e.Why[0].Judged == nil || e.Why[0].Judged.Reason != "one photograph" || len(e.Judged) != 1 || len(e.Judged[0].Changes) != 0 {
		t.Fatalf("%+v", e)
	}
	if again, _ := g.Judge(j); again != nil {
		t.Error("one judgement was taken twice")
	}
	less := rec(d, "rms/1", "person", "surname MILLER")
	less.Read = read.Add(time.Hour)
	if changed, _ := g.Add(less); len(changed) != 1 || len(changed[0].Judged[0].Changes) != 0 || len(changed[0].Records) != 2 {
		t.Errorf("a reading that says less is no change: %+v", changed)
	}
	later := rec(d, "rms/1", "person", "surname Miller|givenName Aaron|dateOfBirth 11/03/2011")
	later.Read = read.Add(2 * time.Hour)
	changed, _ = g.Add(later)
	if len(changed) != 1 || len(changed[0].Records) != 2 || len(changed[0].Judged[0].Changes) != 1 {
		t.Fatalf("%+v", changed)
	}
	if c := changed[0].Judged[0].Changes[0]; c.Was != "03/11/2011" || c.Now != "11/03/2011" || c.Label != "Date of birth" || c.Ref != a.Ref {
		t.Errorf("%+v", c)
	}
	later.Read, later.Facts, later.Updated = read.Add(3*time.Hour), a.Facts, read.Add(90*time.Minute)
	if changed, _ = g.Add(later); len(changed) != 1 || len(changed[0].Judged[0].Changes) != 1 || changed[0].Judged[0].Changes[0].Property != "" {
		t.Errorf("that its system says it changed is not said: %+v", changed)
	}
}

func TestJoinedReachesThroughOthers(t *testing.T) {
	js := []Judgement{judged("1 rms/1 same cad/2"), judged("2 cad/2 same int/3"), judged("3 int/3 same cus/4"), judged("4 int/3 not-same cus/4"), judged("5 rms/1 same veh/5"), judged("6 undoes 5")}
	if got := Joined(js, refOf("rms/1")); !slices.Equal(got, []pole.Ref{refOf("cad/2"), refOf("int/3")}) {
		t.Error(got)
	}
}

// verdicts draws judgements about records, some taken back, numbered from first on.
func verdicts(t *rapid.T, rs []pole.Record, first uint64, n int) (out []Judgement) {
	for i := range rapid.IntRange(0, n).Draw(t, "judgements") {
		id := first + uint64(i)
		if i > 0 && rapid.IntRange(0, 3).Draw(t, "undo") == 0 {
			out = append(out, Judgement{ID: id, By: "PC 1", At: read, Undoes: first + uint64(rapid.IntRange(0, i-1).Draw(t, "which"))})
			continue
		}
		a, b := rapid.SampledFrom(rs).Draw(t, "a"), rapid.SampledFrom(rs).Draw(t, "b")
		out = append(out, Judgement{ID: id, A: a.Ref, B: b.Ref, By: "PC 1", Reason: fmt.Sprint("reason ", id), At: read,
			Verdict: rapid.SampledFrom([]Verdict{Same, NotSame, Unsure}).Draw(t, "verdict")})
	}
	return out
}

// Records and judgements in any order and any batches give the same entities, and what is announced adds up to them.
func TestOrderOfJudgementsDoesNotMatter(t *testing.T) {
	d := dictionary(t)
	gen := crowd(d)
	rapid.Check(t, func(t *rapid.T) {
		rs := gen.Draw(t, "records")
		js := verdicts(t, rs, 1, 8)
		whole := New(d)
		whole.Judge(js...)
		whole.Add(rs...)
		want := whole.Entities()

		type step struct {
			r *pole.Record
			j *Judgement
		}
		var steps []step
		for i := range rs {
			steps = append(steps, step{r: &rs[i]})
		}
		for i := range js {
			steps = append(steps, step{j: &js[i]})
		}
		g := New(d)
		seen := announced{}
		for _, s := range rapid.Permutation(steps).Draw(t, "order") {
			var changed []Entity
			var gone []string
			if s.r != nil {
				changed, gone = g.Add(*s.r)
			} else {
				changed, gone = g.Judge(*s.j)
			}
			seen.hear(t, changed, gone)
		}
		got := g.Entities()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("by this order\n%s\nall at once\n%s%s", groups(got), groups(want), firstDifference(got, want))
		}
		seen.must(t, got)
	})
}

// Whatever was judged and taken back again leaves nothing behind.
func TestUndoRestoresTheStateBefore(t *testing.T) {
	d := dictionary(t)
	gen := crowd(d)
	rapid.Check(t, func(t *rapid.T) {
		rs := gen.Draw(t, "records")
		g := New(d)
		g.Add(rs...)
		g.Judge(verdicts(t, rs, 1, 6)...)
		before := g.Entities()
		more := verdicts(t, rs, 100, 6)
		var undo []Judgement
		for _, j := range more {
			g.Judge(j)
			if j.Undoes == 0 {
				undo = append(undo, Judgement{ID: 200 + j.ID, By: "PC 2", At: read, Undoes: j.ID})
			}
		}
		if len(undo) > 1 {
			undo = rapid.Permutation(undo).Draw(t, "order")
		}
		for _, j := range undo {
			g.Judge(j)
		}
		if after := g.Entities(); !reflect.DeepEqual(after, before) {
			t.Fatalf("after\n%s\nbefore\n%s%s", groups(after), groups(before), firstDifference(after, before))
		}
	})
}

// What people decided holds, or is said not to hold and by which later judgement.
func TestJudgementsHold(t *testing.T) {
	d := dictionary(t)
	gen := crowd(d)
	rapid.Check(t, func(t *rapid.T) {
		rs := gen.Draw(t, "records")
		js := verdicts(t, rs, 1, 8)
		g := New(d)
		g.Add(rs...)
		g.Judge(js...)
		in := map[pole.Ref]Entity{}
		for _, e := range g.Entities() {
			for _, r := range e.Records {
				in[r.Ref] = e
			}
			if len(e.Records) != len(e.Why)+1 {
				t.Fatalf("%d records are held by %d links", len(e.Records), len(e.Why))
			}
		}
		told := map[[2]pole.Ref]bool{}
		for _, j := range InForce(js) {
			a, b := in[j.A], in[j.B]
			if j.A == j.B || a.Kind != b.Kind {
				continue
			}
			i := slices.IndexFunc(a.Judged, func(s Standing) bool { return s.ID == j.ID })
			if i < 0 || !slices.ContainsFunc(b.Judged, func(s Standing) bool { return s.ID == j.ID }) {
				t.Fatalf("judgement %d is not told at both entities", j.ID)
			}
			s := a.Judged[i]
			together := a.ID == b.ID
			switch {
			case s.SetAside != 0 && s.SetAside <= j.ID:
				t.Fatalf("judgement %d gives way to the earlier %d", j.ID, s.SetAside)
			case told[j.pair()], s.SetAside != 0:
			case j.Verdict == Same && !together:
				t.Fatalf("judged the same and apart: %+v", s)
			case j.Verdict != Same && together:
				t.Fatalf("judged %s and together: %+v", j.Verdict, s)
			}
			if together && j.Verdict == NotSame && !slices.ContainsFunc(a.Contradicts, func(c Judgement) bool { return c.Verdict == NotSame }) {
				t.Fatalf("together against judgement %d, and nobody is told", j.ID)
			}
			told[j.pair()] = true
		}
		for _, e := range g.Entities() {
			for _, p := range e.Possible {
				for _, s := range e.Judged {
					if s.Entity == p.Entity && s.SetAside == 0 && s.Verdict == NotSame && len(p.Contradicts) == 0 && p.Unsure == nil {
						t.Fatalf("judged not the same and suggested: %+v", p)
					}
				}
			}
		}
	})
}
