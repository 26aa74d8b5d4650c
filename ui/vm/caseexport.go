package vm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"muster/app/caseview"
	"muster/app/caseview/disclose"
	"muster/app/desk"
)

// ExportDesk is what a disclosure needs of the desk.
type ExportDesk interface {
	Disclose(ctx context.Context, in desk.Disclosure) (desk.Disclosed, error)
	Recipients() []desk.RecipientDef
	AboveRecipient(kind string, cases ...caseview.Case) string
	Basis() string
	MayExport(formats []disclose.Format) []disclose.Format
	OpenCase(ctx context.Context, id string) (caseview.Case, error)
	OpenCopy(ctx context.Context, id string) (caseview.Case, error)
}

// Export is the sheet by which a case is disclosed.
type Export struct {
	// OnChange is called on the UI goroutine after anything that is shown has changed.
	OnChange func()

	Format    disclose.Format
	Kind      string // of recipient
	Recipient string
	Reason    string
	Basis     string
	To        string // file or folder
	Whole     bool   // everything in the kept case, not the open entity alone
	Above     bool   // the officer has read the warning and goes ahead

	env   Env
	desk  ExportDesk
	open  caseview.Case
	file  desk.KeptCase
	kept  bool
	task  task
	err   string
	done  *desk.Disclosed
	tried bool
}

// Export starts a disclosure of the open case; nil if none is open.
func (c *Case) Export() *Export {
	if c.open == nil {
		return nil
	}
	x := &Export{env: c.env, desk: c.desk, open: *c.open, Format: disclose.PDF, Basis: c.desk.Basis()}
	if f := x.Formats(); len(f) > 0 && !slices.Contains(f, x.Format) {
		x.Format = f[0]
	}
	x.file, x.kept = c.File()
	x.Whole = x.Several()
	x.To, _ = desk.DownloadFolder()
	return x
}

// Formats are those in which policy lets a case leave; none where it forbids every export.
func (x *Export) Formats() []disclose.Format { return x.desk.MayExport(disclose.Formats()) }

// Several reports whether there is more in the kept case than the open entity.
func (x *Export) Several() bool { return x.kept && len(x.file.Entities) > 1 }

// What says what is disclosed, in words, alone and with everything in the kept case.
func (x *Export) What() (alone, whole string) {
	return x.open.Title, x.env.T("screens.export.whole", "name", x.file.Called(), "entities", x.env.T("screens.entities", "n", len(x.file.Entities)))
}

// Recipients lists the kinds of recipient.
func (x *Export) Recipients() []desk.RecipientDef { return x.desk.Recipients() }

// Marking is the marking of what is disclosed, as far as it is open.
func (x *Export) Marking() string { return x.open.Marking.Classification }

// Warning says why the case is marked above what the recipient may be given; "" if it is not.
func (x *Export) Warning() string {
	if x.Kind == "" {
		return ""
	}
	return x.desk.AboveRecipient(x.Kind, x.open)
}

// Missing lists what must still be said, by field.
func (x *Export) Missing() map[string]string {
	out := map[string]string{}
	if x.Kind == "" {
		out["kind"] = x.env.T("screens.export.need.kind")
	}
	if strings.TrimSpace(x.Recipient) == "" {
		out["recipient"] = x.env.T("screens.export.need.recipient")
	}
	if strings.TrimSpace(x.Reason) == "" {
		out["reason"] = x.env.T("screens.export.need.reason")
	}
	if x.Warning() != "" && !x.Above {
		out["above"] = x.env.T("screens.export.need.above")
	}
	return out
}

// Shown is Missing once the officer has tried to go ahead.
func (x *Export) Shown() map[string]string {
	if !x.tried {
		return nil
	}
	return x.Missing()
}

// Running reports whether the file is being written.
func (x *Export) Running() bool { return x.task.running() }

// Err is why nothing was written, in words.
func (x *Export) Err() string { return x.err }

// Done is the disclosure that was made; nil before.
func (x *Export) Done() *desk.Disclosed { return x.done }

// Go writes the file, if everything is said.
func (x *Export) Go() {
	if x.Running() || x.done != nil {
		return
	}
	x.tried, x.err = true, ""
	if len(x.Missing()) > 0 {
		x.changed()
		return
	}
	in := desk.Disclosure{Format: x.Format, To: x.To, Recipient: x.Recipient, Kind: x.Kind, Reason: x.Reason, Basis: x.Basis, Above: x.Above}
	open, file, whole := x.open, x.file, x.Whole && x.Several()
	if x.kept {
		in.Case = file.ID
	}
	start(x.env, &x.task, func(ctx context.Context) (desk.Disclosed, error) {
		in.Cases = []caseview.Case{open}
		if whole {
			for _, e := range file.Entities {
				if (desk.KeptCase{Entities: []desk.KeptEntity{e}}).Holds(open) {
					continue
				}
				c, err := x.desk.OpenCase(ctx, e.ID)
				if err != nil { // its systems cannot be reached: what was kept of it goes along, and says so
					var cerr error
					if c, cerr = x.desk.OpenCopy(ctx, e.ID); cerr != nil {
						return desk.Disclosed{}, err
					}
				}
				in.Cases = append(in.Cases, c)
			}
		}
		return x.desk.Disclose(ctx, in)
	}, func(got desk.Disclosed, err error) {
		switch {
		case errors.Is(err, desk.ErrAbove): // another entity of the case is marked higher than the one that is open
			x.Above = false
			x.err = say(err)
		case err != nil:
			x.err = say(err)
		default:
			x.done = &got
		}
		x.changed()
	})
	x.changed()
}

// Close gives up what is not written yet.
func (x *Export) Close() { x.task.stop() }

func (x *Export) changed() {
	if x.OnChange != nil {
		x.OnChange()
	}
}
