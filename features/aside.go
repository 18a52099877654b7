package features

import (
	"math"

	"github.com/mores-lab/mores/datasets"
)

// Descriptors returns what the log's side tables say of those customers: the columns
// of the table of customers as they are, then the answers of the surveys, named
// "survey: ..." and of unit "survey". Rows are in the order of ids; what is not known
// is "" or NaN. nil where the log has neither table.
func Descriptors(log *datasets.Log, ids []string) *datasets.Table {
	if log.Customers == nil && log.Surveys == nil {
		return nil
	}
	out := &datasets.Table{Name: "customers", Keys: ids}
	for _, t := range []*datasets.Table{log.Customers, log.Surveys} {
		if t == nil {
			continue
		}
		rows := make([]int, len(ids))
		for i, id := range ids {
			row, ok := t.Find(id)
			if !ok {
				row = -1
			}
			rows[i] = row
		}
		for _, c := range t.Cols {
			o := datasets.TableColumn{Name: c.Name, Unit: c.Unit}
			if t == log.Surveys {
				o.Name, o.Unit = "survey: "+c.Name, "survey"
			}
			for _, r := range rows {
				switch {
				case c.Num != nil && r >= 0:
					o.Num = append(o.Num, c.Num[r])
				case c.Num != nil:
					o.Num = append(o.Num, math.NaN())
				case r >= 0:
					o.Text = append(o.Text, c.Text[r])
				default:
					o.Text = append(o.Text, "")
				}
			}
			out.Cols = append(out.Cols, o)
		}
	}
	return out
}
