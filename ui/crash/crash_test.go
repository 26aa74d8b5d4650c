package crash_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/ui/crash"
)

const words = `panic: cannot show MILLER, Aaron James 03/11/2011
MILLER(Aaron)

goroutine 7 [running]:
muster/ui/screens.(*searchPlace).row(0xc000123, {0xc0001, 0x5})
	/home/pc2214/muster/ui/screens/search.go:88 +0x1f
MILLER, Aaron
created by muster/ui/shell.New in goroutine 1
	/home/pc2214/muster/ui/shell/shell.go:12 +0x44
`

func TestRedactKeepsPlacesOnly(t *testing.T) {
	got := crash.Redact(strings.NewReader(words))
	for _, want := range []string{"screens/search.go:88", "muster/ui/screens.(*searchPlace).row(…)", "created by muster/ui/shell.New", "goroutine 7"} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	for _, not := range []string{"MILLER", "Aaron", "2011", "pc2214", "/home", "0xc000123"} {
		if strings.Contains(got, not) {
			t.Errorf("the report tells %q:\n%s", not, got)
		}
	}
	if crash.Redact(strings.NewReader("")) != "" {
		t.Error("a report without a crash")
	}
	if got := crash.Redact(strings.NewReader("panic: runtime error: index out of range [5] with length 3\n")); !strings.Contains(got, "index out of range") {
		t.Errorf("a runtime error lost its kind: %q", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("Aaron")
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) < 6 || strings.ContainsAny(name, "\r\n\t") || strings.Contains("panic: (its words are withheld)", name) {
			return
		}
		if got := crash.Redact(strings.NewReader("panic: no record of <" + name + ">\n")); strings.Contains(got, name) {
			t.Fatalf("%q came through: %s", name, got)
		}
	})
}

// TestMain lets this test be the program that ends badly, and its watcher.
func TestMain(m *testing.M) {
	dir := os.Getenv("CRASH_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := crash.Watch(dir, "0.1.0"); err != nil {
		panic(err)
	}
	panic("the record of MILLER, Aaron is broken")
}

func TestWatchLeavesAReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "crash")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CRASH_TEST_DIR="+dir)
	if err := cmd.Run(); err == nil {
		t.Fatal("the program was meant to end badly")
	}
	var files []os.DirEntry
	for end := time.Now().Add(20 * time.Second); len(files) == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		files, _ = os.ReadDir(dir)
	}
	if len(files) != 1 {
		t.Fatalf("%d reports", len(files))
	}
	var got []byte
	for end := time.Now().Add(10 * time.Second); len(got) == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		got, _ = os.ReadFile(filepath.Join(dir, files[0].Name()))
	}
	if s := string(got); !strings.Contains(s, "TestMain") || strings.Contains(s, "MILLER") {
		t.Fatalf("the report:\n%s", s)
	}
	if st, err := os.Stat(filepath.Join(dir, files[0].Name())); err != nil || st.Mode().Perm()&0o077 != 0 {
		t.Fatalf("others can read the report: %v %v", st.Mode(), err)
	}
}
