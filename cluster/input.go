package cluster

import (
	"fmt"
	"math"
	"runtime"

	"github.com/mores-lab/mores/features"
)

// DataError says that the data cannot be clustered as they are.
type DataError struct {
	Method string
	Why    string
}

func (e *DataError) Error() string { return e.Method + ": " + e.Why }

// SizeError says that there are fewer rows than clusters asked for.
type SizeError struct {
	Method, Option string
	K, N           int
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s: k = %d but only %d rows: set %s to %d or less", e.Method, e.K, e.N, e.Option, e.N)
}

// ErrorCode is the code that explains it.
func (*SizeError) ErrorCode() string { return "D018" }

// OptionError says that an option has a value that cannot hold.
type OptionError struct {
	Method, Option string
	Value          any
	Why            string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("%s: %s = %v: %s", e.Method, e.Option, e.Value, e.Why)
}

// MemoryError says that a fit would need more memory than can be had.
type MemoryError struct {
	Method string
	Bytes  int64
	Why    string
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("R001 %s: needs %.1f GB: %s", e.Method, float64(e.Bytes)/1e9, e.Why)
}

// ready refuses what no algorithm takes: no rows, one row, no columns, missing or
// infinite values, weights that are not weights.
func ready(method string, x *features.Matrix) (n, d int, err error) {
	if n, d, err = readyShape(method, x); err != nil {
		return 0, 0, err
	}
	if err = readyValues(method, x); err != nil {
		return 0, 0, err
	}
	return n, d, nil
}

// readyShape is the part of ready that need not look at the values.
func readyShape(method string, x *features.Matrix) (n, d int, err error) {
	refuse := func(format string, args ...any) (int, int, error) {
		return 0, 0, &DataError{method, fmt.Sprintf(format, args...)}
	}
	if x == nil {
		return refuse("no matrix")
	}
	n, d = x.Dims()
	switch {
	case n == 0:
		return refuse("no rows")
	case d == 0:
		return refuse("no columns")
	case n == 1:
		return refuse("only 1 row: clustering needs at least 2")
	}
	if x.Weights != nil {
		if len(x.Weights) != n {
			return refuse("%d weights for %d rows", len(x.Weights), n)
		}
		sum := 0.0
		for i, w := range x.Weights {
			if !(w >= 0) || math.IsInf(w, 0) {
				return refuse("row %d (id %q) has weight %v: weights are finite and not negative", i+1, x.ID(i), w)
			}
			sum += w
		}
		if sum == 0 {
			return refuse("every weight is 0")
		}
	}
	return n, d, nil
}

// readyValues refuses missing and infinite values.
func readyValues(method string, x *features.Matrix) error {
	if i, j, bad := x.Missing(); bad {
		return &DataError{method, fmt.Sprintf("row %d (id %q), column %q is %v: drop or fill missing values first", i+1, x.ID(i), x.Cols[j].Name, x.Row(i)[j])}
	}
	return nil
}

// clusters refuses a number of clusters that n rows cannot have.
func clusters(method, option string, k, n int) error {
	if k < 1 {
		return &OptionError{method, option, k, "at least 1"}
	}
	if k > n {
		return &SizeError{method, option, k, n}
	}
	return nil
}

// euclidean refuses a run with a space of its own for methods that need coordinates.
func (r Run) euclidean(method string) error {
	if r.Space != nil {
		return &DataError{method, "works on coordinates, not on given distances: try hierarchical (single, complete, average) or dbscan"}
	}
	return nil
}

// workers is the number of goroutines a run may use.
func (r Run) workers() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (r Run) report(s Step) {
	if r.Report != nil {
		r.Report(s)
	}
}

// noWeights is the warning of methods that treat all rows alike.
func noWeights(method string, x *features.Matrix) []string {
	if x.Weights == nil {
		return nil
	}
	return []string{method + " does not use row weights: every row counts as 1"}
}
