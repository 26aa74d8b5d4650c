package vm

import (
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/plugins/pole"
)

// WhoItem is one value on screen, with everyone who says it, or says otherwise.
type WhoItem struct {
	ID       string
	Group    string // what kind of thing it is, in words: warning signal, date of birth, …
	Text     string // the value itself
	Why      string // why the first of several stands first
	Disagree bool
	Values   []caseview.Alternative
}

// The beginnings of the ids of items: what follows is the property, the code, or a number.
const (
	WhoTitle    = "title"
	WhoWarning  = "warning/"
	WhoProperty = "property/"
	WhoLinked   = "linked/"
	WhoMoment   = "moment/"
)

// WhoItems lists every value that a case shows: its title, its danger, what is stated, what is linked, what happened.
func WhoItems(env Env, c *caseview.Case) []WhoItem {
	if c == nil {
		return nil
	}
	var out []WhoItem
	title := WhoItem{ID: WhoTitle, Group: env.T("screens.who.title"), Text: c.Title}
	facts := append(slices.Clone(c.Disagreements), c.Agreed...)
	for _, m := range facts {
		if slices.Contains(c.Naming, m.Property) && len(m.Values) > 0 {
			v := m.Values[0]
			v.Say = m.Label
			title.Values = append(title.Values, v)
		}
	}
	if len(title.Values) == 0 { // named by nothing that it says: by its kind and number
		var said []caseview.Source
		for i := range c.Records {
			r := &c.Records[i]
			said = append(said, caseview.Source{Ref: r.Ref, Value: pole.Value{Source: r.ID}, Read: r.Read, Old: c.Old[r.String()], Marking: r.Marking})
		}
		title.Values = []caseview.Alternative{{Display: c.Title, Sources: said}}
	}
	out = append(out, title)
	for _, w := range c.Warnings {
		out = append(out, WhoItem{ID: WhoWarning + w.Code, Group: env.T("screens.who.warning"), Text: w.Label, Values: []caseview.Alternative{{Display: w.Label, Sources: w.Sources}}})
	}
	for _, m := range facts {
		item := WhoItem{ID: WhoProperty + string(m.Property), Group: m.Label, Why: m.Why, Disagree: m.Disagree, Values: m.Values}
		if len(m.Values) > 0 {
			item.Text = m.Values[0].Display
		}
		out = append(out, item)
	}
	known := func(said []caseview.Source, refs []pole.Ref) []caseview.Source {
		for _, r := range refs {
			if len(said) == 0 || !slices.ContainsFunc(said, func(s caseview.Source) bool { return s.Ref.System == r.System }) {
				said = append(slices.Clone(said), caseview.Source{Ref: r, Read: c.Read, Old: c.Old[r.String()]})
			}
		}
		return said
	}
	for i, l := range c.Linked {
		out = append(out, WhoItem{ID: WhoLinked + env.T("screens.number", "count", i), Group: strings.Join(l.Roles, ", "), Text: l.Title,
			Values: []caseview.Alternative{{Display: l.Title, Say: strings.Join(l.Roles, ", "), Sources: known(l.Sources, l.Refs)}}})
	}
	for i, m := range c.Timeline {
		out = append(out, WhoItem{ID: WhoMoment + env.T("screens.number", "count", i), Group: m.Display, Text: m.Title,
			Values: []caseview.Alternative{{Display: m.Display, Say: m.Title, Sources: known(m.Sources, m.Refs)}}})
	}
	return out
}

// WhoLines are the sources of a value in words, for a case that is seen through marks.
func WhoLines(env Env, marks Marks, a caseview.Alternative) []SourceLine {
	c := &Case{env: env.filled(), marks: marks}
	return c.WhoSays(a)
}
