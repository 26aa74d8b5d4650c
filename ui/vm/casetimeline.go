package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/timeline"
	"muster/plugins/pole"
)

// CaseTimeline is the timeline of a case: its lanes, what is filtered, and the one that is selected.
type CaseTimeline struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	env     Env
	dict    *pole.Dictionary
	marks   Marks
	task    task
	line    *timeline.Timeline
	gaps    []caseview.Gap
	by      timeline.By
	filter  timeline.Filter
	items   []timeline.Item
	undated []timeline.Item
	lanes   []TimeLane
	chosen  string
	seq     int
}

// TimeLane is one lane in words.
type TimeLane struct {
	ID    string
	Name  string
	Mark  Mark // of a system
	Items []int
}

// TimeChoice is one choice of a filter in words.
type TimeChoice struct {
	ID    string
	Words string
	Count int
}

// NewCaseTimeline makes a timeline with nothing on it.
func NewCaseTimeline(env Env, dict *pole.Dictionary) *CaseTimeline {
	return &CaseTimeline{env: env.filled(), dict: dict, by: timeline.ByKind}
}

// Set puts a case on the line, off the UI goroutine. Filters stay.
func (v *CaseTimeline) Set(c *caseview.Case, marks Marks) {
	v.marks, v.gaps = marks, c.Gaps
	start(v.env, &v.task,
		func(context.Context) (*timeline.Timeline, error) { return timeline.Build(v.dict, c), nil },
		func(l *timeline.Timeline, _ error) {
			v.line = l
			v.apply()
		})
}

// Stop ends what runs.
func (v *CaseTimeline) Stop() { v.task.stop() }

func (v *CaseTimeline) apply() {
	v.seq++
	v.items, v.undated = v.line.Filter(v.filter)
	v.lanes = v.lanes[:0:0]
	for _, l := range v.line.Lanes(v.items, v.by) {
		lane := TimeLane{ID: l.ID, Items: l.Items, Name: l.Label}
		switch {
		case v.by == timeline.BySystem:
			lane.Mark = v.marks.Of(l.ID)
			lane.Name = lane.Mark.Short()
		case v.by == timeline.ByPerson && l.ID == timeline.Nobody:
			lane.Name = v.env.T("screens.timeline.nobody")
		case v.by == timeline.ByKind:
			lane.Name = v.kindWords(l.ID, l.Label)
		}
		v.lanes = append(v.lanes, lane)
	}
	if v.find(v.chosen) == nil {
		v.chosen = ""
	}
	v.changed()
}

func (v *CaseTimeline) changed() {
	if v.OnChange != nil {
		v.OnChange()
	}
}

// kindWords names a group of kinds: events by their plural, dated facts by whose they are.
func (v *CaseTimeline) kindWords(id, label string) string {
	switch {
	case label == "":
		return v.env.T("screens.timeline.kind.none")
	case strings.HasPrefix(id, "fact:"):
		return v.env.T("screens.timeline.kind.facts", "kind", label)
	}
	return label
}

// Ready reports whether the case is on the line; seq changes whenever what is shown does.
func (v *CaseTimeline) Ready() (ok bool, seq int) { return v.line != nil, v.seq }

// Items are those shown, in order of time.
func (v *CaseTimeline) Items() []timeline.Item { return v.items }

// Undated are those shown that have no date.
func (v *CaseTimeline) Undated() []timeline.Item { return v.undated }

// Lanes are the rows of the line.
func (v *CaseTimeline) Lanes() []TimeLane { return v.lanes }

// By is what the lanes are made by.
func (v *CaseTimeline) By() timeline.By { return v.by }

// SetBy makes the lanes anew.
func (v *CaseTimeline) SetBy(by timeline.By) {
	if by != v.by && slices.Contains(timeline.Ways(), by) {
		v.by = by
		if v.line != nil {
			v.apply()
		}
	}
}

// NextBy goes on to the next way to make lanes.
func (v *CaseTimeline) NextBy() {
	w := timeline.Ways()
	v.SetBy(w[(slices.Index(w, v.by)+1)%len(w)])
}

// Filter is what is asked for.
func (v *CaseTimeline) Filter() timeline.Filter { return v.filter }

// SetFilter asks for something else.
func (v *CaseTimeline) SetFilter(f timeline.Filter) {
	if f != v.filter {
		v.filter = f
		if v.line != nil {
			v.apply()
		}
	}
}

// Kinds, Systems and People are what can be filtered by.
func (v *CaseTimeline) Kinds() []TimeChoice {
	return v.choices(func(l *timeline.Timeline) []timeline.Choice { return l.Kinds }, func(c timeline.Choice) string { return v.kindWords(c.ID, c.Label) })
}

// Systems is as Kinds.
func (v *CaseTimeline) Systems() []TimeChoice {
	return v.choices(func(l *timeline.Timeline) []timeline.Choice { return l.Systems }, func(c timeline.Choice) string { return v.marks.Of(c.ID).Short() })
}

// People is as Kinds.
func (v *CaseTimeline) People() []TimeChoice {
	return v.choices(func(l *timeline.Timeline) []timeline.Choice { return l.People }, func(c timeline.Choice) string { return c.Label })
}

