package vm

import (
	"slices"
	"strconv"
	"strings"

	"muster/app/desk"
	"muster/plugins/pole"
)

// SourceRow is one row of the connector's text: a line of it, or what is wrong with the line above.
type SourceRow struct {
	ID      string
	Number  int // from 1; 0 for a finding about the file as a whole
	Indent  int // spaces before the text
	Text    string
	Comment bool
	Key     string // the words up to the colon, for a reader's eye; part of Text
	Finding *Finding
}

// Finding is one thing that is wrong with a connector, or worth a second thought.
type Finding struct {
	Say, Cure string
	Tone      Tone
}

// Source is the connector's text by lines, each finding below the line that it is about.
func (s *Systems) Source() []SourceRow {
	look := s.looks[s.selected]
	if len(look.Source) == 0 {
		return nil
	}
	found := map[int][]SourceRow{}
	for i, p := range look.Problems {
		tone := Danger
		if p.Warning {
			tone = Caution
		}
		found[p.Line] = append(found[p.Line], SourceRow{ID: "finding " + strconv.Itoa(i), Number: p.Line, Finding: &Finding{Say: sentence(p.Say), Cure: sentence(p.Cure), Tone: tone}})
	}
	out := found[0]
	for i, line := range strings.Split(strings.TrimRight(string(look.Source), "\n"), "\n") {
		text := strings.TrimLeft(line, " ")
		r := SourceRow{ID: "line " + strconv.Itoa(i+1), Number: i + 1, Indent: len(line) - len(text), Text: text, Comment: strings.HasPrefix(text, "#")}
		if k := strings.Index(text, ":"); k > 0 && !r.Comment && !strings.ContainsAny(text[:k], `'"{[(|`) && (k+1 == len(text) || text[k+1] == ' ') {
			r.Key = text[:k+1]
		}
		out = append(out, r)
		out = append(out, found[i+1]...)
	}
	return out
}

// LineID is the id of the row of a line.
func LineID(n int) string { return "line " + strconv.Itoa(n) }

// Findings counts what is wrong with the connector, and what is worth a second thought.
func (s *Systems) Findings() (wrong, warnings int) {
	for _, p := range s.looks[s.selected].Problems {
		if p.Warning {
			warnings++
		} else {
			wrong++
		}
	}
	return wrong, warnings
}

// FindingsWords says in one line whether the file is in order.
func (s *Systems) FindingsWords() (string, Tone) {
	switch wrong, warnings := s.Findings(); {
	case len(s.looks[s.selected].Source) == 0:
		return s.env.T("screens.systems.source.none"), Quiet
	case wrong > 0:
		return s.env.T("screens.systems.findings.wrong", "n", wrong), Danger
	case warnings > 0:
		return s.env.T("screens.systems.findings.warnings", "n", warnings), Caution
	}
	return s.env.T("screens.systems.findings.none"), Good
}

// NextFinding is the id of the row of the finding after a row; the first one after the last, "" for none.
func (s *Systems) NextFinding(after string) string {
	rows := s.Source()
	at := slices.IndexFunc(rows, func(r SourceRow) bool { return r.ID == after })
	for i := range rows {
		if r := rows[(at+1+i)%len(rows)]; r.Finding != nil {
			return r.ID
		}
	}
	return ""
}

// KindTab is one kind of the mapping.
type KindTab struct {
	Kind  pole.Kind
	Words string
}

// MapKinds lists the kinds that the connector maps.
func (s *Systems) MapKinds() (out []KindTab) {
	for _, k := range s.looks[s.selected].Mapping.Kinds {
		out = append(out, KindTab{k.Kind, s.kindWords(k.Kind)})
	}
	return out
}

// MapKind is the kind whose mapping is shown; "" for none.
func (s *Systems) MapKind() pole.Kind {
	k, ok := s.mapped()
	if !ok {
		return ""
	}
	return k.Kind
}

// SetMapKind shows the mapping of a kind.
func (s *Systems) SetMapKind(k pole.Kind) {
	if s.MapKind() != k {
		s.kind = k
		s.changed()
	}
}

func (s *Systems) mapped() (desk.KindMapping, bool) {
	all := s.looks[s.selected].Mapping.Kinds
	if i := slices.IndexFunc(all, func(k desk.KindMapping) bool { return k.Kind == s.kind }); i >= 0 {
		return all[i], true
	}
	if len(all) > 0 {
		return all[0], true
	}
	return desk.KindMapping{}, false
}

// MapRow is one row of the mapping: the head of a part, or what comes from where.
type MapRow struct {
	ID     string
	Head   string // of a part; the other members are empty then, Note aside
	Label  string
	Source string // as the file has it
	Note   string
	Marks  []MapMark
	Line   int // where it stands in the file; 0 for what does not
}

// MapMark is a word beside a mapping.
type MapMark struct {
	Words string
	Tone  Tone
}

