// Package linkage decides by probability which records are of one entity: a Fellegi–Sunter model whose parameters come from
// the records themselves, candidate generation, average-linkage clustering, and the evidence for every link in bits.
package linkage

import (
	"slices"

	"muster/plugins/pole"
)

// sort is how the values of a field are read and compared. It comes from the dictionary's types and comparison kinds.
type sort uint8

const (
	ofName sort = iota
	ofDate
	ofPostcode
	ofLine // an address, or what of it is not the postcode
	ofCode // identifiers
	ofPlate
	ofPhone
	ofEmail
	ofText
	ofCategory
)

// field is one thing that two records are compared by: a property, or a composite of several.
type field struct {
	property pole.Property // what evidence is said about
	label    string
	sort     sort
	parts    []part
	group    int // fields of one group say in part the same: the parts of an address; 0 is none
	feature  int // number of its first feature
	def      pole.PropertyDef
}

// part is a property that a field is made of, and which slot of the composite it fills.
type part struct {
	property pole.Property
	slot     int
}

// Slots of a name.
const (
	slotGiven = iota
	slotMiddle
	slotSurname
	slotFull
	slotOther // another whole name of the same party
)

// feature is one number of levels that weights are learnt for.
type feature struct {
	name   string // in evidence
	field  int
	levels []level
}

// level is one degree of likeness, with what is assumed about it before there are data.
type level struct {
	say string
	m   float64 // share of pairs of one entity that look so
}

// Schema is what records of a kind are compared by.
type Schema struct {
	Kind     pole.Kind
	dict     *pole.Dictionary
	fields   []field
	features []feature
	of       map[pole.Property][]target
}

// target is where a property's values go.
type target struct {
	field, slot int
	part        uint8 // which part of the field
}

// NewSchema takes from the dictionary what records of a kind are compared by. only, if not empty, leaves out fields that
// none of these properties fills.
func NewSchema(d *pole.Dictionary, kind pole.Kind, only ...pole.Property) *Schema {
	s := &Schema{Kind: kind, dict: d, of: map[pole.Property][]target{}}
	grouped := map[pole.Property]bool{}
	has := func(ps []part) bool {
		return len(only) == 0 || slices.ContainsFunc(ps, func(p part) bool { return slices.Contains(only, p.property) })
	}
	add := func(f field) {
		if !has(f.parts) {
			return
		}
		n := len(s.fields)
		f.feature = len(s.features)
		if f.feature+len(featuresOf(f)) > maxFeatures {
			return // a dictionary with more compares by the first
		}
		for _, x := range featuresOf(f) {
			x.field = n
			s.features = append(s.features, x)
		}
		for i, p := range f.parts {
			s.of[p.property] = append(s.of[p.property], target{n, p.slot, uint8(i)})
		}
		s.fields = append(s.fields, f)
	}
	group := 0
	for _, g := range d.Groups(kind) {
		def, ok := d.Property(g.Property)
		if !ok || def.Compare == "" || def.Compare == "none" {
			continue
		}
		switch def.Type {
		case pole.TypeName:
			f := field{property: g.Property, label: def.Label, sort: ofName, def: def}
			for i, p := range g.Parts {
				slot := slotMiddle
				switch i {
				case 0:
					slot = slotGiven
				case len(g.Parts) - 1:
					slot = slotSurname
				}
				f.parts = append(f.parts, part{p, slot})
				grouped[p] = true
			}
			f.parts = append(f.parts, part{g.Property, slotFull})
			for _, p := range d.Properties(kind) {
				if p.As == g.Property {
					f.parts = append(f.parts, part{p.Name, slotOther})
					grouped[p.Name] = true
				}
			}
			grouped[g.Property] = true
			add(f)
		default:
			group++
			line := field{property: g.Property, label: def.Label, sort: ofLine, group: group, def: def}
			for i, p := range g.Parts {
				pd, _ := d.Property(p)
				grouped[p] = true
				if pd.Compare == "none" || pd.Compare == "" {
					continue
				}
				switch pd.Type {
				case pole.TypePostcode:
					add(field{property: p, label: pd.Label, sort: ofPostcode, group: group, def: pd, parts: []part{{p, 0}, {g.Property, slotFull}}})
				case pole.TypeReference:
					grouped[p] = false
				default:
					line.parts = append(line.parts, part{p, i + 10})
				}
			}
			line.parts = append(line.parts, part{g.Property, slotFull})
			grouped[g.Property] = true
			add(line)
		}
	}
	for _, p := range d.Properties(kind) {
		if grouped[p.Name] || p.Compare == "" || p.Compare == "none" {
			continue
		}
		f := field{property: p.Name, label: p.Label, sort: sortOf(p), def: p, parts: []part{{p.Name, slotFull}}}
		for _, q := range d.Properties(kind) {
			if q.As == p.Name { // another system's reference
				f.parts = append(f.parts, part{q.Name, slotOther})
			}
		}
		add(f)
	}
	return s
}

