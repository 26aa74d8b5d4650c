package demoforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const liveKept = 1000

type liveEvent struct {
	id   int
	kind string
	data []byte
}

// liveFeed keeps the last events and wakes who listens.
type liveFeed struct {
	mu   *sync.Mutex
	next *int
	kept *[]liveEvent
	wake *chan struct{} // closed and replaced at every event
}

func newLiveFeed() liveFeed {
	n, k, c := 1001, []liveEvent{}, make(chan struct{})
	return liveFeed{&sync.Mutex{}, &n, &k, &c}
}

func (f liveFeed) publish(kind string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		return // rows are plain JSON values: cannot happen
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	*f.kept = append(*f.kept, liveEvent{*f.next, kind, b})
	if len(*f.kept) > liveKept {
		*f.kept = (*f.kept)[1:]
	}
	*f.next++
	close(*f.wake)
	*f.wake = make(chan struct{})
}

// after returns the events after id, and a channel that closes when there is more. lost is true when some are gone.
func (f liveFeed) after(id int) (out []liveEvent, more <-chan struct{}, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range *f.kept {
		if e.id > id {
			out = append(out, e)
		}
	}
	first := *f.next - len(*f.kept)
	return out, *f.wake, id < first-1 || id >= *f.next
}

func (f liveFeed) serve(w http.ResponseWriter, r *http.Request) {
	if a := r.Header.Get("Accept"); a != "" && !strings.Contains(a, "text/event-stream") && !strings.Contains(a, "*/*") {
		cadFail(w, http.StatusNotAcceptable, "NotAcceptable", "The live feed is text/event-stream", "Accept")
		return
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("lastEventId")
	}
	f.mu.Lock()
	id := *f.next - 1
	f.mu.Unlock()
	if last != "" {
		n, err := strconv.Atoi(last)
		if err != nil {
			cadFail(w, http.StatusBadRequest, "BadRequest", "Last-Event-ID is a whole number", "Last-Event-ID")
			return
		}
		id = n
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(w)
	fmt.Fprint(w, "retry: 3000\n\n")
	if rc.Flush() != nil {
		return
	}
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		events, more, lost := f.after(id)
		if lost {
			f.mu.Lock()
			id = *f.next - 1
			f.mu.Unlock()
			fmt.Fprintf(w, "id: %d\nevent: reset\ndata: {}\n\n", id)
			events = nil
		}
		for _, e := range events {
			fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.id, e.kind, e.data)
			id = e.id
		}
		if rc.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-tick.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}

// trickle makes a new incident, or moves an open one on, about every LiveEvery until ctx ends.
func (c *cad) trickle(ctx context.Context, every time.Duration) {
	d := newDice(c.force.opt.Seed, "live")
	for n := 0; sleep(ctx, every/2+time.Duration(d.Float64()*float64(every))); n++ {
		if n%3 == 2 {
			c.moveOn()
			continue
		}
		c.invent(d, "", "")
	}
}

// invent makes a new incident now, of a given priority and type if any.
func (c *cad) invent(d dice, priority, kind string) map[string]any {
	w := c.force.world
	var off offence
	for {
		off = pick(d, offences)
		if kind == "" || off.cad == kind {
			break
		}
	}
	h := &happening{off: off, at: c.force.opt.Now().UTC(), where: pick(d, w.places), status: "open", priority: or(priority, off.prio), officer: "8051"}
	h.text = fmt.Sprintf(pick(d, off.text1), h.where.line())
	if d.pc(60) {
		h.people = append(h.people, part{"CALLER", pick(d, w.people)})
	}
	c.mu.Lock()
	// The loader's habits serve here too; neighbours that are new get rows of their own.
	l := cadLoader{c, w, d, map[*person]*cadRow{}, map[*vehicle]*cadRow{}, map[*place]*cadRow{}}
	for _, r := range c.sets["Locations"].rows {
		if r.p["Postcode"] == h.where.postcode && r.p["Street"] == h.where.street && r.p["Number"] == or(h.where.name, h.where.building) {
			l.location[h.where] = r
		}
	}
	key, no := c.nextKey, fmt.Sprintf("CAD-%04d", c.nextNo)
	c.nextKey++
	c.nextNo++
	h.n = 1_000_000 + int(key)
	r := l.incident(key, no, h)
	r.p["Status"], r.p["Units"], r.p["UpdatedAt"] = "OPEN", []string{}, instant(h.at)
	v := r.view(nil, r.set.navs)
	c.mu.Unlock()
	c.live.publish("created", v)
	return v
}

// moveOn assigns, or closes, the oldest open incident of the feed.
func (c *cad) moveOn() {
	c.mu.Lock()
	s := c.sets["Incidents"]
	var v map[string]any
	kind := "updated"
	for i, r := range s.rows {
		if r.key < 40413 || r.p["Status"] == "CLOSED" {
			continue
		}
		p := make(map[string]any, len(r.p))
		for k, x := range r.p {
			p[k] = x
		}
		now := instant(c.force.opt.Now())
		p["UpdatedAt"] = now
		switch r.p["Status"] {
		case "OPEN":
			p["Status"], p["Units"] = "ASSIGNED", []string{"NM" + pad(10+int(r.key%40), 2)}
		case "ASSIGNED":
			p["Status"] = "AT_SCENE"
		default:
			p["Status"], p["ClosedAt"], kind = "CLOSED", now, "closed"
		}
		r.p = p
		s.rows[i] = r
		v = r.view(nil, s.navs)
		break
	}
	c.mu.Unlock()
	if v != nil {
		c.live.publish(kind, v)
	}
}
