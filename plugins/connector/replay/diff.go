package replay

import "strings"

// diff compares two texts line by line: "" when they are the same, else the lines that differ with two lines round them.
func diff(want, got string) string {
	if want == got {
		return ""
	}
	a, b := strings.Split(strings.TrimRight(want, "\n"), "\n"), strings.Split(strings.TrimRight(got, "\n"), "\n")
	const most = 2000 // lines; beyond that the longest common part is not looked for
	if len(a) > most || len(b) > most {
		return "    (too long to compare line by line)\n" + indent(got)
	}
	// The longest common subsequence, from the end.
	l := make([][]int, len(a)+1)
	for i := range l {
		l[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				l[i][j] = l[i+1][j+1] + 1
			} else {
				l[i][j] = max(l[i+1][j], l[i][j+1])
			}
		}
	}
	type line struct {
		mark byte
		text string
	}
	var lines []line
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, line{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || l[i+1][j] >= l[i][j+1]):
			lines = append(lines, line{'-', a[i]})
			i++
		default:
			lines = append(lines, line{'+', b[j]})
			j++
		}
	}
	near := func(k int) bool {
		for d := -2; d <= 2; d++ {
			if k+d >= 0 && k+d < len(lines) && lines[k+d].mark != ' ' {
				return true
			}
		}
		return false
	}
	var out strings.Builder
	skipped := false
	for k, x := range lines {
		if !near(k) {
			skipped = true
			continue
		}
		if skipped && out.Len() > 0 {
			out.WriteString("      …\n")
		}
		skipped = false
		out.WriteString("    " + string(x.mark) + " " + x.text + "\n")
	}
	return strings.TrimRight(out.String(), "\n")
}
