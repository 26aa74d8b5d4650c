package transport

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
)

// envelope is a service's own view of a SOAP request.
type envelope struct {
	XMLName xml.Name
	Header  struct {
		Other    string `xml:"other"`
		Security []struct {
			Token struct {
				Username string
				Password struct {
					Type  string `xml:",attr"`
					Value string `xml:",chardata"`
				}
				Nonce   string
				Created string
			} `xml:"UsernameToken"`
		} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Security"`
	}
	Body struct {
		Find string `xml:"find"`
	}
}

var envelopes = map[string]string{
	"1.1 without a header": `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soap:Envelope xmlns:soap="` + soap11 + `"><soap:Body><find>x &amp; y</find></soap:Body></soap:Envelope>`,
	"1.2 with a header":    `<e:Envelope xmlns:e="` + soap12 + `"><e:Header><other>kept</other></e:Header><e:Body><find>x &amp; y</find></e:Body></e:Envelope>`,
	"empty header":         `<e:Envelope xmlns:e="` + soap11 + `"><e:Header a="b" /><e:Body><find>x &amp; y</find></e:Body></e:Envelope>`,
	"default name space":   `<!-- c --><Envelope xmlns='` + soap12 + `'><Body><find xmlns="">x &amp; y</find></Body></Envelope>`,
	"own name space":       `<Envelope xmlns='` + soap11 + `'><b:Header xmlns:b='` + soap11 + `'></b:Header><b:Body xmlns:b='` + soap11 + `'><find>x &amp; y</find></b:Body></Envelope>`,
}

func TestUsernameToken(t *testing.T) {
	for name, body := range envelopes {
		for _, digest := range []bool{false, true} {
			t.Run(fmt.Sprint(name, digest), func(t *testing.T) {
				var nonces sync.Map
				var n atomic.Int64
				r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					var e envelope
					b, _ := io.ReadAll(req.Body)
					if err := xml.Unmarshal(b, &e); err != nil || len(e.Header.Security) != 1 || e.Body.Find != "x & y" {
						t.Errorf("%v in %s", err, b)
						return
					}
					tok := e.Header.Security[0].Token
					if _, seen := nonces.LoadOrStore(tok.Nonce, true); seen {
						t.Error("a nonce was used twice")
					}
					want := "p<w>&rd"
					if digest {
						nonce, _ := base64.StdEncoding.DecodeString(tok.Nonce)
						sum := sha1.Sum([]byte(string(nonce) + tok.Created + want))
						want = base64.StdEncoding.EncodeToString(sum[:])
					}
					if tok.Username != "officer" || tok.Password.Value != want || strings.HasSuffix(tok.Password.Type, "Digest") != digest {
						t.Errorf("token %+v", tok)
					}
					if n.Add(1) == 1 {
						w.WriteHeader(503)
					}
				}), withAuth(plugins.AuthSpec{Kind: plugins.AuthWSSUsername, User: "user", Secret: "secret", Digest: digest}))
				r.creds.values["user"], r.creds.values["secret"] = "officer", "p<w>&rd"
				if got, _, err := r.do(AsRead(officer()), "POST", "/", body); err != nil || got != 200 {
					t.Fatal(got, err)
				}
				if n.Load() != 2 {
					t.Fatalf("%d requests", n.Load())
				}
			})
		}
	}
}

func TestEnvelopesThatAreRefused(t *testing.T) {
	for _, body := range []string{
		"", "not xml", "<a/>", `<Envelope><Body/></Envelope>`, `{"json":true}`, `<e:Envelope xmlns:e="` + soap11 + `"/>`,
		`<!DOCTYPE x><e:Envelope xmlns:e="` + soap11 + `"><e:Body/></e:Envelope>`,
		`<e:Envelope xmlns:e="` + soap11 + `"><f:Body/></e:Envelope>`,
		`<e:Envelope xmlns:e="` + soap11 + `"><e:Header><s:Security xmlns:s="` + nsWSSE + `"/></e:Header><e:Body/></e:Envelope>`,
		`<?xml version="1.0" encoding="ISO-8859-1"?><e:Envelope xmlns:e="` + soap11 + `"><e:Body/></e:Envelope>`,
	} {
		if got, err := insertHeader([]byte(body), "x"); err == nil {
			t.Errorf("%s became %s", body, got)
		}
	}
}

func TestFaultThatMeansSignIn(t *testing.T) {
	var n atomic.Int64
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(500)
		io.WriteString(w, `<s:Envelope xmlns:s="`+soap11+`"><s:Body><s:Fault><faultcode>wsse:FailedAuthentication</faultcode></s:Fault></s:Body></s:Envelope>`)
	}), withAuth(plugins.AuthSpec{Kind: plugins.AuthWSSUsername, User: "user", Secret: "secret"}))
	r.creds.values["user"], r.creds.values["secret"] = "officer", "stale-password"
	_, _, err := r.do(AsRead(officer()), "POST", "/", envelopes["1.2 with a header"])
	wantKind(t, err, plugins.Auth)
	if n.Load() != 1 {
		t.Fatalf("a refused password was sent %d times", n.Load())
	}
}

func FuzzInsertHeader(f *testing.F) {
	for _, e := range envelopes {
		f.Add([]byte(e))
	}
	token := usernameToken("officer", "p<w>&rd", true, []byte("0123456789abcdef"), time.Unix(0, 0))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := insertHeader(in, token)
		if err != nil {
			return
		}
		if len(out) < len(in)+len(token) {
			t.Fatalf("bytes were lost: %q became %q", in, out)
		}
		var before, after envelope
		if xml.Unmarshal(in, &before) != nil || len(before.Header.Security) > 0 {
			return // not well formed further on: the server's to refuse
		}
		if err := xml.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if after.Body.Find != before.Body.Find || after.Header.Other != before.Header.Other {
			t.Fatalf("%q became %q", in, out)
		}
	})
}
