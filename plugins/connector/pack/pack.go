// Package pack bundles a connector, its recordings and its notes into one versioned file that another force can verify
// and install.
//
// A pack is a zip whose entries are stored, not compressed, so that the same parts give the same bytes and nothing can
// swell: pack.json names every part with its SHA-256, pack.json.minisig, if it is there, is a minisign signature of
// pack.json, and the parts follow. Nothing else may be in it.
package pack

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"aead.dev/minisign"

	"muster/plugins/signed"
)

const (
	// Suffix ends the name of a pack.
	Suffix = ".mpack"
	// Format is the version of the pack's own format.
	Format = 1
	// ConnectorFormat is the newest version of the connector's format that is understood.
	ConnectorFormat = 1

	manifestName  = "pack.json"
	signatureName = manifestName + signed.Suffix
)

// Limits of a pack, in bytes where nothing else is said.
const (
	MaxPack     = 16 << 20
	MaxPart     = 8 << 20
	MaxManifest = 256 << 10
	MaxParts    = 200
)

// Manifest says what a pack is and holds.
type Manifest struct {
	Pack      int       `json:"pack"` // Format
	ID        string    `json:"id"`   // of the connector
	Name      string    `json:"name"`
	Version   string    `json:"version"`   // of the connector, such as 1.4.0
	Connector int       `json:"connector"` // version of the connector's format
	Muster    string    `json:"muster"`    // version of the Muster that made it
	Author    string    `json:"author,omitempty"`
	Created   time.Time `json:"created"` // UTC, whole seconds
	Parts     []Part    `json:"parts"`   // sorted by path
}

// Part is one file of a pack: ID.yaml, ID.notes.md, or below ID.exchanges/.
type Part struct {
	Path   string `json:"path"`
	Size   int    `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Pack is an opened pack. Its parts are as the manifest says.
type Pack struct {
	Manifest

	file      string // named in errors
	parts     map[string][]byte
	manifest  []byte // as it stands in the file: what is signed
	signature []byte
}

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	versionForm = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9}){0,3}(-[0-9A-Za-z]{1,16})?$`)
	segment     = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$`)
	device      = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// fits reports whether path is one that a pack of connector id may hold: nothing that leads elsewhere on any system.
func fits(id, path string) bool {
	if path == id+".yaml" || path == id+".notes.md" {
		return true
	}
	below, ok := strings.CutPrefix(path, id+".exchanges/")
	steps := strings.Split(below, "/")
	if !ok || len(steps) > 2 {
		return false
	}
	for _, s := range steps {
		if !segment.MatchString(s) || strings.Contains(s, "..") || device.MatchString(s) {
			return false
		}
	}
	return true
}

// Part is the content of a part; nil if the pack does not hold it.
func (p *Pack) Part(path string) []byte { return p.parts[path] }

// Source is the connector file.
func (p *Pack) Source() []byte { return p.parts[p.ID+".yaml"] }

// Notes are what the maker wrote for people; nil if nothing.
func (p *Pack) Notes() []byte { return p.parts[p.ID+".notes.md"] }

// Signed reports whether there is a signature, by whomever.
func (p *Pack) Signed() bool { return p.signature != nil }

// ManifestFile is pack.json as it stands in the pack, and its signature; that is nil if the pack is not signed.
func (p *Pack) ManifestFile() (manifest, signature []byte) { return p.manifest, p.signature }

// Sign signs the pack, which covers every part by its hash. The signature depends on nothing but pack and key.
func (p *Pack) Sign(key minisign.PrivateKey) {
	say := "muster pack " + p.ID + " " + p.Version
	p.signature = minisign.SignWithComments(key, p.manifest, say, say)
}

// Verify says whose trusted key signed the pack. Errors are those of package signed.
func (p *Pack) Verify(keys signed.Keys) (signed.Signature, error) {
	if p.signature == nil {
		return signed.Signature{}, fmt.Errorf("%s is not signed by its maker (%w): ask for one made with connector pack --key", p.file, signed.ErrUnsigned)
	}
	return keys.Verify(p.file, p.manifest, p.signature)
}

// Bytes is the pack as a file: the same for the same parts, manifest and signature.
func (p *Pack) Bytes() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, content []byte) error {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(content)
		}
		return err
	}
	err := add(manifestName, p.manifest)
	if p.signature != nil {
		err = errors.Join(err, add(signatureName, p.signature))
	}
	for _, part := range p.Parts {
		err = errors.Join(err, add(part.Path, p.parts[part.Path]))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("the pack cannot be put together: %w", err)
	}
	if b.Len() > MaxPack {
		return nil, fmt.Errorf("the pack is larger than %d MiB: shorten its recordings", MaxPack>>20)
	}
	return b.Bytes(), nil
}

// seal writes the manifest of the parts.
func (p *Pack) seal() error {
	b, err := json.MarshalIndent(p.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("the manifest cannot be written: %w", err)
	}
	p.manifest, p.signature = append(b, '\n'), nil
	return nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Compare orders two versions: -1 if a is older than b, 0 if they are the same, 1 if it is newer. A version with
// letters after a hyphen is older than the one without, as a trial before a release.
func Compare(a, b string) int {
	na, ta, _ := strings.Cut(a, "-")
	nb, tb, _ := strings.Cut(b, "-")
	xs, ys := strings.Split(na, "."), strings.Split(nb, ".")
	for i := range max(len(xs), len(ys)) {
		if c := number(xs, i) - number(ys, i); c != 0 {
			return c / max(c, -c)
		}
	}
	switch {
	case ta == tb:
		return 0
	case ta == "":
		return 1
	case tb == "":
		return -1
	}
	return strings.Compare(ta, tb)
}

func number(l []string, i int) int {
	n := 0
	if i < len(l) {
		_, _ = fmt.Sscanf(l[i], "%d", &n) // what is no number counts as 0
	}
	return n
}
