//go:build e2e

// Command probe is the window with a stop-watch in it: it prints one figure in milliseconds and ends. The benchmarks of ui/e2e
// run it once for each figure, so that each begins with a fresh process.
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"os"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"muster/app/desk"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/pole"
	"muster/ui/place"
	"muster/ui/screens"
	"muster/ui/shell"
)

func main() {
	what := flag.String("what", "", "shell or stall")
	profile := flag.String("profile", "", "an empty folder")
	started := flag.Int64("started", time.Now().UnixNano(), "when the process was started, in nanoseconds")
	flag.Parse()
	shell.Tune() // as the program does
	switch *what {
	case "shell":
		first(*started, func(a fyne.App, mark fyne.CanvasObject, usable func()) { openShell(a, mark, *profile, usable) })
	case "stall":
		stall(*profile)
	default:
		fmt.Fprintln(os.Stderr, "probe: -what is shell or stall")
		os.Exit(2)
	}
}

// first prints when the first frame that counts stood on screen and the window took events: a raster's picture is asked for while
// the frame is painted, and the window's queue is served after the frame has been handed over.
func first(started int64, open func(a fyne.App, mark fyne.CanvasObject, usable func())) {
	a := app.NewWithID("uk.muster.probe")
	counts := false
	var mark *canvas.Raster
	mark = canvas.NewRaster(func(w, h int) image.Image {
		if counts {
			counts = false
			go fyne.Do(func() {
				fmt.Println(strconv.FormatFloat(float64(time.Now().UnixNano()-started)/1e6, 'f', 3, 64))
				os.Exit(0)
			})
		}
		return image.NewUniform(color.Transparent)
	})
	mark.Resize(fyne.NewSize(4, 4)) // a corner: the mark is to cost nothing
	open(a, mark, func() {
		counts = true
		mark.Refresh()
	})
	a.Run()
}

// openShell opens the real window over an empty profile; it is usable when the first-run screen takes keys.
func openShell(a fyne.App, mark fyne.CanvasObject, profile string, usable func()) {
	opened := make(chan *desk.Desk, 1)
	go func() {
		d, err := desk.Open(context.Background(), desk.Options{Profile: profile})
		if err != nil {
			fmt.Fprintln(os.Stderr, "probe:", err)
			os.Exit(1)
		}
		opened <- d
	}()
	s := shell.New(a, shell.Options{})
	w := s.Window()
	w.SetContent(container.NewStack(w.Content(), container.NewWithoutLayout(mark)))
	// As the program does: a desk that opens at once is in the first frame.
	select {
	case d := <-opened:
		s.Attach(d, nil)
		usable()
	case <-time.After(150 * time.Millisecond):
		go func() {
			d := <-opened
			fyne.Do(func() {
				s.Attach(d, nil)
				usable()
			})
		}()
	}
	s.Show()
}

// flood is the desk with a search that brings 3,000 records of 1,000 people in two seconds.
type flood struct {
	*desk.Desk
	done chan struct{}
}

const (
	people  = 1000
	records = 3000
)

func (f *flood) State() signin.State { return signin.SignedIn }

func (f *flood) Officer() (signin.Officer, bool) {
	return signin.Officer{ID: "probe", Name: "Probe"}, true
}

func (f *flood) Purpose() (plugins.Purpose, bool) { return plugins.Purpose{Code: "training"}, true }

func (f *flood) Search(ctx context.Context, _ search.Request, tell func(desk.SearchEvent)) error {
	defer close(f.done)
	const step = 15
	for at := 0; at < records; at += step {
		var found []search.Found
		var views []desk.EntityView
		for i := at; i < at+step; i++ {
			p := i % people
			id := fmt.Sprintf("rms/person/%04d", p)
			found = append(found, search.Found{Record: pole.Record{Ref: pole.Ref{System: "rms", Type: "person", ID: strconv.Itoa(i)}, Kind: "person"}, Score: 1})
			views = append(views, desk.EntityView{ID: id, Kind: "person", Class: pole.ClassPerson, Title: fmt.Sprintf("MILLER, Person %04d", p),
				Detail: "15 y · 03/11/2011 · 12 Alder Rise, Leeds LS8 2QX", Systems: []string{"rms", "cad"}, Records: 1 + i/people,
				Matched: []string{"miller"}, Score: float64((p*7919)%people) / people})
		}
		tell(desk.SearchEvent{Found: found, Entities: views})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	tell(desk.SearchEvent{Answer: &search.Answer{System: "rms", State: search.Answered, Count: records}})
	tell(desk.SearchEvent{Done: &search.Completeness{Asked: 1, Answered: 1, Records: records, Complete: true}})
	return nil
}

// stall prints the longest time for which the window took nothing while the flood came in.
func stall(profile string) {
	a := app.NewWithID("uk.muster.probe")
	s := shell.New(a, shell.Options{})
	s.Show()
	worst := time.Duration(0)
	go func() {
		real, err := desk.Open(context.Background(), desk.Options{Profile: profile})
		if err != nil {
			fmt.Fprintln(os.Stderr, "probe:", err)
			os.Exit(1)
		}
		d := &flood{Desk: real, done: make(chan struct{})}
		fyne.DoAndWait(func() { s.Attach(d, screens.Factories(d, s.Env(), s, nil)) })
		time.Sleep(1500 * time.Millisecond) // the window's own first frames do not count
		measure := make(chan struct{})
		go func() {
			defer close(measure)
			for {
				t := time.Now()
				fyne.DoAndWait(func() {})
				if took := time.Since(t); took > worst {
					worst = took
				}
				select {
				case <-d.done:
					return
				case <-time.After(2 * time.Millisecond):
				}
			}
		}()
		fyne.Do(func() { s.Go(place.Search, "miller") })
		<-measure
		fmt.Println(strconv.FormatFloat(float64(worst.Microseconds())/1e3, 'f', 3, 64))
		os.Exit(0)
	}()
	a.Run()
}
