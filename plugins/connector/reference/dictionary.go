package reference

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"muster/plugins/pole"
)

// form says what the canonical form of each type looks like and what else is understood of a source.
var form = []struct {
	t    pole.Type
	norm string // an example of the canonical form
	also string
}{
	{pole.TypeText, "Seen near the station", "inner spaces are made single"},
	{pole.TypeName, "O'BRIEN-SMITH", "any case; capitals are the canonical form"},
	{pole.TypePartialDate, "1990-05-17, 1990-05, 1990", "other ways with `day`: `.dob \\| day(\"%d/%m/%Y\")`"},
	{pole.TypeInstant, "2026-01-05T13:45:00Z", "with an offset; other ways with `instant`: `.at \\| instant(\"unix\")`"},
	{pole.TypeCode, "M", "the code, its words, and what stands under *also understood* of its list; others with `code`: `.sex \\| code(\"sex\")`"},
	{pole.TypePhone, "+447700900123", "07700 900123, 0113 496 0000, 0044 …"},
	{pole.TypePostcode, "LS8 2QX", "ls82qx"},
	{pole.TypeVRM, "AB12CDE", "ab12 cde"},
	{pole.TypePNCID, "2023/0120018D", "23/120018D; the check letter is verified"},
	{pole.TypeCRO, "123456/22J", "the check letter is verified"},
	{pole.TypeNINO, "AB123456C", "with spaces"},
	{pole.TypeIMEI, "490154203237518", "with spaces or hyphens; the check digit is verified"},
	{pole.TypeCoordinates, "53.82910,-1.50120", "latitude and longitude with a comma, or British National Grid"},
	{pole.TypeNumber, "168", "also as text"},
	{pole.TypeBool, "true", "false"},
	{pole.TypeEmail, "name@example.org", ""},
	{pole.TypeReference, "42/12345/26", "any case, with spaces"},
	{pole.TypeWarning, "VI", "the words of the signal and what stands under *also understood*; one that the list does not know is still shown, as danger"},
}

