//go:build unix

package desk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"muster/app/audit"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/store"
)

// childDisk names the environment variable under which the test program runs as the desk with the full disk.
const childDisk = "MUSTER_TEST_FULL_DISK"

// TestFullDisk runs a desk for which no file may grow, as on a full disk; that holds for a whole process, so it has its own.
func TestFullDisk(t *testing.T) {
	if os.Getenv(childDisk) != "" {
		fullDisk(t)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), childDisk+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestFullDisk") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// limitFiles lets no file of this process grow beyond n bytes; the system refuses more as it does on a full disk.
func limitFiles(t *testing.T, n uint64) {
	t.Helper()
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	lim.Cur = min(n, lim.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
}

func fullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr := incident(t, d)
	dr.Values["description"] = "typed while there was room"
	dr, err := d.SaveDraft(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := d.behind()
	if err != nil {
		t.Fatal(err)
	}
	limitFiles(t, uint64(sess.store.Size()))

	// Typing: the draft grows until it no longer fits. It is said, and what was saved before stands.
	var full error
	long, size := dr, 1<<20
	for n := 0; size > 16<<10 && n < 500; n++ {
		long.ID, long.Values = fmt.Sprintf("filler%d", n), map[string]string{"description": strings.Repeat("x", size)}
		if _, err := d.SaveDraft(t.Context(), long); err != nil {
			full, size = err, size/2
		}
	}
	if !errors.Is(full, store.ErrFull) {
		t.Fatalf("the disk did not fill: %v", full)
	}
	s.plain(t, full.Error())
	if got, ok, err := sess.drafts.Get(dr.ID); err != nil || !ok || got.Values["description"] != "typed while there was room" {
		t.Errorf("what was saved is lost: %+v %v", got, err)
	}

	// Looking: as soon as the log of accesses takes no more, nothing leaves and no old copy is shown.
	a := d.access(string(audit.Consultation), plugins.Purpose{Code: "training"})
	rec := d.record(a)
	for size := 64 << 10; ; {
		rec.Recipient = strings.Repeat("x", size)
		if _, _, err := d.account(t.Context(), a, rec); err == nil {
			continue
		} else if !errors.Is(err, store.ErrFull) {
			t.Fatal(err)
		}
		if size == 0 {
			break
		}
		size /= 4
	}
	var left atomic.Int64
	for _, id := range []string{"rms", "cad", "custody", "intel"} {
		sys, _ := d.system(id)
		sys.client.Transport = countingTransport{sys.client.Transport, &left}
	}
	r := find(t, d, "miller aaron 2011")
	if len(r.done.Failed) < 4 || left.Load() != 0 || r.records != 0 {
		t.Fatalf("searched without a log: %d requests, %d records, %+v", left.Load(), r.records, r.answers)
	}
	for _, a := range r.answers {
		if a.State == search.NotSearched {
			s.plain(t, a.Say)
			if !strings.Contains(a.Say, "disk is full") {
				t.Errorf("%q", a.Say)
			}
		}
	}
	st := d.Status()
	if st.AuditOK || len(st.Failing) != 0 {
		t.Errorf("the status bar blames the systems: %+v", st)
	}
	if _, err := d.OpenCase(t.Context(), "rms/person/NOM0100001"); !errors.Is(err, store.ErrFull) {
		t.Errorf("a case opened: %v", err)
	}

	// Sending: refused, and the draft is still there.
	if _, err := d.Send(t.Context(), dr); !errors.Is(err, store.ErrFull) {
		t.Errorf("sent: %v", err)
	} else {
		s.plain(t, err.Error())
	}
	if _, ok, err := sess.drafts.Get(dr.ID); !ok || err != nil {
		t.Errorf("the draft is gone: %v", err)
	}
	if n := len(s.force.Deliveries("")); n != 0 {
		t.Errorf("%d deliveries", n)
	}

	// Room again: everything goes on by itself.
	limitFiles(t, math.MaxUint64)
	if a := find(t, d, "miller aaron 2011").answers["rms"]; a.State != search.Answered {
		t.Errorf("with room again: %+v", a)
	}
	if !d.Status().AuditOK {
		t.Error("the status bar still says that the log takes no more")
	}
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "delivered", func() bool {
		for _, x := range d.Outbox() {
			if x.ID == it.ID && x.Done() {
				return true
			}
		}
		return false
	})
	if v, err := d.VerifyAudit(context.WithoutCancel(t.Context())); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
}
