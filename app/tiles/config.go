// Package tiles brings map pictures from the force's own server: only from the host that is set up, in the background, kept
// in memory and sealed on disk within bounds, so that drawing a map never waits and works offline with what is kept.
package tiles

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"muster/plugins/transport"
)

// The kinds of tile server.
const (
	XYZ  = "xyz"
	WMTS = "wmts"
)

// Config says where the pictures come from. It is the map part of a profile or of the policy. It holds no secret: a key
// lies in the keyring.
type Config struct {
	Kind        string // xyz or wmts
	URL         string // xyz: with {z}, {x} and {y} or {-y}; wmts: with {TileMatrix}, {TileRow} and {TileCol}, or the address that takes parameters
	Attribution string // who must be named on the map
	MinZoom     int
	MaxZoom     int // 0 is 19
	TileSize    int // 256 or 512; 0 is 256
	KeyHeader   string
	KeyQuery    string
	Layer       string // wmts
	Style       string
	MatrixSet   string // a Web Mercator one: EPSG:3857, GoogleMapsCompatible
	Matrix      string // name of the matrix of a zoom, {z} stands for it: {z}, EPSG:3857:{z}
	Format      string // image/png or image/jpeg
}

// Empty reports whether no server is set up.
func (c Config) Empty() bool { return c == Config{} }

// Tile is one tile: zoom, column from the west, row from the north.
type Tile struct{ Z, X, Y int }

// Valid reports whether there is such a tile.
func (t Tile) Valid() bool {
	n := 1 << max(t.Z, 0)
	return t.Z >= 0 && t.Z <= 24 && t.X >= 0 && t.Y >= 0 && t.X < n && t.Y < n
}

// filled has the defaults in place.
func (c Config) filled() Config {
	if c.MaxZoom == 0 {
		c.MaxZoom = 19
	}
	if c.TileSize == 0 {
		c.TileSize = 256
	}
	if c.Kind == WMTS {
		if c.Matrix == "" {
			c.Matrix = "{z}"
		}
		if c.Format == "" {
			c.Format = "image/png"
		}
	}
	return c
}

// Validate says what is wrong with a configuration, in words for IT.
func (c Config) Validate() error {
	if c.Empty() {
		return nil
	}
	if c.Kind != XYZ && c.Kind != WMTS {
		return fmt.Errorf("map.kind is %q; it must be xyz or wmts", c.Kind)
	}
	if c.URL == "" {
		return errors.New("map.url is missing: write the address of a tile, such as https://tiles.force.example/{z}/{x}/{y}.png")
	}
	if _, rest, ok := strings.Cut(c.URL, "://"); ok {
		if host, _, _ := strings.Cut(rest, "/"); strings.ContainsAny(host, "{}") {
			return errors.New("map.url names its server with a placeholder; write one server, for only that one is asked")
		}
	}
	f := c.filled()
	u, err := f.address(Tile{Z: f.MinZoom})
	if err != nil {
		return fmt.Errorf("map.url is not a web address such as https://tiles.force.example/{z}/{x}/{y}.png")
	}
	if why := transport.Fit(u); why != "" {
		return fmt.Errorf("map.url %s", why)
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("map.url begins with %s; it must be https", u.Scheme)
	}
	for k := range u.Query() {
		switch strings.ToLower(k) {
		case "key", "apikey", "api_key", "token", "access_token", "subscription-key", "password":
			return fmt.Errorf("map.url holds a credential (%s=…); take it out, write 'key_query: %s', and give the key with 'musterctl map key', so that it lies in the keyring", k, k)
		}
	}
	if err := c.placeholders(); err != nil {
		return err
	}
	switch {
	case f.MinZoom < 0 || f.MaxZoom > 22 || f.MinZoom > f.MaxZoom:
		return fmt.Errorf("map.min_zoom %d and map.max_zoom %d: they must lie from 0 to 22, the smaller first", f.MinZoom, f.MaxZoom)
	case f.TileSize != 256 && f.TileSize != 512:
		return fmt.Errorf("map.tile_size is %d; it must be 256 or 512", f.TileSize)
	case c.KeyHeader != "" && c.KeyQuery != "":
		return errors.New("map.key_header and map.key_query are both set; a server takes its key in one place")
	case strings.TrimSpace(c.Attribution) == "":
		return errors.New("map.attribution is missing: the map must name who made it, such as '© Crown copyright and database rights 2026 OS'")
	}
	return nil
}

func (c Config) placeholders() error {
	has := func(s string) bool { return strings.Contains(c.URL, s) }
	if c.Kind == XYZ {
		if !has("{z}") || !has("{x}") || !has("{y}") && !has("{-y}") {
			return errors.New("map.url of kind xyz needs {z}, {x} and {y} (or {-y} where rows are counted from the south)")
		}
		return nil
	}
	rest := has("{TileMatrix}") || has("{TileRow}") || has("{TileCol}")
	switch {
	case rest && !(has("{TileMatrix}") && has("{TileRow}") && has("{TileCol}")):
		return errors.New("map.url of kind wmts needs all of {TileMatrix}, {TileRow} and {TileCol}, or none: then they are sent as parameters")
	case !rest && (c.Layer == "" || c.MatrixSet == ""):
		return errors.New("map of kind wmts needs layer and matrix_set, as the server's capabilities name them")
	case c.Matrix != "" && !strings.Contains(c.Matrix, "{z}"):
		return fmt.Errorf("map.matrix is %q; it must hold {z}, which stands for the zoom", c.Matrix)
	}
	return nil
}

// address is where a tile is.
func (c Config) address(t Tile) (*url.URL, error) {
	z, x, y := strconv.Itoa(t.Z), strconv.Itoa(t.X), strconv.Itoa(t.Y)
	if c.Kind == XYZ {
		flipped := strconv.Itoa(1<<max(t.Z, 0) - 1 - t.Y)
		return parse(strings.NewReplacer("{z}", z, "{x}", x, "{y}", y, "{-y}", flipped).Replace(c.URL))
	}
	matrix := strings.ReplaceAll(c.Matrix, "{z}", z)
	if strings.Contains(c.URL, "{TileMatrix}") {
		e := url.PathEscape
		return parse(strings.NewReplacer("{TileMatrix}", e(matrix), "{TileRow}", y, "{TileCol}", x, "{TileMatrixSet}", e(c.MatrixSet),
			"{Layer}", e(c.Layer), "{Style}", e(c.Style), "{style}", e(c.Style)).Replace(c.URL))
	}
	u, err := parse(c.URL)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	for k, v := range map[string]string{"SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": c.Layer, "STYLE": c.Style,
		"FORMAT": c.Format, "TILEMATRIXSET": c.MatrixSet, "TILEMATRIX": matrix, "TILEROW": y, "TILECOL": x} {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	return u, nil
}

func parse(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err == nil && u.Host == "" {
		err = errors.New("no host")
	}
	return u, err
}
