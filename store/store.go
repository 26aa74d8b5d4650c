// Package store keeps one officer's records, drafts, outbox, judgements and audit log in one bbolt file in which every
// value and every key is sealed, every acknowledged write is on the disk, and every changed byte is noticed.
//
// Values are sealed with XChaCha20-Poly1305 under keys derived for each bucket from the officer's 32-byte key, which
// lives in the OS keyring and never in the file. A value is tied to its bucket and its key: it cannot be moved. Keys
// (record references, draft ids, search tokens) stand in the file only as keyed hashes. What remains visible to a
// thief is how many values there are and about how long they are.
package store

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	bolt "go.etcd.io/bbolt"

	"muster/plugins/pole"
)

// Options opens a store. The zero value is good but for Dictionary, without which the cache makes no search tokens
// from properties.
type Options struct {
	Dictionary Dictionary    // decides which properties the cache can be searched by
	MaxBytes   int           // the file never grows beyond; 0 is no limit
	LockWait   time.Duration // how long to wait for another process to let go of the file; 0 is not at all
}

// Dictionary is what the cache asks of the data model; *pole.Dictionary is one.
type Dictionary interface {
	Property(pole.Property) (pole.PropertyDef, bool)
}

// Store is an open file. All methods are safe for concurrent use.
type Store struct {
	path   string
	db     *bolt.DB
	lock   *flock.Flock
	keys   *keys
	dict   Dictionary
	closed atomic.Bool
	mu     sync.RWMutex // held for reading by every transaction, for writing by Close
}

// header is the one bucket whose keys are in clear: what must be read before a key can be tried.
var (
	bucketHeader = []byte("muster")
	keyFormat    = []byte("format")
	keySalt      = []byte("salt")
	keyPrint     = []byte("key")    // keyed hash of the officer's key: tells another key from a damaged file
	keyCanary    = []byte("canary") // a known text, sealed
)

const canary = "a canary that sings only for its officer"

// mapAhead is how much address space is mapped at once, so that long reads do not hold up a growing file.
// Windows would make the file that large on disk.
func mapAhead() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return 1 << 30
}

// growth is by how much the file grows at once.
const growth = 4 << 20

func boltOptions(o Options) *bolt.Options {
	return &bolt.Options{
		Timeout:         time.Millisecond + o.LockWait,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapAhead(),
		MaxSize:         o.MaxBytes,
	}
}

// Open opens the officer's file, or makes it. key is 32 bytes from the OS keyring. The folder is made with mode 0700, the
// file with 0600. Errors: ErrKey, ErrWrongKey, ErrCorrupt, ErrLocked, ErrFull, ErrNewer, ErrDenied.
func Open(path string, key []byte, o Options) (*Store, error) {
	return openAs(path, key, o, format, migrations)
}

func openAs(path string, key []byte, o Options, format int, steps []migration) (s *Store, err error) {
	if len(key) != keySize {
		return nil, ErrKey
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { //nolint:gosec // the profile's own folder
		return nil, explained(err)
	}
	lock, err := locked(path, o.LockWait)
	if err != nil {
		return nil, err
	}
	// What a rotation of the key left when it was ended in the middle: the file itself is whole.
	if err := discard(path + rotating); err != nil {
		return nil, errors.Join(explained(err), lock.Unlock())
	}
	if s, err = openLocked(path, key, o, format, steps); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	s.lock = lock
	return s, nil
}

// openLocked opens a file whose lock the caller holds.
func openLocked(path string, key []byte, o Options, format int, steps []migration) (s *Store, err error) {
	if _, statErr := os.Stat(path); errors.Is(statErr, fs.ErrNotExist) { //nolint:gosec // the profile's own file
		if err := create(path, key, o, format); err != nil {
			return nil, err
		}
	} else if statErr != nil {
		return nil, explained(statErr)
	}
	if err := os.Chmod(path, 0o600); err != nil { //nolint:gosec // the profile's own file
		return nil, explained(err)
	}
	if err := preflight(path); err != nil {
		return nil, err
	}
	s = &Store{path: path, dict: o.Dictionary}
	if err := recovering(func() error {
		s.db, err = bolt.Open(path, 0o600, boltOptions(o))
		return err
	}); err != nil {
		return nil, explained(err)
	}
	s.db.AllocSize = growth
	if err := s.unseal(key, format, steps); err != nil {
		return nil, errors.Join(err, recovering(s.db.Close))
	}
	return s, nil
}

// locked takes the lock beside the file. It is held from before the file is examined until Close.
func locked(path string, wait time.Duration) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		ok, err := lock.TryLock()
		if err != nil {
			return nil, explained(err)
		}
		if ok {
			return lock, nil
		}
		if !time.Now().Before(end) {
			return nil, errors.Join(ErrLocked, lock.Close())
		}
	}
}

