package store

import "muster/plugins/pole"

// EachRecord calls f with every kept copy of these kinds, those kept last first, until it returns an error. Copies are read a
// few at a time, so that nobody waits for it; what is kept or removed meanwhile may be missed or met.
func (s *Store) EachRecord(kinds []pole.Kind, f func(r pole.Record) error) error {
	groups := s.alternatives(CacheQuery{Kinds: kinds, Everything: len(kinds) == 0})
	if len(groups) == 0 {
		return nil
	}
	var ids []uint64
	if err := s.View(func(tx *Tx) (err error) { ids, err = tx.find(groups); return err }); err != nil {
		return err
	}
	for to := len(ids); to > 0; {
		from := max(0, to-putChunk)
		var some []pole.Record
		if err := s.View(func(tx *Tx) error {
			for i := to - 1; i >= from; i-- {
				r, err := tx.doc(ids[i])
				if err != nil {
					return err
				}
				if r != nil && (len(kinds) == 0 || satisfies(s.tokens(r), groups)) {
					some = append(some, *r)
				}
			}
			return nil
		}); err != nil {
			return err
		}
		for _, r := range some {
			if err := f(r); err != nil {
				return err
			}
		}
		to = from
	}
	return nil
}
