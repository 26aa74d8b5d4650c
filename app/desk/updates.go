package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"muster/app/policy"
	"muster/assets"
	"muster/plugins/connector/pack"
)

var versionWord = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,5}){0,3}$`)

// updateFinding says whether a newer Muster is there, where policy wants that said. Nothing is ever downloaded; the question holds
// nothing, not even which version asks.
func (d *Desk) updateFinding(ctx context.Context) (Finding, bool) {
	p := &d.policy
	if p.Updates.Value != "notice" || p.UpdatesAddress.Value == "" {
		return Finding{}, false
	}
	f := Finding{Check: "updates", OK: true}
	latest, err := d.latestVersion(ctx, p.UpdatesAddress.Value)
	switch {
	case err != nil:
		f.Say = "which version is the latest could not be asked"
	case d.opts.Version == "" || pack.Compare(latest, d.opts.Version) <= 0:
		f.Say = "this is the latest version"
	default:
		f.Say = fmt.Sprintf("%s is installed, %s is available: IT installs it", d.opts.Version, latest)
	}
	return f, true
}

func (d *Desk) latestVersion(ctx context.Context, address string) (string, error) {
	n, err := d.outward()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	t := &http.Transport{Proxy: n.Proxy, TLSClientConfig: n.TLS.Clone(), DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	resp, err := (&http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 100))
	if err != nil {
		return "", err
	}
	v := strings.TrimPrefix(strings.TrimSpace(string(b)), "v")
	if resp.StatusCode != http.StatusOK || !versionWord.MatchString(v) {
		return "", errors.New("the answer is no version")
	}
	return v, nil
}

// files is what ships with Muster, each file of the force's own in place of the one that it is named like.
func (d *Desk) files() (fs.FS, error) {
	folder := d.policy.DataFolder.Value
	if folder == "" {
		return assets.FS, nil
	}
	if d.opts.Policy == nil { // the folder that IT named must be IT's
		if err := policy.TrustedFolder(folder); err != nil {
			return nil, fmt.Errorf("the policy's data_folder cannot be used: %w", err)
		}
	}
	if !isDir(folder) {
		return nil, fmt.Errorf("the policy's data_folder, %s, is not there; ask IT to correct it", folder)
	}
	return overlay{os.DirFS(folder), assets.FS}, nil
}

// overlay is one file tree laid over another.
type overlay struct{ over, under fs.FS }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.over.Open(name); err == nil {
		if st, err := f.Stat(); err == nil && !st.IsDir() {
			return f, nil
		}
		_ = f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return o.under.Open(name)
}

// ReadDir implements fs.ReadDirFS: forms of the force's own stand beside those that ship.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(o.under, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	have := map[string]bool{}
	for _, e := range list {
		have[e.Name()] = true
	}
	own, oerr := fs.ReadDir(o.over, name)
	if oerr != nil {
		return list, err
	}
	for _, e := range own {
		if !have[e.Name()] {
			list = append(list, e)
		}
	}
	return list, nil
}
