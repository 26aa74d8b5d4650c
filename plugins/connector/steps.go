package connector

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"muster/plugins"
)

// step is a further request that an operation needs: before it (a token of a form, a person that must exist first),
// after it (a file that is attached), or beside a record (what its list or its main answer leaves out).
type step struct {
	name     string
	op       *operation
	when     *expr // false leaves it out
	each     *expr // once for every element of this list
	take     *expr // what of its answer is kept; the whole body unless given
	find     *findSpec
	header   string // of the idempotency key
	honoured bool
	until    *expr         // asked again until this is true
	every    time.Duration // between asking
	merge    bool          // beside a record: what it takes is an object whose members become the record's
	at       *node
}

// findSpec looks for what a step would create.
type findSpec struct {
	op   *operation
	take *expr
}

// maxEach bounds how often one step may be repeated.
const maxEach = 200

// run performs the steps in turn and keeps what each gives under .steps. A step that changes something looks first
// whether an earlier attempt has done it, so that a submission can be repeated after any loss.
func (s *system) run(ctx context.Context, steps []*step, in map[string]any, write bool) error {
	if len(steps) == 0 {
		return nil
	}
	done, _ := in["steps"].(map[string]any)
	done = maps.Clone(done)
	if done == nil {
		done = map[string]any{}
	}
	for _, st := range steps {
		in["steps"] = done
		v, err := s.step(ctx, st, in, write)
		if err != nil {
			return err
		}
		done[st.name] = v
	}
	return nil
}

func (s *system) step(ctx context.Context, st *step, in map[string]any, write bool) (any, error) {
	if st.when != nil {
		yes, err := st.when.truth(ctx, newScope(in), in)
		if err != nil {
			return nil, s.named(unsendable(err))
		}
		if !yes {
			return nil, nil
		}
	}
	if st.each == nil {
		return s.patiently(ctx, st, in, write, "")
	}
	vs, err := st.each.all(ctx, newScope(in), in)
	if err != nil {
		return nil, s.named(unsendable(err))
	}
	items := flatten(vs)
	if len(items) > maxEach {
		return nil, s.fail(plugins.Invalid, "%s would have to be asked %d times for this, which is more than is allowed. Divide it.", s.spec.name, len(items))
	}
	out := make([]any, 0, len(items))
	for i, item := range items {
		if item == nil {
			continue
		}
		own := maps.Clone(in)
		own["item"] = item
		v, err := s.patiently(ctx, st, own, write, "-"+strconv.Itoa(i+1))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// maxUntil bounds how often a system is asked whether it is ready.
const maxUntil = 60

// patiently performs a step again until the system says that it is ready: a search that runs as a job, an entry that is
// worked on later.
func (s *system) patiently(ctx context.Context, st *step, in map[string]any, write bool, suffix string) (any, error) {
	if st.until == nil {
		return s.once(ctx, st, in, write, suffix)
	}
	for range maxUntil {
		a, err := s.do(ctx, st.op, in, read, "")
		if err != nil {
			return nil, err
		}
		if e := s.judge(ctx, st.op, a); e != nil {
			return nil, e
		}
		sc := newScope(in).answer(a)
		ready, err := st.until.truth(ctx, sc, a.body)
		if err != nil {
			return nil, s.named(drift(err))
		}
		if ready {
			v, err := takenOf(ctx, st.take, sc, a.body)
			if err != nil {
				return nil, s.named(drift(err))
			}
			return v, nil
		}
		t := time.NewTimer(st.every)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, s.named(ctx.Err())
		}
	}
	return nil, s.fail(plugins.Unavailable, "%s is still working on this. Try again later.", s.spec.name)
}

func takenOf(ctx context.Context, take *expr, sc *scope, body any) (any, error) {
	if take == nil {
		return body, nil
	}
	v, err := take.one(ctx, sc, body)
	if m, ok := v.(map[string]any); ok && m["source"] != nil {
		v = outValue(m)
	}
	return v, err
}

// once performs one request of a step.
func (s *system) once(ctx context.Context, st *step, in map[string]any, mayWrite bool, suffix string) (any, error) {
	changes := mayWrite && !st.op.reads()
	if f := st.find; f != nil && changes {
		v, err := s.taken(ctx, f.op, f.take, in, read)
		if err != nil && plugins.KindOf(err) != plugins.NotFound {
			return nil, err
		}
		if err == nil && v != nil && v != false && v != "" {
			return v, nil
		}
	}
	what, op := read, st.op
	if changes {
		what = write
		if st.header != "" {
			key, _ := in["key"].(string)
			own := *op
			own.fixed = append([]header{{st.header, key + "-" + st.name + suffix}}, op.fixed...)
			op = &own
			if st.honoured {
				what = keyedWrite
			}
		}
	}
	return s.taken(ctx, op, st.take, in, what)
}

// taken performs a request and gives what an expression takes of its answer.
func (s *system) taken(ctx context.Context, op *operation, take *expr, in map[string]any, what intent) (any, error) {
	a, err := s.do(ctx, op, in, what, "")
	if err != nil {
		return nil, err
	}
	if e := s.judge(ctx, op, a); e != nil && !(a.status < 300 && len(a.raw) == 0) {
		return nil, e
	}
	v, err := takenOf(ctx, take, newScope(in).answer(a), a.body)
	if err == nil {
		return v, nil
	}
	if what != read {
		return nil, &plugins.Error{Kind: plugins.Unknown, System: s.env.System, Err: err,
			Say: s.spec.name + " took a part of this, but its answer cannot be read. Muster asks the system before sending again."}
	}
	return nil, s.named(drift(err))
}

// beside asks for what belongs to each element and puts it into the element under the step's name. An element whose
// further requests fail becomes a gap. A step that finds nothing gives null.
func (s *system) beside(ctx context.Context, steps []*step, in map[string]any, els []any) ([]any, []*plugins.Error) {
	if len(steps) == 0 {
		return els, nil
	}
	out, errs := make([]any, len(els)), make([]error, len(els))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4) // the transport sets the pace; this bounds what waits for it
	for i, el := range els {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			out[i], errs[i] = s.whole(ctx, steps, in, el)
		})
	}
	wg.Wait()
	kept := make([]any, 0, len(els))
	var gaps []*plugins.Error
	for i, err := range errs {
		if err != nil {
			gaps = append(gaps, s.named(err))
			continue
		}
		kept = append(kept, out[i])
	}
	return kept, gaps
}

