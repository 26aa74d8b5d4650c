package topic

import "testing"

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{"cad/+/x": true, "#": true, "+": true, "/a": true, "": false, "a/#/b": false, "a#": false, "a+/b": false,
		"$share/g/a": false, "a\nb": false, "a\x00": false, "\xff": false} {
		if Valid(s) != want {
			t.Errorf("%q is not %v", s, want)
		}
	}
}

func FuzzValid(f *testing.F) {
	f.Add("cad/+/#")
	f.Fuzz(func(_ *testing.T, s string) { Valid(s) })
}
