package timeline

import (
	"time"

	"muster/plugins/pole"
)

// The limits of zooming.
const (
	minView = time.Minute
	maxView = 250 * 365 * 24 * time.Hour
)

// View is the stretch of time in sight.
type View struct {
	From, To time.Time
}

// Fit is the view that holds a span with room at both ends.
func Fit(s Span) View {
	d := s.To.Sub(s.From)
	if d < time.Hour {
		mid := s.From.Add(d / 2)
		return View{mid.Add(-12 * time.Hour), mid.Add(12 * time.Hour)}
	}
	if d > maxView/9*8 { // a date of long ago, most likely a mistake: the latest is in sight, and it can be panned to
		return View{s.To.Add(-maxView / 9 * 8), s.To.Add(maxView / 20)}
	}
	pad := d / 16
	return View{s.From.Add(-pad), s.To.Add(pad)}
}

// FitItems is the view that holds the items: events if there are any, so that a birth decades ago does not press what matters
// into the last inch.
func FitItems(items []Item) View {
	var events []Item
	for i := range items {
		if !items[i].Fact {
			events = append(events, items[i])
		}
	}
	if s, ok := spanOf(events); ok {
		return Fit(s)
	}
	if s, ok := spanOf(items); ok {
		return Fit(s)
	}
	return View{}
}

// Length is how much time is in sight.
func (v View) Length() time.Duration { return v.To.Sub(v.From) }

// At is where a moment stands: 0 is the left edge, 1 the right.
func (v View) At(t time.Time) float64 {
	return float64(t.Sub(v.From)) / float64(v.Length())
}

// Time is the moment at a place, as At.
func (v View) Time(x float64) time.Time { return v.From.Add(time.Duration(x * float64(v.Length()))) }

// Zoom shows factor times as much time, keeping the moment at place x (0 to 1) where it is.
func (v View) Zoom(factor, x float64) View {
	length := float64(v.Length()) * factor
	length = min(max(length, float64(minView)), float64(maxView))
	at := v.Time(x)
	from := at.Add(-time.Duration(x * length))
	return View{from, from.Add(time.Duration(length))}
}

// Pan moves by a share of what is in sight, to the later with a positive one, and not beyond all: some of it stays in sight.
func (v View) Pan(share float64, all Span) View {
	d := time.Duration(share * float64(v.Length()))
	to := View{v.From.Add(d), v.To.Add(d)}
	if to.From.After(all.To) {
		to = View{all.To.Add(-v.Length() / 20), all.To.Add(-v.Length() / 20).Add(v.Length())}
	}
	if to.To.Before(all.From) {
		end := all.From.Add(v.Length() / 20)
		to = View{end.Add(-v.Length()), end}
	}
	return to
}

// Reveal moves the view so far that a moment is well in sight.
func (v View) Reveal(s Span) View {
	const margin = 0.08
	x0, x1 := v.At(s.From), v.At(s.To)
	if x1 > 1-margin && x0 > margin {
		d := min(x1-(1-margin), x0-margin)
		return v.shift(d)
	}
	if x0 < margin && x1 < 1-margin {
		return v.shift(max(x0-margin, x1-(1-margin)))
	}
	return v
}

func (v View) shift(share float64) View {
	d := time.Duration(share * float64(v.Length()))
	return View{v.From.Add(d), v.To.Add(d)}
}

// Tick is one line of the axis.
type Tick struct {
	At    time.Time
	Label string // 2026, Nov, 24 Tue, 14:00
	Upper string // what it belongs to, where that begins here: the year of a month, the day of an hour
	Major bool   // a line of the next unit: the year among months
}

type unit struct {
	step  time.Duration // about
	next  func(time.Time) time.Time
	floor func(time.Time) time.Time
	label string // layout
	upper string // layout of what it belongs to
	major func(time.Time) bool
}

