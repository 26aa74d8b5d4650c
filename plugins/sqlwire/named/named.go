// Package named reads one SQL query with :name parameters, refuses whatever is not a single read, and writes it with
// the placeholders of a database.
package named

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxText bounds the text of one query, in bytes.
const MaxText = 64 << 10

// Dialect says how a database writes placeholders.
type Dialect int

// The databases that a query can be written for.
const (
	PostgreSQL Dialect = iota // $1
	SQLServer                 // @p1
	SQLite                    // ?1
)

// Error says what is wrong with a query, in which of its lines (from 1), and what to do.
type Error struct {
	Line      int
	Say, Cure string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Say) }

// Query is one read, cut at its parameters.
type Query struct {
	texts    []string // what stands before, between and after the parameters
	uses     []string // the parameter after each text but the last
	names    []string
	at, mark bool // an @name or a lone ? stands outside strings
}

// Params returns the names of the parameters, each once, in the order of their first use.
func (q *Query) Params() []string { return slices.Clone(q.names) }

// For writes the query for a database. Its arguments are, in order, those of Params. The error is an *Error.
func (q *Query) For(d Dialect) (string, error) {
	switch {
	case q.at && d != PostgreSQL:
		return "", &Error{1, "A variable such as @name stands in the query.", "Write parameters as :name."}
	case q.mark && d == SQLite:
		return "", &Error{1, "A parameter ? stands in the query.", "Write parameters as :name."}
	}
	sign := map[Dialect]string{PostgreSQL: "$", SQLServer: "@p", SQLite: "?"}[d]
	var b strings.Builder
	for i, t := range q.texts {
		b.WriteString(t)
		if i < len(q.uses) {
			b.WriteString(sign)
			b.WriteString(strconv.Itoa(slices.Index(q.names, q.uses[i]) + 1))
		}
	}
	return b.String(), nil
}

// Parse reads a query. The error is an *Error.
func Parse(text string) (*Query, error) {
	l := &lexer{text: text, line: 1}
	if err := l.read(); err != nil {
		err.Line = l.line
		return nil, err
	}
	return &l.q, nil
}

func refuse(say, cure string) *Error { return &Error{Say: say, Cure: cure} }

