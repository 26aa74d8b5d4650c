package transport

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// early is when a token of this life is renewed: before it ends, so that it does not end under way.
func (c *chain) early(life time.Duration) time.Time {
	if life <= 0 {
		life = defaultLifetime
	}
	return c.now().Add(life - min(skew, life/10))
}

// lifeOf reads how long a token lasts from what an answer says: seconds, a Unix time in seconds or milliseconds, or an
// RFC 3339 or HTTP time. A time is held against the server's own clock, so that one that is minutes off does no harm.
// 0 is not known.
func lifeOf(v any, h http.Header, now time.Time) time.Duration {
	switch x := v.(type) {
	case nil:
		return 0
	case string:
		x = strings.TrimSpace(x)
		if f, err := strconv.ParseFloat(x, 64); err == nil {
			return lifeOfNumber(f, h, now)
		}
		for _, layout := range []string{time.RFC3339, http.TimeFormat, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05"} {
			if t, err := time.Parse(layout, x); err == nil {
				return bounded(t.Sub(serverTime(h, now)))
			}
		}
		return 0
	case interface{ Float64() (float64, error) }: // json.Number
		if f, err := x.Float64(); err == nil {
			return lifeOfNumber(f, h, now)
		}
	case float64:
		return lifeOfNumber(x, h, now)
	case int:
		return lifeOfNumber(float64(x), h, now)
	case int64:
		return lifeOfNumber(float64(x), h, now)
	}
	return 0
}

func lifeOfNumber(f float64, h http.Header, now time.Time) time.Duration {
	switch {
	case math.IsNaN(f) || f <= 0 || f > 1e14:
		return 0
	case f < 1e9: // a span: thirty years of seconds
		return bounded(time.Duration(f * float64(time.Second)))
	case f < 1e11:
		return bounded(time.Unix(int64(f), 0).Sub(serverTime(h, now)))
	}
	return bounded(time.UnixMilli(int64(f)).Sub(serverTime(h, now)))
}

// bounded keeps a life between nothing and a year.
func bounded(d time.Duration) time.Duration { return min(max(d, 0), 365*24*time.Hour) }

// serverTime is what the server's clock shows, if its answer says so.
func serverTime(h http.Header, now time.Time) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return now
}

// jwtLife is how long a JWT says that it lasts, without a look at its signature: it is the system's to check. 0 if it is
// none or does not say.
func jwtLife(token string, h http.Header, now time.Time) time.Duration {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return 0
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return 0
	}
	var claims struct {
		Exp flexTime `json:"exp"`
		Iat flexTime `json:"iat"`
	}
	if json.Unmarshal(b, &claims) != nil || claims.Exp <= 0 {
		return 0
	}
	if claims.Iat > 0 && h.Get("Date") == "" {
		return bounded(time.Duration((float64(claims.Exp) - float64(claims.Iat)) * float64(time.Second)))
	}
	return lifeOfNumber(max(float64(claims.Exp), 1e9), h, now)
}

// flexTime is a Unix time; anything else is 0.
type flexTime float64

func (t *flexTime) UnmarshalJSON(b []byte) error {
	if v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64); err == nil && v > 0 && v < 1e11 {
		*t = flexTime(v)
	}
	return nil
}
