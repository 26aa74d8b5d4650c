package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	Records string  `placeholder:"ID" help:"The records management system that the force uses: one of the two that demo prints, by id. The one of the latest start otherwise."`
	Port    int     `help:"First of a run of fixed ports; free ones are taken otherwise."`
}

func (c demoRunCmd) Run(e *env) error {
	dir, err := e.profile()
	if err != nil {
		return err
	}
	demo, err := desk.RunDemo(e.ctx, desk.DemoOptions{Profile: dir, Seed: c.Seed, Scale: c.Scale, Latency: c.Latency, Port: c.Port, Records: c.Records, Log: e.log()})
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
	fmt.Fprintf(e.errw, "The demonstration force runs; profile in %[1]s. Stop it with Ctrl+C.\nIn another terminal: musterctl --profile %[1]s login\n", dir)
	<-e.ctx.Done()
	fmt.Fprintln(e.errw, "The demonstration force has stopped.")
	return nil
}

type demoFaultCmd struct {
	Control string `env:"MUSTER_DEMO_CONTROL" placeholder:"URL" help:"The control address that demo printed; that of this profile's force otherwise."`
	Token   string `env:"MUSTER_DEMO_TOKEN" placeholder:"TOKEN" help:"The control token that demo printed (it guards nothing but the demonstration)."`
	System  string `arg:"" help:"The system, such as custody; idp is the sign-in server."`
	Fault   string `arg:"" help:"A fault's name (slow, down, hang, limited, error, malformed, …), a fault as JSON, or none to end it."`
}

func (c demoFaultCmd) Run(e *env) error {
	if c.Control == "" || c.Token == "" {
		dir, err := e.profile()
		if err != nil {
			return err
		}
		if c.Control, c.Token, err = desk.DemoControl(e.ctx, dir); err != nil {
			return err
		}
	}
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
		return errors.New("the demonstration force does not answer at its control address: start it with musterctl demo")
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		var why struct{ Error string }
		_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&why)
		if why.Error == "" {
			why.Error = "it answered " + resp.Status
		}
		return usagef("the demonstration force refused: %s", why.Error)
	}
	e.out.line(map[string]any{"type": "fault", "system": c.System, "fault": c.Fault}, "%s: %s", c.System, c.Fault)
	return nil
}
