// Package chart makes the link chart of a case: a graph of people, things, places and events with who says each link, laid out so
// that nothing overlaps, searched for paths, and drawn as SVG or PNG.
package chart

import (
	"time"

	"muster/app/caseview"
	"muster/plugins"
	"muster/plugins/pole"
)

// Node is one entity on the chart, or a value by which records point at one, or several alike that are shown as one.
type Node struct {
	ID       string             `json:"id"`
	Kind     pole.Kind          `json:"kind"`
	Class    pole.Class         `json:"class"`
	Sign     string             `json:"sign"` // how it is drawn, by the dictionary
	What     string             `json:"what"` // its kind in words
	Title    string             `json:"title"`
	Detail   string             `json:"detail,omitempty"`
	Warnings []caseview.Warning `json:"warnings,omitempty"`
	Records  int                `json:"records"` // at hand
	Systems  []string           `json:"systems,omitempty"`
	Refs     []pole.Ref         `json:"refs,omitempty"`
	Marking  pole.Marking       `json:"marking,omitzero"`
	When     string             `json:"when,omitempty"` // of an event, in words
	Sort     time.Time          `json:"sort,omitzero"`
	Old      bool               `json:"old,omitempty"`    // all that is at hand is a stored copy
	Unread   bool               `json:"unread,omitempty"` // named by others only: no record of its own was read
	Subject  bool               `json:"subject,omitempty"`
	Open     bool               `json:"open,omitempty"`  // what it is linked to was read
	Values   []plugins.Term     `json:"-"`               // what it stands for, where it is a value that records state
	Group    []string           `json:"group,omitempty"` // IDs of the nodes that it stands for
	Reason   string             `json:"-"`               // what those in the group have in common
	More     int                `json:"more,omitempty"`  // linked to it, known, and not shown
}

// Link is one role between two nodes with everyone who says it: From is Words of To, To is Inverse of From.
type Link struct {
	From    string     `json:"from"`
	To      string     `json:"to"`
	Role    string     `json:"role"`
	Words   string     `json:"words"`
	Inverse string     `json:"inverse"`
	Systems []string   `json:"systems"`
	Refs    []pole.Ref `json:"refs,omitempty"` // the records that say it
	Since   string     `json:"since,omitempty"`
	Until   string     `json:"until,omitempty"`
	When    string     `json:"when,omitempty"` // in words: of the event at either end, or since when and until when it holds
	Sort    time.Time  `json:"sort,omitzero"`
	Stated  bool       `json:"stated,omitempty"` // not a link of a source but a value that a record states
	Maybe   bool       `json:"maybe,omitempty"`  // not said by a source: the two are possibly the same
	Count   int        `json:"count"`            // links in the records, and more where a group stands for many
}

// Graph is everything known around a case. Nodes and Links are in a fixed order, whatever the order of the records.
type Graph struct {
	Nodes []Node         `json:"nodes"`
	Links []Link         `json:"links"`
	Gaps  []caseview.Gap `json:"gaps,omitempty"`
	Read  time.Time      `json:"read,omitzero"` // the oldest reading in it

	at map[string]int // node by ID
	by map[string]int // node by what it is known as: Ref.String or the ID
}

// Node gives the node of an ID, of a record's written form, or nil.
func (g *Graph) Node(id string) *Node {
	if i, ok := g.at[id]; ok {
		return &g.Nodes[i]
	}
	if i, ok := g.by[id]; ok {
		return &g.Nodes[i]
	}
	return nil
}

// Keys are what a node is known as: it keeps its place on the chart while it keeps one of them.
func (n *Node) Keys() []string {
	out := []string{n.ID}
	for _, r := range n.Refs {
		out = append(out, r.String())
	}
	return out
}

// Marking is the highest of what is on the chart.
func (g *Graph) Marking(d *pole.Dictionary) pole.Marking {
	marks := make([]pole.Marking, len(g.Nodes))
	for i := range g.Nodes {
		marks[i] = g.Nodes[i].Marking
	}
	return d.Highest(marks...)
}

// index makes the look-ups anew.
func (g *Graph) index() {
	g.at, g.by = make(map[string]int, len(g.Nodes)), map[string]int{}
	for i := range g.Nodes {
		g.at[g.Nodes[i].ID] = i
		for _, k := range g.Nodes[i].Keys() {
			if _, ok := g.by[k]; !ok {
				g.by[k] = i
			}
		}
	}
}

// neighbours lists, for each node, the nodes that a source links it to, each once, in order.
func (g *Graph) neighbours() [][]int {
	out := make([][]int, len(g.Nodes))
	seen := map[[2]int]bool{}
	for _, l := range g.Links {
		a, b := g.at[l.From], g.at[l.To]
		if a == b || l.Maybe || seen[[2]int{a, b}] {
			continue
		}
		seen[[2]int{a, b}], seen[[2]int{b, a}] = true, true
		out[a] = append(out[a], b)
		out[b] = append(out[b], a)
	}
	return out
}
