package theme_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"golang.org/x/image/font/sfnt"

	"muster/ui/theme"
)

func TestFacesHaveTheLettersTheyAreTrustedWith(t *testing.T) {
	for _, s := range []fyne.TextStyle{{}, {Bold: true}, {Monospace: true}, {Monospace: true, Bold: true}} {
		res := theme.FaceFor("Ŵyn …", s)
		if res == nil {
			t.Fatalf("%+v has no face of its own for Welsh", s)
		}
		f, err := sfnt.Parse(res.Content())
		if err != nil {
			t.Fatal(err)
		}
		var b sfnt.Buffer
		for r := range rune(0x3000) {
			if theme.FaceFor(string(r), s) == nil {
				continue
			}
			if i, err := f.GlyphIndex(&b, r); err != nil || i == 0 {
				t.Errorf("%s lacks %q (%U)", res.Name(), r, r)
			}
		}
	}
	for _, text := range []string{"محمد", "Zoë 北京", "tab\there"} {
		if r := theme.FaceFor(text, fyne.TextStyle{}); r != nil {
			t.Errorf("%q is left to %s alone", text, r.Name())
		}
	}
}
