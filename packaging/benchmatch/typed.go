package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"muster/app/match"
	"muster/app/match/files"
	"muster/app/match/files/population"
	"muster/assets"
	"muster/plugins/pole"
)

// typedQuestions is how many people are typed, each with what an officer has typed at some point.
const typedQuestions = 3000

// typed measures how long it takes to say who may be the one that is being typed, explained, among many records.
func (b *bench) typed(s *population.Set, seed uint64) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	columns, err := files.ParseMap(dict, pole.Kind(s.Kind), s.Map)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, c := range s.Columns {
		at[c] = i
	}
	record := func(i int) pole.Record {
		r := pole.Record{Ref: pole.Ref{System: "made", ID: s.Records[i].Values[0]}, Kind: pole.Kind(s.Kind)}
		for _, c := range columns {
			if v := s.Records[i].Values[at[c.Names[0]]]; v != "" {
				r.Facts = append(r.Facts, pole.Fact{Property: c.Property, Value: dict.Normalise(c.Property, v)})
			}
		}
		return r
	}
	fmt.Fprintln(os.Stderr, "taking in records to be asked for")
	f := match.NewFinder(dict, pole.Kind(s.Kind))
	for i := range s.Records {
		f.Put(record(i))
	}
	rng := rand.New(rand.NewPCG(seed, 9))
	var took []time.Duration
	found, asked := 0, 0
	for len(took) < typedQuestions {
		i := rng.IntN(len(s.Records))
		whole := record(i)
		typed := asTyped(whole, rng)
		if len(typed) < 2 {
			continue
		}
		start := time.Now()
		hits := f.Ask(typed, 8)
		for _, h := range hits {
			f.Explain(h, whole)
		}
		took = append(took, time.Since(start))
		if len(typed) > 2 { // a name and a date: it is to be among them
			asked++
			if slices.ContainsFunc(hits, func(h match.Hit) bool { return h.Ref == whole.Ref }) {
				found++
			}
		}
	}
	slices.Sort(took)
	p := func(q float64) time.Duration { return took[int(q*float64(len(took)-1))] }
	b.add(fmt.Sprintf("who is being typed, among %d records, 8 explained: 99th percentile (median %.1f ms)", len(s.Records), ms(p(0.5))), fmt.Sprintf("%.1f ms", ms(p(0.99))), "≤ 50 ms", yes(p(0.99) <= 50*time.Millisecond))
	b.add("of names and dates typed, the record is among the eight", fmt.Sprintf("%.1f %%", 100*float64(found)/float64(max(asked, 1))), "(for information)", "–")
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// asTyped is what somebody has typed of a person so far: the beginning of a surname, with or without a given name, or a
// name and the date of birth.
func asTyped(r pole.Record, rng *rand.Rand) []pole.Fact {
	var out []pole.Fact
	far := rng.IntN(3)
	for _, f := range r.Facts {
		text := f.Value.Norm
		switch {
		case text == "":
		case f.Property == "surname" && far < 2:
			runes := []rune(text)
			text = string(runes[:min(len(runes), 3+rng.IntN(3))])
			out = append(out, pole.Fact{Property: f.Property, Value: pole.Value{Source: text, Norm: text}})
		case f.Property == "surname", f.Property == "givenName", f.Property == "dateOfBirth" && far > 0:
			f.Value.Norm = strings.TrimSpace(text)
			out = append(out, f)
		}
	}
	return out
}
