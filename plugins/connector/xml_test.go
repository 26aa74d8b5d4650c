package connector

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func TestXMLShape(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", `<a>x</a>`, `{"a":"x"}`},
		{"empty", `<a/>`, `{"a":""}`},
		{"nested", `<a><b>1</b><c>2</c></a>`, `{"a":{"b":"1","c":"2"}}`},
		{"repeated", `<a><b>1</b><b>2</b></a>`, `{"a":{"b":["1","2"]}}`},
		{"attributes", `<a id="7">x</a>`, `{"a":{"#text":"x","@id":"7"}}`},
		{"namespaces", `<p:a xmlns:p="urn:x" p:id="7"><p:b/></p:a>`, `{"a":{"@id":"7","b":""}}`},
		{"nil", `<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:nil="true"/></a>`, `{"a":{"b":null}}`},
		{"one is a list", `<D><M><C>1</C></M></D>`, `{"D":{"M":[{"C":"1"}]}}`},
		{"none is a list", `<D><x>1</x></D>`, `{"D":{"M":[],"x":"1"}}`},
		{"none in an empty element", `<D/>`, `{"D":{"M":[]}}`},
		{"entities", `<a>O&apos;Brien &amp; S&#246;n</a>`, `{"a":"O'Brien & Sön"}`},
		{"latin1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Zo\xeb</a>", `{"a":"Zoë"}`},
		{"cdata", `<a><![CDATA[<b>]]></a>`, `{"a":"<b>"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := decodeXML([]byte(c.in), newListRules([]string{"D.M"}))
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if json.Unmarshal(b, &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || !jsonEqual(got, want) {
				t.Errorf("got %s, want %s", b, c.want)
			}
		})
	}
}

func jsonEqual(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func TestXMLIsBounded(t *testing.T) {
	for name, in := range map[string]string{
		"doctype":  `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`,
		"entity":   `<a>&nbsp;</a>`,
		"deep":     strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"many":     "<a>" + strings.Repeat("<b/>", xmlElements) + "</a>",
		"cut off":  `<a><b>1`,
		"two":      `<a/><b/>`,
		"none":     ``,
		"encoding": `<?xml version="1.0" encoding="EBCDIC-GB"?><a/>`,
		"text":     `hello`,
	} {
		if m, err := decodeXML([]byte(in), nil); err == nil {
			t.Errorf("%s: accepted as %v", name, m)
		}
	}
}

func TestXMLTemplate(t *testing.T) {
	f := &findings{file: "t"}
	e := helpersForTest(t).xmlTemplate(f, &node{value: `<c:Find xmlns:c="urn:x" n="\(.q.n)">
		<c:Name>\(.q.name)</c:Name><c:Given>\(.q.given)</c:Given>
		<c:Phone>\(.q.phones)</c:Phone>
		<c:Who><c:No>\(.q.no)</c:No></c:Who>
		<c:Fixed/>
	</c:Find>`})
	if len(f.list) > 0 {
		t.Fatal(f.list)
	}
	var b strings.Builder
	in := map[string]any{"q": map[string]any{"n": `"1"`, "name": `O'Brien <x> & Co`, "phones": []any{"1", "2"}}}
	if _, err := e.render(context.Background(), &b, in, true); err != nil {
		t.Fatal(err)
	}
	want := `<c:Find xmlns:c="urn:x" n="&#34;1&#34;"><c:Name>O&#39;Brien &lt;x&gt; &amp; Co</c:Name><c:Phone>1</c:Phone><c:Phone>2</c:Phone><c:Fixed/></c:Find>`
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
	for _, bad := range []string{`<a><b></a>`, `<a>\(.x</a>`, `<a/><b/>`, `text`, `<\(.x)/>`} {
		f := &findings{file: "t"}
		if helpersForTest(t).xmlTemplate(f, &node{value: bad}); !f.failed() {
			t.Errorf("%s is accepted", bad)
		}
	}
}
