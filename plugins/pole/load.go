package pole

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// Dictionary is the data model as data: kinds, properties, roles, code lists, markings and warning signals.
// It does not change after Load and is safe for concurrent use.
type Dictionary struct {
	kinds      []KindDef
	kind       map[Kind]int
	templates  map[Kind]kindTemplates
	properties []PropertyDef
	property   map[Property]int
	byKind     map[Kind][]PropertyDef
	layouts    map[Kind]*Layout
	patterns   map[Property]*regexp.Regexp
	groups     []GroupDef
	group      map[Property]int // by part and by composite property
	show       []template       // of groups
	roles      []RoleDef
	role       map[Role]int
	lists      []CodeListDef
	list       map[string]codeList
	markings   []MarkingDef
	marking    map[string]int // by folded name and other spellings
	unmarked   int
	warnings   []WarningDef
	warning    map[string]int // by folded code, label and other spellings
	unknown    map[string]bool
	doubtful   map[string]bool
	now        func() time.Time
}

type codeList struct {
	def   int
	index map[string]int // by folded code, label and other spellings
	exact map[string]int // by code as written
}

type kindTemplates struct {
	title, detail, brief template
	live                 liveTemplates
}

// file is one data file while it is read; it finds the line of an item for messages.
type file struct {
	name string
	data []byte
}

// Load reads dictionary/kinds.yaml, properties.yaml, roles.yaml, codelists.yaml, markings.yaml and warnings.yaml of fsys.
// It is strict: an unknown field, a repeated name or a reference to something that is not defined is an error that
// names the file and the line.
func Load(fsys fs.FS) (*Dictionary, error) {
	d := &Dictionary{now: time.Now}
	for _, part := range []struct {
		name string
		read func(*file) error
	}{
		{"dictionary/codelists.yaml", d.loadLists},
		{"dictionary/kinds.yaml", d.loadKinds},
		{"dictionary/properties.yaml", d.loadProperties},
		{"dictionary/roles.yaml", d.loadRoles},
		{"dictionary/markings.yaml", d.loadMarkings},
		{"dictionary/warnings.yaml", d.loadWarnings},
	} {
		data, err := fs.ReadFile(fsys, part.name)
		if err != nil {
			return nil, fmt.Errorf("the dictionary cannot be read: %w", err)
		}
		if err := part.read(&file{part.name, data}); err != nil {
			return nil, err
		}
	}
	return d, d.compile(fsys)
}

