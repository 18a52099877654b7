package cluster

import (
	"errors"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	k, h, e := &KMeans{}, &Agglomerative{}, &Exec{}
	for _, c := range []struct {
		a          Algorithm
		key, value string
	}{
		{k, "n_clusters", "12"},
		{k, "tol", "1e-3"},
		{k, "init", "random"},
		{k, "init_centers", "[[1,2],[3,4]]"},
		{h, "distance_threshold", "2.5"},
		{h, "linkage", "single"},
		{e, "command", `["a b","c"]`},
	} {
		if err := Set(c.a, c.key, c.value); err != nil {
			t.Error(err)
		}
	}
	if k.NClusters != 12 || k.Tol != 1e-3 || k.Init != "random" || len(k.InitCenters) != 2 || k.InitCenters[1][0] != 3 {
		t.Errorf("%+v", k)
	}
	if h.Linkage != "single" || h.DistanceThreshold == nil || *h.DistanceThreshold != 2.5 {
		t.Errorf("%+v", h)
	}
	if len(e.Command) != 2 || e.Command[0] != "a b" {
		t.Errorf("%+v", e)
	}
	if err := errors.Join(Set(h, "distance_threshold", "none"), Set(e, "command", "python3 mine.py")); err != nil || h.DistanceThreshold != nil || len(e.Command) != 2 {
		t.Errorf("%+v %+v %v", h, e, err)
	}
	for _, c := range []struct {
		a                Algorithm
		key, value, want string
	}{
		{k, "n_cluster", "3", `unknown option "n_cluster"; did you mean n_clusters? (options: n_clusters, init, init_centers, n_init, max_iter, tol, algorithm)`},
		{k, "eps", "3", `unknown option "eps" (options: n_clusters,`},
		{k, "max", "3", `did you mean max_iter?`},
		{k, "n_clusters", "three", `option n_clusters = "three": want a whole number`},
		{k, "n_clusters", "3.5", `option n_clusters = "3.5": want a whole number`},
		{k, "tol", "NaN", `option tol = "NaN": want a number`},
		{k, "init_centers", "1,2", `option init_centers = "1,2": want a list of lists of numbers`},
		{h, "distance_threshold", "far", `option distance_threshold = "far": want a number or none`},
	} {
		if err := Set(c.a, c.key, c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %s: got %v, want …%s…", c.key, c.value, err, c.want)
		}
	}
}

func TestSetValue(t *testing.T) {
	k, h, e := &KMeans{}, &Agglomerative{}, &Exec{}
	err := errors.Join(
		SetValue(k, "n_clusters", int64(5)), SetValue(k, "tol", int64(1)), SetValue(k, "max_iter", 7.0),
		SetValue(k, "init_centers", []any{[]any{1.5, int64(2)}}), SetValue(h, "distance_threshold", 2.5),
		SetValue(e, "command", []any{"a", "b"}), SetValue(k, "init", "random"),
	)
	if err != nil || k.NClusters != 5 || k.Tol != 1 || k.MaxIter != 7 || k.InitCenters[0][0] != 1.5 || *h.DistanceThreshold != 2.5 || len(e.Command) != 2 || k.Init != "random" {
		t.Errorf("%+v %+v %+v %v", k, h, e, err)
	}
	if err := SetValue(h, "distance_threshold", nil); err != nil || h.DistanceThreshold != nil {
		t.Errorf("%v %+v", err, h)
	}
	for _, c := range []struct {
		key   string
		value any
		want  string
	}{
		{"n_clusters", "5", `option n_clusters = "5": want a whole number`},
		{"n_clusters", 5.5, `option n_clusters = 5.5: want a whole number`},
		{"n_clusters", nil, `option n_clusters = <nil>: want a whole number`},
		{"init", 3, `option init = 3: want a text`},
		{"init_centers", []any{"a"}, `want a list of lists of numbers`},
		{"seed", 3, `unknown option "seed"`},
	} {
		if err := SetValue(k, c.key, c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %v: got %v, want …%s…", c.key, c.value, err, c.want)
		}
	}
}
