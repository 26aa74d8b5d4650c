// Package plugins is the contract between Muster and every back-end system: what a plugin says of itself as data,
// the small interface it opens into, the optional abilities found by assertion, and the closed set of errors.
package plugins

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"muster/plugins/pole"
)

// Info describes a plugin by data: screens, documentation, lint and tests read it without connecting.
type Info struct {
	ID      string // lower case letters, digits, underscore; unique in the registry
	Name    string
	Help    string
	Code    string // the short code beside values: RMS
	Shape   string // the shape beside values: square, triangle, diamond, circle, bar, star, box, outline, lozenge
	Version string
	Options []Option
	Auth    []AuthSpec // in order of preference; empty means the system is open
	Hosts   []string   // network allow-list: host[:port], or the name of a url option
	Kinds   []KindSpec
	Limits  Limits
	// Authority lists what the system is the authority for: of two values its own is believed before others, however many.
	// A force's profile can say otherwise.
	Authority []pole.Property
	// Open makes a System. It does no I/O and never fails for want of a network.
	Open func(context.Context, Env) (System, error)
}

// OptionType is the type of an Option's value.
type OptionType string

// The option types. A Secret lives in the OS keyring, prints as dots and never reaches Config.
const (
	OptionString OptionType = "string"
	OptionURL    OptionType = "url"
	OptionInt    OptionType = "int"
	OptionBool   OptionType = "bool"
	OptionSecret OptionType = "secret"
)

// Option is one setting of a plugin.
type Option struct {
	Name     string
	Type     OptionType
	Label    string
	Help     string
	Required bool
	Default  string
	Asked    bool // the officer's own: asked once by the desk, not set by IT (a user name at that system)
}

// AuthKind is how the core signs in to a system on the officer's behalf.
type AuthKind string

// The kinds of sign-in that the transport performs.
const (
	AuthNone         AuthKind = "none"
	AuthBearer       AuthKind = "login"           // the one login's access token as a bearer token
	AuthExchange     AuthKind = "token_exchange"  // RFC 8693: the one login's token exchanged at Token for Audience
	AuthOAuth2Client AuthKind = "oauth2_client"   // RFC 6749 section 4.4 with the system's own client id and secret
	AuthAPIKey       AuthKind = "api_key"         // Secret sent in Header or, where nothing else is offered, the query parameter Query
	AuthBasic        AuthKind = "basic"           // RFC 7617
	AuthWSSUsername  AuthKind = "wss_username"    // WS-Security UsernameToken, text or digest, put into the SOAP header
	AuthCookie       AuthKind = "cookie"          // form login, with a test that notices a lost session
	AuthSession      AuthKind = "session"         // a token, or cookies, by a login request: see SessionSpec
	AuthPassword     AuthKind = "oauth2_password" // RFC 6749 section 4.3, for old systems: User and Secret are the officer's
	AuthRefresh      AuthKind = "oauth2_refresh"  // RFC 6749 section 6: Secret is a refresh token; a rotated one is kept in its place
	AuthDevice       AuthKind = "oauth2_device"   // RFC 8628: the officer enters a code once; what it gave is kept in the keyring
	AuthCode         AuthKind = "oauth2_code"     // RFC 6749 section 4.1 with PKCE, in the browser, once; kept as above
	AuthDigest       AuthKind = "digest"          // RFC 7616
	AuthMTLS         AuthKind = "mtls"            // a client certificate: PEM in Cert, its key in Secret (or both in Secret)
	AuthNTLM         AuthKind = "ntlm"            // MS-NTHT with NTLMv2: User is DOMAIN\user or user@domain, Secret the password
	AuthKerberos     AuthKind = "kerberos"        // RFC 4559 with the ticket that the officer has from signing in to this computer
)

