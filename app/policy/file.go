package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"muster/plugins/yamlsafe"
)

const version = 1

// layer is what one source decided.
type layer struct {
	by     By
	where  string // file or registry key
	values map[string]decided
	wholes []string // settings of several parts that it decides as a whole
	src    []byte   // of a file
}

type decided struct {
	value any
	state State
	line  int
	name  string // of a registry value
}

// readFile reads the text of a machine file. Every mistake in it is said, each with its line.
func readFile(src []byte, by By, where string) (layer, error) {
	l := layer{by: by, where: where, values: map[string]decided{}, src: src}
	if err := yamlsafe.Check(src); err != nil {
		return l, err
	}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return l, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if len(f.Docs) > 1 {
		return l, errors.New("it holds several documents: write one, without --- between")
	}
	var pairs []*ast.MappingValueNode
	if len(f.Docs) == 1 && f.Docs[0].Body != nil {
		body, ok := mappingOf(f.Docs[0].Body)
		if _, null := f.Docs[0].Body.(*ast.NullNode); !ok && !null {
			return l, excerpt(src, 1, "it must be a mapping of settings: write policy: %d and then one setting a line", version)
		}
		pairs = body
	}
	i := slices.IndexFunc(pairs, func(p *ast.MappingValueNode) bool { return keyOf(p) == "policy" })
	if i < 0 {
		return l, fmt.Errorf("it names no format: its first line must say 'policy: %d'", version)
	}
	var format any
	if err := yaml.NodeToValue(pairs[i].Value, &format); err != nil || fmt.Sprint(format) != fmt.Sprint(version) {
		return l, excerpt(src, lineOf(pairs[i]), "its format is %v, and this Muster reads format %d: it must say 'policy: %d'", format, version, version)
	}
	pairs = slices.Delete(slices.Clone(pairs), i, i+1)
	return l, errors.Join(l.read(pairs, "")...)
}

func (l *layer) read(pairs []*ast.MappingValueNode, prefix string) (errs []error) {
	for _, p := range pairs {
		key, line := prefix+keyOf(p), lineOf(p)
		d, ok := Find(key)
		if !ok {
			inner, isMap := mappingOf(p.Value)
			if !isMap || !slices.ContainsFunc(table, func(d Def) bool { return strings.HasPrefix(d.Key, key+".") }) {
				errs = append(errs, excerpt(l.src, line, "there is no setting %s%s", key, nearest(key)))
				continue
			}
			l.wholes = append(l.wholes, key)
			errs = append(errs, l.read(inner, key+".")...)
			continue
		}
		if _, null := p.Value.(*ast.NullNode); null {
			errs = append(errs, excerpt(l.src, line, "%s has no value: write %s, or take the line out", key, d.Want()))
			continue
		}
		var raw any
		if err := yaml.NodeToValue(p.Value, &raw); err != nil {
			errs = append(errs, excerpt(l.src, line, "%s cannot be read", key))
			continue
		}
		v, state, err := d.read(raw)
		if err != nil {
			errs = append(errs, excerpt(l.src, line, "%s %s", key, err))
			continue
		}
		l.values[key] = decided{value: v, state: state, line: line}
	}
	return errs
}

func mappingOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

func keyOf(p *ast.MappingValueNode) string {
	if s, ok := p.Key.(*ast.StringNode); ok {
		return s.Value
	}
	return p.Key.String()
}

func lineOf(p *ast.MappingValueNode) int {
	if t := p.Key.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// excerpt is a mistake with the line that it stands in.
func excerpt(src []byte, line int, format string, args ...any) error {
	lines := strings.Split(string(src), "\n")
	say := fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)
	if line < 1 || line > len(lines) {
		return errors.New(say)
	}
	return fmt.Errorf("%s\n> %2d | %s", say, line, strings.TrimRight(clipLine(lines[line-1]), " \r"))
}

func clipLine(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// Nearest ends the words about a name that no setting has: with the setting that was probably meant.
func Nearest(key string) string { return nearest(key) }

// nearest suggests the setting that was probably meant.
func nearest(key string) string {
	best, at := 4, ""
	for _, d := range table {
		if n := distance(key, d.Key); n < best && n < len(key) {
			best, at = n, d.Key
		}
	}
	if at == "" {
		return "; musterctl policy explain lists them all"
	}
	return "; did you mean " + at + "?"
}

// distance counts the letters that must change to make one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
