package desk

import (
	"strings"
	"testing"

	"muster/app/policy"
	"muster/plugins/pole"
)

func TestPolicyDecidesWhatUnmarkedRecordsCountAs(t *testing.T) {
	open := func(class string) (*Desk, error) {
		p := policy.Default()
		p.Classification = policy.Setting[string]{Value: class, Managed: true}
		return Open(t.Context(), Options{Profile: t.TempDir(), Policy: &p})
	}
	d, err := open("official: sensitive")
	if err != nil {
		t.Fatal(err)
	}
	want := d.Dictionary().Markings()[1].Name
	if got := d.Dictionary().DefaultMarking().Classification; got != want {
		t.Errorf("unmarked counts as %s, want %s", got, want)
	}
	if got := d.Dictionary().Highest(pole.Marking{}); got.Classification != want {
		t.Errorf("a case of unmarked records is %s, want %s", got.Classification, want)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := open("VERY SECRET"); err == nil || !strings.Contains(err.Error(), "VERY SECRET") || !strings.Contains(err.Error(), "ask IT") {
		t.Errorf("got %v", err)
	}
}
