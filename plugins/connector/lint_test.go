package connector

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// good is the smallest sound connector; each case below breaks one line of it.
const good = `connector: 1
id: acme
name: Acme
options:
  base_url: {type: url, label: Server address, required: true}
  key: {type: secret, label: Key, required: true}
auth: {kind: api_key, header: x-api-key, secret: key}
check: {get: /me}
kinds:
  person:
    search: {by: [surname], get: /persons, query: {family: .q.surname}, records: '.items[]'}
    fields:
      id: .id
      surname: .family
      warning: '[.flags[] | {code, text}]'
`

func TestAGoodFileHasNoProblems(t *testing.T) {
	if p := Lint("good.yaml", []byte(good), dictionary(t)); len(p) > 0 {
		t.Fatal(p)
	}
}

func TestProblemsNameLineAndCure(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		line     int
		say      string
		cure     string
	}{
		"unknown key":              {"    search:", "    serach:", 11, `"serach"`, "search"},
		"unknown key in operation": {"records:", "recrods:", 11, `"recrods"`, "records"},
		"unknown property":         {"      surname: .family", "      surnam: .family", 14, `"surnam"`, "dictionary"},
		"unknown kind":             {"  person:", "  persn:", 11, `"persn"`, "dictionary"},
		"unknown search property":  {"by: [surname]", "by: [surnam]", 11, `"surnam"`, "dictionary"},
		"missing key":              {"name: Acme\n", "", 1, "lacks name", "Add name"},
		"wrong version":            {"connector: 1", "connector: 2", 1, "", "REFERENCE"},
		"unquoted object":          {`'[.flags[] | {code, text}]'`, `{code: .code}`, 15, "", ""},
		"unquoted list":            {"records: '.items[]'", "records: [.items]", 11, "", "single quotes"},
		"jq that is none":          {"surname: .family", "surname: .family |", 14, "not an expression", "quotes"},
		"bare word":                {"surname: .family", "surname: family", 14, "'family'", `"family"`},
		"def":                      {"surname: .family", "surname: 'def f: .; f'", 14, "def", "joined by |"},
		"range":                    {"surname: .family", "surname: '[range(9)]'", 14, "range", "Expressions"},
		"repeat text":              {"surname: .family", `surname: '.family * 1000000'`, 14, "'*'", "tonumber"},
		"danger by ?":              {"[.flags[] |", "[.flags[]? |", 15, "'?'", "when_absent"},
		"danger by //":             {`'[.flags[] | {code, text}]'`, `'.flags // []'`, 15, "'//'", "when_absent"},
		"secret in option":         {"key: {type: secret, label: Key", "key: {type: secret, default: abc, label: Key", 6, "secret", "keyring"},
		"secret not an option":     {"secret: key", "secret: hunter2hunter2", 7, "must name an option", "type: secret"},
		"secret in header":         {"query: {family", `headers: {Authorization: '"Bearer abcdef0123456789"'}, query: {family`, 11, "secret", "option of type secret"},
		"secret by its looks":      {"name: Acme", "name: Acme\nhelp: key is 7f3A9c2E8b1D6a4F0e5C7f3A9c2E8b1D", 4, "secret", "option"},
		"secret in expression":     {".q.surname", ".options.key", 11, "secret option", "auth"},
		"undeclared option":        {".q.surname", ".options.region", 11, `"region"`, "Declare"},
		"http":                     {"label: Server address,", "label: Server address, default: http://records.example,", 5, "http://", "https://"},
		"IP literal":               {"label: Server address,", "label: Server address, default: https://10.1.2.3,", 5, "IP address", "name"},
		"IP literal host":          {"auth:", "hosts: [base_url, 10.1.2.3]\nauth:", 7, "IP address", "name"},
		"user in address":          {"label: Server address,", "label: Server address, default: 'https://u:p@records.example',", 5, "password", "option"},
		"undeclared host":          {"get: /persons", "get: 'https://other.example/x'", 11, "not declared", "hosts"},
		"bad host":                 {"auth:", "hosts: [base_urll]\nauth:", 7, "neither", "url"},
		"no check":                 {"check: {get: /me}\n", "", 1, "no check", "Add check"},
		"no id":                    {"      id: .id\n", "", 11, "identifies", "id: .id"},
		"two methods":              {"get: /persons", "get: /persons, post: /persons", 11, "one method", "Keep one"},
		"body on get":              {"get: /persons", "get: /persons, body: '{}'", 11, "no body", "post"},
		"path without slash":       {"get: /persons", "get: persons", 11, "not below", "/"},
		"open insert":              {"get: /persons", `get: '/persons/\(.id'`, 11, "closing bracket", `\(`},
		"searches by nothing":      {"by: [surname], ", "", 11, "searches by", "by:"},
		"cut off unnoticed":        {"{family: .q.surname}", "{family: .q.surname, size: '.page.limit // 50'}", 11, "that there are more", "total:"},
		"anchor":                   {"name: Acme", "name: &x Acme", 3, "Anchors", ""},
		"same key twice":           {"name: Acme", "name: Acme\nname: Acme", 4, "", ""},
		"broken YAML":              {"check: {get: /me}", "check: {get: /me", 0, "not YAML", "quotes"},
		"definitions in a circle":  {"check:", "define: {one: two, two: one}\ncheck:", 8, "circle", "do without"},
		"definition named as jq":   {"check:", "define: {select: .a}\ncheck:", 8, "select", "no function"},
		"danger by a definition":   {"check: {get: /me}\nkinds:\n  person:\n    search: {by: [surname], get: /persons, query: {family: .q.surname}, records: '.items[]'}\n    fields:\n      id: .id\n      surname: .family\n      warning: '[.flags[] | {code, text}]'", "define: {flags: '.flags // []'}\ncheck: {get: /me}\nkinds:\n  person:\n    search: {by: [surname], get: /persons, query: {family: .q.surname}, records: '.items[]'}\n    fields:\n      id: .id\n      surname: .family\n      warning: '[flags[] | {code, text}]'", 16, "'//'", "when_absent"},
		"step that has not run":    {"get: /persons,", "before: {a: {get: '/x/\\(.steps.b)'}, b: {get: /y}}, get: /persons,", 11, "\"b\"", "earlier"},
		"page without a selection": {"get: /persons,", "answers: html, get: /persons,", 11, "does not say what", "html:"},
		"page without none":        {"get: /persons,", "html: {items: {each: tr}}, get: /persons,", 11, "no trace", "none:"},
		"no CSS":                   {"get: /persons,", "html: {items: {each: 'tr['}}, none: .x, get: /persons,", 11, "CSS", "selector"},
		"bad rate":                 {"check:", "limits: {rate: fast}\ncheck:", 8, "rate", "5/s"},
		"no such list":             {"surname: .family", `surname: .family | code("names")`, 14, `"names"`, "codes"},
		"no such format":           {"surname: .family", `surname: .family | day("DD/MM")`, 14, `"DD/MM"`, "%d"},
		"bad zone":                 {"check:", "times: {zone: Mars}\ncheck:", 8, "time zone", "Europe/London"},
		"bad format":               {"check:", "times: {date: DD/MM/YYYY}\ncheck:", 8, "format", "%d"},
		"auth lacks":               {"auth: {kind: api_key, header: x-api-key, secret: key}", "auth: {kind: oauth2_client, secret: key}", 7, "lacks", "Add"},
		"cookie lacks":             {"auth: {kind: api_key, header: x-api-key, secret: key}", "auth: {kind: cookie, secret: key}", 7, "lacks", "Add"},
		"second credential":        {"secret: key}\ncheck", "secret: key, also: [{kind: api_key, secret: nope, header: k}]}\ncheck", 7, "must name an option", "type: secret"},
		"unknown shape":            {"name: Acme", "name: Acme\nshape: hexagon", 4, "hexagon", "square"},
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.Replace(good, c.from, c.to, 1)
			if src == good {
				t.Fatal("nothing replaced")
			}
			ps := Lint("acme.yaml", []byte(src), dictionary(t)).Errors()
			if len(ps) == 0 {
				t.Fatal("no problem found")
			}
			hit := false
			for _, p := range ps {
				if p.File != "acme.yaml" || p.Cure == "" || p.Line < 1 {
					t.Errorf("%+v", p)
				}
				hit = hit || (c.line == 0 || p.Line == c.line) && strings.Contains(p.Say, c.say) && strings.Contains(p.Cure, c.cure)
			}
			if !hit {
				t.Errorf("want line %d, %q, cure %q; got\n%v", c.line, c.say, c.cure, ps)
			}
			if strings.Contains(ps.Error(), "hunter2") || strings.Contains(ps.Error(), "7f3A9c2E") || strings.Contains(ps.Error(), "abcdef0123") {
				t.Errorf("the secret is repeated: %v", ps)
			}
		})
	}
}

