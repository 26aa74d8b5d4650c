package vm

import (
	"context"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins/pole"
)

// SearchDesk is what a search needs of the desk.
type SearchDesk interface {
	Interpret(text string) []search.Interpretation
	Search(ctx context.Context, r search.Request, f func(desk.SearchEvent)) error
	Systems() []desk.SystemStatus
	Results() []desk.EntityView
}

// Builder makes a case of an entity from the records at hand, without asking any system.
type Builder func(e match.Entity, old map[string]bool) caseview.Case

// Search is the search place: typed text, the running search, its rows and what was not searched.
type Search struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// WithPurpose runs then once a purpose is set, and asks the officer for it first where there is none.
	WithPurpose func(then func())

	env   Env
	desk  SearchDesk
	build Builder

	text   string
	taken  []search.Interpretation
	chosen int

	query   string
	request search.Request
	ran     bool
	started time.Time
	runs    map[*stream]bool // the search and every 'ask again' beside it that are under way
	done    *search.Completeness
	fault   string

	asked   []string // ids of systems in the profile's order
	marks   Marks
	answers map[string]*search.Answer
	since   map[string]time.Time // when each system was asked
	old     map[string]bool      // by Ref.String

	rows     map[string]*desk.EntityView
	order    []string // every row
	shown    []string // those of the classes that are not hidden
	hidden   map[pole.Class]bool
	fresh    map[string]bool
	selected string
	touched  bool
	held     bool

	previewTask task
	preview     *caseview.Case
	previewOf   string
	previewSeq  int
	regrouping  reader
	judged      bool // somebody decided who is who while this search ran
}

// NewSearch makes the search place over d. build makes the preview.
func NewSearch(env Env, d SearchDesk, build Builder) *Search {
	s := &Search{env: env.filled(), desk: d, build: build, hidden: map[pole.Class]bool{}, runs: map[*stream]bool{}}
	s.WithPurpose = func(then func()) { then() }
	s.clear()
	return s
}

func (s *Search) changed() {
	if s.OnChange != nil {
		s.OnChange()
	}
}

func (s *Search) clear() {
	s.asked, s.marks = nil, Marks{}
	s.answers, s.since, s.old = map[string]*search.Answer{}, map[string]time.Time{}, map[string]bool{}
	s.rows, s.order, s.shown, s.fresh = map[string]*desk.EntityView{}, nil, nil, map[string]bool{}
	s.selected, s.touched, s.done, s.fault, s.judged = "", false, nil, "", false
	s.previewTask.stop()
	s.preview, s.previewOf = nil, ""
	s.previewSeq++
}

// Text is what stands in the command bar for this search.
func (s *Search) Text() string { return s.text }

// SetText takes what is typed: it says what the text is taken for and stops a search that was running for other words.
func (s *Search) SetText(text string) {
	if text == s.text {
		return
	}
	s.text = text
	s.taken, s.chosen = nil, 0
	if t := strings.TrimSpace(text); t != "" && !IsCommand(t) {
		s.taken = s.desk.Interpret(t)
	}
	if s.Running() && strings.TrimSpace(text) != s.query {
		s.halt()
	}
	s.changed()
}

// Taken lists what the typed text may stand for, the best first.
func (s *Search) Taken() []search.Interpretation { return s.taken }

// Chosen is the index in Taken that Run will use.
func (s *Search) Chosen() int { return s.chosen }

// Choose picks another reading of the typed text.
func (s *Search) Choose(i int) {
	if i >= 0 && i < len(s.taken) && i != s.chosen {
		s.chosen = i
		s.changed()
	}
}

// Run starts the search for the typed text, once there is a purpose. Whatever ran before is stopped.
func (s *Search) Run() {
	text := strings.TrimSpace(s.text)
	if text == "" || IsCommand(text) {
		return
	}
	// The first reading is the desk's own, so it gets the text; another one is the officer's choice and goes as terms.
	req := search.Request{Text: text}
	if s.chosen > 0 && s.chosen < len(s.taken) {
		req = search.Request{Text: s.taken[s.chosen].Text, Terms: s.taken[s.chosen].Terms}
	}
	s.WithPurpose(func() {
		s.halt()
		s.clear()
		s.query, s.request, s.ran, s.started = text, req, true, s.env.Now()
		systems := s.desk.Systems()
		s.marks = MarksOf(systems)
		for _, sys := range systems {
			s.asked = append(s.asked, sys.ID)
			s.answers[sys.ID] = &search.Answer{System: sys.ID, State: search.Asking}
			s.since[sys.ID] = s.started
		}
		s.begin(req)
		s.changed()
	})
}

// Running reports whether any system is still being asked.
func (s *Search) Running() bool { return len(s.runs) > 0 }

