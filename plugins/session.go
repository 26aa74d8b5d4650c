package plugins

import (
	"context"
	"net/http"
	"time"
)

// AuthAnswer is what a system answered to a sign-in or, for LostSession, to any request.
type AuthAnswer struct {
	Status int
	Header http.Header
	Body   []byte
}

// AuthRead reads one thing from an answer: text, a number, a truth, or nil if it is not there. Its errors hold nothing
// of the answer, which may carry a credential.
type AuthRead func(context.Context, AuthAnswer) (any, error)

// SessionSpec says how a login request gives a token, how the token is sent and how it is renewed. In the templates of
// steps and of Send, $user and $secret are the officer's, $token and $refresh what the last login gave, $name what a step
// kept or the option of that name, and $$ a dollar.
type SessionSpec struct {
	Login        []SessionStep // in turn; the last one's answer is the login's
	Refresh      *SessionStep  // renews without the password; nil logs in again
	Token        AuthRead      // nil: the session is carried by the cookies that Login sets
	RefreshToken AuthRead      // nil: Refresh is sent with the token itself
	Expires      AuthRead      // seconds, a Unix time in seconds or milliseconds, or an RFC 3339 time; nil: the exp of a JWT
	Lifetime     time.Duration // where nothing else says when the token ends; 0 is an hour
	Refused      AuthRead      // true: the user name or password is wrong; 400, 401, 403 and 422 are so in any case
	Send         []SessionSend // how requests carry it; empty is Authorization: Bearer
}

// SessionStep is one request of a login. Values are templates.
type SessionStep struct {
	Method  string
	Path    string // absolute, or below AuthSpec.Base
	Query   map[string]string
	Headers map[string]string
	JSON    any // at most one of JSON, Form and XML; templates in its texts
	Form    map[string]string
	XML     string
	Basic   bool                // user and secret by HTTP Basic
	Keep    map[string]AuthRead // what to keep of the answer for later templates, by name
}

// SessionSend puts one value on every request: exactly one of Header, Query, Cookie, JSON and SOAP is set.
type SessionSend struct {
	Header string
	Query  string
	Cookie string
	JSON   string // member of a JSON request body
	SOAP   string // XML put into the SOAP header, a template
	Prefix string // before the value, in a header
	Value  string // template; "" is $token
}
