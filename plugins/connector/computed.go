package connector

import (
	"strings"

	"github.com/google/uuid"
)

// uuidSpace is the namespace of the UUIDs made here. It never changes: an entry must keep its id for ever.
var uuidSpace = uuid.MustParse("6f0a9d53-3f0b-4b1e-9a3e-2f4b6a1c7d58")

// uuidOf gives the version 5 UUID of a text; null stays null.
func uuidOf(v any) any {
	if v == nil {
		return nil
	}
	s, bad := wanted("uuid", v)
	if bad != nil {
		return bad
	}
	return uuid.NewSHA1(uuidSpace, []byte(s)).String()
}

// lower and upper change the case of letters of any alphabet; jq's own know A to Z only.
func lower(v any) any { return cased("lower", v, strings.ToLower) }
func upper(v any) any { return cased("upper", v, strings.ToUpper) }

func cased(name string, v any, change func(string) string) any {
	if v == nil {
		return nil
	}
	s, bad := wanted(name, v)
	if bad != nil {
		return bad
	}
	return change(s)
}
