package wasm

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// codeCache is where the compiled code of one module stands: a folder named after the module's sum and its limits, with
// a seal over everything in it. Compiled code runs inside this process, so a folder that others can write, or whose
// seal does not fit, is not used.
type codeCache struct {
	dir   string // "" is none
	key   []byte
	fresh bool // nothing was there: a seal has to be made
}

const sealName = "seal"

// openCache readies the module's folder. A cache that cannot be used is none: the plugin then compiles anew.
func (p *Plugin) openCache() *codeCache {
	if p.opts.Cache == "" {
		return &codeCache{}
	}
	c := &codeCache{dir: filepath.Join(p.opts.Cache, p.sum[:32]), key: p.opts.CacheKey}
	if err := os.MkdirAll(c.dir, 0o700); err != nil || !private(p.opts.Cache) || !private(c.dir) {
		return &codeCache{}
	}
	want, err := os.ReadFile(filepath.Join(c.dir, sealName))
	if err == nil {
		if got, serr := c.sum(); serr == nil && subtle.ConstantTimeCompare(got, want) == 1 {
			return c
		}
	}
	c.fresh = true
	if err := c.empty(); err != nil {
		return &codeCache{}
	}
	return c
}

// empty removes whatever is there.
func (c *codeCache) empty() error {
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	return os.MkdirAll(c.dir, 0o700)
}

func (c *codeCache) drop() { _ = c.empty() } // what cannot be removed has no seal that fits

// seal makes the seal of what was just compiled. Without one the folder is emptied at the next start.
func (c *codeCache) seal() {
	if c.dir == "" || !c.fresh {
		return
	}
	sum, err := c.sum()
	if err != nil {
		return
	}
	tmp := filepath.Join(c.dir, sealName+".new")
	if os.WriteFile(tmp, sum, 0o600) == nil {
		_ = os.Rename(tmp, filepath.Join(c.dir, sealName))
	}
}

// sum is over names and contents of everything in the folder but the seal.
func (c *codeCache) sum() ([]byte, error) {
	h := sha256.New()
	if len(c.key) > 0 {
		h = hmac.New(sha256.New, c.key)
	}
	var files []string
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return errors.New("not a regular file")
		}
		if rel, _ := filepath.Rel(c.dir, path); rel != sealName && rel != sealName+".new" {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, path := range files {
		if err := addFile(h, c.dir, path); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

func addFile(h hash.Hash, dir, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	content := sha256.New()
	n, err := io.Copy(content, f)
	if err != nil {
		return err
	}
	_, err = io.WriteString(h, filepath.ToSlash(rel)+"\x00"+strconv.FormatInt(n, 10)+"\x00"+string(content.Sum(nil)))
	return err
}