// AuthSpec says how to sign in. Fields hold names of Options; values never stand here.
type AuthSpec struct {
	Kind     AuthKind
	Token    string // token endpoint: absolute, or a path below the url option
	Base     string // name of the url option that relative URLs are below
	Scope    string
	Audience string
	Resource string
	Header   string // for AuthAPIKey
	Prefix   string // before the key in Header: "Token "
	Query    string // for AuthAPIKey in the query; redacted everywhere
	User     string // name of the option with the user or client id
	Secret   string // name of the secret option
	Digest   bool   // WS-Security PasswordDigest instead of PasswordText
	InBody   bool   // OAuth2 client credentials in the body instead of Basic

	// For the OAuth2 grants of an officer: the client at the token endpoint, which may be public (no ClientSecret).
	Client       string // name of the option with the client id
	ClientSecret string // name of the secret option with the client's secret
	Device       string // device authorization endpoint
	Authorize    string // authorization endpoint, for AuthCode
	Redirect     string // loopback address that the browser comes back to, for AuthCode; "" is any free port

	Cert string // name of the option with the client certificate

	SPN string // for AuthKerberos: the service's name, HTTP/host, or an option that holds it; "" is that of the request's host

	Session *SessionSpec // for AuthSession

	Also []AuthSpec // further credentials sent with it: an API key beside a bearer token

	// For AuthCookie: User and Secret are posted to Login in the fields UserField and SecretField, Form's fixed
	// fields beside them. Where Page is set, the hidden fields of its form are fetched first and sent along.
	Login       string // address the form is posted to: absolute, or a path below Base
	Page        string // address of the page with the form; empty if it needs none of its hidden fields
	UserField   string // "" is username
	SecretField string // "" is password
	Form        map[string]string
	Lost        LostSession
}

// LostSession is how a system shows that nobody is signed in any more where it does not answer 401: one sign suffices.
type LostSession struct {
	Path string   // the answer comes from this path or sends there; for AuthCookie "" is the path of Page, else of Login
	Text string   // a web page that holds this text is the sign-in page
	When AuthRead // true of such an answer
}

// KindSpec says what a system holds of one kind, what it can be searched by, and what it accepts.
type KindSpec struct {
	Kind    pole.Kind
	Type    string       // the Ref.Type of its records
	Search  []SearchSpec // alternatives, best first
	Text    bool         // also searches free text
	Returns []pole.Property
	Fetch   bool
	Watch   bool
	Accepts []FieldSpec // fields of a submission of this kind; empty when it takes none
	Amends  bool        // what it has taken can be changed: its Submitter is an Amender
}

// SearchSpec is one way a system can be searched: all of Require, and any of Optional.
type SearchSpec struct {
	Require  []pole.Property
	Optional []pole.Property
}

// FieldSpec is one field that a target accepts.
type FieldSpec struct {
	Path      string // property, or part.property: description, person.surname, location.postcode
	Required  bool
	MaxLength int      // 0 is no limit
	Codes     []string // canonical codes it takes; empty means any of the property's list
	Label     string   // what the target calls it
	Many      bool     // of the bare name of a part: it takes several of them
}

// Limits bounds what a system may cost and what may be asked of it. Zero values mean the defaults of the transport.
type Limits struct {
	Rate     float64 // requests per second
	Burst    int
	Parallel int
	Timeout  time.Duration // of one request, to the end of its body
	Response int64         // bytes of one answer, after decompression
	Records  int           // records of one search, over all pages
	Quotas   []Quota       // requests within longer spans: 600 in five minutes, 5,000 a day
}

// Quota is how many requests a system allows within a span of time.
type Quota struct {
	Requests int
	Per      time.Duration
}

// Env is all that a plugin may touch.
type Env struct {
	System     string       // the id of this system in the profile, for Ref.System
	HTTP       *http.Client // audited, authenticated, limited; never retry on top of it
	Config     Config
	Dictionary *pole.Dictionary
	Log        *slog.Logger
	Now        func() time.Time
}

// Config holds the option values that are not secret, by name.
type Config map[string]string

// Identity is who the system takes the officer for, and what it says of itself.
type Identity struct {
	User    string
	Server  string
	Version string
}

// System is an opened plugin. All methods are safe for concurrent use and return *Error (wrapped or not) on failure.
type System interface {
	// Check signs in if needed and says who the system takes the officer for. It reads no personal data.
	Check(context.Context) (Identity, error)
	// Search returns one page. Query.After resumes; Page.After == "" ends.
	Search(context.Context, Query) (Page, error)
	// Fetch returns one record in full.
	Fetch(context.Context, pole.Ref) (pole.Record, error)
}

// Term is one property to search by.
type Term struct {
	Property pole.Property `json:"property"`
	Value    pole.Value    `json:"value"`
}

// Query is one search of one kind. Either Terms satisfy one of the kind's SearchSpecs, or Text is set and the kind has Text.
type Query struct {
	Kind  pole.Kind
	Terms []Term
	Text  string
	After string // Page.After of the page before
	Limit int    // records wanted in this page; 0 is the system's default
}

