//go:build !windows

package desk

import (
	"net/http"
	"net/url"
)

// systemProxy is what HTTPS_PROXY and NO_PROXY say: other systems than Windows have no setting that all programs share.
func systemProxy() func(*http.Request) (*url.URL, error) { return http.ProxyFromEnvironment }
