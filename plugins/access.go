package plugins

import "context"

// Purpose is why an officer looks: asked once per task, carried to each system and into the audit log.
type Purpose struct {
	Code       string `json:"code"`                 // reason code of assets/purposes.yaml
	Text       string `json:"text,omitempty"`       // typed reason, where policy asks for one
	Case       string `json:"case,omitempty"`       // case reference
	Requesting string `json:"requesting,omitempty"` // requesting officer, if another
}

// Access is who acts and why. The desk puts it into the context after the audit record is durable;
// the transport refuses a request whose context has none.
type Access struct {
	Officer     string // user id
	Collar      string
	Role        string
	Force       string
	Workstation string
	Purpose     Purpose
	Operation   string // consultation, alteration, sign-in, check, …
	Correlation string // one id from keystroke to wire
	Audited     uint64 // sequence number of the audit record; 0 only for calls that touch no personal data (check, sign-in)
}

type accessKey struct{}

// WithAccess returns a context that carries a.
func WithAccess(ctx context.Context, a Access) context.Context {
	return context.WithValue(ctx, accessKey{}, a)
}

// AccessFrom returns the Access that ctx carries.
func AccessFrom(ctx context.Context) (Access, bool) {
	a, ok := ctx.Value(accessKey{}).(Access)
	return a, ok
}
