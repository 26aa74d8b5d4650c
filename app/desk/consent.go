package desk

import (
	"context"
	"fmt"

	"muster/plugins"
	"muster/plugins/transport"
)

// asksThere reports whether the officer signs in at the system itself, with a code or in the browser.
func asksThere(info plugins.Info) bool {
	return len(info.Auth) > 0 && (info.Auth[0].Kind == plugins.AuthDevice || info.Auth[0].Kind == plugins.AuthCode)
}

// SignInSystem signs the officer in at a system that wants it done there, once: what it gives is kept in the keyring. show
// is called with each question: an address, which is opened in the browser where there is no code to enter, and perhaps a
// code. It must not block. SignInSystem waits until the officer is done there, ctx ends or the code has expired.
func (d *Desk) SignInSystem(ctx context.Context, id string, show func(plugins.Question)) error {
	s, ok := d.system(id)
	if !ok {
		return fmt.Errorf("there is no system %s", id)
	}
	m, err := d.manager()
	if err != nil {
		return err
	}
	if _, err := s.open(); err != nil {
		return err
	}
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	there, ok := transport.Consent(client)
	if !ok {
		return fmt.Errorf("%s needs no sign-in of its own; what it asks for is given as a credential", s.name())
	}
	ctx = plugins.WithAccess(ctx, d.access(opSignIn, plugins.Purpose{}))
	for {
		q, err := there.Next(ctx, nil)
		if err != nil {
			return err
		}
		show(q)
		if q.Done {
			break
		}
		if q.URL != "" && q.Code == "" {
			m.OpenBrowser(q.URL)
		}
	}
	s.note(d.now(), nil)
	d.askKeyring(ctx)
	d.notify(TopicSystems, id)
	return nil
}
