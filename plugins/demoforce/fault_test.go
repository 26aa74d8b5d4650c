package demoforce

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// try sends one request to records management on a connection of its own.
func try(f *Force, tok, method, path, body string, timeout time.Duration) (int, http.Header, []byte, error) {
	c := &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequest(method, f.rms.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "k-1")
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, b, err
}

func TestFaults(t *testing.T) {
	f := start(t)
	tok := token(t, f)
	get := func() (int, http.Header, []byte, error) {
		return try(f, tok, "GET", "/persons?surname=miller", "", 2*time.Second)
	}
	set := func(x Fault) {
		t.Helper()
		if err := f.SetFault("rms", x); err != nil {
			t.Fatal(err)
		}
	}
	well := func(after string) {
		t.Helper()
		if code, _, _, err := get(); code != 200 || err != nil {
			t.Fatalf("not well after %s: %d %v", after, code, err)
		}
	}
	well("start")
	set(Fault{Kind: FaultDown})
	if _, _, _, err := get(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("down: %v", err)
	}
	set(Fault{})
	well("down")
	set(Fault{Kind: FaultHang})
	if _, _, _, err := try(f, tok, "GET", "/persons?surname=miller", "", 150*time.Millisecond); err == nil || !strings.Contains(err.Error(), "Timeout") {
		t.Errorf("hang: %v", err)
	}
	set(Fault{Kind: FaultLimited, RetryAfter: "7", Count: 2})
	for range 2 {
		if code, h, b, _ := get(); code != 429 || h.Get("Retry-After") != "7" || !strings.Contains(string(b), "too-many-requests") {
			t.Errorf("limited: %d %v %s", code, h, b)
		}
	}
	well("two of limited")
	if x := f.Faults(); len(x) != 0 {
		t.Errorf("a fault that is used up is still listed: %v", x)
	}
	set(Fault{Kind: FaultError, Status: 503})
	if code, _, _, _ := get(); code != 503 {
		t.Errorf("error: %d", code)
	}
	set(Fault{Kind: FaultMalformed})
	if code, _, b, _ := get(); code != 200 || json.Valid(b) {
		t.Errorf("malformed: %d %s", code, b)
	}
	set(Fault{Kind: FaultTruncated})
	if _, _, b, err := get(); !errors.Is(err, io.ErrUnexpectedEOF) || len(b) == 0 {
		t.Errorf("truncated: %v with %d bytes", err, len(b))
	}
	set(Fault{Kind: FaultTooLarge, Bytes: 300_000})
	if _, _, b, err := get(); err != nil || len(b) < 300_000 {
		t.Errorf("too large: %v with %d bytes", err, len(b))
	}
	set(Fault{Kind: FaultSlow, DelayMS: 1})
	well("slow")
	set(Fault{Kind: FaultError, Path: "/entries", Method: "post"})
	well("a fault of another path")
	set(Fault{Kind: FaultExpired})
	for range 2 {
		if code, h, _, _ := get(); code != 401 || !strings.Contains(h.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("expired: %d %v", code, h)
		}
	}
	old := tok
	tok = token(t, f)
	well("a new token")
	tok = old
	if code, _, _, _ := get(); code != 401 {
		t.Errorf("the old token is good again: %d", code)
	}
	set(Fault{Kind: FaultResetBefore})
	if _, _, _, err := try(f, tok, "POST", "/entries", rmsEntryBody, time.Second); err == nil || len(f.Deliveries("rms")) != 0 {
		t.Errorf("reset before: %v, %d taken", err, len(f.Deliveries("rms")))
	}
	set(Fault{Kind: FaultResetAfter})
	if _, _, _, err := try(f, tok, "POST", "/entries", rmsEntryBody, time.Second); err == nil || len(f.Deliveries("rms")) != 1 {
		t.Errorf("reset after: %v, %d taken", err, len(f.Deliveries("rms")))
	}
	set(Fault{Kind: FaultDown, DurationMS: 60})
	for deadline := time.Now().Add(5 * time.Second); ; {
		if code, _, _, _ := get(); code == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a fault with an end did not end")
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, bad := range []Fault{{Kind: "sleepy"}, {Kind: FaultError, Status: 200}, {Kind: FaultSlow, Probability: 2}, {Kind: FaultSlow, Count: -1}} {
		if err := f.SetFault("rms", bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := f.SetFault("payroll", Fault{Kind: FaultDown}); err == nil {
		t.Error("a fault of no system was taken")
	}
}

func TestOneSystemsFaultHurtsNoOther(t *testing.T) {
	f := start(t)
	if err := f.SetFault("custody", Fault{Kind: FaultDown}); err != nil {
		t.Fatal(err)
	}
	if code, _ := ves(t, f, f.Credentials()["vehicles"]["api_key"], `{"registrationNumber":"YK19FZB"}`); code != 200 {
		t.Errorf("vehicles: %d", code)
	}
}

func TestControl(t *testing.T) {
	f := start(t)
	do := func(method, path, body string) (int, []byte) {
		code, _, b := ask(t, method, f.ControlURL()+path, map[string]string{"Authorization": "Bearer " + f.ControlToken()}, body)
		return code, b
	}
	if code, _, _ := ask(t, "GET", f.ControlURL()+"/faults", nil, ""); code != 401 {
		t.Errorf("no token: %d", code)
	}
	if code, b := do("PUT", "/faults/intel", `{"kind":"limited","retry_after":"3"}`); code != 204 {
		t.Fatalf("%d %s", code, b)
	}
	if code, b := do("GET", "/faults/intel", ""); code != 200 || read(t, b)["kind"] != "limited" {
		t.Errorf("%d %s", code, b)
	}
	if code, _ := do("DELETE", "/faults/intel", ""); code != 204 || len(f.Faults()) != 0 {
		t.Errorf("%d %v", code, f.Faults())
	}
	for path, body := range map[string]string{"/faults/intel": `{"kind":"odd"}`, "/faults/none": `{"kind":"down"}`, "/faults/rms": `{"sort":"down"}`, "/faults/control": `{"kind":"down"}`} {
		if code, b := do("PUT", path, body); code != 400 || read(t, b)["error"] == "" {
			t.Errorf("%s: %d %s", path, code, b)
		}
	}
	if code, b := do("POST", "/live?priority=P1&type=111", ""); code != 201 || read(t, b)["incident"] != "CAD-0413" {
		t.Errorf("live: %d %s", code, b)
	}
	if code, _ := do("POST", "/live?type=999", ""); code != 400 {
		t.Errorf("live of no type: %d", code)
	}
	if code, b := do("GET", "/systems", ""); code != 200 || !strings.Contains(string(b), `"connector":"demo_rms"`) {
		t.Errorf("systems: %d %s", code, b)
	}
	if code, b := do("GET", "/deliveries?system=rms", ""); code != 200 || strings.TrimSpace(string(b)) != "[]" {
		t.Errorf("deliveries: %d %s", code, b)
	}
	if code, b := do("GET", "/truth/rms/"+storyAron, ""); code != 200 || !strings.Contains(string(b), storyAaron) {
		t.Errorf("truth: %d %s", code, b)
	}
}
