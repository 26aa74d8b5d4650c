package desk

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"muster/app/audit"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

const (
	// probeEvery is how often a system that entries wait for is asked whether it is there again.
	probeEvery = 30 * time.Second
	// renewPause is how long is left between two records that are read again in the background: it must never be felt by a system,
	// nor by who searches. How old a copy becomes before that is the policy's to say.
	renewPause = time.Second
	// renewMost bounds one round; the oldest copies come first, so that the next rounds bring the rest.
	renewMost = 40
)

// keptPurpose accounts for the reading of kept cases in the background. Keeping a case is the officer's own decision, made with a purpose.
var keptPurpose = plugins.Purpose{Code: "kept-case", Text: "copy of a kept case brought up to date"}

// watchNetwork notices when systems answer again: then what waits for them is sent, and the copies of kept cases are brought up to date.
func (d *Desk) watchNetwork(s *session) {
	every := cmp.Or(d.opts.ProbeEvery, probeEvery)
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-t.C:
		}
		if order, err := d.newOrder(); err == nil && order != "" {
			go func() { _ = d.wipeByOrder(context.WithoutCancel(s.ctx), order) }() // it ends this session, and so must not be waited for here
			return
		}
		d.probe(s)
		d.renewKept(s, min(every, renewPause))
	}
}

// probe asks the systems that entries wait for whether they are there. It reads nothing of anybody.
func (d *Desk) probe(s *session) {
	for _, id := range s.outbox.Unreached() {
		sys, ok := d.system(id)
		if !ok {
			continue
		}
		ctx := transport.Insist(plugins.WithAccess(s.ctx, d.access(opCheck, plugins.Purpose{})))
		if err := d.check(ctx, sys); err == nil {
			s.outbox.Well(id)
		}
		if s.ctx.Err() != nil {
			return
		}
	}
}

// renewKept reads the records of kept cases again whose copies are old, oldest first, one at a time, each accounted for. It stops at
// the first that no system answers for: the network is not there. It reads only for an officer who is at the desk.
func (d *Desk) renewKept(s *session, pause time.Duration) {
	after := d.policy.OfflineRenew.Value
	if after <= 0 {
		return
	}
	all, err := d.keptAll(s)
	if err != nil {
		d.log.Warn("the kept cases could not be read", "error", err)
		return
	}
	var old []KeptEntity
	for _, k := range all {
		for _, e := range k.Entities {
			if d.now().Sub(e.Read) >= after && d.now().Sub(s.renewed[e.ID]) >= after && !slices.ContainsFunc(old, func(x KeptEntity) bool { return x.ID == e.ID }) {
				old = append(old, e)
			}
		}
	}
	slices.SortFunc(old, func(a, b KeptEntity) int { return a.Read.Compare(b.Read) })
	for _, e := range old[:min(len(old), renewMost)] {
		if _, err := d.current(); err != nil || !d.anyAnswers(s, e) {
			return // locked or signed out, or the network is not there
		}
		s.renewed[e.ID] = d.now()
		got, err := d.readAgain(s, e, pause)
		if err != nil {
			return
		}
		if err := d.renewed(s, e, got); err != nil {
			d.log.Warn("the copy of a kept case could not be renewed", "error", err)
			return
		}
	}
}

// anyAnswers asks the systems that hold an entity's records whether they are there; the first that is will do.
func (d *Desk) anyAnswers(s *session, e KeptEntity) bool {
	ctx := transport.Insist(plugins.WithAccess(s.ctx, d.access(opCheck, plugins.Purpose{})))
	asked := map[string]bool{}
	for _, ref := range e.Refs {
		if sys, ok := d.system(ref.System); ok && !asked[ref.System] {
			asked[ref.System] = true
			if d.check(ctx, sys) == nil {
				return true
			}
		}
	}
	return false
}

// readAgain reads an entity's records. What a system does not give stays as it was; that none gives anything is an error.
func (d *Desk) readAgain(s *session, e KeptEntity, pause time.Duration) (map[pole.Ref]pole.Record, error) {
	a := d.access(string(audit.Consultation), keptPurpose)
	rec := d.record(a)
	rec.Ref = refStrings(e.Refs)
	seqs, err := d.append(s.ctx, s, rec)
	if err != nil {
		return nil, err
	}
	a.Audited = seqs[0]
	ctx := plugins.WithAccess(s.ctx, a)
	got := map[pole.Ref]pole.Record{}
	var failed error
	for _, ref := range e.Refs {
		r, err := d.fetchRecord(ctx, ref)
		switch {
		case err == nil:
			got[ref] = s.original(r) // the copy stays whole, and is masked again when it is opened
		case !errors.Is(err, errNoFetch) && plugins.KindOf(err) != plugins.NotFound:
			failed = err
		}
		select {
		case <-s.ctx.Done():
			return nil, s.ctx.Err()
		case <-time.After(pause):
		}
	}
	d.closing(s, a, nil, seqs[0], len(got), failed, ofRecords(slices.Collect(maps.Values(got))))
	if len(got) == 0 && failed != nil {
		return nil, failed
	}
	return got, nil
}

// renewed keeps what was read again, and counts what changed since the officer looked.
func (d *Desk) renewed(s *session, e KeptEntity, got map[pole.Ref]pole.Record) error {
	fresh := make([]pole.Record, 0, len(got))
	for _, r := range got {
		fresh = append(fresh, r)
	}
	if len(fresh) > 0 {
		if err := d.putRecords(s, fresh...); err != nil {
			return err
		}
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	changes := 0
	c, ok, err := s.copies.Get(e.ID)
	if err != nil {
		return err
	}
	if ok {
		for i, was := range c.Entity.Records {
			now, ok := got[was.Ref]
			if !ok {
				continue
			}
			if !sameFacts(was, now) {
				changes++
			}
			now.Raw = nil
			c.Entity.Records[i] = now
			delete(c.Old, was.String())
		}
		if len(got) > 0 {
			c.At = d.now()
		}
		if err := s.copies.Put(e.ID, c); err != nil {
			return err
		}
	}
	all, err := d.keptAll(s)
	if err != nil {
		return err
	}
	for _, k := range all {
		i := slices.IndexFunc(k.Entities, func(x KeptEntity) bool { return x.ID == e.ID })
		if i < 0 {
			continue
		}
		if len(got) > 0 {
			k.Entities[i].Read = d.now()
		}
		k.Changes += changes
		if err := d.put(s, k); err != nil {
			return err
		}
		d.notify(TopicCases, k.ID)
	}
	return nil
}

// sameFacts reports whether two readings of a record say the same.
func sameFacts(a, b pole.Record) bool {
	said := func(r pole.Record) []string {
		var out []string
		for _, f := range r.Facts {
			out = append(out, string(f.Property)+"\x00"+f.Group+"\x00"+cmp.Or(f.Value.Norm, f.Value.Source))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(said(a), said(b))
}
