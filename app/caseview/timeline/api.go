// Package timeline sets everything dated in a case on one line of time: events and dated facts of every system, each with how
// exactly its date is known, who says it and who says otherwise; what has no date is listed apart and never dropped.
package timeline

import (
	"time"

	"muster/app/caseview"
	"muster/plugins/pole"
)

// Span is a stretch of time in UTC; From and To are the same for a moment.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Exact reports whether the span is a moment.
func (s Span) Exact() bool { return s.From.Equal(s.To) }

// Extent is when something was: it began within Begins and, if it lasted, ended within Ends. A partial date makes a wide
// span, never a made-up day.
type Extent struct {
	Begins Span `json:"begins"`
	Ends   Span `json:"ends"`
	Lasts  bool `json:"lasts,omitempty"`
	Since  bool `json:"since,omitempty"` // it lasts on: no end is said
	Until  bool `json:"until,omitempty"` // it ended within Ends; since when is not said
}

// First and Last are the ends of all the time that the extent can touch.
func (e Extent) First() time.Time { return e.Begins.From }

// Last is as First, at the other end.
func (e Extent) Last() time.Time {
	if e.Lasts {
		return e.Ends.To
	}
	return e.Begins.To
}

// Note is a reason for care with a date.
type Note string

// The notes.
const (
	NoteNoZone   Note = "nozone"   // the source gave a time of day without a zone; it was taken as the time of the UK
	NoteTwice    Note = "twice"    // and the clocks were put back then: the hour was there twice
	NoteRange    Note = "range"    // some time between two moments
	NoteDoubtful Note = "doubtful" // systems write this date when they do not know one
	NoteProblem  Note = "problem"  // the source's words were read with doubt
)

// Said is one record's words for a date.
type Said struct {
	Ref     pole.Ref     `json:"ref"`
	Words   string       `json:"words"`           // exactly as the source said it; "from – to" where it said two
	Label   string       `json:"label,omitempty"` // the property, where it is not the first that says when: Reported
	Notes   []Note       `json:"notes,omitempty"`
	Problem string       `json:"problem,omitempty"`
	Old     bool         `json:"old,omitempty"` // from a stored copy
	Read    time.Time    `json:"read"`
	Path    string       `json:"path,omitempty"`
	Marking pole.Marking `json:"marking,omitzero"`

	updated time.Time
}

// Date is one reading of when something was and everyone whose words agree with it.
type Date struct {
	Extent  Extent   `json:"extent"`
	When    string   `json:"when,omitempty"`  // canonical: a partial date or an RFC 3339 instant
	Until   string   `json:"until,omitempty"` // as When, where it lasted or only a range is known
	Range   bool     `json:"range,omitempty"` // some time between When and Until, rather than from one to the other
	Display string   `json:"display"`
	Said    []Said   `json:"said"`
	Systems []string `json:"systems"`
}

// Person is somebody in an event, with the roles in words.
type Person struct {
	ID    string   `json:"id"` // of the entity, or the written form of the record
	Title string   `json:"title"`
	Roles []string `json:"roles,omitempty"`
}

// Why says why something has no place on the line.
type Why string

// The reasons.
const (
	WhyNoDate     Why = "nodate"     // no system gives a date
	WhyUnreadable Why = "unreadable" // what is given is no date
	WhyDoubtful   Why = "doubtful"   // only a date that systems write when they do not know one
	WhyNotRead    Why = "notread"    // the record is named by a link and was not read
)

// Item is one event or dated fact.
type Item struct {
	ID       string     `json:"id"` // steady for the same case
	Fact     bool       `json:"fact,omitempty"`
	Entity   string     `json:"entity"` // what it opens
	Kind     pole.Kind  `json:"kind"`
	Class    pole.Class `json:"class"`
	Title    string     `json:"title"`
	Detail   string     `json:"detail,omitempty"`
	Refs     []pole.Ref `json:"refs"`
	Systems  []string   `json:"systems"`
	People   []Person   `json:"people,omitempty"`
	Dates    []Date     `json:"dates,omitempty"` // the one that it is drawn at first; more than one is a conflict between sources
	Also     []string   `json:"also,omitempty"`  // other dates of it, labelled: 'Reported 24/11/2026 07:52'
	Why      Why        `json:"why,omitempty"`   // of an undated one
	WhyWords string     `json:"why_words,omitempty"`
	Old      bool       `json:"old,omitempty"` // all of it from stored copies

	text string // folded, to search in
}

// Conflict reports whether sources differ about when it was.
func (i *Item) Conflict() bool { return len(i.Dates) > 1 }

// Extent is when it was; the zero Extent if it is not known.
func (i *Item) Extent() Extent {
	if len(i.Dates) == 0 {
		return Extent{}
	}
	return i.Dates[0].Extent
}

// Notes lists the reasons for care with its first date, each once.
func (i *Item) Notes() []Note {
	if len(i.Dates) == 0 {
		return nil
	}
	var out []Note
	seen := map[Note]bool{}
	for _, s := range i.Dates[0].Said {
		for _, n := range s.Notes {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// Choice is something to filter by, with how many items have it.
type Choice struct {
	ID    string `json:"id"`
	Label string `json:"label,omitempty"`
	Count int    `json:"count"`
}

// Timeline is a case on one line of time.
type Timeline struct {
	Items   []Item         `json:"items"`   // by time
	Undated []Item         `json:"undated"` // listed apart
	Kinds   []Choice       `json:"kinds"`   // by KindID
	Systems []Choice       `json:"systems"`
	People  []Choice       `json:"people"`
	Gaps    []caseview.Gap `json:"gaps,omitempty"` // what is missing because a system did not give it
}

// Range is all the time that the items touch, and whether there is any.
func (t *Timeline) Range() (Span, bool) {
	return spanOf(t.Items)
}

func spanOf(items []Item) (s Span, ok bool) {
	for i := range items {
		for _, d := range items[i].Dates {
			f, l := d.Extent.First(), d.Extent.Last()
			if !ok {
				s, ok = Span{f, l}, true
			}
			if f.Before(s.From) {
				s.From = f
			}
			if l.After(s.To) {
				s.To = l
			}
		}
	}
	return s, ok
}

// KindID names the group of an item's kind: the kind itself for events, 'fact:' and the kind for dated facts.
func (i *Item) KindID() string {
	if i.Fact {
		return "fact:" + string(i.Kind)
	}
	return string(i.Kind)
}
