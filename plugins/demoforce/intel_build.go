package demoforce

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

var intelWarnings = map[string]string{"FI": "FIREARMS", "WE": "WEAPONS", "VI": "VIOLENT", "ES": "ESCAPER", "EX": "EXPLOSIVES", "SU": "SUICIDAL", "SH": "SELF_HARM", "MN": "MENTAL_HEALTH", "AT": "AILMENT", "CO": "CONTAGIOUS", "DR": "DRUGS", "AG": "ALLEGES"}

// intelLoader writes the world down as sources told it.
type intelLoader struct {
	*intel
	w    *world
	d    dice
	who  map[*person]*intelSubject
	cars map[*vehicle]*intelVehicle
	ties map[[2]*intelSubject]int
}

func (x *intel) load(w *world) {
	l := intelLoader{x, w, newDice(w.seed, "intel"), map[*person]*intelSubject{}, map[*vehicle]*intelVehicle{}, map[[2]*intelSubject]int{}}
	n := 0
	for _, h := range w.events {
		if h.intel {
			n++
			l.report(n, h)
		}
	}
	for _, p := range w.people { // some are known without a report
		if p.busy > 0.45 && l.d.pc(40) {
			l.subject(p, w.now.AddDate(0, -l.d.IntN(30), 0))
		}
	}
	for i, s := range x.subjects {
		for _, o := range x.subjects[i+1:] {
			if k := l.ties[[2]*intelSubject{s, o}] + l.ties[[2]*intelSubject{o, s}]; k > 0 {
				role := "associate"
				if k > 1 {
					role = "seen with"
				}
				s.associates = append(s.associates, intelTie{role, k, o})
				o.associates = append(o.associates, intelTie{role, k, s})
			}
		}
	}
	slices.Reverse(x.reports)
}

// code makes ids that say nothing about order: a bijection of n in base 36.
func (l *intelLoader) code(kind string, n int) string {
	return kind + ":" + strconv.FormatInt(int64((n*15_485_863+7_919)%60_466_169), 36)
}

func (l *intelLoader) class() string {
	if l.d.pc(35) {
		return "OFFICIAL"
	}
	return "OFFICIAL-SENSITIVE"
}

