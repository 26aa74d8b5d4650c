package audit

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// WriteCSV writes records as a table for a spreadsheet: one column for each field, in the order of Record, the purpose's
// parts apart. A cell that a spreadsheet would run as a formula is made text by inert. It is for reading; only the JSON
// Lines prove themselves.
func WriteCSV(w io.Writer, inert func(string) string, each func(func(Record) error) error) error {
	out := csv.NewWriter(w)
	cols := columns(reflect.TypeFor[Record](), "")
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.name
	}
	if err := out.Write(head); err != nil {
		return err
	}
	row := make([]string, len(cols))
	if err := each(func(r Record) error {
		v := reflect.ValueOf(r)
		for i, c := range cols {
			row[i] = inert(cell(v.FieldByIndex(c.index)))
		}
		return out.Write(row)
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

type column struct {
	name  string
	index []int
}

func columns(t reflect.Type, prefix string) (out []column) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
			for _, c := range columns(f.Type, name+".") {
				out = append(out, column{c.name, append(slices.Clone(f.Index), c.index...)})
			}
			continue
		}
		out = append(out, column{prefix + name, f.Index})
	}
	return out
}

func cell(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(time.RFC3339Nano)
	case []string:
		return strings.Join(x, " ")
	case map[string]string:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(x)) {
			parts = append(parts, k+"="+x[k])
		}
		return strings.Join(parts, "; ")
	case string:
		return x
	}
	if v.IsZero() && v.Kind() == reflect.Pointer {
		return ""
	}
	b, err := json.Marshal(v.Interface())
	if err != nil {
		return ""
	}
	return strings.Trim(string(b), `"`)
}
