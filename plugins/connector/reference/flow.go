package reference

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// plainText is text that YAML reads as text wherever it stands.
var plainText = regexp.MustCompile(`^[A-Za-z0-9./_$][A-Za-z0-9./_$%?+*@=()-]*( [A-Za-z0-9./_$%?+*@=()<>-]+)*$`)

var otherThanText = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|null|~|\.|-?[0-9.eE_+-]+|0x.*)$`)

// flow writes a value as YAML on one line, expressions between single quotes as the rules of connectors want it.
func flow(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return quote(x)
	case json.Number:
		return x.String()
	case []any:
		parts := make([]string, len(x))
		for i, y := range x {
			parts[i] = flow(y)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		parts := make([]string, len(x.keys))
		for i, k := range x.keys {
			parts[i] = quote(k) + ": " + flow(x.values[i])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func quote(s string) string {
	switch {
	case strings.ContainsAny(s, "\n\t"):
		b, _ := json.Marshal(s) // text can be written
		return string(b)
	case s == ".":
		return "."
	case plainText.MatchString(s) && !otherThanText.MatchString(s):
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
