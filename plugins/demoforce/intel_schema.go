package demoforce

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// The objects of Lantern Intelligence.

type intelGrading struct{ source, assessment, handling, conditions string }

type intelAddress struct {
	line, town, postcode, reported string
	grading                        intelGrading
}

type intelSubject struct {
	id, last, born, gender, pnc string
	first, nicks, phones        []string
	aliases                     [][2]string
	addresses                   []intelAddress
	warnings                    [][2]string
	associates                  []intelTie
	vehicles                    []*intelVehicle
	reports                     []*intelReport
	class, modified             string
	words                       []string
}

type intelTie struct {
	role     string
	strength int
	who      *intelSubject
}

type intelVehicle struct {
	id, plate, make, model, colour, class, modified string
	subjects                                        []*intelSubject
	reports                                         []*intelReport
	words                                           []string
}

type intelReport struct {
	id, urn, title, text, eventOn, submitted, class, modified string
	grading                                                   intelGrading
	subjects                                                  []*intelSubject
	vehicles                                                  []*intelVehicle
	place                                                     *intelAddress
	words                                                     []string
}

type intelPage struct {
	total int
	nodes []any
	from  int
	more  bool
}

type intelEdge struct {
	cursor string
	node   any
}

func anys[T any](l []T) []any {
	out := make([]any, 0, len(l))
	for _, x := range l {
		out = append(out, x)
	}
	return out
}

// leaf is a field that takes no arguments and holds a plain value of P.
func leaf[P any](get func(P) any) gqlField {
	return gqlField{typ: "String", resolve: func(p any, _ map[string]any) (any, error) { return get(p.(P)), nil }}
}

func object[P any](typ string, list bool, get func(P) any) gqlField {
	return gqlField{typ: typ, list: list, resolve: func(p any, _ map[string]any) (any, error) { return get(p.(P)), nil }}
}

type intelMark struct{ class, handling string }

func cursorOf(n int) string {
	return base64.StdEncoding.EncodeToString([]byte("lantern:" + strconv.Itoa(n)))
}

// pageOf cuts a connection's window out of hits.
func pageOf[T any](hits []T, args map[string]any) (any, error) {
	first, after := 20, 0
	if n, ok := args["first"].(int); ok {
		if n < 1 || n > 50 {
			return nil, gqlFail("BAD_USER_INPUT", "first must be 1 to 50")
		}
		first = n
	}
	if s, ok := args["after"].(string); ok && s != "" {
		b, err := base64.StdEncoding.DecodeString(s)
		num, mine := strings.CutPrefix(string(b), "lantern:")
		n, err2 := strconv.Atoi(num)
		if err != nil || err2 != nil || !mine || n < 1 {
			return nil, gqlFail("BAD_USER_INPUT", "after is no cursor of this service")
		}
		after = n
	}
	from := min(after, len(hits))
	to := min(from+first, len(hits))
	return &intelPage{len(hits), anys(hits[from:to]), from, to < len(hits)}, nil
}

