package desk

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"muster/app/policy"
	"muster/plugins"
	"muster/plugins/demoforce"
)

// shift is an officer's quarter of an hour: what was found, what the case said, where the entry went.
type shift struct {
	titles    []string
	systems   []string
	warnings  []string
	values    map[string]string // of the case, the best value by property
	differ    []string          // properties in which the systems differ
	linked    []string
	delivered map[string]string // receipt by system
}

// work signs in, searches, opens the case and sends an entry: the same calls whatever the profile's systems are.
func work(t *testing.T, dir string, force *demoforce.Force) shift {
	t.Helper()
	pol := policy.Default()
	d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol, OpenBrowser: func(url string) error { return force.Browser("okafor", demoforce.Password)(url) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"}); err != nil {
		t.Fatal(err)
	}
	r := find(t, d, "miller aaron 2011")
	if !r.done.Complete {
		t.Errorf("not complete: %+v", r.answers)
	}
	m := miller(t, r)
	out := shift{systems: slices.Sorted(slices.Values(m.Systems)), values: map[string]string{}, delivered: map[string]string{}}
	for _, v := range r.entities {
		out.titles = append(out.titles, v.Title)
	}
	slices.Sort(out.titles)
	c, err := d.OpenCase(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Gaps) > 0 {
		t.Errorf("gaps %+v", c.Gaps)
	}
	for _, w := range c.Warnings {
		out.warnings = append(out.warnings, w.Code)
	}
	for _, p := range slices.Concat(c.Disagreements, c.Agreed) {
		out.values[string(p.Property)] = p.Values[0].Display
	}
	for _, p := range c.Disagreements {
		out.differ = append(out.differ, string(p.Property))
	}
	for _, l := range c.Linked {
		out.linked = append(out.linked, string(l.Kind)+" "+strings.Join(l.Roles, " "))
	}
	slices.Sort(out.linked)
	dr := incident(t, d)
	if rv := d.Review(dr); !rv.Ready {
		t.Fatalf("not ready: %+v %+v", rv.Errors, rv.Targets)
	}
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "all delivered", func() bool {
		for _, x := range d.Outbox() {
			if x.ID == it.ID {
				it = x
			}
		}
		return it.Done()
	})
	for _, dl := range it.Deliveries {
		if dl.Receipt == nil {
			t.Errorf("%s: %s", dl.System, dl.Say)
			continue
		}
		out.delivered[dl.System] = dl.Receipt.Reference
	}
	return out
}

// TestSwappingTheRecordsSystemChangesOneEntryOfOneFile is what 'a system is a file' promises.
func TestSwappingTheRecordsSystemChangesOneEntryOfOneFile(t *testing.T) {
	dir := t.TempDir()
	demo, err := RunDemo(t.Context(), DemoOptions{Profile: dir, Seed: 1, Scale: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = demo.Close() }()
	if demo.KeyringSay != "" {
		t.Fatal(demo.KeyringSay)
	}
	force := demo.force
	before := work(t, dir, force)

	old, other := force.Systems()[0], force.Alternatives()[0]
	p, err := LoadProfile(dir)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(p.Systems, func(s SystemConfig) bool { return s.ID == old.ID })
	p.Systems[i] = SystemConfig{ID: other.ID, Connector: other.Connector, Options: other.Options}
	src, err := yaml.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(profilePath(dir), src, 0o600); err != nil {
		t.Fatal(err)
	}
	after := work(t, dir, force)

	swapped := func(list []string) []string {
		out := slices.Clone(list)
		if i := slices.Index(out, old.ID); i >= 0 {
			out[i] = other.ID
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(swapped(before.systems), after.systems) {
		t.Errorf("systems %v, then %v", before.systems, after.systems)
	}
	same := func(what string, a, b []string) {
		if !slices.Equal(a, b) {
			t.Errorf("%s:\n%s\nthen\n%s", what, strings.Join(a, " | "), strings.Join(b, " | "))
		}
	}
	same("found", before.titles, after.titles)
	same("warnings", before.warnings, after.warnings)
	same("differences", before.differ, after.differ)
	for p, v := range before.values {
		if after.values[p] != v {
			t.Errorf("%s is %q, then %q", p, v, after.values[p])
		}
	}
	// The first shift's entry is on file by now, and linked in the second: what was linked then is a part.
	for _, l := range before.linked {
		if !slices.Contains(after.linked, l) {
			t.Errorf("%s is linked no more; there are %v", l, after.linked)
		}
	}
	if len(before.delivered) != 3 || len(after.delivered) != 3 || before.delivered[old.ID] == "" || after.delivered[other.ID] == "" {
		t.Errorf("delivered %v, then %v", before.delivered, after.delivered)
	}
	if a, b := len(force.Deliveries(old.ID)), len(force.Deliveries(other.ID)); a != 1 || b != 1 {
		t.Errorf("%d and %d entries arrived", a, b)
	}
}

// TestASecondStartKeepsTheRecordsSystem: who swapped it finds it swapped when the force starts again.
func TestASecondStartKeepsTheRecordsSystem(t *testing.T) {
	dir := t.TempDir()
	start := func(records string) Profile {
		t.Helper()
		d, err := RunDemo(t.Context(), DemoOptions{Profile: dir, Seed: 1, Scale: 0.02, Records: records})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		p, err := LoadProfile(dir)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	usual := start("")
	swapped := start("summit")
	if usual.Systems[0].ID == swapped.Systems[0].ID || len(usual.Systems) != len(swapped.Systems) {
		t.Errorf("%+v then %+v", usual.Systems, swapped.Systems)
	}
	if again := start(""); again.Systems[0].ID != "summit" {
		t.Errorf("the swap was undone: %+v", again.Systems[0])
	}
	if back := start("rms"); back.Systems[0].ID != "rms" || len(back.Systems) != len(usual.Systems) {
		t.Errorf("%+v", back.Systems)
	}
	if _, err := RunDemo(t.Context(), DemoOptions{Profile: dir, Seed: 1, Scale: 0.02, Records: "niche"}); err == nil || !strings.Contains(err.Error(), "summit") {
		t.Errorf("an unknown records system: %v", err)
	}
}

// TestNoCodeKnowsTheRecordsSystems: neither product is named in what the desk and the window are made of.
func TestNoCodeKnowsTheRecordsSystems(t *testing.T) {
	names := regexp.MustCompile(`(?i)demo_rms|larkfield|\bsummit\b|"rms"`)
	for _, room := range []string{"../../app", "../../ui", "../../store", "../../assets", "../../main.go"} {
		err := filepath.WalkDir(room, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.ToSlash(path), "ui/e2e/") {
				return err
			}
			if ext := filepath.Ext(path); ext != ".go" && ext != ".yaml" {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for n, line := range strings.Split(string(src), "\n") {
				if code, _, _ := strings.Cut(line, "//"); names.MatchString(code) {
					t.Errorf("%s:%d names a records management system: %s", path, n+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
