package signin

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/gofrs/flock"

	"muster/plugins"
	"muster/plugins/transport"
)

var _ transport.Keeper = (*Manager)(nil)

// Rotate renews what is kept of a system under name; see transport.Keeper. What IT provisioned for every officer is
// renewed for every officer. It goes on when the desk is locked meanwhile: what the system has made anew must be kept.
func (m *Manager) Rotate(ctx context.Context, system, name string, use func(ctx context.Context, current string) (string, error)) error {
	own, err := m.systemEntry(system)
	if err != nil {
		return err
	}
	release, err := m.holdSystem(ctx, system)
	if err != nil {
		return err
	}
	defer release()
	entry, current, err := m.find(ctx, own, sharedName+system, name)
	if err != nil {
		return err
	}
	next, err := use(ctx, current)
	if next == "" || next == current {
		return err
	}
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return errors.Join(err, m.replace(wctx, system, entry, name, current, next))
}

// find reads name afresh, as another process may have renewed it, and says in which entry it belongs.
func (m *Manager) find(ctx context.Context, own, shared, name string) (entry, value string, err error) {
	for _, e := range []string{own, shared} {
		all := map[string]string{}
		if _, err := m.loadJSON(ctx, e, &all); err != nil {
			return "", "", err
		}
		if all[name] != "" {
			return e, all[name], nil
		}
	}
	return own, "", nil
}

// replace writes next where current stood. What the officer has given meanwhile is newer than both.
func (m *Manager) replace(ctx context.Context, system, entry, name, current, next string) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	all := map[string]string{}
	if _, err := m.loadJSON(ctx, entry, &all); err != nil {
		return err
	}
	if all[name] != current {
		return nil
	}
	all = maps.Clone(all)
	all[name] = next
	if err := m.saveJSON(ctx, entry, all); err != nil {
		return err
	}
	m.drop(system)
	return nil
}

// SignedInAt reports whether what the officer's own sign-in at a system gave is kept.
func (m *Manager) SignedInAt(ctx context.Context, system string) (bool, error) {
	all, err := m.given(ctx, system)
	return all[transport.KeptSignIn] != "", err
}

// holdSystem takes the turn at what a system gave, in this process and among the processes of this profile. The turn at
// the one login stays free meanwhile.
func (m *Manager) holdSystem(ctx context.Context, system string) (release func(), err error) {
	m.mu.Lock()
	turn := m.turns[system]
	if turn == nil {
		turn = make(chan struct{}, 1)
		m.turns[system] = turn
	}
	m.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, say(ctx.Err(), "")
	}
	if m.o.LockFile == "" {
		return func() { <-turn }, nil
	}
	file := flock.New(m.o.LockFile + "." + system)
	if _, err := file.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		<-turn
		if ctx.Err() != nil {
			return nil, say(ctx.Err(), "")
		}
		return nil, fail(plugins.Unavailable, err, "Muster cannot use its lock file in the profile folder. Check that you may write there, then try again.")
	}
	return func() {
		if err := file.Close(); err != nil {
			m.o.Log.Warn("a system's lock file could not be released", "error", err)
		}
		<-turn
	}, nil
}
