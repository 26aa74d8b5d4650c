package wasm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/plugins"
	"muster/plugins/pole"
	"muster/plugins/wasm/guest"
)

// manifest is what a plugin says of itself: JSON in the module's custom section. Its keys are those of a connector file
// where both have them.
type manifest struct {
	ABI     int          `json:"abi"`
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Help    string       `json:"help"`
	Code    string       `json:"code"`
	Shape   string       `json:"shape"`
	Version string       `json:"version"`
	Options []optionSpec `json:"options"`
	Auth    []authSpec   `json:"auth"`
	Base    string       `json:"base"`
	Hosts   []string     `json:"hosts"`
	Limits  limitSpec    `json:"limits"`
	Kinds   []kindSpec   `json:"kinds"`
}

type optionSpec struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Label    string `json:"label"`
	Help     string `json:"help"`
	Required bool   `json:"required"`
	Default  string `json:"default"`
	Asked    bool   `json:"asked"`
}

type authSpec struct {
	Kind        string            `json:"kind"`
	Token       string            `json:"token"`
	Base        string            `json:"base"`
	Scope       string            `json:"scope"`
	Audience    string            `json:"audience"`
	Resource    string            `json:"resource"`
	Header      string            `json:"header"`
	Prefix      string            `json:"prefix"`
	Query       string            `json:"query"`
	User        string            `json:"user"`
	Secret      string            `json:"secret"`
	InBody      bool              `json:"in_body"`
	Also        []authSpec        `json:"also"`
	Login       string            `json:"login"`
	Page        string            `json:"page"`
	UserField   string            `json:"user_field"`
	SecretField string            `json:"secret_field"`
	Form        map[string]string `json:"form"`
	Lost        struct {
		Path string `json:"path"`
		Text string `json:"text"`
	} `json:"lost"`
}

type limitSpec struct {
	Rate     float64 `json:"rate"` // requests a second
	Burst    int     `json:"burst"`
	Parallel int     `json:"parallel"`
	Timeout  string  `json:"timeout"` // 20s
	Response int64   `json:"response"`
	Records  int     `json:"records"`
}

type kindSpec struct {
	Kind   string `json:"kind"`
	Type   string `json:"type"`
	Search []struct {
		Require  []pole.Property `json:"require"`
		Optional []pole.Property `json:"optional"`
	} `json:"search"`
	Text    bool            `json:"text"`
	Fetch   bool            `json:"fetch"`
	Watch   bool            `json:"watch"`
	Returns []pole.Property `json:"returns"`
	Require []pole.Property `json:"require"` // a record without one of these is not as documented
	Accepts []struct {
		Path     string   `json:"path"`
		Required bool     `json:"required"`
		Max      int      `json:"max"`
		Codes    []string `json:"codes"`
		Label    string   `json:"label"`
	} `json:"accepts"`
}

