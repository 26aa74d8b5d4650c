package names

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ScoreCSV reads pairs of names and writes how like they are: 'row,score' for each row of a CSV file whose first line
// names the columns name1, name2 and, optionally, schema: Person (also when empty), LegalEntity for what may be a person or
// an organisation, anything else for organisations. Rows count from 0.
func ScoreCSV(r io.Reader, w io.Writer) error {
	in, out := csv.NewReader(r), csv.NewWriter(w)
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return fmt.Errorf("read the first line of the names: %w", err)
	}
	at := map[string]int{}
	for i, c := range head {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(c, "\ufeff")))] = i
	}
	one, ok1 := at["name1"]
	two, ok2 := at["name2"]
	schema, typed := at["schema"]
	if !ok1 || !ok2 {
		return errors.New("the names need a first line with the columns name1 and name2, and schema if some are organisations")
	}
	if err := out.Write([]string{"row", "score"}); err != nil {
		return err
	}
	for row := 0; ; row++ {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read row %d of the names: %w", row, err)
		}
		if max(one, two) >= len(rec) {
			return fmt.Errorf("row %d of the names has %d columns; name1 and name2 are missing", row, len(rec))
		}
		kind := ""
		if typed && schema < len(rec) {
			kind = strings.ToLower(rec[schema])
		}
		var person, organisation float64
		if kind == "" || kind == "person" || kind == "legalentity" {
			a, b := Prepare(rec[one]), Prepare(rec[two])
			person, _ = Compare(&a, &b)
		}
		if kind != "" && kind != "person" {
			organisation, _ = Organisations(rec[one], rec[two])
		}
		score := max(person, organisation)
		if err := out.Write([]string{strconv.Itoa(row), strconv.FormatFloat(score, 'f', 6, 64)}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
