package eval

import (
	"fmt"
	"strconv"
)

// Matched are labellings brought to the rows that all of them have.
type Matched struct {
	Labellings []Labelling // with the same ids in the order of the first labelling
	// Left lists for each labelling the rows of it that another one lacks, ascending.
	Left [][]int
}

// Match matches labellings by id. Where a labelling has no ids they are its 0-based row
// numbers. An id that one labelling has twice is an error; having no row in common is none.
// Cost O(n) for all rows together.
func Match(ls []Labelling) (*Matched, error) {
	if len(ls) == 0 {
		return nil, fmt.Errorf("match: no labellings")
	}
	at := make([]map[string]int, len(ls))
	for i, l := range ls {
		if l.IDs != nil && len(l.IDs) != len(l.Labels) {
			panic("eval: ids and labels differ in number")
		}
		at[i] = make(map[string]int, len(l.Labels))
		for row := range l.Labels {
			id := compareID(l, row)
			if before, twice := at[i][id]; twice {
				return nil, fmt.Errorf("match: rows %d and %d of %s have the same id %q", before+1, row+1, l.Name, id)
			}
			at[i][id] = row
		}
	}
	m := &Matched{Left: make([][]int, len(ls))}
	var ids []string
	rows := make([][]int, len(ls))
	for row := range ls[0].Labels {
		id := compareID(ls[0], row)
		everywhere := true
		for _, have := range at[1:] {
			if _, ok := have[id]; !ok {
				everywhere = false
				break
			}
		}
		if !everywhere {
			continue
		}
		ids = append(ids, id)
		for i := range ls {
			rows[i] = append(rows[i], at[i][id])
		}
	}
	for i, l := range ls {
		taken := make([]bool, len(l.Labels))
		labels := make([]int32, len(ids))
		for k, row := range rows[i] {
			labels[k], taken[row] = l.Labels[row], true
		}
		for row, t := range taken {
			if !t {
				m.Left[i] = append(m.Left[i], row)
			}
		}
		m.Labellings = append(m.Labellings, Labelling{Name: l.Name, Labels: labels, IDs: ids})
	}
	return m, nil
}

// compareID is the id of a row.
func compareID(l Labelling, row int) string {
	if l.IDs != nil {
		return l.IDs[row]
	}
	return strconv.Itoa(row)
}
