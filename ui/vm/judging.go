package vm

import (
	"context"

	"muster/app/match"
	"muster/plugins/pole"
)

// PairRefs are two records that are compared.
type PairRefs struct{ A, B pole.Ref }

// JudgeDesk is what deciding who is who needs of the desk.
type JudgeDesk interface {
	Judge(ctx context.Context, a, b pole.Ref, v match.Verdict, reason string) (match.Judgement, error)
	UndoJudgement(ctx context.Context, id uint64, reason string) (match.Judgement, error)
}

// Judging decides and takes back, for every place of the window: what was decided last is what Ctrl+Z takes back.
type Judging struct {
	env  Env
	desk JudgeDesk
	last []match.Judgement
	busy bool
}

// NewJudging makes it over d.
func NewJudging(env Env, d JudgeDesk) *Judging { return &Judging{env: env.filled(), desk: d} }

// Last is what Undo would take back; ok is false where nothing was decided since the officer came.
func (j *Judging) Last() (match.Judgement, bool) {
	if len(j.last) == 0 {
		return match.Judgement{}, false
	}
	return j.last[len(j.last)-1], true
}

// Busy reports whether a decision is being written.
func (j *Judging) Busy() bool { return j.busy }

// Judge decides, off the UI goroutine; done is told, in words, what came of it.
func (j *Judging) Judge(p PairRefs, v match.Verdict, reason string, done func(say string, err error)) {
	j.run(func() (match.Judgement, error) { return j.desk.Judge(context.Background(), p.A, p.B, v, reason) }, func(got match.Judgement, err error) {
		if err == nil {
			j.last = append(j.last, got)
			done(j.env.T("screens.judged.done."+string(v)), nil)
			return
		}
		done(say(err), err)
	})
}

// Undo takes the judgement of this number back.
func (j *Judging) Undo(id uint64, done func(say string, err error)) {
	j.run(func() (match.Judgement, error) { return j.desk.UndoJudgement(context.Background(), id, "") }, func(_ match.Judgement, err error) {
		if err != nil {
			done(say(err), err)
			return
		}
		keep := j.last[:0]
		for _, x := range j.last {
			if x.ID != id {
				keep = append(keep, x)
			}
		}
		j.last = keep
		done(j.env.T("screens.judged.undone"), nil)
	})
}

// UndoLast takes back what was decided last; with nothing to take back it says so.
func (j *Judging) UndoLast(done func(say string, err error)) {
	l, ok := j.Last()
	if !ok {
		done(j.env.T("screens.judged.nothing"), nil)
		return
	}
	j.Undo(l.ID, done)
}

// run does one thing at a time; what is asked meanwhile is not done.
func (j *Judging) run(do func() (match.Judgement, error), done func(match.Judgement, error)) {
	if j.busy {
		return
	}
	j.busy = true
	go func() {
		got, err := do()
		j.env.Post(func() {
			j.busy = false
			done(got, err)
		})
	}()
}
