package connector

import (
	"regexp"

	"muster/plugins"
)

var stepRef = regexp.MustCompile(`\.steps\.([A-Za-z_][A-Za-z0-9_]*)`)

// checkSteps files what is wrong with further requests. writes says that they belong to a submission, which may be
// repeated after a loss; known are the steps that stand before these.
func checkSteps(f *findings, s *spec, steps []*step, types map[string]plugins.OptionType, writes bool, known map[string]bool) {
	for _, st := range steps {
		if !defName.MatchString(st.name) {
			f.fail(st.at, "Use lower case letters, digits and underscores.", "%q cannot be the name of a step.", st.name)
		}
		exprs := append(st.op.all(), st.when, st.each)
		if st.find != nil {
			checkOperation(f, s, st.find.op, types)
			exprs = append(exprs, st.find.op.all()...)
		}
		for _, e := range exprs {
			checkStepRefs(f, st.at, e, known)
		}
		checkOperation(f, s, st.op, types)
		if st.until != nil && st.op.method != "GET" && writes {
			f.fail(st.at, "Ask with get.", "The step %s is repeated until the system is ready, but it changes something.", st.name)
		}
		if writes && st.op.method != "" && !st.op.reads() && st.find == nil && (st.header == "" || !st.honoured) {
			f.warn(st.at, "Add find: {get: '/people?ref=\\(.key)', take: '.items[0].id'}, or idempotency: {header: …} if the system honours a key.",
				"When the answer to the step %s is lost, it is done a second time.", st.name)
		}
		known[st.name] = true
	}
}

func checkStepRefs(f *findings, at *node, e *expr, known map[string]bool) {
	if e == nil {
		return
	}
	for _, m := range stepRef.FindAllStringSubmatch(e.src, -1) {
		if !known[m[1]] {
			f.fail(at, "Steps run in the order of the file: name an earlier one, or move it up.", "The expression %s uses the step %q, which has not run by then.", e.src, m[1])
		}
	}
}

// checkAround files what is wrong with the steps before an operation, and with its own use of them.
func checkAround(f *findings, s *spec, op *operation, types map[string]plugins.OptionType, writes bool) map[string]bool {
	known := map[string]bool{}
	if op == nil {
		return known
	}
	checkSteps(f, s, op.before, types, writes, known)
	for _, e := range op.all() {
		checkStepRefs(f, op.at, e, known)
	}
	return known
}

// all are the expressions of a request; some may be nil.
func (op *operation) all() []*expr {
	if op == nil {
		return nil
	}
	out := op.exprs()
	for _, p := range op.path {
		out = append(out, p.expr)
	}
	if op.xml != nil {
		out = append(out, op.xml.exprs()...)
	}
	if op.soap != nil && op.soap.body != nil {
		out = append(out, op.soap.body.exprs()...)
	}
	return out
}

func (e *element) exprs() []*expr {
	var out []*expr
	for _, a := range e.attrs {
		for _, p := range a.parts {
			out = append(out, p.expr)
		}
	}
	for _, c := range e.children {
		switch x := c.(type) {
		case *element:
			out = append(out, x.exprs()...)
		case []part:
			for _, p := range x {
				out = append(out, p.expr)
			}
		}
	}
	return out
}
