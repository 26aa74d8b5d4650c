package vm

import (
	"context"
	"maps"
	"slices"
	"time"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/match"
	"muster/plugins/pole"
)

// CandidateDesk is what finding who is being typed needs of the desk.
type CandidateDesk interface {
	Candidates(ctx context.Context, kind pole.Kind, typed map[pole.Property]string, n int) ([]desk.Candidate, error)
	UseCandidate(ctx context.Context, dr entry.Draft, part string, refs []pole.Ref) (entry.Draft, error)
}

// AskAfter is how long after the last keystroke the desk is asked who it may be.
const AskAfter = 250 * time.Millisecond

// candidatesShown is how many are shown at most.
const candidatesShown = 4

// Candidates is who may be the one that the officer is typing into the section on screen. Call Look after every change of the
// entry. An answer about what is no longer typed is dropped.
type Candidates struct {
	// OnChange is called on the UI goroutine after the candidates have changed.
	OnChange func()
	// OnUsed is called after values were filled in or taken back: fields may have changed under the keyboard.
	OnUsed func()

	env   Env
	desk  CandidateDesk
	entry *Entry

	about question
	list  []desk.Candidate
	err   string
	stop  func()
	task  task
	use   task
	used  *usedCandidate
}

// question is what the candidates are an answer to.
type question struct {
	seq   int // of the draft
	part  string
	kind  pole.Kind
	typed map[pole.Property]string
}

func (q question) same(o question) bool {
	return q.seq == o.seq && q.part == o.part && q.kind == o.kind && maps.Equal(q.typed, o.typed)
}

// usedCandidate is what was filled in last, and how to take it back.
type usedCandidate struct {
	seq    int
	part   string
	title  string
	before entry.Draft
	filled []string // paths
	kept   []KeptTyped
}

// KeptTyped is a value that stayed as it was typed although the record says another.
type KeptTyped struct{ Label, Typed, Record string }

// CandidateLine is one candidate as the form shows it.
type CandidateLine struct {
	Title, Detail string
	Chance        string // 'very likely, 97 %'
	Copy          string // 'copy of 24/11/2026 14:05'
	Marks         []Mark
	Kind          pole.Kind
	Sure          bool // so likely that it would be entered twice
	desk.Candidate
}

// NewCandidates makes the candidates of an entry form; nil where d cannot find any.
func NewCandidates(env Env, e *Entry, d any) *Candidates {
	cd, ok := d.(CandidateDesk)
	if !ok {
		return nil
	}
	return &Candidates{env: env.filled(), desk: cd, entry: e}
}

func (c *Candidates) changed() {
	if c.OnChange != nil {
		c.OnChange()
	}
}

// Look sees whether another one is being typed, and if so asks who it may be once the officer pauses.
func (c *Candidates) Look() {
	if c == nil {
		return
	}
	now := c.question()
	if c.used != nil && c.used.seq != now.seq {
		c.used = nil
	}
	if now.same(c.about) {
		return
	}
	fresh := now.seq != c.about.seq || now.part != c.about.part
	c.about = now
	c.task.stop()
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if fresh || len(now.typed) == 0 {
		c.list, c.err = nil, ""
	}
	if len(now.typed) > 0 {
		c.stop = c.env.After(AskAfter, func() {
			c.env.Post(func() {
				if c.about.same(now) {
					c.stop = nil
					c.ask(now)
				}
			})
		})
	}
	c.changed()
}

func (c *Candidates) ask(q question) {
	start(c.env, &c.task,
		func(ctx context.Context) ([]desk.Candidate, error) {
			return c.desk.Candidates(ctx, q.kind, q.typed, candidatesShown)
		},
		func(list []desk.Candidate, err error) {
			if !c.about.same(q) {
				return
			}
			c.list, c.err = list, say(err)
			c.changed()
		})
}

// question is what the section on screen describes: a part of the form that is a person, a thing or a place, with at least two
// things typed and nobody chosen for it.
func (c *Candidates) question() (q question) {
	e := c.entry
	draft, seq := e.Draft()
	if q.seq = seq; draft == nil || e.Sent() != nil {
		return q
	}
	for _, f := range e.Fields() {
		part, prop := entry.SplitPath(f.Path)
		if part == "" || q.part != "" && part != q.part {
			continue
		}
		base, _ := entry.BasePath(part)
		p, ok := e.form.Part(base)
		if !ok || len(draft.Existing[part]) > 0 {
			continue
		}
		q.part, q.kind = part, p.Kind
		if f.Property != "" {
			prop = f.Property
		}
		if f.Value == "" {
			continue
		}
		if q.typed == nil {
			q.typed = map[pole.Property]string{}
		}
		q.typed[prop] = f.Value
	}
	return q
}

// Part is the part of the form that the candidates are for, and of which kind it is; "" for none.
func (c *Candidates) Part() (part string, kind pole.Kind) {
	if c == nil {
		return "", ""
	}
	return c.about.part, c.about.kind
}

// Err is why nobody could be looked up, in words.
func (c *Candidates) Err() string { return c.err }

