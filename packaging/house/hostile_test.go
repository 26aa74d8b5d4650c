package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// parsed is every package that imports a parser, and the fuzz tests that stand at it. One without a fuzz test says why:
// it reads nothing that comes from outside, or only what another package has read and checked before.
var parsed = map[string]struct {
	what string
	fuzz []string
	why  string
}{
	"muster/app/audit":                   {"an exported log", []string{"FuzzVerifyFile"}, ""},
	"muster/app/caseview/chart":          {why: "writes SVG and PNG, reads none"},
	"muster/app/caseview/disclose":       {why: "writes CSV and JSON, reads none"},
	"muster/app/desk":                    {"profile.yaml", []string{"FuzzProfile"}, ""},
	"muster/app/entry":                   {"form files", []string{"FuzzForm"}, ""},
	"muster/app/evaluate":                {"a snapshot of measurements", []string{"FuzzRestore"}, ""},
	"muster/app/match":                   {why: "reads its own judgements from the sealed store, which lets nothing changed through"},
	"muster/app/match/files":             {"CSV files of officers", []string{"FuzzCSV"}, ""},
	"muster/app/match/names":             {"tables of names that are built in", []string{"FuzzCompare"}, ""},
	"muster/app/policy":                  {"the policy", []string{"FuzzParse"}, ""},
	"muster/app/signin":                  {why: "reads its own entries of the keyring; tokens and answers of the sign-in server are go-oidc's and oauth2's to parse, which bound them"},
	"muster/app/tiles":                   {"map pictures", []string{"FuzzDecode"}, ""},
	"muster/plugins/connector":           {"connector files, answers of systems in JSON, XML, HTML, CSV, XML-RPC, event streams", []string{"FuzzLoad", "FuzzXML", "FuzzHTML", "FuzzDecodeCSV", "FuzzEvents", "FuzzRecord", "FuzzXMLRPC"}, ""},
	"muster/plugins/connector/draft":     {"published descriptions of systems", []string{"FuzzOpenAPI", "FuzzOData", "FuzzGraphQL", "FuzzWSDL"}, ""},
	"muster/plugins/connector/pack":      {"packs", []string{"FuzzRead"}, ""},
	"muster/plugins/connector/reference": {why: "writes pages from what is built in"},
	"muster/plugins/connector/replay":    {"recordings", []string{"FuzzParse"}, ""},
	"muster/plugins/connector/trial":     {"what a system answered to a trial", []string{"FuzzTrace"}, ""},
	"muster/plugins/filewire":            {"names of files, host keys", []string{"FuzzPlaceOf", "FuzzHostKeys"}, ""},
	"muster/plugins/ldapwire":            {"a directory's answers", []string{"FuzzServer"}, ""},
	"muster/plugins/mqttwire":            {"a broker's messages", []string{"FuzzPacket"}, ""},
	"muster/plugins/pole":                {"the dictionary's templates, references, values", []string{"FuzzTemplate", "FuzzRef", "FuzzNormalise"}, ""},
	"muster/plugins/signed":              {"signatures", []string{"FuzzVerify"}, ""},
	"muster/plugins/sqlwire":             {"a database's arrays", []string{"FuzzArray"}, ""},
	"muster/plugins/transport":           {"challenges, headers, tokens, certificates", []string{"FuzzDigestChallenge", "FuzzNTLMChallenge", "FuzzTicketCache", "FuzzPEMLines", "FuzzTokenLife", "FuzzInsertHeader", "FuzzRetryAfter"}, ""},
	"muster/plugins/wasm":                {"manifests and answers of guests", []string{"FuzzUnpack", "FuzzAnswer"}, ""},
	"muster/plugins/wasm/guest":          {"answers, within the guest", []string{"FuzzQuoted", "FuzzParse"}, ""},
	"muster/plugins/wswire":              {"a socket's events", []string{"FuzzEvent"}, ""},
	"muster/plugins/yamlsafe":            {"YAML that is made to exhaust", []string{"FuzzCheck"}, ""},
	"muster/store":                       {"a damaged file", []string{"FuzzDamagedFile", "FuzzSealed"}, ""},
	"muster/store/keyring":               {"entries of the keyring", []string{"FuzzHeader"}, ""},
	"muster/ui/i18n":                     {why: "reads the translations that are built in"},
	"muster/ui/crash":                    {"the words of a crash", []string{"FuzzRedact"}, ""},
	"muster/ui/vm":                       {"a source record as it came", []string{"FuzzPretty"}, ""},
	"muster/ui/widgets":                  {why: "draws; pictures are read in app/tiles"},
}

// tools are not in what an officer runs, or read only what their user gives them.
var tools = []string{"muster/packaging", "muster/plugins/plugintest", "muster/plugins/demoforce", "muster/plugins/packs", "muster/ui/tour", "muster/ui/e2e", "muster/app/musterctl", "muster/app/match/files/trial", "muster/app/match/files/population", "muster/plugins/wasm/hostile", "muster/plugins/sqlwire/pgtest", "muster/plugins/ldapwire/slapdtest"}

// A parser is an import that turns bytes into something else.
var parser = regexp.MustCompile(`^(encoding/(json|xml|csv|pem|gob|asn1)|github\.com/goccy/go-yaml(/parser)?|golang\.org/x/net/html|github\.com/PuerkitoBio/goquery|image(/(png|jpeg|gif))?|golang\.org/x/image/(webp|tiff|bmp)|archive/(zip|tar)|compress/(gzip|flate|zlib))$`)

// TestEveryParserOfOutsideDataHasAFuzzTest: whoever lets a new format in decides here what stands at the door.
func TestEveryParserOfOutsideDataHasAFuzzTest(t *testing.T) {
	t.Parallel()
	for _, p := range listed(t) {
		if slices.ContainsFunc(tools, func(room string) bool { return under(p.ImportPath, room) }) {
			continue
		}
		if _, ok := parsed[p.ImportPath]; !ok && slices.ContainsFunc(p.Imports, parser.MatchString) {
			t.Errorf("%s parses something: give it a fuzz test and a line in this table, or say why it needs none", p.ImportPath)
		}
	}
	for pkg, row := range parsed {
		dir := filepath.Join("..", "..", strings.TrimPrefix(pkg, "muster/"))
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var src strings.Builder
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			src.Write(b)
		}
		if len(row.fuzz) == 0 && row.why == "" || len(row.fuzz) > 0 && row.what == "" {
			t.Errorf("%s: the table says neither what it reads nor why it needs no fuzz test", pkg)
		}
		for _, name := range row.fuzz {
			if !strings.Contains(src.String(), "func "+name+"(f *testing.F)") {
				t.Errorf("%s reads %s, and has no %s", pkg, row.what, name)
			}
		}
	}
}

// TestNoNotificationCarriesData: on Windows a notification is a script that its text is put into. Until one is needed that
// says constant words, nothing sends any.
func TestNoNotificationCarriesData(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, root := range []string{"app", "ui", "plugins", "store", "main.go"} {
		if err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			b, err := os.ReadFile(path)
			looked++
			if err == nil && strings.Contains(string(b), "SendNotification"+"(") {
				t.Errorf("%s sends a notification", path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if looked < 300 {
		t.Errorf("only %d files were looked at", looked)
	}
}
