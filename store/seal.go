package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	keySize  = 32
	saltSize = 32
	idSize   = 16 // bytes of a keyed hash that stand for a key on disk
	// sealForm is the first byte of every sealed value and part of what authenticates it.
	sealForm = 1
)

// keys derives, from the officer's key and the file's salt, one set of keys for each bucket, so that
// nothing sealed in one bucket opens in another.
type keys struct {
	master, salt []byte
	mu           sync.RWMutex
	boxes        map[string]*box
}

func newKeys(master, salt []byte) *keys {
	return &keys{master: append([]byte(nil), master...), salt: salt, boxes: map[string]*box{}}
}

// box seals and opens the values of one bucket, and hashes its keys.
type box struct {
	name string // clear name; on disk stands only disk
	disk []byte // keyed hash of name: the bucket's name in the file
	aead cipher.AEAD
	mac  []byte
}

func (k *keys) derive(purpose, name string) []byte {
	out, err := hkdf.Key(sha256.New, k.master, k.salt, "muster store "+purpose+" "+name, keySize)
	if err != nil {
		panic("store: " + err.Error()) // only for lengths that HKDF cannot give
	}
	return out
}

func (k *keys) box(name string) *box {
	k.mu.RLock()
	b := k.boxes[name]
	k.mu.RUnlock()
	if b != nil {
		return b
	}
	values, names := k.derive("values", name), k.derive("bucket", "names")
	defer clear(values)
	defer clear(names)
	aead, err := chacha20poly1305.NewX(values)
	if err != nil {
		panic("store: " + err.Error()) // only for a key of another length
	}
	b = &box{name: name, aead: aead, mac: k.derive("keys", name)}
	b.disk = keyed(names, []byte(name))
	k.mu.Lock()
	k.boxes[name] = b
	k.mu.Unlock()
	return b
}

// forget overwrites the officer's key and those that hash keys. The ciphers hold copies that Go lets nobody reach:
// they go with the garbage.
func (k *keys) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.master)
	for _, b := range k.boxes {
		clear(b.mac)
	}
	k.boxes = map[string]*box{}
}

func keyed(mac, data []byte) []byte {
	h := hmac.New(sha256.New, mac)
	h.Write(data)
	return h.Sum(nil)[:idSize]
}

// id is what stands on disk for a key.
func (b *box) id(key string) []byte { return keyed(b.mac, []byte(key)) }

// aad ties a sealed value to its place: form, bucket and key. Moved anywhere else, it no longer opens.
func (b *box) aad(key []byte) []byte {
	out := make([]byte, 0, 2+len(b.name)+len(key))
	out = append(out, sealForm)
	out = append(out, b.name...)
	out = append(out, 0)
	return append(out, key...)
}

// seal returns form, nonce and ciphertext of plain for the place key.
func (b *box) seal(key, plain []byte) []byte {
	const head = 1 + chacha20poly1305.NonceSizeX
	out := make([]byte, head, head+len(plain)+chacha20poly1305.Overhead)
	out[0] = sealForm
	rand.Read(out[1:head])
	return b.aead.Seal(out, out[1:head], plain, b.aad(key))
}

// open returns what seal was given, or ErrCorrupt when a byte of it or its place is another.
func (b *box) open(key, sealed []byte) ([]byte, error) {
	const head = 1 + chacha20poly1305.NonceSizeX
	if len(sealed) < head+chacha20poly1305.Overhead || sealed[0] != sealForm {
		return nil, corrupt("a value in %s is not sealed as it should be", b.name)
	}
	plain, err := b.aead.Open(nil, sealed[1:head], sealed[head:], b.aad(key))
	if err != nil {
		return nil, corrupt("a value in %s was changed or moved", b.name)
	}
	return plain, nil
}
