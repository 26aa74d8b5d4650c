package connector

import (
	"errors"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// helpers are the connector's own functions within expressions: they know its time zone, formats and code lists.
type helpers struct {
	zone     *time.Location
	dates    []string // strftime formats, or the names iso, rfc3339, unix, unix_ms
	instants []string
	codes    map[string]*codeList
	defs     map[string]*definition // by name
	order    []string               // of definitions: each stands after what it calls
}

// codeList translates a source's codes to canonical ones and back.
type codeList struct {
	in, out map[string]string
}

type helperError struct{ say string }

func (e *helperError) Error() string { return e.say }

// options gives the helpers to the expression compiler.
func (h *helpers) options() []gojq.CompilerOption {
	one := func(name string, f func(any) any) gojq.CompilerOption {
		return gojq.WithFunction(name, 0, 0, func(v any, _ []any) any { return f(v) })
	}
	arg := func(name string, min int, f func(v any, arg string) any) gojq.CompilerOption {
		return gojq.WithFunction(name, min, 1, func(v any, args []any) any {
			if len(args) == 0 {
				return f(v, "")
			}
			s, ok := args[0].(string)
			if !ok {
				return &helperError{name + " takes a text in its brackets"}
			}
			return f(v, s)
		})
	}
	two := func(name string, f func(v any, from, to string) any) gojq.CompilerOption {
		return gojq.WithFunction(name, 2, 2, func(v any, args []any) any {
			from, ok1 := args[0].(string)
			to, ok2 := args[1].(string)
			if !ok1 || !ok2 {
				return &helperError{name + " takes two texts in its brackets"}
			}
			return f(v, from, to)
		})
	}
	return []gojq.CompilerOption{
		arg("day", 0, h.day), arg("instant", 0, h.instant), arg("dateout", 0, h.date), arg("stamp", 0, h.stamp),
		arg("code", 1, h.code), arg("uncode", 1, h.uncode),
		one("unname", unname), one("odata", odata), one("alnum", alnum), one("jsonapi", jsonAPI), arg("rel", 1, rel),
		two("measure", measure), two("convert", convertUnit),
		one("uuid", uuidOf), one("lower", lower), one("upper", upper),
	}
}

// single gives a helper call with constant arguments as a Go function, for the fast path.
func (h *helpers) single(f *gojq.Func) (func(any) any, bool) {
	a := ""
	if len(f.Args) == 1 {
		t := f.Args[0].Term
		if t == nil || t.Type != gojq.TermTypeString || t.Str == nil || t.Str.Queries != nil || len(t.SuffixList) > 0 {
			return nil, false
		}
		a = t.Str.Str
	} else if len(f.Args) > 1 {
		return nil, false
	}
	with := map[string]func(any, string) any{"day": h.day, "instant": h.instant, "dateout": h.date, "stamp": h.stamp}
	if fn, ok := with[f.Name]; ok {
		return func(v any) any { return fn(v, a) }, true
	}
	if len(f.Args) == 1 {
		switch f.Name {
		case "code":
			return func(v any) any { return h.code(v, a) }, true
		case "uncode":
			return func(v any) any { return h.uncode(v, a) }, true
		}
		return nil, false
	}
	switch f.Name {
	case "unname":
		return unname, true
	case "odata":
		return odata, true
	case "alnum":
		return alnum, true
	case "jsonapi":
		return jsonAPI, true
	case "uuid":
		return uuidOf, true
	case "lower":
		return lower, true
	case "upper":
		return upper, true
	}
	return nil, false
}

func wanted(name string, v any) (string, any) {
	if s, ok := scalarText(v); ok {
		return s, nil
	}
	return "", &helperError{name + " expected text but got: " + gojq.TypeOf(v)}
}

// day reads a date as the source writes it: {source, value} with value YYYY, YYYY-MM or YYYY-MM-DD. Null stays null.
// What cannot be read keeps its source and says so.
func (h *helpers) day(v any, format string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("day", v)
	if bad != nil {
		return bad
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	for _, f := range pick(format, h.dates) {
		if out, ok := readDay(s, f, h.zone); ok {
			return map[string]any{"source": s, "value": out}
		}
	}
	return map[string]any{"source": s, "problem": "not a date that this system should use"}
}

// instant reads a time as the source writes it: {source, value} with value RFC 3339 in UTC. Null stays null. A time of
// the hour that clocks repeat or leave out is no value, but near what it may be.
func (h *helpers) instant(v any, format string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("instant", v)
	if bad != nil {
		return bad
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	for _, f := range pick(format, h.instants) {
		if t, ok := readTime(s, f, h.zone); ok {
			if why := doubtful(t, s, f, h.zone); why != "" {
				return map[string]any{"source": s, "problem": why, "near": t.UTC().Format(time.RFC3339)}
			}
			return map[string]any{"source": s, "value": t.UTC().Format(time.RFC3339Nano)}
		}
	}
	return map[string]any{"source": s, "problem": "not a time that this system should use"}
}

// date writes a canonical date as the source wants it. A partial date that the format cannot express gives null.
func (h *helpers) date(v any, format string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("date", v)
	if bad != nil {
		return bad
	}
	f := first(pick(format, h.dates))
	if t, err := time.Parse("2006-01-02", dayOf(s)); err == nil {
		return writeTime(t, f)
	}
	if goal := layout(f); !strings.Contains(goal, "02") {
		if t, err := time.Parse("2006-01", s); err == nil {
			return writeTime(t, f)
		}
		if t, err := time.Parse("2006", s); err == nil && !strings.Contains(goal, "01") {
			return writeTime(t, f)
		}
	}
	return nil
}

// stamp writes a canonical instant as the source wants it, in the connector's zone.
func (h *helpers) stamp(v any, format string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("stamp", v)
	if bad != nil {
		return bad
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil
	}
	f := first(pick(format, h.instants))
	if f == "rfc3339" || f == "iso" {
		return t.UTC().Format(time.RFC3339)
	}
	return writeTime(t.In(h.zone), f)
}

// code translates a source's code: {source, value}. A code that the list does not have is kept as the source said it.
func (h *helpers) code(v any, list string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("code", v)
	if bad != nil {
		return bad
	}
	if s == "" {
		return nil
	}
	l := h.codes[list]
	if l == nil {
		return &helperError{"there is no code list " + list + " in this connector"}
	}
	if out, ok := l.in[strings.ToLower(s)]; ok {
		return map[string]any{"source": s, "value": out}
	}
	return map[string]any{"source": s}
}

// uncode translates a canonical code to the source's; null when the list has none for it.
func (h *helpers) uncode(v any, list string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("uncode", v)
	if bad != nil {
		return bad
	}
	l := h.codes[list]
	if l == nil {
		return &helperError{"there is no code list " + list + " in this connector"}
	}
	if out, ok := l.out[strings.ToLower(s)]; ok {
		return out
	}
	if out, ok := l.out["*"]; ok {
		return out
	}
	return nil
}

// unname splits a full name: {family, given, middle}. 'MILLER, Aaron James' and 'Aaron James Miller' are understood.
func unname(v any) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("unname", v)
	if bad != nil {
		return bad
	}
	out := map[string]any{}
	family, rest, comma := strings.Cut(s, ",")
	given := strings.Fields(rest)
	if !comma {
		given = strings.Fields(s)
		family = ""
		if n := len(given); n > 0 {
			family, given = given[n-1], given[:n-1]
		}
	}
	if family = strings.TrimSpace(family); family != "" {
		out["family"] = family
	}
	if len(given) > 0 {
		out["given"] = given[0]
	}
	if len(given) > 1 {
		out["middle"] = strings.Join(given[1:], " ")
	}
	return out
}

// odata doubles the single quotes of a text, for an OData literal.
func odata(v any) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("odata", v)
	if bad != nil {
		return bad
	}
	return strings.ReplaceAll(s, "'", "''")
}

// alnum keeps ASCII letters and digits.
func alnum(v any) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("alnum", v)
	if bad != nil {
		return bad
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

func pick(format string, formats []string) []string {
	if format != "" {
		return []string{format}
	}
	return formats
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// dayOf cuts an ISO date or instant to its day.
func dayOf(s string) string {
	if len(s) > 10 {
		return s[:10]
	}
	return s
}

var errFormat = errors.New("unknown format")
