package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"muster/ui/i18n"
)

// used is what the window's code asks for: whole keys, and beginnings that something is added to.
type used struct {
	keys   map[string]string // key -> where
	starts map[string]string
	loose  map[string]bool // every text in the code, for keys that reach T through a variable
}

func scan(t *testing.T) used {
	t.Helper()
	u := used{map[string]string{}, map[string]string{}, map[string]bool{}}
	root := filepath.Join("..", "..")
	files := 0
	walk := func(dir string) {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			files++
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, p, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
						u.loose[s] = true
					}
				case *ast.CallExpr:
					if len(n.Args) == 0 || !isT(n.Fun) {
						return true
					}
					where := set.Position(n.Pos()).String()
					switch a := n.Args[0].(type) {
					case *ast.BasicLit:
						if s, err := strconv.Unquote(a.Value); err == nil {
							u.keys[s] = where
						}
					case *ast.BinaryExpr:
						if l := leftmost(a); l != "" {
							u.starts[l] = where
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk(filepath.Join(root, "ui"))
	if files < 15 {
		t.Fatalf("only %d files were read", files)
	}
	return u
}

// isT reports whether a call asks for words: i18n.T, Env.T, env.T, or a t that was made of one.
func isT(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name == "T"
	case *ast.Ident:
		return f.Name == "t"
	}
	return false
}

func leftmost(e ast.Expr) string {
	for {
		switch b := e.(type) {
		case *ast.BinaryExpr:
			e = b.X
		case *ast.BasicLit:
			s, err := strconv.Unquote(b.Value)
			if err != nil {
				return ""
			}
			return s
		default:
			return ""
		}
	}
}

var plurals = regexp.MustCompile(`\.(zero|one|two|few|many|other)$`)

// TestEveryKeyIsThereAndUsed holds the code and the English file against each other.
func TestEveryKeyIsThereAndUsed(t *testing.T) {
	u := scan(t)
	english, err := i18n.Load(i18n.Fallback)
	if err != nil {
		t.Fatal(err)
	}
	for k, where := range u.keys {
		if _, ok := english[k]; ok {
			continue
		}
		if _, ok := english[k+".other"]; !ok && looksLikeKey(k) {
			t.Errorf("%s: %q is not in en.yaml", where, k)
		}
	}
	for s, where := range u.starts {
		if !looksLikeKey(s + "x") {
			continue
		}
		found := false
		for k := range english {
			found = found || strings.HasPrefix(k, s)
		}
		if !found {
			t.Errorf("%s: nothing in en.yaml begins with %q", where, s)
		}
	}
	for k := range english {
		base := plurals.ReplaceAllString(k, "")
		_, direct := u.keys[k]
		_, plural := u.keys[base]
		ok := direct || plural || u.loose[k] || u.loose[base]
		for s := range u.starts {
			ok = ok || strings.HasPrefix(k, s) && s != ""
		}
		if !ok {
			t.Errorf("en.yaml: %q is used nowhere", k)
		}
	}
}

func looksLikeKey(s string) bool {
	return strings.Contains(s, ".") && !strings.ContainsAny(s, " /%\n")
}

// TestOtherLanguagesFit holds every other language against the English: no key of its own, the same things filled in.
func TestOtherLanguagesFit(t *testing.T) {
	english, err := i18n.Load(i18n.Fallback)
	if err != nil {
		t.Fatal(err)
	}
	holes := regexp.MustCompile(`\{[a-z]+\}`)
	for _, l := range i18n.Languages() {
		own, err := i18n.Load(l)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range own {
			if strings.TrimSpace(v) == "" {
				t.Errorf("%s: %q has no words", l, k)
			}
			e, ok := english[k]
			if !ok {
				if e, ok = english[plurals.ReplaceAllString(k, ".other")]; !ok {
					t.Errorf("%s: %q is no key", l, k)
				}
			}
			for _, h := range holes.FindAllString(v, -1) {
				if !strings.Contains(e, h) && h != "{n}" {
					t.Errorf("%s: %q fills in %s, which English does not", l, k, h)
				}
			}
		}
	}
}

// TestNoWordsInTheCode finds words for the officer that stand in the window's code instead of the translation file.
func TestNoWordsInTheCode(t *testing.T) {
	shown := map[string]bool{"NewWords": true, "NewCut": true, "NewPara": true, "NewButton": true, "NewPrimary": true, "NewDanger": true, "NewLink": true,
		"NewSmall": true, "NewHeader": true, "NewTitle": true, "NewField": true, "NewInput": true, "NewArea": true, "Span": true, "NewEmpty": true,
		"NewNotice": true, "NewSkeleton": true, "Notify": true, "Confirm": true, "Modal": true, "NewCheck": true, "NewSelect": true, "NewCentred": true, "NewSign": true}
	for _, dir := range []string{filepath.Join("..", "shell"), filepath.Join("..", "screens"), filepath.Join("..", "vm")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(dir, e.Name()), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := ""
				switch fn := c.Fun.(type) {
				case *ast.SelectorExpr:
					name = fn.Sel.Name
				case *ast.Ident:
					name = fn.Name
				}
				if !shown[name] {
					return true
				}
				for _, a := range c.Args {
					if l, ok := a.(*ast.BasicLit); ok && l.Kind == token.STRING {
						s, _ := strconv.Unquote(l.Value)
						if isWords(s) {
							t.Errorf("%s: %q belongs into the translation file", set.Position(l.Pos()), s)
						}
					}
				}
				return true
			})
		}
	}
}

// keyNames are what stands on the keys themselves.
var keyNames = map[string]bool{"Ctrl": true, "Alt": true, "Shift": true, "Enter": true, "Esc": true, "Tab": true, "Space": true, "Home": true, "End": true, "Page": true, "Up": true, "Down": true, "Del": true, "Delete": true}

// fileName is an example of a file's name, which is the same in every language.
var fileName = regexp.MustCompile(`^[a-z0-9_-]+\.(yaml|json)$`)

func isWords(s string) bool {
	if fileName.MatchString(s) {
		return false
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len([]rune(w)) > 1 && !keyNames[w] {
			return true
		}
	}
	return false
}

func TestWordsAreFilledIn(t *testing.T) {
	if err := i18n.Use("en"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got, want string
	}{
		{i18n.T("place.desk"), "Desk"},
		{i18n.T("no.such.key"), "no.such.key"},
		{i18n.T("status.systems", "well", 8, "n", 9), "8 of 9 systems"},
		{i18n.T("age.days", "n", 1), "1 day"},
		{i18n.T("age.days", "n", 2000), "2,000 days"},
		{i18n.T("credential.title", "system", "{name} 100%"), "Sign in to {name} 100%"},
		{i18n.T("credential.title"), "Sign in to {system}"},
		{i18n.Number(-1234567), "−1,234,567"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if err := i18n.Use("xx"); err == nil {
		t.Error("a language without a file was taken")
	}
	if i18n.T("place.desk") != "Desk" || i18n.Language() != "en" {
		t.Error("an unknown language did not leave English")
	}
}

func TestLanguageOfTheEnvironment(t *testing.T) {
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	t.Setenv("LANG", "C")
	if got := i18n.FromEnvironment(); got != "en" {
		t.Errorf("C gives %q", got)
	}
	t.Setenv("LANG", "en_GB.UTF-8")
	if got := i18n.FromEnvironment(); got != "en" {
		t.Errorf("en_GB gives %q", got)
	}
}
