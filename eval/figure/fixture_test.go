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

// TestGallery writes every figure of the shop to the folder $GALLERY, to look at.
func TestGallery(t *testing.T) {
	dir := os.Getenv("GALLERY")
	if dir == "" {
		t.Skip("GALLERY names no folder")
	}
	in := shop(1500, 0.04)
	for _, f := range Figures() {
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
