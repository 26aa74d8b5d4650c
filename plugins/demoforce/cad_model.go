package demoforce

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Vigil C2 keeps its entities as rows of declared properties, as its OData model says.

type cadProp struct{ name, kind string }

type cadLink struct {
	row  *cadRow
	role string
}

type cadRow struct {
	set   *cadSet
	key   int64
	p     map[string]any // JSON-ready; instants and dates as text that sorts
	words []string
	nav   map[string][]cadLink // Persons, Vehicles, Location, Incidents
}

type cadSet struct {
	name, entity, key string
	props             []cadProp
	kinds             map[string]string
	navs              []string
	rows              []*cadRow
	byKey             map[int64]*cadRow
}

const (
	edmString  = "Edm.String"
	edmInt     = "Edm.Int64"
	edmDouble  = "Edm.Double"
	edmInstant = "Edm.DateTimeOffset"
	edmDate    = "Edm.Date"
	edmList    = "Collection(Edm.String)"
)

func newCadSet(name, entity, key string, navs []string, props ...string) *cadSet {
	s := &cadSet{name: name, entity: entity, key: key, navs: navs, kinds: map[string]string{}, byKey: map[int64]*cadRow{}}
	kinds := map[string]string{"": edmString, "i": edmInt, "f": edmDouble, "t": edmInstant, "d": edmDate, "l": edmList}
	for _, p := range props {
		n, k, _ := strings.Cut(p, ":")
		s.props = append(s.props, cadProp{n, kinds[k]})
		s.kinds[n] = kinds[k]
	}
	return s
}

func (s *cadSet) add(key int64, p map[string]any, words ...string) *cadRow {
	p[s.key] = key
	r := &cadRow{set: s, key: key, p: p, words: tokens(words...), nav: map[string][]cadLink{}}
	s.rows = append(s.rows, r)
	s.byKey[key] = r
	return r
}

func (r *cadRow) link(nav string, to *cadRow, role string) {
	r.nav[nav] = append(r.nav[nav], cadLink{to, role})
}

var cadTypes = map[string]string{"110": "Concern for safety", "111": "Missing person", "120": "Road traffic collision", "130": "Theft", "131": "Shop theft", "140": "Burglary", "150": "Violence", "151": "Domestic incident",
	"160": "Anti-social behaviour", "161": "Noise", "170": "Suspicious activity", "180": "Found property", "190": "Other"}

var cadWarnings = map[string]string{"FI": "FA", "WE": "WP", "VI": "VI", "ES": "ES", "EX": "XP", "SU": "SU", "SH": "SH", "MN": "MN", "AT": "AT", "CO": "CO", "DR": "DR", "AG": "AL"}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func newCadSets() map[string]*cadSet {
	return map[string]*cadSet{
		"Incidents": newCadSet("Incidents", "Incident", "IncidentId", []string{"Persons", "Vehicles", "Location"}, "IncidentId:i", "IncidentNo", "Priority", "TypeCode", "TypeText", "Status", "Headline", "Narrative",
			"OpenedAt:t", "UpdatedAt:t", "ClosedAt:t", "LocationId:i", "LocationText", "Postcode", "Latitude:f", "Longitude:f", "Beat", "Units:l", "ExternalRef", "Marking"),
		"Persons":   newCadSet("Persons", "Person", "PersonId", []string{"Incidents"}, "PersonId:i", "Surname", "Forenames", "DateOfBirth:d", "ApproxAge:i", "Sex", "Phone", "AddressText", "Postcode", "Warnings", "MissingSince:t", "UpdatedAt:t"),
		"Vehicles":  newCadSet("Vehicles", "Vehicle", "VehicleId", []string{"Incidents"}, "VehicleId:i", "Vrm", "Make", "Colour", "KeeperName", "UpdatedAt:t"),
		"Locations": newCadSet("Locations", "Location", "LocationId", []string{"Incidents"}, "LocationId:i", "Text", "Number", "Street", "Town", "Postcode", "Latitude:f", "Longitude:f", "Hazards", "UpdatedAt:t"),
	}
}

