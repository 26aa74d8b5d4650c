// Package live proves the connectors that ship on the real third-party servers that they are for, each started on
// loopback from its package and filled through its own interface, never through Muster.
//
// packaging/dev/live.sh installs the servers. Without one, its test is skipped with its name; with MUSTER_LIVE=required
// that is a failure, so that nothing is left out silently. MUSTER_LIVE=off leaves all to a later run.
package live
