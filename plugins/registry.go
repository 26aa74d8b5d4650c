package plugins

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

var (
	registryMu sync.RWMutex
	registry   = map[string]Info{}
	idForm     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// Register adds a compiled-in plugin. A bad or duplicate one panics at start-up.
func Register(i Info) {
	if err := i.Validate(); err != nil {
		panic("plugins: " + err.Error())
	}
	registryMu.Lock()
	defer registryMu.Unlock()
	if _, dup := registry[i.ID]; dup {
		panic("plugins: " + i.ID + " is registered twice")
	}
	registry[i.ID] = i
}

// Lookup returns the registered plugin with this id.
func Lookup(id string) (Info, bool) {
	registryMu.RLock()
	defer registryMu.RUnlock()
	i, ok := registry[id]
	return i, ok
}

// All returns every registered plugin, by id.
func All() []Info {
	registryMu.RLock()
	defer registryMu.RUnlock()
	out := make([]Info, 0, len(registry))
	for _, i := range registry {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Validate reports what makes i unfit for the registry.
func (i Info) Validate() error {
	if !idForm.MatchString(i.ID) {
		return fmt.Errorf("plugin id %q: want lower case letters, digits and underscore", i.ID)
	}
	if i.Name == "" || i.Open == nil {
		return fmt.Errorf("plugin %s needs a name and an Open function", i.ID)
	}
	names := map[string]OptionType{}
	for _, o := range i.Options {
		if o.Name == "" || o.Label == "" {
			return fmt.Errorf("plugin %s: every option needs a name and a label", i.ID)
		}
		if _, dup := names[o.Name]; dup {
			return fmt.Errorf("plugin %s: option %s stands twice", i.ID, o.Name)
		}
		switch o.Type {
		case OptionString, OptionURL, OptionInt, OptionBool, OptionSecret:
		default:
			return fmt.Errorf("plugin %s: option %s has type %q", i.ID, o.Name, o.Type)
		}
		if o.Type == OptionSecret && o.Default != "" {
			return fmt.Errorf("plugin %s: secret option %s has a default", i.ID, o.Name)
		}
		names[o.Name] = o.Type
	}
	for _, a := range i.Auth {
		if err := a.validate(names); err != nil {
			return fmt.Errorf("plugin %s: %w", i.ID, err)
		}
		for _, also := range a.Also {
			if err := also.validate(names); err != nil {
				return fmt.Errorf("plugin %s: beside it: %w", i.ID, err)
			}
		}
	}
	if len(i.Kinds) == 0 {
		return fmt.Errorf("plugin %s holds no kind of record", i.ID)
	}
	kinds := map[string]bool{}
	for _, k := range i.Kinds {
		name := string(k.Kind) + "\x00" + k.Type
		if kinds[name] {
			return fmt.Errorf("plugin %s holds %s twice", i.ID, k.Kind)
		}
		kinds[name] = true
	}
	return nil
}

// validate checks that a sign-in names options that exist and suit it.
func (a AuthSpec) validate(options map[string]OptionType) error {
	switch a.Kind {
	case AuthNone, AuthBearer, AuthExchange, AuthOAuth2Client, AuthAPIKey, AuthBasic, AuthWSSUsername, AuthCookie,
		AuthSession, AuthPassword, AuthRefresh, AuthDevice, AuthCode, AuthDigest, AuthMTLS, AuthNTLM, AuthKerberos:
	default:
		return fmt.Errorf("sign-in of kind %q is not known", a.Kind)
	}
	for _, secret := range []string{a.Secret, a.ClientSecret} {
		if secret != "" && options[secret] != OptionSecret {
			return fmt.Errorf("sign-in names %s, which is not a secret option", secret)
		}
	}
	for _, o := range []string{a.User, a.Client, a.Cert} {
		if o != "" && options[o] == "" {
			return fmt.Errorf("sign-in names %s, which is not an option", o)
		}
	}
	if a.SPN != "" && !strings.Contains(a.SPN, "/") && options[a.SPN] == "" {
		return fmt.Errorf("sign-in names %s, which is not an option", a.SPN)
	}
	switch {
	case a.Base != "" && options[a.Base] != OptionURL:
		return fmt.Errorf("sign-in names %s, which is not a url option", a.Base)
	}
	return nil
}
