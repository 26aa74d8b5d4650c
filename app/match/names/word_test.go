package names

import (
	"maps"
	"slices"
	"testing"
)

// A word that was looked up once says of every other what looking both up says.
func TestWordSaysWhatTheTablesSay(t *testing.T) {
	seen := map[string]bool{"smith": true, "smyth": true, "kowalska": true, "hussain": true, "hussein": true, "x": true, "12a": true, "": true, "yevgeny": true, "evgeny": true, "bob": true, "bobby": true}
	for i, w := range slices.Sorted(maps.Keys(surprise())) {
		if i%9 == 0 {
			seen[w] = true
		}
	}
	texts := slices.Sorted(maps.Keys(seen))
	words := make([]Word, len(texts))
	for i, w := range texts {
		words[i] = NewWord(w)
	}
	forms := 0
	for i := range words {
		for j := range words {
			a, b := texts[i], texts[j]
			want := Nickname(a, b) || Variant(a, b)
			if want {
				forms++
			}
			if got := words[i].Form(&words[j]); got != want {
				t.Fatalf("%q and %q: %v, looked up %v", a, b, got, want)
			}
		}
	}
	if forms < 50 {
		t.Errorf("only %d forms among %d words", forms, len(words))
	}
}
