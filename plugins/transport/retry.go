package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"muster/plugins"
)

// maxAfter caps what a Retry-After may claim: a wrong clock or a wrong unit must not silence a system for ever.
const maxAfter = 24 * time.Hour

// newRetry makes the repeating layer. The library's own policy would repeat writes and obey any Retry-After, so both
// decisions are made here.
func (c *chain) newRetry(attempt http.RoundTripper) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: attempt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		RetryMax:     c.tune.attempts - 1,
		RetryWaitMin: c.tune.waitMin,
		RetryWaitMax: c.tune.waitMax,
		CheckRetry:   c.checkRetry,
		Backoff:      c.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// repeated sends r with rt, again where that is safe and may help.
func (c *chain) repeated(client *retryablehttp.Client, r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return client.HTTPClient.Transport.RoundTrip(r) // its body can be read once only
	}
	getBody, length := r.GetBody, r.ContentLength
	if r.Body != nil {
		_ = r.Body.Close()
		r.Body = nil
	}
	again, err := retryablehttp.FromRequest(r)
	if err == nil && getBody != nil {
		err = again.SetBody(retryablehttp.ReaderFunc(func() (io.Reader, error) { return getBody() }))
		again.ContentLength = length
	}
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(again)
	if err != nil {
		var failed *plugins.Error
		if errors.As(err, &failed) {
			return nil, failed // without the library's wrapping, which names the whole URL
		}
		return nil, c.classify(r.Context(), err, false, false, c.limits)
	}
	return resp, nil
}

func (c *chain) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	k := callFrom(ctx)
	if k == nil || k.unsigned || stopped(ctx) {
		return false, nil
	}
	safe := (!k.write || k.idempotent) && !k.once
	if err != nil {
		return passing(err) && (safe || !k.sent.Load()), nil // what was never sent is safe to send
	}
	again := false
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		again = !k.once // refused unread: safe for a write too
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		again = safe
	case http.StatusInternalServerError:
		again = safe && !isFault(resp)
	}
	if !again {
		return false, nil
	}
	if after, told := retryAfter(resp.Header.Get("Retry-After"), c.now()); told && !c.patient(ctx, after) {
		return false, nil // the answer goes back, and says when to come again
	}
	return true, nil
}

func stopped(ctx context.Context) bool { return ctx.Err() != nil }

// passing reports whether a failure may be gone at the next attempt.
func passing(err error) bool {
	var failed *plugins.Error
	var dns *net.DNSError
	switch {
	case !errors.As(err, &failed), errors.Is(failed, errStanding), errors.Is(failed, errOpen):
		return false
	case errors.As(failed, &dns) && dns.IsNotFound:
		return false
	}
	return failed.Kind == plugins.Unavailable || failed.Kind == plugins.Unknown
}

// isFault reports whether an answer is a SOAP fault: SOAP 1.1 sends every refusal as 500, so it is an answer and not
// a breakdown.
func isFault(resp *http.Response) bool {
	ct := resp.Header.Get("Content-Type")
	return resp.StatusCode == http.StatusInternalServerError &&
		(strings.HasPrefix(ct, "application/soap+xml") || strings.HasPrefix(ct, "text/xml"))
}

// patient reports whether waiting d is worth it: short, and over before the caller gives up.
func (c *chain) patient(ctx context.Context, d time.Duration) bool {
	if d > c.tune.patience {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > d
}

func (c *chain) backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if after, told := retryAfter(resp.Header.Get("Retry-After"), c.now()); told {
			return min(after, c.tune.patience)
		}
	}
	d := min(least<<attempt, most)
	return d/2 + rand.N(d/2+1) //nolint:gosec // half of it by chance, so that callers do not come back in step
}

// retryAfter reads both forms of Retry-After: seconds, or a date, which counts from now. The result is between 0 and
// a day; false means that the header said nothing readable.
func retryAfter(h string, now time.Time) (time.Duration, bool) {
	h = strings.TrimSpace(h)
	if h == "" {
		return 0, false
	}
	if n, err := strconv.ParseUint(h, 10, 64); err == nil {
		if n > uint64(maxAfter/time.Second) {
			return maxAfter, true
		}
		return time.Duration(n) * time.Second, true
	} else if errors.Is(err, strconv.ErrRange) {
		return maxAfter, true
	}
	at, err := http.ParseTime(h)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxAfter), true
}
