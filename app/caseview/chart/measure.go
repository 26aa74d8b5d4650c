package chart

import (
	"strings"
	"sync"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"muster/assets"
)

// The faces: of words, and of what stands out.
var (
	plain = sync.OnceValue(func() *face { return load("Inter-Regular.otf") })
	bold  = sync.OnceValue(func() *face { return load("Inter-SemiBold.otf") })
)

// face is a font that ships with Muster, with the widths of its letters.
type face struct {
	font  *sfnt.Font
	mu    sync.Mutex
	buf   sfnt.Buffer
	width map[rune]float64 // in parts of the size
}

func load(name string) *face {
	f := &face{width: map[rune]float64{}}
	b, err := assets.UI.ReadFile("fonts/" + name)
	if err == nil {
		f.font, err = sfnt.Parse(b)
	}
	if err != nil {
		panic("chart: " + name + ": " + err.Error()) // it is part of the program
	}
	return f
}

func faceOf(strong bool) *face {
	if strong {
		return bold()
	}
	return plain()
}

// measure is how wide a text of a size is.
func (f *face) measure(text string, size float64) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := 0.0
	for _, r := range text {
		a, ok := f.width[r]
		if !ok {
			a = 0.62
			if i, err := f.font.GlyphIndex(&f.buf, r); err == nil && i != 0 {
				if adv, err := f.font.GlyphAdvance(&f.buf, i, fixed.I(1000), 0); err == nil {
					a = float64(adv) / 64 / 1000
				}
			} else if r >= 0x1100 {
				a = 1 // wide scripts
			}
			f.width[r] = a
		}
		w += a
	}
	return w * size
}

// cut shortens a text to a width, ending it in ….
func (f *face) cut(text string, size, width float64) string {
	if f.measure(text, size) <= width {
		return text
	}
	r := []rune(text)
	lo, hi := 0, len(r)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if f.measure(strings.TrimRight(string(r[:mid]), " ,·")+"…", size) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return strings.TrimRight(string(r[:lo]), " ,·") + "…"
}

// lines sets a text in at most n lines of a width, breaking at spaces; the last ends in … where it must.
func (f *face) lines(text string, size, width float64, n int) []string {
	var out []string
	rest := strings.Fields(text)
	for len(rest) > 0 && len(out) < n {
		line := rest[0]
		k := 1
		for k < len(rest) && f.measure(line+" "+rest[k], size) <= width {
			line += " " + rest[k]
			k++
		}
		if len(out) == n-1 {
			line = strings.Join(rest, " ")
			k = len(rest)
		}
		out = append(out, f.cut(line, size, width))
		rest = rest[k:]
	}
	return out
}
