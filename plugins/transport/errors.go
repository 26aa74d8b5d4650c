package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"muster/plugins"
)

// ErrNoCredential is in the chain of an Auth error when the officer or IT has not yet given what a sign-in needs.
var ErrNoCredential = errors.New("no credential is stored for this system")

// ErrUndeclared is in the chain of the error for a request to a host that the plugin does not declare.
var ErrUndeclared = errors.New("the host is not on the plugin's allow-list")

var (
	errSlow     = errors.New("no complete answer in time")
	errSilent   = errors.New("the stream fell silent")
	errTooLarge = errors.New("the answer is larger than the limit")
	errGarbled  = errors.New("the answer is not well-formed HTTP")
	errEncoding = errors.New("the answer's compression cannot be read")
	errNotTaken = errors.New("nothing was sent")
	// errStanding marks failures that a repeat cannot mend, such as an untrusted certificate.
	errStanding = errors.New("a repeat will not help")
)

// winsockRefused is what Windows calls ECONNREFUSED.
const winsockRefused = syscall.Errno(10061)

// words names a system in what officers read.
type words struct{ id, name string }

func (w words) err(kind plugins.ErrorKind, cause error, format string, args ...any) *plugins.Error {
	return &plugins.Error{Kind: kind, System: w.id, Err: cause, Say: fmt.Sprintf(format, args...)}
}

// classify turns a failure of one attempt into the closed set. sent says that the request may have reached the server.
func (w words) classify(ctx context.Context, cause error, write, sent bool, limits plugins.Limits) *plugins.Error {
	var done *plugins.Error
	if errors.As(cause, &done) {
		return done
	}
	if certificateRefused(cause) {
		return w.err(plugins.Auth, errors.Join(errStanding, errors.New("client certificate refused")), "%s wants a certificate of this computer and did not accept the one it was shown, if any. Check it under Systems; if it is right, tell IT.", w.name)
	}
	if write && sent && !errors.Is(cause, errNotTaken) {
		return w.err(plugins.Unknown, quiet(cause), "It is not known whether %s took this: the connection was lost before it confirmed. Muster asks the system before sending again.", w.name)
	}
	var (
		dns    *net.DNSError
		unsafe *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		who    x509.UnknownAuthorityError
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return w.err(plugins.Cancelled, context.Canceled, "Stopped before %s answered.", w.name)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return w.err(plugins.Unavailable, context.DeadlineExceeded, "%s did not answer in the time allowed. Try again later.", w.name)
	case errors.Is(cause, errSlow):
		return w.err(plugins.Unavailable, errSlow, "%s did not answer within %s. Try again later.", w.name, span(limits.Timeout))
	case errors.Is(cause, errSilent):
		return w.err(plugins.Unavailable, errSilent, "%s has stopped sending changes. Muster connects again by itself.", w.name)
	case errors.Is(cause, errTooLarge):
		return w.err(plugins.Drift, errTooLarge, "%s sent more in one answer than the %s allowed. Narrow the search, or ask IT to raise the limit.", w.name, size(limits.Response))
	case errors.Is(cause, errEncoding):
		return w.err(plugins.Drift, errEncoding, "%s sent an answer whose compression cannot be read. Tell IT.", w.name)
	case errors.Is(cause, errGarbled), garbled(cause):
		return w.err(plugins.Drift, errGarbled, "%s sent an answer that is not well formed. Tell IT.", w.name)
	case errors.As(cause, &unsafe), errors.As(cause, &host), errors.As(cause, &who):
		return w.err(plugins.Unavailable, errors.Join(errStanding, quiet(cause)), "The secure connection to %s cannot be trusted: its certificate did not pass. Nothing was sent. Tell IT.", w.name)
	case errors.As(cause, &record), errors.As(cause, &alert):
		return w.err(plugins.Unavailable, errors.Join(errStanding, quiet(cause)), "%s did not set up a secure connection. Nothing was sent. Tell IT.", w.name)
	case errors.As(cause, &dns):
		return w.err(plugins.Unavailable, quiet(cause), "The address of %s cannot be found. Check the network connection, then tell IT.", w.name)
	case errors.Is(cause, syscall.ECONNREFUSED), errors.Is(cause, winsockRefused):
		return w.err(plugins.Unavailable, quiet(cause), "%s cannot be reached: its server refuses connections. Try again later.", w.name)
	}
	return w.err(plugins.Unavailable, quiet(cause), "The connection to %s broke off. Try again later.", w.name)
}

