package linkage

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// rule is a conjunction of atoms under which candidates are looked for.
type rule struct {
	atoms []int
	keys  []uint32 // by record; 0 where it has none
	pairs float64  // how many candidates it gives, about
	skips bool     // some of its blocks are too large to be looked through
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

// rules finds the conjunctions that are telling enough, the most telling first, and works out their keys. perRecord is how
// many candidates a record may have, about.
func (t *Table) rules(perRecord float64) []rule {
	n := t.Len()
	all := t.atoms()
	keys := make([][]uint32, len(all))
	for i, a := range all {
		c := t.cols[a.field]
		byValue := make([]uint32, len(c.raw))
		for v := 1; v < len(c.raw); v++ {
			if !c.skip[v] {
				byValue[v] = a.of(c, uint32(v))
			}
		}
		keys[i] = make([]uint32, n)
		for r, v := range c.first {
			keys[i][r] = byValue[v]
			if byValue[v] == 0 && len(c.more) > 0 {
				for _, w := range c.more[uint32(r)] {
					if byValue[w] != 0 {
						keys[i][r] = byValue[w]
						break
					}
				}
			}
		}
	}
	step := max(1, n/100_000)
	sample := make([]uint32, 0, n/step+1)
	count := func(of []int) (pairs float64, skips bool) {
		sample = sample[:0]
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
	for i := range out {
		out[i].pairs, out[i].skips = count(out[i].atoms)
	}
	out = slices.DeleteFunc(out, func(r rule) bool { return r.pairs == 0 })
	slices.SortStableFunc(out, func(a, b rule) int { return cmp.Compare(a.pairs, b.pairs) })
	// The widest rules whose candidates together are not too many.
	var kept []rule
	limit := perRecord * float64(n)
	for cap := limit; cap > 1; cap /= 1.25 {
		kept = widest(out, all, cap)
		var sum float64
		for _, r := range kept {
			sum += r.pairs
		}
		if sum <= limit {
			break
		}
	}
	for i := range kept {
		r := &kept[i]
		r.keys = make([]uint32, n)
		for k := range n {
			r.keys[k] = joined(keys, r.atoms, k)
		}
	}
	return kept
}

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
// each with its own worker number. cross leaves out pairs of one system.
func (t *Table) candidates(rules []rule, cross bool, f func(worker int, i, j uint32)) {
	n := t.Len()
	workers := runtime.GOMAXPROCS(0)
	index := make([]uint32, 0, n)
	for ri := range rules {
		r := &rules[ri]
		index = index[:0]
		for i := range n {
			if r.keys[i] != 0 {
				index = append(index, uint32(i))
			}
		}
		radix(index, r.keys)
		// The keys of blocks that are too large are dropped, so that later rules know that this one did not look there.
		type span struct{ from, to int }
		var spans []span
		for i := 0; i < len(index); {
			j := i
			for j < len(index) && r.keys[index[j]] == r.keys[index[i]] {
				j++
			}
			switch {
			case j-i > maxBlock:
				for _, x := range index[i:j] {
					r.keys[x] = 0
				}
			case j-i > 1:
				spans = append(spans, span{i, j})
			}
			i = j
		}
		earlier := rules[:ri]
		var next atomic.Int64
		const chunk = 256
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for {
					at := int(next.Add(chunk)) - chunk
					if at >= len(spans) {
						return
					}
					for _, s := range spans[at:min(at+chunk, len(spans))] {
						for x := s.from; x < s.to; x++ {
							i := index[x]
						pair:
							for y := s.from; y < x; y++ {
								j := index[y]
								if cross && t.source[i] == t.source[j] {
									continue
								}
								for e := range earlier {
									if k := earlier[e].keys[i]; k != 0 && k == earlier[e].keys[j] {
										continue pair
									}
								}
								f(w, j, i)
							}
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

// radix sorts record numbers by key, stably.
func radix(index []uint32, keys []uint32) {
	if len(index) < 1<<12 {
		slices.SortStableFunc(index, func(a, b uint32) int { return cmp.Compare(keys[a], keys[b]) })
		return
	}
	to := make([]uint32, len(index))
	for _, shift := range []uint{0, 11, 22} {
		var count [1<<11 + 1]int
		for _, x := range index {
			count[keys[x]>>shift&0x7ff+1]++
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for _, x := range index {
			d := keys[x] >> shift & 0x7ff
			to[count[d]] = x
			count[d]++
		}
		copy(index, to)
	}
}
