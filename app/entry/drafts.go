package entry

import (
	"cmp"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/store"
)

// ErrGone means that the draft was deleted or sent; saving it again would bring it back.
var ErrGone = errors.New("this draft was sent or deleted")

// NewID makes an id for a draft. The entry that it becomes keeps it.
func NewID() string { return strings.ToLower(rand.Text()) }

// Drafts keeps drafts, sealed. All methods are safe for concurrent use.
type Drafts struct {
	store *store.Store
	c     *store.Collection[Draft]
	now   func() time.Time

	mu   sync.Mutex
	gone map[string]bool // sent or deleted since the start: a late save must not bring them back
}

// NewDrafts returns the drafts kept in s. now may be nil.
func NewDrafts(s *store.Store, now func() time.Time) *Drafts {
	if now == nil {
		now = time.Now
	}
	return &Drafts{store: s, c: store.NewCollection[Draft](s, "drafts"), now: now, gone: map[string]bool{}}
}

// Put saves a draft and returns it with its ID and the time it was saved; durable on return.
func (d *Drafts) Put(dr Draft) (Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dr.ID == "" {
		dr.ID = NewID()
	}
	if d.gone[dr.ID] {
		return dr, ErrGone
	}
	if dr.Created.IsZero() {
		dr.Created = d.now().UTC()
	}
	saved := dr
	saved.Saved = d.now().UTC()
	if err := d.c.Put(dr.ID, saved); err != nil {
		return dr, err
	}
	return saved, nil
}

// Get reads one draft; ok is false when there is none.
func (d *Drafts) Get(id string) (dr Draft, ok bool, err error) { return d.c.Get(id) }

// List gives every draft, saved last first.
func (d *Drafts) List() ([]Draft, error) {
	all, err := d.c.All()
	slices.SortStableFunc(all, func(a, b Draft) int { return cmp.Compare(b.Saved.UnixNano(), a.Saved.UnixNano()) })
	return all, err
}

// Delete removes a draft; one that is not there is no error.
func (d *Drafts) Delete(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.c.Delete(id); err != nil {
		return err
	}
	d.gone[id] = true
	return nil
}

// take removes a draft within the transaction of commit, which keeps it elsewhere.
func (d *Drafts) take(id string, commit func(*store.Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.store.Update(func(tx *store.Tx) error {
		if err := d.c.In(tx).Delete(id); err != nil {
			return err
		}
		return commit(tx)
	}); err != nil {
		return err
	}
	d.gone[id] = true
	return nil
}

// saveWithin is how long a keystroke may wait to be saved together with those after it.
const saveWithin = 400 * time.Millisecond

// Saver saves a draft that changes with every keystroke: at most saveWithin after the first unsaved change it is on the
// disk, however fast the officer types.
type Saver struct {
	drafts *Drafts
	saved  func(Draft, error)

	mu      sync.Mutex
	pending map[string]Draft
	timer   *time.Timer
	write   sync.Mutex // one flush at a time, so that an older text never overwrites a newer one
	closed  bool
}

// NewSaver makes a saver. saved is called after every save, from the saver's goroutine; it may be nil. Its error is what
// the screen must show instead of 'saved'.
func NewSaver(d *Drafts, saved func(Draft, error)) *Saver {
	if saved == nil {
		saved = func(Draft, error) {}
	}
	return &Saver{drafts: d, saved: saved, pending: map[string]Draft{}}
}

// Save notes the newest state of a draft, which must have an ID. It returns at once.
func (s *Saver) Save(d Draft) {
	d = d.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[d.ID] = d
	if s.closed {
		return
	}
	if s.timer == nil {
		s.timer = time.AfterFunc(saveWithin, func() { _ = s.Flush() })
	}
}

// Drop forgets what is not yet saved of a draft.
func (s *Saver) Drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, id)
}

// Flush saves what is pending now. What could not be saved stays pending and is tried again with the next flush.
func (s *Saver) Flush() error {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	work := s.pending
	s.pending = map[string]Draft{}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.mu.Unlock()
	var all error
	for id, d := range work {
		saved, err := s.drafts.Put(d)
		if err != nil && !errors.Is(err, ErrGone) {
			all = errors.Join(all, err)
			s.mu.Lock()
			if _, newer := s.pending[id]; !newer {
				s.pending[id] = d
			}
			if s.timer == nil && !s.closed {
				s.timer = time.AfterFunc(5*saveWithin, func() { _ = s.Flush() })
			}
			s.mu.Unlock()
		}
		if !errors.Is(err, ErrGone) {
			s.saved(saved, err)
		}
	}
	return all
}

// Close saves what is pending and stops.
func (s *Saver) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.Flush()
}
