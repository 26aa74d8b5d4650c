package pack

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"muster/plugins/signed"
)

// KeptManifest is what the manifest of an installed pack is called, beside its connector; its signature adds signed.Suffix.
func KeptManifest(id string) string { return id + ".pack.json" }

// Kept reads an installed pack back from the folder of systems and holds every part against its manifest, as Read does: one
// that was changed, or lost a part, since it was installed is refused. It is fs.ErrNotExist where the connector is of no pack.
func Kept(fsys fs.FS, id string) (*Pack, error) {
	file := id + ".yaml"
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s is not used: %s. Install its pack again", file, fmt.Sprintf(format, args...))
	}
	manifest, err := upTo(fsys, KeptManifest(id), MaxManifest)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is of no pack: %w", file, fs.ErrNotExist)
		}
		return nil, bad("%s cannot be read", KeptManifest(id))
	}
	p := &Pack{file: file, manifest: manifest, parts: map[string][]byte{}}
	if p.signature, err = upTo(fsys, KeptManifest(id)+signed.Suffix, signed.MaxSignature); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, bad("its signature cannot be read")
	}
	if err := p.readManifest(); err != nil {
		return nil, bad("%s", err)
	}
	if p.ID != id {
		return nil, bad("its manifest is of the pack %s", p.ID)
	}
	for _, part := range p.Parts {
		c, err := upTo(fsys, part.Path, MaxPart)
		switch {
		case err != nil:
			return nil, bad("its part %s is missing", part.Path)
		case len(c) != part.Size || sum(c) != part.SHA256:
			return nil, bad("its part %s was changed after it was installed", part.Path)
		}
		p.parts[part.Path] = c
	}
	return p, nil
}

func upTo(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		return nil, errors.New("it is too large")
	}
	return b, err
}
