package connector

import (
	"context"
	"errors"
	"io"
	"maps"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// watchAt blocks until the context ends, the connection fails, or the callback returns an error.
func (s *system) watchAt(ctx context.Context, kind pole.Kind, cursor plugins.Cursor, each func(plugins.Change) error) error {
	k := s.spec.kind(kind)
	if k == nil || k.watch == nil {
		return s.fail(plugins.Invalid, "%s does not announce changes of this kind.", s.spec.name)
	}
	if k.watch.sse {
		return s.listen(ctx, k, cursor, each)
	}
	return s.poll(ctx, k, cursor, each)
}

func (s *system) listen(ctx context.Context, k *kindSpec, cursor plugins.Cursor, each func(plugins.Change) error) error {
	w := k.watch
	in := s.input(ctx)
	if cursor != "" {
		in["cursor"] = string(cursor)
	}
	if err := s.run(ctx, w.op.before, in, false); err != nil {
		return err
	}
	req, err := s.request(ctx, w.op, in, listen, "")
	if err != nil {
		return s.named(err)
	}
	req.Header.Set("Cache-Control", "no-cache")
	if cursor != "" {
		req.Header.Set("Last-Event-ID", string(cursor))
	}
	resp, err := s.env.HTTP.Do(req)
	if err != nil {
		return s.named(transportError(ctx, err))
	}
	defer func() { _ = resp.Body.Close() }() // what was wanted of it has been read
	if resp.StatusCode != 200 {
		raw, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // an unreadable error body leaves the status
		a := &answer{status: resp.StatusCode, resp: resp, raw: raw, url: req.URL, headers: map[string]any{}}
		a.parse(w.op, s.spec)
		if e := s.judge(ctx, w.op, a); e != nil {
			return e
		}
		return s.fail(plugins.Drift, "%s did not open its stream of changes.", s.spec.name)
	}
	if err := each(plugins.Change{Cursor: cursor}); err != nil {
		return err
	}
	var stopped error
	err = events(resp.Body, string(cursor), func(e event) error {
		root := e.root()
		if stopped = s.closed(w.op, e); stopped != nil {
			return stopped
		}
		if stopped = s.reply(ctx, w, in, root); stopped != nil {
			return stopped // without what it asks for the stream would stay silent
		}
		changes, err := s.changes(ctx, k, in, root, e.id)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			changes = []plugins.Change{{Cursor: plugins.Cursor(e.id), Gap: s.named(err)}} // announced again it would be the same
		}
		for _, c := range changes {
			if stopped = each(c); stopped != nil {
				return stopped
			}
		}
		return nil
	})
	switch {
	case stopped != nil:
		return stopped
	case ctx.Err() != nil:
		return s.named(ctx.Err())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return s.fail(plugins.Unavailable, "%s closed its stream of changes.", s.spec.name)
	case errors.Is(err, errEventTooLarge):
		return s.fail(plugins.Drift, "%s announced a change larger than is allowed.", s.spec.name)
	}
	var pe *plugins.Error
	if errors.As(err, &pe) {
		return s.named(pe)
	}
	var shape *shapeError
	if errors.As(err, &shape) {
		return s.named(drift(err))
	}
	return s.named(transportError(ctx, err))
}

// changes maps one event. An event that 'when' does not take gives none.
func (s *system) changes(ctx context.Context, k *kindSpec, in, root map[string]any, id string) ([]plugins.Change, error) {
	w := k.watch
	sc := newScope(in)
	if w.when != nil {
		take, err := w.when.truth(ctx, sc, root)
		if err != nil || !take {
			return nil, err
		}
	}
	return s.mapChanges(ctx, k, sc, root, root["data"], plugins.Cursor(id))
}

