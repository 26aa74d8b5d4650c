package demoforce

import (
	"encoding/json"
	"sync"
	"time"
)

// Delivery is one entry that a system took.
type Delivery struct {
	System    string          `json:"system"`
	Reference string          `json:"reference"`  // what the system calls it
	ClientRef string          `json:"client_ref"` // what the sender called it
	Key       string          `json:"key,omitempty"`
	By        string          `json:"by"`
	At        time.Time       `json:"at"`
	Body      json.RawMessage `json:"body"`
}

type deliveries struct {
	mu  sync.Mutex
	all []Delivery
}

func (d *deliveries) add(x Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, x)
}

// Deliveries returns the entries that a system took, oldest first; "" is every system.
func (f *Force) Deliveries(system string) []Delivery {
	f.deliveries.mu.Lock()
	defer f.deliveries.mu.Unlock()
	out := []Delivery{}
	for _, x := range f.deliveries.all {
		if system == "" || x.System == system {
			out = append(out, x)
		}
	}
	return out
}
