// Package place is the contract between the window's frame and the screens that stand in it.
package place

import (
	"fyne.io/fyne/v2"

	"muster/plugins/pole"
)

// ID names a place. The eight of the rail are fixed by the frame; others open only in windows of their own.
type ID string

// The places of the rail, in its order: Ctrl+1 … Ctrl+8.
const (
	Desk     ID = "desk"
	Search   ID = "search"
	Cases    ID = "cases"
	Enter    ID = "enter"
	Outbox   ID = "outbox"
	Systems  ID = "systems"
	Audit    ID = "audit"
	Settings ID = "settings"
)

// Places that stand in the main window and are reached from others, not from the rail.
const Pair ID = "pair"

// Places that open in a window of their own only.
const (
	Timeline ID = "timeline"
	Live     ID = "live"
)

// Rail lists the places of the rail in order.
func Rail() []ID { return []ID{Desk, Search, Cases, Enter, Outbox, Systems, Audit, Settings} }

// Shortcut is one key of a place. Label is shown on the F1 sheet, already in the officer's language.
type Shortcut struct {
	Key   fyne.KeyName
	Mod   fyne.KeyModifier // 0 for a bare key, which works only while no text field has focus
	Label string
	Do    func()
}

// Place is one screen. All methods are called on the UI goroutine, and none may wait on network, disk or keyring.
type Place interface {
	// Name is the screen's ID.
	Name() ID
	// Title heads the window's title bar and the history; it holds no personal data.
	Title() string
	// Object is the screen itself, built once.
	Object() fyne.CanvasObject
	// Shown is called each time the place comes up. arg is what the caller of Go gave; nil when the officer merely came back.
	Shown(arg any)
	// Hidden is called when another place takes its room, and when the window closes.
	Hidden()
	// Focus puts the keyboard where the officer would start.
	Focus()
	// Shortcuts lists the keys that work here, for the frame to bind and F1 to show.
	Shortcuts() []Shortcut
}

// SearchArg is what the search place is given when the officer chose how the text is to be taken; else it is given the text
// alone, as a string. As is a search.Interpretation.
type SearchArg struct {
	Text string
	As   any
}

// PairArg is what the place for two candidates side by side is given: the pairs to go through, and which is first.
type PairArg struct {
	Pairs [][2]pole.Ref
	At    int
}

// NewEntry is what the enter place is given to start a form.
type NewEntry struct {
	Form string // its id; "" lets the officer choose
	From any    // the open case (*caseview.Case) that it is about, or nil
}

// FillEntry is what the enter place is given to fill a part of the form that is open.
type FillEntry struct {
	From any // the case (*caseview.Case) that was picked
}

// Backer is a place that has steps of its own: Back reports whether it took the Esc.
type Backer interface{ Back() bool }

// Typist is a place that is told what is typed into the command bar: a search that runs stops when the officer types on.
type Typist interface{ Typed(text string) }

// Refresher is a place that can ask its systems again (F5).
type Refresher interface{ AskAgain() }

// Marked is a place that shows marked material. The banner shows the highest.
type Marked interface{ Marking() pole.Marking }

// Folder is a place that folds its columns: it is told its width whenever that changes.
type Folder interface{ Fold(width float32) }

// Tone is how loud a line is. It always comes with a symbol beside its colour.
type Tone int

// The tones.
const (
	Quiet Tone = iota
	Good
	Caution
	Danger
)

// Host is what the frame offers to a place: one for the main window, one for each window of its own.
// All methods are called on the UI goroutine, except Post.
type Host interface {
	// Go shows a place of the rail in the main window, with arg given to Shown.
	Go(id ID, arg any)
	// Open shows a place in a window of its own; the same id and key raise the window that is there.
	Open(id ID, key string, arg any)
	// Back goes to where the officer was.
	Back()
	// Post runs f on the UI goroutine, from any goroutine.
	Post(f func())
	// Notify shows a line above the status bar for a while. Text is in the officer's language.
	Notify(tone Tone, text string)
	// WithPurpose runs then at once if a purpose is set, else asks for it once and then runs then.
	WithPurpose(then func())
	// AskCredential asks for the credential that a system still needs, once; then runs after it was kept.
	AskCredential(system string, then func())
	// Confirm asks a yes-or-no question; yes is the label of the button that goes ahead.
	Confirm(title, text, yes string, danger bool, then func())
	// Modal shows content over the window until close is called or Esc is pressed; closed may be nil.
	Modal(title string, content fyne.CanvasObject, closed func()) (close func())
	// Refresh tells the frame that title, marking, shortcuts or badges of the place have changed.
	Refresh()
	// SetBadge puts a count on a place of the rail; 0 takes it away.
	SetBadge(id ID, n int, tone Tone)
	// Canvas is the window's canvas, for focus.
	Canvas() fyne.Canvas
	// Window is the window itself.
	Window() fyne.Window
	// CommandText puts text into the command bar, so that it shows the search that is on screen.
	CommandText(text string)
}

// Factory builds a place for a host.
type Factory func(h Host) Place
