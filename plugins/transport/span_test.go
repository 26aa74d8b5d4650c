package transport

import (
	"testing"
	"time"
)

func TestSpansAreSaidAsAnOfficerWould(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "a moment", 400 * time.Millisecond: "a moment", time.Second: "1 second", 1001 * time.Millisecond: "2 seconds",
		89 * time.Second: "89 seconds", 2*time.Minute - 5*time.Millisecond: "2 minutes", 2 * time.Minute: "2 minutes",
		2*time.Hour - time.Millisecond: "2 hours", 24 * time.Hour: "24 hours",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is said as %q, want %q", d, got, want)
		}
	}
}
