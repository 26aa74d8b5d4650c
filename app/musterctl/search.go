package main

import (
	"fmt"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/desk"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

// purposeFlags say why the officer looks; every command that reads records has them.
type purposeFlags struct {
	Purpose string `env:"MUSTER_PURPOSE" placeholder:"CODE" help:"Why: a reason code (musterctl search --purposes lists them)."`
	Reason  string `env:"MUSTER_REASON" placeholder:"TEXT" help:"The reason in words, where the code asks for it."`
	CaseRef string `env:"MUSTER_CASE" placeholder:"REF" help:"Case reference, where the code asks for it."`
}

func (p purposeFlags) set(d *desk.Desk) error {
	if p.Purpose == "" {
		if _, ok := d.Purpose(); ok {
			return nil
		}
		return usagef("no purpose, no search: give --purpose CODE (one of %s)", strings.Join(purposeCodes(d), ", "))
	}
	return d.SetPurpose(plugins.Purpose{Code: p.Purpose, Text: p.Reason, Case: p.CaseRef})
}

func purposeCodes(d *desk.Desk) []string {
	var codes []string
	for _, p := range d.Purposes() {
		codes = append(codes, p.Code)
	}
	return codes
}

type searchCmd struct {
	purposeFlags
	Text     []string          `arg:"" optional:"" help:"What to look for: a name, VRM, phone, postcode, reference, … A single - reads it from standard input, where no list of processes shows it."`
	By       map[string]string `short:"b" placeholder:"PROPERTY=VALUE" help:"Search by property instead: surname=Miller."`
	Kind     []string          `placeholder:"KIND" help:"Only these kinds of record."`
	System   []string          `placeholder:"ID" help:"Only these systems."`
	Limit    int               `help:"Records per system and kind."`
	Purposes bool              `help:"List the reason codes and stop."`
}

func (c searchCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if c.Purposes {
			for _, p := range d.Purposes() {
				e.out.line(map[string]any{"type": "purpose", "purpose": p}, "%s\t%s", p.Code, p.Label)
			}
			return nil
		}
		req, err := c.request(e, d)
		if err != nil {
			return err
		}
		if err := c.set(d); err != nil {
			return err
		}
		done, entities, err := runSearch(e, d, req, true)
		if err != nil {
			return err
		}
		printEntities(e, entities)
		return printCompleteness(e, done)
	})
}

func (c searchCmd) request(e *env, d *desk.Desk) (search.Request, error) {
	words, err := e.words(c.Text)
	if err != nil {
		return search.Request{}, err
	}
	req := search.Request{Text: words, Systems: c.System, Limit: c.Limit}
	for _, k := range c.Kind {
		if _, ok := d.Dictionary().Kind(pole.Kind(k)); !ok {
			return req, usagef("there is no kind %q", k)
		}
		req.Kinds = append(req.Kinds, pole.Kind(k))
	}
	for name, v := range c.By {
		if _, ok := d.Dictionary().Property(pole.Property(name)); !ok {
			return req, usagef("there is no property %q", name)
		}
		val := d.Dictionary().Normalise(pole.Property(name), v)
		if val.Norm == "" {
			return req, usagef("%s: %s", name, val.Problem)
		}
		req.Terms = append(req.Terms, plugins.Term{Property: pole.Property(name), Value: val})
	}
	slices.SortFunc(req.Terms, func(a, b plugins.Term) int { return strings.Compare(string(a.Property), string(b.Property)) })
	for _, id := range c.System {
		if !slices.ContainsFunc(d.Systems(), func(s desk.SystemStatus) bool { return s.ID == id }) {
			return req, usagef("there is no system %q", id)
		}
	}
	if req.Text == "" && len(req.Terms) == 0 {
		return req, usagef("say what to look for, as text or with --by PROPERTY=VALUE")
	}
	return req, nil
}

// runSearch runs one search, printing records and systems as they come where show is set.
func runSearch(e *env, d *desk.Desk, req search.Request, show bool) (*search.Completeness, []desk.EntityView, error) {
	byID := map[string]desk.EntityView{}
	var done *search.Completeness
	err := d.Search(e.ctx, req, func(ev desk.SearchEvent) {
		for _, id := range ev.Gone {
			delete(byID, id)
		}
		for _, v := range ev.Entities {
			byID[v.ID] = v
		}
		if ev.Done != nil {
			done = ev.Done
		}
		if !show {
			return
		}
		if e.out.json != nil {
			for _, f := range ev.Found {
				e.out.line(recordLine(d, f.Record, f.Old), "")
			}
		}
		if a := ev.Answer; a != nil && a.State != search.Asking {
			say := a.Say
			if a.Cached > 0 {
				say += fmt.Sprintf(" Old copies shown: %d.", a.Cached)
			}
			e.out.line(struct {
				Type string `json:"type"`
				search.Answer
				Milliseconds float64 `json:"milliseconds"`
				CacheAge     float64 `json:"cache_age_seconds,omitempty"`
			}{"system", *a, ms(a.Elapsed), a.CacheAge.Seconds()}, "%-14s %-20s %5d %7.0f ms  %s", a.System, stateWords(a.State), a.Count, ms(a.Elapsed), say)
			_ = e.out.flush() // each system as it answers, not when the slowest has
		}
	})
	if err != nil {
		return nil, nil, err
	}
	entities := make([]desk.EntityView, 0, len(byID))
	for _, v := range byID {
		entities = append(entities, v)
	}
	slices.SortFunc(entities, func(a, b desk.EntityView) int { return a.Before(&b) })
	return done, entities, nil
}

