package transport

import "context"

type (
	readKey       struct{}
	idempotentKey struct{}
	streamKey     struct{}
	insistKey     struct{}
)

// AsRead marks the requests of ctx as reads whatever their method, because searches by SOAP, GraphQL and some REST
// services are POSTs: they change nothing and may be repeated freely.
func AsRead(ctx context.Context) context.Context { return context.WithValue(ctx, readKey{}, true) }

// Idempotent marks the writes of ctx as carrying a key that the server is known to honour, so that the same request
// sent twice takes effect once. Only then is a write repeated after a failure.
func Idempotent(ctx context.Context) context.Context {
	return context.WithValue(ctx, idempotentKey{}, true)
}

// Streaming marks the answers of ctx as endless (server-sent events): the body is handed over as it arrives, without
// a limit of size or time, but a stream that falls silent is given up.
func Streaming(ctx context.Context) context.Context { return context.WithValue(ctx, streamKey{}, true) }

// Insist marks the requests of ctx as asked for by a person now: a system that has lately not answered is asked all the
// same, and one that answers is trusted again at once.
func Insist(ctx context.Context) context.Context { return context.WithValue(ctx, insistKey{}, true) }

func marked(ctx context.Context, key any) bool {
	v, _ := ctx.Value(key).(bool)
	return v
}
