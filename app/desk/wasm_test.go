package desk

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"

	"muster/app/policy"
	"muster/plugins/wasm"
)

func TestAVendorsPluginMustBeSignedByATrustedKey(t *testing.T) {
	dir := t.TempDir()
	manifest, err := os.ReadFile("../../plugins/wasm/example/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	module, err := wasm.Embed([]byte{0, 'a', 's', 'm', 1, 0, 0, 0}, manifest)
	if err != nil {
		t.Fatal(err)
	}
	pub, priv, _ := minisign.GenerateKey(rand.Reader)
	_, stranger, _ := minisign.GenerateKey(rand.Reader)
	pol := policy.Default()
	d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	file := filepath.Join(dir, "systems", "lark.wasm")
	put := func(path string, content []byte) {
		t.Helper()
		if err := writeFile(path, content); err != nil {
			t.Fatal(err)
		}
	}
	p := Profile{TrustedKeys: map[string]string{"Larkfield": pub.String()}}
	say := func() string {
		i, _, _, err := d.loadConnector(p, SystemConfig{ID: "lark", Connector: "lark.wasm"})
		if err != nil {
			return err.Error()
		}
		return "loads " + i.ID
	}
	check := func(want string) {
		t.Helper()
		if got := say(); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check("cannot be read")
	put(file, module)
	check("not signed")
	put(file+".minisig", minisign.Sign(stranger, module))
	check("not trusted")
	put(file+".minisig", minisign.Sign(priv, module))
	check("loads larkfield")
	put(file, append(module, 0, 1, 0))
	check("changed")
	put(file, module)
	d.policy.TrustedKeys = policy.Setting[map[string]string]{Value: map[string]string{}, Managed: true}
	check("not trusted") // the policy's keys alone count
}
