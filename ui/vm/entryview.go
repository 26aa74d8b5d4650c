package vm

import (
	"slices"
	"strings"
	"unicode/utf8"

	"muster/app/entry"
	"muster/plugins"
	"muster/plugins/pole"
)

// Properties describes the properties that fields stand for.
type Properties interface {
	// Property gives the definition of a property.
	Property(name pole.Property) (pole.PropertyDef, bool)
	// Codes lists the codes of a code list in order.
	Codes(list string) []pole.CodeDef
}

// SectionState is how far a section is filled.
type SectionState int

// The states of a section.
const (
	Todo SectionState = iota
	Current
	Filled
	Faulty
)

// SectionLine is one section of the form's list.
type SectionLine struct {
	Label string
	State SectionState
	Open  bool // it is the one on screen
}

// Sections lists the sections with their marks.
func (e *Entry) Sections() []SectionLine {
	out := make([]SectionLine, 0, len(e.form.Sections))
	for i, s := range e.form.Sections {
		l := SectionLine{Label: s.Label, Open: i == e.section}
		filled, missing, shown := 0, false, false
		for _, f := range s.Fields {
			if e.Value(f.Path) != "" {
				filled++
			}
			if e.missing(f.Path) != "" {
				missing = true
			}
			if e.errorOf(f.Path) != "" {
				shown = true
			}
		}
		switch {
		case shown && !l.Open:
			l.State = Faulty
		case l.Open:
			l.State = Current
		case !missing && filled > 0:
			l.State = Filled
		}
		out = append(out, l)
	}
	return out
}

// Section is the index of the section on screen.
func (e *Entry) Section() int { return e.section }

// SetSection shows another section. The fields of the one that is left count as seen.
func (e *Entry) SetSection(i int) {
	if e.draft == nil || i < 0 || i >= len(e.form.Sections) || i == e.section {
		return
	}
	for _, f := range e.form.Sections[e.section].Fields {
		e.visited[f.Path] = true
	}
	e.section = i
	e.changed()
}

// Field is one field as the screen shows it.
type Field struct {
	entry.Field
	Def     pole.PropertyDef
	Choices []pole.CodeDef // of a coded field
	Value   string
	Needs   []Mark // who takes it; nil with All set
	All     bool   // every target that is on takes it
	Must    bool   // a target that is on, or the form, requires it
	Max     int
	Count   string // '148 of 2,000'; "" without a limit worth showing
	From    *Mark  // the system that the value was prefilled from
	Error   string
	Doubt   string // what the officer should know of the value; no hindrance
}

// Fields lists the fields of the section on screen: those that a target takes, and those that hold something.
func (e *Entry) Fields() []Field {
	if e.draft == nil || e.section >= len(e.form.Sections) {
		return nil
	}
	var out []Field
	anyOn := e.targetsOn() > 0
	for _, f := range e.form.Sections[e.section].Fields {
		if anyOn && len(e.review.Fields[f.Path]) == 0 && e.Value(f.Path) == "" {
			continue // nothing is asked that no system wants
		}
		out = append(out, e.field(f))
	}
	return out
}

// FieldAt gives one field of the form, wherever it stands.
func (e *Entry) FieldAt(path string) (Field, bool) {
	for _, s := range e.form.Sections {
		for _, f := range s.Fields {
			if f.Path == path {
				return e.field(f), true
			}
		}
	}
	return Field{}, false
}

func (e *Entry) field(f entry.Field) Field {
	v := Field{Field: f, Value: e.Value(f.Path), Must: f.Required, Error: e.errorOf(f.Path)}
	prop := f.Property
	if prop == "" {
		prop = pole.Property(f.Path[strings.LastIndex(f.Path, ".")+1:])
	}
	if d, ok := e.props.Property(prop); ok {
		v.Def = d
		v.Max = d.MaxLength
		if d.CodeList != "" {
			v.Choices = e.props.Codes(d.CodeList)
		}
		if v.Label == "" {
			v.Label = d.Label
		}
	}
	on := e.onTargets()
	takers := 0
	for _, n := range e.review.Fields[f.Path] {
		v.Needs = append(v.Needs, e.marks.Of(n.System))
		if slices.Contains(on, n.System) {
			takers++
			v.Must = v.Must || n.Required
			if n.Max > 0 && (v.Max == 0 || n.Max < v.Max) {
				v.Max = n.Max
			}
		}
	}
	if len(on) > 1 && takers == len(on) {
		v.All, v.Needs = true, nil
	}
	if v.Max > 0 && v.Def.Multiline {
		v.Count = e.env.T("screens.entry.count", "count", utf8.RuneCountInString(v.Value), "max", v.Max)
	}
	if ref, ok := e.draft.From[f.Path]; ok {
		m := e.marks.Of(ref.System)
		v.From = &m
	}
	for _, d := range e.review.Doubts {
		if d.Path == f.Path && v.Error == "" {
			v.Doubt = d.Say
		}
	}
	return v
}

