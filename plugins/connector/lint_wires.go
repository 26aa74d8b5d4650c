package connector

import (
	"slices"
	"strings"

	"muster/plugins"
)

// checkWires files what a protocol other than HTTP needs of a file that says it is for it.
func checkWires(f *findings, n *node, s *spec, types map[string]plugins.OptionType) {
	opts := n.get("options")
	for _, o := range s.options {
		if o.Type != plugins.OptionURL || !strings.Contains(o.Default+" "+o.Help, "sftp://") {
			continue
		}
		at := either2(opts.get(o.Name), n)
		if t, there := types["host_key"]; !there || t != plugins.OptionString {
			f.fail(at, "Declare options: {host_key: {type: string, label: Host key, help: As ssh-keyscan prints it.}}.", "%s may be an SFTP server, but no option host_key says by which key it is known.", o.Name)
		}
		if !slices.ContainsFunc(s.auth, func(a plugins.AuthSpec) bool { return a.Kind == plugins.AuthBasic }) {
			f.fail(at, "Write auth: {kind: basic, user: username, secret: password}; the secret is a password or a private key.", "%s may be an SFTP server, which is signed in to with a user.", o.Name)
		}
	}
}
