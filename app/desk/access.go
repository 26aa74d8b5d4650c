package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"

	"muster/app/audit"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/store"
)

// The refusals that every use case shares.
var (
	ErrSignedOut = errors.New("nobody is signed in: sign in first")
	ErrLocked    = errors.New("the desk is locked: unlock it first")
	ErrNoPurpose = errors.New("no purpose, no search: say why you are looking first")
)

// Operations of calls that touch no personal data; the transport lets them through without an audit record of their own.
const (
	opCheck  = "check"
	opSignIn = "sign-in"
)

// permit is asked by the transport before every request leaves: an access that is not accounted for stays here.
func permit(ctx context.Context, _ *http.Request) error {
	a, ok := plugins.AccessFrom(ctx)
	switch {
	case !ok:
		return errors.New("the request carries no access and was not sent")
	case a.Audited > 0, a.Operation == opCheck, a.Operation == opSignIn:
		return nil
	}
	return errors.New("the access is not in the audit log and was not sent")
}

// permitFor is permit for one system, with what policy demands before it is asked.
func (d *Desk) permitFor(system string) func(context.Context, *http.Request) error {
	return func(ctx context.Context, r *http.Request) error {
		if err := permit(ctx, r); err != nil {
			return err
		}
		a, _ := plugins.AccessFrom(ctx)
		return d.reasonFor(system, a)
	}
}

// access is the Access of the officer now, for one operation.
func (d *Desk) access(op string, p plugins.Purpose) plugins.Access {
	o, _ := d.Officer()
	return plugins.Access{Officer: o.ID, Collar: o.Collar, Role: o.Role, Force: o.Force, Workstation: workstation(),
		Purpose: p, Operation: op, Correlation: uuid.NewString()}
}

// record starts an audit record of the officer's own.
func (d *Desk) record(a plugins.Access) audit.Record {
	o, _ := d.Officer()
	return audit.Record{Time: d.now(), Offline: o.Offline, Operation: audit.Operation(a.Operation), Officer: a.Officer, Collar: a.Collar, Role: a.Role,
		Force: a.Force, Workstation: a.Workstation, Purpose: a.Purpose, Correlation: a.Correlation, Session: d.sessionID(),
		Classification: d.dict.DefaultMarking().Classification}
}

// of says which system and plugin a record is about.
func (d *Desk) of(r audit.Record, s *system) audit.Record {
	r.System, r.Plugin, r.PluginVersion = s.cfg.ID, s.info.ID, s.info.Version
	return r
}

// account makes records durable and returns the context that lets the calls they account for leave.
// On an error nothing may be read or sent.
func (d *Desk) account(ctx context.Context, a plugins.Access, records ...audit.Record) (context.Context, uint64, error) {
	s, err := d.current()
	if err != nil {
		return nil, 0, err
	}
	seqs, err := d.append(ctx, s, records...)
	if err != nil {
		return nil, 0, err
	}
	a.Audited = seqs[0]
	return plugins.WithAccess(ctx, a), seqs[0], nil
}

// append makes records durable. Its error is in words for the officer, and remembered until the log takes records again.
// What one officer does is never written into the log of another: between two officers nothing is accounted for.
func (d *Desk) append(ctx context.Context, s *session, records ...audit.Record) ([]uint64, error) {
	for _, r := range records {
		if r.Officer != s.key {
			return nil, &plugins.Error{Kind: plugins.Auth, Say: "Nothing was looked up or sent: the session has ended. Sign in again.", Err: ErrSignedOut}
		}
	}
	seqs, err := s.audit.Append(ctx, records...)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err() // the officer stopped it; the log is well
	}
	d.auditState(err)
	if err == nil {
		return seqs, nil
	}
	e := plugins.Errorf(plugins.Unavailable, "Nothing was looked up or sent, because the log of accesses cannot be written. Tell IT.")
	switch {
	case errors.Is(err, store.ErrFull):
		e.Say = "Nothing was looked up or sent: the disk is full, and the log of accesses cannot be written. Free some space and try again."
	case errors.Is(err, store.ErrClosed):
		e.Say = "Nothing was looked up or sent: the session has ended. Sign in again."
	}
	e.Err = err
	return nil, e
}

// closing notes how an accounted access ended. It is written behind the answer: the access itself is already accounted for.
// It belongs to the session that the access was accounted for in, also when the desk was locked or is ending meanwhile.
func (d *Desk) closing(s *session, a plugins.Access, sys *system, seq uint64, count int, err error, got *returned) {
	r := d.record(a)
	r.Session = s.id
	if sys != nil {
		r = d.of(r, sys)
	}
	r.Operation, r.Of, r.Count = audit.Outcome, seq, count
	got.into(&r, d.dict)
	if err != nil {
		r.Error = string(plugins.KindOf(err))
	}
	s.later(func(ctx context.Context) { _, _ = d.append(ctx, s, r) })
}