func TestAMissingRequiredMappingIsAWarning(t *testing.T) {
	src := good + "    require: [id, surname, givenName]\n"
	ps := Lint("acme.yaml", []byte(src), dictionary(t))
	if len(ps) != 1 || !ps[0].Warning || ps[0].Line != 16 || !strings.Contains(ps[0].Say, "givenName") {
		t.Fatal(ps)
	}
	c, err := Load("acme.yaml", []byte(src))
	if err != nil || len(c.Warnings()) != 1 {
		t.Fatal(err)
	}
}

func TestATermThatASearchIsNotByIsAWarning(t *testing.T) {
	for used, cure := range map[string]string{".q.surnme": "Did you mean .q.surname?", "$q.surnme // .text": "Did you mean .q.surname?", ".q.pncId": "Add it to by"} {
		src := strings.Replace(good, "{family: .q.surname}", "{family: .q.surname, other: '"+used+"'}", 1)
		ps := Lint("acme.yaml", []byte(src), dictionary(t))
		if len(ps) != 1 || !ps[0].Warning || ps[0].Line != 11 || !strings.Contains(ps[0].Say, "always missing") || !strings.Contains(ps[0].Cure, cure) {
			t.Errorf("%s: %v", used, ps)
		}
	}
	src := strings.Replace(good, "by: [surname],", "by: [[surname], [pncId, givenName?]],", 1)
	src = strings.Replace(src, "{family: .q.surname}", "{family: .q.surname, given: .q.givenName, pnc: .q.pncId}", 1)
	if ps := Lint("acme.yaml", []byte(src), dictionary(t)); len(ps) > 0 {
		t.Error(ps)
	}
	src = strings.Replace(good, "get: /persons,", "before: {a: {get: '/x/\\(.q.surnme)'}}, get: /persons,", 1)
	if ps := Lint("acme.yaml", []byte(src), dictionary(t)); len(ps) != 1 || !ps[0].Warning {
		t.Error(ps)
	}
}

