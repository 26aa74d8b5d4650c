package main

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"
)

func TestConnectorPack(t *testing.T) {
	m := terminal{t, t.TempDir()}
	dir := t.TempDir()
	file := shipped(t, "police_uk")
	to := filepath.Join(dir, "police_uk-1.0.mpack")
	pub, priv, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := minisign.EncryptKey("correct horse", priv)
	if err != nil {
		t.Fatal(err)
	}
	open, err := priv.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	line, err := pub.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	key, plain, trusted := filepath.Join(dir, "west.key"), filepath.Join(dir, "plain.key"), filepath.Join(dir, "west.pub")
	put(t, key, string(locked))
	put(t, plain, string(open))
	put(t, trusted, string(line))

	t.Setenv("SOURCE_DATE_EPOCH", "1767614400")
	m.do(exitDone, "", "connector", "pack", file, "-o", to, "--key", plain)
	first := text(t, to)
	says(t, m.do(exitDone, "correct horse\n", "connector", "pack", file, "-o", to, "--key", key).out, "police_uk 1.0", "signed")
	if text(t, to) != first {
		t.Error("the same connector, key and time give another pack")
	}
	says(t, m.do(exitFailed, "battery staple\n", "connector", "pack", file, "-o", to, "--key", key).err, "does not open")
	says(t, m.do(exitUsage, "", "connector", "pack", file, "-o", filepath.Join(dir, "x.zip")).err, ".mpack")
	says(t, m.do(exitDone, "", "connector", "verify", to, "--trusted", trusted).out, "police_uk 1.0", "2026-01-05", "trusted key west", "ok: ")
	l := m.lines(exitDone, "", "connector", "verify", to, "--trusted", pub.String())
	if p := of(l, "pack"); len(p) != 1 || p[0]["signed_by"] != "key 1" || len(of(l, "case")) < 3 {
		t.Errorf("%v", l)
	}
	says(t, m.do(exitDone, "", "connector", "verify", to).err, "--trusted")
	other, _, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	says(t, m.do(exitFailed, "", "connector", "verify", to, "--trusted", other.String()).err, "not trusted")
	says(t, m.do(exitUsage, "", "connector", "verify", to, "--trusted", "RWnonsense").err, "cannot be read")
	says(t, m.do(exitFailed, "", "connector", "install", to).err, "not set up")
	put(t, to, strings.Replace(first, "data.police.uk", "data.police.ux", 1))
	says(t, m.do(exitFailed, "", "connector", "verify", to).err, "damaged")
	put(t, to, first[:len(first)/2])
	says(t, m.do(exitFailed, "", "connector", "verify", to).err, "cut off")
	if err := os.Remove(to); err != nil {
		t.Fatal(err)
	}

	put(t, file, strings.Replace(text(t, file), "crimeCategory: .category", "crimeCategry: .category", 1))
	says(t, m.do(exitFailed, "", "connector", "pack", file, "-o", to).err, "crimeCategry")
	if _, err := os.Stat(to); err == nil {
		t.Error("a pack with errors was made")
	}
}
