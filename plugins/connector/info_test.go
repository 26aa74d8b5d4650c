package connector

import (
	"reflect"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

func TestInfoSaysWhatTheFileSays(t *testing.T) {
	c, err := Load("full.yaml", []byte(`connector: 1
id: full
name: Full
help: Everything.
code: FUL
shape: star
version: "2.1"
options:
  base_url: {type: url, label: Address, help: h, required: true}
  idp_url: {type: url, label: Other, default: "https://idp.example"}
  user: {type: string, label: User, asked: true}
  secret: {type: secret, label: Password, required: true}
hosts: [base_url, "files.example:8443"]
auth:
  - {kind: cookie, page: /form, login: /in, user: user, secret: secret, user_field: u, secret_field: p, form: {realm: 7}, lost: {path: /form, text: Sign in},
     also: [{kind: api_key, header: k, prefix: "Key ", secret: secret}]}
  - {kind: oauth2_client, token: /t, base: idp_url, scope: a b, user: user, secret: secret, in_body: true}
limits: {rate: 600/5min, burst: 3, parallel: 2, timeout: 1m30s, response: 512KiB, records: 40}
check: {get: /}
kinds:
  person:
    type: nominal
    search:
      - {by: [[surname, givenName?], [pncId]], get: /p}
      - {text: true, get: /p}
    fetch: {get: '/p/\(.id)'}
    fields: {id: .id, surname: .s}
    groups: [{each: '.a[]', fields: {postcode: .p}}]
  incident:
    submit: {post: /i, accepts: {description: {required: true, max: 9, codes: [A], label: Text}, person.surname: {}}, body: '{}', result: {ref: .r}, confirm: {get: /i, found: .r}}
`))
	if err != nil {
		t.Fatal(err)
	}
	i := c.Info()
	if err := i.Validate(); err != nil {
		t.Fatal(err)
	}
	i.Open = nil
	want := plugins.Info{ID: "full", Name: "Full", Help: "Everything.", Code: "FUL", Shape: "star", Version: "2.1",
		Options: []plugins.Option{{Name: "base_url", Type: "url", Label: "Address", Help: "h", Required: true}, {Name: "idp_url", Type: "url", Label: "Other", Default: "https://idp.example"},
			{Name: "user", Type: "string", Label: "User", Asked: true}, {Name: "secret", Type: "secret", Label: "Password", Required: true}},
		Hosts: []string{"base_url", "files.example:8443"},
		Auth: []plugins.AuthSpec{
			{Kind: "cookie", Base: "base_url", Page: "/form", Login: "/in", User: "user", Secret: "secret", UserField: "u", SecretField: "p", Form: map[string]string{"realm": "7"},
				Lost: plugins.LostSession{Path: "/form", Text: "Sign in"}, Also: []plugins.AuthSpec{{Kind: "api_key", Base: "base_url", Header: "k", Prefix: "Key ", Secret: "secret"}}},
			{Kind: "oauth2_client", Base: "idp_url", Token: "/t", Scope: "a b", User: "user", Secret: "secret", InBody: true}},
		Limits: plugins.Limits{Rate: 2, Burst: 3, Parallel: 2, Timeout: 90 * time.Second, Response: 512 << 10, Records: 40},
		Kinds: []plugins.KindSpec{
			{Kind: "person", Type: "nominal", Text: true, Fetch: true, Returns: []pole.Property{"surname", "postcode"},
				Search: []plugins.SearchSpec{{Require: []pole.Property{"surname"}, Optional: []pole.Property{"givenName"}}, {Require: []pole.Property{"pncId"}}}},
			{Kind: "incident", Type: "incident", Accepts: []plugins.FieldSpec{{Path: "description", Required: true, MaxLength: 9, Codes: []string{"A"}, Label: "Text"}, {Path: "person.surname"}}},
		}}
	if !reflect.DeepEqual(i, want) {
		t.Errorf("got  %+v\nwant %+v", i, want)
	}
}
