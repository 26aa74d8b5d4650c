package pole

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Windows has no zone files of its own
)

// London is the zone of times that a source gives without one, and of times on screen.
var London = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC
	}
	return l
}()

const (
	problemDate       = "This is not a date."
	problemImpossible = "There is no such day."
	problemYear       = "The year is written with two digits; it was read as %d."
	problemZone       = "There is no such time."
)

var (
	isoDate   = regexp.MustCompile(`^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?$`)
	yearOnly  = regexp.MustCompile(`^\d{4}$`)
	compact   = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})$`)
	yearFirst = regexp.MustCompile(`^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$`)
	monthYear = regexp.MustCompile(`^(\d{1,2})[/.\-](\d{4})$`)
	dayMonth  = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)?[ \-]*(?:of )?([a-z]{3,9})\.?,?[ \-]*(\d{4}|\d{2})$`)
	monthDay  = regexp.MustCompile(`^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$`)
	wordYear  = regexp.MustCompile(`^([a-z]{3,9})\.?,?[ \-]*(\d{4})$`)
	msDate    = regexp.MustCompile(`^\\?/Date\((-?\d{1,15})([+-]\d{4})?\)\\?/$`)
)

var months = func() map[string]int {
	out := map[string]int{"sept": 9}
	for m := time.January; m <= time.December; m++ {
		out[strings.ToLower(m.String())] = int(m)
		out[strings.ToLower(m.String()[:3])] = int(m)
	}
	return out
}()

// readDate reads a partial date in the ways British systems write one. Two-digit years are read as the latest year
// that has begun, and said to be doubtful. this is the current year.
func readDate(s string, this int) (norm, problem string) {
	if m := isoDate.FindStringSubmatch(s); m != nil {
		return partial(m[1], m[2], m[3], this)
	}
	if yearOnly.MatchString(s) {
		return partial(s, "", "", this)
	}
	if m := compact.FindStringSubmatch(s); m != nil {
		return partial(m[1], m[2], m[3], this)
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		return partial(m[3], m[2], m[1], this)
	}
	if m := yearFirst.FindStringSubmatch(s); m != nil {
		return partial(m[1], m[2], m[3], this)
	}
	if m := monthYear.FindStringSubmatch(s); m != nil {
		return partial(m[2], m[1], "", this)
	}
	low := strings.ToLower(s)
	if m := dayMonth.FindStringSubmatch(low); m != nil && months[m[2]] > 0 {
		return partial(m[3], strconv.Itoa(months[m[2]]), m[1], this)
	}
	if m := monthDay.FindStringSubmatch(low); m != nil && months[m[1]] > 0 {
		return partial(m[3], strconv.Itoa(months[m[1]]), m[2], this)
	}
	if m := wordYear.FindStringSubmatch(low); m != nil && months[m[1]] > 0 {
		return partial(m[2], strconv.Itoa(months[m[1]]), "", this)
	}
	t, zoned, ok := readTime(s)
	if !ok {
		return "", problemDate
	}
	// A day written as midnight, in whatever zone, is that day. Any other instant is the day it fell on here: systems
	// that store a summer day in universal time write 23:00 of the day before.
	if zoned && (t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0) {
		t = t.In(London)
	}
	return partial(fmt.Sprintf("%04d", t.Year()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Day()), this)
}

func partial(year, month, day string, this int) (norm, problem string) {
	y, _ := strconv.Atoi(year)
	if len(year) == 2 {
		y += this / 100 * 100
		if y > this {
			y -= 100
		}
		problem = fmt.Sprintf(problemYear, y)
	}
	if y == 0 {
		return "", problemImpossible
	}
	norm = fmt.Sprintf("%04d", y)
	if month == "" {
		return norm, problem
	}
	m, _ := strconv.Atoi(month)
	if m < 1 || m > 12 {
		return "", problemImpossible
	}
	norm = fmt.Sprintf("%s-%02d", norm, m)
	if day == "" {
		return norm, problem
	}
	d, _ := strconv.Atoi(day)
	if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); d < 1 || t.Day() != d {
		return "", problemImpossible
	}
	return fmt.Sprintf("%s-%02d", norm, d), problem
}

var zonedLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00",
	"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 -0700", "20060102T150405Z07:00", time.RFC1123Z,
}

var localLayouts = []string{
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006, 15:04", "2/1/2006T15:04", "2-1-2006 15:04:05", "2-1-2006 15:04", "2.1.2006 15:04",
	"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 January 2006 15:04", "2-Jan-2006 15:04:05", "2-Jan-2006 15:04",
	"20060102150405", "20060102 150405", "20060102T150405", "200601021504", "20060102 1504", "2/1/2006 1504", "2/1/2006 3:04 PM", "2/1/2006 3:04PM",
}

