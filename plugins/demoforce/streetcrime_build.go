package demoforce

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
)

// The objects of data.police.uk.

type spStreet struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type spLocation struct {
	Latitude  string   `json:"latitude"`
	Street    spStreet `json:"street"`
	Longitude string   `json:"longitude"`
}

type spStatus struct {
	Category string `json:"category"`
	Date     string `json:"date"`
}

type spCrime struct {
	Category        string      `json:"category"`
	LocationType    *string     `json:"location_type"`
	Location        *spLocation `json:"location"`
	Context         string      `json:"context"`
	OutcomeStatus   *spStatus   `json:"outcome_status"`
	PersistentID    string      `json:"persistent_id"`
	ID              int         `json:"id"`
	LocationSubtype string      `json:"location_subtype"`
	Month           string      `json:"month"`
}

type spOutcomeObject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type spStop struct {
	Type                  string           `json:"type"`
	InvolvedPerson        bool             `json:"involved_person"`
	Datetime              string           `json:"datetime"`
	Operation             *bool            `json:"operation"`
	OperationName         *string          `json:"operation_name"`
	Location              *spLocation      `json:"location"`
	Gender                *string          `json:"gender"`
	AgeRange              *string          `json:"age_range"`
	SelfDefinedEthnicity  *string          `json:"self_defined_ethnicity"`
	OfficerEthnicity      *string          `json:"officer_defined_ethnicity"`
	Legislation           *string          `json:"legislation"`
	ObjectOfSearch        *string          `json:"object_of_search"`
	Outcome               any              `json:"outcome"` // a text, or false, or ""
	OutcomeObject         *spOutcomeObject `json:"outcome_object"`
	OutcomeLinkedToObject *bool            `json:"outcome_linked_to_object_of_search"`
	RemovalOfClothing     *bool            `json:"removal_of_more_than_outer_clothing"`

	month string
}

// spMonth is how the site writes a month.
func spMonth(t time.Time) string { return t.Format("2006-01") }

func (s *streetcrime) load(w *world) {
	d := newDice(w.seed, "street")
	s.latest = spMonth(w.now.AddDate(0, 0, 1-w.now.Day()).AddDate(0, -2, 0))
	s.oldest = spMonth(w.now.AddDate(0, 0, 1-w.now.Day()).AddDate(0, -37, 0))
	for _, h := range w.events {
		month := spMonth(h.at.In(w.loc))
		if month > s.latest || month < s.oldest {
			continue
		}
		switch {
		case h.stop:
			s.stops = append(s.stops, s.stop(d, w, h, month))
		case h.off.street != "" && (h.crime || h.cad):
			c := &spCrime{Category: h.off.street, Month: month, ID: 100_000_000 + d.IntN(20_000_000)}
			if h.off.street != "anti-social-behaviour" {
				sum := sha256.Sum256([]byte("northmoor" + strconv.FormatInt(w.seed, 10) + "/" + strconv.Itoa(h.n)))
				c.PersistentID = hex.EncodeToString(sum[:])
				if d.pc(85) {
					c.OutcomeStatus = &spStatus{pick(d, []string{"Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation", "Awaiting court outcome", "Local resolution"}), month}
				}
			}
			if d.pc(97) {
				c.Location, c.LocationType = s.blur(h.where), nz("Force")
			}
			s.crimes = append(s.crimes, c)
			w.truth.add("event", h.n, h.off.text, "streetcrime", or(c.PersistentID, strconv.Itoa(c.ID)))
		}
	}
}

// blur puts an event on the middle of its street, as publication does.
func (s *streetcrime) blur(p *place) *spLocation {
	at := s.middles[p.streetID]
	if at == nil {
		at = &spLocation{Latitude: strconv.FormatFloat(math.Round(p.lat*1e4)/1e4, 'f', 6, 64), Longitude: strconv.FormatFloat(math.Round(p.lng*1e4)/1e4, 'f', 6, 64), Street: spStreet{p.streetID, "On or near " + p.street}}
		s.middles[p.streetID] = at
	}
	return at
}

func (s *streetcrime) stop(d dice, w *world, h *happening, month string) *spStop {
	who := h.people[0].who
	x := &spStop{Type: "Person search", InvolvedPerson: true, Datetime: h.at.UTC().Format("2006-01-02T15:04:05+00:00"), Location: s.blur(h.where), Outcome: "A no further action disposal",
		OutcomeObject: &spOutcomeObject{"bu-no-further-action", "A no further action disposal"}, month: month}
	if len(h.vehicles) > 0 {
		x.Type = "Person and Vehicle search"
	}
	if h.stopFound {
		name := pick(d, []string{"Arrest", "Community resolution", "Penalty Notice for Disorder"})
		x.Outcome, x.OutcomeObject = name, &spOutcomeObject{"bu-" + strings.ToLower(strings.ReplaceAll(name, " ", "-")), name}
		t := true
		x.OutcomeLinkedToObject = &t
	} else if d.pc(8) {
		x.Outcome, x.OutcomeObject = pick(d, []any{false, ""}), nil
	}
	age := who.dob.age(h.at)
	ranges := []struct {
		below int
		name  string
	}{{10, "under 10"}, {18, "10-17"}, {25, "18-24"}, {35, "25-34"}, {200, "over 34"}}
	for _, r := range ranges {
		if age < r.below {
			x.AgeRange = nz(r.name)
			break
		}
	}
	x.Gender = nz(map[byte]string{'M': "Male", 'F': "Female"}[who.sex])
	eth := map[byte]string{'W': "White", 'A': "Asian", 'B': "Black", 'M': "Mixed", 'O': "Other"}
	if len(who.eth) == 2 {
		x.OfficerEthnicity = nz(eth[who.eth[0]])
		x.SelfDefinedEthnicity = nz(map[string]string{"W1": "White - English/Welsh/Scottish/Northern Irish/British", "W2": "White - Irish", "W9": "White - Any other White background", "A1": "Asian/Asian British - Indian", "A2": "Asian/Asian British - Pakistani",
			"A3": "Asian/Asian British - Bangladeshi", "B1": "Black/African/Caribbean/Black British - Caribbean", "B2": "Black/African/Caribbean/Black British - African"}[who.eth])
	}
	x.Legislation = nz(pick(d, []string{"Misuse of Drugs Act 1971 (section 23)", "Police and Criminal Evidence Act 1984 (section 1)", ""}))
	x.ObjectOfSearch = nz(pick(d, []string{"Controlled drugs", "Stolen goods", "Offensive weapons", "Article for use in theft", ""}))
	if d.pc(6) {
		x.Location = nil
	}
	w.truth.add("event", h.n, h.off.text, "streetcrime", x.Datetime+"/"+strconv.Itoa(len(s.stops)))
	return x
}
