package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"muster/plugins/packs"
)

// shipped copies a connector that ships, with its recordings, into a folder and returns the connector's path.
func shipped(t *testing.T, id string) string {
	t.Helper()
	src, err := packs.Source(id)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, id+".yaml"), string(src))
	put(t, filepath.Join(dir, id+".exchanges.yaml"), string(packs.Recordings(id)))
	return filepath.Join(dir, id+".yaml")
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestConnectorSchema(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	says(t, m.do(exitDone, "", "connector", "schema").out, `"$schema"`, `"connector"`)
	file := filepath.Join(t.TempDir(), "connector.schema.json")
	m.do(exitDone, "", "connector", "schema", "-o", file)
	says(t, text(t, file), `"$schema"`)
	says(t, m.do(exitFailed, "", "connector", "schema", "-o", filepath.Join(t.TempDir(), "none", "x.json")).err, "cannot be written")
}

func TestConnectorTest(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	file := shipped(t, "police_uk")
	says(t, m.do(exitDone, "", "connector", "test", file).out, "no problem found", "police_uk.exchanges.yaml:6: ok: the date of the latest data")

	recordings := strings.TrimSuffix(file, ".yaml") + ".exchanges.yaml"
	good := text(t, recordings)
	put(t, recordings, strings.Replace(good, "locationName: On or near Peacock Lane", "locationName: Elsewhere", 1))
	a := m.do(exitFailed, "", "connector", "test", file)
	says(t, a.out, "FAILED: crimes near a place", "locationName: Elsewhere", "locationName: On or near Peacock Lane")
	says(t, a.err, "1 did not come out as recorded")
	l := of(m.lines(exitFailed, "", "connector", "test", file), "case")
	if len(l) < 3 || l[0]["ok"] != true || l[1]["ok"] != false || l[1]["problems"] == nil || l[1]["line"].(float64) < 6 {
		t.Errorf("%v", l)
	}
	m.do(exitDone, "", "connector", "test", "--update", file)
	says(t, text(t, recordings), "# Written by hand", "locationName: On or near Peacock Lane")
	m.do(exitDone, "", "connector", "test", file)

	put(t, file, strings.Replace(text(t, file), "crimeCategory: .category", "crimeCategry: .category", 1))
	says(t, m.do(exitFailed, "", "connector", "test", file).out, "crimeCategry", "Cure:")
	if err := os.Remove(recordings); err != nil {
		t.Fatal(err)
	}
	put(t, file, strings.Replace(text(t, file), "crimeCategry: .category", "crimeCategory: .category", 1))
	says(t, m.do(exitFailed, "", "connector", "test", file).err, "nothing is recorded", "police_uk.exchanges.yaml")
}

func TestConnectorTry(t *testing.T) {
	t.Parallel()
	const key = "library-key-4711"
	var asked atomic.Int64
	server := library(t, key, &asked)
	dir := t.TempDir()
	file := filepath.Join(dir, "lost.yaml")
	put(t, file, libraryConnector)
	m := terminal{t, t.TempDir()}
	search := []string{"connector", "try", file, "search", "-s", "base_url=" + server, "--by", "surname=Okonkwo-Reyes"}

	// Nobody is signed in: nothing leaves.
	says(t, m.do(exitFailed, "", search...).err, "every access is accounted for", "--test-system")
	if asked.Load() != 0 {
		t.Fatal("the system was asked without an account of it")
	}
	a := m.do(exitDone, key+"\n", append(search, "--test-system")...)
	says(t, a.out, "Asked 1: GET "+server, "Answered: 200", "→ surname = ", "Result:")
	says(t, a.err, "not in the log of accesses")
	for _, out := range []string{a.out, a.err} {
		if strings.Contains(out, key) {
			t.Errorf("the secret is shown: %s", out)
		}
	}
	var l []map[string]any
	b := m.runWith(t.Context(), strings.NewReader(key+"\n"), nil, append([]string{"--json"}, append(search, "--test-system")...)...)
	for _, line := range strings.Split(strings.TrimSpace(b.out), "\n") {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err, line)
		}
		l = append(l, v)
	}
	if len(of(l, "exchange")) != 1 || len(of(l, "record")) == 0 || len(of(l, "result")) != 1 {
		t.Errorf("%v", l)
	}
	says(t, m.do(exitUsage, "", "connector", "try", file, "search", "-s", "base_url="+server, "--test-system").err, "--by")
	says(t, m.do(exitUsage, "", append(search, "-s", "depot_key="+key, "--test-system")...).err, "is secret")
	says(t, m.do(exitFailed, "wrong-key-0000\n", append(search, "--test-system")...).err, "auth", "credential")

	record := append([]string{"connector", "record"}, append(search[2:], "--test-system", "--name", "a person by surname")...)
	m.do(exitDone, key+"\n", record...)
	recorded := text(t, filepath.Join(dir, "lost.exchanges.yaml"))
	if strings.Contains(strings.ToLower(recorded), "okonkwo") || strings.Contains(recorded, key) {
		t.Errorf("not scrubbed:\n%s", recorded)
	}
	m.do(exitDone, "", "connector", "test", file)
	m.do(exitDone, key+"\n", append(record, "--keep")...)
	says(t, strings.ToLower(text(t, filepath.Join(dir, "lost.exchanges.yaml"))), "okonkwo")
	m.do(exitDone, "", "connector", "test", file)
}

func TestATrialIsAnAccessLikeAnyOther(t *testing.T) {
	t.Parallel()
	const key, pass = "library-key-4712", "three random words"
	var asked atomic.Int64
	server := library(t, key, &asked)
	file := filepath.Join(t.TempDir(), "lost.yaml")
	put(t, file, libraryConnector)
	m := terminal{t, filepath.Join(t.TempDir(), "new")}
	m.do(exitDone, pass+"\n", "login", "--local", "--name", "Trial Officer")
	search := []string{"connector", "try", file, "search", "-s", "base_url=" + server, "--by", "surname=Okonkwo-Reyes"}
	says(t, m.do(exitUsage, key+"\n", search...).err, "no purpose, no search")
	if asked.Load() != 0 {
		t.Fatal("the system was asked without a purpose")
	}
	says(t, m.do(exitDone, key+"\n", append(search, "--purpose", "training")...).out, "→ surname = ")
	l := of(m.lines(exitDone, "", "audit", "list"), "access")
	found := 0
	for _, r := range l {
		if r["system"] == "lost_property" && r["purpose"].(map[string]any)["code"] == "training" {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d records of the access and its outcome: %v", found, l)
	}
	m.do(exitDone, key+"\n", "connector", "try", file, "check", "-s", "base_url="+server)
}
