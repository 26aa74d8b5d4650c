package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Generated is every file that is made from the table, by its path below packaging/policy.
func Generated() map[string][]byte {
	out := map[string][]byte{"Muster.admx": ADMX(), "policy.schema.json": Schema(), "policy.example.yaml": Example(), "SETTINGS.md": Page()}
	for _, l := range Languages {
		out[l+"/Muster.adml"] = ADML()
	}
	return out
}

// Schema is the machine file as a JSON Schema, for editors that check YAML as it is typed.
func Schema() []byte {
	type node = map[string]any
	root := node{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Muster machine policy", "type": "object", "additionalProperties": false,
		"required": []string{"policy"}, "properties": node{"policy": node{"const": version, "description": "Version of the format."}}}
	for _, d := range table {
		at := root
		steps := strings.Split(d.Key, ".")
		for _, s := range steps[:len(steps)-1] {
			props, _ := at["properties"].(node)
			next, ok := props[s].(node)
			if !ok {
				next = node{"type": "object", "additionalProperties": false, "properties": node{}}
				props[s] = next
			}
			at = next
		}
		props, _ := at["properties"].(node)
		props[steps[len(steps)-1]] = d.schema()
	}
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // nothing in it can fail
	}
	return append(b, '\n')
}

func (d Def) schema() map[string]any {
	text := map[string]any{"type": "string"}
	list := map[string]any{"type": "array", "items": text}
	var s map[string]any
	switch d.Type {
	case Bool:
		s = map[string]any{"type": "boolean"}
	case Number:
		s = map[string]any{"type": "integer", "minimum": 0}
	case Duration:
		s = map[string]any{"type": []string{"string", "integer"}, "pattern": `^(0|([0-9]+d)|([0-9.]+(ns|us|ms|s|m|h))+)$`}
	case Size:
		s = map[string]any{"type": []string{"string", "integer"}, "pattern": `^[0-9.]+ ?([KMGTkmgt][Bb])?$`}
	case Choice:
		s = map[string]any{"enum": d.offered()}
	case List:
		s = list
	case Pairs:
		s = map[string]any{"type": "object", "additionalProperties": text}
	case Lists:
		s = map[string]any{"type": "object", "additionalProperties": list}
	default:
		s = text
	}
	if d.Choosable && d.Type != Choice {
		s = map[string]any{"anyOf": []any{s, map[string]any{"const": Officers}}}
	}
	s["description"] = d.Help
	if d.Default != "" {
		s["default"] = d.Default
	}
	return s
}

// Example is a machine file with every setting in it, each as a comment.
func Example() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# What IT decides for Muster on this computer. Generated from the table of settings; take the # away from what you decide.\n"+
		"# It lies in %%ProgramData%%\\Muster\\policy.yaml or /etc/muster/policy.yaml, owned and writable by administrators only.\n"+
		"# musterctl policy check FILE says what is wrong with it.\npolicy: %d\n", version)
	section := ""
	var parents []string
	for _, d := range table {
		if d.Section != section {
			section = d.Section
			fmt.Fprintf(&b, "\n# ---- %s ----\n", section)
		}
		steps := strings.Split(d.Key, ".")
		for i, s := range steps[:len(steps)-1] {
			if i >= len(parents) || parents[i] != s {
				fmt.Fprintf(&b, "# %s%s:\n", strings.Repeat("  ", i), s)
			}
		}
		parents = steps[:len(steps)-1]
		pad := strings.Repeat("  ", len(steps)-1)
		for _, l := range wrap(d.Help, 110) {
			fmt.Fprintf(&b, "#%s # %s\n", pad, l)
		}
		fmt.Fprintf(&b, "# %s%s: %s\n", pad, steps[len(steps)-1], d.sample())
	}
	return []byte(b.String())
}

// sample is a value as one might write it.
func (d Def) sample() string {
	switch d.Type {
	case List:
		return "[" + d.Default + "]"
	case Pairs, Lists:
		return "{}"
	case Choice:
		return firstOf(d.Default, d.Choices[0])
	case Text:
		return `"` + d.Default + `"`
	}
	return firstOf(d.Default, "0")
}

func wrap(s string, width int) (out []string) {
	line := ""
	for _, w := range strings.Fields(s) {
		if len(line)+len(w) >= width {
			out = append(out, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + w)
	}
	return append(out, line)
}

// Page is the reference for IT, in Markdown.
func Page() []byte {
	var b strings.Builder
	b.WriteString("# Settings that IT can decide\n\nGenerated from the table of settings. Sources, the strongest first: group policy for the computer (`HKLM\\" + RegistryKey +
		"`), the machine file, group policy for the user (`HKCU\\" + RegistryKey + "`, only what an officer may choose), what the installer was told, the officer.\n" +
		"Each setting has three states: decided, left to the officer (`officer`, where the table says so), and not set, where the next source decides.\n")
	section := ""
	for _, d := range table {
		if d.Section != section {
			section = d.Section
			fmt.Fprintf(&b, "\n## %s\n\n| machine file | registry | value | default | officer may choose | what it does |\n| --- | --- | --- | --- | --- | --- |\n", section)
		}
		officer := ""
		if d.Choosable {
			officer = "yes"
		}
		value := string(d.Type)
		if len(d.Choices) > 0 {
			value = strings.Join(d.Choices, ", ")
		}
		cells := []string{"`" + d.Key + "`", "`" + d.Registry() + "`", value, d.Default, officer, d.Help}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(slices.Clone(cells), " | "))
	}
	return []byte(b.String())
}
