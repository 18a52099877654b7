package study

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"

	"github.com/mores-lab/mores/cluster"
)

func workersOf(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// paramsInto decodes an algorithm's options into out, which may know fewer of them.
func paramsInto(a cluster.Algorithm, out any) error {
	b, err := cluster.Params(a)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// clone returns a copy of an algorithm that can be changed: options are plain
// data, so a shallow copy of the struct behind the pointer is one.
func clone(a cluster.Algorithm) (cluster.Algorithm, error) {
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("the options of %T are not a pointer to a struct", a)
	}
	c := reflect.New(v.Elem().Type())
	c.Elem().Set(v.Elem())
	return c.Interface().(cluster.Algorithm), nil
}

// param is one option as the journal writes it.
type param struct {
	Key   string
	Value json.RawMessage
}

// paramList returns the options of a journal's params in their order. What is not
// an object has none.
func paramList(raw json.RawMessage) []param {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []param
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return out
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return out
		}
		out = append(out, param{Key: k.(string), Value: v})
	}
	return out
}

// algorithmOf rebuilds an algorithm from a journal's params. Options that the
// journal has and the algorithm lacks are an error: they would be silently lost.
func algorithmOf(m *cluster.Method, params json.RawMessage) (cluster.Algorithm, error) {
	a := m.New()
	dec := json.NewDecoder(bytes.NewReader(params))
	dec.DisallowUnknownFields()
	if err := dec.Decode(a); err != nil {
		return nil, fmt.Errorf("%s's options %s: %w", m.Name, params, err)
	}
	return a, nil
}
