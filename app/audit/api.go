// Package audit accounts for every access before it happens, in a log that shows when it was tampered with.
package audit

import (
	"time"

	"muster/plugins"
	"muster/plugins/pole"
)

// Operation is what was done (Data Protection Act 2018, section 62, and the desk's own).
type Operation string

// The operations.
const (
	Collection   Operation = "collection"
	Alteration   Operation = "alteration"
	Consultation Operation = "consultation"
	Disclosure   Operation = "disclosure"
	Combination  Operation = "combination"
	Erasure      Operation = "erasure"
	SignIn       Operation = "sign-in"
	SignOut      Operation = "sign-out"
	Failed       Operation = "failed access"
	Outcome      Operation = "outcome" // closes an earlier record: Of, Count, Error
	Merge        Operation = "merge"
	Unmerge      Operation = "unmerge"
	Export       Operation = "export"
	Print        Operation = "print"
	Rotation     Operation = "key rotation"
	RolledBack   Operation = "file put back" // the officer's file was found older than it was, or another
	Checkpoint   Operation = "checkpoint"    // signs the log up to the record before
)

// Record is one line of the log. It holds no credential. Query terms are kept sealed with the rest.
type Record struct {
	Seq            uint64            `json:"seq"`
	Prev           string            `json:"prev"` // hex SHA-256 of the record before
	Time           time.Time         `json:"time"`
	Operation      Operation         `json:"operation"`
	Of             uint64            `json:"of,omitempty"` // for Outcome
	Officer        string            `json:"officer"`
	Collar         string            `json:"collar,omitempty"`
	Role           string            `json:"role,omitempty"`
	Force          string            `json:"force,omitempty"`
	Workstation    string            `json:"workstation,omitempty"`
	Session        string            `json:"session,omitempty"`
	System         string            `json:"system,omitempty"`
	Plugin         string            `json:"plugin,omitempty"`
	PluginVersion  string            `json:"pluginVersion,omitempty"`
	Kind           pole.Kind         `json:"kind,omitempty"`
	Ref            string            `json:"ref,omitempty"`
	Terms          map[string]string `json:"terms,omitempty"`
	Fields         []string          `json:"fields,omitempty"` // returned or changed
	Purpose        plugins.Purpose   `json:"purpose"`
	Recipient      string            `json:"recipient,omitempty"`
	Reason         string            `json:"reason,omitempty"` // of a disclosure
	Basis          string            `json:"basis,omitempty"`  // lawful basis of a disclosure
	Classification string            `json:"classification,omitempty"`
	Error          string            `json:"error,omitempty"`
	Count          int               `json:"count,omitempty"`
	Correlation    string            `json:"correlation,omitempty"`
	Offline        bool              `json:"offline,omitempty"` // the officer had no network, or what was shown is a kept copy
	Captured       time.Time         `json:"captured,omitzero"` // of an entry: when the officer pressed send
	Sent           time.Time         `json:"sent,omitzero"`     // of an entry: when it left for the system
	Signed         *Signed           `json:"signed,omitempty"`  // of a Checkpoint
}

// Signed is a checkpoint: an Ed25519 signature over the end of the log as it was.
type Signed struct {
	Count uint64 `json:"count"`          // number of the last record that it covers
	Hash  string `json:"hash"`           // hex, of that record
	Key   string `json:"key"`            // base64, the public key
	Sig   string `json:"sig"`            // base64
	Last  bool   `json:"last,omitempty"` // closes an export: nothing follows in its file
}

// Verdict is what verifying the log found.
type Verdict struct {
	OK      bool   `json:"ok"`
	Records uint64 `json:"records"`
	BadSeq  uint64 `json:"bad_seq,omitempty"`
	Say     string `json:"say"`

	Checkpoints int    `json:"checkpoints,omitempty"` // of a file: how many signatures hold
	Key         string `json:"key,omitempty"`         // of a file: the public key that they were made with
}
