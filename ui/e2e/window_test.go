//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/plugins/demoforce"
)

// window is the program under test with its window system around it.
type window struct {
	t    *testing.T
	cmd  *exec.Cmd
	err  *lines
	out  string // folder for pictures
	done chan error
}

// lines collects what a program says.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// bin is a program that was built for this test; MUSTER_BIN names the folder.
func bin(t testing.TB, name string) string {
	dir := os.Getenv("MUSTER_BIN")
	if dir == "" {
		t.Fatal("MUSTER_BIN does not name the folder with the programs; run make e2e")
	}
	p, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// x runs a tool of the window system and returns what it says.
func x(t testing.TB, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil && name != "xdotool" {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return strings.TrimSpace(string(out))
}

func (w *window) key(keys ...string) {
	for _, k := range keys {
		x(w.t, "xdotool", "key", "--clearmodifiers", k)
		time.Sleep(60 * time.Millisecond)
	}
}

func (w *window) typed(s string) { x(w.t, "xdotool", "type", "--delay", "15", s) }

// title is the title of the window in front.
func (w *window) title() string { return x(w.t, "xdotool", "getactivewindow", "getwindowname") }

// until waits for a title of the window in front.
func (w *window) until(title string) {
	w.t.Helper()
	end := time.Now().Add(60 * time.Second)
	for time.Now().Before(end) {
		if w.title() == title {
			return
		}
		select {
		case err := <-w.done:
			w.t.Fatalf("Muster ended while the test waited for %q: %v\n%s", title, err, w.err)
		case <-time.After(80 * time.Millisecond):
		}
	}
	w.shot("failed")
	w.t.Fatalf("the window never came to %q; it says %q\n%s", title, w.title(), w.err)
}

// picture is the screen without its status bar, whose clock never stands still.
func (w *window) picture() (image.Image, [32]byte) {
	out, err := exec.Command("import", "-window", "root", "png:-").Output()
	if err != nil {
		w.t.Fatalf("no picture of the screen: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		w.t.Fatal(err)
	}
	b := img.Bounds()
	h := sha256.New()
	for y := b.Min.Y; y < b.Max.Y-40; y += 3 {
		for px := b.Min.X; px < b.Max.X; px += 2 {
			r, g, bl, _ := img.At(px, y).RGBA()
			h.Write([]byte{byte(r >> 8), byte(g >> 8), byte(bl >> 8)})
		}
	}
	var sum [32]byte
	copy(sum[:], h.Sum(nil))
	return img, sum
}

// settle waits until nothing has moved on screen for a while. A text cursor blinks: two pictures in turn count as still.
func (w *window) settle() {
	seen := map[[32]byte]int{}
	end := time.Now().Add(25 * time.Second)
	for time.Now().Before(end) {
		_, s := w.picture()
		if seen[s]++; seen[s] >= 4 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (w *window) shot(name string) {
	img, _ := w.picture()
	f, err := os.Create(filepath.Join(w.out, name+".png"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		w.t.Fatal(err)
	}
}

// start runs Muster under a window manager, in folders of its own.
func start(t *testing.T, args ...string) *window {
	t.Helper()
	if os.Getenv("DISPLAY") == "" {
		t.Fatal("there is no display; run make e2e")
	}
	out := os.Getenv("ARTIFACTS")
	if out == "" {
		out = t.TempDir()
	}
	out = filepath.Join(out, "window")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	wm := exec.Command("openbox")
	if err := wm.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wm.Process.Kill(); _ = wm.Wait() })
	w := &window{t: t, err: &lines{}, out: out, done: make(chan error, 1)}
	home := t.TempDir()
	w.cmd = exec.Command(bin(t, "muster-checked"), args...)
	w.cmd.Dir = home // not beside FyneApp.toml, which would switch Fyne's check of its threads off
	w.cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "LIBGL_ALWAYS_SOFTWARE=1", "LANG=en_GB.UTF-8", "FYNE_THEME=dark",
		"BROWSER="+bin(t, "muster-browser"), "MUSTER_BROWSER_USER=okafor", "MUSTER_BROWSER_PASSWORD="+demoforce.Password)
	w.cmd.Stderr = w.err
	w.cmd.Stdout = w.err
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { w.done <- w.cmd.Wait() }()
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	return w
}

// TestJourney goes from a first run to receipts from every system, by keys alone.
func TestJourney(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "desk")
	w := start(t, "--profile", profile)
	w.until("Welcome · Muster")
	w.settle()
	w.shot("01-first-run")
	w.key("Return")
	w.until("Sign in · Muster")
	w.settle()
	w.shot("02-signin")
	w.key("Return")
	w.until("Desk · Muster")
	w.settle()
	w.shot("03-desk")

	w.key("ctrl+k")
	w.typed("miller aaron 2011")
	w.settle()
	w.key("Return")
	w.settle()
	w.shot("04-purpose")
	w.key("Down", "Return") // missing person, which needs a case reference
	w.typed("24-10887")
	w.key("Return")
	w.until("Search · Muster")
	w.settle()
	w.shot("05-search")
	w.key("Return")
	w.until("Cases · Muster")
	w.settle()
	w.shot("06-case")
	w.key("F1")
	w.settle()
	w.shot("07-keys")
	w.key("Escape")

	w.key("ctrl+e")
	w.until("Enter · Muster")
	w.settle()
	w.key("ctrl+Next")
	w.settle()
	w.key("Down")
	w.typed("concern")
	w.key("Return", "Tab", "Down", "Return", "Tab")
	w.typed("Left home at 07:40 and did not arrive at school. Phone switched off.")
	w.settle()
	w.shot("08-entry")
	w.key("ctrl+Return")
	time.Sleep(2 * time.Second)
	w.settle()
	w.shot("09-receipts")
	w.key("ctrl+5")
	w.until("Outbox · Muster")
	w.settle()
	w.shot("10-outbox")
	w.key("ctrl+6")
	w.until("Systems · Muster")
	w.key("Escape")
	w.until("Outbox · Muster")
	w.key("F12")
	w.until("Locked · Muster")
	w.settle()
	w.shot("11-lock")
	w.close()
	delivered(t, profile)
}

// close closes the window as the officer would, and holds what the program said against what it may say.
func (w *window) close() {
	w.t.Helper()
	w.key("alt+F4")
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("Muster ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		w.t.Error("Muster did not end when its window was closed")
	}
	for _, bad := range []string{"Error in Fyne call thread", "panic:", "DATA RACE", "fatal error"} {
		if s := w.err.String(); strings.Contains(s, bad) {
			w.t.Errorf("Muster said %q:\n%s", bad, s)
		}
	}
}

// delivered asks the desk from a script, over the same profile, what became of the entry.
func delivered(t *testing.T, profile string) {
	t.Helper()
	ctl := func(args ...string) []byte {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, bin(t, "musterctl"), append([]string{"--profile", profile, "--json"}, args...)...)
		c.Env = append(os.Environ(), "BROWSER="+bin(t, "muster-browser"), "MUSTER_BROWSER_USER=okafor", "MUSTER_BROWSER_PASSWORD="+demoforce.Password)
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Fatalf("musterctl %v: %v\n%s", args, err, errs.String())
		}
		return out
	}
	ctl("login")
	items, receipts := 0, 0
	sc := bufio.NewScanner(bytes.NewReader(ctl("outbox")))
	for sc.Scan() {
		var item struct {
			Deliveries []struct {
				System, State string
				Receipt       *struct{ Reference string }
			}
		}
		if err := json.Unmarshal(sc.Bytes(), &item); err != nil {
			t.Fatalf("%s: %v", sc.Text(), err)
		}
		if len(item.Deliveries) == 0 {
			continue
		}
		items++
		for _, d := range item.Deliveries {
			if d.State != "delivered" || d.Receipt == nil || d.Receipt.Reference == "" {
				t.Errorf("%s: %s, with no receipt", d.System, d.State)
				continue
			}
			receipts++
		}
	}
	if items != 1 || receipts < 3 {
		t.Errorf("%d entries with %d receipts; want one with three", items, receipts)
	}
}

// TestSecondStartComesForward starts the program twice over one profile.
func TestSecondStartComesForward(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "desk")
	w := start(t, "--profile", profile)
	w.until("Welcome · Muster")
	second := exec.Command(w.cmd.Path, "--profile", profile)
	second.Env, second.Dir = w.cmd.Env, w.cmd.Dir
	out, err := second.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "open already") {
		t.Errorf("the second start: %v\n%s", err, out)
	}
	w.until("Welcome · Muster")
	w.close()
}

// TestNoDisplay starts the program where no window can open.
func TestNoDisplay(t *testing.T) {
	c := exec.Command(bin(t, "muster-checked"), "--profile", filepath.Join(t.TempDir(), "desk"))
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "DISPLAY=") && !strings.HasPrefix(e, "WAYLAND_DISPLAY=") {
			c.Env = append(c.Env, e)
		}
	}
	out, err := c.CombinedOutput()
	if err == nil || c.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "no display") || strings.Contains(string(out), "goroutine") {
		t.Errorf("ended with %v:\n%s", err, out)
	}
}
