package demoforce

import (
	"context"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What tokens say, and the grants beside the authorization code: token exchange and devices.

func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

func (s *storage) SetUserinfoFromRequest(_ context.Context, u *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	return describe(u, r.GetSubject(), scopes)
}

func (s *storage) SetUserinfoFromToken(_ context.Context, u *oidc.UserInfo, id, subject, _ string) error {
	a, ok := s.live(id)
	if !ok || a.user != subject {
		return oidc.ErrAccessDenied().WithDescription("the token is not valid any more")
	}
	return describe(u, subject, a.scopes)
}

func (s *storage) SetIntrospectionFromToken(_ context.Context, i *oidc.IntrospectionResponse, id, subject, _ string) error {
	a, ok := s.live(id)
	if !ok || a.user != subject {
		return errNoSuch
	}
	i.Subject, i.ClientID, i.Scope, i.Expiration = subject, a.client, a.scopes, oidc.FromTime(a.expires)
	return nil
}

func (s *storage) GetPrivateClaimsFromScopes(_ context.Context, user, _ string, _ []string) (map[string]any, error) {
	return officerClaims(user), nil
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errNoSuch
}
func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNoSuch
}
func (s *storage) Health(context.Context) error { return nil }

// ValidateTokenExchangeRequest lets a living access token of the one login be exchanged for one system's audience.
func (s *storage) ValidateTokenExchangeRequest(_ context.Context, r op.TokenExchangeRequest) error {
	if r.GetExchangeSubjectTokenType() != oidc.AccessTokenType {
		return oidc.ErrInvalidRequest().WithDescription("subject_token_type must be an access token")
	}
	if _, ok := s.live(r.GetExchangeSubjectTokenIDOrToken()); !ok {
		return oidc.ErrInvalidGrant().WithDescription("subject_token has expired or was revoked")
	}
	aud := r.GetAudience()
	if len(aud) == 0 {
		return oidc.ErrInvalidRequest().WithDescription("audience missing")
	}
	for _, a := range aud {
		if !slices.Contains(exchangeable, a) {
			return &oidc.Error{ErrorType: "invalid_target", Description: "no system of this force is called " + a}
		}
	}
	switch r.GetRequestedTokenType() {
	case "":
		r.SetRequestedTokenType(oidc.AccessTokenType)
	case oidc.AccessTokenType:
	default:
		return oidc.ErrInvalidRequest().WithDescription("requested_token_type must be an access token")
	}
	return nil
}

func (s *storage) CreateTokenExchangeRequest(context.Context, op.TokenExchangeRequest) error {
	return nil
}

func (s *storage) GetPrivateClaimsFromTokenExchangeRequest(_ context.Context, r op.TokenExchangeRequest) (map[string]any, error) {
	c := officerClaims(r.GetSubject())
	c["act"] = map[string]any{"sub": r.GetClientID()}
	return c, nil
}

func (s *storage) SetUserinfoFromTokenExchangeRequest(_ context.Context, u *oidc.UserInfo, r op.TokenExchangeRequest) error {
	return describe(u, r.GetSubject(), r.GetScopes())
}

func (s *storage) StoreDeviceAuthorization(_ context.Context, client, code, userCode string, expires time.Time, scopes []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, d := range s.devices {
		if time.Now().After(d.state.Expires.Add(time.Minute)) {
			delete(s.devices, c)
		} else if d.userCode == userCode {
			return op.ErrDuplicateUserCode
		}
	}
	s.devices[code] = &device{userCode, &op.DeviceAuthorizationState{ClientID: client, Audience: []string{client, "rms"}, Scopes: scopes, Expires: expires}}
	return nil
}

func (s *storage) GetDeviceAuthorizatonState(_ context.Context, client, code string) (*op.DeviceAuthorizationState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.devices[code]
	if !ok || d.state.ClientID != client {
		return nil, errNoSuch
	}
	c := *d.state
	if c.Done { // a device code gives one token
		delete(s.devices, code)
	}
	return &c, nil
}

// decide settles the device with this user code; it reports whether one is waiting.
func (s *storage) decide(userCode, user string, allow bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devices {
		if d.userCode == userCode && !d.state.Done && !d.state.Denied && time.Now().Before(d.state.Expires) {
			d.state.Done, d.state.Denied = allow, !allow
			d.state.Subject, d.state.AMR, d.state.AuthTime = user, []string{"pwd"}, time.Now()
			return true
		}
	}
	return false
}
