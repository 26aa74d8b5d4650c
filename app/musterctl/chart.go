package main

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/chart"
	"muster/app/caseview/disclose"
	"muster/app/desk"
	"muster/plugins/pole"
)

type caseChartCmd struct {
	Purpose    string   `env:"MUSTER_PURPOSE" placeholder:"CODE" help:"Why the case is read: a reason code (musterctl search --purposes lists them)."`
	PurposeWhy string   `name:"purpose-text" placeholder:"TEXT" help:"The purpose in words, where the code asks for it. Default: --reason."`
	CaseRef    string   `env:"MUSTER_CASE" placeholder:"REF" help:"Case reference, where the code asks for it."`
	What       []string `arg:"" help:"A record reference SYSTEM/TYPE/ID, a kept case's entity, or search text whose best match is charted."`
	Expand     []string `placeholder:"REF" help:"Also read what is linked to this record of the chart, from every system; may be given again."`
	Path       string   `placeholder:"REF" help:"Show the shortest ways from the subject to this record; it is read if it is not on the chart."`
	All        bool     `help:"Leave nothing out and show none of many alike as one."`
	Format     string   `enum:"text,json,svg,png" default:"text" help:"text (a table of links), json, or a disclosure as svg or png."`
	To         string   `type:"path" placeholder:"PATH" help:"For svg and png: file to write, or a folder; it never replaces a file. Default: the folder of downloads."`
	Recipient  string   `placeholder:"NAME" help:"For svg and png: who it is for."`
	Kind       string   `default:"other" placeholder:"CODE" help:"For svg and png: what the recipient is, as the force lists them."`
	Reason     string   `placeholder:"TEXT" help:"For svg and png: why it is disclosed."`
	Basis      string   `placeholder:"TEXT" help:"For svg and png: the lawful basis. Default: as the force has it for the purpose."`
	Above      bool     `help:"Go ahead although the chart is marked above what the recipient may be given."`
}

func (c caseChartCmd) Run(e *env) error {
	picture := c.Format == "svg" || c.Format == "png"
	if picture && (strings.TrimSpace(c.Recipient) == "" || strings.TrimSpace(c.Reason) == "") {
		return usagef("a chart as %s is a disclosure: give --recipient and --reason", c.Format)
	}
	return e.with(func(d *desk.Desk) error {
		p := purposeFlags{Purpose: c.Purpose, Reason: cmp.Or(c.PurposeWhy, c.Reason), CaseRef: c.CaseRef}
		if err := p.set(d); err != nil {
			return err
		}
		if picture {
			if err := knownRecipient(d, c.Kind); err != nil {
				return err
			}
		}
		cs, incomplete, err := openCase(e, d, strings.Join(c.What, " "))
		if err != nil {
			return err
		}
		in := chart.OfCase(&cs)
		for _, ref := range c.Expand {
			if err := readAround(e.ctx, d, &in, ref); err != nil {
				return err
			}
		}
		full := chart.Build(d.Dictionary(), in)
		var ways [][]string
		total := 0
		if c.Path != "" {
			if full.Node(c.Path) == nil {
				if err := readAround(e.ctx, d, &in, c.Path); err != nil {
					return err
				}
				full = chart.Build(d.Dictionary(), in)
			}
			ways, total = full.Paths(in.Subject, c.Path)
		}
		view := chart.View{All: c.All}
		for _, w := range ways {
			view.Keep = append(view.Keep, w...)
		}
		shown := full.Shown(d.Dictionary(), view)
		gaps := len(shown.Gaps) > 0
		if picture {
			if err := c.disclose(e, d, cs, in, chart.Place(shown, d.ChartMarks(), nil), ways); err != nil {
				return err
			}
		} else {
			c.print(e, d, cs, full, shown, ways, total)
		}
		return partly(e, gaps, incomplete)
	})
}

