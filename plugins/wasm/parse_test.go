package wasm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/wasm/guest"
)

// section is one section of a module.
func section(id byte, body ...byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
}

func module(sections ...[]byte) []byte {
	return append(bytes.Clone(preamble), bytes.Join(sections, nil)...)
}

func imports(module, name string, kind byte) []byte {
	b := []byte{1, byte(len(module))}
	b = append(append(append(b, module...), byte(len(name))), name...)
	return section(sectionImport, append(b, kind, 0)...)
}

func TestModulesThatCannotBePluginsAreRefused(t *testing.T) {
	good := exampleManifest(t)
	with := func(old, new string) []byte {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("the manifest has no %s", old)
		}
		return embedded(t, module(), strings.Replace(good, old, new, 1))
	}
	twice := embedded(t, module(), good)
	twice = append(twice, twice[len(preamble):]...)
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"not WebAssembly":   {[]byte("#!/bin/sh"), "not a WebAssembly module"},
		"a component":       {[]byte{0, 'a', 's', 'm', 13, 0, 1, 0}, "core module"},
		"cut off":           {embedded(t, module(), good)[:500], "cut off"},
		"no manifest":       {module(), "no manifest"},
		"two manifests":     {twice, "two manifests"},
		"another function":  {module(imports("env", "system", 0)), `"system" of "env"`},
		"a wish of muster":  {module(imports("muster", "exec", 0)), `"exec" of "muster"`},
		"a memory":          {module(imports("muster", "take", 2)), "not a function"},
		"a huge table":      {module(section(sectionTable, 1, 0x70, 0, 0xff, 0xff, 0xff, 0x7f)), "entries"},
		"many tables":       {module(section(sectionTable, 9)), "9 tables"},
		"not JSON":          {embedded(t, module(), "{\n\"abi\": 1,\n"), "unexpected end"},
		"another ABI":       {with(`"abi": 1`, `"abi": 2`), "ABI 2"},
		"an unknown key":    {with(`"code"`, `"cod"`), `unknown field "cod"`},
		"a wrong type":      {with(`"version": "1.0.0"`, `"version": 1`), "line 8"},
		"more after it":     {embedded(t, module(), good+"{}"), "after top-level value"},
		"no version":        {with(`"version": "1.0.0"`, `"version": ""`), "version is missing"},
		"an address":        {with(`"hosts": ["base_url"]`, `"hosts": ["192.0.2.1"]`), "name the host"},
		"a path for a host": {with(`"hosts": ["base_url"]`, `"hosts": ["a/b"]`), "neither host"},
		"no host":           {with(`"hosts": ["base_url"]`, `"hosts": []`), "hosts is missing"},
		"an unknown kind":   {with(`"kind": "person"`, `"kind": "unicorn"`), "unicorn"},
		"unknown property":  {with(`"middleName"`, `"horn"`), "horn"},
		"require too much":  {with(`"require": ["surname"],`, `"require": ["surname"],`), ""},
		"secret unknown":    {with(`"secret": "api_key"`, `"secret": "other"`), "not a secret option"},
		"a long timeout":    {with(`"timeout": "20s"`, `"timeout": "20h"`), "limits.timeout"},
		"a bad code":        {with(`"code": "LKF"`, `"code": "lkf"`), "code is"},
		"a bad shape":       {with(`"shape": "lozenge"`, `"shape": "cat"`), "shape is"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load("acme.wasm", c.module, Options{Dictionary: dictionary(t)})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "acme.wasm")):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTablesAreBounded(t *testing.T) {
	u, err := unpack(module(section(sectionTable, 2, 0x70, 0, 5, 0x6f, 1, 5, 7)))
	if err != nil {
		t.Fatal(err)
	}
	want := module(section(sectionTable, append(binary.AppendUvarint([]byte{2, 0x70, 1, 5}, maxTable), 0x6f, 1, 5, 7)...))
	if !bytes.Equal(u.code, want) {
		t.Errorf("got % x, want % x", u.code, want)
	}
}

