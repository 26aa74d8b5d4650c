package connector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// TestNoKeyStandsTwiceInTheSchema: of two definitions with one name, a reader of JSON keeps the last without a word.
func TestNoKeyStandsTwiceInTheSchema(t *testing.T) {
	dec := json.NewDecoder(bytes.NewReader(Schema()))
	var walk func(path string) error
	walk = func(path string) error {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		d, ok := tok.(json.Delim)
		if !ok {
			return nil
		}
		seen := map[string]bool{}
		for i := 0; dec.More(); i++ {
			at := fmt.Sprint(path, "/", i)
			if d == '{' {
				k, err := dec.Token()
				if err != nil {
					return err
				}
				if at = fmt.Sprint(path, "/", k); seen[at] {
					t.Errorf("%s stands twice", at)
				}
				seen[at] = true
			}
			if err := walk(at); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	}
	if err := walk(""); err != nil {
		t.Fatal(err)
	}
}
