package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// drawRows draws n rows of d coordinates: plain ones, ties and duplicates, far from the
// origin, denormal, or so large that squares overflow.
func drawRows(t *rapid.T, name string, n, d int) []float64 {
	kind := rapid.SampledFrom([]string{"normal", "ties", "far", "denormal", "huge"}).Draw(t, name+" kind")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, name+" seed"), 1))
	x := make([]float64, n*d)
	for i := range x {
		switch v := rng.NormFloat64(); kind {
		case "normal":
			x[i] = v
		case "ties":
			x[i] = math.Round(v)
		case "far":
			x[i] = 1e8 + v
		case "denormal":
			x[i] = v * 1e-310
		case "huge":
			x[i] = v * 1e160
		}
	}
	return x
}

func sameBits(a, b []float64) (int, bool) {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return i, false
		}
	}
	return 0, true
}

// Each level gives the plain twin's bits, whatever the numbers of rows and coordinates.
func TestTileSums(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d := rapid.IntRange(1, 19).Draw(t, "d")
			n, rows := rapid.IntRange(1, 50).Draw(t, "n"), rapid.IntRange(1, 8).Draw(t, "rows")
			y := PackLanes(drawRows(t, "y", n, d), d)
			x := PackLanes(drawRows(t, "x", 24, d), d)
			a := rapid.IntRange(0, 2).Draw(t, "a")
			blocks := (n + 7) / 8
			lo := rapid.IntRange(0, blocks-1).Draw(t, "lo")
			last := n - 8*(blocks-1)
			cols := make([]float64, 8*(blocks-lo)+3)
			for i := range cols {
				cols[i] = float64(i)
			}
			want := append([]float64(nil), cols...)
			var got, plain [8]float64
			TileSums(x, a, rows, y, lo, blocks, last, &got, cols)
			tileSumsPlain(d, x.block(a)[:8*d], rows, y.block(lo), last, &plain, want[:8*(blocks-lo)])
			if i, ok := sameBits(got[:], plain[:]); !ok {
				t.Fatalf("row %d: %v, plain %v", i, got[i], plain[i])
			}
			if i, ok := sameBits(cols, want); !ok {
				t.Fatalf("column %d: %v, plain %v", i, cols[i], want[i])
			}
		})
	})
}

// The plain twin against the definition.
func TestTileSumsDefinition(t *testing.T) {
	const d, n = 5, 21
	rng := rand.New(rand.NewPCG(3, 4))
	rows := make([]float64, n*d)
	for i := range rows {
		rows[i] = rng.NormFloat64()
	}
	y := PackLanes(rows, d)
	var got [8]float64
	cols := make([]float64, 24)
	cols[0], cols[23] = 100, 7
	TileSums(y, 1, 6, y, 0, 3, 5, &got, cols)
	col := make([]float64, 24)
	col[0], col[23] = 100, 7
	for r := range 8 {
		want := 0.0
		for j := range n {
			if r < 6 {
				v := math.Sqrt(Sq(rows[(8+r)*d:(9+r)*d], rows[j*d:j*d+d]))
				want += v
				col[j] += v
			}
		}
		if math.Abs(got[r]-want) > 1e-13 {
			t.Errorf("row %d: %.17g, want %.17g", r, got[r], want)
		}
	}
	for j, v := range col {
		if math.Abs(cols[j]-v) > 1e-13 {
			t.Errorf("column %d: %.17g, want %.17g", j, cols[j], v)
		}
	}
	var none [8]float64
	TileSums(NewLanes(8, 0), 0, 8, NewLanes(8, 0), 0, 1, 8, &none, nil)
	if none != [8]float64{} {
		t.Error("rows without coordinates lie apart")
	}
}

func BenchmarkTileSums(b *testing.B) {
	for _, d := range []int{2, 8, 16, 32} {
		b.Run(fmt.Sprintf("n=512/d=%d", d), func(b *testing.B) {
			y := benchmarkLanes(512, d)
			var s [8]float64
			cols := make([]float64, 512)
			for b.Loop() {
				for a := range 64 {
					TileSums(y, a, 8, y, 0, 64, 8, &s, cols)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512/512, "ns/pair")
		})
	}
}
