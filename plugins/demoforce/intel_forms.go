package demoforce

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What Lantern Intelligence takes: reports graded 3x5x2, and notices of arrests, stops and people missing, which its desk turns
// into reports. A client key that came before answers as the first time.
var intelStyle = intakeStyle{
	day: shaped("2006-01-02"), time: func(s string) bool { n, err := strconv.ParseInt(s, 10, 64); return err == nil && n > 0 },
	join: dotted, item: func(at string, i int) string { return at + "." + strconv.Itoa(i) },
	need: "must not be empty", most: "must not be longer than %d characters", form: "is not in the expected form", codes: "is no value of the enumeration",
}

const (
	intelWho = ` subjectId:20 lastName:35 firstNames*:35 born:day gender:=MALE|FEMALE|UNKNOWN pnc:20 phones*:20 heightCm:num build:60 hair:60 marks:500 occupation:100 `
	intelAt  = ` line:120 town:35 postcode:post `
)

var intelForms = map[string]*intake{
	"submitReport": newIntake(intelStyle, `clientKey!:64 title!:120 text!:8000 eventOn:time officer!:12 source!:=1|2|3 assessment!:=A|B|C|D|E handling!:=P|C conditions:500 provenance:1000
		subjects*:{`+intelWho+` } vehicles*:{ plate!:vrm make:50 model:60 colour:30 } place:{`+intelAt+`}`),
	"submitNotice": newIntake(intelStyle, `clientKey!:64 kind!:=ARREST|STOP|MISSING at!:time officer!:12 headline!:200 text:4000 offences*:200 outcome:60 incident:40
		subject:{`+intelWho+` } line:120 town:35 postcode:post vehicle:{ plate!:vrm make:50 model:60 colour:30 } associates*:{ lastName:35 firstNames*:35 born:day } items*:200`),
}

type intelTaken struct {
	urn, id string
	at      int64
	already bool
}

// mutation takes one submission.
func (x *intel) mutation(name string) func(any, map[string]any) (any, error) {
	in := intelForms[name]
	return func(_ any, args map[string]any) (any, error) {
		v, _ := args["input"].(map[string]any)
		bad := in.check(v)
		for _, k := range []string{"eventOn", "at"} {
			if n, ok := v[k].(json.Number); ok {
				if t, err := n.Int64(); err == nil && time.Unix(t, 0).After(x.force.opt.Now().Add(time.Hour)) {
					bad = append(bad, flaw{k, "FUTURE", "must not lie in the future"})
				}
			}
		}
		if c, _ := v["conditions"].(string); v["handling"] == "C" && strings.TrimSpace(c) == "" {
			bad = append(bad, flaw{"conditions", "REQUIRED", "must say the conditions of handling code C"})
		}
		if len(bad) > 0 {
			e := gqlFail("BAD_USER_INPUT", "%s", plural(len(bad), "field is", "fields are")+" not valid")
			var fields []any
			for _, f := range bad {
				fields = append(fields, map[string]any{"field": f.path, "reason": f.code, "message": f.path + " " + f.say})
			}
			e.Extensions["fields"] = fields
			return nil, e
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("the input cannot be kept: %w", err)
		}
		key, _ := v["clientKey"].(string)
		row, before := x.taken.take("submission", key, "NMR/26/%05d", x.force.opt.Now(), sha256.Sum256(raw), true)
		if before && row.sum != sha256.Sum256(raw) {
			return nil, gqlFail("CONFLICT", "This client key came before with other content")
		}
		if !before {
			x.force.deliveries.add(Delivery{System: "intel", Reference: row.no, ClientRef: key, By: x.clientID, At: row.at.UTC(), Body: raw})
		}
		id := "sub_" + squash(row.no)
		if name == "submitReport" && !before {
			x.keep(id, row, v)
		}
		return intelTaken{row.no, id, row.at.Unix(), before}, nil
	}
}

// keep makes a report of a submission, so that it is found from then on. The caller holds the lock over the data.
func (x *intel) keep(id string, row ledgerRow, v map[string]any) {
	day := ""
	if n, ok := v["eventOn"].(json.Number); ok {
		t, _ := n.Int64() // checked
		day = dayOf(time.Unix(t, 0).In(x.force.world.loc)).iso()
	}
	g := intelGrading{stringAt(v, "source"), stringAt(v, "assessment"), stringAt(v, "handling"), stringAt(v, "conditions")}
	r := &intelReport{id: id, urn: row.no, title: stringAt(v, "title"), text: stringAt(v, "text"), eventOn: day, submitted: dayOf(row.at.In(x.force.world.loc)).iso(), class: "OFFICIAL-SENSITIVE",
		modified: fmt.Sprint(row.at.Unix()), grading: g}
	if p, ok := v["place"].(map[string]any); ok {
		r.place = &intelAddress{stringAt(p, "line"), stringAt(p, "town"), stringAt(p, "postcode"), day, g}
	}
	list, _ := v["subjects"].([]any)
	for _, y := range list {
		m, _ := y.(map[string]any)
		if s, ok := x.byID[stringAt(m, "subjectId")].(*intelSubject); ok {
			r.subjects = append(r.subjects, s)
			s.reports = append(s.reports, r)
		}
	}
	r.words = tokens(r.urn, squash(r.urn), r.title, r.text)
	x.reports = append(x.reports, r)
	x.byID[id] = r
}

// submissions adds what takes entries to the schema.
func (x *intel) submissions(s *gqlSchema) {
	s.scalars = map[string]bool{"ReportInput": true, "NoticeInput": true}
	s.types["Submission"] = map[string]gqlField{"urn": leaf(func(t intelTaken) any { return t.urn }), "id": leaf(func(t intelTaken) any { return t.id }), "receivedAt": leaf(func(t intelTaken) any { return t.at }), "already": leaf(func(t intelTaken) any { return t.already })}
	s.types["Mutation"] = map[string]gqlField{
		"submitReport": {typ: "Submission", args: map[string]string{"input": "ReportInput!"}, resolve: x.mutation("submitReport")},
		"submitNotice": {typ: "Submission", args: map[string]string{"input": "NoticeInput!"}, resolve: x.mutation("submitNotice")},
	}
	s.types["Query"]["submission"] = gqlField{typ: "Submission", args: map[string]string{"clientKey": "String!"}, resolve: func(_ any, a map[string]any) (any, error) {
		key, _ := a["clientKey"].(string)
		if row, ok := x.taken.find("submission", key); ok {
			return intelTaken{row.no, "sub_" + squash(row.no), row.at.Unix(), true}, nil
		}
		return nil, nil
	}}
}
