package signin

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"

	"muster/plugins"
	"muster/plugins/transport"
	"muster/store/keyring"
)

var _ transport.Credentials = (*Manager)(nil)

var systemForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Value returns an option that the officer gave for a system. One that is missing is an error of kind Auth that is
// transport.ErrNoCredential.
func (m *Manager) Value(ctx context.Context, system, option string) (string, error) {
	all, err := m.given(ctx, system)
	if err != nil {
		return "", err
	}
	v, ok := all[option]
	if !ok {
		e := fail(plugins.Auth, transport.ErrNoCredential, "Your sign-in details for this system are missing. Give them once, under Systems.")
		e.System = system
		return "", e
	}
	return v, nil
}

// SetValue keeps one option of a system for this officer; SetValues several at once.
func (m *Manager) SetValue(ctx context.Context, system, option, value string) error {
	return m.SetValues(ctx, system, map[string]string{option: value})
}

// SetValues keeps options of a system for this officer; an empty value removes one.
func (m *Manager) SetValues(ctx context.Context, system string, values map[string]string) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	name, err := m.systemEntry(system)
	if err != nil {
		return err
	}
	all := map[string]string{}
	if _, err := m.loadJSON(ctx, name, &all); err != nil {
		return err
	}
	maps.Copy(all, values)
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	if err := m.saveJSON(ctx, name, all); err != nil {
		return err
	}
	m.drop(system)
	return nil
}

// StoreValue keeps an option of a system for every officer of the profile whose keyring kr is, as IT provisions it; nobody
// needs to be signed in. What an officer gives goes before it.
func StoreValue(ctx context.Context, kr *keyring.Keyring, system, option, value string) error {
	if !systemForm.MatchString(system) {
		return plugins.Errorf(plugins.Invalid, "There is no system of that name.")
	}
	all := map[string]string{}
	b, err := kr.Get(ctx, sharedName+system)
	if err == nil {
		err = json.Unmarshal(b, &all)
	} else if errors.Is(err, keyring.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return say(err, "")
	}
	all[option] = value
	if b, err = json.Marshal(all); err != nil {
		return err
	}
	return say(kr.Set(ctx, sharedName+system, b), "")
}

// ForgetShared removes what StoreValue kept of a system. What officers gave for themselves goes with Forget.
func ForgetShared(ctx context.Context, kr *keyring.Keyring, system string) error {
	if !systemForm.MatchString(system) {
		return plugins.Errorf(plugins.Invalid, "There is no system of that name.")
	}
	return say(kr.Delete(ctx, sharedName+system), "")
}

// Forget removes what is kept of these options of a system, this officer's and the shared ones; of all if none is named.
func (m *Manager) Forget(ctx context.Context, system string, options ...string) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	name, err := m.systemEntry(system)
	if err != nil {
		return err
	}
	for _, entry := range []string{name, sharedName + system} {
		if err := m.forgetIn(ctx, entry, options); err != nil {
			return err
		}
	}
	m.drop(system)
	return nil
}

func (m *Manager) forgetIn(ctx context.Context, entry string, options []string) error {
	all := map[string]string{}
	found, err := m.loadJSON(ctx, entry, &all)
	if err != nil || !found {
		return err
	}
	for _, o := range options {
		delete(all, o)
	}
	if len(options) == 0 || len(all) == 0 {
		return say(m.o.Keyring.Delete(ctx, entry), "")
	}
	return m.saveJSON(ctx, entry, all)
}

// Missing names the options of a system that the officer must still give, in the plugin's order.
func (m *Manager) Missing(ctx context.Context, system string, info plugins.Info) ([]plugins.Option, error) {
	all, err := m.given(ctx, system)
	if err != nil {
		return nil, err
	}
	var out []plugins.Option
	for _, o := range Asked(info) {
		if all[o.Name] == "" && o.Default == "" {
			out = append(out, o)
		}
	}
	return out, nil
}

// Asked names the options of a plugin that each officer gives: secrets, and what is marked so, if the
// plugin requires them or its preferred way to sign in uses them.
func Asked(info plugins.Info) []plugins.Option {
	var out []plugins.Option
	for _, o := range info.Options {
		if !o.Asked && o.Type != plugins.OptionSecret {
			continue
		}
		if o.Required || len(info.Auth) > 0 && uses(info.Auth[0], o.Name) {
			out = append(out, o)
		}
	}
	return out
}

// uses reports whether a way to sign in needs an option.
func uses(a plugins.AuthSpec, option string) bool {
	if slices.Contains([]string{a.User, a.Secret, a.Client, a.ClientSecret, a.Cert}, option) {
		return true
	}
	return slices.ContainsFunc(a.Also, func(x plugins.AuthSpec) bool { return uses(x, option) })
}

// given is all that the officer gave for a system, from memory or the keyring.
func (m *Manager) given(ctx context.Context, system string) (map[string]string, error) {
	name, err := m.systemEntry(system)
	if err != nil {
		return nil, err
	}
	for {
		m.mu.Lock()
		all, ok := m.values[system]
		era, changes := m.era, m.changes
		m.mu.Unlock()
		if ok {
			return all, nil
		}
		all = map[string]string{}
		for _, entry := range []string{sharedName + system, name} { // the officer's own go over the shared ones
			if _, err := m.loadJSON(ctx, entry, &all); err != nil {
				return nil, err
			}
		}
		m.mu.Lock()
		same := m.changes == changes
		if m.state != SignedIn || m.era != era {
			reason := m.reason
			m.mu.Unlock()
			return nil, notSignedIn(reason)
		}
		if same { // nothing was given meanwhile
			m.values[system] = all
		}
		m.mu.Unlock()
		if same {
			return all, nil
		}
	}
}

func (m *Manager) drop(system string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, system)
	m.changes++
}

// systemEntry is the keyring name of what the officer gave for a system. Officers on one computer do not share it.
func (m *Manager) systemEntry(system string) (string, error) {
	if !systemForm.MatchString(system) {
		return "", plugins.Errorf(plugins.Invalid, "There is no system of that name.")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state != SignedIn || m.officer == nil {
		return "", notSignedIn(m.reason)
	}
	return systemName + digest(m.officer.ID) + "/" + system, nil
}
