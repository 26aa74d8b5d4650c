// Package population makes up a force's records of people and vehicles, with the truth: households known to several systems,
// with the errors those systems make, and pairs that look like one and are two. One seed gives the same records always.
package population

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Record is one row: its columns as Columns names them, and the entity that it is of.
type Record struct {
	Entity int
	Values []string
}

// Relation is two entities that look alike.
type Relation struct {
	A, B int
	Why  string // twins, father and son, couple, siblings, one address, one phone, cloned plate
}

// Set is what was made up.
type Set struct {
	Kind      string
	Columns   []string // the first is the id, the second the system
	Map       string   // as musterctl match wants it
	Records   []Record
	Relations []Relation
	Entities  int
}

// WriteCSV writes the rows without the truth.
func (s *Set) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(s.Columns); err != nil {
		return err
	}
	for _, r := range s.Records {
		if err := c.Write(r.Values); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// finish shuffles the rows and numbers them.
func (s *Set) finish(r *rand.Rand) *Set {
	r.Shuffle(len(s.Records), func(i, j int) { s.Records[i], s.Records[j] = s.Records[j], s.Records[i] })
	for i := range s.Records {
		s.Records[i].Values[0] = strconv.Itoa(i)
	}
	return s
}

type chance struct{ *rand.Rand }

func (c chance) of(p float64) bool { return c.Float64() < p }

// zipf takes from a list, the first ones more often.
func (c chance) zipf(list []string) string {
	x := c.Float64()
	return list[int(x*x*float64(len(list)))]
}

func pick[T any](c chance, list []T) T { return list[c.IntN(len(list))] }

// person is one whose records are made up.
type person struct {
	id                    int
	given, middle, family []string // each the spellings of one name
	maiden                string
	born                  date
	sex                   string
	homes                 []home
	phones                []string
	email, nino, pnc      string
	alias                 string
}

type date struct{ y, m, d int }

type home struct{ line, town, postcode string }

var personColumns = []string{"id", "system", "forename", "middle", "surname", "alias", "dob", "sex", "address", "town", "postcode", "phone", "email", "nino", "pnc"}

const personMap = "forename=givenName,middle=middleName,surname=surname,alias=alias,dob=dateOfBirth,sex=sex,address=address,town=postTown," +
	"postcode=postcode,phone=telephone,email=email,nino=nationalInsuranceNumber,pnc=pncId"

// People makes at least n records of people.
func People(n int, seed uint64) *Set {
	c := chance{rand.New(rand.NewPCG(seed, 0x706f70))}
	s := &Set{Kind: "person", Columns: personColumns, Map: personMap}
	pop := &people{chance: c, set: s, station: "01" + digits(c, 9)}
	for len(s.Records) < n {
		pop.household()
	}
	s.Entities = pop.next
	return s.finish(c.Rand)
}

type people struct {
	chance
	set     *Set
	next    int
	station string // the phone that a desk writes when it has none
}

func (p *people) relate(a, b *person, why string) {
	p.set.Relations = append(p.set.Relations, Relation{a.id, b.id, why})
}

// household makes a family or a shared house, and its records.
func (p *people) household() {
	h := p.home()
	landline := "01" + digits(p.chance, 9)
	var all []*person
	if p.of(0.15) { // a shared house: nothing in common but the address, and sometimes its phone
		for range 2 + p.IntN(5) {
			all = append(all, p.person(nil, 1955+p.IntN(50), "", h))
		}
		shared := p.of(0.5)
		for i, a := range all {
			if shared {
				a.phones = append(a.phones, landline)
			}
			for _, b := range all[:i] {
				why := "one address"
				if shared {
					why = "one phone"
				}
				p.relate(a, b, why)
			}
		}
	} else {
		year := 1940 + p.IntN(55)
		father := p.person(nil, year, "M", h)
		mother := p.person(nil, year-4+p.IntN(9), "F", h)
		mother.maiden = mother.family[0]
		if p.of(0.8) {
			mother.family = father.family
		}
		p.relate(father, mother, "couple")
		all = append(all, father, mother)
		var children []*person
		for k := range []int{0, 0, 1, 1, 2, 2, 3}[p.IntN(7)] {
			kid := p.person(father, year+20+p.IntN(18), "", h)
			switch {
			case k == 0 && p.of(0.06) && kid.sex == "M":
				kid.given = father.given
				p.relate(father, kid, "father and son")
			case k > 0 && p.of(0.06):
				kid.born = children[0].born
				if p.of(0.5) {
					kid.sex = children[0].sex
					kid.given = p.first(kid.sex, father)
				}
				for kid.given[0] == children[0].given[0] {
					kid.given = p.first(kid.sex, father)
				}
				p.relate(children[0], kid, "twins")
			}
			for _, other := range children {
				if kid.given[0] == other.given[0] {
					kid.given = p.first(kid.sex, father)
				}
				if kid.born != other.born {
					p.relate(other, kid, "siblings")
				}
			}
			children = append(children, kid)
		}
		all = append(all, children...)
		if p.of(0.5) {
			for _, a := range all {
				if p.of(0.7) {
					a.phones = append(a.phones, landline)
				}
			}
		}
	}
	for _, a := range all {
		if p.of(0.25) {
			a.homes = append(a.homes, p.home())
		}
		p.records(a)
	}
}

func (p *people) first(sex string, like *person) []string {
	if like != nil {
		for _, t := range abroad {
			for _, f := range t.families {
				if f[0] == like.family[0] && like.family[0] != "Lee" {
					if sex == "M" {
						return pick(p.chance, t.boys)
					}
					return pick(p.chance, t.girls)
				}
			}
		}
	}
	if sex == "M" {
		return []string{p.zipf(boys)}
	}
	return []string{p.zipf(girls)}
}

// person makes one up; of is a parent.
func (p *people) person(of *person, year int, sex string, h home) *person {
	a := &person{id: p.next, sex: sex, homes: []home{h}}
	p.next++
	if a.sex == "" {
		a.sex = pick(p.chance, []string{"M", "F"})
	}
	switch {
	case of != nil:
		a.family = of.family
		a.given = p.first(a.sex, of)
	case p.of(0.15):
		t := pick(p.chance, abroad)
		a.family, a.given = pick(p.chance, t.families), pick(p.chance, t.girls)
		if a.sex == "M" {
			a.given = pick(p.chance, t.boys)
		}
	default:
		a.family = []string{p.zipf(surnames)}
		if p.of(0.55) {
			a.family = []string{pick(p.chance, heads) + pick(p.chance, tails)}
		}
		a.given = p.first(a.sex, nil)
	}
	if p.of(0.6) {
		a.middle = p.first(a.sex, of)
	}
	a.born = date{year, 1 + p.IntN(12), 1 + p.IntN(28)}
	a.phones = append(a.phones, "07"+digits(p.chance, 9))
	if p.of(0.4) {
		a.email = strings.ToLower(a.given[0]+"."+strings.ReplaceAll(a.family[0], "'", "")) + strconv.Itoa(p.IntN(1000)) + pick(p.chance, []string{"@gmail.com", "@hotmail.co.uk", "@outlook.com"})
	}
	if p.of(0.5) {
		const l = "ABCEGHJKLMNPRSTWXYZ"
		a.nino = string([]byte{l[p.IntN(len(l))], "ABCEHJKLMPRSTWXYZ"[p.IntN(17)]}) + digits(p.chance, 6) + string("ABCD"[p.IntN(4)])
	}
	if p.of(0.35) {
		a.pnc = pncID(min(year+14+p.IntN(30), 2026), p.IntN(9_999_999))
	}
	if p.of(0.1) {
		a.alias = pick(p.chance, []string{"Smiler", "Big " + a.given[0], a.family[0] + "y", "Ginger", "Tiny", "Razor", "Sparky", "Doc", "Ace", a.given[0] + " " + p.zipf(surnames)})
	}
	return a
}

// pncID is YYYY/NNNNNNNX with its check letter.
func pncID(year, serial int) string {
	s := fmt.Sprintf("%02d%07d", year%100, serial)
	n, _ := strconv.Atoi(s)
	return fmt.Sprintf("%d/%07d%c", year, serial, "ZABCDEFGHJKLMNPQRTUVWXY"[n%23])
}

func (p *people) home() home {
	t := strings.Fields(strings.TrimSpace(pick(p.chance, towns)))
	code := t[len(t)-1]
	town := strings.Join(t[:len(t)-1], " ")
	line := strconv.Itoa(1+p.IntN(180)) + " " + pick(p.chance, streets) + " " + pick(p.chance, ways)
	if p.of(0.15) {
		line = "Flat " + strconv.Itoa(1+p.IntN(30)) + ", " + line
	}
	const l = "ABDEFGHJLNPQRSTUWXYZ"
	return home{line, town, fmt.Sprintf("%s%d %d%c%c", code, 1+p.IntN(20), p.IntN(10), l[p.IntN(len(l))], l[p.IntN(len(l))])}
}

func digits(c chance, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + c.IntN(10))
	}
	return string(b)
}
