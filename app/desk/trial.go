package desk

import (
	"context"
	"errors"
	"time"

	"muster/app/audit"
	"muster/plugins"
	"muster/plugins/connector"
	"muster/plugins/connector/replay"
	"muster/plugins/connector/trial"
	"muster/plugins/transport"
)

// Trial is one operation of a connector file, on the live system, without adding it to the profile.
type Trial struct {
	Connector *connector.Connector
	Options   map[string]string // that are not secret; those of the system in the profile unless given
	Values    map[string]string // credentials typed for this trial; the keyring's unless given
	Case      replay.Case
	Pages     int
	Changes   int
}

// TryConnector runs one operation as the officer who is signed in. It is an access like any other: without a purpose
// nothing leaves, and the log of accesses holds it before the first request does. A check reads no personal data and
// needs no purpose.
func (d *Desk) TryConnector(ctx context.Context, t Trial) (*trial.Report, error) {
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	info := t.Connector.Info()
	cfg := plugins.Config{}
	if known, ok := d.system(info.ID); ok {
		for k, v := range known.cfg.Options {
			cfg[k] = v
		}
	}
	for k, v := range t.Options {
		cfg[k] = v
	}
	m, err := d.manager()
	if err != nil {
		return nil, err
	}
	client, cfg, err := trial.Client(info, cfg, trial.Typed{Values: t.Values, Else: m}, permit, d.log, d.now)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	o := trial.Options{Connector: t.Connector, Dictionary: d.dict, System: info.ID, Config: cfg, Client: client, Now: d.now, Pages: t.Pages, Changes: t.Changes}
	if t.Case.Do == "check" {
		return trial.Run(transport.Insist(plugins.WithAccess(ctx, d.access(opCheck, plugins.Purpose{}))), o, &t.Case)
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return nil, err
	}
	a := d.access(replay.Operation(t.Case.Do), purpose)
	rec := d.of(d.record(a), &system{cfg: SystemConfig{ID: info.ID}, info: info})
	rec.Terms = map[string]string{"trial": t.Case.Do}
	for k, v := range t.Case.By {
		rec.Terms[k] = string(v)
	}
	if t.Case.Text != "" {
		rec.Terms["text"] = string(t.Case.Text)
	}
	if t.Case.ID != "" {
		rec.Ref = info.ID + "/" + t.Case.Kind + "/" + string(t.Case.ID)
	}
	ctx, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return nil, err
	}
	r, err := trial.Run(transport.Insist(ctx), o, &t.Case)
	end := d.record(a)
	end.Session, end.System, end.Plugin, end.PluginVersion = s.id, info.ID, info.ID, info.Version
	end.Operation, end.Of = audit.Outcome, seq
	switch {
	case err != nil:
		end.Error = string(plugins.KindOf(err))
	default:
		end.Error, end.Count = r.Error, len(r.Result.Records)
	}
	// The trial ends with the command, so the outcome is written before it is shown.
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, aerr := d.append(wait, s, end); aerr != nil && err == nil {
		err = errors.Join(aerr)
	}
	return r, err
}
