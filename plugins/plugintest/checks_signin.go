package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"muster/plugins"
	"muster/plugins/transport"
)

func signinChecks() []check {
	return []check{
		{name: "credential_missing", f: checkMissing},
		{name: "credential_wrong", f: checkWrong},
		{name: "credential_refused_not_repeated", http: true, f: checkDenied},
		{name: "token_storm", http: true, f: checkStorm},
		{name: "token_ends_between_pages", http: true, f: checkMidPage},
		{name: "token_rotated", http: true, f: checkRotated},
		{name: "login_page", http: true, apart: true, f: checkLoginPage},
	}
}

// keyed reports whether the sign-in needs anything of the officer's or IT's.
func (r *run) keyed() (anything, secret bool) {
	for _, a := range r.s.Info.Auth {
		anything = anything || a.Kind != plugins.AuthNone
		secret = secret || a.Secret != ""
	}
	return anything, secret
}

func checkMissing(ctx context.Context, r *run) error {
	if anything, _ := r.keyed(); !anything {
		return inapplicable("the system is open to all")
	}
	b, err := r.open(ctx, func(s *Subject) { s.Values, s.LoginToken = nil, nil })
	if err != nil {
		return err
	}
	defer b.close()
	page, err := b.sys.Search(ctx, r.s.Found)
	if err := r.failed("a search without a credential", page, err, plugins.Auth); err != nil {
		return err
	}
	if !errors.Is(err, transport.ErrNoCredential) {
		return fmt.Errorf("the error hides that a credential is missing: %w", err)
	}
	if n := b.asked(); n != 0 {
		return fmt.Errorf("%d requests went out without a credential", n)
	}
	return nil
}

func checkWrong(ctx context.Context, r *run) error {
	if _, secret := r.keyed(); !secret {
		return inapplicable("nothing that could be typed wrongly")
	}
	b, err := r.open(ctx, func(s *Subject) {
		wrong := map[string]string{}
		for k, v := range s.Values {
			wrong[k] = v
		}
		for _, a := range s.Info.Auth {
			if a.Secret != "" {
				wrong[a.Secret] = "plugintest-wrong-credential"
			}
		}
		s.Values = wrong
	})
	if err != nil {
		return err
	}
	defer b.close()
	// Several at once, as one question to every kind of record is; a system that counts wrong passwords sees one. A key
	// belongs to no account that could be locked.
	n := 8
	if r.s.Info.Auth[0].Kind == plugins.AuthAPIKey {
		n = 1
	}
	if err := together(n, func(int) error {
		page, err := b.sys.Search(ctx, r.s.Found)
		return r.failed("a search with a wrong credential", page, err, plugins.Auth, plugins.Denied)
	}); err != nil {
		return err
	}
	return r.oneAttempt(b)
}

// oneAttempt demands that a refused credential was shown to the system once.
func (r *run) oneAttempt(b *bench) error {
	tried, want := b.signins(), 1
	if tried == 0 {
		tried = b.asked() // the credential goes with the question itself
	}
	switch r.s.Info.Auth[0].Kind {
	case "ntlm", "kerberos", "digest":
		want = 2 // one to be told how, one with the credential
	}
	if tried > want {
		return fmt.Errorf("a wrong credential was shown to the system %d times; it may lock the account", tried)
	}
	return nil
}

func checkDenied(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	b.inject(Status(http.StatusForbidden), -1)
	page, err := b.sys.Search(ctx, r.s.Found)
	if err := r.failed("a search that is not allowed", page, err, plugins.Denied, plugins.Auth); err != nil { // some gateways answer a wrong key so
		return err
	}
	if n := b.asked(); n != 1 {
		return fmt.Errorf("a search that is not allowed was asked %d times, want once", n)
	}
	return nil
}

func checkLoginPage(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	b.inject(LoginPage, -1)
	page, err := b.sys.Search(ctx, r.s.Found)
	return r.failed("a search answered with a page to sign in at", page, err, plugins.Auth, plugins.Drift)
}

// renews reports whether the first way to sign in has something that ends and is renewed.
func (r *run) renews() bool {
	if len(r.s.Info.Auth) == 0 {
		return false
	}
	switch r.s.Info.Auth[0].Kind {
	case plugins.AuthNone, plugins.AuthAPIKey, plugins.AuthBasic, plugins.AuthWSSUsername, "digest", "mtls", "ntlm", "kerberos":
		return false
	}
	return true
}

func checkStorm(ctx context.Context, r *run) error {
	if !r.renews() {
		return inapplicable("its credential does not end, so there is nothing to renew")
	}
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	want, _, err := r.pages(ctx, g.b, r.s.Found)
	if err != nil {
		return err
	}
	each := g.b.signins()
	before := g.renewals(each)
	g.end()
	const n = 50
	if err := together(n, func(int) error {
		got, _, err := r.pages(ctx, g.b, r.s.Found)
		if err == nil && !sameRefs(got, want) {
			err = fmt.Errorf("after the renewal a search finds %d records, before it %d", len(got), len(want))
		}
		return err
	}); err != nil {
		return fmt.Errorf("%d searches with a token that has ended: %w", n, err)
	}
	if got := g.renewals(each) - before; got != 1 {
		return fmt.Errorf("%d searches with a token that has ended renew it %d times, want once", n, got)
	}
	return nil
}

func checkMidPage(ctx context.Context, r *run) error {
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	small := r.s.Found
	small.Limit = 2
	want, n, err := r.pages(ctx, g.b, small)
	if err != nil {
		return err
	}
	if n < 2 {
		return inapplicable("what is found comes in one page")
	}
	g.mu.Lock()
	g.endsAt = g.asked + 2
	g.mu.Unlock()
	got, _, err := r.pages(ctx, g.b, small)
	if !r.renews() {
		return r.errorIs("a search whose credential is refused on its second page", err, plugins.Auth)
	}
	if err != nil {
		return fmt.Errorf("a token that ends between two pages ends the search: %w", err)
	}
	if !sameRefs(got, want) {
		return fmt.Errorf("when the token ends between two pages the search finds %d records, otherwise %d", len(got), len(want))
	}
	return nil
}

func checkRotated(ctx context.Context, r *run) error {
	if !r.renews() {
		return inapplicable("its credential does not end, so there is nothing to renew")
	}
	g, err := r.openGated(ctx)
	if err != nil {
		return err
	}
	defer g.b.close()
	for i := range 3 {
		if _, _, err := r.pages(ctx, g.b, r.s.Found); err != nil {
			return fmt.Errorf("after %d renewals: %w", i, err)
		}
		g.end()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.refresh == 0:
		return inapplicable("it signs in without refresh tokens")
	case g.stale > 0:
		return fmt.Errorf("%d of %d renewals sent a refresh token that had been replaced", g.stale, g.refresh)
	}
	return nil
}
