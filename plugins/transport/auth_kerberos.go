package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"muster/plugins"
)

// kerberos signs in with the ticket that the officer has from signing in to this computer (RFC 4559). Nothing is asked
// and no password passes through Muster.
type kerberos struct {
	c    *chain
	a    plugins.AuthSpec
	from tickets
}

// tickets is where this computer keeps the officer's tickets.
type tickets interface {
	// token makes a fresh SPNEGO token for a service. It may ask the domain's servers, which are the machine's setting.
	token(ctx context.Context, spn string) ([]byte, error)
	// forget has the next token made from what the computer holds then.
	forget()
}

// errNoTicket says that the officer has no ticket, or that it has ended.
var errNoTicket = errors.New("no Kerberos ticket that is still good")

// errTickets says that tickets are kept where they cannot be read.
var errTickets = errors.New("Kerberos tickets not readable")

func newKerberos(c *chain, a plugins.AuthSpec) (*kerberos, error) {
	return &kerberos{c: c, a: a, from: newTickets(c.now)}, nil
}

func (k *kerberos) sign(ctx context.Context, r *http.Request) (string, error) {
	spn := k.a.SPN
	if spn != "" && !strings.Contains(spn, "/") {
		var err error
		if spn, err = k.c.value(ctx, spn); err != nil {
			return "", err
		}
	}
	if spn == "" {
		spn = "HTTP/" + ascii(r.URL.Hostname())
	}
	// Got here rather than on the way, so that another way to sign in can take its place.
	first, err := k.token(ctx, spn)
	if err != nil {
		return "", err
	}
	return "", k.c.withCarrier(r, k.a.Kind, &kerberosLegs{k: k, spn: spn, next: first})
}

func (k *kerberos) token(ctx context.Context, spn string) ([]byte, error) {
	t, err := k.from.token(ctx, spn)
	switch {
	case err == nil:
		return t, nil
	case ctx.Err() != nil:
		return nil, k.c.classify(ctx, ctx.Err(), false, false, k.c.limits)
	case errors.Is(err, errNoTicket):
		return nil, k.c.err(plugins.Auth, errors.Join(errNoTicket, ErrNoCredential), "%s takes the sign-in of this computer, and that has ended. Lock the computer and sign in to it again; if that does not help, tell IT.", k.c.name)
	case errors.Is(err, errTickets):
		return nil, k.c.err(plugins.Auth, errors.Join(errTickets, ErrNoCredential), "%s takes the sign-in of this computer, which Muster cannot read here. Tell IT: Kerberos tickets must be kept in a file (KRB5CCNAME=FILE:/path).", k.c.name)
	}
	return nil, k.c.err(plugins.Auth, quiet(err), "This computer's sign-in service gave no ticket for %s (%s). Check the network connection, then tell IT.", k.c.name, spn)
}

// renew reads what the computer holds now: the officer may have signed in to it anew.
func (k *kerberos) renew(context.Context, string) error {
	k.from.forget()
	return nil
}

func (k *kerberos) refused(r *http.Response) bool { return r.StatusCode == http.StatusUnauthorized }

// kerberosLegs puts a token on each hop: none is taken twice.
type kerberosLegs struct {
	k    *kerberos
	spn  string
	next []byte
}

func (s *kerberosLegs) carry(req *http.Request) (*http.Response, error) {
	t := s.next
	s.next = nil
	if t == nil {
		var err error
		if t, err = s.k.token(req.Context(), s.spn); err != nil {
			return nil, err
		}
	}
	r := req.Clone(req.Context())
	r.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(t))
	resp, err := s.k.c.wires.of(r.URL).RoundTrip(r)
	if err == nil {
		resp.Header.Del("WWW-Authenticate") // its part of the handshake: the transport's, not the plugin's
		resp.Request = req
	}
	return resp, err
}
