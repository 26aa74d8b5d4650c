package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"muster/app/caseview"
	"muster/app/caseview/places"
	"muster/app/caseview/timeline"
	"muster/app/desk"
	"muster/app/search"
	"muster/app/tiles"
)

type caseTimelineCmd struct {
	purposeFlags
	What   []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, or search text whose best match is opened."`
	System string   `placeholder:"ID" help:"Only what this system holds."`
	Kind   string   `placeholder:"KIND" help:"Only events of this kind; fact:KIND for dated facts."`
	Text   string   `placeholder:"WORDS" help:"Only what has these words in it."`
}

func (c caseTimelineCmd) Run(e *env) error {
	return e.onCase(c.purposeFlags, c.What, func(d *desk.Desk, cs caseview.Case, incomplete *search.Completeness) error {
		line := timeline.Build(d.Dictionary(), &cs)
		items, undated := line.Filter(timeline.Filter{System: c.System, Kind: c.Kind, Text: c.Text})
		printGaps(e, cs.Gaps)
		for _, list := range [][]timeline.Item{items, undated} {
			for i := range list {
				printMoment(e, &list[i])
			}
		}
		if n := len(undated); n > 0 {
			e.out.text("\n%d without a date", n)
		}
		return partly(e, len(cs.Gaps) > 0, incomplete)
	})
}

func printMoment(e *env, i *timeline.Item) {
	when, notes := "no date", []string{}
	if len(i.Dates) > 0 {
		when = i.Dates[0].Display
		for _, d := range i.Dates[1:] {
			notes = append(notes, "≠ "+d.Display+" ("+strings.Join(d.Systems, " ")+")")
		}
		for _, n := range i.Notes() {
			notes = append(notes, string(n))
		}
	} else {
		notes = append(notes, strings.TrimSpace(string(i.Why)+" "+i.WhyWords))
	}
	title := i.Title
	if i.Fact {
		title += " · " + i.Detail
	}
	e.out.line(struct {
		Type string `json:"type"`
		*timeline.Item
	}{"moment", i}, "%s\t%s\t%s\t%s", when, title, strings.Join(i.Systems, " "), strings.Join(notes, "; "))
}

type casePlacesCmd struct {
	purposeFlags
	What []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, or search text whose best match is opened."`
}

func (c casePlacesCmd) Run(e *env) error {
	return e.onCase(c.purposeFlags, c.What, func(d *desk.Desk, cs caseview.Case, incomplete *search.Completeness) error {
		all := places.Build(d.Dictionary(), &cs)
		printGaps(e, cs.Gaps)
		for _, list := range [][]places.Place{all.Points, all.Unplaced} {
			for i := range list {
				printPlace(e, &list[i])
			}
		}
		if n := len(all.Unplaced); n > 0 {
			e.out.text("\n%d without a point", n)
		}
		return partly(e, len(cs.Gaps) > 0, incomplete)
	})
}

func printPlace(e *env, p *places.Place) {
	where, how := "no point", string(p.Why)
	if p.Why == "" {
		where, how = fmt.Sprintf("%s  %.5f,%.5f", p.Grid, p.Lat, p.Lon), string(p.How)
		if p.How != places.Exact {
			where = fmt.Sprintf("about %s  %.3f,%.3f", cmp.Or(p.Area, p.Grid), p.Lat, p.Lon)
			how += fmt.Sprintf(" ±%.0f m", p.Within)
		}
		for _, o := range p.Others {
			how += " ≠ " + o.Grid + " (" + strings.Join(o.Systems, " ") + ")"
		}
	}
	title := p.Title
	if p.Address != "" && p.Address != p.Title {
		title += ", " + p.Address
	}
	e.out.line(struct {
		Type string `json:"type"`
		*places.Place
	}{"place", p}, "%s\t%s\t%s\t%s", where, title, strings.Join(p.Systems, " "), how)
}

type mapCmd struct {
	Show  mapShowCmd  `cmd:"" default:"1" help:"Say which map server is set up, and whether it gives a picture (the default)."`
	Key   mapKeyCmd   `cmd:"" help:"Give the key of the map server; read from the terminal or standard input, kept in the keyring."`
	Check mapCheckCmd `cmd:"" help:"Ask the map server for one picture: of all there is, and of no case."`
}

type mapShowCmd struct{}

func (mapShowCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		c, ok := d.MapServer()
		if !ok {
			return desk.ErrNoMap
		}
		e.out.line(map[string]any{"type": "map", "kind": c.Kind, "url": c.URL, "attribution": c.Attribution}, "%s\t%s\t%s", c.Kind, c.URL, c.Attribution)
		return nil
	})
}

type mapKeyCmd struct{}

func (mapKeyCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		key, err := e.secret("Key of the map server: ")
		if err != nil {
			return err
		}
		if err := d.SetMapKey(e.ctx, key); err != nil {
			return err
		}
		e.out.line(map[string]any{"type": "credential", "system": "map"}, "Kept in the keyring.")
		return nil
	})
}

type mapCheckCmd struct{ purposeFlags }

func (c mapCheckCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		changed := make(chan struct{}, 1)
		s, err := d.OpenMap(e.ctx, "check", func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
		if err != nil {
			return err
		}
		defer s.Close()
		least, _, _ := s.Zooms()
		z := max(least, 5)
		x, y := places.Project(54, -2)
		t := tiles.Tile{Z: z, X: int(x * float64(int(1)<<z)), Y: int(y * float64(int(1)<<z))}
		for {
			switch _, state := s.Get(t); state {
			case tiles.Loading:
			case tiles.Ready:
				e.out.line(map[string]any{"type": "map", "ok": true, "zoom": z}, "The map server gives pictures.")
				return nil
			case tiles.Empty:
				return fmt.Errorf("the map server has no picture of zoom %d over these islands: look at its address, layer and matrix set", z)
			default:
				return fmt.Errorf("%s", s.Status().Say)
			}
			select {
			case <-changed:
			case <-time.After(time.Second):
			case <-e.ctx.Done():
				return e.ctx.Err()
			}
		}
	})
}
