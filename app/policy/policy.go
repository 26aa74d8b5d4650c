// Package policy is what IT decided for this computer. One table says which settings there are; they are read from where
// the officer cannot write: group policy in the registry, one machine-wide file, and what the installer was told.
package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
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

// Policy is every setting; what nobody decided has its default and is not managed. What each one does stands in the table.
type Policy struct {
	Path string // the machine file; "" if there is none

	SignIn        Setting[SignIn]
	IdleLock      Setting[time.Duration]
	OfflineUnlock Setting[time.Duration]
	StaySignedIn  Setting[bool]

	SystemsAllowed Setting[[]string]
	PacksAllowed   Setting[[]string]
	PacksMinimum   Setting[map[string]string]
	TrustedKeys    Setting[map[string]string] // managed, no other key counts
	StoreRollback  Setting[string]

	AuditForward       Setting[string] // HOST:PORT; "" is to nobody
	AuditAuthority     Setting[string]
	AuditForwardServer Setting[string]

	PurposeRequired    Setting[bool]
	PurposesAllowed    Setting[[]string]
	PurposeText        Setting[[]string]
	PurposeTextSystems Setting[[]string]
	HideSystems        Setting[map[string][]string]
	HideProperties     Setting[map[string][]string]

	Classification Setting[string] // "" is the dictionary's first
	MaskFrom       Setting[string]
	ExportFormats  Setting[[]string]
	ExportUpTo     Setting[string]
	CopyUpTo       Setting[string]

	OfflineKeep    Setting[time.Duration]
	OfflineRecords Setting[int]
	OfflineSize    Setting[int64]
	OutboxKeep     Setting[time.Duration]
	OfflineRenew   Setting[time.Duration]
	SignOutWipes   Setting[bool]
	WipeOrder      Setting[string]

	Proxy       Setting[string] // system, none, or an address
	ProxyExcept Setting[[]string]
	ExtraCA     Setting[string] // PEM file

	LogFolder Setting[string] // "" is the profile's own
	LogLevel  Setting[string]
	LogKeep   Setting[time.Duration]

	Updates        Setting[string]
	UpdatesAddress Setting[string]
	DataFolder     Setting[string] // "" is what ships

	Map  Setting[Map] // a managed one with no kind forbids every map server
	Demo Setting[bool]

	origins map[string]Origin
}

// By is the kind of source that decided a setting.
type By string

// The sources, the strongest first.
const (
	ByGroupPolicy By = "group policy"      // HKEY_LOCAL_MACHINE\Software\Policies\Muster
	ByMachineFile By = "machine file"      // Path()
	ByUserPolicy  By = "user group policy" // HKEY_CURRENT_USER\Software\Policies\Muster
	ByInstaller   By = "installer"         // what Muster was installed with
	ByOfficer     By = "officer"
	ByDefault     By = "default"
)

// Origin is who decided a setting, and where.
type Origin struct {
	State State  `json:"state,omitempty"`
	By    By     `json:"by"`
	Where string `json:"where,omitempty"` // file and line, or registry key
}

// Line is one setting as it stands.
type Line struct {
	Def     Def    `json:"-"`
	Key     string `json:"key"`
	Value   string `json:"value"`
	Managed bool   `json:"managed"` // the officer cannot change it
	Origin
}

// Lines is every setting as it stands, in the table's order.
func (p *Policy) Lines() []Line {
	out := make([]Line, 0, len(table))
	for _, d := range table {
		out = append(out, p.Line(d))
	}
	return out
}

// Line is one setting as it stands.
func (p *Policy) Line(d Def) Line {
	v, managed := d.get(p)
	l := Line{Def: d, Key: d.Key, Value: d.write(v), Managed: managed, Origin: p.origins[d.Key]}
	if l.By == "" {
		l.By = ByDefault
	}
	return l
}