// quiet keeps of a cause what diagnoses it and drops what a server or a URL may have put into its text.
func quiet(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, errSlow, errSilent, errTooLarge, errGarbled,
		errEncoding, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &net.DNSError{Err: dns.Err, IsNotFound: dns.IsNotFound, IsTimeout: dns.IsTimeout, IsTemporary: dns.IsTemporary}
	}
	return fmt.Errorf("network failure (%T)", innermost(err))
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// garbled recognises net/http's own refusals of an answer, which have no types.
func garbled(err error) bool {
	s := err.Error()
	for _, part := range []string{"malformed", "multiple Content-Length", "response headers exceeded", "invalid header", "bad Content-Length", "unsupported transfer encoding", "too many transfer encodings", "invalid byte in chunk", "chunked line", "chunk length"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// FromStatus maps the status of an answer that a plugin does not understand otherwise to the closed set of errors;
// nil for 2xx and 304. A write that failed on the server's side, or was redirected, has an outcome that is not known.
// The body is not read.
func FromStatus(system string, resp *http.Response, write bool) *plugins.Error {
	return fromStatus(words{system, system}, resp, write, time.Now())
}

func fromStatus(w words, resp *http.Response, write bool, now time.Time) *plugins.Error {
	s := resp.StatusCode
	after, told := retryAfter(resp.Header.Get("Retry-After"), now)
	var e *plugins.Error
	switch {
	case s >= 200 && s < 300, s == http.StatusNotModified:
		return nil
	case s == http.StatusUnauthorized, s == http.StatusProxyAuthRequired:
		e = w.err(plugins.Auth, nil, "%s did not accept the sign-in. Sign in again, or check the credential stored for it.", w.name)
	case s == http.StatusForbidden, s == http.StatusUnavailableForLegalReasons:
		e = w.err(plugins.Denied, nil, "%s does not allow this to you. Ask the system's owner for access.", w.name)
	case s == http.StatusNotFound, s == http.StatusGone:
		e = w.err(plugins.NotFound, nil, "%s has no such record.", w.name)
	case s == http.StatusConflict:
		e = w.err(plugins.Duplicate, nil, "%s says that it already has this.", w.name)
	case s == http.StatusTooManyRequests:
		e = w.err(plugins.Limited, nil, "%s has had too many requests for now. Try again in %s.", w.name, span(max(after, time.Second)))
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		e = unavailable(w, write && s == http.StatusRequestTimeout)
	case s >= 400 && s < 500:
		e = w.err(plugins.Invalid, nil, "%s did not accept what was sent. Check the fields and try again.", w.name)
	case s == http.StatusServiceUnavailable && told:
		e = w.err(plugins.Unavailable, nil, "%s is not available for now. Try again in %s.", w.name, span(max(after, time.Second)))
	case s == http.StatusNotImplemented:
		e = w.err(plugins.Invalid, nil, "%s does not offer this.", w.name)
	case s >= 500:
		e = unavailable(w, write)
	case write:
		e = unavailable(w, true)
	default:
		e = w.err(plugins.Drift, nil, "%s sent Muster elsewhere instead of answering. Tell IT.", w.name)
	}
	e.Err = fmt.Errorf("status %d", s)
	if e.Kind == plugins.Limited || e.Kind == plugins.Unavailable {
		e.After = after
	}
	return e
}

func unavailable(w words, write bool) *plugins.Error {
	if write {
		return w.err(plugins.Unknown, nil, "It is not known whether %s took this: it failed while working on it. Muster asks the system before sending again.", w.name)
	}
	return w.err(plugins.Unavailable, nil, "%s has a fault of its own and could not answer. Try again later.", w.name)
}

// span writes a duration as an officer would say it.
func span(d time.Duration) string {
	unit := func(n int64, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return fmt.Sprintf("%d %ss", n, word)
	}
	if d >= time.Second {
		d = (d + time.Second - 1).Truncate(time.Second) // a few milliseconds less than two minutes are two minutes
	}
	switch {
	case d < time.Second:
		return "a moment"
	case d < 2*time.Minute:
		return unit(int64(d/time.Second), "second")
	case d < 2*time.Hour:
		return unit(int64((d+time.Minute-1)/time.Minute), "minute")
	}
	return unit(int64((d+time.Hour-1)/time.Hour), "hour")
}

func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", max(n>>10, 1))
}
