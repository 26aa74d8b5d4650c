package screens

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/match"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// pairPlace lays two candidates side by side, draws what speaks for and against their being one, and takes the decision.
type pairPlace struct {
	base
	vm     *vm.Pair
	seq    int
	mode   string
	main   *fyne.Container
	input  *widgets.Input
	field  *widgets.Field
	first  fyne.Focusable
	list   *widgets.Scroll
	usual  int // the usual reason that stands in the field; -1 for none
	chosen match.Verdict
	up     bool // in front
	parts  int  // 2 where all stands in one column, else 1
}

func newPair(k *kit, h place.Host) *pairPlace {
	p := &pairPlace{base: base{k: k, host: h, id: place.Pair}, seq: -1, main: container.NewStack()}
	p.vm = vm.NewPair(k.env, k.desk, k.judging)
	p.vm.WithPurpose = h.WithPurpose
	p.vm.OnChange = p.refresh
	p.object = p.main
	p.listen(func(n desk.Notice) {
		if n.Topic == desk.TopicJudged && p.vm.Verdict() == "" {
			p.vm.Again()
		}
	})
	p.refresh()
	return p
}

// goPair shows pairs side by side, beginning with the one at.
func (k *kit) goPair(h place.Host, all []vm.PairRefs, at int) {
	if len(all) == 0 {
		h.Notify(place.Quiet, t("screens.pair.nobody"))
		return
	}
	arg := place.PairArg{At: at}
	for _, r := range all {
		arg.Pairs = append(arg.Pairs, [2]pole.Ref{r.A, r.B})
	}
	h.Go(place.Pair, arg)
}

// tell says what a decision, or taking one back, came to.
func tell(h place.Host) func(words string, err error) {
	return func(words string, err error) {
		x := place.Good
		if err != nil {
			x = place.Danger
		}
		h.Notify(x, words)
	}
}

// undoLast takes back what was decided last, from any place.
func (k *kit) undoLast(h place.Host) { k.judging.UndoLast(tell(h)) }

// Shown opens the pairs that arg names.
func (p *pairPlace) Shown(arg any) {
	p.up = true
	if a, ok := arg.(place.PairArg); ok {
		var all []vm.PairRefs
		for _, r := range a.Pairs {
			all = append(all, vm.PairRefs{A: r[0], B: r[1]})
		}
		p.vm.Open(all, a.At)
	}
}

// Hidden leaves the keyboard to the place that comes up.
func (p *pairPlace) Hidden() { p.up = false }

func (p *pairPlace) Focus() {
	c := p.host.Canvas()
	switch {
	case c == nil:
	case p.vm.Verdict() != "" && p.input != nil:
		p.input.Focus()
	case p.first != nil:
		c.Focus(p.first)
	}
}

// Back puts a decision that was taken up down again.
func (p *pairPlace) Back() bool {
	if p.vm.Verdict() == "" {
		return false
	}
	p.vm.Choose("")
	return true
}

func (p *pairPlace) AskAgain() { p.vm.Again() }

// Marking is the higher of the two.
func (p *pairPlace) Marking() (m pole.Marking) {
	if c, _ := p.vm.Now(); c != nil {
		return p.k.desk.Dictionary().Highest(c.A.Marking, c.B.Marking)
	}
	return m
}

func (p *pairPlace) Shortcuts() []place.Shortcut {
	choose := func(v match.Verdict) func() { return func() { p.vm.Choose(v) } }
	out := []place.Shortcut{
		{Key: fyne.KeyS, Label: t("screens.pair.key.same"), Do: choose(match.Same)},
		{Key: fyne.KeyN, Label: t("screens.pair.key.notsame"), Do: choose(match.NotSame)},
		{Key: fyne.KeyU, Label: t("screens.pair.key.unsure"), Do: choose(match.Unsure)},
		{Key: fyne.KeyDown, Label: t("screens.pair.key.usual")},
		{Key: fyne.KeyReturn, Label: t("screens.pair.key.decide")},
		{Key: fyne.KeyZ, Mod: fyne.KeyModifierControl, Label: t("screens.judged.key.undo"), Do: p.vm.UndoLast},
		{Key: fyne.KeyF5, Label: t("screens.pair.key.again")},
	}
	if _, n := p.vm.Place(); n > 1 {
		out = append(out, place.Shortcut{Key: fyne.KeyPageDown, Label: t("screens.pair.key.next"), Do: func() { p.vm.Move(1) }},
			place.Shortcut{Key: fyne.KeyPageUp, Label: t("screens.pair.key.before"), Do: func() { p.vm.Move(-1) }})
	}
	return out
}

