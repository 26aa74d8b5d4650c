package desk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"muster/app/entry"
	"muster/app/policy"
	"muster/app/search"
	"muster/plugins"
	"muster/plugins/demoforce"
)

// shiftEnv makes the test program the workstation of a shift: a process of its own, which is killed in the middle.
const shiftEnv = "MUSTER_TEST_SHIFT"

// shiftPart is what the workstation does.
type shiftPart struct {
	Dir, User, Pass, Unlock string
	First                   bool // sign in at the server and read; else unlock without it
	Entries                 int  // to write while nothing can be reached; the last ones stay drafts
}

const shiftUnlock = "three brown cows in Leeds"

// workShift is the workstation. It says what it has done on standard output, and waits there for a word before it goes on.
func workShift(raw string) int {
	var p shiftPart
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		fmt.Println("error", err)
		return 1
	}
	if err := p.work(context.Background(), bufio.NewScanner(os.Stdin)); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

func (p shiftPart) work(ctx context.Context, in *bufio.Scanner) error {
	pol := policy.Default()
	d, err := Open(ctx, Options{Profile: p.Dir, Policy: &pol, NoLive: true, ProbeEvery: 200 * time.Millisecond,
		OpenBrowser: func(url string) error { return demoforce.Browse(url, p.User, p.Pass) }})
	if err != nil {
		return err
	}
	if p.First {
		err = errors.Join(d.SignInBrowser(ctx), d.SetUnlock(ctx, shiftUnlock))
	} else if err = d.Restore(ctx); d.CanUnlock() { // the sign-in server does not answer, and that is said
		err = d.Unlock(ctx, shiftUnlock)
	}
	if err := errors.Join(err, d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"})); err != nil {
		return err
	}
	id, old, err := p.look(ctx, d)
	if err != nil {
		return err
	}
	if old == p.First {
		return fmt.Errorf("what was found is from stored copies: %v", old)
	}
	if p.First {
		c, err := d.OpenCase(ctx, id)
		if err != nil {
			return err
		}
		if err := d.KeepCase(ctx, c); err != nil {
			return err
		}
		fmt.Println("read")
		in.Scan() // the network goes
		if id, old, err = p.look(ctx, d); err != nil || !old {
			return errors.Join(errors.New("without a network nothing is found that was read before"), err)
		}
	}
	c, err := d.OpenCase(ctx, id)
	if err != nil {
		return err
	}
	if len(c.Old) == 0 || len(c.Gaps) == 0 || c.Title == "" {
		return fmt.Errorf("a case from copies does not say so: %d old, %d gaps", len(c.Old), len(c.Gaps))
	}
	if kept := d.KeptCases(); len(kept) != 1 {
		return fmt.Errorf("%d cases are kept", len(kept))
	} else if c, err := d.OpenCopy(ctx, kept[0].ID); err != nil || c.Copy.IsZero() {
		return errors.Join(errors.New("the kept case does not open from its copy"), err)
	}
	for n := range p.Entries {
		dr, err := d.NewDraft(ctx, "incident", &c)
		if err != nil {
			return err
		}
		dr.Values["incidentCategory"], dr.Values["priority"] = "concern", "2"
		for _, words := range []string{"Began to write.", fmt.Sprintf("Seen at corner %d, %s.", n, dr.ID)} { // an edit
			dr.Values["description"] = words
			if dr, err = d.SaveDraft(ctx, dr); err != nil {
				return err
			}
		}
		fmt.Println("draft", dr.ID)
		if n >= p.Entries-2 {
			continue
		}
		if _, err := d.Send(ctx, dr); err != nil {
			return err
		}
		fmt.Println("kept", dr.ID)
	}
	for _, dr := range d.Drafts() {
		if p.First || !strings.Contains(dr.Values["description"], dr.ID) {
			continue
		}
		if _, err := d.Send(ctx, dr); err != nil {
			return err
		}
		fmt.Println("kept", dr.ID)
	}
	fmt.Println("written")
	in.Scan() // killed here, or the network is back
	for _, it := range d.Outbox() {
		for _, dl := range it.Deliveries {
			if !dl.Settled() && dl.State != entry.Waiting && dl.State != entry.Sending && dl.State != entry.Doubtful {
				return fmt.Errorf("%s at %s: %s", it.ID, dl.System, dl.Say)
			}
		}
	}
	for open := true; open; time.Sleep(20 * time.Millisecond) {
		open = false
		for _, it := range d.Outbox() {
			open = open || !it.Done()
			for _, dl := range it.Deliveries {
				if dl.State == entry.Refused || dl.State == entry.Stopped {
					return fmt.Errorf("%s at %s: %s", it.ID, dl.System, dl.Say)
				}
			}
		}
	}
	// The copy of the kept case is read again in the background once it is old; nobody asks for it.
	fmt.Println("delivered")
	in.Scan()
	return d.Close()
}

