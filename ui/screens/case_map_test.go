package screens

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/app/tiles"
	"muster/plugins"
	"muster/plugins/pole"
)

// mapServers are the map servers of forces that have one.
var mapServers sync.Map // *smallForce -> tiles.Config

func (f *smallForce) OpenMap(_ context.Context, _ string, changed func()) (*tiles.Service, error) {
	c, ok := mapServers.Load(f)
	if !ok {
		return nil, desk.ErrNoMap
	}
	client, err := tiles.Client(tiles.ClientOptions{Config: c.(tiles.Config)})
	if err != nil {
		return nil, err
	}
	return tiles.New(tiles.Options{Config: c.(tiles.Config), Client: client, Changed: changed, Context: func() (context.Context, error) {
		return plugins.WithAccess(context.Background(), plugins.Access{Audited: 1}), nil
	}}), nil
}

// Copy lets everything out with its marking, until the force forbids it.
func (f *smallForce) Copy(text string, m pole.Marking) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noCopy {
		return "", errors.New("it is marked " + m.Classification + ", and your organisation does not let that be copied")
	}
	return text + "\n[" + m.Classification + "]", nil
}

// street is a picture of no place in particular.
func street() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			c := color.RGBA{236, 233, 224, 255}
			switch {
			case (x+2*y)%97 < 7 || (3*x-y+512)%131 < 6:
				c = color.RGBA{255, 255, 255, 255}
			case x*x+(y-90)*(y-90) < 2600:
				c = color.RGBA{200, 222, 190, 255}
			case (y+x/3)%200 > 186:
				c = color.RGBA{170, 205, 230, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func openMap(t *testing.T, l look, h http.HandlerFunc) *rig {
	r := newRig(t, l, func(f *smallForce) {
		if h == nil {
			return
		}
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		mapServers.Store(f, tiles.Config{Kind: tiles.XYZ, URL: srv.URL + "/{z}/{x}/{y}.png", Attribution: "© Crown copyright 2026 OS AC0000000000", MaxZoom: 18})
	})
	r.find("miller aaron 2011")
	r.sees("MILLER, Andrea")
	r.press(fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	r.sees("Disagreements")
	r.chord(fyne.KeyModifierAlt, fyne.Key5)
	r.sees("without a point")
	return r
}

func TestMapByKeyboard(t *testing.T) {
	r := openMap(t, darkBig, nil)
	r.sees("18 places", "1 approximate", "NOT COMPLETE: Custody", "no map server is set up", "km ·", "hollow is approximate")
	r.press(fyne.KeySlash)
	r.typed("brook")
	r.sees("1 of 18 places")
	r.press(fyne.KeyReturn)
	r.sees("The middle of LS7 is shown", "≈ Concern for safety CAD-7713")
	r.press(fyne.KeyX)
	r.sees("18 places")
	r.press(fyne.KeySlash)
	r.typed("robbery")
	r.press(fyne.KeyReturn)
	r.sees("SE 30643 33746", "53.79912, -1.53624")
	r.press(fyne.KeyC)
	r.until("the clipboard", func() bool {
		return fyne.CurrentApp().Clipboard().Content() == "SE 30643 33746 (53.79912, -1.53624)\n[OFFICIAL-SENSITIVE]"
	})
	r.force.mu.Lock()
	r.force.noCopy = true
	r.force.mu.Unlock()
	r.press(fyne.KeyC)
	r.sees("Not copied: it is marked OFFICIAL-SENSITIVE")
	r.press(fyne.KeyW)
	r.sees("Who says this", "“SE 30643 33746”")
	r.press(fyne.KeyEscape, fyne.KeyX, fyne.KeyU)
	r.sees("No point known")
	r.press(fyne.KeyT)
	r.press(fyne.KeyHome, fyne.KeyTab, fyne.KeyRight, fyne.KeyDown)
	r.typed("+++-0")
	r.press(fyne.KeyEnd)
	before := len(r.force.opened)
	for range 9 { // groups come apart, then the place opens
		if len(r.force.opened) == before {
			r.press(fyne.KeyReturn)
		}
	}
	if len(r.force.opened) == before {
		t.Fatal("Enter opened nothing")
	}
}

func TestMapShowsTheForcesTilesAndSaysWhatIsWrong(t *testing.T) {
	r := openMap(t, darkBig, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(street()) })
	r.sees("© Crown copyright 2026 OS")
	r.shot("map-tiles") // pictures are asked for as the map is drawn
	r.notSees("no map server", "pictures are missing")
	r = openMap(t, darkBig, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	r.shot("map-no-tiles")
	r.sees("Map pictures are missing: The map's server refuses the key (403)")
}

func TestMapLooks(t *testing.T) {
	drawsOnly(t)
	for name, l := range map[string]look{"dark": darkBig, "light": lightBig, "small": small} {
		t.Run(name, func(t *testing.T) {
			r := openMap(t, l, nil)
			r.shot(name + "-8-map")
			for range 3 {
				r.typed("-")
			}
			r.shot(name + "-8b-map-out")
			r.typed("---")
			r.shot(name + "-8c-map-islands")
			r.press(fyne.KeySlash)
			r.typed("brook")
			r.press(fyne.KeyReturn)
			r.typed("0")
			r.press(fyne.KeyX)
			r.shot(name + "-8d-map-approximate")
			r = openMap(t, l, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(street()) })
			r.press(fyne.KeyTab)
			r.sees("©")
			r.win.Canvas().Capture()
			for range 30 {
				r.settle()
			}
			r.shot(name + "-8e-map-tiles")
		})
	}
}
