package packs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// published opens a pack whose system is known from its documents only, at stand-ins on real sockets.
func published(t *testing.T, pack string, cfg plugins.Config, creds credentials, trust *tls.Config) plugins.System {
	t.Helper()
	c, err := Load(pack)
	if err != nil {
		t.Fatal(err)
	}
	info := c.Info()
	client, err := transport.New(transport.Options{System: pack, Info: info, Config: cfg, Credentials: creds, TLS: trust,
		Permit: func(context.Context, *http.Request) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	s, err := info.Open(context.Background(), plugins.Env{System: pack, HTTP: client, Config: cfg, Dictionary: dictionary(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a caller that has gone does not matter
}

func find(t *testing.T, s plugins.System, kind pole.Kind, p pole.Property, v string) ([]pole.Record, error) {
	t.Helper()
	got, err := s.Search(officer(t), plugins.Query{Kind: kind, Terms: []plugins.Term{term(t, p, v)}})
	return got.Records, err
}

// MOT history wants a token of another host and a key beside it; an ended token is a code in the body.
func TestMOTHistoryOverTwoHosts(t *testing.T) {
	var tokens, asked atomic.Int64
	login := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tenant/oauth2/v2.0/token" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != "client" ||
			r.FormValue("client_secret") != "the+secret" || r.FormValue("scope") != "https://tapi.dvsa.gov.uk/.default" || r.Header.Get("X-API-Key") != "" {
			reply(w, 400, `{"error":"invalid_request"}`)
			return
		}
		reply(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":1199,"access_token":"token-%d"}`, tokens.Add(1)))
	})
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		moth := func(status int, code string) {
			reply(w, status, `{"requestId":"r","errorCode":"MOTH-`+code+`","errorMessage":"x"}`)
		}
		switch {
		case r.Header.Get("X-API-Key") != "the-api-key":
			moth(403, "FB-03")
		case r.Header.Get("Authorization") == "Bearer token-1":
			moth(403, "FB-02")
		case r.Header.Get("Authorization") != "Bearer token-2":
			moth(401, "UA-01")
		case strings.HasSuffix(r.URL.Path, "/ZZ99ZZZ"):
			moth(404, "NF-01")
		case strings.HasSuffix(r.URL.Path, "/ZZ98ZZZ"):
			w.Header().Set("Retry-After", "120")
			moth(429, "RL-01")
		default:
			reply(w, 200, `{"registration":"AB17CDE","make":"FORD","motTests":[{"completedDate":"2025-03-01T09:36:37.000Z","testResult":"PASSED","odometerValue":71234,"odometerUnit":"MI","odometerResultType":"READ"}]}`)
		}
	})
	cfg := plugins.Config{"base_url": api, "token_url": login + "/tenant", "client_id": "client"}
	s := published(t, "dvsa_mot", cfg, credentials{"client_secret": "the+secret", "api_key": "the-api-key"}, nil)
	got, err := find(t, s, "vehicle", "vrm", "AB17 CDE")
	if err != nil || len(got) != 1 || tokens.Load() != 2 || asked.Load() != 2 {
		t.Fatalf("%v %v, %d tokens, asked %d times", got, err, tokens.Load(), asked.Load())
	}
	if m, _ := got[0].First("odometer"); m.Value.Norm != "71234 miles" {
		t.Errorf("%+v", m)
	}
	if got, err := find(t, s, "vehicle", "vrm", "ZZ99ZZZ"); err != nil || len(got) != 0 {
		t.Errorf("nothing found: %v %v", got, err)
	}
	if _, err := find(t, s, "vehicle", "vrm", "ZZ98ZZZ"); plugins.KindOf(err) != plugins.Limited {
		t.Errorf("limited: %v", err)
	}
	wrong := published(t, "dvsa_mot", cfg, credentials{"client_secret": "the+secret", "api_key": "another-key"}, nil)
	if _, err := find(t, wrong, "vehicle", "vrm", "AB17CDE"); plugins.KindOf(err) != plugins.Auth || strings.Contains(fmt.Sprint(err), "another-key") {
		t.Errorf("wrong key: %v", err)
	}
}

// Companies House takes the key as the user name.
func TestCompaniesHouseTakesTheKeyAsUserName(t *testing.T) {
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != "the-key-of-the-force" || p != "" {
			reply(w, 401, `{"error":"Invalid Authorization","type":"ch:service"}`)
			return
		}
		reply(w, 200, `{"company_name":"ALDER TRADING LIMITED","company_number":"00123456","company_status":"active"}`)
	})
	s := published(t, "companies_house", plugins.Config{"base_url": api}, credentials{"api_key": "the-key-of-the-force"}, nil)
	if got, err := find(t, s, "organisation", "companyNumber", "123456"); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
}

