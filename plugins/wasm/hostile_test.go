package wasm

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

const hostileManifest = `{"abi": 1, "id": "hostile", "name": "Hostile Records", "help": "Breaks every rule.", "code": "HST", "shape": "star", "version": "1",
	"options": [{"name": "base_url", "type": "url", "label": "Server address", "help": "Where it is.", "required": true}],
	"hosts": ["base_url"], "limits": {"rate": 10000, "burst": 10000, "parallel": 4},
	"kinds": [{"kind": "person", "search": [{"require": ["surname"]}], "fetch": true, "watch": true, "returns": ["surname", "occupation", "warning"], "require": ["surname"]},
		{"kind": "incident", "accepts": [{"path": "description", "required": true}]}]}`

// hostile is an opened hostile plugin, the count of requests that reached its server, and what stands in the log.
func hostile(t *testing.T, l Limits) (sys plugins.System, asked *atomic.Int64, log func() string) {
	t.Helper()
	asked = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/500" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(srv.Close)
	var mu sync.Mutex
	var buf bytes.Buffer
	h := slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return buf.Write(p)
	}), &slog.HandlerOptions{Level: slog.LevelDebug})
	if l.Work == 0 {
		l.Work = time.Minute
	}
	p := load(t, must(t, hostileCode), hostileManifest, l)
	sys = opened(t, p, srv.URL, func(e *plugins.Env) { e.Log = slog.New(h) })
	return sys, asked, func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// calm forgets breakdowns, so that a plugin that breaks down again and again is asked again.
func calm(sys plugins.System) {
	switch s := sys.(type) {
	case *system:
		s.pool.note(time.Now(), false)
	case struct {
		*system
		submitter
		watcher
	}:
		s.pool.note(time.Now(), false)
	}
}

func TestTheDeskSurvivesEveryMisdeed(t *testing.T) {
	sys, asked, log := hostile(t, Limits{Work: time.Minute}) // on a busy machine even a good guest needs time
	hasty, _, _ := hostile(t, Limits{Work: 2 * time.Second})
	if _, err := hasty.Search(officer(t), surname(t, "good")); err != nil {
		t.Fatal(err)
	}
	if _, err := sys.Search(officer(t), surname(t, "good")); err != nil { // compiled once, outside the watch on time
		t.Fatal(err)
	}
	for deed, want := range map[string]struct {
		kind plugins.ErrorKind
		say  string
	}{
		"loop":       {plugins.Unavailable, "more than 2s"},
		"memory":     {plugins.Unavailable, "64 MiB"},
		"huge":       {plugins.Unavailable, "64 MiB"},
		"recurse":    {plugins.Unavailable, ""},
		"goroutines": {plugins.Unavailable, ""},
		"exit":       {plugins.Unavailable, "exit code 0"},
		"exit7":      {plugins.Unavailable, "exit code 7"},
		"panic":      {plugins.Unavailable, ""},
		"null":       {plugins.Unavailable, ""},
		"sleep":      {plugins.Unavailable, "more than 2s"},
		"deadlock":   {plugins.Unavailable, ""},
		"undeclared": {plugins.Denied, "not declared"},
		"plain":      {plugins.Denied, "not secure"},
		"file":       {plugins.Denied, "cannot be read"},
		"delete":     {plugins.Denied, "DELETE"},
		"method":     {plugins.Denied, "CONNECT"},
		"credential": {plugins.Denied, "Authorization"},
		"smuggle":    {plugins.Denied, "header"},
		"many":       {plugins.Denied, "50 requests"},
		"failing":    {plugins.Unavailable, "could not answer"},
		"offline":    {plugins.Drift, "although the system did not"},
		"big":        {plugins.Drift, "more than is allowed"},
		"garbage":    {plugins.Drift, "not JSON"},
		"member":     {plugins.Drift, `unknown member "wish"`},
		"retyped":    {plugins.Drift, "page.records is of another type"},
		"trailing":   {plugins.Drift, "more after its end"},
		"deep":       {plugins.Drift, "not JSON"},
		"wrong":      {plugins.Drift, "no page"},
		"kind":       {plugins.Drift, "unknown kind"},
		"noid":       {plugins.Drift, "no id"},
		"danger":     {plugins.Drift, "what carries danger must not be missing"},
		"nothing":    {plugins.Drift, "no answer"},
		"twice":      {plugins.Drift, "answered twice"},
		"pointer":    {plugins.Drift, "outside the guest's memory"},
		"length":     {plugins.Drift, "more than is allowed"},
		"httpptr":    {plugins.Drift, "outside the guest's memory"},
		"httpbody":   {plugins.Drift, "outside the guest's memory"},
		"takeptr":    {plugins.Drift, "outside the guest's memory"},
		"takelong":   {plugins.Drift, "another size"},
		"takebody":   {plugins.Drift, "another size"},
		"nosuchdeed": {plugins.Unavailable, ""},
	} {
		t.Run(deed, func(t *testing.T) {
			sys := sys
			if want.say == "more than 2s" {
				sys = hasty
			}
			calm(sys)
			start := time.Now()
			page, err := sys.Search(officer(t), surname(t, deed))
			if took := time.Since(start); took > 40*time.Second {
				t.Errorf("it took %v", took)
			}
			if plugins.KindOf(err) != want.kind || !strings.Contains(err.Error(), want.say) || !strings.Contains(err.Error(), "Hostile Records") {
				t.Fatalf("got %d records and %v, want %s: %s", len(page.Records), err, want.kind, want.say)
			}
			if strings.Contains(strings.ToLower(err.Error()), "smith") {
				t.Errorf("the error repeats what the guest said: %v", err)
			}
			calm(sys)
			if page, err := sys.Search(officer(t), surname(t, "good")); err != nil || len(page.Records) != 1 {
				t.Errorf("afterwards it is of no use: %v", err)
			}
		})
	}
	if n := asked.Load(); n > 300 {
		t.Errorf("%d requests reached the server", n)
	}
	if strings.Contains(strings.ToLower(log()), "nosuchdeed") {
		t.Error("the log repeats what was searched for")
	}
}

