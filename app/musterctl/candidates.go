package main

import (
	"strings"

	"muster/app/desk"
	"muster/plugins/pole"
)

// candidatesCmd finds, among the copies on this computer, whom a few facts describe.
type candidatesCmd struct {
	purposeFlags
	Kind    string   `default:"person" help:"What is described: person, vehicle, location, organisation…"`
	Limit   int      `short:"n" default:"5" help:"How many at most."`
	Explain bool     `help:"Show the evidence for and against each, in bits."`
	Facts   []string `arg:"" name:"property=value" help:"What is known: givenName=Aaron surname=Mil dateOfBirth=3/11/2011. A name may be unfinished."`
}

func (c candidatesCmd) Run(e *env) error {
	typed := map[pole.Property]string{}
	for _, f := range c.Facts {
		p, v, ok := strings.Cut(f, "=")
		if !ok || p == "" || v == "" {
			return usagef("%q is not property=value", f)
		}
		typed[pole.Property(p)] = v
	}
	return e.with(func(d *desk.Desk) error {
		for p := range typed {
			if _, ok := d.Dictionary().Property(p); !ok {
				return usagef("%q is no property: musterctl dictionary lists them", p)
			}
		}
		if err := c.set(d); err != nil {
			return err
		}
		list, err := d.Candidates(e.ctx, pole.Kind(c.Kind), typed, c.Limit)
		if err != nil {
			return err
		}
		for _, x := range list {
			if !c.Explain {
				x.Evidence = nil
			}
			e.out.line(struct {
				Type string `json:"type"`
				desk.Candidate
			}{"candidate", x}, "%.1f %%\t%s\t%s\t%s\tcopy of %s\t%s", 100*x.Probability, x.Title, x.Detail, strings.Join(x.Systems, " "), clock(x.Read), x.Record)
			if e.out.json != nil || !c.Explain {
				continue
			}
			e.out.text("  before any evidence\t\t\t%+.1f bits", x.Prior)
			for _, v := range x.Evidence {
				e.out.text("  %s\t%s\t%s\t%+.1f", v.Say, v.A, v.B, v.Bits)
			}
		}
		return nil
	})
}
