package match

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"muster/plugins/pole"
)

// What probability joins, what it only shows as possibly the same, and what it leaves alone.
func TestWhoIsJoinedByProbability(t *testing.T) {
	d := dictionary(t)
	const (
		home = "|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"
		tel  = "|telephone 07700 900412"
		john = "surname Doyle|givenName John|dateOfBirth 22/04/1998"
	)
	for _, c := range []struct {
		name string
		kind pole.Kind
		a, b string
		want string // joined, possible or neither
		say  string
	}{
		{"day and month swapped at one address", "person", "surname Smith|givenName John|dateOfBirth 03/11/1988" + home, "surname Smith|givenName John|dateOfBirth 11/03/1988" + home, "joined", ""},
		{"day and month swapped, and nothing else", "person", "surname Smith|givenName John|dateOfBirth 03/11/1988", "surname Smith|givenName John|dateOfBirth 11/03/1988", "possible", "Day and month swapped"},
		{"a digit of the date of birth, one telephone", "person", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011" + tel, "surname Miller|givenName Aaron|dateOfBirth 04/11/2011" + tel, "joined", ""},
		{"a short form of the name", "person", "surname Allen|givenName Robert|dateOfBirth 03/11/1988", "surname Allen|givenName Bob|dateOfBirth 03/11/1988", "joined", ""},
		{"another script", "person", "surname Иванова|givenName Мария|dateOfBirth 03/11/1988", "surname Ivanova|givenName Maria|dateOfBirth 03/11/1988", "joined", ""},
		{"another transliteration, one telephone", "person", "surname Hussain|givenName Mohammed|dateOfBirth 03/11/1988" + tel, "surname Hussein|givenName Muhammad|dateOfBirth 03/11/1988" + tel, "joined", ""},
		{"given name and surname swapped", "person", "surname Aaron|givenName Miller|dateOfBirth 03/11/2011", "surname Miller|givenName Aaron|dateOfBirth 03/11/2011", "joined", ""},
		{"twins", "person", john + home + tel, strings.Replace(john, "John", "Declan", 1) + home + tel, "possible", "may be a brother or sister"},
		{"twins of nearly one name", "person", "surname Khan|givenName Amina|dateOfBirth 22/04/1998" + home, "surname Khan|givenName Amira|dateOfBirth 22/04/1998" + home, "possible", ""},
		{"twins of one first name", "person", "surname Doyle|givenName John|middleName Paul|dateOfBirth 22/04/1998" + home, "surname Doyle|givenName John|middleName Peter|dateOfBirth 22/04/1998" + home, "possible", ""},
		{"father and son", "person", john + home + tel, "surname Doyle|givenName John|dateOfBirth 03/09/1971" + home + tel, "possible", "may be a parent or child of the same name"},
		{"father and son of one birthday", "person", john + home, "surname Doyle|givenName John|dateOfBirth 22/04/1978" + home, "possible", ""},
		{"the whole name and the whole address, no date of birth of one", "person", john + home, "surname Doyle|givenName John" + home, "joined", ""},
		{"the whole name and one telephone, no date of birth of one", "person", john + tel, "surname Doyle|givenName John" + tel, "joined", ""},
		{"one name and one year of birth", "person", "surname Doyle|givenName Aaron|dateOfBirth 1998", "surname Doyle|givenName Aaron|dateOfBirth 1998", "possible", ""},
		{"a name and a postcode, no date of birth of one", "person", john + "|postcode LS8 2QX", "surname Doyle|givenName John|postcode LS8 2QX", "possible", ""},
		{"one name of one address, and another estimate of the age", "person", john + home, "surname Doyle|givenName John|dateOfBirth 01/01/1998" + home, "possible", ""},
		{"a slip of the keys that is no other name", "person", "surname Smith|givenName Michael|dateOfBirth 20/06/2002" + home, "surname Smith|givenName Micheal|dateOfBirth 20/06/2002" + home, "joined", ""},
		{"a couple", "person", john + "|sex M" + home + tel, "surname Doyle|givenName Claire|dateOfBirth 03/09/1999|sex F" + home + tel, "neither", ""},
		{"strangers with one telephone", "person", "surname Doyle|givenName John" + tel, "surname Khan|givenName Yusuf" + tel, "neither", ""},
		{"strangers at one address", "person", john + home, "surname Khan|givenName Yusuf|dateOfBirth 01/02/1970" + home, "neither", ""},
		{"one of them is an initial", "person", "surname Doyle|givenName J|dateOfBirth 22/04/1998" + home, john + home, "possible", "Name initial only"},
		{"another surname, one telephone", "person", "surname Patel|givenName Priya|dateOfBirth 03/11/1991" + tel, "surname Shah|givenName Priya|dateOfBirth 03/11/1991" + tel, "possible", "the surname is another"},
		{"one name and no more", "person", "surname Brathwaite|givenName Aaron", "surname Brathwaite|givenName Aaron", "possible", ""},
		{"placeholders", "person", "surname Doyle|dateOfBirth 01/01/1900|telephone unknown", "surname Khan|dateOfBirth 01/01/1900|telephone unknown", "neither", ""},
		{"a misread plate", "vehicle", "vrm YK19FZO|make FORD|model FOCUS|colour BLUE", "vrm YK19FZ0|make FORD|model FOCUS|colour BLUE", "joined", ""},
		{"a misread plate, and no more", "vehicle", "vrm YK19FZO", "vrm YK19FZ0", "neither", ""},
		{"two plates in a row of one fleet", "vehicle", "vrm YK19FZB|make FORD|model FOCUS|colour BLUE", "vrm YK19FZC|make FORD|model FOCUS|colour BLUE", "possible", "may be two that have much in common"},
		{"plates that could both be true", "vehicle", "vrm YK19FZO|make FORD|model FOCUS|colour BLUE", "vrm YK19FZQ|make FORD|model FOCUS|colour BLUE", "possible", ""},
		{"a cloned plate", "vehicle", "vrm YK19FZB|make FORD|model FOCUS|colour BLUE", "vrm YK19FZB|make VAUXHALL|model ASTRA|colour BLUE", "possible", "make differs"},
		{"two flats", "location", "subBuildingName Flat 1|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX", "subBuildingName Flat 2|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX", "neither", ""},
		{"two references of one time and place", "incident", "reference CAD-0412|startDateTime 2026-11-24T07:52:00Z" + home, "reference 24-10887|startDateTime 2026-11-24T07:52:00Z" + home, "possible", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, systems := range [][2]string{{"rms/1", "cad/2"}, {"cad/1", "rms/2"}, {"rms/1", "rms/2"}} {
				g := New(d)
				g.Add(rec(d, systems[0], c.kind, c.a))
				g.Add(rec(d, systems[1], c.kind, c.b))
				got, say := "neither", ""
				for _, e := range g.Entities() {
					if len(e.Records) == 2 {
						got = "joined"
						if l := e.Why[0]; l.Probability < 0.99 || math.Abs(l.Probability-1/(1+math.Exp2(-l.Bits()))) > 0.005 {
							t.Errorf("held by %.3f, of %.2f bits", l.Probability, l.Bits())
						}
					}
					for _, p := range e.Possible {
						got, say = "possible", p.Say
						sum := p.Prior
						for _, x := range p.Evidence {
							sum += x.Bits
						}
						if strings.Contains(p.Say, "may be") && p.Probability > 0.501 {
							t.Errorf("who may be two is called one with %.3f", p.Probability)
						}
						if math.Abs(p.Probability-1/(1+math.Exp2(-sum))) > 0.005 {
							t.Errorf("%.3f is said, evidence of %.2f bits is shown", p.Probability, sum)
						}
					}
				}
				want := c.want
				if want == "joined" && systems[0][:3] == systems[1][:3] {
					want = "possible" // their system keeps the two apart
				}
				if got != want || !strings.Contains(say, c.say) {
					t.Errorf("%v: %s (%s), want %s (%s)", systems, got, say, want, c.say)
				}
			}
		})
	}
}