// Stop stops what runs; systems that had not answered are shown as stopped.
func (s *Search) Stop() {
	if s.Running() {
		s.halt()
		s.changed()
	}
}

func (s *Search) halt() {
	for r := range s.runs {
		r.stop()
	}
	clear(s.runs)
	for _, a := range s.answers {
		if a.State == search.Asking {
			a.State = search.Stopped
		}
	}
}

// AskAgain asks one system again; "" means every system that was not, or only partly, searched.
func (s *Search) AskAgain(system string) {
	if !s.ran {
		return
	}
	var again []string
	for _, id := range s.asked {
		switch s.answers[id].State {
		case search.NotSearched, search.Partial, search.Stopped:
			if system == "" || system == id {
				again = append(again, id)
			}
		}
	}
	if len(again) == 0 {
		return
	}
	s.WithPurpose(func() {
		now := s.env.Now()
		for _, id := range again {
			s.answers[id] = &search.Answer{System: id, State: search.Asking}
			s.since[id] = now
		}
		req := s.request
		req.Systems = again
		s.begin(req)
		s.changed()
	})
}

// Query is what the rows were searched for; "" before the first search.
func (s *Search) Query() string { return s.query }

// Ran reports whether a search has been started.
func (s *Search) Ran() bool { return s.ran }

// Fault is why the search could not be run at all, in words.
func (s *Search) Fault() string { return s.fault }

// Completeness is the desk's own account of the search; nil until it has ended.
func (s *Search) Completeness() *search.Completeness { return s.done }

// OldCopies are the records, by Ref.String, that came from a stored copy.
func (s *Search) OldCopies() map[string]bool { return maps.Clone(s.old) }

// ClassFilter is one line of the filter.
type ClassFilter struct {
	Class pole.Class
	Label string
	Count int
	On    bool
}

// Filters lists the classes with their counts.
func (s *Search) Filters() []ClassFilter {
	n := map[pole.Class]int{}
	for _, v := range s.rows {
		n[v.Class]++
	}
	var out []ClassFilter
	for _, c := range Classes() {
		out = append(out, ClassFilter{Class: c, Label: s.env.ClassWords(c), Count: n[c], On: !s.hidden[c]})
	}
	return out
}

// Toggle shows or hides a class.
func (s *Search) Toggle(c pole.Class) {
	if s.hidden[c] {
		delete(s.hidden, c)
	} else {
		s.hidden[c] = true
	}
	s.filter()
	s.changed()
}

// Take takes text as it stands in the command bar, with the reading that the officer chose for it, if any.
func (s *Search) Take(text string, as *search.Interpretation) {
	s.SetText(text)
	if as == nil {
		return
	}
	for i, in := range s.taken {
		if in.Label == as.Label && len(in.Terms) == len(as.Terms) {
			s.chosen = i
			return
		}
	}
	s.taken = append(s.taken, *as)
	s.chosen = len(s.taken) - 1
}

// TakenFor says in words what the rows were searched for as; "" for free text with no reading.
func (s *Search) TakenFor() string {
	if s.chosen < len(s.taken) {
		return s.taken[s.chosen].Label
	}
	return ""
}

// ID is the id of row i of those shown.
func (s *Search) ID(i int) string {
	if i < 0 || i >= len(s.shown) {
		return ""
	}
	return s.shown[i]
}

// At is the entity of row i of those shown, nil if there is none. It must not be changed; what systems add comes as another.
func (s *Search) At(i int) *desk.EntityView {
	if i < 0 || i >= len(s.shown) {
		return nil
	}
	return s.rows[s.shown[i]]
}

// Shape is what the height of row i depends on: how long its title and detail are, by how many systems, and whether it has
// something to warn of. It is asked of every row whenever results come in, and copies nothing.
func (s *Search) Shape(i int) (title, detail, systems int, warns bool) {
	if i < 0 || i >= len(s.shown) {
		return 0, 0, 0, false
	}
	v := s.rows[s.shown[i]]
	return utf8.RuneCountInString(v.Title), utf8.RuneCountInString(v.Detail), len(v.Systems), len(v.Warnings) > 0 || len(v.Possible) > 0 || v.Old || len(v.Contradicts) > 0
}

// Markings lists the markings of the rows shown, each once.
func (s *Search) Markings() []pole.Marking {
	var out []pole.Marking
	seen := map[string]bool{}
	for _, id := range s.shown {
		recs := s.rows[id].Entity.Records
		for i := range recs {
			m := &recs[i].Marking
			if m.Classification == "" && len(m.Handling) == 0 {
				continue
			}
			key := m.Classification
			if len(m.Handling) > 0 {
				key += "\x00" + strings.Join(m.Handling, "\x00")
			}
			if !seen[key] {
				seen[key] = true
				out = append(out, *m)
			}
		}
	}
	return out
}
