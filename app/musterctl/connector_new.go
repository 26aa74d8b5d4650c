package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"muster/assets"
	"muster/plugins/connector/draft"
	"muster/plugins/pole"
)

type connectorNewCmd struct {
	OpenAPI string `name:"openapi" xor:"from" required:"" placeholder:"FILE|URL" help:"An OpenAPI document, version 2 or 3, JSON or YAML."`
	OData   string `name:"odata" xor:"from" required:"" placeholder:"FILE|URL" help:"The metadata of an OData v4 service ($metadata)."`
	GraphQL string `name:"graphql" xor:"from" required:"" placeholder:"FILE|URL" help:"A GraphQL schema (SDL), the answer to an introspection query, or the address of a server that answers one."`
	WSDL    string `name:"wsdl" xor:"from" required:"" placeholder:"FILE|URL" help:"A WSDL 1.1 description with its types."`
	ID      string `name:"id" help:"The connector's id; made from the document's title unless given."`
	Name    string `help:"What officers read; the document's title unless given."`
	Output  string `short:"o" type:"path" placeholder:"FILE" help:"Write the draft to this file, which must not exist."`
}

// maxDescription bounds a description of an interface.
const maxDescription = 32 << 20

func (c connectorNewCmd) Run(e *env) error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	var make func([]byte, *pole.Dictionary, draft.Options) (string, error)
	var from string
	switch {
	case c.OpenAPI != "":
		make, from = draft.OpenAPI, c.OpenAPI
	case c.OData != "":
		make, from = draft.OData, c.OData
	case c.GraphQL != "":
		make, from = draft.GraphQL, c.GraphQL
	default:
		make, from = draft.WSDL, c.WSDL
	}
	src, err := description(e.ctx, from, c.GraphQL != "")
	if err != nil {
		return err
	}
	if u, err := url.Parse(from); err == nil && u.Host != "" {
		u.RawQuery, u.User = "", nil // it may hold a key
		from = u.String()
	}
	text, err := make(src, dict, draft.Options{ID: c.ID, Name: c.Name, From: from})
	if err != nil {
		return err
	}
	if c.Output != "" {
		if _, err := os.Stat(c.Output); err == nil {
			return fmt.Errorf("%s is there already: give another name, or move it away", c.Output)
		}
	}
	if err := e.page(c.Output, "draft", []byte(text)); err != nil {
		return err
	}
	if c.Output != "" {
		e.out.text("Next: musterctl connector lint %s, then musterctl connector try %s check -s base_url=ADDRESS", c.Output, c.Output)
	}
	return nil
}

// introspection asks a GraphQL server what it offers.
const introspection = `{"query":"query{__schema{queryType{name}mutationType{name}types{kind name fields{name args{name type{...R}}type{...R}}inputFields{name type{...R}}enumValues{name}}}}fragment R on __Type{kind name ofType{kind name ofType{kind name ofType{kind name}}}}"}`

// description reads a description from a file or an address. It holds nothing about anybody, so it needs no purpose.
func description(ctx context.Context, from string, ask bool) ([]byte, error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		f, err := os.Open(from)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: check the name and its permissions", from)
		}
		defer func() { _ = f.Close() }() // it was only read
		return bounded(f, from)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("give an https address: what comes over http could have been changed on the way")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if ask {
		req, err = http.NewRequestWithContext(ctx, http.MethodPost, from, bytes.NewReader([]byte(introspection)))
	}
	if err != nil {
		return nil, errors.New("this is not an address")
	}
	req.Header.Set("Accept", "application/json, application/yaml, application/xml, */*")
	if ask {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: check the address, or download the description and give the file", u.Host)
	}
	defer func() { _ = resp.Body.Close() }() // what was wanted of it has been read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: download the description where you are signed in, and give the file", u.Host, resp.Status)
	}
	return bounded(resp.Body, u.Host)
}

func bounded(r io.Reader, from string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxDescription+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read to its end: try again", from)
	case len(b) > maxDescription:
		return nil, fmt.Errorf("%s is larger than 32 MiB: cut it down to what is needed", from)
	}
	return b, nil
}
