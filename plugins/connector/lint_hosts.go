package connector

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"muster/plugins"
	"muster/plugins/transport"
)

func checkHost(f *findings, n *node, types map[string]plugins.OptionType) {
	h := n.text()
	if t, ok := types[h]; ok {
		if t != plugins.OptionURL {
			f.fail(n, "Name an option of type url, or write the host.", "The option %q is not an address.", h)
		}
		return
	}
	host := h
	if a, p, err := net.SplitHostPort(h); err == nil {
		host = a
		if i, err := strconv.Atoi(p); err != nil || i < 1 || i > 65535 {
			f.fail(n, "Write host or host:port.", "%q is not a host.", h)
		}
	}
	switch {
	case isIP(host):
		f.fail(n, "Write the server's name, so that its certificate can be checked.", "%q is an IP address.", host)
	case !hostForm.MatchString(host):
		f.fail(n, "Write host or host:port, or the name of a url option.", "%q is neither a host nor an option of this file.", h)
	case !strings.Contains(host, ".") && !loopback(host):
		f.fail(n, "Declare it under options with type: url, or write the host in full.", "%q is neither an option of this file nor a full host name.", h)
	}
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// isIP reports an IP literal that is not loopback.
func isIP(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && !ip.IsLoopback()
}

func (r *reader) address(n *node, s string) { address(r.f, n, s) }

// address files what makes a URL unfit: http beyond this machine, a user, an IP literal.
func address(f *findings, n *node, s string) {
	clean := s
	if i := strings.Index(clean, `\(`); i >= 0 {
		clean = clean[:i]
	}
	u, err := url.Parse(clean)
	if err == nil {
		if _, other := transport.SchemeOf(u.Scheme); other {
			switch why := transport.Fit(u); {
			case u.User != nil:
				f.fail(n, "Take it out; declare an option of type secret and name it under auth.", "A user or password stands in the address.")
			case why != "":
				f.fail(n, "Correct the address, or leave the default out.", "The address %s.", why)
			case isIP(u.Hostname()):
				f.fail(n, "Write the server's name, so that its certificate can be checked.", "The host is an IP address.")
			}
			return
		}
	}
	switch {
	case err != nil || u.Host == "":
		f.fail(n, "Write https://host/path.", "This is not an address.")
	case u.User != nil:
		f.fail(n, "Take it out; declare an option of type secret and name it under auth.", "A user or password stands in the address.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		f.fail(n, "Write https://.", "http:// would send data in the clear; it is allowed to this machine only.")
	case u.Scheme != "https" && u.Scheme != "http":
		f.fail(n, "Write one of "+strings.Join(transport.Schemes(), ", ")+".", "The scheme %q is not possible.", u.Scheme)
	case isIP(u.Hostname()):
		f.fail(n, "Write the server's name, so that its certificate can be checked.", "The host is an IP address.")
	}
}

var (
	secretName  = regexp.MustCompile(`(?i)^(authorization|proxy-authorization|cookie|x-api-key|api[-_]?key|apikey|x-auth-token|access[-_]?token|token|password|passwd|pwd|secret|client[-_]?secret|private[-_]?key)$`)
	constant    = regexp.MustCompile(`^"[^"\\]{4,}"$`)
	looksSecret = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.|-----BEGIN|\bBearer [A-Za-z0-9._~+/-]{8,}|\bBasic [A-Za-z0-9+/]{8,}={0,2}|\b(?:sk|ghp|xox[bp]|AKIA)[-_A-Za-z0-9]{12,}`)
	longRandom  = regexp.MustCompile(`[A-Za-z0-9+/_-]{32,}={0,2}`)
)

// checkSecrets looks through every text of the file for what should be in a keyring.
func checkSecrets(f *findings, n *node) {
	const cure = "Take it out of the file and change it at the system; declare an option of type secret and name it under auth: its value goes into the keyring."
	var walk func(key string, n *node)
	walk = func(key string, n *node) {
		for _, k := range n.keys {
			walk(k, n.kids[k])
		}
		for _, x := range n.items {
			walk(key, x)
		}
		s, ok := n.value.(string)
		if !ok {
			return
		}
		inAuth := strings.HasPrefix(n.path, "/auth")
		switch {
		case looksSecret.MatchString(s):
			f.fail(n, cure, "A secret seems to be written here.")
		case secretName.MatchString(key) && !inAuth && constant.MatchString(strings.TrimSpace(s)):
			f.fail(n, cure, "A secret seems to be written under %q.", key)
		case key == "default" && strings.HasPrefix(n.path, "/options/") && secretName.MatchString(lastBut(n.path)):
			f.fail(n, cure, "A secret has a value in the file.")
		default:
			for _, w := range longRandom.FindAllString(s, -1) {
				if random(w) {
					f.fail(n, cure, "A secret seems to be written here.")
					break
				}
			}
		}
	}
	walk("", n)
	if opts := n.get("options"); opts != nil {
		for _, name := range opts.keys {
			o := opts.kids[name]
			if o.str("type") == "secret" && o.get("default") != nil {
				f.fail(o.get("default"), cure, "A secret option has a value in the file.")
			}
		}
	}
}

func lastBut(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

// random reports text that mixes letters and digits as keys do and words do not.
func random(w string) bool {
	var digits, upper, lower, swaps int
	last := 0
	for _, r := range w {
		class := 0
		switch {
		case r >= '0' && r <= '9':
			digits++
			class = 1
		case r >= 'A' && r <= 'Z':
			upper++
			class = 2
		case r >= 'a' && r <= 'z':
			lower++
			class = 3
		}
		if class != last {
			swaps++
		}
		last = class
	}
	return digits >= 4 && upper+lower >= 6 && swaps >= len(w)/4
}
