package guest

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// plain turns a value into what encoding/json would give, with numbers as they are written.
func (v JSON) plain() any {
	switch v.kind {
	case boolean:
		return v.text == "true"
	case number:
		return json.Number(v.text)
	case text:
		return v.text
	case list:
		out := []any{}
		for _, x := range v.list {
			out = append(out, x.plain())
		}
		return out
	case object:
		out := map[string]any{}
		for _, x := range v.list {
			out[x.name] = x.plain()
		}
		return out
	}
	return nil
}

func TestMissingIsNotEmpty(t *testing.T) {
	v, err := Parse([]byte(` {"s":"a\"\u00e9\ud83d\ude00","n":-1.5e3,"i":7,"t":true,"f":false,"z":null,"l":[1,"2"],"e":[],"o":{"x":1},"s2":"x","s2":"y"} `))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := v.Get("s").Text(); !ok || s != "a\"é😀" {
		t.Errorf("s: %q", s)
	}
	if n, ok := v.Get("i").Int(); !ok || n != 7 {
		t.Errorf("i: %d", n)
	}
	if b, ok := v.Get("t").Bool(); !ok || !b {
		t.Error("t")
	}
	if b, ok := v.Get("f").Bool(); !ok || b {
		t.Error("f")
	}
	if l, ok := v.Get("e").List(); !ok || len(l) != 0 {
		t.Error("an empty list is missing")
	}
	if l, ok := v.Get("l").List(); !ok || len(l) != 2 || l[0].Word() != "1" || l[1].Word() != "2" {
		t.Error("l")
	}
	if string(v.Get("o").Raw()) != `{"x":1}` || v.Get("s").Raw() != nil || !v.Get("o").IsObject() {
		t.Error("o")
	}
	if v.Get("s2").Word() != "y" || v.Get("n").Word() != "-1.5e3" || v.Get("t").Word() != "true" {
		t.Error("words")
	}
	for _, x := range []JSON{v.Get("none"), v.Get("z"), v.Get("none").Get("x"), v.Get("l").Get("x")} {
		_, s := x.Text()
		_, l := x.List()
		_, i := x.Int()
		_, b := x.Bool()
		if x.Exists() || s || l || i || b || x.Word() != "" {
			t.Errorf("%+v is taken for something", x)
		}
	}
	if _, ok := v.Get("n").Int(); ok {
		t.Error("a fraction is whole")
	}
	if _, ok := v.Get("i").Text(); ok {
		t.Error("a number is text")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+7,"x\n\u2028\ud800\udc00",true,false,null,{}]}`, `"\ud800\u0041"`, `[`, `01`, `{"a":1,}`, "\"\x01\"", strings.Repeat("[", 1000), ` 1 `, "{\n\"a\":\n\"b\tc\"}", "\"long enough\x1f\"", `{"a":"b\\"c","d":"e"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := Parse(doc)
		var want any
		d := json.NewDecoder(strings.NewReader(string(doc)))
		d.UseNumber()
		werr := d.Decode(&want)
		if werr == nil && json.Valid(doc) != (err == nil) && depth(doc) <= maxDepth {
			t.Fatalf("%q: %v, encoding/json disagrees", doc, err)
		}
		if err == nil && !json.Valid(doc) {
			t.Fatalf("%q is accepted", doc)
		}
		if err == nil && utf8.Valid(doc) && !reflect.DeepEqual(v.plain(), want) { // a run of what is not UTF-8 may be one U+FFFD or several
			t.Fatalf("%q: got %#v, want %#v", doc, v.plain(), want)
		}
	})
}

// depth is how many brackets a document opens, which is at least how deep it is.
func depth(doc []byte) int { return strings.Count(string(doc), "[") + strings.Count(string(doc), "{") }
