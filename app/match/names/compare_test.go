package names

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func score(a, b string) float64 {
	x, y := Prepare(a), Prepare(b)
	s, _ := Compare(&x, &y)
	return s
}

func TestOnePersonsNames(t *testing.T) {
	for _, p := range [][2]string{
		{"Robert Miller", "Bob Miller"},
		{"MILLER, Robert", "Robert Miller"},
		{"Robert J Miller", "Robert James Miller"},
		{"R Miller", "Robert Miller"},
		{"Mr Robert James Miller", "Robert Miller"},
		{"Mohammed Chaudhry", "Muhammad Chowdhury"},
		{"Abdul Aziz Khan", "Abdulaziz Khan"},
		{"Abd al-Rahman al-Hashimi", "Abdurrahman Hashemi"},
		{"Salah ad-Din Yusuf", "Salaheddine Youssef"},
		{"Сергей Петрович Иванов", "Sergei Ivanov"},
		{"Александра Кузнецова", "Sasha Kuznetsova"},
		{"محمد حسين", "Mohammed Hussain"},
		{"毛泽东", "Mao Zedong"},
		{"Jean-Luc Picard", "Jean Luc Picard"},
		{"JL Picard", "Jean-Luc Picard"},
		{"Mary O'Connor", "Mary O Connor"},
		{"Ian MacDonald", "Ian McDonald"},
		{"Catherine Smyth", "Kathryn Smith"},
		{"J0hn Sm1th", "John Smith"},
		{"Jurgen Muller", "Jürgen Müller"},
		{"Juergen Mueller", "Jürgen Müller"},
		{"AnnMarie Jones", "Ann Marie Jones"},
		{"Haji Karim Shah", "Karim Shah"},
		{"김민준", "Kim Min-jun"},
		{"박지훈", "Park Ji Hoon"},
		{"Дмитрий Соколов", "Dmitry Sokolov"},
		{"Хрущёва Юлия", "Yulia Khrushcheva"},
		{"أحمد يوسف", "Ahmed Youssef"},
		{"عبد الرحمن الهاشمي", "Abdul Rahman al-Hashimi"},
		{"राहुल शर्मा", "Rahul Sharma"},
		{"Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"},
		{"Նիկոլ Գրիգորյան", "Nikol Grigoryan"},
		{"Teng Hsiao-ping", "Deng Xiaoping"},
		{"Nguyễn Văn Thiệu", "Nguyen Van Thieu"},
	} {
		if s := score(p[0], p[1]); s < 0.75 {
			t.Errorf("%s / %s: %.3f, want one person", p[0], p[1], s)
		}
	}
}

func TestTwoPersonsNames(t *testing.T) {
	for _, p := range [][2]string{
		{"Jane Miller", "John Miller"},
		{"Robert Miller", "Robert Potter"},
		{"John Adam Miller", "John Peter Miller"},
		{"John A Miller", "John Peter Miller"},
		{"Hasan Ali", "Husayn Ali"},
		{"Abdul Hamid Khan", "Abdul Karim Khan"},
		{"Ahmed bin Khalid al-Harbi", "Khalid bin Ahmed al-Harbi"},
		{"Sergei Ivanovich Petrov", "Sergei Pavlovich Petrov"},
		{"John Miller Jr", "John Miller Sr"},
		{"王伟", "王强"},
		{"Miller", "Robert James Miller"},
		{"Bashar al-Assad", "Hafez al-Assad"},
		{"Anna Gunnarsdottir", "Anna Sigurdsdottir"},
		{"Maria Gonzalez", "Mario Gonzalez"},
		{"محمد حسين", "محمد حسن"},
		{"김정은", "김정일"},
		{"Harpreet Kaur", "Gurpreet Kaur"},
		{"Ivan Petrov", "Petr Ivanov"},
		{"Abdul Karim Jan", "Mohammad Karim Jan"},
	} {
		if s := score(p[0], p[1]); s > 0.5 {
			t.Errorf("%s / %s: %.3f, want two persons", p[0], p[1], s)
		}
	}
}

func TestWhyIsSaidInWords(t *testing.T) {
	x, y := Prepare("Bob Mohammed Miller"), Prepare("Robert Muhammad Potter")
	_, why := Compare(&x, &y)
	got := ""
	for _, s := range why {
		got += s.String() + "; "
	}
	for _, want := range []string{"bob ~ robert: short form", "mohammed ~ muhammad: spelling", "miller ≠ potter"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestRareNamesSayMoreThanCommonOnes(t *testing.T) {
	if score("John Smith", "John Smith") >= score("Zebulon Quackenbush", "Zebulon Quackenbush") {
		t.Error("John Smith says as much as a rare name")
	}
}

func TestOneCommonWordIsNoEvidence(t *testing.T) {
	if s := score("William", "William"); s > 0.75 {
		t.Errorf("William is William: %.3f", s)
	}
	if s := score("Sir", "Sir"); s > 0.2 {
		t.Errorf("a title is taken for a name: %.3f", s)
	}
	if s := score("Ben Smith", "Sophia Smith"); s > 0.1 {
		t.Errorf("Ben is left out like the ben of Ben Ali: %.3f", s)
	}
}

func TestKnownPartsCount(t *testing.T) {
	a, b := Parts("James", "", "Martin"), Parts("Martin", "", "James")
	c := Parts("James", "", "Martin")
	straight, _ := Compare(&a, &c)
	turned, _ := Compare(&a, &b)
	if turned >= straight || turned < 0.5 {
		t.Errorf("turned round %.3f, straight %.3f", turned, straight)
	}
}

// anyName draws a name of words that people bear, with what clerks do to them.
func anyName() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		n := rapid.IntRange(0, 6).Draw(t, "words")
		out := make([]string, n)
		for i := range out {
			out[i] = rapid.OneOf(
				rapid.SampledFrom([]string{"John", "Bob", "Robert", "Mohammed", "Muhammad", "al", "bin", "Abdul", "Aziz", "abdulaziz", "van", "der", "Smith", "Smyth", "O'Brien", "Ivanovich", "J",
					"JC", "Sheikh", "Mr", "Jr", "习近平", "王", "محمد", "الدين", "Сергей", "김정은", "Anne-Marie", "salah", "din", "uddin", "7", "x9y", ",", "ʼ", "é", "贝拉克·奥巴马"}),
				rapid.StringN(0, 8, -1)).Draw(t, "word")
		}
		return strings.Join(out, rapid.SampledFrom([]string{" ", "  ", "-", ", "}).Draw(t, "gap"))
	})
}

