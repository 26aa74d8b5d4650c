package linkage

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each does n jobs on all cores.
func each(n int, job func(i int)) {
	eachChunk(n, 1, func(_, from, to int) {
		for i := from; i < to; i++ {
			job(i)
		}
	})
}

// eachChunk divides n things into chunks and gives each to the next worker that is free. Workers are numbered from 0.
func eachChunk(n, chunk int, job func(worker, from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	if workers < 2 {
		if n > 0 {
			job(0, 0, n)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				from := int(next.Add(int64(chunk))) - chunk
				if from >= n {
					return
				}
				job(w, from, min(from+chunk, n))
			}
		})
	}
	wg.Wait()
}