// Who fits two that cannot be one goes to neither, however likely each is.
func TestProbabilityDoesNotChooseBetweenTwo(t *testing.T) {
	d := dictionary(t)
	const home = "|buildingNumber 12|thoroughfareName Alder Rise|postcode LS8 2QX"
	for _, c := range []struct {
		name    string
		records []string
		want    string
	}{
		{"of one system", []string{"rms/1: surname Smith|givenName Robert|dateOfBirth 03/11/1988" + home, "rms/2: surname Smith|givenName Robert|dateOfBirth 11/03/1988" + home,
			"cad/3: surname Smith|givenName Bob|dateOfBirth 03/11/1988" + home}, "cad/3 rms/1 rms/2"},
		{"with further names that differ", []string{"rms/1: surname Smith|givenName Robert|middleName Paul|dateOfBirth 03/11/1988" + home,
			"int/2: surname Smith|givenName Robert|middleName Peter|dateOfBirth 03/11/1988" + home, "cad/3: surname Smith|givenName Bob|dateOfBirth 03/11/1988" + home}, "cad/3 int/2 rms/1"},
		{"with identifiers that differ", []string{"rms/1: surname Smith|givenName Robert|pncId 2014/0120018R|dateOfBirth 03/11/1988" + home,
			"int/2: surname Smith|givenName Robert|pncId 2015/0000001D|dateOfBirth 03/11/1988" + home, "cad/3: surname Smith|givenName Bob|dateOfBirth 03/11/1988" + home}, "cad/3 int/2 rms/1"},
		{"a father and a son of one name, and who does not say which", []string{"rms/1: surname Smith|givenName Robert|dateOfBirth 03/11/1988" + home,
			"int/2: surname Smith|givenName Robert|dateOfBirth 07/01/1961" + home, "cad/3: surname Smith|givenName Robert" + home}, "cad/3 int/2 rms/1"},
		{"a father is no other possibility for the son", []string{"rms/1: surname Smith|givenName Robert|dateOfBirth 03/11/1988" + home,
			"int/2: surname Smith|givenName Robert|dateOfBirth 07/01/1961" + home, "cad/3: surname Smith|givenName Bob|dateOfBirth 03/11/1988" + home}, "cad/3+rms/1 int/2"},
	} {
		var rs []pole.Record
		for _, line := range c.records {
			ref, facts, _ := strings.Cut(line, ": ")
			rs = append(rs, rec(d, ref, "person", facts))
		}
		permutations(rs, func(rs []pole.Record) {
			g := New(d)
			g.Add(rs...)
			if got := groups(g.Entities()); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		})
	}
}

