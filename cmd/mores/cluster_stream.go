package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/features"
)

// streamCopies is how many times a table lies in memory, at most, while it is read and
// scaled: by column as read, by row, and scaled, with some room to grow.
const streamCopies = 3.5

// streamed is a table on disk as rows that come in chunks.
type streamed struct {
	*load.Rows
	cols []features.Column
}

func (s *streamed) Columns() []features.Column { return s.cols }

// Chunks reads the file once.
func (s *streamed) Chunks(ctx context.Context) iter.Seq2[*features.Matrix, error] {
	return func(yield func(*features.Matrix, error) bool) {
		stop := fmt.Errorf("stopped")
		err := s.Each(ctx, func(ids []string, x []float64) error {
			m := features.NewMatrix(len(x)/len(s.cols), s.cols, x)
			if s.ID != "" {
				m.IDs = ids
			}
			if !yield(m, nil) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield(nil, err)
		}
	}
}

// stream returns the table as rows to be streamed where it does not fit into --max-mem
// beside what the algorithm needs, and nil where it does. A table that neither fits nor
// can be streamed is refused.
func (c clusterCmd) stream(ctx context.Context, a *app, alg cluster.Algorithm) (*streamed, error) {
	limit, err := a.maxBytes()
	if err != nil {
		return nil, err
	}
	r, err := load.OpenRows(ctx, a.path(c.Input), load.TableOptions{ID: c.ID, MaxMem: limit, Jobs: a.Jobs})
	if err != nil || r == nil {
		return nil, err
	}
	if len(c.Columns) > 0 {
		if miss := r.Keep(c.Columns); miss != "" {
			return nil, c.noColumn(miss, r.Columns)
		}
	}
	d := len(r.Columns)
	need := int64(streamCopies * 8 * float64(r.N) * float64(d))
	if e, ok := alg.(cluster.Estimator); ok {
		need += e.Estimate(int(r.N), d).Bytes
	}
	if need <= limit {
		return nil, nil
	}
	refuse := func(why, options string) error {
		return &failure{exit: exitRefused, code: "R001", err: fmt.Errorf(
			"error[R001]: %s: %d rows × %d columns need about %s in memory with %s; the limit is %s%s. Not started\n  options: %s",
			c.Input, r.N, d, bytesText(need), c.Algo, bytesText(limit), why, options)}
	}
	if _, ok := alg.(cluster.Streamer); !ok {
		return nil, refuse("", "mores cluster betula (reads the file once, in bounded memory) · fewer rows or --columns · --max-mem "+
			strings.ReplaceAll(bytesText(need+need/4), " ", "")+" if the machine has it")
	}
	switch {
	case c.Scale != "none":
		return nil, refuse(", and --scale needs the whole table", "scale the columns where the file is made, and --scale none · more --max-mem")
	case c.Missing != string(features.Refuse):
		return nil, refuse(", and --missing needs the whole table", "fill or drop missing values where the file is made · more --max-mem")
	case c.Init != "" || c.LinkageOut != "" || c.Details != "":
		return nil, refuse(", and --init, --linkage-out and --details need the whole table", "leave them out · more --max-mem")
	}
	if e, ok := alg.(interface{ CheckRows(n int64) error }); ok {
		if err := e.CheckRows(r.N); err != nil {
			return nil, err
		}
	}
	if e, ok := alg.(interface {
		EstimateRows(n int64, d int) cluster.Estimate
	}); ok {
		if b := e.EstimateRows(r.N, d).Bytes; b > limit/4*3 {
			return nil, &failure{exit: exitRefused, code: "R001", err: fmt.Errorf(
				"error[R001]: %s needs about %s beside the rows, and three quarters of --max-mem are %s. Not started\n  options: --set max_leaves=N with a smaller N · more --max-mem",
				c.Algo, bytesText(b), bytesText(limit/4*3))}
		}
	}
	s := &streamed{Rows: r}
	for _, name := range r.Columns {
		s.cols = append(s.cols, features.Column{Name: name, Doc: name + ", as given", Block: "table"})
	}
	if len(r.Aside) > 0 {
		a.say("left out, for they hold no numbers: %s", list(r.Aside))
	}
	// What DuckDB may take of the budget, a quarter, is not Go's.
	debug.SetMemoryLimit(limit / 4 * 3)
	debug.SetGCPercent(50)
	return s, nil
}

// runStream fits rows that do not fit into memory.
func (c clusterCmd) runStream(ctx context.Context, a *app, method *cluster.Method, alg cluster.Algorithm, s *streamed) error {
	params, err := cluster.Params(alg)
	if err != nil {
		return err
	}
	d := len(s.cols)
	if a.DryRun {
		a.say("would stream %s through %s %s: %d rows × %d columns", c.Input, method.Name, params, s.N, d)
		return nil
	}
	if c.Output == "-" && a.JSON {
		return fail(exitUsage, "-o - and --json both want stdout: give -o a file")
	}
	a.say("%d rows × %d columns do not fit into --max-mem: streaming", s.N, d)
	if c.Output == "" {
		s.DropIDs()
	}
	read0, cpu0, t0 := bytesRead(), cpuSeconds(), time.Now()
	var sizes []int
	var cl *cluster.Clustering
	fit := func(sink cluster.LabelSink) error {
		cl, err = alg.(cluster.Streamer).FitRows(ctx, s, cluster.Run{Seed: a.Seed, Workers: a.Jobs}, sink)
		return err
	}
	if c.Output == "" {
		err = fit(nil)
	} else {
		write := func(w io.Writer) error {
			cw := csv.NewWriter(w)
			cw.Write([]string{"id", "cluster"})
			row := 0
			err := fit(func(ids []string, labels []int32) error {
				for i, l := range labels {
					id := strconv.Itoa(row)
					if ids != nil {
						id = ids[i]
					}
					row++
					for int(l) >= len(sizes) {
						sizes = append(sizes, 0)
					}
					if l >= 0 {
						sizes[l]++
					}
					if err := cw.Write([]string{id, strconv.Itoa(int(l))}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			cw.Flush()
			return cw.Error()
		}
		if c.Output == "-" {
			err = write(a.out)
		} else {
			err = writeFile(a.path(c.Output), write)
		}
	}
	wall, cpu, read := time.Since(t0).Seconds(), cpuSeconds()-cpu0, bytesRead()-read0
	if err != nil {
		return err
	}
	for _, w := range cl.Warnings {
		a.say("warning: %s", w)
	}
	size := int64(0)
	if st, err := os.Stat(a.path(c.Input)); err == nil {
		size = st.Size()
	}
	v, _, _ := version()
	if a.JSON {
		return a.result(map[string]any{
			"algorithm": method.Name, "params": params, "n": s.N, "d": d, "n_clusters": cl.K, "n_noise": 0,
			"objective": cl.Objective, "n_iter": cl.Iter, "stop": cl.Stop, "fit_seconds": wall, "cpu_seconds": cpu,
			"peak_rss_bytes": peakRSS(), "streamed": true, "bytes_read": read, "input_bytes": size,
			"warnings": append([]string{}, cl.Warnings...), "version": v,
		})
	}
	if c.Output == "-" {
		return nil
	}
	fmt.Fprintf(a.out, "%s %s: %d rows × %d columns, streamed -> %d clusters\n", method.Name, params, s.N, d, cl.K)
	if sizes != nil {
		fmt.Fprintf(a.out, "sizes %v; ", shorten(sizes))
	}
	if cl.Objective != nil {
		fmt.Fprintf(a.out, "objective %.6g; ", *cl.Objective)
	}
	fmt.Fprintf(a.out, "%s after %d iterations; %.3g s", cl.Stop, cl.Iter, wall)
	if size > 0 && read > 0 {
		fmt.Fprintf(a.out, "; %s read of %s (%.2f×)", bytesText(read), bytesText(size), float64(read)/float64(size))
	}
	fmt.Fprintln(a.out)
	if c.Output != "" {
		fmt.Fprintf(a.out, "labels: %s\n", c.Output)
	}
	return nil
}

// bytesRead is how many bytes this process has read so far, from files and elsewhere; 0
// where it is not known.
func bytesRead() int64 {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "rchar:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return n
		}
	}
	return 0
}
