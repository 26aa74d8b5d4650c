package linkage

import (
	"math"

	"muster/app/match/names"
	"muster/plugins/pole"
)

// Pairs compares records two at a time by what is assumed of any force's records, where there are too few to learn from: a
// few answers to a search. How rare a name is comes from published lists of names. It is for one goroutine at a time.
type Pairs struct {
	t     *Table
	s     *scorer
	m     *memo
	model *Model
}

// assumedPrior is the chance that two records of a force's systems, taken at random, are of one entity, in bits.
const assumedPrior = -16

// strangers is which share of pairs of two entities look so, by level from 1 on: what a force of a few hundred thousand
// people, vehicles and places would see.
var strangers = map[sort][]float64{
	ofDate:     {1.0 / 20000, 1.0 / 80, 1e-4, 1.2e-3, 8e-3, 0.016, 0.03, 0.94},
	ofPostcode: {5e-5, 5e-5, 3e-4, 5e-3, 0.15, 0.84},
	ofLine:     {5e-5, 5e-5, 2e-4, 5e-3, 2e-3, 0.99},
	ofCode:     {1e-6, 1e-5, 1e-5, 1},
	ofPlate:    {1e-6, 1e-5, 1e-5, 1},
	ofPhone:    {1e-5, 1e-5, 1e-4, 1},
	ofEmail:    {1e-6, 1e-6, 1e-5, 1e-4, 1},
	ofText:     {0.02, 0.01, 0.05, 0.92},
	ofCategory: {0.5, 0.5},
}

// strangersNames are those of the four features of a name.
var strangersNames = [4][]float64{
	{6e-3, 3e-3, 0.02, 3e-3, 0.012, 0.004, 0.95},
	{2e-3, 1e-3, 0.01, 2e-3, 0.008, 0.002, 0.97},
	{0.02, 0.07, 0.91},
	{1, 1},
}

// NewPairs makes a Pairs for records of a kind.
func NewPairs(d *pole.Dictionary, kind pole.Kind) *Pairs {
	t := NewTable(NewSchema(d, kind))
	m := t.defaultModel()
	m.Prior, m.Related = assumedPrior, relatedPrior
	for i := range m.Features {
		f := &m.Features[i]
		field := t.schema.fields[t.schema.features[i].field]
		u := strangers[field.sort]
		if f.TF = 0; field.sort == ofName {
			u = strangersNames[i-field.feature]
			if i-field.feature < 2 {
				f.TF = 1
			}
		}
		copy(f.U[1:], u)
	}
	for _, c := range t.cols {
		c.words.assume = true
	}
	return &Pairs{t: t, s: newScorer(t, m), m: new(memo), model: m}
}

// assumed sets how rare a word is where there are no data to count it in.
func (w *word) assumed() {
	bits := names.Bits(w.s)
	w.share = [2]float32{float32(-bits), float32(-bits)}
	w.bits = 8
	if _, short := streetShort[w.s]; short {
		w.bits = 1
	}
}

// streetShort are the words that many streets end in.
var streetShort = func() map[string]bool {
	out := map[string]bool{}
	for _, s := range streetForms {
		out[s] = true
	}
	return out
}()

// Add takes in a record and returns its number for Explain.
func (p *Pairs) Add(r pole.Record) int {
	facts := make([]Fact, 0, len(r.Facts))
	for _, f := range r.Facts {
		v := f.Value.Norm
		if v == "" || f.Value.Problem != "" {
			v = f.Value.Source
		}
		facts = append(facts, Fact{f.Property, v})
	}
	return p.t.Add("", "", facts)
}

// Explain says what speaks for and against two records being one.
func (p *Pairs) Explain(i, j int) Explanation { return p.t.explain(p.s, p.model.Prior, i, j, p.m) }

// Bits is the sum of an explanation without its words.
func (p *Pairs) Bits(i, j int) float64 {
	var ls levels
	return math.Round(float64(p.s.score(i, j, p.m, &ls))*100) / 100
}