func sortOf(p pole.PropertyDef) sort {
	switch p.Type {
	case pole.TypeName:
		return ofText
	case pole.TypePartialDate, pole.TypeInstant:
		return ofDate
	case pole.TypePostcode:
		return ofPostcode
	case pole.TypeVRM:
		return ofPlate
	case pole.TypePhone:
		return ofPhone
	case pole.TypeEmail:
		return ofEmail
	case pole.TypeCode, pole.TypeBool:
		return ofCategory
	}
	switch p.Compare {
	case "identifier":
		return ofCode
	case "address":
		return ofLine
	}
	return ofText
}

// Levels. 0 is always: nothing to compare.
const none = 0

// Levels of the words of a name.
const (
	wordSame = 1 + iota
	wordForm // short form, other spelling
	wordInitial
	wordNear
	wordFar
	wordOther // found elsewhere in the name
	wordDiffers
)

// Levels of further names.
const (
	moreSame = 1 + iota
	moreInitial
	moreDiffers
)

// Levels of the order of names.
const (
	orderKept = 1 + iota
	orderSwapped
)

// Levels of dates.
const (
	dateSame = 1 + iota
	dateLess
	dateSwapped
	dateSlip
	dateTwoParts
	dateYear
	dateNear
	dateDiffers
)

// Levels of postcodes.
const (
	unitSame = 1 + iota
	unitSlip
	sectorSame
	outcodeSame
	areaSame
	postcodeDiffers
)

// Levels of address lines.
const (
	lineSame = 1 + iota
	lineNear
	lineLess
	linePart
	lineNumber // the street is the same, the number or flat is another
	lineDiffers
)

// Levels of identifiers, plates, telephones.
const (
	codeSame = 1 + iota
	codeWeak // the same, but it fails its own check
	codeSlip
	codeDiffers
)

// Levels of email addresses.
const (
	mailSame = 1 + iota
	mailSlip
	mailLocal
	mailNear
	mailDiffers
)

// Levels of texts.
const (
	textSame = 1 + iota
	textNear
	textPart
	textDiffers
)

// Levels of codes of a list.
const (
	categorySame = 1 + iota
	categoryDiffers
)

func featuresOf(f field) []feature {
	l := func(say string, m float64) level { return level{say, m} }
	word := func(m ...float64) []level {
		says := []string{"", "equal", "short form or other spelling", "initial only", "spelling differs a little", "spelling differs", "given as another of the names", "different"}
		out := []level{{}}
		for i, s := range says[1:] {
			out = append(out, l(s, m[i]))
		}
		return out
	}
	switch f.sort {
	case ofName:
		return []feature{
			{name: "given", levels: word(0.80, 0.04, 0.02, 0.07, 0.02, 0.02, 0.03)},
			{name: "surname", levels: word(0.84, 0.005, 0.005, 0.09, 0.02, 0.01, 0.03)},
			{name: "more", levels: []level{{}, l("further names equal", 0.80), l("further initial equal", 0.10), l("further names differ", 0.10)}},
			{name: "order", levels: []level{{}, l("", 0.97), l("given name and surname swapped", 0.03)}},
		}
	case ofDate:
		return []feature{{levels: []level{{}, l("equal", 0.82), l("less exact", 0.02), l("day and month swapped", 0.02), l("one digit differs", 0.07),
			l("two parts equal", 0.02), l("same year only", 0.015), l("year nearly the same", 0.005), l("different", 0.03)}}}
	case ofPostcode:
		return []feature{{levels: []level{{}, l("equal", 0.75), l("one character differs", 0.06), l("same sector", 0.04), l("same district", 0.04), l("same area", 0.03), l("different", 0.08)}}}
	case ofLine:
		return []feature{{levels: []level{{}, l("equal", 0.60), l("spelling", 0.12), l("less complete", 0.08), l("partly equal", 0.06), l("same street, another number", 0.02), l("different", 0.12)}}}
	case ofCode, ofPlate:
		return []feature{{levels: []level{{}, l("equal", 0.90), l("equal, but it fails its own check", 0.02), l("one character differs", 0.05), l("different", 0.03)}}}
	case ofPhone:
		return []feature{{levels: []level{{}, l("equal", 0.70), l("equal, but not a whole number", 0.02), l("one digit differs", 0.05), l("different", 0.23)}}}
	case ofEmail:
		return []feature{{levels: []level{{}, l("equal", 0.75), l("one character differs", 0.08), l("same name at another provider", 0.04), l("nearly equal", 0.03), l("different", 0.10)}}}
	case ofText:
		return []feature{{levels: []level{{}, l("equal", 0.70), l("spelling", 0.08), l("partly equal", 0.06), l("different", 0.16)}}}
	}
	return []feature{{levels: []level{{}, l("equal", 0.95), l("different", 0.05)}}}
}

// maxFeatures is how many features a kind has at most.
const maxFeatures = 32
