package demoforce

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

func TestSignIn(t *testing.T) {
	f := start(t)
	tok, err := signIn(t, f, "okafor", Password)
	if err != nil {
		t.Fatal(err)
	}
	if tok.RefreshToken == "" || tok.Extra("id_token") == nil || tok.ExpiresIn < 500 {
		t.Errorf("token lacks parts: %+v", tok)
	}
	_, _, b := ask(t, "GET", f.Issuer()+"/userinfo", map[string]string{"Authorization": "Bearer " + tok.AccessToken}, "")
	u := read(t, b)
	for k, want := range map[string]string{"sub": "okafor", "name": "Ada Okafor", "collar": "2214", "rank": "PC", "role": "response", "force": ForceName} {
		if u[k] != want {
			t.Errorf("user info %s = %v, want %s", k, u[k], want)
		}
	}
}

func TestWrongPasswordIsSaidAndCounted(t *testing.T) {
	f := start(t)
	for i, want := range []string{"Attempt 1 of 5", "Attempt 2 of 5", "Attempt 3 of 5", "Attempt 4 of 5", "held for a minute", "held for a minute"} {
		if _, err := signIn(t, f, "singh", "nonsense"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("attempt %d: %v, want %q", i+1, err, want)
		}
	}
	if _, err := signIn(t, f, "singh", Password); err == nil {
		t.Error("a held account let its officer in")
	}
	if _, err := signIn(t, f, "okafor", Password); err != nil {
		t.Errorf("another account suffers: %v", err)
	}
}

func TestRefreshRotatesAndReuseEndsTheFamily(t *testing.T) {
	f := start(t)
	tok, err := signIn(t, f, "okafor", Password)
	if err != nil {
		t.Fatal(err)
	}
	turn := func(refresh string) (int, map[string]any) {
		code, _, b := ask(t, "POST", f.Issuer()+"/oauth/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			url.Values{"grant_type": {"refresh_token"}, "client_id": {f.ClientID()}, "refresh_token": {refresh}}.Encode())
		return code, read(t, b)
	}
	code, first := turn(tok.RefreshToken)
	if code != 200 || first["refresh_token"] == tok.RefreshToken {
		t.Fatalf("no rotation: %d %v", code, first)
	}
	if code, second := turn(tok.RefreshToken); code != 400 || second["error"] != "invalid_grant" {
		t.Errorf("a used refresh token gave %d %v", code, second["error"])
	}
	if code, third := turn(first["refresh_token"].(string)); code != 400 || third["error"] != "invalid_grant" {
		t.Errorf("the family lives on: %d %v", code, third["error"])
	}
}

func TestDeviceFlow(t *testing.T) {
	f := start(t)
	c := oauthConfig(f, "")
	c.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect // sends Basic with an empty secret first
	d, err := c.DeviceAuth(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Browser("whitelaw", Password)(d.VerificationURIComplete); err != nil {
		t.Fatal(err)
	}
	tok, err := c.DeviceAccessToken(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if tok.RefreshToken == "" {
		t.Error("no refresh token for offline_access")
	}
	if err := f.Browser("whitelaw", Password)(d.VerificationURIComplete); err == nil || !strings.Contains(err.Error(), "No device is waiting") {
		t.Errorf("a used code: %v", err)
	}
}

func exchange(t testing.TB, f *Force, form url.Values, basic bool) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequest("POST", f.Issuer()+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		req.SetBasicAuth(f.ClientID(), "")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v map[string]any
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, v
}

func exchangeForm(token, audience string) url.Values {
	return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {audience}, "subject_token": {token},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}}
}

func TestTokenExchange(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	for _, basic := range []bool{true, false} {
		if code, v := exchange(t, f, exchangeForm(tok, "cad"), basic); code != 200 || v["access_token"] == tok || v["token_type"] != "Bearer" {
			t.Errorf("basic %v: %d %v", basic, code, v["error_description"])
		}
	}
	for name, x := range map[string]struct {
		token, audience, want string
	}{"unknown target": {tok, "payroll", "invalid_target"}, "no audience": {tok, "", "invalid_request"}, "no token of ours": {"abc", "cad", "invalid_request"}} {
		form := exchangeForm(x.token, x.audience)
		if x.audience == "" {
			form.Del("audience")
		}
		if code, v := exchange(t, f, form, false); code != 400 || v["error"] != x.want {
			t.Errorf("%s: %d %v, want %s", name, code, v, x.want)
		}
	}
}

func TestSignOutEndsTokens(t *testing.T) {
	f := start(t)
	tok, err := signIn(t, f, "okafor", Password)
	if err != nil {
		t.Fatal(err)
	}
	code, _, b := ask(t, "GET", f.Issuer()+"/end_session?id_token_hint="+tok.Extra("id_token").(string), nil, "")
	if code != 200 || !strings.Contains(string(b), "signed out") {
		t.Errorf("end of session: %d %.100s", code, b)
	}
	if code, _ := exchange(t, f, exchangeForm(tok.AccessToken, "cad"), false); code != 400 {
		t.Errorf("a token of an ended session was exchanged: %d", code)
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	f := start(t)
	base := f.Issuer() + "/authorize?client_id=muster-desk&response_type=code&scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&redirect_uri="
	for name, redirect := range map[string]string{"elsewhere": "http://evil.example/cb", "user info trick": "http://127.0.0.1:80@evil.example/cb", "https elsewhere": "https://evil.example/"} {
		if code, _, _ := ask(t, "GET", base+url.QueryEscape(redirect), nil, ""); code != 400 {
			t.Errorf("%s: %d", name, code)
		}
	}
	for _, redirect := range []string{"http://127.0.0.1:4567/callback", "http://localhost:9/x", "http://[::1]:4567/a/b"} {
		if code, _, b := ask(t, "GET", base+url.QueryEscape(redirect), nil, ""); code != 200 {
			t.Errorf("%s refused: %d %.200s", redirect, code, b)
		}
	}
	c := oauthConfig(f, "http://127.0.0.1:1/cb")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(c.AuthCodeURL("s")) // no PKCE
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if loc := res.Header.Get("Location"); !strings.Contains(loc, "error=invalid_request") {
		t.Errorf("no PKCE was let through: %d %s", res.StatusCode, loc)
	}
}
