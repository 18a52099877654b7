package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// rankScale turns values into standardised mid-ranks of the values it was made of:
// (F(x) − ½)/σ, F the share that is less and half of what is equal. Missing is 0, the
// middle.
type rankScale struct {
	sorted []float64
	sd     float64
}

// newRankScale returns nil if the values do not vary.
func newRankScale(values []float64) *rankScale {
	s := &rankScale{sd: 1}
	for _, v := range values {
		if !math.IsNaN(v) {
			s.sorted = append(s.sorted, v)
		}
	}
	slices.Sort(s.sorted)
	ss := 0.0
	for lo := 0; lo < len(s.sorted); {
		hi := lo
		for hi < len(s.sorted) && s.sorted[hi] == s.sorted[lo] {
			hi++
		}
		z := s.of(s.sorted[lo])
		ss += float64(hi-lo) * z * z
		lo = hi
	}
	if ss == 0 {
		return nil
	}
	s.sd = math.Sqrt(ss / float64(len(s.sorted)))
	return s
}

func (s *rankScale) of(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	lo := sort.SearchFloat64s(s.sorted, x)
	hi := lo + sort.Search(len(s.sorted)-lo, func(i int) bool { return s.sorted[lo+i] > x })
	return (float64(lo+hi)/2/float64(len(s.sorted)) - 0.5) / s.sd
}

// heldOut is the model and the customers it is tried on.
type heldOut struct {
	p       *predictiveRun
	fit     *ridgeFit
	cols    []int     // of x
	x       []float64 // m × len(cols), scaled
	y       []float64 // outcome as the model sees it
	eta     []float64 // m × outputs: the linear predictors
	loss    []float64 // per row
	null    float64   // Σ loss without features
	nulls   []float64 // per row
	shuffle [][]int
}

// importance learns the model and fills in what is lost when columns are shuffled.
func (p *predictiveRun) importance(ctx context.Context) error {
	m := &p.out.Model
	m.Name = map[string]string{
		measureAUC: "ridge logistic regression on ranks", measureRho: "ridge regression of ranks on ranks",
		measureEta: "ridge regression of indicators on ranks",
	}[p.out.Measure]
	n := len(p.y.rows)
	rng := rand.New(rand.NewPCG(p.run.Seed, predictiveSplitStream))
	order := rng.Perm(n)
	held := int(math.Round(p.o.HeldOut * float64(n)))
	train, test := order[held:], order[:held]
	slices.Sort(train)
	if test = test[:min(held, p.o.Bag)]; min(len(train), len(test)) < 10 {
		m.Reason = "fewer than ten customers to learn from, or to try it on"
		return nil
	}
	slices.Sort(test)
	m.Train, m.HeldOut = len(train), len(test)
	h, err := p.learn(ctx, train, test)
	if err != nil || m.Reason != "" {
		return err
	}
	for range p.o.Permutations {
		stream := predictivePermuteStream + uint64(len(h.shuffle))<<8
		h.shuffle = append(h.shuffle, rand.New(rand.NewPCG(p.run.Seed, stream)).Perm(len(test)))
	}
	return p.shuffled(ctx, h)
}

// learn fits the model on the rows of train and tries it on those of test.
func (p *predictiveRun) learn(ctx context.Context, train, test []int) (*heldOut, error) {
	h := &heldOut{p: p}
	scales := make([]*rankScale, len(p.at))
	err := predictiveEach(ctx, len(p.at), p.run.Workers, func() []float64 { return make([]float64, len(train)) }, func(j int, v []float64) {
		if p.at[j].reason != "" {
			return
		}
		for i, r := range train {
			v[i] = p.x.Row(p.y.rows[r])[j]
		}
		scales[j] = newRankScale(v)
	})
	if err != nil {
		return nil, err
	}
	for j, s := range scales {
		if s != nil {
			h.cols = append(h.cols, j)
			p.out.Model.Columns = append(p.out.Model.Columns, p.x.Cols[j].Name)
		}
	}
	if len(h.cols) == 0 {
		p.out.Model.Reason = "no column varies among the customers to learn from"
		return h, nil
	}
	scaled := func(rows []int) ([]float64, error) {
		out := make([]float64, len(rows)*len(h.cols))
		err := predictiveEach(ctx, len(h.cols), p.run.Workers, func() int { return 0 }, func(c, _ int) {
			for i, r := range rows {
				out[i*len(h.cols)+c] = scales[h.cols[c]].of(p.x.Row(p.y.rows[r])[h.cols[c]])
			}
		})
		return out, err
	}
	data, err := scaled(train)
	if err != nil {
		return nil, err
	}
	if h.x, err = scaled(test); err != nil {
		return nil, err
	}
	each := func(n int, f func(i int)) error {
		return predictiveEach(ctx, n, p.run.Workers, func() int { return 0 }, func(i, _ int) { f(i) })
	}
	x := mat.NewDense(len(train), len(h.cols), data)
	if err := h.outcome(x, train, test, each); err != nil || p.out.Model.Reason != "" {
		return h, err
	}
	if h.fit.stop != "" {
		p.out.Model.Reason = h.fit.stop
		return h, nil
	}
	if h.try(); !(p.out.Model.D2 > 0) {
		p.out.Model.Reason = fmt.Sprintf("it tells the %d customers held out no better than no behaviour does (D² %.3f)", len(test), p.out.Model.D2)
	}
	return h, nil
}

