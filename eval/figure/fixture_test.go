package figure

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// shop is a made-up shop: five kinds of customers in skewed shares, with features
// in days, counts and money. Figures of it are what one looks at.
func shop(n int, noise float64) *Input {
	kinds := []struct {
		share                              float64
		recency, gap, orders, spend, promo float64
	}{
		{.42, 160, 75, 2.4, 60, .35},
		{.24, 45, 38, 6, 180, .25},
		{.17, 260, 30, 4, 140, .60},
		{.11, 14, 12, 22, 950, .12},
		{.06, 30, 60, 5, 1400, .05},
	}
	cols := []features.Column{
		{Name: "recency", Unit: "days", Doc: "Days since the last purchase.", Block: "rfm"},
		{Name: "frequency", Unit: "count", Doc: "Purchase days.", Block: "rfm"},
		{Name: "monetary_total", Unit: "money", Doc: "Revenue in the window.", Block: "rfm"},
		{Name: "mean_gap", Unit: "days", Doc: "Mean time between purchases.", Block: "interpurchase"},
		{Name: "gap_variation", Unit: "", Doc: "Variation of the gaps.", Block: "interpurchase"},
		{Name: "promo_share", Unit: "", Doc: "Share bought on promotion.", Block: "usage", Kind: features.Probability},
		{Name: "basket_value", Unit: "money", Doc: "Mean basket.", Block: "usage"},
		{Name: "items_per_basket", Unit: "count", Doc: "Mean items.", Block: "usage"},
	}
	r := rand.New(rand.NewPCG(7, 7))
	labels := make([]int32, n)
	value := make([]float64, n)
	raw := features.NewMatrix(n, cols, nil)
	for i := range n {
		u, k := r.Float64(), 0
		for k < len(kinds)-1 && u > kinds[k].share {
			u -= kinds[k].share
			k++
		}
		labels[i] = int32(k)
		if r.Float64() < noise {
			labels[i] = -1
		}
		q := kinds[k]
		ln := func(m, s float64) float64 { return m * math.Exp(s*r.NormFloat64()) }
		row := raw.Row(i)
		row[0], row[1], row[2] = ln(q.recency, .4), math.Ceil(ln(q.orders, .35)), ln(q.spend, .4)
		row[3], row[4] = ln(q.gap, .35), ln(.8, .3)
		row[5] = 1 / (1 + math.Exp(-(math.Log(q.promo/(1-q.promo)) + .5*r.NormFloat64())))
		row[6], row[7] = row[2]/row[1], ln(3, .4)
		value[i] = row[2]
	}
	return assemble("shop", raw, labels, value)
}

// assemble makes an Input around a raw matrix and its labels.
func assemble(name string, raw *features.Matrix, labels []int32, value []float64) *Input {
	labels = slices.Clone(labels)
	k, _ := cluster.Canonical(labels)
	n, d := raw.Dims()
	x := features.NewMatrix(n, raw.Cols, slices.Clone(raw.Data()))
	for j := range d {
		col := make([]float64, n)
		for i := range n {
			col[i] = math.Log1p(max(0, x.Row(i)[j]))
		}
		m, s := stat.MeanStdDev(col, nil)
		if !(s > 0) {
			s = 1
		}
		for i := range n {
			x.Row(i)[j] = (col[i] - m) / s
		}
	}
	set := &study.Set{Name: name, Scale: "zscore", Raw: raw, X: x, Value: value}
	set.XY, set.Explained = project(x)
	zero, some := 0.0, 0.052
	set.Strata = []study.StratumCount{
		{Name: "enough", Customers: n},
		{Name: "one purchase", Customers: n / 3, ValueShare: &some},
		{Name: "prospect", Customers: n / 10, ValueShare: &zero},
	}
	data := &study.RunData{Labels: labels}
	var mem study.State
	mem.Fold(study.Event{Seq: 1, Event: study.StudyStart, Study: "test", Data: &study.Data{Name: name, Unit: "customer", Currency: "GBP", Simulated: true, Customers: n}})
	params, _ := json.Marshal(map[string]any{"n_clusters": k, "linkage": "ward"})
	mem.Fold(study.Event{Seq: 2, Event: study.RunStart, Run: "r", Cell: 1, Algorithm: "hierarchical", Params: params, Set: name, Scale: "zscore", Seed: 1})
	mem.Fold(study.Event{Seq: 3, Event: study.RunDone, Run: "r", N: n, NClusters: k})
	in := &Input{State: &mem, Run: mem.Run("r"), Set: set, Data: data}
	if n <= 2000 {
		data.Silhouette = silhouettes(x, labels)
	}
	return in
}

// project is the projection onto two principal components, by gonum.
func project(x *features.Matrix) (xy []float64, explained [2]float64) {
	n, d := x.Dims()
	xy = make([]float64, 2*n)
	var pc stat.PC
	if d < 2 || n < 2 || !pc.PrincipalComponents(x.Raw(), nil) {
		return xy, explained
	}
	var v, p mat.Dense
	pc.VectorsTo(&v)
	p.Mul(x.Raw(), v.Slice(0, d, 0, min(2, n)))
	vars := pc.VarsTo(nil)
	sum := 0.0
	for _, s := range vars {
		sum += s
	}
	for j := range min(2, n) {
		for i := range n {
			xy[2*i+j] = p.At(i, j)
		}
		if sum > 0 {
			explained[j] = vars[j] / sum
		}
	}
	return xy, explained
}