// cadLoader writes the world down as the control room heard it.
type cadLoader struct {
	*cad
	w        *world
	d        dice
	person   map[*person]*cadRow
	vehicle  map[*vehicle]*cadRow
	location map[*place]*cadRow
}

func (c *cad) load(w *world) {
	l := cadLoader{c, w, newDice(w.seed, "cad"), map[*person]*cadRow{}, map[*vehicle]*cadRow{}, map[*place]*cadRow{}}
	n := int64(10001)
	days := map[string]int{}
	for _, h := range w.events {
		if !h.cad {
			continue
		}
		key, no := n, h.fixed["cad"]
		n++
		if no == "" {
			d := h.at.Format("060102")
			days[d]++
			no = fmt.Sprintf("CAD-%s-%04d", d, 20+days[d]*3)
		} else {
			num, _ := strconv.ParseInt(no[4:], 10, 64) // the story's own, of four digits
			key = 40000 + num
			n--
		}
		l.incident(key, no, h)
	}
	c.nextKey, c.nextNo = 40413, 413
}

func (l *cadLoader) incident(key int64, no string, h *happening) *cadRow {
	loc := l.place(h.where)
	p := map[string]any{"IncidentNo": no, "Priority": h.priority, "TypeCode": h.off.cad, "TypeText": cadTypes[h.off.cad], "Status": "CLOSED", "Headline": headlineOf(h), "Narrative": h.text, "OpenedAt": instant(h.at),
		"UpdatedAt": instant(h.at.Add(time.Duration(1+l.d.IntN(15)) * time.Minute)), "ClosedAt": nil, "LocationId": loc.key, "LocationText": loc.p["Text"], "Postcode": loc.p["Postcode"],
		"Latitude": loc.p["Latitude"], "Longitude": loc.p["Longitude"], "Beat": h.where.beat, "Units": []string{}, "ExternalRef": nil, "Marking": "O"}
	if h.status == "open" {
		p["Status"] = pick(l.d, []string{"OPEN", "ASSIGNED", "AT_SCENE"})
	} else {
		p["ClosedAt"] = instant(h.end)
		p["UpdatedAt"] = p["ClosedAt"]
	}
	if p["Status"] != "OPEN" {
		p["Units"] = []string{"NM" + pad(10+l.d.IntN(40), 2)}
	}
	words := []string{no, squash(no), p["Headline"].(string), h.text, cadTypes[h.off.cad], loc.p["Text"].(string), h.where.town, h.where.postcode, squash(h.where.postcode)}
	r := l.sets["Incidents"].add(key, p, words...)
	r.link("Location", loc, "")
	loc.link("Incidents", r, "")
	for _, x := range h.people {
		role := map[string]string{"MISSING": "SUBJECT", "REPORTER": "CALLER"}[x.role]
		role = or(role, x.role)
		row := l.caller(x.who, h.at)
		r.link("Persons", row, role)
		row.link("Incidents", r, role)
		r.words = append(r.words, tokens(row.p["Surname"].(string), row.p["Forenames"].(string))...)
		if x.who.story == "aaron" {
			p["Marking"] = "OS"
		}
	}
	for _, v := range h.vehicles {
		row := l.car(v, h.at)
		r.link("Vehicles", row, "INVOLVED")
		row.link("Incidents", r, "INVOLVED")
		r.words = append(r.words, tokens(v.vrm)...)
	}
	l.w.truth.add("event", h.n, h.off.text, "cad", strconv.FormatInt(key, 10))
	return r
}

func (l *cadLoader) place(p *place) *cadRow {
	if r := l.location[p]; r != nil {
		return r
	}
	out, _, _ := strings.Cut(p.postcode, " ")
	hz := ""
	if p.hazard != "" {
		hz = cadWarnings[p.hazard]
	}
	key := int64(500001 + len(l.sets["Locations"].rows))
	r := l.sets["Locations"].add(key, map[string]any{"Text": p.line() + ", " + out, "Number": or(p.name, p.building), "Street": p.street, "Town": p.town, "Postcode": p.postcode, "Latitude": round5(p.lat), "Longitude": round5(p.lng),
		"Hazards": hz, "UpdatedAt": instant(l.w.now.AddDate(0, 0, -l.d.IntN(900)))}, p.line(), p.town, p.postcode, squash(p.postcode))
	l.location[p] = r
	l.w.truth.add("place", p.n, p.line()+" "+p.postcode, "cad", strconv.FormatInt(key, 10))
	return r
}

