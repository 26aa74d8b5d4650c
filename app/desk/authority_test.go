package desk

import (
	"slices"
	"strings"
	"testing"

	"muster/app/caseview"
	"muster/app/match"
	"muster/plugins"
	"muster/plugins/pole"
)

// What a connector or, in its place, the force's profile calls an authority is believed before the many.
func TestAuthorityFromConnectorAndProfile(t *testing.T) {
	dict, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{dict: dict}
	var e match.Entity
	for _, x := range [][2]string{{"rms", "Ford"}, {"cad", "Ford"}, {"veh", "Vauxhall"}} {
		e.Records = append(e.Records, pole.Record{Ref: pole.Ref{System: x[0], ID: "1"}, Kind: "vehicle", Facts: []pole.Fact{{Property: "make", Value: dict.Normalise("make", x[1])}}})
	}
	e.ID, e.Kind = "1", "vehicle"
	best := func() caseview.Merged {
		c := d.PreviewCase(e, nil)
		i := slices.IndexFunc(c.Disagreements, func(m caseview.Merged) bool { return m.Property == "make" })
		return c.Disagreements[i]
	}
	veh := &system{cfg: SystemConfig{ID: "veh"}, info: plugins.Info{Name: "Vehicles (DVLA)"}}
	d.systems = []*system{veh}
	if m := best(); m.Values[0].Display != "Ford" || m.Rule != caseview.RuleAgreement {
		t.Errorf("%s by %s", m.Values[0].Display, m.Rule)
	}
	veh.info.Authority = []pole.Property{"make"}
	if m := best(); m.Values[0].Display != "Vauxhall" || m.Why != "Vehicles (DVLA) is the authority for this" {
		t.Errorf("%s: %s", m.Values[0].Display, m.Why)
	}
	veh.cfg.Authority = &[]pole.Property{}
	if m := best(); m.Values[0].Display != "Ford" {
		t.Errorf("%s, though the force holds it to be the authority for nothing", m.Values[0].Display)
	}
	veh.cfg.Authority = &[]pole.Property{"maek"}
	d.opts.Profile = t.TempDir()
	if err := d.useProfile(Profile{Systems: []SystemConfig{veh.cfg}}); err == nil || !strings.Contains(err.Error(), "maek") {
		t.Errorf("a property that is none is taken: %v", err)
	}
}
