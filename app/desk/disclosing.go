package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/app/audit"
	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/plugins/pole"
)

// RecipientDef is one kind of recipient (assets/recipients.yaml).
type RecipientDef struct {
	Code     string   `yaml:"code" json:"code"`
	Label    string   `yaml:"label" json:"label"`
	UpTo     string   `yaml:"upTo" json:"up_to"`        // the highest classification that goes without a question
	Handling []string `yaml:"handling" json:"handling"` // handling codes that call for the question
}

// Disclosure is what an officer discloses, to whom and why.
type Disclosure struct {
	Cases     []caseview.Case // as they were read; at least one
	Case      string          // id of the kept case that they are of: its name and notes go along; "" for none
	Format    disclose.Format
	To        string // file to write, or a folder; "" is the officer's folder of downloads
	Recipient string // by name
	Kind      string // code of a RecipientDef
	Reason    string
	Basis     string // "" takes the purpose's own
	Above     bool   // the officer was told that the marking is above what the recipient may get, and goes ahead

	draw func(io.Writer, disclose.Pack) error // writes a link chart in place of the pack
}

// Disclosed is a disclosure that was made.
type Disclosed struct {
	Path      string    `json:"file"`
	Bytes     int64     `json:"bytes"`
	Audit     uint64    `json:"audit_record"`
	Reference string    `json:"reference"`
	Marking   string    `json:"marking"`
	At        time.Time `json:"at"`
}

// ErrAbove means that the case is marked above what the recipient may be given: the officer must say that it goes all the same.
var ErrAbove = errors.New("the case is marked above what this recipient may be given")

// Recipients lists the kinds of recipient.
func (d *Desk) Recipients() []RecipientDef { return slices.Clone(d.recipients) }

// Basis is the lawful basis that a disclosure is proposed with: that of the purpose for which the officer looks now.
func (d *Desk) Basis() string {
	p, ok := d.Purpose()
	if !ok {
		return ""
	}
	for _, x := range d.purposes {
		if x.Code == p.Code {
			return x.Basis
		}
	}
	return ""
}

// AboveRecipient says in words why cases are marked above what a kind of recipient may be given; "" if they are not.
func (d *Desk) AboveRecipient(kind string, cases ...caseview.Case) string {
	i := slices.IndexFunc(d.recipients, func(r RecipientDef) bool { return r.Code == kind })
	if i < 0 {
		return ""
	}
	r := d.recipients[i]
	m := disclose.Marking(d.dict, cases)
	var why []string
	if top := d.dict.Highest(pole.Marking{Classification: r.UpTo}, pole.Marking{Classification: m.Classification}); r.UpTo != "" && top.Classification != d.dict.Highest(pole.Marking{Classification: r.UpTo}).Classification {
		def, _ := d.dict.Marking(m.Classification)
		why = append(why, fmt.Sprintf("It is marked %s; %s may be given up to %s.", def.Label, r.Label, r.UpTo))
	}
	for _, h := range m.Handling {
		if slices.Contains(r.Handling, h) {
			why = append(why, fmt.Sprintf("A record in it has handling condition %s, which limits who may see it.", h))
		}
	}
	return strings.Join(why, " ")
}

// DownloadFolder is where a disclosure is written when no file is named.
func DownloadFolder() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("this account has no home folder: name a file: %w", err)
	}
	if dir := os.Getenv("XDG_DOWNLOAD_DIR"); filepath.IsAbs(dir) {
		return dir, nil
	}
	if dir := filepath.Join(home, "Downloads"); isDir(dir) {
		return dir, nil
	}
	return home, nil
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Disclose writes cases out for a recipient. It refuses without recipient and reason, and, with ErrAbove, what is marked above
// what the recipient may be given unless in.Above is set. The audit record is durable before the first byte is written; the file
// appears whole or not at all, and none is ever replaced.
func (d *Desk) Disclose(ctx context.Context, in Disclosure) (Disclosed, error) {
	s, err := d.current()
	if err != nil {
		return Disclosed{}, err
	}
	purpose, err := d.purposeFor()
	if err != nil {
		return Disclosed{}, err
	}
	in.Recipient, in.Reason, in.Basis = oneLine(in.Recipient), strings.TrimSpace(in.Reason), cmp.Or(strings.TrimSpace(in.Basis), d.Basis())
	kind := ""
	if in.Kind != "" {
		i := slices.IndexFunc(d.recipients, func(r RecipientDef) bool { return r.Code == in.Kind })
		if i < 0 {
			return Disclosed{}, fmt.Errorf("%q is not one of the force's kinds of recipient", in.Kind)
		}
		kind = d.recipients[i].Label
	}
	switch {
	case in.Recipient == "":
		return Disclosed{}, errors.New("say who it is for: a disclosure is recorded with its recipient")
	case in.Reason == "":
		return Disclosed{}, errors.New("say why: a disclosure is recorded with its reason")
	case len(in.Cases) == 0:
		return Disclosed{}, errors.New("there is nothing in the case to disclose")
	case in.draw == nil && !slices.Contains(disclose.Formats(), in.Format):
		return Disclosed{}, fmt.Errorf("there is no format %q: it is pdf, json or csv", in.Format)
	}
	if err := d.mayExport(in.Format, disclose.Marking(d.dict, in.Cases)); err != nil {
		return Disclosed{}, err
	}
	if why := d.AboveRecipient(in.Kind, in.Cases...); why != "" && !in.Above {
		return Disclosed{}, fmt.Errorf("%w. %s", ErrAbove, why)
	}
	a := d.access(string(audit.Disclosure), purpose)
	pack := d.pack(ctx, in, kind, a.Correlation)
	pack.Purpose = d.purposeWords(purpose.Code, purpose.Case)
	path, err := d.target(in, pack.Reference)
	if err != nil {
		return Disclosed{}, err
	}
	rec := d.record(a)
	rec.Time = pack.At
	rec.Recipient, rec.Reason, rec.Basis = in.Recipient+bracketed(kind), in.Reason, in.Basis
	rec.Classification = disclose.Marking(d.dict, in.Cases).Classification
	rec.Ref, rec.Fields = disclosedRefs(in.Cases), disclosedFields(in)
	rec.Count = len(in.Cases)
	_, seq, err := d.account(ctx, a, rec)
	if err != nil {
		return Disclosed{}, err
	}
	pack.Audit = seq
	n, err := writeWhole(path, func(f *os.File) error {
		if in.draw != nil {
			return in.draw(f, pack)
		}
		return disclose.Write(f, in.Format, d.dict, pack)
	})
	d.closing(s, a, nil, seq, len(in.Cases), err, nil)
	if err != nil {
		return Disclosed{}, err
	}
	return Disclosed{Path: path, Bytes: n, Audit: seq, Reference: pack.Reference, Marking: rec.Classification, At: pack.At}, nil
}

