package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"muster/app/policy"
	"muster/app/signin"
	"muster/app/tiles"
	"muster/plugins/pole"
	"muster/plugins/signed"
	"muster/plugins/yamlsafe"
)

// Profile is what IT or the first run decided for this desk: the sign-in server and the systems. It holds no secret.
// It lives in profile.yaml of the profile folder.
type Profile struct {
	Profile int             `yaml:"profile"` // format version, 1
	Force   string          `yaml:"force"`
	Demo    string          `yaml:"demo,omitempty"` // embedded: the demonstration force runs in this process; external: started by musterctl demo
	Seed    int64           `yaml:"seed,omitempty"`
	SignIn  signin.Settings `yaml:"signin"`
	Systems []SystemConfig  `yaml:"systems"`
	Map     policy.Map      `yaml:"map,omitempty"` // the force's server of map pictures; a policy that names one takes its place
	// TrustedKeys are the minisign public keys of makers whose plugins and packs may be used, by name. A policy that
	// names keys takes their place.
	TrustedKeys map[string]string `yaml:"trusted_keys,omitempty"`
}

// SystemConfig is one system of a profile.
type SystemConfig struct {
	ID        string            `yaml:"id"`
	Connector string            `yaml:"connector"`      // a pack's id, or a file name below systems/ of the profile
	Name      string            `yaml:"name,omitempty"` // what this force calls it; the connector's own name otherwise
	Code      string            `yaml:"code,omitempty"`
	Shape     string            `yaml:"shape,omitempty"`
	Options   map[string]string `yaml:"options,omitempty"`
	// Authority lists the properties that the force holds this system to be the authority for, in place of what its connector
	// says; an empty list: for none.
	Authority *[]pole.Property `yaml:"authority,omitempty"`
}

const profileVersion = 1

var systemID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// DefaultProfile is the folder used when none is named.
func DefaultProfile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("this account has no configuration folder: name one with --profile: %w", err)
	}
	return filepath.Join(dir, "muster"), nil
}

func profilePath(dir string) string { return filepath.Join(dir, "profile.yaml") }

// LoadProfile reads the profile of a folder. With none there it returns an error that is fs.ErrNotExist.
func LoadProfile(dir string) (Profile, error) {
	path := profilePath(dir)
	src, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, err
	}
	return readProfile(src, path)
}

func readProfile(src []byte, path string) (Profile, error) {
	if err := yamlsafe.Check(src); err != nil {
		return Profile{}, fmt.Errorf("%s cannot be read; correct it or remove it to start afresh: %w", path, err)
	}
	var p Profile
	if err := yaml.UnmarshalWithOptions(src, &p, yaml.Strict()); err != nil {
		return Profile{}, fmt.Errorf("%s cannot be read; correct it or remove it to start afresh:\n%s", path, yaml.FormatError(err, false, true))
	}
	if err := p.validate(path); err != nil {
		return Profile{}, fmt.Errorf("%w. Correct the file, or ask IT for another", err)
	}
	return p, nil
}

func (p Profile) validate(path string) error {
	if p.Profile != profileVersion {
		return fmt.Errorf("%s is of format %d and this Muster reads format %d: update Muster", path, p.Profile, profileVersion)
	}
	switch p.SignIn.Kind {
	case "oidc":
		if p.Demo != "embedded" && (p.SignIn.Issuer == "" || p.SignIn.ClientID == "") {
			return fmt.Errorf("%s: signin of kind oidc needs issuer and client_id", path)
		}
	case "local":
	default:
		return fmt.Errorf("%s: signin.kind is %q; it must be oidc or local", path, p.SignIn.Kind)
	}
	if _, err := signed.Parse(p.TrustedKeys); err != nil {
		return fmt.Errorf("%s: trusted_keys: %w", path, err)
	}
	if err := tiles.Config(p.Map).Validate(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	seen := map[string]bool{}
	for _, s := range p.Systems {
		if !systemID.MatchString(s.ID) {
			return fmt.Errorf("%s: system id %q must be lower case letters, digits, - and _, and start with a letter", path, s.ID)
		}
		if seen[s.ID] {
			return fmt.Errorf("%s: system %s stands twice", path, s.ID)
		}
		seen[s.ID] = true
		if s.Connector == "" || s.Connector != filepath.Base(s.Connector) || strings.Trim(s.Connector, ".") == "" {
			return fmt.Errorf("%s: system %s: connector must be a pack's id or a file name below systems/", path, s.ID)
		}
	}
	return nil
}

// Save writes the profile durably, replacing the old one in one step.
func (p Profile) Save(dir string) error {
	p.Profile = profileVersion
	if err := p.validate(profilePath(dir)); err != nil {
		return err
	}
	src, err := yaml.Marshal(p)
	if err != nil {
		return err
	}
	return writeFile(profilePath(dir), src)
}

// writeFile replaces path by content so that a crash leaves the old file or the new one, never a half.
func writeFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // there no more when all went well
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("%s could not be written; the old one stands: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil { // makes the new name durable where the system can: Windows cannot, and need not
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}

func (p Profile) system(id string) (SystemConfig, bool) {
	i := slices.IndexFunc(p.Systems, func(s SystemConfig) bool { return s.ID == id })
	if i < 0 {
		return SystemConfig{}, false
	}
	return p.Systems[i], true
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// trustedKeys are the keys by which plugins and packs must be signed: those of the policy if it names any, so that what
// IT decided cannot be widened by a file that the officer can change; else those of the profile.
func (d *Desk) trustedKeys(p Profile) (signed.Keys, error) {
	if d.policy.TrustedKeys.Managed {
		return signed.Parse(d.policy.TrustedKeys.Value)
	}
	return signed.Parse(p.TrustedKeys)
}
