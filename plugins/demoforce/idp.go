package demoforce

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

const clientID = "muster-desk"

// idp is the force's identity provider: zitadel's provider with our memory, pages and officers.
type idp struct {
	issuer  string
	store   *storage
	mux     *http.ServeMux
	op      *op.Provider
	mu      sync.Mutex
	wrong   map[string]int       // wrong passwords in a row, by user
	held    map[string]time.Time // until when, after too many
	entered int                  // how often anyone signed in
}

func newIDP(issuer string, key signingKey, life time.Duration) (*idp, error) {
	p := &idp{issuer: issuer, store: newStorage(key, life), wrong: map[string]int{}, held: map[string]time.Time{}}
	conf := &op.Config{CryptoKey: sha256.Sum256([]byte(random(32))), CryptoKeyId: "1", DefaultLogoutRedirectURI: "/signed-out", CodeMethodS256: true, GrantTypeRefreshToken: true,
		SupportedUILocales: []language.Tag{language.BritishEnglish}, SupportedScopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess},
		SupportedClaims:     []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "given_name", "family_name", "preferred_username", "email", "collar", "rank", "role", "force"},
		DeviceAuthorization: op.DeviceAuthorizationConfig{Lifetime: 5 * time.Minute, PollInterval: time.Second, UserFormPath: "/device", UserCode: op.UserCodeBase20}}
	var err error
	if p.op, err = op.NewProvider(conf, p.store, op.StaticIssuer(issuer), op.WithAllowInsecure()); err != nil {
		return nil, err
	}
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("GET /login", p.showLogin)
	p.mux.HandleFunc("POST /login", p.tryLogin)
	p.mux.HandleFunc("GET /device", p.showDevice)
	p.mux.HandleFunc("POST /device", p.tryDevice)
	p.mux.HandleFunc("GET /signed-out", p.showSignedOut)
	p.mux.HandleFunc("GET /{$}", p.showSignedOut)
	p.mux.HandleFunc("/", p.protocol)
	return p, nil
}

// protocol hands over to the provider, after putting the public client's name where each grant looks for it:
// token exchange reads HTTP Basic only, the other grants want a client without a secret in the form.
func (p *idp) protocol(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && (r.URL.Path == "/oauth/token" || r.URL.Path == "/device_authorization" || r.URL.Path == "/revoke") {
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the form cannot be read", http.StatusBadRequest)
			return
		}
		user, secret, basic := r.BasicAuth()
		exchange := r.PostForm.Get("grant_type") == string(oidc.GrantTypeTokenExchange)
		switch {
		case exchange && !basic:
			id := r.PostForm.Get("client_id")
			if id == "" {
				id = clientID
			}
			r.SetBasicAuth(id, r.PostForm.Get("client_secret"))
		case !exchange && basic && secret == "":
			r.Header.Del("Authorization")
			r.Form.Set("client_id", user)
			r.PostForm.Set("client_id", user)
		}
	}
	p.op.ServeHTTP(w, r)
}

// check compares a password and counts what is wrong. say is empty when it is right.
func (p *idp) check(user, password string) (a Account, say string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	user = strings.ToLower(strings.TrimSpace(user))
	if until := p.held[user]; time.Now().Before(until) {
		return a, "Too many wrong passwords. This account is held for a minute; then try again."
	}
	for _, a := range accounts {
		if a.User == user && a.Password == password {
			delete(p.wrong, user)
			p.entered++
			return a, ""
		}
	}
	p.wrong[user]++
	n := p.wrong[user]
	if n >= 5 {
		delete(p.wrong, user)
		p.held[user] = time.Now().Add(time.Minute)
		return a, "That was the fifth wrong password. This account is now held for a minute."
	}
	return a, "User name or password is wrong. Attempt " + pad(n, 1) + " of 5."
}

func account(user string) (Account, bool) {
	for _, a := range accounts {
		if a.User == user {
			return a, true
		}
	}
	return Account{}, false
}

func officerClaims(user string) map[string]any {
	a, ok := account(user)
	if !ok {
		return map[string]any{}
	}
	return map[string]any{"preferred_username": a.User, "name": a.Name, "collar": a.Collar, "rank": a.Rank, "role": a.Role, "force": a.Force}
}

// describe fills ID token and user info.
func describe(u *oidc.UserInfo, user string, scopes []string) error {
	a, ok := account(user)
	if !ok {
		return errNoSuch
	}
	u.Subject = a.User
	for _, s := range scopes {
		switch s {
		case oidc.ScopeProfile:
			given, family, _ := strings.Cut(a.Name, " ")
			u.Name, u.GivenName, u.FamilyName, u.PreferredUsername = a.Name, given, family, a.User
			for _, c := range [][2]string{{"collar", a.Collar}, {"rank", a.Rank}, {"role", a.Role}, {"force", a.Force}} {
				u.AppendClaims(c[0], c[1])
			}
		case oidc.ScopeEmail:
			u.Email, u.EmailVerified = a.User+"@northmoor.police.example", true
		}
	}
	return nil
}

// nativeClient is Muster itself: public, on any loopback port, with PKCE.
type nativeClient struct{}

func (nativeClient) GetID() string { return clientID }
func (nativeClient) RedirectURIs() []string {
	return []string{"http://127.0.0.1/callback", "http://localhost/callback"}
}
func (nativeClient) PostLogoutRedirectURIs() []string {
	return []string{"http://127.0.0.1/", "http://localhost/"}
}
func (nativeClient) RedirectURIGlobs() []string           { return loopbackGlobs }
func (nativeClient) PostLogoutRedirectURIGlobs() []string { return loopbackGlobs }
func (nativeClient) ApplicationType() op.ApplicationType  { return op.ApplicationTypeNative }
func (nativeClient) AuthMethod() oidc.AuthMethod          { return oidc.AuthMethodNone }
func (nativeClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (nativeClient) LoginURL(id string) string            { return "/login?id=" + id }
func (nativeClient) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (nativeClient) IDTokenLifetime() time.Duration       { return time.Hour }
func (nativeClient) DevMode() bool                        { return false }
func (nativeClient) IsScopeAllowed(string) bool           { return false }
func (nativeClient) IDTokenUserinfoClaimsAssertion() bool { return true }
func (nativeClient) ClockSkew() time.Duration             { return 0 }
func (nativeClient) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (nativeClient) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(s []string) []string { return s }
}
func (nativeClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode, oidc.GrantTypeTokenExchange}
}

var loopbackGlobs = []string{"http://127.0.0.1:*/**", "http://localhost:*/**", `http://\[::1\]:*/**`}
