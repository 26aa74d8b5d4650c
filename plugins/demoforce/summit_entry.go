package demoforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// summitDocument is what POST /occurrences takes. What is not on file yet comes along under included, with a lid.
type summitDocument struct {
	Data struct {
		Type       string `json:"type"`
		Attributes struct {
			ExternalReference string          `json:"externalReference"`
			Category          int             `json:"category"`
			At                *int64          `json:"at"`
			Synopsis          string          `json:"synopsis"`
			CommandReference  *string         `json:"commandReference"`
			Scene             *string         `json:"scene"`
			Postcode          *string         `json:"postcode"`
			Position          *summitPosition `json:"position"`
		} `json:"attributes"`
		Relationships struct {
			Participants struct {
				Data []summitPart `json:"data"`
			} `json:"participants"`
			Scene struct {
				Data *summitLinkage `json:"data"`
			} `json:"scene"`
			ReportedBy struct {
				Data *summitLinkage `json:"data"`
			} `json:"reportedBy"`
		} `json:"relationships"`
	} `json:"data"`
	Included []summitNew `json:"included"`
}

type summitPart struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Lid  string `json:"lid"`
	Meta struct {
		As int `json:"as"`
	} `json:"meta"`
}

type summitNew struct {
	Type       string `json:"type"`
	Lid        string `json:"lid"`
	Attributes struct {
		FullName     string   `json:"fullName"`
		BirthDate    *string  `json:"birthDate"`
		Telephones   []string `json:"telephones"`
		Plate        string   `json:"plate"`
		Manufacturer *string  `json:"manufacturer"`
		Paint        *string  `json:"paint"`
	} `json:"attributes"`
}

func (s *summit) enter(w http.ResponseWriter, q *http.Request, who officer) {
	if !summitBody(q) {
		summitFail(w, http.StatusUnsupportedMediaType, summitError{Code: "RQ-15", Title: "Unsupported media type", Detail: "The body must be " + summitType + " without parameters."})
		return
	}
	raw, err := io.ReadAll(q.Body)
	if err != nil {
		summitFail(w, http.StatusRequestEntityTooLarge, summitError{Code: "RQ-13", Title: "Too large", Detail: "The document is too large."})
		return
	}
	var d summitDocument
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		summitFail(w, http.StatusBadRequest, summitError{Code: "RQ-10", Title: "Invalid document", Detail: "The document cannot be read: " + strings.TrimPrefix(err.Error(), "json: ") + "."})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if bad := s.check(d); len(bad) > 0 {
		summitFail(w, http.StatusUnprocessableEntity, bad...)
		return
	}
	x := s.keep(d)
	id, now := summitID(x.ID), s.posted[summitID(x.ID)].at
	s.force.deliveries.add(Delivery{System: "summit", Reference: summitNumber(x.ID), ClientRef: d.Data.Attributes.ExternalReference, By: who.user, At: now.UTC(), Body: json.RawMessage(raw)})
	w.Header().Set("Location", s.base+"/occurrences/"+id)
	s.send(w, http.StatusAccepted, map[string]any{"data": summitResource{Type: "receipts", ID: strconv.Itoa(900_000 + len(s.posted)),
		Attributes:    map[string]any{"number": summitNumber(x.ID), "received": now.UnixMilli(), "externalReference": d.Data.Attributes.ExternalReference},
		Relationships: map[string]summitRelationship{"occurrence": {Data: &summitLinkage{Type: "occurrences", ID: id}}}}})
}

