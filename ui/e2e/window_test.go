//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/app/desk"
	"muster/app/entry"
	"muster/app/signin"
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

// TestMain brings a window manager: without one no window gets the keyboard.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv("DISPLAY") == "" {
			return m.Run()
		}
		wm := exec.Command("openbox")
		if err := wm.Start(); err != nil {
			fmt.Fprintln(os.Stderr, "no window manager:", err)
			return 1
		}
		defer func() { _ = wm.Process.Kill(); _ = wm.Wait() }()
		for range 100 {
			out, _ := exec.Command("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").Output()
			if bytes.Contains(out, []byte("window id")) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		return m.Run()
	}())
}

// start runs Muster in folders of its own.
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
	w.key("Return") // the first of the forms: the incident report
	w.settle()
	w.key("ctrl+Next") // what happened: category, priority, words
	w.settle()
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
	limit := time.After(30 * time.Second)
	for ended := false; !ended; {
		w.key("alt+F4") // again, if the window manager was still moving the focus when it came
		select {
		case err := <-w.done:
			if ended = true; err != nil {
				w.t.Errorf("Muster ended with %v", err)
			}
		case <-time.After(5 * time.Second):
		case <-limit:
			w.t.Fatal("Muster did not end when its window was closed")
		}
	}
	for _, bad := range []string{"Error in Fyne call thread", "panic:", "DATA RACE", "fatal error"} {
		if s := w.err.String(); strings.Contains(s, bad) {
			w.t.Errorf("Muster said %q:\n%s", bad, s)
		}
	}
}

// delivered opens the desk over the same profile, without a window, and asks what became of the entry.
func delivered(t *testing.T, profile string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var d *desk.Desk
	d, err := desk.Open(ctx, desk.Options{Profile: profile, OpenBrowser: func(url string) error {
		return d.DemoBrowser("okafor", demoforce.Password)(url)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.State() != signin.SignedIn {
		if err := d.SignInBrowser(ctx); err != nil {
			t.Fatal(err)
		}
	}
	items := d.Outbox()
	if len(items) != 1 {
		t.Fatalf("%d entries are in the outbox, want one", len(items))
	}
	if len(items[0].Deliveries) < 3 {
		t.Errorf("%d systems were to get it, want three", len(items[0].Deliveries))
	}
	for _, dv := range items[0].Deliveries {
		if dv.State != entry.Delivered || dv.Receipt == nil || dv.Receipt.Reference == "" {
			t.Errorf("%s: %s, with no receipt: %s", dv.System, dv.State, dv.Say)
		}
	}
	if v, err := d.VerifyAudit(ctx); err != nil || !v.OK {
		t.Errorf("the audit log of the journey: %+v, %v", v, err)
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
