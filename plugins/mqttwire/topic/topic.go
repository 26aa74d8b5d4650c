// Package topic says what can be subscribed to at an MQTT broker.
package topic

import (
	"strings"
	"unicode/utf8"
)

// Valid reports whether a text is a topic filter that can be subscribed to: + is a whole level, # a whole last one.
// Shared subscriptions are none: this desk would be told of a part only.
func Valid(t string) bool {
	if t == "" || strings.HasPrefix(t, "$share/") || strings.HasPrefix(t, "$queue/") || len(t) > 65535 || !utf8.ValidString(t) || strings.ContainsAny(t, "\x00\r\n") {
		return false
	}
	levels := strings.Split(t, "/")
	for i, l := range levels {
		if strings.Contains(l, "#") && (l != "#" || i != len(levels)-1) || strings.Contains(l, "+") && l != "+" {
			return false
		}
	}
	return true
}
