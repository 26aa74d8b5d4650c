package desk

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"muster/app/caseview/disclose"
	"muster/app/policy"
	"muster/app/tiles"
	"muster/plugins/pole"
	"muster/store"
)

// choicesFile holds what an officer chose where IT left the choice. It holds nothing secret and nothing about a case.
const choicesFile = "choices.yaml"

// readPolicy reads what IT decided.
func (d *Desk) readPolicy() (err error) {
	if d.opts.Policy != nil {
		d.policy = *d.opts.Policy
		return nil
	}
	d.policy, err = policy.Computer()
	return err
}

// settlePolicy holds it against the data model and lets the officer's choices stand where IT left them.
func (d *Desk) settlePolicy() error {
	if err := d.policyFits(); err != nil {
		return fmt.Errorf("the policy is not valid; ask IT to correct it: %w", err)
	}
	if err := ApplyChoices(d.opts.Profile, &d.policy); err != nil { // a choice is never worth a desk that does not open
		d.log.Warn("some of the officer's choices do not hold", "error", err)
	}
	return nil
}

// ApplyChoices lets the officer's choices of a profile folder stand where a policy leaves them. Those that do not hold are
// named in the error; the others stand.
func ApplyChoices(profile string, p *policy.Policy) error {
	choices, err := choicesOf(profile)
	if err != nil {
		return err
	}
	return p.Choose(choices, choicesFile)
}

// CheckPolicy holds a policy against what ships with Muster, as every start does.
func CheckPolicy(p policy.Policy) error {
	d := &Desk{policy: p}
	if err := d.loadData(); err != nil {
		return err
	}
	return d.policyFits()
}

// policyFits holds the names in the policy against what this desk has.
func (d *Desk) policyFits() error {
	p := &d.policy
	if err := tiles.Config(p.Map.Value).Validate(); err != nil {
		return err
	}
	if c := p.Classification.Value; c != "" {
		if err := d.dict.CountUnmarkedAs(c); err != nil {
			return fmt.Errorf("classification: %w", err)
		}
	}
	if _, err := d.outward(); err != nil {
		return err
	}
	codes := []string{"*"}
	for _, x := range d.purposes {
		codes = append(codes, x.Code)
	}
	formats := []string{}
	for _, f := range append(disclose.Formats(), ChartFormats()...) {
		formats = append(formats, string(f))
	}
	known := func(key string, names, of []string) error {
		for _, n := range names {
			if !slices.Contains(of, n) {
				return fmt.Errorf("%s names %q, which is none of: %s", key, n, strings.Join(of, ", "))
			}
		}
		return nil
	}
	marking := func(key, name string) error {
		if _, ok := d.markingRank(name); name != "" && name != "none" && !ok {
			return fmt.Errorf("%s is %q, which is no marking of the dictionary", key, name)
		}
		return nil
	}
	return errors.Join(known("purposes_allowed", p.PurposesAllowed.Value, codes), known("purpose_text", p.PurposeText.Value, codes),
		known("export_formats", p.ExportFormats.Value, formats), marking("mask_from", p.MaskFrom.Value), marking("export_up_to", p.ExportUpTo.Value),
		marking("copy_up_to", p.CopyUpTo.Value), d.hideFits())
}

// hideFits refuses to hide what the dictionary does not have, and what carries danger.
func (d *Desk) hideFits() error {
	for _, role := range slices.Sorted(maps.Keys(d.policy.HideProperties.Value)) {
		for _, name := range d.policy.HideProperties.Value[role] {
			def, ok := d.dict.Property(pole.Property(name))
			switch {
			case !ok:
				return fmt.Errorf("hide_properties hides %q from %s, which is no property of the dictionary", name, role)
			case def.Danger:
				return fmt.Errorf("hide_properties hides %q from %s: warning signals are never hidden", name, role)
			}
		}
	}
	return nil
}

// markingRank is where a marking stands, the lowest first.
func (d *Desk) markingRank(name string) (int, bool) {
	m, ok := d.dict.Marking(name)
	if !ok {
		return 0, false
	}
	return slices.IndexFunc(d.dict.Markings(), func(x pole.MarkingDef) bool { return x.Name == m.Name }), true
}

