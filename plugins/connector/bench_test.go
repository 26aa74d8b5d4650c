package connector

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What one record of 20 fields costs, by the format that it comes in: reading the answer and mapping it, with 50
// records in each answer. The cost by record is the metric ns/record.
func BenchmarkFormats(b *testing.B) {
	const records = 50
	row := func(name, in string) string {
		switch name {
		case "dob":
			return "03/11/2011"
		case "sex":
			return "Male"
		case "id":
			return "ID"
		case "flag":
			return "VI"
		}
		return in
	}
	names := append([]string{"id", "dob", "sex", "flag"}, twenty...)
	lines := func(f func(name, value string) string, between string) string {
		var cells []string
		for _, n := range names {
			cells = append(cells, f(n, row(n, "LS8 2QX")))
		}
		return strings.Join(cells, between)
	}
	many := func(one, between string) string {
		var all []string
		for i := range records {
			all = append(all, strings.Replace(one, "ID", strconv.Itoa(i), 1))
		}
		return strings.Join(all, between)
	}
	tag := func(n, v string) string { return "<" + n + ">" + v + "</" + n + ">" }
	head := lines(func(n, _ string) string { return n }, ",")
	var css strings.Builder
	for _, n := range names {
		fmt.Fprintf(&css, ", %s: td.%s", n, n)
	}
	for _, c := range []struct{ name, keys, ctype, body, flag string }{
		{"json", "records: .items", "application/json", `{"items":[` + many("{"+lines(func(n, v string) string { return fmt.Sprintf("%q:%q", n, v) }, ",")+"}", ",") + "]}", ".flag"},
		{"xml", "answers: xml, records: .all.item", "application/xml", "<all>" + many("<item>"+lines(tag, "")+"</item>", "") + "</all>", ".flag"},
		{"csv", "answers: csv, records: .", "text/csv", head + "\n" + many(lines(func(_, v string) string { return v }, ","), "\n") + "\n", ".flag"},
		{"html", "answers: html, records: .rows, none: '.body.nothing != null', html: {nothing: p.none, rows: {each: 'tr.r', of: {" + strings.TrimPrefix(css.String(), ", ") + "}}}", "text/html",
			"<html><body><table>" + many("<tr class=r>"+lines(func(n, v string) string { return "<td class=" + n + ">" + v + "</td>" }, "")+"</tr>", "") + "</table></body></html>", ".flag"},
	} {
		b.Run(c.name, func(b *testing.B) {
			sys, _ := open(b, benchFile("search: [{by: [surname], get: /p, "+c.keys+"}]", c.flag), "http://127.0.0.1:1")
			s := sys.(interface{ self() *system }).self()
			k := s.spec.kinds[0]
			op, ctx, now := k.searches[0], context.Background(), time.Now()
			resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {c.ctype}}}
			m := s.mapper(k, nil, nil)
			b.ReportAllocs()
			for b.Loop() {
				a := &answer{status: http.StatusOK, raw: []byte(c.body), resp: resp}
				a.parse(op.op, s.spec)
				sc := newScope(nil).answer(a)
				els, err := elements(ctx, op.records, sc, a.body)
				if err != nil || a.bad != "" {
					b.Fatal(a.bad, err)
				}
				rs, gaps, err := m.page(ctx, sc, els, now)
				if err != nil || len(gaps) > 0 || len(rs) != records || len(rs[0].Facts) != 20 {
					b.Fatal(len(rs), gaps, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
		})
	}
}

// twenty are the plain fields of the record that is measured; a date, a code and a warning make it twenty.
var twenty = []string{"title", "givenName", "middleName", "surname", "birthPlace", "occupation", "school", "build", "hairColour", "eyeColour", "nationality",
	"postcode", "postTown", "thoroughfareName", "buildingNumber", "county", "disability"}

// benchFile is a connector with one kind of record of twenty fields.
func benchFile(keys, warning string) string {
	var fields strings.Builder
	for _, p := range twenty {
		fmt.Fprintf(&fields, "      %s: .%s\n", p, p)
	}
	return "connector: 1\nid: bench\nname: Bench\noptions: {base_url: {type: url, label: x, required: true}}\ntimes: {date: \"%d/%m/%Y\"}\ncodes: {sex: {Male: M}}\ncheck: {get: /}\n" +
		"kinds:\n  person:\n    " + keys + "\n    fields:\n      id: .id\n      dateOfBirth: .dob | day\n      sex: .sex | code(\"sex\")\n      warning: '" + warning + "'\n" + fields.String()
}

// BenchmarkMap maps one record of 20 fields that is parsed already: the cost that the connector itself adds.
func BenchmarkMap(b *testing.B) {
	var doc strings.Builder
	for _, p := range twenty {
		fmt.Fprintf(&doc, "%q:\"LS8 2QX\",", p)
	}
	sys, _ := open(b, benchFile(`fetch: {get: '/\(.id)'}`, "[.flags[] | {code, text}]"), "http://127.0.0.1:1")
	s := sys.(interface{ self() *system }).self()
	v, err := decodeJSON([]byte(`{"id":"1","dob":"03/11/2011","sex":"Male","flags":[{"code":"VI","text":"Violent"}],` + strings.TrimSuffix(doc.String(), ",") + `}`))
	if err != nil {
		b.Fatal(err)
	}
	ctx, now := context.Background(), time.Now()
	m := s.mapper(s.spec.kinds[0], nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		r, err := m.record(ctx, newScope(nil), v, now)
		if err != nil || len(r.Facts) != 20 {
			b.Fatal(len(r.Facts), err)
		}
	}
}
