package demoforce

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The documents of Summit Records: JSON:API, with numbers where Larkfield has words, one text where it has several
// members, and the dates of another country.

type summitResource struct {
	Type          string                        `json:"type"`
	ID            string                        `json:"id"`
	Attributes    map[string]any                `json:"attributes"`
	Relationships map[string]summitRelationship `json:"relationships,omitempty"`
	Meta          *summitMeta                   `json:"meta,omitempty"`
}

type summitRelationship struct {
	Data  any               `json:"data,omitempty"` // []summitLinkage, *summitLinkage; left out in lists
	Links map[string]string `json:"links,omitempty"`
}

type summitLinkage struct {
	Type string         `json:"type"`
	ID   string         `json:"id"`
	Meta map[string]any `json:"meta,omitempty"`
}

type summitMeta struct {
	Protection struct {
		Scheme string `json:"scheme"`
		Tier   int    `json:"tier"`
	} `json:"protection"`
	Changed string `json:"changed"`
	ETag    string `json:"etag"`
}

type summitPosition struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

type summitSource struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

type summitError struct {
	Status string        `json:"status"`
	Code   string        `json:"code"`
	Title  string        `json:"title"`
	Detail string        `json:"detail"`
	Source *summitSource `json:"source,omitempty"`
}

var summitKinds = map[string]string{"people": "person", "vehicles": "vehicle", "locations": "location", "crimes": "crime", "occurrences": "occurrence"}

func summitKind(larkfield string) string {
	for k, v := range summitKinds {
		if v == larkfield {
			return k
		}
	}
	return larkfield
}

// The code lists, Larkfield's word to Summit's number.
var (
	summitMarkers = map[string]string{"FIREARM": "01", "WEAPON": "02", "VIOLENT": "03", "ESCAPER": "04", "EXPLOSIVE": "05", "SUICIDAL": "06", "SELFHARM": "07", "MENTAL": "08", "AILMENT": "09",
		"CONTAGIOUS": "10", "DRUGS": "11", "ALLEGES": "12", "MISPER": "13", "CLONE": "14"}
	summitRoles = map[string]int{"MOTHER": 1, "FATHER": 2, "SON": 3, "DAUGHTER": 4, "PARTNER": 5, "SIBLING": 6, "ASSOCIATE": 7, "KEEPER": 20, "DRIVER": 21, "INVOLVED": 22, "RESIDENT": 30, "SCENE": 31,
		"VICTIM": 51, "SUSPECT": 52, "WITNESS": 53, "REPORTER": 54, "OFFENDER": 55, "MISSING": 56, "SEARCHED": 57, "SUBJECT": 58}
	summitCategories = map[string]int{"THEFT": 11, "VIOL": 12, "CONC": 41, "MISPER": 42, "DOM": 43, "ASB": 51, "RTC": 61, "SUSP": 71, "PROP": 81, "STOP": 91, "OTHER": 99}
	summitStages     = map[string]int{"OPEN": 10, "FILED": 20, "CHARGED": 30, "NFA": 40, "CLOSED": 90}
	summitUses       = map[string]int{"HOME": 1, "PREV": 2, "WORK": 3}
)

// resource writes a record; in full it says what the record is linked with, and included are the addresses.
func (s *summit) resource(x any, full, include bool) (r summitResource, included []summitResource) {
	switch x := x.(type) {
	case *rmsPerson:
		return s.person(x, full, include)
	case *rmsVehicle:
		r = s.record("vehicles", x.ID, x.rmsTail, full)
		r.Attributes = map[string]any{"plate": squash(x.VRM), "manufacturer": x.Make, "range": x.Model, "paint": x.Colour, "chassis": x.VIN, "built": nil, "condition": 0, "markers": markers(x.Flags)}
		if n, err := strconv.Atoi(deref(x.Year)); err == nil {
			r.Attributes["built"] = n
		}
		if x.Stolen {
			r.Attributes["condition"] = 7
		}
	case *rmsLocation:
		r = s.record("locations", x.ID, x.rmsTail, full)
		r.Attributes = map[string]any{"block": x.block(), "postcode": x.Postcode, "uprn": x.UPRN, "grid": strconv.Itoa(x.Easting) + " " + strconv.Itoa(x.Northing), "markers": markers(x.Flags)}
	case *rmsCrime:
		r = s.record("crimes", x.ID, x.rmsTail, full)
		r.Relationships["scene"] = scene(x.LocationID)
		r.Attributes = map[string]any{"number": x.CrimeNumber, "offence": x.Offence.Code + " " + x.Offence.Text, "stage": summitStages[x.Status], "disposal": x.Outcome, "from": s.moment(x.CommittedFrom), "to": s.moment(deref(x.CommittedTo)),
			"reported": s.moment(x.Reported), "synopsis": x.Summary, "scene": lines(x.LocationText), "investigator": x.OIC}
	case *rmsOccurrence:
		r = s.record("occurrences", x.ID, x.rmsTail, full)
		r.Relationships["scene"] = scene(deref(x.LocationID))
		p := s.posted[r.ID]
		r.Attributes = map[string]any{"number": summitNumber(x.ID), "category": summitCategories[x.Type], "categoryWords": x.TypeText, "stage": summitStages[x.Status], "at": s.moment(x.At), "until": s.moment(deref(x.EndedAt)),
			"synopsis": x.Summary, "scene": lines(x.LocationText), "position": p.position, "externalReference": nz(p.ref), "commandReference": x.CadRef}
	}
	return r, nil
}

