package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// StabilityReading is a segment's stability in a word.
type StabilityReading string

// The readings; see Stability.
const (
	Stable   StabilityReading = "stable"
	Doubtful StabilityReading = "doubtful"
	Unstable StabilityReading = "unstable"
)

// Limits of the readings and of what counts as lost or found: Hennig's.
const (
	stabilityStable    = 0.75
	stabilityDoubtful  = 0.6
	stabilityDissolved = 0.5
	stabilityRecovered = 0.75
)

// SegmentStability is what refits say of one segment.
type SegmentStability struct {
	Rows    int     `json:"rows"`    // of the whole data
	Refits  int     `json:"refits"`  // in which at least one of its rows was drawn
	Jaccard float64 `json:"jaccard"` // mean over refits
	// Lo and Hi bound the mean with 95 % confidence over more refits; nil for one refit.
	Lo *float64 `json:"lo"`
	Hi *float64 `json:"hi"`
	// P05, Median and P95 are quantiles over refits: how it varies from sample to sample.
	P05    float64 `json:"p05"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	// Null is what random groups of its size reach on average under the same matching,
	// NullP95 what 95 % of them do not exceed.
	Null      float64          `json:"null"`
	NullP95   float64          `json:"null_p95"`
	Gain      float64          `json:"gain"` // (Jaccard − Null)/(1 − Null); 0 where Null is 1
	Reading   StabilityReading `json:"reading"`
	Dissolved int              `json:"dissolved"` // refits with a coefficient of at most 0.5
	Recovered int              `json:"recovered"` // refits with a coefficient of at least 0.75
}

// read puts the reading on the numbers.
func (s *SegmentStability) read() {
	if s.Null < 1 {
		s.Gain = (s.Jaccard - s.Null) / (1 - s.Null)
	}
	switch {
	case s.Gain < stabilityDoubtful || s.Jaccard <= s.NullP95:
		s.Reading = Unstable
	case s.Gain < stabilityStable:
		s.Reading = Doubtful
	default:
		s.Reading = Stable
	}
}

// stabilityRun matches segments with those of refits.
type stabilityRun struct {
	rows     []int32   // of all segments, one after the other
	start    []int     // segments+1
	worth    []float64 // n: what a row counts; nil = 1
	n        int
	noise    bool
	segments []SegmentStability
	means    []float64 // each refit's mean over segments
	reason   string
	warnings []string
}

// set groups the rows.
func (r *stabilityRun) set(label []int32, counts []int, worth []float64) {
	r.n, r.worth, r.start = len(label), worth, make([]int, len(counts)+1)
	for g, c := range counts {
		r.start[g+1] = r.start[g] + c
	}
	at := slices.Clone(r.start)
	r.rows = make([]int32, r.start[len(counts)])
	for i, g := range label {
		if g >= 0 {
			r.rows[at[g]] = int32(i)
			at[g]++
		}
	}
	r.noise = len(r.rows) < r.n
	r.segments = make([]SegmentStability, len(counts))
	for g, c := range counts {
		r.segments[g].Rows = c
	}
}

// stabilityMatch is scratch for one goroutine.
type stabilityMatch struct {
	hits    []float64
	touched []int32
}

// best returns the largest Jaccard coefficient of a group of rows with a segment of the
// refit, on the rows that were drawn; size is that of the refit's segments. ok is false
// where none of the group's rows was drawn. Cost O(rows).
func (m *stabilityMatch) best(rows []int32, f *refit, size, worth []float64) (j float64, ok bool) {
	if len(m.hits) < len(size) {
		m.hits = make([]float64, len(size))
	}
	m.touched = m.touched[:0]
	group, w := 0.0, 1.0
	for _, row := range rows {
		l := f.label[row]
		if l == refitAbsent {
			continue
		}
		if worth != nil {
			w = worth[row]
		}
		group += w
		if l < 0 {
			continue
		}
		if m.hits[l] == 0 {
			m.touched = append(m.touched, l)
		}
		m.hits[l] += w
	}
	for _, l := range m.touched {
		if h := m.hits[l]; h > 0 {
			j = max(j, h/(group+size[l]-h))
		}
		m.hits[l] = 0
	}
	return min(j, 1), group > 0
}

// sizes returns what each segment of the refit weighs.
func (r *stabilityRun) sizes(f *refit) []float64 {
	if r.worth == nil {
		return f.size
	}
	size := make([]float64, len(f.size))
	for i, l := range f.label {
		if l >= 0 {
			size[l] += r.worth[i]
		}
	}
	return size
}

// match fills in what the refits say, but for the null.
func (r *stabilityRun) match(ctx context.Context, fits []refit, workers int) error {
	k := len(r.segments)
	values := make([]float64, len(fits)*k) // NaN = none of its rows was drawn
	parallel(workers, len(fits), func(b int) {
		if ctx.Err() != nil {
			return
		}
		var m stabilityMatch
		size := r.sizes(&fits[b])
		for g := range k {
			j, ok := m.best(r.rows[r.start[g]:r.start[g+1]], &fits[b], size, r.worth)
			if values[b*k+g] = j; !ok {
				values[b*k+g] = math.NaN()
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	for b := range fits {
		if row := defined(values[b*k : (b+1)*k]); len(row) > 0 {
			r.means = append(r.means, meanOf(row))
		}
	}
	for g := range r.segments {
		s := &r.segments[g]
		column := make([]float64, len(fits))
		for b := range fits {
			column[b] = values[b*k+g]
		}
		column = defined(column)
		if s.Refits = len(column); s.Refits == 0 {
			r.reason = fmt.Sprintf("segment %d (%d rows) is in none of %d samples, or worth nothing there", g+1, s.Rows, len(fits))
			return nil
		}
		s.Jaccard = meanOf(column)
		s.Lo, s.Hi = refitInterval(s.Jaccard, column, 0, 1)
		for _, j := range column {
			if j <= stabilityDissolved {
				s.Dissolved++
			}
			if j >= stabilityRecovered {
				s.Recovered++
			}
		}
		slices.Sort(column)
		s.P05, s.Median, s.P95 = quantile7(column, 0.05), quantile7(column, 0.5), quantile7(column, 0.95)
	}
	return nil
}

// null draws random groups: all rows are dealt out anew to groups of the segments' sizes
// (so that each is a random set of that size), and each group is matched with the same
// refits as its segment. A group is drawn once and matched with all refits, as a segment
// is: refits resemble each other, and the mean over them varies as that of one group does.
// Groups are dealt in the order of size and first row, so that names change nothing.
func (r *stabilityRun) null(ctx context.Context, fits []refit, draws int, seed uint64, workers int) error {
	k := len(r.segments)
	order := make([]int, k)
	for g := range order {
		order[g] = g
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(r.segments[b].Rows-r.segments[a].Rows, int(r.rows[r.start[a]])-int(r.rows[r.start[b]]))
	})
	sizes := make([][]float64, len(fits))
	for b := range fits {
		sizes[b] = r.sizes(&fits[b])
	}
	null := make([][]float64, k)
	for g := range null {
		null[g] = make([]float64, draws)
	}
	parallel(workers, draws, func(d int) {
		rng := rand.New(rand.NewPCG(seed, refitNullStream+uint64(d)<<8))
		rows := make([]int32, r.n)
		for i := range rows {
			rows[i] = int32(i)
		}
		rng.Shuffle(r.n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		var m stabilityMatch
		sum, met := make([]float64, k), make([]int, k)
		for b := range fits {
			if ctx.Err() != nil {
				return
			}
			from := 0
			for _, g := range order {
				to := from + r.segments[g].Rows
				if j, ok := m.best(rows[from:to], &fits[b], sizes[b], r.worth); ok {
					sum[g] += j
					met[g]++
				}
				from = to
			}
		}
		for g := range k {
			null[g][d] = sum[g] / float64(met[g]) // NaN: in none of the samples
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	for g := range r.segments {
		s := &r.segments[g]
		if v := defined(null[g]); len(v) > 0 {
			s.Null = meanOf(v)
			slices.Sort(v)
			s.NullP95 = quantile7(v, 0.95)
		}
		s.read()
	}
	return nil
}

// defined returns the values that are not NaN.
func defined(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}

func meanOf(values []float64) float64 {
	s := 0.0
	for _, v := range values {
		s += v
	}
	return s / float64(len(values))
}
