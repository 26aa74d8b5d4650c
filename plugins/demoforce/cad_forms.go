package demoforce

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// What Vigil C2 takes beside incidents: what became of them. It does not know a reference when it sees it twice.
var cadStyle = intakeStyle{
	day: shaped("2006-01-02"), time: shaped(time.RFC3339), join: slashed, item: func(at string, i int) string { return at + "/" + strconv.Itoa(i) },
	need: "A value is required", most: "At most %d characters are taken", form: "The value is not in ISO 8601 form", codes: "The value is not in the list",
}

var cadForms = map[string]*intake{
	"ArrestResults": newIntake(cadStyle, `ExternalRef:64 IncidentNo:40 ArrestedAt!:time OfficerCollarNo!:12 Offence!:120 Station:80 LocationText!:200 Postcode:post Remarks:2000
		Detainee!:{ PersonId:num Surname:40 Forenames:60 DateOfBirth:day Sex:=M|F|U Phone:20 }`),
	"StopResults": newIntake(cadStyle, `ExternalRef:64 IncidentNo:40 StoppedAt!:time OfficerCollarNo!:12 Kind!:=PERSON|VEHICLE|BOTH Object!:120 Outcome!:=NFA|ARREST|OTHER LocationText!:200 Postcode:post
		Person:{ PersonId:num Surname:40 Forenames:60 DateOfBirth:day Sex:=M|F|U } Vehicle:{ Vrm!:vrm Make:50 Colour:30 }`),
	"MissingPersons": newIntake(cadStyle, `ExternalRef:64 IncidentNo:40 LastSeenAt!:time ReportedAt:time OfficerCollarNo!:12 Risk!:=H|M|L|N Narrative!:4000 Clothing:500 LocationText!:200 Postcode:post
		Person!:{ PersonId:num Surname:40 Forenames:60 DateOfBirth:day Sex:=M|F|U Phone:20 Description:2000 } Informant:{ Surname:40 Forenames:60 Phone:20 }`),
	"Collisions": newIntake(cadStyle, `ExternalRef:64 IncidentNo:40 OccurredAt!:time OfficerCollarNo!:12 Severity!:=1|2|3|4 Narrative!:4000 LocationText!:200 Postcode:post Latitude:num Longitude:num
		Vehicles!*:{ Vrm!:vrm Make:50 Colour:30 } Casualties*:{ Surname:40 Forenames:60 DateOfBirth:day Severity:=1|2|3|4 }`),
}

var cadRef = regexp.MustCompile(`^ExternalRef eq '([^']{1,64})'$`)

// formSet serves the entity sets of cadForms: adding one, and finding it by its reference.
func (c *cad) formSet(w http.ResponseWriter, r *http.Request, set string, who officer) {
	in := cadForms[set]
	view := func(row ledgerRow) map[string]any {
		return map[string]any{"ResultNo": row.no, "ExternalRef": row.ref, "ReceivedAt": instant(row.at)}
	}
	if r.Method == http.MethodGet {
		m := cadRef.FindStringSubmatch(r.URL.Query().Get("$filter"))
		if m == nil {
			cadFail(w, http.StatusBadRequest, "BadRequest", "Only ExternalRef eq '…' can be asked for", "$filter")
			return
		}
		found := []map[string]any{}
		if row, ok := c.taken.find(set, m[1]); ok {
			found = append(found, view(row))
		}
		c.send(w, http.StatusOK, map[string]any{"@odata.context": c.base + "/$metadata#" + set, "value": found})
		return
	}
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method != http.MethodPost || ct != "application/json" {
		cadFail(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "POST application/json", "")
		return
	}
	raw, err := io.ReadAll(r.Body)
	v, ok := readObject(raw)
	if err != nil || !ok {
		cadFail(w, http.StatusBadRequest, "BadRequest", "The body is no JSON object", "")
		return
	}
	bad := in.check(v)
	for _, name := range []string{"ArrestedAt", "StoppedAt", "LastSeenAt", "OccurredAt"} {
		if s, _ := v[name].(string); s != "" {
			if t, err := time.Parse(time.RFC3339, s); err == nil && t.After(c.force.opt.Now().Add(time.Hour)) {
				bad = append(bad, flaw{name, "FUTURE", "The time lies in the future"})
			}
		}
	}
	for _, name := range []string{"Detainee", "Person"} {
		if p, ok := v[name].(map[string]any); ok && p["PersonId"] == nil && p["Surname"] == nil && in != cadForms["StopResults"] {
			bad = append(bad, flaw{name + "/Surname", "REQUIRED", "Surname is required without PersonId"})
		}
	}
	if len(bad) > 0 {
		var details []map[string]string
		for _, f := range bad {
			details = append(details, map[string]string{"code": f.code, "target": f.path, "message": f.say})
		}
		cadFail(w, http.StatusBadRequest, "ValidationError", plural(len(bad), "property is", "properties are")+" not valid", "", details...)
		return
	}
	ref, _ := v["ExternalRef"].(string)
	row, _ := c.taken.take(set, ref, "RES-%05d", c.force.opt.Now(), sha256.Sum256(raw), false)
	c.force.deliveries.add(Delivery{System: "cad", Reference: row.no, ClientRef: ref, By: who.user, At: row.at.UTC(), Body: json.RawMessage(raw)})
	c.send(w, http.StatusCreated, view(row))
}