// outcome fits the model and takes the loss without features: of the mean of the
// customers learned from.
func (h *heldOut) outcome(x *mat.Dense, train, test []int, each func(n int, f func(i int)) error) (err error) {
	p := h.p
	pick := func(rows []int) []float64 {
		out := make([]float64, len(rows))
		for i, r := range rows {
			out[i] = p.y.value[r]
		}
		return out
	}
	y := pick(train)
	h.y = pick(test)
	h.nulls = make([]float64, len(test))
	if slices.Min(y) == slices.Max(y) {
		p.out.Model.Reason = "the customers to learn from all have the same outcome"
		return nil
	}
	mean, _ := moments(y)
	switch p.out.Measure {
	case measureAUC:
		h.fit, err = ridgeLogistic(x, y, p.o.Ridge*float64(len(h.cols)), each)
		for i, v := range h.y {
			h.nulls[i] = logLoss(math.Log(mean/(1-mean)), v)
		}
	case measureRho:
		s := newRankScale(y)
		for i, v := range y {
			y[i] = s.of(v)
		}
		h.fit, err = ridgeLinear(x, [][]float64{y}, p.o.Ridge*float64(len(h.cols)), each)
		for i, v := range h.y {
			h.y[i] = s.of(v)
			h.nulls[i] = h.y[i] * h.y[i] // their mean is 0
		}
	case measureEta:
		marks := make([][]float64, p.y.k)
		share := make([]float64, p.y.k)
		for k := range marks {
			marks[k] = make([]float64, len(y))
			for i, v := range y {
				if int(v) == k {
					marks[k][i] = 1
					share[k] += 1 / float64(len(y))
				}
			}
		}
		h.fit, err = ridgeLinear(x, marks, p.o.Ridge*float64(len(h.cols)), each)
		for i, v := range h.y {
			h.nulls[i] = brier(share, int(v))
		}
	}
	return err
}

// brier is the sum of squared differences of scores and the mark of a class.
func brier(score []float64, class int) float64 {
	sum := 0.0
	for k, s := range score {
		if k == class {
			s--
		}
		sum += s * s
	}
	return sum
}

// lossOf is the loss of a row's linear predictors.
func (h *heldOut) lossOf(eta []float64, y float64) float64 {
	switch h.p.out.Measure {
	case measureAUC:
		return logLoss(eta[0], y)
	case measureRho:
		return (eta[0] - y) * (eta[0] - y)
	}
	return brier(eta, int(y))
}

// try predicts the held-out customers.
func (h *heldOut) try() {
	d, k := len(h.cols), len(h.fit.beta)
	h.eta, h.loss = make([]float64, len(h.y)*k), make([]float64, len(h.y))
	sum := 0.0
	for i, y := range h.y {
		for o := range k {
			h.eta[i*k+o] = h.fit.predict(o, h.x[i*d:(i+1)*d])
		}
		h.loss[i] = h.lossOf(h.eta[i*k:(i+1)*k], y)
		sum += h.loss[i]
		h.null += h.nulls[i]
	}
	h.p.out.Model.D2 = 1 - sum/h.null
}

