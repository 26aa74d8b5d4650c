package guest

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// System is what a vendor implements. An error that is an *Error reaches the officer as it is; any other is Drift.
type System interface {
	// Check asks who the system takes the officer for. It reads no personal data.
	Check(*Session) (Identity, error)
	// Search returns one page.
	Search(*Session, Query) (Page, error)
	// Fetch returns one record in full.
	Fetch(*Session, Ref) (Record, error)
}

// Submitter is the ability to take entries; the manifest's kinds say which fields.
type Submitter interface {
	// Submit delivers once. A failure whose effect is not known is an Error of kind Unknown.
	Submit(*Session, Entry, string) (Receipt, error)
	// Confirm finds out whether the key arrived. An Error of kind NotFound means that it certainly did not.
	Confirm(*Session, Entry, string) (Receipt, error)
}

// Watcher is the ability to say what has changed. The first call of a watch has an empty cursor and answers with the
// cursor of now; each next one with what changed since.
type Watcher interface {
	Watch(s *Session, kind, cursor string) (Changes, error)
}

// Session is what a plugin may touch during one call.
type Session struct {
	System string
	Config map[string]string // options that are not secret, by name
	Access Access
	Now    time.Time

	do  func(Request) (*Response, error)
	log func(level int, line string)
}

// Levels of Session.Log.
const (
	Debug = iota
	Info
	Warn
)

// NewSession makes a session for a vendor's own unit tests; do stands for the host.
func NewSession(config map[string]string, do func(Request) (*Response, error)) *Session {
	return &Session{Config: config, Now: time.Now(), do: do, log: func(int, string) {}}
}

// Do sends a request through the host. The error is an *Error: there was no answer, or the answer's status is a
// failure; in the second case the Response is there too, so that its body can be read.
func (s *Session) Do(r Request) (*Response, error) { return s.do(r) }

// GetJSON reads a path or address that answers with JSON; a body that is none is Drift.
func (s *Session) GetJSON(url string) (JSON, error) {
	resp, err := s.do(Request{URL: url, Headers: map[string]string{"Accept": "application/json"}})
	if err != nil {
		return JSON{}, err
	}
	return resp.JSON()
}

// JSON reads the body; one that is not JSON, or a web page, is Drift.
func (r *Response) JSON() (JSON, error) {
	v, err := Parse(r.Body)
	if err != nil || strings.HasPrefix(r.Headers["content-type"], "text/html") {
		return JSON{}, Fail(Drift, "The system did not answer as documented. Tell whoever keeps its plugin.")
	}
	return v, nil
}

// Log writes a line into the desk's log. Never log personal data; the host blanks credentials and search terms.
func (s *Session) Log(level int, line string) { s.log(level, line) }

// answer runs one call. A panic of the plugin is its error, with the details in the log only.
func answer(sys System, c Call, s *Session) (a Answer) {
	defer func() {
		if p := recover(); p != nil {
			s.Log(Warn, fmt.Sprintf("panic: %v", p))
			a = Answer{Error: Fail(Drift, "Its plugin met something that it was not made for. Tell whoever keeps the plugin.")}
		}
	}()
	if sys == nil {
		return failed(errors.New("nothing is served"))
	}
	switch {
	case c.Op == OpCheck:
		id, err := sys.Check(s)
		return or(err, Answer{Identity: &id})
	case c.Op == OpSearch && c.Query != nil:
		p, err := sys.Search(s, *c.Query)
		if p.Records == nil {
			p.Records = []Record{}
		}
		return or(err, Answer{Page: &p})
	case c.Op == OpFetch && c.Ref != nil:
		r, err := sys.Fetch(s, *c.Ref)
		return or(err, Answer{Record: &r})
	case (c.Op == OpSubmit || c.Op == OpConfirm) && c.Entry != nil:
		sub, ok := sys.(Submitter)
		if !ok {
			break
		}
		f := sub.Submit
		if c.Op == OpConfirm {
			f = sub.Confirm
		}
		r, err := f(s, *c.Entry, c.Key)
		return or(err, Answer{Receipt: &r})
	case c.Op == OpWatch:
		w, ok := sys.(Watcher)
		if !ok {
			break
		}
		ch, err := w.Watch(s, c.Kind, c.Cursor)
		return or(err, Answer{Changes: &ch})
	}
	return Answer{Error: Fail(Invalid, "Its plugin does not offer this.")}
}

func or(err error, a Answer) Answer {
	if err != nil {
		return failed(err)
	}
	return a
}

func failed(err error) Answer {
	var e *Error
	if !errors.As(err, &e) {
		e = Fail(Drift, "The system did not answer as its plugin expects. Tell whoever keeps the plugin.")
	}
	return Answer{Error: e}
}
