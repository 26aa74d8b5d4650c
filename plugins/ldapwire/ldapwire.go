// Package ldapwire carries searches of LDAP directories through the transport's chain: ldaps://host:636, and
// ldap://host:389, which is upgraded by StartTLS before anything is said, on every host but this machine.
//
// A request is a POST to the directory's bare address with {"base", "scope", "filter", "attributes", "size", "cookie"}:
// a DN, one of sub, one and base, an RFC 4515 filter, and at most so many entries. The answer is {"entries": [{"dn": text,
// attribute: [texts]}], "next": cookie or null, "more": bool, "gaps": [words]}. Every attribute is a list of texts, an
// empty one if it was asked for by name and the entry has none that may be seen; what is not text (a photograph, a
// certificate) is base64. Every one of gaps says of a part that it was not read: a limit of the server, for which
// more is true without a next, or a referral, which is never followed. What was refused is {"error": {"code", "is", "message"}} with a status.
//
// The sign-in is a simple bind with the user and password of the Authorization header; without one it is anonymous. The
// option bind_dn makes the user's DN of the user name: uid={user},ou=people,dc=force,dc=example.
//
// A server keeps its place in a paged search per connection, so the connection of an unfinished search is held for a
// minute. A cookie whose connection is gone still works: the search is made again, and read on behind the last entry that
// was given. If that entry has gone, too, the answer is 409: a place in the middle would be a guess.
package ldapwire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"muster/plugins/ldapwire/filter"
	"muster/plugins/transport"
)

// maxPacket bounds one message of a server: the library makes room for a length before the bytes are there.
const maxPacket = 64 << 20

func init() {
	ber.MaxPacketLengthBytes = maxPacket
	transport.RegisterScheme(transport.Scheme{Name: "ldaps", Port: "636", Secure: true, Open: open})
	transport.RegisterScheme(transport.Scheme{Name: "ldap", Port: "389", Secure: true, Open: open})
}

func open(env transport.WireEnv) transport.Wire {
	return &wire{env: env, keep: time.Minute, idle: map[place][]*conn{}, held: map[string]*cursor{}}
}

// The entries of one answer, where the request does not say, and at most.
const (
	defaultEntries = 200
	maxEntries     = 10_000
)

// wire is all connections of one system to its directory.
type wire struct {
	env  transport.WireEnv
	keep time.Duration // how long a connection waits for its next use

	mu   sync.Mutex
	idle map[place][]*conn
	held map[string]*cursor // unfinished searches, by the id in their cookie
}

// place is one directory as one user sees it. The password is there as a hash.
type place struct {
	scheme, host, user string
	secret             [sha256.Size]byte
}

// request is the body of a request.
type request struct {
	Base       string   `json:"base"`
	Scope      string   `json:"scope"`
	Filter     string   `json:"filter"`
	Attributes []string `json:"attributes"`
	Size       int      `json:"size"`
	Cookie     string   `json:"cookie"`
}

var scopes = map[string]int{"sub": ldap.ScopeWholeSubtree, "one": ldap.ScopeSingleLevel, "base": ldap.ScopeBaseObject}

func (q request) search(seconds int) *ldap.SearchRequest {
	return ldap.NewSearchRequest(q.Base, scopes[q.Scope], ldap.NeverDerefAliases, 0, seconds, false, q.Filter, q.Attributes, nil)
}

// RoundTrip asks the directory. Whatever it refuses is an answer; an error is one of the network or the context.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	q, no := readRequest(r)
	if no != nil {
		return no.answer(r), nil
	}
	who, no := w.login(r)
	if no != nil {
		return no.answer(r), nil
	}
	body, err := w.ask(r.Context(), r, who, q)
	switch {
	case err == nil:
		return transport.WireAnswer(r, http.StatusOK, "application/json", io.NopCloser(bytes.NewReader(body))), nil
	case errors.As(err, &no):
		return no.answer(r), nil
	case errors.Is(err, errTooLarge):
		resp := transport.WireAnswer(r, http.StatusOK, "application/json", nil)
		resp.ContentLength = w.env.Limits.Response + 1 // the chain refuses it for its length
		return resp, nil
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	}
	return nil, err
}

func readRequest(r *http.Request) (request, *refusal) {
	var q request
	bad := func(say string) (request, *refusal) {
		return q, &refusal{status: http.StatusBadRequest, code: "request", is: "drift", say: say}
	}
	if r.Body == nil || r.URL.RawQuery != "" || strings.Trim(r.URL.Path, "/") != "" || r.Method != http.MethodPost {
		return bad("A request to a directory is a post to its bare address.")
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&q); err != nil {
		return bad("The request is not {base, scope, filter, attributes, size, cookie}.")
	}
	if q.Scope == "" {
		q.Scope = "sub"
	}
	if q.Filter == "" && q.Scope == "base" {
		q.Filter = "(objectClass=*)"
	}
	if _, known := scopes[q.Scope]; !known {
		return bad("The scope is none of sub, one and base.")
	}
	if _, err := ldap.ParseDN(q.Base); err != nil {
		return q, &refusal{status: http.StatusUnprocessableEntity, code: "base", is: "invalid", say: "The base of the search is not a DN."}
	}
	if _, err := ldap.CompileFilter(q.Filter); err != nil {
		return bad("The filter is not one of RFC 4515.")
	}
	if q.Size <= 0 {
		q.Size = defaultEntries
	}
	q.Size = min(q.Size, maxEntries)
	return q, nil
}

// identity is a user's DN (or what else the directory takes as a user) and password; both are empty for nobody.
type identity struct{ user, password string }