func TestProblemsReadAsOneLineEach(t *testing.T) {
	ps := Problems{{File: "a.yaml", Line: 3, Column: 5, Say: "It is wrong.", Cure: "Right it."}, {File: "a.yaml", Line: 4, Column: 1, Say: "Odd.", Warning: true}}
	if ps.Error() != "a.yaml:3:5: It is wrong. Cure: Right it.\na.yaml:4:1: warning: Odd." || len(ps.Errors()) != 1 || len(ps.Warnings()) != 1 {
		t.Error(ps.Error())
	}
}

// TestTheSchemaExplainsEveryKey keeps the published schema fit for an editor's help and for the reference.
func TestTheSchemaExplainsEveryKey(t *testing.T) {
	var root any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			if l, ok := v.([]any); ok {
				for _, x := range l {
					walk(path, x)
				}
			}
			return
		}
		if props, ok := m["properties"].(map[string]any); ok {
			for k, p := range props {
				n++
				pm, ok := p.(map[string]any)
				if !ok {
					t.Errorf("%s/%s is no schema", path, k)
					continue
				}
				if _, ref := pm["$ref"]; !ref && pm["description"] == nil && pm["oneOf"] == nil {
					t.Errorf("%s/%s has no description", path, k)
				}
			}
		}
		for k, x := range m {
			if k != "examples" {
				walk(path+"/"+k, x)
			}
		}
	}
	walk("", root)
	if n < 100 {
		t.Errorf("only %d keys", n)
	}
}

// TestTheReferenceIsTrue loads the README's first example and looks for every function of expressions in its text.
func TestTheReferenceIsTrue(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	if ps := Lint("README.md", []byte(example), dictionary(t)); len(ps) > 0 {
		t.Error(ps)
	}
	for name := range allowed {
		if !strings.Contains(string(b), name) {
			t.Errorf("the reference does not list %s", name)
		}
	}
}
