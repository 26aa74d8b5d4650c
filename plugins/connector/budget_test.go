package connector

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// nested would run for years over a thousand elements.
const nested = `[.[] as $a | .[] as $b | .[] as $c | .[] as $d | select($a == $b and $c != $d and $a == -1)] | length`

func thousand() []any {
	in := make([]any, 1000)
	for i := range in {
		in[i] = i
	}
	return in
}

func TestABusyMachineIsNotDrift(t *testing.T) {
	e, err := helpersForTest(t).parse(nested)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		steps int
		time  time.Duration
		kind  plugins.ErrorKind
		say   string
	}{
		{"slow by itself", 5000, time.Hour, plugins.Drift, "more steps"},
		{"machine too busy", math.MaxInt, time.Nanosecond, plugins.Unavailable, "too busy to read the answer"},
	} {
		_, err := e.run(context.Background(), &scope{}, thousand(), c.steps, c.time)
		var shape *shapeError
		if !errors.As(err, &shape) || !shape.slow {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := drift(err); got.Kind != c.kind || !strings.Contains(got.Say, c.say) {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := plugins.KindOf(unsendable(err)); c.kind == plugins.Unavailable && got != plugins.Unavailable {
			t.Errorf("%s: what is to be sent is called %s", c.name, got)
		}
	}
}

func TestAnEvaluationStopsWithItsCaller(t *testing.T) {
	e, err := helpersForTest(t).parse(nested)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.run(ctx, &scope{}, thousand(), math.MaxInt, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNullIsNoWordInALabelOrAnId(t *testing.T) {
	h := helpersForTest(t)
	doc := map[string]any{"a": "1", "b": nil, "c": "x"}
	for src, want := range map[string]any{
		`"\(.a)-\(.c)"`:                  "1-x",
		`"\(.a)-\(.b)"`:                  nil,
		`"\(.a)-\(.b)" // .c`:            "x",
		`.c | "\(.)-\(null)"`:            nil,
		`"\(.a) \(.b // "none")"`:        "1 none",
		`("\(.b)")`:                      nil,
		`if .b then "\(.b)" else .c end`: "x",
		`if .a then "\(.b)" else .c end`: nil,
		`"\(.a)" + "\(false)"`:           "1false",
		`@uri "\(.c)/\(.b)"`:             nil,
		`"\(.a)" + "\(.b)"`:              nil,
	} {
		e, err := h.parseWhole(src)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.one(context.Background(), nil, doc); err != nil || got != want {
			t.Errorf("%s gives %v %v, want %v", src, got, err, want)
		}
	}
	if e, err := h.parse(`"\(.b)"`); err != nil {
		t.Fatal(err)
	} else if got, _ := e.one(context.Background(), nil, doc); got != "null" {
		t.Errorf("jq's own meaning is gone elsewhere: %v", got)
	}
}

const halves = `connector: 1
id: halves
name: Halves
options: {base_url: {type: url, label: x, required: true}}
check: {get: /}
kinds:
  person:
    search:
      - {by: [surname], get: /p, records: .items}
    fields:
      id: '"\(.org)-\(.no)"'
      surname: .name
      warning: .flags
    links:
      - {role: associate, kind: person, each: .knows, id: .no, label: '"\(.first) \(.last)"'}
`

func TestAnIdOfHalfARecordIsDrift(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/p": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"items":[{"org":"N","no":1,"name":"A","flags":[],"knows":[{"no":"N-2","first":"Ann","last":null}]},{"org":"N","no":null,"name":"B","flags":[],"knows":[]}]}`))
	}})
	s, _ := open(t, halves, srv.URL)
	p, err := s.Search(officer(), plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "A"}}}})
	if err != nil || len(p.Records) != 1 || p.Records[0].ID != "N-1" || len(p.Gaps) != 1 || p.Gaps[0].Kind != plugins.Drift {
		t.Fatalf("%+v %v", p, err)
	}
	if l := p.Records[0].Links; len(l) != 1 || l[0].Label != "" {
		t.Errorf("%+v", l)
	}
}
