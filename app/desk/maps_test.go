package desk

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/app/policy"
	"muster/app/signin"
	"muster/app/tiles"
	"muster/store"
)

func waitTile(t *testing.T, s *tiles.Service, tile tiles.Tile) tiles.State {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, state := s.Get(tile); state != tiles.Loading {
			return state
		}
	}
	t.Fatal("the tile never came")
	return tiles.Failed
}

// Looking at a map is accounted for before the first picture is asked for; pictures are kept sealed, and serve when the server is gone.
func TestMapOfACase(t *testing.T) {
	d := signedIn(t)
	if _, err := d.OpenMap(t.Context(), "rms//1", nil); !errors.Is(err, ErrNoMap) {
		t.Fatal(err)
	}
	var pic bytes.Buffer
	_ = png.Encode(&pic, image.NewRGBA(image.Rect(0, 0, 256, 256)))
	var down, early atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recs, err := d.Audit(0, 5)
		accounted := false
		for _, x := range recs {
			accounted = accounted || x.System == tiles.System && x.Ref == "rms//1"
		}
		if err != nil || !accounted {
			early.Store(true)
		}
		if down.Load() || r.Header.Get("X-Key") != "opensesame" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(pic.Bytes())
	}))
	defer srv.Close()
	d.mu.Lock()
	d.profile.Map = policy.Map{Kind: tiles.XYZ, URL: srv.URL + "/{z}/{x}/{y}.png", Attribution: "© x", KeyHeader: "X-Key"}
	d.mu.Unlock()
	if err := d.SetMapKey(t.Context(), "opensesame"); err != nil {
		t.Fatal(err)
	}
	s, err := d.OpenMap(t.Context(), "rms//1", nil)
	if err != nil {
		t.Fatal(err)
	}
	leeds := tiles.Tile{Z: 10, X: 507, Y: 331}
	if state := waitTile(t, s, leeds); state != tiles.Ready {
		t.Fatal(state, s.Status())
	}
	s.Close()
	if early.Load() {
		t.Error("a picture was asked for before that was accounted for")
	}
	down.Store(true)
	if s, err = d.OpenMap(t.Context(), "rms//1", nil); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if state := waitTile(t, s, leeds); state != tiles.Ready {
		t.Error("without its server the kept picture is", state)
	}
	err = filepath.WalkDir(d.Folder(), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, clear := range []string{"opensesame", string(pic.Bytes()[:60]), "/10/507/331"} {
			if strings.Contains(string(b), clear) {
				t.Errorf("%s is readable in %s", clear[:4], filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	d.mu.Lock()
	d.purpose = nil
	d.mu.Unlock()
	if _, err := d.OpenMap(context.Background(), "rms//1", nil); !errors.Is(err, ErrNoPurpose) {
		t.Error(err)
	}
}

func TestKeptTilesAreBounded(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "x.db"), make([]byte, 32), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	k := newTileKeep(&session{store: st})
	old := tileEntry{Key: "old", At: 1, Size: tileBytes - 1000}
	if err := k.index.Put("old", old); err != nil {
		t.Fatal(err)
	}
	k.Put("a", tiles.Kept{At: time.Unix(100, 0), Body: make([]byte, 400)})
	if _, ok := k.Get("a"); !ok || k.known["old"] != old {
		t.Fatal("what fits was not kept")
	}
	k.Put("b", tiles.Kept{At: time.Unix(200, 0), Body: make([]byte, 900)})
	if _, there := k.known["old"]; there || k.bytes > tileBytes {
		t.Error("the oldest did not go:", k.bytes)
	}
	if _, ok := k.Get("b"); !ok {
		t.Error("the latest is not kept")
	}
	again := newTileKeep(&session{store: st})
	again.Put("c", tiles.Kept{At: time.Unix(300, 0), Body: make([]byte, 10)})
	if again.bytes != k.bytes+110 {
		t.Error("after a restart it knows", again.bytes, "bytes of", k.bytes)
	}
}
func TestMapOfAProfile(t *testing.T) {
	dir := t.TempDir()
	p := Profile{Force: "x", SignIn: signin.Settings{Kind: "local"}}
	if err := p.Save(dir); err != nil {
		t.Fatal(err)
	}
	if src, _ := os.ReadFile(profilePath(dir)); strings.Contains(string(src), "map") {
		t.Errorf("a profile without a map server names one:\n%s", src)
	}
	p.Map = policy.Map{Kind: tiles.XYZ, URL: "https://t.example/{z}/{x}/{y}.png", Attribution: "© x", KeyQuery: "key"}
	if err := p.Save(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadProfile(dir); err != nil || got.Map != p.Map {
		t.Errorf("%+v, %v", got.Map, err)
	}
	p.Map.URL = "https://t.example/{z}/{x}.png"
	if err := p.Save(dir); err == nil || !strings.Contains(err.Error(), "map.url of kind xyz needs") {
		t.Error(err)
	}
	pol, err := policy.Parse([]byte("policy: 1\nmap: {}\n"))
	if err != nil || !pol.Map.Managed || !tiles.Config(pol.Map.Value).Empty() {
		t.Errorf("%+v, %v", pol.Map, err)
	}
}
