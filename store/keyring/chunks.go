package keyring

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	zalando "github.com/zalando/go-keyring"
)

// A secret is one item of the operating system's keyring, or, when it is too large for one, a header and numbered
// chunks. The header names the chunks' generation, so that a new secret's chunks stand beside the old one's until the
// header is switched, in one write:
//
//	NAME          "1:" BASE64                           a small secret
//	NAME          "n:" GENERATION ":" COUNT ":" SHA256  a large one
//	NAME#GEN#1    BASE64 of the first chunk, and so on
//
// Base64, because not every keyring keeps bytes that are no text.

// chunkSize is how many characters of base64 one item holds: Windows allows 2,560 bytes, and macOS a command line of
// 4,096 in which the value stands encoded once more.
const chunkSize = 2048

// items is what the operating system's keyring offers: one short text under a name.
type items interface {
	get(name string) (string, error)
	set(name, value string) error
	remove(name string) error
}

// backend is items over the real keyring.
type backend struct{ service string }

func (b backend) get(name string) (string, error) { return zalando.Get(b.service, name) }
func (b backend) set(name, value string) error    { return zalando.Set(b.service, name, value) }
func (b backend) remove(name string) error        { return zalando.Delete(b.service, name) }
func (b backend) wipe() error                     { return zalando.DeleteAll(b.service) }

// header is a read first item.
type header struct {
	inline []byte // of a small secret
	gen    string // of a large one
	count  int
	sum    string
}

func generation() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

func chunkName(name, gen string, i int) string { return name + "#" + gen + "#" + strconv.Itoa(i) }

func sum(secret []byte) string {
	s := sha256.Sum256(secret)
	return hex.EncodeToString(s[:])
}

func parseHeader(s string) (header, error) {
	kind, rest, ok := strings.Cut(s, ":")
	switch {
	case ok && kind == "1":
		b, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return header{}, ErrDamaged
		}
		return header{inline: b}, nil
	case ok && kind == "n":
		p := strings.Split(rest, ":")
		if len(p) != 3 || p[0] == "" {
			return header{}, ErrDamaged
		}
		n, err := strconv.Atoi(p[1])
		if err != nil || n < 1 || n > MaxSecret {
			return header{}, ErrDamaged
		}
		return header{gen: p[0], count: n, sum: p[2]}, nil
	}
	return header{}, ErrDamaged
}

// read returns a secret. When another process replaces it meanwhile, its chunks vanish: it then starts again.
func read(it items, name string) ([]byte, error) {
	last := ""
	for {
		s, err := it.get(name)
		if err != nil {
			return nil, err
		}
		h, err := parseHeader(s)
		if err != nil {
			return nil, err
		}
		if h.gen == "" {
			return h.inline, nil
		}
		secret, err := readChunks(it, name, h)
		if err == nil {
			return secret, nil
		}
		if !errors.Is(err, ErrDamaged) || s == last {
			return nil, err
		}
		last = s
	}
}

func readChunks(it items, name string, h header) ([]byte, error) {
	var text strings.Builder
	for i := 1; i <= h.count; i++ {
		c, err := it.get(chunkName(name, h.gen, i))
		if errors.Is(err, zalando.ErrNotFound) {
			return nil, fmt.Errorf("%w: part %d of %d is missing", ErrDamaged, i, h.count)
		}
		if err != nil {
			return nil, err
		}
		text.WriteString(c)
	}
	secret, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil || sum(secret) != h.sum {
		return nil, ErrDamaged
	}
	return secret, nil
}

// write stores a secret: new chunks first, then the header that switches to them, then the old chunks go.
func write(it items, name string, secret []byte, chunk int) error {
	old, err := it.get(name)
	if err != nil && !errors.Is(err, zalando.ErrNotFound) {
		return err
	}
	text := base64.StdEncoding.EncodeToString(secret)
	head := "1:" + text
	var written []string
	if len(head) > chunk {
		gen, n := generation(), 0
		for rest := text; rest != ""; {
			part := rest[:min(chunk, len(rest))]
			rest = rest[len(part):]
			n++
			c := chunkName(name, gen, n)
			written = append(written, c)
			if err := it.set(c, part); err != nil {
				removeAll(it, written)
				return err
			}
		}
		head = "n:" + gen + ":" + strconv.Itoa(n) + ":" + sum(secret)
	}
	if err := it.set(name, head); err != nil {
		removeAll(it, written)
		return err
	}
	// The new secret is in place; old chunks that cannot be removed are only litter.
	removeAll(it, chunksOf(name, old))
	return nil
}

// remove takes the header first, so that a secret half removed is gone, not damaged.
func remove(it items, name string) error {
	old, err := it.get(name)
	if errors.Is(err, zalando.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := it.remove(name); err != nil && !errors.Is(err, zalando.ErrNotFound) {
		return err
	}
	for _, c := range chunksOf(name, old) {
		if err := it.remove(c); err != nil && !errors.Is(err, zalando.ErrNotFound) {
			return err
		}
	}
	return nil
}

func chunksOf(name, head string) []string {
	h, err := parseHeader(head)
	if err != nil || h.gen == "" {
		return nil
	}
	out := make([]string, h.count)
	for i := range out {
		out[i] = chunkName(name, h.gen, i+1)
	}
	return out
}

func removeAll(it items, names []string) {
	for _, n := range names {
		_ = it.remove(n)
	}
}
