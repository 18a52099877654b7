package report

import (
	"encoding/csv"
	"io"
)

// CSVOptions says for whom CSV is written.
type CSVOptions struct {
	// ForSpreadsheet puts an apostrophe before text that a spreadsheet would run as
	// a formula. Without it text stays as it is, for pandas, R and other programs.
	ForSpreadsheet bool
}

// CSV writes the ranking as one tidy table: a row for each group of runs of each
// feature set, all digits, empty where a value is undefined. unbeaten is 1 where no other
// row of like coverage is better in index, time and memory at once (beaten_by names one),
// empty where it was not compared; alone_seconds and alone_peak_bytes are what the run would
// take without what others of its algorithm built.
func CSV(w io.Writer, r *Report, opt CSVOptions) error { return r.Ranking.CSV(w, opt) }

// CSV writes the table: a header of snake_case names, all digits, "." for
// decimals, empty = undefined.
func (t *Table) CSV(w io.Writer, opt CSVOptions) error {
	out := csv.NewWriter(w)
	var cols []int
	var row []string
	for j, c := range t.Cols {
		if c.Key != "" {
			cols = append(cols, j)
			row = append(row, c.Key)
		}
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, r := range t.Rows {
		if r.Aside {
			continue
		}
		row = row[:0]
		for _, j := range cols {
			s := r.Cells[j].Exact
			if opt.ForSpreadsheet && t.Cols[j].Text {
				s = inert(s)
			}
			row = append(row, s)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
