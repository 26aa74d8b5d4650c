package pole

import (
	"math"
	"net/mail"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Problems that values of several types share. They are shown to officers.
const (
	ProblemUnknown  = "The source says that it does not know."
	problemProperty = "The dictionary does not know this property."
	problemCode     = "This code is not in the code list."
	problemWarning  = "This warning signal is not in the list of signals."
)

// Normalise reads what a source said of a property. Source stays as it is; Norm is its canonical form, "" where it
// cannot be read as the property's type, and Problem then says why. Nothing is ever dropped: an unknown code and an
// unknown warning signal keep their Source. Norm itself normalises to the same Norm. A Norm with a Problem is doubtful:
// show it, but do not build on it. An empty source gives an empty Value.
func (d *Dictionary) Normalise(property Property, source string) Value {
	i, ok := d.property[property]
	if !ok {
		v := Value{Source: source, Norm: cleanText(source, true)}
		if v.Norm != "" {
			v.Problem = problemProperty
		}
		return v
	}
	p := &d.properties[i]
	v := d.normalise(p.Type, p.CodeList, source, p.Multiline)
	if p.MaxLength > 0 && v.Problem == "" && len([]rune(v.Norm)) > p.MaxLength {
		v.Problem = "This is longer than " + strconv.Itoa(p.MaxLength) + " characters."
	}
	return v
}

// NormaliseAs reads a value of a type that no property of the dictionary stands for. codeList is for TypeCode, and for
// TypeText where a list tidies what it knows.
func (d *Dictionary) NormaliseAs(t Type, codeList, source string) Value {
	return d.normalise(t, codeList, source, false)
}

func (d *Dictionary) normalise(t Type, list, source string, lines bool) Value {
	v := Value{Source: source}
	clean := cleanText(source, lines)
	if clean == "" {
		return v
	}
	switch t {
	case TypeCode:
		return d.readCode(list, v, clean)
	case TypeWarning:
		return d.readWarning(v, clean)
	}
	if d.unknown[foldSpace(clean)] && !lines {
		v.Problem = ProblemUnknown
		return v
	}
	switch t {
	case TypeText:
		v.Norm = clean
		if c, ok := d.code(list, clean); ok {
			v.Norm, v.Label = c.Code, c.Label
		}
	case TypeName:
		v.Norm = cleanName(source)
	case TypePartialDate:
		v.Norm, v.Problem = readDate(clean, d.now().Year())
		if v.Norm != "" && v.Problem == "" && d.doubtful[v.Norm] {
			v.Problem = "Systems write this date when they do not know one."
		}
	case TypeInstant:
		v.Norm, v.Problem = readInstant(clean, d.now().Year())
		if len(v.Norm) >= 10 && v.Problem == "" && d.doubtful[v.Norm[:10]] {
			v.Problem = "Systems write this date when they do not know one."
		}
	case TypePhone:
		v.Norm, v.Problem = readPhone(clean)
	case TypePostcode:
		v.Norm, v.Problem = readPostcode(clean)
	case TypeVRM:
		v.Norm, v.Problem = readVRM(clean)
	case TypePNCID:
		v.Norm, v.Problem = readPNCID(clean, d.now().Year())
	case TypeCRO:
		v.Norm, v.Problem = readCRO(clean)
	case TypeNINO:
		v.Norm, v.Problem = readNINO(clean)
	case TypeIMEI:
		v.Norm, v.Problem = readIMEI(clean)
	case TypeCoordinates:
		v.Norm, v.Problem = readCoordinates(clean)
	case TypeNumber:
		v.Norm, v.Problem = readNumber(clean)
	case TypeBool:
		v.Norm, v.Label, v.Problem = readBool(clean)
	case TypeEmail:
		v.Norm, v.Problem = readEmail(clean)
	case TypeReference:
		v.Norm = strings.ReplaceAll(cleanName(source), " ", "")
	default:
		v.Norm = clean
	}
	return v
}

// code finds a code by code, label or other spelling. The code as written wins over any folding.
func (d *Dictionary) code(list, s string) (CodeDef, bool) {
	l, ok := d.list[list]
	if !ok {
		return CodeDef{}, false
	}
	i, ok := l.exact[s]
	if !ok {
		i, ok = l.index[foldCode(s)]
	}
	if !ok {
		return CodeDef{}, false
	}
	return d.lists[l.def].Codes[i], true
}

func (d *Dictionary) readCode(list string, v Value, clean string) Value {
	if c, ok := d.code(list, clean); ok {
		v.Norm, v.Label = c.Code, c.Label
		return v
	}
	// Many systems send "code - words" in one field.
	if head, ok := cutCode(clean); ok {
		if c, ok := d.code(list, head); ok {
			v.Norm, v.Label = c.Code, c.Label
			return v
		}
	}
	if l, ok := d.list[list]; ok && d.lists[l.def].Open {
		v.Norm = clean
		return v
	}
	if d.unknown[foldSpace(clean)] {
		v.Problem = ProblemUnknown
		return v
	}
	v.Problem = problemCode
	return v
}

// cutCode takes the code from "VI: assaulted officer" or "W1 - White British".
func cutCode(s string) (code string, ok bool) {
	i := strings.IndexAny(s, ":;,(|–—")
	for _, sep := range []string{" - ", " = ", " / "} {
		if j := strings.Index(s, sep); j > 0 && (i < 0 || j < i) {
			i = j
		}
	}
	if i <= 0 {
		return "", false
	}
	return strings.TrimSpace(s[:i]), true
}

// readWarning never loses a signal: what is not in the list keeps its Source and is shown as a danger.
func (d *Dictionary) readWarning(v Value, clean string) Value {
	find := func(s string) bool {
		i, ok := d.warning[foldCode(s)]
		if ok {
			v.Norm, v.Label = d.warnings[i].Code, d.warnings[i].Label
		}
		return ok
	}
	if find(clean) {
		return v
	}
	if head, ok := cutCode(clean); ok && find(head) {
		return v
	}
	// "MISSING since 24/11 07:40", "SH Self-harm": a long code, or a short one that its own label follows.
	words := strings.Fields(clean)
	for n := min(len(words)-1, 4); n > 0; n-- {
		head := strings.Join(words[:n], " ")
		i, ok := d.warning[foldCode(head)]
		if !ok {
			continue
		}
		rest, same := d.warning[foldCode(strings.Join(words[n:], " "))]
		if len(foldCode(head)) > 3 || (same && rest == i) {
			v.Norm, v.Label = d.warnings[i].Code, d.warnings[i].Label
			return v
		}
	}
	v.Problem = problemWarning
	return v
}

func readNumber(s string) (string, string) {
	t := strings.NewReplacer(",", "", " ", "", "£", "").Replace(s)
	f, err := strconv.ParseFloat(t, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(t, "xXpP_") {
		return "", "This is not a number."
	}
	// Digits are kept as they are where possible: a float would round long numbers.
	if strings.Trim(t, "0123456789") == "" {
		if t = strings.TrimLeft(t, "0"); t == "" {
			t = "0"
		}
		return t, ""
	}
	out := strconv.FormatFloat(f, 'f', -1, 64)
	if out == "-0" {
		out = "0"
	}
	return out, ""
}

func readBool(s string) (norm, label, problem string) {
	switch foldCode(s) {
	case "true", "yes", "y", "1", "t":
		return "true", "Yes", ""
	case "false", "no", "n", "0", "f":
		return "false", "No", ""
	}
	return "", "", "This is neither yes nor no."
}

func readEmail(s string) (string, string) {
	s = strings.TrimPrefix(s, "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || strings.ContainsAny(s, " <>()[],;:\"\\") {
		return "", "This is not an email address."
	}
	host := strings.ToLower(strings.TrimSuffix(s[at+1:], "."))
	if ascii, err := idna.Lookup.ToASCII(host); err != nil || !strings.Contains(ascii, ".") {
		return "", "This is not an email address."
	}
	out := s[:at] + "@" + host
	if a, err := mail.ParseAddress(out); err != nil || a.Address != out {
		return "", "This is not an email address."
	}
	return out, ""
}
