package policy

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mistake is what is wrong with a value, in words that follow the setting's name.
type mistake string

func (m mistake) Error() string { return string(m) }

func wrong(format string, args ...any) error { return mistake(fmt.Sprintf(format, args...)) }

// State is who decides a setting, as one source says.
type State string

// The states of a setting.
const (
	Unset   State = ""        // nobody decided: the next source, or else the default, holds
	Forced  State = "forced"  // IT decided
	Officer State = "officer" // IT leaves it to the officer, whatever lower sources say
)

// read makes a setting's value of what a source says: a text, a number, a list or a mapping. The value's type is that of
// the Policy's field.
func (d Def) read(raw any) (v any, state State, err error) {
	if s, ok := raw.(string); ok && strings.EqualFold(strings.TrimSpace(s), Officers) && d.Type != Text {
		if !d.Choosable {
			return nil, Unset, wrong("cannot be left to the officer; write a value, or leave it out")
		}
		return nil, Officer, nil
	}
	if v, err = d.value(raw); err == nil && d.check != nil {
		err = d.check(v)
	}
	if err != nil {
		return nil, Unset, err
	}
	return v, Forced, nil
}

func (d Def) value(raw any) (any, error) {
	switch d.Type {
	case List:
		return texts(raw)
	case Pairs:
		m, err := mapping(raw)
		out := make(map[string]string, len(m))
		for k, v := range m {
			s, ok := scalar(v)
			if !ok {
				return nil, wrong("%s must be one text", k)
			}
			out[k] = s
		}
		return out, err
	case Lists:
		m, err := mapping(raw)
		out := make(map[string][]string, len(m))
		for k, v := range m {
			l, err := texts(v)
			if err != nil {
				return nil, wrong("%s %s", k, err)
			}
			out[k] = l
		}
		return out, err
	}
	s, ok := scalar(raw)
	if !ok {
		return nil, wrong("must be %s, not a list or a mapping", d.Want())
	}
	switch s = strings.TrimSpace(s); d.Type {
	case Bool:
		switch strings.ToLower(s) {
		case "true", "on", "yes", "1":
			return true, nil
		case "false", "off", "no", "0":
			return false, nil
		}
	case Duration:
		if t, ok := readDuration(s); ok {
			return t, nil
		}
	case Number:
		if n, err := strconv.Atoi(s); err == nil {
			return n, nil
		}
	case Size:
		if n, ok := readSize(s); ok {
			return n, nil
		}
	case Choice:
		if i := slices.IndexFunc(d.Choices, func(c string) bool { return strings.EqualFold(c, s) }); i >= 0 {
			return d.Choices[i], nil
		}
	case Text:
		return s, nil
	}
	return nil, wrong("is %q; it must be %s", clip(s), d.Want())
}

// Want says what a value must be.
func (d Def) Want() string {
	out := map[Type]string{Bool: "true or false", Duration: "a number with its unit, such as 90s, 10m, 12h or 30d", Number: "a whole number",
		Size: "a number with its unit, such as 500MB or 2GB", Text: "a text", List: "a list of texts", Pairs: "a mapping of names to texts",
		Lists: "a mapping of names to lists of texts"}[d.Type]
	if d.Type == Choice {
		out = strings.Join(d.Choices[:len(d.Choices)-1], ", ") + " or " + d.Choices[len(d.Choices)-1]
	}
	if d.Choosable {
		out += ", or " + Officers + " to leave it to the officer"
	}
	return out
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func scalar(raw any) (string, bool) {
	switch v := raw.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int, int64, uint64, uint32:
		return fmt.Sprint(v), true
	}
	return "", false
}

// texts reads a list; a text alone is a list with commas or semicolons between.
func texts(raw any) ([]string, error) {
	out := []string{}
	switch v := raw.(type) {
	case []any:
		for _, x := range v {
			s, ok := scalar(x)
			if !ok {
				return nil, wrong("must be a list of texts")
			}
			out = append(out, s)
		}
	case []string:
		out = append(out, v...)
	default:
		s, ok := scalar(raw)
		if !ok {
			return nil, wrong("must be a list of texts, such as [one, two]")
		}
		out = strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' })
	}
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" }), nil
}

func mapping(raw any) (map[string]any, error) {
	switch v := raw.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return nil, nil
	}
	return nil, wrong("must be a mapping, such as {name: value}")
}

// ReadDuration reads a duration as the machine file writes it: 90s, 12h, 30d.
func ReadDuration(s string) (time.Duration, bool) { return readDuration(s) }

func readDuration(s string) (time.Duration, bool) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.Atoi(n)
		return time.Duration(days) * 24 * time.Hour, err == nil && days >= 0 && days <= 36500
	}
	d, err := time.ParseDuration(s)
	return d, err == nil
}

func writeDuration(d time.Duration) string {
	switch {
	case d > 0 && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d == 0:
		return "0"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var units = []struct {
	name string
	size int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}}

func readSize(s string) (int64, bool) {
	for _, u := range units {
		if n, ok := strings.CutSuffix(strings.ToUpper(s), u.name); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
			return int64(x * float64(u.size)), err == nil && x >= 0 && x*float64(u.size) < math.MaxInt64/2
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0
}

// write is a value as the machine file writes it, on one line.
func (d Def) write(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return writeDuration(v)
	case int64:
		for _, u := range units {
			if v > 0 && v%u.size == 0 {
				return strconv.FormatInt(v/u.size, 10) + u.name
			}
		}
		return strconv.FormatInt(v, 10)
	case []string:
		return strings.Join(v, ", ")
	case map[string]string:
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, k+": "+v[k])
		}
		return strings.Join(out, ", ")
	case map[string][]string:
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, k+": ["+strings.Join(v[k], ", ")+"]")
		}
		return strings.Join(out, ", ")
	}
	return fmt.Sprint(v)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
