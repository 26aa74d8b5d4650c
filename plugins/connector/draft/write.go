package draft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// write gives the connector file. Guesses carry a comment; what was not matched stands as one.
func (a *api) write(m *matcher, o Options) (string, error) {
	byKind := map[pole.Kind][]*entity{}
	var kinds []pole.Kind
	for _, e := range a.entities {
		k, why := m.kindOf(e)
		if k == "" {
			a.skipped = append(a.skipped, e.name+": no kind of the dictionary is like it ("+fmt.Sprint(len(e.fields))+" fields)")
			continue
		}
		if len(e.searches) == 0 && e.fetch == "" && e.submit == nil {
			continue
		}
		e.kind, e.wrap = k, why
		if byKind[k] == nil {
			kinds = append(kinds, k)
		}
		byKind[k] = append(byKind[k], e)
	}
	if len(kinds) == 0 {
		return "", errors.New("nothing in this document is like a kind of the dictionary (person, vehicle, location, incident, …). Write the file by hand from the tutorial; musterctl dictionary lists the kinds")
	}
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# yaml-language-server: $schema=connector.schema.json")
	p("# A first draft%s. What says 'guess' was guessed: check it with", either2(" from "+oneLine(o.From), o.From != ""))
	p("# musterctl connector try, then take the word out. musterctl connector schema -o connector.schema.json helps your editor.")
	p("connector: 1")
	p("id: %s", either(o.ID, identifier(a.title)))
	p("name: %s", quoted(oneLine(either(o.Name, either(a.title, "New system")))))
	p("help: %s", quoted("Say in a sentence what officers find there."))
	p("code: %s", codeOf(either(o.Name, a.title)))
	p("shape: square  # guess: any of square triangle diamond circle bar star box outline lozenge")
	p("version: %s", quoted("0.1"))
	p("options:")
	base := "  base_url: {type: url, label: Server address, required: true, help: As in the published documentation"
	if a.server != "" {
		base += ", default: " + quoted(a.server)
	}
	p("%s}", base)
	for _, l := range a.options {
		p("%s", l)
	}
	for _, l := range a.extra {
		p("%s", l)
	}
	for _, l := range a.auth {
		p("%s", l)
	}
	if len(a.auth) == 0 {
		p("# auth: the document does not say how to sign in; see auth in the reference. Without it nothing is sent.")
	}
	p("limits: {rate: 5/s, parallel: 4, timeout: 20s}  # guess: ask whoever runs the system")
	p("times: {zone: Europe/London, date: iso, instant: rfc3339}  # guess: what times without a zone mean")
	check := a.check
	if check == "" {
		check = a.anyCheck(byKind, kinds)
	}
	p("check: %s", check)
	p("kinds:")
	for _, k := range kinds {
		a.writeKind(p, m, k, byKind[k])
	}
	if len(a.skipped) > 0 {
		p("# Not used:")
		slices.Sort(a.skipped)
		for i, s := range slices.Compact(a.skipped) {
			if i == 60 {
				p("#   and %d more", len(a.skipped)-i)
				break
			}
			p("#   %s", oneLine(s))
		}
	}
	return b.String(), nil
}

func either2(s string, ok bool) string {
	if ok {
		return s
	}
	return ""
}

// anyCheck asks a list for nothing in particular, where the document names no better address.
func (a *api) anyCheck(byKind map[pole.Kind][]*entity, kinds []pole.Kind) string {
	for _, k := range kinds {
		for _, e := range byKind[k] {
			for _, s := range e.searches {
				for _, l := range s.lines {
					if strings.HasPrefix(l, "get: ") && !strings.Contains(l, `\(`) {
						return "{" + l + "}  # guess: better an address that reads no personal data"
					}
				}
			}
		}
	}
	return "{get: /, ok: '.status < 500'}  # guess: an address that reads no personal data and says who is asking"
}

func codeOf(name string) string {
	var b strings.Builder
	for _, w := range words(name) {
		if b.Len() < 3 && w[0] < 128 {
			b.WriteByte(w[0])
		}
	}
	c := strings.ToUpper(b.String())
	for len(c) < 2 {
		c += "X"
	}
	return c
}

