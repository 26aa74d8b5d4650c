//go:build !windows

package transport

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

// cache reads the tickets that kinit, SSSD or the computer's sign-in keep in a file.
type cache struct {
	now func() time.Time

	mu     sync.Mutex
	stamp  string // of the files that client was made from
	client *client.Client
	ends   time.Time // of the ticket that gets the others
}

func newTickets(now func() time.Time) tickets { return &cache{now: now} }

func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp = ""
}

func (c *cache) token(ctx context.Context, spn string) ([]byte, error) {
	cl, err := c.load()
	if err != nil {
		return nil, err
	}
	type made struct {
		token []byte
		err   error
	}
	// The library's questions to the domain's servers have their own time limits and no context.
	out := make(chan made, 1)
	go func() {
		t, err := makeToken(cl, spn)
		out <- made{t, err}
	}()
	select {
	case m := <-out:
		return m.token, m.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func makeToken(cl *client.Client, spn string) (token []byte, err error) {
	defer recovered(&err) // the answer of another machine
	s := spnego.SPNEGOClient(cl, spn)
	if err := s.AcquireCred(); err != nil {
		return nil, errNoTicket
	}
	t, err := s.InitSecContext()
	if err != nil {
		return nil, err
	}
	return t.Marshal()
}

func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("not well-formed Kerberos (%T)", v)
	}
}

// load reads configuration and tickets, again when they have changed.
func (c *cache) load() (*client.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conf := configText(configPath(), 0)
	path, err := cachePath(conf)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoTicket
	} else if err != nil {
		return nil, errTickets
	}
	if stamp := fmt.Sprint(path, info.ModTime().UnixNano(), info.Size(), conf); stamp != c.stamp || c.client == nil {
		raw, err := os.ReadFile(path) //nolint:gosec // the machine's own setting names it
		if err != nil {
			return nil, errTickets
		}
		if c.client, c.ends, err = openCache(raw, conf); err != nil {
			c.client = nil
			return nil, err
		}
		c.stamp = stamp
	}
	if !c.now().Before(c.ends) {
		return nil, errNoTicket
	}
	return c.client, nil
}

// openCache makes a client from the bytes of a ticket cache and the text of krb5.conf.
func openCache(raw []byte, conf string) (cl *client.Client, ends time.Time, err error) {
	defer recovered(&err)
	cfg, err := config.NewFromString(conf)
	if _, partly := errors.AsType[config.UnsupportedDirective](err); err != nil && !partly {
		return nil, ends, fmt.Errorf("krb5.conf: %w", errTickets)
	}
	if len(cfg.Realms) == 0 {
		cfg.LibDefaults.DNSLookupKDC = true // as a domain's members do
	}
	var cc credentials.CCache
	if err := cc.Unmarshal(raw); err != nil {
		return nil, ends, errTickets
	}
	tgt, ok := cc.GetEntry(types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", cc.DefaultPrincipal.Realm}})
	if !ok {
		return nil, ends, errNoTicket
	}
	cl, err = client.NewFromCCache(&cc, cfg, client.DisablePAFXFAST(true))
	if err != nil {
		return nil, ends, errTickets
	}
	return cl, tgt.EndTime, nil
}

func configPath() string {
	if p := os.Getenv("KRB5_CONFIG"); p != "" {
		p, _, _ = strings.Cut(p, string(os.PathListSeparator))
		return p
	}
	if mac := "/Library/Preferences/edu.mit.Kerberos"; runtime.GOOS == "darwin" {
		if _, err := os.Stat(mac); err == nil {
			return mac
		}
	}
	return "/etc/krb5.conf"
}

// configText is krb5.conf with what it includes, which the library does not follow. "" if there is none.
func configText(path string, depth int) string {
	raw, err := os.ReadFile(path) //nolint:gosec // the machine's own setting names it
	if err != nil || len(raw) > 1<<20 || depth > 3 {
		return ""
	}
	var b strings.Builder
	for one := range strings.Lines(string(raw)) {
		words := strings.Fields(one)
		switch {
		case len(words) == 2 && words[0] == "include":
			b.WriteString(configText(words[1], depth+1) + "\n")
		case len(words) == 2 && words[0] == "includedir":
			entries, _ := os.ReadDir(words[1])
			for _, e := range entries {
				if plainName.MatchString(e.Name()) {
					b.WriteString(configText(filepath.Join(words[1], e.Name()), depth+1) + "\n")
				}
			}
		default:
			b.WriteString(one)
		}
	}
	return b.String()
}

var (
	plainName    = regexp.MustCompile(`^[A-Za-z0-9_-]+$|^[^.].*\.conf$`) // what MIT Kerberos reads of a folder
	defaultCache = regexp.MustCompile(`(?m)^\s*default_ccache_name\s*=\s*(\S+)\s*$`)
)

// cachePath is the file with the officer's tickets.
func cachePath(conf string) (string, error) {
	uid := strconv.Itoa(os.Getuid())
	name := os.Getenv("KRB5CCNAME")
	if name == "" {
		name = "FILE:/tmp/krb5cc_" + uid
		if m := defaultCache.FindStringSubmatch(conf); m != nil {
			name = strings.NewReplacer("%{uid}", uid, "%{euid}", uid, "%{USERID}", uid, "%{TEMP}", os.TempDir()).Replace(m[1])
		}
	}
	kind, path, ok := strings.Cut(name, ":")
	switch {
	case !ok, strings.HasPrefix(name, "/"):
		return name, nil
	case kind == "FILE":
		return path, nil
	case kind == "DIR" && strings.HasPrefix(path, ":"): // one cache of a folder
		return path[1:], nil
	case kind == "DIR":
		primary, err := os.ReadFile(filepath.Join(path, "primary"))
		if err != nil {
			return filepath.Join(path, "tkt"), nil
		}
		return filepath.Join(path, filepath.Base(strings.TrimSpace(string(primary)))), nil
	}
	return "", errTickets // in the kernel, or kept by a service
}