// readTime reads a date with a time of day. zoned says that the source gave a zone; otherwise it is London's.
func readTime(s string) (t time.Time, zoned, ok bool) {
	if m := msDate.FindStringSubmatch(s); m != nil {
		ms, err := strconv.ParseInt(m[1], 10, 64)
		t = time.UnixMilli(ms).UTC()
		return t, true, err == nil && t.Year() > 0 && t.Year() <= 9999
	}
	s = strings.TrimSuffix(s, "hrs")
	s = strings.TrimSpace(strings.TrimSuffix(s, "hours"))
	if len(s) > 11 && (s[10] == 't' || s[len(s)-1] == 'z') {
		s = strings.ToUpper(s)
	}
	for _, l := range zonedLayouts {
		if t, err := time.Parse(l, s); err == nil {
			u := t.UTC().Year()
			return t, true, u > 0 && u <= 9999
		}
	}
	for _, l := range localLayouts {
		if t, err := time.ParseInLocation(l, s, London); err == nil {
			u := t.UTC().Year()
			return t, false, u > 0 && u <= 9999
		}
	}
	return time.Time{}, false, false
}

// readInstant reads a point in time as RFC 3339 in UTC. Where the source gives only a day, a month or a year, the
// canonical form stays that partial date: a made-up midnight would be a lie on a timeline.
func readInstant(s string, this int) (norm, problem string) {
	if t, _, ok := readTime(s); ok {
		return t.UTC().Format(time.RFC3339Nano), ""
	}
	norm, problem = readDate(s, this)
	if norm == "" && problem == problemDate && strings.Contains(s, ":") {
		return "", problemZone
	}
	return norm, problem
}

// Span is the time that a partial date or an RFC 3339 instant covers: from its first moment in London to just before end.
// An instant covers no time. ok is false for anything else.
func Span(when string) (from, end time.Time, ok bool) {
	if len(when) > 10 {
		t, err := time.Parse(time.RFC3339Nano, when)
		return t.UTC(), t.UTC(), err == nil
	}
	y, m, d, ok := parts(when)
	if !ok {
		return time.Time{}, time.Time{}, false
	}
	switch {
	case m == 0:
		from, end = time.Date(y, 1, 1, 0, 0, 0, 0, London), time.Date(y+1, 1, 1, 0, 0, 0, 0, London)
	case d == 0:
		from, end = time.Date(y, time.Month(m), 1, 0, 0, 0, 0, London), time.Date(y, time.Month(m)+1, 1, 0, 0, 0, 0, London)
	default:
		from, end = time.Date(y, time.Month(m), d, 0, 0, 0, 0, London), time.Date(y, time.Month(m), d+1, 0, 0, 0, 0, London)
	}
	return from.UTC(), end.UTC(), true
}

// Zoned reports whether a source's own words of an instant give its zone; without one they were taken as London's time.
// timed is false where they give no time of day at all.
func Zoned(source string) (zoned, timed bool) {
	_, zoned, timed = readTime(cleanText(source, false))
	return zoned, timed
}

// parts takes a canonical partial date apart; a part that is not known is 0.
func parts(s string) (y, m, d int, ok bool) {
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return 0, 0, 0, false
	}
	for i := range len(s) {
		if dash := i == 4 || i == 7; dash != (s[i] == '-') || !dash && (s[i] < '0' || s[i] > '9') {
			return 0, 0, 0, false
		}
	}
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	y = num(s[:4])
	if len(s) > 4 {
		m = num(s[5:7])
	}
	if len(s) > 7 {
		d = num(s[8:10])
	}
	return y, m, d, m <= 12
}

// DisplayWhen writes a partial date or an instant as officers read it: 03/11/2011, November 2011, 2011, 24/11/2026 07:40.
func DisplayWhen(when string) string {
	if len(when) > 10 {
		t, err := time.Parse(time.RFC3339Nano, when)
		if err != nil {
			return when
		}
		t = t.In(London)
		if t.Second() != 0 {
			return t.Format("02/01/2006 15:04:05")
		}
		return t.Format("02/01/2006 15:04")
	}
	y, m, d, ok := parts(when)
	switch {
	case !ok:
		return when
	case m == 0:
		return fmt.Sprintf("%04d", y)
	case d == 0:
		return fmt.Sprintf("%s %04d", time.Month(m), y)
	}
	return fmt.Sprintf("%02d/%02d/%04d", d, m, y)
}

// AgeAt is the age in whole years, at a time, of someone born on a partial date. about is set where the day is not known
// and the age may be one less.
func AgeAt(born string, at time.Time) (years int, about, ok bool) {
	y, m, d, ok := parts(born)
	if !ok || at.IsZero() {
		return 0, false, false
	}
	at = at.In(London)
	years = at.Year() - y
	switch {
	case m == 0:
		about = true
	case int(at.Month()) < m:
		years--
	case int(at.Month()) == m && d == 0:
		about = true
	case int(at.Month()) == m && at.Day() < d:
		years--
	}
	return years, about, years >= 0 && years < 150
}