func (x *intel) schema() *gqlSchema {
	str := func(m map[string]any, k string) string { s, _ := m[k].(string); return s }
	needs := func(f map[string]any) error {
		for _, v := range f {
			if s, text := v.(string); v != nil && (!text || strings.TrimSpace(s) != "") {
				return nil
			}
		}
		return gqlFail("BAD_USER_INPUT", "filter needs at least one criterion")
	}
	connection := func(name string) map[string]gqlField {
		return map[string]gqlField{
			"totalCount": leaf(func(p *intelPage) any { return p.total }),
			"edges": object(name+"Edge", true, func(p *intelPage) any {
				var out []intelEdge
				for i, n := range p.nodes {
					out = append(out, intelEdge{cursorOf(p.from + i + 1), n})
				}
				return anys(out)
			}),
			"pageInfo": object("PageInfo", false, func(p *intelPage) any { return p }),
		}
	}
	edge := func(name string) map[string]gqlField {
		return map[string]gqlField{"cursor": leaf(func(e intelEdge) any { return e.cursor }), "node": object(name, false, func(e intelEdge) any { return e.node })}
	}
	page := map[string]string{"first": "Int", "after": "String"}
	with := func(filter string) map[string]string {
		m := map[string]string{"filter": filter + "!"}
		for k, v := range page {
			m[k] = v
		}
		return m
	}
	id := map[string]string{"id": "ID!"}
	find := func(of any) (any, error) {
		if of == nil {
			return nil, gqlFail("NOT_FOUND", "There is no such record")
		}
		return of, nil
	}
	t := map[string]map[string]gqlField{
		"Query": {
			"me": {typ: "Me", resolve: func(any, map[string]any) (any, error) { return x, nil }},
			"subjects": {typ: "SubjectConnection", args: with("SubjectFilter"), resolve: func(_ any, a map[string]any) (any, error) {
				f, _ := a["filter"].(map[string]any)
				if err := needs(f); err != nil {
					return nil, err
				}
				return pageOf(x.findSubjects(f), a)
			}},
			"vehicles": {typ: "VehicleConnection", args: with("VehicleFilter"), resolve: func(_ any, a map[string]any) (any, error) {
				f, _ := a["filter"].(map[string]any)
				if err := needs(f); err != nil {
					return nil, err
				}
				ws := tokens(str(f, "text"))
				var hits []*intelVehicle
				for _, v := range x.vehicles {
					if (str(f, "plate") == "" || is(str(f, "plate"), v.plate)) && hasWords(v.words, ws) {
						hits = append(hits, v)
					}
				}
				return pageOf(hits, a)
			}},
			"reports": {typ: "ReportConnection", args: with("ReportFilter"), resolve: func(_ any, a map[string]any) (any, error) {
				f, _ := a["filter"].(map[string]any)
				if err := needs(f); err != nil {
					return nil, err
				}
				ws := tokens(str(f, "text"))
				var hits []*intelReport
				for _, v := range x.reports {
					if (str(f, "urn") == "" || is(str(f, "urn"), v.urn)) && hasWords(v.words, ws) &&
						(str(f, "subjectId") == "" || slices.ContainsFunc(v.subjects, func(s *intelSubject) bool { return s.id == str(f, "subjectId") })) &&
						(str(f, "plate") == "" || slices.ContainsFunc(v.vehicles, func(c *intelVehicle) bool { return is(str(f, "plate"), c.plate) })) {
						hits = append(hits, v)
					}
				}
				return pageOf(hits, a)
			}},
			"subject": {typ: "Subject", args: id, resolve: func(_ any, a map[string]any) (any, error) { return find(x.byID[str(a, "id")]) }},
			"vehicle": {typ: "Vehicle", args: id, resolve: func(_ any, a map[string]any) (any, error) { return find(x.byID[str(a, "id")]) }},
			"report":  {typ: "Report", args: id, resolve: func(_ any, a map[string]any) (any, error) { return find(x.byID[str(a, "id")]) }},
		},
		"Me":                {"clientId": leaf(func(*intel) any { return x.clientID }), "server": leaf(func(*intel) any { return "Lantern Intelligence" }), "version": leaf(func(*intel) any { return "2026.3" })},
		"SubjectConnection": connection("Subject"), "SubjectEdge": edge("Subject"), "VehicleConnection": connection("Vehicle"), "VehicleEdge": edge("Vehicle"), "ReportConnection": connection("Report"), "ReportEdge": edge("Report"),
		"PageInfo": {"hasNextPage": leaf(func(p *intelPage) any { return p.more }), "endCursor": leaf(func(p *intelPage) any {
			if len(p.nodes) == 0 {
				return nil
			}
			return cursorOf(p.from + len(p.nodes))
		})},
		"Subject": {
			"id": leaf(func(s *intelSubject) any { return s.id }), "lastName": leaf(func(s *intelSubject) any { return s.last }), "firstNames": leaf(func(s *intelSubject) any { return anys(s.first) }),
			"nicknames": leaf(func(s *intelSubject) any { return anys(s.nicks) }), "born": leaf(func(s *intelSubject) any { return orNull(s.born) }), "gender": leaf(func(s *intelSubject) any { return s.gender }),
			"pnc": leaf(func(s *intelSubject) any { return orNull(s.pnc) }), "phones": leaf(func(s *intelSubject) any { return anys(s.phones) }), "lastModified": leaf(func(s *intelSubject) any { return s.modified }),
			"aliases": object("Alias", true, func(s *intelSubject) any { return anys(s.aliases) }), "addresses": object("SubjectAddress", true, func(s *intelSubject) any { return anys(s.addresses) }),
			"warnings": object("Warning", true, func(s *intelSubject) any { return anys(s.warnings) }), "associates": object("Association", true, func(s *intelSubject) any { return anys(s.associates) }),
			"vehicles": object("Vehicle", true, func(s *intelSubject) any { return anys(s.vehicles) }), "reports": object("Report", true, func(s *intelSubject) any { return anys(s.reports) }),
			"marking": object("Marking", false, func(s *intelSubject) any { return intelMark{s.class, "P"} }),
		},
		"Alias":          {"lastName": leaf(func(a [2]string) any { return orNull(a[0]) }), "firstName": leaf(func(a [2]string) any { return orNull(a[1]) })},
		"Warning":        {"code": leaf(func(a [2]string) any { return a[0] }), "note": leaf(func(a [2]string) any { return orNull(a[1]) })},
		"Association":    {"role": leaf(func(a intelTie) any { return a.role }), "strength": leaf(func(a intelTie) any { return a.strength }), "person": object("Subject", false, func(a intelTie) any { return a.who })},
		"SubjectAddress": {"line": leaf(func(a intelAddress) any { return a.line }), "town": leaf(func(a intelAddress) any { return orNull(a.town) }), "postcode": leaf(func(a intelAddress) any { return orNull(a.postcode) }), "reportedOn": leaf(func(a intelAddress) any { return orNull(a.reported) }), "grading": object("Grading", false, func(a intelAddress) any { return a.grading })},
		"Vehicle": {
			"id": leaf(func(v *intelVehicle) any { return v.id }), "plate": leaf(func(v *intelVehicle) any { return v.plate }), "make": leaf(func(v *intelVehicle) any { return orNull(v.make) }), "model": leaf(func(v *intelVehicle) any { return orNull(v.model) }),
			"colour": leaf(func(v *intelVehicle) any { return orNull(v.colour) }), "lastModified": leaf(func(v *intelVehicle) any { return v.modified }), "subjects": object("Subject", true, func(v *intelVehicle) any { return anys(v.subjects) }),
			"reports": object("Report", true, func(v *intelVehicle) any { return anys(v.reports) }), "marking": object("Marking", false, func(v *intelVehicle) any { return intelMark{v.class, "P"} }),
		},
		"Report": {
			"id": leaf(func(r *intelReport) any { return r.id }), "urn": leaf(func(r *intelReport) any { return r.urn }), "title": leaf(func(r *intelReport) any { return r.title }), "text": leaf(func(r *intelReport) any { return r.text }),
			"eventOn": leaf(func(r *intelReport) any { return orNull(r.eventOn) }), "submittedOn": leaf(func(r *intelReport) any { return r.submitted }), "lastModified": leaf(func(r *intelReport) any { return r.modified }),
			"grading": object("Grading", false, func(r *intelReport) any { return r.grading }), "subjects": object("Subject", true, func(r *intelReport) any { return anys(r.subjects) }),
			"vehicles": object("Vehicle", true, func(r *intelReport) any { return anys(r.vehicles) }), "marking": object("Marking", false, func(r *intelReport) any { return intelMark{r.class, r.grading.handling} }),
			"place": object("SubjectAddress", false, func(r *intelReport) any {
				if r.place == nil {
					return nil
				}
				return *r.place
			}),
		},
		"Grading": {"source": leaf(func(g intelGrading) any { n, _ := strconv.Atoi(g.source); return n }), "assessment": leaf(func(g intelGrading) any { return g.assessment }), "handling": leaf(func(g intelGrading) any { return g.handling }),
			"conditions": leaf(func(g intelGrading) any { return orNull(g.conditions) }), "code": leaf(func(g intelGrading) any { return g.source + "-" + g.assessment + "-" + g.handling })},
		"Marking": {"classification": leaf(func(m intelMark) any { return m.class }), "handling": leaf(func(m intelMark) any { return []any{m.handling} })},
	}
	s := &gqlSchema{types: t, inputs: map[string]map[string]string{
		"SubjectFilter": {"text": "String", "lastName": "String", "firstName": "String", "bornYear": "Int", "pnc": "String", "phone": "String", "postcode": "String"},
		"VehicleFilter": {"text": "String", "plate": "String"},
		"ReportFilter":  {"text": "String", "urn": "String", "subjectId": "ID", "plate": "String"},
	}}
	x.submissions(s)
	return s
}
