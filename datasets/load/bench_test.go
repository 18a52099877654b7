package load

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// BenchmarkEvents loads online_retail.csv.gz (541,909 rows × 8) into a log.
// Quality: the clean lines; beside it, what encoding/csv needs to cut the same
// bytes into cells and do nothing with them.
func BenchmarkEvents(b *testing.B) {
	path := check.Data(b, "data/online_retail/online_retail.csv.gz")
	const rows = 541909
	b.Run("mores/n=541909/d=8", func(b *testing.B) {
		for b.Loop() {
			l, _, err := Events(context.Background(), []string{path}, Options{})
			if err != nil || l.NumEvents() != 406789 {
				b.Fatal(l, err)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("encoding-csv/n=541909/d=8", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			z, err := gzip.NewReader(bufio.NewReader(f))
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(z)
			r.ReuseRecord = true
			n := 0
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
			f.Close()
			if n != rows+1 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkSmall is what a file of five rows costs: nearly all of it is DuckDB's
// start.
func BenchmarkSmall(b *testing.B) {
	p := b.TempDir() + "/o.csv"
	if err := os.WriteFile(p, []byte(clean), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Events(context.Background(), []string{p}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
