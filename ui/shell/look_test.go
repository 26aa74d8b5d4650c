package shell

import (
	"testing"

	"fyne.io/fyne/v2"

	"muster/app/signin"
	"muster/plugins"
	"muster/ui/theme"
)

func TestLook(t *testing.T) {
	big := fyne.NewSize(1600, 1000)
	for _, p := range theme.Palettes() {
		t.Run(string(p), func(t *testing.T) {
			r := newRig(t, theme.New(p, theme.Normal), big, func(d *fakeDesk) { d.configured = false })
			r.shot("shell-first-"+string(p), r.shell.main)
			r.desk.configured = true
			r.shell.stateChanged()
			r.shot("shell-signin-"+string(p), r.shell.main)
			r.desk.purpose = &plugins.Purpose{Code: "MP", Case: "24-10887"}
			r.signIn()
			r.shell.Tick()
			r.shot("shell-desk-"+string(p), r.shell.main)
			r.shell.main.focusCommand()
			r.shell.main.top.bar.SetText("miller aaron 2011")
			r.shell.main.top.changed("miller aaron 2011")
			r.shot("shell-command-"+string(p), r.shell.main)
			r.shell.main.askPurpose(nil)
			r.shot("shell-purpose-"+string(p), r.shell.main)
			r.shell.main.modals[0].close()
			r.shell.main.AskCredential("custody", nil)
			r.shot("shell-credential-"+string(p), r.shell.main)
			r.shell.main.modals[0].close()
			r.shell.main.showKeys()
			r.shell.main.Notify(2, "Custody has not answered. Your search went on without it.")
			r.shot("shell-keys-"+string(p), r.shell.main)
			r.shell.main.modals[0].close()
			r.desk.canUnlock = true
			r.desk.set(signin.Locked)
			r.shell.stateChanged()
			r.shot("shell-lock-"+string(p), r.shell.main)
		})
	}
}
