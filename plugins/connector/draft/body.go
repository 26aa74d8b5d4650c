package draft

import (
	"strings"
)

// branch is a JSON body as it is put together from paths.
type branch struct {
	names []string
	kids  map[string]*branch
	value string
}

func newBranch() *branch { return &branch{kids: map[string]*branch{}} }

func (b *branch) put(parts []string, value string) {
	if len(parts) == 0 {
		b.value = value
		return
	}
	k := b.kids[parts[0]]
	if k == nil {
		k = newBranch()
		b.kids[parts[0]] = k
		b.names = append(b.names, parts[0])
	}
	k.put(parts[1:], value)
}

func (b *branch) String() string {
	if len(b.names) == 0 {
		return b.value
	}
	var parts []string
	for _, n := range b.names {
		parts = append(parts, bodyKey(n)+": "+b.kids[n].String())
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// pathParts takes a path apart: .a."b c" is a and b c.
func pathParts(path string) []string {
	var out []string
	for rest := path; rest != ""; {
		rest = strings.TrimPrefix(rest, ".")
		if strings.HasPrefix(rest, `"`) {
			i := strings.IndexByte(rest[1:], '"')
			if i < 0 {
				return out
			}
			out = append(out, rest[1:i+1])
			rest = rest[i+2:]
			continue
		}
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			if rest != "" {
				out = append(out, rest)
			}
			return out
		}
		out = append(out, rest[:i])
		rest = rest[i:]
	}
	return out
}
