// Package entry is the one form: filled once, validated by what each target needs, kept as typed, and delivered through a
// durable outbox to every target exactly once.
package entry

import (
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Form is a form file of assets/forms.
type Form struct {
	ID       string    `yaml:"id" json:"id"`
	Name     string    `yaml:"name" json:"name"`
	Help     string    `yaml:"help" json:"help,omitempty"`
	Kind     pole.Kind `yaml:"kind" json:"kind"`           // what it records
	Rank     int       `yaml:"rank" json:"rank,omitempty"` // forms are listed by it, 1 first; those without one after them, by file name
	Parts    []PartDef `yaml:"parts" json:"parts,omitempty"`
	Sections []Section `yaml:"sections" json:"sections"`
}

// PartDef is a person, object or location that the form is also about.
type PartDef struct {
	Name  string    `yaml:"name" json:"name"`
	Kind  pole.Kind `yaml:"kind" json:"kind"`
	Role  pole.Role `yaml:"role" json:"role"`
	Label string    `yaml:"label" json:"label"`
	Many  int       `yaml:"many" json:"many,omitempty"` // how many of them one form may hold; 0 is one
}

// Section groups fields on screen.
type Section struct {
	Name   string  `yaml:"name" json:"name"`
	Label  string  `yaml:"label" json:"label"`
	Fields []Field `yaml:"fields" json:"fields"`
	Repeat string  `yaml:"repeat" json:"repeat,omitempty"` // the part of which the section asks each: it stands once for each
	When   *When   `yaml:"when" json:"when,omitempty"`     // asked only then

	Of string `yaml:"-" json:"of,omitempty"` // after For: the part that the section repeats
	N  int    `yaml:"-" json:"n,omitempty"`  // after For: which one of that part, from 1
}

// Field is one field of a form. Path is property or part.property.
type Field struct {
	Path     string        `yaml:"path" json:"path"`
	Property pole.Property `yaml:"-" json:"property"`
	Label    string        `yaml:"label" json:"label"` // the property's own label if the file gives none
	Help     string        `yaml:"help" json:"help,omitempty"`
	Required bool          `yaml:"required" json:"required,omitempty"`
	Default  string        `yaml:"default" json:"default,omitempty"` // a value, or one of now, officer.name, officer.collar
	Width    int           `yaml:"width" json:"width,omitempty"`     // twelfths of the row; 0 is 12
	When     *When         `yaml:"when" json:"when,omitempty"`       // asked only then
}

// When is a condition on a field that is asked earlier: it holds one of Is, none of Not, or, with neither, anything.
type When struct {
	Path string   `yaml:"path" json:"path"`
	Is   []string `yaml:"is" json:"is,omitempty"`
	Not  []string `yaml:"not" json:"not,omitempty"`
}

// Need is what one target makes of a field.
type Need struct {
	System   string `json:"system"`
	Required bool   `json:"required"`
	Max      int    `json:"max,omitempty"`
}

// TargetState says whether one target is ready to take the draft.
type TargetState struct {
	System  string               `json:"system"`
	Name    string               `json:"name"`
	On      bool                 `json:"on"` // the officer wants it delivered there
	Ready   bool                 `json:"ready"`
	Missing []plugins.FieldError `json:"missing,omitempty"`
	Say     string               `json:"say"` // 'ready', 'needs time of offence', 'takes no incident'
	Fields  int                  `json:"fields"`
	Note    string               `json:"note,omitempty"` // what of the draft it does not take: 'takes only the first person'
}

// Draft is a form being filled. Every change is kept, sealed, within a second.
type Draft struct {
	ID       string                `json:"id"`
	Form     string                `json:"form"`
	Values   map[string]string     `json:"values"`             // by field path, as typed
	From     map[string]pole.Ref   `json:"from,omitempty"`     // by field path: the record that it was prefilled from
	Existing map[string][]pole.Ref `json:"existing,omitempty"` // by part name: the records of the entity that the officer chose
	Known    map[string]string     `json:"known,omitempty"`    // by field path: what those records say there, whether or not it was used
	Repeats  map[string]int        `json:"repeats,omitempty"`  // by part name: how many of it the officer laid out
	Files    []Attachment          `json:"files,omitempty"`
	Off      []string              `json:"off,omitempty"`     // targets switched off
	Recheck  bool                  `json:"recheck,omitempty"` // filled from stored copies: held against the records themselves before it is sent
	Purpose  plugins.Purpose       `json:"purpose"`
	Created  time.Time             `json:"created"`
	Saved    time.Time             `json:"saved"`
	Amends   *Amend                `json:"amends,omitempty"` // set on a draft that corrects what a target refused
}

// Amend names the delivery that a draft corrects.
type Amend struct {
	Entry  string `json:"entry"`
	System string `json:"system"`
}

// Review is a draft held against its form and targets.
type Review struct {
	Fields  map[string][]Need    `json:"fields"`           // by path: who needs it
	Doubts  []plugins.FieldError `json:"doubts,omitempty"` // values that can be read, but are unusual: shown, no hindrance
	Errors  []plugins.FieldError `json:"errors"`           // values that cannot be read as their property's type, or too long
	Targets []TargetState        `json:"targets"`
	Typed   int                  `json:"typed"` // fields filled
	Asked   int                  `json:"asked"` // fields that the target systems would ask, added up
	Ready   bool                 `json:"ready"` // at least one target on, every target that is on ready, no errors
}

// DeliveryState is where one submission to one target stands, in the words of UI.md.
type DeliveryState string

// The states of a delivery.
const (
	Waiting   DeliveryState = "waiting" // will be tried again at Next
	Sending   DeliveryState = "sending"
	Delivered DeliveryState = "delivered" // Receipt says its reference
	Refused   DeliveryState = "refused"   // Fields say why; edit and resend
	Doubtful  DeliveryState = "doubtful"  // sent, outcome not known; being checked
	Stopped   DeliveryState = "stopped"   // a person must decide
	Look      DeliveryState = "look"      // what it was filled from has changed: a person must choose, and nothing was sent
)

// Delivery is one entry to one target.
type Delivery struct {
	Entry    string               `json:"entry"`
	System   string               `json:"system"`
	Key      plugins.Key          `json:"key"`
	State    DeliveryState        `json:"state"`
	Say      string               `json:"say"`
	Fields   []plugins.FieldError `json:"fields,omitempty"`
	Receipt  *plugins.Receipt     `json:"receipt,omitempty"`
	Attempts int                  `json:"attempts"`
	Next     time.Time            `json:"next,omitzero"`
	Changed  time.Time            `json:"changed"`

	Name      string    `json:"name,omitempty"`      // the system's name, as it was when the entry was sent
	Alert     bool      `json:"alert,omitempty"`     // tried so often that a person should look
	Withdrawn string    `json:"withdrawn,omitempty"` // why a person took it back; it is then Stopped for good
	Unsure    bool      `json:"unsure,omitempty"`    // an attempt may have arrived: the target is asked before it is sent again
	Tried     time.Time `json:"tried,omitzero"`      // when the latest attempt began, and once it ended in doubt when that was
	Revision  int       `json:"revision,omitempty"`  // counts corrections

	Amending  *plugins.Receipt `json:"amending,omitempty"`  // what the system has, while a correction of it is on its way
	Amendable bool             `json:"amendable,omitempty"` // delivered, and the system lets it be corrected; said by who lists, not kept
}

// NeedsPerson reports whether the delivery goes no further until a person decides.
func (d Delivery) NeedsPerson() bool {
	return d.Withdrawn == "" && (d.State == Refused || d.State == Stopped || d.State == Look || d.Alert && d.State != Delivered)
}

// Settled reports whether nothing more will happen to the delivery.
func (d Delivery) Settled() bool { return d.State == Delivered || d.Withdrawn != "" }

// Item is one entry in the outbox with its deliveries.
type Item struct {
	ID         string     `json:"id"`
	Form       string     `json:"form"`
	Title      string     `json:"title"`
	Saved      time.Time  `json:"saved"`
	Deliveries []Delivery `json:"deliveries"`

	Purpose  plugins.Purpose `json:"purpose"`  // for the audit record of each attempt
	Captured time.Time       `json:"captured"` // when the officer pressed send

	Differences []Difference `json:"differences,omitempty"` // what it was filled from says otherwise by now; Choose settles them
}

// Done reports whether every delivery of the item has been delivered.
func (i Item) Done() bool {
	for _, d := range i.Deliveries {
		if d.State != Delivered {
			return false
		}
	}
	return true
}
