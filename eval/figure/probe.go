package figure

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// probe is an Input made up to try a figure with.
type probe struct {
	name string
	in   *Input
	must bool // a figure must be able to draw it
}

// hostileNames are what a data set may call its segments and features.
var hostileNames = []string{
	`<script>alert("1")</script>`, `]]></svg><svg onload="x">&amp;`, "=HYPERLINK(\"http://x\")", "new\nline\ttab\x00\x1b[31m",
	strings.Repeat("very long name ", 40), "\u202etxt.exe\u202c", "שלום עולם", "مرحبا", "客户分群", "Żółć ½ µ ☃ 👩‍👩‍👧", "\xff\xfe broken", " ",
}

// probes are the inputs that Check tries: one to two hundred segments, and what
// data does to figures on bad days.
func probes() []probe {
	p := []probe{
		{"1 segment", makeProbe(240, 6, 1), false},
		{"2 segments", makeProbe(240, 6, 2), true},
		{"8 segments", makeProbe(240, 6, 8), true},
		{"30 segments", makeProbe(300, 6, 30), true},
		{"200 segments", makeProbe(600, 6, 200), true},
		{"one row per segment", makeProbe(8, 3, 8), false},
		{"one row", makeProbe(1, 2, 1), false},
		{"60 features", makeProbe(120, 60, 4), true},
		{"one feature", makeProbe(60, 1, 3), true},
		{"6,000 points", makeProbe(6000, 2, 5), true},
		{"nothing at all", &Input{}, false},
		{"no input", nil, false},
	}
	with := func(name string, must bool, n, k int, change func(in *Input)) {
		in := makeProbe(n, 5, k)
		change(in)
		p = append(p, probe{name, in, must})
	}
	with("hostile names", true, 240, 8, func(in *Input) {
		in.Names = hostileNames
		for j := range in.Set.Raw.Cols {
			in.Set.Raw.Cols[j].Name = hostileNames[j]
			in.Set.Raw.Cols[j].Unit = hostileNames[len(hostileNames)-1-j]
		}
		in.State.Study.Data.Currency, in.State.Study.Data.Unit = hostileNames[0], hostileNames[8]
		in.Set.Strata[0].Name = hostileNames[1]
		for _, r := range in.State.Runs {
			r.Start.Set, r.Start.Algorithm = hostileNames[4], hostileNames[5]+r.Start.Algorithm
		}
	})
	with("a constant feature", true, 120, 3, func(in *Input) {
		for i := range in.Data.Labels {
			in.Set.Raw.Row(i)[1] = 7
		}
	})
	with("only constants", false, 120, 3, func(in *Input) {
		for i := range in.Set.Raw.Data() {
			in.Set.Raw.Data()[i] = 7
		}
		clear(in.Set.XY)
	})
	with("missing values", true, 120, 3, func(in *Input) {
		for i := range in.Data.Labels {
			in.Set.Raw.Row(i)[i%3] = math.NaN()
			in.Set.Raw.Row(i)[4] = math.NaN()
			if i%7 == 0 {
				in.Set.XY[2*i], in.Data.Silhouette[i] = math.NaN(), float32(math.NaN())
			}
		}
	})
	with("huge and tiny values", false, 120, 3, func(in *Input) {
		for i := range in.Data.Labels {
			in.Set.Raw.Row(i)[0] *= 1e300
			in.Set.Raw.Row(i)[1] *= 1e-300
			in.Set.XY[2*i] *= 1e-200
			in.Set.XY[2*i+1] *= 1e200
			in.Set.Value[i] *= 1e250
		}
		for i := range in.Data.Tree.Height {
			in.Data.Tree.Height[i] *= 1e280
		}
	})
	with("some noise", true, 240, 4, func(in *Input) {
		for i := range in.Data.Labels {
			if i%5 == 4 && i > 20 {
				in.Data.Labels[i] = -1
			}
		}
	})
	with("noise only", false, 120, 2, func(in *Input) {
		for i := range in.Data.Labels {
			in.Data.Labels[i] = -1
		}
	})
	with("no tree, silhouettes, value, strata, ids", false, 120, 3, func(in *Input) {
		in.Data.Tree, in.Data.Silhouette, in.Set.Value, in.Set.Strata = nil, nil, nil, nil
		in.State, in.Run = nil, nil
	})
	with("arrays that do not fit", false, 120, 3, func(in *Input) {
		in.Data.Labels = in.Data.Labels[:60]
	})
	with("negative revenue", false, 120, 3, func(in *Input) {
		for i := range in.Set.Value {
			in.Set.Value[i] = -1
		}
	})
	return p
}