// writes are the words that no single read has outside quotes: they change something, lock it, or begin another
// statement (SQL Server needs no semicolon between two).
var writes = words(`insert update delete merge into truncate drop alter create grant revoke deny exec execute
	shutdown waitfor declare dbcc openrowset opendatasource openquery backup restore attach detach pragma vacuum reindex`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// lexer reads the text once, from left to right.
type lexer struct {
	text  string
	at    int // of the next byte
	start int // of the text that is not yet in q
	line  int
	depth int // of brackets
	first string
	ended bool // by a semicolon
	q     Query
}

func (l *lexer) peek(n int) byte {
	if l.at+n < 0 || l.at+n >= len(l.text) {
		return 0
	}
	return l.text[l.at+n]
}

func (l *lexer) read() *Error {
	switch {
	case len(l.text) > MaxText:
		return refuse("The query is longer than 64 KiB.", "Make a view of it in the database.")
	case !utf8.ValidString(l.text) || strings.ContainsRune(l.text, 0):
		return refuse("The query is not plain text.", "Save the file as UTF-8.")
	case strings.Contains(l.text, `\(`):
		l.line += strings.Count(l.text[:strings.Index(l.text, `\(`)], "\n")
		return refuse(`An insert \( stands in the query: SQL takes parameters only, so that a value can never be read as SQL.`,
			`Write :name there and args: {name: .q.surname}. In a pattern write [(] for \(.`)
	}
	for l.at < len(l.text) {
		if err := l.token(); err != nil {
			return err
		}
	}
	switch {
	case l.first == "":
		return refuse("There is no query.", "Write SELECT … FROM … WHERE ….")
	case l.depth > 0:
		return refuse("A bracket ( is not closed.", "Close it.")
	}
	end := len(l.text)
	if l.ended {
		end = l.start // what follows the semicolon, comments, is left out
	} else {
		l.q.texts = append(l.q.texts, l.text[l.start:end])
	}
	return nil
}

func (l *lexer) token() *Error {
	c := l.text[l.at]
	if l.ended && !strings.ContainsRune(" \t\r\n-/;", rune(c)) {
		return refuse("More than one statement stands here.", "Keep one. What needs several belongs into a view.")
	}
	switch {
	case c == '\n':
		l.line++
	case c == '-' && l.peek(1) == '-':
		if i := strings.IndexByte(l.text[l.at:], '\n'); i >= 0 {
			l.at += i
		} else {
			l.at = len(l.text)
		}
		return nil
	case c == '/' && l.peek(1) == '*':
		return l.comment()
	case c == '\'':
		return l.quoted('\'', l.escapes())
	case c == '"' || c == '`':
		l.opened("\"")
		return l.quoted(c, false)
	case c == '(' || c == ')':
		l.depth++
		if c == ')' {
			if l.depth -= 2; l.depth < 0 {
				return refuse("A bracket ) closes nothing.", "Take it out.")
			}
		}
	case c == ';':
		if !l.ended {
			l.q.texts = append(l.q.texts, l.text[l.start:l.at])
			l.ended = true
		}
		l.start = l.at + 1
	case c == ':':
		return l.colon()
	case c == '$' && (letter(l.peek(1)) || digit(l.peek(1)) || l.peek(1) == '$') && !word(l.peek(-1)):
		return refuse("A $ begins a placeholder or a dollar-quoted text.", "Write parameters as :name and texts between single quotes.")
	case c == '@' && letter(l.peek(1)) && l.peek(-1) != '@':
		l.q.at = true
	case c == '?':
		l.q.mark = true
	case letter(c):
		return l.word()
	case digit(c):
		for word(l.peek(0)) || l.peek(0) == '.' {
			l.at++
		}
		return nil
	case l.ended && (c == '-' || c == '/'):
		return refuse("More than one statement stands here.", "Keep one. What needs several belongs into a view.")
	}
	l.at++
	return nil
}

// opened notes that something other than a word begins the query.
func (l *lexer) opened(what string) {
	if l.first == "" {
		l.first = what
	}
}

func (l *lexer) comment() *Error {
	body := l.text[l.at+2:]
	end := strings.Index(body, "*/")
	if end < 0 {
		return refuse("A comment /* does not end.", "Close it with */.")
	}
	if strings.Contains(body[:end], "/*") {
		return refuse("A comment stands within a comment; databases do not agree on what that means.", "Use -- for one of them.")
	}
	l.line += strings.Count(body[:end], "\n")
	l.at += 2 + end + 2
	return nil
}

// escapes reports whether the string that begins here is one of PostgreSQL's with backslashes: E'…'.
func (l *lexer) escapes() bool {
	return (l.peek(-1) == 'E' || l.peek(-1) == 'e') && !word(l.peek(-2))
}

func (l *lexer) quoted(q byte, escapes bool) *Error {
	if l.first == "" {
		return refuse("The query does not begin with SELECT, WITH or VALUES.", "Only reads are possible.")
	}
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\n':
			l.line++
		case c == '\\' && escapes && l.peek(1) == q:
			return refuse(`A quote is written \' here; databases do not agree on where that text ends.`, "Write two single quotes: ''.")
		case c == '\\' && escapes:
			l.at++
		case c == q && l.peek(1) == q:
			l.at++
		case c == q:
			l.at++
			return nil
		}
	}
	return refuse("A text or name between quotes does not end.", "Close it; within it, write the quote twice.")
}

func (l *lexer) colon() *Error {
	next, before := l.peek(1), l.peek(-1)
	switch {
	case next == ':':
		l.at += 2 // a cast
		return nil
	case word(before) || before == ']' || before == ')':
		l.at++ // a slice of an array, or a label
		return nil
	case digit(next):
		return refuse("A parameter has a number.", "Give it a name: :surname.")
	case !letter(next):
		l.at++
		return nil
	}
	end := l.at + 1
	for end < len(l.text) && word(l.text[end]) {
		end++
	}
	name := l.text[l.at+1 : end]
	if l.first == "" {
		return refuse("The query does not begin with SELECT, WITH or VALUES.", "Only reads are possible.")
	}
	l.q.texts = append(l.q.texts, l.text[l.start:l.at])
	l.q.uses = append(l.q.uses, name)
	if !slices.Contains(l.q.names, name) {
		l.q.names = append(l.q.names, name)
	}
	if len(l.q.names) > 200 {
		return refuse("The query has more than 200 parameters.", "Make a view of it in the database.")
	}
	l.at, l.start = end, end
	return nil
}

func (l *lexer) word() *Error {
	end := l.at
	for end < len(l.text) && (word(l.text[end]) || l.text[end] == '$') {
		end++
	}
	w := strings.ToLower(l.text[l.at:end])
	dotted := l.peek(-1) == '.' || end < len(l.text) && l.text[end] == '.'
	l.at = end
	switch {
	case l.first == "":
		l.first = w
		if w != "select" && w != "with" && w != "values" {
			return refuse("The query does not begin with SELECT, WITH or VALUES.", "Only reads are possible; writes are made through the system's own interface.")
		}
	case writes[w] && !dotted:
		return refuse("The word "+strings.ToUpper(w)+" stands in the query; only reads are possible.", `If it is the name of a column or table, write it between double quotes: "`+w+`".`)
	}
	return nil
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
func digit(c byte) bool { return c >= '0' && c <= '9' }
func word(c byte) bool  { return letter(c) || digit(c) }
