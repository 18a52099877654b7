package report

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// made is a study made for a test: four known groups of customers, three feature
// sets' worth of runs with scores that the test chose. Nothing in it comes from an
// algorithm or a metric of ours, so that the report is all that is tested.
type made struct {
	n     int    // clustered customers
	name  string // given to the study, the features and the customers: hostile or not
	noise bool   // the second algorithm leaves customers out
	bare  bool   // no amounts, no silhouettes, no currency
	// judged puts a judgement into the journal (see judge), alone one without a hold-out.
	judged, alone bool
}

// still is a study whose clock stands still: its events bear the same time at every run.
type still struct{ study.Reader }

func (s still) Events(after int64) ([]study.Event, error) {
	es, err := s.Reader.Events(after)
	es = slices.Clone(es)
	for i := range es {
		es[i].T = "2026-03-01T12:00:00.000Z"
	}
	return es, err
}

// report builds the report of a made study.
func (m made) report(t testing.TB, opt Options) *Report {
	t.Helper()
	r, err := Build(context.Background(), still{m.study(t)}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ptr(x float64) *float64 { return &x }

// study makes the study.
func (m made) study(t testing.TB) *study.Memory {
	t.Helper()
	mem := study.NewMemory()
	rng := rand.New(rand.NewPCG(7, 11))
	cols := []features.Column{
		{Name: "recency" + m.name, Unit: "days", Doc: "Days since the last purchase." + m.name, Block: "rfm"},
		{Name: "frequency", Unit: "count", Doc: "Days with a purchase.", Block: "rfm"},
		{Name: "monetary_total", Unit: "money", Doc: "What was spent in the window.", Block: "rfm"},
		{Name: "gap_mean", Unit: "days", Doc: "Mean days between purchases.", Block: "interpurchase"},
		{Name: "weekend_share", Doc: "Share of purchases on Saturday and Sunday.", Block: "timing", Kind: features.Share},
		{Name: "hour_cos", Doc: "Circular mean of the hour, first coordinate.", Block: "timing", Kind: features.Angle},
	}
	// The groups' means, the largest group first.
	means := [][]float64{{120, 2, 60, 90, 0.3, 0.1}, {20, 12, 640, 24, 0.25, 0.4}, {200, 1.5, 25, 150, 0.4, -0.2}, {12, 30, 2900, 10, 0.7, 0.6}}
	share := []float64{0.42, 0.28, 0.2, 0.1}
	raw, x := features.NewMatrix(m.n, cols, nil), features.NewMatrix(m.n, cols, nil)
	labels := make([]int32, m.n)
	value, sil := make([]float64, m.n), make([]float32, m.n)
	xy := make([]float64, 2*m.n)
	at := [][2]float64{{0, 0}, {3, 0.5}, {-1, 3}, {4, 4}}
	for i := range m.n {
		g, u := 0, (float64(i)+0.5)/float64(m.n)
		for g < 3 && u > share[g] {
			u -= share[g]
			g++
		}
		labels[i] = int32(g)
		for j := range cols {
			z := rng.NormFloat64()
			raw.Row(i)[j] = means[g][j] * math.Exp(0.35*z)
			if cols[j].Kind == features.Share {
				raw.Row(i)[j] = min(1, raw.Row(i)[j])
			}
			x.Row(i)[j] = means[g][j]/(1+means[3][j]) + 0.3*z
		}
		value[i] = raw.Row(i)[2]
		sil[i] = float32(min(0.9, max(-0.3, 0.45+0.2*rng.NormFloat64())))
		xy[2*i], xy[2*i+1] = at[g][0]+rng.NormFloat64()*0.8, at[g][1]+rng.NormFloat64()*0.8
		raw.IDs = append(raw.IDs, fmt.Sprintf("%05d%s", i, m.name))
	}
	x.IDs = raw.IDs
	data := &study.Data{
		Name: "shop" + m.name, Hash: "9f3c2f0b6a7d4e8c9f3c2f0b6a7d4e8c9f3c2f0b6a7d4e8c9f3c2f0b6a7d4e8c", Unit: "customer", Currency: "GBP",
		From: "2010-12-01", To: "2011-12-10", Customers: m.n + 40, Events: 12 * m.n,
		Notes: []string{"1,204 exact duplicates kept" + m.name, "37 events after the window left out"},
	}
	strata := []study.StratumCount{
		{Name: "prospect", Customers: 12, ValueShare: ptr(0)},
		{Name: "one purchase", Customers: 28, ValueShare: ptr(0.031)},
		{Name: "enough", Customers: m.n, ValueShare: ptr(0.969)},
	}
	if m.bare {
		data.Currency, value, sil = "", nil, nil
		for i := range strata {
			strata[i].ValueShare = nil
		}
	}
	ids := map[string][]string{"prospect": nil, "one purchase": nil}
	for i := range 40 {
		s := "prospect"
		if i >= 12 {
			s = "one purchase"
		}
		ids[s] = append(ids[s], fmt.Sprintf("x%d%s", i, m.name))
	}
	put := func(e study.Event) {
		if err := mem.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	metrics := []string{"silhouette", "calinski_harabasz", "davies_bouldin"}
	sets := []string{"rfm", "rfm+timing"}
	var briefs []study.Brief
	for _, s := range sets {
		b := study.Brief{Name: s, Scale: "block", N: m.n, Strata: strata}
		for _, c := range cols {
			b.Columns = append(b.Columns, c.Name)
		}
		briefs = append(briefs, b)
		err := mem.SaveSet(&study.Set{
			Name: s, Scale: "block", Raw: raw, X: x, XY: xy, Explained: [2]float64{0.48, 0.21}, Strata: strata, StratumIDs: ids,
			Shares: []features.BlockShare{{Block: "rfm", Share: 0.5}, {Block: "interpurchase", Share: 0.2}, {Block: "timing", Share: 0.3}},
			Value:  value, Warnings: []string{"hour_cos: 3 customers have no hours" + m.name},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(study.Event{Event: study.StudyStart, Study: "spring" + m.name, Data: data, Sets: briefs, Metrics: metrics, Total: 2 * 11})
	cell := 0
	run := func(set, algorithm, params string, seed uint64, k, noise int, score, lo, hi, reason any) {
		cell++
		id := fmt.Sprintf("%016x", cell)
		put(study.Event{Event: study.RunStart, Run: id, Cell: cell, Algorithm: algorithm, Params: json.RawMessage(params), Set: set, Scale: "block", Seed: seed})
		ls, sizes := make([]int32, m.n), make([]int, k)
		for i := range ls {
			ls[i] = labels[i] % int32(k)
			if i%97 < noise {
				ls[i] = cluster.Noise
			} else {
				sizes[ls[i]]++
			}
		}
		nn := m.n
		for _, s := range sizes {
			nn -= s
		}
		d := &study.RunData{Labels: ls, Silhouette: sil}
		if algorithm == "kmeans" {
			d.Centers = make([][]float64, k)
			for c := range d.Centers {
				d.Centers[c] = make([]float64, len(cols))
			}
		}
		if err := mem.SaveRun(id, d); err != nil {
			t.Fatal(err)
		}
		var warnings []string
		if k == 8 {
			warnings = []string{"cluster 5 became empty and was seeded anew" + m.name}
		}
		put(study.Event{
			Event: study.RunDone, Run: id, N: m.n, D: len(cols), NClusters: k, NNoise: nn, Sizes: sizes, Stop: "converged", NIter: 14,
			Seconds: 0.21 * float64(k), CPUSeconds: 0.4, PeakBytes: 18 << 20, LabelsHash: data.Hash, Warnings: warnings,
		})
		e := study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette"}
		if r, ok := reason.(string); ok {
			e.Reason = r + m.name
		} else {
			e.Value, e.Lo, e.Hi = ptr(score.(float64)), ptr(lo.(float64)), ptr(hi.(float64))
			if noise > 0 {
				e.Noise = eval.OneCluster
			}
			e.Sampled = 1500
		}
		put(e)
		if e.Value != nil {
			put(study.Event{Event: study.ScoreEvent, Run: id, Metric: "calinski_harabasz", Value: ptr(12345.678 * *e.Value)})
			put(study.Event{Event: study.ScoreEvent, Run: id, Metric: "davies_bouldin", Value: ptr(1.5 - *e.Value)})
		}
	}
	for _, s := range sets {
		for k, v := range map4(0.391, 0.372, 0.431, 0.402) {
			for seed := range uint64(2) {
				v := v + 0.001*float64(seed)
				run(s, "kmeans", fmt.Sprintf(`{"n_clusters":%d,"init":"k-means++","n_init":10,"max_iter":300,"tol":0.0001}`, k), seed+1, min(k, 4), 0, v, v-0.012, v+0.012, nil)
			}
		}
		noise := 0
		if m.noise {
			noise = 9
		}
		run(s, "dbscan", `{"eps":0.5,"min_samples":5}`, 1, 3, noise, 0.385, 0.36, 0.41, nil)
		run(s, "dbscan", `{"eps":5,"min_samples":5}`, 1, 1, 0, nil, nil, nil, "one cluster")
		cell++
		id := fmt.Sprintf("%016x", cell)
		put(study.Event{Event: study.RunStart, Run: id, Cell: cell, Algorithm: "hierarchical", Params: json.RawMessage(`{"n_clusters":4,"linkage":"ward"}`), Set: s, Scale: "block", Seed: 1})
		put(study.Event{Event: study.RunFailed, Run: id, Reason: "needs 145.7 GB for pairwise distances; the limit is 16.4 GB" + m.name})
	}
	if m.judged {
		m.judge(put)
	}
	put(study.Event{Event: study.StudyDone})
	return mem
}

// map4 yields k = 2, 3, 4, 8 with their values, in order.
func map4(v ...float64) func(func(int, float64) bool) {
	return func(yield func(int, float64) bool) {
		for i, k := range []int{2, 3, 4, 8} {
			if !yield(k, v[i]) {
				return
			}
		}
	}
}