func (p *pairPlace) refresh() {
	now, seq := p.vm.Now()
	mode := "none"
	switch {
	case p.vm.Err() != "":
		mode = "failed"
	case now != nil:
		mode = "pair"
	case p.vm.Loading():
		mode = "loading"
	}
	if mode != p.mode || seq != p.seq {
		p.mode, p.seq = mode, seq
		p.input, p.field, p.first = nil, nil, nil
		switch mode {
		case "pair":
			p.build(now)
		case "loading":
			p.main.Objects = []fyne.CanvasObject{widgets.Pad(5, 4, widgets.NewSkeleton(t("screens.pair.loading"), 6))}
		case "failed":
			again := widgets.NewPrimary(t("screens.case.retry"), "F5", p.vm.Again)
			p.first = again
			p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.pair.failed"), p.vm.Err(), again)}
		default:
			p.main.Objects = []fyne.CanvasObject{widgets.NewEmpty(t("screens.pair.none"), t("screens.pair.none.how"), nil)}
		}
		p.main.Refresh()
		// The letter of the key that took a decision up still comes; it must not end in the field.
		p.k.env.Post(p.takeFocus)
	}
	if p.field != nil && p.vm.Lacking() {
		p.field.SetError(t("screens.pair.why.missing"))
	}
	if words, bad := p.vm.Note(); words != "" {
		var err error
		if bad {
			err = errBad
		}
		tell(p.host)(words, err)
	}
	p.host.Refresh()
}

// errBad stands for a failure that was put into words already.
var errBad = errorString("failed")

type errorString string

func (e errorString) Error() string { return string(e) }

// takeFocus puts the keyboard where one goes on, unless the officer is elsewhere.
func (p *pairPlace) takeFocus() {
	if c := p.host.Canvas(); c != nil && p.up {
		p.Focus()
	}
}

// build sets the pair up: who they are and their danger stands fast, what they say and what speaks for it scrolls.
func (p *pairPlace) build(now *desk.Pair) {
	head := widgets.Row(3, widgets.Grow(widgets.NewCut(p.title(now), widgets.Title)))
	if at, of := p.vm.Place(); of > 1 {
		head = widgets.Row(3, widgets.Grow(widgets.NewCut(p.title(now), widgets.Title)),
			widgets.Fix(widgets.NewWords(t("screens.pair.place", "at", at, "of", of), widgets.MutedText)),
			widgets.Fix(widgets.NewSmall(t("screens.pair.before"), "Page Up", func() { p.vm.Move(-1) })),
			widgets.Fix(widgets.NewSmall(t("screens.pair.next"), "Page Down", func() { p.vm.Move(1) })))
	}
	fixed := []fyne.CanvasObject{head}
	if g := p.vm.Gaps(); g != "" {
		fixed = append(fixed, widgets.NewNotice(widgets.Alarm, g, nil))
	}
	decided := p.vm.Decided()
	var below fyne.CanvasObject
	if n := len(decided); n > 2 { // many would leave no room for what the two say
		below = p.k.decidedCard(decided[2:], p.vm.Undo, nil)
		decided = decided[:2]
	}
	if len(decided) > 0 {
		fixed = append(fixed, p.k.decidedCard(decided, p.vm.Undo, nil))
	}
	fixed = append(fixed, widgets.Row(3, widgets.Wide(widgets.NewWords("", widgets.Body), p.labelWidth()),
		widgets.Grow(p.side(now.A, "A")).AtTop(), widgets.Wide(widgets.NewWords("", widgets.Body), relationWidth), widgets.Grow(p.side(now.B, "B")).AtTop()))
	top := widgets.Stack(3, fixed...)
	table, evidence, decision := p.table(), p.evidence(now), p.decision(now)
	if below != nil {
		table = widgets.Stack(4, table, below)
	}
	narrow, wide := container.NewStack(), container.NewStack()
	p.main.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, container.New(layoutFunc{fyne.NewSize(700, 480), func(o []fyne.CanvasObject, s fyne.Size) {
		gap := theme.Gap(4)
		right := float32(int(min(max(s.Width*0.39, scaled(400)), scaled(640)))) // a frame that ends between two dots loses its line
		left := float32(int(s.Width - right - gap))
		folded := s.Width < scaled(900)
		if folded {
			left, right = s.Width, s.Width
		}
		h := widgets.HeightFor(o[0], left)
		foot := min(widgets.HeightFor(o[3], right), s.Height*0.6)
		put(o[0], 0, 0, left, h)
		h += theme.Gap(2)
		// In a narrow window what speaks for and against stands below what they say.
		p.fold(folded, narrow, wide, table, evidence)
		if folded {
			put(o[1], 0, h, left, s.Height-h-foot-theme.Gap(2))
			put(o[3], 0, s.Height-foot, s.Width, foot)
			return
		}
		put(o[1], 0, h, left, s.Height-h)
		put(o[2], left+gap, 0, right, s.Height-foot-theme.Gap(3))
		put(o[3], left+gap, s.Height-foot, right, foot)
	}}, top, narrow, wide, decision))}
}

