package eval

import (
	"context"
	"math"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Cases small enough to work out by hand; the working stands beside each value.
//
//	pairs       0 2 | 10 12 on a line: means 1 and 11, of all 6
//	alone       0 2 4 | 12: means 2 and 12, of all 4.5; one row alone
//	square      (0,0) (0,3) | (4,0) (4,3): means (0,1.5) and (4,1.5), of all (2,1.5)
//	crossed     0 4 | 2 6: means 2 and 4, of all 3
//	touching    0 1 5 | 6 8
//	neighbours  0 1 4 | 6 6.5 13
//	three       0 1 3 | 10 12
var tinySets = map[string]struct {
	x      [][]float64
	labels []int32
}{
	"pairs":      {[][]float64{{0}, {2}, {10}, {12}}, []int32{0, 0, 1, 1}},
	"alone":      {[][]float64{{0}, {2}, {4}, {12}}, []int32{0, 0, 0, 1}},
	"square":     {[][]float64{{0, 0}, {0, 3}, {4, 0}, {4, 3}}, []int32{0, 0, 1, 1}},
	"crossed":    {[][]float64{{0}, {4}, {2}, {6}}, []int32{0, 0, 1, 1}},
	"touching":   {[][]float64{{0}, {1}, {5}, {6}, {8}}, []int32{0, 0, 0, 1, 1}},
	"neighbours": {[][]float64{{0}, {1}, {4}, {6}, {6.5}, {13}}, []int32{0, 0, 0, 1, 1, 1}},
	"three":      {[][]float64{{0}, {1}, {3}, {10}, {12}}, []int32{0, 0, 0, 1, 1}},
}

type tinyCase struct {
	set  string
	m    Measure // nil = the metric's defaults
	want float64
}

var tinyInternal = map[string][]tinyCase{
	"silhouette": {
		{"pairs", nil, (9./11 + 7./9) / 2},             // outer rows a = 2, b = (10+12)/2; inner ones b = (8+10)/2
		{"alone", nil, (9./12 + 8./10 + 5./8 + 0) / 4}, // a = 3, 2, 3, b = 12, 10, 8; the last is alone
		{"square", nil, 1.5 / 4.5},                     // each a = 3, b = (4+5)/2
		{"crossed", nil, (0 - 2./4) / 2},               // outer a = 4, b = (2+6)/2; inner a = 4, b = 2
	},
	"squared_silhouette": {
		{"pairs", nil, (118./122 + 78./82) / 2},               // a = 4, b = (100+144)/2 and (64+100)/2
		{"alone", nil, (134./144 + 96./100 + 54./64 + 0) / 4}, // a = (4+16)/2, 4, (16+4)/2, b = 144, 100, 64
		{"square", nil, 11.5 / 20.5},                          // a = 9, b = (16+25)/2
		{"crossed", nil, (4./20 - 12./16) / 2},                // a = 16, b = (4+36)/2 and (4+4)/2
	},
	"simplified_silhouette": {
		{"pairs", nil, (10./11 + 8./9) / 2},         // to means: a = 1, b = 11 and 9
		{"alone", nil, (10./12 + 1 + 6./8 + 0) / 4}, // a = 2, 0, 2, b = 12, 10, 8
		{"square", nil, 1 - 1.5/math.Sqrt(18.25)},   // a = 1.5, b = √(16 + 1.5²)
		{"crossed", nil, (2./4 - 1) / 2},            // outer a = 2, b = 4; inner a = 2, b = 0
	},
	"calinski_harabasz": {
		{"pairs", nil, 100. / (4. / 2)},  // between 4·5², within 4·1², n − k = 2
		{"alone", nil, 75. / (8. / 2)},   // 3·2.5² + 7.5² = 75, 4 + 0 + 4
		{"square", nil, 16. / (9. / 2)},  // 4·2², 4·1.5²
		{"crossed", nil, 4. / (16. / 2)}, // 4·1², 4·2²
	},
	"davies_bouldin": {
		{"pairs", nil, (1. + 1) / 10},   // mean distances to the means over the means' distance
		{"alone", nil, (4./3 + 0) / 10}, // (2+0+2)/3
		{"square", nil, (1.5 + 1.5) / 4},
		{"crossed", nil, (2. + 2) / 2},
	},
	"dunn": {
		{"pairs", nil, 8. / 2}, // nearest rows of the two over the widest segment
		{"alone", nil, 8. / 4},
		{"square", nil, 4. / 3},
		{"crossed", nil, 2. / 4},
	},
	"generalized_dunn": { // δ₃/Δ₃: mean distance between over twice the mean distance to the mean
		{"pairs", nil, 10. / 2},                    // (10+12+8+10)/4 over 2·1
		{"alone", nil, 10. / (8. / 3)},             // (12+10+8)/3 over 2·4/3
		{"square", nil, 4.5 / 3},                   // (4+5+5+4)/4 over 2·1.5
		{"crossed", nil, 3. / 4},                   // (2+6+2+2)/4 over 2·2
		{"pairs", &GeneralizedDunn{4, 2}, 10. / 2}, // means 10 apart, both pairs 2 wide
		{"alone", &GeneralizedDunn{2, 1}, 12. / 4}, // farthest rows 12, the widest segment 4
	},
	"pbm": { // (Σ to the mean of all / Σ to the own mean · farthest means / k)²
		{"pairs", nil, 625},           // (20/4 · 10/2)²
		{"alone", nil, 18.75 * 18.75}, // 4.5 + 2.5 + 0.5 + 7.5 = 15: (15/4 · 10/2)²
		{"square", nil, 100. / 9},     // 4·2.5 = 10, 4·1.5 = 6: (10/6 · 4/2)²
		{"crossed", nil, 1},           // (8/8 · 2/2)²
	},
	"c_index": { // (sum inside − as many smallest)/(as many largest − as many smallest)
		{"pairs", nil, 0},                       // 2 + 2 are the smallest
		{"alone", nil, 0},                       // 2 + 2 + 4 are
		{"crossed", nil, (8. - 4) / (10 - 4)},   // 4 + 4 of 2 2 2 4 4 6
		{"touching", nil, (12. - 7) / (26 - 7)}, // 1 + 5 + 4 + 2 of 1 1 2 3 4 5 5 6 7 8
	},
	"xie_beni": { // mean squared distance to the own mean over the squared distance of the nearest means
		{"pairs", nil, 1. / 100},
		{"alone", nil, (8. / 4) / 100},
		{"square", nil, 2.25 / 16},
		{"crossed", nil, 4. / 4},
	},
	"wcnn": {
		{"pairs", &WCNN{M: 1}, 1},         // each row's nearest is its partner
		{"square", &WCNN{M: 1}, 1},        // 3 against 4
		{"crossed", &WCNN{M: 1}, 0},       // nearest at 2, all in the other segment
		{"touching", &WCNN{M: 1}, 3. / 5}, // 5 and 6 are each other's nearest
	},
	"dunnowa": {
		{"crossed", &DuNN{M: 1, Delta: 5}, 2},  // four pairs at 2
		{"touching", &DuNN{M: 1, Delta: 5}, 1}, // 5 and 6, seen from both
		// 4 has 6 and 6.5 nearest, which have 4 second: 2 2 2.5 2.5, of which 3δ = 3 count with
		// weights e^0, e^−½, e^−2.
		{"neighbours", &DuNN{M: 2, Delta: 1}, (2 + 2*math.Exp(-0.5) + 2.5*math.Exp(-2)) / (1 + math.Exp(-0.5) + math.Exp(-2))},
		// δ = 2: all four, e^−(u/2)²/2.
		{
			"neighbours", &DuNN{M: 2, Delta: 2},
			(2 + 2*math.Exp(-1./8) + 2.5*math.Exp(-1./2) + 2.5*math.Exp(-9./8)) / (1 + math.Exp(-1./8) + math.Exp(-1./2) + math.Exp(-9./8)),
		},
	},
	"dbcv": {
		{"pairs", nil, (8. - 2) / 8},  // a(x) = 2 in both, 8 apart
		{"square", nil, (4. - 3) / 4}, // a(x) = 3, 4 apart
		{"crossed", nil, 0},           // a(x) = 4 hides the 2 between them: (4 − 4)/4
		// a(0) = 1/((1 + ⅓)/2) = 1.5, a(1) = 1/((1 + ½)/2) = 4/3, a(3) = 1/((⅓ + ½)/2) = 2.4: the tree
		// is 0–1–3, only 1 is inner, no edge is, the longest is 2.4. From 1 to 10 it is 9. The
		// pair has a = 2. ⅗·(9−2.4)/9 + ⅖·(9−2)/9.
		{"three", nil, 3./5*(6.6/9) + 2./5*(7./9)},
	},
	"dbcv_tree": {
		{"pairs", &DBCVTree{MinSamples: 1}, (8. - 2) / 8},  // edges 2, 8 and 2
		{"square", &DBCVTree{MinSamples: 1}, (4. - 3) / 4}, // 3, 3 and one of the two 4
		{"crossed", &DBCVTree{MinSamples: 1}, 0},           // 0–2–4–6: none joins rows of one segment
		// 0–1 1, 1–5 4, 5–6 1, 6–8 2: ⅗·(1−4)/4 + ⅖·(1−2)/2.
		{"touching", &DBCVTree{MinSamples: 1}, -3./5*(3./4) - 2./5*(1./2)},
		// To the second row: cores 3 2 3 7 9. 0–1 and 1–3 are 3, 3–10 is 7, 10–12 is 9.
		{"three", &DBCVTree{MinSamples: 3}, 3./5*(4./7) - 2./5*(2./9)},
		// To the farthest: cores 12 10 10 12, every edge at an outer row 12, that between 2 and 10 10.
		{"pairs", nil, (10. - 12) / 12},
	},
}

// The agreement of a labelling with a reference.
//
//	equal    0 0 1 1 renamed
//	across   0 0 1 1 and 0 1 0 1: all four cells 1
//	split    0 0 1 1 and 0 0 1 2
//	moved    0 0 0 1 1 1 and 0 0 1 1 1 1: cells 2 1 | 0 3
var tinyPairs = map[string][2][]int32{
	"equal":  {{0, 0, 1, 1}, {1, 1, 0, 0}},
	"across": {{0, 0, 1, 1}, {0, 1, 0, 1}},
	"split":  {{0, 0, 1, 1}, {0, 0, 1, 2}},
	"moved":  {{0, 0, 0, 1, 1, 1}, {0, 0, 1, 1, 1, 1}},
	"two":    {{0, 0, 0, 0, 1, 1}, {0, 0, 0, 1, 1, 1}},
}

// Entropies: H = ln 2 of two halves, 1.5 ln 2 of ½ ¼ ¼, ln 3 − ⅔ ln 2 of ⅓ ⅔. Mutual
// information of "moved": ⅓ ln(6·2/(3·2)) + ⅙ ln(6·1/(3·4)) + ½ ln(6·3/(3·4)) = ½ ln 3 − ⅓ ln 2.
var (
	tinyLn3   = math.Log(3)
	tinyMoved = tinyLn3/2 - math.Ln2/3
	tinyThird = tinyLn3 - 2*math.Ln2/3
)

var tinyExternal = map[string][]tinyCase{
	"adjusted_rand": {
		{"equal", nil, 1},
		{"across", nil, (0 - 2./3) / (2 - 2./3)},  // pairs 0, 2 and 2 of 6: expected 4/6, most 2
		{"split", nil, (1 - 1./3) / (1.5 - 1./3)}, // 1, 2 and 1: expected 2/6, most 1.5
		{"moved", nil, (4 - 2.8) / (6.5 - 2.8)},   // 1+3, 3+3 and 1+6 of 15: expected 42/15
	},
	"fowlkes_mallows": { // pairs together in both over the root of the product
		{"equal", nil, 1},
		{"across", nil, 0},
		{"split", nil, 1 / math.Sqrt2},
		{"moved", nil, 4 / math.Sqrt(6*7)},
	},
	"normalized_mutual_info": { // over the mean of the entropies
		{"equal", nil, 1},
		{"across", nil, 0},
		{"split", nil, 1 / 1.25},
		{"moved", nil, 2 * tinyMoved / (math.Ln2 + tinyThird)},
	},
	"homogeneity": { // over the reference's entropy
		{"equal", nil, 1},
		{"across", nil, 0},
		{"split", nil, 1},
		{"moved", nil, tinyMoved / math.Ln2},
	},
	"completeness": { // over the labelling's
		{"equal", nil, 1},
		{"across", nil, 0},
		{"split", nil, 1 / 1.5},
		{"moved", nil, tinyMoved / tinyThird},
	},
	"v_measure": { // harmonic mean of the two
		{"equal", nil, 1},
		{"across", nil, 0},
		{"split", nil, 2 * (2. / 3) / (1 + 2./3)},
		{"moved", nil, 2 * tinyMoved / (math.Ln2 + tinyThird)},
	},
	"variation_of_information": { // sum of the entropies less twice the mutual information
		{"equal", nil, 0},
		{"across", nil, 2 * math.Ln2},
		{"split", nil, math.Ln2 / 2},
		{"moved", nil, math.Ln2}, // ln 2 + ln 3 − ⅔ ln 2 − ln 3 + ⅔ ln 2
	},
	"adjusted_mutual_info": { // (MI − E)/(mean H − E), E over all ways to deal out the clusters
		{"equal", nil, 1},
		// One way in three puts like with like: E = ⅓ ln 2.
		{"across", nil, (0 - 1./3) / (1 - 1./3)},
		// The pair of the three clusters: both of one class (⅓) gives ln 2, else ½ ln 2: E = ⅔ ln 2.
		{"split", nil, (1 - 2./3) / (1.25 - 2./3)},
		// The small cluster: both of one class 6 times in 15, as here; else independent.
		{"moved", nil, (1 - 0.4) * tinyMoved / ((math.Ln2+tinyThird)/2 - 0.4*tinyMoved)},
	},
	"b_cubed": {
		{"equal", nil, 1},
		{"across", nil, 0.5},                                // precision and recall ½ for each row
		{"split", nil, 2 * 0.75 / 1.75},                     // precision 1, recall (1+1+½+½)/4
		{"moved", nil, 2 * 0.75 * (7. / 9) / (0.75 + 7./9)}, // (1+1+¼+3·¾)/6 and (2·⅔+⅓+3)/6
	},
	"normalized_clustering_accuracy": { // mean over classes of (share kept − 1/k)/(1 − 1/k)
		{"equal", nil, 1},
		{"across", nil, 0},
		{"moved", nil, (1./3 + 1) / 2}, // ⅔ and 1
		{"two", nil, (1./2 + 1) / 2},   // ¾ and 1
	},
	"pair_sets_index": { // (S − E)/(most groups − E), S sums n_ij/max(n_i, m_j) over the pairing
		{"equal", nil, 1},
		{"across", nil, 0},                               // S = ½ + ½ = E
		{"split", nil, (1.5 - 0.75) / (3 - 0.75)},        // S = 2/2 + 1/2; E = (2·2/4)/2 + (2·1/4)/2
		{"moved", nil, (17./12 - 10./12) / (2 - 10./12)}, // S = 2/3 + 3/4; E = (3·4/6)/4 + (3·2/6)/3
	},
}

// Six rows 0 1 10 11 20 21 in three classes of two.
var tinyCentroid = []struct {
	labels []int32
	want   float64
}{
	{[]int32{0, 0, 1, 1, 2, 2}, 0},
	{[]int32{0, 1, 2, 2, 2, 2}, 1}, // means 0, 1 and 15.5: nobody goes to 10.5
	{[]int32{0, 0, 0, 0, 0, 0}, 2}, // one mean goes to one of three
	{[]int32{0, 1, 2, 3, 4, 5}, 3}, // three of the six get no class
}

func TestTiny(t *testing.T) {
	score := func(metric string, m Measure, in *Input) Score {
		if m == nil {
			return scoreOf(t, metric, in)
		}
		s, err := m.Score(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for metric, cases := range tinyInternal {
		for _, c := range cases {
			set := tinySets[c.set]
			s := score(metric, c.m, &Input{X: matrixOf(set.x), C: clusteringOf(set.labels)})
			if !s.Defined() {
				t.Errorf("%s, %s: %s", metric, c.set, s.Reason)
			}
			check.Close(t, metric+", "+c.set, s.Value, c.want, 1e-14)
		}
	}
	for metric, cases := range tinyExternal {
		for _, c := range cases {
			pair := tinyPairs[c.set]
			s := score(metric, c.m, &Input{C: clusteringOf(pair[1]), Truth: []Labelling{{Name: "reference", Labels: pair[0]}}})
			if !s.Defined() {
				t.Errorf("%s, %s: %s", metric, c.set, s.Reason)
			}
			check.Close(t, metric+", "+c.set, s.Value, c.want, 1e-14)
		}
	}
	x := matrixOf([][]float64{{0}, {1}, {10}, {11}, {20}, {21}})
	for _, c := range tinyCentroid {
		s := score("centroid_index", nil, &Input{X: x, C: clusteringOf(c.labels), Truth: []Labelling{{Name: "classes", Labels: []int32{0, 0, 1, 1, 2, 2}}}})
		check.Close(t, "centroid_index", s.Value, c.want, 0)
	}
}