func stateWords(s search.State) string {
	switch s {
	case search.NotSearched:
		return "NOT SEARCHED"
	case search.CannotAsk:
		return "cannot be asked this"
	case search.NoTrace:
		return "no trace"
	}
	return string(s)
}

func recordLine(d *desk.Desk, r pole.Record, old bool) map[string]any {
	m := map[string]any{"type": "record", "ref": r.String(), "system": r.System, "kind": r.Kind, "title": d.Dictionary().Title(r), "facts": r.Facts, "read": r.Read}
	if old {
		m["old"] = true
	}
	if len(r.Links) > 0 {
		m["links"] = r.Links
	}
	if r.Marking.Classification != "" {
		m["marking"] = r.Marking
	}
	if !r.Updated.IsZero() {
		m["updated"] = r.Updated
	}
	return m
}

func printEntities(e *env, entities []desk.EntityView) {
	e.out.text("")
	for _, v := range entities {
		refs := make([]string, 0, len(v.Entity.Records))
		for _, r := range v.Entity.Records {
			refs = append(refs, r.String())
		}
		warn := ""
		for _, w := range v.Warnings {
			warn += " [" + warningWords(w) + "]"
		}
		if v.Old {
			warn += " (in part an old copy)"
		}
		e.out.line(struct {
			Type string `json:"type"`
			desk.EntityView
			Refs []string `json:"refs"`
		}{"entity", v, refs}, "%s\t%s\t%s%s\t%s\t%s", v.Kind, v.Title, v.Detail, warn, strings.Join(v.Systems, " "), v.ID)
	}
}

func printCompleteness(e *env, c *search.Completeness) error {
	if c == nil {
		return fmt.Errorf("the search was stopped before it ended")
	}
	words := fmt.Sprintf("Asked %d, answered %d, %d records, %.0f ms.", c.Asked, c.Answered, c.Records, ms(c.Elapsed))
	if len(c.Failed) > 0 {
		words += " NOT SEARCHED: " + strings.Join(c.Failed, ", ") + "."
	}
	if len(c.Partial) > 0 {
		words += " Searched in part: " + strings.Join(c.Partial, ", ") + "."
	}
	if len(c.CannotAsk) > 0 {
		words += " Cannot be asked this: " + strings.Join(c.CannotAsk, ", ") + "."
	}
	e.out.text("")
	e.out.line(struct {
		Type string `json:"type"`
		search.Completeness
		Milliseconds float64 `json:"milliseconds"`
		OldestCache  float64 `json:"oldest_cache_seconds,omitempty"`
	}{"completeness", *c, ms(c.Elapsed), c.OldestCache.Seconds()}, "%s", words)
	if !c.Complete {
		return errPartly
	}
	return nil
}

type caseCmd struct {
	Show     caseShowCmd     `cmd:"" default:"withargs" help:"Show one merged case, by record reference or search text (the default)."`
	Export   caseExportCmd   `cmd:"" help:"Write a disclosure pack: PDF, JSON with NIEM names, or CSV. The disclosure is recorded first."`
	Chart    caseChartCmd    `cmd:"" help:"The links around a case: as a table, as JSON, or disclosed as a drawing (svg, png); paths between two."`
	Timeline caseTimelineCmd `cmd:"" help:"Everything dated in a case, by time, with conflicts and what has no date."`
	Places   casePlacesCmd   `cmd:"" help:"Every place of a case with how exactly it is known, and what has no point."`
	Kept     caseKeptCmd     `cmd:"" help:"List the kept cases, or those with a text in them."`
	Keep     caseKeepCmd     `cmd:"" help:"Keep a case, with a sealed copy that opens without any system."`
	Add      caseAddCmd      `cmd:"" help:"Take one more entity into a kept case."`
	Remove   caseRemoveCmd   `cmd:"" help:"Take an entity out of a kept case."`
	Rename   caseRenameCmd   `cmd:"" help:"Say what a kept case is called."`
	Note     caseNoteCmd     `cmd:"" help:"Add a note to a kept case, or list its notes."`
	Drop     caseDropCmd     `cmd:"" help:"Let a kept case go, with its copies; its notes stay in the store."`
}

type caseShowCmd struct {
	purposeFlags
	What []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, or search text whose best match is opened."`
	Raw  bool     `help:"With --json: also the sources' own answers."`
	Copy bool     `help:"Open the sealed copy of a kept case and ask no system."`
}

