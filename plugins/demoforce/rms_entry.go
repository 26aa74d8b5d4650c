package demoforce

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// rmsKept is what an Idempotency-Key stands for.
type rmsKept struct {
	body    [32]byte
	receipt rmsReceipt
}

var rmsRoles = words("MISSING VICTIM SUSPECT WITNESS REPORTER OFFENDER SUBJECT SEARCHED")

// rmsPosted is the key of a posted entry; false after it was refused by fail.
func rmsPosted(q *http.Request, fail func(status int, kind, detail string, p ...rmsParam)) (key string, ok bool) {
	if ct, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type")); ct != "application/json" {
		fail(http.StatusUnsupportedMediaType, "validation", "The body must be application/json")
		return "", false
	}
	key = q.Header.Get("Idempotency-Key")
	if key == "" || len(key) > 128 {
		fail(http.StatusBadRequest, "validation", "An Idempotency-Key header of 1 to 128 characters is needed")
		return "", false
	}
	return key, true
}

func (r *rms) enter(w http.ResponseWriter, q *http.Request, who officer) {
	fail := func(status int, kind, detail string, p ...rmsParam) {
		writeProblem(w, status, kind, detail, q.URL.Path, p)
	}
	key, ok := rmsPosted(q, fail)
	if !ok {
		return
	}
	e, raw, ok := r.readEntry(w, q)
	if !ok {
		return
	}
	sum := sha256.Sum256(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.keys[key]; ok {
		if k.body != sum {
			fail(http.StatusConflict, "idempotency-mismatch", "This key came before with another body")
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		writeJSON(w, http.StatusOK, map[string]any{"data": k.receipt})
		return
	}
	if i := slices.IndexFunc(r.entries, func(x rmsReceipt) bool { return x.ClientRef == e.ClientRef }); i >= 0 {
		sendProblem(w, rmsProblem{Type: "https://larkfield.example/problems/duplicate-client-ref", Title: "Already entered", Status: http.StatusConflict,
			Detail: "An entry with this clientRef exists", Instance: q.URL.Path, Trace: random(9), ExistingID: r.entries[i].OccurrenceID})
		return
	}
	rec := r.keep(e)
	r.keys[key] = rmsKept{sum, rec}
	r.force.deliveries.add(Delivery{System: "rms", Reference: rec.OccurrenceID, ClientRef: e.ClientRef, By: who.user, At: r.force.opt.Now().UTC(), Body: json.RawMessage(raw), Key: key})
	w.Header().Set("Location", r.base+"/occurrences/"+rec.OccurrenceID)
	writeJSON(w, http.StatusCreated, map[string]any{"data": rec})
}

// readEntry reads and checks the body of an entry. With ok false the answer is given.
func (r *rms) readEntry(w http.ResponseWriter, q *http.Request) (e rmsEntry, raw []byte, ok bool) {
	fail := func(status int, kind, detail string, p ...rmsParam) {
		writeProblem(w, status, kind, detail, q.URL.Path, p)
	}
	raw, err := io.ReadAll(q.Body)
	if err != nil {
		fail(http.StatusRequestEntityTooLarge, "validation", "The body is too large")
		return e, nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		var typ *json.UnmarshalTypeError
		switch name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); {
		case unknown:
			fail(http.StatusUnprocessableEntity, "validation", "1 member needs attention", rmsParam{strings.Trim(name, `"`), "is not known"})
		case errors.As(err, &typ):
			fail(http.StatusUnprocessableEntity, "validation", "1 member needs attention", rmsParam{typ.Field, "must be of type " + typ.Type.String()})
		default:
			fail(http.StatusBadRequest, "validation", "The body is no JSON object")
		}
		return e, nil, false
	}
	if bad := r.check(e); len(bad) > 0 {
		fail(http.StatusUnprocessableEntity, "validation", plural(len(bad), "member needs", "members need")+" attention", bad...)
		return e, nil, false
	}
	return e, raw, true
}

// correct replaces what an entry says; its reference stays.
func (r *rms) correct(w http.ResponseWriter, q *http.Request, who officer) {
	e, raw, ok := r.readEntry(w, q)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.entries, func(x rmsReceipt) bool { return x.OccurrenceID == q.PathValue("id") })
	if i < 0 {
		writeProblem(w, http.StatusNotFound, "not-found", "No entry has this id", q.URL.Path, nil)
		return
	}
	if was, ok := r.byID[r.entries[i].OccurrenceID].(*rmsOccurrence); ok {
		c := *was
		at, _ := r.moment(e.At) // checked before
		c.Type, c.TypeText, c.At, c.Summary = e.Type, rmsTypes[e.Type], at.Format("02/01/2006 15:04:05"), or(deref(e.Summary), e.Details)
		c.Updated, c.Version = r.force.opt.Now().In(r.loc).Format("02/01/2006 15:04:05"), was.Version+1
		replace(r.occs, was, &c)
		r.byID[c.ID] = &c
	}
	r.force.deliveries.add(Delivery{System: "rms", Reference: r.entries[i].OccurrenceID, ClientRef: e.ClientRef, Amends: true, By: who.user, At: r.force.opt.Now().UTC(), Body: json.RawMessage(raw)})
	writeJSON(w, http.StatusOK, map[string]any{"data": r.entries[i]})
}