// pack gathers what goes along with the cases.
func (d *Desk) pack(ctx context.Context, in Disclosure, kind, correlation string) disclose.Pack {
	o, _ := d.Officer()
	p := disclose.Pack{Reference: correlation, Force: cmp.Or(d.Force(), o.Force), Officer: o.Display(), Recipient: in.Recipient, Kind: kind,
		Reason: in.Reason, Basis: in.Basis, At: d.now(), Cases: in.Cases, Name: in.Cases[0].Title}
	if i := slices.IndexFunc(d.KeptCases(), func(k KeptCase) bool { return k.ID == in.Case }); in.Case != "" && i >= 0 {
		p.Name = d.KeptCases()[i].Called()
		notes, err := d.CaseNotes(ctx, in.Case)
		if err != nil {
			d.log.Warn("the notes of a case could not be read", "error", err)
		}
		for _, n := range notes {
			p.Notes = append(p.Notes, disclose.Note{At: n.At, By: n.By, Text: n.Text, Number: n.Number})
		}
	}
	d.mu.RLock()
	for _, sys := range d.systems {
		p.Systems = append(p.Systems, disclose.System{ID: sys.cfg.ID, Name: sys.name(), Code: sys.info.Code})
	}
	d.mu.RUnlock()
	return p
}

// target is the file to write. Nothing of the case is in a name that is made up here.
func (d *Desk) target(in Disclosure, reference string) (string, error) {
	path := in.To
	if path == "" {
		dir, err := DownloadFolder()
		if err != nil {
			return "", err
		}
		path = dir
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if isDir(path) {
		path = filepath.Join(path, fmt.Sprintf("disclosure-%s-%.8s.%s", d.now().In(pole.London).Format("2006-01-02"), reference, in.Format))
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return "", fmt.Errorf("%s exists already and is not replaced: name another file", path)
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("nothing can be written there: %w", err)
	}
	if !isDir(filepath.Dir(path)) {
		return "", fmt.Errorf("there is no folder %s: name another", filepath.Dir(path))
	}
	return path, nil
}

// writeWhole writes a new file that appears whole and durable, or not at all.
func writeWhole(path string, write func(*os.File) error) (size int64, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".muster-*.part") // readable by the officer only
	if err != nil {
		return 0, fmt.Errorf("nothing was written: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // there no more when all went well
	err = write(tmp)
	if err == nil {
		size, err = tmp.Seek(0, 1)
	}
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return 0, fmt.Errorf("the file could not be written, and none is left: %w", err)
	}
	// A link, unlike a rename, never replaces what somebody else put there meanwhile. Not every file system has links.
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return 0, fmt.Errorf("%s exists already and is not replaced: name another file", path)
		}
		if err := os.Rename(tmp.Name(), path); err != nil {
			return 0, fmt.Errorf("the file could not be put in its place, and none is left: %w", err)
		}
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil { // makes the name durable where the system can: Windows cannot, and need not
		_ = dir.Sync()
		_ = dir.Close()
	}
	return size, nil
}

func (d *Desk) purposeWords(code, ref string) string {
	for _, p := range d.purposes {
		if p.Code == code {
			if ref != "" {
				return p.Label + " · " + ref
			}
			return p.Label
		}
	}
	return code
}

func disclosedRefs(cases []caseview.Case) string {
	var refs []pole.Ref
	for _, c := range cases {
		for i := range c.Records {
			refs = append(refs, c.Records[i].Ref)
		}
	}
	return refStrings(refs)
}

// disclosedFields says what was disclosed, without its values.
func disclosedFields(in Disclosure) []string {
	out := []string{"format " + string(in.Format)}
	if in.Above {
		out = append(out, "above the recipient's marking, accepted by the officer")
	}
	seen := map[string]bool{}
	for _, c := range in.Cases {
		for _, m := range append(slices.Clone(c.Disagreements), c.Agreed...) {
			if p := string(m.Property); !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
