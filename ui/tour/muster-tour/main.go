// Muster-tour takes the desk's whole journey without a display and leaves a picture of every screen.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"fyne.io/fyne/v2"

	"muster/ui/tour"
)

func main() { os.Exit(run()) }

func run() int {
	out := flag.String("out", "tour", "`folder` for the pictures")
	width := flag.Int("width", 1600, "of the window")
	height := flag.Int("height", 1000, "of the window")
	flag.Parse()
	profile, err := os.MkdirTemp("", "muster-tour-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "muster-tour:", err)
		return 1
	}
	defer os.RemoveAll(profile)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	shots, err := tour.Run(ctx, tour.Options{Out: *out, Profile: profile, Size: fyne.NewSize(float32(*width), float32(*height)),
		Log: func(f string, a ...any) { fmt.Fprintf(os.Stderr, f+"\n", a...) }})
	for _, s := range shots {
		fmt.Println(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "muster-tour:", err)
		return 1
	}
	return 0
}
