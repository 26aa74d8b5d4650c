package demoforce

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// rmsLoader writes the world down as records management came to know it.
type rmsLoader struct {
	*rms
	w        *world
	d        dice
	person   map[*person]*rmsPerson // the first nominal of each
	vehicle  map[*vehicle]*rmsVehicle
	location map[*place]*rmsLocation
}

func (r *rms) load(w *world) {
	l := rmsLoader{r, w, newDice(w.seed, "rms"), map[*person]*rmsPerson{}, map[*vehicle]*rmsVehicle{}, map[*place]*rmsLocation{}}
	l.locations()
	l.persons()
	l.vehicles()
	l.family()
	l.events()
}

func (l *rmsLoader) stamp(t time.Time) string { return t.In(l.w.loc).Format("02/01/2006 15:04:05") }

func (l *rmsLoader) tail(marking string, changed time.Time) rmsTail {
	return rmsTail{Marking: marking, Updated: l.stamp(changed), Version: 1 + l.d.IntN(9), Links: []rmsLink{}}
}

func (l *rmsLoader) sometime(days int) time.Time {
	return l.w.now.Add(-time.Duration(1+l.d.IntN(days*1440)) * time.Minute)
}

func (l *rmsLoader) locations() {
	for i, p := range l.w.places {
		if !p.story && l.d.pc(8) {
			continue
		}
		x := &rmsLocation{ID: fmt.Sprintf("LOC%07d", 100001+i*3), UPRN: nz(p.uprn), SubBuilding: nz(p.sub), Building: or(p.name, p.building), Street: p.street, Town: p.town, Postcode: p.postcode,
			Easting: p.east, Northing: p.north, Flags: []rmsFlag{}, rmsTail: l.tail("OFFICIAL", l.sometime(900))}
		if l.d.pc(12) {
			x.UPRN = nil
		}
		if p.hazard != "" {
			f := rmsFlags[p.hazard]
			x.Flags = append(x.Flags, rmsFlag{f[0], f[1], nz(dayOf(l.sometime(700)).slashed())})
		}
		x.words = tokens(p.line(), p.street, p.town, p.postcode, squash(p.postcode), p.uprn)
		l.location[p] = x
		l.locs = append(l.locs, x)
		l.byID[x.ID] = x
		l.w.truth.add("place", p.n, p.line()+" "+p.postcode, "rms", x.ID)
	}
}

func (l *rmsLoader) persons() {
	next := 100006
	fixed := map[string]string{"aaron": storyAaron, "andrea": storyAndrea, "yusuf": storyYusuf, "doyle": storyDoyle}
	for _, i := range l.d.Perm(len(l.w.people)) {
		p := l.w.people[i]
		id, story := fixed[p.story]
		if !story {
			if l.d.pc(15) {
				continue
			}
			id = fmt.Sprintf("NOM%07d", next)
			next++
		}
		x := l.nominal(id, see(l.d, p, 0.7))
		l.person[p] = x
		if p.story == "aaron" { // the stop form's version of him
			v := see(l.d, p, 0)
			v.sur, v.given, v.middle, v.dob, v.pnc, v.mobile, v.at, v.old = "Millar", "Aron", "", day{2011, 3, 11}, "", "", nil, nil
			aron := l.nominal(storyAron, v)
			aron.NFA, aron.School, aron.Flags, aron.Aliases = true, nil, []rmsFlag{}, []rmsAlias{}
			l.aron = aron
		} else if !story && l.d.pc(4) { // entered twice
			l.nominal(fmt.Sprintf("NOM%07d", next), see(l.d, p, 2))
			next++
		}
	}
}

