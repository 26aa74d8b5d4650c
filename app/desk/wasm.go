package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"muster/plugins/signed"
	"muster/plugins/wasm"
	"muster/store/keyring"
)

// loadWasm reads a plugin of a vendor: accepted only with the signature of a trusted key beside it. path is the file,
// name is what errors call it.
func (d *Desk) loadWasm(path, name string, p Profile) (*wasm.Plugin, []byte, []byte, error) {
	module, err := readUpTo(path, wasm.MaxModule)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("the plugin %s cannot be read; put it there again: %w", name, err)
	}
	sig, err := readUpTo(path+signed.Suffix, signed.MaxSignature)
	if err != nil && !isNotExist(err) {
		return nil, nil, nil, fmt.Errorf("the signature %s%s cannot be read; put it there again: %w", name, signed.Suffix, err)
	}
	keys, err := d.trustedKeys(p)
	if err != nil {
		return nil, nil, nil, err
	}
	if _, err := keys.Verify(name, module, sig); err != nil {
		return nil, nil, nil, err
	}
	o := wasm.Options{Dictionary: d.dict}
	if key := d.wasmKey(); key != nil {
		if dir, err := os.UserCacheDir(); err == nil {
			o.Cache, o.CacheKey = filepath.Join(dir, "muster", "wasm"), key
		}
	}
	plugin, err := wasm.Load(name, module, o)
	return plugin, module, sig, err
}

// wasmKey seals compiled plugins. It lives in the keyring, so that code which somebody else put into the cache is never
// run; nil, where it cannot be had, means that plugins are compiled at every start.
func (d *Desk) wasmKey() []byte {
	const name = "wasm-cache"
	key, err := d.keys.Get(context.Background(), name)
	if err == nil && len(key) == 32 {
		return key
	}
	if !errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	key = make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil
	}
	if d.keys.Set(context.Background(), name, key) != nil {
		return nil
	}
	return key
}

// readUpTo reads a file that must not be larger than most bytes.
func readUpTo(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	return b, err
}
