package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/app/audit"
	"muster/app/signin"
	"muster/plugins"
	"muster/store"
)

// ErrRolledBack means that the officer's file is older than it was, or another, and that policy forbids working with it.
var ErrRolledBack = errors.New("the file on this computer was put back")

// anchorEvery is how long at most the end of the audit log goes on without being noted outside the file.
const anchorEvery = 10 * time.Second

// Sealing is how an officer's file on this computer is sealed.
type Sealing struct {
	File       string `json:"file"`
	Bytes      int64  `json:"bytes"`
	Passphrase bool   `json:"passphrase"` // it needs the officer's passphrase besides the keyring
	Unfinished bool   `json:"unfinished"` // a rotation of the key was ended in the middle: nothing is lost, and it can be called again
	RolledBack string `json:"rolled_back,omitempty"`
}

// openStore opens the officer's file, finishing a rotation that was ended after its file was in place.
func (d *Desk) openStore(ctx context.Context, m *signin.Manager, officer string) (*store.Store, error) {
	key, err := m.StoreKey(ctx, officer)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	o := store.Options{Dictionary: d.dict, LockWait: 500 * time.Millisecond}
	st, err := store.Open(d.storePath(officer), key, o)
	if !errors.Is(err, store.ErrWrongKey) {
		return st, err
	}
	next, nerr := m.UnfinishedStoreKey(ctx, officer)
	if nerr != nil || next == nil {
		return nil, errors.Join(err, nerr)
	}
	defer clear(next)
	if st, nerr = store.Open(d.storePath(officer), next, o); nerr != nil {
		return nil, err
	}
	if err := m.KeepStoreKey(ctx, officer); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	d.log.Info("a rotation of the store's key, ended in the middle, was finished")
	return st, nil
}

// checkAnchor compares the file with what was noted of it outside. What it finds is said, recorded, and, where policy
// says so, ends the session before it begins.
func (d *Desk) checkAnchor(ctx context.Context, m *signin.Manager, s *session) error {
	a, err := m.StoreEnd(ctx, s.key)
	if err != nil {
		return err
	}
	found, missing, err := s.store.RolledBack(a)
	if errors.Is(err, store.ErrCorrupt) { // the record at the anchor was removed: as bad as another in its place
		found, err = fmt.Sprintf("the file on this computer is not the one that it was: %v", err), nil
	}
	if err != nil || found == "" {
		return err
	}
	d.log.Error("the store was put back", "missing", missing)
	accepted := d.opts.AcceptRollback
	if d.policy.StoreRollback.Value == "refuse" && accepted == "" {
		return &plugins.Error{Kind: plugins.Denied, Err: ErrRolledBack, Say: "Muster does not open: " + found +
			". Keep the profile folder as it is and tell the information security officer; after a known restore from a backup, IT runs musterctl store accept."}
	}
	p := plugins.Purpose{Text: accepted}
	r := d.record(d.access(string(audit.RolledBack), p))
	r.Session, r.Error, r.Count = s.id, found, int(missing) //nolint:gosec // far below
	if _, err := d.append(ctx, s, r); err != nil {
		return err
	}
	if accepted == "" {
		s.rolledBack = found
	}
	return d.noteEnd(ctx, m, s)
}

func (d *Desk) noteEnd(ctx context.Context, m *signin.Manager, s *session) error {
	a, err := s.store.Anchor()
	if err != nil {
		return err
	}
	s.anchoring.Lock()
	defer s.anchoring.Unlock()
	if a.Count == s.anchored {
		return nil
	}
	if err := m.NoteStoreEnd(ctx, s.key, a); err != nil {
		return err
	}
	s.anchored = a.Count
	return nil
}

// keepAnchoring notes the end of the log outside the file while the session lasts.
func (d *Desk) keepAnchoring(m *signin.Manager, s *session) {
	t := time.NewTicker(anchorEvery)
	defer t.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-t.C:
			d.checkpoint(s.ctx, s)
			if err := d.noteEnd(s.ctx, m, s); err != nil && s.ctx.Err() == nil {
				d.log.Warn("the end of the audit log could not be noted in the keyring", "error", err)
			}
		}
	}
}

// lastAnchor notes the end of the log as the session ends.
func (d *Desk) lastAnchor(m *signin.Manager, s *session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), 5*time.Second)
	defer cancel()
	d.checkpoint(ctx, s)
	if err := d.noteEnd(ctx, m, s); err != nil {
		d.log.Warn("the end of the audit log could not be noted in the keyring", "error", err)
	}
	clear(s.signer)
}

// RolledBack says in words that the officer's file was found older than it was, or another; "" when it was not.
func (d *Desk) RolledBack() string {
	if s, err := d.behind(); err == nil {
		return s.rolledBack
	}
	return ""
}

// Sealing says how the officer's file is sealed.
func (d *Desk) Sealing(ctx context.Context) (Sealing, error) {
	s, err := d.current()
	if err != nil {
		return Sealing{}, err
	}
	m, err := d.manager()
	if err != nil {
		return Sealing{}, err
	}
	next, err := m.UnfinishedStoreKey(ctx, s.key)
	defer clear(next)
	return Sealing{File: s.store.Path(), Bytes: s.store.Size(), Passphrase: m.StoreBound(ctx, s.key), Unfinished: next != nil, RolledBack: s.rolledBack}, err
}

// RotateStore seals the officer's file anew under a new key and a new salt. The session ends while that happens and
// begins again afterwards. Whatever ends it in the middle, nothing is lost: it is called again.
func (d *Desk) RotateStore(ctx context.Context) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	o, _ := d.Officer()
	a := d.access(string(audit.Rotation), plugins.Purpose{})
	if _, _, err := d.account(ctx, a, d.record(a)); err != nil {
		return err
	}
	old, err := m.StoreKey(ctx, s.key)
	if err != nil {
		return err
	}
	defer clear(old)
	next, err := m.NextStoreKey(ctx, s.key)
	if err != nil {
		return err
	}
	defer clear(next)
	d.starting.Lock()
	d.endSession()
	err = store.Rotate(d.storePath(o.ID), old, next, store.Options{Dictionary: d.dict, LockWait: 5 * time.Second})
	if err == nil {
		err = m.KeepStoreKey(ctx, o.ID)
	}
	d.starting.Unlock()
	if serr := d.startSession(ctx, o); serr != nil {
		m.Lock()
		err = errors.Join(err, serr)
	}
	d.notify(TopicState, "")
	d.notify(TopicSystems, "")
	return err
}

// BindStore seals the key of the officer's file under the unlock passphrase too.
func (d *Desk) BindStore(ctx context.Context, passphrase string) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	return m.BindStore(ctx, s.key, passphrase)
}
