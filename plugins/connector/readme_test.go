package connector

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// kindKeys stand under kinds.KIND; a fragment of the README may write them by themselves.
var kindKeys = words(`type search fetch fields groups links marking updated url require submit watch with`)

var readmeKey = regexp.MustCompile(`^([a-z_]+):`)

// readmeBase completes what a fragment leaves out, so that it can be checked.
var readmeBase = []struct{ key, text string }{
	{"connector", "connector: 1\n"}, {"id", "id: readme\n"}, {"name", "name: Readme\n"}, {"help", "help: For tests.\n"}, {"code", "code: TST\n"}, {"shape", "shape: star\n"},
	{"options", `options:
  base_url: {type: url, label: Server address, required: true}
  idp_url: {type: url, label: Sign-in server}
  username: {type: string, label: User name, asked: true}
  app_id: {type: string, label: Application}
  client_id: {type: string, label: Client id}
  certificate: {type: string, label: Certificate}
  domain: {type: string, label: Domain}
  password: {type: secret, label: Password}
  client_secret: {type: secret, label: Client secret}
  private_key: {type: secret, label: Private key}
  refresh_token: {type: secret, label: Token}
  api_key: {type: secret, label: Key}
hosts: [base_url, idp_url]
`}, {"check", "check: {get: /me, expect: '.user != null'}\n"},
}

// TestReadmeIsTrue checks every example of the README: whole connectors and recordings as they stand, fragments within
// a connector that has the rest.
func TestReadmeIsTrue(t *testing.T) {
	src, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dict := dictionary(t)
	checked := 0
	for _, b := range yamlBlocks(strings.ReplaceAll(string(src), "\r\n", "\n")) {
		for _, f := range fragments(b.text) {
			if strings.HasPrefix(f, "exchanges:") || strings.HasPrefix(f, "facts:") {
				continue // recordings: package replay reads them
			}
			file := completed(f)
			for _, p := range Lint(fmt.Sprintf("README.md, block of line %d", b.line), []byte(file), dict) {
				t.Errorf("%s\n%s", p, numbered(file))
			}
			checked++
		}
	}
	if checked < 55 {
		t.Errorf("only %d examples were found", checked)
	}
}

type block struct {
	line int
	text string
}

func yamlBlocks(page string) (out []block) {
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] != "```yaml" {
			continue
		}
		b := block{line: i + 1}
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			b.text += lines[i] + "\n"
		}
		out = append(out, b)
	}
	return out
}

// fragments takes a block apart where a key stands again: each is an example by itself.
func fragments(text string) (out []string) {
	seen, at := map[string]bool{}, ""
	for _, l := range strings.SplitAfter(text, "\n") {
		if m := readmeKey.FindStringSubmatch(l); m != nil {
			if seen[m[1]] {
				out = append(out, at)
				seen, at = map[string]bool{}, ""
			}
			seen[m[1]] = true
		}
		at += l
	}
	return append(out, at)
}

// completed puts a fragment into a connector that has what it leaves out.
func completed(f string) string {
	if strings.HasPrefix(f, "connector:") {
		return f
	}
	keys, top, kind := map[string]bool{}, "", ""
	within := ""
	for _, l := range strings.SplitAfter(f, "\n") {
		if m := readmeKey.FindStringSubmatch(l); m != nil {
			within = m[1]
			keys[within] = true
		}
		switch {
		case l == "":
		case kindKeys[within]:
			kind += "    " + l
		default:
			top += l
		}
	}
	out := ""
	for _, b := range readmeBase {
		if !keys[b.key] {
			out += b.text
		}
	}
	out += top
	if keys["kinds"] {
		return out
	}
	name := "person"
	if keys["submit"] {
		name = "incident"
	}
	switch {
	case !keys["fields"]:
		kind += "    fields: {id: .id}\n"
	case !regexp.MustCompile(`(?m)^    fields:( \{|(\n      .*)*?\n      )id:`).MatchString(kind):
		kind = regexp.MustCompile(`(?m)^    fields: \{`).ReplaceAllString(kind, "    fields: {id: .id, ")
		kind = regexp.MustCompile(`(?m)^    fields:\n`).ReplaceAllString(kind, "    fields:\n      id: .id\n")
	}
	if !keys["search"] && !keys["fetch"] && !keys["submit"] || keys["watch"] && !keys["fetch"] {
		kind += "    fetch: {get: '/records/\\(.id)'}\n"
	}
	return out + "kinds:\n  " + name + ":\n" + kind
}

func numbered(s string) string {
	var b strings.Builder
	for i, l := range strings.Split(s, "\n") {
		fmt.Fprintf(&b, "%3d %s\n", i+1, l)
	}
	return b.String()
}
