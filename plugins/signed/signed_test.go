package signed

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"aead.dev/minisign"
)

func pair(t testing.TB) (minisign.PublicKey, minisign.PrivateKey) {
	t.Helper()
	pub, priv, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pub, priv
}

func trust(t testing.TB, keys map[string]string) Keys {
	t.Helper()
	k, err := Parse(keys)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATrustedSignatureIsAccepted(t *testing.T) {
	pub, priv := pair(t)
	other, _ := pair(t)
	keys := trust(t, map[string]string{"Acme Ltd": pub.String(), "Other": other.String()})
	content := []byte("content")
	got, err := keys.Verify("a.wasm", content, minisign.SignWithComments(priv, content, "version 3\x1b[31m", "x"))
	if err != nil || got.By != "Acme Ltd" || len(got.KeyID) != 16 || got.Comment != "version 3 [31m" {
		t.Fatalf("got %+v, %v", got, err)
	}
	// What the minisign program makes unless told otherwise is hashed first.
	r := minisign.NewReader(bytes.NewReader(content))
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Verify("a.wasm", content, r.Sign(priv)); err != nil {
		t.Fatal(err)
	}
}

func TestEverythingElseIsRefused(t *testing.T) {
	pub, priv := pair(t)
	_, stranger := pair(t)
	keys := trust(t, map[string]string{"Acme Ltd": pub.String()})
	content := []byte("content")
	good := minisign.Sign(priv, content)
	comment := bytes.Replace(good, []byte("trusted comment: timestamp"), []byte("trusted comment: timestanp"), 1)
	for name, c := range map[string]struct {
		keys         Keys
		content, sig []byte
		want         error
		saying       string
	}{
		"unsigned":         {keys: keys, content: content, want: ErrUnsigned, saying: "a.wasm.minisig"},
		"not a signature":  {keys: keys, content: content, sig: []byte("hello"), want: ErrMalformed, saying: "again"},
		"too long":         {keys: keys, content: content, sig: bytes.Repeat(good, 100), want: ErrMalformed},
		"another key":      {keys: keys, content: content, sig: minisign.Sign(stranger, content), want: ErrUnknownKey, saying: "trusted_keys"},
		"no keys":          {content: content, sig: good, want: ErrUnknownKey, saying: "trusted_keys"},
		"changed":          {keys: keys, content: []byte("Content"), sig: good, want: ErrTampered, saying: "changed"},
		"comment changed":  {keys: keys, content: content, sig: comment, want: ErrTampered},
		"of another file":  {keys: keys, content: content, sig: minisign.Sign(priv, []byte("other")), want: ErrTampered},
		"empty signed not": {keys: keys, content: nil, sig: good, want: ErrTampered},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.keys.Verify("a.wasm", c.content, c.sig)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.saying) || !strings.Contains(err.Error(), "a.wasm") {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestKeysAreRead(t *testing.T) {
	pub, _ := pair(t)
	text, err := pub.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if KeyLine(text) != pub.String() || KeyLine([]byte("nothing\n")) != "" {
		t.Errorf("got %q of %q", KeyLine(text), text)
	}
	if trust(t, map[string]string{"a": " " + pub.String() + "\n"}).Len() != 1 {
		t.Error("spaces round a key matter")
	}
	for name, bad := range map[string]map[string]string{
		"short":   {"acme": "RWQ"},
		"no name": {" ": pub.String()},
		"twice":   {"acme": pub.String(), "acme2": pub.String()},
		"private": {"acme": strings.Repeat("RW", 40)},
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	pub, priv := pair(f)
	keys := trust(f, map[string]string{"acme": pub.String()})
	good := minisign.Sign(priv, []byte("content"))
	f.Add([]byte("content"), good)
	f.Add([]byte(""), []byte("untrusted comment: \n\ntrusted comment: \n"))
	f.Fuzz(func(t *testing.T, content, sig []byte) {
		if _, err := keys.Verify("a", content, sig); err == nil && string(content) != "content" {
			t.Fatal("a forgery is accepted")
		}
	})
}
