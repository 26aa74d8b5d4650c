package vm

import (
	"slices"
	"strings"
)

// Verb is what a typed command does.
type Verb string

// The commands of the command bar.
const (
	DoPlace   Verb = "place"   // Arg is the place's id
	DoEntry   Verb = "entry"   // Arg is the form's id
	DoLock    Verb = "lock"    //
	DoSignOut Verb = "signout" //
	DoTheme   Verb = "theme"   // Arg is dark, light or contrast
	DoDensity Verb = "density" // Arg is compact, normal or touch
	DoPurpose Verb = "purpose" //
	DoHelp    Verb = "help"    //
)

// Command is one line of the command bar's list.
type Command struct {
	Verb  Verb
	Arg   string
	Typed string // what the officer types after '>': "theme dark"
	Label string // what it does, in words
}

// IsCommand reports whether text is meant as a command.
func IsCommand(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), ">") }

// NamedForm is a form that can be started from the command bar.
type NamedForm struct{ ID, Name string }

// Commands lists every command: the places, the forms and what the desk itself does.
func (e Env) Commands(forms []NamedForm) []Command {
	var out []Command
	for _, f := range forms {
		out = append(out, Command{Verb: DoEntry, Arg: f.ID, Typed: strings.ToLower(f.ID), Label: e.T("screens.command.entry", "form", f.Name)})
	}
	for _, p := range []string{"desk", "search", "cases", "enter", "outbox", "systems", "audit", "settings"} {
		out = append(out, Command{Verb: DoPlace, Arg: p, Typed: p, Label: e.T("screens.command.place." + p)})
	}
	for _, v := range []Verb{DoLock, DoSignOut, DoPurpose, DoHelp} {
		out = append(out, Command{Verb: v, Typed: string(v), Label: e.T("screens.command." + string(v))})
	}
	for _, a := range []string{"dark", "light", "contrast"} {
		out = append(out, Command{Verb: DoTheme, Arg: a, Typed: "theme " + a, Label: e.T("screens.command.theme." + a)})
	}
	for _, a := range []string{"compact", "normal", "touch"} {
		out = append(out, Command{Verb: DoDensity, Arg: a, Typed: "density " + a, Label: e.T("screens.command.density." + a)})
	}
	return out
}

// Complete lists the commands that typed text may become, best first: those that begin with it, then those that hold it.
func Complete(all []Command, text string) []Command {
	want := commandText(text)
	var begin, within []Command
	for _, c := range all {
		switch {
		case strings.HasPrefix(c.Typed, want):
			begin = append(begin, c)
		case want != "" && (strings.Contains(c.Typed, want) || strings.Contains(strings.ToLower(c.Label), want)):
			within = append(within, c)
		}
	}
	return append(begin, within...)
}

// Parse finds the command that text names: in full, or by a beginning that fits only one.
func Parse(all []Command, text string) (Command, bool) {
	want := commandText(text)
	if want == "" {
		return Command{}, false
	}
	if i := slices.IndexFunc(all, func(c Command) bool { return c.Typed == want }); i >= 0 {
		return all[i], true
	}
	var found []Command
	for _, c := range all {
		if strings.HasPrefix(c.Typed, want) {
			found = append(found, c)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return Command{}, false
}

func commandText(text string) string {
	t := strings.TrimPrefix(strings.TrimSpace(text), ">")
	return strings.ToLower(strings.Join(strings.Fields(t), " "))
}
