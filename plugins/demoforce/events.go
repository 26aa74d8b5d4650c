package demoforce

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// makeEvents lets about 10,000 things happen over five years; as several systems record most of them,
// some 20,000 event records come of it.
func (w *world) makeEvents() {
	d := newDice(w.seed, "events")
	// People who are met often are drawn often.
	busy := append([]*person(nil), w.people...)
	sort.SliceStable(busy, func(i, j int) bool { return busy[i].busy > busy[j].busy })
	n := w.n(8000)
	for i := range n {
		h := &happening{off: pick(d, offences)}
		// Half of it lies in the last year, as a register that people look at does.
		back := d.Float64() * d.Float64() * 5 * 365
		h.at = w.now.Add(-time.Duration(back*24*float64(time.Hour)) - 3*time.Hour).Truncate(time.Minute)
		w.place(d, h)
		h.text = fmt.Sprintf(pick(d, h.off.text1), h.where.line())
		h.officer = pick(d, words("2214 4471 1187 3056 2980 3391 1742 2655 3120 2077"))
		victim, suspect := pick(d, w.people), lean(d, busy[:max(1, len(busy)/6)])
		crime := h.off.home != ""
		h.cad = !crime || d.pc(62)
		h.crime = crime && (!h.cad || d.pc(85))
		h.occ = !crime && h.off.occ != "" && d.pc(55)
		h.status = "closed"
		if back < 40 && d.pc(60) {
			h.status = "open"
		}
		h.end = h.at.Add(time.Duration(20+d.IntN(300)) * time.Minute)
		h.priority = h.off.prio
		switch h.off.occ {
		case "MISPER":
			h.people = append(h.people, part{"MISSING", pick(d, w.people)}, part{"CALLER", victim})
		case "CONC":
			h.people = append(h.people, part{"SUBJECT", pick(d, w.people)}, part{"CALLER", victim})
		case "":
			h.people = append(h.people, part{"VICTIM", victim})
			if d.pc(62) {
				h.people = append(h.people, part{"SUSPECT", suspect})
			}
			if d.pc(25) {
				h.people = append(h.people, part{"WITNESS", pick(d, w.people)})
			}
		default:
			if d.pc(70) {
				h.people = append(h.people, part{"CALLER", victim})
			}
			if d.pc(40) {
				h.people = append(h.people, part{"SUBJECT", suspect})
			}
		}
		if h.off.cad == "120" || h.off.cad == "130" && d.pc(60) || d.pc(6) {
			v := w.vehicles[d.IntN(len(w.vehicles))]
			if len(suspect.cars) > 0 && d.pc(60) {
				v = suspect.cars[0]
			}
			h.vehicles = append(h.vehicles, v)
		}
		if h.crime && len(h.people) > 1 && h.people[1].role == "SUSPECT" && h.off.cust != "" && d.pc(38) {
			h.custody = true
			h.outcome = pick(d, words("CHG BAI RUI NFA CAU REM"))
		}
		w.events = append(w.events, h)
		if i%9 == 0 {
			w.makeStop(d, suspect)
		}
		if i%8 == 0 {
			w.makeReport(d, suspect, busy, back)
		}
	}
}

func (w *world) place(d dice, h *happening) {
	if d.pc(8) {
		h.where = w.places[len(w.places)-1-d.IntN(len(buildings))]
		return
	}
	h.where = w.places[d.IntN(len(w.places))]
}

// makeStop is a stop and search: held by name in records management, published without one as open data.
func (w *world) makeStop(d dice, who *person) {
	h := &happening{off: offences[9], stop: true, occ: true, status: "closed", at: w.now.Add(-time.Duration(24+d.IntN(24*500)) * time.Hour).Truncate(5 * time.Minute)}
	h.off.occ, h.off.home, h.off.text = "STOP", "", "Stop and search"
	w.place(d, h)
	h.stopFound = d.pc(24)
	found := "no item found"
	if h.stopFound {
		found = "item found: " + pick(d, []string{"cannabis", "lock knife", "stolen phone"})
	}
	h.text = "Stop and search at " + h.where.line() + ", " + found + "."
	h.officer = pick(d, words("2214 3056 2980 3391"))
	h.people = []part{{"SEARCHED", who}}
	if len(who.cars) > 0 && d.pc(30) {
		h.vehicles = []*vehicle{who.cars[0]}
	}
	h.outcome = "NFA"
	w.events = append(w.events, h)
}

// makeReport is an intelligence report, graded 3x5x2.
func (w *world) makeReport(d dice, who *person, busy []*person, back float64) {
	h := &happening{intel: true, status: "closed", at: w.now.Add(-time.Duration(back*24)*time.Hour - 30*time.Hour).Truncate(time.Hour)}
	h.off.text = "Intelligence report"
	h.where = pick(d, w.places)
	other := lean(d, busy[:max(2, len(busy)/8)])
	h.people = []part{{"SUBJECT", who}}
	if other != who && d.pc(55) {
		h.people = append(h.people, part{"SUBJECT", other})
	}
	var with []string
	for _, p := range h.people {
		with = append(with, strings.ToUpper(p.who.sur)+" "+p.who.given)
	}
	if len(who.cars) > 0 && d.pc(50) {
		h.vehicles = []*vehicle{who.cars[0]}
		with = append(with, "vehicle "+who.cars[0].vrm)
	}
	h.headline = pick(d, []string{"Drug supply", "Association", "Vehicle used in crime", "Stolen goods", "County line", "Weapons", "Threats", "Whereabouts"}) + " – " + h.where.street
	h.text = fmt.Sprintf(pick(d, []string{"%s seen together near %s, exchanging small packages with callers.", "%s said to be storing stolen tools at %s.", "%s reported to be staying at %s most nights.", "%s travel to the coast from %s twice a week with young people in the vehicle.", "%s said to keep a knife in the car when visiting %s."}), strings.Join(with, " and "), h.where.line())
	h.grading = [3]string{pick(d, words("1 2 2 2 3")), pick(d, words("A B C C D D E")), pick(d, words("P P P C"))}
	w.events = append(w.events, h)
}

// headlineOf is the short title that a control room would type.
func headlineOf(h *happening) string {
	if h.headline != "" {
		return h.headline
	}
	s := h.off.text
	for _, p := range h.people {
		if p.role == "MISSING" || p.role == "SUBJECT" && h.off.occ == "CONC" {
			return s + " — " + strings.ToUpper(p.who.sur) + ", " + p.who.given
		}
	}
	if h.where != nil {
		return s + ", " + h.where.street
	}
	return s
}
