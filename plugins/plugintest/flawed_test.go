package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/transport"
)

// flaw is one way to break the contract; the suite must notice each.
type flaw string

const (
	none           flaw = ""
	asksAtOpen     flaw = "asks the system in Open"
	emptyOnFailure flaw = "takes a failure for no results"
	trusting       flaw = "takes any JSON for an answer"
	losesOne       flaw = "loses a record between pages"
	doublesOne     flaw = "repeats a record on the next page"
	endless        flaw = "never ends"
	byOffset       flaw = "counts on nothing changing between pages"
	endsOnAuth     flaw = "takes a refused credential for the end"
	eager          flaw = "asks for the next page before it is wanted"
	plainErrors    flaw = "fails with any error"
	talkative      flaw = "repeats the search in its errors"
	logsKeys       flaw = "logs the credential"
	wrongRefs      flaw = "names another system"
	newKeys        flaw = "sends another key each time"
	optimist       flaw = "takes any answer for a receipt"
	blind          flaw = "confirms nothing"
	deaf           flaw = "ignores the context"
	drowsy         flaw = "comes back late when it is stopped"
	sleepyCheck    flaw = "checks nothing"
	stubborn       flaw = "asks again when it is not allowed"
	signsIn        flaw = "signs in by itself for every search"
	oneAtATime     flaw = "lets one search wait for another"
	crowded        flaw = "finds nothing when many are there"
	picky          flaw = "takes what is not labelled JSON for nothing"
	lenient        flaw = "takes missing flags for none"
	guesses        flaw = "puts something in the place of a missing birth date"
	unplaced       flaw = "does not say what is wrong with an answer"
	pastes         flaw = "pastes words into addresses"
	bytewise       flaw = "compares bytes"
	zoned          flaw = "moves birth dates by a zone"
	localTimes     flaw = "writes times in the local zone"
	forgets        flaw = "forgets a field of an entry"
	ascii          flaw = "drops what is not ASCII"
	wallClock      flaw = "reads clocks without a zone"
	nulls          flaw = "sends null as a word"
)

type plugin struct {
	flaw flaw
	env  plugins.Env
	mu   sync.Mutex
}

var crowd atomic.Int64 // plugins that are open

func (p *plugin) fail(e *plugins.Error) error {
	if p.flaw == plainErrors {
		return errors.New(e.Say)
	}
	e.System = p.env.System
	return e
}

func (p *plugin) get(ctx context.Context, method, path string, q url.Values, body string, out any) error {
	if p.flaw == deaf {
		ctx = context.WithoutCancel(ctx)
	}
	write := method != http.MethodGet
	query := q.Encode()
	if p.flaw == pastes {
		query, _ = url.QueryUnescape(query)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.env.Config["base_url"], "/")+path+"?"+query, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body == "" {
		req.Body, req.GetBody = nil, nil
	}
	resp, err := p.env.HTTP.Do(req)
	if err != nil {
		if p.flaw == drowsy {
			time.Sleep(200 * time.Millisecond)
		}
		if p.flaw == talkative {
			e := plugins.Errorf(plugins.KindOf(err), "searching %s failed", q.Get("surname"))
			e.Err = err
			return p.fail(e)
		}
		return err
	}
	defer resp.Body.Close()
	if p.flaw == stubborn && resp.StatusCode == http.StatusForbidden {
		if again, err := p.env.HTTP.Do(req); err == nil {
			again.Body.Close()
		}
	}
	if e := transport.FromStatus(p.env.System, resp, write); e != nil {
		return p.fail(e)
	}
	if p.flaw == picky && resp.Header.Get("Content-Type") != "application/json" {
		return json.Unmarshal([]byte(`{"items":[],"more":false}`), out)
	}
	d := json.NewDecoder(resp.Body)
	if err := d.Decode(out); err != nil {
		var shape *json.UnmarshalTypeError
		where := "somewhere"
		if errors.As(err, &shape) && p.flaw != unplaced {
			where = shape.Field
		}
		return p.odd(write, where)
	}
	return nil
}

