package draft

import (
	"encoding/xml"
	"errors"
	"net/url"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// wsdl is a WSDL 1.1 description, as far as a draft needs it.
type wsdl struct {
	Target   string      `xml:"targetNamespace,attr"`
	Name     string      `xml:"name,attr"`
	Schemas  []xsdSchema `xml:"types>schema"`
	Messages []struct {
		Name  string `xml:"name,attr"`
		Parts []struct {
			Name    string `xml:"name,attr"`
			Element string `xml:"element,attr"`
			Type    string `xml:"type,attr"`
		} `xml:"part"`
	} `xml:"message"`
	Ports []struct {
		Operations []struct {
			Name  string `xml:"name,attr"`
			Input struct {
				Message string `xml:"message,attr"`
			} `xml:"input"`
			Output struct {
				Message string `xml:"message,attr"`
			} `xml:"output"`
		} `xml:"operation"`
	} `xml:"portType"`
	Bindings []struct {
		SOAP []struct {
			XMLName xml.Name
			Style   string `xml:"style,attr"`
		} `xml:"binding"`
		Operations []struct {
			Name string `xml:"name,attr"`
			SOAP []struct {
				XMLName xml.Name
				Action  string `xml:"soapAction,attr"`
			} `xml:"operation"`
		} `xml:"operation"`
	} `xml:"binding"`
	Services []struct {
		Name  string `xml:"name,attr"`
		Ports []struct {
			Address []struct {
				XMLName  xml.Name
				Location string `xml:"location,attr"`
			} `xml:"address"`
		} `xml:"port"`
	} `xml:"service"`
}

type xsdSchema struct {
	Target   string       `xml:"targetNamespace,attr"`
	Form     string       `xml:"elementFormDefault,attr"`
	Elements []xsdElement `xml:"element"`
	Complex  []xsdType    `xml:"complexType"`
	Simple   []struct {
		Name  string `xml:"name,attr"`
		Enums []struct {
			Value string `xml:"value,attr"`
		} `xml:"restriction>enumeration"`
	} `xml:"simpleType"`
}

type xsdElement struct {
	Name string   `xml:"name,attr"`
	Ref  string   `xml:"ref,attr"`
	Type string   `xml:"type,attr"`
	Min  string   `xml:"minOccurs,attr"`
	Max  string   `xml:"maxOccurs,attr"`
	Own  *xsdType `xml:"complexType"`
}

type xsdType struct {
	Name       string       `xml:"name,attr"`
	Sequence   []xsdElement `xml:"sequence>element"`
	All        []xsdElement `xml:"all>element"`
	Choice     []xsdElement `xml:"sequence>choice>element"`
	Extended   []xsdElement `xml:"complexContent>extension>sequence>element"`
	Attributes []struct {
		Name string `xml:"name,attr"`
	} `xml:"attribute"`
}

func (t *xsdType) members() []xsdElement {
	if t == nil {
		return nil
	}
	return slices.Concat(t.Sequence, t.All, t.Choice, t.Extended)
}

func local(name string) string { return name[strings.IndexByte(name, ':')+1:] }

// names looks up elements and types by their local names; WSDLs with two of one name are rare and only drafted.
type names struct {
	elements map[string]xsdElement
	types    map[string]*xsdType
	enums    map[string][]string
	space    map[string]string // of an element
	form     map[string]string
}

// WSDL drafts a connector from a WSDL 1.1 description with its types.
func WSDL(src []byte, dict *pole.Dictionary, o Options) (string, error) {
	var w wsdl
	dec := xml.NewDecoder(strings.NewReader(string(src)))
	if err := dec.Decode(&w); err != nil || len(w.Ports) == 0 {
		return "", errors.New("this is no WSDL 1.1 description: give what the service answers at ?wsdl, as XML")
	}
	a := &api{title: either(o.Name, either(w.Name, "SOAP system"))}
	a.extra = append(a.extra, "answers: xml")
	n := names{map[string]xsdElement{}, map[string]*xsdType{}, map[string][]string{}, map[string]string{}, map[string]string{}}
	for _, s := range w.Schemas {
		for _, e := range s.Elements {
			n.elements[e.Name], n.space[e.Name], n.form[e.Name] = e, either(s.Target, w.Target), s.Form
		}
		for i := range s.Complex {
			n.types[s.Complex[i].Name] = &s.Complex[i]
		}
		for _, t := range s.Simple {
			for _, e := range t.Enums {
				n.enums[t.Name] = append(n.enums[t.Name], e.Value)
			}
		}
	}
	version := "1.1"
	actions := map[string]string{}
	for _, b := range w.Bindings {
		for _, s := range b.SOAP {
			if strings.Contains(s.XMLName.Space, "soap12") && len(actions) == 0 {
				version = "1.2"
			} else if strings.HasSuffix(s.XMLName.Space, "wsdl/soap/") {
				version = "1.1"
			}
		}
		for _, op := range b.Operations {
			for _, s := range op.SOAP {
				if strings.Contains(s.XMLName.Space, "soap") {
					actions[op.Name] = s.Action
				}
			}
		}
	}
	path := ""
	for _, s := range w.Services {
		for _, p := range s.Ports {
			for _, ad := range p.Address {
				if u, err := url.Parse(ad.Location); err == nil && u.Host != "" && a.server == "" {
					if a.server = "https://" + u.Host + strings.TrimSuffix(u.Path, "/"); u.Scheme != "https" {
						a.server = ""
					}
				}
			}
		}
	}
	element := func(message string) string {
		for _, m := range w.Messages {
			if m.Name == local(message) && len(m.Parts) > 0 {
				return local(m.Parts[0].Element)
			}
		}
		return ""
	}
	m := newMatcher(dict)
	lists := map[string]bool{}
	byName := map[string]*entity{}
	for _, port := range w.Ports {
		for _, op := range port.Operations {
			in, out := element(op.Input.Message), element(op.Output.Message)
			if in == "" || out == "" {
				a.skipped = append(a.skipped, "operation "+op.Name+": its messages have no elements")
				continue
			}
			record, where, many := n.record(n.elements[out], "."+out, 0)
			if record == nil {
				record, where = n.typeOf(n.elements[out]), "."+out
			}
			what := record.Name
			if what == "" {
				what = strings.TrimSuffix(local(where[strings.LastIndex(where, ".")+1:]), "[]")
			}
			lower := strings.ToLower(op.Name)
			writes := strings.HasPrefix(lower, "create") || strings.HasPrefix(lower, "add") || strings.HasPrefix(lower, "submit") || strings.HasPrefix(lower, "insert") || strings.HasPrefix(lower, "register") || strings.HasPrefix(lower, "new")
			if writes {
				what = n.subject(op.Name, in)
			}
			e := byName[joined(what)]
			if e == nil {
				e = &entity{name: what}
				byName[joined(what)] = e
				a.entities = append(a.entities, e)
			}
			if fs := n.fields(record, "", "", 0); !writes && len(fs) > len(e.fields) {
				e.fields = fs
			}
			kind, _ := m.kindOf(e)
			head := func(body string) []string {
				return []string{"post: " + quoted(path), "soap:", "  action: " + quoted(actions[op.Name]), "  version: " + quoted(version), "  body: " + quoted(body)}
			}
			switch {
			case a.check == "" && len(n.typeOf(n.elements[in]).members()) == 0:
				a.check = "{post: " + quoted(path) + ", soap: {action: " + quoted(actions[op.Name]) + ", version: " + quoted(version) + ", body: " + quoted(n.body(in, nil)) + "}}"
			case writes:
				var result string
				for _, f := range n.fields(n.typeOf(n.elements[out]), "."+out, "", 0) {
					if x := joined(f.last); result == "" && (strings.HasSuffix(x, "id") || strings.HasSuffix(x, "reference") || strings.HasSuffix(x, "number") || strings.HasSuffix(x, "ref")) {
						result = f.path
					}
				}
				fields := n.fields(n.typeOf(n.elements[in]), "", "", 0)
				values := map[string]string{}
				for _, f := range fields {
					if p := m.property(kind, f); p != "" {
						v := strings.Trim(strings.Replace(sent(m, p), ".q.", ".entry.", 1), "'")
						values[f.path] = v
					}
				}
				e.submit = &submit{lines: head(n.body(in, values)), fields: fields, result: result}
			case many:
				sr := search{}
				values := map[string]string{}
				for _, f := range n.fields(n.typeOf(n.elements[in]), "", "", 0) {
					if p := m.property(kind, f); p != "" && !slices.ContainsFunc(sr.by, func(x param) bool { return x.property == p }) {
						sr.by = append(sr.by, param{name: f.last, property: p})
						values[f.path] = strings.Trim(sent(m, p), "'")
					}
				}
				sr.lines = append(head(n.body(in, values)), "records: "+quoted(where+"[]"))
				if len(sr.by) > 0 {
					e.searches = append(e.searches, sr)
					lists[strings.TrimPrefix(where, ".")] = true
				} else {
					a.skipped = append(a.skipped, "operation "+op.Name+": nothing in its request is like a property of "+string(kind))
				}
			default:
				members := n.typeOf(n.elements[in]).members()
				if len(members) == 0 || e.fetch != "" {
					continue
				}
				values := map[string]string{"." + members[0].Name: ".id"}
				e.fetch = "{post: " + quoted(path) + ", soap: {action: " + quoted(actions[op.Name]) + ", version: " + quoted(version) + ", body: " + quoted(n.body(in, values)) + "}, records: " + quoted(where) + "}"
				if f, ok := findField(e.fields, members[0].Name); ok {
					e.id = f.path
				}
			}
		}
	}
	if len(lists) > 0 {
		var l []string
		for x := range lists {
			parts := strings.Split(x, ".")
			l = append(l, strings.Join(parts[max(0, len(parts)-2):], "."))
		}
		slices.Sort(l)
		a.extra = append(a.extra, "lists: ["+strings.Join(l, ", ")+"]")
	}
	a.password("wss_username")
	a.auth = append(a.auth, "# guess: WS-Security; a WSDL seldom says how to sign in")
	return a.write(m, o)
}

// subject is what an operation that writes is about: CreateIncident is about an Incident.
func (n names) subject(op, in string) string {
	ws := words(op)
	if len(ws) > 1 {
		return strings.Join(ws[1:], " ")
	}
	return in
}

func (n names) typeOf(e xsdElement) *xsdType {
	if e.Own != nil {
		return e.Own
	}
	if t := n.types[local(e.Type)]; t != nil {
		return t
	}
	return &xsdType{}
}

func (n names) resolve(e xsdElement) xsdElement {
	if e.Ref != "" {
		r := n.elements[local(e.Ref)]
		r.Min, r.Max = e.Min, e.Max
		return r
	}
	return e
}

// record finds the repeated element of an answer.
func (n names) record(e xsdElement, path string, depth int) (*xsdType, string, bool) {
	if depth > 4 {
		return nil, "", false
	}
	for _, x := range n.typeOf(e).members() {
		x = n.resolve(x)
		if (x.Max == "unbounded" || len(x.Max) > 1) && len(n.typeOf(x).members()) > 0 {
			t := *n.typeOf(x)
			if t.Name == "" {
				t.Name = x.Name
			}
			return &t, member(path, x.Name), true
		}
	}
	var first *xsdType
	where := ""
	for _, x := range n.typeOf(e).members() {
		x = n.resolve(x)
		if t, p, many := n.record(x, member(path, x.Name), depth+1); many {
			return t, p, true
		} else if first == nil && len(n.typeOf(x).members()) > 1 {
			c := *n.typeOf(x)
			if c.Name == "" {
				c.Name = x.Name
			}
			first, where = &c, member(path, x.Name)
			_, _ = t, p
		}
	}
	return first, where, false
}

func (n names) fields(t *xsdType, path, above string, depth int) []field {
	var out []field
	for _, x := range t.members() {
		x = n.resolve(x)
		f := field{path: member(path, x.Name), words: strings.TrimSpace(above + " " + x.Name), last: x.Name, list: x.Max == "unbounded", must: x.Min != "0", enum: n.enums[local(x.Type)]}
		if in := n.typeOf(x); len(in.members()) > 0 {
			if !f.list && depth < 3 {
				out = append(out, n.fields(in, f.path, f.words, depth+1)...)
				continue
			}
			f.format = "object"
		}
		switch local(x.Type) {
		case "date":
			f.format = "date"
		case "dateTime":
			f.format = "date-time"
		case "boolean":
			f.format = "boolean"
		}
		out = append(out, f)
	}
	for _, at := range t.Attributes {
		out = append(out, field{path: member(path, "@"+at.Name), words: strings.TrimSpace(above + " " + at.Name), last: at.Name})
	}
	return out
}

// body writes the request's element with inserts where a value is known.
func (n names) body(element string, values map[string]string) string {
	ns := n.space[element]
	inner := ""
	prefix := ""
	if n.form[element] == "qualified" {
		prefix = "m:"
	}
	var walk func(t *xsdType, path string, depth int) string
	walk = func(t *xsdType, path string, depth int) string {
		var b strings.Builder
		for _, x := range t.members() {
			x = n.resolve(x)
			p := member(path, x.Name)
			if v := values[p]; v != "" {
				b.WriteString("<" + prefix + x.Name + ">\\(" + v + ")</" + prefix + x.Name + ">")
			} else if in := n.typeOf(x); len(in.members()) > 0 && depth < 3 {
				if s := walk(in, p, depth+1); s != "" {
					b.WriteString("<" + prefix + x.Name + ">" + s + "</" + prefix + x.Name + ">")
				}
			}
		}
		return b.String()
	}
	inner = walk(n.typeOf(n.elements[element]), "", 0)
	if inner == "" {
		return "<m:" + element + ` xmlns:m="` + ns + `"/>`
	}
	return "<m:" + element + ` xmlns:m="` + ns + `">` + inner + "</m:" + element + ">"
}
