package screens

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/app/caseview"
	"muster/plugins/pole"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// recordView shows the records of a case: as Muster reads each one, and beside it as its system sent it.
type recordView struct {
	p      *casesPlace
	c      *caseview.Case
	list   *widgets.List
	mapped *widgets.Facts
	scroll *widgets.Scroll
	head   *widgets.Flow
	from   *widgets.Flow
	raw    []string
	rawBox *fyne.Container
	text   *widgets.List
	object fyne.CanvasObject
	sig    string
}

type recordRow struct {
	chip *widgets.Flow
	id   *widgets.Words
	read *widgets.Words
	last int
}

func newRecordView(p *casesPlace, c *caseview.Case) *recordView {
	v := &recordView{p: p, c: c, mapped: widgets.NewFacts(), head: widgets.NewFlow(), from: widgets.NewFlow(), rawBox: container.NewStack()}
	if len(c.Records) == 0 {
		v.object = widgets.NewEmpty(t("screens.case.records.none"), "", nil)
		return v
	}
	parts := rows[*recordRow]{}
	v.list = widgets.NewList(ids{func() int { return len(c.Records) }, func(i int) string { return c.Records[i].Ref.String() }},
		func() fyne.CanvasObject {
			r := &recordRow{chip: widgets.NewFlow(), id: widgets.NewCut("", widgets.Ident), read: widgets.NewCut("", widgets.Small), last: -1}
			o := widgets.Pad(1.5, 2.5, widgets.Row(2, widgets.Wide(r.chip, 58), widgets.Grow(widgets.Stack(0, r.id, r.read))))
			parts[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			r := parts[o]
			if r.last == i {
				return
			}
			r.last = i
			rec := c.Records[i]
			m := p.vm.Marks().Of(rec.System)
			r.chip.Set(widgets.Inline(chip(m)))
			r.id.Set(rec.ID)
			words := m.Name + " · " + p.kindLabel(rec.Kind)
			st := widgets.Small
			if c.Old[rec.Ref.String()] {
				words, st = words+" · "+t("screens.search.old"), widgets.Small.In(theme.Disagree)
			}
			r.read.SetStyle(words, st)
		})
	v.list.Height = func(int, float32) float32 { return theme.Gap(3) + 2*line() - 2 }
	v.list.Label = t("screens.case.tab.records")
	v.list.Select(c.Records[p.vm.Record()].Ref.String())
	v.list.OnSelect = func(id string) {
		for i := range c.Records {
			if c.Records[i].Ref.String() == id {
				p.vm.SelectRecord(i)
			}
		}
	}
	v.mapped.LabelWidth = scaled(140)
	v.scroll = widgets.NewScroll(v.mapped)
	lines := rows[*widgets.Words]{}
	v.text = widgets.NewList(ids{func() int { return len(v.raw) }, func(i int) string { return trimFloat(float64(i)) }},
		func() fyne.CanvasObject {
			w := widgets.NewCut("", widgets.Ident)
			o := widgets.Pad(0, 2.5, w)
			lines[o] = w
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) { lines[o].Set(v.raw[i]) })
	v.text.Look = widgets.PlainRows
	v.text.Height = func(int, float32) float32 { return line() - 1 }
	v.text.Label = t("screens.case.records.raw")

	headed := func(title string, extra fyne.CanvasObject, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layoutFunc{fyne.NewSize(200, 200), func(o []fyne.CanvasObject, s fyne.Size) {
			h := widgets.HeightFor(o[0], s.Width)
			put(o[0], 0, 0, s.Width, h)
			put(o[1], 0, h+4, s.Width, s.Height-h-4)
		}}, widgets.Stack(0, widgets.NewHeader(title), extra), o)
	}
	v.object = widgets.Columns(4,
		widgets.Wide(widgets.NewFlushCard(v.list), 272),
		widgets.Grow(headed(t("screens.case.records.mapped"), v.head, widgets.NewCard(v.scroll))),
		widgets.Grow(headed(t("screens.case.records.raw"), v.from, widgets.NewFlushCard(v.rawBox))))
	return v
}

func (p *casesPlace) kindLabel(k pole.Kind) string {
	if d := p.k.desk.Dictionary(); d != nil {
		if def, ok := d.Kind(k); ok {
			return def.Label
		}
	}
	return string(k)
}

func (v *recordView) refresh() {
	r, ok := v.p.vm.RecordNow()
	if !ok {
		return
	}
	sig := r.Record.Ref.String() + r.Read + r.Err + trimFloat(float64(len(r.Raw)))
	if r.Loading {
		sig += "…"
	}
	if sig == v.sig {
		return
	}
	v.sig = sig
	runs := []widgets.Run{widgets.Span(t("screens.case.read", "at", r.Read), widgets.Small)}
	if r.Updated != "" {
		runs = append(runs, widgets.Span(" · "+t("screens.case.records.updated", "at", r.Updated), widgets.Small))
	}
	if r.Record.Marking.Classification != "" {
		runs = append(runs, widgets.Span(" · "+r.Record.Marking.Classification, widgets.Small))
	}
	if r.Old {
		runs = append(runs, widgets.Span(" · "+t("screens.search.old"), widgets.Small.In(theme.Disagree)))
	}
	v.head.Set(runs...)
	v.from.Set(widgets.Span(r.Mark.Name+" · "+r.Record.ID, widgets.Small))
	v.mapped.Set(v.p.k.recordFacts(r.Record)...)
	v.scroll.Refresh()
	switch {
	case r.Raw != "":
		v.raw = strings.Split(r.Raw, "\n")
		v.rawBox.Objects = []fyne.CanvasObject{v.text}
		v.text.Refresh()
	case r.Loading:
		v.rawBox.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, widgets.NewSkeleton(t("screens.case.records.loading"), 3))}
	case r.Err != "":
		v.rawBox.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, widgets.Stack(0, widgets.NewPara(r.Err, widgets.DangerTxt)))}
	default:
		v.rawBox.Objects = []fyne.CanvasObject{widgets.Pad(4, 4, widgets.Stack(0, widgets.NewPara(t("screens.case.records.noraw"), widgets.MutedText)))}
	}
	v.rawBox.Refresh()
}

// recordFacts lists what one record says, property by property, with the source's own words where they differ.
func (k *kit) recordFacts(r pole.Record) []widgets.Fact {
	d := k.desk.Dictionary()
	var out []widgets.Fact
	for _, f := range r.Facts {
		label, show := string(f.Property), f.Value.Display()
		if d != nil {
			if def, ok := d.Property(f.Property); ok {
				label = def.Label
			}
			show = d.Display(f.Property, f.Value)
		}
		st := widgets.Body
		if k.ident(f.Property) {
			st = widgets.Ident
		}
		runs := []widgets.Run{widgets.Span(show, st)}
		if f.Value.Source != "" && f.Value.Source != show {
			runs = append(runs, widgets.Span("  “"+f.Value.Source+"”", widgets.Ident.In(theme.Muted)))
		}
		if f.Value.Problem != "" {
			runs = append(runs, widgets.NewLine(), widgets.Span(f.Value.Problem, widgets.Caution))
		}
		out = append(out, widgets.Fact{Label: label, Value: widgets.NewFlow(runs...)})
	}
	return out
}
