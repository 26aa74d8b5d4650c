package vm

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"muster/app/desk"
	"muster/app/evaluate"
	"muster/plugins"
	"muster/plugins/pole"
)

// Line is one labelled line of a detail.
type Line struct {
	Label string
	Value string
	Tone  Tone
	Mono  bool
}

// AnswerLine is one of the latest calls.
type AnswerLine struct {
	When  string
	Doing string
	Took  string
	Words string
	Share float32 // of the longest of them, 0 to 1
	Tone  Tone
}

// SystemDetail is the selected system in full.
type SystemDetail struct {
	Status  desk.SystemStatus
	Health  HealthLine
	Say     string // why it is not well, and what to do
	SignIn  string // how the officer is signed in there
	Needs   []plugins.Option
	Asks    []plugins.Option
	Now     []Line
	Figures []Line
	Errors  []Line
	Recent  []AnswerLine
	Facts   []Line // of the connector
	Reach   []Line // what it may do
	Path    string // of the file, where it is one of the profile's
}

// Selected gives the selected system.
func (s *Systems) Selected() (SystemDetail, bool) {
	i := s.Index()
	if i < 0 {
		return SystemDetail{}, false
	}
	st := s.desk.Systems()[i]
	look := s.looks[st.ID]
	d := SystemDetail{Status: st, Health: s.env.health(st), Say: sentence(st.Say), Needs: st.Needs, Asks: st.Asks, Path: look.Path}
	t := s.env.T
	switch {
	case len(st.Needs) > 0:
		d.SignIn = t("screens.systems.signin.needs")
	case len(st.Asks) > 0:
		d.SignIn = t("screens.systems.signin.own")
	default:
		d.SignIn = t("screens.systems.signin.one")
	}
	d.Now = s.now(st, look)
	if r, ok := s.reports[st.ID]; ok && r.Calls > 0 {
		d.Figures, d.Errors, d.Recent = s.figures(r), s.failures(r), s.recent(r)
	}
	d.Facts, d.Reach = s.connector(st, look), s.reach(look)
	return d, true
}

// now is how the system stands at this moment.
func (s *Systems) now(st desk.SystemStatus, look desk.Inspection) []Line {
	t := s.env.T
	var out []Line
	if st.User != "" {
		out = append(out, Line{Label: t("screens.systems.user"), Value: st.User})
	}
	out = append(out, Line{Label: t("screens.systems.auth"), Value: s.auth(look)})
	held := Line{Label: t("screens.systems.held"), Value: t("screens.systems.held.no"), Tone: Good}
	switch {
	case look.Held:
		held.Tone, held.Value = Danger, t("screens.systems.held.yes", "since", s.when(look.Failed), "retry", s.when(look.Retry))
	case !look.Paused.IsZero():
		held.Tone, held.Value = Caution, t("screens.systems.held.paused", "until", s.when(look.Paused))
	case !look.Failed.IsZero():
		held.Tone, held.Value = Caution, t("screens.systems.held.failing", "since", s.when(look.Failed))
	}
	out = append(out, held)
	if said := strings.TrimSpace(look.Said.Server + " " + look.Said.Version); said != "" {
		out = append(out, Line{Label: t("screens.systems.said"), Value: said})
	}
	if len(st.Kinds) > 0 {
		out = append(out, Line{Label: t("screens.systems.holds"), Value: s.kinds(st.Kinds)})
	}
	takes := t("screens.systems.takes.none")
	if len(st.Takes) > 0 {
		takes = s.kinds(st.Takes)
	}
	live := t("screens.systems.live.no")
	if st.Live {
		live = t("screens.systems.live.yes")
	}
	return append(out, Line{Label: t("screens.systems.takes"), Value: takes}, Line{Label: t("screens.systems.live"), Value: live})
}

func (s *Systems) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return whenExactly(t.Local(), s.env.Now())
}

