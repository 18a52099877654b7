package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

// StructureNull makes data without groups that resemble the data in hand: what they would
// look like if customers differed by degrees only.
type StructureNull struct {
	Name string // copula, cohort, shuffle
	Doc  string // what it keeps of the data and what it takes away, in a sentence
	// Draw makes one data set, of the columns of the data in hand and about as many rows.
	// It is called from several goroutines at once; the same seed gives the same bits.
	Draw func(ctx context.Context, seed uint64) (*features.Matrix, error)
}

// StructureGrid clusters x with every setting of the study and rates each: one value a
// cell, larger = better separated, NaN = no partition worth rating. It is called from
// several goroutines at once, always with as many cells.
type StructureGrid func(ctx context.Context, x *features.Matrix, seed uint64) ([]float64, error)

// StructureOptions are the options of StructureTest.
type StructureOptions struct {
	Alpha float64 `json:"alpha"` // the level; .02
	Draws int     `json:"draws"` // the most draws of a null, the pilot apart; 99
	Pilot int     `json:"pilot"` // draws that say what to expect of each cell; 20
	// Stop ends a null as soon as so many draws look as grouped as the data; 5.
	Stop int `json:"stop"`
	// Brief leaves out the nulls after the first that was not beaten: the verdict is
	// known, and a null that is beaten costs all its draws.
	Brief   bool   `json:"brief"`
	Seed    uint64 `json:"seed"`
	Workers int    `json:"-"` // draws made at once; 0 = all processors. The result does not depend on it
	// Memory stands between the test and what it rates, if somebody keeps that; nil = nobody.
	Memory StructureMemory `json:"-"`
}

// StructureRating is what the grid said of one data set: a value a cell, NaN = no
// partition worth rating, and the rows that were looked at.
type StructureRating struct {
	Ratings []float64
	Rows    int
}

// StructureMemory returns what make returns, or what make returned in another test of the
// same data, grid, null and seed, which was stopped: a draw has random numbers of its own,
// so the result is the same. Draws of a null are numbered from 0 on, the pilot first; the
// data are draw 0 of null "". It is called from several goroutines at once.
type StructureMemory func(null string, draw uint64, make func() (StructureRating, error)) (StructureRating, error)

// recall is the memory, or make where there is none.
func (o *StructureOptions) recall(null string, draw uint64, make func() (StructureRating, error)) (StructureRating, error) {
	if o.Memory == nil {
		return make()
	}
	return o.Memory(null, draw, make)
}

// NewStructureOptions returns the defaults. At α = .02 and 99 draws, a null is beaten
// where at most one draw looks as grouped as the data.
func NewStructureOptions() StructureOptions {
	return StructureOptions{Alpha: 0.02, Draws: 99, Pilot: 20, Stop: 5, Brief: true}
}

// StructureRows is the number of rows above which a sample of so many is looked at. More
// rows make the test no more honest, and 2,000 show groups that are worth having; a grid
// on 20,000 rows costs 100 times as much.
const StructureRows = 2000

// NullResult is what one null said.
type NullResult struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
	// P is the chance of data as grouped as these if the null were true: exact, and 1 where
	// Reason says why nothing is known.
	P        float64 `json:"p"`
	Draws    int     `json:"draws"`    // that were looked at, the pilot apart
	Exceeded int     `json:"exceeded"` // of them, those as grouped as the data
	Decided  bool    `json:"decided"`  // P is known
	Beaten   bool    `json:"beaten"`   // P ≤ α
	Reason   string  `json:"reason,omitempty"`

	Value    float64 `json:"value"`    // the statistic: the data's largest z
	Cell     int     `json:"cell"`     // the cell that gave it; −1 = none
	Rating   float64 `json:"rating"`   // the data's index in that cell
	Expected float64 `json:"expected"` // the null's there: mean of the pilot
	SD       float64 `json:"sd"`       // and standard deviation
	Cells    int     `json:"cells"`    // that took part: rated in half of the pilot at least
	Rows     int     `json:"rows"`     // of the smallest draw
}

// Structure says whether there are natural groups.
type Structure struct {
	Statistic string  `json:"statistic"`
	Value     float64 `json:"value"` // against the null with the largest p
	Cell      int     `json:"cell"`  // the cell that gave the maximum; −1 = none
	// P is the largest over the nulls that were looked at: all of them where Natural; 1
	// where none could be.
	P       float64      `json:"p"`
	Alpha   float64      `json:"alpha"`
	Nulls   []NullResult `json:"nulls"`
	Natural bool         `json:"natural"`
	Reason  string       `json:"reason,omitempty"` // why not natural
	Rows    int          `json:"rows"`             // looked at
	Sampled bool         `json:"sampled"`          // not all were
	// Tendency is told beside it; it never votes. nil = it was not looked at.
	Tendency *Tendency `json:"tendency,omitempty"`
}

