package demoforce

import (
	"strconv"
	"strings"
)

// makePeople fills homes with families: shared surnames, phones and addresses, twins, and sons who carry their father's name.
func (w *world) makePeople() {
	d := newDice(w.seed, "people")
	homes := w.places[:len(w.places)-len(buildings)]
	want := w.n(4988)
	for i := 0; len(w.people) < want; i++ {
		w.makeHousehold(d, homes[(i*7919)%len(homes)], want, i)
	}
}

func (w *world) makeHousehold(d dice, at *place, want, i int) {
	g := pickGroup(d)
	sur := lean(d, g.surnames)
	size := 1 + d.IntN(5)
	var landline string
	if d.pc(55) {
		landline = w.nextLine()
	}
	var father, mother *person
	for k := range size {
		if len(w.people) >= want {
			return
		}
		p := &person{sur: sur}
		year := w.now.Year()
		switch k {
		case 0:
			p.sex, p.dob = 'M', randomDay(d, year-62+d.IntN(36))
			father = p
		case 1:
			p.sex, p.dob = 'F', randomDay(d, father.dob.y-4+d.IntN(9))
			mother = p
			if d.pc(25) {
				p.sur = lean(d, g.surnames)
			}
		default:
			p.sex = pick(d, []byte{'M', 'F'})
			p.dob = randomDay(d, min(year-10, father.dob.y+18+d.IntN(14)))
		}
		if k == 0 && d.pc(35) { // as many households are headed by a woman alone
			p.sex = 'F'
			father, mother = p, p
		}
		w.dress(d, p, g)
		p.homes = []stay{{at: at, from: randomDay(d, max(p.dob.y, year-1-d.IntN(14)))}}
		if d.pc(34) {
			old := w.places[d.IntN(len(w.places)-len(buildings))]
			from := randomDay(d, p.homes[0].from.y-1-d.IntN(5))
			p.homes = append(p.homes, stay{at: old, from: from, to: p.homes[0].from})
		}
		if d.pc(2.5) {
			p.nfa = true
		}
		if landline != "" && d.pc(70) {
			p.landline = landline
		}
		w.addPerson(p)
		if k >= 2 {
			relate(p, father, mother)
		}
	}
	if size >= 2 && father != mother && d.pc(60) {
		father.kin = append(father.kin, kin{"PARTNER", mother})
		mother.kin = append(mother.kin, kin{"PARTNER", father})
	}
	if size < 3 {
		return
	}
	last := w.people[len(w.people)-1]
	switch i % 90 {
	case 20: // twins
		t := w.people[len(w.people)-1]
		tw := &person{sur: t.sur, sex: t.sex, dob: t.dob}
		w.dress(d, tw, g)
		tw.given = twinName(d, g, t)
		tw.eth, tw.born, tw.school = t.eth, t.born, t.school
		tw.homes = t.homes
		w.addPerson(tw)
		relate(tw, father, mother)
		t.kin = append(t.kin, kin{"SIBLING", tw})
		tw.kin = append(tw.kin, kin{"SIBLING", t})
	case 50: // a son with his father's whole name
		if father.sex == 'M' && last.sex == 'M' {
			last.given, last.middle, last.sur = father.given, father.middle, father.sur
		}
	case 70: // two in one home share a mobile
		if last.mobile == "" {
			last.mobile = father.mobile
		}
	}
}

func relate(child, father, mother *person) {
	word := "SON"
	if child.sex == 'F' {
		word = "DAUGHTER"
	}
	for _, parent := range []*person{father, mother} {
		if parent == nil || parent == mother && father == mother && len(child.kin) > 0 {
			continue
		}
		role := "FATHER"
		if parent.sex == 'F' {
			role = "MOTHER"
		}
		child.kin = append(child.kin, kin{role, parent})
		parent.kin = append(parent.kin, kin{word, child})
	}
}

func twinName(d dice, g nameGroup, t *person) string {
	from := g.male
	if t.sex == 'F' {
		from = g.female
	}
	for range 60 {
		if n := pick(d, from); n != t.given && n[0] == t.given[0] {
			return n
		}
	}
	for _, n := range from {
		if n != t.given {
			return n
		}
	}
	return t.given
}

