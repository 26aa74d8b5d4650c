package demoforce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// An intake is what a system takes of one kind of entry, written down as its vendor would: members with their rules. Each
// system keeps its own names, codes, dates and way of saying what is wrong; only the walk over the rules is shared.
//
//	name!:64      text, required, at most 64 characters      name*:…   a list
//	name:=A|B     one of these codes                         name:bool true or false
//	name:day name:time name:post name:vrm name:num           in the system's own form
//	name:{ … }    an object with members
type intake struct {
	fields []intakeField
	style  intakeStyle
}

type intakeField struct {
	name       string
	need, list bool
	most       int
	form       string // "", bool, num, day, time, post, vrm, code, object
	codes      []string
	of         []intakeField
}

// intakeStyle is how one system writes dates, and paths in what it says is wrong.
type intakeStyle struct {
	day, time   func(string) bool
	join        func(at, name string) string
	item        func(at string, i int) string
	need, most  string // what it says; %d is the number
	form, codes string
}

// flaw is one thing wrong with what came.
type flaw struct{ path, code, say string }

func newIntake(style intakeStyle, rules string) *intake {
	words := strings.Fields(rules)
	fields, rest := readIntake(words)
	if len(rest) > 0 {
		panic("demoforce: an intake has a brace too many: " + rules)
	}
	return &intake{fields: fields, style: style}
}

func readIntake(words []string) (out []intakeField, rest []string) {
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		if w == "}" {
			return out, words
		}
		name, rule, _ := strings.Cut(w, ":")
		f := intakeField{}
		f.name = strings.TrimRight(name, "!*")
		f.need, f.list = strings.Contains(name, "!"), strings.Contains(name, "*")
		switch n, err := strconv.Atoi(rule); {
		case err == nil:
			f.most = n
		case rule == "{":
			f.form = "object"
			f.of, words = readIntake(words)
		case strings.HasPrefix(rule, "="):
			f.form, f.codes = "code", strings.Split(rule[1:], "|")
		case slices.Contains([]string{"bool", "num", "day", "time", "post", "vrm"}, rule):
			f.form = rule
		default:
			panic("demoforce: an intake has no such rule: " + w)
		}
		out = append(out, f)
	}
	return out, nil
}

// check holds what came against the rules, in the order of the rules; what is not known is wrong too.
func (k *intake) check(v map[string]any) []flaw { return k.object(k.fields, v, "") }

func (k *intake) object(fields []intakeField, v map[string]any, at string) (bad []flaw) {
	for _, name := range sortedNames(v) {
		if !slices.ContainsFunc(fields, func(f intakeField) bool { return f.name == name }) {
			bad = append(bad, flaw{k.style.join(at, name), "UNKNOWN", "is not known"})
		}
	}
	for _, f := range fields {
		path := k.style.join(at, f.name)
		x := v[f.name]
		if s, ok := x.(string); ok && strings.TrimSpace(s) == "" {
			x = nil
		}
		list, isList := x.([]any)
		switch {
		case x == nil || isList && len(list) == 0:
			if f.need {
				bad = append(bad, flaw{path, "REQUIRED", k.style.need})
			}
		case f.list != isList:
			bad = append(bad, flaw{path, "TYPE", "is of the wrong type"})
		case isList:
			for i, y := range list {
				bad = append(bad, k.one(f, y, k.style.item(path, i))...)
			}
		default:
			bad = append(bad, k.one(f, x, path)...)
		}
	}
	return bad
}

func (k *intake) one(f intakeField, x any, path string) []flaw {
	wrong := func(code, say string) []flaw { return []flaw{{path, code, say}} }
	if f.form == "object" {
		m, ok := x.(map[string]any)
		if !ok {
			return wrong("TYPE", "is of the wrong type")
		}
		return k.object(f.of, m, path)
	}
	text, isText := x.(string)
	switch f.form {
	case "bool":
		if _, ok := x.(bool); !ok && text != "true" && text != "false" {
			return wrong("TYPE", "is true or false")
		}
		return nil
	case "num":
		_, exact := x.(json.Number)
		_, float := x.(float64)
		if _, err := strconv.ParseFloat(text, 64); !exact && !float && err != nil {
			return wrong("TYPE", "is a number")
		}
		return nil
	}
	if n, ok := x.(json.Number); ok && f.form == "time" { // an instant as a number
		text, isText = n.String(), true
	}
	if !isText {
		return wrong("TYPE", "is text")
	}
	switch {
	case f.most > 0 && utf8.RuneCountInString(text) > f.most:
		return wrong("LENGTH", fmt.Sprintf(k.style.most, f.most))
	case f.form == "code" && !slices.Contains(f.codes, text):
		return wrong("CODE", k.style.codes)
	case f.form == "day" && !k.style.day(text), f.form == "time" && !k.style.time(text):
		return wrong("FORMAT", k.style.form)
	case f.form == "post" && !postcodeForm(text):
		return wrong("FORMAT", "is no postcode")
	case f.form == "vrm" && (len(squash(text)) < 2 || len(squash(text)) > 8):
		return wrong("FORMAT", "is no registration")
	}
	return nil
}

func sortedNames(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// readObject decodes one JSON object with numbers kept exact; null is as good as absent.
func readObject(raw []byte) (map[string]any, bool) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil || v == nil || d.More() {
		return nil, false
	}
	return v, true
}

// ledger is what a system took, by the sender's reference.
type ledger struct {
	mu   sync.Mutex
	rows []ledgerRow
}

type ledgerRow struct {
	no, ref, kind string
	at            time.Time
	sum           [32]byte
}

// find gives what was taken under a sender's reference.
func (l *ledger) find(kind, ref string) (ledgerRow, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.rows, func(r ledgerRow) bool { return r.ref == ref && r.kind == kind })
	if i < 0 {
		return ledgerRow{}, false
	}
	return l.rows[i], true
}

// take adds an entry and numbers it, unless its reference is there already and unique is set.
func (l *ledger) take(kind, ref, number string, at time.Time, sum [32]byte, unique bool) (row ledgerRow, before bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.rows, func(r ledgerRow) bool { return r.ref == ref && r.kind == kind }); i >= 0 && unique {
		return l.rows[i], true
	}
	row = ledgerRow{fmt.Sprintf(number, len(l.rows)+1), ref, kind, at, sum}
	l.rows = append(l.rows, row)
	return row, false
}

func dotted(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func slashed(at, name string) string {
	if at == "" {
		return name
	}
	return at + "/" + name
}

func shaped(layout string) func(string) bool {
	return func(s string) bool { _, err := time.Parse(layout, s); return err == nil }
}
