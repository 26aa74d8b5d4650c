package connector

import (
	"context"
	"strings"
	"testing"
)

// TestBadInputIsRefused holds what a careless or hostile file may contain: each is refused in its line, with a cure,
// and the file does not load.
func TestBadInputIsRefused(t *testing.T) {
	const (
		surname = "surname: .family"
		search  = "search: {by: [surname], get: /persons,"
		option  = "label: Server address,"
	)
	for name, c := range map[string]struct {
		from, to  string
		line      int
		say, cure string
	}{
		"typo in a key":             {"    search:", "    serach:", 11, `"serach"`, "search"},
		"typo in an option's type":  {"key: {type: secret", "key: {type: secrt", 6, "secrt", "secret"},
		"typo in auth":              {"kind: api_key", "kind: apikey", 7, "apikey", "api_key"},
		"typo in a function":        {surname, "surname: '.family | uper'", 14, "'uper'", "functions"},
		"definitions in a circle":   {"check:", "define: {one: two, two: one}\ncheck:", 8, "circle", "do without"},
		"definition of itself":      {"check:", "define: {one: '[one]'}\ncheck:", 8, "circle", "do without"},
		"steps in a circle":         {search, `search: {before: {a: {get: '/x/\(.steps.b)'}, b: {get: '/x/\(.steps.a)'}}, by: [surname], get: /persons,`, 11, `"b"`, "earlier"},
		"YAML that holds itself":    {"name: Acme", "name: Acme\nlimits: &l {rate: *l}", 4, "Anchors", ""},
		"unknown property":          {surname, "surnme: .family", 14, `"surnme"`, "dictionary"},
		"unknown property searched": {"by: [surname]", "by: [surnme]", 11, `"surnme"`, "dictionary"},
		"unknown property accepted": {"    fields:", "    submit: {post: /e, accepts: {surnme: {max: 9}}, body: '{a: .key}', result: {ref: .id}, confirm: {get: /e, found: .id}}\n    fields:", 12, `"surnme"`, "dictionary"},
		"secret as a default":       {"key: {type: secret,", "key: {type: secret, default: hunter2hunter2,", 6, "secret", "keyring"},
		"secret in auth":            {"secret: key", "secret: hunter2hunter2", 7, "must name an option", "type: secret"},
		"secret in a header":        {search, `search: {headers: {Authorization: '"Bearer hunter2hunter2"'}, by: [surname], get: /persons,`, 11, "secret", "type secret"},
		"secret in an address":      {option, "label: Server address, default: 'https://u:hunter2@records.example',", 5, "password", "option"},
		"secret in a note":          {"name: Acme", "name: Acme\nhelp: hunter2 7f3A9c2E8b1D6a4F0e5C7f3A9c2E8b1D", 4, "secret", "keyring"},
		"IPv4 address":              {option, "label: Server address, default: https://10.1.2.3,", 5, "IP address", "name"},
		"IPv6 address":              {option, "label: Server address, default: 'https://[2001:db8::1]:8443',", 5, "IP address", "name"},
		"IP address as a host":      {"auth:", "hosts: [base_url, 10.1.2.3]\nauth:", 7, "IP address", "name"},
		"IPv6 address as a host":    {"auth:", "hosts: [base_url, '2001:db8::1']\nauth:", 7, "IP address", "name"},
		"http":                      {option, "label: Server address, default: http://records.example,", 5, "http://", "https://"},
		"http of a lookalike":       {option, "label: Server address, default: http://localhost.records.example,", 5, "http://", "https://"},
		"http in a path":            {search, "search: {by: [surname], get: 'http://records.example/persons',", 11, "http://", "https://"},
		"pattern that explodes":     {surname, `surname: '.family | sub("(a{1000}){1000}"; "")'`, 14, "explodes", "smaller counts"},
		"explodes by nesting":       {surname, `surname: '.family | sub("(((a{10}){10}){10}){10}"; "")'`, 14, "explodes", "smaller counts"},
		"explodes by the side":      {surname, `surname: '.family | sub("a{900}b{900}c{900}d{900}"; "")'`, 14, "explodes", "smaller counts"},
		"repeats too often":         {surname, `surname: '.family | [scan("a{1001}")][0]'`, 14, "explodes", "smaller counts"},
		"pattern too long":          {surname, `surname: '.family | [match("` + strings.Repeat("ab", 600) + `")][0].string'`, 14, "too long", "several steps"},
		"pattern of the answer":     {surname, "surname: '.family | if test(.b) then . else null end'", 14, "not constant", "=="},
		"pattern of the query":      {surname, `surname: '.family | if test("^\($q.surname)") then . else null end'`, 14, "not constant", "startswith"},
		"pattern put together":      {surname, `surname: '.family | gsub("a" + .b; "")'`, 14, "not constant", "Write it out"},
		"pattern in a list":         {surname, `surname: '.family | if test(["a", "i"]) then . else null end'`, 14, "not constant", "Write it out"},
		"pattern of a definition":   {"check:", "define: {pat: '\"^a\"'}\ncheck: {get: /me, expect: '.user | test(pat)'}\n#", 9, "not constant", "Write it out"},
		"pattern within one":        {"check:", "define: {pat: 'capture(.b).x'}\ncheck:", 8, "not constant", "Write it out"},
		"pattern in a path":         {search, `search: {by: [surname], get: '/persons/\(.q.surname | splits(.text))',`, 11, "not constant", "Write it out"},
		"pattern of split":          {surname, `surname: '.family | split(.sep; null)[0]'`, 14, "not constant", "Write it out"},
		"pattern that is broken":    {surname, `surname: '.family | if test("(") then . else null end'`, 14, "missing closing )", "RE2"},
		"pattern that looks ahead":  {surname, `surname: '.family | sub("a(?=b)"; "")'`, 14, "no regular expression", "(?=…)"},
		"pattern that refers back":  {surname, `surname: '.family | sub("(a)\\1"; "")'`, 14, "no regular expression", "\\1"},
		"flags of the answer":       {surname, `surname: '.family | sub("a"; ""; .flags)'`, 14, "flags", `"i"`},
		"flags that are none":       {surname, `surname: '.family | sub("a"; ""; "gx")'`, 14, "flags", `"i"`},
	} {
		t.Run(name, func(t *testing.T) {
			src := strings.Replace(good, c.from, c.to, 1)
			if src == good {
				t.Fatal("nothing replaced")
			}
			ps := Lint("acme.yaml", []byte(src), dictionary(t)).Errors()
			hit := false
			for _, p := range ps {
				if p.File != "acme.yaml" || p.Cure == "" || p.Line < 1 {
					t.Errorf("%+v", p)
				}
				hit = hit || p.Line == c.line && strings.Contains(p.Say, c.say) && strings.Contains(p.Cure, c.cure)
			}
			if !hit {
				t.Errorf("want line %d, %q, cure %q; got\n%v", c.line, c.say, c.cure, ps)
			}
			if strings.Contains(ps.Error(), "hunter2") || strings.Contains(ps.Error(), "7f3A9c2E") {
				t.Errorf("the secret is repeated: %v", ps)
			}
			if _, err := Load("acme.yaml", []byte(src), dictionary(t)); err == nil {
				t.Error("the file loads all the same")
			}
		})
	}
}

