package wasm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	pageSize  = 64 << 10
	entryName = "muster_call"
)

// engine is a compiled module, ready to be instantiated.
type engine struct {
	rt    wazero.Runtime
	code  wazero.CompiledModule
	cache wazero.CompilationCache
}

// shared is the engine of all systems that a plugin is opened into.
type shared struct {
	mu    sync.Mutex
	users int
	start chan struct{} // closed when eng or err is set; nil before anybody asked
	eng   *engine
	err   error
}

// retain is called once for each opened system, release when it is closed. With the last one the engine goes.
func (p *Plugin) retain() {
	p.shared.mu.Lock()
	defer p.shared.mu.Unlock()
	p.shared.users++
}

func (p *Plugin) release() {
	p.shared.mu.Lock()
	var e *engine
	if p.shared.users--; p.shared.users == 0 && p.shared.eng != nil {
		e, p.shared.eng, p.shared.start = p.shared.eng, nil, nil
	}
	p.shared.mu.Unlock()
	if e != nil {
		e.close()
	}
}

// engine compiles the module once for all who ask; a failure is tried again by the next one. The caller's system is
// retained, so what it gets stays.
func (p *Plugin) engine(ctx context.Context) (*engine, error) {
	h := &p.shared
	h.mu.Lock()
	if h.start == nil {
		started := make(chan struct{})
		h.start = started
		go func() { // the compiler does not look at a context, and who waits for it may give up
			e, err := p.newEngine(context.WithoutCancel(ctx))
			h.mu.Lock()
			h.eng, h.err = e, nil
			if err != nil {
				h.start, h.err = nil, fmt.Errorf("%w: %w", errEngine, err)
			}
			if h.users == 0 && e != nil { // everybody has gone
				h.eng, h.start = nil, nil
				e.close()
			}
			h.mu.Unlock()
			close(started)
		}()
	}
	started := h.start
	h.mu.Unlock()
	select {
	case <-started:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.eng != nil:
		return h.eng, nil
	case h.err != nil:
		return nil, h.err
	}
	return nil, errClosed
}

// newEngine compiles the module, or takes its compiled code from the cache. It cannot be stopped midway.
func (p *Plugin) newEngine(ctx context.Context) (*engine, error) {
	c := p.openCache()
	e, err := p.compile(ctx, c)
	if err != nil && c.dir != "" {
		// What the cache held may be of no use although its seal is whole: once more without it.
		c.drop()
		c = &codeCache{}
		e, err = p.compile(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	c.seal()
	return e, nil
}

func (p *Plugin) compile(ctx context.Context, c *codeCache) (_ *engine, err error) {
	// The switch that ends a call when its context ends is compiled into the code.
	conf := wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithDebugInfoEnabled(false).
		WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(uint32(max(p.opts.Limits.Memory/pageSize, 1)))
	e := &engine{}
	if c.dir != "" {
		if e.cache, err = wazero.NewCompilationCacheWithDir(c.dir); err != nil {
			return nil, fmt.Errorf("the folder for compiled plugins cannot be used: %w", err)
		}
		conf = conf.WithCompilationCache(e.cache)
	}
	e.rt = wazero.NewRuntimeWithConfig(ctx, conf)
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, e.rt); err != nil {
		return nil, err
	}
	if err = offer(ctx, e.rt); err != nil {
		return nil, err
	}
	ctx = experimental.WithCompilationWorkers(ctx, max(runtime.NumCPU()/2, 1)) // the officer's other work goes on
	if e.code, err = e.rt.CompileModule(ctx, p.code); err != nil {
		return nil, fmt.Errorf("it is not valid WebAssembly for this Muster: %w", err)
	}
	return e, e.fit()
}

// fit checks what the host will use of the module.
func (e *engine) fit() error {
	f, ok := e.code.ExportedFunctions()[entryName]
	if !ok {
		return fmt.Errorf("it does not export the function %s(i32): a plugin in Go must be built with -buildmode=c-shared", entryName)
	}
	if in, out := f.ParamTypes(), f.ResultTypes(); len(in) != 1 || in[0] != api.ValueTypeI32 || len(out) != 0 {
		return fmt.Errorf("its function %s must take one i32 and return nothing", entryName)
	}
	if len(e.code.ExportedMemories()) != 1 {
		return errors.New("it does not export its memory")
	}
	return nil
}

func (e *engine) close() {
	ctx := context.Background()
	if e.rt != nil {
		_ = e.rt.Close(ctx) // there is nothing to do about code that cannot be unmapped
	}
	if e.cache != nil {
		_ = e.cache.Close(ctx)
	}
}

// Compile compiles the module, into the cache if there is one, and checks what it exports, so that the first search
// need not wait. It takes seconds, once.
func (p *Plugin) Compile(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { // the compiler does not look at its context
		e, err := p.newEngine(context.WithoutCancel(ctx))
		if err == nil {
			e.close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s cannot be used: %w", p.name, err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