// auditState remembers whether the log of accesses took its latest record.
func (d *Desk) auditState(err error) {
	d.mu.Lock()
	before := d.auditErr
	d.auditErr = err
	d.mu.Unlock()
	if (err == nil) == (before == nil) {
		return
	}
	if err != nil {
		d.log.Error("the audit log takes no more; access stops", "error", err)
	}
	d.notify(TopicSystems, "")
}

// erasing accounts for what is about to be taken off this computer. Systems keep their records.
func (d *Desk) erasing(ctx context.Context, s *session, what string) error {
	p, _ := d.Purpose()
	r := d.record(d.access(string(audit.Erasure), p))
	r.Ref = what
	_, err := d.append(ctx, s, r)
	return err
}

// termsOf puts query terms into an audit record; the log is sealed.
func termsOf(terms []plugins.Term, text string) map[string]string {
	m := map[string]string{}
	for _, t := range terms {
		m[string(t.Property)] = t.Value.Source
	}
	if text != "" {
		m["text"] = text
	}
	return m
}

// Purposes lists the reason codes that policy offers, each with what it demands here.
func (d *Desk) Purposes() []PurposeDef {
	p := &d.policy
	var out []PurposeDef
	for _, x := range d.purposes {
		if p.PurposesAllowed.Managed && !slices.Contains(p.PurposesAllowed.Value, x.Code) {
			continue
		}
		x.Text = x.Text || slices.Contains(p.PurposeText.Value, x.Code) || slices.Contains(p.PurposeText.Value, "*")
		out = append(out, x)
	}
	return out
}

// reasonFor refuses a system that policy lets an officer ask only with a typed reason.
func (d *Desk) reasonFor(system string, a plugins.Access) error {
	if a.Operation != string(audit.Consultation) && a.Operation != string(audit.Combination) || strings.TrimSpace(a.Purpose.Text) != "" ||
		!slices.Contains(d.policy.PurposeTextSystems.Value, system) {
		return nil
	}
	return &plugins.Error{Kind: plugins.Denied, System: system, Say: "It was not asked: your organisation demands a typed reason before it is. Add one to the purpose, then search again."}
}

// Purpose is why the officer is looking now; ok is false when none was given for this task.
func (d *Desk) Purpose() (plugins.Purpose, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.purpose == nil {
		return plugins.Purpose{}, false
	}
	return *d.purpose, true
}

// SetPurpose says why the officer looks from now on. It refuses a code that is not listed, and one whose reason or case is missing.
func (d *Desk) SetPurpose(p plugins.Purpose) error {
	p.Text, p.Case = strings.TrimSpace(p.Text), strings.TrimSpace(p.Case)
	offered := d.Purposes()
	i := slices.IndexFunc(offered, func(x PurposeDef) bool { return x.Code == p.Code })
	switch {
	case i < 0:
		return fmt.Errorf("%q is not one of the force's reasons for looking", p.Code)
	case offered[i].Text && p.Text == "":
		return fmt.Errorf("%s: type the reason in a few words", offered[i].Label)
	case offered[i].Case && p.Case == "":
		return fmt.Errorf("%s: give the case or incident reference", offered[i].Label)
	}
	d.mu.Lock()
	d.purpose = &p
	d.mu.Unlock()
	d.notify(TopicPurpose, "")
	return nil
}

// purposeFor is the purpose of a search or a case; without one nothing is read, unless policy lets it.
func (d *Desk) purposeFor() (plugins.Purpose, error) {
	p, ok := d.Purpose()
	if !ok && d.policy.PurposeRequired.Value {
		return p, ErrNoPurpose
	}
	return p, nil
}

func workstation() string {
	h, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return h
}

// Audit returns the officer's own records, newest first, from before (0 is the end), at most n.
func (d *Desk) Audit(before uint64, n int) ([]audit.Record, error) {
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	return s.audit.Records(before, n, nil)
}

// VerifyAudit proves the whole log.
func (d *Desk) VerifyAudit(ctx context.Context) (audit.Verdict, error) {
	s, err := d.current()
	if err != nil {
		return audit.Verdict{}, err
	}
	return s.audit.Verify(ctx), nil
}

func refStrings(refs []pole.Ref) string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.String()
	}
	return strings.Join(out, " ")
}
