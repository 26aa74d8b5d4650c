package shell

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"muster/app/signin"
	"muster/plugins"
	"muster/ui/i18n"
	"muster/ui/place"
	"muster/ui/theme"
	"muster/ui/widgets"
)

// coverScreen stands in place of a window's content: opening, first run, sign-in, lock.
type coverScreen struct {
	title  string // of the window
	object fyne.CanvasObject
	focus  func()
}

func pluginError(err error) *plugins.Error {
	var pe *plugins.Error
	if errors.As(err, &pe) {
		return pe
	}
	return nil
}

// brand is the sign over a cover: the picture, the name and a line under it.
func brand(line string) fyne.CanvasObject {
	img := canvas.NewImageFromResource(theme.AppIcon())
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSquareSize(56))
	objs := []fyne.CanvasObject{widgets.NewWords(i18n.T("app.name"), widgets.Style{Size: theme.SizeHero, Bold: true})}
	if line != "" {
		objs = append(objs, widgets.NewCut(line, widgets.MutedText))
	}
	return widgets.Row(4, widgets.Fix(img), widgets.Grow(widgets.Stack(0, objs...)))
}

// coverOf puts content into a card in the middle of the window, below the banner, with a line of keys at the foot.
func coverOf(width float32, keys string, content fyne.CanvasObject) fyne.CanvasObject {
	card := widgets.NewCard(content)
	card.PadV, card.PadH = 7, 8
	foot := widgets.NewCut(keys, widgets.Small)
	foot.Align = fyne.TextAlignCenter
	banner := widgets.NewBanner()
	banner.SetQuiet(i18n.T("cover.banner"))
	return container.NewBorder(banner, widgets.Pad(3, 4, foot), nil, nil, widgets.Centred(width, card)) // on the window's own ground
}

func (s *Shell) startingCover() *coverScreen {
	return &coverScreen{title: i18n.T("cover.start"), object: coverOf(460, "", widgets.Stack(5, brand(i18n.T("start.line")), widgets.NewSkeleton(i18n.T("start.opening"), 1)))}
}

func (s *Shell) failedCover(say string) *coverScreen {
	quit := widgets.NewPrimary(i18n.T("start.quit"), "Enter", func() { s.main.win.Close() })
	c := coverOf(560, "", widgets.Stack(5, brand(i18n.T("start.failed")),
		widgets.NewNotice(widgets.Alarm, say, nil), widgets.Row(2, widgets.Spacer(), widgets.Fix(quit))))
	return &coverScreen{title: i18n.T("cover.failed"), object: c, focus: func() { s.main.win.Canvas().Focus(quit) }}
}

// firstRunCover offers the demonstration force, where policy lets it, and one's own systems.
func (s *Shell) firstRunCover() *coverScreen {
	d := s.desk
	option := func(title, text string, b *widgets.Button) fyne.CanvasObject {
		return widgets.Stack(3, widgets.NewWords(title, widgets.Name), widgets.NewPara(text, widgets.MutedText), widgets.Row(0, widgets.Fix(b), widgets.Spacer()))
	}
	own := widgets.NewButton(i18n.T("first.own.button"), "", func() { s.main.cover(s.localSetupCover()) })
	start := own
	var cells []widgets.Cell
	if d.DemoAllowed() {
		demo := widgets.NewPrimary(i18n.T("first.demo.button"), "Enter", s.useDemo)
		start = demo
		cells = append(cells, widgets.Grow(widgets.NewCard(option(i18n.T("first.demo.title"), i18n.T("first.demo.text"), demo))))
	} else {
		cells = append(cells, widgets.Grow(widgets.NewCard(widgets.Stack(3, widgets.NewWords(i18n.T("first.demo.title"), widgets.Name),
			widgets.NewPara(i18n.T("first.demo.forbidden"), widgets.MutedText)))))
	}
	cells = append(cells, widgets.Grow(widgets.NewCard(option(i18n.T("first.own.title"), i18n.T("first.own.text"), own))))
	for i := range cells {
		cells[i].Fill = true
	}
	c := coverOf(880, i18n.T("first.keys"), widgets.Stack(6, brand(i18n.T("app.line")), widgets.NewPara(i18n.T("first.text"), widgets.Body), widgets.Row(4, cells...)))
	return &coverScreen{title: i18n.T("cover.first"), object: c, focus: func() { s.main.win.Canvas().Focus(start) }}
}

