package cluster

import (
	"bufio"
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/npy"
)

// BenchmarkSeedsOf makes what a fit begins with, the rows' copy and the k-means++ start,
// without the labels that follow, on the npy file that MORES_NPY names: MORES_K centres from MORES_SEED.
func BenchmarkSeedsOf(b *testing.B) {
	path := os.Getenv("MORES_NPY")
	if path == "" {
		b.Skip("MORES_NPY names no file")
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	a, err := npy.Read(bufio.NewReader(f))
	if err != nil {
		b.Fatal(err)
	}
	k, err := strconv.Atoi(os.Getenv("MORES_K"))
	if err != nil {
		b.Fatal(err)
	}
	seed, err := strconv.ParseUint(os.Getenv("MORES_SEED"), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	n, d := a.Shape[0], a.Shape[1]
	x := features.NewMatrix(n, make([]features.Column, d), a.Data)
	b.Run("k-means++", func(b *testing.B) {
		alg := &KMeans{NClusters: k, Init: "k-means++", NInit: 1}
		var centers []float64
		for b.Loop() {
			r, err := newKMeansRun(context.Background(), alg, x, Run{Seed: seed})
			if err != nil {
				b.Fatal(err)
			}
			if centers, err = r.start(0); err != nil {
				b.Fatal(err)
			}
		}
		label, dist := make([]int32, n), make([]float64, n)
		kernel.NewPoints(centers, d).Nearest(a.Data, label, dist)
		b.ReportMetric(sum(dist)/float64(n), "potential/row")
	})
}
