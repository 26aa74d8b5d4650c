package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// output writes results: aligned text for people, or one JSON object a line for scripts.
type output struct {
	mu   sync.Mutex
	json *json.Encoder
	buf  *bufio.Writer
	tab  *tabwriter.Writer
	err  error
}

func newOutput(w io.Writer, asJSON bool) *output {
	o := &output{buf: bufio.NewWriter(w)}
	if asJSON {
		o.json = json.NewEncoder(o.buf)
		o.json.SetEscapeHTML(false)
	} else {
		o.tab = tabwriter.NewWriter(o.buf, 2, 4, 2, ' ', 0)
	}
	return o
}

// line writes v as JSON, or the formatted text for people; tabs in the text align columns.
func (o *output) line(v any, format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var err error
	if o.json != nil {
		err = o.json.Encode(v)
		if err == nil {
			err = o.buf.Flush() // a script reads each line as it comes
		}
	} else {
		_, err = fmt.Fprintf(o.tab, format+"\n", args...)
	}
	if o.err == nil {
		o.err = err
	}
}

// text writes words for people only.
func (o *output) text(format string, args ...any) {
	if o.json == nil {
		o.line(nil, format, args...)
	}
}

// raw writes a text as it stands, for people and for redirection into a file.
func (o *output) raw(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tab != nil {
		if err := o.tab.Flush(); err != nil && o.err == nil {
			o.err = err
		}
	}
	if _, err := o.buf.Write(text); err != nil && o.err == nil {
		o.err = err
	}
}

func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tab != nil {
		if err := o.tab.Flush(); err != nil && o.err == nil {
			o.err = err
		}
	}
	if err := o.buf.Flush(); err != nil && o.err == nil {
		o.err = err
	}
	return o.err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func clock(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("02/01/2006 15:04:05")
}
