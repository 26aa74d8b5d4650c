package desk

import (
	"context"
	"errors"
	"slices"
	"sync"

	"muster/app/audit"
	"muster/app/tiles"
	"muster/plugins"
	"muster/store"
)

// ErrNoMap means that no server of map pictures is set up.
var ErrNoMap = errors.New("no map server is set up: name one under 'map' in the profile or the policy")

// mapConfig is the policy's map server, else the profile's.
func (d *Desk) mapConfig() tiles.Config {
	if d.policy.Map.Managed {
		return tiles.Config(d.policy.Map.Value)
	}
	return tiles.Config(d.Profile().Map)
}

// OpenMap gives the map pictures for looking at a case, by its id. Which pictures are asked for tells their server where one
// looks: the access is accounted for before the first leaves, and only the host that is set up is asked. It is ErrNoMap
// where there is no server. changed is called, on a goroutine of its own, as pictures arrive. The caller closes it.
func (d *Desk) OpenMap(ctx context.Context, caseID string, changed func()) (*tiles.Service, error) {
	cfg := d.mapConfig()
	if cfg.Empty() {
		return nil, ErrNoMap
	}
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return nil, err
	}
	m, err := d.manager()
	if err != nil {
		return nil, err
	}
	out, err := d.outward()
	if err != nil {
		return nil, err
	}
	client, err := tiles.Client(tiles.ClientOptions{Proxy: out.ForTransport(), TLS: out.TLS.Clone(), Config: cfg, Credentials: m, Permit: permit, Log: d.log, Now: d.now})
	if err != nil {
		return nil, err
	}
	a := d.access(string(audit.Consultation), purpose)
	rec := d.record(a)
	rec.System, rec.Ref = tiles.System, caseID
	if a, err = d.mapAccess(ctx, a, rec); err != nil {
		return nil, err
	}
	return tiles.New(tiles.Options{Config: cfg, Client: client, Keep: newTileKeep(s), Now: d.now, Changed: changed,
		Context: func() (context.Context, error) {
			if cur, err := d.current(); err != nil || cur != s { // behind the lock nothing is looked at
				return nil, &plugins.Error{Kind: plugins.Auth, Say: "Nobody is signed in.", Err: ErrSignedOut}
			}
			return plugins.WithAccess(s.ctx, a), nil
		}}), nil
}

func (d *Desk) mapAccess(ctx context.Context, a plugins.Access, rec audit.Record) (plugins.Access, error) {
	actx, _, err := d.account(ctx, a, rec)
	if err != nil {
		return a, err
	}
	a, _ = plugins.AccessFrom(actx)
	return a, nil
}

// SetMapKey keeps the key of the map's server in the keyring.
func (d *Desk) SetMapKey(ctx context.Context, key string) error {
	if cfg := d.mapConfig(); cfg.KeyHeader == "" && cfg.KeyQuery == "" {
		return errors.New("the map's server is set up without a key: write key_header or key_query under 'map' first")
	}
	if key == "" {
		return errors.New("the key must not be empty")
	}
	return d.storeCredential(ctx, tiles.System, map[string]string{tiles.KeyOption: key})
}

// MapServer names the map's server: its kind and its attribution; ok is false where there is none.
func (d *Desk) MapServer() (cfg tiles.Config, ok bool) {
	cfg = d.mapConfig()
	return cfg, !cfg.Empty()
}

// How many bytes of map pictures are kept sealed on disk; beyond, the oldest go.
const tileBytes = 64 << 20

// tileKeep keeps tiles in the officer's store. What is kept is known by its size and age without opening it.
type tileKeep struct {
	s     *session
	tiles *store.Collection[tiles.Kept]
	index *store.Collection[tileEntry]

	mu    sync.Mutex
	known map[string]tileEntry // nil until it was read
	bytes int64
}

type tileEntry struct {
	Key  string `json:"key"`
	At   int64  `json:"at"`
	Size int64  `json:"size"`
}

func newTileKeep(s *session) *tileKeep {
	return &tileKeep{s: s, tiles: store.NewCollection[tiles.Kept](s.store, "map tiles"), index: store.NewCollection[tileEntry](s.store, "map tile index")}
}

// Get reads a kept tile. One that cannot be read is as good as none: it is fetched again.
func (k *tileKeep) Get(key string) (tiles.Kept, bool) {
	t, ok, err := k.tiles.Get(key)
	return t, ok && err == nil
}

// Put keeps a tile and forgets the oldest where there is no more room. A disk that is full keeps nothing and hurts nobody.
func (k *tileKeep) Put(key string, t tiles.Kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]tileEntry{}
		list, err := k.index.All()
		if err != nil {
			return
		}
		for _, e := range list {
			k.known[e.Key] = e
			k.bytes += e.Size
		}
	}
	e := tileEntry{Key: key, At: t.At.Unix(), Size: int64(len(t.Body)) + 100}
	gone := k.over(e)
	err := k.s.store.Update(func(tx *store.Tx) error {
		for _, g := range gone {
			if err := errors.Join(k.tiles.In(tx).Delete(g.Key), k.index.In(tx).Delete(g.Key)); err != nil {
				return err
			}
		}
		return errors.Join(k.tiles.In(tx).Put(key, t), k.index.In(tx).Put(key, e))
	})
	if err != nil {
		return
	}
	for _, g := range gone {
		delete(k.known, g.Key)
		k.bytes -= g.Size
	}
	k.bytes += e.Size - k.known[key].Size
	k.known[key] = e
}

// over lists the oldest tiles that must go for e: a tenth of all at once, so that this is rare.
func (k *tileKeep) over(e tileEntry) []tileEntry {
	if k.bytes+e.Size <= tileBytes {
		return nil
	}
	var all []tileEntry
	for _, x := range k.known {
		if x.Key != e.Key {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b tileEntry) int { return int(a.At - b.At) })
	n, freed := 0, int64(0)
	for n < len(all) && freed < tileBytes/10 {
		freed += all[n].Size
		n++
	}
	return all[:n]
}
