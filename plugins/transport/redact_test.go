package transport

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"muster/plugins"
)

func TestRedact(t *testing.T) {
	Remember("correct horse battery")
	for in, want := range map[string]string{
		"":                                      "",
		"nothing to hide":                       "nothing to hide",
		"the correct horse battery staple":      "the ••• staple",
		"Authorization: Bearer abcdef123456":    "Authorization: •••",
		"sent Bearer abcdef123456.x":            "sent Bearer •••",
		"GET https://h/p?surname=Smith&key=1":   "GET https://h/p?•••",
		"https://user:pw@host/p":                "https://•••@host/p",
		`{"password":"hunter22","a":1}`:         `{"password":•••,"a":1}`,
		"client_secret=abc&grant_type=x":        "client_secret=•••&grant_type=x",
		"api-key: 123":                          "api-key: •••",
		"jwt eyJhbGciOiJ.eyJzdWIiOiIx.c2lnbmF0": "jwt •••",
	} {
		if got := Redact(in); !strings.HasPrefix(strings.ReplaceAll(got, "••• •••", "•••"), want) {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogsHoldNoCredential(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(LogHandler(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})))
	Remember("swordfish-9")
	log.With("token", "abcdefg").WithGroup("g").Info("used swordfish-9",
		"err", fmt.Errorf("wrapped: %w", errors.New("swordfish-9 refused at https://h/?q=Smith")),
		"header", http.Header{"Authorization": {"Bearer zyxwvut98765"}},
		slog.Group("inner", "Cookie", "sid=1234567", "count", 3))
	for _, bad := range []string{"swordfish", "abcdefg", "Smith", "zyxwvut", "1234567"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%s stands in %s", bad, b.String())
		}
	}
	if !strings.Contains(b.String(), "count=3") {
		t.Error("a number was lost: " + b.String())
	}
}

func TestTransportLogsNeitherTermsNorCredentials(t *testing.T) {
	var b bytes.Buffer
	r := newRig(t, http.NotFoundHandler(), withAuth(plugins.AuthSpec{Kind: plugins.AuthAPIKey, Query: "key", Secret: "secret"}),
		func(o *Options, _ *tuning) {
			o.Log = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
	r.creds.values["secret"] = "the-query-key"
	r.get("/persons/Private?surname=Private")
	if !strings.Contains(b.String(), "status=404") {
		t.Fatalf("nothing was logged: %q", b.String())
	}
	for _, bad := range []string{"Private", "the-query-key"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%s stands in %s", bad, b.String())
		}
	}
}

func TestFromStatus(t *testing.T) {
	for code, want := range map[int][2]plugins.ErrorKind{
		200: {"", ""}, 204: {"", ""}, 304: {"", ""}, 302: {plugins.Drift, plugins.Unknown}, 400: {plugins.Invalid, plugins.Invalid},
		401: {plugins.Auth, plugins.Auth}, 403: {plugins.Denied, plugins.Denied}, 404: {plugins.NotFound, plugins.NotFound},
		408: {plugins.Unavailable, plugins.Unknown}, 409: {plugins.Duplicate, plugins.Duplicate}, 410: {plugins.NotFound, plugins.NotFound},
		422: {plugins.Invalid, plugins.Invalid}, 425: {plugins.Unavailable, plugins.Unavailable}, 429: {plugins.Limited, plugins.Limited},
		500: {plugins.Unavailable, plugins.Unknown}, 501: {plugins.Invalid, plugins.Invalid}, 503: {plugins.Unavailable, plugins.Unknown},
	} {
		for i, write := range []bool{false, true} {
			e := FromStatus("rms", &http.Response{StatusCode: code, Header: http.Header{}}, write)
			switch {
			case want[i] == "" && e != nil, want[i] != "" && (e == nil || e.Kind != want[i] || e.System != "rms" || e.Say == ""):
				t.Errorf("%d (write %v) gives %+v, want %s", code, write, e, want[i])
			}
		}
	}
}
