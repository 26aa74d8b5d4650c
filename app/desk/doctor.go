package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/app/evaluate"
	"muster/app/policy"
	"muster/app/signin"
	"muster/store/keyring"
)

// Status is the status bar; quick.
func (d *Desk) Status() Status {
	st := Status{AuditOK: true}
	for _, s := range d.Systems() {
		st.Systems++
		if s.Say == "" && s.Health != evaluate.Down {
			st.Well++
			continue
		}
		words := s.Name + " not answering"
		if !s.Since.IsZero() {
			words += " since " + s.Since.Local().Format("15:04")
		}
		st.Failing = append(st.Failing, words)
	}
	d.mu.RLock()
	st.AuditOK = d.auditErr == nil
	s := d.session
	d.mu.RUnlock()
	if s == nil || s.outbox == nil {
		return st
	}
	st.RolledBack = s.rolledBack
	for _, it := range s.outbox.Items() {
		waiting, person := false, false
		for _, dl := range it.Deliveries {
			waiting = waiting || !dl.Settled()
			person = person || dl.NeedsPerson()
		}
		if waiting {
			st.Waiting++
		}
		if person {
			st.NeedsPerson++
		}
	}
	return st
}

// Doctor checks this workstation: keyring, profile, disk, sign-in, clock, policy and every system, and says what to do.
func (d *Desk) Doctor(ctx context.Context) []Finding {
	out := d.ground()
	add := func(check string, err error, ok, cure string) {
		f := Finding{Check: check, OK: err == nil, Say: ok}
		if err != nil {
			f.Say, f.Cure = firstLine(err), cure
		}
		out = append(out, f)
	}
	add("keyring", keyring.Probe(ctx), "reads, writes and deletes", "unlock or install the keyring of this session; Muster keeps secrets nowhere else")
	add("profile folder", writable(d.opts.Profile), "can be written", "make the folder writable for this officer, or name another with --profile")
	p := d.Policy()
	out = append(out, policyFinding(&p))
	if f, ok := d.updateFinding(ctx); ok {
		out = append(out, f)
	}
	if !d.Configured() {
		add("set-up", errNotSetUp, "", "start Muster and choose the demonstration force or connect your systems")
		return out
	}
	out = append(out, d.outside(ctx)...)
	o, _ := d.Officer()
	var signErr error
	if d.State() != signin.SignedIn {
		signErr = ErrSignedOut
		if r := d.Reason(); r != "" {
			signErr = errors.New(r)
		}
	}
	add("sign-in", signErr, o.Display(), "musterctl login")
	if s, err := d.behind(); err == nil {
		v := s.audit.Verify(ctx)
		var verr error
		if !v.OK {
			verr = errors.New(v.Say)
		}
		add("audit log", verr, v.Say, "keep the profile folder as it is and tell the information security officer")
		if a := d.policy.AuditForward.Value; a != "" {
			s.forwarding.Lock()
			st := s.forwarded
			s.forwarding.Unlock()
			add("audit forwarding", st.Err, fmt.Sprintf("%s has the log up to record %d", a, st.Last), "nothing is lost; see that the collector runs and that its certificate is the one that policy names")
		}
		var back error
		if s.rolledBack != "" {
			back = errors.New(s.rolledBack)
		}
		add("store", back, fmt.Sprintf("%s, %d MB", filepath.Base(s.store.Path()), s.store.Size()>>20),
			"find out who put an older copy in its place; if IT restored it from a backup, nothing more is to be done")
	}
	if signErr == nil {
		cctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		d.CheckSystems(cctx)
		cancel()
	}
	for _, s := range d.Systems() {
		var serr error
		cure := "ask the people who run " + s.Name + "; the other systems are not affected"
		switch {
		case len(s.Needs) > 0:
			names := make([]string, len(s.Needs))
			for i, n := range s.Needs {
				names[i] = n.Label
			}
			serr, cure = errors.New("needs "+strings.Join(names, " and ")), "musterctl systems credential "+s.ID
		case s.Say != "":
			serr = errors.New(s.Say)
		}
		ok := fmt.Sprintf("answers in %d ms", s.Latency.Milliseconds())
		if s.User != "" {
			ok += ", takes you for " + s.User
		}
		if signErr != nil {
			ok = "its connector is in order; not asked, because nobody is signed in"
		}
		add("system "+s.ID, serr, ok, cure)
	}
	return slices.Clip(out)
}

// WhyClosed is the doctor for a desk that does not open: what is wrong with the keyring, the folder and the profile.
func WhyClosed(ctx context.Context, profile string, err error) []Finding {
	check := func(name string, err error, ok, cure string) Finding {
		if err != nil {
			return Finding{Check: name, Say: err.Error(), Cure: cure}
		}
		return Finding{Check: name, OK: true, Say: ok}
	}
	out := []Finding{
		check("keyring", keyring.Probe(ctx), "reads, writes and deletes", "unlock or install the keyring of this session; Muster keeps secrets nowhere else"),
		check("profile folder", writable(profile), "can be written", "make the folder writable for this officer, or name another with --profile"),
	}
	_, policyErr := policy.Computer()
	out = append(out, check("policy", policyErr, "can be read", "ask IT to correct it; musterctl policy check says what is wrong"))
	_, perr := LoadProfile(profile)
	if isNotExist(perr) {
		perr = errNotSetUp
	}
	out = append(out, check("profile", perr, "can be read", "correct profile.yaml, or ask IT for another"))
	for _, f := range out {
		if !f.OK {
			return out
		}
	}
	return append(out, Finding{Check: "desk", Say: err.Error(), Cure: "tell IT"})
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return fmt.Errorf("the folder cannot be written: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
