package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/plugins/pole"
)

// slack is how far apart two systems' times of one moment may be before they are said to differ.
const slack = time.Minute

// reading is what one record says about when something was.
type reading struct {
	extent      Extent
	when, until string
	isRange     bool
	said        Said
}

// begin reads one fact as the beginning; ok is false where it is no date.
func begin(f pole.Fact) (r reading, ok bool) {
	from, to, ok := pole.Span(f.Value.Norm)
	if !ok {
		return r, false
	}
	r.extent.Begins = Span{from, to}
	r.when = f.Value.Norm
	r.said.Words, r.said.Path, r.said.Problem = f.Value.Source, f.Path, f.Value.Problem
	r.said.Notes = notesOf(f)
	return r, true
}

func notesOf(f pole.Fact) (out []Note) {
	if f.Value.Problem != "" {
		out = append(out, NoteProblem)
	}
	if len(f.Value.Norm) <= 10 {
		return out
	}
	if zoned, timed := pole.Zoned(f.Value.Source); timed && !zoned {
		out = append(out, NoteNoZone)
		if at, _, ok := pole.Span(f.Value.Norm); ok && twice(at) {
			out = append(out, NoteTwice)
		}
	}
	return out
}

// twice reports whether London's clocks showed the time of day of t twice on that day.
func twice(t time.Time) bool {
	const layout = "2006-01-02T15:04:05"
	own := t.In(pole.London).Format(layout)
	return t.Add(time.Hour).In(pole.London).Format(layout) == own || t.Add(-time.Hour).In(pole.London).Format(layout) == own
}

// lasting sets until when it lasted. An end before the beginning is kept as a note and draws nothing false.
func (r *reading) lasting(f pole.Fact) {
	from, to, ok := pole.Span(f.Value.Norm)
	if !ok || !to.After(r.extent.Begins.From) {
		return
	}
	r.extent.Ends, r.extent.Lasts, r.until = Span{from, to}, true, f.Value.Norm
	r.said.Words += " – " + f.Value.Source
}

// between sets by when it happened: its moment lies anywhere until then.
func (r *reading) between(f pole.Fact) {
	_, to, ok := pole.Span(f.Value.Norm)
	if !ok || !to.After(r.extent.Begins.To) {
		return
	}
	r.extent.Begins.To, r.until, r.isRange = to, f.Value.Norm, true
	r.said.Words += " – " + f.Value.Source
	r.said.Notes = append(r.said.Notes, NoteRange)
}

func (r *reading) display() string {
	d := pole.DisplayWhen(r.when)
	switch {
	case r.when == "" && r.until != "":
		return "until " + pole.DisplayWhen(r.until)
	case r.isRange:
		return "between " + d + " and " + pole.DisplayWhen(r.until)
	case r.until != "":
		end := pole.DisplayWhen(r.until)
		if day, clock, ok := strings.Cut(end, " "); ok && strings.HasPrefix(d, day+" ") && len(r.until) > 10 {
			end = clock // the same day is not said twice
		}
		return d + " to " + end
	case r.extent.Since:
		return "since " + d
	}
	return d
}

// agree reports whether two readings can both be true.
func agree(a, b *reading) bool {
	if a.extent.Until != b.extent.Until {
		return false
	}
	touch := func(x, y Span) bool { return !x.From.After(y.To.Add(slack)) && !y.From.After(x.To.Add(slack)) }
	if !touch(a.extent.Begins, b.extent.Begins) {
		return false
	}
	return !a.extent.Lasts || !b.extent.Lasts || a.extent.Since || b.extent.Since || touch(a.extent.Ends, b.extent.Ends)
}

// exactness orders readings: the more is said, the earlier.
func exactness(a, b *reading) int {
	width := func(s Span) time.Duration { return s.To.Sub(s.From) }
	rank := func(r *reading) int {
		if r.until != "" {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(width(a.extent.Begins), width(b.extent.Begins)), cmp.Compare(rank(a), rank(b)),
		cmp.Compare(a.when+a.until, b.when+b.until), cmp.Compare(a.said.Ref.String(), b.said.Ref.String()))
}

// dates puts what records say together: readings that can both be true are one date, at its most exact; the others stand
// beside it. First stands what most systems say, then what was changed last, then the most exact.
func dates(all []reading) []Date {
	list := make([]*reading, len(all))
	for i := range all {
		list[i] = &all[i]
	}
	slices.SortFunc(list, exactness)
	var groups [][]*reading
next:
	for _, r := range list {
		for i, g := range groups {
			if !slices.ContainsFunc(g, func(x *reading) bool { return !agree(x, r) }) {
				groups[i] = append(g, r)
				continue next
			}
		}
		groups = append(groups, []*reading{r})
	}
	type ranked struct {
		Date
		updated time.Time
		current int // systems whose words are no old copy
		at      int
	}
	var out []ranked
	for at, g := range groups {
		d := ranked{at: at}
		best := g[0]
		for _, r := range g {
			d.Said = append(d.Said, r.said)
			if !slices.Contains(d.Systems, r.said.Ref.System) {
				d.Systems = append(d.Systems, r.said.Ref.System)
				if !r.said.Old {
					d.current++
				}
			}
			if r.said.updated.After(d.updated) {
				d.updated = r.said.updated
			}
			if best.until == "" && r.until != "" && best.when == r.when {
				best = r
			}
		}
		slices.Sort(d.Systems)
		d.Extent, d.When, d.Until, d.Range, d.Display = best.extent, best.when, best.until, best.isRange, best.display()
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(len(b.Systems), len(a.Systems)), cmp.Compare(b.current, a.current), b.updated.Compare(a.updated), cmp.Compare(a.at, b.at))
	})
	res := make([]Date, len(out))
	for i := range out {
		res[i] = out[i].Date
	}
	return res
}
