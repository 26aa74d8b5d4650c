package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"muster/store"
)

// An exported record is one line: the bytes that the chain runs over, with number and hashes filled in. Head and tail
// are fixed, so that the bytes can be had back exactly and the file proves itself.
var (
	lineHead = []byte(`{"seq":0,"prev":"",`)
	errForm  = errors.New("it is not of the form that Muster writes")
)

func line(seq uint64, prev [sha256.Size]byte, payload []byte) ([]byte, error) {
	if !bytes.HasPrefix(payload, lineHead) || payload[len(payload)-1] != '}' {
		return nil, fmt.Errorf("audit record %d is not of its form: %w", seq, store.ErrCorrupt)
	}
	hash := store.ChainLink(seq, prev, payload)
	out := fmt.Appendf(nil, `{"seq":%d,"prev":"%x",`, seq, prev)
	out = append(out, payload[len(lineHead):len(payload)-1]...)
	return fmt.Appendf(out, `,"hash":"%x"}`, hash), nil
}

// unline is line backwards.
func unline(b []byte) (seq uint64, prev, hash [sha256.Size]byte, payload []byte, err error) {
	fail := func() (uint64, [sha256.Size]byte, [sha256.Size]byte, []byte, error) {
		return 0, prev, hash, nil, errForm
	}
	rest, ok := bytes.CutPrefix(b, []byte(`{"seq":`))
	num, rest, ok2 := bytes.Cut(rest, []byte(`,"prev":"`))
	if seq, err = strconv.ParseUint(string(num), 10, 64); err != nil || !ok || !ok2 || len(rest) < 2*sha256.Size+2 || string(num) != strconv.FormatUint(seq, 10) {
		return fail()
	}
	const tail = len(`,"hash":"`) + 2*sha256.Size + len(`"}`)
	if !hexed(prev[:], rest) || string(rest[2*sha256.Size:2*sha256.Size+2]) != `",` || len(rest) < 2*sha256.Size+2+tail {
		return fail()
	}
	body, end := rest[2*sha256.Size+2:len(rest)-tail], rest[len(rest)-tail:]
	if !bytes.HasPrefix(end, []byte(`,"hash":"`)) || !bytes.HasSuffix(end, []byte(`"}`)) || !hexed(hash[:], end[len(`,"hash":"`):]) {
		return fail()
	}
	return seq, prev, hash, append(append(bytes.Clone(lineHead), body...), '}'), nil
}

// hexed reads lower-case hex into dst: only one spelling of a hash is good.
func hexed(dst, src []byte) bool {
	if len(src) < 2*len(dst) {
		return false
	}
	if _, err := hex.Decode(dst, src[:2*len(dst)]); err != nil {
		return false
	}
	return hex.EncodeToString(dst) == string(src[:2*len(dst)])
}

// Lines calls f with every record from number from on as an exported line, without the line's end, oldest first.
func (l *Log) Lines(from uint64, f func(seq uint64, line []byte) error) error {
	return l.keeper.EachAudit(from, func(seq uint64, prev [sha256.Size]byte, payload []byte) error {
		b, err := line(seq, prev, payload)
		if err != nil {
			return err
		}
		return f(seq, b)
	})
}

// longestLine is the longest line of an exported file that is read.
const longestLine = 16 << 20

// VerifyFile proves an exported log by itself: that every record is there, unchanged and in order, from its first
// to the checkpoint that closes the export, and that every checkpoint's signature holds. trusted is the public key of
// the officer's log, as musterctl audit key prints it; without it a signature proves only that one hand signed them all.
// The error is only for a file that cannot be read; what it finds is in the verdict.
func VerifyFile(ctx context.Context, r io.Reader, trusted string) (v Verdict, err error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), longestLine)
	bad := func(seq uint64, format string, args ...any) (Verdict, error) {
		v.OK, v.BadSeq, v.Say = false, seq, fmt.Sprintf("record %d ", seq)+fmt.Sprintf(format, args...)
		return v, nil
	}
	var prev [sha256.Size]byte
	var want uint64
	var last, export *Record
	key := trusted
	for n := 0; sc.Scan(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return v, ctx.Err()
		}
		seq, p, hash, payload, err := unline(sc.Bytes())
		if want == 0 && err == nil {
			want = seq
			if seq != 1 {
				prev = p // a part of a log: it begins where it says
			}
		}
		switch {
		case err != nil:
			return bad(max(want, 1), "was changed: %v", err)
		case seq > want:
			return bad(want, "was removed")
		case seq < want:
			return bad(seq, "stands in another place than it was written")
		case p != prev:
			return bad(seq, "does not follow the one before it")
		case store.ChainLink(seq, p, payload) != hash:
			return bad(seq, "was changed")
		}
		last = nil
		prev, v.Records, want = hash, v.Records+1, seq+1
		if !bytes.Contains(payload, []byte(`"operation":"checkpoint"`)) && !bytes.Contains(payload, []byte(`"operation":"export"`)) {
			continue // the chain proves it; what it says is not asked
		}
		var rec Record
		if err := json.Unmarshal(payload, &rec); err != nil {
			return bad(seq, "was changed: %v", errForm)
		}
		switch {
		case rec.Operation == Export:
			export = &rec
		case rec.Operation == Checkpoint && rec.Signed != nil:
			if say := rec.Signed.check(seq-1, hex.EncodeToString(p[:]), key); say != "" {
				return bad(seq, "is a checkpoint, and %s", say)
			}
			key = rec.Signed.Key
			v.Checkpoints++
			last = &rec
		}
	}
	if err := sc.Err(); err != nil {
		return v, fmt.Errorf("the file cannot be read: %w", err)
	}
	switch {
	case v.Records == 0:
		v.Say = "there is no record in the file"
		return v, nil
	case last == nil || !last.Signed.Last:
		return bad(want, "and those after it were cut off: the file does not end with the checkpoint that closes an export")
	}
	v.OK, v.Key = true, key
	v.Say = fmt.Sprintf("%d records, complete and unchanged, %d checkpoints signed", v.Records, v.Checkpoints)
	if export != nil {
		v.Say += fmt.Sprintf(", exported on %s", export.Time.Format("02/01/2006 15:04 UTC"))
	}
	if trusted == "" {
		v.Say += "; give the log's public key to prove by whom"
	}
	return v, nil
}
