package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"muster/ui/theme"
)

// Style is how words look. The zero value is body text.
type Style struct {
	Size   fyne.ThemeSizeName  // theme.SizeBody if empty
	Color  fyne.ThemeColorName // theme.Text if empty
	Bold   bool
	Mono   bool // identifiers: O and 0, I and l apart
	Ground fyne.ThemeColorName
}

// The styles that screens use most.
var (
	Body      = Style{}
	BodyBold  = Style{Bold: true}
	MutedText = Style{Color: theme.Muted}
	Ident     = Style{Mono: true, Size: theme.SizeLabel}
	Label     = Style{Size: theme.SizeLabel, Color: theme.Text}
	Small     = Style{Size: theme.SizeSmall, Color: theme.Muted}
	Title     = Style{Size: theme.SizeTitle, Bold: true}
	Name      = Style{Size: theme.SizeName, Bold: true}
	Heading   = Style{Size: theme.SizeLabel, Bold: true, Color: theme.Muted}
	GoodText  = Style{Color: theme.Agree}
	Caution   = Style{Color: theme.Disagree}
	DangerTxt = Style{Color: theme.Danger}
	Matched   = Style{Color: theme.HighlightText, Ground: theme.Highlight}
)

func (s Style) size() float32 {
	if s.Size == "" {
		return theme.Size(theme.SizeBody)
	}
	return theme.Size(s.Size)
}

func (s Style) colorName() fyne.ThemeColorName {
	if s.Color == "" {
		return theme.Text
	}
	return s.Color
}

func (s Style) text() fyne.TextStyle { return fyne.TextStyle{Bold: s.Bold, Monospace: s.Mono} }

func (s Style) measure(t string) float32 { return s.extent(t).Width }

// extent is how large a text stands.
func (s Style) extent(t string) fyne.Size {
	z, _ := fyne.CurrentApp().Driver().RenderedTextSize(t, s.size(), s.text(), theme.FaceFor(t, s.text()))
	return z
}

// In gives the style in another colour.
func (s Style) In(c fyne.ThemeColorName) Style { s.Color = c; return s }

// Strong gives the style in bold.
func (s Style) Strong() Style { s.Bold = true; return s }

// apply gives t, whose words are set already, this look.
func (s Style) apply(t *canvas.Text) {
	t.FontSource = theme.FaceFor(t.Text, s.text())
	t.TextSize = s.size()
	t.Color = theme.Color(s.colorName())
	t.TextStyle = s.text()
}

// Words is one line of text. It is cut with … where room is short.
type Words struct {
	widget.BaseWidget
	Text  string
	Style Style
	Align fyne.TextAlign
	// Cut lets the line be narrower than its words.
	Cut bool
}

// NewWords makes one line of text.
func NewWords(text string, s Style) *Words {
	w := &Words{Text: text, Style: s}
	w.ExtendBaseWidget(w)
	return w
}

// NewCut makes one line of text that is cut where room is short.
func NewCut(text string, s Style) *Words {
	w := NewWords(text, s)
	w.Cut = true
	return w
}

// Set changes the words.
func (w *Words) Set(text string) {
	if w.Text != text {
		w.Text = text
		w.Refresh()
	}
}

// SetStyle changes words and style.
func (w *Words) SetStyle(text string, s Style) {
	if w.Text != text || w.Style != s {
		w.Text, w.Style = text, s
		w.Refresh()
	}
}

// AccessibilityLabel gives the words to a screen reader.
func (w *Words) AccessibilityLabel() string { return w.Text }

// AccessibilityRole says that these are words.
func (w *Words) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (w *Words) CreateRenderer() fyne.WidgetRenderer {
	t := canvas.NewText(w.Text, theme.Color(w.Style.colorName()))
	p := &paint{objects: []fyne.CanvasObject{t}}
	p.min = func() fyne.Size {
		h := lineHeight(w.Style.size())
		if w.Cut {
			return fyne.NewSize(gap(3), h)
		}
		return fyne.NewSize(w.Style.measure(w.Text), h)
	}
	p.layout = func(s fyne.Size) {
		t.Text = w.Text
		if w.Cut || w.Style.measure(w.Text) > s.Width+0.5 {
			t.Text = cut(w.Text, w.Style, s.Width)
		}
		t.FontSource = theme.FaceFor(t.Text, w.Style.text())
		t.Alignment = w.Align
		m := w.Style.extent(t.Text)
		t.Resize(fyne.NewSize(s.Width, m.Height))
		t.Move(fyne.NewPos(0, (s.Height-m.Height)/2))
	}
	p.refresh = func() {
		w.Style.apply(t)
		p.layout(w.Size())
		canvas.Refresh(t)
	}
	p.refresh()
	return ready(w, p)
}

