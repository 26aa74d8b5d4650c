package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// keeping keeps, names, notes on, grows and exports a case, as a script does, and lets it go.
func keeping(t *testing.T, m terminal) {
	k := m.lines(exitDone, "", with("case", "keep", "miller", "aaron", "2011", "--name", "Operation Alder")...)[0]
	if k["type"] != "kept" || k["name"] != "Operation Alder" || len(k["entities"].([]any)) != 1 {
		t.Fatalf("%v", k)
	}
	says(t, m.do(exitDone, "", "case", "note", "operation alder", "Mother rang at 09:10.").out, "Mother rang")
	m.do(exitUsage, "", "case", "note", "nothing of that name", "x")
	if n := m.lines(exitDone, "", "case", "note", "alder"); len(n) != 1 || n[0]["type"] != "note" || n[0]["text"] != "Mother rang at 09:10." || n[0]["by"] == "" {
		t.Errorf("%v", n)
	}
	c := m.lines(exitDone, "", with("case", "miller", "aaron", "2011")...)[0]
	i := slices.IndexFunc(c["linked"].([]any), func(x any) bool { return x.(map[string]any)["class"] == "person" })
	far := c["linked"].([]any)[i].(map[string]any)["refs"].([]any)[0].(map[string]any)
	typ, _ := far["type"].(string)
	ref := far["system"].(string) + "/" + typ + "/" + far["id"].(string)
	k = m.lines(exitDone, "", with("case", "add", "Operation Alder", ref)...)[0]
	if len(k["entities"].([]any)) != 2 {
		t.Errorf("%v", k)
	}
	says(t, m.do(exitDone, "", "case", "kept", "alder").out, "Operation Alder", "MILLER, Aaron", "1 notes")
	if l := m.lines(exitDone, "", "case", "kept", "no", "such", "case"); len(l) != 0 {
		t.Errorf("%v", l)
	}
	says(t, m.do(exitDone, "", with("case", "show", "--copy", "alder")...).out, "COPY of", "MILLER, Aaron")

	dir := t.TempDir()
	export := func(code int, more ...string) []map[string]any {
		return m.lines(code, "", with(append([]string{"case", "export", "Operation Alder", "--to", dir}, more...)...)...)
	}
	m.do(exitUsage, "", "case", "export", "alder", "--purpose", "training", "--reason", "x")
	m.do(exitUsage, "", "case", "export", "alder", "--purpose", "training", "--recipient", "x")
	m.do(exitUsage, "", "case", "export", "alder", "--purpose", "training", "--recipient", "x", "--reason", "y", "--kind", "press")
	for _, f := range []string{"pdf", "json", "csv"} {
		got := export(exitDone, "--format", f, "--recipient", "Leeds Crown Court", "--kind", "force", "--reason", "bail", "--above")[0]
		if got["type"] != "disclosed" || filepath.Ext(got["file"].(string)) != "."+f || got["audit_record"].(float64) == 0 {
			t.Errorf("%v", got)
		}
		body, err := os.ReadFile(got["file"].(string))
		if err != nil || float64(len(body)) != got["bytes"] {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		if f == "json" {
			var x struct {
				Entities []map[string]any `json:"muster:entities"`
				Notes    []map[string]any `json:"muster:notes"`
			}
			if err := json.Unmarshal(body, &x); err != nil || len(x.Entities) != 2 || len(x.Notes) != 1 || x.Entities[0]["@type"] != "nc:Person" {
				t.Errorf("%v %d %d", err, len(x.Entities), len(x.Notes))
			}
		}
	}
	last := m.lines(exitDone, "", "audit")
	if !slices.ContainsFunc(last, func(r map[string]any) bool {
		return r["operation"] == "disclosure" && r["recipient"] == "Leeds Crown Court (Police force)" && r["reason"] == "bail"
	}) {
		t.Error("the disclosure is not in the log")
	}
	says(t, m.do(exitDone, "", "case", "remove", "Operation Alder", ref).out, "Operation Alder")
	says(t, m.do(exitDone, "", "case", "rename", "alder", "Operation Birch").out, "Operation Birch")
	says(t, m.do(exitDone, "", "case", "drop", "Operation Birch").out, "not kept")
	if l := m.lines(exitDone, "", "case", "kept"); len(l) != 0 {
		t.Errorf("%v", l)
	}
}
