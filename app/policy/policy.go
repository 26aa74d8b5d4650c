// Package policy is what IT decided for this computer: read from one machine-wide file that the officer cannot change.
package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"muster/plugins/signed"
)

// Setting is one value and whether IT fixed it. A screen shows a managed one as decided, not as a choice.
type Setting[T any] struct {
	Value   T
	Managed bool
}

// SignIn fixes the sign-in server. Its fields are those of the sign-in part of a profile.
type SignIn struct {
	Kind     string   `yaml:"kind" json:"kind"`
	Issuer   string   `yaml:"issuer,omitempty" json:"issuer,omitempty"`
	ClientID string   `yaml:"client_id,omitempty" json:"client_id,omitempty"`
	Scopes   []string `yaml:"scopes,omitempty" json:"scopes,omitempty"`
	Claims   struct {
		Collar string `yaml:"collar,omitempty" json:"collar,omitempty"`
		Rank   string `yaml:"rank,omitempty" json:"rank,omitempty"`
		Role   string `yaml:"role,omitempty" json:"role,omitempty"`
		Force  string `yaml:"force,omitempty" json:"force,omitempty"`
	} `yaml:"claims,omitempty" json:"claims,omitzero"`
}

// Map fixes the server of map pictures. Its fields are those of the map part of a profile, and those that the map is made with.
type Map struct {
	Kind        string `yaml:"kind" json:"kind"`
	URL         string `yaml:"url" json:"url"`
	Attribution string `yaml:"attribution" json:"attribution"`
	MinZoom     int    `yaml:"min_zoom,omitempty" json:"min_zoom,omitempty"`
	MaxZoom     int    `yaml:"max_zoom,omitempty" json:"max_zoom,omitempty"`
	TileSize    int    `yaml:"tile_size,omitempty" json:"tile_size,omitempty"`
	KeyHeader   string `yaml:"key_header,omitempty" json:"key_header,omitempty"`
	KeyQuery    string `yaml:"key_query,omitempty" json:"key_query,omitempty"`
	Layer       string `yaml:"layer,omitempty" json:"layer,omitempty"`
	Style       string `yaml:"style,omitempty" json:"style,omitempty"`
	MatrixSet   string `yaml:"matrix_set,omitempty" json:"matrix_set,omitempty"`
	Matrix      string `yaml:"matrix,omitempty" json:"matrix,omitempty"`
	Format      string `yaml:"format,omitempty" json:"format,omitempty"`
}

// Policy is every setting of the file; what the file does not name has its default and is not managed.
type Policy struct {
	Path            string // the file it was read from; "" if there is none
	Demo            Setting[bool]
	IdleLock        Setting[time.Duration] // how long without a key or a click until the desk locks
	OfflineUnlock   Setting[time.Duration] // how long after the last sign-in at the server an unlock passphrase works; 0 is never
	StaySignedIn    Setting[bool]          // a session that was not signed out of continues at the next start
	PurposeRequired Setting[bool]          // no search without a purpose
	Classification  Setting[string]        // of what its source does not mark; "" is the dictionary's first
	SignIn          Setting[SignIn]
	Map             Setting[Map]               // a managed one with no kind forbids every map server
	StoreRollback   Setting[string]            // of an officer's file found older than it was: "say" opens it all the same, "refuse" does not
	TrustedKeys     Setting[map[string]string] // minisign public keys of makers of plugins and packs, by name; managed, no other key counts
}

// Default is the policy where there is no file.
func Default() Policy {
	return Policy{
		Demo:            Setting[bool]{Value: true},
		IdleLock:        Setting[time.Duration]{Value: 10 * time.Minute},
		OfflineUnlock:   Setting[time.Duration]{Value: 12 * time.Hour},
		StaySignedIn:    Setting[bool]{Value: true},
		PurposeRequired: Setting[bool]{Value: true},
		StoreRollback:   Setting[string]{Value: "say"},
	}
}

// file is the policy file. A nil field is not named in it.
type file struct {
	Policy          int     `yaml:"policy"` // format version, 1
	Demo            *bool   `yaml:"demo"`
	IdleLock        *string `yaml:"idle_lock"`
	OfflineUnlock   *string `yaml:"offline_unlock"`
	StaySignedIn    *bool   `yaml:"stay_signed_in"`
	PurposeRequired *bool   `yaml:"purpose_required"`
	Classification  *string `yaml:"classification"`
	SignIn          *SignIn `yaml:"signin"`
	Map             *Map    `yaml:"map"`
	StoreRollback   *string `yaml:"store_rollback"`

	TrustedKeys *map[string]string `yaml:"trusted_keys"`
}

const (
	version = 1
	maxSize = 1 << 20
	// An idle lock outside these is a mistake: below, nobody can work; above, it locks nothing.
	minIdle = 30 * time.Second
	maxIdle = 24 * time.Hour
)

