// Package draft writes the first draft of a connector from a published description of an interface: an OpenAPI
// document, OData metadata, a GraphQL schema or a WSDL. Guesses are marked; what could not be matched is listed.
package draft

import (
	"fmt"
	"regexp"
	"strings"

	"muster/plugins/pole"
)

// Options say what the document does not.
type Options struct {
	ID   string // of the connector; made from the title if empty
	Name string
	From string // where the document came from, for the comment at the top
}

// api is what any of the documents says, as far as a connector needs it.
type api struct {
	title, version string
	server         string // "" if the document does not say
	auth           []string
	options        []string // YAML lines of further options
	check          string   // a flow mapping; "" if nothing suits
	entities       []*entity
	skipped        []string // what was not understood as a kind, in words
	extra          []string // further top-level lines: lists, answers
}

// entity is one sort of thing that the system holds.
type entity struct {
	name     string
	fields   []field
	id       string // path of what identifies it
	searches []search
	fetch    string // a flow mapping
	submit   *submit
	wrap     string // comment on how certain the kind is
	kind     pole.Kind
}

// field is one member of a source's record.
type field struct {
	path   string // as an expression: .name.family
	words  string // its name in words: name family
	last   string // the last part of its name
	format string // date, date-time or ""
	enum   []string
	list   bool
	must   bool
}

// search is one way to search.
type search struct {
	by    []param
	text  string
	lines []string // of the operation, without by
}

// param is what a search can be narrowed by: the source's name and the property it stands for.
type param struct {
	name     string
	property pole.Property
	format   string
}

// submit is one way to enter something.
type submit struct {
	lines  []string
	fields []field
	result string
	body   bool // a JSON body built from the fields
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// identifier makes the id of a connector from a title.
func identifier(title string) string {
	s := strings.Trim(notWord.ReplaceAllString(strings.ToLower(title), "_"), "_")
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		s = strings.TrimSuffix("system_"+s, "_")
	}
	if len(s) > 40 {
		s = strings.Trim(s[:40], "_")
	}
	return s
}

// words splits a name at its humps, underscores and hyphens: dateOfBirth, date_of_birth and DATE-OF-BIRTH are alike.
func words(name string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, strings.ToLower(string(cur)))
			cur = nil
		}
	}
	rs := []rune(name)
	for i, r := range rs {
		upper := r >= 'A' && r <= 'Z'
		letter := upper || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127
		switch {
		case !letter:
			flush()
			continue
		case upper && i > 0 && (rs[i-1] >= 'a' && rs[i-1] <= 'z' || rs[i-1] >= '0' && rs[i-1] <= '9'):
			flush()
		case upper && i > 0 && i+1 < len(rs) && rs[i-1] >= 'A' && rs[i-1] <= 'Z' && rs[i+1] >= 'a' && rs[i+1] <= 'z':
			flush()
		}
		cur = append(cur, r)
	}
	flush()
	return out
}

func joined(name string) string { return strings.Join(words(name), "") }

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// member is a path below another: .a + b is .a.b, and odd names are quoted.
func member(path, name string) string {
	if path == "." {
		path = ""
	}
	if plainKey.MatchString(name) {
		return path + "." + name
	}
	return path + fmt.Sprintf(".%q", name)
}

// quoted writes a YAML text in single quotes.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// oneLine makes text from a document fit for a comment or a help text, bounded.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		s = string(r[:159]) + "…"
	}
	return s
}
