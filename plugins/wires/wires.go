// Package wires links every protocol other than HTTP into the program that imports it.
package wires

import (
	_ "muster/plugins/filewire" // file, sftp
	_ "muster/plugins/ldapwire" // ldap, ldaps
	_ "muster/plugins/mqttwire" // mqtt, mqtts
	_ "muster/plugins/sqlwire"  // postgres, sqlserver, sqlite
	_ "muster/plugins/wswire"   // ws, wss
)
