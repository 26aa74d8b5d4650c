package transport

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"muster/plugins"
)

// carrier signs in on the wire rather than on the request: with one connection for several legs, or anew for each hop.
type carrier interface {
	carry(*http.Request) (*http.Response, error)
}

type carrierKey struct{}

// carried is a carrier with the one place that it may show a credential to.
type carried struct {
	carrier
	at string // scheme and host:port
}

// withCarrier has r's way lead through w. Only web addresses have one.
func (c *chain) withCarrier(r *http.Request, kind plugins.AuthKind, w carrier) error {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return c.err(plugins.Invalid, errStanding, "%s cannot be asked: sign-in of kind %s is for web addresses only. Tell whoever keeps its connector.", c.name, kind)
	}
	*r = *r.WithContext(context.WithValue(r.Context(), carrierKey{}, &carried{w, placeOf(r)}))
	return nil
}

func placeOf(r *http.Request) string { return r.URL.Scheme + "://" + hostPort(r.URL) }

// roundTrip sends one hop: by its carrier where it is still at the place that was signed in to.
func (c *chain) roundTrip(req *http.Request) (*http.Response, error) {
	if w, ok := req.Context().Value(carrierKey{}).(*carried); ok && w.at == placeOf(req) {
		return w.carry(req)
	}
	return c.wires.of(req.URL).RoundTrip(req)
}

// offers returns what follows the name of a scheme in the challenges of an answer, and whether the scheme is there.
func offers(h http.Header, scheme string) (string, bool) {
	for _, v := range h.Values("WWW-Authenticate") {
		for one := range strings.SplitSeq(v, ",") {
			name, rest, _ := strings.Cut(strings.TrimSpace(one), " ")
			if strings.EqualFold(name, scheme) {
				return strings.TrimSpace(rest), true
			}
		}
	}
	return "", false
}

var errOtherLine = errors.Join(errNotTaken, errors.New("the server does not keep the connection that a sign-in needs"))
