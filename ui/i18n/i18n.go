// Package i18n gives the words of the window in the officer's language; what a language lacks is said in English.
package i18n

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"muster/assets"
)

// Fallback is the language that every key is in.
const Fallback = "en"

type words struct {
	lang string
	tag  language.Tag
	own  map[string]string
	base map[string]string
}

var (
	current atomic.Pointer[words]
	loadMu  sync.Mutex
	base    map[string]string
)

// Languages lists the languages that there is a file for, English first.
func Languages() []string {
	names, err := fs.Glob(assets.UI, "translations/*.yaml")
	if err != nil {
		return []string{Fallback}
	}
	out := []string{Fallback}
	for _, n := range names {
		if l := strings.TrimSuffix(path.Base(n), ".yaml"); l != Fallback {
			out = append(out, l)
		}
	}
	return out
}

// Load reads one language's file. The error names the file and what is wrong with it.
func Load(lang string) (map[string]string, error) {
	name := "translations/" + lang + ".yaml"
	b, err := assets.UI.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("there is no translation file %s", name)
	}
	out := map[string]string{}
	if err := yaml.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// Use changes the language. An unknown one is an error and leaves English.
func Use(lang string) error {
	loadMu.Lock()
	defer loadMu.Unlock()
	if base == nil {
		b, err := Load(Fallback)
		if err != nil {
			return err
		}
		base = b
	}
	w := &words{lang: Fallback, tag: language.BritishEnglish, own: base, base: base}
	var err error
	if lang != Fallback {
		own, e := Load(lang)
		tag, e2 := language.Parse(lang)
		if e == nil && e2 == nil {
			w = &words{lang: lang, tag: tag, own: own, base: base}
		} else if err = e; err == nil {
			err = e2
		}
	}
	current.Store(w)
	return err
}

// FromEnvironment picks the language of LC_ALL, LC_MESSAGES or LANG where there is a file for it, else English.
func FromEnvironment() string {
	for _, v := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if s := os.Getenv(v); s != "" {
			s = strings.ToLower(strings.SplitN(strings.SplitN(s, ".", 2)[0], "_", 2)[0])
			for _, l := range Languages() {
				if l == s {
					return l
				}
			}
			return Fallback
		}
	}
	return Fallback
}

// Language is the language in use.
func Language() string { return in().lang }

func in() *words {
	if w := current.Load(); w != nil {
		return w
	}
	if err := Use(Fallback); err != nil || current.Load() == nil {
		// The English file is embedded and tested; a build without it shows keys rather than nothing.
		return &words{lang: Fallback, tag: language.BritishEnglish}
	}
	return current.Load()
}

func (w *words) find(key string) (string, bool) {
	if s, ok := w.own[key]; ok && s != "" {
		return s, true
	}
	s, ok := w.base[key]
	return s, ok
}

// T gives the words of key. args are pairs of a placeholder's name and its value: T("outbox.say", "system", name) fills
// {system}. A pair named "n" with an int also chooses the plural: key.zero, .one, .two, .few or .many as the language has
// it, else key.other. An unknown key shows itself.
func T(key string, args ...any) string {
	w := in()
	if n, ok := number(args); ok {
		if s, ok := w.find(key + "." + form(w.tag, n)); ok {
			return fill(s, args)
		}
		if s, ok := w.find(key + ".other"); ok {
			return fill(s, args)
		}
	}
	s, ok := w.find(key)
	if !ok {
		s = key
	}
	return fill(s, args)
}

func number(args []any) (int, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" {
			n, ok := args[i+1].(int)
			return n, ok
		}
	}
	return 0, false
}

// Has reports whether there are words for key.
func Has(key string) bool {
	_, ok := in().find(key)
	return ok
}

func form(t language.Tag, n int) string {
	if n < 0 {
		n = -n
	}
	switch plural.Cardinal.MatchPlural(t, n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

// Number writes a whole number with its thousands apart: 2,000.
func Number(n int) string {
	s := strconv.Itoa(n)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "−" + s
	}
	return s
}

func fill(s string, args []any) string {
	if len(args) < 2 || !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		v := args[i+1]
		if n, ok := v.(int); ok {
			v = Number(n)
		}
		pairs = append(pairs, "{"+fmt.Sprint(args[i])+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Keys lists every key of the language's own file, sorted.
func Keys(lang string) ([]string, error) {
	m, err := Load(lang)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out, nil
}
