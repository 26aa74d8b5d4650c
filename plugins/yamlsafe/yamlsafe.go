// Package yamlsafe refuses YAML that is short to write and would cost far more to read than it is long.
package yamlsafe

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Deepest is how deeply a file may be nested. The parser's cost grows with the square of the depth: at 16,000 it is gigabytes.
const Deepest = 400

// ErrDeep means that a file is nested more deeply than any file for Muster is.
var ErrDeep = errors.New("it is nested too deeply: write it flatter")

// most is how many nodes a file may come to once its aliases are what they stand for.
const most = 1 << 20

// ErrGrows means that a file's aliases stand for others that stand for others: a few lines that would fill the memory.
var ErrGrows = errors.New("its aliases grow out of all measure: write out what they stand for")

// Check looks at src before it is parsed. Brackets are counted wherever they stand, in texts too: real files come nowhere near.
func Check(src []byte) error {
	depth := 0
	for line := range bytes.Lines(src) {
		// A line may open many lists at once: - - - -
		opened := 0
		for rest := bytes.TrimLeft(line, " \t"); len(rest) > 1 && (rest[0] == '-' || rest[0] == '?' || rest[0] == ':') && (rest[1] == ' ' || rest[1] == '\t'); {
			opened++
			rest = bytes.TrimLeft(rest[1:], " \t")
		}
		if opened > Deepest {
			return ErrDeep
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				if depth++; depth > Deepest {
					return ErrDeep
				}
			case ']', '}':
				depth = max(0, depth-1)
			}
		}
	}
	if !aliased.Match(src) {
		return nil
	}
	return grows(src)
}

// aliased is what stands before and at the beginning of an alias.
var aliased = regexp.MustCompile(`(^|[\s\[{,:\-?])\*\S`)

// grows counts the nodes of a file with each alias as what it stands for.
func grows(src []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it cannot be read: %v", r)
		}
	}()
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil //nolint:nilerr // whoever reads it says what is wrong, and where
	}
	w := weights{}
	total := 0
	for _, d := range f.Docs {
		if total += w.of(d.Body); total > most {
			return ErrGrows
		}
	}
	return nil
}

// weights are those of the anchors that stand before.
type weights map[string]int

func (w weights) of(n ast.Node) int {
	sum := 1
	add := func(k ast.Node) { sum = min(sum+w.of(k), most+1) }
	switch x := n.(type) {
	case *ast.MappingNode:
		for _, v := range x.Values {
			add(v)
		}
	case *ast.MappingValueNode:
		add(x.Key)
		add(x.Value)
	case *ast.MappingKeyNode:
		add(x.Value)
	case *ast.SequenceNode:
		for _, v := range x.Values {
			add(v)
		}
	case *ast.TagNode:
		add(x.Value)
	case *ast.AnchorNode:
		name := x.Name.String()
		w[name] = most + 1 // an alias of what it stands in never ends
		add(x.Value)
		w[name] = sum
	case *ast.AliasNode:
		sum = w[x.Value.String()]
	}
	return sum
}
