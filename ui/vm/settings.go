package vm

import (
	"context"
	"time"

	"muster/app/policy"
	"muster/app/signin"
)

// SettingsDesk is what the settings place needs of the desk.
type SettingsDesk interface {
	Officer() (signin.Officer, bool)
	Force() string
	IdleLock() time.Duration
	CanUnlock() bool
	SetUnlock(ctx context.Context, passphrase string) error
}

// PolicyDesk is a desk that can say what IT decided.
type PolicyDesk interface{ Policy() policy.Policy }

// Prefs are the choices of this officer on this computer: nothing secret, nothing about a case.
type Prefs interface {
	Palette() string
	SetPalette(string)
	Palettes() []string
	Density() string
	SetDensity(string)
	Densities() []string
	Language() string
	SetLanguage(string)
	Languages() []string
}

// MinPassphrase is the shortest unlock passphrase, in letters.
const MinPassphrase = 8

// Settings is the settings place.
type Settings struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	env     Env
	desk    SettingsDesk
	prefs   Prefs
	setting bool
	note    string
	noteBad bool
}

// NewSettings makes the settings place over d.
func NewSettings(env Env, d SettingsDesk, p Prefs) *Settings {
	return &Settings{env: env.filled(), desk: d, prefs: p}
}

func (s *Settings) changed() {
	if s.OnChange != nil {
		s.OnChange()
	}
}

// Option is one choice.
type Option struct {
	ID    string
	Label string
	On    bool
}

func (s *Settings) options(group string, ids []string, now string) []Option {
	out := make([]Option, 0, len(ids))
	for _, id := range ids {
		out = append(out, Option{ID: id, Label: s.env.T("screens.settings." + group + "." + id), On: id == now})
	}
	return out
}

// Palettes lists the looks.
func (s *Settings) Palettes() []Option {
	return s.options("palette", s.prefs.Palettes(), s.prefs.Palette())
}

// SetPalette changes the look.
func (s *Settings) SetPalette(id string) { s.prefs.SetPalette(id); s.changed() }

// Densities lists how close things stand.
func (s *Settings) Densities() []Option {
	return s.options("density", s.prefs.Densities(), s.prefs.Density())
}

// SetDensity changes how close things stand.
func (s *Settings) SetDensity(id string) { s.prefs.SetDensity(id); s.changed() }

// Languages lists the languages of the window.
func (s *Settings) Languages() []Option {
	return s.options("language", s.prefs.Languages(), s.prefs.Language())
}

// SetLanguage changes the language of the window.
func (s *Settings) SetLanguage(id string) { s.prefs.SetLanguage(id); s.changed() }

// Officer says who is signed in, line by line.
func (s *Settings) Officer() []Line {
	t := s.env.T
	o, ok := s.desk.Officer()
	if !ok {
		return nil
	}
	ls := []Line{{Label: t("screens.settings.officer"), Value: o.Display()}}
	if o.Role != "" {
		ls = append(ls, Line{Label: t("screens.settings.role"), Value: o.Role})
	}
	force := o.Force
	if force == "" {
		force = s.desk.Force()
	}
	ls = append(ls, Line{Label: t("screens.settings.force"), Value: force},
		Line{Label: t("screens.settings.since"), Value: whenExactly(o.Since, s.env.Now())})
	if o.Offline {
		ls = append(ls, Line{Label: t("screens.settings.offline"), Value: t("screens.settings.offline.yes"), Tone: Caution})
	}
	return ls
}

// PolicyLine is one thing that IT can decide.
type PolicyLine struct {
	Label   string
	Value   string
	Managed bool // IT decided; otherwise it is as Muster comes
}

// Policy lists what IT can decide for this computer, and what it did decide. from names the file; "" if there is none.
func (s *Settings) Policy() (lines []PolicyLine, from string) {
	t := s.env.T
	pd, ok := s.desk.(PolicyDesk)
	if !ok {
		return []PolicyLine{{Label: t("screens.settings.idle"), Value: s.span(s.desk.IdleLock())}}, ""
	}
	p := pd.Policy()
	yes := func(b bool) string {
		if b {
			return t("screens.settings.yes")
		}
		return t("screens.settings.no")
	}
	offline := t("screens.settings.never")
	if p.OfflineUnlock.Value > 0 {
		offline = t("screens.settings.within", "span", s.span(p.OfflineUnlock.Value))
	}
	class := p.Classification.Value
	if class == "" {
		class = t("screens.settings.class.default")
	}
	lines = []PolicyLine{
		{t("screens.settings.idle"), s.span(p.IdleLock.Value), p.IdleLock.Managed},
		{t("screens.settings.offlineunlock"), offline, p.OfflineUnlock.Managed},
		{t("screens.settings.stay"), yes(p.StaySignedIn.Value), p.StaySignedIn.Managed},
		{t("screens.settings.purpose"), yes(p.PurposeRequired.Value), p.PurposeRequired.Managed},
		{t("screens.settings.class"), class, p.Classification.Managed},
		{t("screens.settings.demo"), yes(p.Demo.Value), p.Demo.Managed},
	}
	if p.SignIn.Managed {
		lines = append(lines, PolicyLine{t("screens.settings.signin"), joinSet(" · ", p.SignIn.Value.Kind, p.SignIn.Value.Issuer), true})
	}
	return lines, p.Path
}

func (s *Settings) span(d time.Duration) string { return s.env.Ago(d) }

// CanUnlock reports whether an unlock passphrase is set and allowed.
func (s *Settings) CanUnlock() bool { return s.desk.CanUnlock() }

// SetUnlock sets the passphrase that opens a locked desk without the sign-in server. The words are checked before anything
// is asked; done hears whether it was set.
func (s *Settings) SetUnlock(pass, again string, done func(ok bool)) {
	switch {
	case s.setting:
		return
	case len([]rune(pass)) < MinPassphrase:
		s.note, s.noteBad = s.env.T("screens.settings.unlock.short", "n", MinPassphrase), true
	case pass != again:
		s.note, s.noteBad = s.env.T("screens.settings.unlock.differ"), true
	default:
		s.setting, s.note = true, ""
		go func() {
			err := s.desk.SetUnlock(context.Background(), pass)
			s.env.Post(func() {
				s.setting = false
				s.note, s.noteBad = s.env.T("screens.settings.unlock.done"), err != nil
				if err != nil {
					s.note = say(err)
				}
				if done != nil {
					done(err == nil)
				}
				s.changed()
			})
		}()
	}
	s.changed()
}

// Setting reports whether the passphrase is being set.
func (s *Settings) Setting() bool { return s.setting }

// Note says what the last command came to; bad is set if it failed.
func (s *Settings) Note() (words string, bad bool) { return s.note, s.noteBad }
