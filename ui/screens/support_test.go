package screens

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"muster/app/desk"
	"muster/ui/place"
)

func (f *smallForce) Doctor(context.Context) []desk.Finding {
	return []desk.Finding{
		{Check: "muster", OK: true, Say: "0.1.0"},
		{Check: "system", OK: true, Say: "Windows 11 Enterprise, windows/amd64, Windows 10.0 build 26100"},
		{Check: "display", OK: true, Say: "the local console, OpenGL is installed"},
		{Check: "disk", OK: true, Say: "212.4 GB free"},
		{Check: "keyring", OK: true, Say: "reads, writes and deletes"},
		{Check: "policy", OK: true, Say: "14 settings by the group policy, 3 settings by the machine file"},
		{Check: "clock", Say: "1h2m0s ahead of 6 servers", Cure: "let the computer set its clock by the network's time server: sign-ins and the times in the log depend on it"},
		{Check: "proxy", OK: true, Say: "by the proxy proxy.force.example:3128"},
		{Check: "server of rms", OK: true, Say: "rms.force.example answers with TLS 1.3, its certificate is good until 3 March 2027"},
		{Check: "server of custody", Say: "the certificate of custody.force.example is by an authority that this computer does not know", Cure: "if the force has an authority of its own, or a proxy that opens TLS, name its certificate in the policy extra_ca"},
		{Check: "audit log", OK: true, Say: "intact: 6 records"},
	}
}

func (f *smallForce) Support(context.Context) ([]desk.BundleFile, error) {
	return []desk.BundleFile{
		{Name: "about.json", Text: "{\n  \"muster\": \"0.1.0\"\n}"},
		{Name: "crash/20261124T221503Z.txt", Text: "Muster 0.1.0 ended badly at 2026-11-24T22:15:03Z.\npanic: (its words are withheld)\n\ngoroutine 1 [running]:\nmuster/app/desk.(*Desk).OpenCase(…)\n\tdesk/cases.go:41\n"},
		{Name: "logs/muster-1a2b3c4d.log", Text: "{\"time\":\"2026-11-25T14:02:11Z\",\"level\":\"WARN\",\"msg\":\"the keyring did not say which credentials are there\",\"system\":\"custody\",\"error\":\"timed out\"}\n"},
	}, nil
}

func TestTheOfficerHasTheWorkstationCheckedAndMakesABundle(t *testing.T) {
	downloads := t.TempDir()
	t.Setenv("XDG_DOWNLOAD_DIR", downloads)
	r := newRig(t, darkBig, nil)
	r.goTo(place.Settings)
	ca := fyne.KeyModifierControl | fyne.KeyModifierAlt
	r.chord(ca, fyne.KeyK)
	r.sees("2 things are not well.", "1h2m0s ahead of 6 servers", "let the computer set its clock", "good until 3 March 2027")
	r.shot("support-check")
	r.press(fyne.KeyEscape)
	r.chord(ca, fyne.KeyB)
	r.sees("Support bundle for IT", "crash/20261124T221503Z.txt", "desk/cases.go:41", "Nothing is sent.") // all of it, before it is written
	r.shot("support-bundle")
	if files, _ := os.ReadDir(downloads); len(files) > 0 {
		t.Fatal("it is written before the officer said so")
	}
	r.press(fyne.KeyReturn)
	r.sees("Saved as", "Give it to IT.")
	files, _ := filepath.Glob(filepath.Join(downloads, "muster-support-*.zip"))
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	z, err := zip.OpenReader(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if len(z.File) != 3 || !strings.HasPrefix(z.File[1].Name, "crash/") {
		t.Errorf("%d files", len(z.File))
	}
}