// fold puts what they say and what speaks for it beside one another, or below.
func (p *pairPlace) fold(folded bool, narrow, wide *fyne.Container, table, evidence fyne.CanvasObject) {
	n := 1
	if folded {
		n = 2
	}
	if p.parts == n && len(narrow.Objects) > 0 {
		return
	}
	p.parts = n
	if folded {
		p.list = widgets.NewScroll(widgets.Stack(4, table, widgets.NewCard(evidence)))
		wide.Objects = nil
		wide.Hide()
	} else {
		p.list = widgets.NewScroll(table)
		wide.Objects = []fyne.CanvasObject{widgets.NewCard(widgets.NewScroll(evidence))}
		wide.Show()
	}
	narrow.Objects = []fyne.CanvasObject{p.list}
	narrow.Refresh()
	wide.Refresh()
}

const relationWidth = 24

func (p *pairPlace) labelWidth() float32 { return scaled(128) }

func (p *pairPlace) title(now *desk.Pair) string {
	if now.Joined {
		return t("screens.pair.title.joined")
	}
	return t("screens.pair.title")
}

// side is who one of the two is.
func (p *pairPlace) side(c caseview.Case, letter string) fyne.CanvasObject {
	mark := func(s caseview.Source) vm.Mark { return p.vm.MarkOf(s) }
	var systems []vm.Mark
	seen := map[string]bool{}
	for _, r := range c.Records {
		if !seen[r.System] {
			seen[r.System] = true
			m := p.vm.Marks().Of(r.System)
			m.Old = c.Old[r.String()]
			systems = append(systems, m)
		}
	}
	objs := []fyne.CanvasObject{widgets.NewFlow(widgets.Span(c.Title, widgets.Name))}
	if c.Detail != "" {
		objs = append(objs, widgets.NewFlow(widgets.Span(c.Detail, widgets.MutedText)))
	}
	objs = append(objs, widgets.NewFlow(append(chipRuns(systems), widgets.Span(t("screens.records", "n", len(c.Records)), widgets.Small))...))
	// Danger is never cut: in a column it runs over as many lines as it needs, in a frame of its own.
	level := widgets.Level(0)
	for _, w := range c.Warnings {
		l := widgets.Alarm
		if w.Level == "caution" {
			l = widgets.Warn
		}
		level = max(level, l)
		runs := []widgets.Run{widgets.Inline(widgets.NewGlyph(l.Symbol(), l.Color(), 11)), widgets.Span(strings.TrimSpace(warningCode(w)+" "+w.Label)+" ", widgets.BodyBold.In(l.Color()))}
		objs = append(objs, widgets.NewFlow(append(runs, chipRuns(sourceMarks(w.Sources, mark))...)...))
	}
	card := widgets.NewCard(widgets.Stack(1, objs...))
	if len(c.Warnings) > 0 {
		card.Edge = level.Color()
	}
	card.PadV, card.PadH = 2.5, 3
	card.Label = letter + ": " + c.Title + ". " + c.Detail
	return card
}

