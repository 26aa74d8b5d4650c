package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	berrors "go.etcd.io/bbolt/errors"
)

// What can go wrong with the file, in words for the officer. Test with errors.Is; the error itself may add which part
// of the file is concerned, never what stands in it.
var (
	// ErrWrongKey means that the key does not fit: the file was sealed for somebody else.
	ErrWrongKey = errors.New("this file belongs to another officer or another machine: sign in as the officer it belongs to, or choose another profile")
	// ErrCorrupt means that a byte of the file is not as Muster wrote it.
	ErrCorrupt = errors.New("the file is damaged: keep it as it is, and ask IT to restore a copy or to set up the profile anew")
	// ErrLocked means that another process holds the file.
	ErrLocked = errors.New( //nolint:staticcheck // begins with a name
		"Muster is already open: use the window that is open, or close it first")
	// ErrFull means that the disk took no more. The change that met it did not happen; everything before it is there.
	ErrFull = errors.New("the disk is full: nothing that was saved before is lost, but this change is not saved; free some space and try again")
	// ErrNewer means that a newer Muster wrote the file.
	ErrNewer = errors.New("this file was written by a newer version of Muster: install that version, nothing in the file was changed")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrDenied means that the operating system refuses the file or its folder.
	ErrDenied = errors.New("the operating system does not let Muster read and write its file: check who owns the profile folder and its permissions")
	// ErrKey means that the key given is not 32 bytes.
	ErrKey = errors.New("the key of the store must be 32 bytes")
)

// explained turns an error of bbolt or of the operating system into one of the errors above, keeping it as the cause.
func explained(err error) error {
	switch {
	case err == nil:
		return nil
	case isOurs(err):
		return err
	case isFull(err), errors.Is(err, berrors.ErrMaxSizeReached):
		return because(ErrFull, err)
	case errors.Is(err, berrors.ErrTimeout):
		return because(ErrLocked, err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrInvalidMapping):
		return because(ErrCorrupt, err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return because(ErrClosed, err)
	case errors.Is(err, fs.ErrPermission):
		return because(ErrDenied, err)
	}
	return err
}

// isFull reports whether err says that no more bytes fit. bbolt passes on some errors of the system as text only.
func isFull(err error) bool {
	for _, e := range fullErrors {
		if errors.Is(err, e) || strings.Contains(err.Error(), e.Error()) {
			return true
		}
	}
	return false
}

func isOurs(err error) bool {
	for _, e := range []error{ErrWrongKey, ErrCorrupt, ErrLocked, ErrFull, ErrNewer, ErrClosed, ErrDenied, ErrKey} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// reason is one of the errors above with its technical cause: shown as the error's words alone, unwrapped to both.
type reason struct{ say, cause error }

func because(say, cause error) error { return &reason{say, cause} }

func (r *reason) Error() string   { return r.say.Error() }
func (r *reason) Unwrap() []error { return []error{r.say, r.cause} }

// corrupt is ErrCorrupt with the part of the file that is concerned.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w (%s)", ErrCorrupt, fmt.Sprintf(format, args...))
}