// Default is the policy where nobody decided anything.
func Default() Policy {
	p := Policy{origins: map[string]Origin{}}
	for _, d := range table {
		if d.Default == "" {
			continue
		}
		v, err := d.value(d.Default)
		if err != nil {
			panic("policy: the default of " + d.Key + " " + err.Error()) // a mistake in the table, found by its first test
		}
		d.set(&p, v, false)
	}
	return p
}

const maxSize = 1 << 20

// ErrWritable is in the chain of an error about a source that someone other than the computer's administrator can change.
var ErrWritable = errors.New("others than the administrator can change the policy")

// Load reads the machine file at path, normally Path(), alone. With no file there it returns Default. A file that the
// officer could change, or that is not valid, is an error: Muster does not start with half a policy.
func Load(path string) (Policy, error) { return Loader{}.Load(path) }

// Computer reads every source of this computer: group policy before the machine file before what the installer was told.
func Computer() (Policy, error) {
	path, err := Path()
	if err != nil {
		return Default(), err
	}
	return Loader{}.all(path)
}

// Loader reads a policy whose file belongs to somebody else than the administrator. Only tests need one.
type Loader struct {
	Owner int  // user id that may own the file besides the administrator; 0 is nobody else. Not used on Windows.
	Any   bool // accept a file whatever its owner and rights
}

// Load is as the function Load.
func (l Loader) Load(path string) (Policy, error) {
	f, found, err := l.file(path, ByMachineFile)
	if err != nil {
		return Default(), err
	}
	if !found {
		return Default(), nil
	}
	p, err := merge(f)
	if err != nil {
		return Default(), invalid(path, err)
	}
	p.Path = path
	return p, nil
}

func (l Loader) all(path string) (Policy, error) {
	layers, err := registryLayers()
	if err != nil {
		return Default(), err
	}
	for _, x := range []struct {
		path string
		by   By
	}{{path, ByMachineFile}, {installerPath(path), ByInstaller}} {
		if x.path == "" {
			continue
		}
		f, found, err := l.file(x.path, x.by)
		if err != nil {
			return Default(), err
		}
		if found {
			layers = append(layers, f)
		}
	}
	p, err := merge(layers...)
	if err != nil {
		return Default(), fmt.Errorf("the policy of this computer is not valid; ask IT to correct it:\n%w", err)
	}
	if slices.ContainsFunc(layers, func(l layer) bool { return l.by == ByMachineFile }) {
		p.Path = path
	}
	return p, nil
}

func invalid(path string, err error) error {
	return fmt.Errorf("the policy %s is not valid; ask IT to correct it:\n%w", path, err)
}

// file reads one file; found is false where there is none.
func (l Loader) file(path string, by By) (out layer, found bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return out, false, nil
	}
	f, err := os.Open(path)
	if err != nil { // a link that leads nowhere is no missing policy
		return out, false, fmt.Errorf("the policy %s cannot be read; ask IT to let every user read it: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	if !l.Any {
		if err := trusted(f, path, l.Owner); err != nil {
			return out, false, err
		}
	}
	src, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return out, false, fmt.Errorf("the policy %s cannot be read; ask IT to check it: %w", path, err)
	}
	if len(src) > maxSize {
		return out, false, fmt.Errorf("the policy %s is larger than 1 MiB; ask IT to check it", path)
	}
	if out, err = readFile(src, by, path); err != nil {
		return out, false, invalid(path, err)
	}
	return out, true, nil
}

// ReadTrusted reads a file that a policy names, such as a certificate: it must be the administrator's, as the policy itself.
func ReadTrusted(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := trusted(f, path, 0); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, maxSize))
}

// Parse reads the text of a machine file, for checking one before it is installed. Errors name the line.
func Parse(src []byte) (Policy, error) {
	l, err := readFile(src, ByMachineFile, "")
	if err != nil {
		return Default(), err
	}
	p, err := merge(l)
	if err != nil {
		return Default(), err
	}
	return p, nil
}
