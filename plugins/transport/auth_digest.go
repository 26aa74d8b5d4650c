package transport

import (
	"context"
	"crypto/md5" //nolint:gosec // RFC 7616 still knows it, and servers use nothing else
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"regexp"
	"strings"
	"sync"

	httpdigest "github.com/icholy/digest"

	"muster/plugins"
)

// digest answers the challenge of HTTP Digest (RFC 7616). One challenge serves all requests, counted, until the server
// wants another.
type digest struct {
	c    *chain
	a    plugins.AuthSpec
	lock lockGuard

	mu        sync.Mutex
	challenge *httpdigest.Challenge // the newest
	count     int                   // of requests under it
	proven    string                // a nonce under which the password was accepted
}

// digestRounds allows for the first challenge and for servers that are strict about the order of the count.
const digestRounds = 4

func (d *digest) rounds() int { return digestRounds }

func (d *digest) sign(ctx context.Context, r *http.Request) (string, error) {
	user, pass, err := d.c.userAndSecret(ctx, d.a)
	if err != nil {
		return "", err
	}
	if err := d.lock.enter(ctx, d.c, user+"\x00"+pass); err != nil {
		return "", err
	}
	d.mu.Lock()
	challenge := d.challenge
	d.count++
	count := d.count
	d.mu.Unlock()
	if challenge == nil {
		return "", nil // the answer will bring one
	}
	creds, err := answerDigest(challenge, httpdigest.Options{Method: r.Method, URI: r.URL.RequestURI(), GetBody: r.GetBody, Count: count, Username: user, Password: pass})
	if err != nil {
		return "", d.c.err(plugins.Drift, err, "%s asks for a kind of sign-in that Muster cannot do. Tell IT.", d.c.name)
	}
	r.Header.Set("Authorization", creds.String())
	return challenge.Nonce, nil
}

func (d *digest) refused(r *http.Response) bool {
	if r.StatusCode != http.StatusUnauthorized {
		return false
	}
	if ch := findDigest(r.Header); ch != nil {
		d.mu.Lock()
		if d.challenge == nil || d.challenge.Nonce != ch.Nonce {
			d.count = 0 // no count comes twice under one nonce
		}
		d.challenge = ch
		d.mu.Unlock()
	}
	return true
}

// renew goes on with the new challenge, unless the password was refused under a good one.
func (d *digest) renew(_ context.Context, used string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.challenge == nil:
		return d.c.err(plugins.Auth, errors.New("no challenge that can be answered"), "%s does not ask for a Digest sign-in that Muster can do. Tell whoever keeps its connector.", d.c.name)
	case d.wrong(used):
		return errFixed
	}
	return nil
}

// wrong reports whether a refusal under the nonce used means that the password is wrong: it does not if there was none,
// if it has served before and so has only ended, or if the server says that it was stale. The caller holds mu.
func (d *digest) wrong(used string) bool {
	return used != "" && used != d.proven && (d.challenge == nil || !d.challenge.Stale)
}

func (d *digest) settle(k *call, v verdict) {
	d.mu.Lock()
	switch {
	case v == refused && d.challenge == nil:
		v = unsettled
	case v == accepted && k.used != "":
		d.proven = k.used
	case v == accepted: // no password was asked for
		v = unsettled
	case v == refused && !d.wrong(k.used):
		d.mu.Unlock()
		return // it goes on with the new challenge; those who wait for it go on waiting
	}
	d.mu.Unlock()
	d.lock.settle(d.c, k, v)
}

var (
	digestStart = regexp.MustCompile(`(?i)(?:^|,)\s*(digest\s)`)
	digestEnd   = regexp.MustCompile(`(?i),\s*(?:basic|bearer|digest|negotiate|ntlm)(?:\s|,|$)`)
)

// findDigest returns the first challenge that can be answered, also where several kinds stand in one header.
func findDigest(h http.Header) *httpdigest.Challenge {
	for _, v := range h.Values("WWW-Authenticate") {
		for {
			at := digestStart.FindStringSubmatchIndex(v)
			if at == nil {
				break
			}
			v = v[at[2]:]
			one := v
			if end := digestEnd.FindStringIndex(v[len("digest"):]); end != nil {
				one = v[:len("digest")+end[0]]
			}
			v = v[len("digest"):]
			ch, err := httpdigest.ParseChallenge("Digest " + strings.TrimSpace(one[len("digest"):]))
			if err != nil || ch.Nonce == "" {
				continue
			}
			for i, q := range ch.QOP {
				ch.QOP[i] = strings.TrimSpace(q)
			}
			plain := *ch
			plain.Algorithm, _ = sessionless(ch.Algorithm)
			if httpdigest.CanDigest(&plain) {
				return ch
			}
		}
	}
	return nil
}

// sessionless is an algorithm without the -sess of the session variants.
func sessionless(algorithm string) (string, bool) {
	if n := len(algorithm) - len("-sess"); n > 0 && strings.EqualFold(algorithm[n:], "-sess") {
		return algorithm[:n], true
	}
	return algorithm, false
}

// answerDigest adds the session variants, which Windows servers use, to what the library knows: their A1 holds the nonces.
func answerDigest(ch *httpdigest.Challenge, o httpdigest.Options) (*httpdigest.Credentials, error) {
	algorithm, session := sessionless(ch.Algorithm)
	if !session {
		return httpdigest.Digest(ch, o)
	}
	plain := *ch
	plain.Algorithm = algorithm
	var h hash.Hash
	switch strings.ToUpper(algorithm) {
	case "MD5":
		h = md5.New() //nolint:gosec // see the import
	case "SHA-256":
		h = sha256.New()
	default:
		return nil, errors.New("an algorithm that is not known")
	}
	sum := func(parts ...string) string {
		h.Reset()
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	o.Cnonce = rand.Text()
	o.A1 = sum(sum(o.Username, ch.Realm, o.Password), ch.Nonce, o.Cnonce)
	creds, err := httpdigest.Digest(&plain, o)
	if err == nil {
		creds.Algorithm = ch.Algorithm
	}
	return creds, err
}
