package desk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/plugins/demoforce"
)

func TestInspectingASystemSaysWhatITNeeds(t *testing.T) {
	d := signedIn(t)
	if err := d.CheckSystem(t.Context(), "rms"); err != nil {
		t.Fatal(err)
	}
	in, ok := d.Inspect("rms")
	if !ok || in.File != "demo_rms.yaml" || in.Path != "" || len(in.Source) == 0 || len(in.Problems) > 0 || in.Broken != "" {
		t.Errorf("%s %s %v %s", in.File, in.Path, in.Problems, in.Broken)
	}
	if len(in.Hosts) != 1 || !strings.HasPrefix(in.Hosts[0], "127.0.0.1:") || in.Limits.Rate != 20 || in.Limits.Timeout == 0 || in.Said.User != "PC Ada Okafor" || in.Said.Server == "" {
		t.Errorf("%v %+v %+v", in.Hosts, in.Limits, in.Said)
	}
	if len(in.Mapping.Kinds) < 5 || !slices.ContainsFunc(in.Mapping.Kinds[0].Fields, func(m Mapped) bool { return m.Danger && m.Line > 0 }) {
		t.Errorf("%+v", in.Mapping.Kinds)
	}
	custody, _ := d.Inspect("custody")
	for _, s := range custody.Settings {
		if s.Secret && s.Value != "" || !s.Secret && s.Value == "" {
			t.Errorf("%+v", s)
		}
	}
	if _, ok := d.Inspect("nobody"); ok {
		t.Error("there is no such system")
	}
}

func TestInspectingSaysWhyASystemIsLeftAlone(t *testing.T) {
	d := signedIn(t)
	fault(t, d, "rms", demoforce.Fault{Kind: "down"})
	for range 3 {
		find(t, d, "miller")
	}
	in, _ := d.Inspect("rms")
	if !in.Held || in.Failed.IsZero() || in.Retry.IsZero() {
		t.Errorf("held %v since %v until %v", in.Held, in.Failed, in.Retry)
	}
	if err := d.CheckSystem(t.Context(), "rms"); err == nil {
		t.Error("a system that is down answered")
	}
	fault(t, d, "rms", demoforce.Fault{})
	if err := d.CheckSystem(t.Context(), "rms"); err != nil { // a person insists
		t.Fatal(err)
	}
	if in, _ := d.Inspect("rms"); in.Held || !in.Failed.IsZero() {
		t.Errorf("held %v since %v after it answered", in.Held, in.Failed)
	}
}

func TestABrokenConnectorIsShownWithItsLines(t *testing.T) {
	d := signedIn(t)
	dir := d.opts.Profile
	if err := os.MkdirAll(filepath.Join(dir, "systems"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "systems", "acme.yaml"), []byte("connector: 1\nid: acme\nnmae: Acme\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := d.Profile()
	p.Systems = append(slices.Clone(p.Systems), SystemConfig{ID: "acme", Connector: "acme.yaml"})
	if err := d.changeProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	in, ok := d.Inspect("acme")
	if !ok || in.Path != filepath.Join(dir, "systems", "acme.yaml") || in.Broken == "" || len(in.Mapping.Kinds) > 0 {
		t.Errorf("%+v", in)
	}
	if !slices.ContainsFunc(in.Problems, func(p Problem) bool { return p.Line == 3 && p.Cure != "" && !p.Warning }) {
		t.Errorf("%+v", in.Problems)
	}
}
