package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"muster/app/audit"
	"muster/app/caseview/disclose"
	"muster/app/policy"
	"muster/plugins"
)

// Settings of the officer's store that the log of accesses keeps.
const (
	settingSigner    = "audit signing key"
	settingForwarded = "audit forwarded"
)

// Formats of an exported log. Only the first proves itself: see audit.VerifyFile.
const (
	AuditJSONL  = "jsonl"
	AuditCSV    = "csv"
	AuditSyslog = "syslog"
)

// AuditFormats lists the formats that ExportAudit writes, the usual first.
func AuditFormats() []string { return []string{AuditJSONL, AuditCSV, AuditSyslog} }

// loadSigner reads the key that signs checkpoints, or makes it: it lives sealed in the officer's store alone.
func (s *session) loadSigner() error {
	var seed []byte
	ok, err := s.store.Setting(settingSigner, &seed)
	if err != nil {
		return err
	}
	if !ok || len(seed) != ed25519.SeedSize {
		seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // crypto/rand never fails
		if err := s.store.SetSetting(settingSigner, seed); err != nil {
			return err
		}
	}
	s.signer = ed25519.NewKeyFromSeed(seed)
	clear(seed)
	return nil
}

// AuditKey is the public key with which an exported log of this officer on this computer is checked elsewhere.
func (d *Desk) AuditKey() (string, error) {
	s, err := d.current()
	if err != nil {
		return "", err
	}
	return audit.PublicKey(s.signer), nil
}

// checkpoint signs the log where enough was written since it was signed last.
func (d *Desk) checkpoint(ctx context.Context, s *session) {
	due, err := s.audit.Due()
	if err == nil && due {
		_, err = s.audit.Checkpoint(ctx, s.signer, d.ofSession(s), false)
	}
	if err != nil && ctx.Err() == nil {
		d.log.Warn("the audit log could not be signed", "error", err)
	}
}

// ofSession starts a record of what Muster itself does in a session, whether or not the officer is still signed in.
func (d *Desk) ofSession(s *session) audit.Record {
	r := d.record(d.access("", plugins.Purpose{}))
	r.Session, r.Officer = s.id, s.key
	return r
}

// noteUnlock records wrong passphrases that went before an unlock of a session that stayed open.
func (d *Desk) noteUnlock(s *session) {
	missed := s.manager.TakeMissed()
	if missed.Count == 0 {
		return
	}
	r := d.ofSession(s)
	r.Operation, r.Time, r.Count, r.Error = audit.Failed, missed.Last, missed.Count, "wrong passphrase"
	s.later(func(ctx context.Context) { _, _ = d.append(ctx, s, r) })
}

// ExportAudit writes every record, oldest first, and says how many. The export is itself recorded, before the first is
// written; it ends with a checkpoint that closes it.
func (d *Desk) ExportAudit(ctx context.Context, recipient, format string, w io.Writer) (int, error) {
	s, err := d.current()
	if err != nil {
		return 0, err
	}
	p, _ := d.Purpose()
	a := d.access(string(audit.Export), p)
	r := d.record(a)
	r.Recipient, r.Fields = recipient, []string{"format " + format}
	if _, _, err := d.account(ctx, a, r); err != nil {
		return 0, err
	}
	last, err := s.audit.Checkpoint(ctx, s.signer, d.ofSession(s), true)
	if err != nil {
		return 0, err
	}
	n := 0
	end := errors.New("the checkpoint that closes the export") // what comes later is not of it
	switch format {
	case AuditJSONL:
		err = s.audit.Lines(0, func(seq uint64, line []byte) error {
			n++
			if _, err := w.Write(append(line, '\n')); err != nil || seq < last {
				return err
			}
			return end
		})
	case AuditCSV:
		err = audit.WriteCSV(w, disclose.Inert, func(f func(audit.Record) error) error {
			err := s.audit.Each(0, func(r audit.Record) error {
				n++
				if err := f(r); err != nil || r.Seq < last {
					return err
				}
				return end
			})
			if errors.Is(err, end) {
				return nil
			}
			return err
		})
	case AuditSyslog:
		n = int(last) //nolint:gosec // far below
		err = s.audit.WriteSyslog(w)
	default:
		err = fmt.Errorf("there is no format %q: it is jsonl, csv or syslog", format)
	}
	if errors.Is(err, end) {
		err = nil
	}
	return n, err
}

// forwardState is how forwarding stands.
type forwardState struct {
	Last uint64    // number of the last record that the collector took
	At   time.Time // when
	Err  error     // why the latest attempt failed
}

// Waits between attempts to forward: each failure doubles it.
const (
	forwardEvery = 10 * time.Second
	forwardSlow  = 5 * time.Minute
)

// keepForwarding sends the log to the collector that policy names, while the session lasts. The queue is the log itself:
// a collector that does not answer costs nothing, and is told everything once it does.
func (d *Desk) keepForwarding(s *session) {
	if d.policy.AuditForward.Value == "" {
		return
	}
	wait := forwardEvery
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
		if _, err := d.forward(s.ctx, s); err == nil {
			wait = forwardEvery
		} else if wait = min(2*wait, forwardSlow); s.ctx.Err() == nil {
			d.log.Warn("audit records wait to be forwarded", "error", err)
		}
	}
}

// ForwardAudit sends what the collector does not have yet, now, and returns the number of the last record that it took.
func (d *Desk) ForwardAudit(ctx context.Context) (uint64, error) {
	s, err := d.current()
	if err != nil {
		return 0, err
	}
	if d.policy.AuditForward.Value == "" {
		return 0, errors.New("the policy of this computer names no collector of audit records (audit_forward)")
	}
	return d.forward(ctx, s)
}

func (d *Desk) forward(ctx context.Context, s *session) (uint64, error) {
	s.forwarding.Lock()
	defer s.forwarding.Unlock()
	c, err := collector(d.policy)
	if err != nil {
		return 0, err
	}
	var last uint64
	if _, err := s.store.Setting(settingForwarded, &last); err != nil {
		return 0, err
	}
	for more := true; more; {
		before := last
		if last, more, err = s.audit.Forward(ctx, c, last); err != nil {
			s.forwarded = forwardState{before, s.forwarded.At, err}
			return before, err
		}
		if last != before {
			if err := s.store.SetSetting(settingForwarded, last); err != nil {
				return before, err
			}
		}
	}
	s.forwarded = forwardState{last, d.now(), nil}
	return last, nil
}

// collector is where policy sends the log.
func collector(p policy.Policy) (audit.Collector, error) {
	c := audit.Collector{Address: p.AuditForward.Value, TLS: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: p.AuditForwardServer.Value}}
	file := p.AuditAuthority.Value
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return c, fmt.Errorf("the certificate authority that policy names for forwarding audit records cannot be read; ask IT: %w", err)
	}
	c.TLS.RootCAs = x509.NewCertPool()
	if !c.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return c, fmt.Errorf("%s holds no certificate in PEM; ask IT to correct it", file)
	}
	return c, nil
}
