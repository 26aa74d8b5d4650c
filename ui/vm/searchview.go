package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins/pole"
)

// Row is one entity of the results as the list shows it.
type Row struct {
	ID       string
	Class    pole.Class
	Title    string
	Detail   string
	Marks    []Mark
	Warnings []caseview.Warning
	Matched  []string // typed words, to be highlighted, of the line below
	Line     string   // '7 records · 2 disagreements: date of birth, address'
	Possible string   // why another entity may be the same; "" if none
	Old      bool
	New      bool
	Selected bool
}

// Row gives row i of those shown.
func (s *Search) Row(i int) Row {
	if i < 0 || i >= len(s.shown) {
		return Row{}
	}
	v := s.rows[s.shown[i]]
	r := Row{
		ID: v.ID, Class: v.Class, Title: v.Title, Detail: v.Detail, Warnings: v.Warnings,
		Marks: s.marks.All(v.Systems), Matched: s.asTyped(v.Matched), Old: v.Old,
		New: s.fresh[v.ID], Selected: v.ID == s.selected,
	}
	parts := []string{s.env.T("screens.records", "n", v.Records)}
	if n := len(v.Disagreements); n > 0 {
		parts = append(parts, s.env.T("screens.disagreements", "n", n)+": "+strings.Join(lowerAll(v.Disagreements), ", "))
	}
	r.Line = strings.Join(parts, " · ")
	if len(v.Possible) > 0 {
		r.Possible = v.Possible[0].Say
	}
	return r
}

// asTyped puts matched words in the order in which they were typed.
func (s *Search) asTyped(words []string) []string {
	out := slices.Clone(words)
	typed := strings.ToLower(s.query)
	at := func(w string) int {
		if i := strings.Index(typed, strings.ToLower(w)); i >= 0 {
			return i
		}
		return len(typed)
	}
	slices.SortStableFunc(out, func(a, b string) int { return at(a) - at(b) })
	return out
}

// View gives the entity of row i as the desk gave it; ok is false where there is no such row.
func (s *Search) View(i int) (desk.EntityView, bool) {
	if i < 0 || i >= len(s.shown) {
		return desk.EntityView{}, false
	}
	return *s.rows[s.shown[i]], true
}

// SystemLine is one system of the completeness panel.
type SystemLine struct {
	Mark  Mark
	Words string
	Tone  Tone
	State search.State
}

// Systems gives the completeness panel, in the profile's order.
func (s *Search) Systems() []SystemLine {
	now := s.env.Now()
	out := make([]SystemLine, 0, len(s.asked))
	for _, id := range s.asked {
		a := s.answers[id]
		l := SystemLine{Mark: s.marks.Of(id), State: a.State}
		switch a.State {
		case search.Asking:
			l.Words = s.env.T("screens.search.asking", "for", seconds(now.Sub(s.since[id])))
			l.Tone = Caution
		case search.Answered:
			l.Words = s.env.T("screens.search.answered", "count", a.Count, "took", Took(a.Elapsed))
			l.Tone = Good
		case search.NoTrace:
			l.Words = s.env.T("screens.search.notrace", "took", Took(a.Elapsed))
			l.Tone = Good
		case search.Partial:
			l.Words = s.env.T("screens.search.partial", "count", a.Count)
			l.Tone = Caution
		case search.NotSearched:
			l.Words = s.env.T("screens.search.notsearched")
			l.Tone = Danger
		case search.CannotAsk:
			l.Words = s.env.T("screens.search.cannotask")
		case search.Stopped:
			l.Words = s.env.T("screens.search.stopped")
			l.Tone = Caution
		}
		out = append(out, l)
	}
	return out
}

// Tally is the panel's head: 'Asked 9 · answered 7'. Only systems that were fully searched count as answered.
func (s *Search) Tally() string {
	asked, answered := 0, 0
	for _, id := range s.asked {
		switch s.answers[id].State {
		case search.CannotAsk:
			continue
		case search.Answered, search.NoTrace:
			answered++
		}
		asked++
	}
	return s.env.T("screens.search.tally", "asked", asked, "answered", answered)
}

// GapBlock is one system that was not fully searched, said out loud.
type GapBlock struct {
	Mark  Mark
	Title string
	Text  string
	Tone  Tone
}

// Gaps lists the systems that were not, or only partly, searched, with the reason, since when, and what stands in.
func (s *Search) Gaps() []GapBlock {
	var out []GapBlock
	now := s.env.Now()
	for _, id := range s.asked {
		a := s.answers[id]
		m := s.marks.Of(id)
		g := GapBlock{Mark: m}
		switch a.State {
		case search.NotSearched:
			g.Title, g.Tone = s.env.T("screens.search.gap.title", "system", m.Name), Danger
		case search.Partial:
			g.Title, g.Tone = s.env.T("screens.search.gap.partial", "system", m.Name), Caution
		default:
			continue
		}
		var text []string
		if a.Say != "" {
			text = append(text, sentence(a.Say))
		}
		if !a.Since.IsZero() {
			text = append(text, s.env.T("screens.search.gap.since", "since", When(a.Since, now)))
		}
		if a.Cached > 0 {
			text = append(text, s.env.T("screens.search.gap.copy", "n", a.Cached, "age", s.env.Ago(a.CacheAge),
				"at", When(now.Add(-a.CacheAge), now)))
		} else if a.State == search.NotSearched {
			text = append(text, s.env.T("screens.search.gap.nocopy"))
		}
		g.Text = strings.Join(text, " ")
		out = append(out, g)
	}
	return out
}

