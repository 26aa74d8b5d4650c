// Package signed checks that a file from outside was signed, with minisign, by a key that the force trusts: plugins of
// vendors and packs of connectors pass through it before anything reads them.
package signed

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"aead.dev/minisign"
)

// Suffix is what the name of a signature adds to the name of the file it is for, as the minisign program does.
const Suffix = ".minisig"

// MaxSignature is the largest signature file that is read, in bytes.
const MaxSignature = 4 << 10

// What Verify refuses; errors.Is tells which.
var (
	ErrUnsigned   = errors.New("there is no signature")
	ErrMalformed  = errors.New("the signature cannot be read")
	ErrUnknownKey = errors.New("the signature is by a key that is not trusted")
	ErrTampered   = errors.New("the file is not the one that was signed")
)

// Keys are the public keys that are trusted, each with the name under which IT entered it.
type Keys struct{ list []key }

type key struct {
	name   string
	public minisign.PublicKey
}

// Parse reads trusted keys: by name of their holder, the line of a minisign public key file that starts with RW
// (56 characters). An error names the key and says how it should look.
func Parse(keys map[string]string) (Keys, error) {
	var out Keys
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if strings.TrimSpace(name) == "" {
			return Keys{}, errors.New("a trusted key has no name: write name: key")
		}
		k := key{name: name}
		text := strings.TrimSpace(keys[name])
		if err := k.public.UnmarshalText([]byte(text)); err != nil {
			return Keys{}, fmt.Errorf("the trusted key %q cannot be read: give the line of its .pub file that starts with RW, 56 characters", name)
		}
		for _, other := range out.list {
			if other.public.Equal(k.public) {
				return Keys{}, fmt.Errorf("the trusted keys %q and %q are the same: remove one", other.name, name)
			}
		}
		out.list = append(out.list, k)
	}
	return out, nil
}

// Len is how many keys there are.
func (k Keys) Len() int { return len(k.list) }

// Signature is who signed, and what the signer said of the file.
type Signature struct {
	By      string // the name of the trusted key
	KeyID   string // of the key, as minisign prints it: 16 hexadecimal digits
	Comment string // the trusted comment: signed too; one line
}

// Verify checks that content is what signature, the text of a .minisig file, was made for by one of the keys.
// file names it in errors, which say what is wrong and what to do; each wraps one of the Err values.
func (k Keys) Verify(file string, content, signature []byte) (Signature, error) {
	if len(signature) == 0 {
		return Signature{}, refuse(ErrUnsigned, "%s is not signed: ask its maker for %s%s and put it beside the file", file, file, Suffix)
	}
	var s minisign.Signature
	if len(signature) > MaxSignature || s.UnmarshalText(signature) != nil {
		return Signature{}, refuse(ErrMalformed, "%s%s is not a minisign signature: ask the maker of %s for it again", file, Suffix, file)
	}
	id := fmt.Sprintf("%016X", s.KeyID)
	found := false
	for _, each := range k.list {
		if each.public.ID() != s.KeyID {
			continue
		}
		found = true // ids are hints that anybody may copy: two keys may share one
		if minisign.Verify(each.public, content, signature) {
			return Signature{By: each.name, KeyID: id, Comment: line(s.TrustedComment)}, nil
		}
	}
	if found {
		return Signature{}, refuse(ErrTampered, "%s was changed after it was signed, or its signature is of another file: it is not used. Get both again from its maker", file)
	}
	return Signature{}, refuse(ErrUnknownKey, "%s is signed with the key %s, which is not trusted here: if IT trusts its maker, add the maker's public key to trusted_keys", file, id)
}

type refusal struct {
	kind error
	say  string
}

func refuse(kind error, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

func (r *refusal) Error() string { return r.say }
func (r *refusal) Unwrap() error { return r.kind }

// line makes a comment fit to show.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if r := []rune(s); len(r) > 200 {
		s = string(r[:199]) + "…"
	}
	return strings.TrimSpace(s)
}

// KeyLine is the line of a public key's text that Parse reads; "" when there is none. It takes a whole .pub file.
func KeyLine(pub []byte) string {
	for l := range strings.Lines(string(pub)) {
		l = strings.TrimSpace(l)
		if b, err := base64.StdEncoding.DecodeString(l); err == nil && len(b) == 42 {
			return l
		}
	}
	return ""
}
