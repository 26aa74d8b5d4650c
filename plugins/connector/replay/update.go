package replay

import (
	"bytes"
	"context"
	"io/fs"
	"strings"

	"muster/plugins/connector"
	"muster/plugins/pole"
)

// Learn replays every case taking the answers in their order whatever is asked, and puts what was asked and what came out
// into f: its requests and expected results are then those of the connector as it is now. Read them before trusting them.
func (f *File) Learn(ctx context.Context, c *connector.Connector, dict *pole.Dictionary, files fs.FS) ([]Result, error) {
	out := make([]Result, 0, len(f.Cases))
	for i := range f.Cases {
		r, err := f.LearnCase(ctx, c, dict, files, i)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// LearnCase does as Learn for the case number i.
func (f *File) LearnCase(ctx context.Context, c *connector.Connector, dict *pole.Dictionary, files fs.FS, i int) (Result, error) {
	k := &f.Cases[i]
	r, err := f.run(ctx, c, dict, files, k, true)
	if err != nil || r.Got == nil {
		return r, err
	}
	for j, asked := range r.Asked {
		if m, _ := asked.line(); m == "" {
			continue // nobody asked for it
		}
		k.Exchanges[j].Request = keep(k.Exchanges[j].Request, asked)
	}
	lean := r.Got.Lean()
	if k.Expect != nil && r.Got.like(k.Expect) != nil && diff(Write(k.Expect), Write(r.Got.like(k.Expect))) == "" {
		return r, nil // what somebody wrote is right: it stays as it is
	}
	k.Expect = lean
	return r, nil
}

// keep leaves a request as somebody wrote it where it asks for the same.
func keep(was, asked Request) Request {
	wm, wa := was.line()
	am, aa := asked.line()
	if wm == am && wa == aa && was.Body != nil && asked.Body != nil && sameBody("application/json", []byte(*was.Body), []byte(*asked.Body)) {
		asked.Body = was.Body
	}
	return asked
}

// Bytes writes f as YAML. head is the file as it was: the comments at its beginning are kept, others are not.
func (f *File) Bytes(head []byte) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(head)) {
		if t := strings.TrimSpace(line); t != "" && !strings.HasPrefix(t, "#") {
			break
		}
		b.WriteString(line)
	}
	b.WriteString(Write(f))
	return b.Bytes()
}

// New makes an empty recordings file for a connector.
func New(name, connectorID string) *File {
	return &File{Exchanges: 1, Connector: connectorID, name: name}
}
