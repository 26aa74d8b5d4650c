package chart

import (
	"cmp"
	"fmt"
	"slices"

	"muster/plugins/pole"
)

// Many alike are shown as one: of more than alikeMost the latest alikeShown stand alone.
const (
	alikeMost  = 5
	alikeShown = 2
)

// View is what the officer has chosen to see of a graph.
type View struct {
	Groups []string // IDs of groups that are opened
	Keep   []string // nodes that stand alone in any case: those on a path, the one that was looked for
	All    bool     // nothing is left out or shown as one
}

// Shown gives what is drawn: what is read, and of what is only named that which the open nodes name or which joins two that are
// read; many alike around one node as one. More counts what each node has beyond that.
func (g *Graph) Shown(d *pole.Dictionary, v View) *Graph {
	keep := map[string]bool{}
	for _, k := range v.Keep {
		if n := g.Node(k); n != nil {
			keep[n.ID] = true
		}
	}
	near := g.neighbours()
	hidden := make([]bool, len(g.Nodes))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if !n.Unread || n.Subject || n.Open || keep[n.ID] || v.All {
			continue
		}
		read, open := 0, false
		for _, j := range near[i] {
			if !g.Nodes[j].Unread {
				read++
			}
			open = open || g.Nodes[j].Open
		}
		hidden[i] = !open && read < 2
	}
	out := &Graph{Gaps: g.Gaps, Read: g.Read}
	shown := make([]string, len(g.Nodes)) // the node that each is drawn as; "" for none
	for i := range g.Nodes {
		if !hidden[i] {
			shown[i] = g.Nodes[i].ID
		}
	}
	var groups []Node
	if !v.All {
		groups = g.groups(d, v, near, hidden, keep)
		for _, n := range groups {
			for _, id := range n.Group {
				shown[g.at[id]] = n.ID
			}
		}
	}
	more := map[string]int{}
	for i := range g.Nodes {
		if hidden[i] {
			for _, j := range near[i] {
				if shown[j] != "" {
					more[shown[j]]++
				}
			}
		}
	}
	for i, n := range g.Nodes {
		if shown[i] == n.ID {
			n.More = more[n.ID]
			out.Nodes = append(out.Nodes, n)
		}
	}
	out.Nodes = append(out.Nodes, groups...)
	type key struct{ from, to, role string }
	at := map[key]int{}
	for _, l := range g.Links {
		l.From, l.To = shown[g.at[l.From]], shown[g.at[l.To]]
		if l.From == "" || l.To == "" || l.From == l.To {
			continue
		}
		k := key{l.From, l.To, l.Role}
		i, ok := at[k]
		if !ok {
			at[k] = len(out.Links)
			l.Systems, l.Refs = slices.Clone(l.Systems), slices.Clone(l.Refs)
			out.Links = append(out.Links, l)
			continue
		}
		x := &out.Links[i]
		x.Count += l.Count
		x.Refs = append(x.Refs, l.Refs...)
		for _, s := range l.Systems {
			insert(&x.Systems, s)
		}
		if x.When != l.When {
			x.When = "" // of several, no one time
		}
	}
	slices.SortFunc(out.Nodes, func(x, y Node) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortFunc(out.Links, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To), cmp.Compare(x.Role, y.Role))
	})
	out.index()
	return out
}

// groups finds the nodes that are drawn as one: alike in kind, linked in the same role to the same single node, without a warning.
func (g *Graph) groups(d *pole.Dictionary, v View, near [][]int, hidden []bool, keep map[string]bool) []Node {
	roles := map[[2]int]string{}
	for _, l := range g.Links {
		a, b := g.at[l.From], g.at[l.To]
		roles[[2]int{a, b}] += l.Role + ">"
		roles[[2]int{b, a}] += l.Role + "<"
	}
	alike := map[string][]int{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if hidden[i] || n.Subject || n.Open || len(n.Warnings) > 0 || keep[n.ID] {
			continue
		}
		hub := -1
		single := true
		for _, j := range near[i] {
			if !hidden[j] {
				single = single && hub < 0
				hub = j
			}
		}
		if hub < 0 || !single {
			continue
		}
		k := "+" + string(n.Kind) + "/" + roles[[2]int{i, hub}] + "/" + g.Nodes[hub].ID
		alike[k] = append(alike[k], i)
	}
	var out []Node
	for k, list := range alike {
		if len(list) <= alikeMost || slices.Contains(v.Groups, k) {
			continue
		}
		slices.SortFunc(list, func(a, b int) int { // the latest first
			x, y := &g.Nodes[a], &g.Nodes[b]
			return cmp.Or(y.Sort.Compare(x.Sort), cmp.Compare(x.Title, y.Title), cmp.Compare(x.ID, y.ID))
		})
		n := g.group(d, k, list[alikeShown:])
		out = append(out, n)
	}
	return out
}

func (g *Graph) group(d *pole.Dictionary, id string, list []int) Node {
	first := g.Nodes[list[0]]
	kind, _ := d.Kind(first.Kind)
	n := Node{ID: id, Kind: first.Kind, Class: first.Class, Sign: first.Sign, What: kind.Plural, Old: true, Unread: true}
	n.Title = fmt.Sprintf("%d more %s", len(list), small(kind.Plural))
	var marks []pole.Marking
	var from, to Node
	for _, i := range list {
		m := &g.Nodes[i]
		n.Group = append(n.Group, m.ID)
		n.Refs = append(n.Refs, m.Refs...)
		n.Records += m.Records
		n.Old, n.Unread = n.Old && m.Old, n.Unread && m.Unread
		marks = append(marks, m.Marking)
		for _, s := range m.Systems {
			insert(&n.Systems, s)
		}
		if !m.Sort.IsZero() {
			if from.Sort.IsZero() || m.Sort.Before(from.Sort) {
				from = *m
			}
			if m.Sort.After(to.Sort) {
				to = *m
			}
		}
	}
	slices.Sort(n.Group)
	n.Marking = d.Highest(marks...)
	if from.When != "" && from.When != to.When {
		n.When = from.When + " to " + to.When
	}
	return n
}
