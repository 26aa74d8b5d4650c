package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// charting reads the chart of a case, finds a path on it, and discloses it as drawings.
func charting(t *testing.T, m terminal) {
	t.Helper()
	says(t, m.do(exitDone, "", with("case", "chart", "miller", "aaron", "2011")...).out, "MILLER, Aaron", "on the chart", "associate", "KHAN, Yusuf", "! ", "Self-harm")
	c := m.lines(exitDone, "", with("case", "chart", "miller", "aaron", "2011")...)[0]
	nodes := c["nodes"].([]any)
	if c["type"] != "chart" || len(nodes) < 6 || len(c["links"].([]any)) < 6 || c["marking"] == "" {
		t.Fatalf("%v", c)
	}
	node := func(what string) map[string]any {
		i := slices.IndexFunc(nodes, func(x any) bool { return strings.Contains(x.(map[string]any)["title"].(string), what) })
		if i < 0 {
			t.Fatalf("%s is not on the chart", what)
		}
		return nodes[i].(map[string]any)
	}
	khan := node("KHAN")["id"].(string)
	says(t, m.do(exitDone, "", with("case", "chart", "miller", "aaron", "2011", "--path", khan)...).out, "Path 1 of", "1 steps", "KHAN, Yusuf")
	more := m.lines(exitDone, "", with("case", "chart", "miller", "aaron", "2011", "--expand", khan, "--all")...)[0]
	if len(more["nodes"].([]any)) <= len(nodes) {
		t.Error("nothing more came of reading around KHAN")
	}
	m.do(exitUsage, "", with("case", "chart", "miller", "aaron", "2011", "--expand", "nothing")...)

	dir := t.TempDir()
	m.do(exitUsage, "", "case", "chart", "miller", "aaron", "2011", "--format", "svg", "--purpose", "training")
	m.do(exitUsage, "", "case", "chart", "miller", "aaron", "2011", "--format", "svg", "--purpose", "training", "--recipient", "x", "--reason", "y", "--kind", "press")
	for _, f := range []string{"svg", "png"} {
		got := m.lines(exitDone, "", with("case", "chart", "miller", "aaron", "2011", "--path", khan, "--format", f, "--to", dir, "--recipient", "Leeds Crown Court", "--kind", "force", "--reason", "chart for bail", "--above")...)[0]
		if got["type"] != "disclosed" || got["audit_record"].(float64) == 0 {
			t.Errorf("%v", got)
		}
		body, err := os.ReadFile(got["file"].(string))
		if err != nil {
			t.Fatal(err)
		}
		if f == "png" {
			if img, err := png.Decode(bytes.NewReader(body)); err != nil || img.Bounds().Dx() < 1000 {
				t.Errorf("%v", err)
			}
			continue
		}
		dec := xml.NewDecoder(bytes.NewReader(body))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		says(t, string(body), "KHAN, Yusuf", "Leeds Crown Court", "chart for bail", "record ", got["marking"].(string))
	}
	if !slices.ContainsFunc(m.lines(exitDone, "", "audit"), func(r map[string]any) bool {
		b, _ := json.Marshal(r)
		return r["operation"] == "disclosure" && r["reason"] == "chart for bail" && strings.Contains(string(b), strings.SplitN(khan, "/", 2)[0]) && strings.Contains(r["ref"].(string), khan)
	}) {
		t.Error("the disclosure of the chart is not in the log with its records")
	}
}
