package vm

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
)

// PairDesk is what two candidates side by side need of the desk.
type PairDesk interface {
	JudgeDesk
	Pair(ctx context.Context, a, b pole.Ref) (desk.Pair, error)
	JudgeReasons(c pole.Class) []desk.JudgeReason
	Systems() []desk.SystemStatus
	Dictionary() *pole.Dictionary
}

// Pair is two candidates side by side, and the decision about them.
type Pair struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// WithPurpose runs then once a purpose is set, and asks the officer for it first where there is none.
	WithPurpose func(then func())

	env     Env
	desk    PairDesk
	judging *Judging

	all     []PairRefs
	at      int
	now     *desk.Pair
	seq     int
	err     string
	task    task
	marks   Marks
	verdict match.Verdict
	reason  string
	lack    bool // a reason was missing
	note    string
	noteBad bool
}

// NewPair makes the place over d.
func NewPair(env Env, d PairDesk, j *Judging) *Pair {
	p := &Pair{env: env.filled(), desk: d, judging: j}
	p.WithPurpose = func(then func()) { then() }
	return p
}

func (p *Pair) changed() {
	if p.OnChange != nil {
		p.OnChange()
	}
}

// Open shows the pair at of all.
func (p *Pair) Open(all []PairRefs, at int) {
	if at < 0 || at >= len(all) {
		return
	}
	p.all, p.at = slices.Clone(all), at
	p.now, p.err, p.note = nil, "", ""
	p.verdict, p.reason, p.lack = "", "", false
	p.load()
}

// Again lays the pair side by side anew.
func (p *Pair) Again() {
	if len(p.all) > 0 {
		p.load()
	}
}

// Move shows another pair of those that were given.
func (p *Pair) Move(by int) {
	if at := p.at + by; at >= 0 && at < len(p.all) {
		p.Open(p.all, at)
	}
}

// Place is which of how many pairs is shown, from 1 on.
func (p *Pair) Place() (at, of int) { return p.at + 1, len(p.all) }

func (p *Pair) load() {
	refs := p.all[p.at]
	p.WithPurpose(func() {
		p.seq++
		start(p.env, &p.task,
			func(ctx context.Context) (desk.Pair, error) { return p.desk.Pair(ctx, refs.A, refs.B) },
			func(got desk.Pair, err error) {
				p.seq++
				if err != nil {
					p.err = say(err)
				} else {
					p.now, p.err = &got, ""
					p.marks = MarksOf(p.desk.Systems())
				}
				p.changed()
			})
		p.changed()
	})
}

// Now is the pair; nil until it is there. seq changes whenever it does.
func (p *Pair) Now() (*desk.Pair, int) { return p.now, p.seq }

// Err is why the two could not be laid side by side.
func (p *Pair) Err() string { return p.err }

// Loading reports whether the pair is being put together.
func (p *Pair) Loading() bool { return p.task.running() }

// Marks gives the marks of systems.
func (p *Pair) Marks() Marks { return p.marks }

// MarkOf gives the mark of whoever says a value.
func (p *Pair) MarkOf(s caseview.Source) Mark {
	m := p.marks.Of(s.Ref.System)
	m.Old = s.Old
	return m
}

// Verdict is what the officer is about to decide; "" for nothing yet.
func (p *Pair) Verdict() match.Verdict { return p.verdict }

// Choose takes up a decision, which is made by Decide.
func (p *Pair) Choose(v match.Verdict) {
	if p.now == nil || p.judging.Busy() {
		return
	}
	if v != p.verdict {
		p.verdict, p.lack = v, false
		p.seq++
		p.changed()
	}
}

// Reason is why.
func (p *Pair) Reason() string { return p.reason }

// SetReason says why.
func (p *Pair) SetReason(text string) {
	p.reason = text
	if p.lack && strings.TrimSpace(text) != "" {
		p.lack = false
		p.changed()
	}
}

// Lacking reports whether a decision waits for its reason.
func (p *Pair) Lacking() bool { return p.lack }

// Reasons lists the usual reasons for the decision taken up.
func (p *Pair) Reasons() []string {
	if p.now == nil {
		return nil
	}
	var out []string
	for _, r := range p.desk.JudgeReasons(p.now.A.Class) {
		if r.Verdict == p.verdict {
			out = append(out, r.Label)
		}
	}
	return out
}

// Decide makes the decision, if it has its reason.
func (p *Pair) Decide() {
	if p.now == nil || p.verdict == "" || p.judging.Busy() {
		return
	}
	if strings.TrimSpace(p.reason) == "" {
		p.lack = true
		p.changed()
		return
	}
	refs, v, reason := p.all[p.at], p.verdict, p.reason
	p.WithPurpose(func() {
		p.judging.Judge(refs, v, reason, func(words string, err error) {
			if err == nil {
				p.verdict, p.reason = "", ""
			}
			p.tell(words, err)
		})
		p.changed()
	})
}

// UndoLast takes back what was decided last.
func (p *Pair) UndoLast() { p.judging.UndoLast(p.tell) }

// Undo takes one decision back.
func (p *Pair) Undo(id uint64) { p.judging.Undo(id, p.tell) }

func (p *Pair) tell(words string, err error) {
	p.note, p.noteBad = words, err != nil
	p.seq++
	if err == nil {
		p.Again()
	}
	p.changed()
}

// Note takes what the last decision came to, once.
func (p *Pair) Note() (words string, bad bool) {
	words, bad = p.note, p.noteBad
	p.note = ""
	return words, bad
}

// Decided lists what people decided about the two, the latest first.
func (p *Pair) Decided() []DecidedLine {
	if p.now == nil {
		return nil
	}
	return decided(p.env, p.now.Judged, p.marks)
}

