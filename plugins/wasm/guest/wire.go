// Package guest is the kit for vendors who write a plugin in Go and deliver it as WebAssembly: a type that implements
// System, handed to Serve, answers the desk. It imports nothing but the standard library; README.md in the folder above
// is the tutorial and describes the same contract for other languages.
package guest

import "encoding/json"

// ABI is the version of the contract between host and guest that this package speaks; a manifest states it.
const ABI = 1

// Section is the name of the custom section in which a module carries its manifest.
const Section = "muster-plugin"

// The operations of a Call.
const (
	OpCheck   = "check"
	OpSearch  = "search"
	OpFetch   = "fetch"
	OpSubmit  = "submit"
	OpConfirm = "confirm"
	OpWatch   = "watch"
)

// Call is what the host asks: one operation, with what every operation may need and what this one is about.
type Call struct {
	Op     string            `json:"op"`
	System string            `json:"system"` // the system's id in this force's profile
	Now    string            `json:"now"`    // RFC 3339, UTC
	Config map[string]string `json:"config,omitempty"`
	Access Access            `json:"access"`

	Query  *Query `json:"query,omitempty"`  // search
	Ref    *Ref   `json:"ref,omitempty"`    // fetch
	Entry  *Entry `json:"entry,omitempty"`  // submit and confirm
	Key    string `json:"key,omitempty"`    // submit and confirm
	Kind   string `json:"kind,omitempty"`   // watch
	Cursor string `json:"cursor,omitempty"` // watch; "" starts at now
}

// Access is who acts and why, for systems that want to be told.
type Access struct {
	Officer     string `json:"officer,omitempty"`
	Collar      string `json:"collar,omitempty"`
	Purpose     string `json:"purpose,omitempty"` // code of the purpose
	Reason      string `json:"reason,omitempty"`
	Case        string `json:"case,omitempty"`
	Correlation string `json:"correlation,omitempty"` // one id from keystroke to wire
}

// Query is one search of one kind: by terms, or by text.
type Query struct {
	Kind  string `json:"kind"`
	Terms []Term `json:"terms,omitempty"`
	Text  string `json:"text,omitempty"`
	After string `json:"after,omitempty"` // Page.After of the page before
	Limit int    `json:"limit,omitempty"` // records wanted in this page; 0 is the system's default
}

// Term is one property to search by.
type Term struct {
	Property string `json:"property"`
	Value    string `json:"value"`  // canonical: dates as YYYY-MM-DD, names in capitals, codes of the dictionary
	Source   string `json:"source"` // as the officer typed it
}

// Get returns the canonical value of the first term of a property; "" if there is none.
func (q Query) Get(property string) string {
	for _, t := range q.Terms {
		if t.Property == property {
			return t.Value
		}
	}
	return ""
}

// Ref names a record of this system.
type Ref struct {
	Type string `json:"type,omitempty"` // as the manifest's kind declares it
	ID   string `json:"id"`
}

// Answer is what the guest gives back: an error, or the one member that the operation asks for.
type Answer struct {
	Error    *Error    `json:"error,omitempty"`
	Identity *Identity `json:"identity,omitempty"`
	Page     *Page     `json:"page,omitempty"`
	Record   *Record   `json:"record,omitempty"`
	Receipt  *Receipt  `json:"receipt,omitempty"`
	Changes  *Changes  `json:"changes,omitempty"`
}

// Identity is who the system takes the officer for, and what it says of itself.
type Identity struct {
	User    string `json:"user,omitempty"`
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
}

// Page is one page of a search. After == "" ends it. Gaps are parts that failed: the screen says so.
type Page struct {
	Records []Record `json:"records"`
	After   string   `json:"after,omitempty"`
	Total   int      `json:"total,omitempty"` // what the system says there is in all
	Gaps    []*Error `json:"gaps,omitempty"`
}

// Record is what the system holds under one id.
type Record struct {
	ID      string          `json:"id"`
	Facts   []Fact          `json:"facts"`
	Links   []Link          `json:"links,omitempty"`
	Marking *Marking        `json:"marking,omitempty"`
	Updated string          `json:"updated,omitempty"` // RFC 3339
	Version string          `json:"version,omitempty"`
	URL     string          `json:"url,omitempty"` // where an officer can open it in the system itself
	Raw     json.RawMessage `json:"raw,omitempty"` // the source's own record, for 'open the source record'
}

// Add adds a fact unless the source says nothing.
func (r *Record) Add(property, source string) {
	if source != "" {
		r.Facts = append(r.Facts, Fact{Property: property, Source: source})
	}
}

// Fact is one statement: this property has this value. The host normalises it by the property's type.
type Fact struct {
	Property string `json:"property"`
	Source   string `json:"source"`          // exactly as the system said it
	Value    string `json:"value,omitempty"` // the same in a form that the dictionary reads, where Source is not: a canonical code, a day as YYYY-MM-DD
	Label    string `json:"label,omitempty"` // words for a coded value
	Group    string `json:"group,omitempty"` // facts with the same group belong together: the lines of one address
	From     string `json:"from,omitempty"`  // YYYY, YYYY-MM or YYYY-MM-DD since when it holds
	To       string `json:"to,omitempty"`
	Path     string `json:"path,omitempty"` // where in the system's answer it stood
}

