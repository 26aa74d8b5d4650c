package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/connector/pack"
	"muster/plugins/signed"
)

// pinned holds a connector file of the profile against what IT decided, at every start: the folder is the officer's, and
// what was in order when it was installed may have been changed since. What came in a pack must still be that pack; where
// policy names keys, it must be signed with one of them.
func (d *Desk) pinned(file string, p Profile) error {
	id := strings.TrimSuffix(file, filepath.Ext(file))
	k, err := pack.Kept(os.DirFS(filepath.Join(d.opts.Profile, "systems")), id)
	if errors.Is(err, fs.ErrNotExist) {
		if d.policy.TrustedKeys.Managed {
			return fmt.Errorf("%s is not signed (%w), and your organisation uses signed connectors only: install its pack with musterctl connector install", file, signed.ErrUnsigned)
		}
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := d.trustedKeys(p)
	if err != nil {
		return err
	}
	if _, err := k.Verify(keys); err != nil && (d.policy.TrustedKeys.Managed || errors.Is(err, signed.ErrTampered) || errors.Is(err, signed.ErrMalformed)) {
		return err
	}
	return nil
}

// packAllowed says why IT forbids a connector or plugin, whether it ships with Muster or not; nil if it may be used.
func (d *Desk) packAllowed(id, version string) error {
	if a := d.policy.PacksAllowed; a.Managed && !slices.Contains(a.Value, id) {
		return fmt.Errorf("the connector %s is not one of those that your organisation allows: ask IT to add it to packs_allowed", id)
	}
	if least := d.policy.PacksMinimum.Value[id]; least != "" && (version == "" || pack.Compare(version, least) < 0) {
		if version == "" {
			version = "without a version"
		}
		return fmt.Errorf("the connector %s is %s, and your organisation demands %s or later: install a newer pack", id, version, least)
	}
	return nil
}

// forbidden says why IT forbids a system; nil if it may be used.
func (d *Desk) forbidden(cfg SystemConfig, info plugins.Info) error {
	if a := d.policy.SystemsAllowed; a.Managed && !slices.Contains(a.Value, cfg.ID) {
		return fmt.Errorf("the system %s is not one of those that your organisation allows on this computer: ask IT to add it to systems_allowed", cfg.ID)
	}
	return d.packAllowed(info.ID, info.Version)
}
