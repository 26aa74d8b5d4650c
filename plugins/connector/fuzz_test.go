package connector

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"muster/assets"
	"muster/plugins/pole"
)

var loadDictionary = sync.OnceValues(func() (*pole.Dictionary, error) { return pole.Load(assets.FS) })

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := loadDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(acme))
	for _, s := range []string{"", "a", "connector: 1", "- 1", "connector: {a: [1}", "&a [*a]", "? [x]: y", "kinds: {person: {fields: {id: [}}}", "connector: 1\nkinds:\n  person:\n    search: {get: '\\(.a'}"} {
		f.Add([]byte(s))
	}
	d := dictionary(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := Load("fuzz.yaml", src)
		if (c == nil) == (err == nil) {
			t.Fatal("neither a connector nor an error")
		}
		for _, p := range Lint("fuzz.yaml", src, d) {
			if p.Say == "" || p.Cure == "" || p.File != "fuzz.yaml" {
				t.Fatalf("a problem without words: %+v", p)
			}
		}
		if c != nil {
			if err := c.Info().Validate(); err != nil {
				t.Fatalf("loaded, but unfit for the registry: %v", err)
			}
		}
	})
}

func FuzzXML(f *testing.F) {
	for _, s := range []string{`<a/>`, `<a b="c">d<e/>f</a>`, `<!DOCTYPE a><a/>`, `<a><b>`, `<a>&#0;</a>`, `<D><M/></D>`, `<a xmlns:x="y" x:nil="true"/>`} {
		f.Add([]byte(s))
	}
	lists := newListRules([]string{"D.M", "b"})
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := decodeXML(src, lists)
		if err != nil {
			return
		}
		if len(m) != 1 {
			t.Fatalf("%d roots", len(m))
		}
		if d, ok := m["D"].(map[string]any); ok {
			if _, isList := d["M"].([]any); !isList {
				t.Fatalf("D.M is %T", d["M"])
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	f.Add("id: 1\ndata: x\n\n")
	f.Add("data\r\r\ndata:\xff\n\n:\n")
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		_ = events(strings.NewReader(s), "", func(e event) error { // how the stream ends does not matter here
			n++
			if strings.ContainsAny(e.id, "\r\n\x00") || !utf8.ValidString(e.data) {
				t.Fatalf("%+v", e)
			}
			return nil
		})
		if n > len(s) {
			t.Fatalf("%d events from %d bytes", n, len(s))
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"id":1,"name":{"family":"X"},"dob":"03/11/2011","flags":[]}`))
	f.Add([]byte(`{"id":"a","name":{"family":["X",{"value":"Y"}]},"dob":7,"flags":[{"code":"V"},null]}`))
	f.Add([]byte(`{"id":{},"name":[],"flags":{"a":null}}`))
	s := openForTest(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := decodeJSON(bytes.TrimSpace(doc))
		if err != nil {
			return
		}
		r, err := s.mapper(s.spec.kinds[0], nil, nil).record(context.Background(), newScope(nil), v, s.env.Now())
		if err != nil {
			return
		}
		if r.ID == "" {
			t.Fatal("a record without an id")
		}
		m := v.(map[string]any)
		if _, there := m["flags"]; !there {
			t.Fatalf("missing flags became none: %s", doc)
		}
	})
}
