package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPolicyIsCheckedExplainedAndWritten(t *testing.T) {
	dir := t.TempDir()
	ctl := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, errw bytes.Buffer
		if code := run(append([]string{"--profile", dir}, args...), strings.NewReader(""), &out, &errw); code != want {
			t.Fatalf("%v: %d, want %d\n%s%s", args, code, want, out.String(), errw.String())
		}
		return out.String(), errw.String()
	}
	file := filepath.Join(dir, "policy.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("policy: 1\nidle_lock: 5m\nhide_properties: {PCSO: [dateOfBirth]}\n")
	if out, _ := ctl(exitDone, "policy", "check", file); !strings.Contains(out, "in order; it decides 2 of") {
		t.Error(out)
	}
	write("policy: 1\nidle_lok: 5m\n")
	if _, err := ctl(exitFailed, "policy", "check", file); !strings.Contains(err, "did you mean idle_lock?") || !strings.Contains(err, file) || !strings.Contains(err, "line 2") {
		t.Error(err)
	}
	write("policy: 1\nhide_properties: {PCSO: [birthday]}\n")
	if out, err := ctl(exitFailed, "--json", "policy", "check", file); !strings.Contains(err, "birthday") || !strings.Contains(out, `"ok":false`) {
		t.Error(out, err)
	}
	if out, _ := ctl(exitDone, "policy", "explain", "IdleLock"); !strings.Contains(out, "idle_lock") || !strings.Contains(out, `Software\Policies\Muster\IdleLock`) {
		t.Error(out)
	}
	if out, _ := ctl(exitDone, "--json", "policy", "explain", "mask_from"); !strings.Contains(out, `"default":"SECRET"`) {
		t.Error(out)
	}
	if _, err := ctl(exitFailed, "policy", "explain", "mask_form"); !strings.Contains(err, "did you mean mask_from?") {
		t.Error(err)
	}
	if out, _ := ctl(exitDone, "policy", "choose", "idle_lock", "2m"); !strings.Contains(out, "chosen by the officer") {
		t.Error(out)
	}
	if out, _ := ctl(exitDone, "policy"); !strings.Contains(out, "idle_lock") || !strings.Contains(out, "2m") || strings.Contains(out, "mask_from") {
		t.Error(out)
	}
	if out, _ := ctl(exitDone, "--json", "policy", "show", "--all"); strings.Count(out, `"type":"setting"`) < 40 {
		t.Error(out)
	}
	ctl(exitDone, "policy", "admx", "--to", filepath.Join(dir, "admx"))
	if src, err := os.ReadFile(filepath.Join(dir, "admx", "en-US", "Muster.adml")); err != nil || !bytes.Contains(src, []byte("Locks itself")) {
		t.Error(err)
	}
}
