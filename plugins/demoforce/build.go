package demoforce

import (
	"context"
	"net/http"
)

// build opens every port, the identity provider first, as two systems trust it.
func (f *Force) build(ctx context.Context, keys <-chan keyResult) error {
	w := f.world
	for _, s := range []struct {
		id    string
		think latency
		make  func(base string) (http.Handler, error)
	}{
		{"idp", latency{}, func(base string) (http.Handler, error) {
			k := <-keys
			if k.err != nil {
				return nil, k.err
			}
			p, err := newIDP(base, k.key, f.opt.TokenLife)
			if err != nil {
				return nil, err
			}
			f.idp = p
			return p.mux, nil
		}},
		{"rms", milliseconds(18, 60), func(base string) (http.Handler, error) {
			f.rms = newRMS(f, base, f.Issuer())
			return f.rms.handler(), nil
		}},
		{"cad", milliseconds(8, 40), func(base string) (http.Handler, error) {
			f.cad = newCAD(f, base, f.Issuer())
			return f.cad.handler(), nil
		}},
		{"custody", milliseconds(60, 200), func(base string) (http.Handler, error) {
			f.custody = newCustody(f, base)
			return f.custody.handler(), nil
		}},
		{"intel", milliseconds(50, 180), func(base string) (http.Handler, error) {
			f.intel = newIntel(f, base)
			return f.intel.handler(), nil
		}},
		{"vehicles", milliseconds(30, 90), func(base string) (http.Handler, error) {
			f.dvla = newDVLA(w, base)
			return f.dvla.handler(), nil
		}},
		{"streetcrime", milliseconds(35, 120), func(base string) (http.Handler, error) {
			f.street = newStreetcrime(w, base)
			return f.street.handler(), nil
		}},
		{"summit", milliseconds(25, 90), func(base string) (http.Handler, error) {
			s, err := newSummit(f, base)
			if err != nil {
				return nil, err
			}
			f.summit = s
			return s.handler(), nil
		}},
		{"property", milliseconds(20, 80), func(base string) (http.Handler, error) {
			f.strongroom = newStrongroom(f, base)
			return f.strongroom.handler(), nil
		}},
		{"casefile", milliseconds(40, 120), func(base string) (http.Handler, error) {
			f.docket = newDocket(f, base)
			return f.docket.handler(), nil
		}},
		{"control", latency{}, func(base string) (http.Handler, error) {
			f.control = base
			return f.controlHandler(), nil
		}},
	} {
		if err := f.serve(ctx, s.id, s.think, s.make); err != nil {
			return err
		}
	}
	f.secrets["custody"] = officerCredentials(accounts[0])
	f.secrets["intel"] = map[string]string{"client_id": f.intel.clientID, "client_secret": f.intel.secret}
	f.secrets["summit"] = map[string]string{"client_id": f.summit.clientID, "client_secret": f.summit.secret}
	f.secrets["property"] = map[string]string{"api_key": f.strongroom.key}
	f.secrets["casefile"] = map[string]string{"username": f.docket.user, "password": f.docket.password}
	f.secrets["vehicles"] = map[string]string{"api_key": f.dvla.key}
	f.liveDice = newDice(f.opt.Seed, "asked")
	if f.opt.LiveEvery > 0 {
		f.done.Go(func() { f.cad.trickle(ctx, f.opt.LiveEvery) })
	}
	return nil
}

// Systems returns the simulated systems in the order that a screen would list them.
func (f *Force) Systems() []System {
	records, _ := f.records()
	return []System{
		records,
		one("cad", "Command and control (Vigil C2)", "OData v4, server-sent events", f.cad.base, "demo_cad", "idp_url", f.Issuer(), "client_id", clientID),
		one("custody", "Custody (Sentinel)", "SOAP 1.1, WS-Security", f.custody.base, "demo_custody"),
		one("intel", "Intelligence (Lantern)", "GraphQL", f.intel.base, "demo_intel"),
		one("property", "Property store (Strongroom)", "REST, multipart forms", f.strongroom.base, "demo_property"),
		one("casefile", "Case files (Docket)", "XML over REST", f.docket.base, "demo_casefile"),
		one("vehicles", "Vehicles (DVLA)", "REST and JSON", f.dvla.base, "dvla_ves"),
		one("streetcrime", "Street crime and stops", "REST and JSON", f.street.base, "police_uk"),
	}
}

// Alternatives returns the systems that run beside those of Systems, each able to take the place of one of them.
func (f *Force) Alternatives() []System {
	_, other := f.records()
	return []System{other}
}

// records are the two records management systems, the one that the force uses first.
func (f *Force) records() (used, other System) {
	used = one("rms", "Records (Larkfield)", "REST and JSON", f.rms.base, "demo_rms")
	other = one("summit", "Records (Summit)", "JSON:API, OAuth2 client credentials", f.summit.base, "demo_rms2")
	if f.opt.Records == "summit" {
		used, other = other, used
	}
	return used, other
}

func one(id, name, protocol, base, connector string, more ...string) System {
	s := System{ID: id, Name: name, Protocol: protocol, BaseURL: base, Connector: connector, Options: map[string]string{"base_url": base}}
	for i := 0; i+1 < len(more); i += 2 {
		s.Options[more[i]] = more[i+1]
	}
	return s
}
