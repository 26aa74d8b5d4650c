package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/app/caseview/chart"
)

// ChartKey draws one form of a link chart, for its legend.
type ChartKey struct {
	widget.BaseWidget
	key  chart.Key
	side float32
}

// NewChartKey draws a form in a square of a side.
func NewChartKey(k chart.Key, side float32) *ChartKey {
	w := &ChartKey{key: k, side: side}
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer implements fyne.Widget.
func (w *ChartKey) CreateRenderer() fyne.WidgetRenderer {
	img := canvas.NewImageFromImage(blank)
	img.FillMode, img.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleSmooth
	p := &paint{objects: []fyne.CanvasObject{img}}
	p.min = func() fyne.Size { return fyne.NewSquareSize(w.side) }
	p.layout = func(s fyne.Size) { img.Resize(s) }
	p.refresh = func() {
		// Drawn twice as fine, for screens that show it so.
		img.Image = w.key.Picture(2*float64(w.side)/chart.KeySide, ChartPalette())
		img.Refresh()
	}
	p.refresh()
	return ready(w, p)
}

// ChartLegend explains every form of a link chart in one flow.
func ChartLegend(keys []chart.Key, words func(label string) string) *Flow {
	var runs []Run
	for _, k := range keys {
		runs = append(runs, Inline(Row(1.5, Fix(NewChartKey(k, 18)), Fix(NewWords(words(k.Label)+"  ", Small)))))
	}
	return NewFlow(runs...)
}
