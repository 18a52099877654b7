package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
)

// blocks is what each kind of behaviour, grouped by alone, tells of what came next.
func (b *builder) blocks() *Section {
	s := &Section{ID: "blocks", Title: "Which kind of behaviour tells what"}
	if b.state.Holdout == nil || b.state.Holdout.Blocks == nil || len(b.state.Holdout.Blocks.Targets) == 0 {
		s.add(Text("Nothing was held out, so what each kind of behaviour foretells is not known."))
		return s
	}
	m := b.state.Holdout.Blocks
	s.add(Text(fmt.Sprintf("Each kind of behaviour (a block of features) was grouped by alone, in %s groups, and tried on customers not learned from. The figures are means over the dates; 0 is no better than everybody alike. ● marks a block that beats RFM and expected value with as many groups at every date.", count(m.K))), b.blockTable(m),
		Text("May be said: which block to look at for which question. May not be said: which block is best of all. A row is one question, and a block that tells nothing alone may still tell something together with others."))
	return s
}

// blockTable has a row a behaviour and a column a block: names of blocks are short.
func (b *builder) blockTable(m *eval.BlockMatrix) *Table {
	t := &Table{Name: "blocks", Title: "What came next, by the block that was grouped by", Cols: []Col{{Name: "behaviour", Text: true}}}
	// The plain rules and the ceiling first: they are what a block is held against.
	order := make([]int, len(m.Blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return bare(m.Roles[j]) - bare(m.Roles[i]) })
	for _, i := range order {
		name := m.Blocks[i]
		c := Col{Name: name, Rank: i + 1}
		switch m.Roles[i] {
		case eval.RoleCeiling:
			c.Name, c.Doc, c.Rank = "no groups", "a model of all features, without groups: "+name, 0
		case eval.RoleEqualK:
			c.Name, _, _ = strings.Cut(name, ", ")
			c.Rank, c.Doc = 0, "a plain rule with as many groups"
		}
		t.Cols = append(t.Cols, c)
	}
	for j, target := range m.Targets {
		row := Row{Cells: []Cell{word(verdict.Spoken(target))}}
		for _, i := range order {
			x := m.Values[i][j]
			if x == nil {
				row.Cells = append(row.Cells, t.missing(cmp.Or(m.By[i][j].Reason, "no figure at any date")))
				continue
			}
			c := Cell{Text: score(*x), Exact: exact(*x)}
			if m.Beats[i][j] {
				c.Mark = "●"
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// bare is 1 for what is no block.
func bare(r eval.Role) int {
	if r == eval.RoleBlock {
		return 0
	}
	return 1
}
