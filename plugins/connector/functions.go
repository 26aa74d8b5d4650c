package connector

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// rel finds in a Link header (RFC 8288) the address with this relation, such as next; null when there is none.
func rel(v any, want string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("rel", v)
	if bad != nil {
		return bad
	}
	for s != "" {
		start := strings.IndexByte(s, '<')
		if start < 0 {
			return nil
		}
		end := strings.IndexByte(s[start:], '>')
		if end < 0 {
			return nil
		}
		target := s[start+1 : start+end]
		s = s[start+end+1:]
		params := s
		if i := strings.IndexByte(s, '<'); i >= 0 { // the next link; a < within quotes would be a strange relation
			params = s[:i]
		}
		for p := range strings.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "rel") {
				continue
			}
			for word := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
				if strings.EqualFold(word, want) {
					return target
				}
			}
		}
		s = s[len(params):]
	}
	return nil
}

// jsonAPIDepth is how far relationships are followed into what was included.
const jsonAPIDepth = 2

// jsonAPI turns a JSON:API document into plain records: attributes beside id and type, and in the place of each
// relationship the record that was included for it (or its {id, type}), null or a list of them. A document with one
// record gives that record.
func jsonAPI(v any) any {
	doc, ok := v.(map[string]any)
	if v == nil {
		return nil
	}
	if !ok {
		return &helperError{"jsonapi expected an object but got: " + gojq.TypeOf(v)}
	}
	data, there := doc["data"]
	if !there {
		return &helperError{"jsonapi expected the member data, which is missing"}
	}
	included := map[string]map[string]any{}
	list, _ := doc["included"].([]any)
	for _, x := range list {
		if m, ok := x.(map[string]any); ok {
			included[jsonAPIKey(m)] = m
		}
	}
	switch d := data.(type) {
	case nil:
		return nil
	case map[string]any:
		return jsonAPIFlat(d, included, jsonAPIDepth)
	case []any:
		out := make([]any, 0, len(d))
		for _, x := range d {
			m, ok := x.(map[string]any)
			if !ok {
				return &helperError{"jsonapi expected objects in data but got: " + gojq.TypeOf(x)}
			}
			out = append(out, jsonAPIFlat(m, included, jsonAPIDepth))
		}
		return out
	}
	return &helperError{"jsonapi expected an object or a list in data but got: " + gojq.TypeOf(data)}
}

func jsonAPIKey(m map[string]any) string {
	t, _ := scalarText(m["type"])
	id, _ := scalarText(m["id"])
	return t + "\x00" + id
}

func jsonAPIFlat(m map[string]any, included map[string]map[string]any, depth int) map[string]any {
	out := map[string]any{}
	attributes, _ := m["attributes"].(map[string]any)
	for k, v := range attributes {
		out[k] = v
	}
	relationships, _ := m["relationships"].(map[string]any)
	for name, r := range relationships {
		rm, _ := r.(map[string]any)
		data, there := rm["data"]
		if _, taken := out[name]; taken || !there {
			continue
		}
		out[name] = jsonAPIRelated(data, included, depth)
	}
	for _, k := range []string{"id", "type", "meta", "links"} {
		if v, there := m[k]; there {
			out[k] = v
		}
	}
	return out
}

func jsonAPIRelated(data any, included map[string]map[string]any, depth int) any {
	switch d := data.(type) {
	case map[string]any:
		if full := included[jsonAPIKey(d)]; full != nil && depth > 0 {
			return jsonAPIFlat(full, included, depth-1)
		}
		return d
	case []any:
		out := make([]any, 0, len(d))
		for _, x := range d {
			out = append(out, jsonAPIRelated(x, included, depth))
		}
		return out
	}
	return data
}

// unitSizes are in metres, kilograms and metres per second.
var unitSizes = map[string]struct {
	of   string
	size float64
}{
	"mm": {"length", 0.001}, "cm": {"length", 0.01}, "m": {"length", 1}, "km": {"length", 1000},
	"in": {"length", 0.0254}, "ft": {"length", 0.3048}, "yd": {"length", 0.9144}, "mi": {"length", 1609.344},
	"g": {"mass", 0.001}, "kg": {"mass", 1}, "lb": {"mass", 0.45359237}, "st": {"mass", 6.35029318},
	"m/s": {"speed", 1}, "km/h": {"speed", 1 / 3.6}, "mph": {"speed", 0.44704},
}

var twoUnits = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*(?:'|′|ft\.?|feet|foot|st\.?|stone)\s*(?:([0-9]+(?:\.[0-9]+)?)\s*(?:"|″|''|in\.?|inches|inch|lbs?\.?|pounds?)?)?\s*$`)

// quantity reads a number in a unit; 'ft in' and 'st lb' read 5'11" and 12st 4lb, and plain numbers as the first unit.
func quantity(s, unit string) (float64, string, bool) {
	big, small, both := strings.Cut(unit, " ")
	u, ok := unitSizes[big]
	if !ok {
		return 0, "", false
	}
	if both {
		w, ok := unitSizes[small]
		m := twoUnits.FindStringSubmatch(s)
		if !ok || w.of != u.of {
			return 0, "", false
		}
		if m != nil {
			a, _ := strconv.ParseFloat(m[1], 64)
			b, _ := strconv.ParseFloat(m[2], 64)
			return a*u.size + b*w.size, u.of, true
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n * u.size, u.of, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// convertUnit turns a number from one unit into another; null when it is none.
func convertUnit(v any, from, to string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("convert", v)
	if bad != nil {
		return bad
	}
	goal, ok := unitSizes[to]
	if !ok || !knownUnit(from) {
		return &helperError{"convert knows mm cm m km in ft yd mi g kg lb st m/s km/h mph, 'ft in' and 'st lb'"}
	}
	n, of, ok := quantity(s, from)
	if !ok || of != goal.of {
		return nil
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(n/goal.size, 'g', 6, 64), 64)
	if f == math.Trunc(f) && math.Abs(f) < 1e9 {
		return int(f)
	}
	return f
}

func knownUnit(u string) bool {
	for w := range strings.SplitSeq(u, " ") {
		if _, ok := unitSizes[w]; !ok {
			return false
		}
	}
	return true
}

// measure reads a quantity as the source writes it: {source, value} with value in the wanted unit.
func measure(v any, from, to string) any {
	out := convertUnit(v, from, to)
	if _, bad := out.(error); bad || v == nil {
		return out
	}
	s, _ := scalarText(v)
	if strings.TrimSpace(s) == "" {
		return nil
	}
	if out == nil {
		return map[string]any{"source": s, "problem": "not a quantity that this system should use"}
	}
	w, _ := scalarText(out)
	return map[string]any{"source": s, "value": w}
}