func (l *intelLoader) modified(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func (l *intelLoader) subject(p *person, at time.Time) *intelSubject {
	if s := l.who[p]; s != nil && (p.story != "" || !l.d.pc(3)) {
		return s
	}
	v := see(l.d, p, 1.6)
	s := &intelSubject{id: l.code("per", 1+len(l.subjects)), last: v.sur, gender: map[byte]string{'M': "MALE", 'F': "FEMALE"}[p.sex], pnc: v.pnc, class: l.class(), modified: l.modified(at)}
	for _, n := range []string{v.given, v.middle} {
		if n != "" {
			s.first = append(s.first, n)
		}
	}
	s.nicks = p.nicks
	if s.gender == "" {
		s.gender = "UNKNOWN"
	}
	if !v.dob.zero() {
		r := l.d.Float64() * 100
		switch {
		case p.story != "" || r > 40:
			s.born = v.dob.iso()
		case r < 18:
			s.born = strconv.Itoa(v.dob.y)
		case r < 26:
			s.born = "circa " + strconv.Itoa(v.dob.y+l.d.IntN(3)-1)
		case r < 34:
			s.born = v.dob.iso()[:7]
		}
	}
	if l.d.pc(12) && p.story == "" {
		s.aliases = append(s.aliases, [2]string{misspell(l.d, p.sur), v.given})
	}
	if v.mobile != "" && p.story != "aaron" {
		s.phones = append(s.phones, "+44 "+v.mobile[1:5]+" "+v.mobile[5:])
	}
	grade := intelGrading{pick(l.d, words("1 2 2 3")), pick(l.d, words("A B C D")), "P", ""}
	if at := v.at; at != nil {
		s.addresses = append(s.addresses, intelAddress{at.line(), at.town, at.postcode, dayOf(l.sometime(800)).iso(), grade})
	}
	if p.story == "aaron" { // a source says that he stays elsewhere
		for _, pl := range l.w.places {
			if pl.story && pl.street == "Brook Court" && pl.building == "4" {
				s.addresses = []intelAddress{{pl.line(), pl.town, pl.postcode, dayOf(l.w.lastDate(time.October, 2, 12, 0)).iso(), intelGrading{"2", "C", "P", ""}}}
			}
		}
		s.pnc, s.class = "", "OFFICIAL-SENSITIVE"
	}
	for _, m := range p.warns {
		if p.story != "aaron" && l.d.pc(75) {
			s.warnings = append(s.warnings, [2]string{intelWarnings[m.code], pick(l.d, []string{"", "", "reported twice", "single source"})})
		}
	}
	s.words = tokens(s.last, strings.Join(s.first, " "), strings.Join(s.nicks, " "), s.born, squash(s.pnc))
	for _, a := range s.addresses {
		s.words = append(s.words, tokens(a.line, a.town, a.postcode, squash(a.postcode))...)
	}
	for _, a := range s.aliases {
		s.words = append(s.words, tokens(a[0])...)
	}
	for _, ph := range s.phones {
		s.words = append(s.words, digits(ph))
	}
	l.subjects = append(l.subjects, s)
	l.byID[s.id] = s
	l.who[p] = s
	l.w.truth.add("person", p.n, p.sur+" "+p.given, "intel", s.id)
	return s
}

func (l *intelLoader) sometime(days int) time.Time {
	return l.w.now.AddDate(0, 0, -1-l.d.IntN(days))
}

func (l *intelLoader) vehicle(v *vehicle, at time.Time) *intelVehicle {
	if x := l.cars[v]; x != nil {
		return x
	}
	x := &intelVehicle{id: l.code("veh", 1+len(l.vehicles)), plate: v.vrm, make: v.car.make, model: v.car.model, colour: strings.ToLower(v.colour), class: "OFFICIAL", modified: l.modified(at)}
	if l.d.pc(35) {
		x.model = ""
	}
	if l.d.pc(20) {
		x.colour = pick(l.d, []string{"", "dark", "light coloured"})
	}
	x.words = tokens(v.vrm, v.car.make, v.car.model, v.colour)
	l.cars[v] = x
	l.vehicles = append(l.vehicles, x)
	l.byID[x.id] = x
	l.w.truth.add("vehicle", v.n, v.vrm+" "+v.car.make, "intel", x.id)
	return x
}

func (l *intelLoader) report(n int, h *happening) {
	local := h.at.In(l.w.loc)
	r := &intelReport{id: l.code("rep", n), urn: fmt.Sprintf("NM-%d-%06d", local.Year(), n), title: h.headline, text: h.text, eventOn: dayOf(local).iso(), submitted: dayOf(local.AddDate(0, 0, 1)).iso(), class: "OFFICIAL-SENSITIVE",
		modified: l.modified(h.at.Add(26 * time.Hour)), grading: intelGrading{h.grading[0], h.grading[1], h.grading[2], ""}}
	if r.grading.handling == "C" {
		r.grading.conditions = pick(l.d, []string{"Not to be shown in interview", "Contact originator before any action", "Do not reveal the vehicle is known"})
	}
	if l.d.pc(15) && h.people[0].who.story == "" {
		r.eventOn = r.eventOn[:7]
	}
	if p := h.where; p != nil {
		r.place = &intelAddress{p.line(), p.town, p.postcode, r.eventOn, r.grading}
	}
	words := []string{r.urn, squash(r.urn), r.title, r.text}
	for _, p := range h.people {
		s := l.subject(p.who, h.at)
		s.reports = append(s.reports, r)
		for _, o := range r.subjects {
			l.ties[[2]*intelSubject{s, o}]++
		}
		r.subjects = append(r.subjects, s)
		words = append(words, s.last, strings.Join(s.first, " "), strings.Join(s.nicks, " "))
	}
	for _, v := range h.vehicles {
		x := l.vehicle(v, h.at)
		x.reports = append(x.reports, r)
		r.vehicles = append(r.vehicles, x)
		for _, s := range r.subjects {
			if !slices.Contains(s.vehicles, x) {
				s.vehicles = append(s.vehicles, x)
				x.subjects = append(x.subjects, s)
			}
		}
		words = append(words, x.plate)
	}
	r.words = tokens(words...)
	l.reports = append(l.reports, r)
	l.byID[r.id] = r
	l.w.truth.add("event", h.n, h.off.text, "intel", r.id)
}
