package logbook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/plugins"
)

func read(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(src)
	}
	return all.String()
}

func TestNothingAboutAPersonIsLogged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	log, end, err := Open(Options{Folder: dir, Name: "muster", Level: "debug", Keep: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	canary := "CANARY-MILLER"
	log = log.With("system", "rms", "officer", canary)
	log.Info("asked", "text", canary, "url", "https://rms.example/persons/"+canary+"?q="+canary, "count", 3, "took", time.Second)
	log.Warn("failed", "error", fmt.Errorf("person %s: %w", canary, fs.ErrNotExist))
	log.Warn("failed", "error", &plugins.Error{Kind: plugins.Invalid, Say: canary, Err: errors.New(canary)}, "any", struct{ Name string }{canary})
	log.WithGroup("g").Error("failed", "error", errors.New(canary), "list", []string{canary}, "stringer", fs.FileMode(0))
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	got := read(t, dir)
	if strings.Contains(got, canary) {
		t.Errorf("it is: %s", got)
	}
	for _, want := range []string{`"system":"rms"`, `"count":3`, `"url":"https://rms.example"`, "no such file", `"error":"` + string(plugins.Invalid) + `"`, `"msg":"asked"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing: %s", want, got)
		}
	}
	if i, err := os.Stat(filepath.Join(dir, "muster.log")); err != nil || i.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v %v", i.Mode(), err)
	}
}

func TestTheLevelHoldsBack(t *testing.T) {
	dir := t.TempDir()
	log, end, err := Open(Options{Folder: dir, Name: "muster", Level: "warn", Keep: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not this")
	log.Warn("but this")
	_ = end.Close()
	if got := read(t, dir); strings.Contains(got, "not this") || !strings.Contains(got, "but this") {
		t.Error(got)
	}
}

func TestTheLogDoesNotGrowForEver(t *testing.T) {
	fileMegabytes = 1
	t.Cleanup(func() { fileMegabytes = 5 })
	dir := t.TempDir()
	_, end, err := Open(Options{Folder: dir, Name: "muster", Level: "info", Keep: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	long := []byte(strings.Repeat("x", 64<<10) + "\n")
	for range (fileMegabytes << 20) / len(long) * 2 {
		if _, err := end.(io.Writer).Write(long); err != nil {
			t.Fatal(err)
		}
	}
	_ = end.Close()
	files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	if len(files) < 2 {
		t.Errorf("it is not rotated: %v", files)
	}
	for _, f := range files {
		if i, err := os.Stat(f); err != nil || i.Size() > int64(fileMegabytes)<<20 || i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %d bytes, %v, %v", f, i.Size(), i.Mode(), err)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(Options{Folder: filepath.Join(file, "logs"), Name: "muster"}); err == nil || !strings.Contains(err.Error(), "log folder") {
		t.Errorf("got %v", err)
	}
}
