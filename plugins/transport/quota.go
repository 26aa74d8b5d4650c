package transport

import (
	"sync"
	"time"

	"muster/plugins"
)

// quota counts requests in a sliding window, in sixty parts of it: never more than allowed pass within any window, and
// at most a sixtieth of the window is waited for longer than need be. It counts from the sign-in on.
type quota struct {
	plugins.Quota

	mu    sync.Mutex
	parts [60]int
	at    int64 // number of the newest part
	sum   int
}

func newQuotas(list []plugins.Quota) []*quota {
	out := make([]*quota, 0, len(list))
	for _, q := range list {
		if q.Requests > 0 && q.Per > 0 {
			out = append(out, &quota{Quota: q})
		}
	}
	return out
}

func (q *quota) part() time.Duration { return max(q.Per/time.Duration(len(q.parts)-1), 1) }

// take counts one request, or says how long until one may be made.
func (q *quota) take(now time.Time) (wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := q.part()
	n := now.UnixNano() / int64(size)
	if q.at == 0 || n-q.at >= int64(len(q.parts)) {
		q.parts, q.sum, q.at = [60]int{}, 0, n
	}
	for ; q.at < n; q.at++ {
		i := (q.at + 1) % int64(len(q.parts))
		q.sum -= q.parts[i]
		q.parts[i] = 0
	}
	if q.sum < q.Requests {
		q.parts[q.at%int64(len(q.parts))]++
		q.sum++
		return 0
	}
	// The oldest part with requests in it is the next to leave the window.
	for k := q.at - int64(len(q.parts)) + 1; k <= q.at; k++ {
		if q.parts[k%int64(len(q.parts))] > 0 {
			return time.Duration((k+int64(len(q.parts)))*int64(size) - now.UnixNano())
		}
	}
	return size
}

// back returns a request that was counted but not made.
func (q *quota) back() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := q.at % int64(len(q.parts)); q.parts[i] > 0 {
		q.parts[i]--
		q.sum--
	}
}
