package vm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
)

type settingsDesk struct {
	pass   string
	refuse error
}

func (d *settingsDesk) Officer() (signin.Officer, bool) {
	return signin.Officer{Name: "Okafor", Rank: "PC", Collar: "2214", Role: "Response officer", Since: newClock().Now(), Offline: true}, true
}
func (d *settingsDesk) Force() string           { return "Northmoor Police" }
func (d *settingsDesk) IdleLock() time.Duration { return 10 * time.Minute }
func (d *settingsDesk) CanUnlock() bool         { return d.pass != "" }
func (d *settingsDesk) SetUnlock(_ context.Context, p string) error {
	if d.refuse != nil {
		return d.refuse
	}
	d.pass = p
	return nil
}

type managedDesk struct{ settingsDesk }

func (d *managedDesk) Policy() policy.Policy {
	p := policy.Default()
	p.Path = "policy.yaml"
	p.IdleLock = policy.Setting[time.Duration]{Value: 5 * time.Minute, Managed: true}
	p.OfflineUnlock = policy.Setting[time.Duration]{Value: 0, Managed: true}
	return p
}

type testPrefs struct{ palette, density, lang string }

func (p *testPrefs) Palette() string      { return p.palette }
func (p *testPrefs) SetPalette(s string)  { p.palette = s }
func (p *testPrefs) Palettes() []string   { return []string{"dark", "light"} }
func (p *testPrefs) Density() string      { return p.density }
func (p *testPrefs) SetDensity(s string)  { p.density = s }
func (p *testPrefs) Densities() []string  { return []string{"compact", "normal", "touch"} }
func (p *testPrefs) Language() string     { return p.lang }
func (p *testPrefs) SetLanguage(s string) { p.lang = s }
func (p *testPrefs) Languages() []string  { return []string{"en"} }

func TestSettingsSayWhatITDecided(t *testing.T) {
	q, c := newQueue(), newClock()
	s := NewSettings(testEnv(q, c), &managedDesk{}, &testPrefs{palette: "dark"})
	lines, from := s.Policy()
	if from != "policy.yaml" || lines[0].Value != "5 min" || !lines[0].Managed || lines[1].Value != "never" || lines[2].Managed {
		t.Fatalf("%q %+v", from, lines)
	}
	if lines, from = NewSettings(testEnv(q, c), &settingsDesk{}, &testPrefs{}).Policy(); from != "" || lines[0].Value != "10 min" || lines[0].Managed {
		t.Fatalf("%q %+v", from, lines)
	}
	var said []string
	for _, l := range s.Officer() {
		said = append(said, l.Value)
	}
	if got := strings.Join(said, " | "); got != "PC 2214 Okafor | Response officer | Northmoor Police | 14:06:40 | unlocked without the sign-in server" {
		t.Fatal(got)
	}
}

func TestChoosingALook(t *testing.T) {
	q, c := newQueue(), newClock()
	p := &testPrefs{palette: "dark", density: "normal", lang: "en"}
	s := NewSettings(testEnv(q, c), &settingsDesk{}, p)
	changes := 0
	s.OnChange = func() { changes++ }
	s.SetPalette("light")
	s.SetDensity("touch")
	if p.palette != "light" || p.density != "touch" || changes != 2 || !s.Palettes()[1].On || s.Palettes()[1].Label != "Light" || s.Densities()[2].Label != "Touch" {
		t.Fatalf("%+v %+v", p, s.Palettes())
	}
}

func TestUnlockPassphraseIsCheckedBeforeItIsSet(t *testing.T) {
	q, c := newQueue(), newClock()
	d := &settingsDesk{}
	s := NewSettings(testEnv(q, c), d, &testPrefs{})
	s.SetUnlock("short", "short", nil)
	if w, bad := s.Note(); !bad || !strings.Contains(w, "8 letters") || s.Setting() {
		t.Fatal(w)
	}
	s.SetUnlock("correct horse", "correct house", nil)
	if w, bad := s.Note(); !bad || !strings.Contains(w, "not the same") {
		t.Fatal(w)
	}
	d.refuse = errors.New("policy does not allow an unlock passphrase")
	done := -1
	hear := func(ok bool) {
		done = 0
		if ok {
			done = 1
		}
	}
	s.SetUnlock("correct horse", "correct horse", hear)
	q.until(t, "refused", func() bool { return done == 0 })
	if w, bad := s.Note(); !bad || w != "policy does not allow an unlock passphrase" {
		t.Fatal(w)
	}
	d.refuse = nil
	s.SetUnlock("correct horse", "correct horse", hear)
	q.until(t, "set", func() bool { return done == 1 && s.CanUnlock() })
}

func TestTheReadingChosenInTheCommandBarIsTheOneThatIsSearched(t *testing.T) {
	s, d, _, _ := newSearchTest(t)
	all := d.Interpret("mill")
	s.Take("mill", &all[1])
	if s.Chosen() != 1 || s.TakenFor() != "free text" {
		t.Fatalf("%d %q", s.Chosen(), s.TakenFor())
	}
	s.Run()
	if r := d.next(t); len(r.req.Terms) != 1 {
		t.Fatalf("%+v", r.req)
	}
	s.Take("YK19 FZB", &search.Interpretation{Label: "vehicle registration", Text: "YK19FZB"})
	s.Run()
	if r := d.next(t); r.req.Text != "YK19FZB" || s.Query() != "YK19 FZB" {
		t.Fatalf("%+v", r.req)
	}
}
