package replay

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"muster/plugins"
	"muster/plugins/pole"
)

// Expect is the result of a case.
type Expect struct {
	Error   string    `yaml:"error,omitempty"` // kind of failure: auth, denied, notfound, invalid, duplicate, limited, unavailable, unknown, drift
	Say     string    `yaml:"say,omitempty"`   // part of its words
	Fields  []Refused `yaml:"fields,omitempty"`
	User    string    `yaml:"user,omitempty"` // check
	Server  string    `yaml:"server,omitempty"`
	Version string    `yaml:"version,omitempty"`
	Total   int       `yaml:"total,omitempty"`
	More    bool      `yaml:"more,omitempty"` // there is a further page, which the case does not ask for
	Records []Record  `yaml:"records,omitempty"`
	Gaps    []string  `yaml:"gaps,omitempty"` // words for what failed
	Receipt *Receipt  `yaml:"receipt,omitempty"`
	Changes []Change  `yaml:"changes,omitempty"`
}

// Refused is a field that the system refuses.
type Refused struct {
	Path string `yaml:"path"`
	Say  string `yaml:"say,omitempty"`
}

// Receipt is the system's word that it has an entry.
type Receipt struct {
	Reference string `yaml:"reference"`
	Ref       string `yaml:"ref,omitempty"` // TYPE/ID
	Already   bool   `yaml:"already,omitempty"`
}

// Change is one change that a watch announced.
type Change struct {
	Record  *Record `yaml:"record,omitempty"`
	Removed bool    `yaml:"removed,omitempty"`
	Cursor  string  `yaml:"cursor,omitempty"`
	Gap     string  `yaml:"gap,omitempty"`
}

// Record is one record as it must come out.
type Record struct {
	Ref     string `yaml:"ref"`              // TYPE/ID
	Kind    string `yaml:"kind,omitempty"`   // where it is not the type
	Partly  bool   `yaml:"partly,omitempty"` // compare only the properties, links and members given here
	Facts   Facts  `yaml:"facts,omitempty"`
	Links   []Link `yaml:"links,omitempty"`
	Marking Text   `yaml:"marking,omitempty"`
	Updated Text   `yaml:"updated,omitempty"`
	Version Text   `yaml:"version,omitempty"`
	URL     Text   `yaml:"url,omitempty"`
}

// Link is a link as it must come out: this record is ROLE of To, or From is ROLE of this record.
type Link struct {
	Role  string `yaml:"role"`
	To    string `yaml:"to,omitempty"` // TYPE/ID
	From  string `yaml:"from,omitempty"`
	Label string `yaml:"label,omitempty"`
}

// Facts are facts by property, in the order in which the connector gives them.
type Facts []Property

// Property is the facts of one property.
type Property struct {
	Name   string
	Values []Fact
}

// Fact is one value: canonical, or where it cannot be read as its type, as the source wrote it with the problem.
type Fact struct {
	Value   Text   `yaml:"value,omitempty"`
	Source  Text   `yaml:"source,omitempty"`
	Problem string `yaml:"problem,omitempty"`
	Group   string `yaml:"group,omitempty"`
	From    Text   `yaml:"from,omitempty"`
	To      Text   `yaml:"to,omitempty"`
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (f *Facts) UnmarshalYAML(n ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		return placed(n, "write facts as property: value")
	}
	for _, p := range pairs {
		out := Property{Name: p.Key.GetToken().Value}
		nodes := []ast.Node{p.Value}
		if seq, ok := p.Value.(*ast.SequenceNode); ok {
			nodes = seq.Values
		}
		for _, x := range nodes {
			var v Fact
			if t := x.Type(); t == ast.MappingType || t == ast.MappingValueType {
				if err := yaml.NodeToValue(x, &v, yaml.Strict()); err != nil {
					return err
				}
			} else {
				s, err := scalar(x)
				if err != nil {
					return err
				}
				v.Value = Text(s)
			}
			out.Values = append(out.Values, v)
		}
		*f = append(*f, out)
	}
	return nil
}

// MarshalYAML implements yaml.InterfaceMarshaler.
func (f Facts) MarshalYAML() (any, error) {
	var out yaml.MapSlice
	for _, p := range f {
		list := make([]any, len(p.Values))
		for i, v := range p.Values {
			if v == (Fact{Value: v.Value}) {
				list[i] = string(v.Value)
			} else {
				list[i] = v
			}
		}
		if len(list) == 1 {
			out = append(out, yaml.MapItem{Key: p.Name, Value: list[0]})
		} else {
			out = append(out, yaml.MapItem{Key: p.Name, Value: list})
		}
	}
	return out, nil
}

func (f Facts) get(name string) *Property {
	for i := range f {
		if f[i].Name == name {
			return &f[i]
		}
	}
	return nil
}

// short is a reference without its system, where that is the case's own.
func short(r pole.Ref, system string) string {
	if r.IsZero() {
		return ""
	}
	s := r.Type + "/" + r.ID
	if r.System != system {
		s = r.System + ":" + s
	}
	return s
}