// moment reads dd/mm/yyyy HH:MM[:SS] in local time.
func (r *rms) moment(s string) (time.Time, bool) {
	for _, f := range []string{"02/01/2006 15:04:05", "02/01/2006 15:04"} {
		if t, err := time.ParseInLocation(f, s, r.loc); err == nil && t.Year() > 1850 {
			return t, true
		}
	}
	return time.Time{}, false
}

func (r *rms) check(e rmsEntry) (bad []rmsParam) {
	add := func(name, reason string) { bad = append(bad, rmsParam{name, reason}) }
	text := func(name, s string, least, most int) {
		n := utf8.RuneCountInString(s)
		switch {
		case n < least || least > 0 && strings.TrimSpace(s) == "":
			add(name, "is required")
		case n > most:
			add(name, fmt.Sprintf("must be at most %d characters", most))
		}
	}
	text("clientRef", e.ClientRef, 1, 64)
	text("details", e.Details, 1, 2000)
	text("summary", deref(e.Summary), 0, 120)
	text("reportingOfficer", e.Officer, 1, 12)
	if rmsTypes[e.Type] == "" {
		add("type", "is not in the list of occurrence types")
	}
	at, ok := r.moment(e.At)
	switch {
	case e.At == "":
		add("at", "is required")
	case !ok:
		add("at", "must be a time dd/mm/yyyy HH:MM")
	case at.After(r.force.opt.Now().Add(time.Hour)):
		add("at", "lies in the future")
	}
	if s := deref(e.EndedAt); s != "" {
		if end, ok2 := r.moment(s); !ok2 {
			add("endedAt", "must be a time dd/mm/yyyy HH:MM")
		} else if ok && end.Before(at) {
			add("endedAt", "is before at")
		}
	}
	if l := e.Location; l != nil {
		if id := deref(l.LocationID); id != "" && !r.known(id, "LOC") {
			add("location.locationId", "is not known")
		}
		text("location.line1", deref(l.Line1), 0, 120)
		if s := deref(l.Postcode); s != "" && !postcodeForm(s) {
			add("location.postcode", "is no postcode")
		}
		if (l.Latitude == nil) != (l.Longitude == nil) {
			add("location.latitude", "needs longitude, and the other way round")
		}
	}
	for i, p := range e.Persons {
		at := fmt.Sprintf("persons[%d].", i)
		if !slices.Contains(rmsRoles, p.Role) {
			add(at+"role", "is not in the list of roles")
		}
		if id := deref(p.NominalID); id != "" && !r.known(id, "NOM") {
			add(at+"nominalId", "is not known")
		} else if id == "" && strings.TrimSpace(deref(p.Family)) == "" {
			add(at+"family", "is required without nominalId")
		}
		text(at+"family", deref(p.Family), 0, 35)
		text(at+"given", deref(p.Given), 0, 35)
		if s := deref(p.DOB); s != "" {
			if _, ok := slashedDay(s); !ok {
				add(at+"dob", "must be a date dd/mm/yyyy")
			}
		}
	}
	for i, v := range e.Vehicles {
		if n := len(squash(v.VRM)); n < 2 || n > 8 {
			add(fmt.Sprintf("vehicles[%d].vrm", i), "is no registration")
		}
	}
	return bad
}

func (r *rms) known(id, prefix string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.byID[id]
	return ok && strings.HasPrefix(id, prefix)
}