// create writes a new file beside path and puts it there in one step, so that a crash leaves either none or a whole one.
func create(path string, key []byte, o Options, format int) error {
	fresh := path + ".new"
	if err := discard(fresh); err != nil {
		return explained(err)
	}
	db, err := bolt.Open(fresh, 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType, MaxSize: o.MaxBytes})
	if err != nil {
		return explained(errors.Join(err, discard(fresh)))
	}
	err = db.Update(func(tx *bolt.Tx) error {
		h, err := tx.CreateBucketIfNotExists(bucketHeader)
		if err != nil {
			return err
		}
		salt := make([]byte, saltSize)
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		k := newKeys(key, salt)
		defer k.forget()
		box := k.box("header")
		for _, kv := range [][2][]byte{
			{keyFormat, []byte(strconv.Itoa(format))},
			{keySalt, salt},
			{keyPrint, box.id("key")},
			{keyCanary, box.seal(keyCanary, []byte(canary))},
		} {
			if err := h.Put(kv[0], kv[1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return explained(errors.Join(err, discard(fresh)))
	}
	if err := os.Rename(fresh, path); err != nil { //nolint:gosec // the profile's own files
		return explained(err)
	}
	return syncDir(filepath.Dir(path))
}

// discard removes a file that may not be there.
func discard(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { //nolint:gosec // the profile's own file
		return err
	}
	return nil
}

// syncDir makes a rename durable. Windows has no such call; its rename is journalled.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the profile's own folder
	if err != nil {
		return explained(err)
	}
	return explained(errors.Join(d.Sync(), d.Close()))
}

// unseal tries the key on the file's header and brings an older format up to date.
func (s *Store) unseal(key []byte, want int, steps []migration) error {
	have := 0
	err := s.bolt(false, func(tx *bolt.Tx) error {
		h := tx.Bucket(bucketHeader)
		if h == nil {
			return corrupt("it has no header")
		}
		var err error
		if have, err = strconv.Atoi(string(h.Get(keyFormat))); err != nil || have < 1 {
			return corrupt("its format is not readable")
		}
		if have > want {
			return fmt.Errorf("%w (format %d, this version reads %d)", ErrNewer, have, want)
		}
		salt := h.Get(keySalt)
		if len(salt) != saltSize {
			return corrupt("its header is too short")
		}
		s.keys = newKeys(key, append([]byte(nil), salt...))
		box := s.keys.box("header")
		plain, err := box.open(keyCanary, h.Get(keyCanary))
		switch {
		case err == nil && string(plain) == canary:
			return nil
		case subtle.ConstantTimeCompare(h.Get(keyPrint), box.id("key")) == 1:
			return corrupt("its header was changed")
		}
		return ErrWrongKey
	})
	if err != nil {
		return err
	}
	if have < want {
		if err := s.migrate(have, want, steps); err != nil {
			return err
		}
	}
	return nil
}

// Path is where the file lies.
func (s *Store) Path() string { return s.path }

// Size is the file's size in bytes.
func (s *Store) Size() int64 {
	i, err := os.Stat(s.path)
	if err != nil {
		return 0
	}
	return i.Size()
}

// Close waits for what is being read and written, closes the file and forgets the key. Closing twice is no error.
func (s *Store) Close() error {
	if s.closed.Load() {
		return nil
	}
	return errors.Join(s.shut(), explained(s.lock.Unlock()))
}

// shut closes the file and forgets the key; the lock stays. Shutting twice is no error.
func (s *Store) shut() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := recovering(s.db.Close)
	if s.keys != nil {
		s.keys.forget()
	}
	return explained(err)
}

// Check walks the whole file and opens every sealed value: structure, free list, and that no byte was changed.
// It returns nil or an ErrCorrupt that says which part is concerned. It takes about a second for each 500 MB.
func (s *Store) Check() error {
	return s.View(func(tx *Tx) error {
		var first error
		for err := range tx.bolt.Check() { // to its end: the check runs beside this and must not outlive the transaction
			if first == nil {
				first = corrupt("structure: %v", err)
			}
		}
		if first != nil {
			return first
		}
		var names []string
		if err := tx.each(s.keys.box(catalogue), nil, func(_, name []byte) error {
			names = append(names, string(name))
			return nil
		}); err != nil {
			return err
		}
		for _, name := range names {
			if err := tx.each(s.keys.box(name), nil, func(_, _ []byte) error { return nil }); err != nil {
				return err
			}
		}
		for _, name := range chains {
			if v, err := verifyChain(tx, s.keys.box(name), nil); err != nil {
				return err
			} else if v.Problem != "" {
				return corrupt("%s", v.Problem)
			}
		}
		return nil
	})
}

// recovering calls f; a panic of bbolt on a damaged page, or a fault on a page that the disk no longer gives, becomes ErrCorrupt.
func recovering(f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if r := recover(); r != nil {
			err = corrupt("reading it failed: %v", r)
		}
	}()
	return f()
}
