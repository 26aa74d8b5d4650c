package connector

import (
	"muster/plugins"
	"muster/plugins/pole"
)

// spec is a connector file, read and compiled.
type spec struct {
	id, name, help, code, shape, version string

	authority   []pole.Property
	authorityAt *node

	options []plugins.Option
	hosts   []string
	base    string // name of the url option that paths are below
	auth    []plugins.AuthSpec
	limits  plugins.Limits
	headers []pair
	answers string // json, xml, html, csv or ndjson
	csv     *csvSpec
	lists   listRules
	errors  []rule
	check   *checkSpec
	kinds   []*kindSpec
	helpers *helpers
}

// pair is a name and what to send under it.
type pair struct {
	name string
	expr *expr
}

// operation is one request of the system and how its answer is read.
type operation struct {
	at       *node
	method   string
	path     []part
	query    []pair
	queryAll *expr
	headers  []pair
	body     *expr
	form     []pair
	xml      *element
	soap     *soapSpec
	graphql  *graphqlSpec
	sql      *sqlSpec
	ldap     *ldapSpec
	listen   string // a channel of a database
	live     *liveSpec
	answers  string
	csv      *csvSpec
	errors   []rule

	multipart []formPart
	upload    *expr    // the body is one of the entry's files
	raw       *rawSpec // a text body of any type
	rpc       *rpcSpec
	html      []selection // what of a web page is data
	before    []*step
	fixed     []header // added by the core: an idempotency key
}

// header is a header line as it is sent.
type header struct{ name, value string }

// soapSpec is an envelope round an operation's XML.
type soapSpec struct {
	action  string
	version string // 1.1 or 1.2
	body    *element
}

// graphqlSpec is a GraphQL request.
type graphqlSpec struct {
	query     string
	variables *expr
}

// rule says what an answer means.
type rule struct {
	when   *expr
	is     plugins.ErrorKind
	say    *expr
	ref    *expr
	after  *expr
	fields *expr
	at     *node
}

type checkSpec struct {
	op                    *operation
	ok, expect            *expr
	user, server, version *expr
}

// searchSpec is one way to search.
type searchSpec struct {
	op      *operation
	by      []plugins.SearchSpec
	text    bool
	records *expr
	next    *expr
	total   *expr
	none    *expr
	gaps    *expr
	without map[string]bool
	with    []*step
	where   *whereSpec
}

type fetchSpec struct {
	op      *operation
	records *expr
	none    *expr
	with    []*step
	where   bool // the answer holds many records
}

// field maps part of a source's record to one property.
type field struct {
	property   pole.Property
	value      *expr
	from, to   *expr
	absentNone bool // the source leaves the member out when there is none
	at         *node
}

// group maps repeated parts of a record whose facts belong together.
type group struct {
	name     string
	each     *expr
	from, to *expr
	fields   []field
	at       *node
}

// link maps references to other records.
type link struct {
	role     string
	roleExpr *expr
	kind     pole.Kind
	kindExpr *expr
	typ      string
	each     *expr
	id       *expr
	label    *expr
	in       bool // the other record has the role to this one
	at       *node
}

type kindSpec struct {
	kind     pole.Kind
	typ      string
	at       *node
	searches []*searchSpec
	fetch    *fetchSpec
	id       *expr
	fields   []field
	groups   []*group
	links    []*link
	marking  *field
	updated  *expr
	version  *expr
	url      *expr
	require  map[string]bool
	submit   *submitSpec
	watch    *watchSpec
}

// accept is one field that a submission takes, and what the source calls it.
type accept struct {
	spec plugins.FieldSpec
	as   []string
	at   *node
}

type submitSpec struct {
	op       *operation
	accepts  []accept
	header   string // of the idempotency key
	honoured bool
	look     bool // ask confirm before sending
	result   resultSpec
	confirm  *confirmSpec
	amend    *amendSpec
	after    []*step
	at       *node
}

type resultSpec struct{ ref, id, at, already *expr }

type confirmSpec struct {
	op     *operation
	found  *expr
	result resultSpec
}

type amendSpec struct {
	op     *operation
	result resultSpec
}

type watchSpec struct {
	op      *operation
	sse     bool
	every   int64 // seconds between polls
	when    *expr // which events count
	records *expr
	removed *expr
	cursor  *expr
	fetch   *expr // the id of a record that is announced without its content
	reply   []*reply
	at      *node
}

// kindOf finds a kind by the Ref.Type of its records.
func (s *spec) kindOf(typ string) *kindSpec {
	for _, k := range s.kinds {
		if k.typ == typ {
			return k
		}
	}
	if typ == "" && len(s.kinds) == 1 {
		return s.kinds[0]
	}
	return nil
}

func (s *spec) kind(kind pole.Kind) *kindSpec {
	for _, k := range s.kinds {
		if k.kind == kind {
			return k
		}
	}
	return nil
}

// reply is a request that an event asks for, such as a subscription after a greeting.
type reply struct {
	when *expr
	op   *operation
}
