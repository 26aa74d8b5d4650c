package pole

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Recognise lists the ways to understand typed text as one value of a property that the dictionary lets be recognised
// (vehicle registration, telephone, postcode, PNC ID, date, reference, …), certain ones first, then in screen order.
// Text that is more than one value, or a name, gives nothing.
func (d *Dictionary) Recognise(text string) []Recognition {
	text = cleanText(text, false)
	if text == "" || len(text) > 80 {
		return nil
	}
	var out []Recognition
	for i := range d.properties {
		p := &d.properties[i]
		if !p.Recognise {
			continue
		}
		v, certain, ok := d.recognise(p, text)
		if ok {
			out = append(out, Recognition{Property: p.Name, Kinds: slices.Clone(p.Kinds), Value: v, Label: inSentence(p.Label), Certain: certain})
		}
	}
	// A reading that a check digit or the form proves leaves no room for looser ones.
	slices.SortStableFunc(out, func(a, b Recognition) int {
		switch {
		case a.Certain == b.Certain:
			return 0
		case a.Certain:
			return -1
		}
		return 1
	})
	return out
}

// inSentence writes a label within a sentence: small letters, but for abbreviations and proper names.
func inSentence(label string) string {
	if len(label) > 1 && strings.IndexFunc(label[1:], unicode.IsUpper) >= 0 {
		return label
	}
	return strings.ToLower(label)
}

var (
	phoneForm = regexp.MustCompile(`^(?:\+|00|0|\(0)[\d ()\-.]{7,}$`)
	fullDate  = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)
	ninoTyped = regexp.MustCompile(`^[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]$`)
)

// recognise is strict where Normalise is generous: a system's field says what it means, typed text does not.
func (d *Dictionary) recognise(p *PropertyDef, text string) (v Value, certain, ok bool) {
	v = d.Normalise(p.Name, text)
	if v.Norm == "" {
		return v, false, false
	}
	digits := strings.ContainsAny(text, "0123456789")
	switch p.Type {
	case TypeVRM:
		compact := strings.ReplaceAll(strings.ToUpper(text), " ", "")
		if compact != v.Norm || !digits || strings.Count(text, " ") > 2 {
			return v, false, false
		}
		for _, f := range vrmForms {
			if f.re.MatchString(v.Norm) {
				return v, f.certain, len(v.Norm) >= 2
			}
		}
		return v, false, false
	case TypePhone:
		return v, true, phoneForm.MatchString(text) && v.Problem == ""
	case TypePostcode, TypePNCID, TypeCRO, TypeEmail:
		return v, true, v.Problem == ""
	case TypeIMEI:
		n, _ := alnum(text)
		return v, true, len(n) == 15
	case TypeNINO:
		return v, true, ninoTyped.MatchString(text)
	case TypePartialDate:
		if fullDate.MatchString(v.Norm) {
			n, _ := alnum(text)
			return v, len(n) >= 6 && v.Problem == "" && text != n, true
		}
		y, _, _, _ := parts(v.Norm)
		return v, false, y >= 1850 && y <= d.now().Year()+1
	}
	re := d.patterns[p.Name]
	if re == nil || strings.Contains(text, " ") && len(strings.Fields(text)) > 2 {
		return v, false, false
	}
	if !re.MatchString(strings.ReplaceAll(strings.ToUpper(text), " ", "")) {
		return v, false, false
	}
	if date, _ := readDate(text, d.now().Year()); date != "" {
		return v, false, false
	}
	return v, false, true
}
