// Package evaluate measures how well each system serves: availability, latency and errors, from the calls themselves.
package evaluate

import "time"

// Health is what the desk shows of one system now.
type Health string

// The health states.
const (
	Untried Health = "untried"
	Well    Health = "well"
	Slow    Health = "slow"
	Down    Health = "down"
)

// Report is how one system served over a span of time.
type Report struct {
	System       string         `json:"system"`
	Calls        int            `json:"calls"`
	Failed       int            `json:"failed"`
	Availability float64        `json:"availability"` // answered / calls, 0..1; NaN-free: 0 calls gives 1
	P50          time.Duration  `json:"-"`
	P95          time.Duration  `json:"-"`
	P99          time.Duration  `json:"-"`
	Errors       map[string]int `json:"errors,omitempty"` // by plugins.ErrorKind
	Last         time.Time      `json:"last,omitzero"`
	LastLatency  time.Duration  `json:"-"`
	Health       Health         `json:"health"`
	DownSince    time.Time      `json:"down_since,omitzero"`
	Since        time.Time      `json:"since,omitzero"` // of the first call that is counted
	Recent       []Answer       `json:"-"`              // the latest calls, newest first
}

// FormSaving is what one form spares where several systems take it: each fact typed once, and sent to each.
type FormSaving struct {
	Form    string  `json:"form"`
	Name    string  `json:"name"`
	Systems int     `json:"systems"`
	Typed   int     `json:"typed"` // fields of the form
	Asked   int     `json:"asked"` // fields that the systems would ask between them
	Share   float64 `json:"share"` // typed / asked
}

// Answer is how one call went.
type Answer struct {
	At       time.Time
	Took     time.Duration
	Doing    string // plugins.Access.Operation
	Err      string // plugins.ErrorKind; "" when it went well
	Status   int    // of HTTP, 0 when nothing came
	Attempts int
}
