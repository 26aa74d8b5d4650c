package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"golang.org/x/crypto/chacha20poly1305"

	"muster/plugins"
	"muster/store"
	"muster/store/keyring"
)

// storeKeys is what the keyring holds of the key of an officer's files: the key itself, and the next one while a
// rotation is under way, each sealed under what the officer's passphrase opens where it is bound to one.
// An entry of 32 bytes is a key alone, as earlier versions wrote it.
type storeKeys struct {
	Key   []byte `json:"key"`
	Next  []byte `json:"next,omitempty"`
	Bound bool   `json:"bound,omitempty"`
}

// ErrBound is in the chain of an error about files that need the officer's passphrase besides the sign-in.
var ErrBound = errors.New("the officer's files are sealed under the unlock passphrase")

const storeKeySize = 32

// StoreKey returns the 32 bytes under which the officer's files on this computer are sealed. It is made once; losing it
// loses the files, so it is only made when the keyring says for certain that there is none. A local officer's is bound
// to the passphrase always; another's where BindStore was called, and is then refused, with ErrBound, until Unlock.
func (m *Manager) StoreKey(ctx context.Context, officer string) (key []byte, err error) {
	err = m.withStoreKeys(ctx, officer, func(k *storeKeys, _ []byte) (bool, error) {
		key = bytes.Clone(k.Key)
		return false, nil
	})
	return key, err
}

// NextStoreKey returns the key that a rotation seals the officer's files under. It is durable before it is returned, and
// the same one until KeepStoreKey or DropNextStoreKey: a rotation that was ended in the middle goes on with it.
func (m *Manager) NextStoreKey(ctx context.Context, officer string) (next []byte, err error) {
	err = m.withStoreKeys(ctx, officer, func(k *storeKeys, _ []byte) (bool, error) {
		made := k.Next == nil
		if made {
			k.Next = random(storeKeySize)
		}
		next = bytes.Clone(k.Next)
		return made, nil
	})
	return next, err
}

// UnfinishedStoreKey returns the next key of a rotation that did not come to its end; nil when there is none.
func (m *Manager) UnfinishedStoreKey(ctx context.Context, officer string) (next []byte, err error) {
	err = m.withStoreKeys(ctx, officer, func(k *storeKeys, _ []byte) (bool, error) {
		next = bytes.Clone(k.Next)
		return false, nil
	})
	return next, err
}

// KeepStoreKey makes the next key the officer's key and forgets the one before: the files are sealed under it now.
func (m *Manager) KeepStoreKey(ctx context.Context, officer string) error {
	return m.withStoreKeys(ctx, officer, func(k *storeKeys, _ []byte) (bool, error) {
		if k.Next == nil {
			return false, nil
		}
		clear(k.Key)
		k.Key, k.Next = k.Next, nil
		return true, nil
	})
}

// StoreBound reports whether the officer's files need a passphrase besides the sign-in.
func (m *Manager) StoreBound(ctx context.Context, officer string) bool {
	return m.o.Settings.Kind == KindLocal || m.boundTo(ctx, officer)
}

