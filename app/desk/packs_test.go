package desk

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"aead.dev/minisign"

	"muster/app/policy"
	"muster/app/signin"
	"muster/plugins/connector/pack"
	"muster/plugins/packs"
)

func TestAPackIsInstalledUpgradedAndRemoved(t *testing.T) {
	dir, at := t.TempDir(), t.TempDir()
	pub, priv, _ := minisign.GenerateKey(rand.Reader)
	_, stranger, _ := minisign.GenerateKey(rand.Reader)
	pol := policy.Default()
	if err := (Profile{Profile: 1, SignIn: signin.Settings{Kind: "local"}}).Save(dir); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	src, err := packs.Source("police_uk")
	if err != nil {
		t.Fatal(err)
	}
	made := func(version, notes string, key *minisign.PrivateKey) string {
		t.Helper()
		text := strings.Replace(string(src), `version: "1.0"`, `version: "`+version+`"`, 1)
		fsys := fstest.MapFS{"s.yaml": {Data: []byte(text)}, "s.exchanges.yaml": {Data: packs.Recordings("police_uk")}}
		if notes != "" {
			fsys["s.md"] = &fstest.MapFile{Data: []byte(notes)}
		}
		p, err := pack.Gather(fsys, "s.yaml", pack.About{}, d.dict)
		if err != nil {
			t.Fatal(err)
		}
		if key != nil {
			p.Sign(*key)
		}
		b, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(at, "s-"+version+pack.Suffix)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	install := func(file string, force bool, want string) InstalledPack {
		t.Helper()
		r, err := d.InstallPack(t.Context(), file, nil, force)
		switch {
		case want == "" && err != nil:
			t.Fatal(err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("got %v, want %q", err, want)
		}
		return r
	}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, "systems", name))
		return err == nil
	}
	if r := install(made("1.0", "Ask first.", nil), false, ""); r.Upgrade || r.Version != "1.0" || r.Cases < 3 || r.By != "" {
		t.Errorf("%+v", r)
	}
	for _, f := range []string{"police_uk.yaml", "police_uk.exchanges/s.exchanges.yaml", "police_uk.notes.md", "police_uk.pack.json"} {
		if !there(f) {
			t.Errorf("%s is not kept", f)
		}
	}
	if _, ok := d.system("police_uk"); !ok {
		t.Error("it is no system")
	}
	// From here on makers must be trusted.
	p := d.Profile()
	p.TrustedKeys = map[string]string{"West": pub.String()}
	if err := d.changeProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	install(made("1.1", "", nil), false, "not signed")
	install(made("1.1", "", &stranger), false, "not trusted")
	if r := install(made("1.10", "", &priv), false, ""); !r.Upgrade || r.From != "1.0" || r.Version != "1.10" || r.By != "West" {
		t.Errorf("%+v", r)
	}
	if there("police_uk.notes.md") || !there("police_uk.pack.json.minisig") {
		t.Error("what is kept is not that of the new version")
	}
	install(made("1.9", "", &priv), false, "--force")
	if r := install(made("1.9", "", &priv), true, ""); r.From != "1.10" {
		t.Errorf("%+v", r)
	}
	d.policy.TrustedKeys = policy.Setting[map[string]string]{Value: map[string]string{}, Managed: true}
	install(made("2.0", "", &priv), false, "not trusted") // the policy's keys alone count
	if _, err := d.InstallPack(t.Context(), made("2.0", "", &priv), map[string]string{"nope": "x"}, false); err == nil {
		t.Error("an unknown option is taken")
	}
	if n := len(d.Profile().Systems); n != 1 {
		t.Errorf("%d systems", n)
	}
	if err := d.RemoveSystem(t.Context(), "police_uk"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "systems"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
