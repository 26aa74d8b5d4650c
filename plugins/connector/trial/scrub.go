package trial

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"

	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

// Scrubber replaces the personal data of a recording by fakes.
type Scrubber struct {
	f     faker
	rules map[string]rule   // by kind and path of an element's leaf
	fakes map[string]string // by the last key of the path and the value: what stands there instead
	plain map[string]string // by the value alone, for other places where it stands
	kept  map[string]bool   // by the last key and the value: stays
}

// rule is what happens to the values of one path.
type rule struct {
	keep bool
	as   pole.Property
}

// NewScrubber makes one for one recordings file: the same value becomes the same fake in all of its cases.
func NewScrubber(dict *pole.Dictionary) *Scrubber {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return &Scrubber{f: faker{key: key, dict: dict}, rules: map[string]rule{}, fakes: map[string]string{}, plain: map[string]string{}, kept: map[string]bool{}}
}

// Scrub replaces in k whatever is personal: values that lead to a property which the dictionary marks so or which
// identifies somebody or something, references, free text, and every text that nothing maps. Codes, warning signals and
// plain descriptions such as a make or colour stay. seen are the elements of its answers; user is the name that a check gave.
// Afterwards the case's requests and result must be learnt anew.
func (s *Scrubber) Scrub(k *replay.Case, seen []connector.Element, system, user string) {
	for i, e := range seen {
		if i < mostElements*3 {
			s.learn(e, system)
		}
	}
	for _, e := range seen {
		s.collect(e)
	}
	if user != "" {
		s.plain[user] = s.f.masked(user, 0)
	}
	for name, v := range k.By {
		k.By[name] = replay.Text(s.term(pole.Property(name), string(v)))
	}
	k.Text = replay.Text(s.words(string(k.Text)))
	k.ID = replay.Text(s.id(string(k.ID)))
	if k.Key != "" {
		k.Key = "test-key"
	}
	if k.Entry != nil {
		s.facts(k.Entry.Facts)
		for i := range k.Entry.Parts {
			s.facts(k.Entry.Parts[i].Facts)
			k.Entry.Parts[i].ID = replay.Text(s.id(string(k.Entry.Parts[i].ID)))
		}
	}
	for i := range k.Exchanges {
		a := &k.Exchanges[i].Answer
		if a.Body != nil {
			b := replay.Body(s.body(string(*a.Body)))
			a.Body = &b
		}
		for h, v := range a.Headers {
			a.Headers[h] = replay.Text(s.within(string(v)))
		}
	}
}

// learn finds the rule of every path of an element.
func (s *Scrubber) learn(e connector.Element, system string) {
	t := Trace(e, system)
	for _, row := range t.Rows {
		at := t.Kind + anyPlace(row.Path)
		r := s.ruleOf(row)
		if old, ok := s.rules[at]; ok && !old.keep && old.as != "" {
			continue // once personal, always personal
		}
		if _, ok := s.rules[at]; ok && len(row.To) == 0 {
			continue // what another value of this path led to says more
		}
		s.rules[at] = r
	}
}

func (s *Scrubber) ruleOf(row Row) rule {
	out := rule{}
	for _, to := range row.To {
		p, known := s.f.dict.Property(pole.Property(to.Property))
		if !known {
			if to.Property == "updated" || to.Property == "marking" || to.Property == "version" {
				out.keep = true
			}
			continue
		}
		if selects(row.Source, to.sources) {
			out.keep = true // it only says which value counts
			continue
		}
		coded := p.Type == pole.TypeCode || p.Type == pole.TypeWarning || p.Type == pole.TypeBool || p.CodeList != ""
		switch {
		case coded:
			if s.f.dict.Normalise(p.Name, row.Source).Norm != "" || len(row.Source) <= 4 {
				out.keep = true
			}
		case p.Sensitive == "" && !p.Multiline && !identifying(p):
			out.keep = true
		default:
			return rule{as: p.Name}
		}
	}
	return out
}

// selects reports a value that decides what is taken and is no part of it: {type: MOB} beside the number itself.
func selects(v string, sources []string) bool {
	if len(v) > 20 || strings.ContainsAny(v, "0123456789 @") {
		return false
	}
	v = strings.ToLower(v)
	for _, s := range sources {
		if s = strings.ToLower(s); s != "" && (strings.Contains(s, v) || strings.Contains(v, s)) {
			return false
		}
	}
	return len(sources) > 0
}

