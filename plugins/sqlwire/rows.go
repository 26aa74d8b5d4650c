package sqlwire

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// read writes the rows as the answer's body, at most limit of them and no more bytes than an answer may have. more says
// that there are further rows.
func (w *wire) read(rows *sql.Rows, limit int) (body []byte, more bool, err error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, false, err
	}
	names := make([][]byte, len(types))
	seen := map[string]bool{}
	for i, t := range types {
		if seen[t.Name()] || t.Name() == "" {
			return nil, false, &refusal{status: http.StatusUnprocessableEntity, code: "columns", is: "drift",
				say: "Two columns of the query have the same name, or one has none. Name each with AS."}
		}
		seen[t.Name()] = true
		if names[i], err = json.Marshal(t.Name()); err != nil {
			return nil, false, err
		}
	}
	values, into := make([]any, len(types)), make([]any, len(types))
	for i := range values {
		into[i] = &values[i]
	}
	var b bytes.Buffer
	b.WriteString(`{"rows":[`)
	n := 0
	for ; rows.Next(); n++ {
		if n == limit {
			return ended(&b, true), rows.Next(), rows.Err() // one more is the usual end: the query asked for it to know
		}
		if err := rows.Scan(into...); err != nil {
			return nil, false, err
		}
		if n > 0 {
			b.WriteByte(',')
		}
		for i, v := range values {
			b.WriteByte(map[bool]byte{true: '{', false: ','}[i == 0])
			b.Write(names[i])
			b.WriteByte(':')
			if v == nil {
				b.WriteString("null")
			} else if err := w.engine.value(&b, types[i].DatabaseTypeName(), v); err != nil {
				return nil, false, err
			}
			if int64(b.Len()) > w.env.Limits.Response {
				return nil, false, errTooLarge
			}
		}
		b.WriteByte('}')
	}
	return ended(&b, false), false, rows.Err()
}

func ended(b *bytes.Buffer, more bool) []byte {
	b.WriteString(`],"more":` + strconv.FormatBool(more) + `}`)
	return b.Bytes()
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// number writes a number as the database wrote it; NaN and the infinities, which JSON does not have, as text.
func number(b *bytes.Buffer, s string) error {
	if jsonNumber.MatchString(s) {
		b.WriteString(s)
		return nil
	}
	return text(b, s)
}

func text(b *bytes.Buffer, s string) error {
	out, err := json.Marshal(s)
	b.Write(out)
	return err
}

func float(b *bytes.Buffer, f float64, bits int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return text(b, strconv.FormatFloat(f, 'g', -1, bits))
	}
	return number(b, strconv.FormatFloat(f, 'g', -1, bits))
}

func binary(b *bytes.Buffer, v []byte) error { return text(b, base64.StdEncoding.EncodeToString(v)) }

// The forms of dates and times. A time that carries no zone is written without an offset: which one it is in, the
// connector says.
const (
	dayForm   = "2006-01-02"
	plainForm = "2006-01-02T15:04:05.999999999"
	clockForm = "15:04:05.999999999"
)

// scalar writes a value whose Go type says all.
func scalar(b *bytes.Buffer, v any) error {
	switch x := v.(type) {
	case bool:
		b.WriteString(strconv.FormatBool(x))
	case int64:
		b.WriteString(strconv.FormatInt(x, 10))
	case float64:
		return float(b, x, 64)
	case []byte:
		return binary(b, x)
	case time.Time:
		return text(b, x.UTC().Format(time.RFC3339Nano))
	case string:
		return text(b, x)
	default:
		out, err := json.Marshal(x)
		b.Write(out)
		return err
	}
	return nil
}
