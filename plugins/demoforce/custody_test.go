package demoforce

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// soap makes an envelope with a fresh UsernameToken; namespaces stand on the envelope, as most toolkits put them.
func soap(user, password, nonce string, created time.Time, body string) string {
	at := created.UTC().Format("2006-01-02T15:04:05.000Z")
	h := sha1.New()
	_, _ = io.WriteString(h, nonce+at+password)
	return `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="` + soapNS + `" xmlns:c="` + custodyNS + `" xmlns:wsse="` + wsseNS + `" xmlns:wsu="` + wsuNS + `"><soapenv:Header><wsse:Security soapenv:mustUnderstand="1"><wsse:UsernameToken>` +
		`<wsse:Username>` + user + `</wsse:Username><wsse:Password Type="` + digestURI + `">` + base64.StdEncoding.EncodeToString(h.Sum(nil)) + `</wsse:Password><wsse:Nonce>` + base64.StdEncoding.EncodeToString([]byte(nonce)) +
		`</wsse:Nonce><wsu:Created>` + at + `</wsu:Created></wsse:UsernameToken></wsse:Security></soapenv:Header><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

func send(t testing.TB, f *Force, op, envelope string) (int, string) {
	t.Helper()
	code, h, b := ask(t, "POST", f.custody.base, map[string]string{"Content-Type": "text/xml; charset=utf-8", "SOAPAction": `"` + custodyNS + "/" + op + `"`}, envelope)
	if h.Get("Content-Type") != "text/xml; charset=utf-8" {
		t.Errorf("%s answered as %s", op, h.Get("Content-Type"))
	}
	var any struct{ XMLName xml.Name }
	if err := xml.Unmarshal(b, &any); err != nil {
		t.Fatalf("%s: %v in %s", op, err, b)
	}
	return code, string(b)
}

func call(t testing.TB, f *Force, op, inner string) (int, string) {
	t.Helper()
	c := f.Credentials()["custody"]
	return send(t, f, op, soap(c["username"], c["password"], random(12), time.Now(), "<c:"+op+"Request>"+inner+"</c:"+op+"Request>"))
}

func TestCustodyStory(t *testing.T) {
	f := start(t)
	code, b := call(t, f, "FindDetainees", "<c:Surname>miller</c:Surname><c:Forename>Aaron</c:Forename>")
	for _, want := range []string{"<TotalRows>1</TotalRows>", "<DateOfBirth>20110311</DateOfBirth>", "<Sex>1</Sex>", "<Code>07</Code>", "<HeightCm>168</HeightCm>", "<PncId>23/120018D</PncId>"} {
		if code != 200 || !strings.Contains(b, want) {
			t.Errorf("%d, no %s in %s", code, want, b)
		}
	}
	if _, b := call(t, f, "FindDetainees", "<c:AnyText>doyle kier</c:AnyText>"); !strings.Contains(b, "<DateOfBirth>19980422</DateOfBirth>") {
		t.Error(b)
	}
	if _, b := call(t, f, "FindCustodyRecords", "<c:AnyText>doyle</c:AnyText>"); !strings.Contains(b, "<Disposal>CHG</Disposal>") {
		t.Error(b)
	}
	if _, b := call(t, f, "WhoAmI", ""); !strings.Contains(b, "<StaffNo>2214</StaffNo>") {
		t.Error(b)
	}
}

func TestCustodySecurity(t *testing.T) {
	f := start(t)
	c := f.Credentials()["custody"]
	body := "<c:WhoAmIRequest/>"
	good := soap(c["username"], c["password"], "nonce-number-1", time.Now(), body)
	if code, b := send(t, f, "WhoAmI", good); code != 200 {
		t.Fatalf("%d %s", code, b)
	}
	for name, x := range map[string]struct{ envelope, want string }{
		"replayed":       {good, "wsse:InvalidSecurity"},
		"stale":          {soap(c["username"], c["password"], "nonce-number-2", time.Now().Add(-6*time.Minute), body), "wsse:InvalidSecurity"},
		"early":          {soap(c["username"], c["password"], "nonce-number-3", time.Now().Add(6*time.Minute), body), "wsse:InvalidSecurity"},
		"wrong password": {soap(c["username"], "guess", "nonce-number-4", time.Now(), body), "wsse:FailedAuthentication"},
		"wrong user":     {soap("NM0000", c["password"], "nonce-number-5", time.Now(), body), "wsse:FailedAuthentication"},
		"plain text":     {strings.Replace(soap(c["username"], c["password"], "nonce-number-6", time.Now(), body), "#PasswordDigest", "#PasswordText", 1), "wsse:InvalidSecurity"},
		"no header":      {`<e:Envelope xmlns:e="` + soapNS + `"><e:Body><WhoAmIRequest xmlns="` + custodyNS + `"/></e:Body></e:Envelope>`, "wsse:InvalidSecurity"},
		"no envelope":    {`<hello/>`, "s:Client"},
		"entities":       {`<!DOCTYPE x [<!ENTITY a "b">]>` + good, "s:Client"},
	} {
		if code, b := send(t, f, "WhoAmI", x.envelope); code != 500 || !strings.Contains(b, "<faultcode>"+x.want+"</faultcode>") {
			t.Errorf("%s: %d %s", name, code, b)
		}
	}
	if code, b := call(t, f, "FindDetainees", ""); code != 500 || !strings.Contains(b, "criterion") {
		t.Errorf("no criteria: %d %s", code, b)
	}
	if code, b := send(t, f, "GetDetainee", soap(c["username"], c["password"], "nonce-number-7", time.Now(), body)); code != 500 || !strings.Contains(b, "GetDetaineeRequest") {
		t.Errorf("action and body differ: %d %s", code, b)
	}
	if code, b := call(t, f, "GetDetainee", "<c:DetaineeNo>D-0</c:DetaineeNo>"); code != 500 || !strings.Contains(b, "NotFoundFault") {
		t.Errorf("not found: %d %s", code, b)
	}
}

func TestCustodyPaging(t *testing.T) {
	f := start(t, func(o *Options) { o.Scale = 0.5 })
	seen, total := map[string]bool{}, 0
	for at := 1; at == 1 || at <= total; at += 7 {
		_, b := call(t, f, "FindDetainees", fmt.Sprintf("<c:Surname>s*</c:Surname><c:StartAt>%d</c:StartAt><c:MaxRows>7</c:MaxRows>", at))
		var v struct {
			Total int `xml:"Body>FindDetaineesResponse>TotalRows"`
			Rows  []struct {
				No string `xml:"DetaineeNo"`
			} `xml:"Body>FindDetaineesResponse>Detainee"`
		}
		if err := xml.Unmarshal([]byte(b), &v); err != nil {
			t.Fatal(err)
		}
		total = v.Total
		for _, r := range v.Rows {
			if seen[r.No] {
				t.Fatalf("%s stands on two pages", r.No)
			}
			seen[r.No] = true
		}
	}
	if total < 15 || len(seen) != total {
		t.Errorf("%d of %d", len(seen), total)
	}
}

const noticeBody = `<c:ClientReference>k-1</c:ClientReference><c:IncidentType>CON</c:IncidentType><c:OccurredAt>20261124135200</c:OccurredAt><c:Narrative>Seen near the mill.</c:Narrative><c:OfficerStaffNo>2214</c:OfficerStaffNo><c:Person><c:Role>SUBJECT</c:Role><c:Surname>MILLER</c:Surname></c:Person>`

func TestCustodyNotice(t *testing.T) {
	f := start(t)
	if _, b := call(t, f, "GetByClientReference", "<c:ClientReference>k-1</c:ClientReference>"); !strings.Contains(b, "<Found>false</Found>") {
		t.Error(b)
	}
	if code, b := call(t, f, "NotifyIncident", noticeBody); code != 200 || !strings.Contains(b, "<Result>ACCEPTED</Result><NotificationNo>N-000001</NotificationNo><ReceivedAt>20261124142400</ReceivedAt>") {
		t.Fatalf("%d %s", code, b)
	}
	if _, b := call(t, f, "GetByClientReference", "<c:ClientReference>k-1</c:ClientReference>"); !strings.Contains(b, "<Found>true</Found><NotificationNo>N-000001</NotificationNo>") {
		t.Error(b)
	}
	for name, x := range map[string]struct{ body, want string }{
		"again":            {noticeBody, "<ReasonCode>DUPLICATE-REFERENCE</ReasonCode>"},
		"unknown detainee": {strings.Replace(strings.Replace(noticeBody, "k-1", "k-2", 1), "<c:Surname>MILLER</c:Surname>", "<c:DetaineeNo>D-9</c:DetaineeNo>", 1), "UNKNOWN-DETAINEE"},
		"future":           {strings.Replace(strings.Replace(noticeBody, "k-1", "k-3", 1), "20261124", "20261224", 1), "FUTURE-TIME"},
	} {
		if code, b := call(t, f, "NotifyIncident", x.body); code != 200 || !strings.Contains(b, "<Result>REFUSED</Result>") || !strings.Contains(b, x.want) {
			t.Errorf("%s: %d %s", name, code, b)
		}
	}
	code, b := call(t, f, "NotifyIncident", "<c:IncidentType>X</c:IncidentType><c:OccurredAt>24/11/2026</c:OccurredAt><c:Narrative>a</c:Narrative>")
	for _, want := range []string{"ClientReference", "OfficerStaffNo", "IncidentType", "OccurredAt", "Person"} {
		if code != 500 || !strings.Contains(b, "<Name>"+want+"</Name>") {
			t.Errorf("%d, no field %s in %s", code, want, b)
		}
	}
	if d := f.Deliveries("custody"); len(d) != 1 || d[0].By != "NM2214" {
		t.Errorf("deliveries: %v", d)
	}
}