// Dictionary gives the page of everything that a connector may map to.
func Dictionary(d *pole.Dictionary) []byte {
	var b bytes.Buffer
	b.WriteString(`# The dictionary: what a connector maps to

Generated from ` + "`assets/dictionary`" + `; do not edit. A force can replace those files. ` + "`musterctl dictionary WORD`" + ` searches this page.
Contents: [kinds](#kinds), [properties](#properties), [composites](#composites), [roles of links](#roles-of-links),
[warning signals](#warning-signals), [markings](#markings), [code lists](#code-lists).

## Kinds

What a record can be: the keys under ` + "`kinds:`" + `.

| kind | class | what it is | called elsewhere |
| --- | --- | --- | --- |
`)
	for _, k := range d.Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Class, k.Label, k.NIEM)
	}
	b.WriteString("\nThe properties that each kind foresees:\n\n")
	for _, k := range d.Kinds() {
		var names []string
		for _, p := range d.Properties(k.Name) {
			names = append(names, string(p.Name))
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", k.Name, strings.Join(names, " "))
	}
	b.WriteString(`
## Properties

What stands under ` + "`fields:`, `groups:` and `by:`" + `. Every property has a type. What a source writes is kept, and beside it
stands its canonical form: what expressions see as ` + "`.q.PROPERTY` and `.entry.PROPERTY`" + `, and what an expected result of a
recording shows. What cannot be read as the type is still shown, as the source wrote it.

| type | canonical form | also understood |
| --- | --- | --- |
` + types() + `
*many*: a
record may have several at once; in an entry it is a list. *personal* and *special*: replaced by fakes in recordings.
**danger**: never map it with an expression that turns missing into none.

| property | label | kinds | type | notes | called elsewhere |
| --- | --- | --- | --- | --- | --- |
`)
	for _, p := range d.AllProperties() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", p.Name, cell(p.Label), kinds(d, p.Kinds), typed(p), notes(p), elsewhere(p))
	}
	b.WriteString(`
## Composites

Properties that together are one value. Map the parts where the source has them; a source that gives one line maps the
whole. Under ` + "`groups:`" + ` the parts of one address stay together.

| composite | as one line | parts | kinds |
| --- | --- | --- | --- |
`)
	seen := map[string]bool{}
	for _, k := range d.Kinds() {
		for _, g := range d.Groups(k.Name) {
			if seen[g.Name] {
				continue
			}
			seen[g.Name] = true
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", g.Name, g.Property, join(g.Parts), kinds(d, g.Kinds))
		}
	}
	b.WriteString(`
## Roles of links

` + "`links: [{role: keeper, kind: vehicle, each: '.cars[]', id: .carId}]`" + ` says: this record is the keeper of that vehicle.
With ` + "`way: in`" + ` it is the other way round: that record is ROLE of this one.

| role | from is … of to | to is … |
| --- | --- | --- |
`)
	for _, r := range d.Roles() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Name, r.Label, r.Inverse)
	}
	b.WriteString(`
## Warning signals

The values of ` + "`warning`" + `. The spellings are compared without case, spaces and punctuation.

| code | words | level | also understood |
| --- | --- | --- | --- |
`)
	for _, w := range d.Warnings() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", w.Code, w.Label, w.Level, strings.Join(w.Also, ", "))
	}
	b.WriteString("\n## Markings\n\nThe values of `marking`, lowest first.\n\n| marking | also understood |\n| --- | --- |\n")
	for _, m := range d.Markings() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", m.Name, strings.Join(m.Also, ", "))
	}
	b.WriteString(`
## Code lists

The codes of properties with a list. Where a source has others, translate them under ` + "`codes:`" + ` of the connector:
` + "`codes: {sex: {Male: M, Female: F}}` and `sex: .sex | code(\"sex\")`" + `. In an *open* list any other text is as good.
`)
	for _, name := range d.CodeLists() {
		open := ""
		if d.OpenList(name) {
			open = " (open)"
		}
		fmt.Fprintf(&b, "\n### %s%s\n\nOf %s.\n\n| code | words | also understood |\n| --- | --- | --- |\n", name, open, usedBy(d, name))
		for _, c := range d.CodeList(name) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, cell(c.Label), cell(strings.Join(c.Also, ", ")))
		}
	}
	return b.Bytes()
}

func types() string {
	var b strings.Builder
	for _, f := range form {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", f.t, f.norm, f.also)
	}
	return b.String()
}

func typed(p pole.PropertyDef) string {
	if p.CodeList == "" {
		return string(p.Type)
	}
	return string(p.Type) + " of [" + p.CodeList + "](#" + strings.ToLower(p.CodeList) + ")"
}

func notes(p pole.PropertyDef) string {
	var out []string
	if p.Danger {
		out = append(out, "**danger**")
	}
	if p.Many {
		out = append(out, "many")
	}
	if p.MaxLength > 0 {
		out = append(out, fmt.Sprintf("at most %d characters", p.MaxLength))
	}
	if p.Sensitive != "" {
		out = append(out, p.Sensitive)
	}
	return strings.Join(out, ", ")
}

func elsewhere(p pole.PropertyDef) string {
	var out []string
	if p.NIEM != "" {
		out = append(out, p.NIEM)
	}
	if p.IHub != "" && p.IHub != string(p.Name) {
		out = append(out, "iHub "+p.IHub)
	}
	return strings.Join(out, ", ")
}

// kinds lists kinds, or says that it is all of them.
func kinds(d *pole.Dictionary, list []pole.Kind) string {
	if len(list) == len(d.Kinds()) {
		return "all"
	}
	return join(list)
}

func join[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, " ")
}

func usedBy(d *pole.Dictionary, list string) string {
	var out []string
	for _, p := range d.AllProperties() {
		if p.CodeList == list && !slices.Contains(out, string(p.Name)) {
			out = append(out, "`"+string(p.Name)+"`")
		}
	}
	if len(out) == 0 {
		return "no property of its own"
	}
	return strings.Join(out, ", ")
}