// Page is one page of a search. Gaps are parts that failed: the screen must say so.
type Page struct {
	Records []pole.Record
	After   string
	Gaps    []*Error
	Total   int // what the system says there is in all; 0 if it does not say
}

// Key identifies one submission for ever: the same entry to the same target always carries the same key.
type Key string

// Part is a person, object or location within an entry.
type Part struct {
	Name     string      `json:"name"`            // the part's name in the form: person, vehicle, location
	Index    int         `json:"index,omitempty"` // which of several of that name, from 2; 0 is the first
	Role     pole.Role   `json:"role,omitempty"`
	Kind     pole.Kind   `json:"kind"`
	Existing []pole.Ref  `json:"existing,omitempty"` // records that the officer chose for it
	Facts    []pole.Fact `json:"facts"`
}

// Entry is one validated form, as one target gets it.
type Entry struct {
	Form     string            `json:"form"`
	Kind     pole.Kind         `json:"kind"`
	Facts    []pole.Fact       `json:"facts"` // about the event itself
	Parts    []Part            `json:"parts,omitempty"`
	Refs     map[string]string `json:"refs,omitempty"` // references other systems already gave for this entry, by system id
	Captured time.Time         `json:"captured"`
	Files    []File            `json:"files,omitempty"`
}

// RefsPart stands where a part would in a KindSpec's Accepts: refs.SYSTEM means that the target wants the reference which SYSTEM
// gave for the same entry.
const RefsPart = "refs"

// File is an attachment of an entry: a photo, a document. Its content is read when it is sent, in bounded memory.
type File struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // media type
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256,omitempty"`
	Part   string `json:"part,omitempty"` // the part of the entry it belongs to; "" for the entry itself
	// Open reads the content from its beginning, each time it is called.
	Open func(context.Context) (io.ReadCloser, error) `json:"-"`
}

// Receipt is a target's word that it has the entry.
type Receipt struct {
	Reference string    `json:"reference"` // what the target calls it
	Ref       pole.Ref  `json:"ref"`
	At        time.Time `json:"at"`
	Already   bool      `json:"already,omitempty"` // it had been delivered before
}

// Submitter is the ability to take entries.
type Submitter interface {
	// Submit delivers once. A failure whose effect is not known is an Error of kind Unknown.
	Submit(context.Context, Entry, Key) (Receipt, error)
	// Confirm finds out whether Key arrived. An Error of kind NotFound means that it certainly did not.
	Confirm(context.Context, Entry, Key) (Receipt, error)
}

// Request is what a Submit would send, as far as the plugin makes it: the sign-in is added on its way out, and is not here.
type Request struct {
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"` // a file's content is named, not shown
	Cut    bool              `json:"cut,omitempty"`  // the body is longer than is shown
	Also   []string          `json:"also,omitempty"` // further requests that belong to it, before and after
}

// Previewer is the ability of a Submitter to show what it would send, without sending anything.
type Previewer interface {
	Preview(context.Context, Entry, Key) (Request, error)
}

// Amender is the ability to change an entry that a system has taken.
type Amender interface {
	// Amend makes what the Receipt names say what the Entry says. Doing it twice comes to the same.
	Amend(context.Context, Entry, Key, Receipt) (Receipt, error)
}

// Cursor is where a Watcher was; "" starts at now.
type Cursor string

// Change is one change that a system announced. One without a record says only that the connection stands, or, with a Gap, that an
// announcement could not be read: the next one is not held up by it, and the screen must say so.
type Change struct {
	Record  pole.Record
	Removed bool
	Cursor  Cursor
	Gap     *Error
}

// Watcher is the ability to announce changes as they happen. Watch blocks until the context ends, the connection
// fails, or the callback returns an error. The core reconnects with the last cursor.
type Watcher interface {
	Watch(context.Context, pole.Kind, Cursor, func(Change) error) error
}

// Answer and Question carry a second factor or a consent between a system and the desk.
type (
	Answer   map[string]string
	Question struct {
		Done    bool
		Say     string
		Options []Option
		Code    string // to enter at URL
		URL     string // to open in a browser, on any device if there is a Code
		Wait    bool   // nothing to answer: call Next again, which waits until it is done
	}
)

// Challenger is the ability to ask the officer for a second factor or a consent.
type Challenger interface {
	Next(context.Context, Answer) (Question, error)
}
