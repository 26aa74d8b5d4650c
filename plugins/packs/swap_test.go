package packs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Two strangers that hold the same people say the same once their files have read them.
func TestTwoRecordsSystemsSayTheSame(t *testing.T) {
	larkfield, summit := at(t, "demo_rms", "rms"), at(t, "demo_rms2", "summit")
	for _, q := range []plugins.Query{
		{Kind: "person", Text: "1987"}, {Kind: "vehicle", Text: "ford"}, {Kind: "location", Text: "leeds"}, {Kind: "crime", Text: "knife"}, {Kind: "incident", Text: "stop"},
		{Kind: "person", Terms: []plugins.Term{term(t, "surname", "miller"), term(t, "givenName", "aaron")}},
		{Kind: "person", Terms: []plugins.Term{term(t, "dateOfBirth", "1982-05-17")}},
		{Kind: "person", Terms: []plugins.Term{term(t, "telephone", "07700 900318")}},
		{Kind: "person", Terms: []plugins.Term{term(t, "postcode", "LS8 2QX")}},
	} {
		a, b := every(t, larkfield, q), every(t, summit, q)
		if len(a) == 0 || len(a) != len(b) {
			t.Errorf("%s %s%v: %d and %d records", q.Kind, q.Text, q.Terms, len(a), len(b))
			continue
		}
		for _, full := range []bool{false, true} {
			if full { // what links there are shows only one by one; a few will do
				a, b = whole(t, larkfield, a[:min(8, len(a))]), whole(t, summit, b[:min(8, len(b))])
			}
			if x, y := say(a), say(b); x != y {
				t.Errorf("%s %s%v in full %v: Larkfield and Summit differ\n%s", q.Kind, q.Text, q.Terms, full, differ(x, y))
			}
		}
	}
}

func whole(t *testing.T, s plugins.System, rs []pole.Record) []pole.Record {
	t.Helper()
	out := make([]pole.Record, 0, len(rs))
	for _, r := range rs {
		full, err := s.Fetch(officer(t), r.Ref)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, full)
	}
	return out
}

var streets = []pole.Property{"subBuildingName", "buildingName", "buildingNumber", "thoroughfareName"}

// say writes records without what is each system's own: its ids, its references, its words for a version.
func say(rs []pole.Record) string {
	var out []string
	for _, r := range rs {
		lines := []string{fmt.Sprint(r.Kind, r.Type, " ", r.Marking.Classification, " ", wall(r.Updated))}
		for _, f := range r.Facts {
			if strings.Contains(strings.ToLower(string(f.Property)), "reference") || slices.Contains(streets, f.Property) {
				continue // its own numbers; Larkfield keeps a flat and its house in one line
			}
			lines = append(lines, fmt.Sprint(f.Property, "=", firstOf(f.Value.Norm, f.Value.Label, f.Value.Source), " ", f.From, " ", f.To))
		}
		for _, l := range r.Links {
			lines = append(lines, fmt.Sprint(l.Role, " ", l.Kind, " ", l.From == r.Ref))
		}
		slices.Sort(lines[1:])
		out = append(out, strings.Join(lines, "\n  "))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// wall is a time as Summit's clock showed it: in the hour that is repeated in autumn it cannot say which of the two is meant.
func wall(t time.Time) string {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		return err.Error()
	}
	return t.In(ny).Format("2006-01-02 15:04:05")
}

func firstOf(words ...string) string {
	i := slices.IndexFunc(words, func(w string) bool { return w != "" })
	return words[max(i, 0)]
}

// differ is what of a line of one text the other does not have.
func differ(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for sign, pair := range map[string][2][]string{"- ": {x, y}, "+ ": {y, x}} {
		for _, l := range pair[0] {
			if !slices.Contains(pair[1], l) && len(out) < 16 {
				out = append(out, sign+l)
			}
		}
	}
	return strings.Join(out, "\n")
}
