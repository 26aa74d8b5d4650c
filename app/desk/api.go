// Package desk is the one door for the window and for musterctl: it wires sign-in, systems and store into use cases.
package desk

import (
	"cmp"
	"time"

	"muster/app/caseview"
	"muster/app/evaluate"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

// Topic says what a Notice is about.
type Topic string

// The topics.
const (
	TopicState   Topic = "state"   // signed in, locked, signed out
	TopicSystems Topic = "systems" // health, sign-in or the list itself
	TopicOutbox  Topic = "outbox"
	TopicDrafts  Topic = "drafts"
	TopicLive    Topic = "live" // the live incident queue
	TopicCases   Topic = "cases"
	TopicPurpose Topic = "purpose"
	TopicJudged  Topic = "judged" // which records are the same was decided; ID is the judgement's number
)

// Notice tells a screen that something changed; the screen then asks the desk for it.
type Notice struct {
	Topic Topic
	ID    string // system, entry or judgement concerned, if one
}

// SystemStatus is one system as the desk shows it.
type SystemStatus struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Code      string           `json:"code"`
	Shape     string           `json:"shape"`
	Help      string           `json:"help,omitempty"`
	Plugin    string           `json:"plugin"`
	Version   string           `json:"version,omitempty"`
	Health    evaluate.Health  `json:"health"`
	Latency   time.Duration    `json:"-"`
	Live      bool             `json:"live,omitempty"` // announcing changes now
	Say       string           `json:"say,omitempty"`  // why it is not well, and what to do
	Since     time.Time        `json:"since,omitzero"`
	User      string           `json:"user,omitempty"`    // who the system takes the officer for
	Needs     []plugins.Option `json:"-"`                 // credentials that the officer must still give, once
	Asks      []plugins.Option `json:"-"`                 // all credentials that this system has of its own
	SignIn    bool             `json:"sign_in,omitempty"` // the officer must still sign in there, once: SignInSystem
	Kinds     []pole.Kind      `json:"kinds"`
	Takes     []pole.Kind      `json:"takes,omitempty"`
	Connector string           `json:"connector,omitempty"` // file name of a declarative connector
}

// PurposeDef is one reason code (assets/purposes.yaml).
type PurposeDef struct {
	Code  string `yaml:"code" json:"code"`
	Label string `yaml:"label" json:"label"`
	Text  bool   `yaml:"text" json:"text"`             // a typed reason is required
	Case  bool   `yaml:"case" json:"case"`             // a case reference is required
	Basis string `yaml:"basis" json:"basis,omitempty"` // the lawful basis of a disclosure for it, as the force holds it
}

// EntityView is one entity of a search as a list shows it.
type EntityView struct {
	ID            string             `json:"id"`
	Kind          pole.Kind          `json:"kind"`
	Class         pole.Class         `json:"class"`
	Title         string             `json:"title"`
	Detail        string             `json:"detail"`
	Systems       []string           `json:"systems"`
	Records       int                `json:"records"`
	Warnings      []caseview.Warning `json:"warnings,omitempty"`
	Disagreements []string           `json:"disagreements,omitempty"` // labels of the properties that differ
	Possible      []match.Possible   `json:"possible,omitempty"`
	Judged        []match.Standing   `json:"judged,omitempty"`      // what people decided about its records
	Contradicts   []match.Judgement  `json:"contradicts,omitempty"` // 'not the same', overridden later
	Matched       []string           `json:"matched,omitempty"`     // typed words, for highlighting
	Masked        string             `json:"masked,omitempty"`      // marking of what is shown only when it is opened, which is recorded
	Old           bool               `json:"old,omitempty"`         // at least one record is from a stored copy
	Score         float64            `json:"score"`
	When          time.Time          `json:"when,omitzero"` // of an event: when it happened
	Entity        match.Entity       `json:"-"`
	Rev           uint64             `json:"-"` // grows with every change of what is shown of this search
}

// classOrder is how entities that fit equally well stand: who, what, where, and then what happened.
var classOrder = map[pole.Class]int{pole.ClassPerson: 0, pole.ClassObject: 1, pole.ClassLocation: 2, pole.ClassEvent: 3}

