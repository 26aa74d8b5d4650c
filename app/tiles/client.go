package tiles

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"muster/plugins"
	"muster/plugins/transport"
)

// System is the name under which the map's key lies in the keyring. No system of a profile can have it.
const System = ".map"

// KeyOption names the key.
const KeyOption = "key"

// ClientOptions makes a Client.
type ClientOptions struct {
	Config      Config
	Credentials transport.Credentials
	Permit      func(context.Context, *http.Request) error
	Log         *slog.Logger
	Proxy       func(*http.Request) (*url.URL, error)
	TLS         *tls.Config
	Now         func() time.Time
}

// Client makes the client of a tile server over the transport's chain: it reaches the host that is set up and no other.
func Client(o ClientOptions) (*http.Client, error) {
	info := plugins.Info{ID: "map", Name: "The map's server", Hosts: []string{o.Config.hostPort()},
		Limits: plugins.Limits{Parallel: workers + 1, Rate: 40, Burst: 40, Timeout: attempted, Response: maxBody + 1}}
	if o.Config.KeyHeader != "" || o.Config.KeyQuery != "" {
		info.Options = []plugins.Option{{Name: KeyOption, Type: plugins.OptionSecret, Label: "Key of the map's server", Required: true}}
		info.Auth = []plugins.AuthSpec{{Kind: plugins.AuthAPIKey, Header: o.Config.KeyHeader, Query: o.Config.KeyQuery, Secret: KeyOption}}
	}
	return transport.New(transport.Options{System: System, Info: info, Credentials: o.Credentials, Permit: o.Permit, Proxy: o.Proxy, TLS: o.TLS, Log: o.Log, Now: o.Now})
}

// hostPort is the one host, with its port.
func (c Config) hostPort() string {
	u, err := c.filled().address(Tile{})
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		if u.Scheme == "http" {
			return u.Hostname() + ":80"
		}
		return u.Hostname() + ":443"
	}
	return u.Host
}