// BindStore seals the key of the officer's files under the unlock passphrase (Argon2id): from then on neither the
// keyring nor the sign-in alone opens them. A forgotten passphrase loses the files. The passphrase must be set already.
func (m *Manager) BindStore(ctx context.Context, officer, passphrase string) error {
	if m.o.Settings.Kind == KindLocal {
		return plugins.Errorf(plugins.Invalid, "Your files here are sealed under your passphrase already.")
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	b, kek, err := m.try(ctx, unlockName, passphrase)
	release()
	if errors.Is(err, ErrNoLocal) {
		return fail(plugins.NotFound, ErrNoLocal, "No unlock passphrase is set. Set one first.")
	}
	if err != nil {
		return err
	}
	if b.Officer.ID != officer {
		return fail(plugins.Denied, ErrOther, "That unlock passphrase is another officer's. Set your own first.")
	}
	return m.withStoreKeys(ctx, officer, func(k *storeKeys, _ []byte) (bool, error) {
		if k.Bound {
			return false, nil
		}
		m.mu.Lock()
		m.key = bytes.Clone(kek)
		m.mu.Unlock()
		k.Bound = true
		return true, nil
	})
}

// withStoreKeys gives f the officer's keys in clear and writes them back in one step if f says that it changed them.
func (m *Manager) withStoreKeys(ctx context.Context, officer string, f func(k *storeKeys, kek []byte) (changed bool, err error)) error {
	m.mu.Lock()
	ok := m.state == SignedIn && m.officer != nil && m.officer.ID == officer
	kek, reason := bytes.Clone(m.key), m.reason
	m.mu.Unlock()
	defer clear(kek)
	if !ok {
		return notSignedIn(reason)
	}
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	name := keyName + digest(officer)
	k, found, err := m.loadStoreKeys(ctx, name)
	if err != nil {
		return err
	}
	local := m.o.Settings.Kind == KindLocal
	switch {
	case !found && local:
		k = storeKeys{Key: bytes.Clone(kek), Bound: true} // what the passphrase opens is the key itself, until it is rotated
	case !found:
		k.Key = random(storeKeySize)
		if err := m.saveStoreKeys(ctx, name, k, nil); err != nil {
			return err
		}
		if k, _, err = m.loadStoreKeys(ctx, name); err != nil { // it is only good if it can be read back
			return err
		}
	case k.Bound:
		if err := k.open(name, kek); err != nil {
			return err
		}
	}
	defer clear(k.Key)
	defer clear(k.Next)
	if len(k.Key) != storeKeySize || k.Next != nil && len(k.Next) != storeKeySize {
		return keyDamaged(nil)
	}
	changed, err := f(&k, kek)
	if err != nil || !changed {
		return err
	}
	if k.Bound {
		m.mu.Lock()
		kek = append(kek[:0], m.key...)
		m.mu.Unlock()
	}
	return m.saveStoreKeys(ctx, name, k, kek)
}

func keyDamaged(err error) error {
	return fail(plugins.Drift, errors.Join(keyring.ErrDamaged, err), "The key of this computer's Muster files is damaged in the keyring. Tell IT before you do anything else.")
}

func (m *Manager) loadStoreKeys(ctx context.Context, name string) (k storeKeys, found bool, err error) {
	raw, err := m.o.Keyring.Get(ctx, name)
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return k, false, nil
	case err != nil:
		return k, false, say(err, "")
	case len(raw) == storeKeySize:
		return storeKeys{Key: raw}, true, nil
	}
	defer clear(raw)
	if err := json.Unmarshal(raw, &k); err != nil {
		return k, false, keyDamaged(err)
	}
	return k, true, nil
}

func (m *Manager) saveStoreKeys(ctx context.Context, name string, k storeKeys, kek []byte) error {
	if k.Bound {
		var err error
		if k, err = k.sealed(name, kek); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return err
	}
	defer clear(raw)
	return say(m.o.Keyring.Set(ctx, name, raw), "")
}

// sealed is k with its keys sealed under kek, each tied to its officer and its place.
func (k storeKeys) sealed(name string, kek []byte) (storeKeys, error) {
	aead, err := chacha20poly1305.NewX(kek)
	if err != nil {
		return k, keyDamaged(err)
	}
	seal := func(place string, key []byte) []byte {
		if key == nil {
			return nil
		}
		nonce := random(aead.NonceSize())
		return aead.Seal(nonce, nonce, key, []byte(name+"\x00"+place))
	}
	k.Key, k.Next = seal("key", k.Key), seal("next", k.Next)
	return k, nil
}

// open replaces the sealed keys by what they hold.
func (k *storeKeys) open(name string, kek []byte) error {
	if len(kek) == 0 {
		return fail(plugins.Auth, ErrBound, "Your files on this computer also need your unlock passphrase. Unlock the desk with it.")
	}
	aead, err := chacha20poly1305.NewX(kek)
	if err != nil {
		return keyDamaged(err)
	}
	n := aead.NonceSize()
	for place, key := range map[string]*[]byte{"key": &k.Key, "next": &k.Next} {
		if *key == nil {
			continue
		}
		if len(*key) < n {
			return keyDamaged(nil)
		}
		if *key, err = aead.Open(nil, (*key)[:n], (*key)[n:], []byte(name+"\x00"+place)); err != nil {
			return keyDamaged(err)
		}
	}
	return nil
}

// boundTo reports whether the keyring says that the key of an officer's files is bound to the unlock passphrase.
func (m *Manager) boundTo(ctx context.Context, officer string) bool {
	if officer == "" || m.o.Settings.Kind == KindLocal {
		return false
	}
	k, found, err := m.loadStoreKeys(ctx, keyName+digest(officer))
	return err != nil || found && k.Bound // a keyring that does not say so is not taken for a no
}

// StoreEnd returns how far the officer's file had gone when it was noted last, outside the file; the zero Anchor when
// it never was.
func (m *Manager) StoreEnd(ctx context.Context, officer string) (a store.Anchor, err error) {
	_, err = m.loadJSON(ctx, anchorName+digest(officer), &a)
	return a, err
}

// NoteStoreEnd notes in the keyring how far the officer's file has gone, so that an older copy in its place is noticed.
func (m *Manager) NoteStoreEnd(ctx context.Context, officer string, a store.Anchor) error {
	return m.saveJSON(ctx, anchorName+digest(officer), a)
}
