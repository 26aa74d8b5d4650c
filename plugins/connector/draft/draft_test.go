package draft

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"muster/assets"
	"muster/plugins/connector"
	"muster/plugins/pole"
)

var loaded = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// drafted is a draft that lint finds nothing wrong with, warnings apart.
func drafted(t testing.TB, text string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range connector.Lint("draft.yaml", []byte(text), dictionary(t)).Errors() {
		t.Errorf("%s", p)
	}
	if t.Failed() {
		t.Log(text)
	}
	return text
}

func source(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the draft lacks %q", w)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestDraftFromThePublishedDVLADocument(t *testing.T) {
	text, err := OpenAPI(source(t, "vehicle-enquiry-1.1.0.json"), dictionary(t), Options{})
	has(t, drafted(t, text, err), "vehicle:", "post: '/v1/vehicles'", "registrationNumber: (.q.vrm)", "vrm: '.registrationNumber'", "motExpiryDate: '.motExpiryDate | day'",
		"auth: {kind: api_key, header: 'x-api-key', secret: api_key}", "default: 'https://driver-vehicle-licensing.api.gov.uk/vehicle-enquiry'")
}

func TestDraftFromOpenAPI(t *testing.T) {
	text, err := OpenAPI([]byte(recordsOpenAPI), dictionary(t), Options{ID: "acme"})
	has(t, drafted(t, text, err), "id: acme", "auth: {kind: oauth2_client, token: '/oauth/token'", "check: {get: '/me'}", "person:", "get: '/persons'", "records: '.items[]'",
		"surname: '.name.family'", "givenName: '.name.given'", "dateOfBirth: '.dob | day'", "dob: '.q.dateOfBirth | date'", "next: '.nextCursor | if . then {after: .} else null end'",
		"total: '.total'", "fetch: {get: '/persons/\\(.id)', records: '.'}", "text: true", "# .shoeSize  not mapped", "require: [", "incident:", "post: '/incidents'",
		"description: {required: true, as: 'details'}", "result: {ref: '.incidentId'}", "# guess")
}

func TestDraftFromOData(t *testing.T) {
	text, err := OData([]byte(recordsCSDL), dictionary(t), Options{Name: "Vigil"})
	has(t, drafted(t, text, err), "name: 'Vigil'", "get: '/Persons'", "Surname eq ''\\(odata)''", "next: '.\"@odata.nextLink\"'", "fetch: {get: '/Persons(\\(.id))', records: .}",
		"dateOfBirth: '.DateOfBirth | day'", "vehicle:", "fetch: {get: '/Vehicles(''\\(.id | odata)'')', records: .}")
}

func TestDraftFromGraphQL(t *testing.T) {
	text, err := GraphQL([]byte(recordsSDL), dictionary(t), Options{Name: "Intel"})
	has(t, drafted(t, text, err), "records: '.data.people.edges[].node'", "next: '.data.people.pageInfo | if .hasNextPage then {after: .endCursor} else null end'",
		"surname: '.surname'", "variables: '{id: .id}'", "organisation:", "mutation createReport")
}

func TestDraftFromWSDL(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "packs", "live", "testdata", "soap", "custody.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := WSDL(src, dictionary(t), Options{})
	has(t, drafted(t, text, err), "answers: xml", "soap:", "kind: wss_username", "lists: [")
}

func TestNotADescription(t *testing.T) {
	for name, f := range map[string]func([]byte, *pole.Dictionary, Options) (string, error){"openapi": OpenAPI, "odata": OData, "graphql": GraphQL, "wsdl": WSDL} {
		for _, src := range []string{"", "<html><body>Sign in</body></html>", "{}", `{"openapi":"3.0.0","paths":{}}`, "\x00\xff", "type Query { a: Int }"} {
			if text, err := f([]byte(src), dictionary(t), Options{}); err == nil {
				t.Errorf("%s of %q: %s", name, src, text)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{"dateOfBirth": "date of birth", "date_of_birth": "date of birth", "PNCId": "pnc id", "VRM": "vrm", "addressLine1": "address line1", "Date-Of.Birth": "date of birth"} {
		if got := strings.Join(words(in), " "); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
	if len(synonyms().Properties) == 0 {
		t.Error("the synonyms cannot be read")
	}
	for p := range synonyms().Properties {
		if _, ok := dictionary(t).Property(pole.Property(p)); !ok {
			t.Errorf("synonyms for %q, which the dictionary does not have", p)
		}
	}
	for k := range synonyms().Kinds {
		if _, ok := dictionary(t).Kind(pole.Kind(k)); !ok {
			t.Errorf("synonyms for the kind %q, which the dictionary does not have", k)
		}
	}
}

// Whatever a document says, a draft that comes out is one that lint accepts.
func FuzzOpenAPI(f *testing.F) {
	f.Add([]byte(recordsOpenAPI))
	f.Add(source(f, "vehicle-enquiry-1.1.0.json"))
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, OpenAPI, b) })
}

func FuzzOData(f *testing.F) {
	f.Add([]byte(recordsCSDL))
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, OData, b) })
}

func FuzzGraphQL(f *testing.F) {
	f.Add([]byte(recordsSDL))
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, GraphQL, b) })
}

func FuzzWSDL(f *testing.F) {
	f.Add([]byte(`<definitions/>`))
	f.Fuzz(func(t *testing.T, b []byte) { sound(t, WSDL, b) })
}

func sound(t *testing.T, draft func([]byte, *pole.Dictionary, Options) (string, error), b []byte) {
	text, err := draft(b, dictionary(t), Options{})
	if err == nil {
		drafted(t, text, nil)
	}
}