// OS Places takes its key in the query, which no error may tell.
func TestOSPlacesKeepsTheKeyOfTheQuery(t *testing.T) {
	var keys atomic.Int64
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("key") == "the-places-key" {
			keys.Add(1)
		}
		reply(w, 500, `{"error":{"statuscode":500}}`)
	})
	s := published(t, "os_places", plugins.Config{"base_url": api}, credentials{"api_key": "the-places-key"}, nil)
	_, err := find(t, s, "location", "postcode", "LS8 2QX")
	if plugins.KindOf(err) != plugins.Unavailable || keys.Load() == 0 || strings.Contains(fmt.Sprintf("%+v", err), "the-places-key") {
		t.Errorf("%d: %+v", keys.Load(), err)
	}
}

// Mark43 tells a refusal with 200; nobody may read it as 'no trace', nor read the words.
func TestMark43RefusesWith200(t *testing.T) {
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic the-issued-token" {
			reply(w, 401, `{"success":false,"error":"no","data":null}`)
			return
		}
		reply(w, 200, `{"success":false,"error":"MILLER is sealed","data":[]}`)
	})
	s := published(t, "mark43", plugins.Config{"base_url": api}, credentials{"token": "the-issued-token"}, nil)
	_, err := find(t, s, "person", "surname", "miller")
	if plugins.KindOf(err) != plugins.Unavailable || strings.Contains(strings.ToUpper(fmt.Sprint(err)), "MILLER") {
		t.Error(err)
	}
}

// certificate makes one for itself, in PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "muster"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kder}))
}

// The Standard API wants a certificate and two headers, and has an incident only if it says 201.
func TestStandardAPIWithCertificateAndKeys(t *testing.T) {
	cert, key := certificate(t)
	status, kept := 201, 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var doc struct {
			Data struct {
				ID, Type      string
				Relationships map[string]struct{ Data []struct{ ID, Type string } }
			}
			Included []struct{ ID, Type string }
		}
		w.Header().Set("Content-Type", "application/vnd.api+json")
		switch err := json.NewDecoder(r.Body).Decode(&doc); {
		case r.TLS.PeerCertificates[0].Subject.CommonName != "muster" || r.Header.Get("client_id") != "the-client" || r.Header.Get("client_secret") != "the-secret":
			w.WriteHeader(401)
		case err != nil || r.URL.Path != "/incidents" || r.Method != "POST" || r.Header.Get("Content-Type") != "application/vnd.api+json" || doc.Data.Type != "incident":
			w.WriteHeader(400)
			fmt.Fprint(w, `{"errors":[{"status":"400","title":"Missing data","source":{"pointer":"/data"}}]}`)
		default:
			known := map[string]bool{}
			for _, x := range doc.Included {
				known[x.Type+x.ID] = true
			}
			for name, rel := range doc.Data.Relationships { // full linkage, as JSON:API has it
				for _, x := range rel.Data {
					if !known[x.Type+x.ID] {
						t.Errorf("%s names %s %s, which is not included", name, x.Type, x.ID)
					}
				}
			}
			kept++
			w.WriteHeader(status)
			fmt.Fprint(w, `{"data":{"type":"incident","id":"INC-1"}}`)
		}
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	cfg := plugins.Config{"base_url": srv.URL, "force": "42", "certificate": cert}
	s := published(t, "ihub", cfg, credentials{"key": "the-client", "key_secret": "the-secret", "private_key": key}, &tls.Config{RootCAs: roots})
	if id, err := s.Check(officer(t)); err != nil || id.Server != "Standard API" {
		t.Fatal(id, err)
	}
	r, err := s.(plugins.Submitter).Submit(officer(t), report(t, "standard"), "k1")
	if err != nil || r.Reference != "INC-1" {
		t.Fatal(r, err)
	}
	status = 202
	if _, err := s.(plugins.Submitter).Submit(officer(t), report(t, "standard"), "k2"); plugins.KindOf(err) != plugins.Unknown || kept != 2 {
		t.Error(kept, err)
	}
}
