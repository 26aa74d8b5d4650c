package demoforce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// notify takes an incident for custody's attention. What is badly formed is a fault; what custody will not have is a
// REFUSED in a 200, as its users know it.
func (c *custody) notify(user string, read func(any) error) (any, error) {
	var n custodyNotice
	if err := read(&n); err != nil {
		return nil, client("The request cannot be read")
	}
	var bad []custodyField
	text := func(name, s string, least, most int) {
		switch k := utf8.RuneCountInString(strings.TrimSpace(s)); {
		case k < least:
			bad = append(bad, custodyField{name, "REQUIRED", "must be given"})
		case k > most:
			bad = append(bad, custodyField{name, "LENGTH", fmt.Sprintf("at most %d characters", most)})
		}
	}
	text("ClientReference", n.ClientReference, 1, 40)
	text("Narrative", n.Narrative, 1, 1000)
	text("OfficerStaffNo", n.OfficerStaffNo, 1, 10)
	text("Place", n.Place, 0, 120)
	if !slices.Contains(custodyTypes, n.IncidentType) {
		bad = append(bad, custodyField{"IncidentType", "CODE", "is not in the list"})
	}
	at, err := time.ParseInLocation("20060102150405", n.OccurredAt, c.force.world.loc)
	if err != nil {
		bad = append(bad, custodyField{"OccurredAt", "FORMAT", "is yyyyMMddHHmmss"})
	}
	if n.Postcode != "" && !postcodeForm(n.Postcode) {
		bad = append(bad, custodyField{"Postcode", "FORMAT", "is no postcode"})
	}
	if len(n.Person) == 0 {
		bad = append(bad, custodyField{"Person", "REQUIRED", "at least one person must be given"})
	}
	for i, p := range n.Person {
		if p.DetaineeNo == "" && strings.TrimSpace(p.Surname) == "" {
			bad = append(bad, custodyField{fmt.Sprintf("Person[%d]/Surname", i+1), "REQUIRED", "must be given without DetaineeNo"})
		}
		if _, err := time.Parse("20060102", p.DateOfBirth); p.DateOfBirth != "" && err != nil {
			bad = append(bad, custodyField{fmt.Sprintf("Person[%d]/DateOfBirth", i+1), "FORMAT", "is yyyyMMdd"})
		}
	}
	if len(bad) > 0 {
		return nil, invalidFields(bad...)
	}
	refuse := func(code, say, existing string) (any, error) {
		return custodyNotified{Result: "REFUSED", ReasonCode: code, ReasonText: say, ExistingNo: existing}, nil
	}
	if at.After(c.force.opt.Now().Add(time.Hour)) {
		return refuse("FUTURE-TIME", "The time lies in the future", "")
	}
	for _, p := range n.Person {
		if p.DetaineeNo != "" && !slices.ContainsFunc(c.detainees, func(d *custodyDetainee) bool { return d.DetaineeNo == p.DetaineeNo }) {
			return refuse("UNKNOWN-DETAINEE", "Detainee "+p.DetaineeNo+" is not known", "")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.notices {
		if k.ref == n.ClientReference {
			return refuse("DUPLICATE-REFERENCE", "A notification with this reference was taken", k.no)
		}
	}
	k := custodyKept{n.ClientReference, fmt.Sprintf("N-%06d", len(c.notices)+1), c.stamp(c.force.opt.Now())}
	c.notices = append(c.notices, k)
	b, _ := json.Marshal(n) // texts only: cannot fail
	c.force.deliveries.add(Delivery{System: "custody", Reference: k.no, ClientRef: k.ref, By: user, At: c.force.opt.Now().UTC(), Body: b})
	return custodyNotified{Result: "ACCEPTED", NotificationNo: k.no, ReceivedAt: k.at}, nil
}

func (c *custody) byReference(_ string, read func(any) error) (any, error) {
	var q custodyFind
	if err := read(&q); err != nil || q.ClientReference == "" {
		return nil, invalidFields(custodyField{"ClientReference", "REQUIRED", "must be given"})
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, k := range c.notices {
		if k.ref == q.ClientReference {
			return custodyByRef{Found: true, NotificationNo: k.no, ReceivedAt: k.at}, nil
		}
	}
	if row, ok := c.booked.find("BookIn", q.ClientReference); ok {
		return custodyByRef{Found: true, NotificationNo: row.no, ReceivedAt: c.stamp(row.at)}, nil
	}
	return custodyByRef{}, nil
}