// keep makes the occurrence. The caller holds the lock.
func (r *rms) keep(e rmsEntry) rmsReceipt {
	r.seq++
	now := r.force.opt.Now().In(r.loc)
	at, _ := r.moment(e.At) // checked before
	stamp := now.Format("02/01/2006 15:04:05")
	x := &rmsOccurrence{ID: fmt.Sprintf("OCC%s%05d", pad(now.Year()%100, 2), r.seq), Type: e.Type, TypeText: rmsTypes[e.Type], Status: "OPEN", At: at.Format("02/01/2006 15:04:05"), Summary: or(deref(e.Summary), e.Details),
		ClientRef: nz(e.ClientRef), CadRef: nz(deref(e.CadRef)), rmsTail: rmsTail{Marking: "OFFICIAL", Updated: stamp, Version: 1, Links: []rmsLink{}}, rmsSearch: rmsSearch{day: dayOf(at)}}
	if end, ok := r.moment(deref(e.EndedAt)); ok {
		x.EndedAt = nz(end.Format("02/01/2006 15:04:05"))
	}
	text := []string{x.ID, e.ClientRef, e.Details, deref(e.Summary), x.TypeText, deref(e.CadRef)}
	if l := e.Location; l != nil {
		x.LocationID = nz(deref(l.LocationID))
		x.LocationText = strings.Trim(strings.Join([]string{deref(l.Line1), deref(l.Town), deref(l.Postcode)}, ", "), ", ")
		text = append(text, x.LocationText)
		if p, ok := r.byID[deref(l.LocationID)].(*rmsLocation); ok {
			x.Links = append(x.Links, rmsLink{"SCENE", "location", p.ID, p.Building + " " + p.Street + ", " + p.Postcode})
			c := *p
			c.Links = append(slices.Clip(c.Links), rmsLink{"SCENE", "occurrence", x.ID, x.TypeText})
			replace(r.locs, p, &c)
			r.byID[c.ID] = &c
		}
	}
	for _, p := range e.Persons {
		name := strings.TrimSpace(upper(deref(p.Family)) + " " + deref(p.Given))
		if n, ok := r.byID[deref(p.NominalID)].(*rmsPerson); ok {
			name = n.label()
			c := *n
			c.Links = append(slices.Clip(c.Links), rmsLink{p.Role, "occurrence", x.ID, x.TypeText + " " + at.Format("02/01/2006")})
			replace(r.people, n, &c)
			r.byID[c.ID] = &c
		}
		x.persons = append(x.persons, deref(p.NominalID))
		text = append(text, name)
		if id := deref(p.NominalID); id != "" {
			x.Links = append(x.Links, rmsLink{p.Role, "person", id, name})
		}
	}
	for _, v := range e.Vehicles {
		x.vrms = append(x.vrms, squash(v.VRM))
		text = append(text, squash(v.VRM))
		for _, c := range r.cars {
			if squash(c.VRM) == squash(v.VRM) {
				x.Links = append(x.Links, rmsLink{or(deref(v.Role), "INVOLVED"), "vehicle", c.ID, c.VRM + " " + c.Make})
			}
		}
	}
	x.words = tokens(text...)
	r.occs = append([]*rmsOccurrence{x}, r.occs...)
	r.byID[x.ID] = x
	rec := rmsReceipt{fmt.Sprintf("ENT%06d", len(r.entries)+1), x.ID, e.ClientRef, stamp}
	r.entries = append(r.entries, rec)
	return rec
}

// replace puts a changed copy where the old record was, so that answers being written keep theirs.
func replace[T any](list []*T, old, changed *T) {
	if i := slices.Index(list, old); i >= 0 {
		list[i] = changed
	}
}

func (r *rms) listEntries(w http.ResponseWriter, q *http.Request, _ officer) {
	ref := q.URL.Query().Get("clientRef")
	if ref == "" {
		writeProblem(w, http.StatusUnprocessableEntity, "validation", "1 member needs attention", q.URL.Path, []rmsParam{{"clientRef", "is required"}})
		return
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := []rmsReceipt{}
	for _, e := range r.entries {
		if e.ClientRef == ref {
			out = append(out, e)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": out, "meta": rmsMeta{Count: len(out), Total: len(out)}})
}

// postcodeForm checks the outer form of a UK postcode.
func postcodeForm(s string) bool {
	p := squash(s)
	if len(p) < 5 || len(p) > 7 {
		return false
	}
	in := p[len(p)-3:]
	letter := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	return in[0] >= '0' && in[0] <= '9' && letter(in[1]) && letter(in[2]) && letter(p[0])
}