// Summary is the line over the rows: '15 records · 6 entities'.
func (s *Search) Summary() string {
	return s.env.T("screens.records", "n", s.Records()) + " · " + s.env.T("screens.entities", "n", len(s.order))
}

func sentence(t string) string {
	t = strings.TrimSpace(t)
	if t == "" || strings.ContainsAny(t[len(t)-1:], ".!?") {
		return t
	}
	return t + "."
}

// rebuild makes the preview of the selected entity anew, off the UI goroutine.
func (s *Search) rebuild() {
	s.previewTask.stop()
	v, ok := s.rows[s.selected]
	if !ok {
		s.preview, s.previewOf = nil, ""
		s.previewSeq++
		return
	}
	if s.previewOf != v.ID {
		s.preview, s.previewOf = nil, v.ID
		s.previewSeq++
	}
	if s.build == nil {
		return
	}
	entity, old := v.Entity, s.OldCopies()
	start(s.env, &s.previewTask,
		func(context.Context) (caseview.Case, error) { return s.build(entity, old), nil },
		func(c caseview.Case, _ error) {
			s.preview = &c
			s.previewSeq++
			s.changed()
		})
}

// Preview is the case of the selected entity as far as the records at hand tell; nil while it is being made or nothing is
// selected. seq changes whenever it does.
func (s *Search) Preview() (c *caseview.Case, seq int) { return s.preview, s.previewSeq }

// SelectedView is the selected entity.
func (s *Search) SelectedView() (desk.EntityView, bool) {
	v, ok := s.rows[s.selected]
	if !ok {
		return desk.EntityView{}, false
	}
	return *v, true
}

// MarkOf gives a system's mark; Old is set if the record is from a stored copy.
func (s *Search) MarkOf(ref pole.Ref) Mark {
	m := s.marks.Of(ref.System)
	m.Old = s.old[ref.String()]
	return m
}

// Marks gives the marks of the systems that were asked.
func (s *Search) Marks() Marks { return s.marks }

// CompareLine is one property of two entities side by side.
type CompareLine struct {
	Label string
	A, B  []caseview.Alternative
	Same  bool
}

// Comparison is two entities that may be the same.
type Comparison struct {
	A, B     caseview.Case
	Say      string
	Evidence []match.Evidence
	Lines    []CompareLine // what differs first
}

// CanCompare reports whether the selected entity has one that may be the same.
func (s *Search) CanCompare() bool {
	v, ok := s.rows[s.selected]
	return ok && len(v.Possible) > 0 && s.build != nil
}

// Compare lays the selected entity beside the n-th that may be the same, and calls show with the result.
func (s *Search) Compare(n int, show func(Comparison)) {
	if !s.CanCompare() {
		return
	}
	v := s.rows[s.selected]
	p := v.Possible[n%len(v.Possible)]
	other, ok := s.rows[p.Entity]
	if !ok {
		return
	}
	a, b, old := v.Entity, other.Entity, s.OldCopies()
	start(s.env, &s.compareTask,
		func(context.Context) (Comparison, error) {
			c := Comparison{A: s.build(a, old), B: s.build(b, old), Say: p.Say, Evidence: p.Evidence}
			c.Lines = compare(c.A, c.B)
			return c, nil
		},
		func(c Comparison, _ error) { show(c) })
}

func compare(a, b caseview.Case) []CompareLine {
	var differs, same []CompareLine
	bs := map[pole.Property]caseview.Merged{}
	all := append(append([]caseview.Merged{}, b.Disagreements...), b.Agreed...)
	for _, m := range all {
		bs[m.Property] = m
	}
	add := func(l CompareLine) {
		l.Same = len(l.A) > 0 && len(l.B) > 0 && overlap(l.A, l.B)
		if l.Same {
			same = append(same, l)
		} else {
			differs = append(differs, l)
		}
	}
	for _, m := range append(append([]caseview.Merged{}, a.Disagreements...), a.Agreed...) {
		add(CompareLine{Label: m.Label, A: m.Values, B: bs[m.Property].Values})
		delete(bs, m.Property)
	}
	for _, m := range all {
		if _, left := bs[m.Property]; left {
			add(CompareLine{Label: m.Label, B: m.Values})
		}
	}
	return append(differs, same...)
}

func overlap(a, b []caseview.Alternative) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Display == y.Display {
				return true
			}
		}
	}
	return false
}
