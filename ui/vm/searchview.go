package vm

import (
	"context"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
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
	Against  bool     // joined against somebody's 'not the same'
	Old      bool
	Masked   string // the marking for which it is shown only when it is opened
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
		Marks: s.marks.All(v.Systems), Matched: s.asTyped(v.Matched), Old: v.Old, Masked: v.Masked,
		New: s.fresh[v.ID], Selected: v.ID == s.selected, Against: len(v.Contradicts) > 0,
	}
	parts := []string{s.env.T("screens.records", "n", v.Records)}
	if n := len(v.Disagreements); n > 0 {
		parts = append(parts, s.env.T("screens.disagreements", "n", n)+": "+strings.Join(lowerAll(v.Disagreements), ", "))
	}
	r.Line = strings.Join(parts, " · ")
	if len(v.Possible) > 0 {
		r.Possible = Possibly(v.Possible[0])
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

// PossibleLine is another entity that may be the same as the selected one.
type PossibleLine struct {
	Refs   PairRefs
	Title  string // "" where it is not among the results
	Detail string
	Marks  []Mark
	Say    string
	Barred bool // the rules would join the two, and a person's decision does not let them
}

// Possibles lists what may be the same as the selected entity, the likeliest first.
func (s *Search) Possibles() []PossibleLine {
	v, ok := s.rows[s.selected]
	if !ok {
		return nil
	}
	var out []PossibleLine
	for _, p := range v.Possible {
		l := PossibleLine{Refs: PairRefs{A: p.A, B: p.B}, Say: Possibly(p), Barred: len(p.Contradicts) > 0}
		if o, ok := s.rows[p.Entity]; ok {
			l.Title, l.Detail, l.Marks = o.Title, o.Detail, s.marks.All(o.Systems)
		}
		out = append(out, l)
	}
	return out
}

// Decided lists what people decided about the records of the selected entity, the latest first.
func (s *Search) Decided() []DecidedLine {
	if v, ok := s.rows[s.selected]; ok {
		return decided(s.env, v.Judged, s.marks)
	}
	return nil
}

// Contradictions says which decisions about the selected entity a later one overrode, in words.
func (s *Search) Contradictions() []string {
	if v, ok := s.rows[s.selected]; ok {
		return contradictions(s.env, v.Contradicts, s.marks)
	}
	return nil
}

// Regroup takes up what somebody decided about which records are the same.
func (s *Search) Regroup() {
	if !s.ran {
		return
	}
	s.judged = s.judged || s.Running()
	gen := s.started
	read(s.env, &s.regrouping, s.desk.Results, func(all []desk.EntityView) {
		if len(all) > 0 && gen.Equal(s.started) {
			s.reconcile(all)
		}
	})
}

// reconcile brings the rows to what the desk holds now.
func (s *Search) reconcile(all []desk.EntityView) {
	now := make(map[string]bool, len(all))
	var changed []desk.EntityView
	for i := range all {
		now[all[i].ID] = true
		if was, ok := s.rows[all[i].ID]; !ok || was.Rev != all[i].Rev {
			changed = append(changed, all[i])
		}
	}
	var gone []string
	for _, id := range s.order {
		if !now[id] {
			gone = append(gone, id)
		}
	}
	if len(changed)+len(gone) == 0 {
		return
	}
	s.drop(gone, changed)
	for i := range changed {
		s.put(changed[i])
	}
	s.arrange()
	s.rebuild()
	s.changed()
}
