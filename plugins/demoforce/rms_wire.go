package demoforce

// The members of Larkfield Records as they stand on the wire. null and absent mean the same there.

type rmsName struct {
	Title  *string `json:"title"`
	Family string  `json:"family"`
	Given  *string `json:"given"`
	Middle *string `json:"middle"`
}

type rmsCode struct {
	Scheme string `json:"scheme"`
	Code   string `json:"code"`
}

type rmsTyped struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type rmsAlias struct {
	Family string `json:"family"`
	Given  string `json:"given"`
}

type rmsAddress struct {
	LocationID string  `json:"locationId"`
	Type       string  `json:"type"`
	Line1      string  `json:"line1"`
	Line2      *string `json:"line2"`
	Town       string  `json:"town"`
	Postcode   string  `json:"postcode"`
	From       *string `json:"from"`
	To         *string `json:"to"`
}

type rmsFlag struct {
	Code   string  `json:"code"`
	Text   string  `json:"text"`
	Raised *string `json:"raised"`
}

type rmsLink struct {
	Rel   string `json:"rel"`
	Type  string `json:"type"`
	ID    string `json:"id"`
	Label string `json:"label"`
}

type rmsTail struct {
	Marking string    `json:"marking"`
	Updated string    `json:"updated"`
	Version int       `json:"version"`
	Links   []rmsLink `json:"links"`
}

type rmsPerson struct {
	ID          string       `json:"id"`
	Name        rmsName      `json:"name"`
	DOB         *string      `json:"dob"`
	Sex         string       `json:"sex"`
	Ethnicity   *rmsCode     `json:"ethnicity"`
	Birthplace  *string      `json:"placeOfBirth"`
	Occupation  *string      `json:"occupation"`
	School      *string      `json:"school"`
	NFA         bool         `json:"nfa"`
	Identifiers []rmsTyped   `json:"identifiers"`
	Aliases     []rmsAlias   `json:"aliases"`
	Contacts    []rmsTyped   `json:"contacts"`
	Addresses   []rmsAddress `json:"addresses"`
	Flags       []rmsFlag    `json:"flags"`
	rmsTail
	words []string
}

type rmsVehicle struct {
	ID     string    `json:"id"`
	VRM    string    `json:"vrm"`
	Make   string    `json:"make"`
	Model  *string   `json:"model"`
	Colour *string   `json:"colour"`
	VIN    *string   `json:"vin"`
	Year   *string   `json:"year"`
	Stolen bool      `json:"stolen"`
	Flags  []rmsFlag `json:"flags"`
	rmsTail
	words []string
}

type rmsLocation struct {
	ID          string    `json:"id"`
	UPRN        *string   `json:"uprn"`
	SubBuilding *string   `json:"subBuilding"`
	Building    string    `json:"building"`
	Street      string    `json:"street"`
	Town        string    `json:"town"`
	Postcode    string    `json:"postcode"`
	Easting     int       `json:"easting"`
	Northing    int       `json:"northing"`
	Flags       []rmsFlag `json:"flags"`
	rmsTail
	words []string
}

type rmsOffence struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

type rmsCrime struct {
	ID            string     `json:"id"`
	CrimeNumber   string     `json:"crimeNumber"`
	Offence       rmsOffence `json:"offence"`
	Status        string     `json:"status"`
	Outcome       *string    `json:"outcome"`
	CommittedFrom string     `json:"committedFrom"`
	CommittedTo   *string    `json:"committedTo"`
	Reported      string     `json:"reported"`
	Summary       string     `json:"summary"`
	LocationID    string     `json:"locationId"`
	LocationText  string     `json:"locationText"`
	OIC           *string    `json:"oic"`
	rmsTail
	rmsSearch
}

type rmsOccurrence struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"`
	TypeText     string  `json:"typeText"`
	Status       string  `json:"status"`
	At           string  `json:"at"`
	EndedAt      *string `json:"endedAt"`
	Summary      string  `json:"summary"`
	LocationID   *string `json:"locationId"`
	LocationText string  `json:"locationText"`
	ClientRef    *string `json:"clientRef"`
	CadRef       *string `json:"cadRef"`
	rmsTail
	rmsSearch
}

// rmsSearch is what searches of events compare with; it is not sent.
type rmsSearch struct {
	words   []string
	day     day
	persons []string
	vrms    []string
}

// rmsEntry is what POST /entries takes.
type rmsEntry struct {
	ClientRef string  `json:"clientRef"`
	Type      string  `json:"type"`
	At        string  `json:"at"`
	EndedAt   *string `json:"endedAt"`
	Summary   *string `json:"summary"`
	Details   string  `json:"details"`
	Officer   string  `json:"reportingOfficer"`
	CadRef    *string `json:"cadRef"`
	Location  *struct {
		LocationID *string  `json:"locationId"`
		Line1      *string  `json:"line1"`
		Town       *string  `json:"town"`
		Postcode   *string  `json:"postcode"`
		Latitude   *float64 `json:"latitude"`
		Longitude  *float64 `json:"longitude"`
	} `json:"location"`
	Persons []struct {
		Role      string  `json:"role"`
		NominalID *string `json:"nominalId"`
		Family    *string `json:"family"`
		Given     *string `json:"given"`
		DOB       *string `json:"dob"`
		Phone     *string `json:"phone"`
	} `json:"persons"`
	Vehicles []struct {
		Role   *string `json:"role"`
		VRM    string  `json:"vrm"`
		Make   *string `json:"make"`
		Colour *string `json:"colour"`
	} `json:"vehicles"`
}

type rmsReceipt struct {
	EntryID      string `json:"entryId"`
	OccurrenceID string `json:"occurrenceId"`
	ClientRef    string `json:"clientRef"`
	ReceivedAt   string `json:"receivedAt"`
}

type rmsMeta struct {
	Count int     `json:"count"`
	Total int     `json:"total"`
	Next  *string `json:"next"`
}

type rmsParam struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

type rmsProblem struct {
	Type          string     `json:"type"`
	Title         string     `json:"title"`
	Status        int        `json:"status"`
	Detail        string     `json:"detail"`
	Instance      string     `json:"instance"`
	Trace         string     `json:"trace"`
	InvalidParams []rmsParam `json:"invalidParams,omitempty"`
	ExistingID    string     `json:"existingId,omitempty"`
}

var rmsFlags = map[string][2]string{
	"FI": {"FIREARM", "Firearms"}, "WE": {"WEAPON", "Weapons"}, "VI": {"VIOLENT", "Violent"}, "ES": {"ESCAPER", "Escaper"}, "EX": {"EXPLOSIVE", "Explosives"}, "SU": {"SUICIDAL", "Suicidal"},
	"SH": {"SELFHARM", "Self harm"}, "MN": {"MENTAL", "Mental health"}, "AT": {"AILMENT", "Ailment"}, "CO": {"CONTAGIOUS", "Contagious"}, "DR": {"DRUGS", "Drugs"}, "AG": {"ALLEGES", "Makes allegations"},
}

var rmsTypes = map[string]string{"STOP": "Stop and search", "MISPER": "Missing person", "DOM": "Domestic incident", "ASB": "Anti-social behaviour", "RTC": "Road traffic collision",
	"CONC": "Concern for safety", "SUSP": "Suspicious activity", "THEFT": "Theft", "VIOL": "Violence", "PROP": "Found property", "OTHER": "Other"}
