package keyringtest

import (
	"context"
	"time"
)

// contextFor is a context that outlives the test's own, for cleaning up after it.
func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