// check names what is wrong by JSON pointers. The caller holds the lock.
func (s *summit) check(d summitDocument) (bad []summitError) {
	add := func(pointer, detail string) {
		bad = append(bad, summitError{Code: "VR-17", Title: "Invalid value", Detail: detail, Source: &summitSource{Pointer: pointer}})
	}
	text := func(pointer, v string, least, most int) {
		switch n := utf8.RuneCountInString(v); {
		case least > 0 && strings.TrimSpace(v) == "":
			add(pointer, "This is needed.")
		case n > most:
			add(pointer, fmt.Sprintf("At most %d characters.", most))
		}
	}
	const at = "/data/attributes/"
	a, r := d.Data.Attributes, d.Data.Relationships
	if d.Data.Type != "occurrences" {
		add("/data/type", "Must be occurrences.")
	}
	text(at+"externalReference", a.ExternalReference, 1, 64)
	text(at+"synopsis", a.Synopsis, 1, 2000)
	text(at+"scene", deref(a.Scene), 0, 200)
	text(at+"commandReference", deref(a.CommandReference), 0, 40)
	if categoryOf(a.Category) == "" {
		add(at+"category", "Is not a category of occurrences.")
	}
	switch {
	case a.At == nil:
		add(at+"at", "This is needed, in milliseconds since 1970.")
	case time.UnixMilli(*a.At).After(s.force.opt.Now().Add(time.Hour)):
		add(at+"at", "Lies in the future.")
	}
	if p := deref(a.Postcode); p != "" && !postcodeForm(p) {
		add(at+"postcode", "Is not a postcode.")
	}
	if l := r.Scene.Data; l != nil {
		if _, ok := s.byID[l.ID].(*rmsLocation); !ok {
			add("/data/relationships/scene/data", "There is no such location.")
		}
	}
	if by := r.ReportedBy.Data; by == nil || strings.TrimSpace(by.ID) == "" {
		add("/data/relationships/reportedBy/data", "This is needed.")
	}
	lids := map[string]string{}
	for i, n := range d.Included {
		p := fmt.Sprintf("/included/%d/attributes/", i)
		lids[n.Type+" "+n.Lid] = p
		switch n.Type {
		case "people":
			text(p+"fullName", strings.Trim(n.Attributes.FullName, ", "), 1, 70)
			if b := deref(n.Attributes.BirthDate); b != "" {
				if _, err := time.Parse("01/02/2006", b); err != nil {
					add(p+"birthDate", "Must be a date MM/DD/YYYY.")
				}
			}
		case "vehicles":
			if l := len(squash(n.Attributes.Plate)); l < 2 || l > 8 {
				add(p+"plate", "Is not a registration.")
			}
		default:
			add(fmt.Sprintf("/included/%d/type", i), "Must be people or vehicles.")
		}
	}
	for i, p := range r.Participants.Data {
		pointer := fmt.Sprintf("/data/relationships/participants/data/%d", i)
		_, known := s.byID[p.ID]
		_, fresh := lids[p.Type+" "+p.Lid]
		if p.ID != "" && !known || p.ID == "" && !fresh {
			add(pointer, "Is neither on file nor among what is included.")
		}
		if roleOf(p.Meta.As) == "" {
			add(pointer+"/meta/as", "Is not a role.")
		}
	}
	return bad
}

func categoryOf(n int) string { return keyOf(summitCategories, n) }
func roleOf(n int) string     { return keyOf(summitRoles, n) }

func keyOf(m map[string]int, n int) string {
	for k, v := range m {
		if v == n {
			return k
		}
	}
	return ""
}

