package connector

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed schema.json
var schemaJSON []byte

// Schema returns the JSON Schema of connector files, for editors.
func Schema() []byte { return bytes.Clone(schemaJSON) }

const schemaURL = "https://muster.example/connector.schema.json"

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(schemaURL)
})

// checkSchema files every way in which the file is not of the schema's shape, at its line.
func checkSchema(f *findings, n *node) {
	s, err := compiled()
	if err != nil {
		f.fail(n, "Install Muster again.", "The schema of connectors cannot be read: %v.", err)
		return
	}
	err = s.Validate(n.plain())
	var v *jsonschema.ValidationError
	if errors.As(err, &v) {
		leaves(f, n, v)
	}
}

var english = message.NewPrinter(language.English)

func leaves(f *findings, root *node, v *jsonschema.ValidationError) {
	if len(v.Causes) > 0 {
		causes := v.Causes
		switch v.ErrorKind.(type) {
		case *kind.OneOf, *kind.AnyOf:
			causes = closest(causes)
		}
		for _, c := range causes {
			leaves(f, root, c)
		}
		return
	}
	at := root.find(v.InstanceLocation)
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, p := range k.Properties {
			unknownKey(f, at, at.get(p), p, v.SchemaURL)
		}
	case *kind.FalseSchema:
		// A key that is known but holds what is wrong counts as unevaluated too; that has been said already.
		parent, name := strings.TrimSuffix(v.SchemaURL, "/unevaluatedProperties"), v.InstanceLocation[len(v.InstanceLocation)-1]
		if !slices.Contains(keysAt(parent), name) {
			unknownKey(f, root.find(v.InstanceLocation[:len(v.InstanceLocation)-1]), at, name, parent)
		}
	case *kind.Required:
		f.fail(at, "Add "+strings.Join(k.Missing, ", ")+".", "What stands here lacks %s.", strings.Join(k.Missing, ", "))
	case *kind.Type:
		cure := seeReference
		if k.Got == "null" {
			cure = "Write a value behind the colon, or leave the key out; the word null as a text goes between quotation marks."
		}
		if at.shape != scalar && slices.Contains(k.Want, "string") {
			cure = quoteCure
		}
		f.fail(at, cure, "A %s stands here; wanted: %s.", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, fmt.Sprint(w))
		}
		f.fail(at, "Write one of: "+strings.Join(want, ", ")+".", "%q is not possible here.", at.text())
	case *kind.Pattern:
		f.fail(at, seeReference, "%q has not the form wanted here.", at.text())
	default:
		f.fail(at, seeReference, "%s.", upperFirst(v.ErrorKind.LocalizedString(english)))
	}
}

// seeReference is the cure where only the page of all keys helps.
const seeReference = "REFERENCE.md has what this key takes, with an example; so has musterctl connector schema in an editor."

func unknownKey(f *findings, at, kid *node, name, schemaURL string) {
	where := at
	if kid != nil {
		where = &node{path: kid.path, line: kid.keyLine, col: kid.keyCol}
	}
	cure := "Remove it; REFERENCE.md has the keys allowed here, and so has musterctl connector schema in an editor."
	if near := nearest(name, schemaURL); near != "" {
		cure = "Did you mean " + near + "?"
	}
	f.fail(where, cure, "The key %q is not known here.", name)
}

// closest keeps, of the alternatives that failed, the one that got furthest: it is the one that was meant.
func closest(causes []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	best, depth := causes[0], -1
	for _, c := range causes {
		d := 0
		var walk func(*jsonschema.ValidationError)
		walk = func(v *jsonschema.ValidationError) {
			far := 2 * len(v.InstanceLocation)
			if _, other := v.ErrorKind.(*kind.Type); !other {
				far++ // the right shape, wrong within
			}
			d = max(d, far)
			for _, x := range v.Causes {
				walk(x)
			}
		}
		walk(c)
		if d > depth {
			best, depth = c, d
		}
	}
	return []*jsonschema.ValidationError{best}
}

// nearest finds the allowed key that a typing slip may have meant.
func nearest(key, schemaURL string) string { return nearestOf(key, keysAt(schemaURL)) }

// nearestOf is the name that is at most two slips of typing away, or "".
func nearestOf(key string, names []string) string {
	best, limit := "", 3
	for _, n := range names {
		if d := distance(key, n); d < limit {
			best, limit = n, d
		}
	}
	return best
}

// keysAt lists the keys that the schema at this place allows, sorted.
func keysAt(schemaURL string) []string {
	s, err := compiled()
	if err != nil {
		return nil
	}
	var names []string
	seen := map[*jsonschema.Schema]bool{}
	var walk func(*jsonschema.Schema)
	walk = func(x *jsonschema.Schema) {
		if x == nil || seen[x] {
			return
		}
		seen[x] = true
		if x.Location == schemaURL {
			for y := x; y != nil; y = y.Ref {
				for p := range y.Properties {
					names = append(names, p)
				}
			}
		}
		for _, p := range x.Properties {
			walk(p)
		}
		walk(x.Ref)
		for _, list := range [][]*jsonschema.Schema{x.AllOf, x.AnyOf, x.OneOf} {
			for _, y := range list {
				walk(y)
			}
		}
		if y, ok := x.AdditionalProperties.(*jsonschema.Schema); ok {
			walk(y)
		}
		if y, ok := x.Items.(*jsonschema.Schema); ok {
			walk(y)
		}
		walk(x.Items2020)
	}
	walk(s)
	return sorted(names)
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		last := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			last, row[j] = row[j], min(row[j]+1, row[j-1]+1, last+cost)
		}
	}
	return row[len(b)]
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return sorted(out)
}
