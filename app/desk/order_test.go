package desk

import (
	"slices"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/plugins/pole"
)

func TestWhatIsFoundStandsInAnOrderAnOfficerExpects(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	want := []EntityView{
		{ID: "best fit, though an event", Score: 1, Class: pole.ClassEvent},
		{ID: "person in danger", Score: 0.9, Class: pole.ClassPerson, Systems: []string{"a"}, Warnings: []caseview.Warning{{Code: "SH"}}},
		{ID: "person of two systems", Score: 0.9, Class: pole.ClassPerson, Systems: []string{"a", "b"}},
		{ID: "person of one system", Score: 0.9, Class: pole.ClassPerson, Systems: []string{"a"}},
		{ID: "vehicle", Score: 0.9, Class: pole.ClassObject},
		{ID: "place", Score: 0.9, Class: pole.ClassLocation},
		{ID: "new event", Score: 0.9, Class: pole.ClassEvent, When: day},
		{ID: "old event", Score: 0.9, Class: pole.ClassEvent, When: day.AddDate(-1, 0, 0)},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b EntityView) int { return a.Before(&b) })
	for i := range want {
		if got[i].ID != want[i].ID {
			t.Errorf("place %d: %s, want %s", i+1, got[i].ID, want[i].ID)
		}
	}
}