// silhouettes is the definition (Rousseeuw 1987), without any shortcut.
func silhouettes(x *features.Matrix, labels []int32) []float32 {
	n, _ := x.Dims()
	k := int(slices.Max(labels)) + 1
	out := make([]float32, n)
	for i := range n {
		if labels[i] < 0 {
			out[i] = float32(math.NaN())
			continue
		}
		sum, num := make([]float64, k), make([]int, k)
		for j := range n {
			if j == i || labels[j] < 0 {
				continue
			}
			s := 0.0
			for c, v := range x.Row(i) {
				s += (v - x.Row(j)[c]) * (v - x.Row(j)[c])
			}
			sum[labels[j]] += math.Sqrt(s)
			num[labels[j]]++
		}
		own := labels[i]
		if num[own] == 0 {
			continue
		}
		a, b := sum[own]/float64(num[own]), math.Inf(1)
		for c := range k {
			if int32(c) != own && num[c] > 0 {
				b = min(b, sum[c]/float64(num[c]))
			}
		}
		if !math.IsInf(b, 1) {
			out[i] = float32((b - a) / max(a, b))
		}
	}
	return out
}

// grown is the shop clustered by Ward's method, with its tree.
func grown(t *testing.T, n, k int) *Input {
	t.Helper()
	in := shop(n, 0)
	m, err := cluster.Lookup("hierarchical")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New()
	if err := cluster.Set(a, "n_clusters", fmt.Sprint(k)); err != nil {
		t.Fatal(err)
	}
	c, err := a.Fit(t.Context(), in.Set.X, cluster.Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	in.Data.Labels, in.Data.Tree = c.Labels, c.Tree
	in.Data.Silhouette = silhouettes(in.Set.X, c.Labels)
	return in
}

// compared is a study of the shop: two feature sets, three algorithms, k = 2..8,
// three seeds where they matter.
func compared(t *testing.T, n int) *Input {
	t.Helper()
	in := shop(n, 0)
	metric, err := eval.Lookup("silhouette")
	if err != nil {
		t.Fatal(err)
	}
	two := features.NewMatrix(n, in.Set.X.Cols[:3], nil)
	for i := range n {
		copy(two.Row(i), in.Set.X.Row(i)[:3])
	}
	seq := in.State.Seq
	say := func(e study.Event) {
		seq++
		e.Seq = seq
		in.State.Fold(e)
	}
	cell := 1
	run := func(set string, x *features.Matrix, algo string, seed uint64, options ...string) {
		m, err := cluster.Lookup(algo)
		if err != nil {
			t.Fatal(err)
		}
		a := m.New()
		for i := 0; i < len(options); i += 2 {
			if err := cluster.Set(a, options[i], options[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		params, err := cluster.Params(a)
		if err != nil {
			t.Fatal(err)
		}
		cell++
		id := fmt.Sprint("run", cell)
		say(study.Event{Event: study.RunStart, Run: id, Cell: cell, Algorithm: algo, Params: params, Set: set, Scale: "zscore", Seed: seed})
		c, err := a.Fit(t.Context(), x, cluster.Run{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		sc, err := metric.New().Score(t.Context(), &eval.Input{X: x, C: c})
		if err != nil {
			t.Fatal(err)
		}
		e := study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette", Reason: sc.Reason, Lo: sc.Lo, Hi: sc.Hi}
		if sc.Reason == "" {
			e.Value = &sc.Value
		}
		say(e)
		say(study.Event{Event: study.RunDone, Run: id, N: n, NClusters: c.K, NNoise: c.NumNoise()})
	}
	for set, x := range map[string]*features.Matrix{"rfm": two, "shop": in.Set.X} {
		for k := 2; k <= 8; k++ {
			for seed := range uint64(3) {
				run(set, x, "kmeans", seed+1, "n_clusters", fmt.Sprint(k), "n_init", "1")
			}
			for _, l := range []string{"ward", "average"} {
				run(set, x, "hierarchical", 1, "n_clusters", fmt.Sprint(k), "linkage", l)
			}
		}
		for _, eps := range []string{"0.4", "0.8", "1.1", "1.3", "30"} {
			run(set, x, "dbscan", 1, "eps", eps, "min_samples", "8")
		}
	}
	return in
}

// TestGallery writes every figure of the shop to the folder $GALLERY, to look at.
func TestGallery(t *testing.T) {
	dir := os.Getenv("GALLERY")
	if dir == "" {
		t.Skip("GALLERY names no folder")
	}
	all := map[string]*Input{"": shop(1500, 0.04), "dendrogram": grown(t, 1500, 5), "score-k": compared(t, 500)}
	for _, f := range Figures() {
		in := all[f.Name]
		if in == nil {
			in = all[""]
		}
		for _, p := range Presets() {
			d, err := Draw(f.Name, in, p)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			t.Logf("%s %s\n title   %s\n caption %s\n alt     %s\n warnings %q", f.Name, p.Name, d.Title, d.Caption, d.Alt, d.Warnings)
			for _, format := range Formats() {
				w, err := os.Create(filepath.Join(dir, fmt.Sprintf("%s-%s.%s", f.Name, p.Name, format)))
				if err != nil {
					t.Fatal(err)
				}
				dpi := 300
				if p.Name == Slide.Name {
					dpi = 120
				}
				if err := write(d, format, w, dpi); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
