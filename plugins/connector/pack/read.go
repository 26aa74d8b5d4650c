package pack

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/plugins/signed"
)

// ErrNewer is in the chain of an error about a pack that a newer Muster made.
var ErrNewer = errors.New("it needs a newer Muster")

// Read opens a pack and holds every part against the manifest. file names it in errors. It does not judge the
// signature or the connector: Verify and Check do.
func Read(file string, b []byte) (*Pack, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s is not used: %s. Get it again from its maker", file, fmt.Sprintf(format, args...))
	}
	if len(b) > MaxPack {
		return nil, bad("it is larger than %d MiB", MaxPack>>20)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	switch {
	case err != nil:
		return nil, bad("it is no pack, or was cut off on its way")
	case len(z.File) > MaxParts+2:
		return nil, bad("it holds more than %d parts", MaxParts)
	case z.Comment != "":
		return nil, bad("there is a comment round its parts")
	}
	content := map[string][]byte{}
	seen := map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name) // where capital and small letters are the same, two would be one file
		if seen[name] {
			return nil, bad("%q is in it twice", f.Name)
		}
		seen[name] = true
		if f.Method != zip.Store || f.Flags&1 != 0 || !f.Mode().IsRegular() || f.Comment != "" {
			return nil, bad("%q is compressed, encrypted or no plain file", f.Name)
		}
		most := uint64(MaxPart)
		if f.Name == manifestName || f.Name == signatureName {
			most = MaxManifest
		}
		if f.UncompressedSize64 > most || f.CompressedSize64 != f.UncompressedSize64 {
			return nil, bad("%q is too large", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, bad("%q cannot be read", f.Name)
		}
		c, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, bad("%q is damaged", f.Name)
		}
		content[f.Name] = c
	}
	p := &Pack{file: file, manifest: content[manifestName], signature: content[signatureName], parts: map[string][]byte{}}
	if p.manifest == nil {
		return nil, bad("it has no %s", manifestName)
	}
	if _, there := content[signatureName]; there && (len(p.signature) == 0 || len(p.signature) > signed.MaxSignature) {
		return nil, bad("its signature cannot be read")
	}
	if err := p.readManifest(); err != nil {
		if errors.Is(err, ErrNewer) {
			return nil, fmt.Errorf("%s is not used: %w: update Muster, or ask its maker for a pack of format %d", file, err, Format)
		}
		return nil, bad("%s", err)
	}
	for _, part := range p.Parts {
		c, there := content[part.Path]
		switch {
		case !there:
			return nil, bad("its part %s is missing", part.Path)
		case len(c) != part.Size || sum(c) != part.SHA256:
			return nil, bad("its part %s is not the one that its maker put in", part.Path)
		}
		p.parts[part.Path] = c
		delete(content, part.Path)
	}
	delete(content, manifestName)
	delete(content, signatureName)
	for name := range content {
		return nil, bad("it holds %q, which its manifest does not name", name)
	}
	return p, nil
}

// readManifest reads pack.json and judges everything in it but the hashes.
func (p *Pack) readManifest() error {
	var version struct {
		Pack      int `json:"pack"`
		Connector int `json:"connector"`
	}
	if err := json.Unmarshal(p.manifest, &version); err != nil {
		return fmt.Errorf("%s cannot be read", manifestName)
	}
	if version.Pack > Format || version.Connector > ConnectorFormat {
		return fmt.Errorf("%w (pack format %d, connector format %d)", ErrNewer, version.Pack, version.Connector)
	}
	d := json.NewDecoder(bytes.NewReader(p.manifest))
	d.DisallowUnknownFields()
	if err := d.Decode(&p.Manifest); err != nil || d.More() {
		return fmt.Errorf("%s cannot be read", manifestName)
	}
	switch {
	case p.Pack != Format || p.Connector < 1:
		return fmt.Errorf("%s is of no known format", manifestName)
	case !idForm.MatchString(p.ID):
		return fmt.Errorf("%s does not give the connector's id", manifestName)
	case !versionForm.MatchString(p.Version):
		return fmt.Errorf("%s does not give a version such as 1.4.0", manifestName)
	case len(p.Parts) > MaxParts:
		return fmt.Errorf("%s names more than %d parts", manifestName, MaxParts)
	}
	seen := map[string]bool{}
	for _, part := range p.Parts {
		if !fits(p.ID, part.Path) {
			return fmt.Errorf("%s names the part %q, which has no place in a pack", manifestName, part.Path)
		}
		if name := strings.ToLower(part.Path); seen[name] {
			return fmt.Errorf("%s names %q twice", manifestName, part.Path)
		}
		seen[strings.ToLower(part.Path)] = true
	}
	if !slices.ContainsFunc(p.Parts, func(x Part) bool { return x.Path == p.ID+".yaml" }) {
		return errors.New("there is no connector in it")
	}
	return nil
}
