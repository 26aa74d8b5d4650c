package demoforce

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// audiences that a token of the one login may be exchanged for.
var exchangeable = []string{"cad"}

type signingKey struct{ *rsa.PrivateKey }

type keyResult struct {
	key signingKey
	err error
}

func newSigningKey() keyResult {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	return keyResult{signingKey{k}, err}
}

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.PrivateKey }
func (k signingKey) ID() string                                  { return "northmoor-1" }

type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.PublicKey }

// login is one authorization request on its way through the login page.
type login struct {
	oidc.AuthRequest
	id, user string
	done     bool
	at, born time.Time
}

func (l *login) GetID() string    { return l.id }
func (l *login) GetACR() string   { return "" }
func (l *login) GetAMR() []string { return []string{"pwd"} }
func (l *login) GetAudience() []string {
	return []string{l.ClientID, "rms"}
}
func (l *login) GetAuthTime() time.Time { return l.at }
func (l *login) GetClientID() string    { return l.ClientID }
func (l *login) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: l.CodeChallenge, Method: l.CodeChallengeMethod}
}
func (l *login) GetNonce() string                   { return l.Nonce }
func (l *login) GetRedirectURI() string             { return l.RedirectURI }
func (l *login) GetResponseType() oidc.ResponseType { return l.ResponseType }
func (l *login) GetResponseMode() oidc.ResponseMode { return l.ResponseMode }
func (l *login) GetScopes() []string                { return l.Scopes }
func (l *login) GetState() string                   { return l.State }
func (l *login) GetSubject() string                 { return l.user }
func (l *login) Done() bool                         { return l.done }

// grant is a refresh token and what it stands for.
type grant struct {
	client, user, family string
	audience, scopes     []string
	authTime, expires    time.Time
	used                 bool
}

// refresh is a grant in the form that the provider asks for.
type refresh struct{ grant }

func (r *refresh) GetAMR() []string            { return []string{"pwd"} }
func (r *refresh) GetAudience() []string       { return r.audience }
func (r *refresh) GetAuthTime() time.Time      { return r.authTime }
func (r *refresh) GetClientID() string         { return r.client }
func (r *refresh) GetScopes() []string         { return r.scopes }
func (r *refresh) GetSubject() string          { return r.user }
func (r *refresh) SetCurrentScopes(s []string) { r.scopes = s }

type access struct {
	client, user, family string
	scopes               []string
	expires              time.Time
}

type device struct {
	userCode string
	state    *op.DeviceAuthorizationState
}

// storage is the provider's memory. Nothing outlives the process.
type storage struct {
	mu      sync.Mutex
	key     signingKey
	life    time.Duration
	logins  map[string]*login
	codes   map[string]string // code -> login
	access  map[string]access
	refresh map[string]*grant
	devices map[string]*device // by device code
	clients map[string]op.Client
}

var (
	errNoSuch                               = errors.New("not found")
	_         op.Storage                    = (*storage)(nil)
	_         op.TokenExchangeStorage       = (*storage)(nil)
	_         op.DeviceAuthorizationStorage = (*storage)(nil)
	_         op.CanSetUserinfoFromRequest  = (*storage)(nil)
)

func newStorage(key signingKey, life time.Duration) *storage {
	return &storage{key: key, life: life, logins: map[string]*login{}, codes: map[string]string{}, access: map[string]access{},
		refresh: map[string]*grant{}, devices: map[string]*device{}, clients: map[string]op.Client{clientID: nativeClient{}}}
}

func (s *storage) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if r.CodeChallenge == "" || r.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("a public client must send a code_challenge with method S256")
	}
	if len(r.Prompt) == 1 && r.Prompt[0] == oidc.PromptNone {
		return nil, oidc.ErrLoginRequired()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for id, l := range s.logins {
		if now.Sub(l.born) > 15*time.Minute {
			delete(s.logins, id)
		}
	}
	l := &login{AuthRequest: *r, id: random(16), born: now}
	s.logins[l.id] = l
	return l, nil
}

