package names

import (
	"os"
	"testing"
)

// TestScoreFile scores the pairs of a CSV file for a scoring program: MUSTER_NAME_BENCH names it, MUSTER_NAME_SCORES
// says where the scores go.
func TestScoreFile(t *testing.T) {
	from, to := os.Getenv("MUSTER_NAME_BENCH"), os.Getenv("MUSTER_NAME_SCORES")
	if from == "" || to == "" {
		t.Skip("set MUSTER_NAME_BENCH and MUSTER_NAME_SCORES to score a file")
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := ScoreCSV(in, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