// keep makes the occurrence and whoever was not on file. The caller holds the lock.
func (s *summit) keep(d summitDocument) *rmsOccurrence {
	a, r := d.Data.Attributes, d.Data.Relationships
	s.seq++
	now := s.force.opt.Now()
	loc := s.force.world.loc
	at, stamp := time.UnixMilli(*a.At).In(loc), now.In(loc).Format("02/01/2006 15:04:05")
	kind := categoryOf(a.Category)
	tail := func() rmsTail { return rmsTail{Marking: "OFFICIAL", Updated: stamp, Version: 1, Links: []rmsLink{}} }
	x := &rmsOccurrence{ID: fmt.Sprintf("OCC%s%05d", pad(now.In(loc).Year()%100, 2), s.seq), Type: kind, TypeText: rmsTypes[kind], Status: "OPEN", At: at.Format("02/01/2006 15:04:05"), Summary: a.Synopsis,
		CadRef: a.CommandReference, rmsTail: tail(), rmsSearch: rmsSearch{day: dayOf(at)}}
	x.LocationText = strings.Trim(strings.ReplaceAll(deref(a.Scene), "\n", ", ")+", "+deref(a.Postcode), ", ")
	text := []string{x.ID, summitNumber(x.ID), a.ExternalReference, a.Synopsis, x.TypeText, deref(a.CommandReference), x.LocationText}
	label := x.TypeText + " " + at.Format("02/01/2006")
	if l := r.Scene.Data; l != nil {
		p := s.byID[l.ID].(*rmsLocation) // checked before
		x.LocationID = nz(p.ID)
		x.Links = append(x.Links, rmsLink{"SCENE", "location", p.ID, p.Building + " " + p.Street + ", " + p.Postcode})
		c := *p
		c.Links = append(slices.Clip(c.Links), rmsLink{"SCENE", "occurrence", x.ID, label})
		replace(s.locs, p, &c)
		s.byID[l.ID] = &c
	}
	for _, part := range r.Participants.Data {
		role := roleOf(part.Meta.As)
		id := part.ID
		if id == "" {
			id = s.file(d.Included, part, tail())
		}
		switch p := s.byID[id].(type) {
		case *rmsPerson:
			c := *p
			c.Links = append(slices.Clip(c.Links), rmsLink{role, "occurrence", x.ID, label})
			replace(s.people, p, &c)
			s.byID[id] = &c
			x.persons = append(x.persons, p.ID)
			x.Links = append(x.Links, rmsLink{role, "person", p.ID, p.label()})
			text = append(text, p.label())
		case *rmsVehicle:
			x.vrms = append(x.vrms, squash(p.VRM))
			x.Links = append(x.Links, rmsLink{role, "vehicle", p.ID, strings.TrimSpace(p.VRM + " " + p.Make)})
			text = append(text, squash(p.VRM))
		}
	}
	x.words = tokens(text...)
	s.occs = append([]*rmsOccurrence{x}, s.occs...)
	s.byID[summitID(x.ID)] = x
	s.posted[summitID(x.ID)] = summitFiled{now, s.seq, a.ExternalReference, a.Position}
	return x
}

// file makes a record of someone or something that came along with an entry, and gives its id here. A vehicle that is on file is not made again.
func (s *summit) file(all []summitNew, part summitPart, t rmsTail) string {
	i := slices.IndexFunc(all, func(n summitNew) bool { return n.Type == part.Type && n.Lid == part.Lid })
	n := all[i].Attributes // checked before
	if part.Type == "vehicles" {
		for _, c := range s.cars {
			if squash(c.VRM) == squash(n.Plate) {
				return summitID(c.ID)
			}
		}
		v := &rmsVehicle{ID: fmt.Sprintf("VEH%07d", 900_000+len(s.cars)), VRM: spacedVRM(squash(n.Plate)), Make: upper(deref(n.Manufacturer)), Colour: nz(upper(deref(n.Paint))), Flags: []rmsFlag{}, rmsTail: t}
		v.words = tokens(v.VRM, squash(v.VRM), v.Make)
		s.cars = append(s.cars, v)
		s.byID[summitID(v.ID)] = v
		return summitID(v.ID)
	}
	family, given, _ := strings.Cut(n.FullName, ",")
	first, middle, _ := strings.Cut(strings.TrimSpace(given), " ")
	p := &rmsPerson{ID: fmt.Sprintf("NOM%07d", 900_000+len(s.people)), Name: rmsName{Family: upper(strings.TrimSpace(family)), Given: nz(first), Middle: nz(middle)}, Sex: "Unknown",
		Identifiers: []rmsTyped{}, Aliases: []rmsAlias{}, Contacts: []rmsTyped{}, Addresses: []rmsAddress{}, Flags: []rmsFlag{}, rmsTail: t}
	if b := deref(n.BirthDate); b != "" {
		p.DOB = nz(american(b)) // the same exchange turns it back
	}
	words := []string{n.FullName}
	for _, number := range n.Telephones {
		p.Contacts = append(p.Contacts, rmsTyped{"MOB", spokenPhone(digits(number))})
		words = append(words, digits(number))
	}
	p.words = tokens(words...)
	s.people = append(s.people, p)
	s.byID[summitID(p.ID)] = p
	return summitID(p.ID)
}
