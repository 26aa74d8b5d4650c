package desk

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/policy"
	"muster/app/search"
	"muster/app/signin"
	"muster/plugins"
	"muster/plugins/demoforce"
	"muster/plugins/pole"
	"muster/store"
)

// policed opens a desk of a local officer under the policy that text, the lines of a machine file, says.
func policed(t *testing.T, text string) *Desk {
	t.Helper()
	d, err := openPoliced(t, t.TempDir(), text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func openPoliced(t *testing.T, dir, text string) (*Desk, error) {
	t.Helper()
	pol, err := policy.Parse([]byte("policy: 1\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LoadProfile(dir); isNotExist(err) {
		if err := (Profile{Profile: 1, SignIn: signin.Settings{Kind: "local"}}).Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(t.Context(), Options{Profile: dir, Policy: &pol, NoLive: true})
	if err == nil {
		t.Cleanup(func() { _ = d.Close() })
	}
	return d, err
}

// demoPoliced opens the demonstration force under a policy, signs in and gives a purpose.
func demoPoliced(t *testing.T, text string, p plugins.Purpose) *Desk {
	t.Helper()
	pol, err := policy.Parse([]byte("policy: 1\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	var desk atomic.Pointer[Desk]
	d, err := Open(t.Context(), Options{Profile: t.TempDir(), Policy: &pol, NoLive: true, DemoScale: 0.1, OpenBrowser: func(url string) error {
		return desk.Load().DemoBrowser("okafor", demoforce.Password)(url)
	}})
	if err != nil {
		t.Fatal(err)
	}
	desk.Store(d)
	t.Cleanup(func() { _ = d.Close() })
	if err := d.UseDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SignInBrowser(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPurpose(p); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestThePolicysSignInServerIsUsed(t *testing.T) {
	d := policed(t, "signin: {issuer: 'https://login.example.police.uk', client_id: muster, scopes: [roles], claims: {collar: employeeNumber, rank: r, role: position, force: org}}\n")
	s := d.signInSettings(d.Profile())
	if s.Kind != signin.KindOIDC || s.Issuer != "https://login.example.police.uk" || s.ClientID != "muster" || s.Scopes[0] != "roles" ||
		s.Claims.Collar != "employeeNumber" || s.Claims.Rank != "r" || s.Claims.Role != "position" || s.Claims.Force != "org" {
		t.Errorf("%+v", s)
	}
	if m := d.Methods(); len(m) == 0 || m[0] != signin.MethodBrowser { // though the profile, which the officer can change, says local
		t.Errorf("%v", m)
	}
	if err := d.SetUpLocal(t.Context(), "PC X", "correct horse battery"); err == nil {
		t.Error("a passphrase of one's own takes the place of the force's sign-in server")
	}
}

func TestTheIdleLockIsThePolicys(t *testing.T) {
	d := policed(t, "idle_lock: 45s\n")
	m, err := d.manager()
	if err != nil || d.IdleLock() != 45*time.Second || m.IdleLock() != 45*time.Second {
		t.Fatalf("%s, %v", d.IdleLock(), err)
	}
	if err := d.Choose("idle_lock", "1h"); err == nil || !strings.Contains(err.Error(), "decided by IT (machine file)") {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	if d, err = openPoliced(t, dir, "idle_lock: officer\n"); err != nil {
		t.Fatal(err)
	}
	if err := d.Choose("idle_lock", "2m"); err != nil {
		t.Fatal(err)
	}
	if err := d.Choose("idle_lock", "1s"); err == nil || !strings.Contains(err.Error(), "from 30s") {
		t.Errorf("got %v", err)
	}
	if m, _ := d.manager(); d.IdleLock() != 2*time.Minute || m.IdleLock() != 2*time.Minute {
		t.Errorf("what the officer chose does not hold: %s", d.IdleLock())
	}
	if d, err = openPoliced(t, dir, ""); err != nil || d.IdleLock() != 2*time.Minute {
		t.Errorf("nor at the next start: %s, %v", d.IdleLock(), err)
	}
	if d, err = openPoliced(t, dir, "idle_lock: 5m\n"); err != nil || d.IdleLock() != 5*time.Minute {
		t.Errorf("an old choice holds against IT: %s, %v", d.IdleLock(), err)
	}
}

func TestStayingSignedInIsThePolicys(t *testing.T) {
	for text, want := range map[string]signin.State{"stay_signed_in: false\n": signin.SignedOut, "": signin.SignedIn} {
		dir := t.TempDir()
		d, err := openPoliced(t, dir, text)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.SetUpLocal(t.Context(), "PC X", "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err = openPoliced(t, dir, text); err != nil {
			t.Fatal(err)
		}
		if err := d.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := d.State(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestTheDemonstrationForceIsForbiddenByPolicy(t *testing.T) {
	pol, err := policy.Parse([]byte("policy: 1\ndemo: false\n"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), Options{Profile: t.TempDir(), Policy: &pol})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.UseDemo(t.Context()); !errors.Is(err, errNoDemo) || d.DemoAllowed() {
		t.Errorf("got %v", err)
	}
	if _, err := RunDemo(t.Context(), DemoOptions{Profile: t.TempDir(), Policy: &pol}); !errors.Is(err, errNoDemo) {
		t.Errorf("got %v", err)
	}
}

func TestThePolicySaysWhichPurposesAndWhereAReasonIsTyped(t *testing.T) {
	d := policed(t, "purposes_allowed: [traffic, training]\npurpose_text: [traffic]\n")
	if ps := d.Purposes(); len(ps) != 2 || !ps[0].Text || ps[1].Text {
		t.Errorf("%+v", ps)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "1"}); err == nil {
		t.Error("a purpose that IT does not offer is taken")
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "traffic"}); err == nil || !strings.Contains(err.Error(), "type the reason") {
		t.Errorf("got %v", err)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "traffic", Text: "speeding on the A64"}); err != nil {
		t.Error(err)
	}
	if d := policed(t, "purpose_text: ['*']\n"); !d.Purposes()[5].Text || !d.Purposes()[0].Text {
		t.Error("* is not every purpose")
	}
	if _, err := openPoliced(t, t.TempDir(), "purpose_text: [traffik]\n"); err == nil || !strings.Contains(err.Error(), "ask IT") || !strings.Contains(err.Error(), "traffik") {
		t.Errorf("got %v", err)
	}
}

func TestAPurposeIsDemandedWherePolicySaysSo(t *testing.T) {
	if _, err := policed(t, "").purposeFor(); !errors.Is(err, ErrNoPurpose) {
		t.Errorf("got %v", err)
	}
	if _, err := policed(t, "purpose_required: false\n").purposeFor(); err != nil {
		t.Error(err)
	}
}

// One demonstration force shows what several settings do to a search, since starting one takes a while.
func TestOnlyAllowedSystemsAreUsed(t *testing.T) {
	d := demoPoliced(t, "systems_allowed: [rms, custody, intel]\npurpose_text_systems: [intel]\noffline_unlock: 0\n", plugins.Purpose{Code: "missing", Case: "24-10887"})
	r := find(t, d, "Aaron Miller")
	if r.answers["rms"].State != search.Answered {
		t.Errorf("%+v", r.answers["rms"])
	}
	if a := r.answers["cad"]; a.State != search.NotSearched || !strings.Contains(a.Say, "organisation allows") {
		t.Errorf("a system that IT does not allow: %+v", a)
	}
	t.Run("typed reason", func(t *testing.T) { testTypedReason(t, d, r) })
	t.Run("unlock passphrase", func(t *testing.T) {
		if err := d.SetUnlock(t.Context(), "correct horse battery"); err == nil && d.CanUnlock() {
			t.Error("policy forbids the unlock passphrase, and one can be used")
		}
	})
	// What was added in spite of it is refused as well.
	if err := d.forbidden(SystemConfig{ID: "cad"}, plugins.Info{ID: "demo_cad"}); err == nil {
		t.Error("a system that IT does not allow can be added")
	}
}

func testTypedReason(t *testing.T, d *Desk, r result) {
	if a := r.answers["intel"]; a.State != search.NotSearched || !strings.Contains(a.Say, "typed reason") {
		t.Errorf("a system that needs a typed reason: %+v", a)
	}
	if err := d.SetPurpose(plugins.Purpose{Code: "missing", Case: "24-10887", Text: "last seen with an associate"}); err != nil {
		t.Fatal(err)
	}
	if a := find(t, d, "Aaron Miller").answers["intel"]; a.State != search.Answered {
		t.Errorf("with one: %+v", a)
	}
}

// The effects that the test above shows in parts.
func TestASystemThatNeedsATypedReasonIsNotAskedWithoutOne(t *testing.T) {
	d := policed(t, "purpose_text_systems: [pnc]\n")
	a := plugins.Access{Operation: "consultation"}
	if err := d.reasonFor("pnc", a); err == nil {
		t.Error("it is asked")
	}
	if err := d.reasonFor("rms", a); err != nil {
		t.Error(err)
	}
	a.Purpose.Text = "seen on camera"
	if err := d.reasonFor("pnc", a); err != nil {
		t.Error(err)
	}
}

func TestTheUnlockPassphraseIsThePolicys(t *testing.T) {
	pol, _ := policy.Parse([]byte("policy: 1\nsignin: {kind: oidc, issuer: 'https://login.example.police.uk', client_id: m}\noffline_unlock: 0\n"))
	d, err := Open(t.Context(), Options{Profile: t.TempDir(), Policy: &pol})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if d.CanUnlock() || d.Policy().OfflineUnlock.Value != 0 {
		t.Error("an unlock passphrase works though policy forbids it")
	}
}

func TestCopiesAreKeptAsLongAndAsManyAsPolicySays(t *testing.T) {
	d := policed(t, "offline_keep: 2d\noffline_records: 3\noffline_size: 5MB\noutbox_keep: 7d\n")
	if got := d.keeps(); got != (store.TrimPolicy{MaxAge: 48 * time.Hour, MaxRecords: 3, MaxBytes: 5_000_000}) {
		t.Errorf("%+v", got)
	}
	if err := d.SetUpLocal(t.Context(), "PC X", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	s, err := d.current()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i, age := range []time.Duration{0, time.Hour, 2 * time.Hour, 3 * time.Hour, 72 * time.Hour} {
		r := pole.Record{Ref: pole.Ref{System: "rms", Type: "person", ID: string(rune('a' + i))}, Kind: "person", Read: now.Add(-age)}
		if err := s.store.PutRecords(now, r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.store.Trim(now, d.keeps()); err != nil {
		t.Fatal(err)
	}
	if info, err := s.store.CacheInfo(); err != nil || info.Records != 3 {
		t.Errorf("%+v, %v", info, err)
	}
	if d := policed(t, "offline_records: 0\n"); d.keeps().MaxAge != time.Nanosecond {
		t.Errorf("no copies are to be kept, and are: %+v", d.keeps())
	}
}

func TestExportsObeyThePolicy(t *testing.T) {
	d := policed(t, "purpose_required: false\nexport_formats: [csv]\nexport_up_to: OFFICIAL\n")
	if err := d.SetUpLocal(t.Context(), "PC X", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if got := d.MayExport(disclose.Formats()); len(got) != 1 || got[0] != disclose.CSV {
		t.Errorf("%v are offered", got)
	}
	try := func(f disclose.Format, mark string) error {
		_, err := d.Disclose(t.Context(), Disclosure{Recipient: "CPS", Reason: "trial", Format: f, To: t.TempDir(), Above: true,
			Cases: []caseview.Case{{Title: "MILLER", Marking: pole.Marking{Classification: mark}}}})
		return err
	}
	if err := try(disclose.PDF, "OFFICIAL"); err == nil || !strings.Contains(err.Error(), "only as: csv") {
		t.Errorf("got %v", err)
	}
	if err := try(disclose.CSV, "OFFICIAL-SENSITIVE"); err == nil || !strings.Contains(err.Error(), "nothing above OFFICIAL") {
		t.Errorf("got %v", err)
	}
	if err := try(disclose.CSV, "COSMIC"); err == nil || !strings.Contains(err.Error(), "nothing above") {
		t.Errorf("a marking that nobody knows passes: %v", err)
	}
	if err := try(disclose.CSV, "OFFICIAL"); err != nil {
		t.Error(err)
	}
	if err := policed(t, "export_formats: []\n").mayExport(disclose.PDF, pole.Marking{}); err == nil || !strings.Contains(err.Error(), "does not allow exports") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsCopiedBearsItsMarkingOrIsRefused(t *testing.T) {
	d := policed(t, "copy_up_to: OFFICIAL\n")
	if got, err := d.Copy("12 Alder Rise", pole.Marking{}); err != nil || got != "12 Alder Rise\n[OFFICIAL]" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := d.Copy("12 Alder Rise", pole.Marking{Classification: "OFFICIAL-SENSITIVE"}); err == nil || !strings.Contains(err.Error(), "does not let that be copied") {
		t.Errorf("got %v", err)
	}
	if _, err := policed(t, "copy_up_to: none\n").Copy("x", pole.Marking{}); err == nil {
		t.Error("copying is forbidden, and done")
	}
	if got, err := policed(t, "").Copy("x", pole.Marking{Classification: "SECRET", Handling: []string{"P"}}); err != nil || got != "x\n[SECRET · P]" {
		t.Errorf("%q, %v", got, err)
	}
}