func (p *plugin) odd(write bool, where string) error {
	kind := plugins.Drift
	if write {
		kind = plugins.Unknown
	}
	return p.fail(plugins.Errorf(kind, "The registry sent an answer of another shape (%s). Tell IT.", where))
}

func (p *plugin) Check(ctx context.Context) (plugins.Identity, error) {
	if p.flaw == sleepyCheck {
		return plugins.Identity{User: "me"}, nil
	}
	var me struct{ User string }
	return plugins.Identity{User: me.User}, p.get(ctx, "GET", "/me", nil, "", &me)
}

func (p *plugin) record(in person) (pole.Record, error) {
	r := pole.Record{Ref: pole.Ref{System: p.env.System, Type: "people", ID: in.ID}, Kind: "person", Read: p.env.Now().UTC()}
	add := func(name pole.Property, s string) {
		r.Facts = append(r.Facts, pole.Fact{Property: name, Value: p.env.Dictionary.Normalise(name, s)})
	}
	switch {
	case in.ID == "":
		return r, p.odd(false, "id")
	case in.Surname == "":
		return r, p.odd(false, "surname")
	case in.Flags == nil && p.flaw != lenient:
		return r, p.odd(false, "flags")
	}
	add("surname", in.Surname)
	if in.Born == nil && p.flaw == guesses {
		add("dateOfBirth", "1900-01-01")
	}
	if in.Born != nil && *in.Born != "" {
		add("dateOfBirth", *in.Born)
		if p.flaw == zoned {
			r.Facts[len(r.Facts)-1].Value.Norm = "1990-03-06"
		}
	}
	if in.Seen != nil && *in.Seen != "" {
		add("startDateTime", *in.Seen)
		if p.flaw == localTimes {
			r.Facts[len(r.Facts)-1].Value.Norm = "2026-01-05T11:00:00+01:00"
		}
	}
	for _, f := range in.Flags {
		if f.Code == "" {
			return r, p.odd(false, "flags.code")
		}
		add("warning", f.Code)
	}
	if p.flaw == wrongRefs {
		r.System = "elsewhere"
	}
	return r, nil
}

