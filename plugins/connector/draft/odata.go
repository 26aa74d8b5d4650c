package draft

import (
	"encoding/xml"
	"errors"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// csdl is OData metadata, as far as a draft needs it.
type csdl struct {
	Schemas []struct {
		Namespace string     `xml:"Namespace,attr"`
		Types     []csdlType `xml:"EntityType"`
		Complex   []csdlType `xml:"ComplexType"`
		Enums     []struct {
			Name    string `xml:"Name,attr"`
			Members []struct {
				Name string `xml:"Name,attr"`
			} `xml:"Member"`
		} `xml:"EnumType"`
		Sets []struct {
			Name string `xml:"Name,attr"`
			Type string `xml:"EntityType,attr"`
		} `xml:"EntityContainer>EntitySet"`
	} `xml:"DataServices>Schema"`
}

type csdlType struct {
	Name string `xml:"Name,attr"`
	Base string `xml:"BaseType,attr"`
	Key  []struct {
		Name string `xml:"Name,attr"`
	} `xml:"Key>PropertyRef"`
	Properties []struct {
		Name     string `xml:"Name,attr"`
		Type     string `xml:"Type,attr"`
		Nullable string `xml:"Nullable,attr"`
	} `xml:"Property"`
	Navigation []struct {
		Name string `xml:"Name,attr"`
		Type string `xml:"Type,attr"`
	} `xml:"NavigationProperty"`
}

// OData drafts a connector from the $metadata of an OData v4 service.
func OData(src []byte, dict *pole.Dictionary, o Options) (string, error) {
	var doc csdl
	dec := xml.NewDecoder(strings.NewReader(string(src)))
	if err := dec.Decode(&doc); err != nil || len(doc.Schemas) == 0 {
		return "", errors.New("this is no OData metadata: give what the service answers at /$metadata, as XML")
	}
	a := &api{title: o.Name, check: "{get: '/$metadata', answers: xml}"}
	types, complexes, enums := map[string]csdlType{}, map[string]csdlType{}, map[string][]string{}
	for _, s := range doc.Schemas {
		if a.title == "" {
			a.title = s.Namespace
		}
		for _, t := range s.Types {
			types[s.Namespace+"."+t.Name] = t
		}
		for _, t := range s.Complex {
			complexes[s.Namespace+"."+t.Name] = t
		}
		for _, e := range s.Enums {
			for _, x := range e.Members {
				enums[s.Namespace+"."+e.Name] = append(enums[s.Namespace+"."+e.Name], x.Name)
			}
		}
	}
	m := newMatcher(dict)
	var fieldsOf func(t csdlType, path, above string, depth int) []field
	fieldsOf = func(t csdlType, path, above string, depth int) []field {
		var out []field
		if base, ok := types[t.Base]; ok && depth < 4 {
			out = fieldsOf(base, path, above, depth+1)
		}
		for _, p := range t.Properties {
			typ, many := strings.CutPrefix(p.Type, "Collection(")
			typ = strings.TrimSuffix(typ, ")")
			f := field{path: member(path, p.Name), words: strings.TrimSpace(above + " " + p.Name), last: p.Name, list: many, enum: enums[typ], must: p.Nullable == "false"}
			switch typ {
			case "Edm.Date":
				f.format = "date"
			case "Edm.DateTimeOffset":
				f.format = "date-time"
			case "Edm.Boolean":
				f.format = "boolean"
			}
			if c, ok := complexes[typ]; ok {
				if !many && depth < 3 {
					out = append(out, fieldsOf(c, f.path, f.words, depth+1)...)
					continue
				}
				f.format = "object"
			}
			out = append(out, f)
		}
		return out
	}
	for _, s := range doc.Schemas {
		for _, set := range s.Sets {
			t, ok := types[set.Type]
			if !ok {
				continue
			}
			e := &entity{name: t.Name, fields: fieldsOf(t, "", "", 0)}
			keyed := t
			for range 4 {
				if base, ok := types[keyed.Base]; ok && len(keyed.Key) == 0 {
					keyed = base
				}
			}
			if len(keyed.Key) == 1 {
				e.id = member("", keyed.Key[0].Name)
				lit := `(\(.id))`
				for _, p := range keyed.Properties {
					if p.Name == keyed.Key[0].Name && p.Type == "Edm.String" {
						lit = `('\(.id | odata)')`
					}
				}
				e.fetch = "{get: " + quoted("/"+set.Name+lit) + ", records: .}"
			}
			kind, _ := m.kindOf(e)
			var by []param
			var terms []string
			for _, f := range e.fields {
				prop := m.property(kind, f)
				if prop == "" || strings.Count(f.path, ".") != 1 || f.list || slices.ContainsFunc(by, func(x param) bool { return x.property == prop }) {
					continue
				}
				def, _ := dict.Property(prop)
				if def.Compare == "none" || def.Multiline || def.Type == pole.TypeInstant || def.Type == pole.TypeNumber || len(by) == 8 {
					continue
				}
				by = append(by, param{name: f.last, property: prop})
				lit := "'\\(odata)'"
				if f.format == "date" {
					lit = "\\(.)"
				}
				in := ".q." + string(prop)
				if f.format == "date" {
					in += " | date"
				}
				terms = append(terms, "("+in+" | if . then \""+f.last+" eq "+lit+"\" else null end)")
			}
			if len(by) > 0 {
				s := search{by: by, lines: []string{"get: " + quoted("/"+set.Name), "query:"}}
				s.lines = append(s.lines, "  $filter: "+quoted("["+strings.Join(terms, ", ")+"] | map(select(. != null)) | join(\" and \")"), "  $count: 'true'")
				if n := len(t.Navigation); n > 0 {
					var names []string
					for _, x := range t.Navigation {
						names = append(names, x.Name)
					}
					s.lines = append(s.lines, "  # $expand: '\""+strings.Join(names, ",")+"\"'  to read what belongs to it")
				}
				s.lines = append(s.lines, "records: '.value[]'", "next: '.\"@odata.nextLink\"'", "total: '.\"@odata.count\"'")
				e.searches = append(e.searches, s)
			}
			var post []field
			for _, f := range e.fields {
				if f.path != e.id {
					post = append(post, f)
				}
			}
			e.submit = &submit{lines: []string{"post: " + quoted("/"+set.Name)}, fields: post, result: e.id, body: true}
			a.entities = append(a.entities, e)
		}
	}
	return a.write(m, o)
}
