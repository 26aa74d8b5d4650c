package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muster/app/audit"
	"muster/app/match"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/store"
)

// reasonMost is how many letters of a reason are kept.
const reasonMost = 1000

// judged is the log of judgements of one officer, and all of it in memory.
type judged struct {
	log  *match.Log
	mu   sync.Mutex
	list []match.Judgement // only ever grows
}

func (j *judged) load() (err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list, err = j.log.All()
	return err
}

// all lists every judgement, the earliest first; it must not be changed.
func (j *judged) all() []match.Judgement {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.list[:len(j.list):len(j.list)]
}

// add makes a judgement durable, unless check has something against it in the light of all that were made before.
func (j *judged) add(x match.Judgement, check func(all []match.Judgement) error) (match.Judgement, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if check != nil {
		if err := check(j.list); err != nil {
			return x, err
		}
	}
	x, err := j.log.Append(x)
	if err == nil {
		j.list = append(j.list, x)
	}
	return x, err
}

// JudgeReason is a usual reason for a decision (assets/judging.yaml).
type JudgeReason struct {
	Verdict match.Verdict `yaml:"verdict" json:"verdict"`
	Label   string        `yaml:"label" json:"label"`
	Of      []pole.Class  `yaml:"of" json:"of,omitempty"` // the classes that it is for; nil is all
}

// JudgeReasons lists the usual reasons for a decision about records of a class.
func (d *Desk) JudgeReasons(c pole.Class) []JudgeReason {
	var out []JudgeReason
	for _, r := range d.reasons {
		if len(r.Of) == 0 || slices.Contains(r.Of, c) {
			out = append(out, r)
		}
	}
	return out
}

// grouper makes an empty grouper that knows what people decided.
func (d *Desk) grouper(s *session) *match.Grouper {
	g := match.New(d.dict)
	g.Judge(s.judged.all()...)
	return g
}

// JudgementView is a judgement and what became of it.
type JudgementView struct {
	match.Judgement
	InForce bool             `json:"in_force"`
	Undone  *match.Judgement `json:"undone,omitempty"` // the line that took it back
}

// Judgements lists what was decided about which records are the same, the latest first; lines that only take one back are
// told with the one that they took back.
func (d *Desk) Judgements() ([]JudgementView, error) {
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	all := s.judged.all()
	undone := map[uint64]*match.Judgement{}
	for i := range all {
		if n := all[i].Undoes; n != 0 && undone[n] == nil {
			undone[n] = &all[i]
		}
	}
	var out []JudgementView
	for _, j := range slices.Backward(all) {
		if j.Undoes == 0 {
			out = append(out, JudgementView{Judgement: j, InForce: undone[j.ID] == nil, Undone: undone[j.ID]})
		}
	}
	return out, nil
}

