package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

// About is what the maker says of a pack.
type About struct {
	Author  string    // for people; "" for nobody
	Muster  string    // version of this program
	Created time.Time // the newest time of its files unless given
}

// Gather makes a pack, unsigned, of the connector file in fsys, the recordings and answers beside it, and its notes:
// NAME.md, or README.md. A connector with errors is a connector.Problems; one without a version is refused.
func Gather(fsys fs.FS, file string, about About, dict *pole.Dictionary) (*Pack, error) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("the connector file cannot be read: %w", err)
	}
	c, err := connector.Load(file, src, dict)
	if err != nil {
		return nil, err
	}
	info := c.Info()
	version := c.Info().Version
	if !versionForm.MatchString(version) {
		return nil, fmt.Errorf("%s: version is %q: write version: 1.0.0 under name, and raise it with each change, so that others can tell which one they have", file, version)
	}
	p := &Pack{file: info.ID + "-" + version + Suffix, parts: map[string][]byte{},
		Manifest: Manifest{Pack: Format, ID: info.ID, Name: info.Name, Version: version, Connector: ConnectorFormat, Muster: about.Muster, Author: about.Author}}
	newest := time.Time{}
	add := func(from, to string) error {
		b, err := fs.ReadFile(fsys, from)
		if err != nil {
			return fmt.Errorf("%s cannot be read: %w", from, err)
		}
		switch {
		case !fits(p.ID, to):
			return fmt.Errorf("%s cannot be part of a pack: give it a name of letters, digits, '.', '-' and '_', at most one folder below the recordings", from)
		case len(b) > MaxPart:
			return fmt.Errorf("%s is larger than %d MiB: shorten it", from, MaxPart>>20)
		case p.parts[to] != nil && string(p.parts[to]) != string(b):
			return fmt.Errorf("%s and another file would both be %s in the pack: rename one", from, to)
		}
		p.parts[to] = append([]byte{}, b...)
		if i, err := fs.Stat(fsys, from); err == nil && i.ModTime().After(newest) {
			newest = i.ModTime()
		}
		return nil
	}
	if err := add(file, p.ID+".yaml"); err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml")
	for _, r := range replay.Beside(fsys, file) {
		if err := gatherRecording(fsys, r, p.ID, add); err != nil {
			return nil, err
		}
	}
	for _, notes := range []string{stem + ".md", path.Join(path.Dir(file), "README.md")} {
		if _, err := fs.Stat(fsys, notes); err == nil {
			if err := add(notes, p.ID+".notes.md"); err != nil {
				return nil, err
			}
			break
		}
	}
	if len(p.parts) > MaxParts {
		return nil, fmt.Errorf("there are more than %d files: put recordings together", MaxParts)
	}
	for name, b := range p.parts {
		p.Parts = append(p.Parts, Part{Path: name, Size: len(b), SHA256: sum(b)})
	}
	slices.SortFunc(p.Parts, func(a, b Part) int { return strings.Compare(a.Path, b.Path) })
	if about.Created.IsZero() {
		about.Created = newest
	}
	p.Created = about.Created.UTC().Truncate(time.Second)
	return p, p.seal()
}

// gatherRecording adds one recordings file and the answers that stand in files of their own, all into the folder of
// recordings, so that nothing of a pack can meet a file of another system.
func gatherRecording(fsys fs.FS, name, id string, add func(from, to string) error) error {
	folder := id + ".exchanges/"
	if err := add(name, folder+path.Base(name)); err != nil {
		return err
	}
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	f, err := replay.Parse(name, src)
	if err != nil {
		return err
	}
	for _, k := range f.Cases {
		for _, x := range k.Exchanges {
			if x.Answer.File == "" {
				continue
			}
			if err := add(path.Join(path.Dir(name), x.Answer.File), folder+x.Answer.File); err != nil {
				return err
			}
		}
	}
	return nil
}

// Report is what came of checking a pack.
type Report struct {
	Problems connector.Problems // of the connector file; warnings among them
	Cases    []replay.Result    // of all recordings
}

// Failed is how many things are wrong: errors of the file, and cases that do not come out as recorded.
func (r Report) Failed() int {
	n := len(r.Problems.Errors())
	for _, c := range r.Cases {
		if len(c.Problems) > 0 {
			n++
		}
	}
	return n
}

// Check lints the connector and replays the recordings; nothing is asked of any system. The error says that the pack
// is not about this connector, or that the recordings cannot be read.
func (p *Pack) Check(ctx context.Context, dict *pole.Dictionary) (Report, error) {
	name := p.ID + ".yaml"
	r := Report{Problems: connector.Lint(name, p.Source(), dict)}
	if len(r.Problems.Errors()) > 0 {
		return r, nil
	}
	c, err := connector.Load(name, p.Source(), dict)
	if err != nil {
		return r, err
	}
	if i := c.Info(); i.ID != p.ID || i.Name != p.Name || c.Info().Version != p.Version {
		return r, fmt.Errorf("%s is not used: it says that it is %s %s but its connector is %s %s. Get it again from its maker", p.file, p.ID, p.Version, i.ID, c.Info().Version)
	}
	b, err := p.Bytes()
	if err != nil {
		return r, err
	}
	files, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return r, err
	}
	for _, rec := range replay.Beside(files, name) {
		f, err := replay.Parse(rec, p.parts[rec])
		if err != nil {
			return r, err
		}
		cases, err := f.Run(ctx, c, dict, replay.Folder(files, rec))
		if err != nil {
			return r, err
		}
		r.Cases = append(r.Cases, cases...)
	}
	if ctx.Err() != nil {
		return r, errors.New("stopped before all recordings were replayed")
	}
	return r, nil
}
