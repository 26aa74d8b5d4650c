package replay

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"muster/assets"
	"muster/plugins/connector"
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
id: acme_rms
name: Acme
options:
  base_url: {type: url, label: Server address, required: true}
  key: {type: secret, label: Key, required: true}
auth: {kind: api_key, header: x-api-key, secret: key}
times: {zone: Europe/London, date: "%d/%m/%Y"}
check: {get: /me, user: .name}
kinds:
  person:
    search:
      by: [surname, dateOfBirth?]
      get: /persons
      query: {family: .q.surname, born: .q.dateOfBirth | date, after: .page.after}
      records: '.items[]'
      next: '.next | if . then {after: .} else null end'
      total: .total
    fetch: {get: '/persons/\(.id)', records: .}
    fields:
      id: .id
      surname: .name
      dateOfBirth: .dob | day
      telephone: '[.phones[]?]'
      warning: '[.flags[] | {code, text}]'
    groups:
      - {name: address, each: '.addresses[]?', from: .from | day, fields: {postcode: .pc}}
    links:
      - {role: keeper, kind: vehicle, each: '.cars[]?', id: .id, label: .plate}
    version: .rev
    require: [surname]
  incident:
    submit:
      post: /entries
      idempotency: {header: Idempotency-Key}
      accepts: {description: {required: true}, person.surname: {as: family}}
      body: '{text: (.entry.description | join(" ")), who: .entry.person.surname, subject: .entry.person.id}'
      result: {ref: .entryId}
    fields: {id: .id}
    watch: {every: 30s, get: /changes, query: {since: .cursor}, records: '.items[]', cursor: .next}
`

const recorded = `# Written by hand.
exchanges: 1
connector: acme_rms
cases:
  - name: who am I
    do: check
    exchanges:
      - request: {get: /me}
        answer: {body: {name: J Bloggs}}
    expect: {user: J Bloggs}
  - name: two pages
    do: search
    kind: person
    by: {surname: Smith, dateOfBirth: 1990-05-17}
    exchanges:
      - request: {get: '/persons?family=SMITH&born=17/05/1990'}
        answer:
          body:
            total: 2
            next: n2
            items:
              - {id: '0012', name: Smith, dob: 17/05/1990, phones: ['07700900123'], flags: [{code: VI, text: Violent}], addresses: [{pc: LS8 2QX, from: 01/02/2020}], cars: [{id: V1, plate: AB12 CDE}], rev: 7}
      - request: {get: '/persons?born=17%2F05%2F1990&family=SMITH&after=n2'}
        answer: {body: {total: 2, items: [{id: P2, name: smith, dob: 31/31/1990, flags: [], extra: 1.10}]}}
    expect:
      total: 2
      records:
        - ref: person/0012
          version: 7
          facts:
            surname: SMITH
            dateOfBirth: 1990-05-17
            telephone: '+447700900123'
            warning: {value: VI, source: VI (Violent)}
            postcode: {value: LS8 2QX, group: address1, from: 2020-02-01}
          links: [{role: keeper, to: vehicle/V1, label: AB12 CDE}]
        - ref: person/P2
          partly: true
          facts: {surname: SMITH}
  - name: one in full
    do: fetch
    kind: person
    id: 0012
    exchanges:
      - request: {get: /persons/0012}
        answer: {file: acme/0012.json}
    expect: {records: [{ref: person/0012, partly: true, facts: {surname: SMITH}}]}
  - name: no such person
    do: fetch
    kind: person
    id: P9
    exchanges: [{request: {get: /persons/P9}, answer: {status: 404}}]
    expect: {error: notfound}
  - name: the line is down
    do: fetch
    kind: person
    id: P9
    exchanges: [{request: {get: /persons/P9}, answer: {fails: unavailable}}]
    expect: {error: unavailable}
  - name: an entry
    do: submit
    kind: incident
    entry:
      facts: {description: Seen near the station}
      parts: [{name: person, role: subject, id: P2, facts: {surname: Smith}}]
    exchanges:
      - request: {post: /entries, headers: {Idempotency-Key: test-key}, body: {text: Seen near the station, who: SMITH, subject: P2}}
        answer: {status: 201, body: {entryId: E1}}
    expect: {receipt: {reference: E1, ref: incident/E1}}
  - name: changes
    do: watch
    kind: incident
    cursor: c1
    exchanges:
      - {request: {get: '/changes?since=c1'}, answer: {body: {next: c2, items: [{id: I1}]}}}
      - {request: {get: '/changes?since=c2'}, answer: {body: {next: c3, items: [{id: I2}]}}}
    expect:
      changes: [{record: {ref: incident/I1}, cursor: c2}, {record: {ref: incident/I2}, cursor: c3}]
