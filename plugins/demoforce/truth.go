package demoforce

import (
	"strconv"
	"sync"
)

// Cluster is one real person, vehicle, place or happening, and the records of it by system id.
type Cluster struct {
	ID   string              `json:"id"`
	Name string              `json:"name"`
	Refs map[string][]string `json:"refs"`
}

// Truth is which records are about the same thing: what tests compare matching with. No server tells it but the control port.
type Truth struct {
	People, Vehicles, Places, Events []Cluster
}

type truth struct {
	mu   sync.Mutex
	by   map[string]*Cluster // by truth id
	refs map[string]string   // system/id -> truth id
	ids  map[string][]string // class -> truth ids in order
}

func newTruth() *truth {
	return &truth{by: map[string]*Cluster{}, refs: map[string]string{}, ids: map[string][]string{}}
}

func (t *truth) add(class string, n int, name, system, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := class + "/" + strconv.Itoa(n)
	c := t.by[key]
	if c == nil {
		c = &Cluster{ID: key, Name: name, Refs: map[string][]string{}}
		t.by[key] = c
		t.ids[class] = append(t.ids[class], key)
	}
	c.Refs[system] = append(c.Refs[system], id)
	t.refs[system+"/"+id] = key
}

// copy lets a system hold the same records as another, under ids of its own.
func (t *truth) copy(from, to string, id func(string) string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, c := range t.by {
		for _, ref := range c.Refs[from] {
			c.Refs[to] = append(c.Refs[to], id(ref))
			t.refs[to+"/"+id(ref)] = key
		}
	}
}

func (t *truth) list(class string) []Cluster {
	out := make([]Cluster, 0, len(t.ids[class]))
	for _, k := range t.ids[class] {
		out = append(out, t.by[k].clone())
	}
	return out
}

func (c *Cluster) clone() Cluster {
	refs := make(map[string][]string, len(c.Refs))
	for k, v := range c.Refs {
		refs[k] = append([]string(nil), v...)
	}
	return Cluster{c.ID, c.Name, refs}
}

// Truth returns the ground truth of all records that the systems hold.
func (f *Force) Truth() Truth {
	t := f.world.truth
	t.mu.Lock()
	defer t.mu.Unlock()
	return Truth{t.list("person"), t.list("vehicle"), t.list("place"), t.list("event")}
}

// Same returns the cluster that a system's record belongs to.
func (f *Force) Same(system, id string) (Cluster, bool) {
	t := f.world.truth
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.by[t.refs[system+"/"+id]]
	if !ok {
		return Cluster{}, false
	}
	return c.clone(), true
}
