package demoforce

import (
	"sort"
	"strconv"
	"time"
)

// world is the truth behind the systems: what really is and happened. Only the builders of each system read it,
// each through its own misunderstandings.
type world struct {
	seed     int64
	now      time.Time // UTC
	loc      *time.Location
	scale    float64
	people   []*person
	vehicles []*vehicle
	places   []*place
	events   []*happening
	truth    *truth
	mobiles  int
	lines    int
	pncs     map[string]bool
	vrms     map[string]bool
}

type place struct {
	n                     int
	sub, building, street string
	town, postcode, out   string
	beat, uprn            string
	lat, lng              float64
	east, north           int
	hazard                string // canonical warning code
	people                []*person
	streetID              int
	name                  string // of a public place
	story                 bool
}

type stay struct {
	at       *place
	from, to day
}

type kin struct {
	role string // what who is to the person: MOTHER, SON, …
	who  *person
}

type warn struct {
	code  string // canonical warning signal
	since day
}

type person struct {
	n                       int
	given, middle, sur      string
	sex                     byte // M, F or U
	dob                     day
	eth, born, job, school  string
	mobile, landline, email string
	homes                   []stay // where now stands first
	nfa                     bool
	pnc, cro, nino          string
	nicks                   []string
	warns                   []warn
	missing                 time.Time // UTC; zero when not missing
	height                  int
	build                   string
	kin                     []kin
	cars                    []*vehicle
	busy                    float64 // how often police meet this person
	wrongPNC                bool
	story                   string // name within the fixed story
	events                  []*happening
}

func (p *person) home() *place {
	if len(p.homes) == 0 || p.nfa {
		return nil
	}
	return p.homes[0].at
}

type vehicle struct {
	n                   int
	vrm, vin            string // VRM without space
	car                 carModel
	colour              string
	year, month         int
	keeper              *person
	stolen, taxed, sorn bool
	motDue              time.Time
	clone               *vehicle // another vehicle that carries the same plate
	flagged             string
	events              []*happening
}

type part struct {
	role string // CALLER VICTIM SUSPECT WITNESS MISSING SEARCHED OFFENDER SUBJECT
	who  *person
}

// happening is one thing that happened; the systems named in it hold a record of it.
type happening struct {
	n                                     int
	off                                   offence
	at, end                               time.Time // UTC
	where                                 *place
	people                                []part
	vehicles                              []*vehicle
	officer                               string
	text                                  string
	cad, crime, occ, stop, custody, intel bool
	status                                string // open or closed
	outcome                               string
	headline                              string
	fixed                                 map[string]string // ids that the story fixes, by system
	stopFound                             bool
	priority                              string
	grading                               [3]string
}

func newWorld(seed int64, scale float64, now time.Time, loc *time.Location) *world {
	w := &world{seed: seed, now: now.UTC().Truncate(time.Second), loc: loc, scale: scale, truth: newTruth(), pncs: map[string]bool{}, vrms: map[string]bool{}}
	w.makePlaces()
	w.makePeople()
	w.makeVehicles()
	w.makeStory()
	w.makeEvents()
	sort.SliceStable(w.events, func(i, j int) bool { return w.events[i].at.Before(w.events[j].at) })
	for i, h := range w.events {
		h.n = i + 1
		for _, p := range h.people {
			p.who.events = append(p.who.events, h)
		}
		for _, v := range h.vehicles {
			v.events = append(v.events, h)
		}
	}
	return w
}

func (w *world) n(of int) int { return max(1, int(float64(of)*w.scale)) }

