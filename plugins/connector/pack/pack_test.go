package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"aead.dev/minisign"

	"muster/assets"
	"muster/plugins/packs"
	"muster/plugins/pole"
	"muster/plugins/signed"
)

func dictionary(t testing.TB) *pole.Dictionary {
	t.Helper()
	d, err := pole.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// folder is a connector that ships, with recordings, one answer in a file of its own, and notes.
func folder(t testing.TB) fstest.MapFS {
	t.Helper()
	src, err := packs.Source("police_uk")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	more := "exchanges: 1\nconnector: police_uk\ncases:\n- name: not there\n  do: check\n  exchanges:\n  - request: {get: /crime-last-updated}\n    answer: {status: 500, file: said.json}\n"
	return fstest.MapFS{
		"street.yaml":                {Data: src, ModTime: at},
		"street.exchanges.yaml":      {Data: packs.Recordings("police_uk"), ModTime: at.Add(-time.Hour)},
		"street.exchanges/a.yaml":    {Data: []byte(more), ModTime: at},
		"street.exchanges/said.json": {Data: []byte(`{"say":"down"}`), ModTime: at},
		"street.exchanges/unused":    {Data: []byte("not a part"), ModTime: at.Add(time.Hour)},
		"README.md":                  {Data: []byte("How to get a key.\n"), ModTime: at},
	}
}

func gathered(t testing.TB, fsys fstest.MapFS) *Pack {
	t.Helper()
	p, err := Gather(fsys, "street.yaml", About{Author: "West Force", Muster: "0.1.0"}, dictionary(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func written(t testing.TB, p *Pack) []byte {
	t.Helper()
	b, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAPackIsTheSameTwiceAndComesBackWhole(t *testing.T) {
	pub, priv, _ := minisign.GenerateKey(rand.Reader)
	one, two := gathered(t, folder(t)), gathered(t, folder(t))
	one.Sign(priv)
	two.Sign(priv)
	b := written(t, one)
	if !bytes.Equal(b, written(t, two)) {
		t.Error("two packs of the same files differ")
	}
	p, err := Read("street.mpack", b)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "police_uk" || p.Version != "1.0" || p.Author != "West Force" || p.Created.Format(time.RFC3339) != "2026-03-04T05:06:07Z" || string(p.Notes()) != "How to get a key.\n" {
		t.Errorf("%+v", p.Manifest)
	}
	var paths []string
	for _, x := range p.Parts {
		paths = append(paths, x.Path)
	}
	if got := strings.Join(paths, " "); got != "police_uk.exchanges/a.yaml police_uk.exchanges/said.json police_uk.exchanges/street.exchanges.yaml police_uk.notes.md police_uk.yaml" {
		t.Error(got)
	}
	keys, err := signed.Parse(map[string]string{"West": pub.String()})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := p.Verify(keys); err != nil || s.By != "West" {
		t.Errorf("%v %v", s, err)
	}
	other, _, _ := minisign.GenerateKey(rand.Reader)
	strange, err := signed.Parse(map[string]string{"East": other.String()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(strange); !errors.Is(err, signed.ErrUnknownKey) {
		t.Error(err)
	}
	if _, err := gathered(t, folder(t)).Verify(keys); !errors.Is(err, signed.ErrUnsigned) {
		t.Error(err)
	}
	r, err := p.Check(context.Background(), dictionary(t))
	if err != nil || len(r.Cases) < 4 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, c := range r.Cases {
		if len(c.Problems) > 0 && c.Case != "not there" { // that one expects nothing, and so is told what came
			t.Errorf("%s: %v", c.Case, c.Problems)
		}
	}
}

// entries is a pack as a list, to be put together wrongly.
type entry struct {
	name   string
	body   string
	method uint16
}

func entries(t testing.TB, b []byte) []entry {
	t.Helper()
	p, err := Read("x", b)
	if err != nil {
		t.Fatal(err)
	}
	out := []entry{{name: manifestName, body: string(p.manifest)}}
	if p.signature != nil {
		out = append(out, entry{name: signatureName, body: string(p.signature)})
	}
	for _, x := range p.Parts {
		out = append(out, entry{name: x.Path, body: string(p.Part(x.Path))})
	}
	return out
}

func zipped(t testing.TB, l []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range l {
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: e.method})
		if err == nil {
			_, err = f.Write([]byte(e.body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPackThatWasTamperedWithIsRefused(t *testing.T) {
	pub, priv, _ := minisign.GenerateKey(rand.Reader)
	made := gathered(t, folder(t))
	made.Sign(priv)
	good := written(t, made)
	if _, err := Read("x", zipped(t, entries(t, good))); err != nil {
		t.Fatal(err)
	}
	refused := func(name string, b []byte, say string) {
		t.Helper()
		if _, err := Read("x.mpack", b); err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), "x.mpack") {
			t.Errorf("%s: %v, want %q", name, err, say)
		}
	}
	for i, e := range entries(t, good)[2:] {
		l := entries(t, good)
		l[i+2].body = e.body[:len(e.body)-1] + "~"
		refused("changed "+e.name, zipped(t, l), e.name)
		l = entries(t, good)
		refused("without "+e.name, zipped(t, append(l[:i+2], l[i+3:]...)), "missing")
		l = entries(t, good)
		refused("twice "+e.name, zipped(t, append(l, e)), "twice")
		refused("twice in capitals "+e.name, zipped(t, append(l, entry{name: strings.ToUpper(e.name), body: e.body})), "twice")
		l[i+2].method = zip.Deflate
		refused("compressed "+e.name, zipped(t, l), "compressed")
	}
	// A manifest that was adapted to a changed part gives the signature away.
	fsys := folder(t)
	fsys["README.md"].Data = []byte("Send your password to me.\n")
	l := entries(t, written(t, gathered(t, fsys)))
	l = append(l, entries(t, good)[1])
	p, err := Read("x.mpack", zipped(t, l))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := signed.Parse(map[string]string{"West": pub.String()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(keys); !errors.Is(err, signed.ErrTampered) {
		t.Error(err)
	}
	for _, path := range []string{"../evil.yaml", "/etc/passwd", `police_uk.exchanges\..\x`, "police_uk.exchanges/../../x", "police_uk.exchanges/.hidden", "police_uk.exchanges/a/b/c",
		"police_uk.exchanges/con.txt", "police_uk.exchanges/x:y", "police_uk.exchanges/", "other.yaml", "profile.yaml", "police_uk.exchanges/a. ", "C:/x"} {
		refused("with "+path, zipped(t, append(entries(t, good), entry{name: path})), "")
		m := made.Manifest
		m.Parts = append([]Part{{Path: path, SHA256: sum(nil)}}, m.Parts...)
		refused("naming "+path, remade(t, good, m), "no place")
	}
	refused("an extra", zipped(t, append(entries(t, good), entry{name: "police_uk.exchanges/more.json"})), "does not name")
	refused("no manifest", zipped(t, entries(t, good)[1:]), manifestName)
	refused("too many", zipped(t, many()), "more than")
	refused("nothing", nil, "no pack")
	refused("junk", []byte("PK not a zip"), "no pack")
	for name, change := range map[string]func(*Manifest){
		"newer connector format": func(m *Manifest) { m.Connector = 2 },
		"newer pack format":      func(m *Manifest) { m.Pack = 2 },
	} {
		m := made.Manifest
		change(&m)
		b := remade(t, good, m)
		refused(name, b, "update Muster")
		if _, err := Read("x", b); !errors.Is(err, ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Manifest){
		"old format": func(m *Manifest) { m.Pack = 0 }, "bad id": func(m *Manifest) { m.ID = "../x" }, "no version": func(m *Manifest) { m.Version = "latest" },
		"part twice":   func(m *Manifest) { m.Parts = append(m.Parts, m.Parts[0]) },
		"no connector": func(m *Manifest) { m.Parts = m.Parts[:len(m.Parts)-1] },
		"wrong hash":   func(m *Manifest) { m.Parts = append([]Part{}, m.Parts...); m.Parts[0].SHA256 = sum(nil) },
		"wrong size":   func(m *Manifest) { m.Parts = append([]Part{}, m.Parts...); m.Parts[0].Size++ },
	} {
		m := made.Manifest
		change(&m)
		refused(name, remade(t, good, m), "Get it again")
	}
	for cut := 0; cut < len(good); cut += 97 {
		refused(fmt.Sprint("cut at ", cut), good[:cut], "")
	}
	// Its manifest may not speak of another connector than the one in it.
	m := made.Manifest
	m.Version = "9.9"
	p, err = Read("x", remade(t, good, m))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Check(context.Background(), dictionary(t)); err == nil || !strings.Contains(err.Error(), "9.9") {
		t.Error(err)
	}
}

func remade(t testing.TB, good []byte, m Manifest, more ...entry) []byte {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	l := entries(t, good)
	l[0].body = string(b)
	return zipped(t, append(l, more...))
}

func many() []entry {
	var l []entry
	for i := range MaxParts + 3 {
		l = append(l, entry{name: fmt.Sprint("a", i)})
	}
	return l
}

func TestWhatCannotBePackedIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		say    string
	}{
		"no version": {func(f fstest.MapFS) {
			f["street.yaml"].Data = bytes.Replace(f["street.yaml"].Data, []byte("version: \"1.0\"\n"), nil, 1)
		}, "version: 1.0.0"},
		"errors":         {func(f fstest.MapFS) { f["street.yaml"].Data = []byte("connector: 1\n") }, "lacks"},
		"missing answer": {func(f fstest.MapFS) { delete(f, "street.exchanges/said.json") }, "said.json"},
		"another's file": {func(f fstest.MapFS) {
			f["street.exchanges/a.yaml"].Data = bytes.Replace(f["street.exchanges/a.yaml"].Data, []byte("said.json"), []byte("../README.md"), 1)
		}, "README.md"},
		"too large": {func(f fstest.MapFS) { f["README.md"].Data = make([]byte, MaxPart+1) }, "larger"},
	} {
		fsys := folder(t)
		c.change(fsys)
		if _, err := Gather(fsys, "street.yaml", About{}, dictionary(t)); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"1.0", "1.0.0", 0}, {"1.10", "1.9", 1}, {"2", "10", -1}, {"1.0-rc1", "1.0", -1}, {"1.0-rc2", "1.0-rc1", 1}, {"1.0", "1.0-rc1", 1}} {
		if got := Compare(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %d", c.a, c.b, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	good := written(f, gathered(f, folder(f)))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Read("x", b)
		if err != nil {
			return
		}
		for _, x := range p.Parts {
			if !fits(p.ID, x.Path) || sum(p.Part(x.Path)) != x.SHA256 {
				t.Errorf("%q is accepted", x.Path)
			}
		}
		again, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read("x", again); err != nil {
			t.Errorf("what is written is not read: %v", err)
		}
	})
}
