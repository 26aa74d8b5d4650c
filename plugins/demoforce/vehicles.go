package demoforce

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// dvla is the Vehicle Enquiry Service as its manual and its published OpenAPI document describe it.
type dvla struct {
	base string
	key  string
	mu   sync.RWMutex
	byID map[string]map[string]any
}

// vesForm is the published pattern of a registration number.
var vesForm = regexp.MustCompile(`^[A-Z0-9]{2,7}$`)

// vesErrors are the registrations that the service's test host answers with an error.
var vesErrors = map[string][4]string{
	"ER19BAD": {"400", "105", "Bad Request", "Invalid format for field - vehicle registration number"},
	"ER19NFD": {"404", "404", "Vehicle Not Found", "Record for vehicle not found"},
	"ER19THR": {"429", "429", "Too Many Requests", "Request throttled"},
	"ER19ERR": {"500", "500", "Internal Server Error", "System error occurred"},
	"ER19MNT": {"503", "503", "Service Unavailable", "Service is down for maintenance"},
}

func newDVLA(w *world, base string) *dvla {
	v := &dvla{base: base + "/vehicle-enquiry", key: "dvla-demo-4Qm1Zr8sT0", byID: map[string]map[string]any{}}
	d := newDice(w.seed, "dvla")
	for _, x := range w.vehicles {
		if x.clone != nil && x.flagged != "" { // the register knows the plate once: its rightful vehicle
			continue
		}
		v.byID[x.vrm] = vesVehicle(d, x, w.now)
		w.truth.add("vehicle", x.n, x.vrm+" "+x.car.make, "vehicles", x.vrm)
	}
	for id, change := range map[string]map[string]any{"AA19AAA": {}, "AA19EEE": {"fuelType": "ELECTRICITY", "co2Emissions": 0, "engineCapacity": 0}, "AA19PPP": {"fuelType": "PETROL"}, "L2WPS": {"yearOfManufacture": 1999},
		"AA19SRN": {"taxStatus": "SORN", "taxDueDate": nil}, "AA19DSL": {"fuelType": "DIESEL"}, "AA19MOT": {"motStatus": "No details held by DVLA", "motExpiryDate": nil}, "AA19AMP": {"motStatus": "Valid"}} {
		m := map[string]any{"registrationNumber": id, "taxStatus": "Taxed", "taxDueDate": w.now.AddDate(0, 5, 0).Format("2006-01-02"), "motStatus": "Valid", "motExpiryDate": w.now.AddDate(0, 7, 0).Format("2006-01-02"),
			"make": "FORD", "colour": "RED", "fuelType": "PETROL", "yearOfManufacture": 2019, "engineCapacity": 1999, "co2Emissions": 135, "markedForExport": false, "monthOfFirstRegistration": "2019-03", "wheelplan": "2 AXLE RIGID BODY",
			"typeApproval": "M1", "euroStatus": "EURO 6", "dateOfLastV5CIssued": "2021-05-11"}
		for k, x := range change {
			if m[k] = x; x == nil {
				delete(m, k)
			}
		}
		v.byID[id] = m
	}
	return v
}

func vesVehicle(d dice, x *vehicle, now time.Time) map[string]any {
	m := map[string]any{"registrationNumber": x.vrm, "make": strings.ToUpper(x.car.make), "colour": strings.ToUpper(x.colour), "fuelType": x.car.fuel, "yearOfManufacture": x.year, "markedForExport": false,
		"monthOfFirstRegistration": pad(x.year, 4) + "-" + pad(x.month, 2), "wheelplan": "2 AXLE RIGID BODY", "engineCapacity": x.car.cc}
	story := x.vrm == "YK19FZB"
	switch {
	case x.sorn && !story:
		m["taxStatus"] = "SORN"
	case !x.taxed:
		m["taxStatus"] = "Untaxed"
		m["taxDueDate"] = now.AddDate(0, -1-d.IntN(9), 0).Format("2006-01-02")
	default:
		m["taxStatus"] = "Taxed"
		m["taxDueDate"] = now.AddDate(0, 1+d.IntN(11), 0).Format("2006-01-02")
	}
	switch {
	case now.Year()-x.year < 3:
		m["motStatus"] = "No details held by DVLA"
	case x.motDue.After(now):
		m["motStatus"], m["motExpiryDate"] = "Valid", x.motDue.Format("2006-01-02")
	default:
		m["motStatus"], m["motExpiryDate"] = "Not valid", x.motDue.Format("2006-01-02")
	}
	if x.car.fuel != "ELECTRICITY" && d.pc(90) {
		m["co2Emissions"] = 90 + d.IntN(120)
	}
	for _, opt := range []struct {
		key string
		pc  float64
		val any
	}{{"typeApproval", 90, "M1"}, {"euroStatus", 70, "EURO 6"}, {"dateOfLastV5CIssued", 95, now.AddDate(0, -d.IntN(60), 0).Format("2006-01-02")}, {"monthOfFirstDvlaRegistration", 10, m["monthOfFirstRegistration"]}, {"realDrivingEmissions", 15, "1"}} {
		if d.pc(opt.pc) {
			m[opt.key] = opt.val
		}
	}
	return m
}

func (v *dvla) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway := func(status int, say string) { writeJSON(w, status, map[string]string{"message": say}) }
		fail := func(status int, code, title, detail string) {
			writeJSON(w, status, map[string]any{"errors": []map[string]string{{"status": pad(status, 3), "code": code, "title": title, "detail": detail}}})
		}
		if r.URL.Path != "/vehicle-enquiry/v1/vehicles" || r.Method != http.MethodPost {
			gateway(http.StatusForbidden, "Missing Authentication Token") // the gateway says so of every unknown route
			return
		}
		if r.Header.Get("X-Api-Key") != v.key {
			gateway(http.StatusForbidden, "Forbidden")
			return
		}
		if c := r.Header.Get("X-Correlation-Id"); c != "" {
			w.Header().Set("X-Correlation-Id", c)
		}
		var q struct {
			RegistrationNumber *string `json:"registrationNumber"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.RegistrationNumber == nil || *q.RegistrationNumber == "" {
			fail(http.StatusBadRequest, "106", "Bad Request", "Missing mandatory field - registrationNumber")
			return
		}
		id := *q.RegistrationNumber
		if e, ok := vesErrors[id]; ok {
			status := map[string]int{"400": 400, "404": 404, "429": 429, "500": 500, "503": 503}[e[0]]
			fail(status, e[1], e[2], e[3])
			return
		}
		if !vesForm.MatchString(id) {
			fail(http.StatusBadRequest, "105", "Bad Request", "Invalid format for field - vehicle registration number")
			return
		}
		v.mu.RLock()
		m, ok := v.byID[id]
		v.mu.RUnlock()
		if !ok {
			fail(http.StatusNotFound, "404", "Vehicle Not Found", "Record for vehicle not found")
			return
		}
		writeJSON(w, http.StatusOK, m)
	})
}
