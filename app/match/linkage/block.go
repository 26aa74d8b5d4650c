package linkage

import (
	"cmp"
	"slices"
)

// rule is a conjunction of atoms under which candidates are looked for.
type rule struct {
	atoms []int
	pairs float64 // how many candidates it gives, about
	skips bool    // some of its blocks are too large to be looked through
}

// widest takes of the rules about the same fields the widest whose candidates are not more than the cap, and leaves out
// those that find nothing which a wider one does not find. rules are sorted, the narrowest first.
func widest(rules []rule, atoms []atom, cap float64) []rule {
	taken := map[[2]int]int{}
	var out []rule
	for _, r := range slices.Backward(rules) {
		fields := [2]int{atoms[r.atoms[0]].field, -1}
		if len(r.atoms) > 1 {
			fields[1] = atoms[r.atoms[1]].field
		}
		if r.pairs > cap || taken[fields] == perFields {
			continue
		}
		if slices.ContainsFunc(out, func(o rule) bool {
			return len(o.atoms) < len(r.atoms) && !o.skips && slices.Contains(r.atoms, o.atoms[0])
		}) {
			continue
		}
		taken[fields]++
		out = append(out, r)
	}
	slices.Reverse(out)
	return out
}

// perFields is how many rules there are about the same fields.
const perFields = 3

// budget is how many candidates per record are looked at at most, about: the fewer records, the more can be afforded.
func budget(n int) float64 { return min(max(3e7/float64(n), 60), 400) }

// blocking is the rules by which candidates are looked for, and the key of each record under each of them.
type blocking struct {
	rules []rule
	keys  []uint32 // by record, then by rule; 0 where it has none
}

// row is a record's keys.
func (b *blocking) row(r uint32) []uint32 {
	w := len(b.rules)
	return b.keys[int(r)*w : int(r)*w+w]
}

// blocking finds the conjunctions that are telling enough, the most telling first, and works out their keys. perRecord is
// how many candidates a record may have, about.
func (t *Table) blocking(perRecord float64) *blocking {
	n := t.Len()
	all := t.atoms()
	keys := make([][]uint32, len(all))
	each(len(all), func(i int) { keys[i] = t.keysOf(all[i]) })
	var out []rule
	for i := range all {
		if all[i].alone {
			out = append(out, rule{atoms: []int{i}})
		}
		for j := range i {
			if all[i].field != all[j].field {
				out = append(out, rule{atoms: []int{j, i}})
			}
		}
	}
	each(len(out), func(i int) { out[i].pairs, out[i].skips = sizes(keys, out[i].atoms, n) })
	out = slices.DeleteFunc(out, func(r rule) bool { return r.pairs == 0 })
	slices.SortStableFunc(out, func(a, b rule) int { return cmp.Compare(a.pairs, b.pairs) })
	// The widest rules whose candidates together are not too many.
	b := &blocking{}
	limit := perRecord * float64(n)
	for cap := limit; cap > 1; cap /= 1.25 {
		b.rules = widest(out, all, cap)
		var sum float64
		for _, r := range b.rules {
			sum += r.pairs
		}
		if sum <= limit {
			break
		}
	}
	w := len(b.rules)
	b.keys = make([]uint32, n*w)
	for i := range b.rules {
		for r := range n {
			b.keys[r*w+i] = joined(keys, b.rules[i].atoms, r)
		}
	}
	return b
}

// keysOf is an atom's key of each record.
func (t *Table) keysOf(a atom) []uint32 {
	c := t.cols[a.field]
	byValue := make([]uint32, len(c.raw))
	for v := 1; v < len(c.raw); v++ {
		if !c.skip[v] {
			byValue[v] = a.of(c, uint32(v))
		}
	}
	keys := make([]uint32, t.Len())
	for r, v := range c.first {
		keys[r] = byValue[v]
		if byValue[v] == 0 && len(c.more) > 0 {
			for _, w := range c.more[uint32(r)] {
				if byValue[w] != 0 {
					keys[r] = byValue[w]
					break
				}
			}
		}
	}
	return keys
}

