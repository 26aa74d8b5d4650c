package signin

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"runtime"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/text/unicode/norm"

	"muster/plugins"
)

// minPassphrase is the fewest characters of a passphrase.
const minPassphrase = 8

// box is a key sealed under a passphrase: Argon2id, then XChaCha20-Poly1305. That it opens proves the passphrase. It
// counts wrong attempts, and lives in the keyring.
type box struct {
	Salt     []byte    `json:"salt"`
	Time     uint32    `json:"time"`
	Memory   uint32    `json:"memory"` // KiB
	Threads  uint8     `json:"threads"`
	Sealed   []byte    `json:"sealed"` // nonce, then ciphertext
	Officer  Officer   `json:"officer"`
	Failures int       `json:"failures,omitempty"`
	Last     time.Time `json:"last,omitzero"` // of the last wrong attempt
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand never fails
	return b
}

// newBox seals key. The cost is RFC 9106's second choice, for memory that is shared with other programs.
func newBox(passphrase string, o Officer, key []byte) (box, error) {
	b := box{Salt: random(16), Time: 3, Memory: 64 << 10, Threads: uint8(min(4, runtime.NumCPU())), Officer: o} //nolint:gosec // at most 4
	aead, err := b.cipher(passphrase)
	if err != nil {
		return box{}, err
	}
	nonce := random(aead.NonceSize())
	b.Sealed = aead.Seal(nonce, nonce, key, []byte(o.ID))
	return b, nil
}

func (b box) cipher(passphrase string) (cipher.AEAD, error) {
	if b.Time == 0 || b.Threads == 0 || b.Memory > 1<<20 || b.Time > 100 {
		return nil, fmt.Errorf("passphrase box: cost %d/%d/%d out of range", b.Time, b.Memory, b.Threads)
	}
	// Keyboards compose accented letters differently; the same passphrase must stay the same.
	p := []byte(norm.NFC.String(passphrase))
	k := argon2.IDKey(p, b.Salt, b.Time, b.Memory, b.Threads, chacha20poly1305.KeySize)
	clear(p)
	defer clear(k)
	return chacha20poly1305.NewX(k)
}

// open returns the sealed key; ok is false if the passphrase is wrong.
func (b box) open(passphrase string) (key []byte, ok bool, err error) {
	aead, err := b.cipher(passphrase)
	if err != nil {
		return nil, false, err
	}
	if len(b.Sealed) < aead.NonceSize() {
		return nil, false, nil
	}
	n := aead.NonceSize()
	key, err = aead.Open(nil, b.Sealed[:n], b.Sealed[n:], []byte(b.Officer.ID))
	return key, err == nil, nil
}

// pause is how long to wait after so many wrong attempts in a row: three are free, then 5 s, doubled up to 15 minutes.
func pause(failures int) time.Duration {
	if failures < 3 {
		return 0
	}
	if failures > 11 {
		return 15 * time.Minute
	}
	return min(5*time.Second<<(failures-3), 15*time.Minute)
}

// remaining is how much of the pause is left. Setting the clock does not shorten it while the program runs, and setting
// it back never does.
func (m *Manager) remaining(name string, b box) time.Duration {
	p := pause(b.Failures)
	if p == 0 {
		return 0
	}
	left := p - m.wall().Sub(b.Last)
	if left > p {
		left = p
	}
	m.mu.Lock()
	last, ok := m.tried[name]
	m.mu.Unlock()
	if ok {
		left = max(left, p-time.Since(last))
	}
	return max(left, 0)
}

// try opens the box of that name with a passphrase. The attempt is counted before it is made, so that ending the
// program does not undo it. The caller holds the turn.
func (m *Manager) try(ctx context.Context, name, passphrase string) (box, []byte, error) {
	var b box
	found, err := m.loadJSON(ctx, name, &b)
	if err != nil {
		return b, nil, err
	}
	if !found {
		return b, nil, ErrNoLocal
	}
	if left := m.remaining(name, b); left > 0 {
		e := fail(plugins.Limited, ErrThrottled, "Too many wrong passphrases. Wait %s, then try again.", words(left))
		e.After = left
		return b, nil, e
	}
	before := b.Last
	b.Failures++
	b.Last = m.wall()
	if err := m.saveJSON(ctx, name, b); err != nil {
		return b, nil, err
	}
	m.mu.Lock()
	m.tried[name] = time.Now()
	m.mu.Unlock()
	key, ok, err := b.open(passphrase)
	if err != nil {
		return b, nil, fail(plugins.Drift, err, "Muster's entry in the keyring is damaged. Tell IT.")
	}
	if !ok {
		e := fail(plugins.Auth, ErrWrongPassphrase, "That passphrase is wrong. Check that caps lock is off and try again.")
		if e.After = pause(b.Failures); e.After > 0 {
			e.Say = fmt.Sprintf("That passphrase is wrong. Wait %s, then try again.", words(e.After))
		}
		return b, nil, e
	}
	failed, last := b.Failures-1, before
	b.Failures, b.Last = 0, time.Time{}
	m.mu.Lock()
	if failed > 0 {
		m.missed = Missed{m.missed.Count + failed, last}
	}
	delete(m.tried, name)
	m.mu.Unlock()
	return b, key, m.saveJSON(ctx, name, b)
}

// Missed is how many wrong passphrases were given before the right one, and when the last was.
type Missed struct {
	Count int
	Last  time.Time
}

// TakeMissed returns what was missed since it was asked last, for the log of accesses, which cannot be written before
// the right passphrase opens it.
func (m *Manager) TakeMissed() Missed {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.missed
	m.missed = Missed{}
	return out
}

func checkPassphrase(p string) error {
	if n := utf8.RuneCountInString(p); n < minPassphrase {
		return plugins.Errorf(plugins.Invalid, "That passphrase is too short. Use at least %d characters; three random words are good.", minPassphrase)
	}
	return nil
}

// words is a duration as one says it, rounded up.
func words(d time.Duration) string {
	if d > 90*time.Second {
		n := int((d + time.Minute - 1) / time.Minute)
		return fmt.Sprintf("%d minutes", n)
	}
	n := int((d + time.Second - 1) / time.Second)
	if n == 1 {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", n)
}
