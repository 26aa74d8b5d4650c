package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"muster/plugins"
)

func open(context.Context, plugins.Env) (plugins.System, error) { return nil, errors.New("not opened") }

func info(id string) plugins.Info {
	return plugins.Info{
		ID: id, Name: "Records", Open: open, Hosts: []string{"base_url"},
		Options: []plugins.Option{
			{Name: "base_url", Type: plugins.OptionURL, Label: "Server address"},
			{Name: "user", Type: plugins.OptionString, Label: "User name"},
			{Name: "password", Type: plugins.OptionSecret, Label: "Password"},
		},
		Auth:  []plugins.AuthSpec{{Kind: plugins.AuthBasic, User: "user", Secret: "password"}},
		Kinds: []plugins.KindSpec{{Kind: "person"}},
	}
}

func TestRegistered(t *testing.T) {
	plugins.Register(info("test_b"))
	plugins.Register(info("test_a"))
	if got, ok := plugins.Lookup("test_a"); !ok || got.ID != "test_a" {
		t.Fatal(got, ok)
	}
	if _, ok := plugins.Lookup("test_c"); ok {
		t.Fatal("found what was not registered")
	}
	var ids []string
	for _, i := range plugins.All() {
		ids = append(ids, i.ID)
	}
	if fmt.Sprint(ids) != "[test_a test_b]" {
		t.Fatalf("got %v, want them by id", ids)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			plugins.Register(info(fmt.Sprintf("test_many_%d", i)))
			plugins.All()
		})
	}
	wg.Wait()
	if n := len(plugins.All()); n != 22 {
		t.Fatalf("%d plugins", n)
	}
}

func TestDuplicatePanics(t *testing.T) {
	plugins.Register(info("test_twice"))
	defer func() {
		if s := fmt.Sprint(recover()); !strings.Contains(s, "test_twice") {
			t.Fatalf("a duplicate gives %q", s)
		}
	}()
	plugins.Register(info("test_twice"))
}

func TestBadRegistrationPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a plugin without a name was registered")
		}
	}()
	bad := info("test_bad")
	bad.Name = ""
	plugins.Register(bad)
}

func TestValidate(t *testing.T) {
	if err := info("good").Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*plugins.Info){
		"plugin id":        func(i *plugins.Info) { i.ID = "Bad-ID" },
		"name and an Open": func(i *plugins.Info) { i.Open = nil },
		"no kind":          func(i *plugins.Info) { i.Kinds = nil },
		"holds person twice": func(i *plugins.Info) {
			i.Kinds = append(i.Kinds, i.Kinds[0])
		},
		"name and a label":    func(i *plugins.Info) { i.Options[0].Label = "" },
		"stands twice":        func(i *plugins.Info) { i.Options[1].Name = "base_url" },
		"has a default":       func(i *plugins.Info) { i.Options[2].Default = "x" },
		"has type":            func(i *plugins.Info) { i.Options[1].Type = "number" },
		"not a secret option": func(i *plugins.Info) { i.Auth[0].Secret = "user" },
		"not an option":       func(i *plugins.Info) { i.Auth[0].User = "nobody" },
		"sign-in of kind":     func(i *plugins.Info) { i.Auth[0].Kind = "magic" },
		"beside it": func(i *plugins.Info) {
			i.Auth[0].Also = []plugins.AuthSpec{{Kind: plugins.AuthAPIKey, Header: "X-Key", Secret: "base_url"}}
		},
		"not a url option": func(i *plugins.Info) { i.Auth[0].Base = "user" },
	} {
		i := info("good")
		change(&i)
		if err := i.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a refusal with %q, got %v", want, err)
		}
	}
}

func TestErrorIsByKindAndSystem(t *testing.T) {
	cause := errors.New("reset")
	err := fmt.Errorf("searching: %w", &plugins.Error{Kind: plugins.Limited, System: "rms", Say: "Too many requests.", Err: cause})
	for target, want := range map[*plugins.Error]bool{
		{Kind: plugins.Limited}:                true,
		{Kind: plugins.Limited, System: "rms"}: true,
		{Kind: plugins.Limited, System: "cad"}: false,
		{Kind: plugins.Auth}:                   false,
	} {
		if errors.Is(err, target) != want {
			t.Errorf("errors.Is with %+v is %v", target, !want)
		}
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if s := err.Error(); s != "searching: rms: limited: Too many requests." {
		t.Error(s)
	}
}

func TestKindOf(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want plugins.ErrorKind
	}{
		{nil, ""},
		{errors.New("anything"), plugins.Unavailable},
		{plugins.Errorf(plugins.Denied, "no"), plugins.Denied},
		{fmt.Errorf("a: %w", fmt.Errorf("b: %w", plugins.Errorf(plugins.Drift, "x"))), plugins.Drift},
		{errors.Join(errors.New("a"), plugins.Errorf(plugins.NotFound, "x")), plugins.NotFound},
	} {
		if got := plugins.KindOf(tt.err); got != tt.want {
			t.Errorf("KindOf(%v) = %s, want %s", tt.err, got, tt.want)
		}
	}
}

func TestAccessTravelsWithTheContext(t *testing.T) {
	if _, ok := plugins.AccessFrom(context.Background()); ok {
		t.Fatal("an access from nowhere")
	}
	rapid.Check(t, func(t *rapid.T) {
		a := plugins.Access{Officer: rapid.String().Draw(t, "officer"), Audited: rapid.Uint64().Draw(t, "audited"), Purpose: plugins.Purpose{Code: rapid.String().Draw(t, "code")}}
		ctx, cancel := context.WithCancel(plugins.WithAccess(context.Background(), a))
		defer cancel()
		if got, ok := plugins.AccessFrom(context.WithoutCancel(ctx)); !ok || got != a {
			t.Fatalf("got %+v, %v", got, ok)
		}
	})
}
