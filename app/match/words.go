package match

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/app/match/linkage"

	"muster/plugins/pole"
)

// difference says in words what speaks against.
func difference(a, b *entry) string {
	var out []string
	for _, e := range evidence(a, b) {
		if e.Bits < 0 && e.Property != "" && len(out) < 3 {
			out = append(out, small(e.Say))
		}
	}
	if len(out) == 0 {
		return "another record is in the way"
	}
	return strings.Join(out, ", ")
}

func labels(set []member) string {
	var out []string
	for _, m := range set {
		out = append(out, small(m.def.Label))
	}
	return and(out)
}

func knownLabels(set []member, l likeness) string {
	var out []string
	for i, m := range set {
		if l.levels[i] != pole.Unknown {
			out = append(out, small(m.def.Label))
		}
	}
	return and(out)
}

func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// small puts a label into the middle of a sentence; abbreviations and proper names stay as they are.
func small(s string) string {
	if strings.IndexFunc(s[min(1, len(s)):], unicode.IsUpper) >= 0 {
		return s
	}
	return strings.ToLower(s)
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// sayUnsure says that a person was not sure, and why.
func sayUnsure(j Judgement) string {
	return fmt.Sprintf("Not sure, says %s on %s: %s", j.By, j.At.Local().Format("02/01/2006"), j.Reason)
}

// sayBarred says which judgement stands against joining two records that the rules would join.
func sayBarred(by []Judgement) string {
	if len(by) == 0 {
		return "Would be joined, but more than one record fits"
	}
	j := by[0]
	what := "judged not the same"
	if j.Verdict == Unsure {
		what = "not sure"
	}
	return fmt.Sprintf("Would be joined, but %s by %s on %s: %s", what, j.By, j.At.Local().Format("02/01/2006"), j.Reason)
}

// sayLikely says what makes two likely to be one, what differs, and what keeps them apart all the same.
func sayLikely(l Link, bar linkage.Bar) string {
	var same, differ []string
	for _, e := range l.Evidence {
		switch {
		case e.Property == "":
		case e.Bits >= 1 && len(same) < 3:
			same = append(same, small(e.Say))
		case e.Bits <= -1 && len(differ) < 2:
			differ = append(differ, small(e.Say))
		}
	}
	parts := []string{}
	for _, p := range []string{strings.Join(same, ", "), strings.Join(differ, ", "), bars[bar]} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return capital(strings.Join(parts, "; "))
}

// bars says why two are not joined although they are likely to be one.
var bars = map[linkage.Bar]string{
	linkage.BarThin:       "nothing in common that is the person's own",
	linkage.BarLess:       "one of them says less",
	linkage.BarTwins:      "may be a brother or sister",
	linkage.BarGeneration: "may be a parent or child of the same name",
	linkage.BarSurname:    "the surname is another",
	linkage.BarSpoken:     "may be two that have much in common",
}