// structureStatistic is declared before anything is looked at.
const structureStatistic = "largest standardised index over all settings of the grid"

// Streams of random numbers: kind + number<<8.
const (
	structureRowStream  = 0x40 + iota // which rows are looked at
	structureGridStream               // number = draw + 1; 0 = the data
	structureDrawStream               // number = draw
)

// TestStructure says whether the rows fall into natural groups, or whether groups are cut
// out of a continuum: it clusters the data in every way that the study does, does the same
// to data of which it is known that there are no groups in them, and calls groups natural
// only where no such data look as grouped.
//
// The statistic is declared beforehand. With s_c the index of cell c (an algorithm with
// its options), and μ_c, σ_c its mean and standard deviation over a pilot of draws of the
// null,
//
//	T(x) = max_c (s_c(x) − μ_c)/σ_c,
//
// so that an index that grows with the number of segments, or an algorithm that rates
// itself highly on anything, is measured by what it reaches where there is nothing.
// The same T is taken of each further draw, all cells anew: the choice of algorithm and of
// the number of segments lies inside the p-value, however large the grid. The pilot is
// not among the draws that are counted, so data and draws are exchangeable under the
// null and P(p ≤ α) ≤ α holds exactly where the null is known, and up to the estimate of
// its parameters (copula, cohort) otherwise.
//
// p is sequential: with the h-th draw (h = Stop) at least as grouped as the data coming
// as number l, p = h/l; where all n draws bring only g < h, p = (1 + g)/(1 + n). What is
// not natural is so known after a few draws.
//
// Natural: every null is beaten, p ≤ α for each (an intersection-union test, which keeps
// the level without any correction; Berger 1982), so P is the largest p. A null that
// cannot be drawn is not beaten, and Reason says so. Put the null first that is hardest
// to beat: of customers, CohortNull.
//
// A cell that fewer than half of the pilot's draws can rate is left out: what is rare has
// no standard deviation. σ_c is at least a tenth of the median over the cells, so that a
// cell which always reaches the same does not decide alone. A cell that cannot be rated
// in the data, or in a draw, found nothing there.
//
// Above StructureRows rows a random sample of so many is looked at, drawn by the seed;
// draws of more rows are cut alike. Row weights are not used. The seed affects the sample,
// the draws and the algorithms' starts; workers nothing. Cost: (1 + pilot + draws) grids for each
// null that is beaten, about 1 + pilot + 3·stop for one that is not.
//
// Besag & Clifford 1991, Sequential Monte Carlo p-values, Biometrika 78(2), 301-304,
// doi:10.1093/biomet/78.2.301. Berger 1982, Technometrics 24(4), 295-300,
// doi:10.2307/1267823. On natural, reproducible and constructive segments:
// Dolnicar & Leisch 2010, Marketing Letters 21, 83-101, doi:10.1007/s11002-009-9083-4.
func TestStructure(ctx context.Context, x *features.Matrix, grid StructureGrid, nulls []StructureNull, o StructureOptions) (*Structure, error) {
	if err := o.check(x, nulls); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	t := &structureTest{o: o, grid: grid, rows: min(n, StructureRows)}
	out := &Structure{Statistic: structureStatistic, Alpha: o.Alpha, Rows: t.rows, Sampled: n > t.rows, Cell: -1}
	data, err := o.recall("", 0, func() (StructureRating, error) {
		s, err := t.rate(ctx, t.cut(x, structureRowStream), 0)
		return StructureRating{s, t.rows}, err
	})
	if err != nil {
		return nil, fmt.Errorf("structure: the data: %w", err)
	}
	t.data = data.Ratings
	decides := "" // the first null that was not beaten
	for _, null := range nulls {
		r := NullResult{Name: null.Name, Doc: null.Doc, P: 1, Cell: -1}
		if o.Brief && decides != "" {
			r.Reason = "not looked at: " + decides + " was not beaten, which decides"
		} else if err := t.against(ctx, null, &r); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			r = NullResult{Name: null.Name, Doc: null.Doc, P: 1, Cell: -1, Reason: err.Error()}
		}
		if r.Decided && !r.Beaten && decides == "" {
			decides = null.Name
		}
		out.Nulls = append(out.Nulls, r)
	}
	out.conclude()
	return out, nil
}

