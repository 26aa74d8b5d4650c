//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var probe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "muster-probe-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-trimpath", "-tags", "migrated_fynedo,accessibility,e2e", "-o", dir, "./probe", "./empty").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return dir, err
})

// figure runs the probe once and returns what it printed, in milliseconds.
func figure(b *testing.B, what string) float64 {
	b.Helper()
	dir, err := probe()
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	args := []string{"-what", what, "-profile", filepath.Join(home, "desk")}
	p := filepath.Join(dir, "probe")
	if what == "empty" {
		// A program of its own, so that what Muster brings along does not slow it down.
		p, args = filepath.Join(dir, "empty"), nil
	}
	c := exec.Command(p, append(args, "-started", strconv.FormatInt(time.Now().UnixNano(), 10))...)
	// The cache is shared: Fyne keeps its list of the computer's fonts there, which a user's second start finds.
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+dir, "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_GB.UTF-8")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", what, err, errs.String())
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatalf("%s printed %q\n%s", what, out, errs.String())
	}
	return v
}

// BenchmarkFirstFrame compares, in turns in the same run, the first frame in which the officer can act with the first frame of an
// empty window.
func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		var empty, shell []float64
		figure(b, "empty") // once for the disk
		figure(b, "shell") // and the list of fonts
		for range 5 {
			empty = append(empty, figure(b, "empty"))
			shell = append(shell, figure(b, "shell"))
		}
		slices.Sort(empty)
		slices.Sort(shell)
		b.ReportMetric(empty[2], "ms-empty-window")
		b.ReportMetric(shell[2], "ms-first-usable")
		b.ReportMetric(shell[2]/empty[2], "x-empty-window")
	}
}

// BenchmarkStreamStall measures the longest time for which the window takes nothing while 3,000 results stream in.
func BenchmarkStreamStall(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(figure(b, "stall"), "ms-worst-stall")
	}
}
