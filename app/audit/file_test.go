package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var signing = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// exported is a log of n records and their checkpoints as its file.
func exported(t testing.TB, n int) (lines [][]byte) {
	t.Helper()
	s, _ := opened(t)
	l := Open(s)
	for i := range n {
		if _, err := l.Append(context.Background(), record(i)); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			if _, err := l.Checkpoint(context.Background(), signing, record(i), false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := l.Checkpoint(context.Background(), signing, record(n), true); err != nil {
		t.Fatal(err)
	}
	if err := l.Lines(0, func(_ uint64, b []byte) error { lines = append(lines, bytes.Clone(b)); return nil }); err != nil {
		t.Fatal(err)
	}
	return lines
}

func verify(t testing.TB, lines [][]byte) Verdict {
	t.Helper()
	v, err := VerifyFile(context.Background(), bytes.NewReader(append(bytes.Join(lines, []byte("\n")), '\n')), PublicKey(signing))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAnExportedLogProvesItself(t *testing.T) {
	lines := exported(t, 12)
	if v := verify(t, lines); !v.OK || v.Records != 15 || v.Checkpoints != 3 || v.Key != PublicKey(signing) {
		t.Errorf("%+v", v)
	}
	var r map[string]any
	if err := json.Unmarshal(lines[3], &r); err != nil || r["seq"] != 4.0 || r["officer"] != "jo.bell" || len(r["hash"].(string)) != 64 {
		t.Errorf("a line is no JSON of a record: %v %v", r, err)
	}
	if v := verify(t, lines[5:]); !v.OK || v.Records != 10 {
		t.Errorf("a later part of a log: %+v", v)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
	if v, err := VerifyFile(t.Context(), bytes.NewReader(bytes.Join(lines, []byte("\n"))), PublicKey(other)); err != nil || v.OK || !strings.Contains(v.Say, "another key") {
		t.Errorf("%+v %v", v, err)
	}
	if v := verify(t, nil); v.OK {
		t.Errorf("an empty file proves something: %+v", v)
	}
	if v := verify(t, [][]byte{[]byte(`{"seq":1}`), []byte("not even JSON")}); v.OK || v.BadSeq != 1 {
		t.Errorf("%+v", v)
	}
}

// TestEveryTamperingIsNamed removes, changes, moves, repeats and cuts off records at random: each is found, at its record.
func TestEveryTamperingIsNamed(t *testing.T) {
	lines := exported(t, 23)
	rapid.Check(t, func(t *rapid.T) {
		l := slices.Clone(lines)
		i := rapid.IntRange(0, len(l)-1).Draw(t, "record")
		seq := uint64(i + 1)
		how := rapid.SampledFrom([]string{"remove", "change", "swap", "repeat", "cut"}).Draw(t, "how")
		want := []uint64{seq}
		switch how {
		case "remove":
			if i == 0 { // what is left begins at 2, as a later part of the log does: the first record says that it is none
				i, want = 1, []uint64{2}
			}
			l = slices.Delete(l, i, i+1)
		case "change":
			at := rapid.IntRange(0, len(l[i])-1).Draw(t, "byte")
			b := bytes.Clone(l[i])
			b[at] ^= byte(rapid.IntRange(1, 127).Draw(t, "bits"))
			l[i] = b
			want = append(want, seq+1) // a changed number may look like a record that was put in
			if i == 0 {
				want = append(want, 2)
			}
		case "swap":
			j := rapid.IntRange(0, len(l)-1).Filter(func(j int) bool { return j != i }).Draw(t, "with")
			l[i], l[j] = l[j], l[i]
			want = []uint64{uint64(min(i, j) + 1)}
			if min(i, j) == 0 {
				want = append(want, uint64(max(i, j)+2), 2, uint64(max(i, j)+1)) // the file begins in the middle
			}
		case "repeat":
			l = slices.Insert(l, i, l[i])
		case "cut":
			if l = l[:i]; i == 0 {
				t.Skip("an empty file is told apart")
			}
		}
		v := verifyRapid(t, l)
		if v.OK {
			t.Fatalf("%s at %d is not noticed: %+v", how, seq, v)
		}
		if how != "change" && !slices.Contains(want, v.BadSeq) {
			t.Fatalf("%s at %d is named as %+v", how, seq, v)
		}
		if how == "change" && i > 0 && !slices.Contains(want, v.BadSeq) && !bytes.Contains(l[i], []byte("\n")) && v.BadSeq > 30 {
			t.Fatalf("%s at %d is named as %+v", how, seq, v)
		}
	})
}

func verifyRapid(t *rapid.T, lines [][]byte) Verdict {
	v, err := VerifyFile(context.Background(), bytes.NewReader(append(bytes.Join(lines, []byte("\n")), '\n')), PublicKey(signing))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestOneWhoWritesTheWholeChainAnewIsNoticed has everything but the signing key.
func TestOneWhoWritesTheWholeChainAnewIsNoticed(t *testing.T) {
	lines := exported(t, 12)
	s, _ := opened(t)
	forged := Open(s)
	for _, b := range lines {
		r, err := ofLine(b)
		if err != nil {
			t.Fatal(err)
		}
		if r.Seq == 3 {
			r.Terms = map[string]string{"surname": "Somebodyelse"}
		}
		if _, err := forged.Append(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	var out [][]byte
	if err := forged.Lines(0, func(_ uint64, b []byte) error { out = append(out, bytes.Clone(b)); return nil }); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, out); v.OK || v.BadSeq != 6 || !strings.Contains(v.Say, "not those that were signed") {
		t.Errorf("%+v", v)
	}
}

func TestACheckpointIsDueAfterSoManyRecords(t *testing.T) {
	s, _ := opened(t)
	l := Open(s)
	many := make([]Record, CheckpointEvery-1)
	for i := range many {
		many[i] = record(i)
	}
	if _, err := l.Append(t.Context(), many...); err != nil {
		t.Fatal(err)
	}
	if due, err := l.Due(); due || err != nil {
		t.Error("due too early", err)
	}
	if _, err := l.Append(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	if due, err := l.Due(); !due || err != nil {
		t.Error("not due", err)
	}
	if _, err := l.Checkpoint(t.Context(), signing, record(1), false); err != nil {
		t.Fatal(err)
	}
	if due, err := l.Due(); due || err != nil {
		t.Error("due again at once", err)
	}
}

func TestTheTableHoldsEveryFieldAndNoFormula(t *testing.T) {
	r := record(1)
	r.Terms = map[string]string{"surname": "=HYPERLINK(\"http://evil\")"}
	r.Purpose.Text = "=cmd|' /C calc'!A0"
	r.Reason = "+44 7700 900123"
	var b strings.Builder
	inert := func(s string) string {
		if strings.HasPrefix(s, "=") || strings.HasPrefix(s, "+") {
			return "'" + s
		}
		return s
	}
	if err := WriteCSV(&b, inert, func(f func(Record) error) error { return f(r) }); err != nil {
		t.Fatal(err)
	}
	head, row, _ := strings.Cut(b.String(), "\n")
	for _, want := range []string{"seq", "prev", "purpose.code", "purpose.requesting", "captured", "sent", "recipient"} {
		if !slices.Contains(strings.Split(head, ","), want) {
			t.Errorf("no column %s in %s", want, head)
		}
	}
	for _, c := range []string{",=", ",+", "\"=", "\"+"} {
		if strings.Contains(row, c) {
			t.Errorf("a formula would run: %s", row)
		}
	}
}

func TestASyslogMessageIsOfItsForm(t *testing.T) {
	r := record(1)
	r.Seq, r.Workstation, r.Operation = 1<<31, "front desk\n1", "failed access"
	got := string(Syslog(r, []byte(`{"x":1}`)))
	want := "<109>1 2026-11-24T14:00:01.000000Z front-desk1 Muster - failed-access [meta sequenceId=\"1\"][origin software=\"Muster\"] \ufeff{\"x\":1}"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if f := string(frame([]byte("abc"))); f != "3 abc" {
		t.Error(f)
	}
}

func FuzzVerifyFile(f *testing.F) {
	lines := exported(f, 6)
	whole := bytes.Join(lines, []byte("\n"))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("{\"seq\":1,\"prev\":\"\""))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := VerifyFile(context.Background(), bytes.NewReader(b), PublicKey(signing))
		if err == nil && v.OK && !bytes.Contains(whole, bytes.TrimSpace(bytes.ReplaceAll(b, []byte("\r"), nil))) {
			t.Errorf("a file that Muster never wrote is proved: %s", v.Say)
		}
	})
}