// Lines lists the candidates, the likeliest first.
func (c *Candidates) Lines() []CandidateLine {
	if c == nil {
		return nil
	}
	var out []CandidateLine
	for _, x := range c.list {
		l := CandidateLine{Title: x.Title, Detail: x.Detail, Kind: x.Kind, Candidate: x, Sure: x.Probability >= 0.9,
			Chance: c.env.T("screens.entry.who.chance", "words", c.env.T("screens.entry.who."+likelihood(x.Probability)), "p", Percent(x.Probability)),
			Copy:   c.env.T("screens.entry.who.copy", "at", Day(x.Read)+" "+HourMinute(x.Read))}
		l.Marks = c.entry.marks.All(x.Systems)
		out = append(out, l)
	}
	return out
}

// Link is a candidate's evidence, to be drawn as that of two records: A is what the record says, B what was typed.
func (l CandidateLine) Link() match.Link {
	return match.Link{A: l.Record, Prior: l.Prior, Probability: l.Probability, Evidence: l.Evidence}
}

// likelihood is the key of the words for a probability.
func likelihood(p float64) string {
	switch {
	case p >= 0.99:
		return "certain"
	case p >= 0.9:
		return "verylikely"
	case p >= 0.5:
		return "likely"
	case p >= 0.1:
		return "maybe"
	}
	return "hardly"
}

// Use fills the empty fields of the part from the candidate with this id. What is typed meanwhile stays.
func (c *Candidates) Use(id string) {
	e := c.entry
	i := slices.IndexFunc(c.list, func(x desk.Candidate) bool { return x.ID == id })
	if i < 0 || e.draft == nil || e.sending || e.sent != nil {
		return
	}
	x, q := c.list[i], c.about
	before := copyDraft(*e.draft)
	start(c.env, &c.use,
		func(ctx context.Context) (entry.Draft, error) {
			return c.desk.UseCandidate(ctx, copyDraft(before), q.part, x.Refs)
		},
		func(got entry.Draft, err error) {
			if e.draft == nil || e.seq != q.seq || e.sending || e.sent != nil {
				return
			}
			if err != nil {
				c.err = say(err)
				c.changed()
				return
			}
			c.take(q, x, before, got)
		})
}

// take puts what a record says into the draft, wherever nothing else has been typed since it was asked for.
func (c *Candidates) take(q question, x desk.Candidate, before, got entry.Draft) {
	e := c.entry
	u := &usedCandidate{seq: q.seq, part: q.part, title: x.Title, before: copyDraft(*e.draft)}
	d := e.draft
	if d.From == nil {
		d.From = map[string]pole.Ref{}
	}
	if d.Existing == nil {
		d.Existing = map[string][]pole.Ref{}
	}
	for path, v := range got.Values {
		if v == before.Values[path] || d.Values[path] != before.Values[path] {
			continue
		}
		d.Values[path], d.From[path] = v, got.From[path]
		u.filled = append(u.filled, path)
	}
	d.Existing[q.part], d.Known = got.Existing[q.part], maps.Clone(got.Known)
	for _, f := range e.Fields() {
		if part, _ := entry.SplitPath(f.Path); part == q.part && f.Value != "" && got.Known[f.Path] != "" && d.From[f.Path].IsZero() && pole.FoldName(f.Value) != pole.FoldName(got.Known[f.Path]) {
			u.kept = append(u.kept, KeptTyped{Label: f.Label, Typed: f.Value, Record: got.Known[f.Path]})
		}
	}
	c.used, c.list = u, nil
	e.touch()
	c.changed()
	if c.OnUsed != nil {
		c.OnUsed()
	}
}

// Used says what was filled in for the part on screen: whose record it is, how many fields, and what stayed as it was typed.
func (c *Candidates) Used() (title string, filled int, kept []KeptTyped, ok bool) {
	if c == nil || c.used == nil || c.entry.draft == nil || c.used.seq != c.about.seq {
		return "", 0, nil, false
	}
	here := slices.ContainsFunc(c.entry.Fields(), func(f Field) bool { part, _ := entry.SplitPath(f.Path); return part == c.used.part })
	if !here || len(c.entry.draft.Existing[c.used.part]) == 0 {
		return "", 0, nil, false
	}
	return c.used.title, len(c.used.filled), c.used.kept, true
}

// TakeBack takes what was filled in last out again. What has been typed over it since stays.
func (c *Candidates) TakeBack() {
	e := c.entry
	u := c.used
	if u == nil || e.draft == nil || e.seq != u.seq || e.sending || e.sent != nil {
		return
	}
	for _, path := range u.filled {
		if _, still := e.draft.From[path]; !still {
			continue
		}
		delete(e.draft.From, path)
		if was := u.before.Values[path]; was != "" {
			e.draft.Values[path] = was
		} else {
			delete(e.draft.Values, path)
		}
	}
	if refs := u.before.Existing[u.part]; len(refs) > 0 {
		e.draft.Existing[u.part] = refs
	} else {
		delete(e.draft.Existing, u.part)
	}
	e.draft.Known = maps.Clone(u.before.Known)
	c.used = nil
	e.touch()
	c.changed()
	if c.OnUsed != nil {
		c.OnUsed()
	}
}