// A plate that two makes are seen with says of nothing which of the two it is.
func TestContestedPlate(t *testing.T) {
	d := dictionary(t)
	rs := []pole.Record{rec(d, "veh/1", "vehicle", "vrm YK19FZB|make FORD|model FOCUS|colour BLUE"), rec(d, "rms/2", "vehicle", "vrm YK19FZB|make VAUXHALL"),
		rec(d, "cad/3", "vehicle", "vrm YK19FZB"), rec(d, "anp/4", "vehicle", "vrm YK19FZB"), rec(d, "int/5", "vehicle", "vrm YK19FZB|make FORD"),
		rec(d, "cus/6", "vehicle", "vrm YK19FZB|model FOCUS|colour BLUE")}
	permutations(rs, func(rs []pole.Record) {
		g := New(d)
		for _, r := range rs {
			g.Add(r)
		}
		if got := groups(g.Entities()); got != "anp/4 cad/3 cus/6 int/5+veh/1 rms/2" {
			t.Error(got)
		}
	})
}

// What probability joined is parted by a judgement, said as such, and joined again when the judgement is taken back.
func TestJudgedAgainstProbability(t *testing.T) {
	d := dictionary(t)
	g := New(d)
	g.Add(rec(d, "rms/1", "person", "surname Allen|givenName Robert|dateOfBirth 03/11/1988"), rec(d, "cad/2", "person", "surname Allen|givenName Bob|dateOfBirth 03/11/1988"))
	before := g.Entities()
	g.Judge(judged("1 rms/1 not-same cad/2"))
	apart := g.Entities()
	if len(apart) != 2 || len(apart[0].Possible) != 1 || !strings.HasPrefix(apart[0].Possible[0].Say, "Would be joined, but judged not the same") {
		t.Fatalf("%+v", apart)
	}
	g.Judge(judged("2 undoes 1"))
	if after := g.Entities(); groups(after) != groups(before) || len(after[0].Why) != 1 || after[0].Why[0].Probability != before[0].Why[0].Probability {
		t.Errorf("%s, before it was judged %s", groups(after), groups(before))
	}
}

func BenchmarkAdd1000Of12Systems(b *testing.B) {
	d := dictionary(b)
	rs := people(d, 1000)
	for i := range rs {
		rs[i].System = fmt.Sprintf("s%02d", i%12)
	}
	for b.Loop() {
		g := New(d)
		for batch := range slices.Chunk(rs, 50) {
			g.Add(batch...)
		}
	}
}
