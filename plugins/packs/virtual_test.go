package packs

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/plugintest"
)

// On a virtual clock a pack is held to what takes a minute, an hour or a day, also where its server is not at hand.

const tickets = `{"total":1,"items":[{"id":"7","Subject":"Theft of a bicycle","Status":"open","Created":"2026-07-01T11:30:00Z","LastUpdated":"2026-07-01T12:00:00Z",
	"CustomFields":[{"name":"Category","values":["Theft"]},{"name":"Occurred","values":["2026-07-01 11:30:00"]},{"name":"Place","values":["Cardigan Lane"]},
	{"name":"Postcode","values":["LS8 2QX"]},{"name":"Client reference","values":[]}],"Requestor":[{"id":"zoe","RealName":"Zoë Núñez"}]}]}`

func TestRequestTrackerOnAVirtualClock(t *testing.T) {
	virtual(t, "request_tracker", map[string]string{"token": "1-14-8a6b7c"}, plugins.Query{Kind: "incident", Text: "theft"},
		func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("Authorization") != "token 1-14-8a6b7c":
				w.WriteHeader(http.StatusUnauthorized)
			case r.URL.Path == "/tickets":
				io.WriteString(w, tickets)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		})
}

func TestVehicleEnquiriesOnAVirtualClock(t *testing.T) {
	virtual(t, "dvla_ves", map[string]string{"api_key": "ves-key-0412"}, plugins.Query{Kind: "vehicle", Terms: []plugins.Term{term(t, "vrm", "AA19 AAA")}},
		func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			switch {
			case r.Header.Get("x-api-key") != "ves-key-0412":
				w.WriteHeader(http.StatusForbidden)
			case strings.HasSuffix(r.URL.Path, "/v1/vehicles") && strings.Contains(string(body), `"AA19AAA"`):
				io.WriteString(w, `{"registrationNumber":"AA19AAA","make":"FORD","colour":"RED","taxStatus":"Taxed"}`)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		})
}

func virtual(t *testing.T, pack string, values map[string]string, found plugins.Query, system http.HandlerFunc) {
	t.Helper()
	p, err := Load(pack)
	if err != nil {
		t.Fatal(err)
	}
	plugintest.RunVirtual(t, plugintest.Subject{Info: p.Info(), Values: values, Dictionary: dictionary(t), Found: found,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			system(w, r)
		})})
}
