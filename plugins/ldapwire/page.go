package ldapwire

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"muster/plugins/transport"
)

// maxSkip bounds how far a search that lost its connection is read again.
const maxSkip = 100_000

// cursor is a search that can be read on.
type cursor struct {
	conn   *conn
	at     place
	of     [sha256.Size]byte // the search
	cookie []byte            // the server's
}

// page is one answer.
type page struct {
	entries []*ldap.Entry
	next    string // "" at the end
	cut     bool   // the server stopped before the end
	other   bool   // a part lies on another server
}

// digest tells searches apart.
func (q request) digest() [sha256.Size]byte {
	q.Cookie, q.Size = "", 0
	b, err := json.Marshal(q)
	if err != nil {
		b = nil // texts can always be written
	}
	return sha256.Sum256(b)
}

// mark is what a cookie says: where the connection is held, how many entries were given, and which was the last.
type mark struct {
	id    string
	count int
	last  string
}

func readMark(s string) (mark, bool) {
	p := strings.Split(s, ".")
	if len(p) != 3 || len(p[2]) != 32 {
		return mark{}, false
	}
	n, err := strconv.Atoi(p[1])
	return mark{p[0], n, p[2]}, err == nil && n > 0
}

func (m mark) String() string { return m.id + "." + strconv.Itoa(m.count) + "." + m.last }

func lastOf(dn string) string {
	sum := sha256.Sum256([]byte(dn))
	return hex.EncodeToString(sum[:16])
}

// page reads one page: of a search that is held, or from the start.
func (w *wire) page(ctx context.Context, at place, who identity, q request) (*page, error) {
	var m mark
	if q.Cookie != "" {
		var ok bool
		if m, ok = readMark(q.Cookie); !ok {
			return nil, &refusal{status: http.StatusBadRequest, code: "cookie", is: "drift", say: "The cookie is not one of this directory."}
		}
		if c := w.take(m.id, at, q.digest()); c != nil {
			p, err := w.read(ctx, c.conn, at, q, c.cookie, m, false)
			if !errors.Is(err, errBroken) || ctx.Err() != nil {
				return p, err
			}
		}
	}
	if c := w.waiting(at); c != nil {
		p, err := w.read(ctx, c, at, q, nil, m, m.count > 0)
		if !errors.Is(err, errBroken) || ctx.Err() != nil {
			return p, err
		}
	}
	c, err := w.dial(ctx, at, who)
	if err != nil {
		return nil, err
	}
	return w.read(ctx, c, at, q, nil, m, m.count > 0)
}

// read reads one page over a connection, and keeps or closes that. With skip it first looks for the entry after which
// to begin.
func (w *wire) read(ctx context.Context, c *conn, at place, q request, cookie []byte, m mark, skip bool) (*page, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	transport.Sent(ctx)
	p := &page{}
	for skipped := 0; ; {
		entries, following, code, others, err := w.search(c, q, cookie)
		if err != nil {
			c.close()
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, err
		}
		cookie = following
		p.other = p.other || others
		p.cut = partial(code)
		if code != 0 && !p.cut {
			w.give(at, c)
			return nil, refused(code, false, at.user == "", q.Scope == "base")
		}
		if skip {
			i := slices.IndexFunc(entries, func(e *ldap.Entry) bool { return lastOf(e.DN) == m.last })
			if skipped += len(entries); i < 0 {
				if len(cookie) == 0 || p.cut || skipped > maxSkip {
					c.close() // it may be in the middle of a search
					return nil, &refusal{status: http.StatusConflict, code: "moved", is: "unavailable", say: "The directory changed while it was read. Search again."}
				}
				continue
			}
			skip, entries = false, entries[i+1:]
		}
		p.entries = append(p.entries, entries...)
		if len(p.entries) > 0 || len(cookie) == 0 || p.cut {
			break
		}
	}
	// A server that does not know paging sends everything: it is given in pages all the same, each by a search of its own.
	rest := len(p.entries) > q.Size
	if rest {
		p.entries, p.cut = p.entries[:q.Size], false
	}
	if (len(cookie) == 0 || p.cut) && !rest {
		w.give(at, c)
		return p, nil
	}
	m = mark{rand.Text(), m.count + len(p.entries), lastOf(p.entries[len(p.entries)-1].DN)}
	p.next = m.String()
	if rest {
		c.close()
	} else {
		w.hold(m.id, &cursor{conn: c, at: at, of: q.digest(), cookie: cookie})
	}
	return p, nil
}

func partial(code uint16) bool {
	return code == ldap.LDAPResultSizeLimitExceeded || code == ldap.LDAPResultTimeLimitExceeded || code == ldap.LDAPResultAdminLimitExceeded
}

