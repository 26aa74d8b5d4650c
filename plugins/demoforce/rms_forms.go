package demoforce

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The forms of Larkfield Records beside its general entry.
var rmsStyle = intakeStyle{
	day: func(s string) bool { _, ok := slashedDay(s); return ok }, time: shaped("02/01/2006 15:04"),
	join: dotted, item: func(at string, i int) string { return at + "[" + strconv.Itoa(i) + "]" },
	need: "is required", most: "must be at most %d characters", form: "must be dd/mm/yyyy, with HH:MM where it is a time", codes: "is not in the list",
}

const (
	rmsSomebody  = ` nominalId:12 family:35 given:35 middle:35 dob:day sex:=Male|Female|Unknown phone:20 line1:120 town:35 postcode:post `
	rmsSomewhat  = ` type!:80 description:500 make:50 model:60 serial:60 exhibitRef:40 quantity:40 status:60 store:100 `
	rmsSomeplace = ` locationId:12 line1:120 town:35 postcode:post `
)

var rmsForms = map[string]*intake{
	"arrests": newIntake(rmsStyle, `clientRef!:64 at!:time reportingOfficer!:12 offences!*:200 offenceCodes*:12 grounds!:2000 necessity*:500 circumstances!:4000 cadRef:40 station:80
		cautionReply:500 forceUsed:bool forceDetails:500 scene:{`+rmsSomeplace+`} person!:{`+rmsSomebody+`ethnicity:8 pncId:20 occupation:100 } items*:{`+rmsSomewhat+`} witnesses*:{`+rmsSomebody+`}`),
	"stops": newIntake(rmsStyle, `clientRef!:64 at!:time endedAt:time officer!:12 kind!:=PERSON|VEHICLE|BOTH power!:160 object!:120 grounds!:2000 outcome!:=NFA|ARREST|SUMMONS|CAUTION|PENALTY|CR|DRUGS|OTHER
		linked:bool moreThanOuter:bool intimate:bool strip:500 recordGiven:=YES|NO|UNKNOWN bodyWorn:bool forceUsed:bool forceDetails:500 cadRef:40 operation:80 notes:4000 scene:{`+rmsSomeplace+`}
		person:{`+rmsSomebody+`selfDefined:8 officerDefined:8 } vehicle:{ vrm!:vrm make:50 model:60 colour:30 } found*:{`+rmsSomewhat+`}`),
	"missing": newIntake(rmsStyle, `clientRef!:64 lastSeen!:time reportedAt!:time officer!:12 risk!:=HIGH|MEDIUM|LOW|NONE circumstances!:4000 clothing:500 vulnerabilities:1000 likelyPlaces:1000 cadRef:40
		lastSeenAt:{`+rmsSomeplace+`} person!:{`+rmsSomebody+`heightCm:num build:60 hair:60 marks:500 description:2000 } informant:{`+rmsSomebody+`}`),
	"exhibits":   newIntake(rmsStyle, `clientRef!:64 seizedAt!:time officer!:12 power!:160 reason:2000 cadRef:40 place:{`+rmsSomeplace+`} from:{`+rmsSomebody+`} items!*:{`+rmsSomewhat+`}`),
	"statements": newIntake(rmsStyle, `clientRef!:64 takenAt!:time officer!:12 text!:20000 over18!:bool declared!:bool willAttend:bool measures:500 cadRef:40 witness!:{`+rmsSomebody+`occupation:100 email:254 } exhibits*:{`+rmsSomewhat+`}`),
	"collisions": newIntake(rmsStyle, `clientRef!:64 at!:time officer!:12 severity!:=FATAL|SERIOUS|SLIGHT|DAMAGE narrative!:4000 roadClass:60 speedLimit:num weather:60 light:60 surface:60 cadRef:40 scene!:{`+rmsSomeplace+` latitude:num longitude:num }
		vehicles!*:{ vrm!:vrm make:50 model:60 colour:30 damage:500 } drivers*:{`+rmsSomebody+`breath:=NEG|POS|REFUSED|NOTREQ licence:18 } casualties*:{`+rmsSomebody+`injury:500 severity:=FATAL|SERIOUS|SLIGHT|DAMAGE } witnesses*:{`+rmsSomebody+`}`),
}

