package wasm

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/plugintest"
	"muster/plugins/pole"
)

func TestConformance(t *testing.T) {
	l, url := newLark(t, 60)
	// A hundred guests at once on a slow machine wait for a processor, and the limit of work counts that.
	p := load(t, must(t, exampleCode), exampleManifest(t), Limits{Work: time.Minute})
	kept := opened(t, p, url, nil) // as on a desk, where one session keeps the compiled code for the next
	if _, err := kept.Check(officer(t)); err != nil {
		t.Fatal(err)
	}
	plugintest.Run(t, plugintest.Subject{
		Info: p.Info(), Config: plugins.Config{"base_url": url}, Values: map[string]string{"api_key": larkKey}, Dictionary: dictionary(t),
		Found: surname(t, "Harrington"), Pages: 30, Empty: surname(t, "Nobodyhere"),
		Entry: &plugins.Entry{Form: "incident", Kind: "incident", Captured: time.Now(), Facts: []pole.Fact{
			{Property: "description", Value: dictionary(t).Normalise("description", "Caller reports shouting.")}}},
		Effects: l.taken,
	})
}

func TestARecordIsMapped(t *testing.T) {
	_, url := newLark(t, 3)
	sys := opened(t, load(t, must(t, exampleCode), exampleManifest(t), Limits{}), url, nil)
	page, err := sys.Search(officer(t), surname(t, "harrington"))
	if err != nil || len(page.Records) != 3 || page.Total != 3 || page.After != "" {
		t.Fatalf("got %d records of %d, %v", len(page.Records), page.Total, err)
	}
	r := page.Records[1]
	if r.Ref != (pole.Ref{System: "lark", Type: "nominal", ID: "N001"}) || r.Kind != "person" || r.Version != "7" || r.Raw == nil {
		t.Errorf("got %+v", r)
	}
	want := map[pole.Property]pole.Value{
		"surname":     {Source: "Harrington", Norm: "HARRINGTON"},
		"middleName":  {Source: "Jane", Norm: "JANE"},
		"dateOfBirth": {Source: "03/11/1988", Norm: "1988-11-03"},
		"telephone":   {Source: "07700 900001", Norm: "+447700900001"},
	}
	for p, v := range want {
		if f, ok := r.First(p); !ok || f.Value.Source != v.Source || f.Value.Norm != v.Norm {
			t.Errorf("%s: got %+v, want %+v", p, f.Value, v)
		}
	}
	if f, _ := r.First("warning"); f.Value.Norm != "VI" || f.Value.Source != "VI (Assaults police)" {
		t.Errorf("warning: %+v", f.Value)
	}
	if towns := r.All("postTown"); len(towns) != 2 || towns[0].Group != "address1" || towns[0].From != "2019-02-01" || towns[1].From != "2011" {
		t.Errorf("towns: %+v", towns)
	}
	again, err := sys.Fetch(officer(t), r.Ref)
	if err != nil || len(again.Facts) != len(r.Facts) {
		t.Errorf("fetched %+v, %v", again, err)
	}
}

func TestWatchAnnounces(t *testing.T) {
	l, url := newLark(t, 3)
	sys := opened(t, load(t, must(t, exampleCode), exampleManifest(t), Limits{}), url, nil)
	ctx, cancel := context.WithCancel(officer(t))
	defer cancel()
	l.mu.Lock()
	l.rev = 2
	l.mu.Unlock()
	var got []plugins.Change
	err := sys.(plugins.Watcher).Watch(ctx, "person", "1", func(c plugins.Change) error {
		got = append(got, c)
		if c.Record.ID != "" {
			cancel()
		}
		return nil
	})
	if plugins.KindOf(err) != plugins.Cancelled {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Record.ID != "" || got[0].Cursor != "1" || got[1].Record.ID != "N001" || got[1].Cursor != "2" {
		t.Errorf("got %+v", got)
	}
	stop := errors.New("enough")
	if err := sys.(plugins.Watcher).Watch(officer(t), "person", "", func(plugins.Change) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedPluginAnswersNothing(t *testing.T) {
	_, url := newLark(t, 3)
	sys := opened(t, load(t, must(t, exampleCode), exampleManifest(t), Limits{}), url, nil)
	if _, err := sys.Check(officer(t)); err != nil {
		t.Fatal(err)
	}
	c := sys.(io.Closer)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sys.Check(officer(t)); plugins.KindOf(err) != plugins.Cancelled {
		t.Errorf("got %v", err)
	}
}

func TestClosingWaitsForWhatIsUnderWay(t *testing.T) {
	_, url := newLark(t, 3)
	sys := opened(t, load(t, must(t, exampleCode), exampleManifest(t), Limits{}), url, nil)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			_, err := sys.Search(officer(t), surname(t, "Harrington"))
			errs <- err
		}()
	}
	time.Sleep(20 * time.Millisecond)
	_ = sys.(io.Closer).Close()
	for range cap(errs) {
		if err := <-errs; err != nil && plugins.KindOf(err) != plugins.Cancelled {
			t.Error(err)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	p := load(t, must(t, exampleCode), exampleManifest(t), Limits{})
	for _, base := range []string{"", "http://records.example", "https://u:p@records.example", "ftp://records.example", "records"} {
		_, err := p.Info().Open(context.Background(), plugins.Env{System: "lark", HTTP: nil, Config: plugins.Config{"base_url": base}, Dictionary: dictionary(t), Now: time.Now})
		if plugins.KindOf(err) != plugins.Invalid {
			t.Errorf("%q: got %v", base, err)
		}
	}
}

func TestWhatCannotBeSearchedIsSaidWithoutTheGuest(t *testing.T) {
	p := load(t, must(t, exampleCode), exampleManifest(t), Limits{})
	sys := opened(t, p, "http://127.0.0.1:9", nil)
	for _, q := range []plugins.Query{
		{Kind: "vehicle", Text: "x"}, {Kind: "incident", Text: "x"},
		{Kind: "person", Terms: []plugins.Term{{Property: "givenName", Value: pole.Value{Source: "Ada"}}}},
	} {
		_, err := sys.Search(officer(t), q)
		if plugins.KindOf(err) != plugins.Invalid || !strings.Contains(err.Error(), "Larkfield Records") {
			t.Errorf("%+v: got %v", q, err)
		}
	}
}
