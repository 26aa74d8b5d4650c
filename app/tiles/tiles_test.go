package tiles

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

type secrets map[string]string

func (secrets) LoginToken(context.Context, string) (string, time.Time, error) {
	return "", time.Time{}, transport.ErrNoCredential
}
func (s secrets) Value(_ context.Context, system, option string) (string, error) {
	if v, ok := s[system+" "+option]; ok {
		return v, nil
	}
	return "", &plugins.Error{Kind: plugins.Auth, Say: "The key is missing.", Err: transport.ErrNoCredential}
}

type disk struct {
	mu sync.Mutex
	m  map[string]Kept
}

func (d *disk) Get(k string) (Kept, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.m[k]
	return v, ok
}
func (d *disk) Put(k string, v Kept) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.m == nil {
		d.m = map[string]Kept{}
	}
	d.m[k] = v
}

func picture(side int, jpg bool) []byte {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	img.Set(1, 1, color.Black)
	var b bytes.Buffer
	if jpg {
		_ = jpeg.Encode(&b, img, nil)
	} else {
		_ = png.Encode(&b, img)
	}
	return b.Bytes()
}

type rig struct {
	*Service
	changed chan struct{}
	asked   atomic.Int64
}

// serve starts a server on a loopback socket and a service on it. url has %s for the server's address.
func serve(t *testing.T, c Config, keep Keep, creds secrets, h http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{changed: make(chan struct{}, 100)}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.asked.Add(1)
		h(w, q)
	}))
	t.Cleanup(srv.Close)
	c.URL = strings.Replace(c.URL, "SERVER", srv.URL, 1)
	c.Attribution = "© nobody"
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	r.start(t, c, keep, creds)
	return r
}

func (r *rig) start(t *testing.T, c Config, keep Keep, creds secrets) {
	t.Helper()
	client, err := Client(ClientOptions{Config: c, Credentials: creds, Permit: func(ctx context.Context, _ *http.Request) error {
		if a, ok := plugins.AccessFrom(ctx); !ok || a.Audited == 0 {
			return fmt.Errorf("not accounted for")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.Service = New(Options{Config: c, Client: client, Keep: keep, Context: func() (context.Context, error) {
		return plugins.WithAccess(context.Background(), plugins.Access{Operation: "consultation", Audited: 7}), nil
	}, Changed: func() { r.changed <- struct{}{} }})
	t.Cleanup(r.Close)
}

// get waits until a tile is there or is known not to be.
func (r *rig) get(t *testing.T, tile Tile) (image.Image, State) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if img, s := r.Get(tile); s != Loading {
			return img, s
		}
		select {
		case <-r.changed:
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("the tile never came")
	return nil, Failed
}

var leeds = Tile{10, 507, 331}

func TestXYZ(t *testing.T) {
	d := &disk{}
	r := serve(t, Config{Kind: XYZ, URL: "SERVER/road/{z}/{x}/{y}.png", KeyQuery: "key"}, d, secrets{".map key": "sesame"}, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Query().Get("key") != "sesame" || q.URL.Path != "/road/10/507/331.png" {
			http.NotFound(w, q)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream") // wrong, and the picture is right
		_, _ = w.Write(picture(256, false))
	})
	if img, s := r.get(t, leeds); s != Ready || img.Bounds().Dx() != 256 {
		t.Fatal(s, r.Status())
	}
	if img, s := r.Get(leeds); s != Ready || img == nil {
		t.Fatal("it is not in memory")
	}
	if _, s := r.get(t, Tile{10, 1, 1}); s != Empty {
		t.Error("a missing tile is", s)
	}
	if r.Status().Say != "" {
		t.Error(r.Status())
	}
	if _, s := r.Get(Tile{25, 0, 0}); s != None {
		t.Error("beyond the last zoom it is", s)
	}
	for k := range d.m {
		if strings.Contains(k, "sesame") {
			t.Error("the key is on the disk:", k)
		}
	}
	if len(d.m) != 2 {
		t.Errorf("%d tiles are kept", len(d.m))
	}
}

func TestWMTS(t *testing.T) {
	for name, c := range map[string]Config{
		"parameters": {Kind: WMTS, URL: "SERVER/wmts?map=1", Layer: "Road_3857", MatrixSet: "EPSG:3857", Matrix: "EPSG:3857:{z}", Style: "default"},
		"rest":       {Kind: WMTS, URL: "SERVER/{Layer}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.jpg", Layer: "Road_3857", MatrixSet: "EPSG:3857", Style: "default", KeyHeader: "X-Key"},
	} {
		t.Run(name, func(t *testing.T) {
			var got atomic.Value
			r := serve(t, c, nil, secrets{".map key": "sesame"}, func(w http.ResponseWriter, q *http.Request) {
				got.Store(q.URL.Path + " " + q.URL.RawQuery + " " + q.Header.Get("X-Key"))
				_, _ = w.Write(picture(512, true)) // a picture of twice the side is as good
			})
			if img, s := r.get(t, leeds); s != Ready || img.Bounds().Dx() != 512 {
				t.Fatal(s, r.Status())
			}
			want := map[string]string{
				"parameters": "/wmts FORMAT=image%2Fpng&LAYER=Road_3857&REQUEST=GetTile&SERVICE=WMTS&STYLE=default&TILECOL=507&TILEMATRIX=EPSG%3A3857%3A10&TILEMATRIXSET=EPSG%3A3857&TILEROW=331&VERSION=1.0.0&map=1 ",
				"rest":       "/Road_3857/default/EPSG:3857/10/331/507.jpg  sesame",
			}[name]
			if got.Load() != want {
				t.Errorf("asked %q\nwant  %q", got.Load(), want)
			}
		})
	}
}

func TestWhatServersGetWrong(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	defer elsewhere.Close()
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"a page with 200": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("<html><body>Sign in</body></html>"))
		}, "sent a page (text/html) and no picture"},
		"an exception with 200": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`<?xml version="1.0"?><ExceptionReport/>`))
		}, "sent a page (text/xml) and no picture"},
		"a redirect to another host": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, elsewhere.URL+"/t.png", http.StatusFound)
		}, "did not go there"},
		"too large":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(2048, false)) }, "too large (2048 × 2048)"},
		"a torn picture": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(256, false)[:120]) }, "cannot be read"},
		"no key":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "musterctl map key"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &disk{}
			r := serve(t, Config{Kind: XYZ, URL: "SERVER/{z}/{x}/{-y}"}, d, nil, c.h)
			if _, s := r.get(t, leeds); s != Failed || !strings.Contains(r.Status().Say, c.want) {
				t.Errorf("%v: %q", s, r.Status().Say)
			}
			if len(d.m) > 0 {
				t.Error("it was kept")
			}
		})
	}
}

