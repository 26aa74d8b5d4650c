package demoforce

import (
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// bookIn opens a custody record. As everywhere in Sentinel, what is badly formed is a fault with its fields, and what custody
// will not have is a REFUSED in a 200.
var custodyBookIn = newIntake(intakeStyle{
	day: shaped("20060102"), time: shaped("20060102150405"), join: slashed, item: func(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i+1) },
	need: "must be given", most: "at most %d characters", form: "is yyyyMMdd, with HHmmss where it is a time", codes: "is not in the list",
}, `ClientReference!:40 Station!:=NMC|ELI|HAR ArrestedAt!:time ArrivedAt!:time OfficerStaffNo!:10 Reason!:1000 OffenceText!:200 OffenceCode:12 ArrestLocation!:120 CautionGiven:=Y|N CautionReply:500
	ForceUsed:=Y|N ForceDetails:500 Injuries:500 Medical:500 Interpreter:=Y|N Language:60 AppropriateAdult:=Y|N Solicitor:=Y|N PersonInformed:120 ExternalReference:40
	Detainee!:{ DetaineeNo:12 Surname:40 Forename1:30 Forename2:30 DateOfBirth:day Sex!:=1|2|9 SelfDefinedEthnicity:3 OfficerDefinedEthnicity:1 HeightCm:num Build:40 PncId:20 Phone:20 NoFixedAbode:=Y|N
	  Occupation:60 Nationality:60 Address:{ Line1!:80 Town:35 Postcode:post } } PropertyItem*:200`)

type custodyNode struct {
	XMLName xml.Name
	Text    string        `xml:",chardata"`
	Nodes   []custodyNode `xml:",any"`
}

// members are the children of an element as the rules of an intake see them: what stands several times is a list.
func (n custodyNode) members(fields []intakeField) map[string]any {
	out := map[string]any{}
	for _, c := range n.Nodes {
		name := c.XMLName.Local
		i := slices.IndexFunc(fields, func(f intakeField) bool { return f.name == name })
		v := any(strings.TrimSpace(c.Text))
		if len(c.Nodes) > 0 {
			var of []intakeField
			if i >= 0 {
				of = fields[i].of
			}
			v = c.members(of)
		}
		switch old := out[name].(type) {
		case []any:
			out[name] = append(old, v)
		case nil:
			out[name] = v
			if i >= 0 && fields[i].list {
				out[name] = []any{v}
			}
		default:
			out[name] = []any{old, v} // one too many: the rules say so
		}
	}
	return out
}

type custodyBooked struct {
	XMLName    xml.Name `xml:"urn:sentinel-custody:v3 BookInResponse"`
	Result     string
	CustodyNo  string `xml:",omitempty"`
	ReceivedAt string `xml:",omitempty"`
	ReasonCode string `xml:",omitempty"`
	ReasonText string `xml:",omitempty"`
	ExistingNo string `xml:",omitempty"`
}

func (c *custody) bookIn(user string, read func(any) error) (any, error) {
	var n custodyNode
	if err := read(&n); err != nil {
		return nil, client("The request cannot be read")
	}
	v := n.members(custodyBookIn.fields)
	var bad []custodyField
	for _, f := range custodyBookIn.check(v) {
		bad = append(bad, custodyField{f.path, f.code, f.say})
	}
	if len(bad) > 0 {
		return nil, invalidFields(bad...)
	}
	text := func(path ...string) string {
		m := v
		for _, p := range path[:len(path)-1] {
			m, _ = m[p].(map[string]any)
		}
		s, _ := m[path[len(path)-1]].(string)
		return s
	}
	refuse := func(code, say, existing string) (any, error) {
		return custodyBooked{Result: "REFUSED", ReasonCode: code, ReasonText: say, ExistingNo: existing}, nil
	}
	arrested, _ := time.ParseInLocation("20060102150405", text("ArrestedAt"), c.force.world.loc)
	arrived, _ := time.ParseInLocation("20060102150405", text("ArrivedAt"), c.force.world.loc)
	no := text("Detainee", "DetaineeNo")
	switch {
	case arrested.After(c.force.opt.Now().Add(time.Hour)):
		return refuse("FUTURE-TIME", "The time of arrest lies in the future", "")
	case arrived.Before(arrested):
		return refuse("ARRIVED-BEFORE-ARREST", "The arrival at the station is before the arrest", "")
	case no == "" && text("Detainee", "Surname") == "":
		return refuse("NO-NAME", "A surname is needed where the detainee is not known here", "")
	case no != "" && !slices.ContainsFunc(c.detainees, func(d *custodyDetainee) bool { return d.DetaineeNo == no }):
		return refuse("UNKNOWN-DETAINEE", "Detainee "+no+" is not known", "")
	case text("Interpreter") == "Y" && text("Language") == "":
		return refuse("NO-LANGUAGE", "Say for which language an interpreter is needed", "")
	}
	ref := text("ClientReference")
	row, before := c.booked.take("BookIn", ref, text("Station")+"/%04d/26", c.force.opt.Now(), sha256.Sum256(nil), true)
	if before {
		return refuse("DUPLICATE-REFERENCE", "A booking with this reference was taken", row.no)
	}
	b, _ := json.Marshal(v) // texts only: cannot fail
	c.force.deliveries.add(Delivery{System: "custody", Reference: row.no, ClientRef: ref, By: user, At: row.at.UTC(), Body: b})
	return custodyBooked{Result: "ACCEPTED", CustodyNo: row.no, ReceivedAt: c.stamp(row.at)}, nil
}
