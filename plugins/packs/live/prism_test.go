package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/plugins"
	"muster/plugins/demoforce"
)

const dvlaDocument = "../../connector/draft/testdata/vehicle-enquiry-1.1.0.json"

// prism starts Stoplight's Prism over an OpenAPI document: "mock" answers from it, "proxy" holds the requests to upstream
// and its answers against it.
func prism(t *testing.T, mode, document string, upstream ...string) string {
	t.Helper()
	bin := node(t, "@stoplight/prism-cli")
	doc, err := filepath.Abs(document)
	if err != nil {
		t.Fatal(err)
	}
	p := port(t)
	script := filepath.Join(cache(), "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
	serve(t, p, exec.CommandContext(t.Context(), bin, append([]string{script, mode, "-h", "127.0.0.1", "-p", p, doc}, upstream...)...))
	return "http://127.0.0.1:" + p
}

// witness stands between a connector and Prism: it asks for an answer of that status, where it is given one, and keeps
// how requests and answers break the document.
type witness struct {
	url    string
	mu     sync.Mutex
	asked  int
	status int
	broken []string // "request.header x-api-key: …"
}

func watchPrism(t *testing.T, prism string) *witness {
	t.Helper()
	u, err := url.Parse(prism)
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.asked++; w.status > 0 {
				r.Out.Header.Set("Prefer", fmt.Sprintf("code=%d", w.status))
			}
		},
		ModifyResponse: func(r *http.Response) error {
			var all []struct {
				Location []any
				Message  string
			}
			if said := r.Header.Get("Sl-Violations"); said != "" {
				if err := json.Unmarshal([]byte(said), &all); err != nil {
					return err
				}
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, v := range all {
				where := make([]string, len(v.Location))
				for i, l := range v.Location {
					where[i] = fmt.Sprint(l)
				}
				w.broken = append(w.broken, strings.Join(where, ".")+": "+v.Message)
			}
			return nil
		},
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// complaints are the breaches that were seen, without those that contain one of the texts.
func (w *witness) complaints(but ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.broken), func(s string) bool {
		return slices.ContainsFunc(but, func(b string) bool { return strings.Contains(s, b) })
	})
}

// TestVehiclesByThePublishedDocument: answers made from DVLA's own document are read, its errors included.
func TestVehiclesByThePublishedDocument(t *testing.T) {
	w := watchPrism(t, prism(t, "mock", dvlaDocument))
	for status, want := range map[int]plugins.ErrorKind{0: "", 400: plugins.Invalid, 404: "", 500: plugins.Unavailable, 503: plugins.Unavailable} {
		w.mu.Lock()
		w.status = status
		w.mu.Unlock()
		s := live{"dvla_ves", plugins.Config{"base_url": w.url}, map[string]string{"api_key": "prism-Vb31"}}.open(t) // each with a breaker of its own
		p, err := s.Search(officer(t), by(t, "vehicle", "vrm", "AA19 AAA"))
		if plugins.KindOf(err) != want {
			t.Errorf("%d: %v", status, err)
		}
		if n := len(p.Records); n > 0 != (status == 0) {
			t.Errorf("%d: %d vehicles", status, n)
		} else if n > 0 {
			has(t, p.Records[0], "vrm", "WN67DSO", "yearOfManufacture", "2004", "engineCapacity", "1796")
		}
		if status == 400 {
			if _, err := s.Check(officer(t)); err != nil {
				t.Errorf("check: %v", err)
			}
		}
	}
	if got := w.complaints("response."); len(got) > 0 || w.asked < 5 {
		t.Errorf("%d requests, which break the document: %q", w.asked, got)
	}
}

func force(t *testing.T, id string) (base string, credentials map[string]string) {
	t.Helper()
	f, err := demoforce.Start(context.Background(), demoforce.Options{Scale: 0.05, LiveEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, s := range f.Systems() {
		if s.ID == id {
			return s.Options["base_url"], f.Credentials()[id]
		}
	}
	t.Fatalf("the force has no %s", id)
	return "", nil
}

// TestVehiclesKeepToTheDocument: what the connector asks of the simulated service, and what that answers, is as published.
func TestVehiclesKeepToTheDocument(t *testing.T) {
	base, secrets := force(t, "vehicles")
	w := watchPrism(t, prism(t, "proxy", dvlaDocument, base))
	l := live{"dvla_ves", plugins.Config{"base_url": w.url}, secrets}
	s := l.open(t)
	if _, err := s.Check(officer(t)); err != nil {
		t.Error(err)
	}
	for _, vrm := range []string{"AA19AAA", "aa19 eee", "L2 WPS", "YK19FZB", "ZZ99ZZZ"} {
		p, err := s.Search(officer(t), by(t, "vehicle", "vrm", vrm))
		if err != nil || len(p.Records) != 1 != (vrm == "ZZ99ZZZ") {
			t.Errorf("%s: %d vehicles, %v", vrm, len(p.Records), err)
		}
		if len(p.Records) > 0 {
			if _, err := s.Fetch(officer(t), p.Records[0].Ref); err != nil {
				t.Errorf("%s: %v", vrm, err)
			}
		}
	}
	// The document calls these two dates, and gives a year and a month as their example, as its manual does.
	if got := w.complaints("response.body.monthOfFirst"); len(got) > 0 || w.asked < 9 {
		t.Errorf("%d requests; against the document: %q", w.asked, got)
	}
	try(t, "POST", w.url+"/v1/vehicles", map[string]any{"registrationNumber": 7})
	if got := strings.Join(w.complaints("response."), "\n"); !strings.Contains(got, "x-api-key") || !strings.Contains(got, "registrationNumber") {
		t.Errorf("a request that breaks the document is not seen to: %q", got)
	}
}

// TestStreetCrimeKeepsToTheDocument: likewise of data.police.uk.
func TestStreetCrimeKeepsToTheDocument(t *testing.T) {
	base, _ := force(t, "streetcrime")
	w := watchPrism(t, prism(t, "proxy", filepath.Join("testdata", "police_uk.openapi.yaml"), base))
	s := live{"police_uk", plugins.Config{"base_url": w.url}, nil}.open(t)
	if _, err := s.Check(officer(t)); err != nil {
		t.Error(err)
	}
	found := 0
	for _, q := range []plugins.Query{by(t, "crime", "coordinates", "53.829,-1.502"), by(t, "stop", "coordinates", "53.829,-1.502")} {
		p, err := s.Search(officer(t), q)
		if err != nil {
			t.Errorf("%s: %v", q.Kind, err)
		}
		found += len(p.Records)
	}
	if got := w.complaints(); len(got) > 0 || w.asked != 3 || found == 0 {
		t.Errorf("%d requests, %d records; against the document: %.500q", w.asked, found, got)
	}
	try(t, "GET", w.url+"/stops-street?lat=north", nil)
	if got := strings.Join(w.complaints("response."), "\n"); !strings.Contains(got, "lat") || !strings.Contains(got, "lng") {
		t.Errorf("a request that breaks the document is not seen to: %q", got)
	}
}