// useDemo starts the demonstration force and goes on to its sign-in.
func (s *Shell) useDemo() {
	c := coverOf(460, "", widgets.Stack(5, brand(i18n.T("first.demo.title")), widgets.NewSkeleton(i18n.T("first.demo.starting"), 2)))
	s.main.cover(&coverScreen{title: i18n.T("cover.start"), object: c})
	go func() {
		err := s.desk.UseDemo(s.ctx)
		s.opts.Post(func() {
			if s.closed {
				return
			}
			if err != nil {
				s.main.cover(s.firstRunCover())
				s.main.cover(s.withNotice(s.firstRunCover(), sayError(err)))
				return
			}
			s.stateChanged()
		})
	}()
}

// withNotice shows what went wrong over a cover.
func (s *Shell) withNotice(c *coverScreen, say string) *coverScreen {
	n := widgets.NewNotice(widgets.Alarm, say, nil)
	c.object = container.NewStack(c.object, container.NewBorder(widgets.PadSides(8, 20, 0, 20, widgets.Centred(640, n)), nil, nil, nil))
	return c
}

// localSetupCover sets up sign-in by a passphrase, for a site with no sign-in server.
func (s *Shell) localSetupCover() *coverScreen {
	to := func(in *widgets.Input) { s.main.win.Canvas().Focus(in.Focusable()) }
	name, pass, again := widgets.NewInput(""), widgets.NewPassword(""), widgets.NewPassword("")
	nameF := widgets.NewField(i18n.T("local.name"), name)
	passF := widgets.NewField(i18n.T("local.pass"), pass)
	againF := widgets.NewField(i18n.T("local.again"), again)
	passF.SetHelp(i18n.T("local.pass.help", "n", minPassphrase))
	var ok *widgets.Button
	busy := false
	set := func() {
		nameF.SetError("")
		passF.SetError("")
		againF.SetError("")
		switch {
		case busy:
			return
		case strings.TrimSpace(name.Text()) == "":
			nameF.SetError(i18n.T("local.name.missing"))
			to(name)
			return
		case len([]rune(pass.Text())) < minPassphrase:
			passF.SetError(i18n.T("local.pass.short", "n", minPassphrase))
			to(pass)
			return
		case pass.Text() != again.Text():
			againF.SetError(i18n.T("local.again.differs"))
			to(again)
			return
		}
		busy = true
		ok.Disable()
		n, p := strings.TrimSpace(name.Text()), pass.Text()
		go func() {
			err := s.desk.SetUpLocal(s.ctx, n, p)
			if err == nil {
				err = s.desk.SignInLocal(s.ctx, p)
			}
			s.opts.Post(func() {
				busy = false
				if s.closed {
					return
				}
				if err != nil {
					ok.Enable()
					againF.SetError(sayError(err))
					return
				}
				s.stateChanged()
				s.main.Go(place.Systems, nil)
			})
		}()
	}
	name.OnSubmit = func(string) { to(pass) }
	pass.OnSubmit = func(string) { to(again) }
	again.OnSubmit = func(string) { set() }
	ok = widgets.NewPrimary(i18n.T("local.button"), "Enter", set)
	back := widgets.NewButton(i18n.T("button.back"), "", s.stateChanged)
	c := coverOf(560, i18n.T("first.keys"), widgets.Stack(4, brand(i18n.T("first.own.title")), widgets.NewPara(i18n.T("local.text"), widgets.MutedText),
		nameF, passF, againF, widgets.Row(2, widgets.Spacer(), widgets.Fix(back), widgets.Fix(ok))))
	return &coverScreen{title: i18n.T("local.setup"), object: c, focus: func() { s.main.win.Canvas().Focus(name.Focusable()) }}
}

const minPassphrase = 8

