// Package signin is the one login: OpenID Connect or a local passphrase, lock and unlock, and the credentials with which
// a session at each system opens behind it.
package signin

import "time"

// Officer is who is signed in.
type Officer struct {
	ID      string    `json:"id"` // subject at the sign-in server; file names and audit use it
	Name    string    `json:"name"`
	Collar  string    `json:"collar,omitempty"`
	Rank    string    `json:"rank,omitempty"`
	Role    string    `json:"role,omitempty"`
	Force   string    `json:"force,omitempty"`
	Since   time.Time `json:"since"`
	Offline bool      `json:"offline,omitempty"` // unlocked without the sign-in server
}

// Display is how a screen names the officer: "PC 2214 Okafor".
func (o Officer) Display() string {
	s := ""
	for _, p := range []string{o.Rank, o.Collar, o.Name} {
		if p != "" {
			if s != "" {
				s += " "
			}
			s += p
		}
	}
	return s
}

// State is where the officer stands.
type State string

// The states of a desk.
const (
	SignedOut State = "signed-out"
	SigningIn State = "signing-in"
	SignedIn  State = "signed-in"
	Locked    State = "locked"
)

// Method is a way to sign in.
type Method string

// The methods.
const (
	MethodBrowser Method = "browser" // authorization code + PKCE in the system browser
	MethodDevice  Method = "device"  // RFC 8628
	MethodLocal   Method = "local"   // a passphrase, for a site with no identity provider
)

// Settings is the sign-in part of a profile.
type Settings struct {
	Kind     string   `yaml:"kind" json:"kind"` // oidc or local
	Issuer   string   `yaml:"issuer,omitempty" json:"issuer,omitempty"`
	ClientID string   `yaml:"client_id,omitempty" json:"client_id,omitempty"`
	Scopes   []string `yaml:"scopes,omitempty" json:"scopes,omitempty"`
	// Claims name where the officer's details stand in the ID token or user info.
	Claims struct {
		Collar string `yaml:"collar,omitempty" json:"collar,omitempty"`
		Rank   string `yaml:"rank,omitempty" json:"rank,omitempty"`
		Role   string `yaml:"role,omitempty" json:"role,omitempty"`
		Force  string `yaml:"force,omitempty" json:"force,omitempty"`
	} `yaml:"claims,omitempty" json:"claims,omitzero"`
}
