package policy

import (
	"errors"
	"fmt"
)

// RegistryKey is where group policy writes, below HKEY_LOCAL_MACHINE and HKEY_CURRENT_USER.
const RegistryKey = `Software\Policies\Muster`

// hive is one key of the registry: a value or, of a list or mapping, a subkey of them. Its second result is false where it
// is not set.
type hive interface {
	value(name string) (any, bool, error)
	values(name string) (map[string]any, bool, error)
	names() ([]string, error) // of everything below it
}

// readHive reads what group policy wrote. Names that no setting has are mistakes: a policy that does nothing is a danger.
func readHive(h hive, by By, where string) (layer, error) {
	l := layer{by: by, where: where, values: map[string]decided{}}
	var errs []error
	known := map[string]bool{}
	for _, d := range table {
		name := d.Registry()
		known[name] = true
		var raw any
		var ok bool
		var err error
		if d.many() {
			var m map[string]any
			if m, ok, err = h.values(name); ok {
				raw = m
				if d.Type == List {
					var list []any
					for _, k := range sortedKeys(m) {
						list = append(list, m[k])
					}
					raw = list
				}
			}
		}
		if !ok && err == nil { // a list can also be one value, with commas
			raw, ok, err = h.value(name)
		}
		if err == nil && ok && by == ByUserPolicy && !d.Choosable {
			err = errors.New("counts for the whole computer only; set it under the computer configuration")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s\\%s %w", where, name, err))
			continue
		}
		if !ok {
			continue
		}
		v, state, err := d.read(raw)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s\\%s (%s) %w", where, name, d.Key, err))
			continue
		}
		l.values[d.Key] = decided{value: v, state: state, name: name}
	}
	names, err := h.names()
	if err != nil {
		errs = append(errs, fmt.Errorf("%s cannot be listed: %w", where, err))
	}
	for _, n := range names {
		if !known[n] {
			errs = append(errs, fmt.Errorf("%s\\%s is no setting of this Muster; remove it, or update Muster", where, n))
		}
	}
	return l, errors.Join(errs...)
}