// units are the steps of the axis, finest first. All are of London's calendar.
var units = func() []unit {
	var out []unit
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, pole.London) }
	midnight := func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 }
	for _, m := range []int{1, 5, 15, 30} {
		d := time.Duration(m) * time.Minute
		out = append(out, unit{d, func(t time.Time) time.Time { return t.Add(d) }, func(t time.Time) time.Time { return t.Truncate(d) }, "15:04", "Mon 2 Jan 2006", midnight})
	}
	for _, h := range []int{1, 3, 6} {
		out = append(out, unit{time.Duration(h) * time.Hour,
			func(t time.Time) time.Time {
				// By the clock, so that the lines stand at full hours on both sides of a change of the clocks.
				n := time.Date(t.Year(), t.Month(), t.Day(), t.Hour()+h, 0, 0, 0, pole.London)
				if !n.After(t) {
					n = t.Add(time.Duration(h) * time.Hour)
				}
				return n
			},
			func(t time.Time) time.Time {
				return time.Date(t.Year(), t.Month(), t.Day(), t.Hour()/h*h, 0, 0, 0, pole.London)
			}, "15:04", "Mon 2 Jan 2006", midnight})
	}
	for _, n := range []int{1, 2, 7} {
		out = append(out, unit{time.Duration(n) * 24 * time.Hour,
			func(t time.Time) time.Time { return day(t.AddDate(0, 0, n)) },
			func(t time.Time) time.Time {
				if n == 7 { // weeks begin on Monday
					return day(t.AddDate(0, 0, -(int(t.Weekday())+6)%7))
				}
				return day(t.AddDate(0, 0, -(t.YearDay()-1)%n))
			}, "Mon 2", "January 2006", func(t time.Time) bool { return t.Day() == 1 }})
	}
	for _, n := range []int{1, 3} {
		out = append(out, unit{time.Duration(n) * 30 * 24 * time.Hour,
			func(t time.Time) time.Time {
				return time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, pole.London)
			},
			func(t time.Time) time.Time {
				return time.Date(t.Year(), (t.Month()-1)/time.Month(n)*time.Month(n)+1, 1, 0, 0, 0, 0, pole.London)
			}, "Jan", "2006", func(t time.Time) bool { return t.Month() == 1 }})
	}
	for _, n := range []int{1, 2, 5, 10, 20, 50, 100} {
		out = append(out, unit{time.Duration(n) * 365 * 24 * time.Hour,
			func(t time.Time) time.Time { return time.Date(t.Year()+n, 1, 1, 0, 0, 0, 0, pole.London) },
			func(t time.Time) time.Time { return time.Date(t.Year()/n*n, 1, 1, 0, 0, 0, 0, pole.London) }, "2006", "", func(t time.Time) bool { return t.Year()%(10*n) == 0 }})
	}
	return out
}()

// Ticks are the lines of the axis for a view, at most about most of them. The first has Upper set, and so has every one at
// which the larger unit changes.
func (v View) Ticks(most int) []Tick {
	if v.Length() <= 0 || most < 1 {
		return nil
	}
	u := units[len(units)-1]
	for _, x := range units {
		if float64(v.Length())/float64(x.step) <= float64(most) {
			u = x
			break
		}
	}
	var out []Tick
	last := ""
	for t := u.floor(v.From.In(pole.London)); !t.After(v.To) && len(out) < 4*most+8; t = u.next(t) {
		k := Tick{At: t, Label: t.Format(u.label), Major: u.major(t)}
		if u.upper != "" {
			if up := t.Format(u.upper); up != last {
				k.Upper, last = up, up
			}
		}
		out = append(out, k)
	}
	return out
}

// Density counts the items that begin in each of n equal parts of a span.
func Density(items []Item, s Span, n int) []int {
	out := make([]int, n)
	if n == 0 || !s.To.After(s.From) {
		return out
	}
	v := View(s)
	for i := range items {
		e := items[i].Extent()
		mid := e.First().Add(e.Begins.To.Sub(e.Begins.From) / 2)
		k := int(v.At(mid) * float64(n))
		if k >= 0 && k < n {
			out[k]++
		} else if k == n {
			out[n-1]++
		}
	}
	return out
}