// Before orders the entities of a search: what fits best first; people before vehicles, places and events; danger first; what more
// systems know first; the latest event first.
func (v *EntityView) Before(w *EntityView) int {
	return cmp.Or(cmp.Compare(w.Score, v.Score), cmp.Compare(classOrder[v.Class], classOrder[w.Class]), cmp.Compare(len(w.Warnings), len(v.Warnings)),
		cmp.Compare(len(w.Systems), len(v.Systems)), w.When.Compare(v.When), cmp.Compare(v.Title, w.Title), cmp.Compare(v.ID, w.ID))
}

// SearchEvent is one step of a running search as the desk gives it: exactly one of the groups is set.
type SearchEvent struct {
	Found    []search.Found // records as they arrive
	Entities []EntityView   // entities that are new or changed by them
	Gone     []string       // ids of entities that were merged into others by them
	Answer   *search.Answer
	Done     *search.Completeness
}

// LiveItem is one line of the live incident queue.
type LiveItem struct {
	Ref       pole.Ref  `json:"ref"`
	System    string    `json:"system"`
	Reference string    `json:"reference"`
	Priority  string    `json:"priority"`
	Title     string    `json:"title"`
	Place     string    `json:"place"`
	Status    string    `json:"status"`
	When      time.Time `json:"when"`
	Changed   time.Time `json:"changed"`
}

// KeptCase is a case that the officer keeps: one or more entities, with the records behind them.
type KeptCase struct {
	ID       string       `json:"id"` // of the entity that it was begun with
	Title    string       `json:"title"`
	Detail   string       `json:"detail"`
	Refs     []pole.Ref   `json:"refs"` // of the first entity
	Opened   time.Time    `json:"opened"`
	Changes  int          `json:"changes,omitempty"`
	Name     string       `json:"name,omitempty"` // what the officer calls it
	Entities []KeptEntity `json:"entities"`
	Made     time.Time    `json:"made,omitzero"`
	Notes    int          `json:"notes,omitempty"`   // how many
	Marking  string       `json:"marking,omitempty"` // the highest of what is kept
}

// Called is what a kept case is called: its name, or else its first entity's title.
func (k KeptCase) Called() string { return cmp.Or(k.Name, k.Title) }

// KeptEntity is one entity of a kept case.
type KeptEntity struct {
	ID      string     `json:"id"`
	Kind    pole.Kind  `json:"kind"`
	Title   string     `json:"title"`
	Detail  string     `json:"detail"`
	Refs    []pole.Ref `json:"refs"`
	Added   time.Time  `json:"added"`
	Read    time.Time  `json:"read,omitzero"` // when its copy was last read from the systems
	Marking string     `json:"marking,omitempty"`
}

// CaseNote is what an officer noted on a kept case. A note is never changed and never taken away.
type CaseNote struct {
	Case    string    `json:"case"`
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	Officer string    `json:"officer"` // id
	By      string    `json:"by"`      // as a screen names the officer
	Text    string    `json:"text"`
}

// PreviewLine is one field of what a target will get.
type PreviewLine struct {
	Label string `json:"label"`
	Path  string `json:"path"`
	Value string `json:"value"`
	From  string `json:"from,omitempty"` // the system that it was prefilled from
}

// Finding is one line of the doctor.
type Finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Say   string `json:"say"` // what was found
	Cure  string `json:"cure,omitempty"`
}

// Status is the status bar.
type Status struct {
	Systems     int           `json:"systems"`
	Well        int           `json:"well"`
	Failing     []string      `json:"failing,omitempty"` // in words: 'Custody not answering since 14:02'
	Waiting     int           `json:"waiting"`           // entries not yet delivered everywhere
	NeedsPerson int           `json:"needs_person"`      // entries refused or stopped
	AuditOK     bool          `json:"audit_ok"`
	RolledBack  string        `json:"rolled_back,omitempty"` // in words, when the officer's file was found older than it was
	CopyAge     time.Duration `json:"-"`
}