// look searches for the story's missing person, and says whether what was found is from stored copies.
func (p shiftPart) look(ctx context.Context, d *Desk) (id string, old bool, err error) {
	found := map[string]EntityView{}
	err = d.Search(ctx, search.Request{Text: "miller aaron"}, func(ev SearchEvent) {
		for _, x := range ev.Gone {
			delete(found, x)
		}
		for _, v := range ev.Entities {
			found[v.ID] = v
		}
	})
	for _, v := range found {
		if strings.HasPrefix(v.Title, "MILLER, Aaron") && len(v.Systems) >= 3 {
			return v.ID, v.Old, err
		}
	}
	return "", false, errors.Join(fmt.Errorf("the missing person was not found among %d", len(found)), err)
}

// An officer works a shift with no network: searches, opens a case, writes twenty entries, corrects them; the program is killed in
// the middle and started again, still without a network; then the network is back. Each entry is in each system, once, as written last.
func TestAShiftWithoutANetworkIsDeliveredAfterwards(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	start := func(p shiftPart) (say func() string, goOn func(), kill func()) {
		p.Dir, p.User, p.Pass = s.dir, s.user, s.pass
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		t.Cleanup(cancel)
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), shiftEnv+"="+string(raw)), os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(out)
		return func() string {
				if sc.Scan() {
					return sc.Text()
				}
				return "error: it ended"
			}, func() { fmt.Fprintln(in) }, func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}
	}
	kept := map[string]bool{}
	until := func(say func() string, last string) {
		t.Helper()
		for {
			w := say()
			what, id, _ := strings.Cut(w, " ")
			switch what {
			case "kept":
				kept[id] = true
			case "draft":
			case last:
				return
			default:
				t.Fatalf("waiting for %q, the workstation says %q", last, w)
			}
		}
	}
	network := func(f demoforce.Fault) {
		for _, x := range append(s.profile.Systems, SystemConfig{ID: "idp"}) {
			s.fault(t, x.ID, f)
		}
	}
	say, goOn, kill := start(shiftPart{First: true, Entries: 14})
	until(say, "read")
	network(demoforce.Fault{Kind: demoforce.FaultDown})
	goOn()
	until(say, "written")
	kill()
	if len(kept) != 12 || len(s.force.Deliveries("")) > 0 {
		t.Fatalf("%d entries are said to be kept, and with no network %d are delivered", len(kept), len(s.force.Deliveries("")))
	}
	say, goOn, kill = start(shiftPart{Entries: 6})
	defer kill()
	until(say, "written")
	if len(kept) != 20 {
		t.Errorf("%d entries are said to be kept, not 20", len(kept))
	}
	network(demoforce.Fault{})
	goOn()
	until(say, "delivered")
	goOn()
	got := map[string]map[string]int{}
	for _, x := range s.force.Deliveries("") {
		if got[x.System] == nil {
			got[x.System] = map[string]int{}
		}
		for id := range kept {
			if strings.Contains(string(x.Body), id) {
				got[x.System][id]++
			}
		}
	}
	if len(got) < 2 {
		t.Errorf("delivered to %d systems", len(got))
	}
	for sys, ids := range got {
		for id := range kept {
			if ids[id] != 1 {
				t.Errorf("%s has entry %s %d times", sys, id, ids[id])
			}
		}
	}
}
