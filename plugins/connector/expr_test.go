package connector

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func helpersForTest(t testing.TB) *helpers {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return &helpers{zone: london, dates: []string{"%d/%m/%Y", "iso"}, instants: []string{"%d/%m/%Y %H:%M:%S", "rfc3339"},
		codes: map[string]*codeList{"sex": {in: map[string]string{"male": "M", "1": "M"}, out: map[string]string{"m": "Male"}}}}
}

func eval(t testing.TB, src, doc string) (any, error) {
	t.Helper()
	e, err := helpersForTest(t).parse(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	v, err := decodeJSON([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return e.one(context.Background(), nil, v)
}

func TestLongNumbersStayExact(t *testing.T) {
	for _, src := range []string{".id", ".id | tostring", `"\(.id)"`, "[.id][0]"} {
		e, err := helpersForTest(t).parse(src)
		if err != nil {
			t.Fatal(err)
		}
		v, err := decodeJSON([]byte(`{"id":12345678901234567890123}`))
		if err != nil {
			t.Fatal(err)
		}
		w, err := e.word(context.Background(), nil, v)
		if err != nil || w != "12345678901234567890123" {
			t.Errorf("%s = %q, %v", src, w, err)
		}
	}
}

func TestHelpers(t *testing.T) {
	for _, c := range []struct{ src, in, want string }{
		{".d | day", `{"d":"03/11/2011"}`, `{"source":"03/11/2011","value":"2011-11-03"}`},
		{".d | day", `{"d":"2011-11"}`, `{"source":"2011-11","value":"2011-11"}`},
		{".d | day", `{"d":null}`, `null`},
		{".d | day", `{}`, `null`},
		{".d | day", `{"d":"31/02/2011"}`, `{"problem":"not a date that this system should use","source":"31/02/2011"}`},
		{`.d | day("%Y%m%d")`, `{"d":20111103}`, `{"source":"20111103","value":"2011-11-03"}`},
		{".t | instant", `{"t":"01/07/2026 12:00:00"}`, `{"source":"01/07/2026 12:00:00","value":"2026-07-01T11:00:00Z"}`},
		{".t | instant", `{"t":"01/12/2026 12:00:00"}`, `{"source":"01/12/2026 12:00:00","value":"2026-12-01T12:00:00Z"}`},
		{".t | instant", `{"t":"25/10/2026 01:30:00"}`, `{"near":"2026-10-25T01:30:00Z","problem":"clocks were put back over this hour, so it may be either of two times","source":"25/10/2026 01:30:00"}`},
		{".t | instant", `{"t":"29/03/2026 01:30:00"}`, `{"near":"2026-03-29T01:30:00Z","problem":"clocks were put forward over this hour, so there was no such time","source":"29/03/2026 01:30:00"}`},
		{".t | instant", `{"t":"25/10/2026 02:00:00"}`, `{"source":"25/10/2026 02:00:00","value":"2026-10-25T02:00:00Z"}`},
		{".t | instant", `{"t":"2026-10-25T01:30:00+01:00"}`, `{"source":"2026-10-25T01:30:00+01:00","value":"2026-10-25T00:30:00Z"}`},
		{`.t | instant("unix")`, `{"t":"1782900000"}`, `{"source":"1782900000","value":"2026-07-01T10:00:00Z"}`},
		{".d | date", `{"d":"2011-11-03"}`, `"03/11/2011"`},
		{".d | date", `{"d":"2011-11"}`, `null`},
		{`.d | date("%Y")`, `{"d":"2011"}`, `"2011"`},
		{".t | stamp", `{"t":"2026-07-01T11:00:00Z"}`, `"01/07/2026 12:00:00"`},
		{`.t | stamp("rfc3339")`, `{"t":"2026-07-01T12:00:00+01:00"}`, `"2026-07-01T11:00:00Z"`},
		{`.s | code("sex")`, `{"s":"Male"}`, `{"source":"Male","value":"M"}`},
		{`.s | code("sex")`, `{"s":1}`, `{"source":"1","value":"M"}`},
		{`.s | code("sex")`, `{"s":"Z"}`, `{"source":"Z"}`},
		{`.s | uncode("sex")`, `{"s":"M"}`, `"Male"`},
		{`.s | uncode("sex")`, `{"s":"NS"}`, `null`},
		{".n | unname", `{"n":"MILLER, Aaron James"}`, `{"family":"MILLER","given":"Aaron","middle":"James"}`},
		{".n | unname", `{"n":"Aaron James Miller"}`, `{"family":"Miller","given":"Aaron","middle":"James"}`},
		{".n | odata", `{"n":"O'BRIEN"}`, `"O''BRIEN"`},
		{".n | uuid", `{"n":"m5x2"}`, `"933e88c2-78a9-5eb6-baec-cb9cc8d790d5"`},
		{".n | uuid", `{"n":null}`, `null`},
		{".n | lower", `{"n":"ZOË ŁUCJA"}`, `"zoë łucja"`},
		{".n | upper", `{"n":"zoë"}`, `"ZOË"`},
		{".n | lower", `{"n":null}`, `null`},
		{".n | alnum", `{"n":"yk19 fzb"}`, `"yk19fzb"`},
	} {
		got, err := eval(t, c.src, c.in)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		b, err := json.Marshal(got)
		if err != nil || string(b) != c.want {
			t.Errorf("%s on %s = %s, want %s", c.src, c.in, b, c.want)
		}
	}
}

func TestErrorsNameThePathAndNeverTheData(t *testing.T) {
	for _, c := range []struct{ src, doc, want string }{
		{".name.family", `{"name":"SECRETPERSON"}`, "expected an object but got: string at .name.family"},
		{".flags[]", `{}`, "cannot iterate over: null at .flags[]"},
		{`.flags | map(.code)`, `{"flags":"SECRETPERSON"}`, "cannot iterate over: string"},
		{`.n | tonumber`, `{"n":"SECRETPERSON"}`, "the expression does not fit the answer at .n | tonumber"},
		{`.d | day`, `{"d":{"x":"SECRETPERSON"}}`, "day expected text but got: object"},
		{`error`, `"SECRETPERSON"`, "the expression does not fit"},
	} {
		_, err := eval(t, c.src, c.doc)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %q", c.src, err, c.want)
		}
		if e := drift(err); strings.Contains(e.Error(), "SECRET") || !strings.Contains(e.Say, c.src[:1]) {
			t.Errorf("%s: %v", c.src, e)
		}
	}
}

func TestAnEndlessExpressionIsStopped(t *testing.T) {
	e, err := helpersForTest(t).parse(nested)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.one(context.Background(), nil, thousand()); err == nil {
		t.Fatal("it came to an end")
	}
}

// TestFastPathMeansTheSame holds plain paths against the interpreter on arbitrary JSON.
func TestFastPathMeansTheSame(t *testing.T) {
	h := helpersForTest(t)
	value := rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(3) })
	rapid.Check(t, func(rt *rapid.T) {
		src := rapid.SampledFrom([]string{".", ".a", ".a.b", ".a.b.c", `.["a"].b`, `."a"`, `.a | .b`, `.a | day`, `.a | code("sex")`, `.b | alnum`, `.a.b | unname`}).Draw(rt, "src")
		doc := value.Draw(rt, "doc")
		e, err := h.parse(src)
		if err != nil || !e.plain {
			rt.Fatalf("%s: plain %v, %v", src, e != nil && e.plain, err)
		}
		slow := *e
		slow.plain = false
		a, errA := e.one(context.Background(), nil, doc)
		b, errB := slow.one(context.Background(), nil, doc)
		if (errA == nil) != (errB == nil) || errA == nil && !reflect.DeepEqual(a, b) {
			rt.Fatalf("%s on %v: fast %v %v, slow %v %v", src, doc, a, errA, b, errB)
		}
		if errA != nil && errA.Error() != errB.Error() {
			rt.Fatalf("%s on %v: fast says %v, slow says %v", src, doc, errA, errB)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		top := 5
		if depth == 0 {
			top = 3
		}
		switch rapid.IntRange(0, top).Draw(t, "type") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.SampledFrom([]string{"", "Male", "03/11/2011", "Aaron Miller", "é", "1"}).Draw(t, "text")
		case 3:
			return json.Number(rapid.SampledFrom([]string{"1", "-2", "3.50", "12345678901234567890"}).Draw(t, "number"))
		case 4:
			out := []any{}
			for range rapid.IntRange(0, 2).Draw(t, "length") {
				out = append(out, anyJSON(depth-1).Draw(t, "item"))
			}
			return out
		}
		out := map[string]any{}
		for _, k := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, "has "+k) {
				out[k] = anyJSON(depth-1).Draw(t, k)
			}
		}
		return out
	})
}

