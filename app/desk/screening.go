package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"muster/app/audit"
	"muster/app/match"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/pole"
)

// screening is what the officer of a session does not get to see: what is hidden from the role, and what is masked until it
// is opened. Every record passes it before anything else of the desk holds it, wherever it comes from, so that no list, case,
// chart, map, export or command can show what it left out.
type screening struct {
	systems    []string // hidden
	properties []pole.Property

	mu     sync.Mutex
	opened map[pole.Ref]bool
	masked map[pole.Ref]pole.Record // as they were read, in memory only
}

// role gives an officer's role the screening that policy says. What was opened stays open.
func (s *screening) role(systems, properties map[string][]string, role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == nil {
		s.opened, s.masked = map[pole.Ref]bool{}, map[pole.Ref]pole.Record{}
	}
	s.systems, s.properties = of(systems, role), nil
	for _, p := range of(properties, role) {
		s.properties = append(s.properties, pole.Property(p))
	}
}

// of is what a rule says of a role: its own line, whatever its capitals, else that of everybody else.
func of(rules map[string][]string, role string) []string {
	for r, list := range rules {
		if strings.EqualFold(strings.TrimSpace(r), strings.TrimSpace(role)) && r != "*" {
			return list
		}
	}
	return rules["*"]
}

// roleChanged gives the session the screening of the officer who is signed in now.
func (d *Desk) roleChanged(s *session) {
	o, _ := d.Officer()
	s.screen.role(d.policy.HideSystems.Value, d.policy.HideProperties.Value, o.Role)
	s.finding.forget() // another role finds by other things
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	for _, sys := range list {
		err := s.screen.denies(sys.cfg.ID)
		sys.mu.Lock()
		sys.denied = err
		sys.mu.Unlock()
	}
}

func (s *screening) denies(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.systems, id) {
		return &plugins.Error{Kind: plugins.Denied, System: id, Say: "Your role may not use this system. It was not asked."}
	}
	return nil
}

// screen leaves out of a record what the officer does not get to see; ok is false where nothing of it is left. The records
// that it is given are not changed.
func (d *Desk) screen(s *session, r pole.Record) (pole.Record, bool) {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	sc := &s.screen
	if slices.Contains(sc.systems, r.System) {
		return pole.Record{}, false
	}
	if len(sc.properties) > 0 {
		hidden := func(f pole.Fact) bool { return d.hiddenFact(sc.properties, f.Property) }
		r.Facts = slices.DeleteFunc(slices.Clone(r.Facts), hidden)
		r.Raw = nil // the source's own words may say it
	}
	if len(sc.systems) > 0 {
		r.Links = slices.DeleteFunc(slices.Clone(r.Links), func(l pole.Link) bool {
			return slices.Contains(sc.systems, l.From.System) || slices.Contains(sc.systems, l.To.System)
		})
	}
	if !d.masks(r) || sc.opened[r.Ref] {
		return r, true
	}
	sc.masked[r.Ref] = r
	r.Facts = slices.DeleteFunc(slices.Clone(r.Facts), func(f pole.Fact) bool { // danger is never masked
		def, ok := d.dict.Property(f.Property)
		return !ok || !def.Danger
	})
	r.Links, r.Raw, r.URL = nil, nil, ""
	return r, true
}

// hiddenFact reports whether a property is hidden, by itself, or because a part of it, or the whole that it is part of, is.
func (d *Desk) hiddenFact(hidden []pole.Property, p pole.Property) bool {
	if slices.Contains(hidden, p) {
		return true
	}
	g, ok := d.dict.GroupOf(p)
	if !ok {
		return false
	}
	if p == g.Property { // the whole on one line would say the part
		return slices.ContainsFunc(g.Parts, func(x pole.Property) bool { return slices.Contains(hidden, x) })
	}
	return slices.Contains(hidden, g.Property)
}

// masks reports whether records with this marking are masked until they are opened.
func (d *Desk) masks(r pole.Record) bool {
	from := d.policy.MaskFrom.Value
	if from == "" || from == "none" {
		return false
	}
	least, ok := d.markingRank(from)
	is, known := d.markingRank(d.dict.Highest(r.Marking).Classification)
	return ok && (!known || is >= least)
}

