package shell

import (
	"time"

	"muster/app/signin"
	"muster/plugins/pole"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/widgets"
)

// startClock keeps the clock and, less often, the status bar's figures going.
func (s *Shell) startClock() {
	done := make(chan struct{})
	s.stop = append(s.stop, func() { close(done) })
	go func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case <-t.C:
				read := n%5 == 0
				s.opts.Post(func() {
					if s.closed {
						return
					}
					s.Tick()
					if read {
						s.readStatus()
					}
				})
			}
		}
	}()
}

// Tick brings the status bar up to the time that it is.
func (s *Shell) Tick() { s.showStatus() }

// readStatus asks the desk for its status, off the UI goroutine, one reading at a time.
func (s *Shell) readStatus() {
	if s.reading || s.closed || s.desk == nil || s.desk.State() != signin.SignedIn {
		return
	}
	s.reading = true
	go func() {
		st := s.desk.Status()
		s.opts.Post(func() {
			s.reading = false
			if s.closed {
				return
			}
			s.status = st
			s.showStatus()
			level := place.Caution
			if st.NeedsPerson > 0 {
				level = place.Danger
			}
			s.main.SetBadge(place.Outbox, st.Waiting+st.NeedsPerson, level)
			s.main.SetBadge(place.Systems, st.Systems-st.Well, place.Danger)
		})
	}()
}

func (s *Shell) showStatus() {
	st := s.status
	var left, right []widgets.StatusItem
	if st.Systems > 0 {
		l := widgets.Good
		if st.Well < st.Systems {
			l = widgets.Warn
		}
		left = append(left, widgets.StatusItem{Text: i18n.T("status.systems", "well", st.Well, "n", st.Systems), Level: l, Sign: true})
	}
	if st.RolledBack != "" {
		left = append(left, widgets.StatusItem{Text: i18n.T("status.rolledback"), Level: widgets.Alarm, Sign: true})
	}
	for i, say := range st.Failing {
		if i == 2 && len(st.Failing) > 3 {
			left = append(left, widgets.StatusItem{Text: i18n.T("status.more", "n", len(st.Failing)-2), Level: widgets.Alarm})
			break
		}
		left = append(left, widgets.StatusItem{Text: say, Level: widgets.Alarm, Sign: true})
	}
	switch {
	case st.NeedsPerson > 0:
		right = append(right, widgets.StatusItem{Text: i18n.T("status.outbox.person", "n", st.NeedsPerson), Level: widgets.Alarm, Sign: true})
	case st.Waiting > 0:
		right = append(right, widgets.StatusItem{Text: i18n.T("status.outbox.waiting", "n", st.Waiting), Level: widgets.Quiet})
	default:
		right = append(right, widgets.StatusItem{Text: i18n.T("status.outbox.empty"), Level: widgets.Quiet})
	}
	if st.Systems > 0 {
		if st.AuditOK {
			right = append(right, widgets.StatusItem{Text: i18n.T("status.audit.ok")})
		} else {
			right = append(right, widgets.StatusItem{Text: i18n.T("status.audit.bad"), Level: widgets.Alarm, Sign: true})
		}
	}
	if st.CopyAge > 0 {
		right = append(right, widgets.StatusItem{Text: i18n.T("status.copy", "age", age(st.CopyAge))})
	}
	right = append(right, widgets.StatusItem{Text: s.opts.Now().Local().Format("15:04:05"), Mono: true})
	s.main.status.Set(left, right)
}

// age is a span in the largest unit that says enough.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return i18n.T("age.seconds", "n", int(d.Seconds()))
	case d < time.Hour:
		return i18n.T("age.minutes", "n", int(d.Minutes()))
	case d < 48*time.Hour:
		return i18n.T("age.hours", "n", int(d.Hours()))
	}
	return i18n.T("age.days", "n", int(d.Hours()/24))
}

// findMarking is the definition of a marking; what the dictionary does not know is shown as the highest that it knows, in its
// own words, so that it is never shown as less than it is.
func findMarking(d *pole.Dictionary, name string) (pole.MarkingDef, bool) {
	all := d.Markings()
	if len(all) == 0 {
		return pole.MarkingDef{}, false
	}
	if name == "" {
		name = d.DefaultMarking().Classification
	}
	if def, ok := d.Marking(name); ok {
		return def, true
	}
	if name == "" {
		return all[0], true
	}
	def := all[len(all)-1]
	def.Name, def.Label = name, name
	return def, true
}
