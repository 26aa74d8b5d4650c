package wasm

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

var work string // where the guests are built

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "muster-wasm-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(work)
	os.Exit(code)
}

// build makes a guest with the go command, as a vendor does.
func build(dir, name, flags string) ([]byte, error) {
	out := filepath.Join(work, name)
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags", strings.TrimSpace("-s -w "+flags), "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "CGO_ENABLED=0", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s: %w\n%s", dir, err, text)
	}
	return os.ReadFile(out)
}

func once(dir, name, flags string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) { return build(dir, name, flags) })
}

var (
	exampleCode = once("example", "example.wasm", "")
	hostileCode = once("hostile", "hostile.wasm", "")
)

func must(t testing.TB, f func() ([]byte, error)) []byte {
	t.Helper()
	b, err := f()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func embedded(t testing.TB, code []byte, manifest string) []byte {
	t.Helper()
	b, err := Embed(code, []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func exampleManifest(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("example", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// compiled is a cache that all tests share, so that each guest is compiled once.
func compiled() string { return filepath.Join(work, "cache") }

func load(t testing.TB, code []byte, manifest string, l Limits) *Plugin {
	t.Helper()
	p, err := Load("test.wasm", embedded(t, code, manifest), Options{Dictionary: dictionary(t), Cache: compiled(), Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type credentials map[string]string

func (c credentials) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}

func (c credentials) Value(_ context.Context, _, option string) (string, error) {
	if v, ok := c[option]; ok {
		return v, nil
	}
	return "", transport.ErrNoCredential
}

// opened opens a plugin through the real transport.
func opened(t testing.TB, p *Plugin, base string, env func(*plugins.Env)) plugins.System {
	t.Helper()
	cfg := plugins.Config{"base_url": base}
	client, err := transport.New(transport.Options{System: "lark", Info: p.Info(), Config: cfg, Credentials: credentials{"api_key": larkKey},
		Permit: func(context.Context, *http.Request) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	e := plugins.Env{System: "lark", HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now}
	if env != nil {
		env(&e)
	}
	sys, err := p.Info().Open(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sys.(interface{ Close() error }).Close() })
	return sys
}

func officer(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return plugins.WithAccess(ctx, plugins.Access{Officer: "okafor", Collar: "2214", Operation: "consultation", Correlation: "test", Audited: 1,
		Purpose: plugins.Purpose{Code: "investigation"}})
}

func surname(t testing.TB, s string) plugins.Query {
	t.Helper()
	return plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: dictionary(t).Normalise("surname", s)}}}
}

func fact(t testing.TB, p pole.Property, s string) pole.Fact {
	t.Helper()
	return pole.Fact{Property: p, Value: dictionary(t).Normalise(p, s)}
}
