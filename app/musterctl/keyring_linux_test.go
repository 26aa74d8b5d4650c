package main

import (
	"testing"

	"muster/store/keyring/keyringtest"
)

// TestDoctorWithoutAKeyring: nothing opens, and the doctor says which of its needs is missing.
func TestDoctorWithoutAKeyring(t *testing.T) {
	m := terminal{t, t.TempDir()}
	keyringtest.Absent(t)
	l := m.lines(exitPartly, "", "doctor")
	if l[0]["check"] != "keyring" || l[0]["ok"] != false || l[0]["cure"] == nil {
		t.Errorf("%v", l)
	}
	says(t, m.do(exitFailed, "x\n", "login", "--local", "--name", "Ada").err, "keyring")
}