// makeProbe is n rows of d features in k segments of falling size, with all that a
// run leaves behind and a small study around it.
func makeProbe(n, d, k int) *Input {
	labels := make([]int32, n)
	for i := range labels {
		labels[i] = int32(i)
		if i >= k { // one each, then the first ones more often
			u := math.Mod(float64(i)*0.6180339887498949, 1)
			labels[i] = int32(float64(k) * u * u)
		}
	}
	cluster.Canonical(labels)
	cols := make([]features.Column, d)
	units := []string{"days", "count", "money", ""}
	for j := range cols {
		cols[j] = features.Column{Name: fmt.Sprintf("feature_%d_of_probe", j+1), Unit: units[j%4], Doc: "Made up.", Block: "probe"}
	}
	raw := features.NewMatrix(n, cols, nil)
	in := &Input{
		Set:  &study.Set{Name: "probe", Scale: "zscore", Raw: raw, X: raw, XY: make([]float64, 2*n), Explained: [2]float64{.5, .25}, Value: make([]float64, n)},
		Data: &study.RunData{Labels: labels, Silhouette: make([]float32, n)},
	}
	wave := func(x float64) float64 { return math.Mod(math.Abs(math.Sin(x)*1e4), 1) - 0.5 }
	for i, l := range labels {
		for j := range d {
			raw.Row(i)[j] = 10 + 5*wave(float64(l)*3+float64(j)) + wave(float64(i*d+j))
		}
		sin, cos := math.Sincos(float64(l) * 2.4)
		in.Set.XY[2*i] = 4*cos*math.Sqrt(float64(l)) + 2*wave(float64(i)+.1)
		in.Set.XY[2*i+1] = 4*sin*math.Sqrt(float64(l)) + 2*wave(float64(i)+.2)
		in.Set.Value[i] = 100 * (1 + wave(float64(i)+.3)) * float64(1+l)
		in.Data.Silhouette[i] = float32(0.4 + wave(float64(i)+.4))
	}
	in.Data.Tree = probeTree(labels, k)
	tenth, zero := 0.1, 0.0
	in.Set.Strata = []study.StratumCount{{Name: "one purchase", Customers: n, ValueShare: &tenth}, {Name: "prospect", Customers: 1 + n/9, ValueShare: &zero}, {Name: "enough", Customers: n}}
	in.State = probeStudy(n)
	in.Run = in.State.Run("run1")
	return in
}

// probeTree merges each segment's rows one by one, low, then the segments, high.
func probeTree(labels []int32, k int) *cluster.Tree {
	n := len(labels)
	t := &cluster.Tree{N: n}
	h := 0.0
	merge := func(a, b, size int, up float64) int {
		h += up
		t.A, t.B = append(t.A, int32(min(a, b))), append(t.B, int32(max(a, b)))
		t.Height, t.Size = append(t.Height, h), append(t.Size, int32(size))
		return n + len(t.Height) - 1
	}
	roots, sizes := make([]int, k), make([]int, k)
	for g := range roots {
		roots[g] = -1
		for i, l := range labels {
			if int(l) != g {
				continue
			}
			if sizes[g]++; roots[g] < 0 {
				roots[g] = i
			} else {
				roots[g] = merge(roots[g], i, sizes[g], 0.01)
			}
		}
	}
	for g := 1; g < k; g++ {
		sizes[0] += sizes[g]
		roots[0] = merge(roots[0], roots[g], sizes[0], 1)
	}
	return t
}

// probeStudy is a study of two feature sets and three algorithms.
func probeStudy(n int) *study.State {
	s := new(study.State)
	seq := int64(0)
	say := func(e study.Event) {
		seq++
		e.Seq = seq
		s.Fold(e)
	}
	say(study.Event{Event: study.StudyStart, Study: "probe", Data: &study.Data{Name: "probe", Unit: "customer", Currency: "EUR", Customers: n}})
	cell := 0
	for _, set := range []string{"probe", "other"} {
		for k := 1; k <= 9; k++ {
			for _, algo := range []string{"kmeans", "hierarchical", "dbscan"} {
				for seed := range uint64(2) {
					cell++
					id := fmt.Sprint("run", cell)
					params := json.RawMessage(fmt.Sprintf(`{"n_clusters":%d,"linkage":"ward"}`, k))
					if algo == "dbscan" {
						params = json.RawMessage(fmt.Sprintf(`{"eps":%d.5}`, k))
					}
					say(study.Event{Event: study.RunStart, Run: id, Cell: cell, Algorithm: algo, Params: params, Set: set, Scale: "zscore", Seed: seed + 1})
					e := study.Event{Event: study.ScoreEvent, Run: id, Metric: "silhouette", Reason: "1 cluster"}
					if k > 1 {
						v := 0.5 - 0.03*math.Abs(float64(k-4)) - 0.02*float64(seed) - 0.001*float64(cell%3)
						e.Value, e.Reason = &v, ""
					}
					say(e)
					say(study.Event{Event: study.RunDone, Run: id, N: n, NClusters: k, NNoise: n / 10 * (cell % 3 / 2)})
				}
			}
		}
	}
	var judged study.Event
	if err := json.Unmarshal([]byte(probeVerdict), &judged); err != nil {
		panic("figure: the probe's verdict: " + err.Error())
	}
	say(judged)
	return s
}

// probeVerdict is what a judgement leaves behind: forecasts with and without all that
// can be beside them.
const probeVerdict = `{"event":"verdict","verdict":{"name":"kmeans k=4 probe","foretells":[
{"target":"spend","measure":"R²","days":90,"outside":0.162,"inside":0.19,"lo":0.144,"hi":0.181,"rfm":0.174,"ceiling":0.227,"against":"worse"},
{"target":"purchase_hour","measure":"D²","outside":0.09,"inside":0.1,"lo":0.07,"hi":0.11,"rfm":0,"ceiling":0.14,"against":"better"},
{"target":"days_to_purchase","measure":"D²","outside":-0.003,"lo":-0.005,"hi":0.001,"rfm":-0.002,"against":"same"},
{"target":"feast_share","measure":"R²","outside":0.01,"lo":-0.01,"hi":0.03,"rfm":-0.02,"against":"better"},
{"target":"next_category","measure":"D²","outside":0}]}}`
