package connector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a connector file, with the place and the cure.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0 when it concerns the file as a whole
	Column  int    `json:"column"` // from 1
	Path    string `json:"path"`   // JSON pointer of the key: /kinds/KIND/fields/PROPERTY
	Say     string `json:"say"`
	Cure    string `json:"cure"`
	Warning bool   `json:"warning,omitempty"` // the connector works, but think again
}

// String gives FILE:LINE:COLUMN: what is wrong. Cure: what to do.
func (p Problem) String() string {
	kind := ""
	if p.Warning {
		kind = "warning: "
	}
	s := fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, kind, p.Say)
	if p.Cure != "" {
		s += " Cure: " + p.Cure
	}
	return s
}

// Problems is what Load returns as its error: every problem of the file, in the order of its lines.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// Errors returns the problems that are not warnings.
func (p Problems) Errors() Problems {
	var out Problems
	for _, x := range p {
		if !x.Warning {
			out = append(out, x)
		}
	}
	return out
}

// Warnings returns the problems that are only warnings.
func (p Problems) Warnings() Problems {
	var out Problems
	for _, x := range p {
		if x.Warning {
			out = append(out, x)
		}
	}
	return out
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// findings gathers problems of one file while it is read.
type findings struct {
	file string
	list Problems
	seen map[string]bool
}

func (f *findings) add(n *node, warning bool, cure, format string, args ...any) {
	p := Problem{File: f.file, Say: fmt.Sprintf(format, args...), Cure: cure, Warning: warning}
	if n != nil {
		p.Line, p.Column, p.Path = n.line, n.col, n.path
	}
	id := fmt.Sprint(p.Line, p.Path, p.Say)
	if f.seen[id] {
		return
	}
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	f.seen[id] = true
	f.list = append(f.list, p)
}

func (f *findings) fail(n *node, cure, format string, args ...any) {
	f.add(n, false, cure, format, args...)
}

func (f *findings) warn(n *node, cure, format string, args ...any) {
	f.add(n, true, cure, format, args...)
}

func (f *findings) failed() bool { return len(f.list.Errors()) > 0 }
