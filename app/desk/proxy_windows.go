package desk

import (
	"net/http"
	"net/url"

	ieproxy "github.com/mattn/go-ieproxy"
)

// systemProxy is what Windows is set to, a configuration script (PAC) included.
func systemProxy() func(*http.Request) (*url.URL, error) { return ieproxy.GetProxyFunc() }
