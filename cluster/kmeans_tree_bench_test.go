package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkKMeansTree compares the algorithms from the same k rows, at most 300
// iterations. MORES_KMEANS (n d k) replaces the sizes.
func BenchmarkKMeansTree(b *testing.B) {
	sizes := [][3]int{{100_000, 2, 50}, {100_000, 3, 200}, {100_000, 5, 200}}
	if v := strings.Fields(os.Getenv("MORES_KMEANS")); len(v) == 3 {
		var s [3]int
		for i := range s {
			s[i], _ = strconv.Atoi(v[i])
		}
		sizes = [][3]int{s}
	}
	for _, s := range sizes {
		n, d, k := s[0], s[1], s[2]
		x, _ := gaussian(n, d, 40, 20, 7)
		a := &KMeans{NClusters: k, MaxIter: 300, Tol: 0}
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n)[:k] {
			a.InitCenters = append(a.InitCenters, x.Row(i))
		}
		for _, a.Algorithm = range []string{"hamerly", "tree"} {
			b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=%d", a.Algorithm, n, d, k), func(b *testing.B) {
				for b.Loop() {
					c, err := a.Fit(context.Background(), x, Run{})
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(c.Iter), "iterations")
					b.ReportMetric(*c.Objective/float64(n), "inertia/row")
				}
			})
		}
	}
}
