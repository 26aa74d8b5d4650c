package main

import (
	"slices"
	"strings"
	"testing"
)

// judging decides about two who may be the same, as a script does, and takes it back.
func judging(t *testing.T, m terminal) {
	refs := func(o any) string {
		r := o.(map[string]any)
		return r["system"].(string) + "/" + r["type"].(string) + "/" + r["id"].(string)
	}
	var a, b, name string
	var search []string
	for _, text := range []string{"smith stacey", "smith", "jones", "khan", "taylor", "brown"} {
		search = with(append([]string{"search", "--kind", "person"}, strings.Fields(text)...)...)
		for _, e := range of(m.lines(exitDone, "", search...), "entity") {
			if p := asList(e["possible"]); len(p) > 0 {
				a, b, name = refs(p[0].(map[string]any)["a"]), refs(p[0].(map[string]any)["b"]), e["title"].(string)
				break
			}
		}
		if a != "" {
			break
		}
	}
	if a == "" {
		t.Fatal("nobody is possibly the same")
	}
	together := func(code int) bool {
		c := m.lines(code, "", with("case", a)...)[0]
		return slices.ContainsFunc(c["records"].([]any), func(r any) bool { return refs(r) == b })
	}
	p := m.lines(exitDone, "", with("compare", a, b)...)[0]
	link := p["link"].(map[string]any)
	if p["type"] != "pair" || len(link["evidence"].([]any)) == 0 || link["prior"] == nil || link["probability"] == nil || p["joined"] != nil {
		t.Errorf("%v", p)
	}
	says(t, m.do(exitDone, "", with("case", a)...).out, "Possibly the same, ", "musterctl compare")
	says(t, m.do(exitDone, "", with("compare", a, b)...).out, "before any evidence", "bits: probability", name)
	m.do(exitUsage, "", with("judge", a, b)...)
	m.do(exitUsage, "", with("judge", a, "--same", "--reason", "x")...)
	m.do(exitUsage, "", with("judge", a, "no-reference", "--same", "--reason", "x")...)
	m.do(exitUsage, "", with("judge", a, b, "--same", "--unsure", "--reason", "x")...)
	says(t, m.do(exitUsage, "", with("judge", a, b, "--same")...).err, "--reason")
	m.do(exitUsage, "", "judge", a, b, "--same", "--reason", "x")
	if together(exitDone) {
		t.Error("one before anybody decided")
	}
	j := m.lines(exitDone, "", with("judge", a, b, "--same", "--reason", "one photograph")...)[0]
	if j["type"] != "judgement" || j["id"] != 1.0 || j["verdict"] != "same" {
		t.Errorf("%v", j)
	}
	if !together(exitDone) {
		t.Error("judged the same, and the case does not hold both")
	}
	says(t, m.do(exitDone, "", with("compare", a, b)...).out, "They are one now", "one photograph")
	says(t, m.do(exitDone, "", with("case", a)...).out, "Judgement 1:", "one photograph")
	says(t, m.do(exitDone, "", "judgements").out, "the same", "one photograph", "in force", "2214")
	says(t, m.do(exitDone, "", with("judge", "--undo", "1")...).out, "taken back")
	says(t, m.do(exitFailed, "", with("judge", "--undo", "1")...).err, "taken back already")
	if together(exitDone) {
		t.Error("taken back, and the case holds both")
	}
	if l := m.lines(exitDone, "", "judgements"); len(l) != 1 || l[0]["in_force"] != false {
		t.Errorf("%v", l)
	}
	if l := m.lines(exitDone, "", "judgements", "--in-force"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	m.do(exitDone, "", with("judge", a, b, "--not-same", "--reason", "sisters")...)
	m.do(exitDone, "", with("judge", a, b, "--unsure", "--reason", "perhaps not")...)
	found := false
	for _, e := range of(m.lines(exitDone, "", search...), "entity") {
		for _, p := range asList(e["possible"]) {
			found = found || p.(map[string]any)["unsure"] != nil
		}
	}
	if !found {
		t.Error("what a person was not sure about is not said")
	}
	m.do(exitDone, "", with("judge", "--undo", "4")...)
	m.do(exitDone, "", with("judge", "--undo", "3", "--reason", "a mistake")...)
}

func asList(o any) []any {
	l, _ := o.([]any)
	return l
}