// signInCover is the one login: one button, and what it will open.
func (s *Shell) signInCover() *coverScreen {
	d := s.desk
	objs := []fyne.CanvasObject{brand(first(d.Force(), i18n.T("app.line")))}
	var start func()
	focusOn := func(o fyne.Focusable) {
		if start == nil {
			start = func() { s.main.win.Canvas().Focus(o) }
		}
	}
	if d.State() == signin.SigningIn {
		objs = append(objs, widgets.NewSkeleton(i18n.T("signin.waiting"), 0), widgets.NewPara(i18n.T("signin.waiting.text"), widgets.MutedText))
		stop := widgets.NewButton(i18n.T("button.cancel"), "", s.stopSignIn)
		objs = append(objs, widgets.Row(0, widgets.Fix(stop), widgets.Spacer()))
		focusOn(stop)
		return &coverScreen{title: i18n.T("cover.waiting"), object: coverOf(520, "", widgets.Stack(5, objs...)), focus: start}
	}
	if s.failure != "" {
		objs = append(objs, widgets.NewNotice(widgets.Alarm, s.failure, nil))
	}
	for _, m := range d.Methods() {
		switch m {
		case signin.MethodBrowser:
			b := widgets.NewPrimary(i18n.T("signin.button"), "Enter", func() { s.startSignIn(s.desk.SignInBrowser) })
			objs = append(objs, widgets.Stack(4, widgets.NewPara(i18n.T("signin.text"), widgets.Body), widgets.Row(0, widgets.Fix(b), widgets.Spacer())))
			focusOn(b)
		case signin.MethodDevice:
			b := widgets.NewLink(i18n.T("signin.device"), "", s.signInDevice)
			objs = append(objs, widgets.Row(0, widgets.Fix(b), widgets.Spacer()))
			focusOn(b)
		case signin.MethodLocal:
			if !d.LocalExists() {
				b := widgets.NewPrimary(i18n.T("local.setup"), "Enter", func() { s.main.cover(s.localSetupCover()) })
				objs = append(objs, widgets.Row(0, widgets.Fix(b), widgets.Spacer()))
				focusOn(b)
				continue
			}
			f, in := s.passField(s.main, i18n.T("local.pass"), i18n.T("signin.button"), d.SignInLocal)
			objs = append(objs, f)
			focusOn(in.Focusable())
		}
	}
	if d.CanUnlock() {
		f, in := s.passField(s.main, i18n.T("unlock.offline"), i18n.T("unlock.button"), d.Unlock)
		objs = append(objs, widgets.HLine(), f)
		focusOn(in.Focusable())
	}
	if acc := d.DemoAccounts(); len(acc) > 0 {
		var rows []widgets.Fact
		for _, a := range acc {
			rows = append(rows, widgets.Fact{Label: first(a.Name, a.Role),
				Value: widgets.NewFlow(widgets.Span(a.User+"  "+a.Password+"  ", widgets.Ident), widgets.Span(a.Role, widgets.MutedText))})
		}
		objs = append(objs, widgets.Stack(1, widgets.NewHeader(i18n.T("signin.accounts")), widgets.NewFacts(rows...)))
	}
	return &coverScreen{title: i18n.T("signin.button"), object: coverOf(560, i18n.T("signin.foot"), widgets.Stack(5, objs...)), focus: start}
}

// passField is a passphrase with its button; errors stand under it.
func (s *Shell) passField(on *frame, label, button string, do func(context.Context, string) error) (fyne.CanvasObject, *widgets.Input) {
	in := widgets.NewPassword("")
	f := widgets.NewField(label, in)
	var b *widgets.Button
	busy := false
	try := func() {
		if busy {
			return
		}
		if in.Text() == "" {
			f.SetError(i18n.T("signin.pass.missing"))
			on.win.Canvas().Focus(in.Focusable())
			return
		}
		busy = true
		f.SetError("")
		b.Disable()
		p := in.Text()
		go func() {
			err := do(s.ctx, p)
			s.opts.Post(func() {
				busy = false
				if s.closed {
					return
				}
				b.Enable()
				in.SetText("")
				if err != nil {
					f.SetError(sayError(err))
					on.win.Canvas().Focus(in.Focusable())
					return
				}
				s.stateChanged()
			})
		}()
	}
	in.OnSubmit = func(string) { try() }
	b = widgets.NewPrimary(button, "Enter", try)
	return widgets.Stack(2.5, f, widgets.Row(0, widgets.Fix(b), widgets.Spacer())), in
}

// startSignIn runs a sign-in that the officer can call off; what failed is said on the sign-in screen or on the lock.
func (s *Shell) startSignIn(do func(context.Context) error) {
	s.stopSignIn()
	s.failure = ""
	ctx, cancel := context.WithCancel(s.ctx)
	s.signIn = cancel
	s.main.cover(s.waitingCover())
	go func() {
		err := do(ctx)
		s.opts.Post(func() {
			stopped := ctx.Err() != nil
			cancel()
			if s.closed {
				return
			}
			if err != nil && !stopped {
				s.failure = sayError(err)
			}
			s.stateChanged()
		})
	}()
}

