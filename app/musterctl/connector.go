package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"muster/assets"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

type connectorCmd struct {
	Schema connectorSchemaCmd `cmd:"" help:"Print the JSON Schema of connector files, for an editor's completion."`
	New    connectorNewCmd    `cmd:"" help:"Write the first draft of a connector from an OpenAPI document, OData metadata, a GraphQL schema or a WSDL; guesses are marked."`
	Lint   connectorLintCmd   `cmd:"" help:"Check connector files: file, line, what is wrong and the cure."`
	Try    connectorTryCmd    `cmd:"" help:"Run one operation on the live system: what is asked, what is answered, what becomes of it, and what nothing maps."`
	Record connectorRecordCmd `cmd:"" help:"As try, and write it down as a case that connector test replays, personal data replaced by fakes."`
	Test   connectorTestCmd   `cmd:"" help:"Check connector files and replay the exchanges recorded beside them; nothing is asked of any system."`

	Pack    connectorPackCmd    `cmd:"" help:"Bundle a connector, its recordings and notes into one versioned file for others."`
	Verify  connectorVerifyCmd  `cmd:"" help:"Check a pack: whole, signed, without errors, its recordings replayed; nothing is asked of any system."`
	Install connectorInstallCmd `cmd:"" help:"Add the system of a pack, or bring it to the pack's version."`
}

type connectorSchemaCmd struct {
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write it to this file."`
}

func (c connectorSchemaCmd) Run(e *env) error {
	return e.page(c.Output, "schema", connector.Schema())
}

// page writes text to a file, or to standard output where none is named; with --json the file's name is the result.
func (e *env) page(file, what string, text []byte) error {
	if file == "" {
		if e.out.json == nil {
			e.out.raw(text)
			return nil
		}
		e.out.line(map[string]any{"type": what, "text": string(text)}, "")
		return nil
	}
	if err := os.WriteFile(file, text, 0o644); err != nil { //nolint:gosec // it holds nothing secret and others edit it
		return fmt.Errorf("%s cannot be written: check the folder and its permissions (%w)", file, errors.Unwrap(err))
	}
	e.out.line(map[string]any{"type": what, "file": file}, "Written to %s.", file)
	return nil
}

type connectorLintCmd struct {
	Files []string `arg:"" type:"existingfile" placeholder:"FILE" help:"Connector files."`
}

func (c connectorLintCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	bad := false
	for _, f := range c.Files {
		src, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		bad = e.lint(f, src, dict) || bad
	}
	if bad {
		return errors.New("a connector file has errors and would not be used")
	}
	return nil
}

// lint prints the problems of a file and reports whether one of them is an error.
func (e *env) lint(file string, src []byte, dict *pole.Dictionary) (bad bool) {
	problems := connector.Lint(file, src, dict)
	for _, p := range problems {
		bad = bad || !p.Warning
		e.out.line(struct {
			Type string `json:"type"`
			connector.Problem
		}{"problem", p}, "%s", p)
	}
	if len(problems) == 0 {
		e.out.line(map[string]any{"type": "ok", "file": file}, "%s: no problem found", file)
	}
	return bad
}

type connectorTestCmd struct {
	Files  []string `arg:"" type:"existingfile" placeholder:"FILE" help:"Connector files; their recordings stand beside them as NAME.exchanges.yaml, or as files in NAME.exchanges/."`
	Update bool     `help:"Write what is asked and what comes out into the recordings, where it is another. Read the difference before you keep it."`
}

func (c connectorTestCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	failed := 0
	for _, f := range c.Files {
		n, err := c.one(e, f, dict)
		if err != nil {
			return err
		}
		failed += n
	}
	if failed > 0 {
		return fmt.Errorf("%d did not come out as recorded, or have errors: correct the connector, or the recording where that is what is wrong", failed)
	}
	return nil
}

func (c connectorTestCmd) one(e *env, file string, dict *pole.Dictionary) (failed int, err error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	if e.lint(file, src, dict) {
		return 1, nil
	}
	conn, err := connector.Load(file, src, dict)
	if err != nil {
		return 0, err
	}
	dir := os.DirFS(filepath.Dir(file))
	recordings := replay.Beside(dir, filepath.Base(file))
	if len(recordings) == 0 {
		return 0, fmt.Errorf("nothing is recorded beside %s: record exchanges with musterctl connector record, or write %s by hand as the README shows",
			file, replayName(file))
	}
	for _, name := range recordings {
		n, err := c.replay(e, conn, dict, dir, filepath.Dir(file), name)
		if err != nil {
			return failed, err
		}
		failed += n
	}
	return failed, nil
}

func replayName(file string) string {
	base := filepath.Base(file)
	return base[:len(base)-len(filepath.Ext(base))] + replay.Suffix
}

func (c connectorTestCmd) replay(e *env, conn *connector.Connector, dict *pole.Dictionary, dir fs.FS, at, name string) (failed int, err error) {
	path := filepath.Join(at, filepath.FromSlash(name))
	src, err := fs.ReadFile(dir, name)
	if err != nil {
		return 0, err
	}
	f, err := replay.Parse(path, src)
	if err != nil {
		return 0, err
	}
	run := f.Run
	if c.Update {
		run = f.Learn
	}
	results, err := run(e.ctx, conn, dict, replay.Folder(dir, name))
	if err != nil {
		return 0, err
	}
	for _, r := range results {
		if len(r.Problems) == 0 {
			e.out.line(map[string]any{"type": "case", "file": path, "line": r.Line, "case": r.Case, "ok": true}, "%s:%d: ok: %s", path, r.Line, r.Case)
			continue
		}
		failed++
		e.out.line(map[string]any{"type": "case", "file": path, "line": r.Line, "case": r.Case, "ok": false, "problems": r.Problems}, "%s:%d: FAILED: %s", path, r.Line, r.Case)
		for _, p := range r.Problems {
			e.out.text("  %s", p)
		}
	}
	if !c.Update {
		return failed, nil
	}
	if out := f.Bytes(src); string(out) != string(src) {
		return failed, e.page(path, "updated", out)
	}
	return failed, nil
}
