package plugintest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// Group is a row of the table of conformance.
type Group string

// The groups, in the order of the table.
const (
	Identity Group = "identity"
	SignIn   Group = "sign-in"
	Reading  Group = "searching"
	Paging   Group = "paging"
	Faults   Group = "faults"
	Drifting Group = "schema drift"
	Words    Group = "words and times"
	Delivery Group = "delivery"
	Stopping Group = "stopping"
	Waiting  Group = "long waits"
	Secrecy  Group = "secrets"
)

// Groups are all groups, in the order of the table.
var Groups = []Group{Identity, SignIn, Reading, Paging, Faults, Drifting, Words, Delivery, Stopping, Waiting, Secrecy}

// State is how a check came out.
type State string

// The states of a Result.
const (
	Passed State = "pass"
	Failed State = "fail"
	Waived State = "waived"
	None   State = "n/a"
)

// Result is one line of the file that the environment's MUSTER_CONFORMANCE names.
type Result struct {
	System string `json:"system"`
	Plugin string `json:"plugin"`
	Check  string `json:"check"`
	Group  Group  `json:"group"`
	State  State  `json:"state"`
	Why    string `json:"why,omitempty"` // the reason of a waiver, why a check does not apply, or what failed
}

// notApplicable says that a check has nothing to look at in a system.
type notApplicable struct{ why string }

func (n notApplicable) Error() string { return "does not apply: " + n.why }

func inapplicable(format string, args ...any) error {
	return notApplicable{fmt.Sprintf(format, args...)}
}

// report runs a check within its own subtest.
func (r *run) report(t *testing.T, c check) {
	t.Helper()
	r.mu.Lock()
	r.ran[c.name] = true
	r.mu.Unlock()
	out := Result{System: r.s.System, Plugin: r.s.Info.ID, Check: c.name, Group: c.group, State: Passed}
	defer func() {
		if t.Failed() {
			out.State = Failed
		}
		if r.unlisted {
			return
		}
		if err := keep(out); err != nil {
			t.Error(err)
		}
	}()
	reason, waived := r.s.Waive[c.name]
	if waived && (c.writes || r.s.SkipWaived) {
		out.State, out.Why = Waived, reason
		t.Logf("waived: %s", reason)
		return // to find out whether it would pass would leave entries in a system that cannot stand them, or take too long
	}
	err := r.do(t, c)
	var none notApplicable
	switch {
	case errors.As(err, &none):
		out.State, out.Why = None, none.why
		t.Logf("does not apply: %s", none.why)
		if waived {
			t.Errorf("it is waived (%s) but does not apply anyway: remove the waiver", reason)
		}
	case waived && err == nil:
		t.Errorf("it is waived (%s) but passes: remove the waiver", reason)
	case waived:
		out.State, out.Why = Waived, reason
		t.Logf("waived: %s", reason)
	case err != nil:
		out.Why = firstLine(err)
		t.Error(err)
	default:
		if why := r.partly(c.name); why != "" {
			out.State, out.Why = Waived, why
			t.Logf("waived in part: %s", why)
		}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// waived reports whether one detail of a check is waived: by the check's name, or by the name of its family.
func (r *run) waived(check, detail string) bool {
	family, _, _ := strings.Cut(check, "_")
	for _, name := range []string{check, family} {
		key := name + ":" + detail
		if _, ok := r.s.Waive[key]; !ok {
			continue
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.raised[check] = append(r.raised[check], key)
		return true
	}
	return false
}

// partly gives the reasons of the details of a check that were waived.
func (r *run) partly(check string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var why []string
	for _, key := range r.raised[check] {
		if reason := r.s.Waive[key]; !slices.Contains(why, reason) {
			why = append(why, reason)
		}
	}
	return strings.Join(why, " ")
}

// unfit lists waivers that cannot mean anything.
func (r *run) unfit() []error {
	var errs []error
	for _, key := range sortedKeys(r.s.Waive) {
		name, _, part := strings.Cut(key, ":")
		known := name == "goroutines"
		for _, c := range checks {
			known = known || c.name == name || part && strings.HasPrefix(c.name, name+"_")
		}
		if !known {
			errs = append(errs, fmt.Errorf("waiver for %q: there is no such check", key))
		}
		if strings.TrimSpace(r.s.Waive[key]) == "" {
			errs = append(errs, fmt.Errorf("waiver for %q gives no reason", key))
		}
	}
	return errs
}

// unused lists waivers of details that were never needed, though every check that they are for has run.
func (r *run) unused() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	used := slices.Concat(slices.Collect(maps.Values(r.raised))...)
	for _, key := range sortedKeys(r.s.Waive) {
		name, _, part := strings.Cut(key, ":")
		if _, whole := r.s.Waive[name]; part && !whole && !slices.Contains(used, key) && r.allRan(name) {
			errs = append(errs, fmt.Errorf("%q is waived (%s) but passes: remove the waiver", key, r.s.Waive[key]))
		}
	}
	return errs
}

// allRan reports whether the check of a name, or every check of the family of that name, has run.
func (r *run) allRan(name string) bool {
	for _, c := range checks {
		if (c.name == name || strings.HasPrefix(c.name, name+"_")) && !r.ran[c.name] {
			return false
		}
	}
	return true
}

// keep adds a result to the file that the environment names.
func keep(x Result) error {
	path := os.Getenv("MUSTER_CONFORMANCE")
	if path == "" {
		return nil
	}
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // a developer's own file
	if err != nil {
		return err
	}
	if _, err := f.Write(append(b, '\n')); err != nil { // in one piece: several packages write at once
		_ = f.Close()
		return err
	}
	return f.Close()
}
