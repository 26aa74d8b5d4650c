package desk

import (
	"strings"
	"testing"
)

func FuzzProfile(f *testing.F) {
	f.Add("profile: 1\nsignin: {kind: local}\n")
	f.Add("profile: 1\nsignin: {kind: oidc, issuer: https://login.example, client_id: x}\nsystems:\n  - {id: rms, connector: rms.yaml, config: {base_url: https://rms.example}}\n")
	f.Add("profile: 1\nsignin: {kind: local}\nsystems: [{id: a, connector: ../../etc/passwd}]\n")
	f.Add("profile: 1\nsignin: {kind: local}\nsystems: [{id: a, connector: ..}]\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := readProfile([]byte(src), "profile.yaml")
		if err != nil {
			return
		}
		for _, s := range p.Systems {
			if strings.ContainsAny(s.Connector, "/\\") || s.Connector == ".." || !systemID.MatchString(s.ID) {
				t.Errorf("a system's file lies outside the profile: %q %q", s.ID, s.Connector)
			}
		}
	})
}
