package vm

import (
	"context"
	"time"
)

// touch reviews the draft after a change and sees that it is kept in time.
func (e *Entry) touch() {
	e.version++
	e.reshape()
	e.review = e.desk.Review(copyDraft(*e.draft))
	e.keepSoon(SaveAfter)
	e.changed()
}

func (e *Entry) keepSoon(after time.Duration) {
	if e.stopTimer != nil || e.saving {
		return
	}
	seq := e.seq
	e.stopTimer = e.env.After(after, func() {
		e.env.Post(func() {
			if e.seq == seq {
				e.stopTimer = nil
				e.keep()
			}
		})
	})
}

// keep writes the draft down, one writing at a time; changes that come meanwhile are written by the next.
func (e *Entry) keep() {
	if e.draft == nil || e.saving || e.sending || e.sent != nil || e.version == e.kept {
		return
	}
	e.saving = true
	d, version, seq := copyDraft(*e.draft), e.version, e.seq
	e.write(func() {
		got, err := e.desk.SaveDraft(context.Background(), d)
		e.env.Post(func() {
			e.saving = false
			if e.seq != seq || e.draft == nil {
				e.keepSoon(0)
				return
			}
			if err != nil {
				e.saveErr = say(err)
				e.keepSoon(SaveRetry)
			} else {
				e.saveErr, e.kept, e.saved = "", version, got.Saved
				e.draft.ID, e.draft.Created, e.draft.Saved = got.ID, got.Created, got.Saved
				if e.saved.IsZero() {
					e.saved = e.env.Now()
				}
				if e.version > version {
					e.keepSoon(SaveAfter / 4)
				}
			}
			e.changed()
		})
	})
}

// Saved says how safe the draft is: 'Draft saved 14:06:40' only after the desk said so.
func (e *Entry) Saved() (words string, tone Tone) {
	switch {
	case e.draft == nil:
		return "", Quiet
	case e.saveErr != "":
		return e.env.T("screens.entry.savefailed", "why", sentence(e.saveErr)), Danger
	case e.version > e.kept:
		return e.env.T("screens.entry.saving"), Quiet
	case e.saved.IsZero():
		return "", Quiet
	}
	return e.env.T("screens.entry.saved", "at", Clock(e.saved)), Quiet
}
