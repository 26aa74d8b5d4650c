package transport

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

const dots = "•••"

// secrets holds the credentials that this process used lately, so that they can be recognised wherever they turn up.
var secrets = struct {
	sync.RWMutex
	ring []string
	next int
}{}

const (
	keptSecrets = 256
	leastSecret = 6 // shorter ones would blot out ordinary words
)

// Remember makes Redact and LogHandler remove secret wherever it appears. The transport remembers what it sends by
// itself; anything else that handles a credential calls it.
func Remember(secret string) {
	if len(secret) < leastSecret {
		return
	}
	secrets.Lock()
	defer secrets.Unlock()
	for _, s := range secrets.ring {
		if s == secret {
			return
		}
	}
	if len(secrets.ring) < keptSecrets {
		secrets.ring = append(secrets.ring, secret)
		return
	}
	secrets.ring[secrets.next] = secret
	secrets.next = (secrets.next + 1) % keptSecrets
}

var (
	schemeForm = regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate|ntlm)\s+[A-Za-z0-9._~+/=-]{6,}`)
	jwtForm    = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)?`)
	pairForm   = regexp.MustCompile(`(?i)("?\b[a-z0-9_-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|authorization|cookie|credential|assertion|session[_-]?id)[a-z0-9_-]*"?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&;,<>"']+)`)
	queryForm  = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)([^/\s"'<>?#]*@)?([^\s"'<>?#]*)(\?[^\s"'<>]*)?`)
	nameForm   = regexp.MustCompile(`(?i)password|passwd|passphrase|secret|token|api[_-]?key|authorization|cookie|credential|assertion`)
)

// Redact removes from s whatever looks like a credential, every credential lately used, and the query of every URL.
func Redact(s string) string { return redact(s, true) }

// RedactCredentials does as Redact but leaves the queries of URLs, for those who are shown what they themselves asked.
func RedactCredentials(s string) string { return redact(s, false) }

func redact(s string, queries bool) string {
	if s == "" {
		return s
	}
	secrets.RLock()
	for _, secret := range secrets.ring {
		if strings.Contains(s, secret) {
			s = strings.ReplaceAll(s, secret, dots)
		}
	}
	secrets.RUnlock()
	s = queryForm.ReplaceAllStringFunc(s, func(m string) string {
		p := queryForm.FindStringSubmatch(m)
		out := p[1]
		if p[2] != "" {
			out += dots + "@"
		}
		out += p[3]
		switch {
		case p[4] == "":
		case queries:
			out += "?" + dots
		default:
			out += p[4]
		}
		return out
	})
	s = schemeForm.ReplaceAllString(s, "$1 "+dots)
	s = jwtForm.ReplaceAllString(s, dots)
	return pairForm.ReplaceAllString(s, "${1}"+dots)
}

// LogHandler wraps h so that no record carries a credential or the query of a URL: messages and values are redacted,
// and an attribute whose name says that it is a credential is blanked.
func LogHandler(h slog.Handler) slog.Handler {
	if p, ok := h.(through); ok && p.redacts {
		return h
	}
	return through{h, Redact, redactAttr, true}
}

// LogThrough wraps h so that every attribute goes through clean, also those of a logger's own and of groups.
func LogThrough(h slog.Handler, clean func(slog.Attr) slog.Attr) slog.Handler {
	return through{h, func(message string) string { return message }, clean, false}
}

// through lets records through, their message and each attribute changed.
type through struct {
	h       slog.Handler
	message func(string) string
	attr    func(slog.Attr) slog.Attr
	redacts bool
}

func (p through) Enabled(ctx context.Context, l slog.Level) bool { return p.h.Enabled(ctx, l) }

func (p through) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, p.message(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(p.attr(a))
		return true
	})
	return p.h.Handle(ctx, out)
}

func (p through) WithAttrs(as []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(as))
	for i, a := range as {
		out[i] = p.attr(a)
	}
	p.h = p.h.WithAttrs(out)
	return p
}

func (p through) WithGroup(name string) slog.Handler {
	p.h = p.h.WithGroup(name)
	return p
}

func redactAttr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		group := v.Group()
		out := make([]slog.Attr, len(group))
		for i, g := range group {
			out[i] = redactAttr(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	}
	switch v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindTime, slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		return slog.Attr{Key: a.Key, Value: v}
	}
	if nameForm.MatchString(a.Key) {
		return slog.String(a.Key, dots)
	}
	return slog.String(a.Key, Redact(v.String()))
}
