package draft

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"muster/plugins/yamlsafe"
)

// document is an OpenAPI document of any version as plain data. Documents in use often break the letter of the
// standard, and a draft needs little of them, so they are read leniently.
type document struct{ root map[string]any }

func parseOpenAPI(src []byte) (*document, error) {
	if err := yamlsafe.Check(src); err != nil {
		return nil, fmt.Errorf("this document cannot be read: %w", err)
	}
	var root map[string]any
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, errors.New("this is neither JSON nor YAML: give the OpenAPI document itself, not a page that shows it")
	}
	if root["openapi"] == nil && root["swagger"] == nil {
		return nil, errors.New("this is no OpenAPI document: it has neither openapi nor swagger at its top")
	}
	if obj(root["paths"]) == nil {
		return nil, errors.New("this OpenAPI document has no paths")
	}
	return &document{root}, nil
}

func obj(v any) map[string]any { m, _ := v.(map[string]any); return m }
func arr(v any) []any          { l, _ := v.([]any); return l }
func str(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// deref follows references within the document; a circle ends at nothing.
func (d *document) deref(v any) map[string]any {
	m := obj(v)
	for range 20 {
		ref := str(m["$ref"])
		if ref == "" {
			return m
		}
		at := any(d.root)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = obj(at)[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		}
		if m = obj(at); m == nil {
			return nil
		}
	}
	return nil
}

// schema resolves a schema, its allOf joined and the first of oneOf or anyOf taken.
func (d *document) schema(v any, depth int) map[string]any {
	m := d.deref(v)
	if m == nil || depth > 8 {
		return m
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		parts := arr(m[key])
		if len(parts) == 0 {
			continue
		}
		out := maps.Clone(m)
		props := maps.Clone(obj(out["properties"]))
		if props == nil {
			props = map[string]any{}
		}
		for _, p := range parts {
			s := d.schema(p, depth+1)
			if key != "allOf" && (str(s["type"]) == "null" || len(props) > 0) {
				continue
			}
			for k, v := range obj(s["properties"]) {
				props[k] = v
			}
			for k, v := range s {
				if out[k] == nil {
					out[k] = v
				}
			}
			out["required"] = append(slices.Clone(arr(out["required"])), arr(s["required"])...)
		}
		out["properties"] = props
		return out
	}
	return m
}

func typeOf(s map[string]any) string {
	t := str(s["type"])
	for _, x := range arr(s["type"]) {
		if str(x) != "null" {
			t = str(x)
			break
		}
	}
	switch {
	case t != "":
	case s["properties"] != nil:
		t = "object"
	case s["items"] != nil:
		t = "array"
	}
	return t
}

// fields lists the members of a schema, nested objects with their paths.
func (d *document) fields(v any, path, above string, depth int, within ...string) []field {
	s := d.schema(v, 0)
	var out []field
	props := obj(s["properties"])
	for _, name := range slices.Sorted(maps.Keys(props)) {
		ref := str(obj(props[name])["$ref"])
		if ref != "" && slices.Contains(within, ref) {
			continue // a record within its own kind
		}
		p := d.schema(props[name], 0)
		f := field{path: member(path, name), words: strings.TrimSpace(above + " " + name), last: name, format: str(p["format"])}
		for _, r := range arr(s["required"]) {
			f.must = f.must || str(r) == name
		}
		for _, e := range arr(p["enum"]) {
			if e != nil {
				f.enum = append(f.enum, str(e))
			}
		}
		switch typeOf(p) {
		case "object":
			if depth < 3 && obj(p["properties"]) != nil {
				out = append(out, d.fields(p, f.path, f.words, depth+1, append(slices.Clone(within), ref, d.nameOf(s))...)...)
				continue
			}
			f.format = "object"
		case "array":
			f.list = true
			if items := d.schema(p["items"], 0); typeOf(items) == "object" {
				f.format = "object"
			}
		case "boolean":
			f.format = "boolean"
		}
		out = append(out, f)
	}
	return out
}

var verbs = []string{"get", "post", "put", "patch", "delete"}

// response gives the schema of the answer that says it went well.
func (d *document) response(op map[string]any) map[string]any {
	rs := obj(op["responses"])
	for _, code := range []string{"200", "201", "202", "default", "2XX"} {
		r := d.deref(rs[code])
		if r == nil {
			continue
		}
		if s := d.schema(r["schema"], 0); s != nil { // version 2
			return s
		}
		for _, mt := range slices.Sorted(maps.Keys(obj(r["content"]))) {
			if strings.Contains(mt, "json") || mt == "*/*" {
				return d.schema(obj(obj(r["content"])[mt])["schema"], 0)
			}
		}
	}
	return nil
}

// request gives the schema of a JSON body.
func (d *document) request(op map[string]any) map[string]any {
	body := d.deref(op["requestBody"])
	for _, mt := range slices.Sorted(maps.Keys(obj(body["content"]))) {
		if strings.Contains(mt, "json") || mt == "*/*" {
			return d.schema(obj(obj(body["content"])[mt])["schema"], 0)
		}
	}
	for _, p := range arr(op["parameters"]) {
		if q := d.deref(p); str(q["in"]) == "body" {
			return d.schema(q["schema"], 0)
		}
	}
	return nil
}

// records finds the list of records in an answer: the answer itself, or a member of it that is a list of objects.
func (d *document) records(s map[string]any, path string, depth int) (item map[string]any, expr string) {
	if typeOf(s) == "array" {
		if it := d.schema(s["items"], 0); typeOf(it) == "object" {
			return it, either(path, ".") + "[]"
		}
		return nil, ""
	}
	if depth > 2 {
		return nil, ""
	}
	props := obj(s["properties"])
	var best map[string]any
	bestExpr := ""
	for _, name := range slices.Sorted(maps.Keys(props)) {
		p := d.schema(props[name], 0)
		lower := strings.ToLower(name)
		if lower == "included" || lower == "errors" || lower == "links" || lower == "warnings" {
			continue
		}
		if it, e := d.records(p, member(path, name), depth+1); it != nil && (best == nil || len(obj(it["properties"])) > len(obj(best["properties"]))) {
			best, bestExpr = it, e
		}
	}
	return best, bestExpr
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (d *document) parameters(item, op map[string]any) []map[string]any {
	var out []map[string]any
	for _, list := range []any{item["parameters"], op["parameters"]} {
		for _, p := range arr(list) {
			if q := d.deref(p); q != nil {
				out = append(out, q)
			}
		}
	}
	return out
}

// nameOf finds the reference of a schema that was already resolved.
func (d *document) nameOf(s map[string]any) string {
	for _, where := range []struct {
		path string
		m    map[string]any
	}{{"#/components/schemas/", obj(obj(d.root["components"])["schemas"])}, {"#/definitions/", obj(d.root["definitions"])}} {
		for _, n := range slices.Sorted(maps.Keys(where.m)) {
			if sameSchema(d.schema(where.m[n], 0), s) {
				return where.path + n
			}
		}
	}
	return "?"
}