func (a *api) writeKind(p func(string, ...any), m *matcher, k pole.Kind, es []*entity) {
	main := es[0]
	for _, e := range es { // the one that can do most stands; the others are named
		if rank(e) > rank(main) {
			main = e
		}
	}
	for _, e := range es {
		if e != main {
			if main.submit == nil && e.submit != nil && joined(e.name) == joined(main.name) {
				main.submit = e.submit
				continue
			}
			a.skipped = append(a.skipped, e.name+": a further "+string(k)+"; give it a kind of its own, or a file of its own")
		}
	}
	e := main
	p("  %s:  # guess: %s, %s", k, oneLine(e.name), e.wrap)
	mapped, unmapped := a.mapping(m, k, e)
	var searches []search
	for _, s := range e.searches {
		by := s.by
		if len(by) == 1 && by[0].property == "" { // by its id alone
			f := field{words: by[0].name, last: by[0].name, format: by[0].format}
			if by[0].property = m.property(k, f); by[0].property == "" {
				continue
			}
			for i, l := range s.lines {
				s.lines[i] = strings.ReplaceAll(l, ".q.PROPERTY", ".q."+string(by[0].property))
			}
			s.by = by
		}
		if len(s.by) > 0 || s.text != "" {
			searches = append(searches, s)
		}
	}
	if e.id == "" {
		for _, f := range e.fields {
			if n := joined(f.last); e.id == "" && strings.Count(f.path, ".") == 1 && (n == "id" || n == "uuid" || n == "guid" || n == joined(e.name)+"id" || n == "key") {
				e.id = f.path
			}
		}
	}
	guessID := ""
	if e.id == "" {
		for _, want := range []pole.Property{"reference", "vrm", "pncId", "uprn"} {
			for _, x := range mapped {
				if x.property == want && e.id == "" {
					e.id, guessID = x.f.path, "  # guess: nothing is called id"
				}
			}
		}
	}
	if e.id == "" && (len(searches) > 0 || e.fetch != "") {
		e.id, guessID = ".id", "  # guess: the document names nothing that identifies a record"
	}
	if len(searches) > 0 {
		p("    search:")
		for _, s := range searches {
			a.writeSearch(p, s)
		}
	}
	if e.fetch != "" {
		p("    fetch: %s", e.fetch)
	}
	if len(searches) > 0 || e.fetch != "" {
		p("    fields:")
		p("      id: %s%s", quoted(e.id), guessID)
		for _, x := range mapped {
			p("      %s: %s%s", x.property, quoted(x.expr), x.note)
		}
		for _, f := range unmapped {
			p("      # %s  not mapped%s", f.path, enumNote(f))
		}
		var must []string
		for _, x := range mapped {
			if x.f.must && !slices.Contains(must, string(x.property)) {
				must = append(must, string(x.property))
			}
		}
		if len(must) > 0 {
			p("    require: [%s]", strings.Join(must, ", "))
		}
	}
	if e.submit != nil {
		a.writeSubmit(p, m, k, e.submit)
	}
	if len(searches) == 0 && e.fetch == "" && e.submit == nil {
		p("    fetch: {get: '/\\(.id)'}  # guess: the document gives no way to search or fetch")
		p("    fields: {id: '.id'}")
	}
}

func rank(e *entity) int {
	n := len(e.searches)*10 + len(e.fields)
	if e.fetch != "" {
		n += 10
	}
	for _, s := range e.searches {
		n += len(s.by) * 3
	}
	return n
}

func (a *api) writeSearch(p func(string, ...any), s search) {
	var by []string
	for _, x := range s.by {
		if name := string(x.property); !slices.Contains(by, name) {
			by = append(by, name)
		}
	}
	lines := slices.Clone(s.lines)
	if len(by) > 0 {
		alternatives := make([]string, len(by))
		for i, first := range by {
			rest := []string{first}
			for j, other := range by {
				if j != i {
					rest = append(rest, other+"?")
				}
			}
			alternatives[i] = "[" + strings.Join(rest, ", ") + "]"
		}
		p("      - by: [%s]%s", strings.Join(alternatives, ", "), either2("  # guess: that any of these alone is enough", len(by) > 1))
		for _, l := range lines {
			p("        %s", l)
		}
	}
	if s.text != "" {
		q := yamlKey(s.text) + ": .text"
		had := false
		for i, l := range lines {
			if strings.HasPrefix(l, "query: {") {
				page := ""
				for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(l, "query: {"), "}"), ", ") {
					if strings.Contains(part, ".page.") {
						page += ", " + part
					}
				}
				lines[i], had = "query: {"+q+page+"}", true
			}
		}
		if !had {
			lines = append(lines, "query: {"+q+"}")
		}
		p("      - text: true")
		for _, l := range lines {
			p("        %s", l)
		}
	}
}

