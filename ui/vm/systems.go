package vm

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"

	"muster/app/desk"
	"muster/app/evaluate"
	"muster/plugins"
	"muster/plugins/pole"
)

// SystemsDesk is what the systems place needs of the desk.
type SystemsDesk interface {
	Systems() []desk.SystemStatus
	CheckSystems(ctx context.Context)
	SetCredential(ctx context.Context, system string, values map[string]string) error
	AddSystem(ctx context.Context, file string, options map[string]string) (string, error)
	RemoveSystem(ctx context.Context, id string) error
	ConnectorSource(system string) (name string, yaml []byte, ok bool)
	Evaluate() []evaluate.Report
}

// Systems is the systems place: how each system is, how the officer is signed in there, what it holds and how it served.
type Systems struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()
	// Kind names a kind in the plural; nil shows the kind's own name.
	Kind func(pole.Kind) string

	env      Env
	desk     SystemsDesk
	selected string
	rd       reader
	reports  map[string]evaluate.Report
	sources  map[string]Connector
	checking bool
	busy     bool
	note     string
	noteBad  bool
}

// Connector is a system's connector file as the screen shows it.
type Connector struct {
	File    string
	Text    string
	Mapping []MappingLine
}

// MappingLine says from where in the system's answer a property is taken.
type MappingLine struct {
	Kind     string
	Property string
	Path     string
}

// NewSystems makes the systems place over d.
func NewSystems(env Env, d SystemsDesk) *Systems {
	return &Systems{env: env.filled(), desk: d, reports: map[string]evaluate.Report{}, sources: map[string]Connector{}}
}

func (s *Systems) changed() {
	if s.OnChange != nil {
		s.OnChange()
	}
}