func TestAPartThatFailedIsAGap(t *testing.T) {
	sys, _, _ := hostile(t, Limits{})
	page, err := sys.Search(officer(t), surname(t, "partly"))
	if err != nil || len(page.Records) != 1 || len(page.Gaps) != 1 || page.Gaps[0].Kind != plugins.Unavailable {
		t.Fatalf("got %+v, %v", page, err)
	}
}

func TestNothingOfTheComputerIsSeen(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	t.Setenv("MUSTER_HOSTILE_TEST", "seen")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	defer srv.Close()
	sys := opened(t, load(t, must(t, hostileCode), hostileManifest, Limits{}), srv.URL, func(e *plugins.Env) { e.Now = func() time.Time { return at } })
	page, err := sys.Search(officer(t), surname(t, "computer"))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := page.Records[0].First("occupation")
	if f.Value.Source != "found:  at 2026-02-03T04:05:06Z" {
		t.Errorf("the guest found out: %q", f.Value.Source)
	}
}

func TestAFloodOfLogLinesIsBounded(t *testing.T) {
	sys, _, log := hostile(t, Limits{Work: time.Minute})
	if _, err := sys.Search(officer(t), surname(t, "flood")); err != nil {
		t.Fatal(err)
	}
	got := log()
	if n := strings.Count(got, "\n"); n > DefaultLogLines+5 || n < 10 || len(got) > 64<<10 {
		t.Errorf("%d lines of %d bytes", n, len(got))
	}
	if !strings.Contains(got, "more than is kept") {
		t.Error("nothing says that lines are missing")
	}
	if strings.Contains(strings.ToLower(got), "flood") {
		t.Error("the log repeats what was searched for")
	}
}

func TestABreakdownForgetsEverything(t *testing.T) {
	sys, _, _ := hostile(t, Limits{})
	word := func() string {
		page, err := sys.Search(officer(t), surname(t, "remember"))
		if err != nil {
			t.Fatal(err)
		}
		f, _ := page.Records[0].First("occupation")
		return f.Value.Source
	}
	if first, second := word(), word(); first != "call 1" || second != "call 2" {
		t.Errorf("got %q, %q: an instance is started for every call", first, second)
	}
	if _, err := sys.Search(officer(t), surname(t, "exit")); err == nil {
		t.Fatal("exit succeeds")
	}
	if got := word(); got != "call 1" {
		t.Errorf("got %q after a breakdown", got)
	}
}

