package trial

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/assets"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const acme = `connector: 1
id: acme
name: Acme
options: {base_url: {type: url, label: Server address, required: true}}
times: {zone: Europe/London, date: "%d/%m/%Y"}
codes: {sex: {Male: M, Female: F}}
check: {get: /me, user: .name}
kinds:
  person:
    search: {by: [surname], get: /persons, query: {family: .q.surname}, records: '.items[]', next: .next}
    fetch: {get: '/persons/\(.id)', records: .}
    fields:
      id: .id
      surname: .name.family
      givenName: .name.given
      dateOfBirth: .dob | day
      sex: .sex | code("sex")
      telephone: '[.contacts[] | select(.type == "MOB").value]'
      pncId: .pnc
      description: .notes
      warning: '[.flags[] | {code, text}]'
      height: .cm
    groups:
      - {name: address, each: '.addresses[]', fields: {postcode: .pc, postTown: .town}}
    links:
      - {role: keeper, kind: vehicle, each: '.cars[]', id: .id, label: .plate}
    require: [surname]
`

const person = `{"id": 900112, "name": {"family": "Sørensen-O'Dell", "given": "Marguerite"}, "dob": "17/05/1990", "sex": "Male",
 "contacts": [{"type": "MOB", "value": "07700 900123"}, {"type": "WORK", "value": "0113 496 0999"}], "pnc": "23/120018D",
 "notes": "Marguerite was seen with Ablethorpe", "flags": [{"code": "VI", "text": "Violent"}], "cm": 168,
 "addresses": [{"pc": "LS8 2QX", "town": "Leeds"}], "cars": [{"id": "V77", "plate": "YK19 FZB"}], "nickname": "Redvers", "active": true, "none": null}`

func load(t *testing.T) *connector.Connector {
	t.Helper()
	c, err := connector.Load("acme.yaml", []byte(acme), dictionary(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type answers func(*http.Request) (int, string)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := a(r)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func try(t *testing.T, k replay.Case, a answers) *Report {
	t.Helper()
	ctx := plugins.WithAccess(context.Background(), replay.Access)
	r, err := Run(ctx, Options{Connector: load(t), Dictionary: dictionary(t), System: "acme", Config: plugins.Config{"base_url": "https://acme.example"},
		Client: &http.Client{Transport: a}, Now: time.Now}, &k)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachValueIsShownBesideWhatItBecame(t *testing.T) {
	r := try(t, replay.Case{Do: "search", Kind: "person", By: map[string]replay.Text{"surname": "Sørensen-O'Dell"}},
		func(*http.Request) (int, string) { return 200, `{"items": [` + person + `], "next": "/persons?p=2"}` })
	if len(r.Elements) != 1 || r.Elements[0].Ref != "person/900112" || !r.More || len(r.Exchanges) != 1 {
		t.Fatalf("%+v", r)
	}
	to := map[string][]string{}
	for _, row := range r.Elements[0].Rows {
		for _, x := range row.To {
			to[row.Path] = append(to[row.Path], x.Property)
		}
	}
	for path, want := range map[string]string{".id": "id", ".name.family": "surname", ".dob": "dateOfBirth", ".sex": "sex", ".contacts[0].value": "telephone",
		".contacts[0].type": "telephone", ".flags[0].code": "warning", ".addresses[0].pc": "postcode", ".cars[0].id": "link keeper", ".cm": "height"} {
		if !slices.Contains(to[path], want) {
			t.Errorf("%s leads to %v, want %s", path, to[path], want)
		}
	}
	if got := strings.Join(r.Unmapped, " "); got != ".active .nickname" {
		t.Errorf("unmapped: %s", got)
	}
}

func TestAFailureIsExplained(t *testing.T) {
	r := try(t, replay.Case{Do: "fetch", Kind: "person", ID: "1"}, func(*http.Request) (int, string) { return 200, `{"id": 1, "name": "Smith", "flags": []}` })
	if r.Error != string(plugins.Drift) || !strings.Contains(r.Say, ".name.family") || r.Cure == "" || len(r.Elements) != 1 || r.Elements[0].Problem == "" {
		t.Errorf("%+v", r)
	}
	for _, k := range []plugins.ErrorKind{plugins.Auth, plugins.Denied, plugins.NotFound, plugins.Invalid, plugins.Duplicate, plugins.Limited, plugins.Unavailable, plugins.Unknown, plugins.Drift} {
		if cure(k) == "" {
			t.Errorf("no cure for %s", k)
		}
	}
}

// TestATriedWatchEndsAfterTheChangesAskedFor though the stream stays open.
func TestATriedWatchEndsAfterTheChangesAskedFor(t *testing.T) {
	conn, err := connector.Load("acme.yaml", []byte(acme+"    watch: {sse: /live, records: .}\n"), dictionary(t))
	if err != nil {
		t.Fatal(err)
	}
	body, feed := io.Pipe()
	defer func() { _ = feed.Close() }()
	go func() { _, _ = io.WriteString(feed, "id: 7\ndata: "+strings.ReplaceAll(person, "\n", " ")+"\n\n") }()
	ctx, cancel := context.WithTimeout(plugins.WithAccess(context.Background(), replay.Access), time.Minute)
	defer cancel()
	r, err := Run(ctx, Options{Connector: conn, Dictionary: dictionary(t), System: "acme", Config: plugins.Config{"base_url": "https://acme.example"},
		Client: &http.Client{Transport: streaming{body}}, Now: time.Now}, &replay.Case{Do: "watch", Kind: "person"})
	if err != nil || ctx.Err() != nil || r.Error != "" || len(r.Result.Changes) != 1 || r.Result.Changes[0].Cursor != "7" {
		t.Fatalf("%v %v %+v", err, ctx.Err(), r)
	}
}

// streaming answers with a stream that somebody else feeds.
type streaming struct{ body io.ReadCloser }

func (s streaming) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: s.body, Request: r}, nil
}

func TestARecordingHoldsNobody(t *testing.T) {
	dict := dictionary(t)
	k := replay.Case{Name: "a person", Do: "search", Kind: "person", By: map[string]replay.Text{"surname": "sørensen-o'dell"}}
	r := try(t, k, func(*http.Request) (int, string) {
		return 200, `{"items": [` + person + `], "officer": "token=abcdefgh"}`
	})
	c := r.Recorded(k)
	NewScrubber(dict).Scrub(&c, r.Seen(), "acme", "")
	f := replay.New("acme.exchanges.yaml", "acme")
	f.Cases = []replay.Case{c}
	res, err := f.LearnCase(context.Background(), load(t), dict, nil, 0)
	if err != nil || len(res.Problems) > 0 {
		t.Fatal(err, res.Problems)
	}
	out := string(f.Bytes(nil))
	for _, secret := range []string{"rensen", "Dell", "Marguerite", "17/05/1990", "1990-05-17", "900123", "496 0999", "120018D", "Ablethorpe", "LS8 2QX", "900112", "Redvers", "FZB", "V77", "abcdefgh"} {
		if strings.Contains(strings.ToLower(out), strings.ToLower(secret)) {
			t.Errorf("%s is in it", secret)
		}
	}
	for _, kept := range []string{"Male", "VI", "MOB", "sex: M"} {
		if !strings.Contains(out, kept) {
			t.Errorf("%s is gone", kept)
		}
	}
	if got := f.Cases[0].Expect.Records; len(got) != 1 || len(got[0].Facts) < 9 {
		t.Errorf("%+v", got)
	} else {
		for _, p := range got[0].Facts {
			for _, v := range p.Values {
				if v.Problem != "" {
					t.Errorf("the fake %s of %s is no good one: %s", v.Source, p.Name, v.Problem)
				}
			}
		}
	}
	replay.Check(t, load(t), dict, "acme.exchanges.yaml", []byte(out), nil)
	if t.Failed() {
		t.Log(out)
	}
}

func TestFakesKeepTheirForm(t *testing.T) {
	s := NewScrubber(dictionary(t))
	for p, v := range map[pole.Property]string{"surname": "O'Brien-SMITH", "dateOfBirth": "1990-05-17", "postcode": "LS8 2QX", "vrm": "AB12 CDE", "pncId": "2023/0120018D",
		"telephone": "+447700900123", "email": "a.b@example.org", "nationalInsuranceNumber": "AB123456C", "imei": "490154203237518", "coordinates": "53.82910,-1.50120", "height": "168"} {
		f := s.f.as(p, v)
		if f == v || len(f) != len(v) || s.f.dict.Normalise(p, f).Norm == "" {
			t.Errorf("%s: %s becomes %s: %+v", p, v, f, s.f.dict.Normalise(p, f))
		}
		if f != s.f.as(p, v) {
			t.Errorf("%s is another each time", p)
		}
	}
	if a, b := s.f.masked("SMITH", 0), s.f.masked("Smith", 0); !strings.EqualFold(a, b) {
		t.Errorf("%s and %s", a, b)
	}
	for _, v := range []string{"17/05/1990", "1990-05-17T10:00:00Z", "20260105", "5 January 2026"} {
		if d, ok := s.f.date(v, 0); !ok || len(d) < len(v)-4 {
			t.Errorf("%s becomes %s", v, d)
		}
	}
}

func FuzzTrace(f *testing.F) {
	f.Add([]byte(person))
	f.Add([]byte(`{"id":[{"a":[]}],"":{}}`))
	d, err := pole.Load(assets.FS)
	if err != nil {
		f.Fatal(err)
	}
	c, err := connector.Load("acme.yaml", []byte(acme), d)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		ctx := plugins.WithAccess(context.Background(), replay.Access)
		k := replay.Case{Name: "x", Do: "fetch", Kind: "person", ID: "1"}
		r, err := Run(ctx, Options{Connector: c, Dictionary: d, System: "acme", Config: plugins.Config{"base_url": "https://acme.example"},
			Client: &http.Client{Transport: answers(func(*http.Request) (int, string) { return 200, string(body) })}, Now: time.Now}, &k)
		if err != nil {
			return
		}
		rec := r.Recorded(k)
		NewScrubber(d).Scrub(&rec, r.Seen(), "acme", "")
	})
}
