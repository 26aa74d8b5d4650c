package policy

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write what is generated from the table")

// What is shipped for group policy and editors is what the table says, to the byte.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	root := filepath.Join("..", "..", "packaging", "policy")
	for name, want := range Generated() {
		path := filepath.Join(root, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the table says (%v): run go test ./app/policy -run Generated -update", name, err)
		}
	}
}

type admxFile struct {
	Categories []struct {
		Name string `xml:"name,attr"`
	} `xml:"categories>category"`
	Policies []struct {
		Name         string `xml:"name,attr"`
		Class        string `xml:"class,attr"`
		Key          string `xml:"key,attr"`
		ValueName    string `xml:"valueName,attr"`
		Presentation string `xml:"presentation,attr"`
		Display      string `xml:"displayName,attr"`
		Explain      string `xml:"explainText,attr"`
		Parent       struct {
			Ref string `xml:"ref,attr"`
		} `xml:"parentCategory"`
		Elements struct {
			Any []struct {
				XMLName xml.Name
				ID      string `xml:"id,attr"`
				Value   string `xml:"valueName,attr"`
				Key     string `xml:"key,attr"`
				Items   []struct {
					Display string `xml:"displayName,attr"`
					Value   string `xml:"value>string"`
				} `xml:"item"`
			} `xml:",any"`
		} `xml:"elements"`
	} `xml:"policies>policy"`
}

type admlFile struct {
	Strings []struct {
		ID   string `xml:"id,attr"`
		Text string `xml:",chardata"`
	} `xml:"resources>stringTable>string"`
	Presentations []struct {
		ID  string `xml:"id,attr"`
		Any []struct {
			Ref string `xml:"refId,attr"`
		} `xml:",any"`
	} `xml:"resources>presentationTable>presentation"`
}

// Windows refuses a template in which a word, a presentation or a category is missing: all must be there, once.
func TestTheTemplateHangsTogether(t *testing.T) {
	var a admxFile
	var l admlFile
	if err := xml.Unmarshal(ADMX(), &a); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(ADML(), &l); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, s := range l.Strings {
		if words[s.ID] || strings.TrimSpace(s.Text) == "" {
			t.Errorf("%s stands twice, or is empty", s.ID)
		}
		words[s.ID] = true
	}
	shown := map[string]string{}
	for _, p := range l.Presentations {
		if len(p.Any) != 1 {
			t.Errorf("%s shows %d", p.ID, len(p.Any))
			continue
		}
		shown[p.ID] = p.Any[0].Ref
	}
	word := func(ref string) {
		id := strings.TrimSuffix(strings.TrimPrefix(ref, "$(string."), ")")
		if !words[id] {
			t.Errorf("there are no words for %s", ref)
		}
	}
	categories := map[string]bool{}
	for _, c := range a.Categories {
		categories[c.Name] = true
	}
	if len(a.Policies) != len(Table()) {
		t.Errorf("%d policies of %d settings", len(a.Policies), len(Table()))
	}
	for i, p := range a.Policies {
		d := Table()[i]
		word(p.Display)
		word(p.Explain)
		if p.Name != d.Registry() || p.Key != RegistryKey || !categories[p.Parent.Ref] || (p.Class == "Both") != d.Choosable {
			t.Errorf("%+v", p)
		}
		if p.ValueName != "" {
			if p.ValueName != d.Registry() || len(p.Elements.Any) > 0 {
				t.Errorf("%+v", p)
			}
			continue
		}
		if len(p.Elements.Any) != 1 {
			t.Errorf("%s has %d elements", p.Name, len(p.Elements.Any))
			continue
		}
		e := p.Elements.Any[0]
		if shown[p.Name] != e.ID || e.Value != "" && e.Value != d.Registry() || e.Key != "" && e.Key != RegistryKey+`\`+d.Registry() {
			t.Errorf("%+v", e)
		}
		for _, it := range e.Items { // what the template writes must be read
			word(it.Display)
			if _, _, err := d.read(it.Value); err != nil {
				t.Errorf("%s offers %s: %v", d.Key, it.Value, err)
			}
		}
	}
	if d := xml.NewDecoder(bytes.NewReader(ADMX())); d != nil {
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheSchemaTakesWhatMusterTakes(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		"policy: 1\nidle_lock: 5m\nstay_signed_in: officer\nsystems_allowed: [a]\nmap: {kind: none}\noffline_size: 2GB\n": true,
		"policy: 1\nidle_lock: soon\n":    false,
		"policy: 1\nidle_locks: 5m\n":     false,
		"policy: 1\ndemo: perhaps\n":      false,
		"demo: true\n":                    false,
		"policy: 1\nsignin: {isuer: x}\n": false,
	} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(v)
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		_, perr := Parse([]byte(text))
		if got := schema.Validate(inst) == nil; got != ok || (perr == nil) != ok {
			t.Errorf("%q: schema %v, muster %v, want %v", text, got, perr, ok)
		}
	}
}

// The example with every # taken away is read: no setting in it is misspelt.
func TestTheExampleNamesEverySetting(t *testing.T) {
	src := string(Example())
	for _, d := range Table() {
		steps := strings.Split(d.Key, ".")
		if !strings.Contains(src, steps[len(steps)-1]+": ") {
			t.Errorf("%s is not in it", d.Key)
		}
	}
	if _, err := Parse([]byte(src)); err != nil {
		t.Error(err)
	}
}
