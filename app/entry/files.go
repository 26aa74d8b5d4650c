package entry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"muster/plugins"
	"muster/store"
)

// Attachment is a photo or document of a draft. Its content lies sealed in the store, under its SHA-256.
type Attachment struct {
	Name   string    `json:"name"`
	Type   string    `json:"type"` // media type
	Size   int64     `json:"size"` // bytes
	SHA256 string    `json:"sha256"`
	Part   string    `json:"part,omitempty"` // the part of the form that it shows; "" for the whole
	Added  time.Time `json:"added"`
}

// SizeWords is the size as people read it: 1.4 MB.
func (a Attachment) SizeWords() string {
	switch n := float64(a.Size); {
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", n/1e3)
	}
	return fmt.Sprintf("%d bytes", a.Size)
}

const (
	chunkBytes   = 256 << 10
	chunksAtOnce = 8 // of one transaction: what is in memory at a time
	// MaxAttachment is the largest file that can be attached, in bytes.
	MaxAttachment = 1 << 30
	// MaxAttachments is how many one entry may have.
	MaxAttachments = 50
)

// Errors of attachments, in words for the officer.
var (
	ErrTooLarge = errors.New("the file is larger than 1 GB: attach a shorter one, or hand it in as an exhibit")
	ErrEmpty    = errors.New("the file is empty")
	ErrNoFile   = errors.New("the attachment is not on this machine any more: attach it again")
	ErrManyFile = errors.New("an entry takes at most 50 attachments")
)

// keptFile says where the content of a file lies.
type keptFile struct {
	ID     string `json:"id"` // of its chunks
	Size   int64  `json:"size"`
	Chunks int    `json:"chunks"`
	SHA256 string `json:"sha256"` // "" while it is being taken in
}

// Files keeps attachments, sealed, in chunks, so that one of any size passes in bounded memory. All methods are safe for
// concurrent use.
type Files struct {
	store  *store.Store
	info   *store.Collection[keptFile] // by ID
	chunks *store.Collection[[]byte]
	now    func() time.Time

	mu    sync.Mutex
	bySum map[string]keptFile
	fresh map[string]bool // by SHA-256: taken in since the start, so perhaps of a draft that is not saved yet
}

// NewFiles opens the attachments kept in s. now may be nil.
func NewFiles(s *store.Store, now func() time.Time) (*Files, error) {
	if now == nil {
		now = time.Now
	}
	f := &Files{store: s, info: store.NewCollection[keptFile](s, "files"), chunks: store.NewCollection[[]byte](s, "file chunks"), now: now,
		bySum: map[string]keptFile{}, fresh: map[string]bool{}}
	return f, f.info.Each(store.ByInsertion, func(_ string, k keptFile) error {
		if k.SHA256 != "" {
			f.bySum[k.SHA256] = k
		}
		return nil
	})
}

func chunkKey(id string, n int) string { return fmt.Sprintf("%s/%d", id, n) }

