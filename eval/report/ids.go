package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// WriteIDs writes the customers of each segment of the shown run into dir, one CSV
// file a segment (segment-1-loyal-customers.csv), the unassigned, and one a stratum
// that was not clustered (stratum-one-purchase.csv). Columns: id, and where known
// probability (of membership), distance (to the segment's centre, in the scaled
// space) and silhouette. It returns the names of the files. dir is made if absent;
// segment files of an earlier report in it are removed, since a customer must not
// stand in two.
func WriteIDs(dir string, r *Report, opt CSVOptions) ([]string, error) {
	if r.Data == nil {
		return nil, fmt.Errorf("report: no run to write ids of: %s", r.Verdict[0])
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, pattern := range []string{"segment-*.csv", "stratum-*.csv", "unassigned.csv"} {
		old, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
		for _, f := range old {
			if err := os.Remove(f); err != nil {
				return nil, err
			}
		}
	}
	rows := make([][]int, r.Segmented()+1)
	for i, l := range r.Data.Labels {
		if l < 0 {
			l = int32(r.Segmented())
		}
		rows[l] = append(rows[l], i)
	}
	var files []string
	for s, rs := range rows {
		name := "unassigned.csv"
		switch {
		case s < r.Segmented():
			name = segmentFile(s+1, r.Cards)
		case len(rs) == 0:
			continue
		}
		if err := r.writeSegment(filepath.Join(dir, name), rs, opt); err != nil {
			return files, err
		}
		files = append(files, name)
	}
	for _, s := range sortedKeys(r.Set.StratumIDs) {
		name := "stratum-" + slug(s) + ".csv"
		if slices.Contains(files, name) || slug(s) == "" {
			name = fmt.Sprintf("stratum-%d-%s.csv", len(files), slug(s))
		}
		err := writeCSV(filepath.Join(dir, name), func(out *csv.Writer) error {
			if err := out.Write([]string{"id"}); err != nil {
				return err
			}
			for _, id := range r.Set.StratumIDs[s] {
				if err := out.Write([]string{cell(id, opt)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return files, err
		}
		files = append(files, name)
	}
	return files, nil
}

func segmentFile(segment int, cs Cards) string {
	name := fmt.Sprintf("segment-%d", segment)
	if segment <= len(cs) {
		if s := slug(cs[segment-1].Name); s != "" {
			name += "-" + s
		}
	}
	return name + ".csv"
}

func cell(s string, opt CSVOptions) string {
	if opt.ForSpreadsheet {
		return inert(s)
	}
	return s
}

func (r *Report) writeSegment(path string, rows []int, opt CSVOptions) error {
	d := r.Data
	return writeCSV(path, func(out *csv.Writer) error {
		head := []string{"id"}
		if d.Probabilities != nil {
			head = append(head, "probability")
		}
		if d.Centers != nil {
			head = append(head, "distance")
		}
		if d.Silhouette != nil {
			head = append(head, "silhouette")
		}
		if err := out.Write(head); err != nil {
			return err
		}
		line := make([]string, 0, len(head))
		for _, i := range rows {
			line = append(line[:0], cell(r.Set.X.ID(i), opt))
			if d.Probabilities != nil {
				line = append(line, exact(d.Probabilities[i]))
			}
			if d.Centers != nil {
				line = append(line, distance(r.Set.X, i, d.Labels[i], d.Centers))
			}
			if d.Silhouette != nil {
				s := float64(d.Silhouette[i])
				if math.IsNaN(s) {
					line = append(line, "")
				} else {
					line = append(line, strconv.FormatFloat(s, 'g', -1, 32))
				}
			}
			if err := out.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// distance is the Euclidean distance of a row to its segment's centre.
func distance(x *features.Matrix, i int, label int32, centers [][]float64) string {
	if label == cluster.Noise || int(label) >= len(centers) {
		return ""
	}
	s := 0.0
	for j, v := range x.Row(i) {
		d := v - centers[label][j]
		s += d * d
	}
	return exact(math.Sqrt(s))
}

// writeCSV writes a file beside its place and moves it there, so that no reader
// sees half of it.
func writeCSV(path string, fill func(*csv.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ids-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has been moved
	b := bufio.NewWriterSize(f, 1<<16)
	out := csv.NewWriter(b)
	err = fill(out)
	out.Flush()
	for _, e := range []error{out.Error(), b.Flush(), f.Chmod(0o644), f.Close()} {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