// Load re-reads the figures and the connector of the selected system.
func (s *Systems) Load() {
	if list := s.desk.Systems(); s.Index() < 0 && len(list) > 0 {
		s.selected = list[0].ID
	}
	id := s.selected
	type got struct {
		reports []evaluate.Report
		c       Connector
		ok      bool
	}
	read(s.env, &s.rd, func() got {
		g := got{reports: s.desk.Evaluate()}
		name, text, ok := s.desk.ConnectorSource(id)
		if ok {
			g.c, g.ok = Connector{File: name, Text: string(text), Mapping: mapping(text)}, true
		}
		return g
	}, func(g got) {
		s.reports = map[string]evaluate.Report{}
		for _, r := range g.reports {
			s.reports[r.System] = r
		}
		if g.ok {
			s.sources[id] = g.c
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

// Line is one labelled line of a detail.
type Line struct {
	Label string
	Value string
	Tone  Tone
	Mono  bool
}

// SystemDetail is the selected system in full.
type SystemDetail struct {
	Status  desk.SystemStatus
	Health  HealthLine
	Say     string // why it is not well, and what to do
	SignIn  string // how the officer is signed in there
	Needs   []plugins.Option
	Asks    []plugins.Option
	Facts   []Line
	Figures []Line
	Errors  []Line
	Source  Connector
	HasYAML bool
}

// Selected gives the selected system.
func (s *Systems) Selected() (SystemDetail, bool) {
	i := s.Index()
	if i < 0 {
		return SystemDetail{}, false
	}
	st := s.desk.Systems()[i]
	d := SystemDetail{Status: st, Health: s.env.health(st), Say: sentence(st.Say), Needs: st.Needs, Asks: st.Asks}
	t := s.env.T
	switch {
	case len(st.Needs) > 0:
		d.SignIn = t("screens.systems.signin.needs")
	case len(st.Asks) > 0:
		d.SignIn = t("screens.systems.signin.own")
	default:
		d.SignIn = t("screens.systems.signin.one")
	}
	if st.User != "" {
		d.Facts = append(d.Facts, Line{Label: t("screens.systems.user"), Value: st.User})
	}
	if len(st.Kinds) > 0 {
		d.Facts = append(d.Facts, Line{Label: t("screens.systems.holds"), Value: s.kinds(st.Kinds)})
	}
	takes := t("screens.systems.takes.none")
	if len(st.Takes) > 0 {
		takes = s.kinds(st.Takes)
	}
	d.Facts = append(d.Facts, Line{Label: t("screens.systems.takes"), Value: takes},
		Line{Label: t("screens.systems.plugin"), Value: strings.TrimSpace(st.Plugin + " " + st.Version), Mono: true})
	if st.Connector != "" {
		d.Facts = append(d.Facts, Line{Label: t("screens.systems.connector"), Value: st.Connector, Mono: true})
	}
	d.Facts = append(d.Facts, Line{Label: t("screens.systems.id"), Value: st.ID, Mono: true})
	if r, ok := s.reports[st.ID]; ok && r.Calls > 0 {
		tone := Good
		if r.Availability < 0.99 {
			tone = Caution
		}
		if r.Availability < 0.9 {
			tone = Danger
		}
		d.Figures = append(d.Figures,
			Line{Label: t("screens.systems.availability"), Value: fmt.Sprintf("%.1f%%", r.Availability*100), Tone: tone},
			Line{Label: t("screens.systems.calls"), Value: t("screens.systems.callsof", "calls", r.Calls, "failed", r.Failed)},
			Line{Label: t("screens.systems.median"), Value: Took(r.P50)},
			Line{Label: t("screens.systems.p95"), Value: Took(r.P95)},
			Line{Label: t("screens.systems.p99"), Value: Took(r.P99)})
		if !r.Last.IsZero() {
			d.Figures = append(d.Figures, Line{Label: t("screens.systems.last"), Value: whenExactly(r.Last, s.env.Now())})
		}
		kinds := make([]string, 0, len(r.Errors))
		for k := range r.Errors {
			kinds = append(kinds, k)
		}
		sort.Strings(kinds)
		for _, k := range kinds {
			d.Errors = append(d.Errors, Line{Label: t("screens.error." + k), Value: t("screens.number", "count", r.Errors[k]), Tone: Caution})
		}
	}
	d.Source, d.HasYAML = s.sources[st.ID]
	return d, true
}

func (s *Systems) kinds(ks []pole.Kind) string {
	words := make([]string, 0, len(ks))
	for _, k := range ks {
		if s.Kind != nil {
			words = append(words, lowerFirst(s.Kind(k)))
		} else {
			words = append(words, string(k))
		}
	}
	return strings.Join(words, ", ")
}

// mapping reads from a connector which property is taken from where. A file that it cannot read has no mapping to show;
// the file itself is shown beside it.
func mapping(text []byte) []MappingLine {
	var f struct {
		Kinds yaml.MapSlice `yaml:"kinds"`
	}
	if yaml.Unmarshal(text, &f) != nil {
		return nil
	}
	var out []MappingLine
	for _, k := range f.Kinds {
		body, _ := k.Value.(map[string]any)
		if m, ok := k.Value.(yaml.MapSlice); ok {
			body = toMap(m)
		}
		fields, _ := body["fields"].(map[string]any)
		if m, ok := body["fields"].(yaml.MapSlice); ok {
			fields = toMap(m)
		}
		names := make([]string, 0, len(fields))
		for n := range fields {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			path := fmt.Sprint(fields[n])
			if m, ok := fields[n].(map[string]any); ok {
				b, _ := yaml.Marshal(m)
				path = strings.Join(strings.Fields(string(b)), " ")
			}
			out = append(out, MappingLine{Kind: fmt.Sprint(k.Key), Property: n, Path: path})
		}
	}
	return out
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

func toMap(m yaml.MapSlice) map[string]any {
	out := make(map[string]any, len(m))
	for _, i := range m {
		out[fmt.Sprint(i.Key)] = i.Value
	}
	return out
}
