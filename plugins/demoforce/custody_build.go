package demoforce

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *custody) stamp(t time.Time) string { return t.In(c.force.world.loc).Format("20060102150405") }

// load writes the world down as the custody desk booked it in.
func (c *custody) load(w *world) {
	d := newDice(w.seed, "custody")
	byPerson := map[*person]*custodyDetainee{}
	counts := map[int]int{}
	for _, h := range w.events {
		if !h.custody {
			continue
		}
		for _, x := range h.people {
			if x.role != "SUSPECT" {
				continue
			}
			p := x.who
			if p.dob.age(h.at) < 10 {
				continue
			}
			det := byPerson[p]
			if det == nil || p.story == "" && d.pc(3) { // booked in again as somebody new
				det = c.book(w, d, p)
				byPerson[p] = det
			}
			local := h.at.In(w.loc)
			counts[local.Year()]++
			r := &custodyRecord{CustodyNo: fmt.Sprintf("%s/%d/%05d", pick(d, words("LC NM EI")), local.Year(), counts[local.Year()]), DetaineeNo: det.DetaineeNo, DetaineeName: strings.TrimSpace(det.Surname + " " + det.Forename1),
				ArrestedAt: c.stamp(h.at.Add(20 * time.Minute)), AuthorisedAt: c.stamp(h.at.Add(75 * time.Minute)), Station: pick(d, stations), Reason: "Arrested on suspicion of " + strings.ToLower(h.off.text), OffenceCode: h.off.cust,
				OffenceText: h.off.text, Disposal: h.outcome, ArrestLocation: h.where.line() + ", " + h.where.town, OfficerStaffNo: h.officer}
			out := h.at.Add(time.Duration(5+d.IntN(18)) * time.Hour)
			if out.Before(w.now) {
				r.ReleasedAt = c.stamp(out)
				r.LastChanged = c.stamp(out.Add(10 * time.Minute))
			} else {
				r.LastChanged, r.Disposal = r.AuthorisedAt, ""
			}
			r.LogEntry = []custodyLog{{r.ArrestedAt, "Arrived at station."}, {r.AuthorisedAt, "Detention authorised, rights given."}}
			if len(det.Marker) > 0 {
				r.LogEntry = append(r.LogEntry, custodyLog{r.AuthorisedAt, "Risk assessment: " + det.Marker[0].Text + ", observations every 30 minutes."})
			}
			r.words = tokens(r.CustodyNo, squash(r.CustodyNo), r.DetaineeName, r.OffenceText, r.ArrestLocation, h.where.postcode)
			det.CustodyNo = append(det.CustodyNo, r.CustodyNo)
			det.LastChanged = max(det.LastChanged, r.LastChanged)
			det.words = append(det.words, squashLower(r.CustodyNo))
			c.records = append(c.records, r)
			w.truth.add("event", h.n, h.off.text, "custody", r.CustodyNo)
		}
	}
	slices.SortFunc(c.detainees, func(a, b *custodyDetainee) int {
		return strings.Compare(a.Surname+a.DetaineeNo, b.Surname+b.DetaineeNo)
	})
	slices.Reverse(c.records)
}

func squashLower(s string) string { return strings.ToLower(squash(s)) }

func (c *custody) book(w *world, d dice, p *person) *custodyDetainee {
	v := see(d, p, 0.9)
	if p.story == "aaron" {
		v.dob, v.at = day{2011, 3, 11}, nil // booked in late: day and month the wrong way round, address refused
		v.mobile = ""
	}
	x := &custodyDetainee{DetaineeNo: fmt.Sprintf("D-%07d", 1201+len(c.detainees)*3), Surname: upper(v.sur), Forename1: upper(v.given), Forename2: upper(v.middle), Sex: map[byte]string{'M': "1", 'F': "2"}[p.sex],
		SelfDefinedEthnicity: p.eth, HeightCm: strconv.Itoa(p.height), Build: p.build, PncId: v.pnc, Cro: p.cro, Phone: spokenPhone(v.mobile), Nickname: p.nicks, LastChanged: "20200101000000"}
	if x.Sex == "" {
		x.Sex = "9"
	}
	if p.story == "aaron" {
		x.Nickname = nil // only intelligence knows it
	}
	if !v.dob.zero() {
		x.DateOfBirth = v.dob.packed()
	}
	if p.nfa {
		x.NoFixedAbode = "Y"
	} else if v.at != nil {
		x.Address = &custodyAddress{v.at.line(), v.at.town, v.at.postcode}
	}
	for _, m := range p.warns {
		if mk, ok := custodyMarkers[m.code]; ok && (d.pc(80) || p.story != "") {
			x.Marker = append(x.Marker, custodyMarker{mk[0], mk[1], m.since.packed()})
		}
	}
	x.words = tokens(x.Surname, x.Forename1, x.Forename2, strings.Join(x.Nickname, " "), squash(x.PncId), squash(x.Cro), digits(x.Phone))
	if len(x.DateOfBirth) == 8 {
		x.words = append(x.words, x.DateOfBirth[:4])
	}
	if x.Address != nil {
		x.words = append(x.words, tokens(x.Address.Line1, x.Address.Postcode, squash(x.Address.Postcode))...)
	}
	c.detainees = append(c.detainees, x)
	w.truth.add("person", p.n, p.sur+" "+p.given, "custody", x.DetaineeNo)
	return x
}
