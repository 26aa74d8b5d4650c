package disclose

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"muster/assets"
)

// The page, in millimetres: A4 with room for the marking above and below.
const (
	left, right   = 16.0, 194.0
	top, bottom   = 24.0, 273.0
	labelWidth    = 42.0
	lineHeight    = 4.6
	smallHeight   = 3.9
	face          = "inter"
	missing       = "\u25a1" // stands for a character that the face does not have
	bodySize      = 9.2
	smallSize     = 7.6
	headSize      = 11.0
	titleSize     = 17.0
	spaceBetween  = 1.3
	widestTrimmed = 4000 // runes of one value; a longer text is cut, and says so
)

type ink struct{ r, g, b int }

var (
	black  = ink{20, 32, 44}
	muted  = ink{90, 107, 124}
	danger = ink{180, 35, 24}
	amber  = ink{143, 91, 0}
	rule   = ink{213, 221, 230}
	accent = ink{11, 95, 198}
)

// span is a run of words of one look.
type span struct {
	text string
	bold bool
	size float64
	ink  ink
}

func body(s string) span   { return span{s, false, bodySize, black} }
func strong(s string) span { return span{s, true, bodySize, black} }
func small(s string) span  { return span{s, false, smallSize, muted} }
func (s span) in(i ink) span {
	s.ink = i
	return s
}

// faces are the two faces of a pack, and what characters they have.
var faces = sync.OnceValues(func() (f struct {
	regular, bold []byte
	font          *sfnt.Font
}, err error) {
	if f.regular, err = assets.Print.ReadFile("fonts/Inter-Regular.ttf"); err != nil {
		return f, err
	}
	if f.bold, err = assets.Print.ReadFile("fonts/Inter-SemiBold.ttf"); err != nil {
		return f, err
	}
	f.font, err = sfnt.Parse(f.regular)
	return f, err
})

// paper lays text out on pages.
type paper struct {
	*fpdf.Fpdf
	font *sfnt.Font
	buf  sfnt.Buffer
	lost map[rune]int // characters that the face does not have
	y    float64
	min  float64 // of lines that must stay on one page with the next
}

func newPaper() (*paper, error) {
	f, err := faces()
	if err != nil {
		return nil, err
	}
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), font: f.font, lost: map[rune]int{}, y: top}
	p.AddUTF8FontFromBytes(face, "", f.regular)
	p.AddUTF8FontFromBytes(face, "B", f.bold)
	p.SetAutoPageBreak(false, 0)
	p.SetMargins(left, top, 210-right)
	p.SetCellMargin(0)
	return p, p.Error()
}

