package live

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// shop is a made-up study: customers of six kinds, three feature sets, runs whose
// labels come from a small k-means. Its numbers mean nothing; its shapes do.
type shop struct {
	n    int
	seed uint64
	sets []*study.Set
	runs []shopRun
}

type shopRun struct {
	set       int
	algorithm string
	params    string
	k         int
	noise     float64
	fail      string
}

var shopColumns = [][]features.Column{
	{
		{Name: "recency", Unit: "days", Doc: "Days since the last purchase", Block: "rfm"},
		{Name: "frequency", Unit: "count", Doc: "Purchase days in the window", Block: "rfm"},
		{Name: "monetary_mean", Unit: "money", Doc: "Mean spend of a purchase day", Block: "rfm"},
		{Name: "tenure", Unit: "days", Doc: "Days since the first purchase", Block: "rfm"},
	},
	{
		{Name: "interval_median", Unit: "days", Doc: "Median gap between purchase days", Block: "interpurchase"},
		{Name: "regularity", Unit: "", Doc: "How even the gaps are, 0 to 1", Block: "interpurchase"},
		{Name: "weekend_share", Unit: "", Doc: "Share of purchases on Saturday or Sunday", Block: "timing", Kind: features.Share},
		{Name: "hour_cos", Unit: "", Doc: "Hour of the day, cosine part", Block: "timing", Kind: features.Angle},
		{Name: "hour_sin", Unit: "", Doc: "Hour of the day, sine part", Block: "timing", Kind: features.Angle},
	},
	{
		{Name: "items_per_order", Unit: "count", Doc: "Items in a typical order", Block: "usage"},
		{Name: "volume_share_top", Unit: "", Doc: "Share of volume in the customer's top category", Block: "usage", Kind: features.Share},
		{Name: "heavy_months", Unit: "count", Doc: "Months among the customer's heaviest quarter", Block: "usage"},
		{Name: "discount_share", Unit: "", Doc: "Share of spend bought at a discount", Block: "usage", Kind: features.Share},
	},
}

// kinds of customer: latent means of recency, frequency, spend, gap, weekend, hour,
// items, discount, and their weight.
var shopKinds = [][]float64{
	{20, 24, 35, 12, .15, 9, 4, .1, .16},
	{35, 9, 28, 33, .75, 15, 7, .2, .22},
	{260, 2, 22, 120, .35, 19, 2, .65, .3},
	{60, 6, 140, 55, .3, 12, 11, .05, .1},
	{15, 14, 12, 20, .2, 21, 1.5, .3, .14},
	{150, 4, 40, 70, .5, 17, 5, .55, .08},
}

func newShop(n int, seed uint64, ks int) *shop {
	s := &shop{n: n, seed: seed}
	rng := rand.New(rand.NewPCG(seed, 1))
	ids := make([]string, n)
	value := make([]float64, n)
	raw := [3]*features.Matrix{}
	for i := range raw {
		raw[i] = features.NewMatrix(n, shopColumns[i], nil)
		raw[i].IDs = ids
	}
	ln := func(mean, sd float64) float64 { return mean * math.Exp(rng.NormFloat64()*sd) }
	for i := range n {
		ids[i] = fmt.Sprintf("C%06d", 10000+i*7)
		u, k := rng.Float64(), 0
		for k = 0; k < len(shopKinds)-1 && u > shopKinds[k][8]; k++ {
			u -= shopKinds[k][8]
		}
		t := shopKinds[k]
		freq := math.Max(2, math.Round(ln(t[1], .3)))
		spend := ln(t[2], .35)
		value[i] = freq * spend
		gap := ln(t[3], .3)
		copy(raw[0].Row(i), []float64{math.Round(ln(t[0], .45)), freq, spend, math.Round(gap*freq + ln(40, .4))})
		logit := func(p, sd float64) float64 { return 1 / (1 + math.Exp(-(math.Log(p/(1-p)) + sd*rng.NormFloat64()))) }
		h := (t[5] + rng.NormFloat64()*1.6) / 12 * math.Pi
		copy(raw[1].Row(i), []float64{gap, logit(.3+.4*math.Min(1, 12/gap), .5), logit(t[4], .7), .8 * math.Cos(h), .8 * math.Sin(h)})
		copy(raw[2].Row(i), []float64{ln(t[6], .3), logit(.3+.05*float64(k), .5), math.Round(ln(3, .4)), logit(t[7], .6)})
	}
	for i, name := range []string{"rfm", "rfm+timing", "all behaviour"} {
		m := joined(raw[:i+1])
		m.IDs = ids
		x := scaled(m)
		xy, ex := projected(x)
		set := &study.Set{
			Name: name, Scale: "block", Raw: m, X: x, XY: xy, Explained: ex, Value: value,
			Strata: []study.StratumCount{{Name: "one purchase", Customers: n, ValueShare: ptr(.19)}, {Name: "enough", Customers: n, ValueShare: ptr(.81)}},
		}
		s.sets = append(s.sets, set)
		for k := 2; k < 2+ks; k++ {
			s.runs = append(s.runs,
				shopRun{set: i, algorithm: "kmeans", params: fmt.Sprintf(`{"n_clusters":%d,"init":"k-means++","n_init":10,"max_iter":300}`, k), k: k},
				shopRun{set: i, algorithm: "hierarchical", params: fmt.Sprintf(`{"n_clusters":%d,"linkage":"%s"}`, k, []string{"ward", "average"}[k%2]), k: k})
		}
		for e := range max(ks/2, 1) {
			s.runs = append(s.runs, shopRun{set: i, algorithm: "dbscan", params: fmt.Sprintf(`{"eps":%.1f,"min_samples":10}`, .4+.2*float64(e)), k: 5 - min(e, 3), noise: .32 - .07*float64(e)})
		}
		s.runs = append(s.runs, shopRun{set: i, algorithm: "dummy", params: `{"n_clusters":1}`, k: 1}, shopRun{set: i, algorithm: "hierarchical", params: `{"n_clusters":4,"linkage":"single"}`, fail: "needs 31 GB for its distance matrix; 6 GB are allowed"})
	}
	return s
}