func (e *Entry) onTargets() []string {
	var on []string
	for _, t := range e.review.Targets {
		if t.On {
			on = append(on, t.System)
		}
	}
	return on
}

func (e *Entry) targetsOn() int { return len(e.onTargets()) }

// errorOf is what is wrong with a field and may be said now: what cannot be read at once, what is missing only after the
// officer has been there.
func (e *Entry) errorOf(path string) string {
	for _, f := range e.review.Errors {
		if f.Path == path && (e.Value(path) != "" || e.tried || e.visited[path]) {
			return f.Say
		}
	}
	if e.tried || e.visited[path] {
		return e.missing(path)
	}
	return ""
}

// missing says who misses what in a field; "" if nobody does.
func (e *Entry) missing(path string) string {
	var said []string
	for _, t := range e.review.Targets {
		if !t.On {
			continue
		}
		for _, m := range t.Missing {
			if m.Path == path && !slices.Contains(said, m.Say) {
				said = append(said, m.Say)
			}
		}
	}
	return strings.Join(said, " ")
}

func (e *Entry) firstBad() string {
	bad := func(path string) bool {
		return e.missing(path) != "" || slices.ContainsFunc(e.review.Errors, func(f plugins.FieldError) bool { return f.Path == path })
	}
	for _, s := range e.form.Sections {
		for _, f := range s.Fields {
			if bad(f.Path) {
				return f.Path
			}
		}
	}
	return ""
}

func (e *Entry) sectionOf(path string) int {
	return slices.IndexFunc(e.form.Sections, func(s entry.Section) bool {
		return slices.ContainsFunc(s.Fields, func(f entry.Field) bool { return f.Path == path })
	})
}

// GoTo brings up the section that holds a field.
func (e *Entry) GoTo(path string) bool {
	i := e.sectionOf(path)
	if i < 0 {
		return false
	}
	e.visited[path] = true
	if i != e.section {
		e.SetSection(i)
	} else {
		e.changed()
	}
	return true
}

// TargetLine is one system of 'Goes to'.
type TargetLine struct {
	Mark  Mark
	On    bool
	Words string // ready, 1 missing, off
	Text  string // what it needs, or how many fields it gets
	Tone  Tone
	Path  string // the first field that is missing
}

// Targets lists where the draft goes.
func (e *Entry) Targets() []TargetLine {
	out := make([]TargetLine, 0, len(e.review.Targets))
	for _, t := range e.review.Targets {
		l := TargetLine{Mark: e.marks.Of(t.System), On: t.On, Text: t.Say}
		if t.Name != "" {
			l.Mark.Name = t.Name
		}
		switch {
		case !t.On:
			l.Words = e.env.T("screens.entry.target.off")
		case t.Ready:
			l.Words, l.Tone = e.env.T("screens.entry.target.ready"), Good
			l.Text = e.env.T("screens.entry.target.fields", "n", t.Fields)
		case len(t.Missing) > 0:
			l.Words, l.Tone = e.env.T("screens.entry.target.missing", "n", len(t.Missing)), Danger
			l.Path = t.Missing[0].Path
		default:
			l.Words, l.Tone = e.env.T("screens.entry.target.cannot"), Caution
		}
		if t.Note != "" && t.On {
			l.Text += "; " + t.Note // what it has no place for is said, whatever its state
		}
		out = append(out, l)
	}
	return out
}

// SendWords is the button's label: 'Send to 3 systems'.
func (e *Entry) SendWords() string { return e.env.T("screens.entry.send", "n", e.targetsOn()) }

// Ready reports whether the draft can be sent.
func (e *Entry) Ready() bool {
	return e.draft != nil && e.review.Ready && !e.sending && e.sent == nil
}

// TypedWords say how much typing the one form spares: 'Typed 14 fields' and '6 systems would ask 51'.
func (e *Entry) TypedWords() (typed, asked string) {
	return e.env.T("screens.entry.typed", "n", e.review.Typed),
		e.env.T("screens.entry.asked", "n", e.targetsOn(), "asked", e.review.Asked)
}

// SentWords heads the receipts: 'Delivered to 2 of 3 systems'.
func (e *Entry) SentWords() string {
	if e.sent == nil {
		return ""
	}
	return e.env.DeliveredWords(*e.sent)
}

// SentDeliveries lists the deliveries of the sent entry.
func (e *Entry) SentDeliveries() []DeliveryLine {
	if e.sent == nil {
		return nil
	}
	return e.env.deliveries(*e.sent, e.marks)
}
