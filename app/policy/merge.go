package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// order is which source holds before which.
var order = []By{ByGroupPolicy, ByMachineFile, ByUserPolicy, ByInstaller}

// merge lets for each setting the strongest source decide that says anything of it.
func merge(layers ...layer) (Policy, error) {
	p := Default()
	slices.SortStableFunc(layers, func(a, b layer) int { return slices.Index(order, a.by) - slices.Index(order, b.by) })
	for _, l := range layers {
		for _, w := range l.wholes {
			if f := wholes[w]; f != nil {
				f(&p)
			}
		}
	}
	for _, d := range table {
		for _, l := range layers {
			v, ok := l.values[d.Key]
			if !ok {
				continue
			}
			o := Origin{State: v.state, By: l.by, Where: l.where}
			switch {
			case v.name != "":
				o.Where += `\` + v.name
			case v.line > 0 && l.where == "":
				o.Where = "line " + strconv.Itoa(v.line)
			case v.line > 0:
				o.Where += ":" + strconv.Itoa(v.line)
			}
			p.origins[d.Key] = o
			if v.state == Forced {
				d.set(&p, v.value, true)
			}
			break
		}
	}
	if p.Map.Value.Kind == "none" {
		p.Map.Value = Map{}
	}
	if err := p.check(); err != nil {
		at := func(key string) error {
			for _, l := range layers {
				if v, ok := l.values[key]; ok && l.src != nil {
					return excerpt(l.src, v.line, "%s", err)
				}
			}
			return err
		}
		var k keyed
		if errors.As(err, &k) {
			return p, at(k.key)
		}
		return p, err
	}
	return p, nil
}

// keyed is a mistake of a setting beside others.
type keyed struct{ key, say string }

func (k keyed) Error() string { return k.say }

// check holds settings against each other.
func (p *Policy) check() error {
	if p.SignIn.Managed {
		s := p.SignIn.Value
		switch {
		case s.Kind == "" && s.Issuer != "":
			p.SignIn.Value.Kind = "oidc"
			return p.check()
		case s.Kind == "":
			return keyed{"signin.kind", "signin.kind is missing; it must be oidc or local"}
		case s.Kind == "oidc" && (s.Issuer == "" || s.ClientID == ""):
			return keyed{"signin.kind", "signin of kind oidc needs issuer and client_id"}
		}
	}
	return nil
}

// Choose lets an officer's own choices, as text by key, stand where IT did not decide. Those of settings that are not the
// officer's, and those that cannot be read, are left out and named in the error; the others hold.
func (p *Policy) Choose(choices map[string]string, where string) error {
	var errs []error
	origins := map[string]Origin{} // the old ones may be in use
	maps.Copy(origins, p.origins)
	p.origins = origins
	for _, d := range table {
		text, ok := choices[d.Key]
		if !ok {
			continue
		}
		if err := p.choosable(d); err != nil {
			errs = append(errs, err)
			continue
		}
		v, state, err := d.read(text)
		if err != nil || state != Forced {
			errs = append(errs, fmt.Errorf("%s %w", d.Key, cmpErr(err)))
			continue
		}
		d.set(p, v, false)
		p.origins[d.Key] = Origin{State: p.origins[d.Key].State, By: ByOfficer, Where: where}
	}
	return errors.Join(errs...)
}

func cmpErr(err error) error {
	if err == nil {
		return wrong("needs a value")
	}
	return err
}

// choosable says why an officer cannot choose a setting; nil if he can.
func (p *Policy) choosable(d Def) error {
	if l := p.Line(d); l.Managed {
		return fmt.Errorf("%s is decided by IT (%s)", d.Key, l.By)
	}
	if !d.Choosable {
		return fmt.Errorf("%s is not a choice of the officer", d.Key)
	}
	return nil
}

// Choice reads what an officer chose, and gives it as it is kept.
func (p *Policy) Choice(key, text string) (string, error) {
	d, ok := Find(key)
	if !ok {
		return "", fmt.Errorf("there is no setting %s%s", key, nearest(key))
	}
	if err := p.choosable(d); err != nil {
		return "", err
	}
	v, state, err := d.read(text)
	if err != nil || state != Forced {
		return "", fmt.Errorf("%s %w", key, cmpErr(err))
	}
	return d.write(v), nil
}
