package entry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"muster/store"
)

func openFiles(t testing.TB, path string) (*store.Store, *Files) {
	t.Helper()
	s, err := store.Open(path, key, store.Options{Dictionary: dict})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f, err := NewFiles(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// peak reads on and notes the most that the heap held meanwhile.
type peak struct {
	io.Reader
	most uint64
	n    int
}

func (p *peak) Read(b []byte) (int, error) {
	if p.n++; p.n%64 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.most = max(p.most, m.HeapAlloc)
	}
	return p.Reader.Read(b)
}

func TestALargeAttachmentPassesInBoundedMemory(t *testing.T) {
	size, bound := int64(40<<20), uint64(32<<20)
	if os.Getenv("MUSTER_LARGE_FILES") != "" {
		size = 200 << 20
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil { // sparse: it takes no room
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, files := openFiles(t, filepath.Join(t.TempDir(), "officer.db"))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	taken := &peak{Reader: in}
	a, err := files.Keep(t.Context(), path, taken)
	if err != nil {
		t.Fatal(err)
	}
	if a.Size != size || a.Name != "film.mp4" || a.Type != "video/mp4" {
		t.Errorf("%+v", a)
	}
	r, err := files.Open(t.Context(), a.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	sum, given := sha256.New(), &peak{Reader: r}
	if n, err := io.Copy(sum, given); err != nil || n != size || hex.EncodeToString(sum.Sum(nil)) != a.SHA256 {
		t.Errorf("%d bytes came back: %v", n, err)
	}
	for name, most := range map[string]uint64{"taking it in": taken.most, "giving it out": given.most} {
		if most > before+bound {
			t.Errorf("%s held %d MB", name, (most-before)>>20)
		}
	}
}

func TestAttachmentsAreSealedSharedAndSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "officer.db")
	s, files := openFiles(t, path)
	const canary = "CANARY-PHOTO-OF-A-PERSON"
	a, err := files.Keep(t.Context(), `C:\photos\..\me:and"you.jpg`, strings.NewReader("\xff\xd8\xff"+strings.Repeat(canary, 40000)))
	if err != nil || a.Name != "meandyou.jpg" || a.Type != "image/jpeg" {
		t.Fatalf("%+v %v", a, err)
	}
	again, err := files.Keep(t.Context(), "copy.jpg", strings.NewReader("\xff\xd8\xff"+strings.Repeat(canary, 40000)))
	if err != nil || again.SHA256 != a.SHA256 {
		t.Fatalf("%+v %v", again, err)
	}
	if _, err := files.Keep(t.Context(), "none", strings.NewReader("")); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := files.Keep(t.Context(), "broken", io.MultiReader(strings.NewReader("x"), brokenReader{})); err == nil {
		t.Error("a file that breaks off is taken")
	}
	if err := files.Sweep(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(t.Context(), a.SHA256); err != nil {
		t.Errorf("what was just taken in is swept away: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if disk, err := os.ReadFile(path); err != nil || bytes.Contains(disk, []byte(canary)) {
		t.Error("an attachment stands readable on the disk")
	}
	_, files = openFiles(t, path)
	if err := files.Sweep(map[string]bool{a.SHA256: true}); err != nil {
		t.Fatal(err)
	}
	r, err := files.Open(t.Context(), a.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || int64(len(b)) != a.Size {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if err := files.Sweep(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(t.Context(), a.SHA256); !errors.Is(err, ErrNoFile) {
		t.Errorf("what nothing names is still there: %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("unplugged") }
