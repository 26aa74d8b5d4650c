package demoforce

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// dice is a deterministic source: the same seed and purpose always roll the same.
type dice struct{ *rand.Rand }

func newDice(seed int64, purpose string) dice {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return dice{rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
}

// pc is true in p of a hundred rolls.
func (d dice) pc(p float64) bool { return d.Float64()*100 < p }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// lean picks with a bias to the front, as common names are common.
func lean[T any](d dice, from []T) T {
	f := d.Float64()
	return from[int(f*f*float64(len(from)))]
}

const checkLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

// pncID gives a PNC identifier as records write it, 23/120018D, with the right check letter.
func pncID(year, serial int) string {
	yy := year % 100
	return pad(yy, 2) + "/" + strconv.Itoa(serial) + string(checkLetters[(yy*10_000_000+serial)%23])
}

// croNumber gives 123456/05X with the right check letter.
func croNumber(serial, year int) string {
	yy := year % 100
	return pad(serial, 6) + "/" + pad(yy, 2) + string(checkLetters[(yy*1_000_000+serial)%23])
}

// wrongLetter spoils the last letter, as a clerk would.
func wrongLetter(s string) string {
	if s == "" {
		return s
	}
	i := strings.IndexByte(checkLetters, s[len(s)-1])
	return s[:len(s)-1] + string(checkLetters[(i+7)%23])
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// day is a date without time or zone; the zero day is not known.
type day struct{ y, m, d int }

func dayOf(t time.Time) day { return day{t.Year(), int(t.Month()), t.Day()} }

func (d day) zero() bool      { return d.y == 0 }
func (d day) slashed() string { return pad(d.d, 2) + "/" + pad(d.m, 2) + "/" + pad(d.y, 4) }
func (d day) iso() string     { return pad(d.y, 4) + "-" + pad(d.m, 2) + "-" + pad(d.d, 2) }
func (d day) packed() string  { return pad(d.y, 4) + pad(d.m, 2) + pad(d.d, 2) }

// swapped exchanges day and month where the result is a date.
func (d day) swapped() day {
	if d.d <= 12 && d.m != d.d {
		return day{d.y, d.d, d.m}
	}
	return d
}

// age in whole years on the day of now.
func (d day) age(now time.Time) int {
	a := now.Year() - d.y
	if int(now.Month()) < d.m || int(now.Month()) == d.m && now.Day() < d.d {
		a--
	}
	return a
}