// makePlaces lays invented streets over the districts: homes first, then public places.
func (w *world) makePlaces() {
	d := newDice(w.seed, "places")
	type street struct {
		name, postcode string
		dist           district
		lat, lng       float64
		id             int
	}
	var streets []street
	used := map[string]bool{"Alder Rise": true, "Brook Court": true}
	for len(streets) < max(6, w.n(130)) {
		name := pick(d, streetFirst) + " " + pick(d, streetLast)
		dist := districts[len(streets)%len(districts)]
		if used[name] && len(used) < len(streetFirst)*len(streetLast)/2 {
			continue
		}
		used[name] = true
		const in = "ABDEFGHJLNPQRSTUWXYZ"
		streets = append(streets, street{name, dist.out + " " + strconv.Itoa(1+len(streets)%9) + string(in[d.IntN(len(in))]) + string(in[d.IntN(len(in))]), dist,
			dist.lat + (d.Float64()-0.5)*0.022, dist.lng + (d.Float64()-0.5)*0.036, 883400 + len(streets)})
	}
	for i := range w.n(1960) {
		s := streets[i%len(streets)]
		p := &place{street: s.name, town: s.dist.town, postcode: s.postcode, out: s.dist.out, beat: s.dist.beat, streetID: s.id}
		p.building = strconv.Itoa(1 + 2*(i/len(streets)) + i%2)
		if d.pc(14) {
			p.sub = "Flat " + strconv.Itoa(1+d.IntN(12))
		}
		p.lat, p.lng = s.lat+float64(i/len(streets))*0.00012, s.lng+(d.Float64()-0.5)*0.0002
		if d.pc(1.5) {
			p.hazard = pick(d, words("WE VI DR"))
		}
		w.addPlace(p)
	}
	for i, b := range buildings {
		s := streets[(i*7)%len(streets)]
		w.addPlace(&place{name: b, building: b, street: s.name, town: s.dist.town, postcode: s.postcode, out: s.dist.out, beat: s.dist.beat, lat: s.lat, lng: s.lng, streetID: s.id})
	}
}

func (w *world) addPlace(p *place) *place {
	p.n = len(w.places) + 1
	p.uprn = "72118" + pad(3000000+p.n*37, 7)
	p.east, p.north = gridOf(p.lat, p.lng)
	if p.streetID == 0 {
		p.streetID = 889000 + p.n
	}
	w.places = append(w.places, p)
	return p
}

// line is the first line of the address as written.
func (p *place) line() string {
	s := p.building + " " + p.street
	if p.name != "" {
		s = p.name + ", " + p.street
	}
	if p.sub != "" {
		s = p.sub + ", " + s
	}
	return s
}

func (w *world) makeVehicles() {
	d := newDice(w.seed, "vehicles")
	for range w.n(3000) {
		v := &vehicle{car: lean(d, carModels), colour: pick(d, colours), year: 2004 + d.IntN(max(1, w.now.Year()-2005)), month: 1 + d.IntN(12)}
		v.vrm = w.newVRM(d, v)
		if d.pc(60) {
			v.vin = newVIN(d)
		}
		v.taxed, v.sorn = !d.pc(8), d.pc(3)
		v.motDue = w.now.AddDate(0, 0, d.IntN(380)-25)
		v.stolen = d.pc(1)
		if d.pc(92) {
			v.keeper = pick(d, w.people)
			if v.keeper.dob.age(w.now) < 17 {
				v.keeper = nil
			}
		}
		w.addVehicle(v)
	}
	// A few plates are on two vehicles at once.
	for i := range w.n(10) {
		a := w.vehicles[(i*131+17)%len(w.vehicles)]
		b := &vehicle{vrm: a.vrm, car: a.car, colour: pick(d, words("Black Red Green")), year: a.year, month: a.month, vin: newVIN(d), flagged: "CLONE"}
		if d.pc(50) {
			b.car = pick(d, carModels)
		}
		a.clone, b.clone = b, a
		w.addVehicle(b)
	}
}

func (w *world) addVehicle(v *vehicle) *vehicle {
	v.n = len(w.vehicles) + 1
	w.vehicles = append(w.vehicles, v)
	if v.keeper != nil {
		v.keeper.cars = append(v.keeper.cars, v)
	}
	return v
}

// newVRM gives a current-form mark with a memory tag in J, T or U, letters that ordinary issue leaves out.
func (w *world) newVRM(d dice, v *vehicle) string {
	const tag, let = "JTU", "ABCDEFGHJKLMNOPRSTUVWXY"
	age := v.year % 100
	if v.month < 3 {
		age = (v.year - 1) % 100
	}
	if v.month >= 9 || v.month < 3 {
		age = (age + 50) % 100
	}
	for {
		s := string(tag[d.IntN(3)]) + string(let[d.IntN(23)]) + pad(age, 2) + string(let[d.IntN(23)]) + string(let[d.IntN(23)]) + string(let[d.IntN(23)])
		if !w.vrms[s] {
			w.vrms[s] = true
			return s
		}
	}
}

func newVIN(d dice) string {
	const c = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
	b := []byte("ZZZ00000000000000")
	for i := 3; i < 17; i++ {
		b[i] = c[d.IntN(len(c))]
	}
	return string(b)
}

func spacedVRM(v string) string {
	if len(v) == 7 {
		return v[:4] + " " + v[4:]
	}
	return v
}
