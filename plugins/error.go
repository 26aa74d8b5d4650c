package plugins

import (
	"errors"
	"fmt"
	"time"
)

// ErrorKind is the closed set of what can go wrong at a system.
type ErrorKind string

// The error kinds.
const (
	Auth        ErrorKind = "auth"        // not signed in there, or the credential is wrong or missing
	Denied      ErrorKind = "denied"      // signed in, but not allowed
	NotFound    ErrorKind = "notfound"    // certainly not there
	Invalid     ErrorKind = "invalid"     // the system refuses what was sent; Fields say where
	Duplicate   ErrorKind = "duplicate"   // the system already has it
	Limited     ErrorKind = "limited"     // too many requests; After says when to come back
	Unavailable ErrorKind = "unavailable" // no answer, refused, reset, 5xx, time-out, breaker open
	Unknown     ErrorKind = "unknown"     // a write whose outcome is not known
	Drift       ErrorKind = "drift"       // the answer is not of the documented shape, too large or malformed
	Cancelled   ErrorKind = "cancelled"   // the caller stopped
)

// FieldError ties a refusal to the field that caused it. Path is as in FieldSpec.
type FieldError struct {
	Path string `json:"path"`
	Say  string `json:"say"`
}

// Error is the one error type of plugins. Say is for the officer: what happened and what to do;
// it holds no credential and no personal data. Err is the cause, for logs after redaction.
type Error struct {
	Kind   ErrorKind
	System string
	After  time.Duration // for Limited and Unavailable: when to try again, if the system said
	Fields []FieldError
	Say    string
	Ref    string // for Duplicate: what the system calls the existing record
	Err    error
}

func (e *Error) Error() string {
	s := string(e.Kind)
	if e.System != "" {
		s = e.System + ": " + s
	}
	if e.Say != "" {
		s += ": " + e.Say
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, &Error{Kind: k}) true for any error of kind k.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.System == "" || t.System == e.System)
}

// KindOf returns the kind of the first *Error in err's chain, and "" for nil. Any other error is Unavailable.
func KindOf(err error) ErrorKind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unavailable
}

// Errorf makes an Error whose Say is the formatted text. Never format a credential or personal data into it.
func Errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Say: fmt.Sprintf(format, args...)}
}
