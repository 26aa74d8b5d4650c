package demoforce

import (
	"fmt"
	"net"
	"net/url"
	"slices"
)

// FaultKinds lists the faults that can be switched on.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

// Browse opens the address of a sign-in at a force on this machine and signs in there, as Force.Browser does.
func Browse(address, user, password string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not on this machine: the stand-in browser signs in at a demonstration force only", u.Hostname())
	}
	return (*Force)(nil).Browser(user, password)(address)
}
