package demoforce

import (
	"context"
	"net/http"
	"time"
)

// build opens every port, the identity provider first, as two systems trust it.
func (f *Force) build(ctx context.Context, keys <-chan keyResult) error {
	err := f.serve(ctx, "idp", latency{}, func(base string) (http.Handler, error) {
		k := <-keys
		if k.err != nil {
			return nil, k.err
		}
		p, err := newIDP(base, k.key, f.opt.TokenLife)
		if err != nil {
			return nil, err
		}
		f.idp = p
		return p.mux, nil
	})
	if err != nil {
		return err
	}
	return f.serve(ctx, "rms", latency{18 * time.Millisecond, 60 * time.Millisecond}, func(base string) (http.Handler, error) {
		f.rms = newRMS(f, base, f.Issuer())
		return f.rms.handler(), nil
	})
}

// Systems returns the simulated systems in the order that a screen would list them.
func (f *Force) Systems() []System {
	return []System{{ID: "rms", Name: "Records (Larkfield)", Protocol: "REST", BaseURL: f.rms.base, Connector: "demo_rms", Options: map[string]string{"base_url": f.rms.base}}}
}
