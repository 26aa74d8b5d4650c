package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"muster/plugins"
	"muster/plugins/pole"
)

func checkInfo(_ context.Context, r *run) error {
	i := r.s.Info
	errs := []error{i.Validate()}
	for what, v := range map[string]string{"Name": i.Name, "Help": i.Help, "Code": i.Code, "Shape": i.Shape, "Version": i.Version} {
		if strings.TrimSpace(v) == "" {
			errs = append(errs, fmt.Errorf("%s is empty", what))
		}
	}
	if len(i.Hosts) == 0 {
		errs = append(errs, errors.New("there is no host in Hosts, so every request is refused"))
	}
	d := r.s.Dictionary
	property := func(where string, k pole.Kind, p pole.Property) {
		if _, ok := d.Property(p); !ok {
			errs = append(errs, fmt.Errorf("kind %s: %s names %q, which the dictionary does not have", k, where, p))
		}
	}
	for _, k := range i.Kinds {
		if len(k.Search) == 0 && !k.Text && !k.Fetch && !k.Watch && len(k.Accepts) == 0 {
			errs = append(errs, fmt.Errorf("kind %s: nothing can be done with it", k.Kind))
		}
		if d == nil {
			continue
		}
		if _, ok := d.Kind(k.Kind); !ok {
			errs = append(errs, fmt.Errorf("kind %s is not in the dictionary", k.Kind))
		}
		for _, p := range k.Returns {
			property("Returns", k.Kind, p)
		}
		for _, s := range k.Search {
			for _, p := range slices.Concat(s.Require, s.Optional) {
				property("Search", k.Kind, p)
			}
		}
	}
	return errors.Join(errs...)
}

var secretName = regexp.MustCompile(`(?i)(password|passphrase|secret|api_?key|token)$`)

func checkOptions(_ context.Context, r *run) error {
	var errs []error
	for _, o := range r.s.Info.Options {
		if strings.TrimSpace(o.Help) == "" {
			errs = append(errs, fmt.Errorf("option %s has no help", o.Name))
		}
		switch o.Type {
		case plugins.OptionString, plugins.OptionURL, plugins.OptionInt, plugins.OptionBool, plugins.OptionSecret:
		default:
			errs = append(errs, fmt.Errorf("option %s has type %q", o.Name, o.Type))
		}
		if secretName.MatchString(o.Name) && o.Type != plugins.OptionSecret && o.Type != plugins.OptionURL {
			errs = append(errs, fmt.Errorf("option %s sounds like a secret but is a %s: it would be kept in clear", o.Name, o.Type))
		}
		if _, inClear := r.s.Config[o.Name]; inClear && o.Type == plugins.OptionSecret {
			errs = append(errs, fmt.Errorf("secret option %s stands in Config", o.Name))
		}
	}
	return errors.Join(errs...)
}

func checkOpen(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if n := b.asked() + b.tap.asked() + b.signins(); n != 0 {
		return fmt.Errorf("the plugin made %d requests in Open", n)
	}
	return nil
}

func checkCheck(ctx context.Context, r *run) error {
	b, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := b.sys.Check(ctx); err != nil {
		r.note(err)
		return fmt.Errorf("Check: %w", err)
	}
	if b.tap.asked() == 0 {
		return errors.New("Check asked the system nothing")
	}
	if !r.speaksHTTP() && len(b.lines) == 0 {
		return nil // what has nothing before it cannot be broken from here
	}
	b.inject(Status(http.StatusInternalServerError), -1)
	for _, l := range b.lines {
		l.Trouble(Drops, -1)
	}
	if _, err := b.sys.Check(ctx); err == nil {
		return errors.New("Check finds a system well that does not answer")
	} else {
		r.note(err)
	}
	return nil
}

func checkSecrets(_ context.Context, r *run) error {
	r.mu.Lock()
	said, secrets := slices.Clone(r.said), slices.Clone(r.secrets)
	r.mu.Unlock()
	log := r.logs.text()
	var errs []error
	for _, s := range secrets {
		if slices.ContainsFunc(said, func(e string) bool { return strings.Contains(e, s) }) {
			errs = append(errs, errors.New("an error holds a credential"))
		}
		if strings.Contains(log, s) {
			errs = append(errs, errors.New("the log holds a credential"))
		}
	}
	for _, q := range []plugins.Query{r.s.Found, r.s.Empty} {
		terms := []string{q.Text}
		for _, t := range q.Terms {
			// A word of a public list says nothing about anybody, and may well be one of an error's own: "open".
			if def, ok := r.s.Dictionary.Property(t.Property); ok && (def.CodeList != "" || def.Type == pole.TypeCode) {
				continue
			}
			terms = append(terms, t.Value.Source, t.Value.Norm)
		}
		for _, term := range terms {
			if len(term) < 4 {
				continue
			}
			if i := slices.IndexFunc(said, func(e string) bool { return strings.Contains(e, term) }); i >= 0 {
				errs = append(errs, fmt.Errorf("an error repeats what was searched for: %s", strings.ReplaceAll(said[i], term, "•••")))
			}
			if strings.Contains(log, term) {
				errs = append(errs, errors.New("the log repeats what was searched for"))
			}
		}
	}
	return errors.Join(errs...)
}
