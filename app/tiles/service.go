package tiles

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what servers send
	_ "image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	_ "golang.org/x/image/webp"

	"muster/plugins"
)

// Bounds of what is held.
const (
	maxBody   = 2 << 20
	maxSide   = 1024
	inMemory  = 320
	waiting   = 128
	workers   = 3
	freshFor  = 30 * 24 * time.Hour
	againFor  = 20 * time.Second // until a tile that failed is asked for again
	emptyFor  = 24 * time.Hour
	attempted = 15 * time.Second
)

// State says how a tile stands.
type State int

// The states.
const (
	Loading State = iota // it is being fetched
	Ready
	Empty  // the server has nothing there
	Failed // it could not be had; the status says why
	None   // beyond what the server offers
)

// Kept is a tile on disk: the picture as it was sent, or nothing where the server has none.
type Kept struct {
	At   time.Time `json:"at"`
	Body []byte    `json:"body,omitempty"`
}

// Keep holds tiles from one start to the next. It bounds itself.
type Keep interface {
	Get(key string) (Kept, bool)
	Put(key string, k Kept)
}

// Options makes a Service.
type Options struct {
	Config Config
	Client *http.Client // of the transport's chain
	// Context gives a context whose access is accounted for; requests leave with it and with no other.
	Context func() (context.Context, error)
	Keep    Keep // nil keeps nothing
	Now     func() time.Time
	// Changed is called, on a goroutine of its own, when tiles or the status have come to be other; at most every 60 ms.
	Changed func()
}

// Status is how the server does.
type Status struct {
	Say    string    // why pictures are missing; "" while all is well
	Since  time.Time // of Say
	Oldest time.Time // when the oldest picture shown since then was fetched; zero while all are fresh
}

// Service gives tiles. All methods are safe for concurrent use; none waits.
type Service struct {
	o      Options
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	mem     map[Tile]*list.Element // of entry
	order   *list.List             // the latest used first
	queue   []Tile
	queued  map[Tile]bool
	active  int
	status  Status
	telling bool
	closed  bool
}

type entry struct {
	tile  Tile
	img   image.Image
	state State
	at    time.Time // when it was decided; of Failed and Empty
}

// New makes the tiles of one map. Close it when the map goes.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{o: o, cfg: o.Config.filled(), mem: map[Tile]*list.Element{}, order: list.New(), queued: map[Tile]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close stops what is under way and waits for it.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed, s.queue = true, nil
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
}

// Attribution is who must be named on the map.
func (s *Service) Attribution() string { return s.cfg.Attribution }

// Zooms are the zooms that the server offers, and the side of a tile in units of the window.
func (s *Service) Zooms() (least, most, side int) {
	return s.cfg.MinZoom, s.cfg.MaxZoom, s.cfg.TileSize
}

// Status says how the server does.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Get gives a tile if it is at hand, and has it fetched if not.
func (s *Service) Get(t Tile) (image.Image, State) {
	if !t.Valid() || t.Z < s.cfg.MinZoom || t.Z > s.cfg.MaxZoom {
		return nil, None
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.mem[t]; ok {
		x := e.Value.(*entry)
		s.order.MoveToFront(e)
		if x.state != Failed || s.o.Now().Sub(x.at) < againFor {
			return x.img, x.state
		}
		s.drop(e)
	}
	s.ask(t)
	return nil, Loading
}

// Peek gives a tile only if it is in memory.
func (s *Service) Peek(t Tile) image.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.mem[t]; ok {
		return e.Value.(*entry).img
	}
	return nil
}

// ask puts a tile at the head of what is fetched: what is looked at now comes before what was passed by.
func (s *Service) ask(t Tile) {
	if s.closed || s.queued[t] {
		return
	}
	s.queued[t] = true
	s.queue = append(s.queue, t)
	if len(s.queue) > waiting {
		delete(s.queued, s.queue[0])
		s.queue = s.queue[1:]
	}
	if s.active < workers {
		s.active++
		s.wg.Go(s.work)
	}
}

func (s *Service) work() {
	for {
		s.mu.Lock()
		n := len(s.queue)
		if n == 0 || s.closed {
			s.active--
			s.mu.Unlock()
			return
		}
		t := s.queue[n-1]
		s.queue = s.queue[:n-1]
		s.mu.Unlock()
		img, state, fetched, err := s.load(t)
		s.mu.Lock()
		delete(s.queued, t)
		if s.ctx.Err() == nil {
			s.put(t, img, state)
			s.note(fetched, err)
		}
		s.mu.Unlock()
		s.tell()
	}
}

func (s *Service) put(t Tile, img image.Image, state State) {
	s.mem[t] = s.order.PushFront(&entry{t, img, state, s.o.Now()})
	for s.order.Len() > inMemory {
		s.drop(s.order.Back())
	}
}

func (s *Service) drop(e *list.Element) {
	delete(s.mem, e.Value.(*entry).tile)
	s.order.Remove(e)
}

