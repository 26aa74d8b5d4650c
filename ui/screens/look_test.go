package screens

import (
	"testing"

	"fyne.io/fyne/v2"

	"muster/ui/place"
	"muster/ui/theme"
)

// TestLooksForEveryEye draws what matters most in high contrast, in large words and in rows for touch and for the control room.
func TestLooksForEveryEye(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{
		"contrast": {theme.HighContrastDark, theme.Normal, fyne.NewSize(1600, 1000)},
		"touch":    {theme.HighContrastLight, theme.Touch, fyne.NewSize(1600, 1000)},
		"compact":  {theme.Light, theme.Compact, fyne.NewSize(1280, 800)},
		"large":    {theme.Dark, theme.Normal, fyne.NewSize(1600, 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, l, nil)
			if name == "large" {
				r.shell.SetScale(1.5)
			}
			r.sees("CAD-0412")
			r.shot("eye-" + name + "-1-desk")
			r.find("miller aaron 2011")
			r.sees("NOT SEARCHED", "Latest events")
			r.shot("eye-" + name + "-2-search")
			r.press(fyne.KeyReturn)
			r.sees("Disagreements 2", "SH Self-harm")
			r.shot("eye-" + name + "-3-case")
			r.goTo(place.Audit)
			r.sees("Consultation")
			r.shot("eye-" + name + "-4-audit")
		})
	}
}

// TestEveryScreenDraws draws each screen in each look. With MUSTER_SHOTS set the pictures are left there to be looked at.
func TestEveryScreenDraws(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{"dark": darkBig, "light": lightBig, "small": small} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, l, nil)
			r.sees("Concern for safety")
			r.shot(name + "-1-desk")
			r.find("miller aaron 2011")
			r.sees("NOT SEARCHED", "MILLER, Andrea")
			r.press(fyne.KeyDown)
			r.press(fyne.KeyUp)
			r.settle()
			r.shot(name + "-2-search")
			r.press(fyne.KeyDown)
			r.chord(fyne.KeyModifierAlt, fyne.KeyM)
			r.shot(name + "-2b-compare")
			r.press(fyne.KeyEscape)
			r.press(fyne.KeyReturn)
			r.sees("Disagreements")
			r.shot(name + "-3-case")
			r.press(fyne.KeyW)
			r.shot(name + "-3b-who")
			r.press(fyne.KeyEscape)
			r.chord(fyne.KeyModifierAlt, fyne.Key2)
			r.shot(name + "-3c-timeline")
			r.chord(fyne.KeyModifierAlt, fyne.Key4)
			r.shot(name + "-3d-records")
			r.chord(fyne.KeyModifierControl, fyne.KeyE)
			r.sees("Goes to")
			r.chord(fyne.KeyModifierControl, fyne.KeyReturn)
			r.shot(name + "-4-entry")
			r.typed("Left home at 07:40 and has not come back.")
			r.chord(fyne.KeyModifierControl, fyne.KeyR)
			r.shot(name + "-4b-preview")
			r.press(fyne.KeyEscape)
			r.chord(fyne.KeyModifierControl, fyne.KeyReturn)
			r.force.deliver("rms", "RMS/24/55160")
			r.sees("RMS/24/55160")
			r.shot(name + "-4c-sent")
			r.goTo(place.Systems)
			for i, sheet := range []string{"health", "connector", "mapping", "test"} {
				r.chord(fyne.KeyModifierAlt, fyne.KeyName(rune('1'+i)))
				r.shot(name + "-6-systems-" + sheet)
			}
			for range 6 {
				r.press(fyne.KeyDown)
			}
			r.sees("Connector 3") // its findings have been read
			r.press(fyne.KeyF8, fyne.KeyF8)
			r.sees("Did you mean surname?")
			r.shot(name + "-6-systems-findings")
			r.chord(fyne.KeyModifierAlt, fyne.Key1)
			for _, p := range []place.ID{place.Outbox, place.Systems, place.Audit, place.Settings, place.Enter} {
				r.goTo(p)
				r.press(fyne.KeyDown)
				r.shot(name + "-5-" + string(p))
			}
		})
	}
}
