package plugintest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Status answers with a status and no body; headers are pairs of name and value.
func Status(code int, headers ...string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ func() Answer) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// Limited answers 429 with a Retry-After in seconds.
func Limited(d time.Duration) Fault {
	return Status(http.StatusTooManyRequests, "Retry-After", fmt.Sprint(int64(d/time.Second)))
}

// LimitedUntil answers 429 with a Retry-After as a date.
func LimitedUntil(t time.Time) Fault {
	return Status(http.StatusTooManyRequests, "Retry-After", t.UTC().Format(http.TimeFormat))
}

// ResetBefore breaks the connection before the system hears of the request.
func ResetBefore(w http.ResponseWriter, _ *http.Request, _ func() Answer) { reset(w) }

// ResetAfter lets the system act, and breaks the connection before its answer arrives.
func ResetAfter(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	forward()
	reset(w)
}

// Slow holds the first byte back until the client gives up.
func Slow(_ http.ResponseWriter, r *http.Request, _ func() Answer) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// SlowBody sends half of the body and holds the rest back.
func SlowBody(w http.ResponseWriter, r *http.Request, forward func() Answer) {
	half(w, forward())
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// Truncated breaks the connection in the middle of the body.
func Truncated(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	half(w, a)
	w.(http.Flusher).Flush()
	reset(w)
}

func half(w http.ResponseWriter, a Answer) {
	copyHeader(w, a.Header)
	w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)+1))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body[:len(a.Body)/2])
}

// CutShort sends half of the body as if it were the whole.
func CutShort(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	replace(w, a, a.Body[:len(a.Body)/2])
}

// Empty sends an answer without a body.
func Empty(w http.ResponseWriter, _ *http.Request, forward func() Answer) { replace(w, forward(), nil) }

// Malformed sends what is neither JSON nor XML, labelled as the system labels its answers.
func Malformed(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	replace(w, forward(), []byte(`{"<oops`))
}

// OtherShape sends a well-formed answer of a shape that no system documents.
func OtherShape(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	body := []byte(`{"plugintest":{"unexpected":true}}`)
	if bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")) {
		body = []byte(`<plugintest><unexpected/></plugintest>`)
	}
	replace(w, a, body)
}

// Oversized sends a body of n bytes.
func Oversized(n int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
		a := forward()
		copyHeader(w, a.Header)
		w.WriteHeader(a.Status)
		blank := bytes.Repeat([]byte(" "), 32<<10)
		for left := n; left > 0; left -= int64(len(blank)) {
			if _, err := w.Write(blank[:min(left, int64(len(blank)))]); err != nil {
				return
			}
		}
	}
}

// WrongType answers 200 with a web page, as proxies and expired sessions do.
func WrongType(w http.ResponseWriter, r *http.Request, _ func() Answer) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!doctype html><html><head><title>Maintenance</title></head><body><p>Back soon.</p></body></html>")
}

func replace(w http.ResponseWriter, a Answer, body []byte) {
	copyHeader(w, a.Header)
	w.WriteHeader(a.Status)
	_, _ = w.Write(body)
}

// LoginPage answers 200 with a page to sign in at, as a system does whose session was lost.
func LoginPage(w http.ResponseWriter, r *http.Request, _ func() Answer) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html><head><title>Sign in</title></head><body><form method="post" action="/login">`+
		`<input name="username"><input type="password" name="password"><button>Sign in</button></form></body></html>`)
}

// Mislabelled sends the answer labelled as a picture.
func Mislabelled(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
	a := forward()
	a.Header.Set("Content-Type", "image/png")
	replace(w, a, a.Body)
}

// Bomb sends n bytes of blanks, compressed to a thousandth.
func Bomb(n int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, forward func() Answer) {
		a := forward()
		copyHeader(w, a.Header)
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(a.Status)
		z := gzip.NewWriter(w)
		blank := bytes.Repeat([]byte(" "), 64<<10)
		for left := n; left > 0; left -= int64(len(blank)) {
			if _, err := z.Write(blank); err != nil {
				return
			}
		}
		_ = z.Close()
	}
}
