package connector

import (
	"net/http"
	"strings"
	"testing"

	"muster/plugins"
	"muster/plugins/pole"
)

func bySurname() plugins.Query {
	return plugins.Query{Kind: "person", Terms: []plugins.Term{{Property: "surname", Value: pole.Value{Norm: "A"}}}}
}

func TestATotalThatIsMissingIsSaid(t *testing.T) {
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons": says(200, `{"items":[`+person(1, "A")+`],"next":null}`)})
	s, _ := open(t, acme, srv.URL)
	p, err := s.Search(officer(), bySurname())
	if err != nil || len(p.Records) != 1 || len(p.Gaps) != 1 || p.Gaps[0].Kind != plugins.Drift || !strings.Contains(p.Gaps[0].Say, ".total") {
		t.Errorf("%+v %v", p, err)
	}
}

func TestWhatChangesBetweenPagesByNumberIsSaid(t *testing.T) {
	total := []string{"3", "2"}
	for name, next := range map[string]string{"by number": "if $page.count < 2 then {skip: $page.count} else null end", "by mark": `if $page.count < 2 then {after: "x"} else null end`} {
		n := 0
		srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons": func(w http.ResponseWriter, r *http.Request) {
			says(200, `{"items":[`+person(n, "A")+`],"total":`+total[n]+`}`)(w, r)
			n++
		}})
		src := strings.Replace(acme, `next: '.next | if . then {after: .} else null end'`, "next: '"+next+"'", 1)
		s, _ := open(t, src, srv.URL)
		q := bySurname()
		first, err := s.Search(officer(), q)
		if err != nil || first.After == "" {
			t.Fatalf("%s: %+v %v", name, first, err)
		}
		q.After = first.After
		second, err := s.Search(officer(), q)
		if said := len(second.Gaps) == 1; err != nil || said != (name == "by number") {
			t.Errorf("%s: %+v %v", name, second.Gaps, err)
		}
	}
}

func TestHandlingConditionsThatAreMissingAreSaid(t *testing.T) {
	src := strings.Replace(acme, "{value: .marking, when_absent: none}", "'{classification: .marking, handling: .codes}'", 1)
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons/12345678901234567890": says(200, `{"item":`+miller+`}`)})
	s, _ := open(t, src, srv.URL)
	_, err := s.Fetch(officer(), pole.Ref{Type: "person", ID: "12345678901234567890"})
	if plugins.KindOf(err) != plugins.Drift || !strings.Contains(err.Error(), ".codes") {
		t.Errorf("%v", err)
	}
}

// A record that was changed in the hour that clocks repeat has an age, to within that hour; what it says of that hour
// itself stays as the source wrote it.
func TestARecordChangedInTheRepeatedHourHasAnAge(t *testing.T) {
	changed := strings.TrimSuffix(person(1, "A"), "}") + `,"changed":"26/10/2025 01:30:00"}`
	srv := serve(t, map[string]func(http.ResponseWriter, *http.Request){"/persons": says(200, `{"items":[`+changed+`],"total":1,"next":null}`)})
	s, _ := open(t, acme, srv.URL)
	p, err := s.Search(officer(), bySurname())
	if err != nil || len(p.Records) != 1 || p.Records[0].Updated.Format("2006-01-02 15") != "2025-10-26 00" && p.Records[0].Updated.Format("2006-01-02 15") != "2025-10-26 01" {
		t.Errorf("%+v %v", p, err)
	}
}
