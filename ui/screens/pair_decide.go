package screens

import (
	"math"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/match"
	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// chanceOf is the probability of so many bits.
func chanceOf(b float64) float64 { return 1 / (1 + math.Exp2(-b)) }

// verdicts are the three decisions with their keys.
var verdicts = []struct {
	v   match.Verdict
	key string
}{{match.Same, "S"}, {match.NotSame, "N"}, {match.Unsure, "U"}}

// decision is where the officer decides: which of the three, why, and what it will do.
func (p *pairPlace) decision(now *desk.Pair) fyne.CanvasObject {
	v := p.vm.Verdict()
	var cells []widgets.Cell
	for _, x := range verdicts {
		b := widgets.NewButton(t("screens.pair.verdict."+string(x.v)), x.key, func() { p.vm.Choose(x.v) })
		if x.v == v {
			b.Kind = widgets.PrimaryButton
		}
		if p.first == nil {
			p.first = b
		}
		cells = append(cells, widgets.Grow(b))
	}
	objs := []fyne.CanvasObject{widgets.NewHeader(t("screens.pair.decide")), widgets.Row(2, cells...)}
	if v == "" {
		what := t("screens.pair.safe")
		if now.Joined {
			what = t("screens.pair.joined", "a", t("screens.records", "n", len(now.A.Records)), "b", t("screens.records", "n", len(now.B.Records)))
			if now.Rest > 0 {
				what += " " + t("screens.pair.rest", "n", now.Rest)
			}
			what += " " + t("screens.pair.safe")
		}
		objs = append(objs, widgets.NewPara(what, widgets.MutedText))
		return widgets.NewCard(widgets.Stack(2, objs...))
	}
	objs = append(objs, widgets.NewPara(p.consequence(now, v), widgets.Body))
	if w := p.vm.Warning(); w != "" {
		objs = append(objs, widgets.NewNotice(widgets.Warn, w, nil))
	}
	p.input = widgets.NewInput(t("screens.pair.why.hint"))
	p.input.SetMax(1000)
	p.input.Label = t("screens.pair.why")
	p.input.SetText(p.vm.Reason())
	p.input.OnChanged = func(s string) { p.usual = -1; p.vm.SetReason(s); p.field.SetError("") }
	p.input.OnSubmit = func(string) { p.vm.Decide() }
	usual := p.vm.Reasons()
	if p.chosen != v {
		p.chosen, p.usual = v, -1
	}
	pick := func(i int) {
		p.usual = i
		p.input.SetText(usual[i])
		p.vm.SetReason(usual[i])
		p.field.SetError("")
	}
	p.input.OnKey = func(ev *fyne.KeyEvent) bool {
		n := len(usual)
		switch {
		case n == 0:
			return false
		case ev.Name == fyne.KeyDown:
			pick((p.usual + 1) % n)
		case ev.Name == fyne.KeyUp:
			pick((max(p.usual, 0) + n - 1) % n)
		default:
			return false
		}
		return true
	}
	p.field = widgets.NewField(t("screens.pair.why"), p.input)
	objs = append(objs, p.field)
	if len(usual) > 0 {
		runs := []widgets.Run{widgets.Span(t("screens.pair.usual")+" ", widgets.Small)}
		for i, r := range usual {
			runs = append(runs, widgets.Inline(widgets.NewSmall(r, "", func() { pick(i); p.input.Focus() })))
		}
		objs = append(objs, widgets.NewFlow(runs...))
	}
	kind := widgets.NewPrimary(t("screens.pair.go."+string(v)), "Enter", p.vm.Decide)
	objs = append(objs, widgets.Row(2, widgets.Spacer(), widgets.Fix(widgets.NewButton(t("button.cancel"), "Esc", func() { p.vm.Choose("") })), widgets.Fix(kind)))
	card := widgets.NewCard(widgets.Stack(2, objs...))
	card.Edge = theme.Accent
	return card
}

// consequence says what a decision will do.
func (p *pairPlace) consequence(now *desk.Pair, v match.Verdict) string {
	n := len(now.A.Records) + len(now.B.Records) + now.Rest
	if now.Joined {
		if v == match.Same {
			return t("screens.pair.will.confirm")
		}
		return t("screens.pair.will.part."+string(v), "a", t("screens.records", "n", len(now.A.Records)), "b", t("screens.records", "n", len(now.B.Records)))
	}
	return t("screens.pair.will."+string(v), "n", n)
}

// decidedCard lists what people decided, each with its undo. take, where given, opens a decision side by side.
func (k *kit) decidedCard(lines []vm.DecidedLine, undo func(id uint64), take func(vm.PairRefs)) fyne.CanvasObject {
	objs := []fyne.CanvasObject{widgets.NewHeader(t("screens.judged.title"))}
	for i, l := range lines {
		sign := map[match.Verdict]string{match.Same: "= ", match.NotSame: "≠ ", match.Unsure: "? "}[l.Verdict]
		runs := []widgets.Run{widgets.Inline(chip(l.A)), widgets.Span(sign, widgets.BodyBold), widgets.Inline(chip(l.B)), widgets.Span(l.Words+": ", widgets.BodyBold), widgets.Span(l.Reason, widgets.Body)}
		if l.SetAside != "" {
			runs = append(runs, widgets.NewLine(), widgets.Span(l.SetAside, widgets.Caution))
		}
		for _, c := range l.Changes {
			runs = append(runs, widgets.NewLine(), widgets.Inline(widgets.NewGlyph(widgets.HalfTri, theme.Disagree, 11)), widgets.Span(c, widgets.Caution))
		}
		cells := []widgets.Cell{widgets.Grow(widgets.NewFlow(runs...)).AtTop()}
		if take != nil {
			cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.judged.look"), "", func() { take(l.Refs) })).AtTop())
		}
		key := ""
		if last, ok := k.judging.Last(); ok && last.ID == l.ID {
			key = "Ctrl Z"
		}
		cells = append(cells, widgets.Fix(widgets.NewSmall(t("screens.judged.undo"), key, func() { undo(l.ID) })).AtTop())
		if i > 0 {
			objs = append(objs, widgets.HLine())
		}
		objs = append(objs, widgets.Row(2, cells...))
	}
	return widgets.NewCard(widgets.Stack(1.5, objs...))
}
