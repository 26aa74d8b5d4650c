package policy

import (
	"slices"
	"strings"
	"time"
)

// Type is what a setting's value is.
type Type string

// The types, with how the machine file writes them. A registry value is a DWORD or a text that is written the same; a
// List, Map or Lists is a subkey of values, of which a List counts the data only.
const (
	Bool     Type = "bool"     // true or false
	Duration Type = "duration" // 90s, 10m, 12h, 30d
	Number   Type = "number"
	Size     Type = "size" // 500MB, 2GB; thousands, not 1024s
	Text     Type = "text"
	Choice   Type = "choice" // one of Def.Choices
	List     Type = "list"   // of texts
	Pairs    Type = "pairs"  // name: text
	Lists    Type = "lists"  // name: [texts]
)

// The sections in which settings stand together.
const (
	SectionSignIn  = "Sign-in and locking"
	SectionSystems = "Systems and connector packs"
	SectionAccess  = "Purpose and roles"
	SectionMarking = "Markings, copies and exports"
	SectionOffline = "Offline copies"
	SectionNetwork = "Network"
	SectionMap     = "Map pictures"
	SectionSupport = "Logs and support"
	SectionProgram = "Program and data"
)

// Officers is the value, in any source, of a setting that IT leaves to the officer: it takes the place of what lower sources say.
const Officers = "officer"

// Def is one setting: one row of the table that machine file, registry, ADMX, command line and screens are made from.
type Def struct {
	Key       string // as the machine file writes it; a dot leads one level down
	Section   string
	Label     string // on screens and in the ADMX
	Help      string // what it does, in full sentences for IT
	Type      Type
	Default   string // what holds where nobody decided, as the machine file writes it; "" is none
	Choices   []string
	Offers    []string // what a screen offers an officer who chooses, of a type with endless values
	Choosable bool     // where IT does not decide, the officer may
	Effect    string   // the test that shows that it is obeyed: folder:TestName

	check func(v any) error // further limits, in words
	set   func(p *Policy, v any, managed bool)
	get   func(p *Policy) (v any, managed bool)
}

// Registry is the name of its value, or of its subkey, below Software\Policies\Muster: idle_lock is IdleLock.
func (d Def) Registry() string {
	var b strings.Builder
	for _, w := range strings.FieldsFunc(d.Key, func(r rune) bool { return r == '_' || r == '.' }) {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return b.String()
}

// many reports whether the value is a subkey of the registry.
func (d Def) many() bool { return d.Type == List || d.Type == Pairs || d.Type == Lists }

// row binds a definition to its field of the Policy.
func row[T any](d Def, field func(*Policy) *Setting[T]) Def {
	d.set = func(p *Policy, v any, managed bool) {
		t, _ := v.(T) // read gave it
		*field(p) = Setting[T]{Value: t, Managed: managed}
	}
	d.get = func(p *Policy) (any, bool) { s := field(p); return s.Value, s.Managed }
	return d
}

// part binds a definition to one field of a setting that is made of several.
func part[W, T any](d Def, whole func(*Policy) *Setting[W], field func(*W) *T) Def {
	d.set = func(p *Policy, v any, managed bool) {
		w := whole(p)
		*field(&w.Value), _ = v.(T)
		w.Managed = w.Managed || managed
	}
	d.get = func(p *Policy) (any, bool) { w := whole(p); return *field(&w.Value), p.origins[d.Key].State == Forced }
	return d
}

func signInPart[T any](d Def, field func(*SignIn) *T) Def {
	d.Section = SectionSignIn
	return part(d, func(p *Policy) *Setting[SignIn] { return &p.SignIn }, field)
}

func mapPart[T any](d Def, field func(*Map) *T) Def {
	d.Section = SectionMap
	return part(d, func(p *Policy) *Setting[Map] { return &p.Map }, field)
}

// wholes are the settings made of several: a mapping of the machine file that is there and empty decides them too.
var wholes = map[string]func(*Policy){
	"signin": func(p *Policy) { p.SignIn.Managed = true },
	"map":    func(p *Policy) { p.Map.Managed = true },
}

// Table is every setting, in the order in which they are shown. It is the one truth: nothing else lists them.
func Table() []Def { return slices.Clone(table) }

// Find is the setting of a key.
func Find(key string) (Def, bool) {
	i := slices.IndexFunc(table, func(d Def) bool { return d.Key == key })
	if i < 0 {
		return Def{}, false
	}
	return table[i], true
}

// between limits a duration; zero allows 0 as well.
func between(least, most time.Duration, zero bool) func(any) error {
	return func(v any) error {
		d, _ := v.(time.Duration)
		if zero && d == 0 || d >= least && d <= most {
			return nil
		}
		if zero {
			return wrong("must be 0, which is never, or from %s to %s", writeDuration(least), writeDuration(most))
		}
		return wrong("must be from %s to %s", writeDuration(least), writeDuration(most))
	}
}

func atLeast(n int64) func(any) error {
	return func(v any) error {
		x, _ := v.(int64)
		if i, ok := v.(int); ok {
			x = int64(i)
		}
		if x < n {
			return wrong("must be %d or more", n)
		}
		return nil
	}
}
