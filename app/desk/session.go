package desk

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"muster/app/audit"
	"muster/app/entry"
	"muster/app/match"
	"muster/app/signin"
	"muster/plugins"
	"muster/store"
)

// session is everything that exists only while an officer is signed in: the officer's own sealed store and what runs on it.
type session struct {
	id      string
	key     string // the officer's id
	store   *store.Store
	audit   *audit.Log
	drafts  *entry.Drafts
	files   *entry.Files
	outbox  *entry.Outbox
	kept    *store.Collection[KeptCase]
	copies  *store.Collection[caseCopy] // by entity, of kept cases
	notes   *store.Collection[CaseNote]
	renewed map[string]time.Time // by entity of a kept case: when it was last read again; watchNetwork's own
	keeping sync.Mutex           // of kept, copies and notes: one change at a time
	judged  judged
	finding finding // who is being typed
	cache   cache
	screen  screening

	manager    *signin.Manager
	signer     ed25519.PrivateKey // signs checkpoints of the log; sealed in the store
	forwarding sync.Mutex
	forwarded  forwardState // forwarding guards it
	anchoring  sync.Mutex
	anchored   uint64 // number of the audit record that was noted last outside the file; anchoring guards it
	rolledBack string // how the file was found to be older than it was; set before the session is seen

	ctx     context.Context
	cancel  context.CancelFunc
	unwatch context.CancelFunc // ends the live subscriptions; Desk.starting guards it
	wg      sync.WaitGroup

	ending sync.RWMutex // of ended and the closing of work
	ended  bool
	work   chan func(context.Context)
}

// startSession opens the officer's store and starts what runs on it. It is called once the officer is known.
func (d *Desk) startSession(ctx context.Context, o signin.Officer) error {
	d.starting.Lock()
	defer d.starting.Unlock()
	d.mu.RLock()
	cur := d.session
	d.mu.RUnlock()
	if cur != nil {
		if cur.key == o.ID {
			d.noteUnlock(cur)
			d.roleChanged(cur)
			cur.later(func(context.Context) { // unlocked again: the store stayed open
				if err := cur.outbox.Resume(); err != nil {
					d.log.Warn("what waits in the outbox is tried at its own time", "error", err)
				}
			})
			return nil
		}
		d.endSession()
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	st, err := d.openStore(ctx, m, o.ID)
	if err != nil {
		return err
	}
	s := &session{id: uuid.NewString(), key: o.ID, store: st, audit: audit.Open(st), kept: store.NewCollection[KeptCase](st, "kept"),
		copies: store.NewCollection[caseCopy](st, "kept copies"), notes: store.NewCollection[CaseNote](st, "case notes"),
		judged: judged{log: match.OpenLog(st)}, cache: cache{st}, manager: m, renewed: map[string]time.Time{}, work: make(chan func(context.Context), 256)}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := errors.Join(d.checkAnchor(ctx, m, s), ctx.Err()); err != nil {
		s.cancel()
		return errors.Join(err, st.Close())
	}
	if err := d.fillSession(ctx, s); err != nil {
		s.cancel()
		d.closeSystems()
		return errors.Join(err, st.Close())
	}
	// A session is seen only when it is whole: screens ask for drafts and outbox from the first moment on.
	d.mu.Lock()
	d.session = s
	d.mu.Unlock()
	s.wg.Go(s.worker)
	s.wg.Go(func() { s.outbox.Run(s.ctx) })
	s.wg.Go(func() { d.watchNetwork(s) })
	s.wg.Go(func() { d.keepAnchoring(m, s) })
	s.wg.Go(func() { d.keepForwarding(s) })
	d.startLive(s)
	s.later(func(context.Context) {
		if _, err := s.outbox.Purge(d.now().Add(-d.policy.OutboxKeep.Value)); err != nil {
			d.log.Warn("entries that were delivered long ago could not be forgotten", "error", err)
		}
		_, _ = s.store.Trim(d.now(), d.keeps())
	})
	return nil
}

func (d *Desk) fillSession(ctx context.Context, s *session) (err error) {
	r := d.record(d.access(string(audit.SignIn), plugins.Purpose{}))
	r.Session = s.id
	records := []audit.Record{r}
	if missed := s.manager.TakeMissed(); missed.Count > 0 {
		f := r
		f.Operation, f.Time, f.Count, f.Error = audit.Failed, missed.Last, missed.Count, "wrong passphrase"
		records = []audit.Record{f, r}
	}
	if _, err := d.append(ctx, s, records...); err != nil {
		return err
	}
	if err := s.loadSigner(); err != nil {
		return err
	}
	var snap []byte
	if ok, err := s.store.Setting("evaluation", &snap); err == nil && ok {
		if err := d.eval.Restore(snap); err != nil {
			d.log.Warn("the measurements of earlier sessions could not be read; measuring starts afresh", "error", err)
		}
	}
	if err := s.judged.load(); err != nil {
		return err
	}
	s.drafts = entry.NewDrafts(s.store, d.now)
	if s.files, err = entry.NewFiles(s.store, d.now); err != nil {
		return err
	}
	if s.outbox, err = d.newOutbox(s); err != nil {
		return err
	}
	if err := s.sweepFiles(); err != nil {
		return err
	}
	d.openSystems(s.ctx)
	d.roleChanged(s)
	d.askKeyring(ctx)
	return nil
}

// worker does, one after the other, what need not be waited for: keeping copies, closing audit records.
func (s *session) worker() {
	for f := range s.work {
		f(context.WithoutCancel(s.ctx))
	}
}

// later queues f; it waits only when the disk is far behind. Nothing queued is dropped: ending the session drains the queue.
func (s *session) later(f func(context.Context)) {
	s.ending.RLock()
	defer s.ending.RUnlock()
	if !s.ended { // what comes after its end is not kept
		s.work <- f
	}
}

// endSession stops what runs, writes what is queued, and closes the store.
func (d *Desk) endSession() {
	d.mu.Lock()
	s := d.session
	d.session, d.purpose, d.latest, d.beside, d.live = nil, nil, nil, nil, nil
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
	s.ending.Lock()
	s.ended = true
	close(s.work)
	s.ending.Unlock()
	s.wg.Wait()
	d.lastAnchor(s.manager, s)
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
	s, err := d.behind()
	if o, ok := d.Officer(); err == nil && (!ok || o.ID != s.key) {
		return nil, ErrSignedOut // another officer has signed in, and this session is about to end
	}
	return s, err
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
