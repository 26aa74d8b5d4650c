// Package trial runs one operation of a connector and shows how it came about: what was asked, what was answered, which
// part of the answer became which fact, and which parts nothing maps.
package trial

import (
	"context"
	"net/http"
	"time"

	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/pole"
)

// Report is what a trial shows. It holds personal data where the answers do, and no credential.
type Report struct {
	Exchanges []Exchange     `json:"exchanges"`
	Result    *replay.Expect `json:"-"`
	Error     string         `json:"error,omitempty"` // kind of failure
	Say       string         `json:"say,omitempty"`
	Cure      string         `json:"cure,omitempty"`
	Elements  []Traced       `json:"elements,omitempty"`
	Unmapped  []string       `json:"unmapped,omitempty"` // paths within an element that nothing maps, [] for any place in a list
	More      bool           `json:"more,omitempty"`     // there is a further page

	elements []connector.Element
}

// Options says how to run a trial.
type Options struct {
	Connector  *connector.Connector
	Dictionary *pole.Dictionary
	System     string
	Config     plugins.Config
	Client     *http.Client // the transport's: audited, signed in
	Now        func() time.Time
	Pages      int // of a search, at most; 0 is one
	Changes    int // of a watch, at most; 0 is one
}

// Run does the operation. ctx carries the Access that accounts for it. The error says that it could not be tried at all;
// whatever the system does is in the report.
func Run(ctx context.Context, o Options, k *replay.Case) (*Report, error) {
	r := &Report{}
	base := o.Config[o.Connector.BaseOption()]
	t := &tap{client: o.Client, base: base}
	client := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	sys, err := o.Connector.Info().Open(ctx, plugins.Env{System: o.System, HTTP: client, Config: o.Config, Dictionary: o.Dictionary, Now: o.Now})
	if err != nil {
		return nil, err
	}
	ctx = connector.WithObserver(ctx, func(e connector.Element) { r.elements = append(r.elements, e) })
	want := max(o.Pages, o.Changes, 1)
	asked := 0
	asking := *k
	asking.Most = want // a recording of it has no such end: what is recorded is all there is
	r.Result, err = replay.Perform(ctx, sys, o.Dictionary, &asking, o.System, func() bool {
		asked++
		return asked < want
	})
	r.Exchanges = t.exchanges()
	if err != nil {
		return nil, err
	}
	if k.Do == "watch" && r.Result.Error == string(plugins.Cancelled) && ctx.Err() != nil {
		r.Result.Error, r.Result.Say = "", "" // it was told to stop watching
	}
	r.Error, r.Say, r.More = r.Result.Error, r.Result.Say, r.Result.More
	r.Cure = cure(plugins.ErrorKind(r.Error))
	r.trace(o.System)
	return r, nil
}

// Recorded gives the operation as a case of a recording: what was asked and answered, without what came of it.
func (r *Report) Recorded(k replay.Case) replay.Case {
	k.Exchanges, k.Expect = nil, nil
	for _, x := range r.Exchanges {
		k.Exchanges = append(k.Exchanges, x.recorded)
	}
	return k
}

// Seen gives the elements of the answers, for the scrubbing of a recording.
func (r *Report) Seen() []connector.Element { return r.elements }

// cure says what to look at after a failure.
func cure(kind plugins.ErrorKind) string {
	switch kind {
	case "":
		return ""
	case plugins.Auth:
		return "Compare auth: with the system's documentation (which header and prefix, token address, client id, scope), then the values given."
	case plugins.Denied:
		return "The credential works but is not allowed this: ask the system's owner for the role or scope. If the request was kept here, the message says why."
	case plugins.NotFound:
		return "The system says that it is not there. For a search that finds nothing, add none: '.status == 404' so that it counts as no trace."
	case plugins.Invalid:
		return "The system refuses the request: compare the request above with its documentation: names and formats of parameters, required fields."
	case plugins.Limited:
		return "Too many requests: set limits: {rate: …} to what the documentation allows."
	case plugins.Drift:
		return "The answer is not what the expression named in the message expects: compare it with the raw answer above, and correct the path (records:, fields:), or say what an absent member means."
	case plugins.Unavailable:
		return "No usable answer: check the server address, the network and the certificate; a 5xx status is the system's own fault."
	case plugins.Unknown:
		return "It is not known whether the entry arrived: look in the system itself; add confirm: so that Muster can ask."
	case plugins.Duplicate:
		return "The system has this already. If that is this very entry, add confirm: so that it counts as delivered."
	}
	return ""
}
