package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"muster/app/audit"
	"muster/app/signin"
	"muster/plugins"
)

// ErrUndelivered means that entries or drafts would be lost.
var ErrUndelivered = errors.New("there is something here that no system has yet")

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
	serr := d.SignOut(ctx)
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

// obeyWipe carries out an order of IT to wipe this computer, once for each order: every officer's file, and every secret of this
// profile, those that IT provisioned included. It runs before anything is opened. What systems are set up stays.
func (d *Desk) obeyWipe(ctx context.Context, order string) error {
	if order == "" {
		return nil
	}
	path := filepath.Join(d.opts.Profile, orderFile)
	if done, err := os.ReadFile(path); err == nil && string(done) == order { //nolint:gosec // the profile's own file
		return nil
	}
	failed := errors.Join(d.keys.Wipe(ctx), os.RemoveAll(filepath.Join(d.opts.Profile, "officers")), gone(os.Remove(filepath.Join(d.opts.Profile, "session.lock"))))
	if failed != nil {
		return fmt.Errorf("IT has ordered this computer to be wiped, and that did not succeed: keep Muster closed and tell IT: %w", failed)
	}
	d.log.Warn("this computer was wiped by order of the policy", "order", order)
	return writeFile(path, []byte(order))
}

// gone is err unless it says that there was nothing.
func gone(err error) error {
	if isNotExist(err) {
		return nil
	}
	return err
}