// ErrWritable is in the chain of an error about a file that someone other than the computer's administrator can change.
var ErrWritable = errors.New("others than the administrator can change the policy file")

// Load reads the policy at path, normally Path(). With no file there it returns Default. A file that the officer could
// change, or that is not valid, is an error: Muster does not start with half a policy.
func Load(path string) (Policy, error) { return Loader{}.Load(path) }

// Loader reads a policy whose file belongs to somebody else than the administrator. Only tests need one.
type Loader struct {
	Owner int  // user id that may own the file besides the administrator; 0 is nobody else. Not used on Windows.
	Any   bool // accept a file whatever its owner and rights
}

// Load is as the function Load.
func (l Loader) Load(path string) (Policy, error) {
	p := Default()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("the policy %s cannot be read; ask IT to let every user read it: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	if !l.Any {
		if err := trusted(f, path, l.Owner); err != nil {
			return p, err
		}
	}
	src, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return p, fmt.Errorf("the policy %s cannot be read; ask IT to check it: %w", path, err)
	}
	if len(src) > maxSize {
		return p, fmt.Errorf("the policy %s is larger than 1 MiB; ask IT to check it", path)
	}
	if err := p.parse(src); err != nil {
		return Default(), fmt.Errorf("the policy %s is not valid; ask IT to correct it:\n%w", path, err)
	}
	p.Path = path
	return p, nil
}

// Parse reads the text of a policy file, for checking one before it is installed. Errors name the line.
func Parse(src []byte) (Policy, error) {
	p := Default()
	err := p.parse(src)
	return p, err
}

func (p *Policy) parse(src []byte) error {
	var f file
	if err := yaml.UnmarshalWithOptions(src, &f, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if f.Policy != version {
		return at(src, "$.policy", "its format is %d, and this Muster reads format %d: it must say 'policy: %d'", f.Policy, version, version)
	}
	set(&p.Demo, f.Demo)
	if err := errors.Join(duration(src, "idle_lock", &p.IdleLock, f.IdleLock), duration(src, "offline_unlock", &p.OfflineUnlock, f.OfflineUnlock)); err != nil {
		return err
	}
	set(&p.StaySignedIn, f.StaySignedIn)
	set(&p.PurposeRequired, f.PurposeRequired)
	set(&p.Classification, f.Classification)
	set(&p.SignIn, f.SignIn)
	set(&p.Map, f.Map)
	set(&p.StoreRollback, f.StoreRollback)
	if v := p.StoreRollback.Value; v != "say" && v != "refuse" {
		return at(src, "$.store_rollback", "store_rollback is %q; it must be say or refuse", v)
	}
	set(&p.TrustedKeys, f.TrustedKeys)
	if _, err := signed.Parse(p.TrustedKeys.Value); err != nil {
		return at(src, "$.trusted_keys", "trusted_keys: %s", err)
	}
	if d := p.IdleLock.Value; d < minIdle || d > maxIdle {
		return at(src, "$.idle_lock", "idle_lock is %s; it must be from %s to %s", d, minIdle, maxIdle)
	}
	if p.OfflineUnlock.Value < 0 {
		return at(src, "$.offline_unlock", "offline_unlock is negative; 0 forbids it")
	}
	if !p.SignIn.Managed {
		return nil
	}
	switch s := p.SignIn.Value; s.Kind {
	case "local":
	case "oidc":
		if s.Issuer == "" || s.ClientID == "" {
			return at(src, "$.signin", "signin of kind oidc needs issuer and client_id")
		}
	default:
		return at(src, "$.signin.kind", "signin.kind is %q; it must be oidc or local", s.Kind)
	}
	return nil
}

func set[T any](s *Setting[T], v *T) {
	if v != nil {
		*s = Setting[T]{Value: *v, Managed: true}
	}
}

// duration reads a duration. The YAML library would read one too, and not say in which line it failed.
func duration(src []byte, name string, s *Setting[time.Duration], v *string) error {
	if v == nil {
		return nil
	}
	d, err := time.ParseDuration(*v)
	if err != nil {
		return at(src, "$."+name, "%s is %q; write a number with its unit, such as 90s, 10m or 12h", name, *v)
	}
	*s = Setting[time.Duration]{Value: d, Managed: true}
	return nil
}

// at makes an error that shows the line of path in the file.
func at(src []byte, path, format string, args ...any) error {
	say := fmt.Sprintf(format, args...)
	p, err := yaml.PathString(path)
	if err != nil {
		return errors.New(say)
	}
	excerpt, err := p.AnnotateSource(src, false)
	if err != nil {
		return errors.New(say) // the line is not there at all
	}
	return errors.New(say + "\n" + strings.TrimRight(string(excerpt), "\n "))
}
