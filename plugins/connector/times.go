package connector

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// directives are the strftime letters that a format may use.
var directives = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'b': "Jan", 'B': "January",
	'e': "_2", 'I': "03", 'p': "PM", 'Z': "MST", 'z': "-0700", 'a': "Mon", 'A': "Monday", 'f': "000000", 'L': "000", '%': "%",
}

// layout turns a strftime format into Go's; "" when it is not one.
func layout(format string) string {
	l, err := parseLayout(format)
	if err != nil {
		return ""
	}
	return l
}

func parseLayout(format string) (string, error) {
	switch format {
	case "iso":
		return "2006-01-02", nil
	case "rfc3339":
		return time.RFC3339Nano, nil
	case "unix", "unix_ms":
		return format, nil
	}
	var b strings.Builder
	letters := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		if i >= len(format) {
			return "", errFormat
		}
		l, ok := directives[format[i]]
		if !ok {
			return "", errFormat
		}
		letters++
		b.WriteString(l)
	}
	if letters == 0 {
		return "", errFormat
	}
	return b.String(), nil
}

func readTime(s, format string, zone *time.Location) (time.Time, bool) {
	switch format {
	case "unix", "unix_ms":
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Abs(n) > 1e14 {
			return time.Time{}, false
		}
		if format == "unix_ms" {
			return time.UnixMilli(int64(n)), true
		}
		return time.Unix(int64(n), 0), true
	}
	l := layout(format)
	if l == "" {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(l, s, zone)
	if err != nil && format == "rfc3339" {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", s, zone) // it carries no zone: that of the connector
	}
	return t, err == nil
}

// doubtful says why a time that was written without its zone cannot be told: the hour that clocks repeat in autumn is
// two times, and the one that they leave out in spring is none. "" means that it is the time.
func doubtful(t time.Time, s, format string, zone *time.Location) string {
	l := layout(format)
	if format == "unix" || format == "unix_ms" || strings.Contains(l, "MST") || strings.Contains(l, "-0700") || strings.Contains(l, "Z07:00") || !strings.Contains(l, "15") && !strings.Contains(l, "03") {
		return ""
	}
	clock, err := time.Parse(l, s)
	if err != nil {
		return ""
	}
	const wall = "2006-01-02T15:04:05.999999999"
	want, fits := clock.Format(wall), 0
	for _, d := range []time.Duration{-time.Hour, 0, time.Hour} {
		if t.Add(d).In(zone).Format(wall) == want {
			fits++
		}
	}
	switch fits {
	case 0:
		return "clocks were put forward over this hour, so there was no such time"
	case 1:
		return ""
	}
	return "clocks were put back over this hour, so it may be either of two times"
}

// readDay reads a date; the iso format also takes a year, and a year and month.
func readDay(s, format string, zone *time.Location) (string, bool) {
	s = strings.TrimSpace(s)
	if format == "iso" {
		for _, l := range []string{"2006-01-02", "2006-01", "2006"} {
			if t, err := time.Parse(l, s); err == nil {
				return t.Format(l), true
			}
		}
		return "", false
	}
	t, ok := readTime(s, format, zone)
	if !ok {
		return "", false
	}
	l := layout(format)
	switch {
	case format == "rfc3339", format == "unix", format == "unix_ms":
		return t.In(zone).Format("2006-01-02"), true
	case !strings.Contains(l, "02") && !strings.Contains(l, "_2"):
		if strings.Contains(l, "01") || strings.Contains(l, "Jan") {
			return t.Format("2006-01"), true
		}
		return t.Format("2006"), true
	}
	return t.Format("2006-01-02"), true
}

func writeTime(t time.Time, format string) any {
	switch format {
	case "unix":
		return int(t.Unix())
	case "unix_ms":
		return int(t.UnixMilli())
	}
	l := layout(format)
	if l == "" {
		return nil
	}
	return t.Format(l)
}
