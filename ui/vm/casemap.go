package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/places"
	"muster/app/desk"
	"muster/app/tiles"
	"muster/plugins/pole"
)

// MapDesk is what a map needs of the desk.
type MapDesk interface {
	OpenMap(ctx context.Context, caseID string, changed func()) (*tiles.Service, error)
	Copy(text string, m pole.Marking) (string, error)
}

// CaseMap is the map of a case: its places, what is filtered, the one that is selected, and the pictures below.
type CaseMap struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// OnTiles is called on the UI goroutine when pictures have come.
	OnTiles func()

	env      Env
	dict     *pole.Dictionary
	desk     MapDesk
	marking  pole.Marking // of the case
	marks    Marks
	task     task
	all      *places.Places
	tiles    *tiles.Service
	why      string // there are no pictures, in words; "" where no server is set up
	text     string
	class    pole.Class
	points   []places.Place
	unplaced []places.Place
	chosen   string
	seq      int
	closed   bool
}

// NewCaseMap makes a map with nothing on it.
func NewCaseMap(env Env, dict *pole.Dictionary, d MapDesk) *CaseMap {
	return &CaseMap{env: env.filled(), dict: dict, desk: d}
}

type mapParts struct {
	all   *places.Places
	tiles *tiles.Service
	err   error
}

// Set puts a case on the map, off the UI goroutine; where the force has a map server, looking at it is accounted for first.
func (v *CaseMap) Set(c *caseview.Case, marks Marks) {
	v.marks, v.marking = marks, c.Marking
	start(v.env, &v.task,
		func(ctx context.Context) (mapParts, error) {
			var p mapParts
			p.tiles, p.err = v.desk.OpenMap(ctx, c.ID, func() { v.env.Post(v.arrived) })
			p.all = places.Build(v.dict, c)
			places.Outline()
			places.Towns()
			if ctx.Err() != nil && p.tiles != nil { // nobody waits for it any more
				p.tiles.Close()
			}
			return p, nil
		},
		func(p mapParts, _ error) {
			if v.closed {
				if p.tiles != nil {
					go p.tiles.Close()
				}
				return
			}
			v.all, v.tiles = p.all, p.tiles
			if p.err != nil && !errors.Is(p.err, desk.ErrNoMap) {
				v.why = say(p.err)
			}
			v.apply()
		})
}

func (v *CaseMap) arrived() {
	if !v.closed && v.OnTiles != nil {
		v.OnTiles()
	}
}

// Close ends what runs.
func (v *CaseMap) Close() {
	v.closed = true
	v.task.stop()
	if v.tiles != nil {
		t := v.tiles
		v.tiles = nil
		go t.Close() // it waits for what is under way
	}
}

// Tiles are the pictures; nil where there is no server.
func (v *CaseMap) Tiles() *tiles.Service { return v.tiles }

// Note says why pictures are missing or old; "" while all is well.
func (v *CaseMap) Note() string {
	if v.why != "" {
		return v.env.T("screens.map.nopictures", "why", v.why)
	}
	if v.tiles == nil {
		return ""
	}
	s := v.tiles.Status()
	switch {
	case s.Say == "":
		return ""
	case s.Oldest.IsZero():
		return v.env.T("screens.map.missing", "why", s.Say)
	}
	return v.env.T("screens.map.old", "why", s.Say, "at", Day(s.Oldest))
}

func (v *CaseMap) apply() {
	v.seq++
	pick := func(list []places.Place) []places.Place {
		var out []places.Place
		for i := range list {
			if v.shows(&list[i]) {
				out = append(out, list[i])
			}
		}
		return out
	}
	v.points, v.unplaced = pick(v.all.Points), pick(v.all.Unplaced)
	if v.find(v.chosen) == nil {
		v.chosen = ""
	}
	v.changed()
}

func (v *CaseMap) shows(p *places.Place) bool {
	if v.class != "" && p.Class != v.class {
		return false
	}
	words := " " + pole.FoldName(strings.Join(append([]string{p.Title, p.Address, p.Area, p.Grid, p.When}, p.Roles...), " "))
	for _, w := range pole.Tokens(v.text) {
		if !strings.Contains(words, " "+w) {
			return false
		}
	}
	return true
}

func (v *CaseMap) changed() {
	if v.OnChange != nil {
		v.OnChange()
	}
}

// Ready reports whether the case is on the map; seq changes whenever what is shown does.
func (v *CaseMap) Ready() (ok bool, seq int) { return v.all != nil, v.seq }

// Points are the places shown on the map.
func (v *CaseMap) Points() []places.Place { return v.points }

// Unplaced are those shown that have no point.
func (v *CaseMap) Unplaced() []places.Place { return v.unplaced }

// Find is what is filtered: words and a class.
func (v *CaseMap) Find() (text string, class pole.Class) { return v.text, v.class }

// SetFind asks for something else.
func (v *CaseMap) SetFind(text string, class pole.Class) {
	if text == v.text && class == v.class {
		return
	}
	v.text, v.class = text, class
	if v.all != nil {
		v.apply()
	}
}