// auth is how the desk signs in there, in words.
func (s *Systems) auth(look desk.Inspection) string {
	if len(look.Auth) == 0 {
		return s.env.T("screens.systems.auth.none")
	}
	var out []string
	for _, a := range look.Auth {
		for _, one := range append([]plugins.AuthSpec{a}, a.Also...) {
			if w := s.env.T("screens.systems.auth." + strings.ReplaceAll(string(one.Kind), "_", "-")); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return strings.Join(out, ", ")
}

func (s *Systems) figures(r evaluate.Report) []Line {
	t := s.env.T
	tone := Good
	if r.Availability < 0.99 {
		tone = Caution
	}
	if r.Availability < 0.9 {
		tone = Danger
	}
	out := []Line{
		{Label: t("screens.systems.availability"), Value: fmt.Sprintf("%.1f%%", r.Availability*100), Tone: tone},
		{Label: t("screens.systems.calls"), Value: t("screens.systems.callsof", "calls", r.Calls, "failed", r.Failed)},
		{Label: t("screens.systems.median"), Value: Took(r.P50)},
		{Label: t("screens.systems.p95"), Value: Took(r.P95)},
		{Label: t("screens.systems.p99"), Value: Took(r.P99)}}
	if !r.Last.IsZero() {
		out = append(out, Line{Label: t("screens.systems.last"), Value: whenExactly(r.Last.Local(), s.env.Now())})
	}
	return out
}

func (s *Systems) failures(r evaluate.Report) (out []Line) {
	kinds := make([]string, 0, len(r.Errors))
	for k := range r.Errors {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		out = append(out, Line{Label: upperFirst(s.env.T("screens.error." + k)), Value: s.env.T("screens.number", "count", r.Errors[k]), Tone: Caution})
	}
	return out
}

func (s *Systems) recent(r evaluate.Report) (out []AnswerLine) {
	var longest time.Duration
	for _, a := range r.Recent {
		longest = max(longest, a.Took)
	}
	for _, a := range r.Recent {
		l := AnswerLine{When: whenExactly(a.At.Local(), s.env.Now()), Doing: s.doing(a.Doing), Took: Took(a.Took), Words: s.env.T("screens.systems.answer.well"), Tone: Good}
		if longest > 0 {
			l.Share = float32(a.Took) / float32(longest)
		}
		if a.Err != "" {
			l.Words, l.Tone = s.env.T("screens.error."+a.Err), Danger
		}
		if a.Attempts > 1 {
			l.Words += s.env.T("screens.systems.answer.attempts", "n", a.Attempts)
		}
		out = append(out, l)
	}
	return out
}

func (s *Systems) doing(op string) string {
	if op == "check" || op == "" {
		return s.env.T("screens.systems.answer.check")
	}
	return s.env.T("screens.audit.op." + strings.ReplaceAll(op, " ", "-"))
}

// connector is what the file is.
func (s *Systems) connector(st desk.SystemStatus, look desk.Inspection) []Line {
	t := s.env.T
	where := look.Path
	switch {
	case look.File == "":
		where = t("screens.systems.where.code")
	case where == "":
		where = t("screens.systems.where.shipped")
	}
	out := []Line{{Label: t("screens.systems.where"), Value: where, Mono: look.Path != ""}}
	if look.File != "" {
		out = append([]Line{{Label: t("screens.systems.connector"), Value: look.File, Mono: true}}, out...)
	}
	return append(out, Line{Label: t("screens.systems.plugin"), Value: strings.TrimSpace(st.Plugin + " " + st.Version), Mono: true},
		Line{Label: t("screens.systems.id"), Value: st.ID, Mono: true})
}

// reach is what it may do: where to, how often, with what.
func (s *Systems) reach(look desk.Inspection) []Line {
	t := s.env.T
	out := []Line{{Label: t("screens.systems.hosts"), Value: strings.Join(look.Hosts, ", "), Mono: true},
		{Label: t("screens.systems.auth"), Value: s.auth(look)}, {Label: t("screens.systems.limits"), Value: s.limits(look.Limits)}}
	var set []string
	for _, o := range look.Settings {
		value := o.Value
		switch {
		case o.Secret:
			value = t("screens.systems.setting.secret")
		case value == "":
			value = t("screens.systems.setting.none")
		}
		set = append(set, o.Label+": "+value)
	}
	if len(set) > 0 {
		out = append(out, Line{Label: t("screens.systems.settings"), Value: strings.Join(set, " · ")})
	}
	return out
}

func (s *Systems) limits(l plugins.Limits) string {
	t := s.env.T
	var out []string
	if l.Rate > 0 {
		out = append(out, t("screens.systems.limit.rate", "n", strings.TrimSuffix(fmt.Sprintf("%.1f", l.Rate), ".0")))
	}
	if l.Parallel > 0 {
		out = append(out, t("screens.systems.limit.parallel", "n", l.Parallel))
	}
	if l.Timeout > 0 {
		out = append(out, t("screens.systems.limit.timeout", "time", Took(l.Timeout)))
	}
	if l.Response > 0 {
		out = append(out, t("screens.systems.limit.response", "size", megabytes(l.Response)))
	}
	if l.Records > 0 {
		out = append(out, t("screens.systems.limit.records", "n", l.Records))
	}
	return strings.Join(out, ", ")
}

func megabytes(n int64) string {
	if n >= 1<<20 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0") + " MiB"
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

func (s *Systems) kinds(ks []pole.Kind) string {
	words := make([]string, 0, len(ks))
	for _, k := range ks {
		words = append(words, lowerFirst(s.kindWords(k)))
	}
	return strings.Join(words, ", ")
}

func (s *Systems) kindWords(k pole.Kind) string {
	if s.Kind != nil {
		return s.Kind(k)
	}
	return string(k)
}

// TestView is what the latest check of the selected system came to.
type TestView struct {
	Asked bool
	Tone  Tone
	Words string
	Facts []Line
}

// TestResult says how the latest check of the selected system went.
func (s *Systems) TestResult() TestView {
	t := s.env.T
	run, ok := s.tests[s.selected]
	if !ok {
		return TestView{}
	}
	v := TestView{Asked: true, Tone: Good, Words: t("screens.systems.test.well"), Facts: []Line{
		{Label: t("screens.systems.test.when"), Value: whenExactly(run.at, s.env.Now())}, {Label: t("screens.systems.test.took"), Value: Took(run.took)}}}
	if run.err != nil {
		v.Tone, v.Words = Danger, sentence(checkWords(run.err))
		return v
	}
	said := s.looks[s.selected].Said
	for _, l := range []Line{{Label: t("screens.systems.user"), Value: said.User}, {Label: t("screens.systems.said"), Value: said.Server}, {Label: t("screens.systems.test.version"), Value: said.Version, Mono: true}} {
		if l.Value != "" {
			v.Facts = append(v.Facts, l)
		}
	}
	return v
}

// checkWords are an error's words for a person, without the system's id before them.
func checkWords(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) && e.Say != "" {
		return e.Say
	}
	return say(err)
}
