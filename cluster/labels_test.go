package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

func idMatrix(ids ...string) *features.Matrix {
	x := matrix(1, make([]float64, len(ids))...)
	for i := range ids {
		x.Row(i)[0] = float64(i)
	}
	x.IDs = ids
	return x
}

func labelsFile(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "l.csv")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLabels(t *testing.T) {
	x := idMatrix("007", "8", `a,"b`, "z")
	for text, want := range map[string][]int32{
		"id,cluster\nz,5\n8,5\n007,3\n\"a,\"\"b\",-1\n":                     {1, 0, -1, 0},
		"\xef\xbb\xbfcluster,id\r\nx,z\r\nx,8\r\ny,007\r\n,\"a,\"\"b\"\r\n": {1, 0, -1, 0},
		"id,cluster\nz,2.0\n8,2\n007,noise\n\"a,\"\"b\",-1.0\n":             {-1, 0, -1, 0},
	} {
		c, err := (&Labels{File: labelsFile(t, text), ID: "id", Column: "cluster"}).Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(c.Labels, want) {
			t.Errorf("%q: %v %v, want %v", text, c, err, want)
		}
	}
	c, err := (&Labels{File: labelsFile(t, "who,segment,id\nq,1,007\nr,1,8\ns,2,z\nt,2,\"a,\"\"b\"\nu,9,new\n"), ID: "id", Column: "segment"}).Fit(context.Background(), x, Run{})
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], `1 lines for ids that are not rows were ignored, e.g. "new"`) {
		t.Errorf("an id too many: %+v %v", c, err)
	}
	// Without ids rows are numbered from 0.
	y := matrix(1, 3, 4, 5)
	c, err = (&Labels{File: labelsFile(t, "id,cluster\n2,0\n1,0\n0,1\n"), ID: "id", Column: "cluster"}).Fit(context.Background(), y, Run{})
	if err != nil || !slices.Equal(c.Labels, []int32{1, 0, 0}) {
		t.Errorf("row numbers: %v %v", c, err)
	}
}

func TestLabelsRefuses(t *testing.T) {
	x := idMatrix("a", "b", "c", "d", "e")
	for text, want := range map[string]string{
		"":                          "l.csv: empty: want a header id,cluster",
		"id,label\na,1\n":           `l.csv, line 1: no column "cluster" in the header "id,label"`,
		"id,cluster\na,1\n":         `l.csv: 4 of 5 rows have no label, e.g. id "b", "c", "d"`,
		"id,cluster\na,1\nb,1\na,2": `l.csv, line 4: id "a" was labelled on line 2 already`,
		"id,cluster\na,1\nb\n":      "l.csv, line 3: wrong number of fields",
		"id,cluster\na,\"1\nb":      "l.csv, line",
	} {
		_, err := (&Labels{File: labelsFile(t, text), ID: "id", Column: "cluster"}).Fit(context.Background(), x, Run{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", text, err, want)
		}
	}
	if _, err := (&Labels{File: "/no/such/file"}).Fit(context.Background(), x, Run{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := (&Labels{}).Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), "labels: file") {
		t.Errorf("no option: %v", err)
	}
	x.IDs[4] = "a"
	if _, err := (&Labels{File: labelsFile(t, "id,cluster\n"), ID: "id", Column: "cluster"}).Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), `rows 1 and 5 of the matrix have the same id "a"`) {
		t.Errorf("equal ids: %v", err)
	}
}

// Clusters that have names keep them, in the order of the labels; numbers are no names.
func TestLabelsKeepNames(t *testing.T) {
	x := idMatrix("a", "b", "c", "d", "e")
	for text, want := range map[string][]string{
		"id,cluster\na,few\nb,most\nc,most\nd,most\ne,-1\n": {"most", "few"},
		"id,cluster\na,7\nb,2\nc,2\nd,-1\ne,2.0\n":          nil,
		"id,cluster\na,7\nb,seven\nc,2\nd,2\ne,2\n":         {"2", "7", "seven"},
	} {
		c, err := (&Labels{File: labelsFile(t, text), ID: "id", Column: "cluster"}).Fit(t.Context(), x, Run{})
		if err != nil || !slices.Equal(c.Names, want) {
			t.Errorf("%q: names %q, %v", text, c.Names, err)
		}
	}
	file := labelsFile(t, "id,cluster\na,1\nb,1\nc,1\nd,1\ne,1\n")
	a := &Labels{File: filepath.Base(file), Dir: filepath.Dir(file), ID: "id", Column: "cluster"}
	if _, err := a.Fit(t.Context(), x, Run{}); err != nil || a.Sources()[0] != file {
		t.Errorf("a file beside a study file: %v, sources %v", err, a.Sources())
	}
}
