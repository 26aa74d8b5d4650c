package transport

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/alexbrainman/sspi/negotiate"
)

// logon takes the tickets of the Windows session (SSPI).
type logon struct{}

func newTickets(func() time.Time) tickets { return logon{} }

func (logon) forget() {}

func (logon) token(ctx context.Context, spn string) ([]byte, error) {
	type made struct {
		token []byte
		err   error
	}
	// Windows asks the domain's servers without a context.
	out := make(chan made, 1)
	go func() {
		t, err := logonToken(spn)
		out <- made{t, err}
	}()
	select {
	case m := <-out:
		return m.token, m.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func logonToken(spn string) ([]byte, error) {
	cred, err := negotiate.AcquireCurrentUserCredentials()
	if err != nil {
		return nil, errNoTicket
	}
	defer func() { _ = cred.Release() }()
	sec, token, err := negotiate.NewClientContext(cred, spn)
	if err != nil {
		return nil, errNoTicket
	}
	defer func() { _ = sec.Release() }()
	if bytes.HasPrefix(token, []byte("NTLMSSP\x00")) {
		// Windows falls back to NTLM, which needs further legs, where the domain knows no such service or is not reached.
		return nil, errors.New("no ticket for this service")
	}
	return token, nil
}