// above reports whether a marking is higher than the limit: "" limits nothing, "none" allows nothing. A marking that the
// dictionary does not know is above every limit.
func (d *Desk) above(m pole.Marking, limit string) bool {
	switch limit {
	case "":
		return false
	case "none":
		return true
	}
	most, _ := d.markingRank(limit)
	is, ok := d.markingRank(d.dict.Highest(m).Classification)
	return !ok || is > most
}

func choicesOf(profile string) (map[string]string, error) {
	src, err := os.ReadFile(filepath.Join(profile, choicesFile))
	if isNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	if err := yaml.Unmarshal(src, &out); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", choicesFile, firstLine(err))
	}
	return out, nil
}

// Choose keeps an officer's choice of a setting that IT left open; text "" takes it back. Some settings take hold at the next start.
func (d *Desk) Choose(key, text string) error {
	d.starting.Lock()
	defer d.starting.Unlock()
	choices, err := choicesOf(d.opts.Profile)
	if err != nil {
		return err
	}
	if choices == nil {
		choices = map[string]string{}
	}
	p := d.Policy()
	if text == "" {
		delete(choices, key)
		def, ok := policy.Find(key)
		if !ok {
			return fmt.Errorf("there is no setting %s", key)
		}
		text = def.Default
	} else if choices[key], err = p.Choice(key, text); err != nil {
		return err
	}
	src, err := yaml.Marshal(choices)
	if err != nil {
		return err
	}
	if err := p.Choose(map[string]string{key: text}, choicesFile); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(d.opts.Profile, choicesFile), src); err != nil {
		return err
	}
	d.chosen.Store(&p)
	if m, err := d.manager(); err == nil {
		m.SetIdleLock(p.IdleLock.Value)
	}
	d.notify(TopicState, "")
	return nil
}

// Copy gives the words that go to the clipboard for what has a marking: they bear it. It refuses what policy does not let
// out that way.
func (d *Desk) Copy(text string, m pole.Marking) (string, error) {
	top := d.dict.Highest(m)
	def, ok := d.dict.Marking(top.Classification)
	label := top.Classification
	if ok {
		label = def.Label
	}
	if d.above(top, d.policy.CopyUpTo.Value) {
		return "", fmt.Errorf("it is marked %s, and your organisation does not let that be copied", label)
	}
	return text + "\n[" + strings.Join(append([]string{label}, top.Handling...), " · ") + "]", nil
}

// keeps is how long and how much is kept of what was read. None at all is a copy of no age.
func (d *Desk) keeps() store.TrimPolicy {
	p := &d.policy
	t := store.TrimPolicy{MaxAge: p.OfflineKeep.Value, MaxRecords: p.OfflineRecords.Value, MaxBytes: p.OfflineSize.Value}
	if p.OfflineRecords.Managed && t.MaxRecords == 0 {
		t.MaxAge = time.Nanosecond
	}
	return t
}

// MayExport keeps of the formats those that policy lets leave this computer.
func (d *Desk) MayExport(formats []disclose.Format) []disclose.Format {
	return slices.DeleteFunc(slices.Clone(formats), func(f disclose.Format) bool { return !slices.Contains(d.policy.ExportFormats.Value, string(f)) })
}

// mayExport refuses a format, or a marking, that policy does not let out at all.
func (d *Desk) mayExport(f disclose.Format, m pole.Marking) error {
	p := &d.policy
	if !slices.Contains(p.ExportFormats.Value, string(f)) {
		if len(p.ExportFormats.Value) == 0 {
			return errors.New("your organisation does not allow exports from this computer")
		}
		return fmt.Errorf("your organisation does not allow exports as %s, only as: %s", f, strings.Join(p.ExportFormats.Value, ", "))
	}
	if d.above(m, p.ExportUpTo.Value) {
		return fmt.Errorf("it is marked %s, and your organisation lets nothing above %s leave this computer", d.dict.Highest(m).Classification, p.ExportUpTo.Value)
	}
	return nil
}
