package demoforce

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// strongroom is Strongroom, the property and exhibits store: multipart forms, an API key, and attachments of any size.
type strongroom struct {
	base  string
	force *Force
	key   string
	taken ledger
}

var strongroomStyle = intakeStyle{
	day: shaped("2006-01-02"), time: shaped("2006-01-02T15:04:05Z"), join: dotted, item: func(at string, i int) string { return at + "." + strconv.Itoa(i) },
	need: "missing", most: "longer than %d", form: "not ISO 8601", codes: "not a known value",
}

var strongroomDeposit = newIntake(strongroomStyle, `externalId!:64 reason!:=ARREST|SEIZURE seizedAt!:time seizedBy!:12 power:160 placeOfSeizure:200 postcode:post caseRef:40 remarks:2000
	from:{ surname:40 forenames:60 born:day phone:20 address:200 } items!*:{ category!:80 description!:500 make:50 model:60 serial:60 exhibit:40 quantity:40 store:100 }`)

func newStrongroom(f *Force, base string) *strongroom {
	return &strongroom{base: base + "/strongroom/v3", force: f, key: "strongroom-demo-82hf"}
}

func (s *strongroom) handler() http.Handler {
	m := http.NewServeMux()
	fail := func(w http.ResponseWriter, status int, say string, bad ...flaw) {
		errs := []map[string]string{}
		for _, b := range bad {
			errs = append(errs, map[string]string{"at": b.path, "problem": b.say, "kind": b.code})
		}
		writeJSON(w, status, map[string]any{"ok": false, "message": say, "problems": errs})
	}
	open := func(pattern string, h http.HandlerFunc) {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Strongroom-Key") != s.key {
				fail(w, http.StatusUnauthorized, "The key is missing or not known")
				return
			}
			h(w, r)
		})
	}
	view := func(row ledgerRow) map[string]any {
		return map[string]any{"receipt": row.no, "externalId": row.ref, "takenAt": row.at.UTC().Format(time.RFC3339)}
	}
	open("GET /strongroom/v3/status", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"ok": true, "service": "Strongroom", "release": "3.14", "account": "northmoor"})
	})
	open("GET /strongroom/v3/deposits", func(w http.ResponseWriter, r *http.Request) {
		out := []any{}
		if row, ok := s.taken.find("deposit", r.URL.Query().Get("externalId")); ok {
			out = append(out, view(row))
		}
		writeJSON(w, http.StatusOK, map[string]any{"ok": true, "deposits": out})
	})
	open("POST /strongroom/v3/deposits", func(w http.ResponseWriter, r *http.Request) {
		record, files, err := readMultipart(r)
		if err != nil {
			fail(w, http.StatusBadRequest, err.Error())
			return
		}
		v, ok := readObject(record)
		if !ok {
			fail(w, http.StatusBadRequest, "The part 'record' is no JSON object")
			return
		}
		bad := strongroomDeposit.check(v)
		if t, err := time.Parse(time.RFC3339, stringAt(v, "seizedAt")); err == nil && t.After(s.force.opt.Now().Add(time.Hour)) {
			bad = append(bad, flaw{"seizedAt", "FUTURE", "in the future"})
		}
		if len(bad) > 0 {
			fail(w, http.StatusUnprocessableEntity, "The deposit is not accepted", bad...)
			return
		}
		ref := stringAt(v, "externalId")
		row, before := s.taken.take("deposit", ref, "SR-26-%06d", s.force.opt.Now(), sha256.Sum256(record), true)
		if before {
			w.Header().Set("X-Existing", row.no)
			fail(w, http.StatusConflict, "A deposit with this externalId was taken as "+row.no)
			return
		}
		s.force.deliveries.add(Delivery{System: "property", Reference: row.no, ClientRef: ref, By: "northmoor", At: row.at.UTC(), Body: record, Files: files})
		writeJSON(w, http.StatusCreated, map[string]any{"ok": true, "deposit": view(row)})
	})
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, "There is nothing here") })
	return m
}

func stringAt(v map[string]any, name string) string { s, _ := v[name].(string); return s }

// ReceivedFile is a file that a system took with an entry: what it was called, and what came.
type ReceivedFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// readMultipart reads the part 'record' and counts and hashes the files, which are not kept.
func readMultipart(r *http.Request) (record []byte, files []ReceivedFile, err error) {
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, nil, errors.New("The body must be multipart/form-data") //nolint:staticcheck // the system's own words
	}
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, errors.New("The body cannot be read to its end") //nolint:staticcheck // the system's own words
		}
		switch p.FormName() {
		case "record":
			if record, err = io.ReadAll(io.LimitReader(p, 1<<20)); err != nil {
				return nil, nil, err
			}
		case "file":
			sum := sha256.New()
			n, err := io.Copy(sum, p)
			if err != nil {
				return nil, nil, errors.New("A file broke off") //nolint:staticcheck // the system's own words
			}
			files = append(files, ReceivedFile{p.FileName(), p.Header.Get("Content-Type"), n, hex.EncodeToString(sum.Sum(nil))})
		default:
			return nil, nil, errors.New("A part is not known: " + p.FormName()) //nolint:staticcheck // the system's own words
		}
	}
	if !json.Valid(record) {
		return nil, nil, errors.New("The part 'record' is missing or no JSON") //nolint:staticcheck // the system's own words
	}
	return record, files, nil
}