func (c caseShowCmd) Run(e *env) error {
	return e.with(func(d *desk.Desk) error {
		if err := c.set(d); err != nil {
			return err
		}
		if c.Copy {
			k, err := keptCase(d, strings.Join(c.What, " "))
			if err != nil {
				return err
			}
			for _, x := range k.Entities {
				cs, err := d.OpenCopy(e.ctx, x.ID)
				if err != nil {
					return err
				}
				printCase(e, cs)
			}
			return nil
		}
		cs, incomplete, err := openCase(e, d, strings.Join(c.What, " "))
		if err != nil {
			return err
		}
		if !c.Raw {
			for i := range cs.Records {
				cs.Records[i].Raw = nil
			}
		}
		printCase(e, cs)
		return partly(e, len(cs.Gaps) > 0, incomplete)
	})
}

// onCase states the purpose, opens the case that the words name, and goes on with it. incomplete is as openCase gives it.
func (e *env) onCase(p purposeFlags, what []string, f func(d *desk.Desk, cs caseview.Case, incomplete *search.Completeness) error) error {
	return e.with(func(d *desk.Desk) error {
		if err := p.set(d); err != nil {
			return err
		}
		cs, incomplete, err := openCase(e, d, strings.Join(what, " "))
		if err != nil {
			return err
		}
		return f(d, cs, incomplete)
	})
}

// partly ends a command whose result is shown but may not be all.
func partly(e *env, gaps bool, incomplete *search.Completeness) error {
	if incomplete != nil {
		return printCompleteness(e, incomplete)
	}
	if gaps {
		return errPartly
	}
	return nil
}

// openCase opens the case of a record reference, of a kept case, or of what fits a text best. incomplete is set when the search
// for it was not complete.
func openCase(e *env, d *desk.Desk, id string) (cs caseview.Case, incomplete *search.Completeness, err error) {
	if _, err := pole.ParseRef(id); err != nil {
		done, entities, err := runSearch(e, d, search.Request{Text: id}, false)
		if err != nil {
			return cs, nil, err
		}
		if len(entities) == 0 {
			if done != nil && done.Complete { // never of what was not searched
				e.out.text("No trace.")
			}
			if perr := printCompleteness(e, done); perr != nil {
				return cs, nil, perr
			}
			return cs, nil, fmt.Errorf("nothing was found to open")
		}
		id = entities[0].ID
		if done != nil && !done.Complete {
			incomplete = done
		}
	}
	cs, err = d.OpenCase(e.ctx, id)
	return cs, incomplete, err
}

// printGaps says what of a case could not be read.
func printGaps(e *env, gaps []caseview.Gap) {
	for _, g := range gaps {
		e.out.line(struct {
			Type string `json:"type"`
			caseview.Gap
		}{"gap", g}, "NOT READ: %s: %s", g.System, g.Say)
	}
}

func printCase(e *env, c caseview.Case) {
	if e.out.json != nil {
		e.out.line(struct {
			Type string `json:"type"`
			caseview.Case
		}{"case", c}, "")
		return
	}
	e.out.text("%s  %s  %s", c.Title, c.Detail, c.Marking.Classification)
	if !c.Copy.IsZero() {
		e.out.text("COPY of %s: no system was asked.", clock(c.Copy))
	}
	for _, w := range c.Warnings {
		e.out.text("! %s (%s)", warningWords(w), sources(w.Sources))
	}
	printWho(e, c)
	printGaps(e, c.Gaps)
	for _, group := range []struct {
		title string
		list  []caseview.Merged
	}{{"Disagreements", c.Disagreements}, {"Agreed", c.Agreed}} {
		if len(group.list) > 0 {
			e.out.text("\n%s", group.title)
		}
		for _, m := range group.list {
			for i, v := range m.Values {
				label, mark := m.Label, ""
				if i > 0 {
					label = ""
					if m.Disagree {
						mark = "≠ "
					}
				}
				e.out.text("  %s\t%s%s\t%s\t%s", label, mark, v.Display, sources(v.Sources), v.Say)
			}
			if m.Disagree && m.Why != "" {
				e.out.text("  \tfirst because: %s\t\t", m.Why)
			}
		}
	}
	if len(c.Linked) > 0 {
		e.out.text("\nPeople, vehicles, places, events")
	}
	for _, l := range c.Linked {
		e.out.text("  %s\t%s\t%s", l.Title, strings.Join(l.Roles, ", "), strings.Join(l.Systems, " "))
	}
	if len(c.Timeline) > 0 {
		e.out.text("\nTimeline")
	}
	for _, m := range c.Timeline {
		e.out.text("  %s\t%s\t%s", m.Display, m.Title, strings.Join(m.Systems, " "))
	}
}

// warningWords is a warning's code and words, once where they are the same.
func warningWords(w caseview.Warning) string {
	if strings.EqualFold(w.Code, w.Label) {
		return w.Label
	}
	return w.Code + " " + w.Label
}

func sources(list []caseview.Source) string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s.Ref.System) {
			out = append(out, s.Ref.System)
		}
	}
	return strings.Join(out, " ")
}
