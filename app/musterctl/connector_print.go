package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"muster/plugins/connector/replay"
	"muster/plugins/connector/trial"
)

// mostLines of an answer are shown unless all of it is wanted.
const mostLines = 60

func contextFor(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// printTrial shows what was asked, what was answered, and what became of it.
func printTrial(e *env, r *trial.Report, full bool) {
	for i, x := range r.Exchanges {
		if e.out.json != nil {
			e.out.line(struct {
				Type         string  `json:"type"`
				Milliseconds float64 `json:"milliseconds"`
				trial.Exchange
			}{"exchange", ms(x.Took), x}, "")
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "Asked %d: %s %s\n", i+1, x.Method, x.URL)
		for _, k := range sorted(x.Headers) {
			fmt.Fprintf(&b, "  %s: %s\n", k, x.Headers[k])
		}
		if x.Body != "" {
			b.WriteString(quoted(replay.Pretty(x.Headers["Content-Type"], []byte(x.Body)), full))
		}
		if x.Failed != "" {
			fmt.Fprintf(&b, "No answer: %s\n", x.Failed)
		} else {
			fmt.Fprintf(&b, "Answered: %d in %.0f ms, %d bytes\n", x.Status, ms(x.Took), len(x.Answer))
			for _, k := range sorted(x.Answered) {
				fmt.Fprintf(&b, "  %s: %s\n", k, x.Answered[k])
			}
			b.WriteString(quoted(replay.Pretty(x.Answered["Content-Type"], []byte(x.Answer)), full))
		}
		e.out.raw([]byte(b.String() + "\n"))
	}
	for _, t := range r.Elements {
		if e.out.json != nil {
			e.out.line(struct {
				Type string `json:"type"`
				trial.Traced
			}{"record", t}, "")
			continue
		}
		title := t.Ref
		if title == "" {
			title = "No record could be made of this " + t.Kind + ": " + t.Problem
		}
		e.out.text("%s", title)
		for _, row := range t.Rows {
			to := make([]string, len(row.To))
			for i, x := range row.To {
				to[i] = x.Property + " = " + short(x.Value)
			}
			switch {
			case len(to) > 0:
				e.out.text("  %s\t= %s\t→ %s", row.Path, short(row.Source), strings.Join(to, "; "))
			case t.Ref == "":
				e.out.text("  %s\t= %s\t", row.Path, short(row.Source))
			default:
				e.out.text("  %s\t= %s\t· nothing maps this", row.Path, short(row.Source))
			}
		}
		e.out.text("")
	}
	if e.out.json != nil {
		e.out.line(map[string]any{"type": "result", "error": r.Error, "say": r.Say, "cure": r.Cure, "unmapped": r.Unmapped, "more": r.More, "records": len(r.Result.Records),
			"user": r.Result.User, "server": r.Result.Server, "version": r.Result.Version, "total": r.Result.Total, "gaps": r.Result.Gaps, "receipt": r.Result.Receipt, "changes": len(r.Result.Changes)}, "")
		return
	}
	if reflect.DeepEqual(*r.Result, replay.Expect{}) {
		e.out.text("Result: nothing found.")
	} else {
		e.out.raw([]byte("Result:\n" + quoted(replay.Write(r.Result.Lean()), full)))
	}
	if len(r.Unmapped) > 0 {
		e.out.text("Nothing maps: %s", strings.Join(r.Unmapped, " "))
		e.out.text("(musterctl dictionary WORD finds a property for each that officers need)")
	}
	if r.More {
		e.out.text("There is a further page (--pages 2).")
	}
}

func sorted(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func quoted(s string, full bool) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return ""
	}
	more := ""
	if !full && len(lines) > mostLines {
		more = fmt.Sprintf("  | … %d more lines (--full shows them)\n", len(lines)-mostLines)
		lines = lines[:mostLines]
	}
	return "  | " + strings.Join(lines, "\n  | ") + "\n" + more
}
