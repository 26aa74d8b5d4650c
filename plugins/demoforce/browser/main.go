// Command browser stands in for a person at a web browser in scripts: it opens the address it is given, follows the
// demonstration sign-in server's own pages and signs in with MUSTER_BROWSER_USER and MUSTER_BROWSER_PASSWORD.
// It signs in at servers on this machine only.
package main

import (
	"fmt"
	"os"

	"muster/plugins/demoforce"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: browser URL")
		os.Exit(2)
	}
	if err := demoforce.Browse(os.Args[1], os.Getenv("MUSTER_BROWSER_USER"), os.Getenv("MUSTER_BROWSER_PASSWORD")); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}