func TestRefusedExpressions(t *testing.T) {
	for src, want := range map[string]string{
		"def f: f; f":             "def",
		"[range(1000000)]":        "range",
		"[repeat(1)]":             "repeat",
		"until(false; .)":         "until",
		"while(true; .)":          "while",
		"recurse":                 "recurse",
		"..":                      "'..'",
		`"a" * 1000000000`:        "'*'",
		".a * .b":                 "'*'",
		"reduce .[] as $x (0; .)": "reduce",
		"foreach .[] as $x (0;.)": "foreach",
		".a = 1":                  "Assignments",
		".a |= 1":                 "Assignments",
		"$ENV.HOME":               "$ENV",
		"env.HOME":                "env",
		"input":                   "input",
		"now":                     "now",
		"surname":                 "not a function",
		"[limit(5; .[])]":         "limit",
		".[99999999]":             "index",
		"walk(.)":                 "walk",
		"label $x | break $x":     "label",
	} {
		_, err := helpersForTest(t).parse(src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
	for _, src := range []string{`(.miles | tonumber) * 1.609`, `.a | length * 2`, `[.x[] | {a, b: .c}]`, `if .a then .b else null end`, `.a // "x"`, `.a as $x | $x.b`, `$page.after`} {
		if _, err := helpersForTest(t).parse(src); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestDangerIsNeverHidden(t *testing.T) {
	for _, src := range []string{".flags // []", "[.flags[]?]", "try .flags catch []", ".flags | values", "[.flags | arrays | .[]]", "if .flags then .flags else [] end",
		"if .flags == null then [] else .flags end", "if .x then null else .flags end", ".flags? | map(.code)"} {
		e, err := helpersForTest(t).parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if hides(e) == nil {
			t.Errorf("%s is accepted for what carries danger", src)
		}
	}
	for _, src := range []string{".flags", "[.flags[] | {code, text}]", `.Warnings | split(";")`, `if .stolen == false then [] else "STOLEN" end`, `.flags | map(select(.active) | .code)`} {
		e, err := helpersForTest(t).parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if r := hides(e); r != nil {
			t.Errorf("%s: %v", src, r)
		}
	}
}

func TestFunctions(t *testing.T) {
	for _, c := range []struct{ src, in, want string }{
		{`. | rel("next")`, `"<https://x/?page=2>; rel=\"next\", <https://x/?page=9>; rel=\"last\""`, `"https://x/?page=2"`},
		{`. | rel("next")`, `"</a,b;c>; title=\"x\"; rel=\"prev next\""`, `"/a,b;c"`},
		{`. | rel("next")`, `"</a>; rel=first"`, `null`},
		{`. | rel("next")`, `null`, `null`},
		{`jsonapi`, `{"data":[{"type":"p","id":"1","attributes":{"name":"M"},"relationships":{"home":{"data":{"type":"a","id":"9"}},"cars":{"data":[{"type":"c","id":"7"}]},"x":{"links":{}}}}],
			"included":[{"type":"a","id":"9","attributes":{"pc":"LS8"},"relationships":{"people":{"data":[{"type":"p","id":"1"}]}}}]}`,
			`[{"cars":[{"id":"7","type":"c"}],"home":{"id":"9","pc":"LS8","people":[{"id":"1","type":"p"}],"type":"a"},"id":"1","name":"M","type":"p"}]`},
		{`jsonapi`, `{"data":{"type":"p","id":"1"}}`, `{"id":"1","type":"p"}`},
		{`.h | measure("ft in"; "cm")`, `{"h":"5'11\""}`, `{"source":"5'11\"","value":"180.34"}`},
		{`.h | measure("ft in"; "cm")`, `{"h":"tall"}`, `{"problem":"not a quantity that this system should use","source":"tall"}`},
		{`.h | measure("m"; "cm")`, `{"h":1.8}`, `{"source":"1.8","value":"180"}`},
		{`.h | convert("cm"; "in")`, `{"h":"254"}`, `100`},
		{`.h | convert("cm"; "kg")`, `{"h":"254"}`, `null`},
		{`.w | measure("st lb"; "kg")`, `{"w":"12st 4lb"}`, `{"source":"12st 4lb","value":"78.0179"}`},
	} {
		v, err := eval(t, c.src, c.in)
		if err != nil {
			t.Errorf("%s of %s: %v", c.src, c.in, err)
			continue
		}
		if got, _ := json.Marshal(v); string(got) != c.want {
			t.Errorf("%s of %s: %s, want %s", c.src, c.in, got, c.want)
		}
	}
	if _, err := eval(t, `jsonapi`, `{"errors":[]}`); err == nil {
		t.Error("a document without data passes")
	}
}
