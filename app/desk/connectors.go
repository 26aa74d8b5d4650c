package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/packs"
	"muster/plugins/signed"
)

// loadConnector finds a system's plugin: a file below systems/, a compiled-in plugin, or a pack that ships.
func (d *Desk) loadConnector(p Profile, cfg SystemConfig) (plugins.Info, string, []byte, error) {
	if ext := filepath.Ext(cfg.Connector); ext == ".yaml" || ext == ".yml" {
		src, err := os.ReadFile(filepath.Join(d.opts.Profile, "systems", cfg.Connector))
		if err != nil {
			if isNotExist(err) {
				return plugins.Info{}, cfg.Connector, nil, fmt.Errorf("its connector file systems/%s is not in the profile folder: put it there, or remove the system", cfg.Connector)
			}
			return plugins.Info{}, cfg.Connector, nil, fmt.Errorf("its connector file systems/%s cannot be read: check its permissions (%w)", cfg.Connector, errors.Unwrap(err))
		}
		c, err := connector.Load(cfg.Connector, src, d.dict)
		if err == nil {
			err = d.pinned(cfg.Connector, p)
		}
		if err != nil {
			return plugins.Info{}, cfg.Connector, src, err
		}
		return c.Info(), cfg.Connector, src, nil
	}
	if filepath.Ext(cfg.Connector) == ".wasm" {
		w, _, _, err := d.loadWasm(filepath.Join(d.opts.Profile, "systems", cfg.Connector), cfg.Connector, p)
		if err != nil {
			return plugins.Info{}, cfg.Connector, nil, err
		}
		return w.Info(), cfg.Connector, nil, nil
	}
	if i, ok := plugins.Lookup(cfg.Connector); ok {
		return i, "", nil, nil
	}
	src, err := packs.Source(cfg.Connector)
	if err != nil {
		return plugins.Info{}, "", nil, fmt.Errorf("no connector %s ships with this Muster; add its file with musterctl systems add", cfg.Connector)
	}
	c, err := connector.Load(cfg.Connector+".yaml", src, d.dict)
	if err != nil {
		return plugins.Info{}, cfg.Connector + ".yaml", src, err
	}
	return c.Info(), cfg.Connector + ".yaml", src, nil
}

func missingOptions(i plugins.Info, cfg SystemConfig) error {
	for _, o := range i.Options {
		if o.Required && !o.Asked && o.Type != plugins.OptionSecret && o.Default == "" && cfg.Options[o.Name] == "" {
			return fmt.Errorf("%s is not set: add it under options of system %s in profile.yaml", o.Label, cfg.ID)
		}
	}
	return nil
}

// AddSystem adds a system from its connector file and keeps a copy of it in the profile. options are the values that are not secret.
func (d *Desk) AddSystem(ctx context.Context, file string, options map[string]string) (string, error) {
	info, files, err := d.readPlugin(ctx, file)
	if err != nil {
		return "", err
	}
	if err := notSecret(info, options); err != nil {
		return "", err
	}
	p := d.Profile()
	if p.Profile == 0 {
		return "", errors.New("this desk is not set up yet: sign in first, or run the demonstration")
	}
	if err := d.forbidden(SystemConfig{ID: info.ID}, info); err != nil {
		return "", err
	}
	if d.policy.TrustedKeys.Managed && files[0].ext == ".yaml" {
		return "", fmt.Errorf("%s is not signed (%w), and your organisation uses signed connectors only: install its pack with musterctl connector install", filepath.Base(file), signed.ErrUnsigned)
	}
	if _, dup := p.system(info.ID); dup {
		return "", fmt.Errorf("a system %s is there already: remove it first, or give the connector another id", info.ID)
	}
	cfg := SystemConfig{ID: info.ID, Connector: info.ID + files[0].ext, Options: options}
	if err := missingOptions(info, cfg); err != nil {
		return "", err
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(d.opts.Profile, "systems", info.ID+f.ext), f.content); err != nil {
			return "", err
		}
	}
	p.Systems = append(slices.Clone(p.Systems), cfg)
	return info.ID, d.changeProfile(ctx, p)
}

// kept is one file of a plugin as the profile keeps it, named after the plugin's id.
type kept struct {
	ext     string
	content []byte
}

// readPlugin reads what a system is to be added from: a connector file, or a signed WebAssembly plugin, which is
// compiled at once so that the first search need not wait.
func (d *Desk) readPlugin(ctx context.Context, file string) (plugins.Info, []kept, error) {
	if filepath.Ext(file) == ".wasm" {
		w, module, sig, err := d.loadWasm(file, filepath.Base(file), d.Profile())
		if err == nil {
			err = w.Compile(ctx)
		}
		if err != nil {
			return plugins.Info{}, nil, err
		}
		return w.Info(), []kept{{".wasm", module}, {".wasm" + signed.Suffix, sig}}, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return plugins.Info{}, nil, fmt.Errorf("the connector file cannot be read: %w", err)
	}
	c, err := connector.Load(filepath.Base(file), src, d.dict)
	if err != nil {
		return plugins.Info{}, nil, err
	}
	return c.Info(), []kept{{".yaml", src}}, nil
}

// RemoveSystem takes a system out of the profile and its credentials out of the keyring.
func (d *Desk) RemoveSystem(ctx context.Context, id string) error {
	p := d.Profile()
	cfg, ok := p.system(id)
	if !ok {
		return fmt.Errorf("there is no system %s", id)
	}
	if s, ok := d.system(id); ok {
		if m, err := d.manager(); err == nil && m.State() == signin.SignedIn && len(s.info.Options) > 0 {
			if err := m.Forget(ctx, id); err != nil {
				return err
			}
		} else if len(s.info.Options) > 0 || s.broken != nil {
			if err := signin.ForgetShared(ctx, d.keys, id); err != nil {
				return err
			}
		}
	}
	p.Systems = slices.DeleteFunc(slices.Clone(p.Systems), func(s SystemConfig) bool { return s.ID == id })
	if err := d.changeProfile(ctx, p); err != nil {
		return err
	}
	d.eval.Forget(id)
	if slices.ContainsFunc(p.Systems, func(s SystemConfig) bool { return s.Connector == cfg.Connector }) {
		return nil // another system is described by the same file
	}
	path := filepath.Join(d.opts.Profile, "systems", cfg.Connector)
	if filepath.Ext(path) == ".yaml" {
		if err := d.forgetPack(strings.TrimSuffix(cfg.Connector, ".yaml")); err != nil {
			return err
		}
	}
	if filepath.Ext(path) == ".wasm" {
		if err := os.Remove(path + signed.Suffix); err != nil && !isNotExist(err) {
			return err
		}
	}
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// changeProfile saves p and opens its systems anew.
func (d *Desk) changeProfile(ctx context.Context, p Profile) error {
	if err := p.Save(d.opts.Profile); err != nil {
		return err
	}
	d.starting.Lock() // the session must not end while its systems change
	defer d.starting.Unlock()
	d.closeSystems()
	if err := d.useProfile(p); err != nil {
		return err
	}
	if sess, err := d.behind(); err == nil {
		d.openSystems(sess.ctx)
		d.roleChanged(sess)
		d.askKeyring(ctx)
		d.startLive(sess)
	}
	d.notify(TopicSystems, "")
	return nil
}

// ConnectorSource is the text of a system's connector file; ok is false for a compiled-in plugin.
func (d *Desk) ConnectorSource(id string) (name string, yaml []byte, ok bool) {
	s, found := d.system(id)
	if !found || s.source == nil {
		return "", nil, false
	}
	return s.file, s.source, true
}
