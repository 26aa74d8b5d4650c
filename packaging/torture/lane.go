package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// way is a way to choose the moment of a kill.
type way int

const (
	afterTime   way = iota // since its start
	whenTyped              // once it has said that a draft is kept
	whenKept               // once it has said that an entry is kept
	whenAsked              // as a request arrives on the network
	whenCommits            // as a target commits, before the answer goes back
	ways
)

func (w way) String() string {
	return [...]string{"after some time", "when a draft was kept", "when an entry was kept", "with a request on its way", "as a target commits"}[w]
}

const (
	working  = 200 * time.Millisecond // what a run lasts at the very most, once it has started
	finish   = 3 * time.Minute        // until everything must have been delivered in the end
	rate     = 0.4                    // of requests that meet a fault
	lastRate = 0.05                   // in the end
)

// lane is one workstation's file, its three targets, and what it has said so far.
type lane struct {
	n       int
	o       options
	dir     string
	dice    *mathrand.Rand
	key     []byte
	secret  string
	surname string // nobody's name, to be found wherever it should not be
	targets map[string]*target
	proxies map[string]*proxy

	begun  time.Time     // the latest process
	starts time.Duration // what a process takes to its first word on this machine

	mu    sync.Mutex
	left  int // events of the kind how until the kill
	how   way
	kill  func()
	kept  map[string]bool
	typed map[string]int
	fixed map[string]bool
	ends  map[string]string // what the last process says of each delivery
	last  map[string]int    // drafts that the last process finds
	said  bytes.Buffer      // all that was logged
	wrong []string
	res   result
}

func newLane(n int, o options) (*lane, error) {
	dir, err := os.MkdirTemp("", "muster-torture-*")
	if err != nil {
		return nil, err
	}
	l := &lane{n: n, o: o, dir: dir, dice: mathrand.New(mathrand.NewPCG(o.seed, uint64(n))), key: make([]byte, 32), //nolint:gosec // choices, no secret
		targets: map[string]*target{}, proxies: map[string]*proxy{}, kept: map[string]bool{}, typed: map[string]int{}, fixed: map[string]bool{},
		ends: map[string]string{}, last: map[string]int{}, res: result{faults: map[fault]int{}}}
	secret := make([]byte, 12)
	if _, err := rand.Read(l.key); err != nil {
		return nil, err
	}
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	l.secret, l.surname = "canary-"+hex.EncodeToString(secret[:6]), "Canary"+strings.Map(letter, hex.EncodeToString(secret[6:]))
	for i, name := range names {
		t := &target{name: name, secret: l.secret, honours: name == "records", unique: name == "custody", wantsRef: name == "custody", committed: func() { l.event(whenCommits) }}
		if name == "records" {
			t.refuses = func(text string) bool { return strings.Contains(text, refuseMe) }
		}
		l.targets[name] = t
		dice := mathrand.New(mathrand.NewPCG(o.seed, uint64(1000*(n+1)+i))) //nolint:gosec // choices, no secret
		l.proxies[name] = newProxy(t, t.honours || t.unique, dice, func() { l.event(whenAsked) })
	}
	return l, nil
}

// letter turns a digit into a letter: a name has none.
func letter(r rune) rune {
	if r <= '9' {
		return r - '0' + 'g'
	}
	return r
}

func (l *lane) close() {
	for _, p := range l.proxies {
		p.Close()
	}
	_ = os.RemoveAll(l.dir)
}

// event counts down to the kill.
func (l *lane) event(how way) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.how != how || l.left <= 0 {
		return
	}
	if l.left--; l.left == 0 && l.kill != nil {
		l.kill()
	}
}

func (l *lane) run(runs int) error {
	if err := l.process(job{Add: []string{fmt.Sprintf("l%dfirst", l.n)}, Finish: true}, afterTime, 0, finish); err != nil {
		return fmt.Errorf("with nothing in its way: %w", err)
	}
	for _, p := range l.proxies {
		p.faulty(rate)
	}
	for n := range runs {
		j := job{Add: []string{fmt.Sprintf("l%dr%03da%d", l.n, n, n%10), fmt.Sprintf("l%dr%03db", l.n, n)}}
		if n%4 == 0 {
			j.Type = []string{fmt.Sprintf("l%dr%03dd", l.n, n)}
		}
		how := way(l.dice.IntN(int(ways)))
		left, after := 1+l.dice.IntN(3), 2*l.starts+working
		if how == afterTime {
			left, after = 0, time.Duration(l.dice.Float64()*float64(l.starts+working))
		}
		if err := l.process(j, how, left, after); err != nil && !errors.Is(err, errKilled) {
			return fmt.Errorf("run %d: %w", n, err)
		}
		l.res.runs++
		l.res.kills[how]++
	}
	for _, p := range l.proxies {
		p.faulty(lastRate)
	}
	if err := l.process(job{Finish: true}, afterTime, 0, finish); err != nil {
		return fmt.Errorf("what was left was not delivered in %s: %w", finish, err)
	}
	return nil
}

var errKilled = errors.New("it was killed")

// process starts the workstation and kills it at the moment chosen, at the latest after the time given.
func (l *lane) process(j job, how way, left int, after time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	j.Path, j.Key, j.Secret, j.Surname, j.Sabotage = filepath.Join(l.dir, "muster.db"), l.key, l.secret, l.surname, l.o.sabotage
	j.URLs = map[string]string{}
	for name, p := range l.proxies {
		j.URLs[name] = p.URL
	}
	in, err := json.Marshal(j)
	if err != nil {
		return err
	}
	cmd := exec.Command(self) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stdin = bytes.NewReader(in)
	var logged bytes.Buffer
	cmd.Stderr = &logged
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := func() { _ = cmd.Process.Kill() } // it may have ended
	l.begun = time.Now()
	l.mu.Lock()
	l.how, l.left, l.kill = how, left, kill
	l.mu.Unlock()
	limit := time.AfterFunc(after, kill)
	var failed string
	for sc := bufio.NewScanner(out); sc.Scan(); {
		if line := sc.Text(); strings.HasPrefix(line, "error ") {
			failed = line
		} else {
			l.hear(line)
		}
	}
	err = cmd.Wait()
	limit.Stop()
	l.mu.Lock()
	l.left, l.kill = 0, nil
	l.mu.Unlock()
	l.said.Write(logged.Bytes())
	switch exit := (*exec.ExitError)(nil); {
	case err == nil:
		return nil
	case failed != "":
		return errors.New(failed)
	case errors.As(err, &exit) && exit.ExitCode() == -1:
		return errKilled
	}
	tail := logged.Bytes()
	return fmt.Errorf("%w: %s", err, tail[max(0, len(tail)-2000):])
}

// hear notes what the workstation said.
func (l *lane) hear(line string) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return
	}
	n := 0
	if len(f) > 2 {
		_, _ = fmt.Sscan(f[2], &n) // a step, where there is one
	}
	switch f[0] {
	case "typed":
		if l.starts == 0 {
			l.starts = time.Since(l.begun)
		}
		l.typed[f[1]] = max(l.typed[f[1]], n)
		l.event(whenTyped)
	case "kept":
		l.kept[f[1]] = true
		l.event(whenKept)
	case "corrected":
		l.fixed[f[1]] = true
	case "draft":
		l.last[f[1]] = n
	case "delivered", "undelivered":
		l.ends[f[1]+" "+f[2]] = strings.Join(append([]string{f[0]}, f[3:]...), " ")
	case "audited":
	default:
		l.wrong = append(l.wrong, fmt.Sprintf("the workstation says %q", line))
	}
}