// cut shortens text to a width, ending it in ….
func cut(text string, s Style, width float32) string {
	if width <= 0 || s.measure(text) <= width+0.5 {
		return text
	}
	r := []rune(text)
	lo, hi := 0, len(r)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if s.measure(strings.TrimRight(string(r[:mid]), " ")+"…") <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return strings.TrimRight(string(r[:lo]), " ") + "…"
}

// Run is a piece of a Flow: words in a style, or an object that stands in the line, such as a source mark.
type Run struct {
	Text  string
	Style Style
	Obj   fyne.CanvasObject
	Break bool // a new line begins here
}

// Span is a run of words.
func Span(text string, s Style) Run { return Run{Text: text, Style: s} }

// Inline is an object that stands in the line.
func Inline(o fyne.CanvasObject) Run { return Run{Obj: o} }

// NewLine begins a new line.
func NewLine() Run { return Run{Break: true} }

// Flow sets runs of words and objects in lines, wrapping at the width it is given.
type Flow struct {
	widget.BaseWidget
	runs     []Run
	MaxLines int // 0 is no limit; the last line then ends in …

	wordsOnly bool
	known     []setting // how the words stand at widths that were asked for
}

// setting is how the words of a flow stand at a width, in a text size. The window asks for it at every frame.
type setting struct {
	width, size float32
	lines       int
	pieces      []piece
	height      float32
}

// NewFlow sets runs in lines.
func NewFlow(runs ...Run) *Flow {
	f := &Flow{}
	f.take(runs)
	f.ExtendBaseWidget(f)
	return f
}

// NewPara sets one text in lines.
func NewPara(text string, s Style) *Flow { return NewFlow(Span(text, s)) }

// Set changes what is set.
func (f *Flow) Set(runs ...Run) {
	f.take(runs)
	f.Refresh()
}

func (f *Flow) take(runs []Run) {
	f.runs, f.known, f.wordsOnly = runs, nil, true
	for _, r := range runs {
		f.wordsOnly = f.wordsOnly && r.Obj == nil // an object may change its size by itself
	}
}

// AccessibilityLabel gives the words to a screen reader.
func (f *Flow) AccessibilityLabel() string {
	var b strings.Builder
	for _, r := range f.runs {
		if r.Text != "" {
			b.WriteString(r.Text)
		} else if a, ok := r.Obj.(fyne.Accessible); ok {
			b.WriteString(" " + a.AccessibilityLabel() + " ")
		}
	}
	return b.String()
}