`

func load(t *testing.T) *connector.Connector {
	t.Helper()
	c, err := connector.Load("acme.yaml", []byte(acme), dictionary(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var files = fstest.MapFS{"acme/0012.json": {Data: []byte(`{"id":"0012","name":"Smith","dob":"","flags":[]}`)}}

type collected struct{ lines []string }

func (c *collected) Helper()                   {}
func (c *collected) Errorf(f string, a ...any) { c.lines = append(c.lines, fmt.Sprintf(f, a...)) }

func TestAHandWrittenFileReplays(t *testing.T) {
	Check(t, load(t), dictionary(t), "acme.exchanges.yaml", []byte(recorded), files)
}

func TestWhatDiffersIsShown(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     []string
	}{
		"result":       {"surname: SMITH\n", "surname: SMYTH\n", []string{"acme.exchanges.yaml:11: two pages:", "- ", "surname: SMYTH", "+ ", "surname: SMITH"}},
		"query":        {"family=SMITH&born=17/05/1990'", "family=SMITH&born=1990'", []string{"born=17/05/1990, not 1990"}},
		"query more":   {"&after=n2", "", []string{"with after=n2, which is not recorded"}},
		"path":         {"{get: /me}", "{get: /whoami}", []string{"the address is /me, not /whoami"}},
		"method":       {"{get: /me}", "{post: /me}", []string{"the method is GET, not POST"}},
		"header":       {"Idempotency-Key: test-key", "Idempotency-Key: other", []string{`is "test-key", not "other"`}},
		"body":         {"who: SMITH, subject: P2", "who: JONES, subject: P2", []string{"the body is", `"SMITH"`, `"JONES"`}},
		"not asked":    {"{get: /me}\n        answer: {body: {name: J Bloggs}}", "{get: /me}\n        answer: {body: {name: J Bloggs}}\n      - {request: {get: /x}, answer: {}}", []string{"1 of 2 recorded exchanges were not asked for"}},
		"too much":     {"    exchanges: [{request: {get: /persons/P9}, answer: {status: 404}}]", "    exchanges: []", []string{"asked for more than is recorded: GET /persons/P9"}},
		"no expect":    {"    expect: {user: J Bloggs}\n", "", []string{"says nothing under expect", "user: J Bloggs"}},
		"error":        {"expect: {error: notfound}", "expect: {error: denied}", []string{"- error: denied", "+ error: notfound"}},
		"missing file": {"acme/0012.json", "acme/13.json", []string{"13.json, which is not there"}},
		"climbing":     {"acme/0012.json", "../secret.json", []string{"cannot be read from here"}},
		"unknown key":  {"do: check", "doo: check", []string{"acme.exchanges.yaml:6:", "doo"}},
		"no operation": {"do: check", "do: look", []string{"acme.exchanges.yaml:5: do: look is no operation"}},
		"same name":    {"name: changes", "name: who am I", []string{`two cases are called "who am I"`}},
		"anchor":       {"name: changes", "name: &x changes", []string{"anchors"}},
		"other":        {"connector: acme_rms", "connector: other", []string{"recorded for the connector other"}},
		"no method":    {"{get: /me}", "{headers: {A: b}}", []string{"needs one method"}},
		"two bodies":   {"{status: 404}", "{status: 404, body: x, fails: auth}", []string{"more than one of"}},
		"secret":       {"connector: acme_rms\n", "connector: acme_rms\noptions: {key: hunter2}\n", []string{"replay needs no secrets"}},
		"no property":  {"facts: {description: Seen near the station}", "facts: {descripton: Seen}", []string{`no property "descripton"`}},
		"version":      {"exchanges: 1\n", "exchanges: 2\n", []string{"exchanges: 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.Replace(recorded, c.from, c.to, 1)
			if src == recorded {
				t.Fatal("nothing replaced")
			}
			var got collected
			Check(&got, load(t), dictionary(t), "acme.exchanges.yaml", []byte(src), files)
			all := strings.Join(got.lines, "\n")
			for _, w := range c.want {
				if !strings.Contains(all, w) {
					t.Errorf("want %q in\n%s", w, all)
				}
			}
			if strings.Contains(all, "hunter2") {
				t.Error("the secret is repeated")
			}
		})
	}
}

func TestLearningFillsInRequestsAndResults(t *testing.T) {
	bare := `# Kept.
exchanges: 1
connector: acme_rms
cases:
  - name: two pages
    do: search
    kind: person
    by: {surname: Smith}
    exchanges:
      - request: {get: /}
        answer: {body: {total: 2, next: n2, items: [{id: '0012', name: Smith, dob: 17/05/1990, flags: []}]}}
      - request: {get: /}
        answer: {body: {total: 2, items: [{id: P2, name: smith, dob: 31/31/1990, flags: [{code: "1", text: "first\nsecond"}]}]}}
`
	f, err := Parse("bare", []byte(bare))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Learn(context.Background(), load(t), dictionary(t), nil); err != nil {
		t.Fatal(err)
	}
	out := f.Bytes([]byte(bare))
	if !strings.HasPrefix(string(out), "# Kept.\nexchanges: 1\n") || !strings.Contains(string(out), "/persons?family=SMITH&after=n2") {
		t.Errorf("%s", out)
	}
	Check(t, load(t), dictionary(t), "learnt", out, nil)
	if t.Failed() {
		t.Logf("%s", out)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(recorded))
	f.Add([]byte("exchanges: 1\nconnector: a\ncases: [{name: a, do: check, exchanges: [{request: {get: /}, answer: {body: {a: [1, 0x1f, .inf, null, true]}}}]}]"))
	f.Add([]byte("- - - -"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("f", src)
		if err != nil {
			return
		}
		if _, err := Parse("f", file.Bytes(nil)); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, file.Bytes(nil))
		}
	})
}

// TestTheExampleOfTheReadmeIsTrue replays it on the connector of the same page.
func TestTheExampleOfTheReadmeIsTrue(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(b), "\r\n", "\n")
	example := func(begins string) []byte {
		_, rest, _ := strings.Cut(page, "```yaml\n"+begins)
		text, _, _ := strings.Cut(rest, "```")
		return []byte(begins + text)
	}
	conn, err := connector.Load("README.md", example("connector: 1"), dictionary(t))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse("README.md", example("exchanges: 1"))
	if err != nil {
		t.Fatal(err)
	}
	results, err := f.Run(context.Background(), conn, dictionary(t), nil)
	if err != nil || len(results) != 3 {
		t.Fatal(err, len(results))
	}
	for _, r := range results {
		for _, p := range r.Problems {
			t.Errorf("%s: %s", r.Case, p)
		}
	}
}