// table is what the two say, property by property.
func (p *pairPlace) table() fyne.CanvasObject {
	var objs []fyne.CanvasObject
	last := vm.Relation(-1)
	for _, l := range p.vm.Lines() {
		group := l.Relation
		if group == vm.Near {
			group = vm.Differs
		}
		if group != last {
			last = group
			objs = append(objs, widgets.PadSides(2, 0, 0, 0, widgets.NewHeader(t("screens.pair.group."+strconv.Itoa(int(group))))), widgets.HLine())
		}
		sign, st := "", widgets.MutedText
		switch l.Relation {
		case vm.Differs:
			sign, st = "≠", widgets.Caution.Strong()
		case vm.Near:
			sign, st = "≈", widgets.Caution.Strong()
		case vm.Agrees:
			sign, st = "=", widgets.GoodText.Strong()
		}
		rel := widgets.NewWords(sign, st)
		rel.Align = fyne.TextAlignCenter
		label := []widgets.Run{widgets.Span(l.Label, widgets.MutedText)}
		if l.Say != "" {
			label = append(label, widgets.NewLine(), widgets.Span(l.Say, widgets.Small))
		}
		objs = append(objs, widgets.Row(3, widgets.Wide(widgets.NewFlow(label...), p.labelWidth()).AtTop(),
			widgets.Grow(p.values(l, l.A)).AtTop(), widgets.Wide(rel, relationWidth).AtTop(), widgets.Grow(p.values(l, l.B)).AtTop()), widgets.HLine())
	}
	return widgets.Stack(1.5, objs...)
}

func (p *pairPlace) values(l vm.PairLine, alts []caseview.Alternative) *widgets.Flow {
	if len(alts) == 0 {
		return widgets.NewFlow(widgets.Span(t("screens.pair.nothing"), widgets.MutedText))
	}
	st := widgets.Body
	if p.k.ident(l.Property) {
		st = widgets.Ident
	}
	if l.Relation == vm.Differs || l.Relation == vm.Near {
		st = st.Strong()
	}
	var runs []widgets.Run
	for i, a := range alts {
		if i > 0 {
			runs = append(runs, widgets.NewLine())
		}
		runs = append(runs, widgets.Span(a.Display+" ", st))
		runs = append(runs, chipRuns(sourceMarks(a.Sources, p.vm.MarkOf))...)
	}
	return widgets.NewFlow(runs...)
}

// evidence is the picture of what speaks for and against.
func (p *pairPlace) evidence(now *desk.Pair) fyne.CanvasObject {
	l := now.Link
	a, b := p.vm.Marks().Of(l.A.System), p.vm.Marks().Of(l.B.System)
	return widgets.Stack(2,
		widgets.NewHeader(t("screens.pair.evidence")),
		widgets.NewFlow(widgets.Span(p.vm.Chance(), widgets.Name)),
		widgets.NewFlow(widgets.Inline(chip(a)), widgets.Span(l.A.ID+"  ", widgets.Ident), widgets.Inline(chip(b)), widgets.Span(l.B.ID+"  ", widgets.Ident),
			widgets.Span(t("screens.pair.evidence.how"), widgets.Small)),
		linkWaterfall(l, true))
}

// linkWaterfall draws the evidence of a link: what was to be expected before any, each piece, and what it comes to.
func linkWaterfall(l match.Link, full bool) *widgets.Waterfall {
	at := l.Prior
	var steps []widgets.Step
	add := func(s widgets.Step) {
		s.Text = bits(s.Bits)
		if full {
			s.Sum = bits(at)
		}
		steps = append(steps, s)
	}
	if l.Prior != 0 {
		add(widgets.Step{Label: t("screens.pair.prior"), Bits: l.Prior})
	}
	for _, e := range l.Evidence {
		at += e.Bits
		s := widgets.Step{Label: e.Say, Bits: e.Bits}
		if full {
			s.Detail = e.A
			if e.A != e.B {
				s.Detail = e.A + " | " + e.B
			}
		}
		add(s)
	}
	w := widgets.NewWaterfall(steps...)
	if full {
		w.SetHeads(t("screens.pair.bits"), t("screens.pair.sofar"))
		w.SetTotal(widgets.Step{Label: t("screens.pair.total"), Text: bits(at)})
		var marks []widgets.AxisMark
		for _, m := range []float64{-13.29, -9.97, -6.63, 0, 6.63, 9.97, 13.29, 19.93} {
			marks = append(marks, widgets.AxisMark{Bits: m, Text: vm.Percent(chanceOf(m))})
		}
		w.SetAxis(marks...)
	}
	return w
}
