package demoforce

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// docket is Docket, the digital case file: XML over REST, a service account by HTTP Basic, attachments put one by one.
type docket struct {
	base, user, password string
	force                *Force
	taken                ledger
}

var docketStyle = intakeStyle{
	day: shaped("2006-01-02"), time: shaped("2006-01-02T15:04:05"), join: slashed, item: func(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i+1) },
	need: "element is mandatory", most: "length exceeds %d", form: "not a valid xs:date or xs:dateTime", codes: "not in the code set",
}

const (
	docketWho = ` Family:35 Given:35 Middle:35 Born:day Sex:=1|2|0 Address:200 Postcode:post Phone:20 `
	docketTop = `SenderRef!:64 OfficerInCase!:12 `
)

var docketForms = map[string]*intake{
	"ArrestFile": newIntake(docketStyle, docketTop+`ArrestedOn!:time Station:80 Circumstances!:8000 Grounds:2000 CautionReply:500 Scene:200 IncidentRef:40
		Defendant!:{`+docketWho+` Pnc:20 Ethnicity:8 Occupation:100 Nationality:60 } Offence!*:200 Cjs*:12 Witness*:{`+docketWho+`} Exhibit*:200`),
	"Statement": newIntake(docketStyle, docketTop+`TakenOn!:time Text!:20000 Over18!:=Y|N Declared!:=Y WillAttend:=Y|N SpecialMeasures:500 IncidentRef:40
		Witness!:{`+docketWho+` Occupation:100 Email:254 } Exhibit*:200`),
	"ExhibitList": newIntake(docketStyle, docketTop+`SeizedOn!:time Power:160 Place:200 IncidentRef:40 From:{`+docketWho+`} Exhibit!*:200`),
}

func newDocket(f *Force, base string) *docket {
	return &docket{base: base + "/docket", force: f, user: "svc-muster", password: "docket-demo-5512"}
}

func (d *docket) handler() http.Handler {
	m := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, format string, a ...any) {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+format, a...)
	}
	esc := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s)) // to memory: cannot fail
		return b.String()
	}
	fail := func(w http.ResponseWriter, status int, say string, bad ...flaw) {
		var b strings.Builder
		for _, f := range bad {
			fmt.Fprintf(&b, `<Error code="%s"><XPath>%s</XPath><Text>%s</Text></Error>`, f.code, esc(f.path), esc(f.say))
		}
		answer(w, status, `<Rejection><Reason>%s</Reason>%s</Rejection>`, esc(say), b.String())
	}
	open := func(pattern string, h http.HandlerFunc) {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			if subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(d.user+"\x00"+d.password)) != 1 {
				w.Header().Set("WWW-Authenticate", `Basic realm="docket"`)
				fail(w, http.StatusUnauthorized, "Sign in first")
				return
			}
			h(w, r)
		})
	}
	accepted := func(row ledgerRow) string {
		return fmt.Sprintf(`<Urn>%s</Urn><SenderRef>%s</SenderRef><AcceptedOn>%s</AcceptedOn>`, row.no, esc(row.ref), row.at.UTC().Format(time.RFC3339))
	}
	open("GET /docket/about", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `<About><Product>Docket</Product><Release>9.2</Release><Account>%s</Account></About>`, d.user)
	})
	open("GET /docket/documents", func(w http.ResponseWriter, r *http.Request) {
		if row, ok := d.taken.find("document", r.URL.Query().Get("senderRef")); ok {
			answer(w, http.StatusOK, `<Found count="1"><Document>%s</Document></Found>`, accepted(row))
			return
		}
		answer(w, http.StatusOK, `<Found count="0"/>`)
	})
	open("POST /docket/documents", func(w http.ResponseWriter, r *http.Request) {
		if ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); ct != "application/xml" {
			fail(w, http.StatusUnsupportedMediaType, "application/xml only")
			return
		}
		raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		var n custodyNode
		if err != nil || strings.Contains(string(raw), "<!DOCTYPE") || xml.Unmarshal(raw, &n) != nil {
			fail(w, http.StatusBadRequest, "The body is no XML document")
			return
		}
		in := docketForms[n.XMLName.Local]
		if in == nil {
			fail(w, http.StatusBadRequest, "The document type "+n.XMLName.Local+" is not taken")
			return
		}
		v := n.members(in.fields)
		bad := in.check(v)
		for _, name := range []string{"ArrestedOn", "TakenOn", "SeizedOn"} {
			if t, err := time.ParseInLocation("2006-01-02T15:04:05", stringAt(v, name), d.force.world.loc); err == nil && t.After(d.force.opt.Now().Add(time.Hour)) {
				bad = append(bad, flaw{name, "FUTURE", "lies in the future"})
			}
		}
		if len(bad) > 0 {
			fail(w, http.StatusUnprocessableEntity, "The document is not valid", bad...)
			return
		}
		body, _ := json.Marshal(v) // texts only: cannot fail
		row, before := d.taken.take("document", stringAt(v, "SenderRef"), "05NM%07d26", d.force.opt.Now(), sha256.Sum256(raw), true)
		if before {
			answer(w, http.StatusConflict, `<Rejection><Reason>Sent before</Reason><Existing>%s</Existing></Rejection>`, row.no)
			return
		}
		d.force.deliveries.add(Delivery{System: "casefile", Reference: row.no, ClientRef: row.ref, By: d.user, At: row.at.UTC(), Body: body})
		answer(w, http.StatusCreated, `<Accepted>%s</Accepted>`, accepted(row))
	})
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, "Nothing here") })
	return m
}