func TestCompareIsSymmetricBoundedAndSeesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyName().Draw(t, "a"), anyName().Draw(t, "b")
		x, y := Prepare(a), Prepare(b)
		s1, w1 := Compare(&x, &y)
		s2, w2 := Compare(&y, &x)
		if s1 != s2 || s1 < 0 || s1 > 1 || math.IsNaN(s1) || len(w1) != len(w2) {
			t.Fatalf("%v %v", s1, s2)
		}
		for i := range w1 {
			if w1[i].A != w2[i].B || w1[i].B != w2[i].A || w1[i].How != w2[i].How {
				t.Fatalf("%v %v", w1[i], w2[i])
			}
		}
		self, why := Compare(&x, &x)
		if x.Empty() {
			if self != 0 {
				t.Fatal("an empty name is evidence")
			}
			return
		}
		for _, s := range why {
			if s.How != Same && s.How != Only {
				t.Fatalf("%q is not the same as itself: %v", a, s)
			}
		}
		if s1 > self+1e-9 && len(x.parts) >= len(y.parts) && x.text != y.text {
			// A name is never less like itself than like another one.
			t.Logf("%q %q %v > %v", a, b, s1, self)
		}
	})
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyName().Draw(t, "name")
		f := Fold(s)
		if Fold(f) != f || strings.Join(Tokens(s), " ") != f {
			t.Fatalf("%q %q %q", s, f, Fold(f))
		}
		for _, c := range []byte(f) {
			if !(c == ' ' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
				t.Fatalf("%q holds %q", f, c)
			}
		}
	})
}

func TestRelationsAreSymmetric(t *testing.T) {
	all := make([]string, 0, 4096)
	for w := range variants().spelling {
		all = append(all, w)
	}
	for w := range nicknames().short {
		all = append(all, w)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SampledFrom(all).Draw(t, "a"), rapid.SampledFrom(all).Draw(t, "b")
		if Nickname(a, b) != Nickname(b, a) || Variant(a, b) != Variant(b, a) || Nickname(a, a) || Variant(a, a) {
			t.Fatalf("%s %s", a, b)
		}
	})
}

func TestTheTablesAreFolded(t *testing.T) {
	check := func(g groups) {
		for w := range g {
			if latin(w) != w || strings.Contains(w, " ") {
				t.Errorf("%q is not one folded word", w)
			}
		}
	}
	check(variants().spelling)
	check(variants().language)
	check(nicknames().formal)
	check(nicknames().short)
	for w := range common() {
		if latin(w) != w {
			t.Errorf("%q is not folded", w)
		}
	}
}

func TestScoreCSV(t *testing.T) {
	var out strings.Builder
	if err := ScoreCSV(strings.NewReader("schema,name1,name2\nPerson,Bob Miller,Robert Miller\nCompany,Acme Ltd,Acme Limited\n"), &out); err != nil {
		t.Fatal(err)
	}
	var r0, r1 float64
	if n, err := fmt.Sscanf(out.String(), "row,score\n0,%f\n1,%f\n", &r0, &r1); n != 2 || err != nil || r0 < 0.75 || r1 < 0.75 {
		t.Errorf("%q", out.String())
	}
	if err := ScoreCSV(strings.NewReader("a,b\n1,2\n"), &out); err == nil {
		t.Error("a file without names is scored")
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("John Smith", "Smith, Jon")
	f.Add("محمد", "习近平")
	f.Add("\xff\xfe", strings.Repeat("a b ", 100))
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Prepare(a), Prepare(b)
		s1, _ := Compare(&x, &y)
		s2, _ := Compare(&y, &x)
		if s1 != s2 || s1 < 0 || s1 > 1 || math.IsNaN(s1) {
			t.Fatal(s1, s2)
		}
		if f := Fold(a); Fold(f) != f {
			t.Fatalf("%q", f)
		}
		Phonetic(Fold(a))
		o1, _ := Organisations(a, b)
		if o2, _ := Organisations(b, a); o1 != o2 || o1 < 0 || o1 > 1 {
			t.Fatal(o1, o2)
		}
	})
}

func BenchmarkPrepare(b *testing.B) {
	for range b.N {
		Prepare("Mohammed Abdul-Rahman Chaudhry")
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := Prepare("Mohammed Abdul-Rahman Chaudhry"), Prepare("Muhammad Chowdhury")
	Compare(&x, &y)
	b.ResetTimer()
	for range b.N {
		Compare(&x, &y)
	}
}