// screenAll screens records that come together.
func (d *Desk) screenAll(s *session, list []pole.Record) []pole.Record {
	out := make([]pole.Record, 0, len(list))
	for _, r := range list {
		if r, ok := d.screen(s, r); ok {
			out = append(out, r)
		}
	}
	return out
}

// screenEntity screens what was kept of an entity.
func (d *Desk) screenEntity(s *session, e match.Entity) match.Entity {
	e.Records = d.screenAll(s, e.Records)
	return e
}

// unmask opens records for the officer, who asked for just these: those that were masked are read in full from now on. They
// are named in the audit record of the access.
func (d *Desk) unmask(s *session, rec *audit.Record, refs ...pole.Ref) {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	for _, r := range refs {
		if m, ok := s.screen.masked[r]; ok && !s.screen.opened[r] {
			top := d.dict.Highest(m.Marking).Classification
			rec.Fields = append(rec.Fields, "unmasked "+r.String()+" ("+top+")")
			rec.Classification = d.dict.Highest(pole.Marking{Classification: rec.Classification}, m.Marking).Classification
		}
		s.screen.opened[r] = true
	}
}

// original is a record as it was read, where only its masked form is at hand. One that was read again since is its own original.
func (s *session) original(r pole.Record) pole.Record {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	if m, ok := s.screen.masked[r.Ref]; ok && m.Read.Equal(r.Read) {
		return m
	}
	return r
}

// maskedIn is the marking of what is masked among records; "" if nothing is.
func (d *Desk) maskedIn(s *session, list []pole.Record) string {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	var marks []pole.Marking
	for i := range list {
		if _, ok := s.screen.masked[list[i].Ref]; ok && !s.screen.opened[list[i].Ref] {
			marks = append(marks, list[i].Marking)
		}
	}
	if len(marks) == 0 {
		return ""
	}
	return d.dict.Highest(marks...).Classification
}

// screened is a system whose records pass the screening.
type screened struct {
	plugins.System
	d *Desk
	s *session
}

// Search implements plugins.System.
func (x screened) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	p, err := x.System.Search(ctx, q)
	p.Records = x.d.screenAll(x.s, p.Records)
	return p, err
}

// searchesHidden refuses a search by what is hidden from the role: its answer would tell.
func (d *Desk) searchesHidden(s *session, r search.Request) error {
	s.screen.mu.Lock()
	hidden := slices.Clone(s.screen.properties)
	s.screen.mu.Unlock()
	for _, t := range r.Terms {
		if d.hiddenFact(hidden, t.Property) {
			def, _ := d.dict.Property(t.Property)
			return fmt.Errorf("your role does not see %s, and cannot search by it", first(def.Label, string(t.Property)))
		}
	}
	return nil
}

// putRecords keeps copies of what was read. The store gets what was read, not the masked form of it: whoever opens it later,
// offline too, passes the screening again.
func (d *Desk) putRecords(s *session, list ...pole.Record) error {
	whole := make([]pole.Record, len(list))
	for i, r := range list {
		whole[i] = s.original(r)
	}
	if err := s.store.PutRecords(d.now(), whole...); err != nil {
		return err
	}
	return d.findable(s, whole...)
}

// screenedCache is the kept copies, screened.
type screenedCache struct {
	cache
	d *Desk
	s *session
}

// Search implements search.Cache.
func (c screenedCache) Search(ctx context.Context, system string, r search.Request) ([]pole.Record, error) {
	list, err := c.cache.Search(ctx, system, r)
	return c.d.screenAll(c.s, list), err
}

// storedRecord is a kept copy of one record, screened.
func (d *Desk) storedRecord(s *session, ref pole.Ref) (pole.Record, bool, error) {
	r, ok, err := s.store.Record(ref)
	if err != nil || !ok {
		return pole.Record{}, false, err
	}
	r, ok = d.screen(s, r)
	return r, ok, nil
}