// Filtered reports whether anything is left out.
func (v *CaseMap) Filtered() bool { return strings.TrimSpace(v.text) != "" || v.class != "" }

// Select selects a place.
func (v *CaseMap) Select(id string) {
	if id != v.chosen {
		v.chosen = id
		v.changed()
	}
}

// Selected is the selected place, or nil.
func (v *CaseMap) Selected() *places.Place { return v.find(v.chosen) }

func (v *CaseMap) find(id string) *places.Place {
	if id == "" {
		return nil
	}
	for _, list := range [][]places.Place{v.points, v.unplaced} {
		for i := range list {
			if list[i].ID == id {
				return &list[i]
			}
		}
	}
	return nil
}

// NextConflict selects the next place about which systems differ, and reports whether there is one.
func (v *CaseMap) NextConflict() bool {
	from := slices.IndexFunc(v.points, func(p places.Place) bool { return p.ID == v.chosen })
	for k := range v.points {
		if i := (from + 1 + k) % len(v.points); len(v.points[i].Others) > 0 {
			v.Select(v.points[i].ID)
			return true
		}
	}
	return false
}

// Summary says how much is shown: '12 places · 4 of them about · 3 without a point · systems differ about 1'.
func (v *CaseMap) Summary() string {
	if v.all == nil {
		return ""
	}
	about, differ := 0, 0
	for i := range v.points {
		if v.points[i].How != places.Exact {
			about++
		}
		if len(v.points[i].Others) > 0 {
			differ++
		}
	}
	n, all := len(v.points), len(v.all.Points)
	parts := []string{v.env.T("screens.map.count", "n", n)}
	if n != all || len(v.unplaced) != len(v.all.Unplaced) {
		parts[0] = v.env.T("screens.map.countof", "shown", n, "n", all)
	}
	for _, x := range []struct {
		key string
		n   int
	}{{"about", about}, {"unplaced", len(v.unplaced)}, {"differ", differ}} {
		if x.n > 0 {
			parts = append(parts, v.env.T("screens.map."+x.key, "n", x.n))
		}
	}
	return strings.Join(parts, " · ")
}

// Missing says which systems' part is missing, or "".
func (v *CaseMap) Missing() string {
	if v.all == nil {
		return ""
	}
	return gapNames(v.env, v.marks, v.all.Gaps)
}

// How says how exactly a place is known, or why it has no point.
func (v *CaseMap) How(p *places.Place) string {
	switch {
	case p.Why != "":
		return v.env.T("screens.map.why." + string(p.Why))
	case p.How == places.District:
		return v.env.T("screens.map.how.district", "area", p.Area, "within", Metres(p.Within))
	case p.How == places.Coarse:
		return v.env.T("screens.map.how.coarse", "within", Metres(p.Within))
	}
	return v.env.T("screens.map.how.exact")
}

// Metres is a length as it is said: 40 m, 1.2 km.
func Metres(m float64) string {
	if m < 1000 {
		return fmt.Sprintf("%.0f m", m)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", m/1000), ".0") + " km"
}

// LatLon is a point as it is written: 53.83220, -1.49850, no more exactly than it is known.
func LatLon(p *places.Place) string {
	digits := 5
	switch {
	case p.Within >= 1000:
		digits = 2
	case p.Within >= 100:
		digits = 3
	}
	return fmt.Sprintf("%.*f, %.*f", digits, p.Lat, digits, p.Lon)
}

// Clip is what goes to the clipboard of a place, with the case's marking; an error where policy lets nothing so marked out.
// words are the place's alone.
func (v *CaseMap) Clip(p *places.Place) (clip, words string, err error) {
	if words = v.Copy(p); words == "" {
		return "", "", nil
	}
	clip, err = v.desk.Copy(words, v.marking)
	return clip, words, err
}

// Copy is what can be copied of a place.
func (v *CaseMap) Copy(p *places.Place) string {
	if p.Why != "" {
		return p.Address
	}
	out := p.Grid + " (" + LatLon(p) + ")"
	if p.How != places.Exact {
		out = v.env.T("screens.map.approximate") + " " + out
	}
	return strings.TrimSpace(out)
}

// MarksOf gives the marks of everyone who says a place.
func (v *CaseMap) MarksOf(p *places.Place) []Mark {
	out := v.marks.All(p.Systems)
	for k := range out {
		out[k].Old = p.Old
	}
	return out
}

// WhoSays lists who says a place, and then who says each other one, in their own words.
func (v *CaseMap) WhoSays(p *places.Place) [][]SourceLine {
	var out [][]SourceLine
	for _, x := range append([]places.Place{*p}, p.Others...) {
		var lines []SourceLine
		for _, s := range x.Said {
			m := v.marks.Of(s.Ref.System)
			m.Old = s.Old
			lines = append(lines, SourceLine{Mark: m, Ref: s.Ref, Said: s.Words, Path: s.Path, Old: s.Old, Read: v.How(&x)})
		}
		out = append(out, lines)
	}
	return out
}
