package demoforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// cadIncident is what POST /Incidents takes.
type cadIncident struct {
	ExternalRef, Headline, Postcode, OfficerCollarNo *string
	Priority, TypeCode, Narrative                    string
	OpenedAt, LocationText                           string
	Latitude, Longitude                              *float64
	Persons                                          []struct {
		Role                                   string
		PersonId                               *int64
		Surname, Forenames, DateOfBirth, Phone *string
	}
	Vehicles []struct {
		Vrm          string
		Make, Colour *string
	}
}

var cadRoles = words("CALLER SUBJECT WITNESS SUSPECT VICTIM")

// strictCase refuses members whose case is wrong, which encoding/json would let through.
func strictCase(raw []byte) string {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	known := words("ExternalRef Headline Postcode OfficerCollarNo Priority TypeCode Narrative OpenedAt LocationText Latitude Longitude Persons Vehicles")
	for k := range m {
		if !slices.Contains(known, k) {
			return k
		}
	}
	return ""
}

func (c *cad) create(w http.ResponseWriter, r *http.Request, who officer) {
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "application/json" {
		cadFail(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The body must be application/json", "")
		return
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		cadFail(w, http.StatusRequestEntityTooLarge, "TooLarge", "The body is too large", "")
		return
	}
	var e cadIncident
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err = dec.Decode(&e)
	if k := strictCase(raw); k != "" {
		cadFail(w, http.StatusBadRequest, "UndeclaredProperty", "The property '"+k+"' does not exist on type 'Vigil.Incident'", k)
		return
	}
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ):
		cadFail(w, http.StatusBadRequest, "ValidationError", "A value is of the wrong type", strings.ReplaceAll(typ.Field, ".", "/"))
		return
	case err != nil:
		cadFail(w, http.StatusBadRequest, "BadRequest", "The body cannot be read: "+strings.TrimPrefix(err.Error(), "json: "), "")
		return
	}
	c.mu.Lock()
	if bad := c.check(e); len(bad) > 0 {
		c.mu.Unlock()
		cadFail(w, http.StatusBadRequest, "ValidationError", plural(len(bad), "property is", "properties are")+" not valid", "", bad...)
		return
	}
	row := c.keep(e)
	v := row.view(nil, row.set.navs)
	c.mu.Unlock()
	key := strconv.FormatInt(row.key, 10)
	c.force.deliveries.add(Delivery{System: "cad", Reference: row.p["IncidentNo"].(string), ClientRef: deref(e.ExternalRef), By: who.user, At: c.force.opt.Now().UTC(), Body: json.RawMessage(raw), Key: r.Header.Get("Idempotency-Key")})
	c.live.publish("created", v)
	v["@odata.context"] = c.base + "/$metadata#Incidents/$entity"
	w.Header().Set("Location", c.base+"/Incidents("+key+")")
	c.send(w, http.StatusCreated, v)
}

// check returns the details of what is wrong. The caller holds the lock.
func (c *cad) check(e cadIncident) (bad []map[string]string) {
	add := func(code, target, say string) {
		bad = append(bad, map[string]string{"code": code, "target": target, "message": say})
	}
	length := func(target, s string, required bool, most int) {
		if required && strings.TrimSpace(s) == "" {
			add("Required", target, target+" is required")
		} else if utf8.RuneCountInString(s) > most {
			add("TooLong", target, fmt.Sprintf("%s takes at most %d characters", target, most))
		}
	}
	length("ExternalRef", deref(e.ExternalRef), false, 64)
	length("Headline", deref(e.Headline), false, 80)
	length("Narrative", e.Narrative, true, 4000)
	length("LocationText", e.LocationText, true, 200)
	if !slices.Contains(words("P1 P2 P3 P4"), e.Priority) {
		add("InvalidValue", "Priority", "Priority is one of P1, P2, P3, P4")
	}
	if cadTypes[e.TypeCode] == "" {
		add("InvalidValue", "TypeCode", "TypeCode is not in the list")
	}
	if t, err := time.Parse(time.RFC3339, e.OpenedAt); err != nil {
		add("InvalidValue", "OpenedAt", "OpenedAt is an instant such as 2026-11-24T13:52:00Z")
	} else if t.After(c.force.opt.Now().Add(time.Hour)) {
		add("InvalidValue", "OpenedAt", "OpenedAt lies in the future")
	}
	if s := deref(e.Postcode); s != "" && !postcodeForm(s) {
		add("InvalidValue", "Postcode", "Postcode is no postcode")
	}
	if (e.Latitude == nil) != (e.Longitude == nil) {
		add("Required", "Longitude", "Latitude and Longitude come together")
	}
	for i, p := range e.Persons {
		at := fmt.Sprintf("Persons/%d/", i)
		if !slices.Contains(cadRoles, p.Role) {
			add("InvalidValue", at+"Role", "Role is one of "+strings.Join(cadRoles, ", "))
		}
		switch {
		case p.PersonId != nil && c.sets["Persons"].byKey[*p.PersonId] == nil:
			add("NotFound", at+"PersonId", "There is no such person")
		case p.PersonId == nil && strings.TrimSpace(deref(p.Surname)) == "":
			add("Required", at+"Surname", "Surname is required without PersonId")
		}
		length(at+"Surname", deref(p.Surname), false, 40)
		if s := deref(p.DateOfBirth); s != "" {
			if _, err := time.Parse("2006-01-02", s); err != nil {
				add("InvalidValue", at+"DateOfBirth", "DateOfBirth is a date such as 2011-11-03")
			}
		}
		if s := deref(p.Phone); s != "" && len(digits(s)) < 7 {
			add("InvalidValue", at+"Phone", "Phone is no number")
		}
	}
	for i, v := range e.Vehicles {
		if n := len(v.Vrm); n < 2 || n > 8 || v.Vrm != squash(v.Vrm) {
			add("InvalidValue", fmt.Sprintf("Vehicles/%d/Vrm", i), "Vrm is capital letters and digits only")
		}
	}
	return bad
}

