package entry

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"muster/plugins"
	"muster/store"
)

const (
	childEnv   = "MUSTER_TEST_OUTBOX_CHILD" // JSON of a childJob: the test binary is then the process that is killed
	tortureEnv = "MUSTER_TORTURE"           // how many times the process is killed; 40 when not set
)

// childJob is what the process to be killed does: add entries, deliver, until it is killed or nothing is left.
type childJob struct {
	Path   string
	URLs   map[string]string
	Add    []string // ids
	Finish bool     // deliver everything, then end
}

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		if err := child(job); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(job string) error {
	var j childJob
	if err := json.Unmarshal([]byte(job), &j); err != nil {
		return err
	}
	s, err := store.Open(j.Path, key, store.Options{Dictionary: dict, LockWait: 5 * time.Second})
	if err != nil {
		return err
	}
	drafts := NewDrafts(s, nil)
	o, err := openOutbox(s, drafts, j.URLs, func(ctx context.Context, i Item, d Delivery) (context.Context, error) {
		_, err := s.AppendAudit([]byte(i.ID + d.System)) // as the desk does before every call
		return ctx, err
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); o.Run(ctx) }()
	targets := []Target{spec("rms", "Records"), spec("cad", "Command"), spec("custody", "Custody")}
	for _, id := range j.Add {
		d := filled()
		d.ID = id
		if _, err := drafts.Put(d); err != nil {
			return err
		}
		if _, err := o.Add(d, incident, targets); err != nil {
			return err
		}
		fmt.Println("kept", id) // what the officer is told: from here on it must arrive
	}
	for {
		open := 0
		for _, i := range o.Items() {
			if !i.Done() {
				open++
			}
		}
		if j.Finish && open == 0 {
			cancel()
			<-done
			return s.Close()
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// TestKilledAtAnyPointNothingIsLostOrSentTwice kills the process that delivers, again and again, while three systems
// drop, reset and refuse at random. What the officer was told is kept arrives in each system, once.
func TestKilledAtAnyPointNothingIsLostOrSentTwice(t *testing.T) {
	runs := 40
	if n, err := strconv.Atoi(os.Getenv(tortureEnv)); err == nil && n > 0 {
		runs = n
	}
	path := filepath.Join(t.TempDir(), "muster.db")
	servers, urls := map[string]*server{}, map[string]string{}
	for _, n := range []string{"rms", "cad", "custody"} {
		servers[n] = newServer(t, n)
		servers[n].faulty(0.4)
		urls[n] = servers[n].URL
	}
	var told []string
	start := func(j childJob) (*exec.Cmd, *bufio.Scanner) {
		data, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+string(data))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, bufio.NewScanner(out)
	}
	read := func(sc *bufio.Scanner, first func()) {
		for sc.Scan() {
			var what, id string
			if n, _ := fmt.Sscan(sc.Text(), &what, &id); n < 2 || what != "kept" {
				t.Errorf("the process says %q", sc.Text())
				continue
			}
			told = append(told, id)
			if first != nil {
				first()
				first = nil
			}
		}
	}
	for run := range runs {
		cmd, out := start(childJob{Path: path, URLs: urls, Add: []string{fmt.Sprintf("run%d-a", run), fmt.Sprintf("run%d-b", run)}})
		kill := func(after time.Duration) { time.AfterFunc(after, func() { cmd.Process.Kill() }) }
		// Half the time it is killed from its very start, else only once it has told of its first entry.
		if run%2 == 0 {
			kill(20*time.Millisecond + time.Duration(rand.Int64N(int64(150*time.Millisecond))))
			read(out, nil)
		} else {
			read(out, func() { kill(time.Duration(rand.Int64N(int64(80 * time.Millisecond)))) })
		}
		cmd.Wait()
	}
	for _, s := range servers {
		s.faulty(0.1)
	}
	cmd, out := start(childJob{Path: path, URLs: urls, Finish: true})
	limit := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	read(out, nil)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("what was left was not delivered: %v", err)
	}
	limit.Stop()
	lost, doubled := 0, 0
	for _, id := range told {
		for n, s := range servers {
			switch c := s.count(KeyOf(id, n, 0)); {
			case c == 0:
				lost++
			case c > 1:
				doubled++
			}
		}
	}
	var calls, kept int
	for _, s := range servers {
		s.mu.Lock()
		defer s.mu.Unlock()
		calls += s.calls
		kept += len(s.got)
		for k, c := range s.got {
			if c > 1 {
				doubled++
				t.Errorf("%s has key %s %d times", s.name, k, c)
			}
		}
	}
	t.Logf("%d kills, %d entries told to be kept, %d calls, %d kept in three systems: %d lost, %d doubled", runs, len(told), calls, kept, lost, doubled)
	if lost > 0 || doubled > 0 {
		t.Errorf("%d lost, %d doubled", lost, doubled)
	}
	if len(told) < runs/4 {
		t.Errorf("only %d entries were told to be kept: the test kills too early to mean anything", len(told))
	}
	// The log of accesses survived as well, and holds at least one for each call.
	s, err := store.Open(path, key, store.Options{LockWait: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.VerifyAudit(nil)
	if err != nil || v.Problem != "" || int(v.Count)*2 < calls {
		t.Errorf("audit: %+v %v for %d calls", v, err, calls)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

var _ plugins.Submitter = client{}
