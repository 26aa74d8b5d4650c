package timeline

import (
	"slices"
	"sort"
)

// Mark is one thing drawn in a lane: one item, or a count of several that stand too close to be told apart. X0 and X1 are
// the ends of what is drawn, in units of the width that Arrange was given; they may lie outside of it.
type Mark struct {
	Items  []int // indexes into the items that Arrange was given
	Row    int
	X0, X1 float64
	Label  bool // there is room for the title, after the mark
	Left   bool // or before it
}

// Count is how many items the mark stands for.
func (m Mark) Count() int { return len(m.Items) }

// Room says how large things are drawn.
type Room struct {
	Width float64             // of the lane
	Rows  int                 // that stand above one another in a lane
	Dot   float64             // of the sign of a moment
	Close float64             // nearer than this, moments are counted together
	Label func(i int) float64 // width of an item's title; nil is no titles
	Gap   float64             // between what stands in one row
	Keep  func(i int) bool    // items that keep a mark of their own, such as the selected; nil is none
}

// Arrange sets a lane's items out for a view. Items in sight are never dropped: what finds no place of its own is counted
// with its neighbour. lane holds indexes into items in order of time.
func Arrange(items []Item, lane []int, v View, r Room) []Mark {
	var spans, dots []Mark
	for _, i := range lane {
		e := items[i].Extent()
		x0, x1 := v.At(e.First())*r.Width, v.At(e.Last())*r.Width
		if x1 < 0 || x0 > r.Width {
			continue
		}
		if x1-x0 > r.Dot {
			spans = append(spans, Mark{Items: []int{i}, X0: x0, X1: x1})
		} else {
			mid := (x0 + x1) / 2
			dots = append(dots, Mark{Items: []int{i}, X0: mid - r.Dot/2, X1: mid + r.Dot/2})
		}
	}
	// Each has a mark of its own where there is room for all.
	if float64(len(spans)+len(dots)) <= float64(max(r.Rows, 1))*(r.Width/r.Dot+2) {
		if marks, all := pack(joined(spans, dots), r); all {
			return marks
		}
	}
	marks, _ := pack(joined(spans, cluster(dots, r)), r)
	return marks
}

func joined(spans, dots []Mark) []Mark {
	all := append(slices.Clone(spans), dots...)
	sort.SliceStable(all, func(a, b int) bool { return all[a].X0 < all[b].X0 })
	return all
}

// cluster counts moments together that stand close.
func cluster(dots []Mark, r Room) []Mark {
	sort.SliceStable(dots, func(a, b int) bool { return dots[a].X0 < dots[b].X0 })
	var out []Mark
	for _, d := range dots {
		keep := r.Keep != nil && r.Keep(d.Items[0])
		if n := len(out); n > 0 && !keep && d.X0-out[n-1].X0 < r.Close && !(r.Keep != nil && r.Keep(out[n-1].Items[0])) {
			out[n-1].Items = append(out[n-1].Items, d.Items...)
			out[n-1].X1 = max(out[n-1].X1, d.X1)
			continue
		}
		out = append(out, d)
	}
	return out
}

// pack gives every mark a row, with its title if there is room for it. alone is false where some had to be counted together.
func pack(all []Mark, r Room) (out []Mark, alone bool) {
	rows := max(r.Rows, 1)
	ends := make([]float64, rows) // where each row is free again
	last := make([]int, rows)     // its last mark
	for i := range ends {
		ends[i], last[i] = -1e18, -1
	}
	alone = true
	for _, m := range all {
		label := 0.0
		if r.Label != nil && m.Count() == 1 {
			label = r.Label(m.Items[0])
		}
		start := max(m.X0, 0)
		put := func(row int, with bool) {
			m.Row, m.Label = row, with
			if with && m.X1-m.X0 <= r.Dot && m.X1+label > r.Width {
				m.Label, m.Left = false, ends[row] <= m.X0-label
				with = false
			}
			end := m.X1
			if with {
				end = max(m.X1, start+label)
				if m.X1-m.X0 <= r.Dot {
					end = m.X1 + label
				}
			}
			ends[row] = end + r.Gap
			last[row] = len(out)
			out = append(out, m)
		}
		free := func() int { return slices.IndexFunc(ends, func(e float64) bool { return e <= start }) }
		if row := free(); row >= 0 {
			put(row, label > 0 && start < r.Width-2*r.Dot)
			continue
		}
		// Titles before it give way before a mark does.
		row := -1
		for k := range rows {
			if l := last[k]; l >= 0 && out[l].Label && out[l].X1+r.Gap <= start {
				row = k
				break
			}
		}
		if row >= 0 {
			out[last[row]].Label = false
			put(row, false)
			continue
		}
		alone = false
		// No place: it is counted with the mark that ends first.
		k := 0
		for j := range rows {
			if ends[j] < ends[k] {
				k = j
			}
		}
		o := &out[last[k]]
		o.Items = append(o.Items, m.Items...)
		o.X1 = max(o.X1, m.X1)
		o.Label, o.Left = false, false
		ends[k] = max(ends[k], m.X1+r.Gap)
	}
	return out, alone
}
