package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"muster/app/audit"
	"muster/app/entry"
	"muster/app/signin"
	"muster/plugins"
	"muster/store"
)

// session is everything that exists only while an officer is signed in: the officer's own sealed store and what runs on it.
type session struct {
	id     string
	key    string // the officer's id
	store  *store.Store
	audit  *audit.Log
	drafts *entry.Drafts
	outbox *entry.Outbox
	kept   *store.Collection[KeptCase]
	cache  cache

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	work   chan func(context.Context)
}

// How long and how much is kept of what was read. A later policy decides.
const (
	cacheAge     = 30 * 24 * time.Hour
	cacheRecords = 200_000
	cacheBytes   = 1 << 30
)

// startSession opens the officer's store and starts what runs on it. It is called once the officer is known.
func (d *Desk) startSession(ctx context.Context, o signin.Officer) error {
	d.starting.Lock()
	defer d.starting.Unlock()
	d.mu.RLock()
	cur := d.session
	d.mu.RUnlock()
	if cur != nil {
		if cur.key == o.ID {
			return nil // unlocked again: the store stayed open
		}
		d.endSession()
	}
	key, err := d.signin.StoreKey(ctx, o.ID)
	if err != nil {
		return err
	}
	st, err := store.Open(d.storePath(o.ID), key, store.Options{Dictionary: d.dict, LockWait: 500 * time.Millisecond})
	if err != nil {
		return err
	}
	s := &session{id: uuid.NewString(), key: o.ID, store: st, audit: audit.Open(st), kept: store.NewCollection[KeptCase](st, "kept"),
		cache: cache{st}, work: make(chan func(context.Context), 256)}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	d.mu.Lock()
	d.session, d.auditErr = s, nil
	d.mu.Unlock()
	if err := d.fillSession(ctx, s); err != nil {
		d.endSession()
		return err
	}
	return nil
}

func (d *Desk) fillSession(ctx context.Context, s *session) (err error) {
	a := d.access(string(audit.SignIn), plugins.Purpose{})
	if _, err := s.audit.Append(ctx, d.record(a)); err != nil {
		return err
	}
	var snap []byte
	if ok, err := s.store.Setting("evaluation", &snap); err == nil && ok {
		if err := d.eval.Restore(snap); err != nil {
			d.log.Warn("the measurements of earlier sessions could not be read; measuring starts afresh", "error", err)
		}
	}
	s.drafts = entry.NewDrafts(s.store, d.now)
	if s.outbox, err = d.newOutbox(s); err != nil {
		return err
	}
	d.openSystems(s.ctx)
	d.askKeyring(ctx)
	s.wg.Add(1)
	go s.worker()
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.outbox.Run(s.ctx)
	}()
	d.startLive(s)
	s.later(func(context.Context) {
		_, _ = s.store.Trim(d.now(), store.TrimPolicy{MaxAge: cacheAge, MaxRecords: cacheRecords, MaxBytes: cacheBytes})
	})
	return nil
}

// worker does, one after the other, what need not be waited for: keeping copies, closing audit records.
func (s *session) worker() {
	defer s.wg.Done()
	for f := range s.work {
		f(context.WithoutCancel(s.ctx))
	}
}

// later queues f; it waits only when the disk is far behind. Nothing queued is dropped: ending the session drains the queue.
func (s *session) later(f func(context.Context)) {
	defer func() { _ = recover() }() // the session ended meanwhile: what came after its end is not kept
	s.work <- f
}

// endSession stops what runs, writes what is queued, and closes the store.
func (d *Desk) endSession() {
	d.mu.Lock()
	s := d.session
	d.session, d.purpose, d.latest, d.live = nil, nil, nil, nil
	d.mu.Unlock()
	if s == nil {
		return
	}
	snap, err := d.eval.Snapshot()
	if err == nil {
		err = s.store.SetSetting("evaluation", snap)
	}
	if err != nil {
		d.log.Warn("measurements could not be kept", "error", err)
	}
	s.cancel()
	close(s.work)
	s.wg.Wait()
	d.closeSystems()
	if err := s.store.Close(); err != nil {
		d.log.Warn("the store did not close cleanly", "error", err)
	}
}

// current is the session of the officer who is signed in and not locked out.
func (d *Desk) current() (*session, error) {
	switch d.State() {
	case signin.Locked:
		return nil, ErrLocked
	case signin.SignedIn:
	default:
		return nil, ErrSignedOut
	}
	return d.behind()
}

// behind is the session whether or not the desk is locked: for what goes on behind the lock.
func (d *Desk) behind() (*session, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.session == nil {
		return nil, ErrSignedOut
	}
	return d.session, nil
}

func (d *Desk) sessionID() string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.session == nil {
		return ""
	}
	return d.session.id
}

// storePath names an officer's file without saying who the officer is.
func (d *Desk) storePath(officer string) string {
	sum := sha256.Sum256([]byte(officer))
	return filepath.Join(d.opts.Profile, "officers", hex.EncodeToString(sum[:8])+".db")
}

// keyringService scopes the secrets of one profile folder.
func keyringService(profile string) (string, error) {
	abs, err := filepath.Abs(profile)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(abs))
	return fmt.Sprintf("muster/%x", sum[:8]), nil
}
