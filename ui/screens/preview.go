package screens

import (
	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins/pole"
)

// Preview makes the case of a search result from the records at hand, without asking any system.
func Preview(d interface{ Dictionary() *pole.Dictionary }) Builder {
	return func(e match.Entity, old map[string]bool) caseview.Case {
		return caseview.Build(d.Dictionary(), caseview.Input{Entity: e, Old: old})
	}
}
