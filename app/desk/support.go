package desk

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/app/logbook"
	"muster/app/policy"
	"muster/plugins/transport"
)

// OpenLog begins the log of a profile, where and as finely as policy and the officer say. Where policy cannot be read it logs as
// Muster comes: a program that does not start is the one that needs its log most.
func OpenLog(profile string) (*slog.Logger, io.Closer, error) {
	p, err := policy.Computer()
	if err != nil {
		p = policy.Default()
	}
	_ = ApplyChoices(profile, &p) // said when the desk opens
	return openLog(profile, &p)
}

func openLog(profile string, p *policy.Policy) (*slog.Logger, io.Closer, error) {
	return logbook.Open(logbook.Options{Folder: logFolder(profile, p), Name: "muster-" + profileMark(profile), Level: p.LogLevel.Value, Keep: p.LogKeep.Value})
}

// logFolder is the policy's, else a folder of the profile.
func logFolder(profile string, p *policy.Policy) string {
	return first(p.LogFolder.Value, filepath.Join(profile, "logs"))
}

// profileMark tells the logs of several officers in one folder apart, without naming any.
func profileMark(profile string) string {
	s, err := keyringService(profile)
	if err != nil {
		return "0"
	}
	return s[len(s)-8:]
}

// BundleFile is one file of a support bundle, as it would leave.
type BundleFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// The bounds of a bundle.
const (
	bundleLog     = 1 << 20 // the end of each log, in bytes
	bundleReports = 10      // the latest crash reports
)

// Support gathers what IT needs to help, readable before it goes anywhere: what the doctor found, what IT decided, the systems, the
// logs and the crash reports. It holds no credential and nothing about a person or a case; names of the officer, the account and
// the computer are struck out. Nothing is sent.
func (d *Desk) Support(ctx context.Context) ([]BundleFile, error) {
	return support(ctx, d.opts.Profile, d.opts.Version, d.Doctor(ctx), d)
}

// SupportClosed is Support for a desk that does not open.
func SupportClosed(ctx context.Context, profile, version string, err error) ([]BundleFile, error) {
	return support(ctx, profile, version, WhyClosed(ctx, profile, err), nil)
}

func support(_ context.Context, profile, version string, findings []Finding, d *Desk) ([]BundleFile, error) {
	strike := strikeOut(profile, d)
	var out []BundleFile
	var errs []error
	put := func(name string, v any) {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			errs = append(errs, err)
			return
		}
		out = append(out, BundleFile{name, strike(string(b))})
	}
	put("about.json", map[string]any{"muster": version, "made": time.Now().UTC().Format(time.RFC3339), "note": "Made by the officer for IT. Nothing in it is about a person or a case."})
	for i := range findings {
		if findings[i].Check == "sign-in" && findings[i].OK {
			findings[i].Say = "signed in"
		}
		if say, _, ok := strings.Cut(findings[i].Say, ", takes you for "); ok {
			findings[i].Say = say
		}
	}
	put("doctor.json", findings)
	p := policy.Default()
	if d != nil {
		p = d.Policy()
		put("systems.json", bareSystems(d))
	} else if c, err := policy.Computer(); err == nil {
		p = c
	}
	put("policy.json", p.Lines())
	for _, dir := range []struct {
		from, to, ext string
		most          int
	}{{logFolder(profile, &p), "logs", ".log", 20}, {filepath.Join(profile, "crash"), "crash", ".txt", bundleReports}} {
		files, err := latestFiles(dir.from, dir.ext, dir.most)
		errs = append(errs, err)
		for _, f := range files {
			text, err := tail(filepath.Join(dir.from, f), bundleLog)
			errs = append(errs, err)
			out = append(out, BundleFile{dir.to + "/" + f, strike(text)})
		}
	}
	return out, errors.Join(errs...)
}

// bareSystems is what may be said of the systems: what they are and how they are, not who the officer is there.
func bareSystems(d *Desk) []map[string]any {
	var out []map[string]any
	for _, s := range d.Systems() {
		out = append(out, map[string]any{"id": s.ID, "plugin": s.Plugin, "version": s.Version, "health": s.Health, "latency_ms": s.Latency.Milliseconds(), "connector": s.Connector,
			"needs_credential": len(s.Needs) > 0, "needs_sign_in": s.SignIn})
	}
	return out
}

func latestFiles(dir, ext string, most int) ([]string, error) {
	list, err := os.ReadDir(dir)
	if isNotExist(err) {
		return nil, nil
	}
	var out []string
	for _, e := range list {
		if e.Type().IsRegular() && filepath.Ext(e.Name()) == ext {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out[max(0, len(out)-most):], err
}

// tail is the end of a file, from a line's beginning.
func tail(path string, most int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	cut := st.Size() > most
	if cut {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return "", err
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, most))
	if i := bytes.IndexByte(b, '\n'); cut && i >= 0 {
		b = b[i+1:]
	}
	return string(b), err
}

// strikeOut makes what strikes names out of a text: of the officer, the account, the computer and its folders, and whatever looks
// like a credential.
func strikeOut(profile string, d *Desk) func(string) string {
	var pairs []string
	add := func(s, with string, least int) {
		if len(strings.TrimSpace(s)) >= least {
			quoted, _ := json.Marshal(s) // as it stands within JSON
			pairs = append(pairs, strings.Trim(string(quoted), `"`), with, s, with)
		}
	}
	add(profile, "(profile)", 2)
	if abs, err := filepath.Abs(profile); err == nil {
		add(abs, "(profile)", 2)
	}
	if home, err := os.UserHomeDir(); err == nil {
		add(home, "(home)", 4)
	}
	if d != nil {
		o, _ := d.Officer()
		add(o.Display(), "(officer)", 3)
		add(o.Name, "(officer)", 3)
		add(o.ID, "(officer)", 3)
		add(o.Collar, "(officer)", 3)
		for _, s := range d.Systems() {
			add(s.User, "(officer)", 3)
		}
		if p, ok := d.Purpose(); ok {
			add(p.Case, "(case)", 3)
			add(p.Text, "(purpose)", 3)
		}
	}
	if h, err := os.Hostname(); err == nil {
		add(h, "(computer)", 4)
	}
	if u, err := user.Current(); err == nil && u.Username != "root" {
		name := u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
		add(name, "(account)", 4)
		add(u.Name, "(account)", 4)
	}
	r := strings.NewReplacer(pairs...)
	return func(s string) string { return transport.Redact(r.Replace(s)) }
}

// WriteBundle writes a support bundle as a zip. It never replaces a file.
func WriteBundle(path string, files []BundleFile) (int64, error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("%s exists already and is not replaced: name another file", path)
	}
	return writeWhole(path, func(f *os.File) error {
		z := zip.NewWriter(f)
		for _, x := range files {
			w, err := z.Create(x.Name)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, x.Text); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// BundleName is what a bundle is called where nobody names it.
func BundleName(now time.Time) string {
	return "muster-support-" + now.Format("20060102-150405") + ".zip"
}