func (l *rmsLoader) nominal(id string, v view) *rmsPerson {
	x := &rmsPerson{ID: id, Name: rmsName{Family: upper(v.sur), Given: nz(v.given), Middle: nz(v.middle)}, Sex: map[byte]string{'M': "Male", 'F': "Female"}[v.sex], Birthplace: nz(v.born), Occupation: nz(v.job), School: nz(v.school),
		NFA: v.nfa, Identifiers: []rmsTyped{}, Aliases: []rmsAlias{}, Contacts: []rmsTyped{}, Addresses: []rmsAddress{}, Flags: []rmsFlag{}}
	if x.Sex == "" || v.story == "" && l.d.pc(1) {
		x.Sex = "Unknown"
	}
	if !v.dob.zero() {
		x.DOB = nz(v.dob.slashed())
	}
	if v.eth != "" && (v.story != "" || l.d.pc(80)) {
		x.Ethnicity = &rmsCode{"16+1", v.eth}
	}
	for _, t := range [][2]string{{"PNC", v.pnc}, {"CRO", v.cro}, {"NINO", v.nino}} {
		if t[1] != "" && (v.story != "" || t[0] != "NINO" || l.d.pc(40)) {
			x.Identifiers = append(x.Identifiers, rmsTyped{t[0], t[1]})
		}
	}
	for _, t := range [][2]string{{"MOB", spokenPhone(v.mobile)}, {"TEL", spokenPhone(v.landline)}, {"EML", v.email}} {
		if t[1] != "" && (v.story == "" || v.story != "aaron") { // the boy's own number is known to the control room only
			x.Contacts = append(x.Contacts, rmsTyped{t[0], t[1]})
		}
	}
	if len(v.nicks) > 0 && l.d.pc(30) && v.story == "" {
		x.Aliases = append(x.Aliases, rmsAlias{upper(v.sur), v.nicks[0]})
	}
	words := []string{v.sur, v.given, v.middle, v.pnc, v.cro, v.born}
	if !v.dob.zero() {
		words = append(words, strconv.Itoa(v.dob.y))
	}
	for _, a := range x.Aliases {
		words = append(words, a.Family, a.Given)
	}
	address := func(p *place, kind string, s *stay) {
		if p == nil || l.location[p] == nil {
			return
		}
		a := rmsAddress{LocationID: l.location[p].ID, Type: kind, Line1: p.line(), Town: p.town, Postcode: p.postcode}
		if s != nil && !s.from.zero() {
			a.From = nz(s.from.slashed())
		}
		if s != nil && !s.to.zero() {
			a.To = nz(s.to.slashed())
		}
		x.Addresses = append(x.Addresses, a)
		words = append(words, p.line(), p.town, p.postcode, squash(p.postcode))
		loc := l.location[p]
		loc.Links = append(loc.Links, rmsLink{"RESIDENT", "person", x.ID, upper(v.sur) + " " + v.given})
	}
	for i, s := range v.homes {
		switch {
		case v.at == s.at:
			address(s.at, "HOME", &v.homes[i])
		case v.old == s.at:
			address(s.at, "PREV", &v.homes[i])
		}
	}
	for _, m := range v.warns {
		if f, ok := rmsFlags[m.code]; ok && (v.story != "" || l.d.pc(85)) {
			x.Flags = append(x.Flags, rmsFlag{f[0], f[1], nz(m.since.slashed())})
		}
	}
	marking := "OFFICIAL"
	if v.story == "aaron" || l.d.pc(6) {
		marking = "OFFICIAL-SENSITIVE"
	}
	x.rmsTail = l.tail(marking, l.sometime(700))
	x.words = tokens(words...)
	for _, i := range x.Identifiers {
		x.words = append(x.words, fold(squash(i.Value)))
	}
	for _, c := range x.Contacts {
		if c.Type != "EML" {
			x.words = append(x.words, digits(c.Value))
		}
	}
	for _, a := range x.Addresses {
		x.Links = append(x.Links, rmsLink{"RESIDENT", "location", a.LocationID, a.Line1 + ", " + a.Postcode})
	}
	l.people = append(l.people, x)
	l.byID[x.ID] = x
	l.w.truth.add("person", v.n, v.person.sur+" "+v.person.given, "rms", x.ID)
	return x
}

func (x *rmsPerson) label() string {
	s := x.Name.Family
	if x.Name.Given != nil {
		s += " " + *x.Name.Given
	}
	return s
}

func (l *rmsLoader) family() {
	for p, x := range l.person {
		for _, k := range p.kin {
			if o := l.person[k.who]; o != nil && (p.story != "" || k.role == "ASSOCIATE" || (p.n+k.who.n)%3 > 0) {
				x.Links = append(x.Links, rmsLink{k.role, "person", o.ID, o.label()})
			}
		}
	}
}

func (l *rmsLoader) vehicles() {
	for i, v := range l.w.vehicles {
		if v.vrm != "YK19FZB" && v.clone == nil && l.d.pc(18) {
			continue
		}
		x := &rmsVehicle{ID: fmt.Sprintf("VEH%07d", 100001+i), VRM: spacedVRM(v.vrm), Make: upper(v.car.make), Model: nz(upper(v.car.model)), Colour: nz(upper(v.colour)), VIN: nz(v.vin),
			Year: nz(strconv.Itoa(v.year)), Stolen: v.stolen, Flags: []rmsFlag{}, rmsTail: l.tail("OFFICIAL", l.sometime(600))}
		if v.vrm != "YK19FZB" {
			if l.d.pc(20) {
				x.Model = nil
			}
			if l.d.pc(10) {
				x.Colour = nz(upper(pick(l.d, colours)))
			}
			if l.d.pc(40) {
				x.VIN = nil
			}
		}
		if v.flagged != "" {
			x.Flags = append(x.Flags, rmsFlag{"CLONE", "Suspected cloned plate", nil})
		}
		if k := l.person[v.keeper]; k != nil {
			x.Links = append(x.Links, rmsLink{"KEEPER", "person", k.ID, k.label()})
			k.Links = append(k.Links, rmsLink{"KEEPER", "vehicle", x.ID, strings.TrimSpace(x.VRM + " " + x.Make)})
		}
		x.words = tokens(v.vrm, x.VRM, v.car.make, v.car.model, v.colour, v.vin)
		l.vehicle[v] = x
		l.cars = append(l.cars, x)
		l.byID[x.ID] = x
		l.w.truth.add("vehicle", v.n, v.vrm+" "+v.car.make, "rms", x.ID)
	}
}

