package plugintest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"muster/plugins/pole"
)

type record = pole.Record

// danger reports a property that must never be lost or changed in silence.
func (r *run) danger(p pole.Property) bool {
	if r.s.Dictionary == nil {
		return false
	}
	d, ok := r.s.Dictionary.Property(p)
	return ok && d.Danger
}

// lessOnly demands that got says nothing that was does not say: facts may be lacking or shortened, never others, and
// what carries danger must all be there.
func (r *run) lessOnly(was, got *record) error {
	for _, f := range got.Facts {
		if err := r.saidBefore(was, f); err != nil {
			return err
		}
	}
	count := map[pole.Property]int{}
	for _, f := range was.Facts {
		if r.danger(f.Property) {
			count[f.Property]++
		}
	}
	for _, f := range got.Facts {
		count[f.Property]--
	}
	for _, p := range sortedKeys(count) {
		if count[p] > 0 && r.danger(p) {
			return fmt.Errorf("%s carries danger and is gone without a word", p)
		}
	}
	said := slices.Equal(got.Marking.Handling, []string{other}) // what an altered answer itself says
	if was.Marking.Classification != got.Marking.Classification || !said && !slices.Equal(was.Marking.Handling, got.Marking.Handling) {
		return errors.New("the marking is gone or another without a word")
	}
	for _, l := range got.Links {
		i := slices.IndexFunc(was.Links, func(x pole.Link) bool { return x.Role == l.Role && x.From == l.From && x.To == l.To })
		if i < 0 {
			return fmt.Errorf("a link turns up that was not there: %s", l.Role)
		}
		if !shortened(l.Label, was.Links[i].Label) {
			return fmt.Errorf("the link %s is called otherwise", l.Role)
		}
	}
	switch {
	case !got.Updated.IsZero() && !got.Updated.Equal(was.Updated):
		return errors.New("the time of the last change is another")
	case got.Version != "" && got.Version != was.Version:
		return errors.New("the version is another")
	case got.URL != "" && got.URL != was.URL:
		return errors.New("the address is another")
	}
	return nil
}

// saidBefore demands that a record said f, or something that f is a part of.
func (r *run) saidBefore(was *record, f pole.Fact) error {
	if strings.TrimSpace(f.Value.Source) == "" {
		return fmt.Errorf("%s is there with nothing in it", f.Property)
	}
	part := false
	for _, w := range was.Facts {
		if w.Property != f.Property {
			continue
		}
		same := w.Value.Norm == f.Value.Norm
		switch {
		case same && w.Value.Source == f.Value.Source:
			if since(f.From, w.From) && since(f.To, w.To) {
				return nil
			}
			part = part || f.From == "" && f.To == ""
		case same && f.Value.Norm != "":
			return nil // the same in other words
		case r.danger(f.Property):
			part = part || f.Value.Norm == "" // still to be seen, though not recognised
		case f.Value.Norm == "":
			part = true // shown as the system's own words, which mean nothing here
		case shortened(f.Value.Source, w.Value.Source):
			part = true
		}
	}
	if !part {
		return fmt.Errorf("%s has a value that the system never gave it", f.Property)
	}
	return nil
}

func since(got, was string) bool { return got == "" || got == was }

// shortened reports whether every word of got is a word of was.
func shortened(got, was string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	}
	old := words(was)
	for _, w := range words(got) {
		if !slices.Contains(old, w) {
			return false
		}
	}
	return true
}

// sameText compares texts as a reader would: composed or not is the same, and so is the end of a line.
func sameText(a, b string) bool {
	tidy := func(s string) string {
		return norm.NFC.String(strings.Join(strings.Fields(s), " "))
	}
	return tidy(a) == tidy(b)
}