func ptr(v float64) *float64 { return &v }

func (s *shop) run(i int) string { return fmt.Sprintf("%016x", s.seed<<32+uint64(i)+1) }

func (s *shop) start(j study.Journal) {
	var sets []study.Brief
	for _, x := range s.sets {
		b := study.Brief{Name: x.Name, Scale: x.Scale, N: s.n, Strata: x.Strata}
		for _, c := range x.Raw.Cols {
			b.Columns = append(b.Columns, c.Name)
		}
		sets = append(sets, b)
	}
	j.Append(study.Event{
		Event: study.StudyStart, Study: "retail-sim", Total: len(s.runs), Sets: sets,
		Metrics: []string{"silhouette", "calinski_harabasz", "davies_bouldin"},
		Data:    &study.Data{Name: "retail-sim", Hash: "9f3c2a7be1", Simulated: true, Unit: "customer", Currency: "EUR", From: "2024-01-01", To: "2024-12-31", Customers: 2 * s.n, Events: 11 * s.n, Notes: []string{"Made by a seeded generator; 214 returns matched to their purchases."}},
	})
	for _, x := range s.sets {
		j.SaveSet(x)
	}
}

// begin and end are the two halves of a run.
func (s *shop) begin(j study.Journal, i int) {
	r := s.runs[i]
	x := s.sets[r.set]
	j.Append(study.Event{Event: study.RunStart, Run: s.run(i), Cell: i + 1, Algorithm: r.algorithm, Params: json.RawMessage(r.params), Set: x.Name, Scale: x.Scale, Seed: 1})
}

func (s *shop) end(j study.Journal, i int) {
	r := s.runs[i]
	x := s.sets[r.set]
	id := s.run(i)
	if r.fail != "" {
		j.Append(study.Event{Event: study.RunFailed, Run: id, Reason: r.fail})
		return
	}
	labels, sil, centres := smallKMeans(x.X, r.k, s.seed+uint64(i))
	noise := 0
	if r.noise > 0 {
		noise = strip(x.X, labels, sil, centres, r.noise)
	}
	j.SaveRun(id, &study.RunData{Labels: labels, Silhouette: sil, Centers: centres})
	sizes := make([]int, r.k)
	mean, cnt := 0.0, 0
	per := make([]float64, r.k)
	for i, l := range labels {
		if l >= 0 {
			sizes[l]++
			per[l] += float64(sil[i])
			mean += float64(sil[i])
			cnt++
		}
	}
	for c := range per {
		per[c] /= float64(max(sizes[c], 1))
	}
	mean /= float64(cnt)
	j.Append(study.Event{Event: study.RunDone, Run: id, N: s.n, D: len(x.Raw.Cols), NClusters: r.k, NNoise: noise, Sizes: sizes, NIter: 12, Stop: "converged", Seconds: .02 + .013*float64(i%17), CPUSeconds: .1})
	if r.k < 2 {
		for _, m := range []string{"silhouette", "calinski_harabasz", "davies_bouldin"} {
			j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: m, Reason: "needs two segments; this run has one"})
		}
		return
	}
	j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette", Value: ptr(mean), Lo: ptr(mean - .012), Hi: ptr(mean + .012), PerSegment: per})
	j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "calinski_harabasz", Value: ptr(1000 * mean * 6 / float64(r.k+3))})
	j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "davies_bouldin", Value: ptr(2.1 - 2*mean)})
}

func (s *shop) done(j study.Journal) {
	j.Append(study.Event{Event: study.WarningEv, Warnings: []string{"3 runs have an undefined silhouette: they made one segment"}})
	j.Append(study.Event{Event: study.StudyDone})
}

// all runs the whole study.
func (s *shop) all(j study.Journal) {
	s.start(j)
	for i := range s.runs {
		s.begin(j, i)
		s.end(j, i)
	}
	s.done(j)
}
