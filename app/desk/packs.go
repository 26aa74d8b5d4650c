package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/connector/pack"
	"muster/plugins/signed"
)

// InstalledPack is what InstallPack did.
type InstalledPack struct {
	System  string `json:"system"`
	Name    string `json:"name"`
	From    string `json:"from,omitempty"` // version that it replaces; "" where there was none or it gave none
	Version string `json:"version"`
	Upgrade bool   `json:"upgrade"`             // the system was there before
	By      string `json:"signed_by,omitempty"` // the trusted key that signed it; "" where nobody's was asked for
	Cases   int    `json:"cases"`               // recordings that were replayed
}

// InstallPack adds the system of a pack to the profile, or brings it to the pack's version: checked, its recordings
// replayed, and kept with them. options are values that are not secret; on an upgrade those that are there stay. Where
// policy or profile name trusted keys, one of them must have signed it. An older version needs force.
func (d *Desk) InstallPack(ctx context.Context, file string, options map[string]string, force bool) (InstalledPack, error) {
	prof := d.Profile()
	if prof.Profile == 0 {
		return InstalledPack{}, errors.New("this desk is not set up yet: sign in first, or run the demonstration")
	}
	p, by, err := d.readPack(file, prof)
	if err != nil {
		return InstalledPack{}, err
	}
	report, err := p.Check(ctx, d.dict)
	switch {
	case err != nil:
		return InstalledPack{}, err
	case len(report.Problems.Errors()) > 0:
		return InstalledPack{}, fmt.Errorf("%s is not installed, its connector has errors:\n%w", filepath.Base(file), report.Problems.Errors())
	case report.Failed() > 0:
		return InstalledPack{}, fmt.Errorf("%s is not installed: %d of its recordings do not come out as recorded; connector verify shows them. Tell its maker", filepath.Base(file), report.Failed())
	}
	c, err := connector.Load(p.ID+".yaml", p.Source(), d.dict)
	if err != nil {
		return InstalledPack{}, err
	}
	if err := d.forbidden(SystemConfig{ID: p.ID}, c.Info()); err != nil {
		return InstalledPack{}, err
	}
	out := InstalledPack{System: p.ID, Name: p.Name, Version: p.Version, By: by, Cases: len(report.Cases)}
	cfg := SystemConfig{ID: p.ID, Connector: p.ID + ".yaml"}
	if was, there := prof.system(p.ID); there {
		if was.Connector != cfg.Connector {
			return InstalledPack{}, fmt.Errorf("a system %s is there already, and it is not described by a file of its own: remove it first", p.ID)
		}
		out.Upgrade, cfg = true, was
		out.From = d.installedVersion(p.ID)
		if out.From != "" && pack.Compare(p.Version, out.From) < 0 && !force {
			return InstalledPack{}, fmt.Errorf("%s %s is installed and the pack is %s, which is older: to go back all the same, say so with --force", p.ID, out.From, p.Version)
		}
	}
	if err := notSecret(c.Info(), options); err != nil {
		return InstalledPack{}, err
	}
	cfg.Options = maps.Clone(cfg.Options)
	for name, v := range options {
		if cfg.Options == nil {
			cfg.Options = map[string]string{}
		}
		cfg.Options[name] = v
	}
	maps.DeleteFunc(cfg.Options, func(name, _ string) bool { // the new version may do without some
		return !slices.ContainsFunc(c.Info().Options, func(o plugins.Option) bool { return o.Name == name })
	})
	if err := missingOptions(c.Info(), cfg); err != nil {
		return InstalledPack{}, err
	}
	if err := d.keepPack(p); err != nil {
		return InstalledPack{}, err
	}
	prof.Systems = slices.DeleteFunc(slices.Clone(prof.Systems), func(s SystemConfig) bool { return s.ID == p.ID && !out.Upgrade })
	if i := slices.IndexFunc(prof.Systems, func(s SystemConfig) bool { return s.ID == p.ID }); i >= 0 {
		prof.Systems[i] = cfg
	} else {
		prof.Systems = append(prof.Systems, cfg)
	}
	return out, d.changeProfile(ctx, prof)
}

// readPack opens a pack and says whose trusted key signed it: one must have where any are named.
func (d *Desk) readPack(file string, prof Profile) (*pack.Pack, string, error) {
	b, err := readUpTo(file, pack.MaxPack)
	if err != nil {
		return nil, "", fmt.Errorf("the pack cannot be read: %w", err)
	}
	p, err := pack.Read(filepath.Base(file), b)
	if err != nil {
		return nil, "", err
	}
	keys, err := d.trustedKeys(prof)
	if err != nil {
		return nil, "", err
	}
	s, err := p.Verify(keys)
	anybody := keys.Len() == 0 && !d.policy.TrustedKeys.Managed
	if err != nil && !(anybody && (errors.Is(err, signed.ErrUnsigned) || errors.Is(err, signed.ErrUnknownKey))) {
		return nil, "", err
	}
	return p, s.By, nil
}

// installedVersion is the version of the connector file that a system has; "" if it gives none.
func (d *Desk) installedVersion(id string) string {
	src, err := os.ReadFile(filepath.Join(d.opts.Profile, "systems", id+".yaml"))
	if err != nil {
		return ""
	}
	c, err := connector.Load(id+".yaml", src)
	if err != nil {
		return "" // a broken one may be mended by any pack
	}
	return c.Info().Version
}

// packFiles are what the profile keeps of a pack beside the connector file.
func (d *Desk) packFiles(id string) (folder, notes, manifest string) {
	at := filepath.Join(d.opts.Profile, "systems", id)
	return at + ".exchanges", at + ".notes.md", filepath.Join(d.opts.Profile, "systems", pack.KeptManifest(id))
}

// keepPack writes a pack's parts into the profile, the connector last.
func (d *Desk) keepPack(p *pack.Pack) error {
	if err := d.forgetPack(p.ID); err != nil {
		return err
	}
	_, _, at := d.packFiles(p.ID)
	own := p.ID + ".yaml"
	for _, part := range p.Parts {
		if part.Path == own {
			continue
		}
		if err := writeFile(filepath.Join(d.opts.Profile, "systems", filepath.FromSlash(part.Path)), p.Part(part.Path)); err != nil {
			return err
		}
	}
	manifest, sig := p.ManifestFile()
	if sig != nil {
		if err := writeFile(at+signed.Suffix, sig); err != nil {
			return err
		}
	}
	if err := writeFile(at, manifest); err != nil {
		return err
	}
	return writeFile(filepath.Join(d.opts.Profile, "systems", own), p.Source())
}

// forgetPack removes what keepPack wrote beside the connector file.
func (d *Desk) forgetPack(id string) error {
	folder, notes, manifest := d.packFiles(id)
	err := os.RemoveAll(folder)
	for _, path := range []string{notes, manifest, manifest + signed.Suffix} {
		if e := os.Remove(path); e != nil && !isNotExist(e) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// notSecret refuses options that the connector does not have, and secret ones.
func notSecret(info plugins.Info, options map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		i := slices.IndexFunc(info.Options, func(o plugins.Option) bool { return o.Name == name })
		if i < 0 {
			var has []string
			for _, o := range info.Options {
				if o.Type != plugins.OptionSecret {
					has = append(has, o.Name)
				}
			}
			return fmt.Errorf("%s has no option %s, only: %s", info.Name, name, strings.Join(has, ", "))
		}
		if info.Options[i].Type == plugins.OptionSecret {
			return fmt.Errorf("%s is secret: give it with systems credential, never as an argument", name)
		}
	}
	return nil
}
