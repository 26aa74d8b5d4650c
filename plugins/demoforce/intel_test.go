package demoforce

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func intelToken(t testing.TB, f *Force) string {
	t.Helper()
	c := f.Credentials()["intel"]
	req, err := http.NewRequest("POST", f.intel.base+"/oauth2/token", strings.NewReader("grant_type=client_credentials&scope=intel.read"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(c["client_id"], c["client_secret"])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d %v", res.StatusCode, err)
	}
	return v.Token
}

func gql(t testing.TB, f *Force, tok, query string, vars map[string]any) map[string]any {
	t.Helper()
	body := must(json.Marshal(map[string]any{"query": query, "variables": vars}))
	code, _, b := ask(t, "POST", f.intel.base+"/graphql", map[string]string{"Authorization": "Bearer " + tok, "Content-Type": "application/json"}, string(body))
	if code != 200 {
		t.Fatalf("%d %s", code, b)
	}
	return read(t, b)
}

func TestIntelStory(t *testing.T) {
	f := start(t)
	tok := intelToken(t, f)
	v := gql(t, f, tok, `query S($f: SubjectFilter!, $n: Int = 5) { found: subjects(first: $n, filter: $f) { totalCount edges { cursor node { ...S __typename } } pageInfo { hasNextPage endCursor } } }
		fragment S on Subject { id lastName firstNames nicknames born addresses { line postcode reportedOn grading { code } } associates { role strength person { lastName } } reports { urn title } marking { classification } }`,
		map[string]any{"f": map[string]any{"text": "azza"}})
	if v["errors"] != nil {
		t.Fatal(v["errors"])
	}
	var hit any
	for _, e := range at(t, v, "data", "found", "edges").([]any) {
		if n := at(t, e, "node"); at(t, n, "lastName") == "Miller" {
			hit = n
		}
	}
	if hit == nil {
		t.Fatalf("nobody called Azza: %v", v)
	}
	if at(t, hit, "born") != "2011-11-03" || at(t, hit, "addresses", 0, "postcode") != "LS7 4HG" || at(t, hit, "addresses", 0, "reportedOn") != "2026-10-02" || at(t, hit, "addresses", 0, "grading", "code") != "2-C-P" ||
		at(t, hit, "marking", "classification") != "OFFICIAL-SENSITIVE" || at(t, hit, "__typename") != "Subject" || len(at(t, hit, "reports").([]any)) != 2 {
		t.Errorf("%v", hit)
	}
	found := false
	for _, a := range at(t, hit, "associates").([]any) {
		found = found || at(t, a, "person", "lastName") == "Khan" && at(t, a, "role") == "seen with"
	}
	if !found {
		t.Errorf("no tie to Khan: %v", at(t, hit, "associates"))
	}
}

func TestIntelErrorsAreInATwoHundred(t *testing.T) {
	f := start(t)
	tok := intelToken(t, f)
	for query, want := range map[string]string{
		`{ subjects(filter: {}) { totalCount } }`:                                             "BAD_USER_INPUT",
		`{ subjects(first: 500, filter: {text: "a"}) { totalCount } }`:                        "BAD_USER_INPUT",
		`{ subjects(filter: {text: "a"}, after: "zz") { totalCount } }`:                       "BAD_USER_INPUT",
		`{ subjects(filter: {colour: "a"}) { totalCount } }`:                                  "BAD_USER_INPUT",
		`{ subject(id: "per:none") { id } }`:                                                  "NOT_FOUND",
		`{ subjects { totalCount } }`:                                                         gqlInvalid,
		`{ subjects(filter: {text: "a"}) }`:                                                   gqlInvalid,
		`{ me { clientId { x } } }`:                                                           gqlInvalid,
		`{ nothing }`:                                                                         gqlInvalid,
		`{ me { clientId }`:                                                                   gqlInvalid,
		`mutation { me { clientId } }`:                                                        gqlInvalid,
		`{ report(id: $x) { id } }`:                                                           gqlInvalid,
		`query($x: ID!) { report(id: $x) { id } }`:                                            "BAD_USER_INPUT",
		`{ me { ...A } } fragment A on Me { ...A }`:                                           gqlInvalid,
		`query A { me { server } } query B { me { server } }`:                                 gqlInvalid,
		strings.Repeat(`{ me `, 40):                                                           gqlInvalid,
		`{ subjects(filter: {text: "` + strings.Repeat("x", 9) + "\n" + `"}) { totalCount }}`: gqlInvalid,
	} {
		v := gql(t, f, tok, query, nil)
		if got := at(t, v, "errors", 0, "extensions", "code"); got != want {
			t.Errorf("%.60s: %v, want %s", query, v, want)
		}
	}
	v := gql(t, f, tok, `{ me { server } subject(id: "per:none") { id } }`, nil)
	if at(t, v, "data", "me", "server") != "Lantern Intelligence" || at(t, v, "data", "subject") != nil || at(t, v, "errors", 0, "path", 0) != "subject" {
		t.Errorf("a part that failed: %v", v)
	}
}

func TestIntelTokens(t *testing.T) {
	f := start(t)
	for name, h := range map[string]string{"none": "", "wrong": "Bearer abc", "the login's": "Bearer " + token(t, f)} {
		code, _, b := ask(t, "POST", f.intel.base+"/graphql", map[string]string{"Authorization": h, "Content-Type": "application/json"}, `{"query":"{me{server}}"}`)
		if code != 401 || at(t, read(t, b), "errors", 0, "extensions", "code") != "UNAUTHENTICATED" {
			t.Errorf("%s: %d %s", name, code, b)
		}
	}
	code, _, b := ask(t, "POST", f.intel.base+"/oauth2/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic eDp5"}, "grant_type=client_credentials")
	if code != 401 || read(t, b)["error"] != "invalid_client" {
		t.Errorf("%d %s", code, b)
	}
}

func TestIntelPagingGivesEachOnce(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.3 })
	tok := intelToken(t, f)
	seen, after := map[string]bool{}, any(nil)
	var total json.Number
	for {
		v := gql(t, f, tok, `query($a: String) { reports(first: 9, after: $a, filter: {text: "seen"}) { totalCount edges { node { id urn grading { source handling conditions } } } pageInfo { hasNextPage endCursor } } }`, map[string]any{"a": after})
		for _, e := range at(t, v, "data", "reports", "edges").([]any) {
			id := at(t, e, "node", "id").(string)
			if seen[id] {
				t.Fatalf("%s stands on two pages", id)
			}
			seen[id] = true
		}
		total = at(t, v, "data", "reports", "totalCount").(json.Number)
		if at(t, v, "data", "reports", "pageInfo", "hasNextPage") == false {
			break
		}
		after = at(t, v, "data", "reports", "pageInfo", "endCursor")
	}
	if n, _ := total.Int64(); len(seen) < 20 || int(n) != len(seen) {
		t.Errorf("%d of %s", len(seen), total)
	}
}

func FuzzGraphQL(f *testing.F) {
	for _, s := range []string{`{ me { server } }`, `query($a: String = "x") { a: subjects(filter: {text: $a}) { totalCount } }`, `{ ...A } fragment A on Query { me { server } }`, `"`, `{a(b:[1,-2.5e3,{c:$d}])}`} {
		f.Add(s)
	}
	x := &intel{byID: map[string]any{}}
	schema := x.schema()
	f.Fuzz(func(t *testing.T, s string) {
		data, errs := schema.run(s, "", map[string]any{})
		if data == nil && len(errs) == 0 {
			t.Error("neither data nor an error")
		}
	})
}
