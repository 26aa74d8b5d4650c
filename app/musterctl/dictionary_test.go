package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDictionaryFindsWhatAConnectorMayName(t *testing.T) {
	t.Parallel()
	m := terminal{t, t.TempDir()}
	says(t, m.do(exitDone, "", "dictionary", "birth").out, "property", "dateOfBirth", "date", "person", "birthPlace")
	says(t, m.do(exitDone, "", "dictionary", "keeper").out, "role", "keeper", "the other way: ")
	says(t, m.do(exitDone, "", "dictionary", "vi").out, "warning", "VI")
	says(t, m.do(exitDone, "", "dictionary", "code", "sex").out, "of sex", "M", "Male")
	all := m.do(exitDone, "", "--json", "dictionary").out
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(all), "\n") {
		var x dictionaryEntry
		if err := json.Unmarshal([]byte(line), &x); err != nil || x.Name == "" {
			t.Fatalf("%s: %v", line, err)
		}
		seen[x.Type] = true
	}
	for _, typ := range []string{"kind", "property", "role", "warning", "marking"} {
		if !seen[typ] {
			t.Errorf("no %s is listed", typ)
		}
	}
	says(t, m.do(exitFailed, "", "dictionary", "zeppelin").err, `nothing with "zeppelin"`, "shorter word")
}