// decode reads the whole file into v.
func (f *file) decode(v any) error {
	err := yaml.UnmarshalWithOptions(f.data, v, yaml.Strict())
	var at yaml.Error
	if errors.As(err, &at) {
		if tok := at.GetToken(); tok != nil && tok.Position != nil {
			return fmt.Errorf("%s:%d: %s", f.name, tok.Position.Line, at.GetMessage())
		}
		return fmt.Errorf("%s: %s", f.name, at.GetMessage())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// wrong makes an error about item i of the list at the top level key.
func (f *file) wrong(key string, i int, format string, args ...any) error {
	say := fmt.Sprintf(format, args...)
	path, err := yaml.PathString(fmt.Sprintf("$.%s[%d]", key, i))
	if err == nil {
		if tree, err := parser.ParseBytes(f.data, 0); err == nil {
			if node, err := path.FilterFile(tree); err == nil && node.GetToken() != nil {
				return fmt.Errorf("%s:%d: %s", f.name, node.GetToken().Position.Line, say)
			}
		}
	}
	return fmt.Errorf("%s: %s", f.name, say)
}

func (d *Dictionary) loadLists(f *file) error {
	var in struct {
		Lists []CodeListDef `yaml:"lists"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.lists, d.list = in.Lists, map[string]codeList{}
	for i, l := range in.Lists {
		if l.Name == "" {
			return f.wrong("lists", i, "a code list needs a name")
		}
		if _, twice := d.list[l.Name]; twice {
			return f.wrong("lists", i, "code list %q is defined twice", l.Name)
		}
		c := codeList{def: i, index: map[string]int{}, exact: map[string]int{}}
		for j, code := range l.Codes {
			if code.Code == "" || code.Label == "" {
				return f.wrong("lists", i, "code list %q: code %d needs a code and a label", l.Name, j+1)
			}
			if _, twice := c.exact[code.Code]; twice {
				return f.wrong("lists", i, "code list %q has the code %q twice", l.Name, code.Code)
			}
			c.exact[code.Code] = j
		}
		// Codes win over labels, labels over other spellings, whatever the order of the file.
		for j, code := range l.Codes {
			c.add(code.Code, j)
		}
		for j, code := range l.Codes {
			c.add(code.Label, j)
		}
		for j, code := range l.Codes {
			for _, also := range code.Also {
				if old, taken := c.index[foldCode(also)]; taken && old != j {
					return f.wrong("lists", i, "code list %q: %q stands for both %q and %q", l.Name, also, l.Codes[old].Code, code.Code)
				}
				c.add(also, j)
			}
		}
		d.list[l.Name] = c
	}
	return nil
}

func (c codeList) add(s string, i int) {
	if k := foldCode(s); k != "" {
		if _, taken := c.index[k]; !taken {
			c.index[k] = i
		}
	}
}

func (d *Dictionary) loadKinds(f *file) error {
	var in struct {
		Kinds []KindDef `yaml:"kinds"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.kinds, d.kind, d.templates = in.Kinds, map[Kind]int{}, map[Kind]kindTemplates{}
	for i, k := range in.Kinds {
		switch k.Class {
		case ClassPerson, ClassObject, ClassLocation, ClassEvent:
		default:
			return f.wrong("kinds", i, "kind %q: class %q is none of person, object, location, event", k.Name, k.Class)
		}
		if k.Name == "" || k.Label == "" || k.Plural == "" {
			return f.wrong("kinds", i, "kind %q needs a name, a label and a plural", k.Name)
		}
		if _, twice := d.kind[k.Name]; twice {
			return f.wrong("kinds", i, "kind %q is defined twice", k.Name)
		}
		for _, set := range k.Same {
			if len(set) == 0 || len(set) > MaxSame {
				return f.wrong("kinds", i, "kind %q: a set under 'same' has 1 to %d properties", k.Name, MaxSame)
			}
		}
		if k.Brief == "" {
			k.Brief = k.Detail
		}
		d.kind[k.Name] = i
		var t kindTemplates
		for _, x := range []struct {
			to   *template
			text string
		}{{&t.title, k.Title}, {&t.detail, k.Detail}, {&t.brief, k.Brief}} {
			var err error
			if *x.to, err = parseTemplate(x.text); err != nil {
				return f.wrong("kinds", i, "kind %q: %v", k.Name, err)
			}
		}
		if err := t.live.parse(k.Live); err != nil {
			return f.wrong("kinds", i, "kind %q: %v", k.Name, err)
		}
		d.templates[k.Name] = t
	}
	return nil
}

var types = map[Type]bool{
	TypeText: true, TypeName: true, TypePartialDate: true, TypeInstant: true, TypeCode: true, TypePhone: true,
	TypePostcode: true, TypeVRM: true, TypePNCID: true, TypeCRO: true, TypeNINO: true, TypeIMEI: true,
	TypeCoordinates: true, TypeNumber: true, TypeBool: true, TypeEmail: true, TypeReference: true, TypeWarning: true,
}

var compares = map[string]bool{
	"": true, "name": true, "date": true, "identifier": true, "address": true, "phone": true, "exact": true, "none": true,
}

func (d *Dictionary) loadProperties(f *file) error {
	var in struct {
		KindSets      map[string][]Kind `yaml:"kindSets"` // holds the anchors
		Unknown       []string          `yaml:"unknown"`
		DoubtfulDates []string          `yaml:"doubtfulDates"`
		Properties    []PropertyDef     `yaml:"properties"`
		Groups        []GroupDef        `yaml:"groups"`
	}
	if err := f.decode(&in); err != nil {
		return err
	}
	d.unknown, d.doubtful = map[string]bool{}, map[string]bool{}
	for _, u := range in.Unknown {
		d.unknown[foldSpace(u)] = true
	}
	for _, u := range in.DoubtfulDates {
		d.doubtful[u] = true
	}
	d.properties, d.property = in.Properties, map[Property]int{}
	d.byKind, d.patterns = map[Kind][]PropertyDef{}, map[Property]*regexp.Regexp{}
	for i := range d.properties {
		p := &d.properties[i]
		if err := d.addProperty(i, p); err != nil {
			return f.wrong("properties", i, "property %q %v", p.Name, err)
		}
	}
	for i, p := range d.properties {
		if _, ok := d.property[p.As]; p.As != "" && !ok {
			return f.wrong("properties", i, "property %q identifies as %q, which does not exist", p.Name, p.As)
		}
	}
	for i, p := range d.properties {
		for _, ref := range []Property{p.Ends, p.Latest} {
			if at, ok := d.property[ref]; ref != "" && (!ok || !dated(d.properties[at].Type)) {
				return f.wrong("properties", i, "property %q ends with %q, which is no date or does not exist", p.Name, ref)
			}
		}
		if !dated(p.Type) && (p.Event != "" || p.Ends != "" || p.Latest != "") {
			return f.wrong("properties", i, "property %q stands on a timeline and is no date", p.Name)
		}
	}
	d.sortProperties()
	return d.addGroups(f, in.Groups)
}

func dated(t Type) bool { return t == TypePartialDate || t == TypeInstant }

func (d *Dictionary) addProperty(i int, p *PropertyDef) error {
	if p.Name == "" || p.Label == "" {
		return errors.New("needs a name and a label")
	}
	if _, twice := d.property[p.Name]; twice {
		return errors.New("is defined twice")
	}
	if !types[p.Type] {
		return fmt.Errorf("has the type %q, which does not exist", p.Type)
	}
	if !compares[p.Compare] {
		return fmt.Errorf("is compared as %q, which does not exist", p.Compare)
	}
	switch p.Sensitive {
	case "", "personal", "special":
	default:
		return fmt.Errorf("is sensitive %q; it can be personal or special", p.Sensitive)
	}
	if len(p.Kinds) == 0 {
		return errors.New("belongs to no kind")
	}
	if _, ok := d.list[p.CodeList]; p.CodeList != "" && !ok {
		return fmt.Errorf("uses the code list %q, which does not exist", p.CodeList)
	}
	if p.Type == TypeCode && p.CodeList == "" {
		return errors.New("is a code and needs a code list")
	}
	for _, k := range append(append([]Kind(nil), p.Kinds...), p.IdentifiesKinds...) {
		if _, ok := d.kind[k]; !ok {
			return fmt.Errorf("belongs to the kind %q, which does not exist", k)
		}
	}
	if p.Order == 0 {
		p.Order = (i + 1) * 10
	}
	if p.Pattern != "" {
		re, err := regexp.Compile("^(?:" + p.Pattern + ")$")
		if err != nil {
			return fmt.Errorf("has a pattern that cannot be read: %w", err)
		}
		d.patterns[p.Name] = re
	}
	d.property[p.Name] = i
	return nil
}

func (d *Dictionary) addGroups(f *file, groups []GroupDef) error {
	d.groups, d.group = groups, map[Property]int{}
	for i, g := range groups {
		t, err := parseTemplate(g.Show)
		if err != nil {
			return f.wrong("groups", i, "group %q: %v", g.Name, err)
		}
		d.show = append(d.show, t)
		for _, p := range append(append([]Property{g.Property}, g.Parts...), append(t.properties(), g.Optional...)...) {
			if _, ok := d.property[p]; !ok {
				return f.wrong("groups", i, "group %q names the property %q, which does not exist", g.Name, p)
			}
		}
		for _, p := range append([]Property{g.Property}, g.Parts...) {
			if _, taken := d.group[p]; taken {
				return f.wrong("groups", i, "group %q: property %q is already in a group", g.Name, p)
			}
			d.group[p] = i
		}
	}
	return nil
}

// compile checks what can only be checked with every file read: that templates and rules of kinds name real properties.
func (d *Dictionary) compile(fsys fs.FS) error {
	for i, k := range d.kinds {
		t := d.templates[k.Name]
		names := append(append(append([]Property(nil), k.When...), k.Where...), t.title.properties()...)
		names = append(append(names, t.detail.properties()...), t.brief.properties()...)
		names = append(names, t.live.properties()...)
		for _, set := range k.Same {
			names = append(names, set...)
		}
		for _, p := range names {
			if _, ok := d.property[p]; !ok {
				data, err := fs.ReadFile(fsys, "dictionary/kinds.yaml")
				if err != nil {
					return err
				}
				return (&file{"dictionary/kinds.yaml", data}).wrong("kinds", i, "kind %q names the property %q, which does not exist", k.Name, p)
			}
		}
	}
	d.lay()
	return nil
}
