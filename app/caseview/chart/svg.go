package chart

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strconv"
	"strings"
)

// WriteSVG writes the chart as one SVG file: text stays text, everything that came from a source is escaped, and nothing in it is
// fetched from elsewhere.
func (c *Chart) WriteSVG(w io.Writer, p Page) error {
	s := c.sheet(p)
	out := &svg{w: bufio.NewWriter(w)}
	out.printf(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img" font-family="Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif">`+"\n",
		num(s.w), num(s.h), num(s.w), num(s.h))
	out.printf("<title>%s</title>\n<desc>%s</desc>\n", escape(p.Marking.Label+" · "+p.Title), escape("Link chart. "+s.about))
	out.printf(`<rect width="%s" height="%s" fill="%s"/>`+"\n", num(s.w), num(s.h), rgb(s.palette[Ground]))
	node := ""
	for _, q := range s.prims {
		if q.Node != node {
			if node != "" {
				out.printf("</g>\n")
			}
			if node = q.Node; node != "" {
				n := c.Graph.Node(node)
				out.printf("<g><title>%s</title>\n", escape(n.What+": "+n.Title))
			}
		}
		out.prim(q, s.palette)
	}
	if node != "" {
		out.printf("</g>\n")
	}
	out.printf("</svg>\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

type svg struct {
	w   *bufio.Writer
	err error
}

func (s *svg) printf(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}

func (s *svg) prim(p Prim, pal Palette) {
	look := func() string {
		out := ` fill="none"`
		if p.Fill != NoInk {
			out = ` fill="` + rgb(pal.Colour(p.Fill, p.Dim)) + `"`
		}
		if p.Edge != NoInk {
			out += ` stroke="` + rgb(pal.Colour(p.Edge, p.Dim)) + `" stroke-width="` + num(p.Width) + `"`
		}
		return out
	}
	switch p.Form {
	case Rectangle:
		s.printf(`<rect x="%s" y="%s" width="%s" height="%s" rx="%s"%s/>`+"\n", num(p.X), num(p.Y), num(p.W), num(p.H), num(p.Radius), look())
	case Circle:
		s.printf(`<ellipse cx="%s" cy="%s" rx="%s" ry="%s"%s/>`+"\n", num(p.X+p.W/2), num(p.Y+p.H/2), num(p.W/2), num(p.H/2), look())
	case Stroke:
		s.printf(`<line x1="%s" y1="%s" x2="%s" y2="%s"%s/>`+"\n", num(p.X), num(p.Y), num(p.X+p.W), num(p.Y+p.H), look())
	case Polygon:
		pts := make([]string, len(p.Points))
		for i, v := range p.Points {
			pts[i] = num(v)
		}
		s.printf(`<polygon points="%s"%s/>`+"\n", strings.Join(pts, " "), look())
	case Letters:
		weight := ""
		if p.Bold {
			weight = ` font-weight="600"`
		}
		s.printf(`<text x="%s" y="%s" font-size="%s"%s fill="%s">%s</text>`+"\n", num(p.X), num(p.Y+p.Size*rise), num(p.Size), weight, rgb(pal.Colour(p.Fill, p.Dim)), escape(p.Text))
	}
}

// rise is how far the line that letters stand on lies below their middle, in parts of their size.
const rise = 0.36

func num(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
}

func rgb(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// escape makes any text safe to stand in XML: what XML cannot hold becomes U+FFFD.
func escape(t string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(strings.ToValidUTF8(t, "\uFFFD"))) // a strings.Builder never fails
	return b.String()
}
