package main

import (
	"strings"
	"testing"
)

// typing asks who a person is that is being typed, after a search has left copies on this computer.
func typing(t *testing.T, m terminal) {
	m.lines(exitDone, "", with("search", "miller aaron 2011")...)
	m.do(exitUsage, "", "candidates", "surname=Miller", "givenName=Aaron")
	m.do(exitUsage, "", with("candidates", "surname")...)
	m.do(exitUsage, "", with("candidates", "shoeSize=44")...)
	for _, typed := range [][]string{{"givenName=Aaron", "surname=Miller", "dateOfBirth=3/11/2011"}, {"givenName=aar", "surname=mill", "dateOfBirth=2011"}, {"givenName=Aron", "surname=Millar", "dateOfBirth=11/3/2011"}} {
		found := of(m.lines(exitDone, "", with(append([]string{"candidates"}, typed...)...)...), "candidate")
		if len(found) == 0 {
			t.Errorf("%v: nobody", typed)
			continue
		}
		c := found[0]
		if !strings.HasPrefix(c["title"].(string), "MILLER, Aaron") || c["probability"].(float64) < 0.3 || len(c["systems"].([]any)) < 2 || c["read"] == nil {
			t.Errorf("%v: %v", typed, c)
		}
	}
	says(t, m.do(exitDone, "", with("candidates", "--explain", "givenName=Aaron", "surname=Miller", "dateOfBirth=3/11/2011")...).out,
		"MILLER, Aaron", "before any evidence", "Date of birth equal", "copy of")
	if none := of(m.lines(exitDone, "", with("candidates", "givenName=Zebedee", "surname=Quixote")...), "candidate"); len(none) > 0 {
		t.Errorf("somebody is like nobody: %v", none)
	}
	log := m.lines(exitDone, "", "audit", "list", "-n", "12")
	told := false
	for _, r := range log {
		terms, _ := r["terms"].(map[string]any)
		told = told || r["operation"] == "consultation" && r["offline"] == true && terms["surname"] == "Millar" && r["kind"] == "person" && r["ref"] != ""
	}
	if !told {
		t.Errorf("looking somebody up among the copies is not in the log: %v", log)
	}
}
