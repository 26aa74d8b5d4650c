package main

import (
	"muster/app/desk"
)

type supportCmd struct {
	Show   supportShowCmd   `cmd:"" default:"withargs" help:"Show everything that a support bundle would hold (the default)."`
	Bundle supportBundleCmd `cmd:"" help:"Write a support bundle for IT. Nothing is sent."`
}

// supportFiles gathers a bundle, also where the desk does not open.
func (e *env) supportFiles() ([]desk.BundleFile, error) {
	dir, err := e.profile()
	if err != nil {
		return nil, err
	}
	var files []desk.BundleFile
	opened := false
	err = e.open(func(d *desk.Desk) error {
		opened = true
		_ = d.Restore(e.ctx) // the doctor says how it went
		var err error
		files, err = d.Support(e.ctx)
		return err
	})
	if !opened {
		return desk.SupportClosed(e.ctx, dir, version, err)
	}
	return files, err
}

type supportShowCmd struct{}

func (supportShowCmd) Run(e *env) error {
	files, err := e.supportFiles()
	for _, f := range files {
		e.out.line(struct {
			Type string `json:"type"`
			desk.BundleFile
		}{"file", f}, "==> %s", f.Name)
		if e.out.json == nil {
			e.out.raw([]byte(f.Text + "\n"))
		}
	}
	return err
}

type supportBundleCmd struct {
	Out string `arg:"" type:"path" help:"The zip to write; an existing one is not replaced."`
}

func (c supportBundleCmd) Run(e *env) error {
	files, err := e.supportFiles()
	if err != nil {
		return err
	}
	n, err := desk.WriteBundle(c.Out, files)
	if err != nil {
		return err
	}
	e.out.line(map[string]any{"type": "bundle", "file": c.Out, "bytes": n, "files": len(files)}, "%s: %d files, %d bytes. Read it before you give it to IT (musterctl support show). Nothing was sent.", c.Out, len(files), n)
	return nil
}
