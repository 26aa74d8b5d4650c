package pole

import "slices"

// LiveDef is how a kind stands in a live queue: templates as of Title, and when a record leaves the queue.
type LiveDef struct {
	Reference string   `yaml:"reference"`
	Priority  string   `yaml:"priority"`
	Headline  string   `yaml:"headline"`
	Place     string   `yaml:"place"`
	Status    string   `yaml:"status"`
	Closed    []string `yaml:"closed"` // what Status comes to, as a code, for a record that is no longer live
	By        Property `yaml:"by"`     // what to search by for the records that are live already
	Open      []string `yaml:"open"`   // and the values to search for, one search each
}

// LiveLine is a record as a live queue shows it.
type LiveLine struct {
	Reference, Priority, Headline, Place, Status string
	Closed                                       bool
}

type liveTemplates struct {
	reference, priority, headline, place, status, code template
	by                                                 Property
}

func (t *liveTemplates) parse(l *LiveDef) (err error) {
	if l == nil {
		return nil
	}
	for _, x := range []struct {
		to   *template
		text string
	}{{&t.reference, l.Reference}, {&t.priority, l.Priority}, {&t.headline, l.Headline}, {&t.place, l.Place}, {&t.status, l.Status}} {
		if *x.to, err = parseTemplate(x.text); err != nil {
			return err
		}
	}
	t.code, t.by = t.status.coded(), l.By
	return nil
}

// coded is the template with every property written as its code.
func (t template) coded() template {
	out := make(template, len(t))
	for i, alt := range t {
		out[i] = slices.Clone(alt)
		for j := range out[i] {
			if out[i][j].property != "" {
				out[i][j].filters = []string{"code"}
			}
		}
	}
	return out
}

func (t liveTemplates) properties() []Property {
	var out []Property
	if t.by != "" {
		out = append(out, t.by)
	}
	for _, x := range []template{t.reference, t.priority, t.headline, t.place, t.status} {
		out = append(out, x.properties()...)
	}
	return out
}

// Live gives a record as a live queue shows it; ok is false for a kind that no queue shows.
func (d *Dictionary) Live(r Record) (l LiveLine, ok bool) {
	i, found := d.kind[r.Kind]
	if !found || d.kinds[i].Live == nil {
		return l, false
	}
	t, get := d.templates[r.Kind].live, d.getter(&r)
	l = LiveLine{Reference: t.reference.execute(get), Priority: t.priority.execute(get), Headline: t.headline.execute(get),
		Place: t.place.execute(get), Status: t.status.execute(get)}
	l.Closed = slices.Contains(d.kinds[i].Live.Closed, t.code.execute(get))
	return l, true
}
