package store

import (
	"fmt"
	"strconv"
)

// format is the layout that this version writes. Raise it with every change that an older version could not read,
// and add the step that brings a file of the format before it up to date.
const format = 1

// migration brings a file from format From to From+1.
type migration struct {
	From int
	Say  string
	Step func(*Tx) error
}

// migrations holds one step for each format that was ever released, oldest first.
var migrations []migration

// migrate takes every step in one transaction: a crash on the way leaves the older format whole.
func (s *Store) migrate(have, want int, steps []migration) error {
	return s.Update(func(tx *Tx) error {
		for ; have < want; have++ {
			var step *migration
			for i := range steps {
				if steps[i].From == have {
					step = &steps[i]
				}
			}
			if step == nil {
				return fmt.Errorf("this version of Muster cannot read files of format %d: install an earlier version first", have)
			}
			if err := step.Step(tx); err != nil {
				return fmt.Errorf("bringing the file up to date failed (%s): %w", step.Say, err)
			}
		}
		return tx.setFormat(want)
	})
}

func (t *Tx) setFormat(n int) error {
	return recovering(func() error {
		h := t.bolt.Bucket(bucketHeader)
		if h == nil {
			return corrupt("it has no header")
		}
		return h.Put(keyFormat, []byte(strconv.Itoa(n)))
	})
}