// lost returns by row the mean over the permutations of the loss with the columns (of
// cols, by place) shuffled together, less the loss as it is.
func (h *heldOut) lost(cols []int) []float64 {
	d, k := len(h.cols), len(h.fit.beta)
	out := make([]float64, len(h.y))
	eta := make([]float64, k)
	for _, perm := range h.shuffle {
		for i, from := range perm {
			copy(eta, h.eta[i*k:(i+1)*k])
			for _, c := range cols {
				diff := h.x[from*d+c] - h.x[i*d+c]
				for o := range k {
					eta[o] += h.fit.beta[o][c] * diff
				}
			}
			out[i] += (h.lossOf(eta, h.y[i]) - h.loss[i]) / float64(len(h.shuffle))
		}
	}
	return out
}

// shuffled fills in the importances of columns and blocks with their intervals.
func (p *predictiveRun) shuffled(ctx context.Context, h *heldOut) error {
	var groups [][]int
	for c := range h.cols {
		groups = append(groups, []int{c})
	}
	var names []string
	of := map[string][]int{}
	for c, j := range h.cols {
		b := p.x.Cols[j].Block
		if b == "" {
			continue
		}
		if of[b] == nil {
			names = append(names, b)
		}
		of[b] = append(of[b], c)
	}
	for _, b := range names {
		groups = append(groups, of[b])
	}
	lost := make([][]float64, len(groups))
	value := make([]float64, len(groups))
	err := predictiveEach(ctx, len(groups), p.run.Workers, func() int { return 0 }, func(g, _ int) {
		lost[g] = h.lost(groups[g])
		for _, v := range lost[g] {
			value[g] += v / h.null
		}
	})
	if err != nil {
		return err
	}
	deviations, err := p.importanceDeviations(ctx, h, lost, value)
	if err != nil {
		return err
	}
	for c, j := range h.cols {
		i := Interval{Value: value[c]}
		i.Lo, i.Hi = p.interval(value[c], deviations[c])
		p.at[j].Importance = &i
	}
	p.blocks(names, of, value[len(h.cols):], deviations[len(h.cols):], h.cols)
	return nil
}

// importanceDeviations resamples the held-out customers, the same for every group.
func (p *predictiveRun) importanceDeviations(ctx context.Context, h *heldOut, lost [][]float64, value []float64) ([][]float64, error) {
	out := make([][]float64, len(lost))
	for g := range out {
		out[g] = make([]float64, p.o.Bootstrap)
	}
	m := len(h.y)
	err := predictiveEach(ctx, p.o.Bootstrap, p.run.Workers, func() []float64 { return make([]float64, m) }, func(b int, w []float64) {
		clear(w)
		rng := rand.New(rand.NewPCG(p.run.Seed, predictiveHeldStream+uint64(b)<<8))
		for range m {
			w[rng.IntN(m)]++
		}
		null := dot(w, h.nulls)
		for g := range lost {
			out[g][b] = dot(w, lost[g])/null - value[g]
		}
	})
	return out, err
}

func dot(a, b []float64) float64 {
	var s [4]float64 // four chains of additions at a time
	i := 0
	for ; i+4 <= len(a); i += 4 {
		for k := range s {
			s[k] += a[i+k] * b[i+k]
		}
	}
	for ; i < len(a); i++ {
		s[0] += a[i] * b[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// blocks fills in the blocks, most important first.
func (p *predictiveRun) blocks(names []string, of map[string][]int, value []float64, deviations [][]float64, cols []int) {
	order := ascendingInts(len(names))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value[b], value[a]) })
	for place, g := range order {
		first := order[0]
		b := RankedBlock{Name: names[g], Place: place + 1, Columns: len(of[names[g]]), Importance: Interval{Value: value[g]}}
		b.Importance.Lo, b.Importance.Hi = p.interval(value[g], deviations[g])
		diff := make([]float64, p.o.Bootstrap)
		for i := range diff {
			diff[i] = deviations[first][i] - deviations[g][i]
		}
		b.Behind.Value = value[first] - value[g]
		b.Behind.Lo, b.Behind.Hi = p.interval(b.Behind.Value, diff)
		if b.Tied = place == 0 || b.Behind.Lo <= 0; b.Tied {
			b.Place = 1
		}
		strongest := -1.0
		for _, c := range of[names[g]] {
			if col := &p.at[cols[c]]; col.Strength > strongest {
				strongest, b.Best = col.Strength, p.x.Cols[cols[c]].Name
			}
		}
		p.out.Blocks = append(p.out.Blocks, b)
	}
}
