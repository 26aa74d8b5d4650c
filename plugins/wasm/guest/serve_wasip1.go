package guest

import (
	"encoding/json"
	"time"
	"unsafe"
)

// The host's functions. All pointers go from guest to host, so the host checks every one.

//go:wasmimport muster take
func hostTake(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster take_body
func hostTakeBody(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster give
func hostGive(ptr unsafe.Pointer, size uint32)

//go:wasmimport muster http
func hostHTTP(head unsafe.Pointer, headSize uint32, body unsafe.Pointer, bodySize uint32) uint32

//go:wasmimport muster log
func hostLog(level uint32, ptr unsafe.Pointer, size uint32)

var served System

// Serve makes sys answer the desk. Call it once, from an init function of package main: main itself never runs.
func Serve(sys System) { served = sys }

// call is what the host calls, with the size of the message that waits.
//
//go:wasmexport muster_call
func call(size uint32) {
	var c Call
	s := &Session{do: do, log: logLine}
	if err := json.Unmarshal(taken(hostTake, size), &c); err != nil {
		give(failed(Fail(Drift, "Muster's message cannot be read by this plugin.")))
		return
	}
	s.System, s.Config, s.Access = c.System, c.Config, c.Access
	s.Now, _ = time.Parse(time.RFC3339Nano, c.Now) // the host writes it
	give(answer(served, c, s))
}

func taken(take func(unsafe.Pointer, uint32), size uint32) []byte {
	if size == 0 {
		return nil
	}
	buf := make([]byte, size)
	take(unsafe.Pointer(&buf[0]), size)
	return buf
}

func give(a Answer) {
	b, err := encode(a)
	if err != nil {
		b, _ = json.Marshal(failed(err)) // cannot fail: it holds plain text
	}
	hostGive(unsafe.Pointer(&b[0]), uint32(len(b)))
}

func do(r Request) (*Response, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, Fail(Invalid, "The plugin asked for something that cannot be sent.")
	}
	var body unsafe.Pointer
	if len(r.Body) > 0 {
		body = unsafe.Pointer(&r.Body[0])
	}
	n := hostHTTP(unsafe.Pointer(&head[0]), uint32(len(head)), body, uint32(len(r.Body)))
	resp := &Response{}
	if err := json.Unmarshal(taken(hostTake, n), resp); err != nil {
		return nil, Fail(Drift, "Muster's message cannot be read by this plugin.")
	}
	resp.Body = taken(hostTakeBody, uint32(resp.Size))
	switch {
	case resp.Error != nil && resp.Status == 0:
		return nil, resp.Error
	case resp.Error != nil:
		return resp, resp.Error
	}
	return resp, nil
}

func logLine(level int, line string) {
	if line == "" {
		return
	}
	b := []byte(line)
	hostLog(uint32(level), unsafe.Pointer(&b[0]), uint32(len(b)))
}
