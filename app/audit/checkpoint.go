package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// CheckpointEvery is after how many records a checkpoint is due.
const CheckpointEvery = 200

// Checkpoint signs the log up to its newest record and appends the signature as a record of its own, made from r, which
// says who, when and where. last marks the end of an export. A log with nothing in it has no checkpoint; 0 is returned.
func (l *Log) Checkpoint(ctx context.Context, key ed25519.PrivateKey, r Record, last bool) (seq uint64, err error) {
	h, err := l.keeper.AuditHead()
	if err != nil || h.Count == 0 {
		return 0, err
	}
	s := Signed{Count: h.Count, Hash: hex.EncodeToString(h.Hash[:]), Last: last}
	s.Key = PublicKey(key)
	s.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(key, s.message()))
	r.Operation, r.Of, r.Signed = Checkpoint, h.Count, &s
	seqs, err := l.Append(ctx, r)
	if err != nil {
		return 0, err
	}
	return seqs[0], nil
}

// Due reports whether so many records stand after the newest checkpoint that the next one is due.
func (l *Log) Due() (bool, error) {
	after := 0
	found := false
	err := l.keeper.EachAuditBack(0, func(seq uint64, prev [32]byte, payload []byte) (bool, error) {
		r, err := read(seq, prev, payload)
		if err != nil || r.Operation == Checkpoint {
			found = true
			return false, err
		}
		after++
		return after < CheckpointEvery, nil
	})
	return after >= CheckpointEvery && !found, err
}

// PublicKey is the text with which the signatures of key are checked elsewhere.
func PublicKey(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert // it is one
}

func (s Signed) message() []byte {
	return fmt.Appendf(nil, "muster audit checkpoint 1\n%d\n%s\n%t\n", s.Count, s.Hash, s.Last)
}

// check says what is wrong with a checkpoint that stands after the record of this number and hash; "" for nothing.
// trusted is the public key that it must be signed with; "" is whichever it names.
func (s Signed) check(count uint64, hash, trusted string) string {
	if s.Count != count || s.Hash != hash {
		return "the records before it are not those that were signed"
	}
	if trusted != "" && s.Key != trusted {
		return "it is signed with another key"
	}
	pub, err := base64.StdEncoding.DecodeString(s.Key)
	if err != nil || len(pub) != ed25519.PublicKeySize {
		return "its key is not of its form"
	}
	sig, err := base64.StdEncoding.DecodeString(s.Sig)
	if err != nil || !ed25519.Verify(pub, s.message(), sig) {
		return "its signature does not hold"
	}
	return ""
}