func pickGroup(d dice) nameGroup {
	n := d.IntN(100)
	for _, g := range nameGroups {
		if n < g.share {
			return g
		}
		n -= g.share
	}
	return nameGroups[0]
}

func randomDay(d dice, year int) day { return day{year, 1 + d.IntN(12), 1 + d.IntN(28)} }

// dress gives p everything but a home and a family.
func (w *world) dress(d dice, p *person, g nameGroup) {
	names := g.male
	if p.sex == 'F' {
		names = g.female
	}
	p.given = lean(d, names)
	if g.middle && d.pc(65) || d.pc(10) {
		if p.middle = pick(d, names); p.middle == p.given {
			p.middle = ""
		}
	}
	p.eth, p.born = pick(d, g.eth), pick(d, g.born)
	age := p.dob.age(w.now)
	switch {
	case age < 18:
		p.school = pick(d, schools)
	default:
		p.job = pick(d, jobs)
	}
	if age >= 11 && d.pc(24) {
		p.mobile = w.nextMobile()
	}
	if age >= 16 && d.pc(15) {
		p.email = strings.ToLower(plain(p.given)+"."+plain(p.sur)) + strconv.Itoa(10+d.IntN(89)) + "@mail.example"
	}
	if age >= 16 && d.pc(40) {
		p.nino = newNINO(d)
	}
	p.busy = d.Float64() * d.Float64() * d.Float64()
	if age >= 15 && age <= 32 && p.sex == 'M' {
		p.busy *= 2
	}
	if p.busy > 0.32 && age >= 10 {
		for p.pnc == "" || w.pncs[p.pnc] {
			p.pnc = pncID(max(1996, min(w.now.Year()-1, p.dob.y+13+d.IntN(12))), 1000+d.IntN(590000))
		}
		w.pncs[p.pnc] = true
		p.wrongPNC = d.pc(2)
		if d.pc(60) {
			p.cro = croNumber(1000+d.IntN(200000), max(1996, p.dob.y+15+d.IntN(8)))
		}
		for n := d.IntN(3); n > 0; n-- {
			p.addWarn(pick(d, words("WE VI VI SH SU MN DR DR AL ES FI AT CO AG EX")), randomDay(d, w.now.Year()-1-d.IntN(6)))
		}
	} else if d.pc(2) {
		p.addWarn(pick(d, words("SH SU MN AT")), randomDay(d, w.now.Year()-1-d.IntN(4)))
	}
	if ns := nicknames[p.given]; len(ns) > 0 && d.pc(40) {
		p.nicks = []string{pick(d, ns)}
	}
	p.height, p.build = 150+d.IntN(45), pick(d, builds)
}

// addWarn adds a signal; AL is the everyday word for AG here and there, kept as one.
func (p *person) addWarn(code string, since day) {
	if code == "AL" {
		code = "AG"
	}
	for _, w := range p.warns {
		if w.code == code {
			return
		}
	}
	p.warns = append(p.warns, warn{code, since})
}

func (w *world) addPerson(p *person) *person {
	p.n = len(w.people) + 1
	w.people = append(w.people, p)
	for _, s := range p.homes[:min(1, len(p.homes))] {
		s.at.people = append(s.at.people, p)
	}
	return p
}

// nextMobile hands out Ofcom's drama range 07700 900000–900999, then starts again: some numbers are shared. 412 is the story's.
func (w *world) nextMobile() string {
	n := (w.mobiles * 7) % 1000
	w.mobiles++
	if n == 412 || n == 318 || n == 777 {
		n = (w.mobiles * 7) % 1000
		w.mobiles++
	}
	return "07700900" + pad(n, 3)
}

// nextLine hands out drama landlines: Leeds, Sheffield and the range without an area.
func (w *world) nextLine() string {
	n := w.lines
	w.lines++
	return []string{"0113496", "0114496", "0163296"}[(n/1000)%3] + pad((n*3)%1000, 4)
}

func newNINO(d dice) string {
	const first, second = "ABCEGHJKLMNPRSTWXYZ", "ABCEGHJKLMNPRSTWXYZ"
	for {
		a, b := first[d.IntN(len(first))], second[d.IntN(len(second))]
		switch string([]byte{a, b}) {
		case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
			continue
		}
		return string([]byte{a, b}) + pad(d.IntN(1000000), 6) + string("ABCD"[d.IntN(4)])
	}
}
