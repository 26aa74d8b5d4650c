package connector

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// grown is how much memory f had allocated, all in all.
func grown(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostileAnswersCostLittle gives each parser of answers what is small on the wire and would be vast, deep or far away
// once it is read: each is refused, and refusing it takes little memory.
func TestHostileAnswersCostLittle(t *testing.T) {
	laughs := `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">`
	for i := range 30 {
		laughs += fmt.Sprintf(`<!ENTITY %c "%s">`, 'b'+i%25, strings.Repeat("&"+string(rune('a'+i%25))+";", 10))
	}
	laughs += `]><l>&z;</l>`
	for name, read := range map[string]func() error{
		"XML entities that grow": func() error { _, err := decodeXML([]byte(laughs), listRules{}); return err },
		"an XML entity from a file": func() error {
			_, err := decodeXML([]byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`), listRules{})
			return err
		},
		"an XML entity from the network": func() error {
			_, err := decodeXML([]byte(`<!DOCTYPE a SYSTEM "http://169.254.169.254/x.dtd"><a/>`), listRules{})
			return err
		},
		"deep XML":             func() error { _, err := decodeXML([]byte(strings.Repeat("<a>", 1<<18)), listRules{}); return err },
		"deep JSON lists":      func() error { _, err := decodeJSON([]byte(strings.Repeat("[", 1<<20))); return err },
		"deep JSON objects":    func() error { _, err := decodeJSON([]byte(strings.Repeat(`{"a":`, 1<<18))); return err },
		"JSON that never ends": func() error { _, err := decodeJSON([]byte(`{"a":"` + strings.Repeat("x", 1<<20))); return err },
	} {
		var err error
		cost := grown(func() { err = read() })
		if err == nil {
			t.Errorf("%s is read", name)
		}
		if cost > 64<<20 {
			t.Errorf("%s costs %d MB to refuse", name, cost>>20)
		}
		if err != nil && strings.Contains(err.Error(), "root:") {
			t.Errorf("%s: a file was read: %v", name, err)
		}
	}
}

// TestAHostileConnectorFileCostsLittle: a connector comes from a vendor, and may be made to exhaust whoever reads it.
func TestAHostileConnectorFileCostsLittle(t *testing.T) {
	bomb := "connector: 1\nid: bomb\nname: Bomb\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", 'b'+i, 'b'+i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", 'a'+i), 10), ","))
	}
	for name, src := range map[string]string{
		"aliases that grow":  bomb,
		"deep nesting":       "connector: 1\nid: " + strings.Repeat("[", 1<<14),
		"deep mappings":      "connector: 1\nkinds: " + strings.Repeat("{a: ", 1<<14),
		"an alias of itself": "connector: 1\nid: &a [*a]\n",
	} {
		var err error
		cost := grown(func() { _, err = Load("bomb.yaml", []byte(src)) })
		if err == nil {
			t.Errorf("%s: loaded", name)
		}
		if cost > 256<<20 {
			t.Errorf("%s: %d MB to refuse", name, cost>>20)
		}
	}
}
