package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/plugins/pole"
)

// dict is a data model of its own: the store must follow whatever a force's dictionary says.
type dict map[pole.Property]pole.PropertyDef

func (d dict) Property(p pole.Property) (pole.PropertyDef, bool) { def, ok := d[p]; return def, ok }

var testDict = dict{
	"surname":     {Type: pole.TypeName},
	"givenName":   {Type: pole.TypeName},
	"dateOfBirth": {Type: pole.TypePartialDate},
	"telephone":   {Type: pole.TypePhone},
	"street":      {Type: pole.TypeText},
	"narrative":   {Type: pole.TypeText, Multiline: true},
	"sex":         {Type: pole.TypeCode},
	"height":      {Type: pole.TypeNumber},
}

func fact(p pole.Property, v string) pole.Fact {
	return pole.Fact{Property: p, Value: pole.Value{Source: v, Norm: v}}
}

func person(system, id, surname, given, dob string) pole.Record {
	return pole.Record{Ref: pole.Ref{System: system, Type: "person", ID: id}, Kind: "person",
		Facts: []pole.Fact{fact("surname", surname), fact("givenName", given), fact("dateOfBirth", dob)}}
}

func ids(r CacheResult) (out []string) {
	for _, r := range r.Records {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}

func TestCacheFindsByWhatTheDictionarySays(t *testing.T) {
	s, _ := fresh(t)
	now := time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)
	oneill := person("rms", "1", "O'Neill", "Zoë", "1984-03-12")
	oneill.Facts = append(oneill.Facts, fact("telephone", "+447700900123"), fact("street", "High Street"), fact("narrative", "seen near the canal"), fact("sex", "F"), fact("height", "170"))
	if err := s.PutRecords(now, oneill, person("cad", "2", "Smith-Jones", "Zoe", "1984"), person("rms", "3", "Smith", "Ann", "1984-03")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    CacheQuery
		want []string
	}{
		"name without its apostrophe":        {CacheQuery{Facts: []pole.Fact{fact("surname", "ONEILL")}}, []string{"1"}},
		"accent":                             {CacheQuery{Text: "zoe"}, []string{"1", "2"}},
		"half a double name":                 {CacheQuery{Facts: []pole.Fact{fact("surname", "Smith")}}, []string{"2", "3"}},
		"another property":                   {CacheQuery{Facts: []pole.Fact{fact("givenName", "Smith")}}, nil},
		"year finds every day":               {CacheQuery{Facts: []pole.Fact{fact("dateOfBirth", "1984")}}, []string{"1", "2", "3"}},
		"a day finds less precise":           {CacheQuery{Facts: []pole.Fact{fact("dateOfBirth", "1984-03-12")}}, []string{"1", "2", "3"}},
		"another day":                        {CacheQuery{Facts: []pole.Fact{fact("dateOfBirth", "1984-03-13")}}, []string{"2", "3"}},
		"both":                               {CacheQuery{Text: "smith", Facts: []pole.Fact{fact("dateOfBirth", "1984-03")}}, []string{"2", "3"}},
		"phone":                              {CacheQuery{Facts: []pole.Fact{fact("telephone", "+447700900123")}}, []string{"1"}},
		"phone as typed words":               {CacheQuery{Text: "+44 7700 900123"}, []string{"1"}},
		"code":                               {CacheQuery{Facts: []pole.Fact{fact("sex", "F")}}, []string{"1"}},
		"street":                             {CacheQuery{Text: "high street"}, []string{"1"}},
		"one system":                         {CacheQuery{Text: "smith", Systems: []string{"rms"}}, []string{"3"}},
		"two systems, a kind":                {CacheQuery{Text: "smith", Systems: []string{"rms", "cad"}, Kinds: []pole.Kind{"person", "vehicle"}}, []string{"2", "3"}},
		"another kind":                       {CacheQuery{Text: "smith", Kinds: []pole.Kind{"vehicle"}}, nil},
		"not searchable, so not passed over": {CacheQuery{Text: "zoe", Facts: []pole.Fact{fact("height", "170")}}, nil},
		"nothing asked":                      {CacheQuery{}, nil},
		"everything":                         {CacheQuery{Everything: true}, []string{"1", "2", "3"}},
	} {
		got, err := s.SearchRecords(c.q)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(ids(got), c.want) || got.Total != len(c.want) {
			t.Errorf("%s: found %v of %d, want %v", name, ids(got), got.Total, c.want)
		}
	}
	r, ok, err := s.Record(pole.Ref{System: "rms", Type: "person", ID: "1"})
	if err != nil || !ok || !r.Read.Equal(now) || len(r.Facts) != len(oneill.Facts) {
		t.Errorf("record: %v %v %+v", ok, err, r)
	}
}

func TestARecordThatChangedIsFoundByWhatItSaysNow(t *testing.T) {
	s, _ := fresh(t)
	now := time.Now()
	s.PutRecords(now, person("rms", "1", "Smith", "Ann", "1984"))
	changed := person("rms", "1", "Jones", "Ann", "1984")
	changed.Version = "2"
	s.PutRecords(now.Add(time.Hour), changed)
	for q, want := range map[string]int{"smith": 0, "jones": 1, "ann": 1} {
		if got, err := s.SearchRecords(CacheQuery{Text: q}); err != nil || got.Total != want {
			t.Errorf("%s finds %d (%v), want %d", q, got.Total, err, want)
		}
	}
	if i, _ := s.CacheInfo(); i.Records != 1 {
		t.Errorf("the cache counts %d records, want 1", i.Records)
	}
}

