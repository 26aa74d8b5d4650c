// Package crash keeps a report of where the program ended badly: on this computer only, and with nothing in it but places in
// the program.
package crash

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

const monitorVar = "MUSTER_CRASH_FOLDER"

// Watch starts a second, idle process of this program that waits for its end and writes the report: a program that ends badly
// cannot be trusted to do so itself, and its words must never reach the disk unread. In that process Watch does not return.
func Watch(folder, version string) error {
	if dir := os.Getenv(monitorVar); dir != "" {
		monitor(os.Stdin, dir, version)
		os.Exit(0)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), monitorVar+"="+folder)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	f, ok := pipe.(*os.File)
	if !ok {
		return fmt.Errorf("crash reports cannot be kept on this system")
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return debug.SetCrashOutput(f, debug.CrashOptions{})
}

func monitor(r io.Reader, dir, version string) {
	report := Redact(io.LimitReader(r, 4<<20))
	if report == "" {
		return
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return
	}
	now := time.Now()
	name := filepath.Join(dir, now.UTC().Format("20060102T150405Z")+".txt")
	head := "Muster " + version + " ended badly at " + now.UTC().Format(time.RFC3339) + ".\n" +
		"This file stays on this computer. It names places in the program and holds nothing about a person or a case.\n\n"
	if os.WriteFile(name, []byte(head+report), 0o600) == nil {
		fmt.Fprintf(os.Stderr, "Muster ended badly. Nothing saved or sent is lost. A report for IT is at %s\n", name)
	}
}

var (
	goroutine = regexp.MustCompile(`^goroutine \d+ \[[a-zA-Z ,0-9]*\]:$`)
	call      = regexp.MustCompile(`^((?:created by )?[A-Za-z0-9_./\-*()\[\]·]+?)\([^()]*\)$`)
	created   = regexp.MustCompile(`^created by ([A-Za-z0-9_./\-*()\[\]·]+)( in goroutine \d+)?$`)
	place     = regexp.MustCompile(`^\t(.+\.(?:go|s|c)):(\d+)( \+0x[0-9a-f]+)?$`)
	runtimeIs = regexp.MustCompile(`^(panic: runtime error: [a-z ]+|fatal error: [a-zA-Z ]+|SIG[A-Z]+: [a-z ]+)`)
)

// Redact keeps of a crash's words only what names places in the program: no message that a value could stand in, no argument,
// no folder of this computer. It is "" if there was no crash.
func Redact(r io.Reader) string {
	var b strings.Builder
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 1<<20)
	stack := false // before the first stack a line that looks like a call may be a word of the panic
	for sc.Scan() {
		l := sc.Text()
		switch {
		case goroutine.MatchString(l):
			stack = true
			b.WriteString("\n" + l + "\n")
		case runtimeIs.MatchString(l):
			b.WriteString(strings.TrimSpace(runtimeIs.FindString(l)) + "\n")
		case strings.HasPrefix(l, "panic: "):
			b.WriteString("panic: (its words are withheld)\n")
		case !stack:
		case place.MatchString(l):
			m := place.FindStringSubmatch(l)
			b.WriteString("\t" + short(m[1]) + ":" + m[2] + "\n")
		case created.MatchString(l):
			b.WriteString("created by " + created.FindStringSubmatch(l)[1] + "\n")
		case call.MatchString(l):
			b.WriteString(call.FindStringSubmatch(l)[1] + "(…)\n")
		}
	}
	return b.String()
}

// short is the last folders of a path, enough to find the file in the program.
func short(p string) string {
	p = strings.ReplaceAll(p, `\`, "/")
	dir, file := path.Split(p)
	dir = path.Base(dir)
	return dir + "/" + file
}
