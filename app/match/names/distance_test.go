package names

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestJaroWinklerGivesThePublishedValues(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"martha", "marhta", 0.9611}, {"dwayne", "duane", 0.84}, {"dixon", "dicksonx", 0.8133}, {"abc", "xyz", 0}, {"", "", 0}, {"a", "", 0}, {"same", "same", 1}} {
		if got := JaroWinkler(c.a, c.b); math.Abs(got-c.want) > 0.0001 {
			t.Errorf("%s %s: %.4f, want %.4f", c.a, c.b, got, c.want)
		}
	}
}

func word(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.ByteRange('a', 'e'), 0, most).Draw(t, "letters"))
	})
}

func TestJaroWinklerIsSymmetricAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := word(80).Draw(t, "a"), word(80).Draw(t, "b")
		x, y := JaroWinkler(a, b), JaroWinkler(b, a)
		if x != y || x < 0 || x > 1 || (a == b && a != "") != (x == 1) {
			t.Fatalf("%v %v", x, y)
		}
	})
}

func TestEditAgreesWithTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := word(90).Draw(t, "a"), word(90).Draw(t, "b")
		limit := rapid.IntRange(0, 12).Draw(t, "limit")
		want := min(editRows(a, b), limit+1)
		if got := Edit(a, b, limit); got != want || Edit(b, a, limit) != got {
			t.Fatalf("Edit(%q, %q, %d) = %d, want %d", a, b, limit, got, want)
		}
	})
}

func TestSlipIsSymmetricAndNeverDearerThanEdit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := word(45).Draw(t, "a"), word(45).Draw(t, "b")
		x, y := slip(a, b), slip(b, a)
		if math.Abs(x-y) > 1e-9 || x < 0 || (a == b) != (x == 0) || x > 1.2*float64(Edit(a, b, 100))+1e-9 {
			t.Fatalf("slip(%q, %q) = %v, %v", a, b, x, y)
		}
	})
}

func TestComparisonsDoNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { JaroWinkler("christopher", "kristofer"); Edit("christopher", "kristofer", 3) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var pairs = [][2]string{{"christopher", "kristofer"}, {"smith", "smyth"}, {"johnson", "jonson"}, {"elizabeth", "catherine"}, {"brown", "braun"}, {"mohammed", "muhammad"}, {"taylor", "walker"}, {"anderson", "andersen"}}

func BenchmarkJaroWinkler(b *testing.B) {
	for i := range b.N {
		p := &pairs[i&7]
		JaroWinkler(p[0], p[1])
	}
}

func BenchmarkEdit(b *testing.B) {
	for i := range b.N {
		p := &pairs[i&7]
		Edit(p[0], p[1], 3)
	}
}

func BenchmarkPhonetic(b *testing.B) {
	for i := range b.N {
		Phonetic(pairs[i&7][0])
	}
}

func BenchmarkFold(b *testing.B) {
	for range b.N {
		Fold("Mr. John O'Brien-Smith")
	}
}

func BenchmarkNicknameVariant(b *testing.B) {
	Nickname("a", "b")
	b.ResetTimer()
	for i := range b.N {
		p := &pairs[i&7]
		_ = Nickname(p[0], p[1]) || Variant(p[0], p[1])
	}
}
