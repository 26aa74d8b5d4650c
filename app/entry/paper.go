package entry

import (
	"strings"

	"muster/plugins/pole"
)

// Printed is one field of a form on paper.
type Printed struct {
	Field
	Value   string   // as an officer reads it; "" on a blank form
	Needs   []string // systems that take it, by name; nil where all do
	Must    bool
	Lines   int      // of room for writing
	Choices []string // of a coded field with few codes
	When    string   // of a blank form: asked only then, in words
}

// PrintedSection is one section of a form on paper.
type PrintedSection struct {
	Label  string
	When   string
	Fields []Printed
}

const (
	paperInstances = 2 // of a section that repeats, on a blank form
	paperChoices   = 12
)

// Print lays a form out for paper: blank with draft nil, all that any of the targets takes; else what the draft holds and what is asked of it.
func Print(form Form, draft *Draft, targets []Target, dict *pole.Dictionary) (out []PrintedSection) {
	d := Draft{Values: map[string]string{}}
	now := form
	if draft != nil {
		d = *draft
		now = form.For(d, dict)
	}
	taking := 0
	for i := range targets {
		if targets[i].takes(&form) && d.on(&targets[i]) {
			taking++
		}
	}
	for _, s := range now.Sections {
		times := 1
		if p, _ := form.Part(s.Repeat); draft == nil && p.Many > 1 {
			times = paperInstances
		}
		for n := 1; n <= times; n++ {
			sec := PrintedSection{Label: s.Label}
			if times > 1 {
				sec.Label += " " + string(rune('0'+n))
			}
			if s.When != nil {
				sec.When = lower(s.When.words(&form, dict))
			}
			for _, f := range s.Fields {
				if p, asked := printed(f, &form, &d, targets, taking, dict); asked || d.Value(f.Path) != "" || len(targets) == 0 {
					if draft != nil {
						p.Choices = nil
					}
					sec.Fields = append(sec.Fields, p)
				}
			}
			if len(sec.Fields) > 0 {
				out = append(out, sec)
			}
		}
	}
	return out
}

func printed(f Field, form *Form, d *Draft, targets []Target, taking int, dict *pole.Dictionary) (p Printed, asked bool) {
	p = Printed{Field: f, Must: f.Required, Lines: 1, Value: d.Value(f.Path)}
	def, _ := dict.Property(f.Property)
	if def.Multiline {
		p.Lines = 6
	}
	for i := range targets {
		t := &targets[i]
		if a, ok := t.accepts(f.Path); ok && t.takes(form) && d.on(t) {
			asked = true
			p.Must = p.Must || a.Required
			p.Needs = append(p.Needs, t.Name)
		}
	}
	if len(p.Needs) == taking {
		p.Needs = nil
	}
	if def.CodeList != "" {
		if list := dict.CodeList(def.CodeList); len(list) <= paperChoices {
			for _, c := range list {
				p.Choices = append(p.Choices, c.Label)
			}
		}
	}
	if def.Type == pole.TypeBool {
		p.Choices = []string{"Yes", "No"}
	}
	if v := dict.Normalise(f.Property, p.Value); p.Value != "" && v.Norm != "" {
		p.Value = dict.Display(f.Property, v)
	}
	if f.When != nil {
		p.When = lower(f.When.words(form, dict))
		p.Help = strings.TrimSpace("Only where " + p.When + ". " + p.Help)
	}
	return p, asked
}