// search asks for one page. A result code is no error here.
func (w *wire) search(c *conn, q request, cookie []byte) (entries []*ldap.Entry, following []byte, code uint16, others bool, err error) {
	s := q.search(max(int(w.env.Limits.Timeout/time.Second), 1))
	if q.Scope != "base" {
		paging := ldap.NewControlPaging(uint32(q.Size)) //nolint:gosec // at most maxEntries
		paging.SetCookie(cookie)
		s.Controls = append(s.Controls, paging)
	}
	c.raw.left.Store(w.allowance())
	var res *ldap.SearchResult
	err = safely(func() error {
		res, err = c.ldap.Search(s)
		return err
	})
	if c.raw.over.Load() {
		return nil, nil, 0, false, errTooLarge
	}
	if err != nil {
		var ok bool
		if code, ok = resultCode(err); !ok {
			return nil, nil, 0, false, errBroken
		}
	}
	if res == nil {
		return nil, nil, code, false, nil
	}
	if p, ok := ldap.FindControl(res.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		following = p.Cookie
	}
	return res.Entries, following, code, len(res.Referrals) > 0, nil
}

// hold keeps the connection of an unfinished search. Of too many, one is given up: its cookie still works.
func (w *wire) hold(id string, c *cursor) {
	w.mu.Lock()
	var over *cursor
	if len(w.held) >= max(w.env.Limits.Parallel, 2) {
		for old, x := range w.held {
			over = x
			delete(w.held, old)
			break
		}
	}
	w.held[id] = c
	c.conn.clock = time.AfterFunc(w.keep, func() {
		if c := w.take(id, c.at, c.of); c != nil {
			c.conn.close()
		}
	})
	w.mu.Unlock()
	if over != nil {
		over.conn.close()
	}
}

// take hands over a search that is held, to whoever began it.
func (w *wire) take(id string, at place, of [sha256.Size]byte) *cursor {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.held[id]
	if c == nil || c.at != at || c.of != of {
		return nil
	}
	delete(w.held, id)
	c.conn.clock.Stop()
	return c
}

// alwaysBinary are attributes whose values only look like text by chance.
var alwaysBinary = map[string]bool{"objectguid": true, "objectsid": true, "jpegphoto": true, "thumbnailphoto": true, "thumbnaillogo": true,
	"photo": true, "audio": true, "usercertificate": true, "cacertificate": true, "usersmimecertificate": true, "userpkcs12": true, "userpassword": true}

// write gives the answer's body.
func (p *page) write(asked []string, limit int64) ([]byte, error) {
	gaps := []string{}
	if p.cut {
		gaps = append(gaps, "There is more than the directory gives at once. Narrow the search.")
	}
	if p.other {
		gaps = append(gaps, "A part of the directory lies on another server and was not searched.")
	}
	var b bytes.Buffer
	b.WriteString(`{"entries":[`)
	for i, e := range p.entries {
		m := map[string]any{"dn": e.DN}
		for _, a := range asked {
			if a != "*" && a != "+" && !strings.HasPrefix(a, "1.") {
				m[a] = []string{}
			}
		}
		for _, a := range e.Attributes {
			name := a.Name
			if base, span, ranged := strings.Cut(name, ";range="); ranged {
				if name = base; !strings.HasSuffix(span, "-*") {
					gaps = append(gaps, "The attribute "+name+" has more values than the directory gives at once.")
				}
			}
			if name == "dn" {
				continue
			}
			if j := slices.IndexFunc(asked, func(s string) bool { return strings.EqualFold(s, name) }); j >= 0 {
				name = asked[j]
			}
			m[name] = texts(name, a)
		}
		line, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		if b.Write(line); int64(b.Len()) > limit {
			return nil, errTooLarge
		}
	}
	slices.Sort(gaps)
	end := map[string]any{"next": nil, "more": p.next != "" || p.cut, "gaps": slices.Compact(gaps)}
	if p.next != "" {
		end["next"] = p.next
	}
	tail, err := json.Marshal(end)
	if err != nil {
		return nil, err
	}
	b.WriteString("],")
	b.Write(tail[1:])
	if int64(b.Len()) > limit {
		return nil, errTooLarge
	}
	return b.Bytes(), nil
}

// texts gives the values of an attribute: as they are, or all as base64.
func texts(name string, a *ldap.EntryAttribute) []string {
	base, _, _ := strings.Cut(strings.ToLower(name), ";")
	binary := alwaysBinary[base] || strings.HasSuffix(strings.ToLower(name), ";binary")
	for _, v := range a.ByteValues {
		binary = binary || !utf8.Valid(v)
	}
	out := make([]string, 0, len(a.ByteValues))
	for _, v := range a.ByteValues {
		if binary {
			out = append(out, base64.StdEncoding.EncodeToString(v))
		} else {
			out = append(out, string(v))
		}
	}
	return out
}
