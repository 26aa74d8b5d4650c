package vm

import (
	"context"
	"slices"
	"time"

	"muster/app/desk"
	"muster/app/evaluate"
	"muster/plugins/pole"
)

// SystemsDesk is what the systems place needs of the desk.
type SystemsDesk interface {
	Systems() []desk.SystemStatus
	CheckSystems(ctx context.Context)
	CheckSystem(ctx context.Context, id string) error
	SetCredential(ctx context.Context, system string, values map[string]string) error
	AddSystem(ctx context.Context, file string, options map[string]string) (string, error)
	RemoveSystem(ctx context.Context, id string) error
	Inspect(id string) (desk.Inspection, bool)
	Evaluate() []evaluate.Report
}

// SystemTab is one of the sheets about a system.
type SystemTab string

// The sheets, in their order.
const (
	TabHealth    SystemTab = "health"
	TabConnector SystemTab = "connector"
	TabMapping   SystemTab = "mapping"
	TabTest      SystemTab = "test"
)

// SystemTabs lists the sheets in order.
func SystemTabs() []SystemTab { return []SystemTab{TabHealth, TabConnector, TabMapping, TabTest} }

// Systems is the systems place: how each system is, what its connector says, what it maps, and whether it answers.
type Systems struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// Kind names a kind in the plural, Property a property, Role a role; nil shows the word of the dictionary itself.
	Kind     func(pole.Kind) string
	Property func(pole.Property) string
	Role     func(pole.Role) string

	env      Env
	desk     SystemsDesk
	selected string
	tab      SystemTab
	kind     pole.Kind // of the mapping
	rd       reader
	reports  map[string]evaluate.Report
	looks    map[string]desk.Inspection
	tests    map[string]testRun
	testing  bool
	checking bool
	busy     bool
	note     string
	noteBad  bool
}

// testRun is one check of one system.
type testRun struct {
	at   time.Time
	took time.Duration
	err  error
}

// NewSystems makes the systems place over d.
func NewSystems(env Env, d SystemsDesk) *Systems {
	return &Systems{env: env.filled(), desk: d, tab: TabHealth, reports: map[string]evaluate.Report{}, looks: map[string]desk.Inspection{}, tests: map[string]testRun{}}
}

func (s *Systems) changed() {
	if s.OnChange != nil {
		s.OnChange()
	}
}

// Load re-reads the figures, and the connector of the selected system.
func (s *Systems) Load() {
	if list := s.desk.Systems(); s.Index() < 0 && len(list) > 0 {
		s.selected = list[0].ID
	}
	type got struct {
		id      string
		reports []evaluate.Report
		look    desk.Inspection
		ok      bool
	}
	id := s.selected
	read(s.env, &s.rd, func() got {
		g := got{id: id, reports: s.desk.Evaluate()}
		g.look, g.ok = s.desk.Inspect(id)
		return g
	}, func(g got) {
		s.reports = map[string]evaluate.Report{}
		for _, r := range g.reports {
			s.reports[r.System] = r
		}
		if g.ok {
			s.looks[g.id] = g.look
		}
		if g.id != s.selected { // the officer has moved on while it was read
			s.Load()
		}
		s.changed()
	})
	s.changed()
}

// List lists the systems with their health.
func (s *Systems) List() []HealthLine {
	var out []HealthLine
	for _, sys := range s.desk.Systems() {
		out = append(out, s.env.health(sys))
	}
	return out
}

// Index is where the selected system stands; -1 for none.
func (s *Systems) Index() int {
	return slices.IndexFunc(s.desk.Systems(), func(x desk.SystemStatus) bool { return x.ID == s.selected })
}

// Select selects a system.
func (s *Systems) Select(i int) {
	list := s.desk.Systems()
	if i >= 0 && i < len(list) && list[i].ID != s.selected {
		s.selected, s.note = list[i].ID, ""
		s.Load()
	}
}

// SelectID selects a system by its id.
func (s *Systems) SelectID(id string) {
	if s.selected != id {
		s.selected, s.note = id, ""
		s.Load()
	}
}

// Tab is the sheet in front.
func (s *Systems) Tab() SystemTab { return s.tab }

// SetTab brings a sheet to the front.
func (s *Systems) SetTab(t SystemTab) {
	if s.tab != t && slices.Contains(SystemTabs(), t) {
		s.tab = t
		s.changed()
	}
}

// TabWords names a sheet; the connector's counts what is wrong with the file.
func (s *Systems) TabWords(t SystemTab) string {
	words := s.env.T("screens.systems.tab." + string(t))
	if n := len(s.looks[s.selected].Problems); t == TabConnector && n > 0 {
		words += " " + s.env.T("screens.number", "count", n)
	}
	return words
}

// Checking reports whether the systems are being asked.
func (s *Systems) Checking() bool { return s.checking }

// Check asks every system how it is.
func (s *Systems) Check() {
	if s.checking {
		return
	}
	s.checking = true
	go func() {
		s.desk.CheckSystems(context.Background())
		s.env.Post(func() {
			s.checking = false
			s.Load()
		})
	}()
	s.changed()
}

// Testing reports whether the selected system is being tried.
func (s *Systems) Testing() bool { return s.testing }

// Test asks the selected system who it takes the officer for, and brings the sheet with the answer to the front.
func (s *Systems) Test() {
	s.tab = TabTest
	id := s.selected
	if s.testing || id == "" {
		s.changed()
		return
	}
	s.testing = true
	start := s.env.Now()
	go func() {
		err := s.desk.CheckSystem(context.Background(), id)
		end := s.env.Now()
		s.env.Post(func() {
			s.testing = false
			s.tests[id] = testRun{at: start, took: end.Sub(start), err: err}
			s.Load()
		})
	}()
	s.changed()
}

// Busy reports whether a command is under way.
func (s *Systems) Busy() bool { return s.busy }

// Note says what the last command came to; bad is set if it failed.
func (s *Systems) Note() (words string, bad bool) { return s.note, s.noteBad }

func (s *Systems) do(work func(context.Context) (string, error), done func(error)) {
	if s.busy {
		return
	}
	s.busy, s.note = true, ""
	go func() {
		words, err := work(context.Background())
		s.env.Post(func() {
			s.busy = false
			s.note, s.noteBad = words, err != nil
			if err != nil {
				s.note = say(err)
			}
			if done != nil {
				done(err)
			}
			s.Load()
		})
	}()
	s.changed()
}

// GiveCredential keeps the officer's credential for a system in the keyring and tries it; done hears how it went.
func (s *Systems) GiveCredential(system string, values map[string]string, done func(error)) {
	s.do(func(ctx context.Context) (string, error) {
		return s.env.T("screens.systems.credentialkept"), s.desk.SetCredential(ctx, system, values)
	}, done)
}

// Add adds the system of a connector file.
func (s *Systems) Add(file string, options map[string]string, done func(error)) {
	s.do(func(ctx context.Context) (string, error) {
		id, err := s.desk.AddSystem(ctx, file, options)
		if err == nil {
			s.env.Post(func() { s.selected = id })
		}
		return s.env.T("screens.systems.added", "id", id), err
	}, done)
}

// Remove takes a system out of the profile.
func (s *Systems) Remove(id string) {
	s.do(func(ctx context.Context) (string, error) {
		return s.env.T("screens.systems.removed", "id", id), s.desk.RemoveSystem(ctx, id)
	}, nil)
}
