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

type managedDesk struct {
	settingsDesk
	chosen string
}

func (d *managedDesk) Policy() policy.Policy {
	p, err := policy.Parse([]byte("policy: 1\nidle_lock: 5m\noffline_unlock: 0\nsystems_allowed: [rms, cad]\n"))
	if err != nil {
		panic(err)
	}
	return p
}

func (d *managedDesk) Choose(key, value string) error {
	if value == "no" {
		return errors.New("not to be chosen")
	}
	d.chosen = key + "=" + value
	return nil
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
	d := &managedDesk{}
	s := NewSettings(testEnv(q, c), d, &testPrefs{palette: "dark"})
	lines := s.Decided()
	if len(lines) != 2 || lines[0].Value != "never" || lines[0].Section != "Sign-in and locking" || lines[0].By != "in the machine file" || lines[0].Where != "line 3" || lines[1].Value != "rms, cad" {
		t.Fatalf("%+v", lines)
	}
	choices := s.Choices()
	if choices[0].Managed != "in the machine file" || choices[0].Where != "line 2" || choices[1].Managed != "" || choices[1].Value != "true" || len(choices[1].Options) != 2 {
		t.Fatalf("%+v", choices)
	}
	s.Choose(choices[1].Key, "false")
	q.until(t, "chosen", func() bool { w, bad := s.Note(); return !bad && w == "Your choice is kept." })
	if d.chosen != "stay_signed_in=false" {
		t.Fatal(d.chosen)
	}
	s.Choose(choices[1].Key, "no")
	q.until(t, "refused", func() bool { w, bad := s.Note(); return bad && w == "not to be chosen" })
	if s := NewSettings(testEnv(q, c), &settingsDesk{}, &testPrefs{}); len(s.Decided()) != 0 || len(s.Choices()) != 0 {
		t.Fatal("a desk without a policy has one")
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
