// Package screens holds the places of the window, each built from a view-model and drawn with Muster's own widgets.
package screens

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/plugins/pole"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// Desk is what the screens need of the desk. *desk.Desk is one.
type Desk interface {
	vm.SearchDesk
	vm.CaseDesk
	vm.ChartDesk
	vm.MapDesk
	vm.SupportDesk
	vm.EntryDesk
	vm.OutboxDesk
	vm.HomeDesk
	vm.SystemsDesk
	vm.AuditDesk
	vm.SettingsDesk
	vm.NoticeSource
	vm.PairDesk
	Dictionary() *pole.Dictionary
}

// Builder makes a case of an entity from the records at hand, for the preview of a search result.
type Builder = vm.Builder

// Factories gives the frame every place. build may be nil: then results have no preview.
func Factories(d Desk, env vm.Env, looks Looks, build Builder) map[place.ID]place.Factory {
	k := &kit{desk: d, env: env, prefs: prefs{looks}, build: build, judging: vm.NewJudging(env, d)}
	return map[place.ID]place.Factory{
		place.Desk:     func(h place.Host) place.Place { return newDesk(k, h) },
		place.Search:   func(h place.Host) place.Place { return newSearch(k, h) },
		place.Cases:    func(h place.Host) place.Place { return newCases(k, h) },
		place.Enter:    func(h place.Host) place.Place { return newEnter(k, h) },
		place.Outbox:   func(h place.Host) place.Place { return newOutbox(k, h) },
		place.Systems:  func(h place.Host) place.Place { return newSystems(k, h) },
		place.Audit:    func(h place.Host) place.Place { return newAudit(k, h) },
		place.Settings: func(h place.Host) place.Place { return newSettings(k, h) },
		place.Pair:     func(h place.Host) place.Place { return newPair(k, h) },
		place.Timeline: func(h place.Host) place.Place { return newTimeline(k, h) },
		place.Live:     func(h place.Host) place.Place { return newLive(k, h) },
	}
}

// kit is what every screen is made with.
type kit struct {
	desk  Desk
	env   vm.Env
	prefs vm.Prefs
	build Builder
	// judging is one for the whole window: what was decided last can be taken back from any place.
	judging *vm.Judging
}

// base is what every screen has in common.
type base struct {
	k      *kit
	host   place.Host
	id     place.ID
	object fyne.CanvasObject
	stop   []func()
}

func (b *base) Name() place.ID            { return b.id }
func (b *base) Title() string             { return t("place." + string(b.id)) }
func (b *base) Object() fyne.CanvasObject { return b.object }
func (b *base) Hidden()                   {}

// Close ends what the screen listens to.
func (b *base) Close() {
	for _, f := range b.stop {
		f()
	}
	b.stop = nil
}

func (b *base) listen(f func(desk.Notice)) {
	b.stop = append(b.stop, vm.Listen(b.k.env, b.k.desk, f))
}

func t(key string, args ...any) string { return i18n.T(key, args...) }

// level is a tone as the widgets know it.
func level(x vm.Tone) widgets.Level { return widgets.Level(x) }

func styled(x vm.Tone) widgets.Style {
	if x == vm.Quiet {
		return widgets.MutedText
	}
	return widgets.Body.In(level(x).Color())
}

// chip is a system's mark beside a value.
func chip(m vm.Mark) *widgets.Chip { return widgets.NewChip(widgets.Shape(m.Shape), m.Code, m.Name) }

// sign is a system's mark without its code, on a form.
func sign(m vm.Mark) *widgets.Chip { return widgets.NewChip(widgets.Shape(m.Shape), "", m.Name) }

// glyph is a system's shape alone, before its name.
func glyph(m vm.Mark) *widgets.Glyph {
	return widgets.NewGlyph(widgets.Shape(m.Shape), theme.Text, 11)
}

func chipRuns(marks []vm.Mark) []widgets.Run {
	var out []widgets.Run
	old := false
	marks = slices.Clone(marks)
	slicesSort(marks, func(a, b vm.Mark) bool { return !a.Old && b.Old })
	for _, m := range marks {
		out = append(out, widgets.Inline(chip(m)))
		old = old || m.Old
	}
	if old {
		out = append(out, widgets.Span(t("screens.search.old")+" ", widgets.Caution))
	}
	return out
}

// sourceMarks gives the marks of those who say a value, each system once.
func sourceMarks(sources []caseview.Source, mark func(caseview.Source) vm.Mark) []vm.Mark {
	var out []vm.Mark
	seen := map[string]bool{}
	for _, s := range sources {
		m := mark(s)
		if !seen[m.System] {
			seen[m.System] = true
			out = append(out, m)
		}
	}
	return out
}

// ident reports whether values of a property are identifiers, to be set in the fixed-width face.
func (k *kit) ident(p pole.Property) bool {
	d := k.desk.Dictionary()
	if d == nil {
		return false
	}
	def, ok := d.Property(p)
	if !ok {
		return false
	}
	switch def.Type {
	case pole.TypePhone, pole.TypeVRM, pole.TypePNCID, pole.TypeCRO, pole.TypeNINO, pole.TypeIMEI, pole.TypeCoordinates, pole.TypeReference:
		return true
	}
	return false
}