// identifying reports a property whose value alone may lead to somebody, although the dictionary does not call it personal.
func identifying(p pole.PropertyDef) bool {
	switch p.Compare {
	case "identifier", "address", "phone", "name":
		return true
	}
	switch p.Type {
	case pole.TypeCoordinates, pole.TypeReference, pole.TypeName, pole.TypeEmail:
		return true
	}
	return false
}

// collect gives every value of an element its fake, or notes that it stays.
func (s *Scrubber) collect(e connector.Element) {
	walk(e.Data, nil, func(path []any, v any) {
		text := leafText(v)
		switch v.(type) {
		case nil, bool, []any, map[string]any:
			return
		}
		if text == "" {
			return
		}
		r := s.rules[string(e.Kind)+anyPlace(pathText(path))]
		at := lastKey(path) + "\x00" + text
		if r.keep {
			s.kept[at] = true
			return
		}
		if _, done := s.fakes[at]; done {
			return
		}
		fake := s.f.as(r.as, text)
		if _, isText := v.(string); !isText && !json.Valid([]byte(fake)) {
			fake = "1"
		}
		s.fakes[at] = fake
		if len(text) >= 3 {
			s.plain[text] = fake
		}
	})
}

func lastKey(path []any) string {
	for _, p := range slices.Backward(path) {
		if k, ok := p.(string); ok {
			return k
		}
	}
	return ""
}

// term is a value searched by: the same fake as in the answers.
func (s *Scrubber) term(p pole.Property, v string) string {
	def, known := s.f.dict.Property(p)
	if known && def.Sensitive == "" && !identifying(def) && !def.Multiline || def.Type == pole.TypeCode {
		return v
	}
	return s.f.as(p, v)
}

func (s *Scrubber) facts(m map[string]replay.TextList) {
	for name, list := range m {
		for i, v := range list {
			fake := s.term(pole.Property(name), string(v))
			if fake != string(v) && len(v) >= 3 {
				s.plain[string(v)] = fake
			}
			list[i] = replay.Text(fake)
		}
	}
}

func (s *Scrubber) id(v string) string {
	if v == "" {
		return ""
	}
	if f, ok := s.plain[v]; ok {
		return f
	}
	fake := s.f.masked(v, 0)
	s.plain[v] = fake
	return fake
}

var word = regexp.MustCompile(`[\pL\pN'-]+`)

// words is free text searched by, word by word, so that it still finds what became of each.
func (s *Scrubber) words(v string) string {
	return word.ReplaceAllStringFunc(v, func(w string) string { return s.f.masked(w, 0) })
}

func (s *Scrubber) body(b string) string {
	dec := json.NewDecoder(strings.NewReader(b))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil || dec.More() {
		return s.within(b)
	}
	out, err := json.MarshalIndent(s.value("", v), "", "  ")
	if err != nil {
		return s.within(b)
	}
	return string(bytes.ReplaceAll(bytes.ReplaceAll(bytes.ReplaceAll(out, []byte(`\u003c`), []byte("<")), []byte(`\u003e`), []byte(">")), []byte(`\u0026`), []byte("&")))
}

func (s *Scrubber) value(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			x[k] = s.value(k, y)
		}
	case []any:
		for i, y := range x {
			x[i] = s.value(key, y)
		}
	case string:
		if f, ok := s.fakes[key+"\x00"+x]; ok {
			return f
		}
		if !s.kept[key+"\x00"+x] {
			return s.within(x)
		}
	case json.Number:
		if f, ok := s.fakes[key+"\x00"+x.String()]; ok {
			return json.Number(f)
		}
	}
	return v
}

// within replaces known values inside a longer text, longest first, where they stand as words of their own.
func (s *Scrubber) within(text string) string {
	keys := slices.SortedFunc(maps.Keys(s.plain), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, k := range keys {
		if len(k) < 3 {
			continue
		}
		text = replaceWord(text, k, s.plain[k])
		if escaped := html.EscapeString(k); escaped != k {
			text = replaceWord(text, escaped, html.EscapeString(s.plain[k]))
		}
	}
	return text
}

// replaceWord replaces old where no letter or digit stands beside it.
func replaceWord(text, old, with string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, old)
		if i < 0 {
			return b.String() + text
		}
		end := i + len(old)
		if edge(text, i-1) && edge(text, end) {
			b.WriteString(text[:i] + with)
		} else {
			b.WriteString(text[:end])
		}
		text = text[end:]
	}
}

func edge(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return true
	}
	c := s[i]
	return c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' && c < 0x80
}
