package desk

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/app/entry"
	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/packs"
)

// site is a force that runs apart from the desk, as a real one does, and answers at once.
type site struct {
	force   *demoforce.Force
	dir     string
	profile Profile
	user    string
	pass    string
}

func newSite(t testing.TB, o demoforce.Options) *site {
	t.Helper()
	o.Scale, o.Seed, o.LiveEvery = 0.1, 1, -1
	force, err := demoforce.Start(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = force.Close() })
	s := &site{force: force, dir: t.TempDir(), profile: demoProfile(force, "external", 1), user: "okafor", pass: demoforce.Password}
	s.save(t)
	if err := provision(t.Context(), s.dir, force); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) save(t testing.TB) {
	t.Helper()
	if err := s.profile.Save(s.dir); err != nil {
		t.Fatal(err)
	}
}

// connector gives a system of the site a connector file of its own, made from the pack that it has.
func (s *site) connector(t testing.TB, id string, change func(string) string) {
	t.Helper()
	i := slices.IndexFunc(s.profile.Systems, func(c SystemConfig) bool { return c.ID == id })
	src, err := packs.Source(s.profile.Systems[i].Connector)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(src))
	if changed == string(src) {
		t.Fatal("nothing was changed in the connector of " + id)
	}
	s.profile.Systems[i].Connector = id + ".yaml"
	if err := writeFile(s.dir+"/systems/"+id+".yaml", []byte(changed)); err != nil {
		t.Fatal(err)
	}
	s.save(t)
}

