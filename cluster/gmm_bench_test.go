package cluster

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/npy"
)

// gmmBench returns the set gmm8_SIZE of the folder MORES_PEERDATA with its starting
// means, which scikit-learn is timed on as well, or rows much like it.
func gmmBench(b *testing.B, name string, n int) (*features.Matrix, [][]float64) {
	read := func(file string) *features.Matrix {
		raw, err := os.ReadFile(filepath.Join(os.Getenv("MORES_PEERDATA"), file))
		if err != nil {
			return nil
		}
		a, err := npy.Read(bytes.NewReader(raw))
		if err != nil {
			b.Fatal(err)
		}
		return matrix(a.Shape[1], a.Data...)
	}
	x, init := read(name+".npy"), read(name+".init8.npy")
	if x == nil || init == nil {
		x, _ = gaussian(n, 8, 20, 20, 1)
		init = x.Pick(rand.New(rand.NewPCG(1, 7)).Perm(n)[:8])
	}
	k, _ := init.Dims()
	means := make([][]float64, k)
	for i := range means {
		means[i] = slices.Clone(init.Row(i))
	}
	return x, means
}

// BenchmarkGMM makes 20 steps from given means, as the comparison with scikit-learn
// does (k = 8, d = 8), and reports the mean log-likelihood.
func BenchmarkGMM(b *testing.B) {
	for _, s := range []struct {
		name string
		n    int
	}{{"gmm8_100k", 100_000}, {"gmm8_1m", 1_000_000}} {
		for _, workers := range []int{1, 2} {
			var x *features.Matrix
			var means [][]float64
			b.Run(fmt.Sprintf("%s/n=%d,d=8,k=8,workers=%d", s.name, s.n, workers), func(b *testing.B) {
				if x == nil {
					x, means = gmmBench(b, s.name, s.n)
				}
				a := &GMM{NClusters: 8, CovarianceType: "full", RegCovar: 1e-6, MaxIter: 20, MeansInit: means}
				like := math.NaN()
				for b.Loop() {
					c, err := a.Fit(context.Background(), x, Run{Workers: workers})
					if err != nil {
						b.Fatal(err)
					}
					like = *c.Objective
				}
				b.ReportMetric(like, "log-likelihood")
			})
		}
	}
}