// finish marks a login as done by user, and says whether it was waiting.
func (s *storage) finish(id, user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.logins[id]
	if !ok || l.done {
		return false
	}
	// A new value, as the provider may be reading the old one.
	c := *l
	c.user, c.done, c.at = user, true, time.Now()
	s.logins[id] = &c
	return true
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.logins[id]; ok {
		return l, nil
	}
	return nil, errNoSuch
}

func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	id, ok := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	if !ok {
		return nil, errNoSuch
	}
	return s.AuthRequestByID(ctx, id)
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = id
	return nil
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.logins, id)
	return nil
}

// issue keeps an access token. Callers hold the lock.
func (s *storage) issue(client, user, family string, scopes []string) (string, time.Time) {
	now := time.Now()
	for id, a := range s.access {
		if a.expires.Before(now) {
			delete(s.access, id)
		}
	}
	id := random(16)
	exp := now.Add(s.life).UTC()
	s.access[id] = access{client, user, family, scopes, exp}
	return id, exp
}

func clientOf(r op.TokenRequest) string {
	if c, ok := r.(interface{ GetClientID() string }); ok {
		return c.GetClientID()
	}
	return ""
}

func (s *storage) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, exp := s.issue(clientOf(r), r.GetSubject(), "", r.GetScopes())
	return id, exp, nil
}

func (s *storage) CreateAccessAndRefreshTokens(_ context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &grant{client: clientOf(r), user: r.GetSubject(), family: random(9), audience: r.GetAudience(), scopes: r.GetScopes(), authTime: time.Now(), expires: time.Now().Add(12 * time.Hour)}
	if t, ok := r.(interface{ GetAuthTime() time.Time }); ok && !t.GetAuthTime().IsZero() {
		g.authTime = t.GetAuthTime()
	}
	if current != "" {
		old := s.refresh[current]
		if old == nil || old.used {
			return "", "", time.Time{}, oidc.ErrInvalidGrant().WithDescription("refresh token used already")
		}
		old.used = true
		g.family, g.expires = old.family, old.expires
	}
	token := random(32)
	s.refresh[token] = g
	id, exp := s.issue(g.client, g.user, g.family, g.scopes)
	return id, token, exp, nil
}

func (s *storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.refresh[token]
	if g == nil || time.Now().After(g.expires) {
		return nil, errNoSuch
	}
	if g.used { // a copied token: end the whole family, whoever holds it
		s.endFamily(g.family)
		return nil, errNoSuch
	}
	return &refresh{*g}, nil
}

func (s *storage) endFamily(family string) {
	for t, g := range s.refresh {
		if g.family == family {
			delete(s.refresh, t)
		}
	}
	for t, a := range s.access {
		if a.family == family {
			delete(s.access, t)
		}
	}
}

func (s *storage) TerminateSession(_ context.Context, user, client string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, a := range s.access {
		if a.user == user && a.client == client {
			delete(s.access, t)
		}
	}
	for t, g := range s.refresh {
		if g.user == user && g.client == client {
			delete(s.refresh, t)
		}
	}
	return nil
}

func (s *storage) RevokeToken(_ context.Context, token, _, client string) *oidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.access[token]; ok {
		if a.client != client {
			return oidc.ErrInvalidClient().WithDescription("token was not issued for this client")
		}
		delete(s.access, token)
	}
	if g, ok := s.refresh[token]; ok {
		if g.client != client {
			return oidc.ErrInvalidClient().WithDescription("token was not issued for this client")
		}
		s.endFamily(g.family)
	}
	return nil
}

func (s *storage) GetRefreshTokenInfo(_ context.Context, _, token string) (string, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.refresh[token]; ok {
		return g.user, token, nil
	}
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}
func (s *storage) KeySet(context.Context) ([]op.Key, error) { return []op.Key{publicKey{s.key}}, nil }

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if c, ok := s.clients[id]; ok {
		return c, nil
	}
	return nil, errNoSuch
}

// AuthorizeClientIDSecret: the only client is public and has no secret.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if _, ok := s.clients[id]; !ok || secret != "" {
		return errNoSuch
	}
	return nil
}

func (s *storage) live(id string) (access, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.access[id]
	return a, ok && time.Now().Before(a.expires)
}