// Judge decides whether two records, and with them what they stand for, are the same. It is in the log of accesses before it is
// judged, and on the disk before it takes effect; results of the latest search and cases follow at once. The records
// themselves stay as they are.
func (d *Desk) Judge(ctx context.Context, a, b pole.Ref, v match.Verdict, reason string) (match.Judgement, error) {
	s, err := d.current()
	if err != nil {
		return match.Judgement{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return match.Judgement{}, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case !v.Valid():
		return match.Judgement{}, fmt.Errorf("%q is no decision: say same, not-same or unsure", v)
	case a == b:
		return match.Judgement{}, errors.New("that is one record, not two: choose another to compare it with")
	case reason == "":
		return match.Judgement{}, errors.New("say in a few words why: whoever looks next must be able to follow it")
	case len([]rune(reason)) > reasonMost:
		return match.Judgement{}, fmt.Errorf("the reason is longer than %d letters: say it shorter", reasonMost)
	}
	ra, _, err := d.recordAtHand(ctx, s, a)
	if err != nil {
		return match.Judgement{}, err
	}
	rb, _, err := d.recordAtHand(ctx, s, b)
	if err != nil {
		return match.Judgement{}, err
	}
	if ra.Kind != rb.Kind {
		return match.Judgement{}, fmt.Errorf("one record is of the kind %s and the other of the kind %s: they cannot be the same", ra.Kind, rb.Kind)
	}
	j := match.Judgement{A: a, B: b, Verdict: v, Reason: reason, SaidA: match.Basis(d.dict, ra), SaidB: match.Basis(d.dict, rb)}
	rec := audit.Record{Ref: refStrings([]pole.Ref{a, b}), Kind: ra.Kind, Terms: map[string]string{"judged": string(v), "reason": reason}}
	return d.judge(ctx, s, purpose, j, rec, nil)
}

// UndoJudgement takes a judgement back: everything stands as if it had never been made, and both lines stay in the log.
func (d *Desk) UndoJudgement(ctx context.Context, id uint64, reason string) (match.Judgement, error) {
	s, err := d.current()
	if err != nil {
		return match.Judgement{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return match.Judgement{}, err
	}
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > reasonMost {
		return match.Judgement{}, fmt.Errorf("the reason is longer than %d letters: say it shorter", reasonMost)
	}
	check := func(all []match.Judgement) error {
		i := slices.IndexFunc(all, func(j match.Judgement) bool { return j.ID == id })
		switch {
		case i < 0:
			return fmt.Errorf("there is no judgement %d", id)
		case all[i].Undoes != 0:
			return fmt.Errorf("judgement %d took judgement %d back: judge the two records again instead", id, all[i].Undoes)
		}
		if k := slices.IndexFunc(all, func(j match.Judgement) bool { return j.Undoes == id }); k >= 0 {
			return fmt.Errorf("judgement %d was taken back already, by %s on %s", id, all[k].By, all[k].At.Local().Format("02/01/2006 15:04"))
		}
		return nil
	}
	all := s.judged.all()
	if err := check(all); err != nil {
		return match.Judgement{}, err
	}
	was := all[slices.IndexFunc(all, func(j match.Judgement) bool { return j.ID == id })]
	rec := audit.Record{Ref: refStrings([]pole.Ref{was.A, was.B}), Terms: map[string]string{"judged": string(was.Verdict), "undoes": strconv.FormatUint(id, 10), "reason": reason}}
	return d.judge(ctx, s, purpose, match.Judgement{A: was.A, B: was.B, Undoes: id, Reason: reason}, rec, check)
}

// judge accounts for a judgement, keeps it, and lets it take effect.
func (d *Desk) judge(ctx context.Context, s *session, p plugins.Purpose, j match.Judgement, what audit.Record, check func([]match.Judgement) error) (match.Judgement, error) {
	o, ok := d.Officer()
	if !ok {
		return j, ErrSignedOut
	}
	j.By, j.Officer, j.At = o.Display(), o.ID, d.now()
	if j.By == "" {
		j.By = o.ID
	}
	op := audit.Unmerge
	if j.Undoes == 0 && j.Verdict == match.Same {
		op = audit.Merge
	}
	a := d.access(string(op), p)
	rec := d.record(a)
	rec.Ref, rec.Kind, rec.Terms = what.Ref, what.Kind, what.Terms
	_, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return j, undecided(err)
	}
	j, err = s.judged.add(j, check)
	d.closing(s, a, nil, seq, 1, err, nil)
	if err != nil {
		return j, notKept(err)
	}
	d.mu.RLock()
	in := []*latest{d.latest, d.beside}
	d.mu.RUnlock()
	d.grouping.Lock()
	for _, l := range in {
		if l != nil {
			changed, gone := l.grouper.Judge(j)
			d.views(l, changed, gone)
		}
	}
	d.grouping.Unlock()
	d.notify(TopicJudged, strconv.FormatUint(j.ID, 10))
	return j, nil
}

// undecided puts a refusal of the log of accesses into the words of a decision.
func undecided(err error) error {
	var e *plugins.Error
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	out.Say = strings.Replace(e.Say, "Nothing was looked up or sent", "Nothing was decided", 1)
	return &out
}

// notKept says that a decision could not be written.
func notKept(err error) error {
	e := &plugins.Error{Kind: plugins.Unavailable, Err: err}
	switch {
	case errors.Is(err, store.ErrFull):
		e.Say = "Nothing was decided: the disk is full. Free some space and decide again."
	case errors.Is(err, store.ErrClosed):
		e.Say = "Nothing was decided: the session has ended. Sign in again."
	case errors.Is(err, store.ErrCorrupt), errors.Is(err, store.ErrDenied):
		e.Say = "Nothing was decided: " + err.Error()
	default:
		return err
	}
	return e
}

// recordAtHand finds a record among what was found, or as it is kept, or else reads it from its system.
func (d *Desk) recordAtHand(ctx context.Context, s *session, ref pole.Ref) (r pole.Record, kept bool, err error) {
	if _, r, ok := d.foundRecord(ref); ok {
		return r, false, nil
	}
	if r, ok, err := d.storedRecord(s, ref); err == nil && ok {
		return r, true, nil
	}
	r, err = d.Fetch(ctx, ref)
	return r, false, err
}

// foundRecord finds a record of the latest search, or beside the case that was opened last.
func (d *Desk) foundRecord(ref pole.Ref) (*latest, pole.Record, bool) {
	d.mu.RLock()
	in := []*latest{d.latest, d.beside}
	d.mu.RUnlock()
	d.grouping.Lock()
	defer d.grouping.Unlock()
	for _, l := range in {
		if l != nil {
			if r, ok := l.grouper.Record(ref); ok {
				return l, r, true
			}
		}
	}
	return nil, pole.Record{}, false
}

func bothStandings(a, b []match.Standing) []match.Standing {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.ContainsFunc(out, func(x match.Standing) bool { return x.ID == s.ID }) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b match.Standing) int { return cmp.Compare(b.ID, a.ID) })
	return out
}

func bothJudgements(a, b []match.Judgement) []match.Judgement {
	out := slices.Clone(a)
	for _, j := range b {
		if !slices.ContainsFunc(out, func(x match.Judgement) bool { return x.ID == j.ID }) {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b match.Judgement) int { return cmp.Compare(b.ID, a.ID) })
	return out
}
