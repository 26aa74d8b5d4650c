package policy

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// installerKey is what the installer keeps of what it was told.
const installerKey = `Software\Muster`

// registryLayers reads group policy and what the installer was told.
func registryLayers() ([]layer, error) {
	var out []layer
	for _, x := range []struct {
		root registry.Key
		name string
		key  string
		by   By
	}{
		{registry.LOCAL_MACHINE, "HKLM", RegistryKey, ByGroupPolicy},
		{registry.CURRENT_USER, "HKCU", RegistryKey, ByUserPolicy},
		{registry.LOCAL_MACHINE, "HKLM", installerKey + `\Settings`, ByInstaller},
	} {
		where := x.name + `\` + x.key
		k, err := registry.OpenKey(x.root, x.key, registry.READ|registry.WOW64_64KEY)
		if errors.Is(err, registry.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the policy %s cannot be read; ask IT to let every user read it: %w", where, err)
		}
		l, err := func() (layer, error) {
			defer func() { _ = k.Close() }()
			if err := trustedKey(k, where); err != nil {
				return layer{}, err
			}
			return readHive(key{k}, x.by, where)
		}()
		if err != nil {
			return nil, fmt.Errorf("the policy of this computer is not valid; ask IT to correct it:\n%w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

// trustedKey refuses a key that anybody but the computer's administrators can change.
func trustedKey(k registry.Key, where string) error {
	sd, err := windows.GetSecurityInfo(windows.Handle(k), windows.SE_REGISTRY_KEY, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("the rights of %s cannot be read; ask IT to check it: %w", where, err)
	}
	const keyChanges = registry.SET_VALUE | registry.CREATE_SUB_KEY | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_WRITE | windows.GENERIC_ALL
	return administrators(sd, where, keyChanges)
}

type key struct{ k registry.Key }

func (k key) value(name string) (any, bool, error) {
	_, kind, err := k.k.GetValue(name, nil)
	switch {
	case errors.Is(err, registry.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("cannot be read: %w", err)
	}
	switch kind {
	case registry.SZ, registry.EXPAND_SZ:
		s, _, err := k.k.GetStringValue(name)
		return s, true, err
	case registry.DWORD, registry.QWORD:
		n, _, err := k.k.GetIntegerValue(name)
		return n, true, err
	case registry.MULTI_SZ:
		l, _, err := k.k.GetStringsValue(name)
		return l, true, err
	}
	return nil, false, errors.New("must be a text (REG_SZ) or a number (REG_DWORD)")
}

func (k key) values(name string) (map[string]any, bool, error) {
	sub, err := registry.OpenKey(k.k, name, registry.READ|registry.WOW64_64KEY)
	switch {
	case errors.Is(err, registry.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("cannot be read: %w", err)
	}
	defer func() { _ = sub.Close() }()
	names, err := sub.ReadValueNames(0)
	if err != nil {
		return nil, false, fmt.Errorf("cannot be read: %w", err)
	}
	out := map[string]any{}
	for _, n := range names {
		v, _, err := key{sub}.value(n)
		if err != nil {
			return nil, false, fmt.Errorf("%s %w", n, err)
		}
		out[n] = v
	}
	return out, true, nil
}

func (k key) names() ([]string, error) {
	values, err := k.k.ReadValueNames(0)
	if err != nil {
		return nil, err
	}
	subs, err := k.k.ReadSubKeyNames(0)
	return append(values, subs...), err
}