// TestSoundPatternsAreAccepted runs what lint lets through: it must mean in the interpreter what lint read.
func TestSoundPatternsAreAccepted(t *testing.T) {
	h := helpersForTest(t)
	for src, want := range map[string]any{
		`test("^[0-9]+[A-Za-z]?$")`:            false,
		`test("o'brien"; "i")`:                 true,
		`test(("O'Brien"); null)`:              true,
		`capture("^(?<a>[^']+)'(?<b>.+)$").b`:  "Brien",
		`[scan("[A-Z]"; "g")] | join("")`:      "OB",
		`sub("'"; "")`:                         "OBrien",
		`gsub("[a-z]"; "x"; "i")`:              "x'xxxxx",
		`[splits("'")] | length`:               2,
		`split("[']"; null)[0]`:                "O",
		`split("'")[1]`:                        "Brien",
		`split(.)[0]`:                          "",
		`sub("(?<i>[A-Z])"; "\(.i | lower)")`:  "o'Brien",
		`match("b(.){1,500}$"; "im").length`:   5,
		`test("\\p{L}{2,64}") and test("\\w")`: true,
	} {
		e, err := h.parse(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := e.one(context.Background(), nil, "O'Brien"); err != nil || got != want {
			t.Errorf("%s: got %v (%T), %v, want %v", src, got, got, err, want)
		}
	}
}
