package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/app/checkup"
	"muster/app/policy"
)

// found makes a line of the doctor of a checkup.
func found(check string, r checkup.Result) Finding {
	return Finding{Check: check, OK: r.OK, Say: r.Say, Cure: r.Cure}
}

// ground is what the doctor says of the computer itself.
func (d *Desk) ground() []Finding {
	version := d.opts.Version
	if version == "" {
		version = "of unknown version"
	}
	return []Finding{{Check: "muster", OK: true, Say: version}, found("system", checkup.System()), found("display", checkup.Display()), found("disk", checkup.Disk(d.opts.Profile))}
}

// policyFinding says how much is decided, and where.
func policyFinding(p *policy.Policy) Finding {
	by := map[string]int{}
	for _, l := range p.Lines() {
		if l.Managed {
			by[string(l.By)]++
		}
	}
	if len(by) == 0 {
		return Finding{Check: "policy", OK: true, Say: "nothing is decided on this computer; defaults hold"}
	}
	var parts []string
	for _, name := range sortedNames(by) {
		where := name
		if name == string(policy.ByMachineFile) && p.Path != "" {
			where += " " + p.Path
		}
		parts = append(parts, fmt.Sprintf("%d settings by the %s", by[name], where))
	}
	return Finding{Check: "policy", OK: true, Say: strings.Join(parts, ", ")}
}

func sortedNames(m map[string]int) (out []string) {
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// outside asks every server of the force for its certificate and its clock, and looks at the proxy. No credential is sent, and
// nothing of anybody is asked for.
func (d *Desk) outside(ctx context.Context) []Finding {
	n, err := d.outward()
	if err != nil {
		return []Finding{{Check: "extra_ca", Say: firstLine(err), Cure: "name a readable PEM file of the authority"}}
	}
	servers := d.servers()
	out := make([]Finding, len(servers))
	skews := make([]time.Duration, len(servers))
	dated := make([]bool, len(servers))
	gate := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			r, skew := n.Server(ctx, s.at)
			out[i] = found("server of "+s.name, r)
			skews[i], dated[i] = skew, skew != 0
		})
	}
	wg.Wait()
	var said []time.Duration
	for i, ok := range dated {
		if ok {
			said = append(said, skews[i])
		}
	}
	head := []Finding{found("clock", checkup.Clock(said))}
	for _, s := range servers {
		if s.at.Scheme == "https" {
			head = append(head, found("proxy", n.Via(ctx, s.at)))
			break
		}
	}
	return append(head, out...)
}

type server struct {
	name string
	at   *url.URL
}

// servers are the web servers of the sign-in and of every system that may be used, each once.
func (d *Desk) servers() (out []server) {
	seen := map[string]bool{}
	add := func(name, addr string) {
		u, err := url.Parse(addr)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || seen[u.Scheme+u.Host] {
			return
		}
		seen[u.Scheme+u.Host] = true
		out = append(out, server{name, u})
	}
	add("sign-in", d.signInSettings(d.Profile()).Issuer)
	d.mu.RLock()
	list := slices.Clone(d.systems)
	d.mu.RUnlock()
	for _, s := range list {
		if s.broken != nil {
			continue
		}
		for _, h := range s.info.Hosts {
			addr := "https://" + h
			for _, o := range s.info.Options {
				if o.Name == h {
					addr = first(s.cfg.Options[o.Name], o.Default)
				}
			}
			add(s.cfg.ID, addr)
		}
	}
	return out
}
