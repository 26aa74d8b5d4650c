package demoforce

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// custody is Sentinel Custody.
type custody struct {
	base      string
	force     *Force
	mu        sync.RWMutex
	users     map[string]string // password by user
	nonces    map[string]time.Time
	detainees []*custodyDetainee
	records   []*custodyRecord
	notices   []custodyKept
	booked    ledger
}

type custodyKept struct{ ref, no, at string }

func newCustody(f *Force, base string) *custody {
	c := &custody{base: base + "/CustodyService.svc", force: f, users: map[string]string{}, nonces: map[string]time.Time{}}
	for _, a := range accounts {
		c.users[custodyUser(a)] = custodyPassword(a)
	}
	c.load(f.world)
	return c
}

func custodyUser(a Account) string     { return "NM" + a.Collar }
func custodyPassword(a Account) string { return "Sentinel-" + a.User + "-26" }

// soapFault is an answer that is an error of SOAP 1.1.
type soapFault struct {
	code, say string
	detail    any
}

func (f *soapFault) Error() string { return f.say }

func custodyName(local string) xml.Name { return xml.Name{Space: custodyNS, Local: local} }

func (c *custody) handler() http.Handler {
	ops := map[string]custodyOp{"WhoAmI": c.whoAmI, "FindDetainees": c.findDetainees, "GetDetainee": c.getDetainee, "FindCustodyRecords": c.findRecords, "GetCustodyRecord": c.getRecord,
		"NotifyIncident": c.notify, "BookIn": c.bookIn, "GetByClientReference": c.byReference}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/CustodyService.svc" {
			http.Error(w, "Not Found", http.StatusNotFound)
			return
		}
		if r.Method == http.MethodGet && strings.EqualFold(r.URL.RawQuery, "wsdl") {
			c.wsdl(w, ops)
			return
		}
		if r.Method != http.MethodPost {
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		out, err := c.call(r, ops)
		var b bytes.Buffer
		b.WriteString(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + soapNS + `"><s:Body>`)
		status := http.StatusOK
		var f *soapFault
		if errors.As(err, &f) {
			status = http.StatusInternalServerError
			code := f.code
			if strings.HasPrefix(code, "soap:") {
				code = "s:" + code[5:]
			}
			b.WriteString(`<s:Fault xmlns:wsse="` + wsseNS + `"><faultcode>` + code + `</faultcode><faultstring xml:lang="en">`)
			_ = xml.EscapeText(&b, []byte(f.say)) // to memory: cannot fail
			b.WriteString(`</faultstring>`)
			if f.detail != nil {
				b.WriteString(`<detail>`)
				_ = xml.NewEncoder(&b).Encode(f.detail)
				b.WriteString(`</detail>`)
			}
			b.WriteString(`</s:Fault>`)
		} else {
			_ = xml.NewEncoder(&b).Encode(out)
		}
		b.WriteString(`</s:Body></s:Envelope>`)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes())
	})
}

func client(format string, a ...any) *soapFault {
	return &soapFault{code: "soap:Client", say: fmt.Sprintf(format, a...)}
}

func (c *custody) call(r *http.Request, ops map[string]custodyOp) (any, error) {
	if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "text/xml" {
		return nil, client("Content-Type must be text/xml for SOAP 1.1")
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, client("The message is too large")
	}
	if bytes.Contains(raw, []byte("<!DOCTYPE")) {
		return nil, client("A document type is not allowed")
	}
	var in soapIn
	if err := xml.Unmarshal(raw, &in); err != nil {
		return nil, client("The message is no SOAP 1.1 envelope")
	}
	user, err := c.authenticate(in)
	if err != nil {
		return nil, err
	}
	op, ok := strings.CutPrefix(strings.Trim(r.Header.Get("SOAPAction"), `"`), custodyNS+"/")
	do := ops[op]
	if !ok || do == nil {
		return nil, client("SOAPAction names no operation of this service")
	}
	d := xml.NewDecoder(bytes.NewReader(raw))
	root, err := bodyChild(d)
	if err != nil || root.Name != custodyName(op+"Request") {
		return nil, client("The body must be %sRequest of %s", op, custodyNS)
	}
	return do(user, func(v any) error { return d.DecodeElement(v, &root) })
}

// custodyOp carries out one operation; read decodes its request.
type custodyOp func(user string, read func(any) error) (any, error)

