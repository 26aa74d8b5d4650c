//go:build !windows

package transport

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jcmturner/gokrb5/v8/config"
)

func TestWhereTicketsAreKept(t *testing.T) {
	dir, uid := t.TempDir(), strconv.Itoa(os.Getuid())
	if err := os.WriteFile(filepath.Join(dir, "primary"), []byte("tkt2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ env, conf, want string }{
		{"", "", "/tmp/krb5cc_" + uid},
		{"", "[libdefaults]\n default_ccache_name = FILE:/run/user/%{uid}/krb5cc\n", "/run/user/" + uid + "/krb5cc"},
		{"", "[libdefaults]\n default_ccache_name = KEYRING:persistent:%{uid}\n", ""},
		{"FILE:/run/t", "[libdefaults]\n default_ccache_name = KCM:\n", "/run/t"},
		{"/run/t", "", "/run/t"},
		{"DIR:" + dir, "", filepath.Join(dir, "tkt2")},
		{"DIR:/nowhere", "", "/nowhere/tkt"},
		{"DIR::/some/tkt3", "", "/some/tkt3"},
		{"API:1", "", ""},
	} {
		t.Setenv("KRB5CCNAME", c.env)
		if got, err := cachePath(c.conf); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func FuzzTicketCache(f *testing.F) {
	f.Add([]byte{5, 4, 0, 12, 0, 1, 0, 8, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'R', 0, 0, 0, 1, 'o'}, "[libdefaults]\n default_realm = R\n")
	f.Add([]byte("not a cache"), "[realms]\n R = {\n")
	f.Fuzz(func(t *testing.T, raw []byte, conf string) {
		if cl, _, err := openCache(raw, conf); err == nil && (cl == nil || cl.Config == (*config.Config)(nil)) {
			t.Fatal("a client of nothing")
		}
	})
}