// Keep takes in a file: hashed as it is read, sealed, durable on return.
func (f *Files) Keep(ctx context.Context, name string, r io.Reader) (Attachment, error) {
	k := keptFile{ID: strings.ToLower(rand.Text())}
	sum := sha256.New()
	head := []byte{}
	drop := func(err error) (Attachment, error) {
		_ = f.drop(k) // the next start takes away what this leaves
		return Attachment{}, err
	}
	for {
		batch := map[string][]byte{}
		ended := false
		for len(batch) < chunksAtOnce && !ended {
			if err := ctx.Err(); err != nil {
				return drop(err)
			}
			buf := make([]byte, chunkBytes)
			n, err := io.ReadFull(r, buf)
			switch {
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
				ended = true
			case err != nil:
				return drop(fmt.Errorf("the file cannot be read to its end: %w", err))
			}
			if n == 0 {
				break
			}
			if len(head) == 0 {
				head = slices.Clone(buf[:min(n, 512)])
			}
			if k.Size += int64(n); k.Size > MaxAttachment {
				return drop(ErrTooLarge)
			}
			sum.Write(buf[:n])
			batch[chunkKey(k.ID, k.Chunks)] = buf[:n]
			k.Chunks++
		}
		if ended {
			if k.Size == 0 {
				return drop(ErrEmpty)
			}
			k.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
		if err := f.store.Update(func(tx *store.Tx) error {
			for key, b := range batch {
				if err := f.chunks.In(tx).Put(key, b); err != nil {
					return err
				}
			}
			return f.info.In(tx).Put(k.ID, k)
		}); err != nil {
			return drop(err)
		}
		if ended {
			break
		}
	}
	a := Attachment{Name: fileName(name), Type: mediaType(name, head), Size: k.Size, SHA256: k.SHA256, Added: f.now().UTC()}
	f.mu.Lock()
	_, twice := f.bySum[k.SHA256]
	if !twice {
		f.bySum[k.SHA256] = k
	}
	f.fresh[k.SHA256] = true
	f.mu.Unlock()
	if twice {
		return a, f.drop(k) // the same content is kept already
	}
	return a, nil
}

func (f *Files) drop(k keptFile) error {
	for n := 0; n < k.Chunks; n += 64 {
		var keys []string
		for i := n; i < min(n+64, k.Chunks); i++ {
			keys = append(keys, chunkKey(k.ID, i))
		}
		if err := f.chunks.Delete(keys...); err != nil {
			return err
		}
	}
	return f.info.Delete(k.ID)
}

// Sweep takes away what no draft and no entry refers to; used holds the SHA-256 of what they do refer to.
func (f *Files) Sweep(used map[string]bool) error {
	var gone []keptFile
	if err := f.info.Each(store.ByInsertion, func(_ string, k keptFile) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if k.SHA256 == "" || !used[k.SHA256] && !f.fresh[k.SHA256] {
			gone = append(gone, k)
			delete(f.bySum, k.SHA256)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, k := range gone {
		if err := f.drop(k); err != nil {
			return err
		}
	}
	return nil
}

// Release says that a file that was taken in since the start is not wanted any more, unless Sweep is told otherwise.
func (f *Files) Release(sha256 string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.fresh, sha256)
}

// Open reads an attachment from its beginning, one chunk in memory at a time. A changed byte is an error.
func (f *Files) Open(ctx context.Context, sha string) (io.ReadCloser, error) {
	f.mu.Lock()
	k, ok := f.bySum[sha]
	f.mu.Unlock()
	if !ok {
		return nil, ErrNoFile
	}
	return io.NopCloser(&fileReader{ctx: ctx, f: f, k: k}), nil
}

type fileReader struct {
	ctx  context.Context
	f    *Files
	k    keptFile
	next int
	buf  bytes.Reader
}

func (r *fileReader) Read(p []byte) (int, error) {
	for r.buf.Len() == 0 {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.next == r.k.Chunks {
			return 0, io.EOF
		}
		b, ok, err := r.f.chunks.Get(chunkKey(r.k.ID, r.next))
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, ErrNoFile
		}
		r.next++
		r.buf.Reset(b)
	}
	return r.buf.Read(p)
}

// filesOf are the files of an entry as a target gets them; what opens them is set when they are sent.
func filesOf(d Draft) (out []plugins.File) {
	for _, a := range d.Files {
		part, _ := BasePath(a.Part)
		out = append(out, plugins.File{Name: a.Name, Type: a.Type, Size: a.Size, SHA256: a.SHA256, Part: part})
	}
	return out
}

// opened is the entry with what opens its files.
func (f *Files) opened(e plugins.Entry) plugins.Entry {
	if f == nil || len(e.Files) == 0 {
		return e
	}
	e.Files = slices.Clone(e.Files)
	for i := range e.Files {
		sha := e.Files[i].SHA256
		e.Files[i].Open = func(ctx context.Context) (io.ReadCloser, error) { return f.Open(ctx, sha) }
	}
	return e
}

func (t *Target) takesFiles() bool {
	return slices.ContainsFunc(t.Spec.Accepts, func(a plugins.FieldSpec) bool { return a.Path == filesPath })
}

// fileName is the last part of a path, of either kind of machine, without what a target could take for a path or a control.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/:*?"<>|`, r) {
			return -1
		}
		return r
	}, name))
	if r := []rune(name); len(r) > 120 {
		ext := []rune(path.Ext(name))
		if len(ext) > 12 {
			ext = nil
		}
		name = string(r[:120-len(ext)]) + string(ext)
	}
	return cmp.Or(strings.TrimLeft(name, "."), "attachment")
}

// mediaType is what the content says that it is, and what the name says where the content does not.
func mediaType(name string, head []byte) string {
	t, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if t == "application/octet-stream" || t == "application/zip" || t == "text/plain" {
		if byName, _, err := mime.ParseMediaType(mime.TypeByExtension(strings.ToLower(path.Ext(name)))); err == nil && byName != "text/html" {
			return byName
		}
	}
	return t
}
