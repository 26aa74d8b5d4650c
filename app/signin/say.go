package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"muster/plugins"
	"muster/store/keyring"
)

// Errors that callers tell apart with errors.Is. The text for the officer is Say of the *plugins.Error around them.
var (
	ErrNotSignedIn     = errors.New("not signed in")
	ErrWrongPassphrase = errors.New("wrong passphrase")
	ErrThrottled       = errors.New("too many wrong passphrases") // After of the *plugins.Error says when to try again
	ErrEnded           = errors.New("the session has ended at the sign-in server")
	ErrClock           = errors.New("this computer's clock is wrong")
	ErrOther           = errors.New("another officer is signed in")
	ErrCancelled       = errors.New("the sign-in was cancelled")
	ErrExists          = errors.New("a local officer is already set up")
	ErrNoLocal         = errors.New("no local officer is set up")
)

// fail makes the error that the officer sees; cause is for the log and for errors.Is.
func fail(kind plugins.ErrorKind, cause error, format string, args ...any) *plugins.Error {
	e := plugins.Errorf(kind, format, args...)
	e.Err = cause
	return e
}

func notSignedIn(reason string) error {
	if reason == "" {
		reason = "You are not signed in. Sign in, then try again."
	}
	return fail(plugins.Auth, ErrNotSignedIn, "%s", reason)
}

// say turns an error of the sign-in server, the network or the keyring into what the officer sees. The causes of the
// libraries below can quote whole answers with tokens in them; they are not kept.
func say(err error, server string) error {
	var (
		known    *plugins.Error
		retrieve *oauth2.RetrieveError
		mismatch *oidc.IssuerMismatchError
		expired  *oidc.TokenExpiredError
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		dns      *net.DNSError
	)
	name := hostOf(server)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled):
		return fail(plugins.Cancelled, errors.Join(ErrCancelled, context.Canceled), "The sign-in was cancelled. Start it again when you are ready.")
	case errors.Is(err, keyring.ErrUnavailable), errors.Is(err, keyring.ErrDamaged), errors.Is(err, keyring.ErrTooLarge):
		return fail(plugins.Unavailable, err, "%s.", capital(err.Error()))
	case errors.As(err, &retrieve):
		return sayToken(retrieve, name)
	case errors.As(err, &mismatch):
		return fail(plugins.Drift, errors.New("issuer mismatch"), "The sign-in server at %s calls itself %s. The address in the sign-in settings is wrong: ask IT to correct it.", server, mismatch.Discovered)
	case errors.As(err, &expired):
		return wrongClock(time.Time{})
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fail(plugins.Unavailable, ErrClock, "The certificate of the sign-in server %s is out of date, or this computer's clock is wrong. Check the clock; if it is right, tell IT.", name)
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &verify):
		return fail(plugins.Unavailable, errors.New("certificate not trusted"), "The sign-in server %s could not prove that it is the right one (its certificate is not trusted). Do not enter your password; tell IT.", name)
	case errors.As(err, &dns):
		return fail(plugins.Unavailable, errors.New("name not found"), "The sign-in server %s was not found. Check the network connection; if it works, ask IT to check the server's address.", name)
	case errors.Is(err, context.DeadlineExceeded):
		return fail(plugins.Unavailable, context.DeadlineExceeded, "The sign-in server %s did not answer in time. Check the network connection, then try again.", name)
	}
	var u *url.Error
	if errors.As(err, &u) {
		return fail(plugins.Unavailable, u.Err, "The sign-in server %s does not answer. Check the network connection, then try again; if it lasts, tell IT.", name)
	}
	return fail(plugins.Unavailable, errors.New("unexpected answer"), "The sign-in server %s gave an answer that Muster does not understand. Try again; if it lasts, tell IT.", name)
}

// sayToken explains a refusal by the token endpoint.
func sayToken(r *oauth2.RetrieveError, name string) error {
	status := 0
	if r.Response != nil {
		status = r.Response.StatusCode
	}
	cause := fmt.Errorf("the token endpoint answered %d %.40q", status, r.ErrorCode)
	switch r.ErrorCode {
	case "invalid_grant":
		return fail(plugins.Auth, errors.Join(ErrEnded, cause), "Your sign-in has ended at the sign-in server. Sign in again.")
	case "invalid_client", "unauthorized_client": //nolint:misspell // RFC 6749 spells it so
		return fail(plugins.Auth, cause, "The sign-in server %s does not know this program. Ask IT to register Muster there and to check client_id.", name)
	case "invalid_scope":
		return fail(plugins.Auth, cause, "The sign-in server %s does not grant what Muster asks for. Ask IT to check the scopes in the sign-in settings.", name)
	case "access_denied":
		return fail(plugins.Denied, cause, "The sign-in was refused. If you did not refuse it yourself, ask IT whether your account may use Muster.")
	case "expired_token":
		return fail(plugins.Auth, cause, "The code was not entered in time. Start the sign-in again for a new one.")
	}
	if status >= 500 || status == 429 {
		return fail(plugins.Unavailable, cause, "The sign-in server %s is out of order (it answered %d). Try again in a minute; if it lasts, tell IT.", name, status)
	}
	return fail(plugins.Auth, cause, "The sign-in server %s refused the sign-in (it answered %d). Sign in again; if it lasts, tell IT.", name, status)
}

// wrongClock is the refusal of a token whose time does not fit this computer's. issued may be zero.
func wrongClock(issued time.Time) error {
	e := fail(plugins.Auth, ErrClock, "The sign-in server's time and this computer's do not agree. Check this computer's clock and time zone, then sign in again.")
	if !issued.IsZero() {
		e.Say = fmt.Sprintf("The sign-in server says that it is %s UTC. Check this computer's clock and time zone, then sign in again.", issued.UTC().Format("15:04 on 2 January 2006"))
	}
	return e
}

func hostOf(server string) string {
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		return u.Host
	}
	return server
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
