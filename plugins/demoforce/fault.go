package demoforce

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is one way to misbehave.
type FaultKind string

// The kinds of fault.
const (
	FaultSlow        FaultKind = "slow"         // answers DelayMS later
	FaultDown        FaultKind = "down"         // the port is closed: connection refused
	FaultHang        FaultKind = "hang"         // takes the request and never answers
	FaultLimited     FaultKind = "limited"      // 429 with RetryAfter
	FaultError       FaultKind = "error"        // Status, or 500, with a body as a broken server gives
	FaultMalformed   FaultKind = "malformed"    // 200 with a body that is not of the promised form
	FaultTruncated   FaultKind = "truncated"    // the right answer, cut in the middle
	FaultTooLarge    FaultKind = "toolarge"     // 200 with Bytes of padding, 64 MiB if 0
	FaultExpired     FaultKind = "expired"      // every credential in use is refused until a new one comes
	FaultResetBefore FaultKind = "reset-before" // the connection is reset before anything is done
	FaultResetAfter  FaultKind = "reset-after"  // the request is carried out, then the connection is reset
)

var faultKinds = []FaultKind{FaultSlow, FaultDown, FaultHang, FaultLimited, FaultError, FaultMalformed, FaultTruncated, FaultTooLarge, FaultExpired, FaultResetBefore, FaultResetAfter}

// Fault is a switched-on misbehaviour of one system. Zero limits mean: every request, for ever.
type Fault struct {
	Kind        FaultKind `json:"kind"`
	DelayMS     int       `json:"delay_ms,omitempty"`
	RetryAfter  string    `json:"retry_after,omitempty"` // sent as it is: seconds or an HTTP date; "" sends none
	Status      int       `json:"status,omitempty"`      // for error; 0 is 500
	Count       int       `json:"count,omitempty"`       // only so many requests
	Probability float64   `json:"probability,omitempty"` // 0 and 1 are always
	DurationMS  int       `json:"duration_ms,omitempty"` // from now
	Path        string    `json:"path,omitempty"`        // only requests whose path contains this
	Method      string    `json:"method,omitempty"`      // only this method
	Bytes       int64     `json:"bytes,omitempty"`       // for toolarge
}

func (f Fault) check() error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("no fault is called %q: choose one of %v", f.Kind, faultKinds)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is no failure: 400 to 599", f.Status)
	}
	if f.Probability < 0 || f.Probability > 1 || f.Count < 0 || f.DelayMS < 0 || f.DurationMS < 0 || f.Bytes < 0 {
		return fmt.Errorf("count, delay_ms, duration_ms and bytes are not negative, probability lies between 0 and 1")
	}
	return nil
}

// SetFault switches a fault on; the zero Fault switches the system's faults off. "idp" may fail too.
func (f *Force) SetFault(system string, fault Fault) error {
	s, ok := f.servers[system]
	if !ok || system == "control" {
		return fmt.Errorf("the demonstration force has no system %q", system)
	}
	if fault == (Fault{}) {
		return s.clear()
	}
	if err := fault.check(); err != nil {
		return err
	}
	return s.set(fault)
}

// Faults returns the faults that are on, by system.
func (f *Force) Faults() map[string]Fault {
	out := map[string]Fault{}
	for id, s := range f.servers {
		if x, ok := s.current(); ok {
			out[id] = x
		}
	}
	return out
}

// faultState is what a server keeps of its fault.
type faultState struct {
	mu      sync.Mutex
	fault   Fault
	on      bool
	left    int
	until   time.Time
	refused map[string]bool // credentials that the expired fault has seen and refuses
	dice    dice
}

// take says whether this request is hit.
func (s *faultState) take(r *http.Request, now time.Time) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if !s.on {
		return f, false
	}
	if !s.until.IsZero() && now.After(s.until) {
		s.on = false
		return f, false
	}
	if f.Path != "" && !strings.Contains(r.URL.Path, f.Path) || f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return f, false
	}
	if f.Probability > 0 && f.Probability < 1 && !s.dice.pc(f.Probability*100) {
		return f, false
	}
	if f.Kind == FaultExpired {
		c := credentialOf(r)
		if c == "" {
			return f, false
		}
		// Whatever comes in the first moments after the switch is what was in use; a credential that is new after that is good.
		if !s.refused[c] && len(s.refused) > 0 {
			return f, false
		}
		s.refused[c] = true
	}
	if f.Count > 0 {
		if s.left == 0 {
			s.on = false
			return f, false
		}
		s.left--
	}
	return f, true
}

func credentialOf(r *http.Request) string {
	if a := r.Header.Get("Authorization"); strings.HasPrefix(a, "Bearer ") {
		return a
	}
	return r.Header.Get("X-Api-Key")
}

// broken is the answer of a server that has lost its temper, in the manner of each system.
func broken(w http.ResponseWriter, system string, status int) {
	switch system {
	case "rms":
		writeProblem(w, status, "server-error", "The server could not complete the request", "", nil)
	case "summit":
		summitFail(w, status, summitError{Code: "SV-00", Title: "Internal error", Detail: "Something went wrong on our side."})
	case "cad":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": "ServerError", "message": "An unexpected condition was met.", "target": nil, "details": []any{}}})
	case "vehicles":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errors":[{"status":"%[1]d","code":"%[1]d","title":"Internal Server Error","detail":"Internal Server Error"}]}`, status)
	case "intel":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, `{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL"}}]}`)
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><head><title>%d %s</title></head><body><h1>%s</h1><hr>upstream</body></html>", status, http.StatusText(status), http.StatusText(status))
	}
}