func (s *Shell) waitingCover() *coverScreen {
	stop := widgets.NewButton(i18n.T("button.cancel"), "", func() {
		s.stopSignIn()
		s.stateChanged()
	})
	c := coverOf(520, "", widgets.Stack(5, brand(s.desk.Force()), widgets.NewSkeleton(i18n.T("signin.waiting"), 0),
		widgets.NewPara(i18n.T("signin.waiting.text"), widgets.MutedText), widgets.Row(0, widgets.Fix(stop), widgets.Spacer())))
	return &coverScreen{title: i18n.T("cover.waiting"), object: c, focus: func() { s.main.win.Canvas().Focus(stop) }}
}

func (s *Shell) stopSignIn() {
	if s.signIn != nil {
		s.signIn()
		s.signIn = nil
	}
}

// signInDevice signs in by a code that is typed on another machine.
func (s *Shell) signInDevice() {
	s.startSignIn(func(ctx context.Context) error {
		return s.desk.SignInDevice(ctx, func(code, url string) {
			s.opts.Post(func() {
				if s.closed {
					return
				}
				stop := widgets.NewButton(i18n.T("button.cancel"), "", func() {
					s.stopSignIn()
					s.stateChanged()
				})
				c := coverOf(520, "", widgets.Stack(5, brand(s.desk.Force()), widgets.NewPara(i18n.T("signin.device.text"), widgets.Body),
					widgets.NewFacts(widgets.Fact{Label: i18n.T("signin.device.url"), Value: widgets.NewPara(url, widgets.Ident)},
						widgets.Fact{Label: i18n.T("signin.device.code"), Value: widgets.NewPara(code, widgets.Style{Size: theme.SizeTitle, Mono: true, Bold: true})}),
					widgets.Row(0, widgets.Fix(stop), widgets.Spacer())))
				s.main.cover(&coverScreen{title: i18n.T("cover.waiting"), object: c, focus: func() { s.main.win.Canvas().Focus(stop) }})
			})
		})
	})
}

// lockCover hides a window while the desk is locked. Every window has one; each can unlock the desk.
func (s *Shell) lockCover(f *frame) *coverScreen {
	d := s.desk
	who := ""
	if o, ok := d.Officer(); ok {
		who = o.Display()
	}
	lock := widgets.NewGlyph(widgets.Lock, theme.Muted, 34)
	objs := []fyne.CanvasObject{widgets.Row(4, widgets.Fix(lock), widgets.Grow(widgets.Stack(0,
		widgets.NewWords(i18n.T("lock.title"), widgets.Style{Size: theme.SizeHero, Bold: true}), widgets.NewCut(who, widgets.MutedText)))),
		widgets.NewPara(i18n.T("lock.text"), widgets.MutedText)}
	if s.failure != "" {
		objs = append(objs, widgets.NewNotice(widgets.Alarm, s.failure, nil))
	}
	var start func()
	switch {
	case d.CanUnlock():
		fl, in := s.passField(f, i18n.T("unlock.pass"), i18n.T("unlock.button"), d.Unlock)
		objs = append(objs, fl)
		start = func() { f.win.Canvas().Focus(in.Focusable()) }
	}
	for _, m := range d.Methods() {
		switch m {
		case signin.MethodBrowser:
			b := widgets.NewPrimary(i18n.T("unlock.browser"), "", func() { s.startSignIn(s.desk.SignInBrowser) })
			if start != nil {
				b.Kind = widgets.PlainButton
			} else {
				start = func() { f.win.Canvas().Focus(b) }
			}
			objs = append(objs, widgets.Row(0, widgets.Fix(b), widgets.Spacer()))
		case signin.MethodLocal:
			if !d.CanUnlock() {
				fl, in := s.passField(f, i18n.T("local.pass"), i18n.T("unlock.button"), d.SignInLocal)
				objs = append(objs, fl)
				if start == nil {
					start = func() { f.win.Canvas().Focus(in.Focusable()) }
				}
			}
		}
	}
	return &coverScreen{title: i18n.T("lock.title"), object: coverOf(480, "", widgets.Stack(5, objs...)), focus: start}
}
