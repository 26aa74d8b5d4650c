package pole

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Display is a value as officers read it: dates as 03/11/2011, November 2011 or 2011, times in London, postcodes,
// registrations and telephone numbers spaced, codes in words. A value that could not be read is shown as its source said it.
func (d *Dictionary) Display(property Property, v Value) string {
	i, ok := d.property[property]
	if !ok || v.Norm == "" {
		if v.Label != "" {
			return v.Label
		}
		return cleanText(v.Source, true)
	}
	p := &d.properties[i]
	switch p.Type {
	case TypeCode, TypeText:
		if v.Label != "" {
			return v.Label
		}
		if c, ok := d.code(p.CodeList, v.Norm); ok && c.Code == v.Norm {
			return c.Label
		}
		return v.Norm
	case TypeWarning:
		if w, ok := d.Warning(v.Norm); ok {
			return w.Label
		}
		return v.Display()
	case TypeName:
		return displayName(v)
	case TypePartialDate, TypeInstant:
		return DisplayWhen(v.Norm)
	case TypePhone:
		return displayPhone(v.Norm)
	case TypeVRM:
		return spacedVRM(v.Norm)
	case TypeNINO:
		return spacedNINO(v.Norm)
	case TypeCoordinates:
		return strings.Replace(v.Norm, ",", ", ", 1)
	case TypeBool:
		if v.Norm == "true" {
			return "Yes"
		}
		return "No"
	}
	return v.Norm
}

// displayName keeps the capitals of a source that has both cases, and gives them to one that has not.
func displayName(v Value) string {
	s := cleanText(v.Source, false)
	if s == "" || oneCase(s) || cleanName(s) != v.Norm {
		return nameCase(v.Norm)
	}
	return s
}

func spacedNINO(n string) string {
	if len(n) < 8 {
		return n
	}
	return strings.TrimSpace(n[:2] + " " + n[2:4] + " " + n[4:6] + " " + n[6:8] + " " + n[8:])
}

// Title names a record by its kind's template: "MILLER, Aaron James", "YK19 FZB Vauxhall Corsa, blue". Where nothing in
// the record names it, the kind's label and the record's id do.
func (d *Dictionary) Title(r Record) string {
	if s := d.templates[r.Kind].title.execute(d.getter(&r)); s != "" {
		return s
	}
	label := string(r.Kind)
	if k, ok := d.Kind(r.Kind); ok {
		label = k.Label
	}
	return strings.TrimSpace(label + " " + r.ID)
}

// Detail is the line under the title.
func (d *Dictionary) Detail(r Record) string { return d.templates[r.Kind].detail.execute(d.getter(&r)) }

// Brief is the line under the title where the time is shown already.
func (d *Dictionary) Brief(r Record) string { return d.templates[r.Kind].brief.execute(d.getter(&r)) }

// Composite writes the composite value of a group from facts that belong together: an address on one line, a full name.
// "" if none of its parts has a value.
func (d *Dictionary) Composite(g GroupDef, facts []Fact) string {
	i, ok := d.group[g.Property]
	if !ok {
		return ""
	}
	r := Record{Facts: facts}
	return d.show[i].execute(func(p Property, filters []string) string { return d.filtered(&r, facts, p, filters) })
}

// Current is the facts of the composite of g that stands for the record: of several addresses the first that has not ended.
func (d *Dictionary) Current(g GroupDef, r Record) []Fact { return d.current(g, &r) }

// Whole is the composite value of facts that belong together, as a value of the group's property: what the source gave as
// one line or what the parts come to, whichever says more. The zero Value if there is none.
func (d *Dictionary) Whole(g GroupDef, facts []Fact) Value {
	var line Value
	for _, f := range facts {
		if f.Property == g.Property && f.Value.Norm != "" {
			line = f.Value
			break
		}
	}
	s := d.Composite(g, facts)
	if s == "" || len(Tokens(line.Norm)) > len(Tokens(s)) {
		return line
	}
	return d.Normalise(g.Property, s)
}

// getter finds values for a template. Of several composites of one group (three addresses) all placeholders use the
// same one: the first that has not ended.
func (d *Dictionary) getter(r *Record) func(Property, []string) string {
	return func(p Property, filters []string) string {
		gi, grouped := d.group[p]
		if !grouped {
			return d.filtered(r, r.Facts, p, filters)
		}
		g := d.groups[gi]
		facts := d.current(g, r)
		if s := d.filtered(r, facts, p, filters); s != "" || p != g.Property {
			return s
		}
		return applyText(d.show[gi].execute(func(p Property, f []string) string { return d.filtered(r, facts, p, f) }), filters)
	}
}

// current is the facts of the composite of g that a record's title speaks of.
func (d *Dictionary) current(g GroupDef, r *Record) []Fact {
	var all []Fact
	several := false
	for _, f := range r.Facts {
		if gi, ok := d.group[f.Property]; ok && d.groups[gi].Name == g.Name {
			several = several || len(all) > 0 && f.Group != all[0].Group
			all = append(all, f)
		}
	}
	if !several {
		return all
	}
	var order []string
	by := map[string][]Fact{}
	ended := map[string]bool{}
	for _, f := range all {
		if _, seen := by[f.Group]; !seen {
			order = append(order, f.Group)
		}
		by[f.Group] = append(by[f.Group], f)
		ended[f.Group] = ended[f.Group] || f.To != ""
	}
	for _, name := range order {
		if !ended[name] {
			return by[name]
		}
	}
	return by[order[0]]
}

func (d *Dictionary) filtered(r *Record, facts []Fact, p Property, filters []string) string {
	for _, f := range facts {
		if f.Property != p {
			continue
		}
		for _, filter := range filters {
			switch filter {
			case "age":
				return ageAt(f.Value.Norm, r.Read)
			case "year":
				if len(f.Value.Norm) >= 4 {
					return f.Value.Norm[:4]
				}
			case "code":
				return f.Value.Norm
			}
		}
		if s := d.Display(p, f.Value); s != "" {
			return applyText(s, filters)
		}
	}
	return ""
}

func ageAt(born string, at time.Time) string {
	years, about, ok := AgeAt(born, at)
	switch {
	case !ok:
		return ""
	case about:
		return fmt.Sprintf("about %d", years)
	}
	return fmt.Sprint(years)
}

func applyText(s string, filters []string) string {
	for _, f := range filters {
		switch f {
		case "upper":
			s = strings.ToUpper(s)
		case "lower":
			s = lowerWords(s)
		case "title":
			if oneCase(s) && strings.IndexFunc(s, unicode.IsDigit) < 0 && (len(s) > 3 || s == strings.ToLower(s)) {
				s = nameCase(s)
			}
		case "first":
			s, _, _ = strings.Cut(s, "\n")
			if r := []rune(s); len(r) > 80 {
				s = strings.TrimSpace(string(r[:79])) + "…"
			}
		}
	}
	return s
}

// lowerWords puts words into small letters but leaves abbreviations as they are.
func lowerWords(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if w != strings.ToUpper(w) || len(words) == 1 {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

// When says when an event happened: the first value of its kind's "when" properties that could be read, a partial date
// or an RFC 3339 instant. Span gives its time for sorting.
func (d *Dictionary) When(r Record) (string, bool) {
	k, ok := d.kind[r.Kind]
	if !ok {
		return "", false
	}
	for _, p := range d.kinds[k].When {
		for _, f := range r.Facts {
			if f.Property == p && f.Value.Norm != "" {
				if _, _, ok := Span(f.Value.Norm); ok {
					return f.Value.Norm, true
				}
			}
		}
	}
	return "", false
}
