package cluster

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/internal/spell"
)

// Params returns the options as a JSON object: every option, defaults included.
func Params(a Algorithm) (json.RawMessage, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("options of %T: %w", a, err)
	}
	return b, nil
}

// KeyError says that an algorithm has no option of that name.
type KeyError struct {
	Key     string
	Keys    []string // those it has
	Nearest string   // "" = none is near
}

func (e *KeyError) Error() string {
	hint := ""
	if e.Nearest != "" {
		hint = fmt.Sprintf("; did you mean %s?", e.Nearest)
	}
	if len(e.Keys) == 0 {
		return fmt.Sprintf("unknown option %q: there are none", e.Key)
	}
	return fmt.Sprintf("unknown option %q%s (options: %s)", e.Key, hint, strings.Join(e.Keys, ", "))
}

// Keys lists the names of the options, in the order of the struct.
func Keys(a Algorithm) []string {
	var keys []string
	for _, f := range paramFields(a) {
		keys = append(keys, f.key)
	}
	return keys
}

// Set sets one option, by its name or its alias, from text, as `--set key=value` does:
// numbers, true and false, text as it is, "none" for an option that may be absent, JSON for lists (a
// list of texts may also be words). An unknown key is a *KeyError; a value of the
// wrong type an error naming both. The options must be behind a pointer.
func Set(a Algorithm, key, value string) error {
	f, err := paramField(a, key)
	if err != nil {
		return err
	}
	return setText(f.value, key, value)
}

// SetValue sets one option from a decoded value (of TOML or JSON): a number, a
// bool, a text, a list, or nil for an option that may be absent.
func SetValue(a Algorithm, key string, value any) error {
	f, err := paramField(a, key)
	if err != nil {
		return err
	}
	if s, ok := value.(string); ok && f.value.Kind() == reflect.String {
		f.value.SetString(s)
		return nil
	}
	bad := func(why string) error { return &ValueError{key, value, paramType(f.value.Type()), why} }
	if v, ok := value.(float64); ok {
		if f.value.Kind() == reflect.Int && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			value = int64(v) // JSON has no integers
		} else if math.IsNaN(v) || math.IsInf(v, 0) {
			return bad("")
		}
	}
	if s, ok := value.(string); ok && s == "none" && f.value.Kind() == reflect.Pointer {
		value = nil
	}
	if value == nil && f.value.Kind() != reflect.Pointer && f.value.Kind() != reflect.Slice {
		return bad("")
	}
	b, err := json.Marshal(value)
	if err != nil {
		return bad(err.Error())
	}
	to := reflect.New(f.value.Type())
	if err := json.Unmarshal(b, to.Interface()); err != nil {
		return bad("")
	}
	f.value.Set(to.Elem())
	return nil
}

// ValueError says that an option cannot take a value of that type.
type ValueError struct {
	Key   string
	Value any
	Want  string
	Why   string // "" = the type says it
}

func (e *ValueError) Error() string {
	s := fmt.Sprintf("option %s = %#v: want %s", e.Key, e.Value, e.Want)
	if e.Why != "" {
		s += ": " + e.Why
	}
	return s
}

type paramSlot struct {
	key   string
	alias string // another name that Set understands, or ""
	value reflect.Value
}

// paramFields walks the exported fields that have a JSON name, those of embedded
// structs included.
func paramFields(a Algorithm) []paramSlot {
	return paramWalk(reflect.Indirect(reflect.ValueOf(a)))
}

func paramWalk(v reflect.Value) []paramSlot {
	if v.Kind() != reflect.Struct {
		return nil
	}
	var fs []paramSlot
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || key == "-":
		case key != "":
			fs = append(fs, paramSlot{key, f.Tag.Get("alias"), v.Field(i)})
		case f.Anonymous:
			fs = append(fs, paramWalk(v.Field(i))...)
		}
	}
	return fs
}

func paramField(a Algorithm, key string) (paramSlot, error) {
	fs := paramFields(a)
	for _, f := range fs {
		if f.key == key || f.alias == key && key != "" {
			if !f.value.CanSet() {
				panic("cluster: options must be behind a pointer to be set")
			}
			return f, nil
		}
	}
	return paramSlot{}, &KeyError{Key: key, Keys: Keys(a), Nearest: spell.Nearest(key, Keys(a))}
}

func setText(v reflect.Value, key, text string) error {
	bad := func(why string) error { return &ValueError{key, text, paramType(v.Type()), why} }
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return bad("")
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || v.OverflowInt(i) {
			return bad("")
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return bad("")
		}
		v.SetFloat(f)
	case reflect.Pointer:
		if text == "none" || text == "null" || text == "" {
			v.SetZero()
			return nil
		}
		to := reflect.New(v.Type().Elem())
		if err := setText(to.Elem(), key, text); err != nil {
			return bad("")
		}
		v.Set(to)
	default:
		if v.Type() == reflect.TypeFor[[]string]() && !strings.HasPrefix(strings.TrimSpace(text), "[") {
			v.Set(reflect.ValueOf(strings.Fields(text)))
			return nil
		}
		to := reflect.New(v.Type())
		if err := json.Unmarshal([]byte(text), to.Interface()); err != nil {
			return bad("as JSON")
		}
		v.Set(to.Elem())
	}
	return nil
}

// paramType says in words what an option of that type takes.
func paramType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Pointer:
		return paramType(t.Elem()) + " or none"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Slice {
			return "a list of lists of numbers"
		}
		return "a list"
	default:
		return t.String()
	}
}
