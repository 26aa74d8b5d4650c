// Package match decides which records are the same person, object, place or event, says why, and never rewrites a record.
package match

import (
	"slices"

	"muster/plugins/pole"
)

// Evidence is one reason for or against a link.
type Evidence struct {
	Property pole.Property `json:"property"`
	A        string        `json:"a"`
	B        string        `json:"b"`
	Say      string        `json:"say"`  // 'PNC ID equal', 'day and month swapped'
	Bits     float64       `json:"bits"` // weight of evidence; negative speaks against
}

// Link is a decision about two records.
type Link struct {
	A           pole.Ref   `json:"a"`
	B           pole.Ref   `json:"b"`
	Prior       float64    `json:"prior"`       // in bits: how likely the two were one before any evidence
	Probability float64    `json:"probability"` // of the prior and all evidence together
	Evidence    []Evidence `json:"evidence"`
	Judged      *Judgement `json:"judged,omitempty"` // set where a person joined the two, whatever the evidence
}

// Bits is the prior and all evidence together.
func (l Link) Bits() float64 {
	sum := l.Prior
	for _, e := range l.Evidence {
		sum += e.Bits
	}
	return sum
}

// seenFrom is the evidence with A being what the record a says.
func (l Link) seenFrom(a pole.Ref) []Evidence {
	if a == l.A {
		return l.Evidence
	}
	out := slices.Clone(l.Evidence)
	for i := range out {
		out[i].A, out[i].B = out[i].B, out[i].A
	}
	return out
}

// Possible is another entity that may be the same, shown and never merged by itself.
type Possible struct {
	Entity      string      `json:"entity"`
	Say         string      `json:"say"`
	A           pole.Ref    `json:"a"` // the two records compared, the first of the entity itself
	B           pole.Ref    `json:"b"`
	Prior       float64     `json:"prior"`       // as of Link
	Probability float64     `json:"probability"` // as of Link: of the two records, whatever keeps them apart
	Evidence    []Evidence  `json:"evidence,omitempty"`
	Unsure      *Judgement  `json:"unsure,omitempty"`      // a person was not sure
	Contradicts []Judgement `json:"contradicts,omitempty"` // the rules would join the two, and this does not let them
}

// Entity is a set of records held to be one person, object, place or event. ID is the written form of its smallest Ref,
// so that it stays the same while records arrive and across runs wherever that record is in it.
type Entity struct {
	ID       string        `json:"id"`
	Kind     pole.Kind     `json:"kind"`
	Records  []pole.Record `json:"records"`
	Why      []Link        `json:"-"` // the links that hold it together
	Possible []Possible    `json:"possible,omitempty"`
	// Judged are the judgements about its records, the latest first: what joins it by hand, what keeps it from others.
	Judged []Standing `json:"judged,omitempty"`
	// Contradicts are judgements that two of its records are not the same, which a later one overrode.
	Contradicts []Judgement `json:"contradicts,omitempty"`
}
