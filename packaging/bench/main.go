// Command bench runs the benchmarks that the README's figures come from and prints them as one table, each beside what is asked of
// it. With -readme FILE it also writes the table between the file's bench marks. It exits 1 when a benchmark fails, and 3 when all ran but
// a figure is missed.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// figure is one row: the metric of a benchmark, in the unit that it reports.
type figure struct {
	say, pkg, bench, unit string
	most                  float64
	window                bool // needs a display
	time                  string
}

var figures = []figure{
	{"Federated search over the demonstration force: time to complete / time of the slowest system", "./app/desk", "BenchmarkFederatedSearch", "x-slowest", 1.05, false, "1x"},
	{"First result on screen after the first answer arrives", "./app/desk", "BenchmarkFederatedSearch", "ms-first-result", 20, false, "1x"},
	{"With one system hung, the other systems' results / without it", "./app/desk", "BenchmarkOneSystemHung", "x-without-it", 1.05, false, "1x"},
	{"Local search over 100,000 cached, sealed records, 99th percentile", "./store", "BenchmarkCacheSearch100k", "p99-ms", 50, false, "1x"},
	{"Proving an audit log of 100,000 records", "./app/audit", "BenchmarkVerify100k", "ms-whole", 1000, false, "1x"},
	{"Proving an exported audit log of 100,000 records", "./app/audit", "BenchmarkVerifyFile100k", "ms-whole", 1000, false, "1x"},
	{"Mapping one record of 20 fields", "./plugins/connector", "BenchmarkMap", "ns/op", 50_000, false, "1s"},
	{"Assembling a case of 1,000 records from 12 systems", "./app/caseview", "BenchmarkBuild1000", "ns/op", 16_000_000, false, "1s"},
	{"Building the screen of a case of 1,000 records", "./ui/screens", "BenchmarkCaseFirstPaint/1000", "ms-screen", 100, false, "20x"},
	{"A page of a case of 10,000 records scrolled by, apart from the drawing", "./ui/screens", "BenchmarkCaseScroll/10000", "ms-move", 16.7, false, "100x"},
	{"Longest UI-goroutine stall while 3,000 results stream in", "./ui/e2e", "BenchmarkStreamStall", "ms-worst-stall", 50, true, "1x"},
	{"First usable frame / first frame of an empty window", "./ui/e2e", "BenchmarkFirstFrame", "x-empty-window", 1.5, true, "1x"},
}

// connector are the figures of make bench-connector: what a connector file costs, whatever the system.
var connector = []figure{
	{"Mapping one record of 20 fields, its JSON parsed already", "./plugins/connector", "BenchmarkMap", "ns/op", 50_000, false, "1s"},
	{"Reading and mapping a record of 20 fields: JSON", "./plugins/connector", "BenchmarkFormats/json", "ns/record", 0, false, "1s"},
	{"Reading and mapping a record of 20 fields: XML", "./plugins/connector", "BenchmarkFormats/xml", "ns/record", 0, false, "1s"},
	{"Reading and mapping a record of 20 fields: HTML", "./plugins/connector", "BenchmarkFormats/html", "ns/record", 0, false, "1s"},
	{"Reading and mapping a record of 20 fields: CSV", "./plugins/connector", "BenchmarkFormats/csv", "ns/record", 0, false, "1s"},
}

var metric = regexp.MustCompile(`([0-9.e+-]+) (\S+)`)

func main() {
	tags := flag.String("tags", "", "build tags")
	readme := flag.String("readme", "", "file whose bench marks are filled")
	noWindow := flag.Bool("no-window", false, "leave out what needs a display")
	only := flag.String("only", "", "connector: the figures of a connector file alone")
	flag.Parse()
	if *only == "connector" {
		figures = connector
	}

	got := map[string]float64{}
	done := map[string]bool{}
	for _, f := range figures {
		key := f.pkg + " " + f.bench
		if done[key] || f.window && *noWindow {
			continue
		}
		done[key] = true
		buildTags := *tags
		if f.window {
			buildTags += ",e2e"
		}
		fmt.Fprintf(os.Stderr, "running %s in %s\n", f.bench, f.pkg)
		cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^"+f.bench+"$", "-benchtime", f.time, "-count", "3", "-timeout", "15m", "-tags", buildTags, f.pkg)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "%s\n%s: %v\n", out.String(), key, err)
			os.Exit(1)
		}
		read(out.String(), f, got)
	}
	table, missed := write(got, *noWindow)
	fmt.Print(table)
	if *readme != "" {
		if err := fill(*readme, table); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if missed {
		os.Exit(3)
	}
}

// read keeps the best of the runs of each metric: noise on a shared machine only ever adds.
func read(out string, f figure, got map[string]float64) {
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, f.bench) {
			continue
		}
		for _, m := range metric.FindAllStringSubmatch(line, -1) {
			v, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				continue
			}
			key := f.pkg + f.bench + m[2]
			if old, ok := got[key]; !ok || v < old {
				got[key] = v
			}
		}
	}
}

func write(got map[string]float64, noWindow bool) (string, bool) {
	var b strings.Builder
	missed := false
	fmt.Fprintf(&b, "| figure | measured | asked |\n| --- | --- | --- |\n")
	for _, f := range figures {
		if f.window && noWindow {
			continue
		}
		v, ok := got[f.pkg+f.bench+f.unit]
		asked := "–"
		if f.most > 0 {
			asked = "≤ " + unit(f.most, f.unit)
		}
		if !ok {
			fmt.Fprintf(&b, "| %s | not reported | %s |\n", f.say, asked)
			missed = true
			continue
		}
		mark := ""
		if f.most > 0 && v > f.most {
			mark, missed = " **missed**", true
		}
		fmt.Fprintf(&b, "| %s | %s%s | %s |\n", f.say, unit(v, f.unit), mark, asked)
	}
	fmt.Fprintf(&b, "\nBest of three runs, %s, %d cores, %s.\n", runtime.Version(), runtime.NumCPU(), time.Now().Format("02/01/2006"))
	return b.String(), missed
}

func unit(v float64, u string) string {
	n := strconv.FormatFloat(v, 'g', 3, 64)
	switch {
	case strings.HasPrefix(u, "ms"), strings.HasSuffix(u, "-ms"):
		return n + " ms"
	case u == "ns/op", u == "ns/record":
		return strconv.FormatFloat(v/1000, 'g', 3, 64) + " µs"
	}
	return n
}

func fill(path, table string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const begin, end = "<!-- bench -->", "<!-- /bench -->"
	before, rest, ok := strings.Cut(string(src), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no bench marks", path)
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+table+end+after), 0o644)
}
