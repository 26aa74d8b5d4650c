package vm

import (
	"slices"
	"strconv"

	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
)

// Judged takes up a decision about which records are the same, by its number: where it concerns the open case, this is read again.
func (c *Case) Judged(id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || c.id == "" {
		return
	}
	go func() {
		list, err := c.desk.Judgements()
		if err != nil {
			return
		}
		i := slices.IndexFunc(list, func(j desk.JudgementView) bool { return j.ID == n || j.Undone != nil && j.Undone.ID == n })
		if i < 0 {
			return
		}
		j := list[i]
		c.env.Post(func() {
			if c.concerns(j.A) || c.concerns(j.B) {
				c.Again()
			}
		})
	}()
}

// concerns reports whether the open case holds a record, or names it as possibly its own.
func (c *Case) concerns(ref pole.Ref) bool {
	if c.open == nil {
		return false
	}
	return slices.ContainsFunc(c.open.Records, func(r pole.Record) bool { return r.Ref == ref })
}

// DecidedLine is what a person decided about records of the open case.
type DecidedLine struct {
	ID       uint64
	A, B     Mark
	Refs     PairRefs
	Verdict  match.Verdict
	Within   bool   // both records are in this case
	Words    string // 'Joined by PC 2214 Okafor on 24/11/2026 at 14:06'
	Reason   string
	Changes  []string // what was said then and is said no more
	SetAside string   // why it does not hold
}

// Decided lists what people decided about the records of the open case, the latest first.
func (c *Case) Decided() []DecidedLine {
	if c.open == nil {
		return nil
	}
	return decided(c.env, c.open.Judged, c.marks)
}

func decided(env Env, list []match.Standing, marks Marks) []DecidedLine {
	var out []DecidedLine
	for _, j := range list {
		l := DecidedLine{ID: j.ID, A: marks.Of(j.A.System), B: marks.Of(j.B.System), Refs: PairRefs{j.A, j.B}, Verdict: j.Verdict,
			Within: j.Entity == "", Reason: j.Reason,
			Words: env.T("screens.judged."+string(j.Verdict), "by", j.By, "at", When(j.At, env.Now()))}
		for _, x := range j.Changes {
			name := marks.Of(x.Ref.System).Short()
			if x.Property == "" {
				l.Changes = append(l.Changes, env.T("screens.judged.changed", "system", name, "at", When(x.Updated, env.Now())))
			} else {
				l.Changes = append(l.Changes, env.T("screens.judged.changedvalue", "system", name, "label", lowerFirst(x.Label), "was", x.Was, "now", x.Now))
			}
		}
		if j.SetAside > 0 {
			l.SetAside = env.T("screens.judged.setaside", "id", strconv.FormatUint(j.SetAside, 10))
		}
		out = append(out, l)
	}
	return out
}

// Contradictions says which decisions that two records are not the same a later one overrode, in words.
func (c *Case) Contradictions() []string {
	if c.open == nil {
		return nil
	}
	return contradictions(c.env, c.open.Contradicts, c.marks)
}

func contradictions(env Env, list []match.Judgement, marks Marks) []string {
	var out []string
	for _, j := range list {
		out = append(out, env.T("screens.judged.contradicts", "id", strconv.FormatUint(j.ID, 10), "by", j.By, "at", When(j.At, env.Now()), "reason", j.Reason,
			"a", marks.Of(j.A.System).Short()+" "+j.A.ID, "b", marks.Of(j.B.System).Short()+" "+j.B.ID))
	}
	return out
}
