// Package pole is the common language that every system, search, match and screen of Muster speaks:
// records of people, objects, locations and events, made of facts that keep what their source said.
package pole

import (
	"errors"
	"net/url"
	"strings"
	"time"
)

// Class is one of the four POLE classes. Every Kind belongs to one.
type Class string

// The four classes of the police data standards (NPCC POLE catalogue).
const (
	ClassPerson   Class = "person"
	ClassObject   Class = "object"
	ClassLocation Class = "location"
	ClassEvent    Class = "event"
)

// Kind names what a record is about, as the dictionary lists it: person, vehicle, location, incident, custody, …
// Code never switches on a Kind's name; it asks the dictionary for its Class and definition.
type Kind string

// Property names one property of the dictionary: surname, dateOfBirth, vrm, …
type Property string

// Role names what one end of a link is to the other, as the dictionary lists it: victim, keeper, currentAddress, …
type Role string

// Ref names one record in one system. Type is the source's own record type; it may be empty where the ID is enough.
type Ref struct {
	System string `json:"system"`
	Type   string `json:"type,omitempty"`
	ID     string `json:"id"`
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// String gives the written form SYSTEM/TYPE/ID, each part path-escaped; ParseRef reads it back.
func (r Ref) String() string {
	return url.PathEscape(r.System) + "/" + url.PathEscape(r.Type) + "/" + url.PathEscape(r.ID)
}

// ErrRef is returned by ParseRef for text that is not SYSTEM/TYPE/ID.
var ErrRef = errors.New("a record reference is written SYSTEM/TYPE/ID")

// ParseRef reads what Ref.String wrote.
func ParseRef(s string) (Ref, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 {
		return Ref{}, ErrRef
	}
	for i, p := range parts {
		u, err := url.PathUnescape(p)
		if err != nil {
			return Ref{}, ErrRef
		}
		parts[i] = u
	}
	r := Ref{System: parts[0], Type: parts[1], ID: parts[2]}
	if r.System == "" || r.ID == "" {
		return Ref{}, ErrRef
	}
	return r, nil
}

// Value is one value as its source said it, with the canonical form beside it, never instead of it.
type Value struct {
	Source  string `json:"source"`            // exactly as the source said it
	Norm    string `json:"norm,omitempty"`    // canonical form by the property's type; "" when Source could not be read as that type
	Label   string `json:"label,omitempty"`   // words for a coded value
	Problem string `json:"problem,omitempty"` // why Norm is empty or doubtful, in words an officer understands
}

// Display is what a screen shows: the label of a code, else the canonical form's display, else what the source said.
// Type-aware display (dates as 03/11/2011, a spaced postcode) is Dictionary.Display.
func (v Value) Display() string {
	switch {
	case v.Label != "":
		return v.Label
	case v.Norm != "":
		return v.Norm
	}
	return v.Source
}

// Fact is one statement by one record: this property has this value.
type Fact struct {
	Property Property `json:"property"`
	Value    Value    `json:"value"`
	Group    string   `json:"group,omitempty"` // facts of a record with the same non-empty group belong together: the lines of one address among several
	From     string   `json:"from,omitempty"`  // partial date since when the source says it holds
	To       string   `json:"to,omitempty"`    // partial date until when
	Path     string   `json:"path,omitempty"`  // where in the source's answer it stood
}

// Link says that one record has a role to another. Two roles are two links.
type Link struct {
	Role  Role   `json:"role"`
	From  Ref    `json:"from"`
	To    Ref    `json:"to"`
	Kind  Kind   `json:"kind,omitempty"`  // kind of the far end, where the source tells
	Label string `json:"label,omitempty"` // what the source calls the far end, so that a screen can name it before it is fetched
}

// Marking is the classification and handling of a record. The names and their order are the dictionary's.
type Marking struct {
	Classification string   `json:"classification,omitempty"` // "" means the force's default
	Handling       []string `json:"handling,omitempty"`       // caveats and handling conditions, as codes of the dictionary
}

// Raw is the part of a source's answer that a record was mapped from, for 'open the source record'.
type Raw struct {
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`
}

// Record is what one system holds under one Ref. A Record is never rewritten by matching or merging.
type Record struct {
	Ref
	Kind    Kind      `json:"kind"`
	Facts   []Fact    `json:"facts"`
	Links   []Link    `json:"links,omitempty"`
	Marking Marking   `json:"marking,omitzero"`
	Updated time.Time `json:"updated,omitzero"` // when the source last changed it, UTC; zero if it does not say
	Read    time.Time `json:"read"`             // when Muster read it, UTC
	Version string    `json:"version,omitempty"`
	URL     string    `json:"url,omitempty"` // where an officer can open it in the system itself
	Raw     *Raw      `json:"raw,omitempty"`
}

// First returns the first fact of property p.
func (r *Record) First(p Property) (Fact, bool) {
	for _, f := range r.Facts {
		if f.Property == p {
			return f, true
		}
	}
	return Fact{}, false
}

// All returns every fact of property p, in source order.
func (r *Record) All(p Property) []Fact {
	var out []Fact
	for _, f := range r.Facts {
		if f.Property == p {
			out = append(out, f)
		}
	}
	return out
}
