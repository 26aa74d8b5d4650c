package entry

// Saving is what one form spares: fields that an officer fills once, against those that the systems would ask between them.
type Saving struct {
	Systems int `json:"systems"` // that take the form
	Typed   int `json:"typed"`   // fields of the form that at least one of them takes, each once; those filled by themselves included
	Asked   int `json:"asked"`   // the same fields as each system asks them, added up
}

// Share is Typed of Asked, 0 to 1; 1 where nothing is asked.
func (s Saving) Share() float64 {
	if s.Asked == 0 {
		return 1
	}
	return float64(s.Typed) / float64(s.Asked)
}

// SavingOf counts a form over its targets, every field filled and one of each person, vehicle and item.
func SavingOf(form Form, targets []Target) (s Saving) {
	taken := map[string]bool{}
	for i := range targets {
		t := &targets[i]
		if !t.takes(&form) {
			continue
		}
		s.Systems++
		for _, sec := range form.Sections {
			for _, f := range sec.Fields {
				if _, ok := t.accepts(f.Path); ok {
					s.Asked++
					taken[f.Path] = true
				}
			}
		}
	}
	s.Typed = len(taken)
	return s
}