func (s *site) open(t testing.TB) *Desk {
	t.Helper()
	pol := policy.Default()
	d, err := Open(t.Context(), Options{Profile: s.dir, Policy: &pol, OpenBrowser: func(url string) error { return s.force.Browser(s.user, s.pass)(url) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func (s *site) signedIn(t testing.TB) *Desk {
	t.Helper()
	d := s.open(t)
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887"}); err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *site) fault(t testing.TB, system string, f demoforce.Fault) {
	t.Helper()
	if err := s.force.SetFault(system, f); err != nil {
		t.Fatal(err)
	}
}

// renew gives a system a client that remembers nothing of earlier failures.
func renew(t testing.TB, d *Desk, id string) {
	t.Helper()
	sys, ok := d.system(id)
	sess, err := d.behind()
	if !ok || err != nil {
		t.Fatal(id, err)
	}
	if err := d.openSystem(sess.ctx, sys); err != nil {
		t.Fatal(err)
	}
}

var (
	cure   = regexp.MustCompile(`(?i)\b(try again|tell it|ask|asks|sign in|check|free|narrow|search more|unlock|use|close|cure|correct|give|install|start|keep|keeps|wait|next try|again|put|choose|add|remove|restore|withdraw|by itself)\b`)
	jargon = regexp.MustCompile(`(?i)EOF|dial tcp|127\.0\.0\.1:\d+/|unmarshal|nil|goroutine|panic|0x|invalid character|errno|connection reset by peer|context |%!|http/1|\bx509|token=|Bearer|eyJ|<html|stack`)
)

// plain checks that a message says what to do, in words for an officer, and gives nothing away.
func (s *site) plain(t testing.TB, say string) {
	t.Helper()
	if len(strings.Fields(say)) < 4 || !cure.MatchString(say) {
		t.Errorf("it does not say what to do: %q", say)
	}
	if m := jargon.FindString(say); m != "" {
		t.Errorf("jargon %q in %q", m, say)
	}
	secret := []string{"miller", "aaron", "alder rise", s.pass}
	for _, m := range s.force.Credentials() {
		for name, v := range m {
			if !strings.Contains(name, "id") && !strings.Contains(name, "user") {
				secret = append(secret, v)
			}
		}
	}
	for _, x := range secret {
		if strings.Contains(strings.ToLower(say), strings.ToLower(x)) {
			t.Errorf("%q stands in %q", x, say)
		}
	}
}

// TestEveryFaultOfASystem switches each fault on at one system and looks at what the officer sees of it and of the others.
func TestEveryFaultOfASystem(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	shorter := regexp.MustCompile(`timeout: \d+s`)
	for _, id := range []string{"rms", "cad", "custody", "intel"} {
		s.connector(t, id, func(src string) string {
			return strings.Replace(shorter.ReplaceAllString(src, "timeout: 2s"), "response: 8MiB", "response: 1MiB", 1)
		})
	}
	d := s.signedIn(t)
	ok := []search.State{search.Answered}
	not := []search.State{search.NotSearched, search.Partial}
	soon := time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)
	later := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
	for _, c := range []struct {
		name   string
		system string
		fault  demoforce.Fault
		want   []search.State
		kind   plugins.ErrorKind
		say    string
	}{
		{"slow", "rms", demoforce.Fault{Kind: "slow", DelayMS: 400}, ok, "", ""},
		{"down", "rms", demoforce.Fault{Kind: "down"}, not, plugins.Unavailable, "cannot be reached"},
		{"down", "cad", demoforce.Fault{Kind: "down"}, not, plugins.Unavailable, "cannot be reached"},
		{"hang", "rms", demoforce.Fault{Kind: "hang"}, not, plugins.Unavailable, "did not answer within 2 seconds"},
		{"broken", "rms", demoforce.Fault{Kind: "error"}, not, plugins.Unavailable, "a fault of its own"},
		{"broken", "custody", demoforce.Fault{Kind: "error", Status: 502}, not, plugins.Unavailable, "a fault of its own"},
		{"broken for a moment", "intel", demoforce.Fault{Kind: "error", Status: 503, Count: 1}, ok, "", ""},
		{"malformed", "rms", demoforce.Fault{Kind: "malformed"}, not, plugins.Drift, ""},
		{"malformed", "cad", demoforce.Fault{Kind: "malformed"}, not, plugins.Drift, ""},
		{"malformed", "custody", demoforce.Fault{Kind: "malformed"}, not, plugins.Drift, ""},
		{"malformed", "intel", demoforce.Fault{Kind: "malformed"}, not, plugins.Drift, ""},
		{"truncated", "custody", demoforce.Fault{Kind: "truncated"}, not, "", ""},
		{"too large", "rms", demoforce.Fault{Kind: "toolarge", Bytes: 3 << 20}, not, plugins.Drift, "1 MiB"},
		{"limited, seconds", "rms", demoforce.Fault{Kind: "limited", RetryAfter: "120"}, not, plugins.Limited, "2 minutes"},
		{"limited, a date", "cad", demoforce.Fault{Kind: "limited", RetryAfter: later}, not, plugins.Limited, "10 minutes"},
		{"limited for a second", "intel", demoforce.Fault{Kind: "limited", RetryAfter: "1", Count: 1}, ok, "", ""},
		{"limited until a moment", "rms", demoforce.Fault{Kind: "limited", RetryAfter: soon, Count: 1}, ok, "", ""},
		{"limited without a word", "custody", demoforce.Fault{Kind: "limited"}, not, plugins.Limited, "too many requests"},
		{"expired", "cad", demoforce.Fault{Kind: "expired", Count: 1}, ok, "", ""},
		{"refused for good", "intel", demoforce.Fault{Kind: "error", Status: 401}, not, plugins.Auth, ""},
		{"forbidden", "rms", demoforce.Fault{Kind: "error", Status: 403}, not, plugins.Denied, ""},
		{"reset", "custody", demoforce.Fault{Kind: "reset-before"}, not, plugins.Unavailable, "broke off"},
		{"reset once", "rms", demoforce.Fault{Kind: "reset-before", Count: 1}, ok, "", ""},
		{"reset after reading", "cad", demoforce.Fault{Kind: "reset-after", Count: 1}, ok, "", ""},
	} {
		t.Run(c.name+" "+c.system, func(t *testing.T) {
			for _, id := range []string{"rms", "cad", "custody", "intel"} {
				renew(t, d, id)
			}
			s.fault(t, c.system, c.fault)
			r := find(t, d, "miller aaron 2011")
			s.fault(t, c.system, demoforce.Fault{})
			a := r.answers[c.system]
			if !slices.Contains(c.want, a.State) || c.kind != "" && a.Error != c.kind || !strings.Contains(a.Say, c.say) && !strings.Contains(a.Say, "has not answered since") {
				t.Errorf("%+v", a)
			}
			if a.State != search.Answered {
				s.plain(t, a.Say)
				if r.done.Complete {
					t.Error("said to be complete")
				}
			}
			for _, id := range []string{"rms", "cad", "custody", "intel"} {
				if o := r.answers[id]; id != c.system && o.State != search.Answered {
					t.Errorf("%s suffered: %+v", id, o)
				}
			}
			if c.system != "rms" || a.State == search.Answered {
				miller(t, r)
			}
		})
	}
	renew(t, d, "rms")
	if a := find(t, d, "miller aaron 2011").answers["rms"]; a.State != search.Answered {
		t.Errorf("afterwards: %+v", a)
	}
}

// TestEveryFaultOfADelivery has each of three systems fail in its own way while it takes the same entry.
func TestEveryFaultOfADelivery(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr := incident(t, d)
	s.fault(t, "rms", demoforce.Fault{Kind: "reset-after", Count: 1, Method: "POST", Path: "/entries"})
	s.fault(t, "cad", demoforce.Fault{Kind: "limited", RetryAfter: "1", Count: 1, Method: "POST"})
	s.fault(t, "custody", demoforce.Fault{Kind: "down"})
	it, err := d.Send(t.Context(), dr)
	if err != nil {
		t.Fatal(err)
	}
	of := func(id string) entry.Delivery {
		dl, ok := deliveryOf(d, it.ID, id)
		if !ok {
			t.Fatal("no delivery to " + id)
		}
		return dl
	}
	waitUntil(t, "two delivered and one waiting", func() bool {
		return of("rms").State == entry.Delivered && of("cad").State == entry.Delivered && of("custody").Attempts > 0 && of("custody").State == entry.Waiting
	})
	s.plain(t, of("custody").Say)
	if n := len(s.force.Deliveries("custody")); n != 0 {
		t.Errorf("a system that was down took %d", n)
	}
	for _, id := range []string{"rms", "cad"} {
		if n := len(s.force.Deliveries(id)); n != 1 {
			t.Errorf("%s holds it %d times", id, n)
		}
	}
}

// hesitant is a browser whose person gives up after the page refused.
func (s *site) refused(t *testing.T, pass string) error {
	t.Helper()
	s.pass = pass
	defer func() { s.pass = demoforce.Password }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	return s.open(t).SignInBrowser(ctx)
}

func TestSignInServerSaysNo(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	t.Run("wrong password", func(t *testing.T) {
		err := s.refused(t, "not-the-password")
		if err == nil {
			t.Fatal("a wrong password signed in")
		}
		s.plain(t, err.Error())
		if strings.Contains(err.Error(), "not-the-password") {
			t.Error("the password stands in the message")
		}
	})
	t.Run("down", func(t *testing.T) {
		s.fault(t, "idp", demoforce.Fault{Kind: "down"})
		d := s.open(t)
		err := d.SignInBrowser(t.Context())
		if err == nil || d.State() != signin.SignedOut {
			t.Fatal(err, d.State())
		}
		s.plain(t, err.Error())
		s.fault(t, "idp", demoforce.Fault{})
		if err := d.SignInBrowser(t.Context()); err != nil {
			t.Errorf("after it came back: %v", err)
		}
	})
}

// TestSignInServerGoesMidSession: the desk goes on with what it can, loses nothing typed, and says what it waits for.
func TestSignInServerGoesMidSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{TokenLife: 3 * time.Second})
	d := s.signedIn(t)
	dr := incident(t, d)
	s.fault(t, "idp", demoforce.Fault{Kind: "down"})
	var r result
	waitUntil(t, "the token has run out", func() bool {
		renew(t, d, "rms")
		renew(t, d, "cad")
		r = find(t, d, "miller aaron 2011")
		return r.answers["rms"].State == search.NotSearched && r.answers["cad"].State == search.NotSearched
	})
	s.plain(t, r.answers["rms"].Say)
	s.plain(t, r.answers["cad"].Say)
	if !strings.Contains(r.answers["rms"].Say, "sign-in server") {
		t.Errorf("it is not the system's own fault: %q", r.answers["rms"].Say)
	}
	for _, id := range []string{"custody", "intel"} { // they have accounts of their own
		if a := r.answers[id]; a.State != search.Answered {
			t.Errorf("%s: %+v", id, a)
		}
	}
	if d.State() != signin.SignedIn {
		t.Errorf("the officer was thrown out: %s", d.State())
	}
	dr.Values["description"] = "typed while the server was gone"
	if _, err := d.SaveDraft(t.Context(), dr); err != nil {
		t.Error(err)
	}
	s.fault(t, "idp", demoforce.Fault{})
	waitUntil(t, "everything answers again", func() bool {
		renew(t, d, "rms")
		renew(t, d, "cad")
		r = find(t, d, "miller aaron 2011")
		return r.answers["rms"].State == search.Answered && r.answers["cad"].State == search.Answered
	})
}

func TestTokenRunsOutMidSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{TokenLife: 3 * time.Second})
	d := s.signedIn(t)
	var mu sync.Mutex
	asked := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		r := find(t, d, "miller aaron 2011")
		for id, a := range r.answers {
			if a.State == search.NotSearched || a.State == search.Partial {
				t.Fatalf("%s: %+v", id, a)
			}
		}
		mu.Lock()
		asked++
		mu.Unlock()
	}
	if asked < 3 {
		t.Errorf("only %d searches", asked)
	}
}