// badges shows warning signals: always whole, always first.
func (k *kit) badges(warnings []caseview.Warning, mark func(caseview.Source) vm.Mark) []widgets.Run {
	var out []widgets.Run
	for _, w := range warnings {
		var chips []*widgets.Chip
		if mark != nil {
			for _, m := range sourceMarks(w.Sources, mark) {
				chips = append(chips, chip(m))
			}
		}
		l := widgets.Alarm
		if w.Level == "caution" {
			l = widgets.Warn
		}
		out = append(out, widgets.Inline(widgets.NewBadge(l, warningCode(w), w.Label, chips...)))
	}
	return out
}

// warningCode is the code that stands before a warning's words; none where the words begin with it.
func warningCode(w caseview.Warning) string {
	if strings.HasPrefix(strings.ToUpper(w.Label), strings.ToUpper(w.Code)) {
		return ""
	}
	return w.Code
}

// mostValues is how many values of one property stand in a summary; the others are a key away, and it is said how many they are.
const mostValues = 6

// fact is one merged property: the best value first, every other below it with ≠.
func (k *kit) fact(m caseview.Merged, mark func(caseview.Source) vm.Mark, note func(caseview.Alternative) string, right fyne.CanvasObject) widgets.Fact {
	var runs []widgets.Run
	ident := k.ident(m.Property)
	for i, v := range m.Values {
		if i == mostValues && len(m.Values) > mostValues+1 {
			runs = append(runs, widgets.NewLine(), widgets.Span(t("screens.case.values.more", "n", len(m.Values)-i), widgets.Caution))
			break
		}
		st := widgets.Body
		text := v.Display
		if ident {
			st = widgets.Ident
		}
		if m.Disagree {
			if i == 0 {
				st = st.Strong()
			} else {
				st, text = st.In(theme.Disagree), "≠ "+text
			}
		}
		if i > 0 {
			runs = append(runs, widgets.NewLine())
		}
		runs = append(runs, widgets.Span(text+" ", st))
		n := ""
		if note != nil {
			n = note(v)
		}
		marks := sourceMarks(v.Sources, mark)
		if n != "" && !slices.ContainsFunc(marks, func(m vm.Mark) bool { return !m.Old }) {
			// The note says that all of this is old, and from when.
			for j := range marks {
				marks[j].Old = false
			}
		}
		runs = append(runs, chipRuns(marks)...)
		if n != "" {
			runs = append(runs, widgets.Span(n, widgets.MutedText))
		}
	}
	return widgets.Fact{Label: m.Label, Value: widgets.NewFlow(runs...), Right: right}
}

// column is a side column of the window on the panel's ground.
func column(o fyne.CanvasObject) fyne.CanvasObject { return widgets.Ground(theme.Panel, o) }

// layoutFunc is a layout made of a function.
type layoutFunc struct {
	min fyne.Size
	do  func(objs []fyne.CanvasObject, s fyne.Size)
}

func (l layoutFunc) MinSize([]fyne.CanvasObject) fyne.Size           { return l.min }
func (l layoutFunc) Layout(objs []fyne.CanvasObject, size fyne.Size) { l.do(objs, size) }

func put(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(0, w), max(0, h)))
}

// ids is list data from two functions.
type ids struct {
	n  func() int
	id func(i int) string
}

func (d ids) Len() int        { return d.n() }
func (d ids) ID(i int) string { return d.id(i) }

// rows keeps the parts of the rows of a list, by the row.
type rows[T any] map[fyne.CanvasObject]T

func slicesSort[T any](list []T, less func(a, b T) bool) {
	sort.SliceStable(list, func(i, j int) bool { return less(list[i], list[j]) })
}

// bits writes a weight of evidence: +9.1 or −2.1.
func bits(b float64) string {
	if b < 0 {
		return "−" + strconv.FormatFloat(-b, 'f', 1, 64)
	}
	return "+" + strconv.FormatFloat(b, 'f', 1, 64)
}

// trimFloat writes a number with at most three places.
func trimFloat(f float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 3, 64), "0"), ".")
}

// moment is one line of a list of events: when, what, and who says so.
func moment(m caseview.Moment, marks []vm.Mark) fyne.CanvasObject {
	runs := []widgets.Run{widgets.Span(m.Title+" ", widgets.Body)}
	for _, x := range marks {
		runs = append(runs, widgets.Inline(chip(x)))
	}
	if m.Detail != "" {
		runs = append(runs, widgets.NewLine(), widgets.Span(m.Detail, widgets.MutedText))
	}
	return widgets.Stack(0, widgets.Pad(1.5, 2, widgets.Row(3, widgets.Wide(widgets.NewCut(m.Display, widgets.Ident), scaled(144)).AtTop(),
		widgets.Grow(widgets.NewFlow(runs...)).AtTop())), widgets.HLine())
}

// narrow holds an object at most so wide, in the middle of the width and at the top.
func narrow(most float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(narrowLayout(most), o)
}

type narrowLayout float32

func (l narrowLayout) HeightFor(objs []fyne.CanvasObject, w float32) float32 {
	return widgets.HeightFor(objs[0], min(w, float32(l)))
}
func (l narrowLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(min(float32(l), objs[0].MinSize().Width), objs[0].MinSize().Height)
}
func (l narrowLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, float32(l))
	put(objs[0], (s.Width-w)/2, 0, w, s.Height)
}

// line is the height of a line of text at the text size in use: 20 as designed.
func line() float32 { return float32(int(theme.Size(theme.SizeBody)*1.43 + 0.5)) }

// scaled is a width that holds words, at the text size in use.
func scaled(w float32) float32 { return w * line() / 20 }
