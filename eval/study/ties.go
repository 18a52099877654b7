package study

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
)

// tieRows bounds the customers whose silhouettes are compared. Of more, that many are
// drawn: a difference of a hundredth of their spread is still seen.
const tieRows = 20_000

// tieResamples of the customers: a p-value of .05 is known within ±.014, and what is
// near the edge is as good as tied.
const tieResamples = 1000

// tieRowsStream draws the rows.
const tieRowsStream = 0x746965

// ties says on every leaderboard which runs cannot be told from the best of their group:
// the model confidence set of the silhouettes of the same customers, paired, seeds
// averaged. What varies is the customers that the segments are judged by; the segments
// stay. Only the silhouette has a value a customer, so only it has a set.
func (r *runner) ties(ctx context.Context, rd Reader, st *State) error {
	const metric = "silhouette"
	for _, b := range r.plan.sets {
		if st.ties(b.set.Name, b.set.Scale, metric) != nil {
			continue
		}
		board, err := Rank(st, b.set.Name, b.set.Scale, metric)
		if err != nil {
			return err
		}
		in := []string{}
		for _, g := range board.Groups {
			runs, err := r.tied(ctx, rd, &g)
			if err != nil {
				return err
			}
			in = append(in, runs...)
		}
		if len(in) == 0 {
			continue
		}
		if err := r.j.Append(Event{Event: TiesEv, Set: b.set.Name, Scale: b.set.Scale, Metric: metric, Runs: in}); err != nil {
			return err
		}
	}
	return nil
}

// tied returns the runs of a group's model confidence set; nil where there is nothing to
// compare.
func (r *runner) tied(ctx context.Context, rd Reader, g *Group) ([]string, error) {
	var runs []string
	var cols [][]float64
	for i := range g.Entries {
		e := &g.Entries[i]
		col, err := meanSilhouette(rd, e)
		if err != nil {
			return nil, err
		}
		if col != nil && (len(cols) == 0 || len(col) == len(cols[0])) {
			runs, cols = append(runs, e.Run.ID), append(cols, col)
		}
	}
	if len(cols) < 2 {
		return nil, nil
	}
	rows := refRange(len(cols[0]))
	if len(rows) > tieRows {
		rng := rand.New(rand.NewPCG(r.s.Seed, tieRowsStream))
		rows = rng.Perm(len(rows))[:tieRows]
	}
	scores := make([][]float64, len(rows))
	for i, row := range rows {
		scores[i] = make([]float64, len(cols))
		for j, c := range cols {
			scores[i][j] = c[row]
		}
	}
	o := eval.NewConfidenceSetOptions()
	o.Resamples = tieResamples
	set, err := eval.NewConfidenceSet(ctx, scores, +1, o, cluster.Run{Seed: r.s.Seed, Workers: r.s.Workers})
	if err != nil {
		return nil, err
	}
	var in []string
	for j, m := range set.Methods {
		if m.In {
			in = append(in, runs[j])
		}
	}
	return in, nil
}

// meanSilhouette averages an entry's silhouettes over its seeds; nil where some row of
// some run has none.
func meanSilhouette(rd Reader, e *Entry) ([]float64, error) {
	var out []float64
	for _, x := range e.Runs {
		d, err := rd.RunData(x.ID)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = make([]float64, len(d.Silhouette))
		}
		if len(d.Silhouette) == 0 || len(d.Silhouette) != len(out) {
			return nil, nil
		}
		for i, v := range d.Silhouette {
			if math.IsNaN(float64(v)) {
				return nil, nil
			}
			out[i] += float64(v) / float64(len(e.Runs))
		}
	}
	return out, nil
}
