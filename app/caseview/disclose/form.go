package disclose

import (
	"cmp"
	"io"
	"strings"
	"time"

	"muster/plugins/pole"
)

// FormPaper is a form as it is printed, blank or filled, for the day on which no screen is at hand.
type FormPaper struct {
	Title    string
	Help     string
	Force    string
	Officer  string
	About    string // the case that it belongs to
	Printed  time.Time
	Marking  pole.Marking // on each page, above and below
	Blank    bool
	Sections []FormSection
	Files    []string // attachments, in words
}

// FormSection is one section of a printed form.
type FormSection struct {
	Label  string
	When   string // of a blank form: only then
	Fields []FormField
}

// FormField is one field. Choices are printed as boxes to tick on a blank form.
type FormField struct {
	Label, Help, Value string
	Needs              string // who takes it, in words
	Must               bool
	Lines              int // room for writing, in lines
	Width              int // twelfths of the row
	Choices            []string
}

// WriteForm writes a form as PDF, A4 upright, with its marking on each page.
func WriteForm(w io.Writer, d *pole.Dictionary, f FormPaper) error {
	p, err := newPaper()
	if err != nil {
		return err
	}
	p.SetTitle(f.Title, true)
	p.SetAuthor(f.Officer, true)
	p.SetCreator("Muster", true)
	p.SetCreationDate(f.Printed)
	p.SetModificationDate(f.Printed)
	p.SetLang("en-GB")
	p.AliasNbPages("{pages}")
	if f.Marking.Classification == "" {
		f.Marking = d.DefaultMarking()
	}
	banner, _ := d.Marking(f.Marking.Classification)
	mark := (&document{d: d}).mark(f.Marking)
	edge := func(y float64, head bool) {
		bg, fg := colour(banner.Colour), colour(banner.Text)
		p.SetFillColor(bg.r, bg.g, bg.b)
		p.Rect(0, y, 210, 6, "F")
		label := p.shown(mark)
		p.use(span{label, true, 9, fg})
		p.Text((210-p.GetStringWidth(label))/2, y+4.2, label)
		p.use(small(""))
		if head {
			p.Text(left, y+11, p.cut(p.shown(cmp.Or(f.Force, "Muster")+" · "+f.Title), 140))
			return
		}
		p.Text(left, y-2, p.cut(p.shown(strings.Join(words(f.Officer, f.About, "printed "+stamp(f.Printed)), " · ")), 140))
		p.Text(right-p.GetStringWidth("Page "+itoa(p.PageNo())+" of 00"), y-2, "Page "+itoa(p.PageNo())+" of {pages}")
	}
	p.SetHeaderFunc(func() { edge(8, true) })
	p.SetFooterFunc(func() { edge(283, false) })
	p.turn()
	p.para(span{f.Title, true, titleSize, black})
	p.gap(1)
	if f.Help != "" {
		p.para(small(f.Help))
	}
	for _, s := range f.Sections {
		if len(s.Fields) == 0 {
			continue
		}
		p.heading(1, span{s.Label, true, headSize, accent})
		if s.When != "" {
			p.para(small("Only where " + s.When + "."))
		}
		p.formFields(f, s.Fields)
	}
	if len(f.Files) > 0 {
		p.heading(1, span{"Attachments", true, headSize, accent})
		for _, x := range f.Files {
			p.para(body(x))
		}
	}
	p.gap(4)
	if f.Blank {
		p.para(small("Enter this in Muster as soon as it is there again, and keep the paper as your note. Signed, with name and number:"))
	} else {
		p.para(small("Not sent by being printed. The entry itself stands in Muster. Signed, with name and number:"))
	}
	p.gap(9)
	p.rule(left, right)
	if words := p.lostWords(); words != "" {
		p.gap(3)
		p.para(small(words).in(amber))
	}
	if p.Err() {
		return p.Error()
	}
	return p.Output(w)
}