// Gaps names the systems that the search which found the two did not, or only partly, search, in words; "" for none.
func (p *Pair) Gaps() string {
	if p.now == nil || len(p.now.Gaps) == 0 {
		return ""
	}
	var names []string
	for _, g := range p.now.Gaps {
		names = append(names, p.marks.Of(g.System).Short())
	}
	return p.env.T("screens.pair.gaps", "systems", strings.Join(names, ", "))
}

// Warning says what deciding as taken up would override; "" for nothing.
func (p *Pair) Warning() string {
	if p.now == nil || p.verdict == "" {
		return ""
	}
	for _, j := range p.now.Judged {
		if j.SetAside == 0 && j.Verdict != p.verdict && j.Verdict != match.Unsure && (p.verdict == match.Same || j.Verdict == match.Same) {
			return p.env.T("screens.pair.overrides", "id", strconv.FormatUint(j.ID, 10), "by", j.By, "at", When(j.At, p.env.Now()), "reason", j.Reason)
		}
	}
	return ""
}

// Relation is how the values of two candidates stand to one another.
type Relation int

// The relations, the loudest first.
const (
	Differs Relation = iota
	Near             // not equal, but as slips of one value may be
	Agrees
	OneSided // only one says anything
)

// PairLine is one property of two candidates.
type PairLine struct {
	Property pole.Property
	Label    string
	A, B     []caseview.Alternative
	Relation Relation
	Say      string // how they are near: 'day and month swapped'
}

// Lines lays the properties of the two side by side: what differs first, and what only one knows last.
func (p *Pair) Lines() []PairLine {
	if p.now == nil {
		return nil
	}
	return pairLines(p.desk.Dictionary(), p.now.A, p.now.B)
}

func pairLines(d *pole.Dictionary, a, b caseview.Case) []PairLine {
	of := map[pole.Property]*PairLine{}
	var order []pole.Property
	line := func(m caseview.Merged) *PairLine {
		l := of[m.Property]
		if l == nil {
			l = &PairLine{Property: m.Property, Label: m.Label}
			of[m.Property] = l
			order = append(order, m.Property)
		}
		return l
	}
	for _, m := range append(slices.Clone(a.Disagreements), a.Agreed...) {
		line(m).A = m.Values
	}
	for _, m := range append(slices.Clone(b.Disagreements), b.Agreed...) {
		line(m).B = m.Values
	}
	if d != nil { // the dictionary's order is the screens'
		rank := map[pole.Property]int{}
		for i, def := range d.Properties(a.Kind) {
			rank[def.Name] = i + 1
		}
		slices.SortStableFunc(order, func(x, y pole.Property) int { return rank[x] - rank[y] })
	}
	var out []PairLine
	for _, name := range order {
		l := of[name]
		l.Relation, l.Say = relation(d, l)
		out = append(out, *l)
	}
	slices.SortStableFunc(out, func(x, y PairLine) int { return int(x.Relation) - int(y.Relation) })
	return out
}

// relation is the nearest that any two values of the line come to.
func relation(d *pole.Dictionary, l *PairLine) (Relation, string) {
	if len(l.A) == 0 || len(l.B) == 0 {
		return OneSided, ""
	}
	best, how := Differs, ""
	for _, x := range l.A {
		for _, y := range l.B {
			r, say := Differs, ""
			if x.Display == y.Display {
				r = Agrees
			} else if d != nil {
				like, words := d.Compare(l.Property, x.Value, y.Value)
				switch like {
				case pole.Same:
					r = Agrees
				case pole.Compatible:
					r, say = Agrees, words
				case pole.Similar:
					r, say = Near, words
				}
			}
			if r > best || r == best && how == "" {
				best, how = r, say
			}
			if best == Agrees && how == "" {
				return best, ""
			}
		}
	}
	return best, how
}

// Chance is a probability in words that an officer can weigh: '0.9998, about 5,000 to 1 for'.
func (p *Pair) Chance() string {
	if p.now == nil {
		return ""
	}
	return chance(p.env, p.now.Link.Probability, p.now.Bits)
}

func chance(env Env, probability, bits float64) string {
	odds := math.Exp2(math.Abs(bits))
	switch {
	case odds < 1.5:
		return env.T("screens.pair.chance.even", "p", Percent(probability))
	case bits < 0:
		return env.T("screens.pair.chance.against", "p", Percent(probability), "odds", oneFigure(odds))
	}
	return env.T("screens.pair.chance.for", "p", Percent(probability), "odds", oneFigure(odds))
}

// Possibly says why another may be the same, and how likely that is.
func Possibly(p match.Possible) string {
	if len(p.Evidence) == 0 { // kept by an earlier version
		return p.Say
	}
	return p.Say + " · " + Percent(p.Probability)
}

// Percent writes a probability so that the end that matters is told: 0.02 %, 63 %, 99.98 %.
func Percent(p float64) string {
	left := min(p, 1-p) * 100
	places := 0
	for left < 0.95 && places < 4 {
		left *= 10
		places++
	}
	if places == 4 && left < 0.95 {
		if p > 0.5 {
			return "> 99.999 %"
		}
		return "< 0.001 %"
	}
	return strconv.FormatFloat(p*100, 'f', places, 64) + " %"
}

// oneFigure writes a large number by its first two figures: 4,900.
func oneFigure(f float64) string {
	if f >= 1e6 {
		return "1,000,000"
	}
	scale := 1.0
	for f/scale >= 100 {
		scale *= 10
	}
	n := strconv.FormatFloat(math.Round(f/scale)*scale, 'f', 0, 64)
	for i := len(n) - 3; i > 0; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}
