package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the WS-Security UsernameToken Profile prescribes SHA-1
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/plugins"
)

const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"

	oasis       = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	nsWSSE      = oasis + "wssecurity-secext-1.0.xsd"
	nsWSU       = oasis + "wssecurity-utility-1.0.xsd"
	typeText    = oasis + "username-token-profile-1.0#PasswordText"
	typeDigest  = oasis + "username-token-profile-1.0#PasswordDigest"
	typeBase64  = oasis + "soap-message-security-1.0#Base64Binary"
	maxEnvelope = 8 << 20
)

var (
	errNotSOAP  = errors.New("the body is not a SOAP 1.1 or 1.2 envelope in UTF-8")
	errSecurity = errors.New("the envelope already has a Security header")
)

// wss puts a WS-Security UsernameToken into the SOAP header of each attempt: its own nonce and time each, because a
// server refuses a token that it has seen before.
type wss struct {
	c    *chain
	a    plugins.AuthSpec
	lock lockGuard
}

func (s *wss) sign(ctx context.Context, r *http.Request) (string, error) {
	user, pass, err := s.c.userAndSecret(ctx, s.a)
	if err != nil {
		return "", err
	}
	if r.Body == nil || r.Body == http.NoBody {
		return "", nil // a service description is fetched without one
	}
	if err := s.lock.enter(ctx, s.c, user+"\x00"+pass); err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEnvelope+1))
	_ = r.Body.Close()
	if err == nil && len(body) > maxEnvelope {
		err = errors.New("the request is larger than 8 MiB")
	}
	if err == nil {
		nonce := make([]byte, 16)
		_, _ = rand.Read(nonce) // never fails
		body, err = insertHeader(body, usernameToken(user, pass, s.a.Digest, nonce, s.c.now()))
	}
	if err != nil {
		return "", s.c.err(plugins.Invalid, err, "The request for %s could not be prepared for its sign-in. Tell IT.", s.c.name)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength = int64(len(body))
	return user + "\x00" + pass, nil
}

func (s *wss) renew(context.Context, string) error { return errFixed }
func (s *wss) settle(k *call, v verdict)           { s.lock.settle(s.c, k, v) }

// authFault is a fault whose code says that the token was not accepted (WS-Security 1.1, section 12).
var authFault = regexp.MustCompile(`>\s*(?:[A-Za-z_][\w.-]*:)?(?:FailedAuthentication|InvalidSecurityToken)\s*<`)

func (s *wss) refused(r *http.Response) bool {
	return r.StatusCode == http.StatusUnauthorized || (r.StatusCode >= 400 && authFault.Match(peek(r)))
}

// peek reads an answer that exchange has already taken in, and leaves it to be read again.
func peek(r *http.Response) []byte {
	b, ok := r.Body.(*counted)
	if !ok {
		return nil
	}
	out := make([]byte, b.Len())
	n, _ := b.ReadAt(out, b.Size()-int64(b.Len()))
	return out[:n]
}

// usernameToken is the wsse:Security element's inside and name spaces (UsernameToken Profile 1.1).
func usernameToken(user, pass string, digest bool, nonce []byte, at time.Time) string {
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	kind, word := typeText, pass
	if digest {
		h := sha1.New() //nolint:gosec // see the import
		h.Write(slices.Concat(nonce, []byte(created), []byte(pass)))
		kind, word = typeDigest, base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	var b strings.Builder
	b.WriteString(`<wsse:UsernameToken><wsse:Username>`)
	_ = xml.EscapeText(&b, []byte(user))
	b.WriteString(`</wsse:Username><wsse:Password Type="` + kind + `">`)
	_ = xml.EscapeText(&b, []byte(word))
	b.WriteString(`</wsse:Password><wsse:Nonce EncodingType="` + typeBase64 + `">` + base64.StdEncoding.EncodeToString(nonce) +
		`</wsse:Nonce><wsu:Created>` + created + `</wsu:Created></wsse:UsernameToken>`)
	return b.String()
}

// insertHeader puts a Security header with the given inside into a SOAP envelope and leaves every other byte as it is.
func insertHeader(envelope []byte, inside string) ([]byte, error) {
	return insertEntry(envelope, true, func(ns string) string {
		return `<wsse:Security xmlns:wsse="` + nsWSSE + `" xmlns:wsu="` + nsWSU + `" xmlns:env="` + ns + `" env:mustUnderstand="1">` + inside + `</wsse:Security>`
	})
}

// insertEntry puts an entry, made for the envelope's name space, into its header.
func insertEntry(envelope []byte, security bool, entryFor func(ns string) string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(envelope))
	var prefix, ns string
	scope := map[string]string{}
	depth := 0
	for {
		from := d.InputOffset()
		tok, err := d.RawToken()
		if err != nil {
			return nil, errNotSOAP
		}
		to := d.InputOffset()
		switch t := tok.(type) {
		case xml.Directive:
			return nil, errNotSOAP // a document type has no place in SOAP
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(bytes.TrimPrefix(t, []byte("\xef\xbb\xbf")))) > 0 {
				return nil, errNotSOAP
			}
		case xml.EndElement:
			return nil, errNotSOAP // neither Header nor Body came
		case xml.StartElement:
			depth++
			own := spaces(t)
			if depth == 1 {
				prefix, scope = t.Name.Space, own
				ns = scope[prefix]
				if t.Name.Local != "Envelope" || (ns != soap11 && ns != soap12) {
					return nil, errNotSOAP
				}
				continue
			}
			space, ok := own[t.Name.Space]
			if !ok {
				space = scope[t.Name.Space]
			}
			if space != ns {
				return nil, errNotSOAP
			}
			entry := entryFor(ns)
			switch t.Name.Local {
			case "Header":
				if security && secured(d, scope, own) {
					return nil, errSecurity
				}
				tag := envelope[from:to]
				if bytes.HasSuffix(tag, []byte("/>")) {
					name := string(rawName(tag))
					return splice(envelope, int(from), int(to), string(tag[:len(tag)-2])+">"+entry+"</"+name+">"), nil
				}
				return splice(envelope, int(to), int(to), entry), nil
			case "Body":
				name := "Header"
				if prefix != "" {
					name = prefix + ":Header"
				}
				return splice(envelope, int(from), int(from), "<"+name+">"+entry+"</"+name+">"), nil
			}
			return nil, errNotSOAP
		}
	}
}

// spaces are the name spaces that an element declares, by prefix.
func spaces(t xml.StartElement) map[string]string {
	out := map[string]string{}
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns":
			out[a.Name.Local] = a.Value
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			out[""] = a.Value
		}
	}
	return out
}

// secured reports whether the Header that d has just entered holds a Security element.
func secured(d *xml.Decoder, scopes ...map[string]string) bool {
	depth := 1
	for depth > 0 {
		tok, err := d.RawToken()
		if err != nil {
			return false
		}
		switch t := tok.(type) {
		case xml.StartElement:
			depth++
			if depth != 2 || t.Name.Local != "Security" {
				continue
			}
			for _, scope := range append(scopes, spaces(t)) {
				if scope[t.Name.Space] == nsWSSE {
					return true
				}
			}
		case xml.EndElement:
			depth--
		}
	}
	return false
}

func rawName(tag []byte) []byte {
	name := tag[1:]
	if i := bytes.IndexAny(name, " \t\r\n/>"); i >= 0 {
		name = name[:i]
	}
	return name
}

func splice(b []byte, from, to int, with string) []byte {
	out := make([]byte, 0, len(b)+len(with))
	out = append(out, b[:from]...)
	out = append(out, with...)
	return append(out, b[to:]...)
}
