package screens

import (
	"fyne.io/fyne/v2"

	"muster/ui/place"
)

// nopHost is a frame that does nothing, for benchmarks of a part.
type nopHost struct{}

func (nopHost) Go(place.ID, any)                               {}
func (nopHost) Open(place.ID, string, any)                     {}
func (nopHost) Back()                                          {}
func (nopHost) Post(f func())                                  { f() }
func (nopHost) Notify(place.Tone, string)                      {}
func (nopHost) WithPurpose(f func())                           { f() }
func (nopHost) AskCredential(string, func())                   {}
func (nopHost) Confirm(_, _, _ string, _ bool, _ func())       {}
func (nopHost) Modal(string, fyne.CanvasObject, func()) func() { return func() {} }
func (nopHost) Refresh()                                       {}
func (nopHost) SetBadge(place.ID, int, place.Tone)             {}
func (nopHost) Canvas() fyne.Canvas                            { return nil }
func (nopHost) Window() fyne.Window                            { return nil }
func (nopHost) CommandText(string)                             {}
