package vm

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"time"

	"muster/app/desk"
	"muster/plugins"
	"muster/plugins/pole"
)

func asPlugin(err error, target **plugins.Error) bool { return errors.As(err, target) }

// Mark is a system's short code and shape, the same wherever the system is named.
type Mark struct {
	System string // id in the profile
	Name   string
	Code   string
	Shape  string // square, triangle, diamond, circle, bar, star, box, outline, lozenge
	Old    bool   // what it says here comes from a stored copy
}

// Marks finds the marks of systems by their ids.
type Marks map[string]Mark

// MarksOf gives the marks of systems.
func MarksOf(systems []desk.SystemStatus) Marks {
	m := make(Marks, len(systems))
	for _, s := range systems {
		m[s.ID] = Mark{System: s.ID, Name: s.Name, Code: s.Code, Shape: s.Shape}
	}
	return m
}

// Short is the system's name without what stands behind it in brackets: 'Records (Larkfield)' is Records.
func (m Mark) Short() string {
	if i := strings.Index(m.Name, " ("); i > 0 && strings.HasSuffix(m.Name, ")") {
		return m.Name[:i]
	}
	return m.Name
}

// Of gives the mark of a system, also of one that is not in the profile any more.
func (m Marks) Of(system string) Mark {
	if k, ok := m[system]; ok {
		return k
	}
	code := strings.ToUpper(system)
	if len([]rune(code)) > 3 {
		code = string([]rune(code)[:3])
	}
	return Mark{System: system, Name: system, Code: code, Shape: "box"}
}

// All gives the marks of several systems, in their order.
func (m Marks) All(systems []string) []Mark {
	out := make([]Mark, 0, len(systems))
	for _, s := range systems {
		out = append(out, m.Of(s))
	}
	return out
}

// Clock is a time of day as screens show it: 14:06:41.
func Clock(t time.Time) string { return t.Local().Format("15:04:05") }

// HourMinute is a time of day to the minute: 14:06.
func HourMinute(t time.Time) string { return t.Local().Format("15:04") }

// Day is a date as screens show it: 24/11/2026.
func Day(t time.Time) string { return t.Local().Format("02/01/2006") }

// When is a time as short as it can be said without doubt: the time of day today, else date and time.
func When(t, now time.Time) string {
	if Day(t) == Day(now) {
		return HourMinute(t)
	}
	return Day(t) + " " + HourMinute(t)
}

// Took is how long something took: 38 ms, 1.2 s.
func Took(d time.Duration) string {
	switch {
	case d < time.Second:
		ms := d.Milliseconds()
		if ms == 0 && d > 0 {
			ms = 1
		}
		return strconv.FormatInt(ms, 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return strconv.Itoa(int(d.Seconds())) + " s"
}

// seconds is a time that is still running: 0.6 s.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(max(d, 0).Seconds(), 'f', 1, 64) + " s"
}

// Ago is an age in the largest unit that says enough: 11 min, 3 h, 2 days.
func (e Env) Ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return e.T("screens.age.seconds", "n", int(d.Seconds()))
	case d < time.Hour:
		return e.T("screens.age.minutes", "n", int(d.Minutes()))
	case d < 48*time.Hour:
		return e.T("screens.age.hours", "n", int(d.Hours()))
	}
	return e.T("screens.age.days", "n", int(d.Hours()/24))
}

// ClassWords names a POLE class in the plural.
func (e Env) ClassWords(c pole.Class) string { return e.T("screens.class." + string(c)) }

// Classes lists the classes in the order in which screens show them.
func Classes() []pole.Class {
	return []pole.Class{pole.ClassPerson, pole.ClassObject, pole.ClassLocation, pole.ClassEvent}
}

// Initials are the letters that stand for a title: MILLER, Aaron James is AM (given name first, as it is said).
func Initials(title string) string {
	family, given, ok := strings.Cut(title, ",")
	first := func(s string) string {
		for _, r := range strings.TrimSpace(s) {
			return strings.ToUpper(string(r))
		}
		return ""
	}
	if ok {
		return first(given) + first(family)
	}
	out := ""
	for _, w := range strings.Fields(title) {
		if len([]rune(out)) < 2 {
			out += first(w)
		}
	}
	return out
}

// lowerFirst makes a label fit the middle of a sentence, and leaves abbreviations alone.
func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) < 2 || strings.ToUpper(string(r[1])) == string(r[1]) {
		return s
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}

func lowerAll(labels []string) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = lowerFirst(l)
	}
	return out
}

func sortBy[T any](list []T, less func(a, b T) bool) {
	sort.SliceStable(list, func(i, j int) bool { return less(list[i], list[j]) })
}