// bodyChild walks to the first element in the body; namespaces may be declared anywhere above it.
func bodyChild(d *xml.Decoder) (xml.StartElement, error) {
	inBody := false
	for {
		t, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if e, ok := t.(xml.StartElement); ok {
			if inBody {
				return e, nil
			}
			inBody = e.Name == xml.Name{Space: soapNS, Local: "Body"}
		}
	}
}

// authenticate checks the UsernameToken: digest only, every nonce once, made within five minutes.
func (c *custody) authenticate(in soapIn) (string, error) {
	invalid := func(say string) error { return &soapFault{code: "wsse:InvalidSecurity", say: say} }
	if in.Header.Security == nil || in.Header.Security.Token == nil {
		return "", invalid("An error was discovered processing the Security header: no UsernameToken")
	}
	t := in.Header.Security.Token
	if t.Password.Type != digestURI {
		return "", invalid("Only PasswordDigest is accepted")
	}
	nonce, err := base64.StdEncoding.DecodeString(strings.TrimSpace(t.Nonce))
	if err != nil || len(nonce) < 8 {
		return "", invalid("Nonce is missing, too short or not base64")
	}
	made, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(t.Created))
	if now := time.Now(); err != nil || now.Sub(made) > 5*time.Minute || made.Sub(now) > 5*time.Minute {
		return "", invalid("Created is missing or more than five minutes from the service's clock")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	password, known := c.users[t.Username]
	h := sha1.New() // as WS-Security 1.0 has it
	h.Write(nonce)
	h.Write([]byte(strings.TrimSpace(t.Created) + password))
	if want := base64.StdEncoding.EncodeToString(h.Sum(nil)); !known || subtle.ConstantTimeCompare([]byte(want), []byte(strings.TrimSpace(t.Password.Value))) != 1 {
		return "", &soapFault{code: "wsse:FailedAuthentication", say: "The security token could not be authenticated or authorized"}
	}
	for n, at := range c.nonces {
		if time.Since(at) > 11*time.Minute {
			delete(c.nonces, n)
		}
	}
	if _, used := c.nonces[string(nonce)]; used {
		return "", invalid("Nonce has been used before")
	}
	c.nonces[string(nonce)] = time.Now()
	return t.Username, nil
}

func (c *custody) whoAmI(user string, _ func(any) error) (any, error) {
	return custodyWhoAmI{UserName: user, StaffNo: strings.TrimPrefix(user, "NM"), System: "Sentinel Custody", Release: "3.9"}, nil
}

func invalidFields(f ...custodyField) *soapFault {
	return &soapFault{code: "soap:Client", say: "The request is not valid", detail: custodyInvalid{Field: f}}
}

// window reads StartAt and MaxRows.
func (q custodyFind) window() (start, rows int, err error) {
	start, rows = 1, 20
	var bad []custodyField
	if q.StartAt != "" {
		if start, err = strconv.Atoi(q.StartAt); err != nil || start < 1 {
			bad = append(bad, custodyField{"StartAt", "RANGE", "counts from 1"})
		}
	}
	if q.MaxRows != "" {
		if rows, err = strconv.Atoi(q.MaxRows); err != nil || rows < 1 || rows > 40 {
			bad = append(bad, custodyField{"MaxRows", "RANGE", "is 1 to 40"})
		}
	}
	for n, s := range map[string]string{"DateOfBirth": q.DateOfBirth, "ArrestedFrom": q.ArrestedFrom, "ArrestedTo": q.ArrestedTo} {
		if _, err := time.Parse("20060102", s); s != "" && err != nil {
			bad = append(bad, custodyField{n, "FORMAT", "is yyyyMMdd"})
		}
	}
	if len(bad) > 0 {
		return 0, 0, invalidFields(bad...)
	}
	return start, rows, nil
}

func cutWindow[T any](all []T, start, rows int) []T {
	from := min(start-1, len(all))
	return all[from:min(from+rows, len(all))]
}