func (s *system) whole(ctx context.Context, steps []*step, in map[string]any, el any) (any, error) {
	m, ok := el.(map[string]any)
	if m = maps.Clone(m); !ok {
		m = map[string]any{"value": el}
	}
	own := maps.Clone(in)
	for _, st := range steps {
		own["item"] = el
		if ok {
			own["item"] = m // a later step sees what an earlier one brought
		}
		v, err := s.step(ctx, st, own, false)
		if err != nil && plugins.KindOf(err) != plugins.NotFound {
			return nil, err
		}
		if full, is := v.(map[string]any); st.merge && is {
			maps.Copy(m, full)
			continue
		}
		m[st.name] = v
	}
	return m, nil
}

// steps reads a mapping of steps, in the order of the file.
func (r *reader) steps(n *node) []*step {
	if n == nil || n.shape != mapping {
		return nil
	}
	var out []*step
	for _, name := range n.keys {
		x := n.kids[name]
		if x.shape != mapping {
			continue
		}
		st := &step{name: name, merge: x.flag("merge"), op: r.operation(x), when: r.expr(x, "when"), each: r.expr(x, "each"), take: r.expr(x, "take"), at: x}
		st.until, st.every = r.expr(x, "until"), time.Second
		if e := x.get("every"); e != nil {
			d, err := time.ParseDuration(e.text())
			if err != nil || d < 100*time.Millisecond || d > time.Minute {
				r.f.fail(e, "Write it as 2s, from 100ms to 1m.", "%q is not a time between asking.", e.text())
			} else {
				st.every = d
			}
		}
		i := x.get("idempotency")
		st.header, st.honoured = i.str("header"), i != nil && i.str("honoured") != "false"
		if f := x.get("find"); f != nil {
			st.find = &findSpec{op: r.operation(f), take: r.expr(f, "take")}
		}
		out = append(out, st)
	}
	return out
}
