package connector

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"muster/plugins"
)

// rpcSpec is a call of JSON-RPC or XML-RPC: one address, the method and its parameters in the body.
type rpcSpec struct {
	protocol string // jsonrpc or xmlrpc
	method   string
	params   *expr
	version  string // of JSON-RPC: 2.0 unless given
}

func (r *reader) rpc(n *node, protocol string) *rpcSpec {
	return &rpcSpec{protocol: protocol, method: n.str("method"), params: r.expr(n, "params"), version: map[string]string{"1": "1.0", "1.0": "1.0"}[n.str("version")]}
}

func rpcBody(ctx context.Context, sp *rpcSpec, in map[string]any) (payload, error) {
	params := any([]any{})
	if sp.params != nil {
		v, err := sp.params.one(ctx, newScope(in), in)
		if err != nil {
			return payload{}, unsendable(err)
		}
		params = v
	}
	if sp.protocol == "jsonrpc" {
		call := map[string]any{"method": sp.method, "params": params, "id": 1}
		if sp.version == "" {
			call["jsonrpc"] = "2.0"
		}
		b, err := marshal(call)
		if err != nil {
			return payload{}, unsendable(&shapeError{expr: "params", say: "they cannot be written as JSON"})
		}
		return payload{bytes: b, ctype: "application/json"}, nil
	}
	list, many := params.([]any)
	if !many {
		list = []any{params}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="utf-8"?><methodCall><methodName>%s</methodName><params>`, escapeXML(sp.method))
	for _, p := range list {
		b.WriteString("<param>")
		if err := writeXMLRPC(&b, p, 0); err != nil {
			return payload{}, unsendable(&shapeError{expr: sp.params.src, say: err.Error()})
		}
		b.WriteString("</param>")
	}
	b.WriteString("</params></methodCall>")
	return payload{bytes: []byte(b.String()), ctype: "text/xml; charset=utf-8"}, nil
}

var errRPCValue = errors.New("a parameter cannot be written as XML-RPC")

// writeXMLRPC writes a value; null is <nil/>, as most servers take it.
func writeXMLRPC(b *strings.Builder, v any, depth int) error {
	if depth > xmlDepth {
		return errRPCValue
	}
	b.WriteString("<value>")
	switch x := v.(type) {
	case nil:
		b.WriteString("<nil/>")
	case bool:
		b.WriteString("<boolean>" + map[bool]string{true: "1", false: "0"}[x] + "</boolean>")
	case string:
		b.WriteString("<string>" + escapeXML(x) + "</string>")
	case []any:
		b.WriteString("<array><data>")
		for _, y := range x {
			if err := writeXMLRPC(b, y, depth+1); err != nil {
				return err
			}
		}
		b.WriteString("</data></array>")
	case map[string]any:
		b.WriteString("<struct>")
		for _, k := range sortedKeys(x) {
			b.WriteString("<member><name>" + escapeXML(k) + "</name>")
			if err := writeXMLRPC(b, x[k], depth+1); err != nil {
				return err
			}
			b.WriteString("</member>")
		}
		b.WriteString("</struct>")
	default:
		w, ok := scalarText(v)
		if !ok {
			return errRPCValue
		}
		tag := "double"
		if n, err := strconv.ParseInt(w, 10, 64); err == nil {
			if tag = "int"; n != int64(int32(n)) {
				tag = "i8"
			}
		}
		b.WriteString("<" + tag + ">" + w + "</" + tag + ">")
	}
	b.WriteString("</value>")
	return nil
}

// rpcAnswer takes the result, or the error, out of an answer's body: expressions then see the result itself, and error
// rules see .error.code and .error.message.
func rpcAnswer(sp *rpcSpec, body any) (any, error) {
	m, ok := body.(map[string]any)
	if !ok {
		return nil, errors.New("the answer is not a " + sp.protocol + " answer")
	}
	if sp.protocol == "jsonrpc" {
		if e, ok := m["error"].(map[string]any); ok {
			return map[string]any{"error": e}, nil
		}
		if e, ok := m["error"].(string); ok {
			return map[string]any{"error": map[string]any{"message": e}}, nil
		}
		result, there := m["result"]
		if !there {
			return nil, errors.New("the answer has neither result nor error")
		}
		return result, nil
	}
	resp, ok := m["methodResponse"].(map[string]any)
	if !ok {
		return nil, errors.New("the answer is not an xmlrpc answer")
	}
	if f, ok := resp["fault"].(map[string]any); ok {
		v, err := readXMLRPC(f["value"], 0)
		fault, _ := v.(map[string]any)
		if err != nil || fault == nil {
			return nil, errors.New("the answer's fault cannot be read")
		}
		return map[string]any{"error": map[string]any{"code": fault["faultCode"], "message": fault["faultString"]}}, nil
	}
	params, _ := resp["params"].(map[string]any)
	param, _ := params["param"].(map[string]any)
	v, there := param["value"]
	if !there {
		return nil, errors.New("the answer has neither a value nor a fault")
	}
	return readXMLRPC(v, 0)
}

// readXMLRPC turns the decoded XML of a value into what it stands for. dateTime.iso8601 becomes 2006-01-02T15:04:05, or
// stays as it is.
func readXMLRPC(v any, depth int) (any, error) {
	if depth > xmlDepth {
		return nil, errTooDeep
	}
	m, ok := v.(map[string]any)
	if !ok {
		return v, nil // text without a type is a string
	}
	for _, tag := range sortedKeys(m) {
		text, _ := m[tag].(string)
		switch tag {
		case "string":
			return text, nil
		case "int", "i4", "i8", "i1", "i2", "biginteger", "double", "float", "bigdecimal":
			n, err := decodeJSON([]byte(strings.TrimPrefix(text, "+")))
			if err != nil {
				return nil, errors.New("the answer holds a number that is none")
			}
			return n, nil
		case "boolean":
			return text == "1" || text == "true", nil
		case "nil":
			return nil, nil
		case "dateTime.iso8601":
			if len(text) >= 17 && text[8] == 'T' && strings.IndexByte(text[:8], '-') < 0 {
				return text[:4] + "-" + text[4:6] + "-" + text[6:8] + text[8:], nil
			}
			return text, nil
		case "base64":
			if b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
				return strings.ToValidUTF8(string(b), "\ufffd"), nil
			}
			return nil, errors.New("the answer holds base64 that is none")
		case "array":
			arr, _ := m[tag].(map[string]any)
			data, _ := arr["data"].(map[string]any)
			out := []any{}
			for _, x := range asList(data["value"]) {
				y, err := readXMLRPC(x, depth+1)
				if err != nil {
					return nil, err
				}
				out = append(out, y)
			}
			return out, nil
		case "struct":
			st, _ := m[tag].(map[string]any)
			out := map[string]any{}
			for _, x := range asList(st["member"]) {
				mem, _ := x.(map[string]any)
				name, _ := mem["name"].(string)
				y, err := readXMLRPC(mem["value"], depth+1)
				if err != nil {
					return nil, err
				}
				out[name] = y
			}
			return out, nil
		}
	}
	return nil, fmt.Errorf("the answer holds a value of an unknown type (%s)", gojq.TypeOf(v))
}

func asList(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		return x
	}
	return []any{v}
}

// rpcError is what an error answer means where no rule of the file says so: a refusal of what was sent.
func (s *system) rpcError(a *answer) *plugins.Error {
	body, _ := a.body.(map[string]any)
	e, _ := body["error"].(map[string]any)
	if e == nil || len(body) != 1 {
		return nil
	}
	kind := plugins.Invalid
	switch code, _ := scalarText(e["code"]); code {
	case "-32700", "-32601":
		kind = plugins.Drift
	case "-32603":
		kind = plugins.Unavailable
		if a.write {
			kind = plugins.Unknown
		}
	}
	return &plugins.Error{Kind: kind, System: s.env.System, Say: s.words(kind), Err: errors.New("remote call refused")}
}
