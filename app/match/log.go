package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"muster/store"
)

// Keeper is what the log of judgements is written to; *store.Store is one.
type Keeper interface {
	AppendJudgements(entries ...[]byte) (first uint64, err error)
	EachJudgement(from uint64, f func(seq uint64, payload []byte) error) error
	VerifyJudgements(stop func() error) (store.ChainVerdict, error)
}

// Log is the append-only log of judgements. All methods are safe for concurrent use as far as its keeper is.
type Log struct{ keeper Keeper }

// OpenLog returns the log kept in k.
func OpenLog(k Keeper) *Log { return &Log{k} }

// Append makes a judgement durable and returns it with its number. On an error nothing is judged.
func (l *Log) Append(j Judgement) (Judgement, error) {
	if j.Undoes == 0 && (j.A.IsZero() || j.B.IsZero() || j.A == j.B || strings.TrimSpace(j.Reason) == "" || !j.Verdict.Valid()) || j.By == "" || j.At.IsZero() {
		return j, errors.New("a judgement needs two records, a verdict, a reason, who and when: nothing was judged")
	}
	j.ID, j.At = 0, j.At.UTC()
	p, err := json.Marshal(j)
	if err != nil {
		return j, err
	}
	j.ID, err = l.keeper.AppendJudgements(p)
	return j, err
}

// All reads every judgement, the earliest first, after making sure that none was changed, moved, removed or cut off: a lost
// 'not the same' would let two people be merged.
func (l *Log) All() (out []Judgement, err error) {
	v, err := l.keeper.VerifyJudgements(nil)
	if err == nil && v.Problem != "" {
		err = fmt.Errorf("%w (%s)", store.ErrCorrupt, v.Problem)
	}
	if err != nil {
		return nil, fmt.Errorf("the log of who is who: %w", err)
	}
	err = l.keeper.EachJudgement(0, func(seq uint64, p []byte) error {
		var j Judgement
		if err := json.Unmarshal(p, &j); err != nil {
			return fmt.Errorf("judgement %d is not of its form: %w", seq, store.ErrCorrupt)
		}
		j.ID = seq
		out = append(out, j)
		return nil
	})
	return out, err
}

// Valid reports whether v is one of the verdicts.
func (v Verdict) Valid() bool { return v == Same || v == NotSame || v == Unsure }
