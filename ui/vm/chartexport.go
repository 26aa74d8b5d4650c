package vm

import (
	"context"
	"errors"
	"strings"

	"muster/app/caseview/chart"
	"muster/app/caseview/disclose"
	"muster/app/desk"
)

// ChartExport is the sheet by which the chart, as it is on screen, is disclosed.
type ChartExport struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	Format    disclose.Format
	Kind      string // of recipient
	Recipient string
	Reason    string
	To        string // file or folder
	Above     bool   // the officer has read the warning and goes ahead

	env   Env
	desk  ChartDesk
	chart *chart.Chart
	title string
	path  []string
	old   int
	task  task
	err   string
	done  *desk.Disclosed
	tried bool
}

// Formats are those in which policy lets a chart leave.
func (x *ChartExport) Formats() []disclose.Format { return x.desk.MayExport(desk.ChartFormats()) }

// Export starts a disclosure of the chart as it is on screen; nil while there is none.
func (c *CaseChart) Export() *ChartExport {
	if c.now == nil {
		return nil
	}
	x := &ChartExport{OnChange: func() {}, env: c.env, desk: c.desk, chart: c.now, path: c.Path(), Format: desk.ChartFormats()[0]}
	if f := x.Formats(); len(f) > 0 {
		x.Format = f[0]
	}
	for i := range c.now.Graph.Nodes {
		n := &c.now.Graph.Nodes[i]
		if n.Subject {
			x.title = n.Title
		}
		for _, r := range n.Refs {
			if c.in.Old[r.String()] {
				x.old++
			}
		}
	}
	x.To, _ = desk.DownloadFolder()
	return x
}

// Recipients lists the kinds of recipient.
func (x *ChartExport) Recipients() []desk.RecipientDef { return x.desk.Recipients() }

// Warning says why the chart is marked above what the recipient may be given; "" if it is not.
func (x *ChartExport) Warning() string {
	if x.Kind == "" {
		return ""
	}
	return x.desk.AboveChart(x.Kind, x.chart)
}

// Missing lists, once the officer has tried to go ahead, what must still be said, by field.
func (x *ChartExport) Missing() map[string]string {
	if !x.tried {
		return nil
	}
	out := map[string]string{}
	need := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			out[field] = x.env.T("screens.chart.export.need." + field)
		}
	}
	need("kind", x.Kind)
	need("recipient", x.Recipient)
	need("reason", x.Reason)
	if x.Warning() != "" && !x.Above {
		out["above"] = x.env.T("screens.chart.export.need.above")
	}
	return out
}

// Running reports whether the file is being written.
func (x *ChartExport) Running() bool { return x.task.running() }

// Err is why nothing was written, in words.
func (x *ChartExport) Err() string { return x.err }

// Done says where the chart was written; "" before.
func (x *ChartExport) Done() string {
	if x.done == nil {
		return ""
	}
	return x.env.T("screens.chart.export.done", "file", x.done.Path, "record", x.done.Audit, "marking", x.done.Marking)
}

// Go writes the file, if everything is said.
func (x *ChartExport) Go() {
	if x.Running() || x.done != nil {
		return
	}
	x.tried, x.err = true, ""
	if len(x.Missing()) > 0 {
		x.OnChange()
		return
	}
	in := desk.ChartDisclosure{Chart: x.chart, Title: x.title, Path: x.path, Old: x.old,
		Disclosure: desk.Disclosure{Format: x.Format, To: x.To, Recipient: x.Recipient, Kind: x.Kind, Reason: x.Reason, Above: x.Above}}
	start(x.env, &x.task, func(ctx context.Context) (desk.Disclosed, error) { return x.desk.DiscloseChart(ctx, in) },
		func(got desk.Disclosed, err error) {
			switch {
			case errors.Is(err, desk.ErrAbove):
				x.Above, x.err = false, say(err)
			case err != nil:
				x.err = say(err)
			default:
				x.done = &got
			}
			x.OnChange()
		})
	x.OnChange()
}

// Close gives up what is not written yet.
func (x *ChartExport) Close() { x.task.stop() }
