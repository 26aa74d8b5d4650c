package vm

import (
	"context"
	"strings"
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
type PolicyDesk interface {
	Policy() policy.Policy
	Choose(key, text string) error
}

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

// PolicyLine is one setting that IT decided.
type PolicyLine struct {
	Section string // said where it begins
	Label   string
	Value   string
	By      string // in words: managed by whom
	Where   string // file and line, or registry key
	Help    string
}

// Choosing is one setting that the officer may choose, unless IT decided it.
type Choosing struct {
	Key     string
	Label   string
	Help    string
	Value   string // of the option that holds
	Options []Option
	Managed string // by whom; "" where the officer may choose
	Where   string
}

func (s *Settings) policyNow() (p policy.Policy, ok bool) {
	pd, ok := s.desk.(PolicyDesk)
	if !ok {
		return policy.Policy{}, false
	}
	return pd.Policy(), true
}

// Decided lists what IT decided and the officer cannot change.
func (s *Settings) Decided() (out []PolicyLine) {
	p, ok := s.policyNow()
	if !ok {
		return nil
	}
	section := ""
	for _, l := range p.Lines() {
		if !l.Managed || l.Def.Choosable {
			continue
		}
		line := PolicyLine{Label: l.Def.Label, Value: s.value(l.Def, l.Value), By: s.managedBy(l.By), Where: l.Where, Help: l.Def.Help}
		if l.Def.Section != section {
			section = l.Def.Section
			line.Section = section
		}
		out = append(out, line)
	}
	return out
}

// Choices lists what an officer may choose, with what IT decided of it.
func (s *Settings) Choices() (out []Choosing) {
	p, ok := s.policyNow()
	if !ok {
		return nil
	}
	for _, l := range p.Lines() {
		if !l.Def.Choosable {
			continue
		}
		c := Choosing{Key: l.Key, Label: l.Def.Label, Help: l.Def.Help, Value: l.Value}
		if l.Managed {
			c.Managed, c.Where = s.managedBy(l.By), l.Where
		}
		values := l.Def.Offers
		switch l.Def.Type {
		case policy.Bool:
			values = []string{"true", "false"}
		case policy.Choice:
			values = l.Def.Choices
		}
		there := false
		for _, v := range values {
			c.Options = append(c.Options, Option{ID: v, Label: s.value(l.Def, v), On: v == l.Value})
			there = there || v == l.Value
		}
		if !there {
			c.Options = append(c.Options, Option{ID: l.Value, Label: s.value(l.Def, l.Value), On: true})
		}
		out = append(out, c)
	}
	return out
}

// Choose makes an officer's choice; what cannot be chosen is said in the note.
func (s *Settings) Choose(key, value string) {
	pd, ok := s.desk.(PolicyDesk)
	if !ok || value == "" {
		return
	}
	go func() {
		err := pd.Choose(key, value)
		s.env.Post(func() {
			s.note, s.noteBad = s.env.T("screens.settings.chosen"), err != nil
			if err != nil {
				s.note = err.Error()
			}
			s.changed()
		})
	}()
}

// managedBy says who decided a setting.
func (s *Settings) managedBy(by policy.By) string {
	if by == policy.ByDefault {
		by = policy.ByMachineFile
	}
	return s.env.T("screens.settings.by." + strings.ReplaceAll(string(by), " ", "-"))
}

// value is a setting's value as a screen shows it.
func (s *Settings) value(d policy.Def, v string) string {
	t := s.env.T
	switch {
	case d.Type == policy.Bool && v == "true":
		return t("screens.settings.yes")
	case d.Type == policy.Bool:
		return t("screens.settings.no")
	case d.Type == policy.Duration && (v == "0" || v == "0s"):
		return t("screens.settings.never")
	case d.Type == policy.Duration:
		if span, ok := policy.ReadDuration(v); ok {
			return s.env.Ago(span)
		}
	case v == "":
		return t("screens.settings.nothing")
	}
	return v
}

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