func (v *CaseTimeline) choices(of func(*timeline.Timeline) []timeline.Choice, words func(timeline.Choice) string) []TimeChoice {
	if v.line == nil {
		return nil
	}
	var out []TimeChoice
	for _, c := range of(v.line) {
		out = append(out, TimeChoice{ID: c.ID, Words: words(c), Count: c.Count})
	}
	return out
}

// Select selects an item, dated or not.
func (v *CaseTimeline) Select(id string) {
	if id != v.chosen {
		v.chosen = id
		v.changed()
	}
}

// Selected is the selected item, or nil.
func (v *CaseTimeline) Selected() *timeline.Item { return v.find(v.chosen) }

func (v *CaseTimeline) find(id string) *timeline.Item {
	if id == "" {
		return nil
	}
	for _, list := range [][]timeline.Item{v.items, v.undated} {
		for i := range list {
			if list[i].ID == id {
				return &list[i]
			}
		}
	}
	return nil
}

// NextConflict selects the next item about whose date systems differ, and reports whether there is one.
func (v *CaseTimeline) NextConflict() bool {
	from := slices.IndexFunc(v.items, func(i timeline.Item) bool { return i.ID == v.chosen })
	for k := range v.items {
		if i := (from + 1 + k) % len(v.items); v.items[i].Conflict() {
			v.Select(v.items[i].ID)
			return true
		}
	}
	return false
}

// Summary says how much is shown: '61 of 412 events and dates · 3 with no date · systems differ about 2'.
func (v *CaseTimeline) Summary() string {
	if v.line == nil {
		return ""
	}
	n, all := len(v.items), len(v.line.Items)
	parts := []string{v.env.T("screens.timeline.count", "n", n)}
	if n != all || len(v.undated) != len(v.line.Undated) {
		parts[0] = v.env.T("screens.timeline.countof", "shown", n, "n", all)
	}
	if u := len(v.undated); u > 0 {
		parts = append(parts, v.env.T("screens.timeline.undated", "n", u))
	}
	differ := 0
	for i := range v.items {
		if v.items[i].Conflict() {
			differ++
		}
	}
	if differ > 0 {
		parts = append(parts, v.env.T("screens.timeline.differ", "n", differ))
	}
	return strings.Join(parts, " · ")
}

// Missing says which systems' part is missing, or "".
func (v *CaseTimeline) Missing() string { return gapNames(v.env, v.marks, v.gaps) }

// gapNames names the systems whose part of a case is missing.
func gapNames(e Env, marks Marks, gaps []caseview.Gap) string {
	var names []string
	for _, g := range gaps {
		if n := marks.Of(g.System).Short(); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return e.T("screens.timeline.missing", "systems", strings.Join(names, ", "))
}

// When is an item's date in words, or why it has none.
func (v *CaseTimeline) When(i *timeline.Item) string {
	if len(i.Dates) == 0 {
		return v.env.T("screens.timeline.nodate")
	}
	return i.Dates[0].Display
}

// Care lists in words what to know about an item's date: that systems differ, that a zone was not given.
func (v *CaseTimeline) Care(i *timeline.Item) []string {
	var out []string
	if len(i.Dates) == 0 {
		w := v.env.T("screens.timeline.why." + string(i.Why))
		if i.WhyWords != "" {
			system, rest, _ := strings.Cut(i.WhyWords, ": ")
			w += " " + v.marks.Of(system).Short() + ": " + rest
		}
		return append(out, w)
	}
	if l := i.Dates[0].Said[0].Label; l != "" {
		out = append(out, v.env.T("screens.timeline.only", "label", lowerFirst(l)))
	}
	for _, n := range i.Notes() {
		out = append(out, v.env.T("screens.timeline.note."+string(n)))
	}
	return out
}

// MarksOf gives the marks of everyone who has an item.
func (v *CaseTimeline) MarksOf(i *timeline.Item) []Mark {
	out := v.marks.All(i.Systems)
	for k := range out {
		out[k].Old = i.Old
	}
	return out
}

// DateMarks gives the marks of who says one date.
func (v *CaseTimeline) DateMarks(d *timeline.Date) []Mark { return v.marks.All(d.Systems) }

// Sign is the shape of a system.
func (v *CaseTimeline) Sign(system string) string { return v.marks.Of(system).Shape }

// WhoSays lists who says when an item was, by date, in their own words.
func (v *CaseTimeline) WhoSays(i *timeline.Item) [][]SourceLine {
	now := v.env.Now()
	out := make([][]SourceLine, len(i.Dates))
	for k := range i.Dates {
		for _, s := range i.Dates[k].Said {
			m := v.marks.Of(s.Ref.System)
			m.Old = s.Old
			l := SourceLine{Mark: m, Ref: s.Ref, Said: s.Words, Read: v.env.T("screens.case.read", "at", When(s.Read, now)), Path: s.Path, Old: s.Old,
				Marking: s.Marking.Classification, Problem: s.Problem, Span: s.Label}
			var notes []string
			for _, n := range s.Notes {
				if n != timeline.NoteProblem {
					notes = append(notes, v.env.T("screens.timeline.note."+string(n)))
				}
			}
			if l.Problem != "" {
				notes = append(notes, l.Problem)
			}
			l.Problem = strings.Join(notes, " ")
			out[k] = append(out[k], l)
		}
	}
	return out
}