// shown replaces what the face does not have, and notes it: nothing vanishes from a page without a word.
func (p *paper) shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > widestTrimmed {
			b.WriteString(" … (cut here; the JSON form of the pack has all of it)")
			break
		}
		switch {
		case r == '\n' || r == ' ':
			b.WriteRune(r)
			continue
		case r == '\t' || r == '\r' || r < ' ':
			b.WriteRune(' ')
			continue
		}
		if i, err := p.font.GlyphIndex(&p.buf, r); err != nil || i == 0 || r > 0xffff {
			p.lost[r]++
			b.WriteString(missing)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (p *paper) use(s span) {
	style := ""
	if s.bold {
		style = "B"
	}
	p.SetFont(face, style, s.size)
	p.SetTextColor(s.ink.r, s.ink.g, s.ink.b)
}

func height(s span) float64 {
	if s.size < bodySize {
		return smallHeight
	}
	return max(lineHeight, s.size*0.5)
}

// word is a piece of a laid-out line.
type word struct {
	span
	x float64
}

type line struct {
	words  []word
	height float64
}

// wrap lays spans out in lines of a width.
func (p *paper) wrap(w float64, spans ...span) []line {
	var out []line
	cur := line{height: smallHeight}
	x := 0.0
	end := func() {
		out = append(out, cur)
		cur, x = line{height: smallHeight}, 0
	}
	for _, s := range spans {
		p.use(s)
		space := p.GetStringWidth(" ")
		for i, para := range strings.Split(p.shown(s.text), "\n") {
			if i > 0 {
				end()
			}
			for j, token := range strings.Split(para, " ") {
				if j > 0 {
					x += space
				}
				for token != "" {
					piece, rest := token, ""
					tw := p.GetStringWidth(piece)
					if x+tw > w && x > 0.1 && tw <= w {
						end()
					}
					if tw > w { // a word wider than the line is broken
						rs := []rune(token)
						n := len(rs)
						for n > 1 && x+p.GetStringWidth(string(rs[:n])) > w {
							n--
						}
						piece, rest = string(rs[:n]), string(rs[n:])
						tw = p.GetStringWidth(piece)
					}
					t := s
					t.text = piece
					cur.words = append(cur.words, word{t, x})
					cur.height = max(cur.height, height(s))
					x += tw
					if token = rest; token != "" {
						end()
					}
				}
			}
		}
	}
	if len(cur.words) > 0 {
		end()
	}
	return out
}

func total(lines []line) float64 {
	h := 0.0
	for _, l := range lines {
		h += l.height
	}
	return h
}

// room turns to a new page if h does not fit on this one.
func (p *paper) room(h float64) {
	if p.y+h > bottom && p.y > top {
		p.turn()
	}
}

func (p *paper) turn() {
	p.AddPage()
	p.y = top
}

// put writes lines from x on, over as many pages as it takes.
func (p *paper) put(x float64, lines []line) {
	for _, l := range lines {
		p.room(l.height)
		for _, w := range l.words {
			p.use(w.span)
			p.Text(x+w.x, p.y+l.height*0.76, w.text)
		}
		p.y += l.height
	}
}

// para writes a paragraph over the whole width.
func (p *paper) para(spans ...span) { p.put(left, p.wrap(right-left, spans...)) }

func (p *paper) gap(h float64) { p.y += h }

// heading heads a section; it never stands at a page's foot.
func (p *paper) heading(level int, s span) {
	p.room(28)
	if p.y > top {
		p.gap(3)
	}
	p.Bookmark(p.shown(s.text), level, p.y)
	p.para(s)
	p.gap(1)
}

// row writes a label and what belongs to it, and a hair line below.
func (p *paper) row(label []span, value ...span) {
	a, b := p.wrap(labelWidth-3, label...), p.wrap(right-left-labelWidth, value...)
	h := max(total(a), total(b)) + 2*spaceBetween
	if h < bottom-top {
		p.room(h)
	} else {
		p.room(20)
	}
	p.gap(spaceBetween)
	y, page := p.y, p.PageNo()
	p.put(left, a)
	end := p.y
	p.y = y
	p.put(left+labelWidth, b)
	if p.PageNo() == page {
		p.y = max(p.y, end)
	}
	p.gap(spaceBetween)
	p.SetDrawColor(rule.r, rule.g, rule.b)
	p.SetLineWidth(0.15)
	p.Line(left, p.y, right, p.y)
}

// box writes lines within a frame, with a bar in its colour and its meaning in words: never by colour alone.
func (p *paper) box(c ink, spans ...span) {
	lines := p.wrap(right-left-8, spans...)
	h := total(lines) + 4
	if h < bottom-top {
		p.room(h + 1)
		p.SetDrawColor(c.r, c.g, c.b)
		p.SetLineWidth(0.35)
		p.Rect(left, p.y, right-left, h, "D")
		p.SetFillColor(c.r, c.g, c.b)
		p.Rect(left, p.y, 1.4, h, "F")
	}
	p.gap(2)
	p.put(left+5, lines)
	p.gap(3)
}

// colour reads #rrggbb.
func colour(s string) ink {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil {
		return ink{}
	}
	return ink{int(n >> 16 & 255), int(n >> 8 & 255), int(n & 255)} //nolint:gosec // eight bits each
}

func (p *paper) lostWords() string {
	n := 0
	for _, c := range p.lost {
		n += c
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s of what the sources say cannot be shown in this typeface and are printed as %s. The JSON form of this pack holds them.", count(n, "character"), missing)
}