func TestAModuleWithoutTheFunctionIsSaid(t *testing.T) {
	p, err := Load("acme.wasm", embedded(t, module(), exampleManifest(t)), Options{Dictionary: dictionary(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Compile(t.Context()); err == nil || !strings.Contains(err.Error(), "muster_call") {
		t.Errorf("got %v", err)
	}
}

func TestChangedCompiledCodeIsNotRun(t *testing.T) {
	code := embedded(t, must(t, exampleCode), exampleManifest(t))
	cache := t.TempDir()
	compile := func(key string) {
		t.Helper()
		p, err := Load("acme.wasm", code, Options{Dictionary: dictionary(t), Cache: cache, CacheKey: []byte(key)})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Compile(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	native := func() (string, os.FileInfo) {
		t.Helper()
		files, _ := filepath.Glob(filepath.Join(cache, "*", "wazero-*", "*"))
		if len(files) != 1 {
			t.Fatalf("compiled files: %v", files)
		}
		i, err := os.Stat(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return files[0], i
	}
	compile("k")
	file, first := native()
	compile("k")
	if _, again := native(); !os.SameFile(first, again) {
		t.Error("compiled again although nothing changed")
	}
	if err := os.WriteFile(file, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	compile("k")
	if _, third := native(); third.Size() != first.Size() {
		t.Error("damaged code is kept")
	}
	_, before := native()
	compile("another key") // somebody else's seal
	if _, after := native(); os.SameFile(before, after) && before.ModTime().Equal(after.ModTime()) {
		t.Error("code that another key sealed is used")
	}
}

// FuzzUnpack is the parser of a file that anybody may have sent.
func FuzzUnpack(f *testing.F) {
	manifest := []byte(`{"abi":1,"id":"a","kinds":[{"kind":"person"}]}`)
	good, err := Embed(module(imports("muster", "take", 0), section(sectionTable, 1, 0x70, 0, 1)), manifest)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(module(section(sectionCustom, 200, 1), section(sectionImport, 0xff, 0xff, 0xff, 0xff, 0x0f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := unpack(b)
		if err != nil {
			return
		}
		if again, err := unpack(u.code); err != nil || again.manifest != nil {
			t.Fatalf("what is compiled is no module: %v", err)
		}
		if m, err := decodeManifest(u.manifest); err == nil {
			if i, err := m.info(); err == nil {
				_ = m.check(i, nil)
			}
		}
	})
}

// FuzzAnswer is the parser of what a guest returns: whatever it is, it becomes sound records or this system's error.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"page":{"records":[{"id":"1","facts":[{"property":"surname","source":"Smith","from":"2001","group":"g"}],"links":[{"role":"keeper","kind":"vehicle","id":"2"}],"marking":{},"raw":{"a":1}}],"after":"2","total":3,"gaps":[{"kind":"drift"}]}}`,
		`{"error":{"kind":"limited","after":-1,"cause":99,"fields":[{"path":"x","say":"y"}]}}`, `{"receipt":{"reference":"1"}}`, `{"changes":{"cursor":"1","records":[{}]}}`, `null`, `{"page":{"records":null,"gaps":[null]}}`,
	} {
		f.Add([]byte(s))
	}
	d := dictionary(f)
	p, err := Load("f.wasm", embedded(f, module(), exampleManifest(f)), Options{Dictionary: d})
	if err != nil {
		f.Fatal(err)
	}
	s := &system{p: p, name: "Larkfield", env: plugins.Env{System: "lark", HTTP: http.DefaultClient, Dictionary: d, Now: time.Now}, danger: map[pole.Property]bool{"warning": true}}
	k, info := s.kind("person")
	f.Fuzz(func(t *testing.T, b []byte) {
		var a guest.Answer
		if strict(b, &a) != nil {
			return
		}
		c := &call{sys: s, op: guest.OpSearch, answered: 1, lastOK: true}
		if a.Error != nil {
			if e := s.said(c, a.Error); e.Say == "" || e.System != "lark" || e.After < 0 {
				t.Fatalf("error %+v", e)
			}
		}
		if a.Page != nil {
			page, err := s.page(k, info, c, a.Page)
			for _, r := range page.Records {
				if _, err := json.Marshal(r); err != nil || r.ID == "" || r.System != "lark" || len(r.Facts) == 0 {
					t.Fatalf("record %+v, %v", r, err)
				}
			}
			if err == nil && len(a.Page.Records) > len(page.Records) && len(page.Gaps) == 0 {
				t.Fatal("records are missing without a word")
			}
		}
		if a.Receipt != nil {
			_, _ = s.receipt(info, c, a.Receipt)
		}
		if a.Changes != nil {
			_ = s.announce(k, info, c, a.Changes, func(plugins.Change) error { return nil })
		}
	})
}
