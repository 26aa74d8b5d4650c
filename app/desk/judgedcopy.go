package desk

import (
	"slices"

	"muster/app/match"
	"muster/plugins/pole"
)

// judgedSince brings the entity of a kept copy to what people have decided since it was kept: records that are judged not to be
// the same, or whose join by hand was taken back, do not come back together because a copy held them so.
func (d *Desk) judgedSince(s *session, e match.Entity) match.Entity {
	ref, err := pole.ParseRef(e.ID)
	if err != nil || len(e.Records) == 0 {
		return e
	}
	all := s.judged.all()
	inForce := map[uint64]bool{}
	for _, j := range match.InForce(all) {
		inForce[j.ID] = true
	}
	g := d.grouper(s)
	g.Add(e.Records...)
	now, ok := g.Entity(ref.String())
	if !ok {
		now, _ = g.Entity(e.Records[0].String())
	}
	part := slices.ContainsFunc(e.Why, func(l match.Link) bool { return l.Judged != nil && !inForce[l.Judged.ID] }) ||
		slices.ContainsFunc(g.Entities(), func(x match.Entity) bool {
			return slices.ContainsFunc(x.Judged, func(j match.Standing) bool { return j.Entity != "" && j.SetAside == 0 && j.Verdict != match.Same })
		})
	if part && len(now.Records) < len(e.Records) {
		e.Records, e.Why = now.Records, now.Why
	}
	kept := slices.DeleteFunc(slices.Clone(e.Judged), func(j match.Standing) bool { return !inForce[j.ID] })
	e.Judged = bothStandings(now.Judged, kept)
	e.Contradicts = now.Contradicts
	e.Possible = slices.DeleteFunc(slices.Clone(e.Possible), func(p match.Possible) bool { return p.Unsure != nil && !inForce[p.Unsure.ID] })
	return e
}
