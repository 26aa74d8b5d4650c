package signin

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/pkg/browser"
)

var silence sync.Once

// systemBrowser opens the browser that BROWSER names, else the system's own. Its words belong to no terminal of Muster's.
func systemBrowser(to string) error {
	if known, err := namedBrowser(os.Getenv("BROWSER"), to); known {
		return err
	}
	silence.Do(func() { browser.Stdout, browser.Stderr = io.Discard, io.Discard })
	return browser.OpenURL(to)
}

// namedBrowser runs the first program of a BROWSER variable that this computer has: programs divided by colons, each with
// arguments if need be and with %s where the address goes, at the end otherwise. xdg-open would look at it only after the
// desktop's own choice, and under a desktop environment not at all. No shell reads the address. known is false if there is none.
func namedBrowser(names, to string) (known bool, err error) {
	for _, name := range strings.Split(names, string(os.PathListSeparator)) {
		args := strings.Fields(name)
		if len(args) == 0 {
			continue
		}
		placed := false
		for i, a := range args[1:] {
			if strings.Contains(a, "%s") {
				args[i+1], placed = strings.ReplaceAll(a, "%s", to), true
			}
		}
		if !placed {
			args = append(args, to)
		}
		err := exec.Command(args[0], args[1:]...).Run()
		if missing := new(exec.Error); errors.As(err, &missing) || errors.Is(err, os.ErrNotExist) {
			continue
		}
		return true, err
	}
	return false, nil
}
