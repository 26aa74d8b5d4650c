package demoforce

import "encoding/xml"

// The messages of Sentinel Custody. Every element is in its namespace; an absent value is an absent element.

const (
	custodyNS = "urn:sentinel-custody:v3"
	soapNS    = "http://schemas.xmlsoap.org/soap/envelope/"
	wsseNS    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsuNS     = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	digestURI = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)

type soapIn struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Header  struct {
		Security *struct {
			Token *struct {
				Username string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Username"`
				Password struct {
					Type  string `xml:"Type,attr"`
					Value string `xml:",chardata"`
				} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Password"`
				Nonce   string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Nonce"`
				Created string `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd Created"`
			} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd UsernameToken"`
		} `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Security"`
	} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Header"`
}

type custodyFind struct {
	Surname, Forename, DateOfBirth, PncId, Cro, Phone, Postcode, AnyText string
	StartAt, MaxRows                                                     string
	CustodyNo, DetaineeNo, ArrestedFrom, ArrestedTo                      string
	ClientReference                                                      string
}

type custodyAddress struct {
	Line1    string
	Town     string `xml:",omitempty"`
	Postcode string `xml:",omitempty"`
}

type custodyMarker struct {
	Code, Text string
	Since      string `xml:",omitempty"`
}

type custodyDetainee struct {
	DetaineeNo           string
	Surname              string
	Forename1            string `xml:",omitempty"`
	Forename2            string `xml:",omitempty"`
	DateOfBirth          string `xml:",omitempty"`
	Sex                  string
	SelfDefinedEthnicity string          `xml:",omitempty"`
	HeightCm             string          `xml:",omitempty"`
	Build                string          `xml:",omitempty"`
	PncId                string          `xml:",omitempty"`
	Cro                  string          `xml:",omitempty"`
	Phone                string          `xml:",omitempty"`
	NoFixedAbode         string          `xml:",omitempty"`
	Address              *custodyAddress `xml:",omitempty"`
	Nickname             []string
	Marker               []custodyMarker
	LastChanged          string
	CustodyNo            []string

	words []string
}

type custodyLog struct{ At, Text string }

type custodyRecord struct {
	CustodyNo      string
	DetaineeNo     string
	DetaineeName   string
	ArrestedAt     string
	AuthorisedAt   string `xml:",omitempty"`
	ReleasedAt     string `xml:",omitempty"`
	Station        string
	Reason         string
	OffenceCode    string
	OffenceText    string
	Disposal       string `xml:",omitempty"`
	ArrestLocation string
	OfficerStaffNo string
	LastChanged    string
	LogEntry       []custodyLog

	words []string
}

// custodyNotice is c:NotifyIncidentRequest.
type custodyNotice struct {
	ClientReference, IncidentType, OccurredAt, Narrative, OfficerStaffNo string
	Place, Postcode, ExternalReference                                   string
	Person                                                               []struct {
		Role, DetaineeNo, Surname, Forename, DateOfBirth, Phone string
	}
	Vehicle []struct{ Vrm string }
}

type custodyWhoAmI struct {
	XMLName                            xml.Name `xml:"urn:sentinel-custody:v3 WhoAmIResponse"`
	UserName, StaffNo, System, Release string
}

type custodyFound struct {
	XMLName            xml.Name
	TotalRows, StartAt int
	Detainee           []custodyDetainee `xml:",omitempty"`
	CustodyRecord      []custodyRecord   `xml:",omitempty"`
}

type custodyOne struct {
	XMLName       xml.Name
	Detainee      *custodyDetainee `xml:",omitempty"`
	CustodyRecord *custodyRecord   `xml:",omitempty"`
}

type custodyNotified struct {
	XMLName        xml.Name `xml:"urn:sentinel-custody:v3 NotifyIncidentResponse"`
	Result         string
	NotificationNo string `xml:",omitempty"`
	ReceivedAt     string `xml:",omitempty"`
	ReasonCode     string `xml:",omitempty"`
	ReasonText     string `xml:",omitempty"`
	ExistingNo     string `xml:",omitempty"`
}

type custodyByRef struct {
	XMLName        xml.Name `xml:"urn:sentinel-custody:v3 GetByClientReferenceResponse"`
	Found          bool
	NotificationNo string `xml:",omitempty"`
	ReceivedAt     string `xml:",omitempty"`
}

type custodyField struct{ Name, Code, Message string }

type custodyInvalid struct {
	XMLName xml.Name `xml:"urn:sentinel-custody:v3 ValidationFault"`
	Field   []custodyField
}

type custodyNotFound struct {
	XMLName   xml.Name `xml:"urn:sentinel-custody:v3 NotFoundFault"`
	Type, Key string
}

var custodyMarkers = map[string][2]string{"FI": {"01", "Firearms"}, "WE": {"02", "Weapons"}, "VI": {"03", "Violent"}, "ES": {"04", "Escaper"}, "EX": {"05", "Explosives"}, "SU": {"06", "Suicidal"},
	"SH": {"07", "Self-harm"}, "MN": {"08", "Mental health"}, "AT": {"09", "Ailment"}, "CO": {"10", "Contagious"}, "DR": {"11", "Drugs"}, "AG": {"12", "Alleges"}}

var custodyTypes = words("CON MIS THE BUR VIO DOM ASB RTC SUS PRO OTH")

const custodyWSDL = `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:c="urn:sentinel-custody:v3" targetNamespace="urn:sentinel-custody:v3">
%s<wsdl:portType name="Custody">%s</wsdl:portType>
<wsdl:binding name="CustodySoap" type="c:Custody"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>%s</wsdl:binding>
<wsdl:service name="CustodyService"><wsdl:port name="CustodySoap" binding="c:CustodySoap"><soap:address location="%s"/></wsdl:port></wsdl:service>
</wsdl:definitions>`
