package desk

import (
	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// BuildCase makes the case of an entity from the records at hand, as this desk's systems are: what each is called, and what it
// is the authority for. It asks no system.
func (d *Desk) BuildCase(in caseview.Input) caseview.Case {
	in.Authority, in.Names = map[string][]pole.Property{}, map[string]string{}
	d.mu.RLock()
	for _, sys := range d.systems {
		in.Names[sys.cfg.ID] = sys.name()
		a := sys.info.Authority
		if sys.cfg.Authority != nil {
			a = *sys.cfg.Authority
		}
		if len(a) > 0 {
			in.Authority[sys.cfg.ID] = a
		}
	}
	d.mu.RUnlock()
	return caseview.Build(d.dict, in)
}

// PreviewCase is BuildCase of what a search found, before anything is asked for in full.
func (d *Desk) PreviewCase(e match.Entity, old map[string]bool) caseview.Case {
	return d.BuildCase(caseview.Input{Entity: e, Old: old})
}
