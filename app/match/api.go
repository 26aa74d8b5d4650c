// Package match decides which records are the same person, object, place or event, says why, and never rewrites a record.
package match

import "muster/plugins/pole"

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
	A, B        pole.Ref
	Probability float64
	Evidence    []Evidence
}

// Possible is another entity that may be the same, shown and never merged by itself.
type Possible struct {
	Entity   string     `json:"entity"`
	Say      string     `json:"say"`
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Entity is a set of records held to be one person, object, place or event. ID is the written form of its smallest Ref,
// so that it stays the same while records arrive and across runs wherever that record is in it.
type Entity struct {
	ID       string        `json:"id"`
	Kind     pole.Kind     `json:"kind"`
	Records  []pole.Record `json:"records"`
	Why      []Link        `json:"-"` // the links that hold it together
	Possible []Possible    `json:"possible,omitempty"`
}
