package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Every row must say what it does and name a test that shows that something obeys it.
func TestEveryRowIsWholeAndObeyed(t *testing.T) {
	keys, names := map[string]bool{}, map[string]bool{}
	tests := map[string]string{}
	for _, d := range Table() {
		if d.Key == "" || d.Label == "" || d.Section == "" || len(d.Help) < 10 || d.set == nil || d.get == nil {
			t.Errorf("%s is not whole", d.Key)
		}
		if keys[d.Key] || names[strings.ToLower(d.Registry())] {
			t.Errorf("%s stands twice", d.Key)
		}
		keys[d.Key], names[strings.ToLower(d.Registry())] = true, true
		if d.Type == Choice && len(d.Choices) < 2 {
			t.Errorf("%s offers no choice", d.Key)
		}
		dir, name, ok := strings.Cut(d.Effect, ":")
		if !ok {
			t.Errorf("%s names no test that shows that it is obeyed", d.Key)
			continue
		}
		if _, read := tests[dir]; !read {
			files, _ := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*_test.go"))
			for _, f := range files {
				src, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				tests[dir] += string(src)
			}
		}
		if !strings.Contains(tests[dir], "func "+name+"(") {
			t.Errorf("%s is obeyed by nothing: there is no test %s in %s", d.Key, name, dir)
		}
	}
}

// What the table says of a value goes through file and registry alike, and comes out as it went in.
func TestEverySettingIsReadBackAsItIsWritten(t *testing.T) {
	samples := map[Type]any{Bool: "false", Duration: "24h", Number: "7", Size: "3GB", Text: "https://a.example", List: []any{"a", "b"},
		Pairs: map[string]any{"a": "1"}, Lists: map[string]any{"pcso": []any{"x", "y"}}}
	for _, d := range Table() {
		raw := samples[d.Type]
		if d.Type == Choice {
			raw = d.Choices[len(d.Choices)-1]
		}
		if d.Key == "trusted_keys" {
			raw = map[string]any{"Acme": "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"}
		}
		if d.Key == "proxy" || d.Key == "export_formats" {
			continue // by their own tests
		}
		v, state, err := d.read(raw)
		if err != nil {
			if d.Type == Text && (strings.Contains(err.Error(), "path") || strings.Contains(err.Error(), "HOST")) {
				continue
			}
			t.Errorf("%s: %v", d.Key, err)
			continue
		}
		p := Default()
		d.set(&p, v, true)
		p.origins[d.Key] = Origin{State: state, By: ByMachineFile}
		if l := p.Line(d); !l.Managed || l.Value != d.write(v) {
			t.Errorf("%s: %+v, want %s", d.Key, l, d.write(v))
		}
		if d.Choosable {
			if _, state, err := d.read("Officer"); state != Officer || err != nil {
				t.Errorf("%s cannot be left to the officer: %v", d.Key, err)
			}
		} else if _, _, err := d.read("officer"); err == nil && d.Type != Text && d.Type != List {
			t.Errorf("%s is left to the officer, who cannot choose it", d.Key)
		}
	}
}

type fakeHive map[string]any

func (h fakeHive) value(n string) (any, bool, error) {
	v, ok := h[n]
	if _, sub := v.(map[string]any); sub {
		ok = false
	}
	return v, ok, nil
}

func (h fakeHive) values(n string) (map[string]any, bool, error) {
	m, ok := h[n].(map[string]any)
	return m, ok, nil
}

func (h fakeHive) names() ([]string, error) { return sortedKeys(h), nil }

