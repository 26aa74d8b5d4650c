package policy

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// The languages that ADML files are written for. Windows falls back to en-US, so that must be one of them.
var Languages = []string{"en-GB", "en-US"}

const admxHead = `<?xml version="1.0" encoding="utf-8"?>
<!-- Generated from the table of settings by musterctl policy admx. Do not edit. -->
`

// ADMX is the administrative template: every setting as a policy of its own, written below Software\Policies\Muster.
func ADMX() []byte {
	var b strings.Builder
	b.WriteString(admxHead)
	b.WriteString(`<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="muster" namespace="Muster.Policies.Desk"/>
    <using prefix="windows" namespace="Microsoft.Policies.Windows"/>
  </policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <supportedOn>
    <definitions>
      <definition name="Supported" displayName="$(string.Supported)"/>
    </definitions>
  </supportedOn>
  <categories>
    <category name="Muster" displayName="$(string.Muster)"/>
`)
	for i := range sections() {
		fmt.Fprintf(&b, "    <category name=\"Section%d\" displayName=\"$(string.Section%d)\">\n      <parentCategory ref=\"Muster\"/>\n    </category>\n", i+1, i+1)
	}
	b.WriteString("  </categories>\n  <policies>\n")
	for _, d := range table {
		d.admx(&b)
	}
	b.WriteString("  </policies>\n</policyDefinitions>\n")
	return []byte(b.String())
}

func sections() (out []string) {
	for _, d := range table {
		if !slices.Contains(out, d.Section) {
			out = append(out, d.Section)
		}
	}
	return out
}

func (d Def) admx(b *strings.Builder) {
	n, class := d.Registry(), "Machine"
	if d.Choosable {
		class = "Both"
	}
	attrs := fmt.Sprintf(`name="%s" class="%s" displayName="$(string.%s)" explainText="$(string.%s_Help)" key="%s"`, n, class, n, n, RegistryKey)
	plain := d.Type == Bool && !d.Choosable
	if plain { // not configured, enabled and disabled are the three states
		attrs += fmt.Sprintf(` valueName="%s"`, n)
	} else {
		attrs += fmt.Sprintf(` presentation="$(presentation.%s)"`, n)
	}
	fmt.Fprintf(b, "    <policy %s>\n      <parentCategory ref=\"Section%d\"/>\n      <supportedOn ref=\"Supported\"/>\n", attrs, slices.Index(sections(), d.Section)+1)
	if plain {
		b.WriteString("      <enabledValue>\n        <decimal value=\"1\"/>\n      </enabledValue>\n      <disabledValue>\n        <decimal value=\"0\"/>\n      </disabledValue>\n")
	} else {
		b.WriteString("      <elements>\n")
		switch {
		case d.Type == Bool || d.Type == Choice:
			fmt.Fprintf(b, "        <enum id=\"%s_Value\" valueName=\"%s\" required=\"true\">\n", n, n)
			for i, c := range d.offered() {
				fmt.Fprintf(b, "          <item displayName=\"$(string.%s_%d)\">\n            <value>\n              <string>%s</string>\n            </value>\n          </item>\n", n, i+1, escape(c))
			}
			b.WriteString("        </enum>\n")
		case d.Type == List:
			fmt.Fprintf(b, "        <list id=\"%s_Value\" key=\"%s\\%s\" valuePrefix=\"\"/>\n", n, RegistryKey, n)
		case d.many():
			fmt.Fprintf(b, "        <list id=\"%s_Value\" key=\"%s\\%s\" explicitValue=\"true\"/>\n", n, RegistryKey, n)
		case d.Type == Number:
			fmt.Fprintf(b, "        <decimal id=\"%s_Value\" valueName=\"%s\" minValue=\"0\" maxValue=\"9999999\" required=\"true\"/>\n", n, n)
		default:
			fmt.Fprintf(b, "        <text id=\"%s_Value\" valueName=\"%s\" maxLength=\"1023\"/>\n", n, n)
		}
		b.WriteString("      </elements>\n")
	}
	b.WriteString("    </policy>\n")
}

// offered are the values of a choice, and the officer where he may be left it.
func (d Def) offered() []string {
	out := slices.Clone(d.Choices)
	if d.Type == Bool {
		out = []string{"true", "false"}
	}
	if d.Choosable {
		out = append(out, Officers)
	}
	return out
}

// offeredWords are the same in words.
func (d Def) offeredWords() []string {
	out := d.offered()
	for i, v := range out {
		switch v {
		case "true":
			out[i] = "On, whatever the officer wants"
		case "false":
			out[i] = "Off, whatever the officer wants"
		case Officers:
			out[i] = "The officer decides"
		}
	}
	return out
}

// ADML is the template's words.
func ADML() []byte {
	var b strings.Builder
	b.WriteString(admxHead)
	b.WriteString(`<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <displayName>Muster</displayName>
  <description>What IT decides for Muster, the window over a force's systems.</description>
  <resources>
    <stringTable>
`)
	str := func(id, text string) {
		fmt.Fprintf(&b, "      <string id=\"%s\">%s</string>\n", id, escape(text))
	}
	str("Muster", "Muster")
	str("Supported", "Muster 0.1 and later")
	for i, s := range sections() {
		str(fmt.Sprintf("Section%d", i+1), s)
	}
	for _, d := range table {
		str(d.Registry(), d.Label)
		str(d.Registry()+"_Help", d.explain())
		if d.Type == Choice || d.Type == Bool && d.Choosable {
			for i, w := range d.offeredWords() {
				str(fmt.Sprintf("%s_%d", d.Registry(), i+1), w)
			}
		}
	}
	b.WriteString("    </stringTable>\n    <presentationTable>\n")
	for _, d := range table {
		if d.Type == Bool && !d.Choosable {
			continue
		}
		n, label := d.Registry(), escape(d.Label)
		fmt.Fprintf(&b, "      <presentation id=\"%s\">\n", n)
		switch {
		case d.Type == Bool || d.Type == Choice:
			fmt.Fprintf(&b, "        <dropdownList refId=\"%s_Value\" noSort=\"true\" defaultItem=\"0\">%s</dropdownList>\n", n, label)
		case d.many():
			fmt.Fprintf(&b, "        <listBox refId=\"%s_Value\">%s</listBox>\n", n, label)
		case d.Type == Number:
			fmt.Fprintf(&b, "        <decimalTextBox refId=\"%s_Value\" defaultValue=\"%s\">%s</decimalTextBox>\n", n, firstOf(d.Default, "0"), label)
		default:
			fmt.Fprintf(&b, "        <textBox refId=\"%s_Value\">\n          <label>%s</label>\n", n, label)
			if d.Default != "" {
				fmt.Fprintf(&b, "          <defaultValue>%s</defaultValue>\n", escape(d.Default))
			}
			b.WriteString("        </textBox>\n")
		}
		b.WriteString("      </presentation>\n")
	}
	b.WriteString("    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n")
	return []byte(b.String())
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// explain is the help of a setting with what Windows does not show beside it.
func (d Def) explain() string {
	out := d.Help + "\n\nNot configured: the next source decides (machine file, installer"
	if d.Choosable {
		out += ", officer"
	}
	out += "), else "
	switch {
	case d.Default != "":
		out += d.Default
	default:
		out += "nothing is set"
	}
	return out + ".\nIn the machine file: " + d.Key + "."
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return strings.ReplaceAll(b.String(), "&#xA;", "\n")
}