// formPost takes one of the forms: the same key again answers as the first time.
func (r *rms) formPost(kind string) func(http.ResponseWriter, *http.Request, officer) {
	in := rmsForms[kind]
	return func(w http.ResponseWriter, q *http.Request, who officer) {
		fail := func(status int, kind, detail string, p ...rmsParam) {
			writeProblem(w, status, kind, detail, q.URL.Path, p)
		}
		key, ok := rmsPosted(q, fail)
		if !ok {
			return
		}
		raw, err := io.ReadAll(q.Body)
		v, ok := readObject(raw)
		if err != nil || !ok {
			fail(http.StatusBadRequest, "validation", "The body is no JSON object")
			return
		}
		bad := in.check(v)
		for _, name := range []string{"at", "lastSeen", "seizedAt", "takenAt"} {
			if s, _ := v[name].(string); s != "" {
				if t, ok := r.moment(s); ok && t.After(r.force.opt.Now().Add(time.Hour)) {
					bad = append(bad, flaw{name, "FUTURE", "lies in the future"})
				}
			}
		}
		for _, name := range []string{"person", "witness"} {
			if p, ok := v[name].(map[string]any); ok && kind != "stops" {
				id, _ := p["nominalId"].(string)
				family, _ := p["family"].(string)
				if id != "" && !r.known(id, "NOM") {
					bad = append(bad, flaw{name + ".nominalId", "CODE", "is not known"})
				} else if id == "" && family == "" {
					bad = append(bad, flaw{name + ".family", "REQUIRED", "is required without nominalId"})
				}
			}
		}
		if len(bad) > 0 {
			var p []rmsParam
			for _, f := range bad {
				p = append(p, rmsParam{f.path, f.say})
			}
			fail(http.StatusUnprocessableEntity, "validation", plural(len(bad), "member needs", "members need")+" attention", p...)
			return
		}
		ref, _ := v["clientRef"].(string)
		now := r.force.opt.Now()
		row, before := r.taken.take(kind, ref, formNumbers[kind], now, sha256.Sum256(raw), true)
		if before && row.sum != sha256.Sum256(raw) {
			fail(http.StatusConflict, "idempotency-mismatch", "This key came before with another body")
			return
		}
		status := http.StatusCreated
		if before {
			w.Header().Set("Idempotent-Replayed", "true")
			status = http.StatusOK
		} else {
			r.force.deliveries.add(Delivery{System: "rms", Reference: row.no, ClientRef: ref, By: who.user, At: now.UTC(), Body: json.RawMessage(raw), Key: key})
		}
		writeJSON(w, status, map[string]any{"data": r.formReceipt(row)})
	}
}

var formNumbers = map[string]string{"arrests": "ARR26%05d", "stops": "STP26%05d", "missing": "MIS26%05d", "exhibits": "EXH26%05d", "statements": "STM26%05d", "collisions": "COL26%05d"}

func (r *rms) formReceipt(row ledgerRow) map[string]string {
	return map[string]string{"recordId": row.no, "clientRef": row.ref, "receivedAt": row.at.In(r.loc).Format("02/01/2006 15:04:05")}
}

func (r *rms) formFind(kind string) func(http.ResponseWriter, *http.Request, officer) {
	return func(w http.ResponseWriter, q *http.Request, _ officer) {
		out := []map[string]string{}
		if row, ok := r.taken.find(kind, q.URL.Query().Get("clientRef")); ok {
			out = append(out, r.formReceipt(row))
		}
		writeJSON(w, http.StatusOK, map[string]any{"data": out, "meta": rmsMeta{Count: len(out), Total: len(out)}})
	}
}