func (s *summit) person(x *rmsPerson, full, include bool) (r summitResource, included []summitResource) {
	r = s.record("people", x.ID, x.rmsTail, full)
	aka := []string{}
	for _, a := range x.Aliases {
		aka = append(aka, oneName(a.Family, a.Given, ""))
	}
	refs := map[string]*string{"pnc": nil, "cro": nil, "nino": nil, "licence": nil}
	for _, i := range x.Identifiers {
		refs[map[string]string{"PNC": "pnc", "CRO": "cro", "NINO": "nino", "DL": "licence"}[i.Type]] = nz(i.Value)
	}
	phones := []string{}
	var email *string
	for _, c := range x.Contacts {
		if c.Type == "EML" {
			email = nz(c.Value)
			continue
		}
		phones = append(phones, "+44"+strings.TrimPrefix(digits(c.Value), "0"))
	}
	r.Attributes = map[string]any{"fullName": oneName(x.Name.Family, deref(x.Name.Given), deref(x.Name.Middle)), "honorific": x.Name.Title, "alsoKnownAs": aka, "birthDate": nil, "gender": map[string]int{"Male": 1, "Female": 2, "Unknown": 9}[x.Sex],
		"ethnicity": nil, "birthTown": x.Birthplace, "occupation": x.Occupation, "school": x.School, "noFixedAbode": map[bool]string{true: "Y", false: "N"}[x.NFA], "references": refs, "telephones": phones, "email": email, "markers": markers(x.Flags)}
	if x.DOB != nil {
		r.Attributes["birthDate"] = american(*x.DOB)
	}
	if x.Ethnicity != nil {
		r.Attributes["ethnicity"] = x.Ethnicity.Code
	}
	addresses := []summitLinkage{}
	for i, a := range x.Addresses {
		id := r.ID + pad(i+1, 2)
		addresses = append(addresses, summitLinkage{Type: "addresses", ID: id})
		if !include {
			continue
		}
		in := summitResource{Type: "addresses", ID: id, Attributes: map[string]any{"block": lines(a.Line1 + ", " + a.Town), "postcode": a.Postcode, "use": summitUses[a.Type], "since": nil, "until": nil},
			Relationships: map[string]summitRelationship{"location": {Data: &summitLinkage{Type: "locations", ID: summitID(a.LocationID)}}}}
		for k, d := range map[string]*string{"since": a.From, "until": a.To} {
			if d != nil {
				in.Attributes[k] = american(*d)
			}
		}
		included = append(included, in)
	}
	r.Relationships["addresses"] = summitRelationship{Data: addresses}
	return r, included
}

// scene is the place of an event: null where none is on file.
func scene(larkfield string) summitRelationship {
	var l *summitLinkage
	if larkfield != "" {
		l = &summitLinkage{Type: "locations", ID: summitID(larkfield)}
	}
	return summitRelationship{Data: l}
}

// record is what every record has.
func (s *summit) record(kind, id string, t rmsTail, full bool) summitResource {
	r := summitResource{Type: kind, ID: summitID(id), Meta: &summitMeta{ETag: fmt.Sprintf("W/\"%d\"", t.Version)}, Relationships: map[string]summitRelationship{}}
	r.Meta.Protection.Scheme, r.Meta.Protection.Tier = "GSC", 1
	if t.Marking != "OFFICIAL" {
		r.Meta.Protection.Tier = 2
	}
	if at, ok := s.force.rms.moment(t.Updated); ok {
		r.Meta.Changed = at.In(s.zone).Format("01/02/2006 03:04:05 PM")
	}
	rel := summitRelationship{Links: map[string]string{"related": s.base + "/" + kind + "/" + r.ID + "/associations"}}
	if full {
		all := []summitLinkage{}
		for _, l := range t.Links {
			all = append(all, summitLinkage{Type: summitKind(l.Type), ID: summitID(l.ID), Meta: map[string]any{"as": summitRoles[l.Rel], "words": l.Label}})
		}
		rel.Data = all
	}
	r.Relationships["associations"] = rel
	return r
}

// markers writes warning signals as Summit does: 07:06/02/2026,13:11/24/2026, and 00 where none are recorded.
func markers(flags []rmsFlag) string {
	var out []string
	for _, f := range flags {
		since := ""
		if f.Raised != nil {
			since = american(*f.Raised)
		}
		out = append(out, summitMarkers[f.Code]+":"+since)
	}
	if len(out) == 0 {
		return "00"
	}
	return strings.Join(out, ",")
}

// oneName writes MILLER, Aaron James.
func oneName(family, given, middle string) string {
	return strings.TrimSuffix(family+", "+strings.Join(slices.DeleteFunc([]string{given, middle}, func(n string) bool { return n == "" }), " "), ", ")
}

// american turns dd/mm/yyyy round.
func american(d string) string {
	if len(d) != 10 {
		return d
	}
	return d[3:5] + "/" + d[:2] + d[5:]
}

// moment is a time of Larkfield's as milliseconds since 1970, or null.
func (s *summit) moment(local string) any {
	t, ok := s.force.rms.moment(local)
	if !ok {
		return nil
	}
	return t.UnixMilli()
}

// lines puts each part of an address on a line of its own.
func lines(s string) string { return strings.ReplaceAll(s, ", ", "\n") }

func (x *rmsLocation) block() string {
	sep := "\n"
	if c := x.Building; c != "" && c[0] >= '0' && c[0] <= '9' || strings.HasSuffix(c, " of") {
		sep = " "
	}
	b := x.Building + sep + x.Street + "\n" + x.Town
	if x.SubBuilding != nil {
		b = *x.SubBuilding + "\n" + b
	}
	return b
}

// summitNumber is what officers quote: OCC2600001 is S26-00001.
func summitNumber(id string) string {
	if len(id) < 6 {
		return id
	}
	return "S" + id[3:5] + "-" + id[5:]
}