func TestOfflineShowsWhatIsKeptAndSaysSo(t *testing.T) {
	d := &disk{}
	down := atomic.Bool{}
	r := serve(t, Config{Kind: XYZ, URL: "SERVER/{z}/{x}/{y}"}, d, nil, func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(picture(256, false))
	})
	r.get(t, leeds)
	r.Close()
	down.Store(true)
	for k, v := range d.m { // kept so long ago that it is asked for anew
		v.At = v.At.Add(-2 * freshFor)
		d.m[k] = v
	}
	again := &rig{changed: make(chan struct{}, 100)}
	again.start(t, r.o.Config, d, nil)
	if img, s := again.get(t, leeds); s != Ready || img == nil {
		t.Fatal("the kept picture is", s)
	}
	if st := again.Status(); st.Say == "" || st.Oldest.IsZero() {
		t.Errorf("it is not said: %+v", st)
	}
	if _, s := again.get(t, Tile{10, 500, 300}); s != Failed {
		t.Error("what was never fetched is", s)
	}
}

// Whoever draws never waits, however slow the server is; what was passed by long ago is not fetched any more.
func TestSlowServer(t *testing.T) {
	release := make(chan struct{})
	r := serve(t, Config{Kind: XYZ, URL: "SERVER/{z}/{x}/{y}"}, nil, nil, func(w http.ResponseWriter, q *http.Request) {
		select {
		case <-release:
		case <-q.Context().Done():
		}
		_, _ = w.Write(picture(256, false))
	})
	for i := range 1000 {
		if _, s := r.Get(Tile{12, i, 1300}); s != Loading {
			t.Fatal(s)
		}
	}
	close(release)
	if _, s := r.get(t, Tile{12, 999, 1300}); s != Ready {
		t.Fatal(s)
	}
	if n := r.asked.Load(); n > waiting+workers+1 {
		t.Errorf("%d tiles were fetched", n)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := New(Options{})
	for i := range 3 * inMemory {
		s.put(Tile{12, i, 1}, nil, Ready)
	}
	if s.order.Len() != inMemory || len(s.mem) != inMemory {
		t.Error(s.order.Len(), len(s.mem))
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	ok := Config{Kind: XYZ, URL: "https://t.example/{z}/{x}/{y}.png", Attribution: "© x"}
	if err := ok.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"must be xyz or wmts":          func(c *Config) { c.Kind = "tms" },
		"map.url is missing":           func(c *Config) { c.URL = "" },
		"needs {z}, {x} and {y}":       func(c *Config) { c.URL = "https://t.example/{z}/{x}.png" },
		"must start with https":        func(c *Config) { c.URL = "http://t.example/{z}/{x}/{y}.png" },
		"names its server with a plac": func(c *Config) { c.URL = "https://{s}.example/{z}/{x}/{y}.png" },
		"holds a credential":           func(c *Config) { c.URL += "?key=abc" },
		"user name or password":        func(c *Config) { c.URL = "https://a:b@t.example/{z}/{x}/{y}.png" },
		"the smaller first":            func(c *Config) { c.MinZoom, c.MaxZoom = 9, 4 },
		"256 or 512":                   func(c *Config) { c.TileSize = 300 },
		"attribution is missing":       func(c *Config) { c.Attribution = " " },
		"needs layer and matrix_set":   func(c *Config) { *c = Config{Kind: WMTS, URL: "https://t.example/wmts", Attribution: "x"} },
		"takes its key in one place":   func(c *Config) { c.KeyHeader, c.KeyQuery = "a", "b" },
	} {
		c := ok
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(picture(8, false))
	f.Add(picture(8, true))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		img, s, err := decode(b)
		if (s == Ready) != (img != nil) || err != nil && s != Failed {
			t.Error(s, err)
		}
	})
}