// AccessibilityRole says that these are words.
func (f *Flow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// piece is one word or object at its place.
type piece struct {
	text  string
	style Style
	obj   fyne.CanvasObject
	x, y  float32
	w, h  float32
}

const inlineGap = 1.25 // units around an object in a line

// set is where every piece stands at a width.
func (f *Flow) set(width float32) ([]piece, float32) {
	if !f.wordsOnly {
		return f.setAnew(width)
	}
	size := theme.Size(theme.SizeBody)
	for _, k := range f.known {
		if k.width == width && k.size == size && k.lines == f.MaxLines {
			return k.pieces, k.height
		}
	}
	ps, h := f.setAnew(width)
	if len(f.known) >= 4 {
		f.known = nil
	}
	f.known = append(f.known, setting{width: width, size: size, lines: f.MaxLines, pieces: ps, height: h})
	return ps, h
}

func (f *Flow) setAnew(width float32) (out []piece, height float32) {
	if width <= 0 {
		width = 1e6
	}
	var line []piece
	var x, y, lh float32
	lines := 0
	base := lineHeight(theme.Size(theme.SizeBody))
	if len(f.runs) > 0 && f.runs[0].Text != "" {
		base = lineHeight(f.runs[0].Style.size())
	}
	end := func() {
		if lh == 0 {
			lh = base
		}
		for i := range line {
			line[i].y = y + (lh-line[i].h)/2
		}
		out = append(out, line...)
		line, x, y, lh = nil, 0, y+lh, 0
		lines++
	}
	for _, r := range f.runs {
		if f.MaxLines > 0 && lines >= f.MaxLines {
			break
		}
		switch {
		case r.Break:
			end()
		case r.Obj != nil:
			if !r.Obj.Visible() {
				continue
			}
			m := r.Obj.MinSize()
			if x > 0 && x+m.Width > width {
				end()
			}
			line = append(line, piece{obj: r.Obj, x: x, w: m.Width, h: m.Height})
			x += m.Width + gap(inlineGap)
			lh = max(lh, m.Height+2, base)
		default:
			f.setWords(r, width, &line, &x, &lh, end, &lines)
		}
	}
	if len(line) > 0 || len(out) == 0 {
		end()
	}
	if f.MaxLines > 0 && lines > f.MaxLines {
		h := float32(0)
		kept := out[:0:0]
		limit := base * float32(f.MaxLines)
		for _, p := range out {
			if p.y+p.h <= limit+1 {
				kept = append(kept, p)
				h = max(h, p.y+p.h)
			}
		}
		if n := len(kept); n > 0 && kept[n-1].text != "" {
			kept[n-1].text = cut(kept[n-1].text+" …", kept[n-1].style, width-kept[n-1].x)
			if !strings.HasSuffix(kept[n-1].text, "…") {
				kept[n-1].text += "…"
			}
		}
		return kept, min(y, limit)
	}
	return out, y
}

// setWords puts one run of words into lines, joining words of a line into one piece.
func (f *Flow) setWords(r Run, width float32, line *[]piece, x, lh *float32, end func(), lines *int) {
	h := lineHeight(r.Style.size())
	for pi, para := range strings.Split(r.Text, "\n") {
		if pi > 0 {
			end()
		}
		cur := ""
		flush := func() {
			if cur == "" {
				return
			}
			w := r.Style.measure(cur)
			*line = append(*line, piece{text: cur, style: r.Style, x: *x, w: w, h: h})
			*x += w
			*lh = max(*lh, h)
			cur = ""
		}
		for _, word := range splitWords(para) {
			bare := strings.TrimRight(word, " ")
			if *x+r.Style.measure(cur+bare) > width && (*x > 0 || cur != "") {
				cur = strings.TrimRight(cur, " ")
				flush()
				end()
				word = strings.TrimLeft(word, " ")
				bare = strings.TrimRight(word, " ")
			}
			for bare != "" && r.Style.measure(bare) > width {
				n := fits(bare, r.Style, width)
				cur = bare[:n]
				flush()
				end()
				bare = bare[n:]
				word = bare
			}
			cur += word
			if f.MaxLines > 0 && *lines > f.MaxLines {
				break
			}
		}
		flush()
	}
}

// fits is how many bytes of a word fit into a width: at least one letter.
func fits(word string, s Style, width float32) int {
	last := 0
	for i := range word {
		if i > 0 && s.measure(word[:i]) > width {
			break
		}
		last = i
	}
	if last == 0 {
		for i := range word {
			if i > 0 {
				return i
			}
		}
		return len(word)
	}
	return last
}

// splitWords cuts a text after each run of spaces, so that the pieces joined give the text again.
func splitWords(s string) []string {
	var out []string
	start, inSpace := 0, false
	for i, r := range s {
		if r == ' ' {
			inSpace = true
		} else if inSpace {
			out = append(out, s[start:i])
			start, inSpace = i, false
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// HeightFor implements Tall.
func (f *Flow) HeightFor(width float32) float32 {
	_, h := f.set(width)
	return h
}

// Natural is the width on which the flow needs but its own breaks.
func (f *Flow) Natural() float32 {
	ps, _ := f.set(0)
	w := float32(0)
	for _, p := range ps {
		w = max(w, p.x+p.w)
	}
	return w
}

// CreateRenderer implements fyne.Widget.
func (f *Flow) CreateRenderer() fyne.WidgetRenderer {
	p := &paint{}
	var width float32 = -1
	build := func() {
		ps, _ := f.set(width)
		p.objects = p.objects[:0]
		for _, q := range ps {
			if q.obj != nil {
				q.obj.Resize(fyne.NewSize(q.w, q.h))
				q.obj.Move(fyne.NewPos(q.x, q.y))
				p.objects = append(p.objects, q.obj)
				continue
			}
			t := canvas.NewText(q.text, nil)
			q.style.apply(t)
			m := q.style.extent(q.text)
			t.Resize(m)
			t.Move(fyne.NewPos(q.x, q.y+(q.h-m.Height)/2))
			if q.style.Ground != "" {
				g := canvas.NewRectangle(theme.Color(q.style.Ground))
				g.CornerRadius = 3
				g.Move(fyne.NewPos(q.x-1, q.y+1.5))
				g.Resize(fyne.NewSize(q.style.measure(strings.TrimRight(q.text, " "))+2, q.h-3))
				p.objects = append(p.objects, g)
			}
			p.objects = append(p.objects, t)
		}
	}
	p.layout = func(s fyne.Size) {
		if s.Width != width {
			width = s.Width
			build()
		}
	}
	p.min = func() fyne.Size {
		if width <= 0 {
			_, h := f.set(0)
			return fyne.NewSize(min(f.Natural(), gap(10)), h)
		}
		_, h := f.set(width)
		return fyne.NewSize(gap(10), h)
	}
	p.refresh = func() {
		width = f.Size().Width
		build()
		canvas.Refresh(f)
	}
	return ready(f, p)
}
