package vm

import (
	"context"

	"muster/app/entry"
)

// ChangedLine is one value of an entry beside what its record says by now.
type ChangedLine struct {
	Mark  Mark
	Path  string
	Label string
	Wrote string
	Now   string // in words also where the record says nothing any more
	Take  bool   // it is to be sent as the record says now
}

func (o *Outbox) changedLines(i entry.Item) (out []ChangedLine) {
	for _, x := range i.Differences {
		l := ChangedLine{Mark: o.marks.Of(x.Ref.System), Path: x.Path, Label: x.Label, Wrote: x.Wrote, Now: x.Now, Take: o.take[i.ID+"\x00"+x.Path]}
		if l.Now == "" {
			l.Now = o.env.T("screens.outbox.look.nothing")
		}
		out = append(out, l)
	}
	return out
}

// Take says whether a value is sent as its record says now, or as it was written.
func (o *Outbox) Take(entryID, path string, now bool) {
	if o.take[entryID+"\x00"+path] == now {
		return
	}
	o.take[entryID+"\x00"+path] = now
	o.arrange()
	o.changed()
}

// TakeAll takes every value of an entry as the records say now or, where all are taken so already, as they were written.
func (o *Outbox) TakeAll(e OutboxEntry) {
	all := true
	for _, l := range e.Changed {
		all = all && l.Take
	}
	for _, l := range e.Changed {
		o.take[e.ID+"\x00"+l.Path] = !all
	}
	o.arrange()
	o.changed()
}

// Choose sends an entry as it was chosen.
func (o *Outbox) Choose(e OutboxEntry) {
	if len(e.Changed) == 0 {
		return
	}
	var take []string
	for _, l := range e.Changed {
		if l.Take {
			take = append(take, l.Path)
		}
	}
	o.do(e.ID, "", func(ctx context.Context) error {
		_, err := o.desk.ChooseEntry(ctx, e.ID, take)
		return err
	}, o.env.T("screens.outbox.look.sent"))
}
