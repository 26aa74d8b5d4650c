//go:build e2e

// Command empty is the least that shows a window of Fyne, with the stop-watch of probe in it: it prints when its first frame stood
// on screen, in milliseconds, and ends.
package main

import (
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
)

func main() {
	started := flag.Int64("started", time.Now().UnixNano(), "when the process was started, in nanoseconds")
	flag.Parse()
	a := app.NewWithID("uk.muster.probe")
	painted := false
	mark := canvas.NewRaster(func(int, int) image.Image {
		if !painted {
			painted = true
			go fyne.Do(func() {
				fmt.Println(strconv.FormatFloat(float64(time.Now().UnixNano()-*started)/1e6, 'f', 3, 64))
				os.Exit(0)
			})
		}
		return image.NewUniform(color.Transparent)
	})
	mark.Resize(fyne.NewSize(4, 4))
	w := a.NewWindow("empty")
	w.SetContent(container.NewWithoutLayout(mark))
	w.Resize(fyne.NewSize(1600, 1000))
	w.Show()
	a.Run()
}