// sizes says, from a sample, about how many pairs a conjunction gives, and whether some of its blocks are too large.
func sizes(keys [][]uint32, of []int, n int) (pairs float64, skips bool) {
	step := max(1, n/sampleRecords)
	sample := make([]uint32, 0, n/step+1)
	for r := 0; r < n; r += step {
		if k := joined(keys, of, r); k != 0 {
			sample = append(sample, k)
		}
	}
	slices.Sort(sample)
	for i := 0; i < len(sample); {
		j := i
		for j < len(sample) && sample[j] == sample[i] {
			j++
		}
		// Of a block of the sample, the others of the whole are estimated from those beside the first.
		if m := float64(j-i-1)*float64(step) + 1; m <= maxBlock {
			pairs += float64(j-i) * float64(step) * (m - 1) / 2
		} else {
			skips = true
		}
		i = j
	}
	return pairs, skips
}

// sampleRecords is how many records the sizes of blocks are estimated from, about.
const sampleRecords = 100_000

// maxBlock is the largest block that is looked through.
const maxBlock = 400

func joined(keys [][]uint32, of []int, r int) uint32 {
	k := keys[of[0]][r]
	for _, a := range of[1:] {
		k = mix(k, keys[a][r])
	}
	return k
}

// candidates calls f for every pair of records that some rule brings together, each pair once, from several goroutines,
// each with its own worker number. cross leaves out pairs of one system; want, if not nil, is asked before anything else.
// The keys of blocks that are too large are dropped.
func (t *Table) candidates(b *blocking, cross bool, want func(i, j uint32) bool, f func(worker int, i, j uint32)) {
	n := t.Len()
	index, spare := make([]uint64, 0, n), make([]uint64, n)
	w := len(b.rules)
	for ri := range b.rules {
		index = index[:0]
		for r := range n {
			if k := b.keys[r*w+ri]; k != 0 {
				index = append(index, uint64(k)<<32|uint64(r))
			}
		}
		byKey(index, spare)
		type span struct{ from, to int }
		var spans []span
		for i := 0; i < len(index); {
			j := i
			for j < len(index) && index[j]>>32 == index[i]>>32 {
				j++
			}
			switch {
			case j-i > maxBlock:
				// Later rules shall know that this one did not look there.
				for _, x := range index[i:j] {
					b.keys[int(uint32(x))*w+ri] = 0
				}
			case j-i > 1:
				spans = append(spans, span{i, j})
			}
			i = j
		}
		const chunk = 256
		eachChunk(len(spans), chunk, func(worker, from, to int) {
			for _, s := range spans[from:to] {
				for x := s.from; x < s.to; x++ {
					i := uint32(index[x])
					before := b.row(i)[:ri]
				pair:
					for y := s.from; y < x; y++ {
						j := uint32(index[y])
						if want != nil && !want(j, i) || cross && t.source[i] == t.source[j] {
							continue
						}
						for e, k := range b.row(j)[:ri] {
							if k == before[e] && k != 0 {
								continue pair
							}
						}
						f(worker, j, i)
					}
				}
			}
		})
	}
}

// byKey sorts by the upper half of each number, what has the same stays in its order. spare is as long.
func byKey(a, spare []uint64) {
	if len(a) < 1<<12 {
		slices.SortStableFunc(a, func(x, y uint64) int { return cmp.Compare(x>>32, y>>32) })
		return
	}
	from, to := a, spare[:len(a)]
	for _, shift := range []uint{32, 43, 54} {
		var count [1<<11 + 1]int
		for _, x := range from {
			count[x>>shift&0x7ff+1]++
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for _, x := range from {
			d := x >> shift & 0x7ff
			to[count[d]] = x
			count[d]++
		}
		from, to = to, from
	}
	copy(a, from)
}