func words(list ...string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// rule draws a line to write on.
func (p *paper) rule(from, to float64) {
	p.SetDrawColor(muted.r, muted.g, muted.b)
	p.SetLineWidth(0.2)
	p.Line(from, p.y, to, p.y)
}

// formFields lays fields out in rows of twelve.
func (p *paper) formFields(f FormPaper, fields []FormField) {
	const gapBetween = 4.0
	for i := 0; i < len(fields); {
		if x := fields[i]; !f.Blank && x.Lines > 1 {
			p.room(4 * lineHeight)
			label := small(x.Label).in(black)
			label.bold = true
			p.para(label, small("  "+x.Needs))
			for _, part := range pieces(cmp.Or(x.Value, "–")) {
				p.para(body(part))
			}
			p.gap(2)
			i++
			continue
		}
		sum, j := 0, i
		for ; j < len(fields); j++ {
			if sum += span12(fields[j]); sum > 12 {
				break
			}
		}
		row := fields[i:max(j, i+1)]
		deep := 0.0
		for _, x := range row {
			deep = max(deep, p.fieldHeight(f, x, (right-left)*float64(span12(x))/12-gapBetween))
		}
		p.room(deep)
		y, at := p.y, left
		for _, x := range row {
			w := (right - left) * float64(span12(x)) / 12
			p.y = y
			p.formField(f, x, at, w-gapBetween)
			at += w
		}
		p.y = y + deep
		i += len(row)
	}
}

// pieces cuts a long text where a page can take it up again, so that none of it is left out.
func pieces(s string) (out []string) {
	rs := []rune(s)
	for len(rs) > widestTrimmed/2 {
		n := widestTrimmed / 2
		for i := n; i > n/2; i-- {
			if rs[i] == '\n' || rs[i] == ' ' {
				n = i
				break
			}
		}
		out, rs = append(out, string(rs[:n])), rs[n:]
	}
	return append(out, string(rs))
}

func span12(x FormField) int {
	if x.Width <= 0 || x.Lines > 1 {
		return 12
	}
	return x.Width
}

func (p *paper) fieldHeight(f FormPaper, x FormField, w float64) float64 {
	h := smallHeight + 1
	switch {
	case f.Blank && len(x.Choices) > 0:
		p.use(body(""))
		h += lineHeight * float64(len(p.choiceLines(x.Choices, w)))
	case f.Blank:
		h += 7 * float64(max(1, x.Lines))
	default:
		p.use(body(""))
		h += lineHeight * float64(max(1, len(p.SplitText(p.shown(x.Value), w))))
	}
	if f.Blank && x.Help != "" {
		p.use(small(""))
		h += smallHeight * float64(len(p.SplitText(p.shown(x.Help), w)))
	}
	return h + 2
}

func (p *paper) choiceLines(choices []string, w float64) (out []string) {
	line := ""
	for _, c := range choices {
		c = "□ " + p.shown(c)
		if line != "" && p.GetStringWidth(line+"   "+c) > w {
			out = append(out, line)
			line = ""
		}
		if line != "" {
			line += "   "
		}
		line += c
	}
	return append(out, line)
}

func (p *paper) formField(f FormPaper, x FormField, at, w float64) {
	y := p.y + smallHeight
	label := x.Label
	if x.Must {
		label += " *"
	}
	p.use(small("").in(black))
	p.SetFont(face, "B", smallSize)
	p.Text(at, y, p.cut(p.shown(label), w))
	lw := p.GetStringWidth(p.cut(p.shown(label), w)) + 2
	p.use(small(""))
	if x.Needs != "" && w-lw > 12 {
		p.Text(at+lw, y, p.cut(p.shown(x.Needs), w-lw))
	}
	if f.Blank && x.Help != "" {
		for _, l := range p.SplitText(p.shown(x.Help), w) {
			y += smallHeight
			p.Text(at, y, l)
		}
	}
	switch {
	case f.Blank && len(x.Choices) > 0:
		p.use(body(""))
		for _, l := range p.choiceLines(x.Choices, w) {
			y += lineHeight
			p.Text(at, y, l)
		}
	case f.Blank:
		for range max(1, x.Lines) {
			y += 7
			p.y = y
			p.rule(at, at+w)
		}
	default:
		p.use(body(""))
		text := x.Value
		if text == "" {
			text = "–"
		}
		for _, l := range p.SplitText(p.shown(text), w) {
			y += lineHeight
			p.Text(at, y, l)
		}
	}
}
