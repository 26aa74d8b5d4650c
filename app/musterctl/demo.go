package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"muster/app/desk"
)

type demoCmd struct {
	Run_  demoRunCmd   `cmd:"" name:"run" default:"withargs" help:"Run the demonstration force (the default)."`
	Fault demoFaultCmd `cmd:"" help:"Switch a fault on or off at a system of the running force."`
}

type demoRunCmd struct {
	Seed    int64   `default:"1" help:"The population: the same seed gives the same people."`
	Scale   float64 `default:"1" help:"1 is about 5,000 people."`
	Latency float64 `default:"1" help:"1 is realistic, 0 answers at once."`
	Port    int     `help:"First of a run of fixed ports; free ones are taken otherwise."`
}

func (c demoRunCmd) Run(e *env) error {
	dir, err := e.profile()
	if err != nil {
		return err
	}
	demo, err := desk.RunDemo(e.ctx, desk.DemoOptions{Profile: dir, Seed: c.Seed, Scale: c.Scale, Latency: c.Latency, Port: c.Port, Log: e.log()})
	if err != nil {
		return err
	}
	defer func() { _ = demo.Close() }() // it holds nothing
	if demo.KeyringSay != "" {
		fmt.Fprintln(e.errw, demo.KeyringSay)
	}
	b, err := json.MarshalIndent(demo.Describe(), "", "  ")
	if e.out.json != nil {
		b, err = json.Marshal(demo.Describe())
	}
	if err != nil {
		return err
	}
	if _, err := e.out.buf.Write(append(b, '\n')); err != nil {
		return err
	}
	if err := e.out.flush(); err != nil {
		return err
	}
	fmt.Fprintf(e.errw, "The demonstration force runs; profile in %s. Stop it with Ctrl+C.\n", dir)
	<-e.ctx.Done()
	return nil
}

type demoFaultCmd struct {
	Control string `required:"" env:"MUSTER_DEMO_CONTROL" help:"The control URL that demo printed."`
	Token   string `required:"" env:"MUSTER_DEMO_TOKEN" help:"The control token that demo printed (it guards nothing but the demonstration)."`
	System  string `arg:""`
	Fault   string `arg:"" help:"A fault as JSON, a fault's name, or none."`
}

func (c demoFaultCmd) Run(e *env) error {
	method, body := http.MethodPut, []byte(c.Fault)
	switch {
	case c.Fault == "none":
		method, body = http.MethodDelete, nil
	case !json.Valid(body):
		body, _ = json.Marshal(map[string]string{"kind": c.Fault})
	}
	req, err := http.NewRequestWithContext(e.ctx, method, c.Control+"/faults/"+c.System, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("the demonstration force does not answer at its control address: is musterctl demo running? (%w)", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("the demonstration force refused: %s", resp.Status)
	}
	e.out.line(map[string]any{"type": "fault", "system": c.System, "fault": c.Fault}, "%s: %s", c.System, c.Fault)
	return nil
}