// keep adds the incident and its neighbours. The caller holds the lock.
func (c *cad) keep(e cadIncident) *cadRow {
	now := instant(c.force.opt.Now())
	opened, _ := time.Parse(time.RFC3339, e.OpenedAt) // checked
	p := map[string]any{"IncidentNo": fmt.Sprintf("CAD-%04d", c.nextNo), "Priority": e.Priority, "TypeCode": e.TypeCode, "TypeText": cadTypes[e.TypeCode], "Status": "OPEN", "Headline": or(deref(e.Headline), cadTypes[e.TypeCode]),
		"Narrative": e.Narrative, "OpenedAt": instant(opened), "UpdatedAt": now, "ClosedAt": nil, "LocationId": nil, "LocationText": e.LocationText, "Postcode": orNull(deref(e.Postcode)), "Latitude": nil, "Longitude": nil,
		"Beat": "NM1", "Units": []string{}, "ExternalRef": orNull(deref(e.ExternalRef)), "Marking": "O"}
	if e.Latitude != nil {
		p["Latitude"], p["Longitude"] = *e.Latitude, *e.Longitude
	}
	r := c.sets["Incidents"].add(c.nextKey, p, p["IncidentNo"].(string), p["Headline"].(string), e.Narrative, e.LocationText, deref(e.Postcode), deref(e.ExternalRef))
	c.nextKey++
	c.nextNo++
	for _, x := range e.Persons {
		s := c.sets["Persons"]
		var row *cadRow
		if x.PersonId != nil {
			row = s.byKey[*x.PersonId]
		} else {
			q := map[string]any{"Surname": upper(deref(x.Surname)), "Forenames": upper(deref(x.Forenames)), "DateOfBirth": orNull(deref(x.DateOfBirth)), "ApproxAge": nil, "Sex": "U", "Phone": nil, "AddressText": nil,
				"Postcode": nil, "Warnings": "", "MissingSince": nil, "UpdatedAt": now}
			if d := digits(deref(x.Phone)); d != "" {
				q["Phone"] = "+44" + strings.TrimPrefix(d, "0")
			}
			row = s.add(int64(700001+len(s.rows)), q, deref(x.Surname), deref(x.Forenames), digits(deref(x.Phone)))
		}
		r.link("Persons", row, x.Role)
		row.link("Incidents", r, x.Role)
		r.words = append(r.words, tokens(row.p["Surname"].(string), row.p["Forenames"].(string))...)
	}
	for _, x := range e.Vehicles {
		s := c.sets["Vehicles"]
		var row *cadRow
		for _, v := range s.rows {
			if v.p["Vrm"] == x.Vrm {
				row = v
			}
		}
		if row == nil {
			row = s.add(int64(800001+len(s.rows)), map[string]any{"Vrm": x.Vrm, "Make": deref(x.Make), "Colour": orNull(deref(x.Colour)), "KeeperName": nil, "UpdatedAt": now}, x.Vrm, deref(x.Make))
		}
		r.link("Vehicles", row, "INVOLVED")
		row.link("Incidents", r, "INVOLVED")
		r.words = append(r.words, tokens(x.Vrm)...)
	}
	return r
}
