// Package keyring keeps every secret of a profile in the operating system's keyring, and nowhere else:
// names scoped by profile, values of any size and content, every operation bounded in time, and a clear refusal,
// never a file, where there is no keyring.
package keyring

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	zalando "github.com/zalando/go-keyring"
)

// Errors that callers tell apart with errors.Is. The error's own text says what happened and what to do.
var (
	ErrNotFound    = errors.New("no such secret in the keyring")
	ErrUnavailable = errors.New("the keyring cannot be used")
	ErrLocked      = fmt.Errorf("%w: it is locked", ErrUnavailable) // also ErrUnavailable
	ErrDamaged     = errors.New("the secret in the keyring is damaged")
	ErrTooLarge    = errors.New("the secret is too large for the keyring")
)

// Timeout bounds an operation whose context sets no nearer deadline. It leaves time to answer the keyring's own prompt.
const Timeout = 60 * time.Second

// MaxSecret is the largest secret in bytes.
const MaxSecret = 64 << 10

// Keyring is the part of the operating system's keyring that belongs to one profile. It is safe for concurrent use.
type Keyring struct {
	service string
	chunk   int
	timeout time.Duration
}

var (
	serviceForm = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,128}$`)
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9._/@+-]{1,256}$`)
)

// Open returns the keyring of a service, such as "muster/PROFILE-HASH". It finds out whether there is a keyring at all
// and returns an error that is ErrUnavailable if not; it does not unlock it, so it never shows a prompt.
func Open(service string) (*Keyring, error) {
	if !serviceForm.MatchString(service) {
		return nil, fmt.Errorf("keyring service %q: want letters, digits and ./_- only", service)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := present(ctx); err != nil {
		return nil, err
	}
	return &Keyring{service: service, chunk: chunkSize, timeout: Timeout}, nil
}

// Probe finds out whether the keyring works now: there, unlocked, and able to write, read and delete.
// It may show the keyring's own prompt to unlock it.
func Probe(ctx context.Context) error {
	k, err := Open("muster/probe") //nolint:contextcheck // Open bounds itself
	if err != nil {
		return err
	}
	name := "probe-" + generation()
	if err := k.Set(ctx, name, []byte("probe")); err != nil {
		return err
	}
	if _, err := k.Get(ctx, name); err != nil {
		return err
	}
	return k.Delete(ctx, name)
}

// Get returns the secret with this name; ErrNotFound if there is none.
func (k *Keyring) Get(ctx context.Context, name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var secret []byte
	err := k.do(ctx, func() (err error) {
		secret, err = read(backend{k.service}, name)
		return err
	})
	return secret, err
}

// Set stores a secret, replacing the one with the same name in one step: whatever fails, either the old or the new
// secret can be read.
func (k *Keyring) Set(ctx context.Context, name string, secret []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(secret) > MaxSecret {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(secret), MaxSecret)
	}
	secret = append([]byte(nil), secret...)
	return k.do(ctx, func() error { return write(backend{k.service}, name, secret, k.chunk) })
}

// Delete removes a secret. Deleting one that is not there is not an error.
func (k *Keyring) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return k.do(ctx, func() error { return remove(backend{k.service}, name) })
}

// Wipe removes every secret of this service. What was sealed under a key among them can never be read again.
func (k *Keyring) Wipe(ctx context.Context) error {
	return k.do(ctx, func() error { return backend{k.service}.wipe() })
}

func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("keyring name %q: want letters, digits and ./_@+- only", name)
	}
	return nil
}

// turn lets one operation at the operating system's keyring run at a time, so that one that hangs is not joined by more.
var turn = make(chan struct{}, 1)

// do runs f with a deadline. The library below takes no context and may wait for ever: f then goes on alone, holding
// the turn, and the caller is told.
func (k *Keyring) do(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return tooLate(ctx)
	}
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return tooLate(ctx)
	}
	if err := unlocked(ctx); err != nil {
		<-turn
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-turn }()
		defer func() {
			// The library's D-Bus code panics when the bus goes away under it.
			if p := recover(); p != nil {
				done <- unavailable("it went away during the operation", cureRestart, nil)
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return explain(err)
	case <-ctx.Done():
		return tooLate(ctx)
	}
}

func tooLate(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("the keyring was not waited for: %w", context.Canceled)
	}
	return unavailable("it did not answer in time", "see whether it waits for its password in another window, then try again", ctx.Err())
}

const cureRestart = "sign out of this computer and in again, then try again"

// unavailableError is ErrUnavailable with the reason and the cure in words.
type unavailableError struct {
	kind      error
	why, cure string
	err       error
}

func (e *unavailableError) Error() string {
	return e.kind.Error() + ": " + e.why + "; " + e.cure
}
func (e *unavailableError) Unwrap() []error { return []error{e.kind, e.err} }

func unavailable(why, cure string, err error) error {
	return &unavailableError{kind: ErrUnavailable, why: why, cure: cure, err: err}
}

func locked(err error) error {
	return &unavailableError{kind: ErrLocked, why: "it was not unlocked", cure: "unlock it with your computer password, then try again", err: err}
}

// explain turns the library's errors into ours. The library's texts name items, never secrets.
func explain(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged), errors.Is(err, ErrTooLarge), errors.Is(err, ErrUnavailable):
		return err
	case errors.Is(err, zalando.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, zalando.ErrUnsupportedPlatform):
		return unavailable("Muster knows no keyring on this system", "use Windows, macOS, or Linux with a Secret Service", err)
	}
	return unavailable("it refused the operation", cureRestart, err)
}