func (p *plugin) Search(ctx context.Context, q plugins.Query) (plugins.Page, error) {
	if q.Kind != "person" {
		return plugins.Page{}, p.fail(plugins.Errorf(plugins.Invalid, "The registry holds people only."))
	}
	if p.flaw == oneAtATime {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	if p.flaw == crowded && crowd.Load() > 60 {
		return plugins.Page{}, nil
	}
	if p.flaw == signsIn {
		_ = p.get(ctx, "POST", "/oauth/token", nil, "grant_type=client_credentials", &struct{}{})
	}
	n := q.Limit
	if n == 0 {
		n = 5
	}
	word := q.Terms[0].Value.Source
	if p.flaw != bytewise {
		word = norm.NFC.String(word)
	}
	ask := url.Values{"surname": {word}, "after": {q.After}, "n": {fmt.Sprint(n)}}
	from := 0
	if p.flaw == byOffset || p.flaw == losesOne || p.flaw == doublesOne {
		fmt.Sscan(q.After, &from)
		ask.Set("from", q.After)
		ask.Del("after")
	}
	var got struct {
		Items *[]person
		More  *bool
	}
	err := p.get(ctx, "GET", "/people", ask, "", &got)
	if err == nil && p.flaw != trusting {
		switch {
		case got.Items == nil:
			err = p.odd(false, "items")
		case got.More == nil:
			err = p.odd(false, "more")
		}
	}
	if err != nil {
		if p.flaw == emptyOnFailure || p.flaw == endsOnAuth && q.After != "" {
			return plugins.Page{}, nil
		}
		return plugins.Page{}, err
	}
	var page plugins.Page
	if got.Items != nil {
		for _, i := range *got.Items {
			r, err := p.record(i)
			if err != nil {
				return plugins.Page{}, err
			}
			page.Records = append(page.Records, r)
		}
	}
	more := got.More != nil && *got.More && len(page.Records) > 0
	next := ""
	if more {
		next = page.Records[len(page.Records)-1].ID
	}
	switch p.flaw {
	case losesOne:
		next = fmt.Sprint(from + n + 1)
	case doublesOne:
		next = fmt.Sprint(from + n - 1)
	case byOffset:
		next = fmt.Sprint(from + n)
	case endless:
		more, next = true, "P"
	case eager:
		if more {
			go func() {
				time.Sleep(20 * time.Millisecond)
				ask.Set("after", next)
				_ = p.get(ctx, "GET", "/people", ask, "", &got)
			}()
		}
	}
	if more {
		page.After = next
	}
	return page, nil
}

func (p *plugin) Fetch(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	if ref.Type == "note" {
		return p.fetchNote(ctx, ref)
	}
	var got person
	if err := p.get(ctx, "GET", "/people/"+url.PathEscape(ref.ID), nil, "", &got); err != nil {
		return pole.Record{}, err
	}
	return p.record(got)
}

func (p *plugin) fetchNote(ctx context.Context, ref pole.Ref) (pole.Record, error) {
	var got note
	if err := p.get(ctx, "GET", "/notes/"+url.PathEscape(ref.ID), nil, "", &got); err != nil {
		return pole.Record{}, err
	}
	r := pole.Record{Ref: ref, Kind: "incident", Read: p.env.Now().UTC()}
	at := got.At
	if t, err := time.Parse(time.RFC3339, at); err == nil && p.flaw == wallClock {
		london, _ := time.LoadLocation("Europe/London")
		clock := t.In(london).Format("2006-01-02T15:04:05")
		if first, err := time.ParseInLocation("2006-01-02T15:04:05", clock, london); err == nil {
			at = first.UTC().Format(time.RFC3339)
		}
	}
	for name, v := range map[pole.Property]string{"description": got.Text, "startDateTime": at} {
		r.Facts = append(r.Facts, pole.Fact{Property: name, Value: p.env.Dictionary.Normalise(name, v)})
	}
	if got.Ref != nil {
		r.Facts = append(r.Facts, pole.Fact{Property: "otherReference", Value: p.env.Dictionary.Normalise("otherReference", *got.Ref)})
	}
	return r, nil
}

func (p *plugin) Submit(ctx context.Context, e plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	values := map[pole.Property]string{}
	for _, f := range e.Facts {
		values[f.Property] = f.Value.Source
	}
	text := values["description"]
	if text == "" {
		return plugins.Receipt{}, p.fail(plugins.Errorf(plugins.Invalid, "A note needs a text."))
	}
	if p.flaw == newKeys {
		k += plugins.Key(uuid.NewString())
	}
	if p.flaw == ascii {
		text = strings.Map(func(c rune) rune {
			if c > 127 {
				return '?'
			}
			return c
		}, text)
	}
	out := map[string]any{"key": string(k), "text": text, "at": values["startDateTime"]}
	if other := values["otherReference"]; other != "" && p.flaw != forgets {
		out["other"] = other
	} else if p.flaw == nulls {
		out["other"] = "null"
	}
	body, _ := json.Marshal(out)
	var got struct {
		Ref     string
		Already bool
	}
	err := p.get(ctx, "POST", "/notes", nil, string(body), &got)
	if p.flaw == optimist {
		return plugins.Receipt{Reference: "taken"}, nil
	}
	if err == nil && got.Ref == "" {
		err = p.odd(true, "ref")
	}
	if err != nil {
		return plugins.Receipt{}, err
	}
	return plugins.Receipt{Reference: got.Ref, Ref: pole.Ref{System: p.env.System, Type: "note", ID: got.Ref}, At: p.env.Now(), Already: got.Already}, nil
}

func (p *plugin) Confirm(ctx context.Context, _ plugins.Entry, k plugins.Key) (plugins.Receipt, error) {
	if p.flaw == blind {
		return plugins.Receipt{}, p.fail(plugins.Errorf(plugins.NotFound, "Nothing of that key."))
	}
	var got struct{ Ref string }
	if err := p.get(ctx, "GET", "/notes", url.Values{"key": {string(k)}}, "", &got); err != nil {
		return plugins.Receipt{}, err
	}
	return plugins.Receipt{Reference: got.Ref}, nil
}
