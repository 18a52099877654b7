package ledger

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/mores-lab/mores/eval"
)

// judgement writes what was said of the whole study; of one that was not judged, nothing.
func (t *tables) judgement() error {
	if t.state.Verdict == nil {
		return nil
	}
	for _, step := range []func() error{t.holdout, t.picks, t.blocks, t.structure, t.tendency, t.stability, t.kRules, t.verdict} {
		if err := step(); err != nil {
			return err
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// grown is a table that is filled row by row; the first row does not make the columns,
// so that an empty table has them too.
type grown struct{ cols []column }

func (g *grown) texts(names ...string) { g.each(names, column{texts: []string{}}) }
func (g *grown) ints(names ...string)  { g.each(names, column{ints: []int64{}}) }
func (g *grown) nums(names ...string)  { g.each(names, column{floats: []float64{}}) }
func (g *grown) bools(names ...string) { g.each(names, column{bools: []bool{}}) }

func (g *grown) each(names []string, kind column) {
	for _, n := range names {
		c := kind
		c.name = n
		g.cols = append(g.cols, c)
	}
}

// row adds a value a column: string, int, float64, *float64 (nil = missing) or bool.
func (g *grown) row(values ...any) {
	for i, v := range values {
		c := &g.cols[i]
		switch v := v.(type) {
		case string:
			c.texts = append(c.texts, v)
		case int:
			c.ints = append(c.ints, int64(v))
		case float64:
			c.floats = append(c.floats, v)
		case *float64:
			c.floats = append(c.floats, orNaN(v))
		case bool:
			c.bools = append(c.bools, v)
		default:
			panic("ledger: a value of a kind that tables do not have")
		}
	}
}

// contests are those of the hold-out, by origin and then in eval's order.
func (t *tables) contests() []eval.Contest {
	if t.state.Holdout == nil {
		return nil
	}
	return t.state.Holdout.Contests
}

// besides are the comparisons that get columns of their own.
var besides = []struct {
	column string
	role   eval.Role
	name   string // "" = any of that role
}{
	{"rfm", eval.RoleEqualK, "RFM k-means"},
	{"expected_value", eval.RoleEqualK, "expected value"},
	{"quintiles", eval.RoleQuintiles, "RFM quintiles"},
	{"chance", eval.RoleChance, ""},
	{"ceiling", eval.RoleCeiling, ""},
}

func (t *tables) holdout() error {
	var g grown
	g.texts("origin", "until", "target", "method", "kind", "measure")
	g.ints("population", "customers")
	g.nums("mean")
	g.texts("entrant", "run_id", "role")
	g.ints("k")
	g.nums("inside", "outside", "outside_lo", "outside_hi")
	g.bools("tied")
	g.nums("lift", "lift_share")
	for _, b := range besides {
		g.nums(b.column, b.column+"_difference", b.column+"_lo", b.column+"_hi")
	}
	g.texts("reason")
	for _, c := range t.contests() {
		head := []any{c.Origin, c.Until, c.Target, c.Method, string(c.Kind), c.Measure, c.Population, c.Customers, c.Mean}
		standings := c.Standings
		if len(standings) == 0 { // a contest that could not be held says why
			standings = []eval.Standing{{Reason: c.Reason}}
		}
		for _, s := range standings {
			row := append(slices.Clone(head), s.Name, s.Run, string(s.Role), s.K, s.Inside, s.Outside, s.Lo, s.Hi, s.In, s.Lift, s.LiftShare)
			for _, b := range besides {
				at := slices.IndexFunc(s.Versus, func(v eval.Versus) bool { return v.Role == b.role && (b.name == "" || v.Baseline == b.name) })
				var v eval.Versus
				if at >= 0 {
					v = s.Versus[at]
				}
				row = append(row, v.Value, v.Difference, v.Lo, v.Hi)
			}
			g.row(append(row, cmp.Or(s.Reason, c.Reason))...)
		}
	}
	return writeTable(t.dir, "holdout", g.cols)
}

func (t *tables) picks() error {
	var g grown
	g.texts("origin", "target", "half", "entrant", "run_id")
	g.ints("k")
	g.nums("selection", "inside", "outside", "outside_lo", "outside_hi", "best")
	g.texts("best_entrant")
	g.nums("regret")
	g.texts("reason")
	for _, c := range t.contests() {
		for _, p := range c.Picked {
			g.row(c.Origin, c.Target, p.Half, p.Name, p.Run, p.K, p.Selection, p.Inside, p.Outside, p.Lo, p.Hi, p.Best, p.BestName, p.Regret, p.Reason)
		}
		if n := c.Nested; n != nil {
			none := math.NaN()
			g.row(c.Origin, c.Target, "both", "", "", 0, none, none, n.Value, n.Lo, n.Hi, none, "", none, n.Reason)
		}
	}
	return writeTable(t.dir, "picks", g.cols)
}

func (t *tables) blocks() error {
	var g grown
	g.texts("block", "role", "target", "measure", "origin")
	g.ints("k")
	g.nums("value", "mean")
	g.bools("beats")
	g.texts("reason")
	if t.state.Holdout != nil && t.state.Holdout.Blocks != nil {
		m := t.state.Holdout.Blocks
		for i, block := range m.Blocks {
			for j, target := range m.Targets {
				for o, origin := range m.Origins {
					g.row(block, string(m.Roles[i]), target, m.Measure[j], origin, m.K, m.By[i][j].Values[o], m.Values[i][j], m.Beats[i][j], m.By[i][j].Reason)
				}
			}
		}
	}
	return writeTable(t.dir, "blocks", g.cols)
}

func (t *tables) structure() error {
	var g grown
	g.texts("feature_set", "scaling", "null", "doc")
	g.bools("decided")
	g.nums("p", "alpha")
	g.ints("draws", "exceeded")
	g.bools("beaten")
	g.nums("statistic", "rating", "expected", "sd")
	g.ints("cells", "rows", "rows_looked_at")
	g.bools("sampled", "natural")
	g.texts("reason")
	for _, e := range t.state.Structures {
		s := e.Structure
		if s == nil {
			continue
		}
		for _, n := range s.Nulls {
			known := func(x float64) float64 { // of a null that was not looked at nothing is known
				if !n.Decided {
					return math.NaN()
				}
				return x
			}
			g.row(e.Set, e.Scale, n.Name, n.Doc, n.Decided, known(n.P), s.Alpha, n.Draws, n.Exceeded, n.Beaten, known(n.Value), known(n.Rating),
				known(n.Expected), known(n.SD), n.Cells, n.Rows, s.Rows, s.Sampled, s.Natural, cmp.Or(n.Reason, s.Reason))
		}
	}
	return writeTable(t.dir, "structure", g.cols)
}

func (t *tables) stability() error {
	var g grown
	g.texts("run_id")
	g.ints("cluster")
	g.nums("jaccard", "jaccard_lo", "jaccard_hi", "null", "gain")
	g.texts("reading")
	g.nums("refits", "dissolved")
	g.texts("reason")
	none := math.NaN()
	v := t.state.Verdict
	for _, r := range t.done {
		e, ok := r.Scores["stability"]
		segments := e.Segments
		if len(segments) == 0 && r.ID == v.Run { // an older journal has them in the verdict alone
			segments = v.Segments
		}
		switch {
		case len(segments) > 0:
			for i, s := range segments {
				refits, dissolved := none, none
				if s.Refits > 0 {
					refits, dissolved = float64(s.Refits), float64(s.Dissolved)
				}
				g.row(r.ID, i, s.Jaccard, s.Lo, s.Hi, s.Null, s.Gain, string(s.Reading), refits, dissolved, "")
			}
		case !ok:
		case e.Value == nil:
			g.row(r.ID, -1, none, none, none, none, none, "", none, none, e.Reason)
		default:
			for i, j := range e.PerSegment {
				g.row(r.ID, i, j, none, none, none, none, "", none, none, "")
			}
		}
	}
	return writeTable(t.dir, "stability", g.cols)
}

func (t *tables) kRules() error {
	var g grown
	g.texts("feature_set", "algorithm", "rule", "family", "how")
	g.nums("k", "value")
	g.texts("run_id", "reason")
	v := t.state.Verdict
	if v.Indices != nil {
		for _, k := range v.Indices.K {
			at, value, run := math.NaN(), math.NaN(), ""
			if k.K > 0 {
				at = float64(k.K)
			}
			if k.Index >= 0 && k.K > 0 {
				value = k.Value
				if k.Index < len(v.Compared) {
					run = v.Compared[k.Index]
				}
			}
			g.row(v.Set, v.Algorithm, k.Rule, k.Family, k.How, at, value, run, k.Reason)
		}
	}
	return writeTable(t.dir, "k_rules", g.cols)
}

// verdict writes the verdict, indented, as the journal has it.
func (t *tables) verdict() error {
	b, err := json.MarshalIndent(t.state.Verdict, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(t.dir, "verdict.json")
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err = finish(f, err); err != nil {
		os.Remove(path + ".tmp")
		return err
	}
	return os.Rename(path+".tmp", path)
}