// conclude reads the verdict from the nulls.
func (s *Structure) conclude() {
	s.Natural, s.P = true, 1
	missing, most := "", 0.0 // p is never 0
	for _, r := range s.Nulls {
		s.Natural = s.Natural && r.Beaten
		switch {
		case !r.Decided && missing == "":
			missing = fmt.Sprintf("%s: %s", r.Name, r.Reason)
		case r.Decided && r.P > most:
			most, s.P, s.Value, s.Cell = r.P, r.P, r.Value, r.Cell
			switch {
			case r.Beaten:
			case r.Reason != "":
				s.Reason = r.Reason
			default:
				s.Reason = fmt.Sprintf("data without groups look as grouped (%s, p = %.2g)", r.Name, r.P)
			}
		}
	}
	if s.Reason == "" && missing != "" {
		s.Reason = "not shown against every null: " + missing
	}
}

func (o *StructureOptions) check(x *features.Matrix, nulls []StructureNull) error {
	n, d := x.Dims()
	switch {
	case n < 10 || d < 1:
		return fmt.Errorf("structure: %d rows of %d columns: at least 10 rows and 1 column", n, d)
	case len(nulls) == 0:
		return errors.New("structure: no null to compare with: give at least CopulaNull")
	case !(o.Alpha > 0 && o.Alpha < 1):
		return fmt.Errorf("structure: alpha = %v: above 0 and below 1", o.Alpha)
	case o.Pilot < 5:
		return fmt.Errorf("structure: pilot = %d: at least 5 draws, to know a standard deviation by", o.Pilot)
	case o.Stop < 1:
		return fmt.Errorf("structure: stop = %d: at least 1", o.Stop)
	case !(1/float64(1+o.Draws) <= o.Alpha):
		return fmt.Errorf("structure: draws = %d cannot give p ≤ alpha = %v: at least %d", o.Draws, o.Alpha, int(math.Ceil(1/o.Alpha))-1)
	}
	if r, c, bad := x.Missing(); bad {
		return fmt.Errorf("structure: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	return nil
}

// structureTest is one run.
type structureTest struct {
	o    StructureOptions
	grid StructureGrid
	rows int
	data []float64
}

// cut returns the matrix without weights, of at most t.rows rows.
func (t *structureTest) cut(x *features.Matrix, stream uint64) *features.Matrix {
	n, _ := x.Dims()
	if n > t.rows {
		return features.NewMatrix(t.rows, x.Cols, x.Pick(refitSplit(n, t.rows, rand.New(rand.NewPCG(t.o.Seed, stream)))).Data())
	}
	return features.NewMatrix(n, x.Cols, x.Data())
}

// rate is the grid with its answer looked at; what it calls may not be ours, and a panic
// would take the program down from another goroutine.
func (t *structureTest) rate(ctx context.Context, x *features.Matrix, number uint64) (s []float64, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	s, err = t.grid(ctx, x, rand.New(rand.NewPCG(t.o.Seed, structureGridStream+number<<8)).Uint64())
	switch {
	case err != nil:
		return nil, err
	case t.data != nil && len(s) != len(t.data):
		return nil, fmt.Errorf("the grid rated %d cells, and %d of the data", len(s), len(t.data))
	case len(s) == 0:
		return nil, errors.New("the grid has no cells")
	}
	return s, nil
}

// draw is one data set of the null, rated. Each null has random numbers of its own.
func (t *structureTest) draw(ctx context.Context, null StructureNull, number uint64) (s []float64, rows int, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	h := fnv.New64a()
	h.Write([]byte(null.Name))
	own := h.Sum64()
	x, err := null.Draw(ctx, rand.New(rand.NewPCG(t.o.Seed^own, structureDrawStream+number<<8)).Uint64())
	if err != nil {
		return nil, 0, err
	}
	n, _ := x.Dims()
	if 2*n < t.rows {
		return nil, 0, fmt.Errorf("it has %d rows where the data have %d: too few to compare with", n, t.rows)
	}
	if r, c, bad := x.Missing(); bad {
		return nil, 0, fmt.Errorf("row %s has no value in column %s", x.ID(r), x.Cols[c].Name)
	}
	s, err = t.rate(ctx, t.cut(x, structureRowStream+(number+1)<<8), own&^0xff+number+1)
	return s, min(n, t.rows), err
}

// structureDraw is one draw's outcome.
type structureDraw struct {
	s    []float64
	rows int
	err  error
}

// draws makes draws from to to−1, several at a time.
func (t *structureTest) draws(ctx context.Context, null StructureNull, from, to int) []structureDraw {
	out := make([]structureDraw, to-from)
	parallel(t.workers(), len(out), func(i int) {
		if out[i].err = ctx.Err(); out[i].err != nil {
			return
		}
		got, err := t.o.recall(null.Name, uint64(from+i), func() (StructureRating, error) {
			s, rows, err := t.draw(ctx, null, uint64(from+i))
			return StructureRating{s, rows}, err
		})
		if err == nil && len(got.Ratings) != len(t.data) {
			err = fmt.Errorf("%d ratings are remembered of it for %d cells", len(got.Ratings), len(t.data))
		}
		if err != nil {
			err = fmt.Errorf("draw %d: %w", from+i+1, err)
		}
		out[i] = structureDraw{got.Ratings, got.Rows, err}
	})
	return out
}

func (t *structureTest) workers() int { return workersOf(&Input{Workers: t.o.Workers}) }

// against fills in what one null says. Draws are counted in their order, whichever came
// first, so that workers change nothing.
func (t *structureTest) against(ctx context.Context, null StructureNull, r *NullResult) error {
	pilot := t.draws(ctx, null, 0, t.o.Pilot)
	for _, d := range pilot {
		if d.err != nil {
			return d.err
		}
		r.Rows = min(d.rows, cmp.Or(r.Rows, d.rows))
	}
	z := newStructureScale(pilot, len(t.data))
	r.Cells = z.cells()
	value, cell := z.max(t.data)
	switch {
	case r.Cells == 0:
		r.Reason = fmt.Sprintf("no cell can be rated in half of the %d pilot draws: the grid finds nothing in data without groups to compare with", t.o.Pilot)
		return nil
	case cell < 0:
		r.Decided, r.Reason = true, "no cell found groups to rate in the data"
		return nil
	}
	r.Value, r.Cell, r.Rating, r.Expected, r.SD = value, cell, t.data[cell], z.mean[cell], z.sd[cell]
	for r.Draws < t.o.Draws && r.Exceeded < t.o.Stop {
		from := t.o.Pilot + r.Draws
		for _, d := range t.draws(ctx, null, from, min(from+t.workers(), t.o.Pilot+t.o.Draws)) {
			if d.err != nil {
				return d.err
			}
			r.Rows = min(d.rows, r.Rows)
			r.Draws++
			if v, _ := z.max(d.s); v >= value {
				if r.Exceeded++; r.Exceeded == t.o.Stop {
					break
				}
			}
		}
	}
	r.P = float64(1+r.Exceeded) / float64(1+r.Draws)
	if r.Exceeded == t.o.Stop {
		r.P = float64(r.Exceeded) / float64(r.Draws)
	}
	r.Decided, r.Beaten = true, r.P <= t.o.Alpha
	return nil
}

// structureScale is what the pilot says of each cell; sd 0 = the cell is left out.
type structureScale struct{ mean, sd []float64 }

func newStructureScale(pilot []structureDraw, cells int) *structureScale {
	z := &structureScale{make([]float64, cells), make([]float64, cells)}
	var sds []float64
	kept := make([]bool, cells)
	for c := range cells {
		var v []float64
		for _, d := range pilot {
			if !math.IsNaN(d.s[c]) {
				v = append(v, d.s[c])
			}
		}
		if 2*len(v) < len(pilot) {
			continue
		}
		kept[c] = true
		z.mean[c], z.sd[c] = refitMoments(v)
		sds = append(sds, z.sd[c])
	}
	// Where every draw reaches the same everywhere (a shuffle that has nothing to move),
	// differences count as they are.
	floor := 1.0
	slices.Sort(sds)
	if len(sds) > 0 && sds[len(sds)/2] > 1e-9 {
		floor = sds[len(sds)/2] / 10
	}
	for c, k := range kept {
		if k && z.sd[c] < floor {
			z.sd[c] = floor
		}
	}
	return z
}

func (z *structureScale) cells() (n int) {
	for _, s := range z.sd {
		if s > 0 {
			n++
		}
	}
	return n
}

// max is T and the first cell that reaches it; −∞ and −1 where nothing was found.
func (z *structureScale) max(s []float64) (value float64, cell int) {
	value, cell = math.Inf(-1), -1
	for c, v := range s {
		if z.sd[c] == 0 || math.IsNaN(v) {
			continue
		}
		if t := (v - z.mean[c]) / z.sd[c]; t > value {
			value, cell = t, c
		}
	}
	return value, cell
}
