package population

import (
	"math/rand/v2"
	"strings"
)

type vehicle struct {
	id                            int
	vrm, vin, make, other, colour string
	model                         string
}

// Vehicles makes at least n records of vehicles, among them plates that another vehicle carries as well.
func Vehicles(n int, seed uint64) *Set {
	c := chance{rand.New(rand.NewPCG(seed, 0x766568))}
	s := &Set{Kind: "vehicle", Columns: []string{"id", "system", "vrm", "vin", "make", "model", "colour"}, Map: "vrm=vrm,vin=vin,make=make,model=model,colour=colour"}
	for len(s.Records) < n {
		v := c.vehicle(s)
		c.seen(s, v)
		if c.of(0.03) {
			w := c.vehicle(s)
			for w.make == v.make {
				s.Entities--
				w = c.vehicle(s)
			}
			for w.colour == v.colour {
				w.colour = pick(c, colours)
			}
			w.vrm = v.vrm
			c.seen(s, w)
			s.Relations = append(s.Relations, Relation{v.id, w.id, "cloned plate"})
		}
	}
	return s.finish(c.Rand)
}

func (c chance) vehicle(s *Set) *vehicle {
	m := pick(c, vehicles)
	const l = "ABCDEFGHJKLMNOPRSTUVWXYZ"
	letter := func() string { return string(l[c.IntN(len(l))]) }
	const ages = "02030405060708091011121314151617181920212223245152535455565758596061626364656667686970717273"
	k := 2 * c.IntN(len(ages)/2)
	v := &vehicle{id: s.Entities, make: m.make, other: m.other, model: pick(c, m.models), colour: pick(c, colours)}
	v.vrm = letter() + letter() + ages[k:k+2] + letter() + letter() + letter()
	for range 17 {
		v.vin += string("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"[c.IntN(33)])
	}
	s.Entities++
	return v
}

// seen writes down what each system has of a vehicle: a record system, the licensing register, a camera, intelligence.
func (c chance) seen(s *Set, v *vehicle) {
	for _, y := range []struct {
		name                 string
		knows, twice         float64
		vin, maker, misreads float64
	}{{"records", 0.6, 0.1, 0.3, 0.9, 0.02}, {"dvla", 0.8, 0, 1, 1, 0}, {"anpr", 0.5, 0.3, 0, 0.5, 0.05}, {"intel", 0.25, 0.1, 0.05, 0.7, 0.04}} {
		if !c.of(y.knows) {
			continue
		}
		for again := true; again; again = c.of(y.twice) {
			r := []string{"", y.name, v.vrm, "", "", "", ""}
			if c.of(y.misreads) {
				r[2] = misread(r[2])
			}
			if c.of(0.3) {
				r[2] = r[2][:4] + " " + r[2][4:]
			}
			if c.of(y.vin) {
				if r[3] = v.vin; c.of(0.02) {
					r[3] = c.slip(r[3], 1)
					r[3] = strings.ToUpper(r[3])
				}
			}
			if c.of(y.maker) {
				if r[4] = v.make; v.other != "" && c.of(0.3) {
					r[4] = v.other
				}
				if c.of(0.8) {
					r[5] = v.model
				}
				if r[6] = v.colour; v.colour == "GREY" && c.of(0.3) {
					r[6] = "SILVER"
				}
			}
			s.Records = append(s.Records, Record{v.id, r})
		}
	}
}

func misread(s string) string {
	for _, x := range [][2]string{{"O", "0"}, {"0", "O"}, {"1", "I"}, {"B", "8"}, {"8", "B"}, {"5", "S"}, {"S", "5"}} {
		if strings.Contains(s, x[0]) {
			return strings.Replace(s, x[0], x[1], 1)
		}
	}
	return s
}
