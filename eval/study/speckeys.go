package study

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/mores-lab/mores/cluster"
)

// specKeys lists the keys of a table of a study file.
func specKeys(table toml.Key) []string {
	t := reflect.TypeFor[Spec]()
	for _, k := range table {
		if t.Kind() != reflect.Struct {
			return nil
		}
		next := reflect.Type(nil)
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("toml") == k {
				next = t.Field(i).Type
			}
		}
		if next == nil {
			return nil
		}
		t = next
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for i := range t.NumField() {
		if k := t.Field(i).Tag.Get("toml"); k != "" && k != "-" {
			out = append(out, k)
		}
	}
	if len(table) == 0 {
		out = append(out, "algorithm")
	}
	return out
}

// specLine finds the line of a key, in the i-th [[table]] of its name: the line
// that sets it, the inline table that holds it, or the header of its table. 0 =
// not found.
func specLine(src string, key toml.Key, i int) int {
	var at []string // the table we are in
	array := -1     // which [[table]] of that name
	counts := map[string]int{}
	fallback := 0
	for n, line := range strings.Split(src, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			head, _, _ := strings.Cut(strings.TrimLeft(line, "["), "]")
			at, array = splitKey(head), 0
			if strings.HasPrefix(line, "[[") {
				array = counts[head]
				counts[head]++
			}
			if prefix(at, key) && array == i && fallback == 0 {
				fallback = n + 1
			}
			continue
		}
		if array >= 0 && array != i {
			continue
		}
		name, rest, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		full := append(slices.Clone(at), splitKey(name)...)
		switch {
		case slices.Equal(full, key):
			return n + 1
		case prefix(full, key) && strings.Contains(rest, key[len(key)-1]):
			return n + 1
		}
	}
	return fallback
}

func prefix(p, of []string) bool { return len(p) < len(of) && slices.Equal(p, of[:len(p)]) }

func splitKey(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ".") {
		out = append(out, strings.Trim(strings.TrimSpace(part), `"'`))
	}
	return out
}

// unknownWord is the key to find the nearest of, if the error is that it is unknown.
func unknownWord(err error, key string) string {
	if e := (*cluster.KeyError)(nil); errors.As(err, &e) {
		return key
	}
	return ""
}

func validIf(err error, valid []string) []string {
	if unknownWord(err, "x") == "" {
		return nil
	}
	return valid
}

// short leaves out of an unknown key's error what SpecError says itself.
func short(err error) string {
	if e := (*cluster.KeyError)(nil); errors.As(err, &e) {
		return "unknown key \"" + e.Key + "\""
	}
	return err.Error()
}