// Link says that a record has a role to another of the same system. Inward, that record has the role to this one.
type Link struct {
	Role   string `json:"role"`
	Inward bool   `json:"inward,omitempty"`
	Kind   string `json:"kind"`
	Type   string `json:"type,omitempty"` // the manifest's type of Kind unless given
	ID     string `json:"id"`
	Label  string `json:"label,omitempty"`
}

// Marking is a record's classification and handling.
type Marking struct {
	Classification string   `json:"classification,omitempty"`
	Handling       []string `json:"handling,omitempty"`
}

// Entry is one validated form as this system gets it.
type Entry struct {
	Form     string            `json:"form"`
	Kind     string            `json:"kind"`
	Facts    []Value           `json:"facts"`
	Parts    []Part            `json:"parts,omitempty"`
	Refs     map[string]string `json:"refs,omitempty"`     // references other systems already gave for this entry
	Captured string            `json:"captured,omitempty"` // RFC 3339, UTC
}

// Part is a person, object or location within an entry.
type Part struct {
	Name     string  `json:"name"` // the part's name in the form
	Role     string  `json:"role,omitempty"`
	Kind     string  `json:"kind"`
	Existing []Ref   `json:"existing,omitempty"` // records of this system that the officer chose for it
	Facts    []Value `json:"facts,omitempty"`
}

// Value is one property's value in an entry: canonical, and as typed.
type Value struct {
	Property string `json:"property"`
	Value    string `json:"value"`
	Source   string `json:"source"`
}

// Get returns the canonical value of a property: "description", or of a part's: "person.surname"; "" if it is not there.
func (e Entry) Get(path string) string {
	facts, property := e.Facts, path
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		facts, property = nil, path[i+1:]
		for _, p := range e.Parts {
			if p.Name == path[:i] {
				facts = p.Facts
				break
			}
		}
		break
	}
	for _, f := range facts {
		if f.Property == property {
			return f.Value
		}
	}
	return ""
}

// Receipt is the system's word that it has the entry.
type Receipt struct {
	Reference string `json:"reference"`         // what the system calls it
	ID        string `json:"id,omitempty"`      // of the record that can be fetched; Reference unless given
	At        string `json:"at,omitempty"`      // RFC 3339
	Already   bool   `json:"already,omitempty"` // it had been delivered before
}

// Changes is what is new since a cursor. The host asks again after Wait seconds, with Cursor.
type Changes struct {
	Records []Record `json:"records,omitempty"`
	Removed []Record `json:"removed,omitempty"`
	Cursor  string   `json:"cursor"`
	Wait    int      `json:"wait,omitempty"` // seconds; 0 is 30
	Gaps    []*Error `json:"gaps,omitempty"` // announcements that could not be read
}

// The kinds of an Error, a closed set.
const (
	Auth        = "auth"        // not signed in there, or the credential is wrong or missing
	Denied      = "denied"      // signed in, but not allowed
	NotFound    = "notfound"    // certainly not there
	Invalid     = "invalid"     // the system refuses what was sent; Fields say where
	Duplicate   = "duplicate"   // the system already has it; Ref is what it calls it
	Limited     = "limited"     // too many requests
	Unavailable = "unavailable" // no answer, or a breakdown over there
	Unknown     = "unknown"     // a write whose outcome is not known
	Drift       = "drift"       // the answer is not of the documented shape
	Cancelled   = "cancelled"   // the caller stopped
)

// Error is a failure. Say is for the officer: what happened and what to do; never a credential or personal data. An
// error that came from the host is best handed back as it is: Cause lets the host find what it knows of it.
type Error struct {
	Kind   string       `json:"kind"`
	Say    string       `json:"say,omitempty"`
	After  int          `json:"after,omitempty"` // seconds until it is worth trying again
	Fields []FieldError `json:"fields,omitempty"`
	Ref    string       `json:"ref,omitempty"`
	Cause  int          `json:"cause,omitempty"` // which failed request of this call it comes from, counted by the host from 1
}

// FieldError ties a refusal to a field of the entry: property, or part.property.
type FieldError struct {
	Path string `json:"path"`
	Say  string `json:"say"`
}

func (e *Error) Error() string { return e.Kind + ": " + e.Say }

// Fail makes an error of a kind with words for the officer.
func Fail(kind, say string) *Error { return &Error{Kind: kind, Say: say} }

// Request is one HTTP request that the host sends. The host adds the credential, retries, limits and records it.
type Request struct {
	Method     string            `json:"method,omitempty"` // GET unless given
	URL        string            `json:"url"`              // absolute, or a path below the base of the manifest
	Headers    map[string]string `json:"headers,omitempty"`
	Read       bool              `json:"read,omitempty"`       // changes nothing whatever its method; outside submit every request is a read
	Idempotent bool              `json:"idempotent,omitempty"` // carries a key that the system honours: may be sent again
	Body       []byte            `json:"-"`                    // travels beside
}

// Response is what came back.
type Response struct {
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // names in lower case; several values are joined by ", "
	Size    int               `json:"size"`              // of the body in bytes
	Error   *Error            `json:"error,omitempty"`   // no answer, or what its status means (from 400 on, and redirects)
	Body    []byte            `json:"-"`                 // travels beside
}
