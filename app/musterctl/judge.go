package main

import (
	"fmt"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
)

// judgeCmd decides which records are the same.
type judgeCmd struct {
	Purpose       string   `env:"MUSTER_PURPOSE" placeholder:"CODE" help:"Why you look: a reason code (musterctl search --purposes lists them)."`
	PurposeReason string   `env:"MUSTER_REASON" placeholder:"TEXT" help:"The purpose in words, where its code asks for it."`
	CaseRef       string   `env:"MUSTER_CASE" placeholder:"REF" help:"Case reference, where the code asks for it."`
	Refs          []string `arg:"" optional:"" name:"ref" help:"The two records, each SYSTEM/TYPE/ID."`
	Same          bool     `xor:"verdict" help:"They are the same: join them and what they stand for."`
	NotSame       bool     `xor:"verdict" help:"They are not the same: keep them apart, whatever the rules say."`
	Unsure        bool     `xor:"verdict" help:"Not sure: show them as possibly the same, and join them by no rule."`
	Undo          uint64   `xor:"verdict" placeholder:"ID" help:"Take a judgement back (musterctl judgements lists them)."`
	Reason        string   `placeholder:"TEXT" help:"Why, for whoever looks next. Needed for every decision but --undo."`
}

func (c judgeCmd) purpose() purposeFlags {
	return purposeFlags{Purpose: c.Purpose, Reason: c.PurposeReason, CaseRef: c.CaseRef}
}

func (c judgeCmd) Run(e *env) error {
	var v match.Verdict
	switch {
	case c.Same:
		v = match.Same
	case c.NotSame:
		v = match.NotSame
	case c.Unsure:
		v = match.Unsure
	case c.Undo == 0:
		return usagef("say what you decide: --same, --not-same, --unsure or --undo ID")
	}
	var a, b pole.Ref
	if c.Undo == 0 {
		var err error
		if a, b, err = twoRefs(c.Refs); err != nil {
			return err
		}
		if strings.TrimSpace(c.Reason) == "" {
			return usagef("say in a few words why, with --reason TEXT")
		}
	} else if len(c.Refs) > 0 {
		return usagef("--undo ID stands alone: the judgement says which records it is about")
	}
	return e.with(func(d *desk.Desk) error {
		if err := c.purpose().set(d); err != nil {
			return err
		}
		var j match.Judgement
		var err error
		if c.Undo > 0 {
			j, err = d.UndoJudgement(e.ctx, c.Undo, c.Reason)
		} else {
			j, err = d.Judge(e.ctx, a, b, v, c.Reason)
		}
		if err != nil {
			return err
		}
		say := fmt.Sprintf("Judgement %d: %s and %s: %s.", j.ID, j.A, j.B, verdictWords(j.Verdict))
		if j.Undoes > 0 {
			say = fmt.Sprintf("Judgement %d about %s and %s is taken back.", j.Undoes, j.A, j.B)
		}
		e.out.line(struct {
			Type string `json:"type"`
			match.Judgement
		}{"judgement", j}, "%s", say)
		return nil
	})
}

func twoRefs(args []string) (a, b pole.Ref, err error) {
	if len(args) != 2 {
		return a, b, usagef("give two record references, each SYSTEM/TYPE/ID")
	}
	if a, err = pole.ParseRef(args[0]); err == nil {
		b, err = pole.ParseRef(args[1])
	}
	if err != nil {
		return a, b, usagef("%w", err)
	}
	return a, b, nil
}

func verdictWords(v match.Verdict) string {
	switch v {
	case match.Same:
		return "the same"
	case match.NotSame:
		return "not the same"
	}
	return "not sure"
}

// judgementsCmd lists what was decided.
type judgementsCmd struct {
	InForce bool `help:"Only those that nobody has taken back."`
}

func (c judgementsCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		list, err := d.Judgements()
		if err != nil {
			return err
		}
		for _, j := range list {
			if c.InForce && !j.InForce {
				continue
			}
			state := "in force"
			if j.Undone != nil {
				state = fmt.Sprintf("taken back by %s, %s", j.Undone.By, clock(j.Undone.At))
			}
			e.out.line(struct {
				Type string `json:"type"`
				desk.JudgementView
			}{"judgement", j}, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", j.ID, clock(j.At), j.By, verdictWords(j.Verdict), j.A, j.B, j.Reason, state)
		}
		return nil
	})
}

// printWho says of a case what people decided about its records, and who may be the same.
func printWho(e *env, c caseview.Case) {
	for _, j := range c.Contradicts {
		e.out.text("! joined against judgement %d: %s and %s not the same, by %s, %s: %s", j.ID, j.A, j.B, j.By, clock(j.At), j.Reason)
	}
	for _, j := range c.Judged {
		printStanding(e, j)
	}
	for _, p := range c.Possible {
		e.out.text("Possibly the same, %.0f %%: %s (musterctl compare %s %s)", 100*p.Probability, p.Say, p.A, p.B)
	}
}

func printStanding(e *env, j match.Standing) {
	set := ""
	if j.SetAside > 0 {
		set = fmt.Sprintf(" (set aside by judgement %d)", j.SetAside)
	}
	e.out.text("Judgement %d: %s and %s %s, by %s, %s: %s%s", j.ID, j.A, j.B, verdictWords(j.Verdict), j.By, clock(j.At), j.Reason, set)
	for _, x := range j.Changes {
		if x.Property == "" {
			e.out.text("  since then %s was changed (%s)", x.Ref, clock(x.Updated))
		} else {
			e.out.text("  since then %s says %s %s, not %s", x.Ref, x.Label, x.Now, x.Was)
		}
	}
}

// compareCmd lays two records side by side, with what speaks for and against their being one.
type compareCmd struct {
	purposeFlags
	Refs []string `arg:"" name:"ref" help:"The two records, each SYSTEM/TYPE/ID."`
}

func (c compareCmd) Run(e *env) error {
	a, b, err := twoRefs(c.Refs)
	if err != nil {
		return err
	}
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		p, err := d.Pair(e.ctx, a, b)
		if err != nil {
			return err
		}
		if e.out.json != nil {
			for _, side := range []*[]pole.Record{&p.A.Records, &p.B.Records} {
				for i := range *side {
					(*side)[i].Raw = nil
				}
			}
			e.out.line(struct {
				Type string `json:"type"`
				desk.Pair
			}{"pair", p}, "")
			return nil
		}
		e.out.text("%s\t%s\t%s", a, p.A.Title, p.A.Detail)
		e.out.text("%s\t%s\t%s", b, p.B.Title, p.B.Detail)
		e.out.text("")
		e.out.text("before any evidence\t\t\t%+.1f bits", p.Link.Prior)
		for _, x := range p.Link.Evidence {
			e.out.text("%s\t%s\t%s\t%+.1f", x.Say, x.A, x.B, x.Bits)
		}
		e.out.text("together\t\t\t%+.1f bits: probability %.4f", p.Bits, p.Link.Probability)
		for _, g := range p.Gaps {
			e.out.text("NOT SEARCHED: %s: %s", g.System, g.Say)
		}
		if p.Joined {
			e.out.text("\nThey are one now. Taken apart, %d records would stay with the first and %d with the second.", len(p.A.Records), len(p.B.Records))
		}
		for _, j := range p.Judged {
			printStanding(e, j)
		}
		return nil
	})
}
