// Package e2e works the real window by its keys alone, under a real window system, and measures it there. Its tests are built
// with the tag e2e and need a display, a window manager, xdotool and ImageMagick.
package e2e
