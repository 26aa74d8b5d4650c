package chart

// pathsMost is how many ways of the same length are told.
const pathsMost = 12

// Paths finds the shortest ways between two nodes, each as the IDs from the one to the other: all of the least length, at most 12,
// and how many there are of that length. Values that records share count as a step, as a telephone that two people use.
// There is none between a node and itself, or where nothing that was read joins the two.
func (g *Graph) Paths(from, to string) (paths [][]string, total int) {
	a, b := g.Node(from), g.Node(to)
	if a == nil || b == nil || a == b {
		return nil, 0
	}
	near := g.neighbours()
	start, end := g.at[a.ID], g.at[b.ID]
	depth := make([]int, len(g.Nodes))
	ways := make([]int, len(g.Nodes))
	for i := range depth {
		depth[i] = -1
	}
	depth[end], ways[end] = 0, 1
	queue := []int{end}
	for k := 0; k < len(queue); k++ {
		i := queue[k]
		if i == start {
			break
		}
		for _, j := range near[i] {
			if depth[j] < 0 {
				depth[j] = depth[i] + 1
				queue = append(queue, j)
			}
			if depth[j] == depth[i]+1 {
				ways[j] = min(ways[j]+ways[i], 1<<30)
			}
		}
	}
	if depth[start] < 0 {
		return nil, 0
	}
	var walk func(i int, path []string)
	walk = func(i int, path []string) {
		path = append(path, g.Nodes[i].ID)
		if i == end {
			paths = append(paths, append([]string(nil), path...))
			return
		}
		for _, j := range near[i] {
			if depth[j] == depth[i]-1 && len(paths) < pathsMost {
				walk(j, path)
			}
		}
	}
	walk(start, nil)
	return paths, ways[start]
}
