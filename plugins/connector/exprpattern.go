package connector

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/itchyny/gojq"
)

// patternArgs says where the functions that take a regular expression have their flags, from 0; the pattern is always
// the first. split is one of them only when it has flags.
var patternArgs = map[string]int{"test": 1, "match": 1, "capture": 1, "scan": 1, "splits": 1, "split": 1, "sub": 2, "gsub": 2}

// A pattern's search takes time in proportion to its steps, and nothing stops it halfway.
const (
	maxPattern      = 1000 // bytes
	maxPatternSteps = 3000
	patternCure     = "Write it as RE2 has it (Go's regular expressions): without (?=…), (?!…) and \\1, and each bracket closed."
)

// checkPatterns refuses a regular expression that comes from the answer or the query, cannot be read as the interpreter
// will read it, or has too many steps.
func checkPatterns(q *gojq.Query) error {
	v := &visitor{term: func(t *gojq.Term) error {
		if t.Type != gojq.TermTypeFunc || len(t.Func.Args) == 0 {
			return nil
		}
		name, args := t.Func.Name, t.Func.Args
		at, is := patternArgs[name]
		if !is || name == "split" && len(args) == 1 {
			return nil
		}
		pattern, ok := constantText(args[0])
		if !ok {
			return &refusal{"The regular expression of " + name + " is not constant text, so nobody can say what it matches or how long it takes.",
				"Write it out: " + name + "(\"^[0-9]+$\"" + map[bool]string{true: "; \"\""}[at == 2] + "). To compare with a value use ==, contains, startswith or endswith."}
		}
		flags := ""
		if len(args) > at {
			if flags, ok = constantText(args[at]); !ok && (args[at].Term == nil || args[at].Term.Type != gojq.TermTypeNull) {
				return &refusal{"The flags of " + name + " are not constant text.", "Write them out: \"i\" for any case, \"g\" for all, \"m\" for . to match line ends too."}
			}
		}
		return checkPattern(name, pattern, flags)
	}}
	return v.walk(q)
}

// constantText is the text that a query stands for, if it is nothing but a text without inserts.
func constantText(q *gojq.Query) (string, bool) {
	if q == nil || q.Term == nil || len(q.FuncDefs) > 0 || len(q.Term.SuffixList) > 0 {
		return "", false
	}
	switch t := q.Term; t.Type {
	case gojq.TermTypeQuery:
		return constantText(t.Query)
	case gojq.TermTypeString:
		if t.Str != nil && t.Str.Queries == nil {
			return t.Str.Str, true
		}
	}
	return "", false
}

// checkPattern compiles one as the interpreter will: the flags i and m stand before it, and g is not part of it.
func checkPattern(function, pattern, flags string) error {
	if bad := strings.Trim(flags, "gim"); bad != "" {
		return &refusal{"The flags \"" + short(flags) + "\" of " + function + " are not known.", "Use \"i\" for any case, \"g\" for all, \"m\" for . to match line ends too."}
	}
	if len(pattern) > maxPattern {
		return &refusal{"The regular expression of " + function + " is too long.", "Test for less, or in several steps."}
	}
	if strings.Contains(flags, "i") {
		pattern = "(?i)" + pattern
	}
	if strings.Contains(flags, "m") {
		pattern = "(?s)" + pattern
	}
	if _, err := regexp.Compile(pattern); err != nil {
		var s *syntax.Error
		if errors.As(err, &s) && (s.Code == syntax.ErrInvalidRepeatSize || s.Code == syntax.ErrLarge || s.Code == syntax.ErrNestingDepth) {
			return tooManySteps(function, pattern)
		}
		say := "it cannot be read"
		if s != nil {
			say = string(s.Code) + " at '" + short(s.Expr) + "'"
		}
		return &refusal{"\"" + short(pattern) + "\" in " + function + " is no regular expression: " + say + ".", patternCure}
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return &refusal{"\"" + short(pattern) + "\" in " + function + " is no regular expression.", patternCure}
	}
	if prog, err := syntax.Compile(tree.Simplify()); err != nil || len(prog.Inst) > maxPatternSteps {
		return tooManySteps(function, pattern)
	}
	return nil
}

func tooManySteps(function, pattern string) error {
	return &refusal{"The regular expression \"" + short(pattern) + "\" in " + function + " explodes: its repeats come to more than 1000.",
		"Write + or * instead of the counts, or smaller counts, and test the length by itself: 'length <= 2000'."}
}

// short is enough of a text to find it by.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}