// readAround reads one record of the chart, or any other, and what is linked to it.
func readAround(ctx context.Context, d *desk.Desk, in *chart.Input, what string) error {
	g := chart.Build(d.Dictionary(), *in)
	n := g.Node(what)
	var got desk.Linked
	var err error
	id := what
	if n != nil {
		id = n.ID
		got, err = d.ReadLinked(ctx, n.Kind, n.Refs, n.Values)
	} else {
		ref, perr := pole.ParseRef(what)
		if perr != nil {
			return usagef("%q is nothing on the chart: give a record SYSTEM/TYPE/ID, or an id that --format json shows", what)
		}
		got, err = d.ReadLinked(ctx, "", []pole.Ref{ref}, nil)
	}
	if err != nil {
		return err
	}
	in.Entities = append(slices.Clone(in.Entities), got.Entities...)
	in.Open = append(append(slices.Clone(in.Open), id), got.Open...)
	in.Old = maps.Clone(in.Old)
	if in.Old == nil {
		in.Old = map[string]bool{}
	}
	maps.Copy(in.Old, got.Old)
	in.Gaps = append(slices.Clone(in.Gaps), got.Gaps...)
	in.Apart = got.Apart
	return nil
}

func (c caseChartCmd) disclose(e *env, d *desk.Desk, cs caseview.Case, in chart.Input, placed *chart.Chart, ways [][]string) error {
	x := desk.ChartDisclosure{Chart: placed, Title: cs.Title, Disclosure: desk.Disclosure{Format: disclose.Format(c.Format), To: c.To,
		Recipient: c.Recipient, Kind: c.Kind, Reason: c.Reason, Basis: c.Basis, Above: c.Above}}
	if len(ways) > 0 {
		x.Path = ways[0]
	}
	for i := range placed.Graph.Nodes {
		for _, r := range placed.Graph.Nodes[i].Refs {
			if in.Old[r.String()] {
				x.Old++
			}
		}
	}
	got, err := d.DiscloseChart(e.ctx, x)
	return printDisclosed(e, got, err)
}

// print writes the chart as a table of links, or as one JSON object with every node.
func (c caseChartCmd) print(e *env, d *desk.Desk, cs caseview.Case, full, shown *chart.Graph, ways [][]string, total int) {
	marking := full.Marking(d.Dictionary()).Classification
	if e.out.json != nil || c.Format == "json" {
		v := struct {
			Type    string `json:"type"`
			ID      string `json:"id"`
			Title   string `json:"title"`
			Marking string `json:"marking"`
			*chart.Graph
			Paths      [][]string `json:"paths,omitempty"`
			PathsInAll int        `json:"paths_in_all,omitempty"`
		}{"chart", cs.ID, cs.Title, marking, shown, ways, total}
		if e.out.json != nil {
			e.out.line(v, "")
			return
		}
		if b, err := json.MarshalIndent(v, "", "  "); err == nil { // it holds nothing that cannot be written
			e.out.raw(append(b, '\n'))
		}
		return
	}
	e.out.text("%s  %d on the chart, %d links  %s", cs.Title, len(shown.Nodes), len(shown.Links), marking)
	for _, g := range shown.Gaps {
		e.out.text("NOT READ: %s: %s", g.System, g.Say)
	}
	for i := range shown.Nodes {
		for _, w := range shown.Nodes[i].Warnings {
			e.out.text("! %s: %s (%s)", shown.Nodes[i].Title, warningWords(w), sources(w.Sources))
		}
	}
	e.out.text("")
	for _, l := range shown.Links {
		words := l.Words
		if l.Words != l.Inverse {
			words += " of"
		}
		e.out.text("%s\t%s\t%s\t%s\t%s", shown.Node(l.From).Title, words, shown.Node(l.To).Title, strings.Join(l.Systems, " "), l.When)
	}
	if c.Path == "" {
		return
	}
	e.out.text("")
	if len(ways) == 0 {
		e.out.text("No path to %s in what was read. --expand reads more.", c.Path)
	}
	for i, w := range ways {
		titles := make([]string, len(w))
		for k, id := range w {
			titles[k] = full.Node(id).Title
		}
		e.out.text("Path %d of %d, %d steps: %s", i+1, total, len(w)-1, strings.Join(titles, " — "))
	}
}
