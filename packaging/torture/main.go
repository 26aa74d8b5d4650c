// Command torture kills a workstation at random points, again and again, while the network between it and three targets drops, breaks,
// repeats and holds back what passes, and then counts: what was said to be kept and is nowhere, what a target has twice, what came out
// of order, and what can be read on the disk or in a log that should not be. It exits 1 when any of these is not zero.
//
// The workstation is this program, started again as a child with the real outbox, store, transport and connectors; it dies by kill -9.
// The targets are one that honours an idempotency key, one that takes twice what is sent twice and can only be asked what it has, and
// one that takes an entry only with the reference that the first one gave it. -seed repeats the choices of a run: when to kill, and what
// happens to which request. What the machine does in between it cannot repeat.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"
)

// childEnv marks the process that is to be killed; what it is to do stands on its standard input.
const childEnv = "MUSTER_TORTURE_CHILD"

func main() {
	if os.Getenv(childEnv) != "" {
		if err := work(); err != nil {
			tell("error", err)
			os.Exit(1)
		}
		return
	}
	runs := flag.Int("runs", number("MUSTER_TORTURE", 500), "how many times the workstation is killed")
	seed := flag.Uint64("seed", uint64(number("MUSTER_TORTURE_SEED", 0)), "repeats the choices of a run; 0 chooses by chance")
	lanes := flag.Int("lanes", 2, "workstations tortured beside each other, each with its own targets")
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64N(1<<32) + 1 //nolint:gosec // no secret
	}
	r, err := torture(options{runs: *runs, lanes: *lanes, seed: *seed})
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
	r.print(os.Stdout)
	if r.failed() {
		fmt.Fprintf(os.Stderr, "torture: FAILED; again with MUSTER_TORTURE_SEED=%d MUSTER_TORTURE=%d make torture\n", *seed, *runs)
		os.Exit(1)
	}
}

func number(env string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(env)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

type options struct {
	runs, lanes int
	seed        uint64
	sabotage    string
}

// torture runs the lanes and adds up what they found.
func torture(o options) (result, error) {
	began := time.Now()
	o.lanes = max(1, min(o.lanes, o.runs))
	all := result{seed: o.seed, faults: map[fault]int{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	for n := range o.lanes {
		runs := o.runs / o.lanes
		if n < o.runs%o.lanes {
			runs++
		}
		wg.Go(func() {
			l, err := newLane(n, o)
			if err == nil {
				defer l.close()
				err = l.run(runs)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = fmt.Errorf("lane %d, seed %d: %w", n, o.seed, err)
				return
			}
			all.add(l.judge())
		})
	}
	wg.Wait()
	all.took = time.Since(began)
	return all, failed
}

// result is what a torture came to.
type result struct {
	seed                                           uint64
	took                                           time.Duration
	runs, kept, drafts, corrected, due, calls      int
	kills                                          [ways]int
	faults                                         map[fault]int
	losses, duplicates, disorder, leaks, different int
	say                                            []string
}

func (r *result) failed() bool {
	return r.losses+r.duplicates+r.disorder+r.leaks+r.different > 0
}

func (r *result) add(x result) {
	r.runs += x.runs
	r.kept += x.kept
	r.drafts += x.drafts
	r.corrected += x.corrected
	r.due += x.due
	r.calls += x.calls
	for i := range r.kills {
		r.kills[i] += x.kills[i]
	}
	for f, n := range x.faults {
		r.faults[f] += n
	}
	r.losses += x.losses
	r.duplicates += x.duplicates
	r.disorder += x.disorder
	r.leaks += x.leaks
	r.different += x.different
	r.say = append(r.say, x.say...)
}

func (r *result) print(w io.Writer) {
	out := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) } // to a terminal or a log
	met := 0
	for _, n := range r.faults {
		met += n
	}
	out("seed %d: %d entries said to be kept, %d drafts, %d corrected after a refusal; %d deliveries due; %d requests, of which %d met a fault; %.0f s",
		r.seed, r.kept, r.drafts, r.corrected, r.due, r.calls, met, r.took.Seconds())
	for _, f := range faults {
		out("  %-26s %d", f, r.faults[f])
	}
	for i, n := range r.kills {
		out("  killed %-26s %d", way(i), n)
	}
	for _, s := range r.say {
		out("! %s", s)
	}
	out("")
	out("| runs | losses | duplicates | out of order | wrong words or references | leaks |")
	out("| ---: | ---: | ---: | ---: | ---: | ---: |")
	out("| %d | %d | %d | %d | %d | %d |", r.runs, r.losses, r.duplicates, r.disorder, r.different, r.leaks)
}
