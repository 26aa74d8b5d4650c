package entry

import (
	"slices"
	"time"
)

// Well says that a system answers again: what waits for it since it did not is tried at once, and not at its own time.
func (o *Outbox) Well(system string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers(system)
	o.kick(system)
}

// answers notes that a system answers. o.mu is held.
func (o *Outbox) answers(system string) { o.well[system] = o.cfg.Now() }

// due is when a delivery may be tried: at its own time, or now where the system has answered since it failed. o.mu is held.
func (o *Outbox) due(d *Delivery, now time.Time) time.Time {
	if d.Attempts > 0 && d.Changed.Before(o.well[d.System]) {
		return now
	}
	return d.Next
}

// Unreached lists the systems for which something waits after an attempt that failed, by their ids.
func (o *Outbox) Unreached() (out []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.items {
		for i := range p.Item.Deliveries {
			d := &p.Item.Deliveries[i]
			if !d.Settled() && (d.State == Waiting || d.State == Doubtful) && d.Attempts > 0 && !slices.Contains(out, d.System) {
				out = append(out, d.System)
			}
		}
	}
	slices.Sort(out)
	return out
}
