// Package search puts one query to every system at once, streams what comes back, and says honestly what was not searched.
package search

import (
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Request is what an officer asks. Text is understood by the dictionary (see Interpret); Terms are given by property.
type Request struct {
	Text    string
	Terms   []plugins.Term
	Kinds   []pole.Kind // nil means every kind
	Systems []string    // nil means every system
	Limit   int         // records per system and kind; 0 means the default of 200
}

// State is how far one system has got with one search.
type State string

// The states. Only Answered and NoTrace mean that the system was fully searched.
const (
	Asking      State = "asking"
	Answered    State = "answered"     // complete, with records
	NoTrace     State = "no-trace"     // complete, without records
	Partial     State = "partial"      // some parts failed or there is more than was read; Say tells
	NotSearched State = "not-searched" // failed; Say tells why, FromCache whether an old copy was used
	CannotAsk   State = "cannot-ask"   // the system cannot be searched by these terms
	Stopped     State = "stopped"      // the officer stopped it
)

// Answer is where one system stands in one search.
type Answer struct {
	System   string            `json:"system"`
	State    State             `json:"state"`
	Count    int               `json:"count"`
	Elapsed  time.Duration     `json:"-"`
	Error    plugins.ErrorKind `json:"error,omitempty"`
	Say      string            `json:"say,omitempty"`    // what happened and what to do, in words
	Since    time.Time         `json:"since,omitzero"`   // failing since
	Cached   int               `json:"cached,omitempty"` // records shown from an old copy instead
	CacheAge time.Duration     `json:"-"`                // age of the oldest of them
	More     bool              `json:"more,omitempty"`   // the system has more than was read
}

// Found is one record that came back. Old means that it is from the cache, because its system did not answer.
type Found struct {
	Record  pole.Record
	Old     bool
	Score   float64  // how well it fits the request, 0..1
	Matched []string // the typed words that it matched, for highlighting
}

// Event is one step of a running search. Exactly one of Records, Answer or Done is set.
type Event struct {
	Records []Found
	Answer  *Answer
	Done    *Completeness
}

// Completeness is the line of honest completeness: what was asked, what answered, what did not and why.
type Completeness struct {
	Asked       int           `json:"asked"`
	Answered    int           `json:"answered"`
	Failed      []string      `json:"failed,omitempty"`     // systems not searched
	Partial     []string      `json:"partial,omitempty"`    // systems searched in part
	CannotAsk   []string      `json:"cannot_ask,omitempty"` // systems that cannot be searched by these terms
	Records     int           `json:"records"`
	Elapsed     time.Duration `json:"-"`
	OldestCache time.Duration `json:"-"`
	Complete    bool          `json:"complete"` // every system that can be asked was fully searched
}

// Interpretation is what the desk took the typed text for.
type Interpretation struct {
	Label string         `json:"label"` // 'name and year of birth', 'vehicle registration', 'free text'
	Terms []plugins.Term `json:"terms,omitempty"`
	Text  string         `json:"text,omitempty"`
}
