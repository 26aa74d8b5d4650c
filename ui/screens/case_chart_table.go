package screens

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"muster/ui/theme"
	"muster/ui/vm"
	"muster/ui/widgets"
)

// chartColumn names the columns for the translations.
var chartColumn = map[vm.ChartColumn]string{vm.ChartFrom: "from", vm.ChartRole: "role", vm.ChartTo: "to", vm.ChartSystems: "systems", vm.ChartWhen: "when"}

// chartTable is the chart as a table: one line a link, sorted by any column.
type chartTable struct {
	v      *chartView
	list   *widgets.List
	rows   []vm.ChartRow
	heads  []*widgets.Button
	object fyne.CanvasObject
}

type chartRow struct {
	sign           *widgets.Glyph
	from, role, to *widgets.Words
	when           *widgets.Words
	chips          *widgets.Flow
	last           string
}

func newChartTable(v *chartView) *chartTable {
	x := &chartTable{v: v}
	parts := rows[*chartRow]{}
	cells := func(a, b, c, d, e fyne.CanvasObject) *fyne.Container {
		return widgets.Row(2, widgets.Grow(a), widgets.Wide(b, scaled(170)), widgets.Grow(c), widgets.Wide(d, scaled(170)), widgets.Wide(e, scaled(210)))
	}
	x.list = widgets.NewList(ids{func() int { return len(x.rows) }, func(i int) string { return x.rows[i].ID }},
		func() fyne.CanvasObject {
			r := &chartRow{sign: widgets.NewGlyph(widgets.Hexagon, theme.Danger, 9), from: widgets.NewCut("", widgets.BodyBold), role: widgets.NewCut("", widgets.MutedText),
				to: widgets.NewCut("", widgets.BodyBold), when: widgets.NewCut("", widgets.Small), chips: widgets.NewFlow()}
			r.chips.MaxLines = 1
			o := widgets.Pad(0, 3, widgets.Row(1.5, widgets.Wide(container.NewStack(r.sign), 12), widgets.Grow(cells(r.from, r.role, r.to, r.chips, r.when))))
			parts[o] = r
			return o
		},
		func(i int, o fyne.CanvasObject, _ widgets.RowState) {
			r, row := parts[o], x.rows[i]
			if r.last == row.ID {
				return
			}
			r.last = row.ID
			r.from.Set(row.From)
			r.role.Set(row.Role)
			r.to.Set(row.To)
			r.when.Set(row.When)
			r.chips.Set(chipRuns(row.Marks)...)
			r.sign.Hidden = !row.Danger
		})
	x.list.Label = t("screens.chart.table")
	x.list.OnKey = v.key
	x.list.OnOpen = func(id string) {
		for _, r := range x.rows {
			if r.ID == id {
				v.inTab = false
				v.vm.GoTo(r.FromID)
				v.refresh()
				v.Focus()
			}
		}
	}
	var heads []fyne.CanvasObject
	for _, col := range vm.ChartColumns() {
		b := widgets.NewLink("", "", func() { v.vm.SortBy(col) })
		x.heads = append(x.heads, b)
		heads = append(heads, container.New(layoutFunc{fyne.NewSize(20, b.MinSize().Height), func(o []fyne.CanvasObject, s fyne.Size) {
			put(o[0], -theme.Gap(3), 0, o[0].MinSize().Width, s.Height) // its words stand above those of the column
		}}, b))
	}
	head := widgets.Pad(1, 3, widgets.Row(1.5, widgets.Wide(widgets.NewWords("", widgets.Small), 12), widgets.Grow(cells(heads[0], heads[1], heads[2], heads[3], heads[4]))))
	x.object = container.New(layoutFunc{fyne.NewSize(300, 200), func(o []fyne.CanvasObject, s fyne.Size) {
		h := widgets.HeightFor(o[0], s.Width)
		put(o[0], 0, 0, s.Width, h)
		put(o[1], 0, h, s.Width, 1)
		put(o[2], 0, h+1, s.Width, s.Height-h-1)
	}}, head, widgets.HLine(), x.list)
	return x
}

// refresh reads the rows again.
func (x *chartTable) refresh() {
	x.rows = x.v.vm.Rows()
	at, desc := x.v.vm.Sorted()
	for i, col := range vm.ChartColumns() {
		words := t("screens.chart.column." + chartColumn[col])
		if col == at {
			if desc {
				words += " ↓"
			} else {
				words += " ↑"
			}
		}
		x.heads[i].Set(words, string(rune('1'+i)))
	}
	x.list.Refresh()
	x.list.SelectFirst()
}
