// Command pocketbase is PocketBase as its makers build it, for the tests of the connector that ships for it.
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
)

func main() {
	if err := pocketbase.New().Start(); err != nil {
		log.Fatal(err)
	}
}