// note remembers how the server does; a tile from disk says nothing of it.
func (s *Service) note(fetched bool, err error) {
	var old *oldError
	switch {
	case errors.As(err, &old):
		s.fail(old.err)
		if s.status.Oldest.IsZero() || old.at.Before(s.status.Oldest) {
			s.status.Oldest = old.at
		}
	case err != nil:
		s.fail(err)
	case fetched:
		s.status = Status{}
	}
}

func (s *Service) fail(err error) {
	if s.status.Say == "" {
		s.status.Since = s.o.Now()
	}
	s.status.Say = say(err)
}

func say(err error) string {
	var e *plugins.Error
	if errors.As(err, &e) && e.Say != "" {
		return e.Say
	}
	return err.Error()
}

// tell says that something changed, not more often than can be looked at.
func (s *Service) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.telling || s.closed || s.o.Changed == nil {
		return
	}
	s.telling = true
	time.AfterFunc(60*time.Millisecond, func() {
		s.mu.Lock()
		s.telling = false
		closed := s.closed
		s.mu.Unlock()
		if !closed {
			s.o.Changed()
		}
	})
}

// oldError says that a kept picture of at stands in because of err.
type oldError struct {
	at  time.Time
	err error
}

func (e *oldError) Error() string { return e.err.Error() }

func (s *Service) key(t Tile) string {
	return fmt.Sprintf("%s|%s|%s|%d/%d/%d", s.cfg.URL, s.cfg.Layer, s.cfg.Style, t.Z, t.X, t.Y)
}

// load takes a tile from disk while it is fresh, else from the server; where that fails, an old one stands in.
func (s *Service) load(t Tile) (img image.Image, state State, fetched bool, err error) {
	var kept Kept
	has := false
	if s.o.Keep != nil {
		kept, has = s.o.Keep.Get(s.key(t))
		age := s.o.Now().Sub(kept.At)
		if has && age >= 0 && (age < emptyFor || len(kept.Body) > 0 && age < freshFor) {
			if img, state, err := decode(kept.Body); err == nil {
				return img, state, false, nil
			}
			has = false
		}
	}
	body, err := s.fetch(t)
	if err == nil {
		if img, state, err = decode(body); err == nil {
			if s.o.Keep != nil {
				s.o.Keep.Put(s.key(t), Kept{At: s.o.Now(), Body: body})
			}
			return img, state, true, nil
		}
	}
	if has {
		if img, state, derr := decode(kept.Body); derr == nil {
			return img, state, false, &oldError{kept.At, err}
		}
	}
	return nil, Failed, false, err
}

// fetch asks the server for one tile; nothing and no error means that it has none there.
func (s *Service) fetch(t Tile) ([]byte, error) {
	base, err := s.o.Context()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(base, attempted)
	defer cancel()
	stop := context.AfterFunc(s.ctx, cancel)
	defer stop()
	u, err := s.cfg.address(t)
	if err != nil {
		return nil, plugins.Errorf(plugins.Invalid, "The address of the map's server cannot be read. Tell IT.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "image/png,image/jpeg,image/webp")
	resp, err := s.o.Client.Do(req)
	if err != nil {
		var e *plugins.Error
		if errors.As(err, &e) {
			return nil, e
		}
		return nil, plugins.Errorf(plugins.Unavailable, "The map's server does not answer.")
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusNoContent, http.StatusGone:
		return nil, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, plugins.Errorf(plugins.Auth, "The map's server refuses the key (%d). IT gives it with 'musterctl map key'.", resp.StatusCode)
	default:
		return nil, plugins.Errorf(plugins.Unavailable, "The map's server answers with an error (%d).", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		var e *plugins.Error
		if errors.As(err, &e) {
			return nil, e
		}
		return nil, plugins.Errorf(plugins.Unavailable, "The map's server broke off.")
	case len(body) > maxBody:
		return nil, plugins.Errorf(plugins.Drift, "The map's server sent a picture larger than 2 MiB. Tell IT.")
	case len(body) == 0:
		return nil, nil
	}
	return body, nil
}

// decode reads a picture; nothing is an empty tile. It looks at what was sent and not at what the server called it.
func decode(body []byte) (image.Image, State, error) {
	if len(body) == 0 {
		return nil, Empty, nil
	}
	kind := http.DetectContentType(body)
	if !strings.HasPrefix(kind, "image/") {
		what, _, _ := strings.Cut(kind, ";")
		return nil, Failed, plugins.Errorf(plugins.Drift, "The map's server sent a page (%s) and no picture: its address or its key may be wrong. Tell IT.", what)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide {
		return nil, Failed, plugins.Errorf(plugins.Drift, "The map's server sent a picture that is none or is too large (%d × %d). Tell IT.", c.Width, c.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, Failed, plugins.Errorf(plugins.Drift, "The map's server sent a picture that cannot be read. Tell IT.")
	}
	return img, Ready, nil
}
