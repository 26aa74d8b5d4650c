// Package caseview turns the records of an entity and of what is linked to it into one case: merged values with their sources
// and disagreements, warning signals, links and a timeline.
package caseview

import (
	"time"

	"muster/app/match"
	"muster/plugins/pole"
)

// Source is who says a value: which record of which system, read when, in which words.
type Source struct {
	Ref     pole.Ref     `json:"ref"`
	Value   pole.Value   `json:"value"`
	Read    time.Time    `json:"read"`
	Old     bool         `json:"old,omitempty"` // from a stored copy, because the system did not answer
	From    string       `json:"from,omitempty"`
	To      string       `json:"to,omitempty"`
	Path    string       `json:"path,omitempty"`
	Marking pole.Marking `json:"marking,omitzero"`
}

// Alternative is one distinct value of a property and everyone who says it.
type Alternative struct {
	Value   pole.Value `json:"value"`
	Display string     `json:"display"`
	Sources []Source   `json:"sources"`
	Say     string     `json:"say,omitempty"` // how it differs from the best: 'day and month swapped'
}

// Merged is one property of an entity: the best value first, then every other.
type Merged struct {
	Property pole.Property `json:"property"`
	Label    string        `json:"label"`
	Values   []Alternative `json:"values"`
	Disagree bool          `json:"disagree"`
	Rule     Rule          `json:"rule,omitempty"`   // by which the first value stands before the second
	Why      string        `json:"why,omitempty"`    // the same in words
	Weight   float64       `json:"weight,omitempty"` // of a disagreement: 0 to 80, by how much depends on the property, how far the values lie apart and how many systems say otherwise
}

// Rule is a rule by which one value stands before another.
type Rule string

// The rules, in the order in which they are tried; see Build.
const (
	RuleReadable  Rule = "readable"
	RuleSound     Rule = "sound"
	RuleHolds     Rule = "holds"
	RuleAuthority Rule = "authority"
	RuleRecent    Rule = "recent"
	RuleAgreement Rule = "agreement"
	RuleComplete  Rule = "complete"
	RuleOrder     Rule = "order"
)

// Warning is a warning signal on the subject, with everyone who raises it.
type Warning struct {
	Code    string   `json:"code"`
	Label   string   `json:"label"`
	Level   string   `json:"level"` // danger or caution
	Sources []Source `json:"sources"`
}

// Linked is an entity that the subject is linked to.
type Linked struct {
	Entity  string     `json:"entity,omitempty"` // its entity ID where its records are at hand
	Refs    []pole.Ref `json:"refs"`
	Kind    pole.Kind  `json:"kind"`
	Class   pole.Class `json:"class"`
	Title   string     `json:"title"`
	Roles   []string   `json:"roles"` // in words
	Systems []string   `json:"systems"`
	Sources []Source   `json:"sources,omitempty"` // the records that state the link; the Value is its role
}

// Moment is one entry of the timeline. When is a partial date or an RFC 3339 instant; Sort orders it.
type Moment struct {
	When    string     `json:"when"`
	Sort    time.Time  `json:"sort"`
	Display string     `json:"display"`
	Kind    pole.Kind  `json:"kind"`
	Title   string     `json:"title"`
	Detail  string     `json:"detail,omitempty"`
	Refs    []pole.Ref `json:"refs"`
	Systems []string   `json:"systems"`
	Sources []Source   `json:"sources,omitempty"` // its records; the Value is when each says that it was
}

// Gap is a part of the case that could not be read.
type Gap struct {
	System string     `json:"system"`
	Refs   []pole.Ref `json:"refs,omitempty"`
	Say    string     `json:"say"`
}

// Asked is how one system answered when the subject was looked for. State keeps apart what must not be confused.
type Asked struct {
	System string     `json:"system"`
	State  AskedState `json:"state"`
	Say    string     `json:"say,omitempty"` // why not, in words
	At     time.Time  `json:"at"`
}

// AskedState is how a system answered.
type AskedState string

// The states.
const (
	AskedFound  AskedState = "found"        // something, though not necessarily of the subject
	AskedNone   AskedState = "no trace"     // it was searched, and has nothing
	AskedNot    AskedState = "not searched" // it did not answer
	AskedPart   AskedState = "in part"      // a part of it did not answer
	AskedCannot AskedState = "cannot ask"   // it has no search of this kind
)

// Case is one entity and everything known around it.
type Case struct {
	ID            string           `json:"id"`
	Kind          pole.Kind        `json:"kind"`
	Class         pole.Class       `json:"class"`
	Title         string           `json:"title"`
	Detail        string           `json:"detail"`
	Warnings      []Warning        `json:"warnings"`
	Disagreements []Merged         `json:"disagreements"`
	Agreed        []Merged         `json:"agreed"`
	Linked        []Linked         `json:"linked"`
	Timeline      []Moment         `json:"timeline"`
	Records       []pole.Record    `json:"records"`       // of the subject itself
	Around        []match.Entity   `json:"-"`             // what is linked and at hand, as it was read: for timeline, map and chart
	Old           map[string]bool  `json:"old,omitempty"` // by Ref.String: read from a stored copy
	Possible      []match.Possible `json:"possible,omitempty"`
	Judged        []match.Standing `json:"judged,omitempty"` // what people decided about its records, the latest first
	// Contradicts are judgements that two of its records are not the same, which a later one overrode.
	Contradicts []match.Judgement `json:"contradicts,omitempty"`
	Why         []match.Link      `json:"-"`
	Marking     pole.Marking      `json:"marking"` // the highest of its parts
	Read        time.Time         `json:"read"`    // the oldest reading in it
	Gaps        []Gap             `json:"gaps,omitempty"`
	Asked       []Asked           `json:"asked,omitempty"` // how each system answered when the subject was looked for; none of a system that was not asked
	Copy        time.Time         `json:"copy,omitzero"`   // when what is shown was kept, where it is a kept copy and no system was asked
	Naming      []pole.Property   `json:"-"`               // what Title and Detail are written with
}

// Input is what Build needs.
type Input struct {
	Entity match.Entity
	Around []match.Entity  // entities linked to it, at hand
	Old    map[string]bool // by Ref.String
	Gaps   []Gap
	Asked  []Asked

	Authority map[string][]pole.Property // by system: what it is the authority for
	Names     map[string]string          // by system: what the force calls it
}