func (l *rmsLoader) events() {
	counts := map[string]int{}
	for _, h := range l.w.events {
		local := h.at.In(l.w.loc)
		yy := pad(local.Year()%100, 2)
		var links []rmsLink
		s := rmsSearch{day: dayOf(local)}
		words := []string{h.text, h.off.text, h.where.street, h.where.town, h.where.postcode, squash(h.where.postcode)}
		var persons []*rmsPerson
		for _, p := range h.people {
			x := l.person[p.who]
			if p.who.story == "aaron" && h.stop {
				x = l.aron
			}
			if x == nil {
				continue
			}
			role := map[string]string{"CALLER": "REPORTER", "SUBJECT": "SUBJECT"}[p.role]
			links = append(links, rmsLink{or(role, p.role), "person", x.ID, x.label()})
			persons = append(persons, x)
			s.persons = append(s.persons, x.ID)
			words = append(words, x.label())
		}
		for _, v := range h.vehicles {
			if x := l.vehicle[v]; x != nil {
				links = append(links, rmsLink{"INVOLVED", "vehicle", x.ID, x.VRM + " " + x.Make})
				s.vrms = append(s.vrms, squash(x.VRM))
				words = append(words, v.vrm)
			}
		}
		where, locID := h.where.line()+", "+h.where.town+", "+h.where.postcode, ""
		if x := l.location[h.where]; x != nil {
			locID = x.ID
			links = append(links, rmsLink{"SCENE", "location", x.ID, h.where.line() + ", " + h.where.postcode})
		}
		back := func(kind, id, label string) {
			for i, x := range persons {
				x.Links = append(x.Links, rmsLink{links[i].Rel, kind, id, label})
			}
			if x := l.location[h.where]; x != nil {
				x.Links = append(x.Links, rmsLink{"SCENE", kind, id, label})
			}
			for _, v := range h.vehicles {
				if x := l.vehicle[v]; x != nil {
					x.Links = append(x.Links, rmsLink{"INVOLVED", kind, id, label})
				}
			}
		}
		changed := h.at.Add(time.Duration(l.d.IntN(20000)) * time.Minute)
		if changed.After(l.w.now) {
			changed = l.w.now.Add(-time.Minute)
		}
		if h.crime {
			counts["c"+yy]++
			x := &rmsCrime{ID: fmt.Sprintf("CRM%s%05d", yy, counts["c"+yy]), CrimeNumber: fmt.Sprintf("13%s%07d", yy, counts["c"+yy]), Offence: rmsOffence{h.off.home, h.off.text}, Status: "FILED",
				CommittedFrom: l.stamp(h.at), Reported: l.stamp(h.at.Add(time.Duration(5+l.d.IntN(300)) * time.Minute)), Summary: h.text, LocationID: locID, LocationText: where, OIC: nz(h.officer), rmsTail: l.tail("OFFICIAL", changed), rmsSearch: s}
			switch {
			case h.status == "open":
				x.Status = "OPEN"
			case h.outcome == "CHG" || h.outcome == "REM":
				x.Status, x.Outcome = "CHARGED", nz("Charged/Summonsed")
			case h.outcome == "NFA":
				x.Status, x.Outcome = "NFA", nz("No further action")
			}
			x.Links = append(x.Links, links...)
			x.words = tokens(append(words, x.ID, x.CrimeNumber)...)
			back("crime", x.ID, x.CrimeNumber+" "+h.off.text)
			l.crimes = append(l.crimes, x)
			l.byID[x.ID] = x
			l.w.truth.add("event", h.n, h.off.text, "rms", x.ID)
		}
		if h.occ {
			counts["o"+yy]++
			x := &rmsOccurrence{ID: fmt.Sprintf("OCC%s%05d", yy, counts["o"+yy]), Type: h.off.occ, TypeText: rmsTypes[h.off.occ], Status: upper(h.status), At: l.stamp(h.at), Summary: h.text, LocationID: nz(locID), LocationText: where,
				rmsTail: l.tail("OFFICIAL", changed), rmsSearch: s}
			if !h.end.IsZero() && h.status == "closed" {
				x.EndedAt = nz(l.stamp(h.end))
			}
			x.Links = append(x.Links, links...)
			x.words = tokens(append(words, x.ID)...)
			back("occurrence", x.ID, x.TypeText+" "+local.Format("02/01/2006"))
			l.occs = append(l.occs, x)
			l.byID[x.ID] = x
			l.w.truth.add("event", h.n, h.off.text, "rms", x.ID)
		}
		for _, p := range h.people {
			if x := l.person[p.who]; x != nil && p.role == "MISSING" && h.status == "open" && !p.who.missing.IsZero() {
				x.Flags = append(x.Flags, rmsFlag{"MISPER", "Missing since " + l.stamp(p.who.missing)[:16], nz(local.Format("02/01/2006"))})
			}
		}
	}
	for _, c := range counts {
		l.seq = max(l.seq, c)
	}
}