func recordOf(r pole.Record, system string) Record {
	out := Record{Ref: short(r.Ref, system), Marking: Text(r.Marking.Classification), Version: Text(r.Version), URL: Text(r.URL)}
	if len(r.Marking.Handling) > 0 {
		out.Marking += Text(" [" + strings.Join(r.Marking.Handling, ", ") + "]")
	}
	if string(r.Kind) != r.Type {
		out.Kind = string(r.Kind)
	}
	if !r.Updated.IsZero() {
		out.Updated = Text(r.Updated.UTC().Format(time.RFC3339Nano))
	}
	for _, f := range r.Facts {
		p := out.Facts.get(string(f.Property))
		if p == nil {
			out.Facts = append(out.Facts, Property{Name: string(f.Property)})
			p = &out.Facts[len(out.Facts)-1]
		}
		v := Fact{Value: Text(f.Value.Norm), Source: Text(f.Value.Source), Problem: f.Value.Problem, Group: f.Group, From: Text(f.From), To: Text(f.To)}
		p.Values = append(p.Values, v)
	}
	for _, l := range r.Links {
		x := Link{Role: string(l.Role), Label: l.Label}
		if l.From == r.Ref {
			x.To = short(l.To, system)
		} else {
			x.From = short(l.From, system)
		}
		out.Links = append(out.Links, x)
	}
	return out
}

// lean leaves out of a fact what says nothing more: the source beside a canonical value.
func (f Fact) lean() Fact {
	if f.Value != "" && f.Problem == "" {
		f.Source = ""
	}
	return f
}

func (r Record) lean() Record {
	r.Facts = slices.Clone(r.Facts)
	for i, p := range r.Facts {
		vs := slices.Clone(p.Values)
		for j := range vs {
			vs[j] = vs[j].lean()
		}
		r.Facts[i].Values = vs
	}
	return r
}

// Lean is the result as it is written into a file.
func (e Expect) Lean() *Expect {
	e.Records = slices.Clone(e.Records)
	for i := range e.Records {
		e.Records[i] = e.Records[i].lean()
	}
	e.Changes = slices.Clone(e.Changes)
	for i, c := range e.Changes {
		if c.Record != nil {
			r := c.Record.lean()
			e.Changes[i].Record = &r
		}
	}
	return &e
}

// like reduces what came to what want asks about, so that the two can be compared line by line.
func (e Expect) like(want *Expect) *Expect {
	if e.Error == want.Error && strings.Contains(e.Say, want.Say) { // otherwise its words say why
		e.Say = want.Say
	}
	e.Fields = slices.Clone(e.Fields)
	for i := range e.Fields {
		if i < len(want.Fields) && strings.Contains(e.Fields[i].Say, want.Fields[i].Say) {
			e.Fields[i].Say = want.Fields[i].Say
		}
	}
	e.Gaps = slices.Clone(e.Gaps)
	for i := range e.Gaps {
		if i < len(want.Gaps) && strings.Contains(e.Gaps[i], want.Gaps[i]) {
			e.Gaps[i] = want.Gaps[i]
		}
	}
	e.Records = slices.Clone(e.Records)
	for i := range e.Records {
		if i < len(want.Records) {
			e.Records[i] = e.Records[i].like(&want.Records[i])
		} else {
			e.Records[i] = e.Records[i].lean()
		}
	}
	e.Changes = slices.Clone(e.Changes)
	for i, c := range e.Changes {
		if c.Record == nil {
			continue
		}
		r := c.Record.lean()
		if i < len(want.Changes) && want.Changes[i].Record != nil {
			r = c.Record.like(want.Changes[i].Record)
		}
		e.Changes[i].Record = &r
	}
	return &e
}

func (r Record) like(want *Record) Record {
	out := r
	out.Partly, out.Facts = want.Partly, nil
	for _, p := range r.Facts {
		w := want.Facts.get(p.Name)
		if w == nil && want.Partly {
			continue
		}
		vs := slices.Clone(p.Values)
		for i := range vs {
			if w == nil || i >= len(w.Values) || w.Values[i].Source == "" {
				vs[i] = vs[i].lean()
			}
		}
		out.Facts = append(out.Facts, Property{Name: p.Name, Values: vs})
	}
	if sameNames(want.Facts, out.Facts) { // the order of properties says nothing
		slices.SortStableFunc(out.Facts, func(a, b Property) int { return want.Facts.place(a.Name) - want.Facts.place(b.Name) })
	}
	if !want.Partly {
		return out
	}
	out.Links = nil
	for _, l := range r.Links {
		if slices.ContainsFunc(want.Links, func(w Link) bool { return w.Role == l.Role && w.To == l.To && w.From == l.From }) {
			out.Links = append(out.Links, l)
		}
	}
	for _, m := range []struct{ got, want *Text }{{&out.Marking, &want.Marking}, {&out.Updated, &want.Updated}, {&out.Version, &want.Version}, {&out.URL, &want.URL}} {
		if *m.want == "" {
			*m.got = ""
		}
	}
	return out
}

func (f Facts) place(name string) int {
	return slices.IndexFunc(f, func(p Property) bool { return p.Name == name })
}

func sameNames(a, b Facts) bool {
	for _, p := range b {
		if a.get(p.Name) == nil {
			return false
		}
	}
	return true
}

// failing reports a kind of failure that an answer may be in its stead.
func failing(kind string) bool {
	switch plugins.ErrorKind(kind) {
	case plugins.Unavailable, plugins.Unknown, plugins.Limited, plugins.Auth, plugins.Denied, plugins.Drift:
		return true
	}
	return false
}
