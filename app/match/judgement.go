package match

import (
	"slices"
	"time"

	"muster/plugins/pole"
)

// Verdict is what a person decided about two records.
type Verdict string

// The verdicts.
const (
	Same    Verdict = "same"     // one entity, joined by hand
	NotSame Verdict = "not-same" // never one entity, whatever the rules say
	Unsure  Verdict = "unsure"   // shown as possibly the same, and joined by no rule
)

// Judgement is one line of the log in which people decide which records are the same. It lies over the records and changes
// none of them. A line with Undoes takes an earlier line back and decides nothing itself.
type Judgement struct {
	ID      uint64    `json:"id"` // its number in the log, from 1 on; the greater is the later
	A       pole.Ref  `json:"a"`
	B       pole.Ref  `json:"b"`
	Verdict Verdict   `json:"verdict,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by"`                // who, as screens name them: 'PC 2214 Okafor'
	Officer string    `json:"officer,omitempty"` // who, as the sign-in server names them
	At      time.Time `json:"at"`
	Undoes  uint64    `json:"undoes,omitempty"`
	SaidA   []Said    `json:"said_a,omitempty"` // what A said when it was judged
	SaidB   []Said    `json:"said_b,omitempty"`
}

// Said is one value that a record stated when it was judged.
type Said struct {
	Property pole.Property `json:"property"`
	Value    pole.Value    `json:"value"`
}

// Change is how a record differs from when it was judged. Without a Property only its system's word is known that it did.
type Change struct {
	Ref      pole.Ref      `json:"ref"`
	Property pole.Property `json:"property,omitempty"`
	Label    string        `json:"label,omitempty"`
	Was      string        `json:"was,omitempty"`
	Now      string        `json:"now,omitempty"`
	Updated  time.Time     `json:"updated,omitzero"`
}

// Standing is a judgement as it stands over the records at hand: nobody has taken it back, and both its records are there.
type Standing struct {
	Judgement
	Entity   string   `json:"entity,omitempty"`    // the entity of its other record; "" where both are in one
	SetAside uint64   `json:"set_aside,omitempty"` // the later judgement with which it cannot hold; 0 where it holds
	Changes  []Change `json:"changes,omitempty"`   // what the records said then and say no more
}

// Basis is what a record says that matters for deciding whom it is about: it is kept with a judgement.
func Basis(d *pole.Dictionary, r pole.Record) []Said {
	var out []Said
	for _, f := range r.Facts {
		if p, ok := d.Property(f.Property); ok && p.Compare != "" && p.Compare != "none" && (f.Value.Norm != "" || f.Value.Source != "") {
			out = append(out, Said{f.Property, f.Value})
		}
	}
	return out
}

// changes compares what a record said when it was judged with what it says now. A property that it does not state at all now
// is no change: a list tells less than the record in full.
func changes(d *pole.Dictionary, j Judgement, said []Said, now pole.Record) []Change {
	var out []Change
	var order []pole.Property
	was := map[pole.Property][]Said{}
	for _, s := range said {
		if was[s.Property] == nil {
			order = append(order, s.Property)
		}
		was[s.Property] = append(was[s.Property], s)
	}
	for _, p := range order {
		var keys []string
		current := ""
		for _, f := range now.Facts {
			if f.Property == p && (f.Value.Norm != "" || f.Value.Source != "") {
				keys = append(keys, foldKey(d, p, f.Value))
				if !slices.ContainsFunc(was[p], func(s Said) bool { return foldKey(d, p, s.Value) == keys[len(keys)-1] }) || current == "" {
					current = d.Display(p, f.Value)
				}
			}
		}
		for _, s := range was[p] {
			if len(keys) > 0 && !slices.Contains(keys, foldKey(d, p, s.Value)) {
				def, _ := d.Property(p)
				out = append(out, Change{Ref: now.Ref, Property: p, Label: def.Label, Was: d.Display(p, s.Value), Now: current, Updated: now.Updated})
				break
			}
		}
	}
	if len(out) == 0 && now.Updated.After(j.At) {
		out = append(out, Change{Ref: now.Ref, Updated: now.Updated})
	}
	return out
}

func foldKey(d *pole.Dictionary, p pole.Property, v pole.Value) string {
	if k := d.Fold(p, v).Key; k != "" {
		return k
	}
	return v.Source
}

// InForce lists the judgements that nobody has taken back, the latest first, whatever their order.
func InForce(all []Judgement) []Judgement {
	undone := map[uint64]bool{}
	for _, j := range all {
		if j.Undoes != 0 {
			undone[j.Undoes] = true
		}
	}
	var out []Judgement
	for _, j := range all {
		if j.Undoes == 0 && !undone[j.ID] {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, later)
	return out
}

// later puts the later judgement first.
func later(a, b Judgement) int {
	switch {
	case a.ID > b.ID:
		return -1
	case a.ID < b.ID:
		return 1
	}
	return 0
}

// Joined lists the records that judgements in force join with any of refs, near or through others, without refs themselves.
func Joined(all []Judgement, refs ...pole.Ref) []pole.Ref {
	inForce := InForce(all)
	settled := map[[2]pole.Ref]bool{}
	near := map[pole.Ref][]pole.Ref{}
	for _, j := range inForce {
		k := j.pair()
		if settled[k] {
			continue // the latest about two records counts
		}
		settled[k] = true
		if j.Verdict == Same {
			near[j.A] = append(near[j.A], j.B)
			near[j.B] = append(near[j.B], j.A)
		}
	}
	var out []pole.Ref
	queue := slices.Clone(refs)
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, o := range near[r] {
			if !slices.Contains(refs, o) && !slices.Contains(out, o) {
				out = append(out, o)
				queue = append(queue, o)
			}
		}
	}
	return out
}

// pair is the two records in their order.
func (j Judgement) pair() [2]pole.Ref {
	if j.B.String() < j.A.String() {
		return [2]pole.Ref{j.B, j.A}
	}
	return [2]pole.Ref{j.A, j.B}
}
