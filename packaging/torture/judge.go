package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// judge holds what the workstation said against what the targets have, and looks for what can be read where it should not be.
func (l *lane) judge() result {
	r := &l.res
	r.kept, r.drafts, r.corrected = len(l.kept), len(l.typed)-len(l.kept), len(l.fixed)
	say := func(count *int, format string, a ...any) {
		*count++
		if len(r.say) < 20 {
			r.say = append(r.say, fmt.Sprintf(format, a...))
		}
	}
	has := map[string]map[string][]taken{} // by target, by entry
	for _, name := range names {
		has[name] = map[string][]taken{}
		for _, x := range l.targets[name].entries() {
			id := entryOf(x.Text)
			has[name][id] = append(has[name][id], x)
		}
		p := l.proxies[name]
		p.mu.Lock()
		r.calls += p.calls
		for f, n := range p.count {
			r.faults[f] += n
		}
		p.mu.Unlock()
	}
	// What was not yet said to be kept when it died may be kept all the same: then it is delivered like any other.
	entries := maps.Clone(l.kept)
	for end := range l.ends {
		id, _, _ := strings.Cut(end, " ")
		entries[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		for _, name := range names {
			r.due++
			got, end := has[name][id], l.ends[id+" "+name]
			if len(got) == 0 {
				say(&r.losses, "%s has nothing of entry %s, of which the workstation says %q", name, id, end)
				continue
			}
			if len(got) > 1 {
				say(&r.duplicates, "%s has entry %s %d times", name, id, len(got))
			}
			if want := wanted(id, name); got[0].Text != want || got[0].Surname == "" {
				say(&r.different, "%s has %q of entry %s, not %q", name, got[0].Text, id, want)
			}
			if end != "delivered "+got[0].Reference {
				say(&r.different, "the workstation says %q of entry %s at %s, which has it as %s", end, id, name, got[0].Reference)
			}
			if first := has["records"][id]; l.targets[name].wantsRef && (len(first) == 0 || got[0].After != first[0].Reference) {
				say(&r.disorder, "%s has entry %s after %q, and records has %+v", name, id, got[0].After, first)
			}
		}
	}
	for _, name := range names {
		for id := range has[name] {
			if !entries[id] {
				say(&r.different, "%s has an entry %q that the workstation does not know", name, id)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.typed)) {
		if step := l.typed[id]; !entries[id] && l.last[id] < step {
			say(&r.losses, "draft %s was kept at step %d and is found at step %d", id, step, l.last[id])
		}
	}
	for _, w := range l.wrong {
		say(&r.different, "%s", w)
	}
	l.leaks(func(where, what string) { say(&r.leaks, "%s can be read in %s", what, where) })
	return *r
}

func entryOf(text string) string {
	if f := strings.Fields(text); len(f) > 1 {
		return f[1]
	}
	return text
}

// wanted is what a target must have of an entry: what was typed last, and at Records, where that was refused, the correction.
func wanted(id, name string) string {
	t := text(id, 2)
	if name == "records" {
		t = strings.TrimSpace(strings.ReplaceAll(t, refuseMe, ""))
	}
	return t
}

// leaks looks through every file of the workstation and everything that it logged.
func (l *lane) leaks(found func(where, what string)) {
	look := func(where string, data []byte) {
		for what, canary := range map[string]string{"a person's name": l.surname, "a person's name as typed in capitals": strings.ToUpper(l.surname), "an entry's words": " step ",
			"a system's credential": l.secret, "the key": string(l.key), "the key in hex": hex.EncodeToString(l.key), "the key in base64": base64.StdEncoding.EncodeToString(l.key)} {
			if bytes.Contains(data, []byte(canary)) {
				found(where, what)
			}
		}
	}
	err := filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // below a folder of this program's own
		look(d.Name(), data)
		return err
	})
	if err != nil {
		found("a file that cannot be read ("+err.Error()+")", "something")
	}
	look("the log", l.said.Bytes())
}
