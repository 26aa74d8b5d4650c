// Package places sets what a case says of places on a map: every point with how exactly it is known and who says it, apart from
// them what has no point, and beneath them an outline of these islands for a desk without a tile server.
package places

import (
	"muster/app/caseview"
	"muster/plugins/pole"
)

// How says how exactly a point is known.
type How string

// The ways.
const (
	Exact    How = "exact"    // coordinates, to within 100 metres
	Coarse   How = "coarse"   // coordinates of a square or with few decimals
	District How = "district" // the middle of a postcode district: only 'somewhere in LS8' is known
)

// Said is one record's words for a place.
type Said struct {
	Ref   pole.Ref `json:"ref"`
	Words string   `json:"words"`
	Old   bool     `json:"old,omitempty"`
	Path  string   `json:"path,omitempty"`
}

// Place is one point of a case.
type Place struct {
	ID      string     `json:"id"`
	Entity  string     `json:"entity"` // what it opens
	Kind    pole.Kind  `json:"kind"`
	Class   pole.Class `json:"class"`
	Title   string     `json:"title"`
	Address string     `json:"address,omitempty"`
	When    string     `json:"when,omitempty"` // of an event, as officers read it
	Roles   []string   `json:"roles,omitempty"`
	Lat     float64    `json:"lat,omitempty"`
	Lon     float64    `json:"lon,omitempty"`
	How     How        `json:"how,omitempty"`
	Within  float64    `json:"within_metres,omitempty"` // how far off it may well be
	Area    string     `json:"area,omitempty"`          // the postcode district of an approximate one
	Grid    string     `json:"grid,omitempty"`          // National Grid reference, as exactly as it is known
	Said    []Said     `json:"said,omitempty"`
	Systems []string   `json:"systems"`
	Others  []Place    `json:"others,omitempty"` // where other systems put it, more than Differ away
	Why     Why        `json:"why,omitempty"`    // of one without a point
	Ended   bool       `json:"ended,omitempty"`  // an address that holds no more
	Old     bool       `json:"old,omitempty"`
}

// Differ is how far apart in metres two systems' points of one place may be before they are said to differ.
const Differ = 250.0

// Why says why something has no point.
type Why string

// The reasons.
const (
	WhyNone       Why = "none"       // no system says where
	WhyNoPoint    Why = "nopoint"    // there is an address, and neither coordinates nor a postcode that is known
	WhyUnreadable Why = "unreadable" // what is given is not a point
	WhyNotRead    Why = "notread"    // it is named by a link and was not read
)

// Places are all places of a case.
type Places struct {
	Points   []Place        `json:"points"`
	Unplaced []Place        `json:"unplaced"`
	Gaps     []caseview.Gap `json:"gaps,omitempty"`
}
