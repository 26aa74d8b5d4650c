package transport

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"muster/plugins"
)

// BenchmarkRequest compares a request through the chain with a bare one.
func BenchmarkRequest(b *testing.B) {
	body := make([]byte, 20<<10)
	srv := httptest.NewServer(serve(nil, body))
	defer srv.Close()
	chained, err := New(Options{System: "rms", Config: plugins.Config{"base_url": srv.URL}, Info: plugins.Info{
		ID: "rms", Name: "Records", Hosts: []string{"base_url"}, Limits: plugins.Limits{Rate: 1e9, Burst: 1 << 30},
		Options: []plugins.Option{{Name: "base_url", Type: plugins.OptionURL, Label: "Address"}},
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer chained.CloseIdleConnections()
	for name, client := range map[string]*http.Client{"chain": chained, "bare": srv.Client()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				req, _ := http.NewRequestWithContext(officer(), http.MethodGet, srv.URL, nil)
				resp, err := client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}