func TestOtherSystemsGoOnMeanwhile(t *testing.T) {
	bad, _, _ := hostile(t, Limits{Work: 3 * time.Second})
	_, url := newLark(t, 3)
	good := opened(t, load(t, must(t, exampleCode), exampleManifest(t), Limits{}), url, nil)
	for _, sys := range []plugins.System{bad, good} { // compiled before the race
		_, _ = sys.Check(officer(t))
	}
	calm(bad)
	ended := make(chan error, 2)
	for _, deed := range []string{"loop", "memory"} {
		go func() {
			_, err := bad.Search(officer(t), surname(t, deed))
			ended <- err
		}()
	}
	answered := 0
	for len(ended) < cap(ended) {
		if page, err := good.Search(officer(t), surname(t, "Harrington")); err != nil || len(page.Records) != 3 {
			t.Fatalf("the other system: %v", err)
		}
		answered++
		time.Sleep(20 * time.Millisecond)
	}
	if answered < 3 {
		t.Errorf("the other system answered %d times meanwhile", answered)
	}
	for range cap(ended) {
		if err := <-ended; plugins.KindOf(err) != plugins.Unavailable {
			t.Error(err)
		}
	}
}

func TestALoopEndsWhenTheOfficerStops(t *testing.T) {
	sys, _, _ := hostile(t, Limits{Work: 5 * time.Minute})
	if _, err := sys.Search(officer(t), surname(t, "good")); err != nil {
		t.Fatal(err)
	}
	for deed, kind := range map[string]plugins.ErrorKind{"loop": plugins.Cancelled, "sleep": plugins.Cancelled, "busy": ""} {
		ctx, cancel := context.WithCancel(officer(t))
		stop := time.AfterFunc(100*time.Millisecond, cancel)
		if deed == "busy" { // answers although its goroutines never end
			stop.Stop()
		}
		done := make(chan error, 1)
		go func() {
			_, err := sys.Search(ctx, surname(t, deed))
			done <- err
		}()
		select {
		case err := <-done:
			if plugins.KindOf(err) != kind {
				t.Errorf("%s: got %v", deed, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s goes on", deed)
		}
		cancel()
	}
}

func TestAPluginThatKeepsBreakingDownIsLeftAlone(t *testing.T) {
	sys, _, _ := hostile(t, Limits{})
	for range maxFaults {
		if _, err := sys.Search(officer(t), surname(t, "exit")); err == nil || strings.Contains(err.Error(), "left alone") {
			t.Fatalf("got %v", err)
		}
	}
	_, err := sys.Search(officer(t), surname(t, "good"))
	if plugins.KindOf(err) != plugins.Unavailable || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("got %v", err)
	}
}

func TestAWriteThatBrokeDownIsNeverCalledFailed(t *testing.T) {
	sys, _, _ := hostile(t, Limits{})
	sub := sys.(plugins.Submitter)
	e := plugins.Entry{Form: "incident", Kind: "incident"}
	if _, err := sub.Submit(officer(t), e, "k"); plugins.KindOf(err) != plugins.Invalid {
		t.Errorf("an empty entry: %v", err)
	}
	e.Facts = append(e.Facts, fact(t, "description", "A window was broken."))
	if _, err := sub.Submit(officer(t), e, "k"); plugins.KindOf(err) != plugins.Unknown || !strings.Contains(err.Error(), "not known whether Hostile Records took this") {
		t.Errorf("submit: %v", err)
	}
	if _, err := sub.Confirm(officer(t), e, "k"); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("'not there' without asking is believed: %v", err)
	}
	if _, err := sys.Check(officer(t)); plugins.KindOf(err) != plugins.Drift {
		t.Errorf("an identity without asking is believed: %v", err)
	}
}

func TestMisdeedsBeforeTheFirstCall(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	for start, want := range map[string]string{"loop": "more than 2s", "http": "before it was called"} {
		code, err := build("hostile", "hostile-"+start+".wasm", "-X main.start="+start)
		if err != nil {
			t.Fatal(err)
		}
		sys := opened(t, load(t, code, hostileManifest, Limits{Work: 2 * time.Second}), srv.URL, nil)
		if _, err := sys.Search(officer(t), surname(t, "good")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", start, err)
		}
	}
}

func ExampleEmbed() {
	module, err := Embed([]byte{0, 'a', 's', 'm', 1, 0, 0, 0}, []byte(`{"abi": 1}`))
	fmt.Println(len(module), err)
	// Output: 34 <nil>
}
