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