var (
	codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,4}$`)
	shapes   = []string{"square", "triangle", "diamond", "circle", "bar", "star", "box", "outline", "lozenge"}
)

// decodeManifest reads a manifest strictly: a key that is not known is a mistake, not a wish.
func decodeManifest(src []byte) (manifest, error) {
	var m manifest
	if src == nil {
		return m, errors.New("the module carries no manifest: put it in with musterctl plugin pack")
	}
	// The version comes first: a manifest of another one may look different in every other way.
	var v struct {
		ABI int `json:"abi"`
	}
	if err := json.Unmarshal(src, &v); err != nil {
		return m, atLine(src, err)
	}
	if v.ABI != guest.ABI {
		return m, fmt.Errorf("its manifest is for ABI %d, and this Muster speaks ABI %d: get a build for it, or update Muster", v.ABI, guest.ABI)
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, atLine(src, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("its manifest goes on after its end")
	}
	return m, nil
}

func atLine(src []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typ):
		offset = typ.Offset
	}
	say := strings.TrimPrefix(err.Error(), "json: ")
	if offset < 0 || offset > int64(len(src)) {
		return fmt.Errorf("its manifest: %s", say)
	}
	return fmt.Errorf("its manifest, line %d: %s", 1+bytes.Count(src[:offset], []byte("\n")), say)
}

// info is the manifest as every plugin is described. Open is left to the caller.
func (m manifest) info() (plugins.Info, error) {
	i := plugins.Info{ID: m.ID, Name: m.Name, Help: m.Help, Code: m.Code, Shape: m.Shape, Version: m.Version, Hosts: m.Hosts,
		Limits: plugins.Limits{Rate: m.Limits.Rate, Burst: m.Limits.Burst, Parallel: m.Limits.Parallel, Response: m.Limits.Response, Records: m.Limits.Records}}
	if m.Limits.Timeout != "" {
		d, err := time.ParseDuration(m.Limits.Timeout)
		if err != nil || d <= 0 || d > 5*time.Minute {
			return i, fmt.Errorf("limits.timeout is %q: write a time such as 20s, of at most 5m", clip(m.Limits.Timeout))
		}
		i.Limits.Timeout = d
	}
	for _, o := range m.Options {
		i.Options = append(i.Options, plugins.Option{Name: o.Name, Type: plugins.OptionType(o.Type), Label: o.Label, Help: o.Help, Required: o.Required, Default: o.Default, Asked: o.Asked})
	}
	for _, a := range m.Auth {
		i.Auth = append(i.Auth, a.spec())
	}
	for _, k := range m.Kinds {
		out := plugins.KindSpec{Kind: pole.Kind(k.Kind), Type: k.Type, Text: k.Text, Fetch: k.Fetch, Watch: k.Watch, Returns: k.Returns}
		if out.Type == "" {
			out.Type = k.Kind
		}
		for _, s := range k.Search {
			out.Search = append(out.Search, plugins.SearchSpec{Require: s.Require, Optional: s.Optional})
		}
		for _, a := range k.Accepts {
			out.Accepts = append(out.Accepts, plugins.FieldSpec{Path: a.Path, Required: a.Required, MaxLength: a.Max, Codes: a.Codes, Label: a.Label})
		}
		i.Kinds = append(i.Kinds, out)
	}
	return i, nil
}

func (a authSpec) spec() plugins.AuthSpec {
	out := plugins.AuthSpec{Kind: plugins.AuthKind(a.Kind), Token: a.Token, Base: a.Base, Scope: a.Scope, Audience: a.Audience, Resource: a.Resource,
		Header: a.Header, Prefix: a.Prefix, Query: a.Query, User: a.User, Secret: a.Secret, InBody: a.InBody,
		Login: a.Login, Page: a.Page, UserField: a.UserField, SecretField: a.SecretField, Form: a.Form,
		Lost: plugins.LostSession{Path: a.Lost.Path, Text: a.Lost.Text}}
	for _, also := range a.Also {
		out.Also = append(out.Also, also.spec())
	}
	return out
}

// check finds everything that is wrong with a manifest. dict may be nil.
func (m manifest) check(i plugins.Info, dict *pole.Dictionary) error {
	errs := []error{i.Validate()}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(m.Version) == "" {
		bad("version is missing: without it nobody can tell one delivery from the next")
	}
	if strings.TrimSpace(m.Help) == "" {
		bad("help is missing: say in a sentence what the system is and where a credential comes from")
	}
	if !codeForm.MatchString(m.Code) {
		bad("code is %q: want 2 to 5 capitals or digits, starting with a capital, to stand beside values", clip(m.Code))
	}
	if !slices.Contains(shapes, m.Shape) {
		bad("shape is %q: choose one of %s", clip(m.Shape), strings.Join(shapes, ", "))
	}
	if len(m.Hosts) == 0 {
		bad("hosts is missing: name the url options, or host[:port], where requests may go")
	}
	urls := map[string]bool{}
	for _, o := range m.Options {
		urls[o.Name] = o.Type == string(plugins.OptionURL)
	}
	for _, h := range m.Hosts {
		if !urls[h] {
			errs = append(errs, checkHost(h))
		}
	}
	if m.Base != "" && !urls[m.Base] {
		bad("base names %q, which is not a url option", clip(m.Base))
	}
	for _, k := range m.Kinds {
		if len(k.Search) == 0 && !k.Text && !k.Fetch && !k.Watch && len(k.Accepts) == 0 {
			bad("kind %s: nothing can be done with it: it needs search, text, fetch, watch or accepts", clip(k.Kind))
		}
		if len(k.Returns) == 0 && (len(k.Search) > 0 || k.Text || k.Fetch || k.Watch) {
			bad("kind %s: returns is missing: list the properties that its records may have", clip(k.Kind))
		}
		for _, p := range k.Require {
			if !slices.Contains(k.Returns, p) {
				bad("kind %s: require names %s, which is not among returns", clip(k.Kind), clip(string(p)))
			}
		}
		errs = append(errs, k.known(dict))
	}
	return errors.Join(errs...)
}

// known holds a kind's names against the dictionary.
func (k kindSpec) known(dict *pole.Dictionary) error {
	if dict == nil {
		return nil
	}
	var errs []error
	if _, ok := dict.Kind(pole.Kind(k.Kind)); !ok {
		errs = append(errs, fmt.Errorf("kind %q is not in the dictionary", clip(k.Kind)))
	}
	names := map[pole.Property]string{}
	for _, p := range k.Returns {
		names[p] = "returns"
	}
	for _, s := range k.Search {
		for _, p := range slices.Concat(s.Require, s.Optional) {
			names[p] = "search"
		}
	}
	for _, a := range k.Accepts {
		_, property, inPart := strings.Cut(a.Path, ".")
		if !inPart {
			property = a.Path
		}
		names[pole.Property(property)] = "accepts"
	}
	for p, where := range names {
		if _, ok := dict.Property(p); !ok {
			errs = append(errs, fmt.Errorf("kind %s: %s names %q, which the dictionary does not have", clip(k.Kind), where, clip(string(p))))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// checkHost refuses what is not a host's name. An address without a name has no certificate worth the word.
func checkHost(h string) error {
	host := h
	if name, _, err := net.SplitHostPort(h); err == nil {
		host = name
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil && !ip.IsLoopback() {
		return fmt.Errorf("hosts names the address %s: name the host instead, so that its certificate can be checked", clip(h))
	}
	if host == "" || strings.ContainsAny(host, "/ @*?#") {
		return fmt.Errorf("hosts names %q, which is neither host[:port] nor a url option", clip(h))
	}
	return nil
}