func TestTypingOnCancelsWithoutAlarm(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{Latency: 1})
	d := s.signedIn(t)
	for i := range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*3*time.Millisecond, cancel)
		_ = d.Search(ctx, search.Request{Text: "miller"}, func(SearchEvent) {})
		cancel()
	}
	if st := d.Status(); !st.AuditOK || len(st.Failing) > 0 {
		t.Errorf("cancelling looks like a failure: %+v", st)
	}
}

func TestFormWithMissingAndWrongFields(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoforce.Options{})
	d := s.signedIn(t)
	dr, err := d.NewDraft(t.Context(), "incident", nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, v := range map[string]string{"startDateTime": "99/99/2026 25:61", "priority": "tomorrow", "location.postcode": "NOT A CODE",
		"person.dateOfBirth": "31/02/2011", "description": ""} {
		dr.Values[path] = v
	}
	rv := d.Review(dr)
	if rv.Ready {
		t.Fatal("ready")
	}
	for _, path := range []string{"startDateTime", "priority", "location.postcode", "person.dateOfBirth"} {
		i := slices.IndexFunc(rv.Errors, func(f plugins.FieldError) bool { return f.Path == path })
		if i < 0 || rv.Errors[i].Say == "" {
			t.Errorf("%s is not named: %+v", path, rv.Errors)
		}
	}
	for _, ts := range rv.Targets {
		if ts.On && !slices.ContainsFunc(ts.Missing, func(f plugins.FieldError) bool { return f.Path == "description" && f.Say != "" }) {
			t.Errorf("%s does not say that it needs a description: %+v", ts.System, ts)
		}
	}
	_, err = d.Send(t.Context(), dr)
	var nr *entry.NotReady
	if !errors.As(err, &nr) {
		t.Fatalf("sent: %v", err)
	}
	if n := len(s.force.Deliveries("")); n != 0 || len(d.Outbox()) != 0 {
		t.Errorf("%d deliveries of an invalid form", n)
	}
	if l := d.Drafts(); len(l) != 1 {
		t.Errorf("what was typed is gone: %+v", l)
	}
	list, err := d.Audit(0, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Operation == "collection" {
			t.Error("the log says that something was collected")
		}
	}
}

// deliveryOf is the delivery of an entry to a system.
func deliveryOf(d *Desk, item, system string) (entry.Delivery, bool) {
	for _, x := range d.Outbox() {
		for _, dl := range x.Deliveries {
			if x.ID == item && dl.System == system {
				return dl, true
			}
		}
	}
	return entry.Delivery{}, false
}
