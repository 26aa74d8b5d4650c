package pole_test

import (
	"testing"

	"muster/plugins/pole"
)

func TestNormalise(t *testing.T) {
	d := load(t)
	for _, c := range []struct {
		property pole.Property
		source   string
		norm     string
		display  string
		doubt    bool
	}{
		{"surname", "  o’brien ", "O'BRIEN", "O'Brien", false},
		{"surname", "MCDONALD", "MCDONALD", "McDonald", false},
		{"surname", "van  der Berg", "VAN DER BERG", "van der Berg", false},
		{"surname", "unknown", "", "unknown", true},
		{"givenName", "JOSE\u0301", "JOSÉ", "José", false},
		{"dateOfBirth", "03/11/2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "3.11.2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "2011-11-03", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "2011-11-03T00:00:00Z", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "2011-06-02T23:00:00Z", "2011-06-03", "03/06/2011", false},
		{"dateOfBirth", "2011-06-03T00:00:00+02:00", "2011-06-03", "03/06/2011", false},
		{"dateOfBirth", "/Date(1320278400000)/", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "/Date(1320278400000+0000)/", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "20111103", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "3 Nov 2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "3rd November 2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "03-NOV-2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "November 3, 2011", "2011-11-03", "03/11/2011", false},
		{"dateOfBirth", "Nov 2011", "2011-11", "November 2011", false},
		{"dateOfBirth", "2011-11", "2011-11", "November 2011", false},
		{"dateOfBirth", "11/2011", "2011-11", "November 2011", false},
		{"dateOfBirth", "2011", "2011", "2011", false},
		{"dateOfBirth", "29/02/2011", "", "29/02/2011", true},
		{"dateOfBirth", "31/04/1990", "", "31/04/1990", true},
		{"dateOfBirth", "13/13/1990", "", "13/13/1990", true},
		{"dateOfBirth", "03/11/11", "2011-11-03", "03/11/2011", true},
		{"dateOfBirth", "03/11/62", "1962-11-03", "03/11/1962", true},
		{"dateOfBirth", "01/01/1900", "1900-01-01", "01/01/1900", true},
		{"dateOfBirth", "last week", "", "last week", true},
		{"startDateTime", "2026-11-24T07:40:00Z", "2026-11-24T07:40:00Z", "24/11/2026 07:40", false},
		{"startDateTime", "2026-06-24T07:40:11+01:00", "2026-06-24T06:40:11Z", "24/06/2026 07:40:11", false},
		{"startDateTime", "24/06/2026 07:40", "2026-06-24T06:40:00Z", "24/06/2026 07:40", false},
		{"startDateTime", "2024-03", "2024-03", "March 2024", false},
		{"startDateTime", "24/06/2026 27:40", "", "24/06/2026 27:40", true},
		{"sex", "male", "M", "Male", false},
		{"sex", "1", "M", "Male", false},
		{"sex", "Q", "", "Q", true},
		{"ethnicitySelfDefined", "W1 - White British", "W1", "White – British", false},
		{"motStatus", "No details held by DVLA", "NODETAILS", "No details held by DVLA", false},
		{"colour", "BLUE", "Blue", "Blue", false},
		{"colour", "Sunset haze", "Sunset haze", "Sunset haze", false},
		{"make", "vw", "VOLKSWAGEN", "Volkswagen", false},
		{"telephone", "07700 900412", "+447700900412", "07700 900412", false},
		{"telephone", "+44 (0)7700 900412", "+447700900412", "07700 900412", false},
		{"telephone", "0113 496 0000", "+441134960000", "0113 496 0000", false},
		{"telephone", "00 33 1 42 68 53 00", "+33142685300", "+33 1 42 68 53 00", false},
		{"telephone", "12", "", "12", true},
		{"postcode", "ls82qx", "LS8 2QX", "LS8 2QX", false},
		{"postcode", "SW1A1AA", "SW1A 1AA", "SW1A 1AA", false},
		{"postcode", "LS8", "", "LS8", true},
		{"vrm", "yk19 fzb", "YK19FZB", "YK19 FZB", false},
		{"vrm", "P123ABC", "P123ABC", "P123 ABC", false},
		{"vrm", "abc 123d", "ABC123D", "ABC 123D", false},
		{"vrm", "AIZ 1234", "AIZ1234", "AIZ 1234", false},
		{"vrm", "L2WPS", "L2WPS", "L2 WPS", false},
		{"vrm", "AA!19", "", "AA!19", true},
		{"pncId", "14/120018R", "2014/0120018R", "2014/0120018R", false},
		{"pncId", "2014/0120018R", "2014/0120018R", "2014/0120018R", false},
		{"pncId", "2014/0120018S", "", "2014/0120018S", true},
		{"nationalInsuranceNumber", "ab 12 34 56 c", "AB123456C", "AB 12 34 56 C", false},
		{"nationalInsuranceNumber", "GB123456C", "", "GB123456C", true},
		{"imei", "49-015420-323751-8", "490154203237518", "490154203237518", false},
		{"imei", "490154203237519", "", "490154203237519", true},
		{"email", "A.Miller@Example.COM", "A.Miller@example.com", "A.Miller@example.com", false},
		{"email", "nobody", "", "nobody", true},
		{"reference", " cad-0412 ", "CAD-0412", "CAD-0412", false},
		{"markedForExport", "FALSE", "false", "No", false},
		{"engineCapacity", "1,398", "1398", "1398", false},
		{"coordinates", "53.80754, -1.5", "53.80754,-1.50000", "53.80754, -1.50000", false},
		{"coordinates", "0,0", "", "0,0", true},
		{"warning", "Violence", "VI", "Violent", false},
		{"warning", "VI: assaulted an officer", "VI", "Violent", false},
		{"warning", "MISSING since 24/11 07:40", "MISSING", "MISSING", false},
		{"warning", "SH Self-harm", "SH", "Self-harm", false},
		{"warning", "At risk of forced marriage", "", "At risk of forced marriage", true},
		{"notAProperty", " x ", "x", "x", true},
	} {
		v := d.Normalise(c.property, c.source)
		if v.Source != c.source {
			t.Errorf("%s: the source's words %q became %q", c.property, c.source, v.Source)
		}
		if v.Norm != c.norm || (v.Problem != "") != c.doubt {
			t.Errorf("%s %q: %+v, want %q", c.property, c.source, v, c.norm)
		}
		if got := d.Display(c.property, v); got != c.display {
			t.Errorf("%s %q: shown as %q, want %q", c.property, c.source, got, c.display)
		}
	}
	if v := d.Normalise("surname", ""); v != (pole.Value{}) {
		t.Error(v)
	}
}
