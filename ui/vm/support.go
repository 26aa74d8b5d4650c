package vm

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"muster/app/desk"
)

// SupportDesk is what the sheets for support need of the desk.
type SupportDesk interface {
	Doctor(ctx context.Context) []desk.Finding
	Support(ctx context.Context) ([]desk.BundleFile, error)
}

// Support is what an officer can do where something does not work: have the workstation checked, and make a bundle for IT, which is
// shown whole before it is written. Nothing is sent anywhere.
type Support struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	env      Env
	desk     SupportDesk
	task     task
	findings []desk.Finding
	files    []desk.BundleFile
	err      string
	saved    string
}

// NewSupport makes it over d.
func NewSupport(env Env, d SupportDesk) *Support { return &Support{env: env.filled(), desk: d} }

func (s *Support) changed() {
	if s.OnChange != nil {
		s.OnChange()
	}
}

// Running reports whether something is being looked at or written.
func (s *Support) Running() bool { return s.task.running() }

// Err is what went wrong, in words.
func (s *Support) Err() string { return s.err }

// Saved is the file that was written; "" before.
func (s *Support) Saved() string { return s.saved }

// Close gives up what runs.
func (s *Support) Close() { s.task.stop() }

// Check has the workstation checked.
func (s *Support) Check() {
	s.findings, s.err = nil, ""
	start(s.env, &s.task, func(ctx context.Context) ([]desk.Finding, error) { return s.desk.Doctor(ctx), nil },
		func(f []desk.Finding, _ error) { s.findings = f; s.changed() })
	s.changed()
}

// Findings is what the check found: what is wrong first, each in its own order.
func (s *Support) Findings() (out []desk.Finding) {
	for _, ok := range []bool{false, true} {
		for _, f := range s.findings {
			if f.OK == ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// Wrong counts what is not well.
func (s *Support) Wrong() (n int) {
	for _, f := range s.findings {
		if !f.OK {
			n++
		}
	}
	return n
}

// Gather makes the bundle and shows it.
func (s *Support) Gather() {
	s.files, s.err, s.saved = nil, "", ""
	start(s.env, &s.task, s.desk.Support, func(f []desk.BundleFile, err error) {
		s.files = f
		if err != nil {
			s.err = err.Error()
		}
		s.changed()
	})
	s.changed()
}

// BundleLine is one line of what the bundle holds: the name of a file, or a line of it.
type BundleLine struct {
	ID   string
	Head bool
	Text string
}

// Lines is everything that the bundle holds, line by line.
func (s *Support) Lines() (out []BundleLine) {
	for _, f := range s.files {
		out = append(out, BundleLine{ID: f.Name, Head: true, Text: f.Name})
		for i, l := range strings.Split(strings.TrimRight(f.Text, "\n"), "\n") {
			out = append(out, BundleLine{ID: f.Name + ":" + strconv.Itoa(i), Text: l})
		}
	}
	return out
}

// Files counts what the bundle holds.
func (s *Support) Files() int { return len(s.files) }

// Save writes the bundle as it is shown into the folder of downloads.
func (s *Support) Save() {
	if len(s.files) == 0 || s.saved != "" || s.Running() {
		return
	}
	files, name := s.files, desk.BundleName(s.env.Now())
	start(s.env, &s.task, func(context.Context) (string, error) {
		dir, err := desk.DownloadFolder()
		if err != nil {
			return "", err
		}
		path := filepath.Join(dir, name)
		_, err = desk.WriteBundle(path, files)
		return path, err
	}, func(path string, err error) {
		if err != nil {
			s.err = err.Error()
		} else {
			s.saved = path
		}
		s.changed()
	})
	s.changed()
}