func (s *system) mapChanges(ctx context.Context, k *kindSpec, sc *scope, root, body any, cursor plugins.Cursor) ([]plugins.Change, error) {
	w := k.watch
	els, err := elements(ctx, w.records, sc, body)
	if err != nil {
		return nil, err
	}
	removed := false
	if w.removed != nil {
		if removed, err = w.removed.truth(ctx, sc, root); err != nil {
			return nil, err
		}
	}
	m := s.mapper(k, w.records, nil)
	out := make([]plugins.Change, 0, len(els))
	for _, el := range els {
		if w.fetch != nil {
			r, gone, err := s.announced(ctx, k, sc, el, removed)
			if err != nil {
				return nil, err
			}
			if r.ID != "" {
				out = append(out, plugins.Change{Record: r, Removed: removed || gone, Cursor: cursor})
			}
			continue
		}
		r, err := m.record(ctx, sc, el, s.env.Now().UTC())
		if err != nil {
			return nil, err
		}
		out = append(out, plugins.Change{Record: r, Removed: removed, Cursor: cursor})
	}
	return out, nil
}

// announced fetches a record of which a change tells the id only. One that is gone by then is a removal.
func (s *system) announced(ctx context.Context, k *kindSpec, sc *scope, el any, removed bool) (r pole.Record, gone bool, err error) {
	id, err := k.watch.fetch.word(ctx, sc, el)
	if err != nil || id == "" {
		return pole.Record{}, false, err
	}
	bare := pole.Record{Ref: pole.Ref{System: s.env.System, Type: k.typ, ID: id}, Kind: k.kind, Read: s.env.Now().UTC()}
	if removed {
		return bare, true, nil
	}
	r, err = s.Fetch(ctx, bare.Ref)
	if plugins.KindOf(err) == plugins.NotFound {
		return bare, true, nil
	}
	return r, false, err
}

// reply sends what an event asks for, such as the subscription after a greeting.
func (s *system) reply(ctx context.Context, w *watchSpec, in, root map[string]any) error {
	for _, r := range w.reply {
		if r.when != nil {
			if yes, err := r.when.truth(ctx, newScope(in), root); err != nil || !yes {
				continue // an event of another shape does not ask for this
			}
		}
		own := maps.Clone(in)
		own["event"] = root
		if _, err := s.taken(ctx, r.op, nil, own, read); err != nil {
			return err
		}
	}
	return nil
}

// poll asks at the declared interval. The first round with an empty cursor only finds out where now is, where the
// connector can say so.
func (s *system) poll(ctx context.Context, k *kindSpec, cursor plugins.Cursor, each func(plugins.Change) error) error {
	w := k.watch
	seen := map[string]string{}
	first, stands := cursor == "", false
	for {
		in := s.input(ctx)
		if cursor != "" {
			in["cursor"] = string(cursor)
		}
		a, err := s.do(ctx, w.op, in, read, "")
		if err != nil {
			return err
		}
		if e := s.judge(ctx, w.op, a); e != nil {
			return e
		}
		sc := newScope(in).answer(a)
		changes, err := s.mapChanges(ctx, k, sc, a.root(), a.body, cursor)
		if err != nil {
			return s.named(drift(err))
		}
		if w.cursor != nil {
			c, err := w.cursor.word(ctx, sc, a.body)
			if err != nil {
				return s.named(drift(err))
			}
			if c != "" {
				cursor = plugins.Cursor(c)
			}
		}
		if !stands {
			stands = true
			if err := each(plugins.Change{Cursor: cursor}); err != nil { // from here on, changes are announced
				return err
			}
		}
		now := map[string]string{}
		for _, c := range changes {
			id, version := c.Record.String(), c.Record.Version+c.Record.Updated.String()
			if c.Record.Version == "" && c.Record.Updated.IsZero() && c.Record.Raw != nil {
				version = string(c.Record.Raw.Body)
			}
			now[id] = version
			if old, known := seen[id]; first || known && old == version {
				continue
			}
			c.Cursor = cursor
			if err := each(c); err != nil {
				return err
			}
		}
		seen, first = now, false
		if err := pause(ctx, time.Duration(w.every)*time.Second); err != nil {
			return s.named(err)
		}
	}
}
