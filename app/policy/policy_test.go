package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNoFileIsTheDefault(t *testing.T) {
	p, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if p.IdleLock.Value != 10*time.Minute || p.IdleLock.Managed || !p.Demo.Value || !p.PurposeRequired.Value || p.SignIn.Managed {
		t.Errorf("got %+v", p)
	}
}

func TestEveryValueKnowsWhetherItIsManaged(t *testing.T) {
	p, err := Loader{Any: true}.Load(write(t, `policy: 1
demo: false
idle_lock: 5m
offline_unlock: 0s
classification: OFFICIAL
signin:
  kind: oidc
  issuer: https://login.example.police.uk
  client_id: muster
  claims: {collar: employeeNumber}
trusted_keys:
  Acme Ltd: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3
`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Demo.Value || !p.Demo.Managed {
		t.Errorf("demo: %+v", p.Demo)
	}
	if p.IdleLock.Value != 5*time.Minute || !p.IdleLock.Managed {
		t.Errorf("idle lock: %+v", p.IdleLock)
	}
	if p.OfflineUnlock.Value != 0 || !p.OfflineUnlock.Managed {
		t.Errorf("offline unlock: %+v", p.OfflineUnlock)
	}
	if !p.PurposeRequired.Value || p.PurposeRequired.Managed || !p.StaySignedIn.Value || p.StaySignedIn.Managed {
		t.Error("what the file does not name is managed, or not the default")
	}
	if p.TrustedKeys.Value["Acme Ltd"] == "" || !p.TrustedKeys.Managed {
		t.Errorf("trusted keys: %+v", p.TrustedKeys)
	}
	if s := p.SignIn.Value; s.Issuer != "https://login.example.police.uk" || s.Claims.Collar != "employeeNumber" || !p.SignIn.Managed {
		t.Errorf("sign-in: %+v", p.SignIn)
	}
}

func TestMistakesNameTheLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown":        {"policy: 1\ndemo: true\ndemmo: true\n", "3 | demmo"},
		"wrong type":     {"policy: 1\n\ndemo: perhaps\n", "3 | demo"},
		"duration":       {"policy: 1\nidle_lock: soon\n", "2 | idle_lock"},
		"idle too long":  {"policy: 1\nidle_lock: 900h\n", "2 | idle_lock"},
		"idle too short": {"policy: 1\nidle_lock: 1s\n", "from 30s"},
		"negative":       {"policy: 1\noffline_unlock: -1h\n", "2 | offline_unlock"},
		"kind":           {"policy: 1\nsignin:\n  kind: ldap\n", "3 |   kind: ldap"},
		"issuer":         {"policy: 1\nsignin:\n  kind: oidc\n", "issuer and client_id"},
		"trusted key":    {"policy: 1\ntrusted_keys:\n  acme: RWQ\n", "starts with RW"},
		"version":        {"policy: 2\n", "format 1"},
		"no version":     {"demo: true\n", "policy: 1"},
		"twice":          {"policy: 1\ndemo: true\ndemo: false\n", "3 | demo"},
		"empty":          {"", "policy: 1"},
		"not YAML":       {"policy: [1\n", "1 | policy"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.text)
			_, err := Loader{Any: true}.Load(path)
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("want %q and the path in:\n%v", c.want, err)
			}
		})
	}
}

func TestABrokenPolicyNeverLoosensAnything(t *testing.T) {
	p, err := Loader{Any: true}.Load(write(t, "policy: 1\ndemo: true\nidle_lock: 900h\n"))
	if err == nil || p.Demo.Managed || p.IdleLock.Value != 10*time.Minute {
		t.Errorf("got %+v, %v", p, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("policy: 1\nidle_lock: 5m\n"))
	f.Add([]byte("policy: 1\nsignin: {kind: local}\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := Parse(src)
		if err == nil && (p.IdleLock.Value < minIdle || p.IdleLock.Value > maxIdle || p.OfflineUnlock.Value < 0) {
			t.Fatalf("accepted %+v", p)
		}
	})
}
