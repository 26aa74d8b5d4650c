package connector

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestServerSentEvents(t *testing.T) {
	stream := "\xef\xbb\xbfretry: 3000\n: a comment\n\nid: 1\nevent: created\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nid: 2\rdata\r\revent: lost\nid: 9\n\nid: 3\ndata: cut off"
	var got []event
	err := events(strings.NewReader(stream), "0", func(e event) error { got = append(got, e); return nil })
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	want := []event{{"1", "created", "{\"a\":\n1}"}, {"1", "message", "x"}, {"2", "message", ""}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("event %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestAnEndlessEventIsRefused(t *testing.T) {
	for _, s := range []string{"data: " + strings.Repeat("x", maxEvent+10), strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n", 2000)} {
		if err := events(strings.NewReader(s), "", func(event) error { return nil }); !errors.Is(err, errEventTooLarge) {
			t.Errorf("got %v", err)
		}
	}
}