// Mapping is what the connector maps of the kind shown.
func (s *Systems) Mapping() []MapRow {
	k, ok := s.mapped()
	if !ok {
		return nil
	}
	t := s.env.T
	var out []MapRow
	add := func(r MapRow) {
		r.ID = "row " + strconv.Itoa(len(out))
		out = append(out, r)
	}
	add(MapRow{Head: t("screens.systems.map.fields", "n", len(k.Fields)), Note: t("screens.systems.map.fields.note")})
	for _, f := range k.Fields {
		add(MapRow{Label: s.propertyWords(f.Property), Source: f.Source, Marks: s.marks(f), Line: f.Line, Note: f.Group})
	}
	add(MapRow{Head: t("screens.systems.map.ways")})
	for _, w := range k.Ways {
		add(MapRow{Label: t("screens.systems.way." + w.Does), Source: w.Request, Note: s.by(w.By), Line: w.Line})
	}
	if len(k.Links) > 0 {
		add(MapRow{Head: t("screens.systems.map.links", "n", len(k.Links))})
	}
	for _, l := range k.Links {
		r := MapRow{Label: s.roleWords(l.Role), Source: l.Source, Line: l.Line, Note: t("screens.systems.map.out", "kind", s.linkKind(l.Kind))}
		if l.In {
			r.Note = t("screens.systems.map.in", "kind", s.linkKind(l.Kind))
		}
		if strings.Contains(l.Role, ".") {
			r.Label, r.Note = t("screens.systems.map.rolefrom"), l.Role+" · "+r.Note
		}
		add(r)
	}
	if len(k.Takes) > 0 {
		add(MapRow{Head: t("screens.systems.map.takes", "n", len(k.Takes)), Note: t("screens.systems.map.takes.note")})
	}
	for _, f := range k.Takes {
		add(MapRow{Label: s.path(f.Path), Source: strings.Join(f.As, "\n"), Marks: s.takeMarks(f), Note: f.Label, Line: f.Line})
	}
	if len(k.Unused) > 0 {
		words := make([]string, 0, len(k.Unused))
		for _, p := range k.Unused {
			words = append(words, s.propertyWords(p))
		}
		add(MapRow{Head: t("screens.systems.map.unused", "n", len(k.Unused))})
		add(MapRow{Note: strings.Join(words, ", ")})
	}
	return out
}

func (s *Systems) marks(f desk.Mapped) (out []MapMark) {
	t := s.env.T
	if f.Danger {
		out = append(out, MapMark{t("screens.systems.mark.danger"), Danger})
	}
	if f.Required {
		out = append(out, MapMark{t("screens.systems.mark.required"), Caution})
	}
	if f.Searched {
		out = append(out, MapMark{t("screens.systems.mark.searched"), Good})
	}
	for _, l := range f.Lists {
		out = append(out, MapMark{t("screens.systems.mark.list", "list", l), Quiet})
	}
	if f.Dated {
		out = append(out, MapMark{t("screens.systems.mark.dated"), Quiet})
	}
	if f.AbsentNone {
		out = append(out, MapMark{t("screens.systems.mark.absent"), Quiet})
	}
	return out
}

func (s *Systems) takeMarks(f desk.Taken) (out []MapMark) {
	t := s.env.T
	if f.Required {
		out = append(out, MapMark{t("screens.systems.mark.required"), Caution})
	}
	if f.Max > 0 {
		out = append(out, MapMark{t("screens.systems.mark.max", "n", f.Max), Quiet})
	}
	if n := len(f.Codes); n > 0 {
		out = append(out, MapMark{t("screens.systems.mark.codes", "n", n), Quiet})
	}
	return out
}

// by says what a search goes by: any of these sets will do.
func (s *Systems) by(sets [][]pole.Property) string {
	out := make([]string, 0, len(sets))
	for _, set := range sets {
		words := make([]string, 0, len(set))
		for _, p := range set {
			words = append(words, s.propertyWords(p))
		}
		out = append(out, strings.Join(words, " + "))
	}
	return strings.Join(out, " · ")
}

// path names a field of a submission: the part it is of, then the property.
func (s *Systems) path(path string) string {
	part, p, ok := strings.Cut(path, ".")
	if !ok {
		return s.propertyWords(pole.Property(path))
	}
	return upperFirst(part) + " · " + s.propertyWords(pole.Property(p))
}

func (s *Systems) propertyWords(p pole.Property) string {
	if s.Property != nil {
		if w := s.Property(p); w != "" {
			return w
		}
	}
	return string(p)
}

func (s *Systems) roleWords(r string) string {
	if s.Role != nil {
		if w := s.Role(pole.Role(r)); w != "" {
			return upperFirst(w)
		}
	}
	return r
}

func (s *Systems) linkKind(k string) string {
	if strings.Contains(k, ".") {
		return s.env.T("screens.systems.map.anykind")
	}
	return lowerFirst(s.kindWords(pole.Kind(k)))
}
