package main

import (
	"fmt"
	"os"
	"path/filepath"

	"muster/assets"
	"muster/plugins/pole"
	"muster/plugins/wasm"
)

type pluginCmd struct {
	Pack pluginPackCmd `cmd:"" help:"Put a manifest into a WebAssembly module, and check that the two make a plugin."`
}

type pluginPackCmd struct {
	Module   string `arg:"" type:"existingfile" help:"The module as the compiler made it."`
	Manifest string `arg:"" type:"existingfile" help:"The manifest, JSON."`
	Out      string `short:"o" required:"" placeholder:"FILE" help:"The plugin to write: NAME.wasm. Sign it afterwards, with minisign -Sm FILE."`
}

func (c pluginPackCmd) Run(e *env) error {
	module, err := os.ReadFile(c.Module)
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(c.Manifest)
	if err != nil {
		return err
	}
	packed, err := wasm.Embed(module, manifest)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Module, err)
	}
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	p, err := wasm.Load(filepath.Base(c.Out), packed, wasm.Options{Dictionary: dict})
	if err != nil {
		return err
	}
	if err := p.Compile(e.ctx); err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, packed, 0o644); err != nil { //nolint:gosec // made to be given away
		return err
	}
	i := p.Info()
	e.out.line(map[string]any{"type": "packed", "plugin": i.ID, "version": i.Version, "file": c.Out},
		"%s is the plugin %s, version %s. Sign it: minisign -Sm %s", c.Out, i.ID, i.Version, c.Out)
	return nil
}
