package ledger

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// column is a column of a tidy table: exactly one of the slices is set. NaN is
// missing.
type column struct {
	name   string
	floats []float64
	ints   []int64
	texts  []string
	bools  []bool
}

func (c *column) rows() int { return max(len(c.floats), len(c.ints), len(c.texts), len(c.bools)) }

// cell writes a value as CSV has it: missing is empty, numbers are the shortest
// that read back the same.
func (c *column) cell(i int) string {
	switch {
	case c.ints != nil:
		return strconv.FormatInt(c.ints[i], 10)
	case c.texts != nil:
		return c.texts[i]
	case c.bools != nil:
		return strconv.FormatBool(c.bools[i])
	}
	x := c.floats[i]
	switch {
	case math.IsNaN(x):
		return ""
	case x == math.Trunc(x) && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// csvFile is a CSV file that grows; it takes its name when it is whole.
type csvFile struct {
	path string
	f    *os.File
	w    *csv.Writer
	head bool
	row  []string
}

func newCSV(path string) (*csvFile, error) {
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return nil, err
	}
	return &csvFile{path: path, f: f, w: csv.NewWriter(f)}, nil
}

func (c *csvFile) add(cols []column) error {
	if !c.head {
		c.head = true
		for i := range cols {
			c.row = append(c.row, cols[i].name)
		}
		if err := c.w.Write(c.row); err != nil {
			return err
		}
	}
	for i := range cols[0].rows() {
		for j := range cols {
			c.row[j] = cols[j].cell(i)
		}
		if err := c.w.Write(c.row); err != nil {
			return err
		}
	}
	return nil
}

// close gives the file its name, if everything went well until now.
func (c *csvFile) close(err error) error {
	c.w.Flush()
	if err == nil {
		err = c.w.Error()
	}
	if err = finish(c.f, err); err != nil {
		os.Remove(c.path + ".tmp")
		return err
	}
	return os.Rename(c.path+".tmp", c.path)
}

// writeTable writes a table as CSV and as Parquet.
func writeTable(dir, name string, cols []column) error {
	c, err := newCSV(filepath.Join(dir, name+".csv"))
	if err != nil {
		return err
	}
	if err := c.close(c.add(cols)); err != nil {
		return err
	}
	return writeParquet(filepath.Join(dir, name+".parquet"), cols)
}
