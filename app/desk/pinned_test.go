package desk

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"aead.dev/minisign"

	"muster/plugins/connector/pack"
	"muster/plugins/packs"
)

// signedPack writes a signed pack of a shipped connector and gives its file and the line of the key's public half.
func signedPack(t *testing.T, d *Desk) (file, key string) {
	t.Helper()
	pub, priv, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	src, err := packs.Source("police_uk")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"s.yaml": {Data: src}, "s.exchanges.yaml": {Data: packs.Recordings("police_uk")}, "s.md": {Data: []byte("Ask first.")}}
	p, err := pack.Gather(fsys, "s.yaml", pack.About{}, d.dict)
	if err != nil {
		t.Fatal(err)
	}
	p.Sign(priv)
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "s"+pack.Suffix)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, pub.String()
}

// Whatever file of an installed pack is changed or taken away, the system is refused at the next start, with the reason.
func TestWithPinnedKeysEveryConnectorIsVerifiedAtEachStart(t *testing.T) {
	dir := t.TempDir()
	file, key := signedPack(t, policed(t, ""))
	text := "trusted_keys:\n  West: " + key + "\n"
	d, err := openPoliced(t, dir, text)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := d.InstallPack(t.Context(), file, nil, false); err != nil || r.By != "West" {
		t.Fatalf("%+v, %v", r, err)
	}
	start := func() string {
		t.Helper()
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err = openPoliced(t, dir, text); err != nil {
			t.Fatal(err)
		}
		return d.Systems()[0].Say
	}
	if say := start(); say != "" {
		t.Fatalf("as it was installed it is refused: %s", say)
	}
	systems := filepath.Join(dir, "systems")
	n := 0
	err = filepath.WalkDir(systems, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		n++
		good, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(systems, path)
		changed := bytes.Clone(good)
		changed[len(changed)/2] ^= 1
		for what, b := range map[string][]byte{"changed": changed, "longer": append(bytes.Clone(good), '\n'), "empty": {}} {
			if what == "longer" && strings.HasSuffix(name, ".minisig") {
				continue // a line more after a signature says nothing
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return err
			}
			if say := start(); say == "" {
				t.Errorf("%s %s, and the system is used", name, what)
			}
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		if say := start(); say == "" {
			t.Errorf("%s taken away, and the system is used", name)
		}
		return os.WriteFile(path, good, 0o600)
	})
	if err != nil || n < 5 {
		t.Fatalf("%d files, %v", n, err)
	}
	if say := start(); say != "" {
		t.Errorf("as it was it is refused: %s", say)
	}
	// Another key in the policy, and an unsigned connector.
	_, text2 := signedPack(t, d)
	text = "trusted_keys:\n  North: " + text2 + "\n"
	if say := start(); !strings.Contains(say, "not trusted") {
		t.Errorf("got %q", say)
	}
	src, _ := packs.Source("police_uk")
	bare := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(bare, bytes.Replace(src, []byte("id: police_uk"), []byte("id: own"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddSystem(t.Context(), bare, nil); err == nil || !strings.Contains(err.Error(), "signed connectors only") {
		t.Errorf("got %v", err)
	}
}

func TestAnAlteredPackIsRefusedWithoutAnyPolicy(t *testing.T) {
	dir := t.TempDir()
	d, err := openPoliced(t, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	file, _ := signedPack(t, d)
	if _, err := d.InstallPack(t.Context(), file, nil, false); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "systems", "police_uk.yaml")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(src, "# mine\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = openPoliced(t, dir, ""); err != nil {
		t.Fatal(err)
	}
	if s := d.Systems()[0]; !strings.Contains(s.Say, "changed after it was installed") {
		t.Errorf("%+v", s)
	}
}

func TestOnlyAllowedPacksAreUsed(t *testing.T) {
	d := policed(t, "packs_allowed: [acme_rms]\n")
	file, _ := signedPack(t, d)
	if _, err := d.InstallPack(t.Context(), file, nil, false); err == nil || !strings.Contains(err.Error(), "packs_allowed") {
		t.Errorf("got %v", err)
	}
	p := d.Profile()
	p.Systems = []SystemConfig{{ID: "open", Connector: "police_uk"}} // one that ships
	if err := d.changeProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if s := d.Systems()[0]; !strings.Contains(s.Say, "organisation allows") {
		t.Errorf("%+v", s)
	}
}

func TestAPackBelowTheLowestVersionIsRefused(t *testing.T) {
	d := policed(t, "packs_minimum: {police_uk: '9.0'}\n")
	file, _ := signedPack(t, d)
	if _, err := d.InstallPack(t.Context(), file, nil, false); err == nil || !strings.Contains(err.Error(), "9.0 or later") {
		t.Errorf("got %v", err)
	}
	d = policed(t, "packs_minimum: {police_uk: '1.0'}\n")
	if _, err := d.InstallPack(t.Context(), file, nil, false); err != nil {
		t.Error(err)
	}
}
