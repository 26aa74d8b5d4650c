package population

import (
	"fmt"
	"strings"
)

// system is how one system keeps its records: the share of people it knows, of second records of one person, of spelling
// errors, and of what is left out.
type system struct {
	name                    string
	knows, twice            float64
	slips, missing, station float64
	upper                   bool
	layout                  string // of dates
}

var systems = []system{
	{"records", 0.75, 0.12, 0.10, 0.20, 0.05, false, "%04[1]d-%02[2]d-%02[3]d"},
	{"pnc", 0.35, 0.01, 0.04, 0.10, 0, true, "%02[3]d/%02[2]d/%04[1]d"},
	{"custody", 0.40, 0.08, 0.08, 0.15, 0.03, true, "%02[3]d/%02[2]d/%04[1]d"},
	{"intel", 0.30, 0.15, 0.18, 0.50, 0.02, false, "%04[1]d-%02[2]d-%02[3]d"},
}

// records writes down what each system knows of one.
func (p *people) records(a *person) {
	for i := range systems {
		y := &systems[i]
		if !p.of(y.knows) {
			continue
		}
		p.record(a, y)
		for p.of(y.twice) {
			p.record(a, y)
		}
	}
}

func (p *people) record(a *person, y *system) {
	given, family := pick(p.chance, a.given), pick(p.chance, a.family)
	if a.maiden != "" && p.of(0.12) {
		family = a.maiden
	}
	if other := nick[given]; other != nil && p.of(0.12) {
		given = pick(p.chance, other)
	}
	given, family = p.slip(given, y.slips), p.slip(family, y.slips)
	middle := ""
	if a.middle != nil && !p.of(y.missing*1.5) {
		if middle = pick(p.chance, a.middle); p.of(0.3) {
			middle = string([]rune(middle)[:1])
		}
	}
	if p.of(0.01) {
		given, family = family, given
	}
	if p.of(y.missing * 0.02) {
		given = "UNKNOWN"
	}
	alias := ""
	if y.name != "pnc" && p.of(0.7) {
		alias = a.alias
	}
	at := a.homes[p.IntN(len(a.homes))]
	line := at.line
	if w := line[strings.LastIndexByte(line, ' ')+1:]; p.of(0.3) && short[w] != "" {
		line = strings.TrimSuffix(line, w) + short[w]
	}
	line = p.slip(line, y.slips/2)
	code := at.postcode
	if p.of(y.slips / 2) {
		code = p.slip(code, 1)
	}
	if p.of(0.3) {
		code = strings.ReplaceAll(code, " ", "")
	}
	v := []string{"", y.name, given, middle, family, alias, p.birth(a, y), a.sex, line, at.town, code, p.phone(a, y), a.email, a.nino, a.pnc}
	for _, k := range []int{7, 12} {
		if p.of(y.missing) {
			v[k] = ""
		}
	}
	if p.of(y.missing) { // no address at all
		v[8], v[9], v[10] = "", "", ""
		if p.of(0.3) {
			v[8] = "NO FIXED ABODE"
		}
	}
	switch y.name {
	case "pnc":
		v[12], v[13] = "", ""
	case "intel":
		v[13] = ""
		if p.of(0.6) {
			v[14] = ""
		}
	case "records":
		if p.of(0.6) {
			v[14] = ""
		}
	}
	if v[13] != "" && p.of(0.35) {
		v[13] = ""
	}
	for _, k := range []int{13, 14} {
		if v[k] != "" && p.of(0.01) {
			b := []byte(v[k])
			b[len(b)-2-p.IntN(4)] = byte('0' + p.IntN(10))
			v[k] = string(b)
		}
	}
	if y.upper {
		for _, k := range []int{2, 3, 4, 8, 9} {
			v[k] = strings.ToUpper(v[k])
		}
	}
	p.set.Records = append(p.set.Records, Record{a.id, v})
}

// birth is the date as a system has it.
func (p *people) birth(a *person, y *system) string {
	d := a.born
	switch x := p.Float64(); {
	case x < y.missing*0.3:
		return ""
	case x < y.missing*0.3+0.01:
		return fmt.Sprintf(y.layout, 1900, 1, 1)
	case x < y.missing*0.3+0.02:
		d.m, d.d = 1, 1
	case x < y.missing*0.3+0.03 && d.d <= 12:
		d.m, d.d = d.d, d.m
	case x < y.missing*0.3+0.05:
		switch p.IntN(3) {
		case 0:
			d.y += pick(p.chance, []int{-10, -1, 1, 10})
		case 1:
			d.m = 1 + p.IntN(12)
		default:
			d.d = 1 + p.IntN(28)
		}
	}
	return fmt.Sprintf(y.layout, d.y, d.m, d.d)
}

func (p *people) phone(a *person, y *system) string {
	if p.of(y.station) {
		return p.station
	}
	if p.of(y.missing * 1.5) {
		return ""
	}
	n := pick(p.chance, a.phones)
	switch p.IntN(4) {
	case 0:
		n = "+44" + n[1:]
	case 1:
		n = n[:5] + " " + n[5:]
	}
	if p.of(0.02) {
		b := []byte(n)
		b[len(b)-1-p.IntN(5)] = byte('0' + p.IntN(10))
		n = strings.TrimSpace(string(b))
	}
	return n
}

// slip writes a word with a typing or hearing error, by chance.
func (c chance) slip(s string, p float64) string {
	if !c.of(p) || len(s) < 4 {
		return s
	}
	r := []rune(s)
	i := 1 + c.IntN(len(r)-2)
	switch c.IntN(5) {
	case 0:
		return string(r[:i]) + string(r[i+1:])
	case 1:
		r[i], r[i+1] = r[i+1], r[i]
	case 2:
		return string(r[:i+1]) + string(r[i:])
	case 3:
		for _, x := range [][2]string{{"ph", "f"}, {"ck", "k"}, {"ee", "ea"}, {"ie", "y"}, {"th", "t"}, {"ll", "l"}, {"ea", "ee"}, {"s", "z"}, {"y", "ie"}, {"c", "k"}} {
			if strings.Contains(s[1:], x[0]) {
				return s[:1] + strings.Replace(s[1:], x[0], x[1], 1)
			}
		}
	default:
		r[i] = rune("abcdefghijklmnopqrstuvwxyz"[c.IntN(26)])
	}
	return string(r)
}