func TestAListDoesNotPushOutTheFullRecord(t *testing.T) {
	s, _ := fresh(t)
	now := time.Now().Truncate(time.Second)
	full := person("rms", "1", "Smith", "Ann", "1984")
	full.Version = "7"
	short := full
	short.Facts = full.Facts[:1]
	s.PutRecords(now, full)
	s.PutRecords(now.Add(time.Minute), short)
	r, _, _ := s.Record(full.Ref)
	if len(r.Facts) != 3 || !r.Read.Equal(now.UTC()) {
		t.Errorf("kept %d facts read %v; the full record and its own age should stay", len(r.Facts), r.Read)
	}
	short.Version = "8"
	s.PutRecords(now.Add(time.Minute), short)
	if r, _, _ := s.Record(full.Ref); len(r.Facts) != 1 {
		t.Error("a newer version did not replace the copy")
	}
}

func TestTrimRemovesTheOldestAndOnlyThose(t *testing.T) {
	s, _ := fresh(t)
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		r := person("rms", fmt.Sprint(i), "Smith", "Ann", "1984")
		r.Read = now.AddDate(0, 0, -i)
		s.PutRecords(now, r)
	}
	check := func(p TrimPolicy, removed, left int) {
		t.Helper()
		n, err := s.Trim(now, p)
		if err != nil || n != removed {
			t.Errorf("trim removed %d (%v), want %d", n, err, removed)
		}
		got, _ := s.SearchRecords(CacheQuery{Text: "smith"})
		info, _ := s.CacheInfo()
		if got.Total != left || info.Records != left || len(got.Records) != left {
			t.Errorf("left: %d found, %d counted, want %d", got.Total, info.Records, left)
		}
	}
	check(TrimPolicy{MaxAge: 7 * 24 * time.Hour}, 2, 8)
	check(TrimPolicy{MaxRecords: 5}, 3, 5)
	info, _ := s.CacheInfo()
	check(TrimPolicy{MaxBytes: info.Bytes - 1}, 1, 4)
	check(TrimPolicy{}, 0, 4)
	if _, ok, _ := s.Record(pole.Ref{System: "rms", Type: "person", ID: "0"}); !ok {
		t.Error("the newest record went")
	}
	if err := s.Wipe(); err != nil {
		t.Fatal(err)
	}
	check(TrimPolicy{}, 0, 0)
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestPostingsFindWhatAModelFinds(t *testing.T) {
	s, _ := fresh(t)
	names := []string{"Smith", "Jones", "Patel"}
	rapid.Check(t, func(rt *rapid.T) {
		if err := s.Wipe(); err != nil {
			rt.Fatal(err)
		}
		model := map[string]string{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "batches") {
			var batch []pole.Record
			for range rapid.IntRange(1, 6).Draw(rt, "records") {
				id, name := fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "id")), rapid.SampledFrom(names).Draw(rt, "name")
				r := person("rms", id, name, "Ann", "1984")
				r.Version = fmt.Sprint(i)
				batch = append(batch, r)
				model[id] = name
			}
			if err := s.PutRecords(time.Now(), batch...); err != nil {
				rt.Fatal(err)
			}
		}
		for _, name := range names {
			want := 0
			for _, n := range model {
				if n == name {
					want++
				}
			}
			got, err := s.SearchRecords(CacheQuery{Facts: []pole.Fact{fact("surname", name)}})
			if err != nil || got.Total != want || len(got.Records) != want {
				rt.Fatalf("%s: %d found (%v), want %d", name, got.Total, err, want)
			}
		}
	})
}

func TestBlocksKeepEveryNumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 1<<40), 0, 300, rapid.ID).Draw(rt, "ids")
		slices.Sort(ids)
		b := packIDs(ids)
		if len(b) < 16 || len(b)&(len(b)-1) != 0 {
			rt.Fatalf("block of %d bytes tells how many numbers it holds", len(b))
		}
		got, err := unpackIDs(nil, b)
		if err != nil || !slices.Equal(got, ids) {
			rt.Fatal(err, got)
		}
	})
}

func TestUnionsAndIntersectionsAreThoseOfSets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		top := rapid.SampledFrom([]uint64{50, 5000, 1 << 40}).Draw(rt, "top")
		draw := func(name string) []uint64 {
			return rapid.SliceOfN(rapid.Uint64Range(1, top), 0, 2500).Draw(rt, name)
		}
		a, b := draw("a"), draw("b")
		sorted := func(ids []uint64) []uint64 { ids = slices.Clone(ids); slices.Sort(ids); return slices.Compact(ids) }
		sa, sb := sorted(a), sorted(b)
		if got := ordered(slices.Clone(a)); !slices.Equal(got, sa) {
			rt.Fatalf("ordered %v, want %v", got, sa)
		}
		var want []uint64
		for _, id := range sa {
			if _, ok := slices.BinarySearch(sb, id); ok {
				want = append(want, id)
			}
		}
		if got := intersect(sa, sb); !slices.Equal(got, want) {
			rt.Fatalf("intersect %v, want %v", got, want)
		}
	})
}

func TestACommonTokenSpansBlocks(t *testing.T) {
	s, _ := fresh(t)
	var all []pole.Record
	for i := range blockIDs + 100 {
		all = append(all, person("rms", fmt.Sprint(i), fmt.Sprint("Name", i), "Ann", "1984"))
	}
	if err := s.PutRecords(time.Now(), all...); err != nil {
		t.Fatal(err)
	}
	got, err := s.SearchRecords(CacheQuery{Text: "ann", Limit: 3})
	if err != nil || got.Total != len(all) || len(got.Records) != 3 {
		t.Fatal(got.Total, len(got.Records), err)
	}
	got, err = s.SearchRecords(CacheQuery{Text: "ann name17"})
	if err != nil || got.Total != 1 {
		t.Fatal(got.Total, err)
	}
}