func enumNote(f field) string {
	if len(f.enum) == 0 {
		return ""
	}
	return " (" + oneLine(strings.Join(f.enum, ", ")) + ")"
}

// mappedField is one field with the property it was taken for.
type mappedField struct {
	property pole.Property
	f        field
	expr     string
	note     string
}

// mapping matches fields to properties: of several for one property the plainest path wins.
func (a *api) mapping(m *matcher, k pole.Kind, e *entity) (mapped []mappedField, unmapped []field) {
	best := map[pole.Property]int{}
	for _, f := range e.fields {
		prop := m.property(k, f)
		if prop == "" || strings.Contains(f.path, "[]") {
			if f.path != e.id {
				unmapped = append(unmapped, f)
			}
			continue
		}
		x := mappedField{property: prop, f: f, expr: f.path}
		def, _ := m.dict.Property(prop)
		switch {
		case def.Type == pole.TypePartialDate:
			x.expr += " | day"
		case def.Type == pole.TypeInstant:
			x.expr += " | instant"
		case def.Danger && f.list:
			x.expr = "[" + f.path + "[]]"
		}
		if len(f.enum) > 0 && def.Type == pole.TypeCode {
			x.note = "  # guess: codes are " + oneLine(strings.Join(f.enum, ", ")) + "; translate them with codes: and | code(\"…\")"
		} else if joined(f.last) != joined(string(prop)) {
			x.note = "  # guess"
		}
		if i, twice := best[prop]; twice {
			if strings.Count(f.path, ".") < strings.Count(mapped[i].f.path, ".") {
				unmapped = append(unmapped, mapped[i].f)
				mapped[i] = x
			} else {
				unmapped = append(unmapped, f)
			}
			continue
		}
		best[prop] = len(mapped)
		mapped = append(mapped, x)
	}
	return mapped, unmapped
}

func (a *api) writeSubmit(p func(string, ...any), m *matcher, k pole.Kind, s *submit) {
	type sentField struct {
		prop pole.Property
		f    field
	}
	var take []sentField
	seen := map[pole.Property]bool{}
	for _, f := range s.fields {
		if prop := m.property(k, f); prop != "" && !seen[prop] {
			seen[prop] = true
			take = append(take, sentField{prop, f})
		}
	}
	if len(take) == 0 {
		return
	}
	p("    submit:")
	for _, l := range s.lines {
		p("      %s", l)
	}
	p("      accepts:")
	for _, x := range take {
		must := ""
		if x.f.must {
			must = "required: true, "
		}
		p("        %s: {%sas: %s}", x.prop, must, quoted(strings.TrimPrefix(x.f.path, ".")))
	}
	if s.body {
		tree := newBranch()
		for _, x := range take {
			def, _ := m.dict.Property(x.prop)
			v := ".entry." + string(x.prop)
			switch {
			case def.Many && !x.f.list:
				v = "(" + v + " // [] | join(\"\\n\"))"
			case def.Type == pole.TypePartialDate:
				v = "(" + v + " | date)"
			case def.Type == pole.TypeInstant:
				v = "(" + v + " | stamp)"
			}
			tree.put(pathParts(x.f.path), v)
		}
		p("      body: %s", quoted(tree.String()))
	}
	for _, f := range s.fields {
		if f.must && m.property(k, f) == "" && f.format != "object" {
			p("      # %s must be sent too%s", f.path, enumNote(f))
		}
	}
	if s.result == "" {
		p("      result: {ref: .id}  # guess: the document does not say where the reference stands")
	} else {
		p("      result: {ref: %s}", quoted(s.result))
	}
	p("      # guess: find out whether the system honours an idempotency key, or write confirm: to look up what it has")
}