func TestTheStrongestSourceDecides(t *testing.T) {
	file := func(by By, text string) layer {
		t.Helper()
		l, err := readFile([]byte("policy: 1\n"+text), by, "/etc/muster/policy.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	reg, err := readHive(fakeHive{"IdleLock": "5m", "Demo": uint64(0), "SystemsAllowed": map[string]any{"1": "rms", "2": "intel"},
		"HideSystems": map[string]any{"PCSO": "intel, custody"}}, ByGroupPolicy, `HKLM\Software\Policies\Muster`)
	if err != nil {
		t.Fatal(err)
	}
	// In whatever order they were read.
	p, err := merge(file(ByInstaller, "idle_lock: 1h\nclassification: OFFICIAL\nstay_signed_in: false\n"),
		file(ByMachineFile, "demo: true\nidle_lock: 20m\noffline_unlock: 2d\nstay_signed_in: officer\n"), reg)
	if err != nil {
		t.Fatal(err)
	}
	if p.IdleLock.Value != 5*time.Minute || p.Demo.Value || !p.Demo.Managed || p.OfflineUnlock.Value != 48*time.Hour || p.Classification.Value != "OFFICIAL" {
		t.Errorf("%+v", p)
	}
	if p.StaySignedIn.Managed || !p.StaySignedIn.Value {
		t.Error("what the machine file leaves to the officer is what the installer was told")
	}
	if got := p.SystemsAllowed.Value; len(got) != 2 || got[0] != "rms" || len(p.HideSystems.Value["PCSO"]) != 2 {
		t.Errorf("%v", got)
	}
	def, _ := Find("idle_lock")
	if l := p.Line(def); l.By != ByGroupPolicy || l.Where != `HKLM\Software\Policies\Muster\IdleLock` || l.Value != "5m" {
		t.Errorf("%+v", l)
	}
	def, _ = Find("offline_unlock")
	if l := p.Line(def); l.By != ByMachineFile || l.Where != "/etc/muster/policy.yaml:4" {
		t.Errorf("%+v", l)
	}
	if err := p.Choose(map[string]string{"stay_signed_in": "false", "idle_lock": "1h", "demo": "true"}, "choices.yaml"); err == nil ||
		!strings.Contains(err.Error(), "idle_lock is decided by IT (group policy)") || !strings.Contains(err.Error(), "demo is decided") {
		t.Errorf("got %v", err)
	}
	if p.StaySignedIn.Value || p.StaySignedIn.Managed || p.IdleLock.Value != 5*time.Minute || p.Demo.Value {
		t.Errorf("%+v", p)
	}
}

func TestMistakesInTheRegistryAreSaid(t *testing.T) {
	_, err := readHive(fakeHive{"IdleLock": "soon", "Idlelocks": uint64(1), "Demo": uint64(7)}, ByGroupPolicy, `HKLM\Software\Policies\Muster`)
	for _, want := range []string{`HKLM\Software\Policies\Muster\IdleLock (idle_lock) is "soon"`, `Idlelocks is no setting`, `Demo (demo) is "7"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
	if _, err := readHive(fakeHive{"TrustedKeys": map[string]any{}}, ByUserPolicy, `HKCU\…`); err == nil || !strings.Contains(err.Error(), "computer configuration") {
		t.Errorf("a user's own policy decides what is the computer's: %v", err)
	}
	if l, err := readHive(fakeHive{"IdleLock": "5m"}, ByUserPolicy, `HKCU\…`); err != nil || len(l.values) != 1 {
		t.Errorf("%v %v", l, err)
	}
}

func TestASpellingMistakeIsAnswered(t *testing.T) {
	for typed, want := range map[string]string{"idle_loc": "did you mean idle_lock?", "exports_formats": "did you mean export_formats?", "zzz": "explain lists them"} {
		if _, err := Parse([]byte("policy: 1\n" + typed + ": 1\n")); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", typed, err)
		}
	}
	_, err := Parse([]byte("policy: 1\nsignin:\n  isuer: x\nidle_lock: soon\n")) // all at once
	if err == nil || !strings.Contains(err.Error(), "did you mean signin.issuer?") || !strings.Contains(err.Error(), "idle_lock is \"soon\"") {
		t.Error(err)
	}
}

var settingName = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)

func TestRegistryNamesAreWords(t *testing.T) {
	for _, d := range Table() {
		if !settingName.MatchString(d.Registry()) {
			t.Errorf("%s is %s", d.Key, d.Registry())
		}
	}
}
