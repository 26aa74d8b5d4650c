package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"muster/plugins/wasm/guest"
)

const (
	// MaxModule is the largest module that is read, in bytes.
	MaxModule = 32 << 20
	// maxTable is how many entries a table of functions may have. The memory limit does not count tables.
	maxTable    = 1 << 18
	maxTables   = 8
	maxManifest = 1 << 20

	sectionCustom = 0
	sectionImport = 2
	sectionTable  = 4
)

var preamble = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// offered are the functions that the host has for a guest, by module. Every one of WASI preview 1 exists, without
// files, sockets, arguments or environment behind it.
var offered = map[string]map[string]bool{
	"muster":                 {"take": true, "take_body": true, "give": true, "http": true, "log": true},
	"wasi_snapshot_preview1": nil,
}

// unpacked is a module taken apart as far as the host needs to.
type unpacked struct {
	manifest []byte
	code     []byte // the module without its manifest and with bounded tables: what is compiled
}

// unpack reads a module's sections. It checks only what matters before compiling; the compiler validates the rest.
func unpack(module []byte) (unpacked, error) {
	if len(module) > MaxModule {
		return unpacked{}, fmt.Errorf("the module is larger than the %d MiB allowed", MaxModule>>20)
	}
	if !bytes.HasPrefix(module, preamble) {
		return unpacked{}, errors.New("this is not a WebAssembly module of version 1 (a component must be built as a core module)")
	}
	out := unpacked{code: append(make([]byte, 0, len(module)+64), preamble...)}
	for rest := module[len(preamble):]; len(rest) > 0; {
		id := rest[0]
		size, n := uvarint(rest[1:])
		if n <= 0 || uint64(len(rest)-1-n) < uint64(size) {
			return unpacked{}, errors.New("the module is cut off or damaged: a section is longer than the file")
		}
		end := 1 + n + int(size)
		whole, body := rest[:end], rest[1+n:end]
		rest = rest[end:]
		switch id {
		case sectionCustom:
			name, content, err := customSection(body)
			if err != nil {
				return unpacked{}, err
			}
			if name != guest.Section {
				break
			}
			if out.manifest != nil {
				return unpacked{}, errors.New("the module carries two manifests")
			}
			if len(content) > maxManifest {
				return unpacked{}, errors.New("the manifest is larger than 1 MiB")
			}
			out.manifest = bytes.Clone(content)
			if out.manifest == nil {
				out.manifest = []byte{}
			}
			continue
		case sectionImport:
			if err := checkImports(body); err != nil {
				return unpacked{}, err
			}
		case sectionTable:
			tables, err := boundTables(body)
			if err != nil {
				return unpacked{}, err
			}
			out.code = append(out.code, sectionTable)
			out.code = binary.AppendUvarint(out.code, uint64(len(tables)))
			out.code = append(out.code, tables...)
			continue
		}
		out.code = append(out.code, whole...)
	}
	return out, nil
}

// Embed puts a manifest into a module, in the place of one that it carries already.
func Embed(module, manifest []byte) ([]byte, error) {
	if len(module) > MaxModule || !bytes.HasPrefix(module, preamble) {
		return nil, errors.New("this is not a WebAssembly module of version 1")
	}
	out := bytes.Clone(preamble)
	for rest := module[len(preamble):]; len(rest) > 0; {
		size, n := uvarint(rest[1:])
		if n <= 0 || uint64(len(rest)-1-n) < uint64(size) {
			return nil, errors.New("the module is cut off or damaged: a section is longer than the file")
		}
		end := 1 + n + int(size)
		name, _, err := customSection(rest[1+n : end])
		if rest[0] != sectionCustom || err != nil || name != guest.Section {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
	var body []byte
	body = binary.AppendUvarint(body, uint64(len(guest.Section)))
	body = append(append(body, guest.Section...), manifest...)
	out = append(out, sectionCustom)
	out = binary.AppendUvarint(out, uint64(len(body)))
	return append(out, body...), nil
}

// uvarint reads an unsigned LEB128 number of at most 32 bits; n is how many bytes it took, or not positive.
func uvarint(b []byte) (v uint32, n int) {
	u, n := binary.Uvarint(b[:min(len(b), 5)])
	if u > 1<<32-1 {
		return 0, -1
	}
	return uint32(u), n
}

// cursor reads a section's body. After a failure it stays failed.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) number() uint32 {
	v, n := uvarint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) name() string {
	n := c.number()
	if uint64(n) > uint64(len(c.b)) || !utf8.Valid(c.b[:n]) {
		c.bad, c.b = true, nil
		return ""
	}
	s := string(c.b[:n])
	c.b = c.b[n:]
	return s
}

var errSection = errors.New("the module is damaged: a section cannot be read")

func customSection(body []byte) (string, []byte, error) {
	c := cursor{b: body}
	name := c.name()
	if c.bad {
		return "", nil, errSection
	}
	return name, c.b, nil
}

// checkImports refuses a module that needs what the host does not give, in words for its maker.
func checkImports(body []byte) error {
	c := cursor{b: body}
	for range c.number() {
		module, name := c.name(), c.name()
		if c.bad {
			return errSection
		}
		functions, known := offered[module]
		if !known || functions != nil && !functions[name] {
			return fmt.Errorf("the module asks for %q of %q, which is not offered to plugins: build it with the kit of ABI %d, or without what needs this", clip(name), clip(module), guest.ABI)
		}
		if c.byte() != 0 {
			return fmt.Errorf("the module imports %q of %q, which is not a function: a plugin has a memory and tables of its own", clip(name), clip(module))
		}
		c.number() // the function's type, which the compiler checks
	}
	if c.bad {
		return errSection
	}
	return nil
}

// boundTables gives every table a maximum: a table without one could grow for ever.
func boundTables(body []byte) ([]byte, error) {
	c := cursor{b: body}
	n := c.number()
	if n > maxTables {
		return nil, fmt.Errorf("the module has %d tables; %d are allowed", n, maxTables)
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for range n {
		kind, flags, least := c.byte(), c.byte(), c.number()
		most := uint32(maxTable)
		switch flags {
		case 0:
		case 1:
			most = min(c.number(), maxTable)
		default:
			return nil, errSection
		}
		if c.bad {
			return nil, errSection
		}
		if kind != 0x70 && kind != 0x6f {
			return nil, errors.New("the module uses tables of a kind that is not offered to plugins")
		}
		if least > maxTable {
			return nil, fmt.Errorf("the module has a table of %d entries; %d are allowed", least, maxTable)
		}
		out = append(out, kind, 1)
		out = binary.AppendUvarint(out, uint64(least))
		out = binary.AppendUvarint(out, uint64(max(most, least)))
	}
	if len(c.b) > 0 {
		return nil, errSection
	}
	return out, nil
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
