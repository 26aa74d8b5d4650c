package demoforce

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Delivery is one entry that a system took.
type Delivery struct {
	System    string          `json:"system"`
	Reference string          `json:"reference"`  // what the system calls it
	ClientRef string          `json:"client_ref"` // what the sender called it
	Key       string          `json:"key,omitempty"`
	Amends    bool            `json:"amends,omitempty"` // it corrects what was taken before
	By        string          `json:"by"`
	At        time.Time       `json:"at"`
	Body      json.RawMessage `json:"body"`

	Files []ReceivedFile `json:"files,omitempty"`
}

type deliveries struct {
	mu  sync.Mutex
	all []Delivery
}

func (d *deliveries) add(x Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, x)
}

// Deliveries returns the entries that a system took, oldest first; "" is every system.
func (f *Force) Deliveries(system string) []Delivery {
	f.deliveries.mu.Lock()
	defer f.deliveries.mu.Unlock()
	out := []Delivery{}
	for _, x := range f.deliveries.all {
		if system == "" || x.System == system {
			out = append(out, x)
		}
	}
	return out
}

// ControlURL is where a script switches faults and reads deliveries; ControlToken is the bearer token for it.
func (f *Force) ControlURL() string   { return f.control }
func (f *Force) ControlToken() string { return f.token }

// Live makes a new incident in command and control now, of this priority and type code, or any for "". It returns its number.
func (f *Force) Live(priority, kind string) string {
	f.liveMu.Lock()
	defer f.liveMu.Unlock()
	no, _ := f.cad.invent(f.liveDice, priority, kind)["IncidentNo"].(string)
	return no
}

func (f *Force) controlHandler() http.Handler {
	m := http.NewServeMux()
	say := func(w http.ResponseWriter, status int, err string) {
		writeJSON(w, status, map[string]string{"error": err})
	}
	fault := func(w http.ResponseWriter, r *http.Request, x Fault) {
		if err := f.SetFault(r.PathValue("system"), x); err != nil {
			say(w, http.StatusBadRequest, err.Error())
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
	m.HandleFunc("GET /systems", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, f.Systems()) })
	m.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, f.Faults()) })
	m.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		for id := range f.Faults() {
			if err := f.SetFault(id, Fault{}); err != nil {
				say(w, http.StatusInternalServerError, err.Error())
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
	m.HandleFunc("GET /faults/{system}", func(w http.ResponseWriter, r *http.Request) {
		x, ok := f.Faults()[r.PathValue("system")]
		if !ok {
			say(w, http.StatusNotFound, "no fault is on")
			return
		}
		writeJSON(w, http.StatusOK, x)
	})
	m.HandleFunc("PUT /faults/{system}", func(w http.ResponseWriter, r *http.Request) {
		var x Fault
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&x); err != nil || x == (Fault{}) {
			say(w, http.StatusBadRequest, "the body must be a fault such as {\"kind\":\"slow\",\"delay_ms\":1500}")
			return
		}
		fault(w, r, x)
	})
	m.HandleFunc("DELETE /faults/{system}", func(w http.ResponseWriter, r *http.Request) { fault(w, r, Fault{}) })
	m.HandleFunc("POST /live", func(w http.ResponseWriter, r *http.Request) {
		p, k := r.URL.Query().Get("priority"), r.URL.Query().Get("type")
		if p != "" && p != "P1" && p != "P2" && p != "P3" && p != "P4" || k != "" && !hasType(k) {
			say(w, http.StatusBadRequest, "priority is P1 to P4, type a type code that this force's incidents have")
			return
		}
		writeJSON(w, http.StatusCreated, map[string]string{"incident": f.Live(p, k)})
	})
	m.HandleFunc("GET /deliveries", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, f.Deliveries(r.URL.Query().Get("system")))
	})
	m.HandleFunc("GET /truth/{system}/{id}", func(w http.ResponseWriter, r *http.Request) {
		c, ok := f.Same(r.PathValue("system"), r.PathValue("id"))
		if !ok {
			say(w, http.StatusNotFound, "no such record")
			return
		}
		writeJSON(w, http.StatusOK, c)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+f.token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			say(w, http.StatusUnauthorized, "the control token is missing or wrong")
			return
		}
		m.ServeHTTP(w, r)
	})
}

func hasType(code string) bool {
	for _, o := range offences {
		if o.cad == code {
			return true
		}
	}
	return false
}

// officerCredentials are one officer's own at systems that keep their own accounts.
func officerCredentials(a Account) map[string]string {
	return map[string]string{"username": custodyUser(a), "password": custodyPassword(a)}
}

// CredentialsOf returns what Credentials does, for another officer: custody keeps an account for each.
func (f *Force) CredentialsOf(user string) (map[string]map[string]string, bool) {
	a, ok := account(user)
	if !ok {
		return nil, false
	}
	out := f.Credentials()
	out["custody"] = officerCredentials(a)
	return out, true
}

func milliseconds(least, spread int) latency {
	return latency{time.Duration(least) * time.Millisecond, time.Duration(spread) * time.Millisecond}
}