func (c *custody) findDetainees(_ string, read func(any) error) (any, error) {
	var q custodyFind
	if err := read(&q); err != nil {
		return nil, client("The request cannot be read")
	}
	start, rows, err := q.window()
	if err != nil {
		return nil, err
	}
	if q.Surname+q.Forename+q.DateOfBirth+q.PncId+q.Cro+q.Phone+q.Postcode+q.AnyText == "" {
		return nil, client("At least one search criterion is needed")
	}
	ws := tokens(q.AnyText)
	c.mu.RLock()
	defer c.mu.RUnlock()
	var hits []custodyDetainee
	for _, x := range c.detainees {
		if (q.Surname == "" || nameIs(x.Surname, q.Surname)) && (q.Forename == "" || nameIs(x.Forename1, q.Forename) || nameIs(x.Forename2, q.Forename)) && (q.DateOfBirth == "" || q.DateOfBirth == x.DateOfBirth) &&
			(q.PncId == "" || pncKey(q.PncId) == pncKey(x.PncId)) && (q.Cro == "" || is(q.Cro, x.Cro)) && (q.Phone == "" || digits(q.Phone) == digits(x.Phone)) &&
			(q.Postcode == "" || x.Address != nil && is(q.Postcode, x.Address.Postcode)) && hasWords(x.words, ws) {
			hits = append(hits, *x)
		}
	}
	return custodyFound{XMLName: custodyName("FindDetaineesResponse"), TotalRows: len(hits), StartAt: start, Detainee: cutWindow(hits, start, rows)}, nil
}

func (c *custody) getDetainee(_ string, read func(any) error) (any, error) {
	var q custodyFind
	if err := read(&q); err != nil {
		return nil, client("The request cannot be read")
	}
	for _, x := range c.detainees {
		if x.DetaineeNo == q.DetaineeNo {
			return custodyOne{XMLName: custodyName("GetDetaineeResponse"), Detainee: x}, nil
		}
	}
	return nil, &soapFault{code: "soap:Client", say: "No such record", detail: custodyNotFound{Type: "Detainee", Key: q.DetaineeNo}}
}

func (c *custody) findRecords(_ string, read func(any) error) (any, error) {
	var q custodyFind
	if err := read(&q); err != nil {
		return nil, client("The request cannot be read")
	}
	start, rows, err := q.window()
	if err != nil {
		return nil, err
	}
	if q.CustodyNo+q.DetaineeNo+q.ArrestedFrom+q.ArrestedTo+q.AnyText == "" {
		return nil, client("At least one search criterion is needed")
	}
	ws := tokens(q.AnyText)
	var hits []custodyRecord
	for _, x := range c.records {
		if (q.CustodyNo == "" || is(q.CustodyNo, x.CustodyNo)) && (q.DetaineeNo == "" || q.DetaineeNo == x.DetaineeNo) && x.ArrestedAt[:8] >= q.ArrestedFrom && (q.ArrestedTo == "" || x.ArrestedAt[:8] <= q.ArrestedTo) && hasWords(x.words, ws) {
			hits = append(hits, *x)
		}
	}
	return custodyFound{XMLName: custodyName("FindCustodyRecordsResponse"), TotalRows: len(hits), StartAt: start, CustodyRecord: cutWindow(hits, start, rows)}, nil
}

func (c *custody) getRecord(_ string, read func(any) error) (any, error) {
	var q custodyFind
	if err := read(&q); err != nil {
		return nil, client("The request cannot be read")
	}
	for _, x := range c.records {
		if is(q.CustodyNo, x.CustodyNo) && q.CustodyNo != "" {
			return custodyOne{XMLName: custodyName("GetCustodyRecordResponse"), CustodyRecord: x}, nil
		}
	}
	return nil, &soapFault{code: "soap:Client", say: "No such record", detail: custodyNotFound{Type: "CustodyRecord", Key: q.CustodyNo}}
}

func (c *custody) wsdl(w http.ResponseWriter, ops map[string]custodyOp) {
	var messages, port, binding strings.Builder
	names := make([]string, 0, len(ops))
	for n := range ops {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(&messages, `<wsdl:message name="%[1]sIn"><wsdl:part name="p" element="c:%[1]sRequest"/></wsdl:message><wsdl:message name="%[1]sOut"><wsdl:part name="p" element="c:%[1]sResponse"/></wsdl:message>`+"\n", n)
		fmt.Fprintf(&port, `<wsdl:operation name="%[1]s"><wsdl:input message="c:%[1]sIn"/><wsdl:output message="c:%[1]sOut"/></wsdl:operation>`, n)
		fmt.Fprintf(&binding, `<wsdl:operation name="%[1]s"><soap:operation soapAction="%[2]s/%[1]s" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>`, n, custodyNS)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprintf(w, custodyWSDL, messages.String(), port.String(), binding.String(), c.base)
}
