package filter

import (
	"fmt"
	"strings"
)

// EscapeDN writes a value so that it stands for itself in a DN (RFC 4514).
func EscapeDN(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%02x`, c)
		case strings.IndexByte(`\,+"<>;=`, c) >= 0, i == 0 && (c == ' ' || c == '#'), i == len(v)-1 && c == ' ':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// DN is a DN with gaps.
type DN struct {
	texts []string // what stands before, between and after the gaps
	whole []bool   // of each gap: it stands where a name begins, so that a DN goes in, and not a value
}

// ParseDN reads a DN in which every Gap stands for a value, behind the '=' of a name: cn=…,ou=people; or, where a name
// would begin, for a DN: the whole, or the rest.
func ParseDN(text string) (*DN, error) {
	d := &DN{texts: strings.Split(text, string(Gap))}
	model := d.texts[0]
	for _, t := range d.texts[1:] {
		whole := atStart(model)
		d.whole = append(d.whole, whole)
		if rest := strings.TrimLeft(t, " "); whole && rest != "" && strings.IndexByte(",+;", rest[0]) < 0 {
			return nil, notDN
		}
		if whole {
			model += "x=x"
		} else {
			model += "x"
		}
		model += t
	}
	if !validDN(model) {
		return nil, notDN
	}
	return d, nil
}

var notDN = &Error{"This is not a DN.", `Write it as ou=people,dc=force,dc=example; a comma within a value is \,.`}

// Gaps is how many values the DN wants.
func (d *DN) Gaps() int { return len(d.whole) }

// Fill writes the DN with values. It is false if one is empty, or is no DN where one belongs.
func (d *DN) Fill(values []string) (string, bool) {
	var b strings.Builder
	for i, t := range d.texts {
		b.WriteString(t)
		if i == len(d.whole) {
			break
		}
		if i >= len(values) || values[i] == "" || d.whole[i] && !validDN(values[i]) {
			return "", false
		}
		if d.whole[i] {
			b.WriteString(values[i])
		} else {
			b.WriteString(EscapeDN(values[i]))
		}
	}
	return b.String(), true
}

// atStart reports whether a name would begin behind s.
func atStart(s string) bool {
	s = strings.TrimRight(s, " ")
	if s == "" {
		return true
	}
	last := s[len(s)-1]
	if last != ',' && last != '+' && last != ';' {
		return false
	}
	slashes := len(s) - 1 - len(strings.TrimRight(s[:len(s)-1], `\`))
	return slashes%2 == 0
}

// validDN reports whether s is a DN: names with values, parted by commas. The empty one is the root.
func validDN(s string) bool {
	if strings.TrimSpace(s) == "" {
		return true
	}
	named, valued := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if i+1 >= len(s) || !named {
				return false
			}
			if hexDigit(s[i+1]) {
				if i+2 >= len(s) || !hexDigit(s[i+2]) {
					return false
				}
				i++
			}
			i++
			valued = true
		case c == '=' && !named:
			if !valued {
				return false
			}
			named, valued = true, false
		case c == ',' || c == '+' || c == ';':
			if !named {
				return false
			}
			named, valued = false, false
		case c < ' ' || named && (c == '"' || c == '<' || c == '>'):
			return false
		case !named && c == ' ' && !valued:
		case !named && !nameByte(c):
			return false
		default:
			valued = true
		}
	}
	return named
}

func nameByte(c byte) bool {
	return c == '-' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