func round5(f float64) float64 {
	x, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', 5, 64), 64) // what we just wrote
	return x
}

// caller finds or types a person. Now and then the call taker does not look and types them again.
func (l *cadLoader) caller(p *person, at time.Time) *cadRow {
	if r := l.person[p]; r != nil && (p.story != "" || !l.d.pc(4)) {
		if instant(at) > r.p["UpdatedAt"].(string) {
			r.p["UpdatedAt"] = instant(at)
		}
		return r
	}
	v := see(l.d, p, 1.2)
	key := int64(700001 + len(l.sets["Persons"].rows))
	row := map[string]any{"Surname": upper(plainHyphen(v.sur)), "Forenames": strings.TrimSpace(upper(plainHyphen(v.given + " " + v.middle))), "DateOfBirth": nil, "ApproxAge": nil, "Sex": string(p.sex), "Phone": nil, "AddressText": nil, "Postcode": nil,
		"Warnings": "", "MissingSince": nil, "UpdatedAt": instant(at)}
	words := []string{v.sur, v.given, v.middle}
	if v.dob.zero() || p.story == "" && l.d.pc(25) {
		row["ApproxAge"] = p.dob.age(at) + l.d.IntN(5) - 2
	} else {
		row["DateOfBirth"] = v.dob.iso()
		row["ApproxAge"] = v.dob.age(at)
		words = append(words, strconv.Itoa(v.dob.y))
	}
	if ph := or(v.mobile, v.landline); ph != "" {
		row["Phone"] = "+44" + ph[1:]
		words = append(words, ph)
	}
	if v.at != nil {
		row["AddressText"], row["Postcode"] = v.at.line()+", "+v.at.town, v.at.postcode
		words = append(words, v.at.line(), v.at.postcode, squash(v.at.postcode))
	}
	var warns []string
	for _, m := range p.warns {
		if p.story != "" || l.d.pc(70) {
			warns = append(warns, cadWarnings[m.code])
		}
	}
	if !p.missing.IsZero() {
		warns = append(warns, "MP")
		row["MissingSince"] = instant(p.missing)
	}
	row["Warnings"] = strings.Join(warns, ";")
	r := l.sets["Persons"].add(key, row, words...)
	l.person[p] = r
	l.w.truth.add("person", p.n, p.sur+" "+p.given, "cad", strconv.FormatInt(key, 10))
	return r
}

// plainHyphen drops accents but keeps apostrophes and hyphens: the control room's keyboard has no others.
func plainHyphen(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\'' || r == '-' || r == ' ' {
			b.WriteRune(r)
		} else {
			b.WriteString(plain(string(r)))
		}
	}
	return b.String()
}

func (l *cadLoader) car(v *vehicle, at time.Time) *cadRow {
	if r := l.vehicle[v]; r != nil {
		return r
	}
	key := int64(800001 + len(l.sets["Vehicles"].rows))
	p := map[string]any{"Vrm": v.vrm, "Make": v.car.make, "Colour": v.colour, "KeeperName": nil, "UpdatedAt": instant(at)}
	if v.vrm != "YK19FZB" && l.d.pc(25) {
		p["Colour"] = nil
	}
	if v.keeper != nil {
		p["KeeperName"] = upper(plainHyphen(v.keeper.sur)) + " " + upper(plain(v.keeper.given))[:1]
	}
	r := l.sets["Vehicles"].add(key, p, v.vrm, v.car.make, v.colour)
	l.vehicle[v] = r
	l.w.truth.add("vehicle", v.n, v.vrm+" "+v.car.make, "cad", strconv.FormatInt(key, 10))
	return r
}
