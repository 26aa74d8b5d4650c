package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// wordPool holds the words that stand above a drawn picture; it uses the same objects again at every drawing.
type wordPool struct {
	texts []*canvas.Text
	used  int
}

// over gives the picture and the words in use, in the order of drawing.
func (p *wordPool) over(picture fyne.CanvasObject) []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, 0, p.used+1)
	out = append(out, picture)
	for _, x := range p.texts[:p.used] {
		out = append(out, x)
	}
	return out
}

// word sets words with their left at x and their middle at y; align 0.5 puts their middle at x, 1 their right. It gives their
// width.
func (p *wordPool) word(s string, st Style, x, y, align float32) float32 {
	if p.used == len(p.texts) {
		p.texts = append(p.texts, canvas.NewText("", nil))
	}
	t := p.texts[p.used]
	p.used++
	t.Text = s
	st.apply(t)
	m := st.extent(s)
	t.Resize(m)
	t.Move(fyne.NewPos(x-align*m.Width, y-m.Height/2))
	return m.Width
}
