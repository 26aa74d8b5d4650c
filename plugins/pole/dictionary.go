package pole

// Type is how a property's values are read, normalised, compared and shown.
type Type string

// The value types. Canonical (Norm) form in brackets.
const (
	TypeText        Type = "text"        // trimmed, NFC, inner spaces single
	TypeName        Type = "name"        // a personal or organisation name [upper case, NFC, inner spaces single; apostrophes and hyphens kept]
	TypePartialDate Type = "date"        // YYYY, YYYY-MM or YYYY-MM-DD
	TypeInstant     Type = "instant"     // RFC 3339 in UTC
	TypeCode        Type = "code"        // the canonical code of the property's code list; Label carries its words
	TypePhone       Type = "phone"       // E.164
	TypePostcode    Type = "postcode"    // UK, upper case, one space before the inward part
	TypeVRM         Type = "vrm"         // upper case, letters and digits only
	TypePNCID       Type = "pncid"       // YYYY/NNNNNNNX, check letter verified
	TypeCRO         Type = "cro"         // NNNNNN/YYX or SFYY/N…X, check letter verified
	TypeNINO        Type = "nino"        // two letters, six digits, suffix letter if known
	TypeIMEI        Type = "imei"        // 15 digits, Luhn verified
	TypeCoordinates Type = "coordinates" // "LAT,LON" in WGS84 decimal degrees, five decimals; British National Grid is converted
	TypeNumber      Type = "number"      // decimal
	TypeBool        Type = "bool"        // true or false
	TypeEmail       Type = "email"       // lower-case domain
	TypeReference   Type = "reference"   // a system's own reference: upper case, no spaces
	TypeWarning     Type = "warning"     // a code of the warning signals; never dropped when unknown
)

// KindDef is one kind of the dictionary (assets/dictionary/kinds.yaml).
type KindDef struct {
	Name   Kind       `yaml:"name"`
	Class  Class      `yaml:"class"`
	Label  string     `yaml:"label"`
	Plural string     `yaml:"plural"`
	Title  string     `yaml:"title"`  // template of a record's title: "{surname|upper}, {givenName} {middleName}"; first alternative of a|| list with a value wins
	Detail string     `yaml:"detail"` // template of the line under the title
	When   []Property `yaml:"when"`   // for events: the properties that say when it happened, best first
	Where  []Property `yaml:"where"`
	NIEM   string     `yaml:"niem"`
	Sign   string     `yaml:"sign"` // how a link chart draws it, by a name of app/caseview/chart; its class's sign if empty

	Brief string       `yaml:"brief"` // template of the line under the title where the time is shown already; Detail if empty
	Live  *LiveDef     `yaml:"live"`  // how a live queue shows it; nil keeps the kind out of the queue
	Same  [][]Property `yaml:"same"`  // sets of properties which, all equal, mean the same thing although no identifier says so
}

// PropertyDef is one property of the dictionary (assets/dictionary/properties.yaml).
type PropertyDef struct {
	Name       Property `yaml:"name"`
	Kinds      []Kind   `yaml:"kinds"`
	Label      string   `yaml:"label"`
	Type       Type     `yaml:"type"`
	Many       bool     `yaml:"many"`       // a record may truly have several at once; differing values are then no disagreement
	CodeList   string   `yaml:"codeList"`   // for TypeCode
	MaxLength  int      `yaml:"maxLength"`  // 0 is no limit
	Compare    string   `yaml:"compare"`    // comparison kind for matching: name, date, identifier, address, phone, exact, none
	Identifies bool     `yaml:"identifies"` // an equal, valid value means the same entity (PNC ID, VRM with make, UPRN)
	Sensitive  string   `yaml:"sensitive"`  // "", personal, special: how careful screens, logs and exports are
	Danger     bool     `yaml:"danger"`     // carries danger: pinned on top, never dropped
	Multiline  bool     `yaml:"multiline"`
	Recognise  bool     `yaml:"recognise"` // may be recognised from what is typed in the command bar
	Order      int      `yaml:"order"`     // position on screens
	NIEM       string   `yaml:"niem"`
	IHub       string   `yaml:"ihub"`

	IdentifiesKinds []Kind   `yaml:"identifiesKinds"` // as Identifies, for these kinds only
	As              Property `yaml:"as"`              // its values identify as values of this property would: another system's reference
	Changes         bool     `yaml:"changes"`         // changes in a life (an address, a height): of two values the one stated later is the better
	Contradicts     bool     `yaml:"contradicts"`     // values that certainly differ forbid a merge by one identifier alone
	Event           string   `yaml:"event"`           // of a date: what happened then, in words for a timeline; "" keeps it off
	Ends            Property `yaml:"ends"`            // of a when: the property that says until when it lasted
	Latest          Property `yaml:"latest"`          // of a when: the property that says by when it happened, where only a span is known
	Pattern         string   `yaml:"pattern"`         // a regular expression for what is typed, upper case without spaces; for types without a form of their own
}

// GroupDef is a composite value made of several properties: a name, an address (assets/dictionary/properties.yaml).
// Facts of a record with one Fact.Group make one composite; so do those without any.
type GroupDef struct {
	Name     string     `yaml:"name"`
	Property Property   `yaml:"property"` // what the composite as a whole is called; a source may also give it as one line
	Kinds    []Kind     `yaml:"kinds"`
	Parts    []Property `yaml:"parts"`
	Show     string     `yaml:"show"`     // template
	Optional []Property `yaml:"optional"` // parts that may be missing on one side of two equal composites
}

// RoleDef names a link role, both ways round (assets/dictionary/roles.yaml).
type RoleDef struct {
	Name    Role   `yaml:"name"`
	Label   string `yaml:"label"`   // From is LABEL of To: "keeper"
	Inverse string `yaml:"inverse"` // seen from To
}

// CodeDef is one code of a code list.
type CodeDef struct {
	Code  string   `yaml:"code"`
	Label string   `yaml:"label"`
	Also  []string `yaml:"also"` // other spellings that sources use; compared without case
}

// WarningDef is one warning signal (assets/dictionary/warnings.yaml).
type WarningDef struct {
	Code  string   `yaml:"code"`
	Label string   `yaml:"label"`
	Also  []string `yaml:"also"`
	Level string   `yaml:"level"` // danger or caution: decides shape and colour together, see the Level constants
}

// MarkingDef is one classification, lowest first in the file (assets/dictionary/markings.yaml).
type MarkingDef struct {
	Name   string `yaml:"name"`
	Label  string `yaml:"label"`
	Colour string `yaml:"colour"` // of the banner, #rrggbb
	Text   string `yaml:"text"`   // colour of the banner's words

	Also    []string `yaml:"also"`    // other ways in which systems write it
	Default bool     `yaml:"default"` // what a record without a marking counts as; one only
}

// CodeListDef is one code list (assets/dictionary/codelists.yaml).
type CodeListDef struct {
	Name  string    `yaml:"name"`
	Label string    `yaml:"label"`
	Open  bool      `yaml:"open"` // tidies what it knows; any other text is as good
	Codes []CodeDef `yaml:"codes"`
}

// The levels of a warning signal.
const (
	LevelDanger  = "danger"
	LevelCaution = "caution"
)

// Recognition is one way to understand typed text.
type Recognition struct {
	Property Property `json:"property"`
	Kinds    []Kind   `json:"kinds"`
	Value    Value    `json:"value"`
	Label    string   `json:"label"`   // 'vehicle registration'
	Certain  bool     `json:"certain"` // by form and check digit no other reading is likely
}
