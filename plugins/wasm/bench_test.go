package wasm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// processor reports what the process used of the processors, for every operation: on a busy machine the time says less.
func processor(b *testing.B) func() {
	b.Helper()
	before := used()
	return func() {
		if after := used(); after > 0 {
			b.ReportMetric(float64((after-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		}
	}
}

// BenchmarkWarmStart is a start of the desk with the compiled code in the cache: read the file, read its manifest, open
// it, start a guest, and get its first answer over a socket.
func BenchmarkWarmStart(b *testing.B) {
	_, url := newLark(b, 25)
	file := filepath.Join(b.TempDir(), "larkfield.wasm")
	if err := os.WriteFile(file, embedded(b, must(b, exampleCode), exampleManifest(b)), 0o600); err != nil {
		b.Fatal(err)
	}
	cache := b.TempDir() // of its own: another key would empty a shared one
	start := func() {
		module, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		p, err := Load("larkfield.wasm", module, Options{Dictionary: dictionary(b), Cache: cache, CacheKey: []byte("key")})
		if err != nil {
			b.Fatal(err)
		}
		sys := opened(b, p, url, nil)
		if _, err := sys.Check(officer(b)); err != nil {
			b.Fatal(err)
		}
		_ = sys.(interface{ Close() error }).Close()
	}
	start() // fills the cache
	cpu := processor(b)
	for b.Loop() {
		start()
	}
	cpu()
}

// BenchmarkSearch25 is a search of 25 records of 16 facts over a socket, with the kill switch on.
func BenchmarkSearch25(b *testing.B) {
	_, url := newLark(b, 25)
	free := strings.Replace(exampleManifest(b), `"rate": 20, "burst": 40`, `"rate": 100000, "burst": 100000`, 1)
	sys := opened(b, load(b, must(b, exampleCode), free, Limits{}), url, nil)
	q := surname(b, "Harrington")
	ctx := officer(b)
	if _, err := sys.Search(ctx, q); err != nil { // the start is measured elsewhere
		b.Fatal(err)
	}
	cpu := processor(b)
	for b.Loop() {
		page, err := sys.Search(ctx, q)
		if err != nil || len(page.Records) != 25 {
			b.Fatal(len(page.Records), err)
		}
	}
	cpu()
}

// BenchmarkColdStart is the first start ever of a module: it is compiled. It happens once for each version of a plugin.
func BenchmarkColdStart(b *testing.B) {
	module := embedded(b, must(b, exampleCode), exampleManifest(b))
	for b.Loop() {
		p, err := Load("larkfield.wasm", module, Options{Dictionary: dictionary(b), Cache: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Compile(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
