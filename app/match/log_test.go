package match

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"muster/plugins/pole"
	"muster/store"
)

// A judgement is there after a restart, word for word, and one without a reason never gets in.
func TestLogSurvivesRestart(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "o.db"), make([]byte, 32)
	open := func() *store.Store {
		s, err := store.Open(path, key, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	l := OpenLog(s)
	a, b := pole.Ref{System: "rms", Type: "person", ID: "1"}, pole.Ref{System: "cad", Type: "person", ID: "2"}
	want, err := l.Append(Judgement{A: a, B: b, Verdict: NotSame, Reason: "twins", By: "PC 2214 Okafor", At: read, SaidA: []Said{{"surname", pole.Value{Source: "Miller", Norm: "Miller"}}}})
	if err != nil || want.ID != 1 {
		t.Fatal(want, err)
	}
	undo, err := l.Append(Judgement{Undoes: 1, By: "PC 2214 Okafor", At: read})
	if err != nil || undo.ID != 2 {
		t.Fatal(undo, err)
	}
	for _, bad := range []Judgement{{A: a, B: b, Verdict: Same, By: "x", At: read, Reason: "  "}, {A: a, B: a, Verdict: Same, By: "x", At: read, Reason: "r"}, {A: a, B: b, Verdict: "maybe", By: "x", At: read, Reason: "r"}, {A: a, B: b, Verdict: Same, At: read, Reason: "r"}} {
		if _, err := l.Append(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(want); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	s = open()
	defer func() { _ = s.Close() }()
	got, err := OpenLog(s).All()
	if err != nil || !reflect.DeepEqual(got, []Judgement{want, undo}) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
}