// login reads the credential of a request. A bind without a password would succeed as nobody: it is not made.
func (w *wire) login(r *http.Request) (identity, *refusal) {
	user, password, ok := r.BasicAuth()
	switch {
	case !ok:
		return identity{}, nil
	case user == "" || password == "":
		return identity{}, &refusal{status: http.StatusUnauthorized, code: "no_login", say: "The directory wants a user and a password."}
	}
	if form := w.env.Config["bind_dn"]; form != "" {
		before, after, found := strings.Cut(form, "{user}")
		dn := before + filter.EscapeDN(user) + after
		if _, err := ldap.ParseDN(dn); !found || err != nil {
			return identity{}, &refusal{status: http.StatusUnprocessableEntity, code: "bind_dn", is: "drift",
				say: "The setting bind_dn must be a DN with {user} in it, such as uid={user},ou=people,dc=force,dc=example."}
		}
		user = dn
	}
	return identity{user, password}, nil
}

func (w *wire) ask(ctx context.Context, r *http.Request, who identity, q request) ([]byte, error) {
	at := place{r.URL.Scheme, r.URL.Host, who.user, sha256.Sum256([]byte(who.password))}
	p, err := w.page(ctx, at, who, q)
	if err != nil {
		return nil, err
	}
	return p.write(q.Attributes, w.env.Limits.Response)
}

// here reports whether a host is this machine: only there may a connection do without TLS.
func here(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// CloseIdleConnections closes all connections that are not in use.
func (w *wire) CloseIdleConnections() {
	w.mu.Lock()
	var all []*conn
	for at, cs := range w.idle {
		all = append(all, cs...)
		delete(w.idle, at)
	}
	for id, c := range w.held {
		all = append(all, c.conn)
		delete(w.held, id)
	}
	w.mu.Unlock()
	for _, c := range all {
		c.close()
	}
}

// give keeps a connection for its next use.
func (w *wire) give(at place, c *conn) {
	w.mu.Lock()
	full := len(w.idle[at]) >= max(w.env.Limits.Parallel, 1)
	if !full && !c.dead() {
		w.idle[at] = append(w.idle[at], c)
		c.clock = time.AfterFunc(w.keep, func() {
			if w.out(at, c) {
				c.close()
			}
		})
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	c.close()
}

// out takes one connection out of those that wait, and says whether it was there.
func (w *wire) out(at place, c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.idle[at], c)
	if i < 0 {
		return false
	}
	if w.idle[at] = slices.Delete(w.idle[at], i, i+1); len(w.idle[at]) == 0 {
		delete(w.idle, at)
	}
	return true
}

// waiting gives a connection that waits, nil if there is none.
func (w *wire) waiting(at place) *conn {
	for {
		w.mu.Lock()
		cs := w.idle[at]
		w.mu.Unlock()
		if len(cs) == 0 {
			return nil
		}
		c := cs[len(cs)-1]
		if !w.out(at, c) {
			continue
		}
		c.clock.Stop()
		if !c.dead() {
			return c
		}
		c.close()
	}
}

// refusal is what a directory does not do, in words without data.
type refusal struct {
	status int
	code   string // the directory's own result code, or a name
	is     string // what it is, where the status alone does not say: an error kind of connectors
	say    string
}

func (n *refusal) Error() string { return n.code + ": " + n.say }

func (n *refusal) answer(r *http.Request) *http.Response {
	detail := map[string]string{"code": n.code, "message": n.say}
	if n.is != "" {
		detail["is"] = n.is
	}
	body, err := json.Marshal(map[string]any{"error": detail})
	if err != nil {
		body = nil // a map of texts can always be written
	}
	return transport.WireAnswer(r, n.status, "application/json", io.NopCloser(bytes.NewReader(body)))
}

// refused reads a result code. binding says that it is the answer to the sign-in.
func refused(code uint16, binding, nobody, base bool) *refusal {
	n := &refusal{code: strconv.Itoa(int(code)), status: http.StatusServiceUnavailable, say: "The directory could not answer."}
	set := func(status int, is, say string) *refusal {
		n.status, n.is, n.say = status, is, say
		return n
	}
	switch code {
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication:
		return set(http.StatusUnauthorized, "", "The directory does not know this user and password.")
	case ldap.LDAPResultInsufficientAccessRights:
		if nobody {
			return set(http.StatusUnauthorized, "", "The directory wants a user and a password.")
		}
		return set(http.StatusForbidden, "", "The directory does not allow this.")
	case ldap.LDAPResultAuthMethodNotSupported, ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		return set(http.StatusUnprocessableEntity, "drift", "The directory does not take a simple sign-in over this connection. Use ldaps://.")
	case ldap.LDAPResultNoSuchObject:
		if base {
			return set(http.StatusNotFound, "", "The directory has no such entry, or does not show it.")
		}
		return set(http.StatusUnprocessableEntity, "drift", "The directory does not have the base of the search, or does not show it.")
	case ldap.LDAPResultInvalidDNSyntax:
		if binding {
			return set(http.StatusUnauthorized, "", "The user name is not a DN: set bind_dn.")
		}
		return set(http.StatusUnprocessableEntity, "invalid", "The base of the search is not a DN of this directory.")
	case ldap.LDAPResultReferral:
		return set(http.StatusUnprocessableEntity, "drift", "This part of the directory lies on another server, which is not asked.")
	case ldap.LDAPResultProtocolError, ldap.LDAPResultUndefinedAttributeType, ldap.LDAPResultInappropriateMatching,
		ldap.LDAPResultInvalidAttributeSyntax, ldap.LDAPResultUnavailableCriticalExtension:
		return set(http.StatusUnprocessableEntity, "drift", "The directory does not understand the search.")
	case ldap.LDAPResultOperationsError:
		if nobody {
			return set(http.StatusUnauthorized, "", "The directory wants a user and a password.")
		}
	}
	return n
}
