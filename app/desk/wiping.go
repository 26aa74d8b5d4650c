package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"muster/app/audit"
	"muster/app/policy"
	"muster/app/signin"
	"muster/plugins"
	"muster/store"
)

// ErrUndelivered means that entries or drafts would be lost.
var ErrUndelivered = errors.New("there is something here that no system has yet")

// ErrWiped means that this computer was wiped just now because IT ordered it.
var ErrWiped = errors.New("by order of IT everything on this computer was wiped just now: sign in again to begin afresh")

// orderFile names, in the profile folder, the wipe order that was obeyed last. It holds nothing of anybody.
const orderFile = "wiped"

// Undelivered counts the entries that some system does not have yet, and the drafts that were not sent.
func (d *Desk) Undelivered() (entries, drafts int) {
	s, err := d.behind()
	if err != nil {
		return 0, 0
	}
	for _, it := range s.outbox.Items() {
		for _, dl := range it.Deliveries {
			if !dl.Settled() {
				entries++
				break
			}
		}
	}
	list, err := s.drafts.List()
	if err != nil {
		return entries, max(1, len(list)) // what cannot be read is not taken for nothing
	}
	return entries, len(list)
}

// SignOutAndWipe ends the session and takes everything of the officer off this computer: the sealed file with its copies, cases,
// drafts, outbox and log of accesses, and every secret in the keyring. With entries or drafts that no system has yet it refuses, with
// ErrUndelivered, unless these are to be lost. What systems hold stays there.
func (d *Desk) SignOutAndWipe(ctx context.Context, loseUndelivered bool) error {
	s, err := d.current()
	if err != nil {
		return err
	}
	if entries, drafts := d.Undelivered(); entries+drafts > 0 && !loseUndelivered {
		return &plugins.Error{Kind: plugins.Denied, Err: ErrUndelivered,
			Say: fmt.Sprintf("Nothing was wiped: %d entries are not in every system yet, and %d drafts were not sent. Send or withdraw them first, or say that they are to be lost.", entries, drafts)}
	}
	a := d.access(string(audit.Erasure), plugins.Purpose{})
	r := d.record(a)
	r.Ref = "everything of this officer on this computer"
	if _, _, err := d.account(ctx, a, r); err != nil { // the log goes too, but one that is forwarded says why
		return err
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	officer, file := s.key, d.storePath(s.key)
	serr := d.signOut(ctx)
	d.starting.Lock()
	defer d.starting.Unlock()
	if d.State() != signin.SignedOut {
		return errors.Join(errors.New("nothing was wiped, because the session did not end: try again"), serr)
	}
	d.endSession()
	// The key first: without it what is left of a file says nothing.
	return errors.Join(serr, m.Wipe(ctx, officer, systemIDs(d.Profile())), removeFiles(file))
}

func systemIDs(p Profile) (ids []string) {
	for _, c := range p.Systems {
		ids = append(ids, c.ID)
	}
	return ids
}

// removeFiles removes an officer's file and what lies beside it under its name: its lock, and what a rotation left.
func removeFiles(file string) error {
	all, err := filepath.Glob(strings.TrimSuffix(file, filepath.Ext(file)) + ".*")
	for _, f := range all {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// newOrder is an order of the policy to wipe this computer that was not obeyed yet; "" where there is none.
func (d *Desk) newOrder() (string, error) {
	p := d.opts.Policy
	if p == nil {
		now, err := policy.Computer()
		if err != nil {
			return "", err
		}
		p = &now
	}
	order := p.WipeOrder.Value
	if order == "" {
		return "", nil
	}
	done, err := os.ReadFile(filepath.Join(d.opts.Profile, orderFile)) //nolint:gosec // the profile's own file
	if gone(err) != nil {
		return "", err
	}
	if string(done) == order {
		return "", nil
	}
	return order, nil
}

// obeyOrder wipes this computer where IT has ordered it since it last did.
func (d *Desk) obeyOrder(ctx context.Context) error {
	order, err := d.newOrder()
	if err != nil || order == "" {
		return err
	}
	return d.wipeByOrder(ctx, order)
}

// wipeByOrder ends the session, if there is one, and takes every officer's files and every secret of this profile off this computer,
// those that IT provisioned included. Which systems are set up stays. The order is noted, so that it is obeyed once.
func (d *Desk) wipeByOrder(ctx context.Context, order string) error {
	if m, err := d.manager(); err == nil && m.State() != signin.SignedOut {
		if err := m.SignOut(ctx); err != nil {
			d.log.Warn("the session did not end in the keyring; the wipe takes it away", "error", err)
		}
	}
	d.starting.Lock()
	defer d.starting.Unlock()
	d.endSession()
	failed := errors.Join(d.keys.Wipe(ctx), os.RemoveAll(filepath.Join(d.opts.Profile, "officers")), gone(os.Remove(filepath.Join(d.opts.Profile, "session.lock"))))
	if failed != nil {
		return fmt.Errorf("IT has ordered this computer to be wiped, and that did not succeed: keep Muster closed and tell IT: %w", failed)
	}
	d.log.Warn("this computer was wiped by order of the policy", "order", order)
	d.notify(TopicState, "")
	return writeFile(filepath.Join(d.opts.Profile, orderFile), []byte(order))
}

// wipeAtSignOut does what policy asks of a sign-out. What no system has stays, sealed, with the log of accesses.
func (d *Desk) wipeAtSignOut(ctx context.Context) error {
	if !d.policy.SignOutWipes.Value || d.State() != signin.SignedIn {
		return nil
	}
	s, err := d.current()
	if err != nil {
		return err
	}
	notes, err := s.notes.All() // of these, too, nobody else has a copy
	if entries, drafts := d.Undelivered(); err == nil && entries+drafts+len(notes) == 0 {
		return d.SignOutAndWipe(ctx, false)
	}
	a := d.access(string(audit.Erasure), plugins.Purpose{})
	r := d.record(a)
	r.Ref = "copies and kept cases of this officer on this computer"
	if _, _, err := d.account(ctx, a, r); err != nil {
		return err
	}
	return errors.Join(s.store.Wipe(), emptied(s.kept, func(k KeptCase) string { return k.ID }), emptied(s.copies, func(c caseCopy) string { return c.Entity.ID }))
}

func emptied[T any](c *store.Collection[T], key func(T) string) error {
	all, err := c.All()
	var keys []string
	for _, x := range all {
		keys = append(keys, key(x))
	}
	return errors.Join(err, c.Delete(keys...))
}

// gone is err unless it says that there was nothing.
func gone(err error) error {
	if isNotExist(err) {
		return nil
	}
	return err
}
