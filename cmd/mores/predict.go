package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/eval/study"
)

type predictCmd struct {
	logFlags
	Model  string   `arg:"" help:"models/RUN.json of a study."`
	What   []string `arg:"" name:"file" help:"Event log, or a table where the model was made from one."`
	ID     string   `name:"id" help:"Column that holds the ids of a table." placeholder:"COLUMN"`
	Output string   `short:"o" help:"Write id,cluster,segment,distance,outside,reason,share,runner_up,runner_up_share here (default: stdout)." default:"-" placeholder:"FILE"`
}

func (predictCmd) Examples() string {
	return `  mores predict studies/cdnow/models/4f2a90c1d3b7e865.json new-orders.csv -o labels.csv
  mores predict model.json cdnow --as-of 1998-01-01
  Columns: cluster is -1 for no segment; outside lists the features in which a
  customer lies outside of what the training customers showed; share is how much
  the segment has of the customer and runner_up_share what the next one has: close
  to each other = on the border. They are probabilities for a mixture (gmm), and
  shares by distance for all other rules.`
}

func (c predictCmd) Run(ctx context.Context, a *app) error {
	data, err := os.ReadFile(a.path(c.Model))
	if err != nil {
		return err
	}
	m, err := study.ReadModel(data)
	if err != nil {
		return fail(exitData, "%s: %w", c.Model, err)
	}
	c.asModel(a, m, c.What)
	ps, err := c.predict(ctx, a, m)
	if err != nil {
		return err
	}
	labelled, outside := 0, 0
	for _, p := range ps {
		if p.Label >= 0 {
			labelled++
		}
		if len(p.Outside) > 0 {
			outside++
		}
	}
	write := func(w io.Writer) error { return predictionsCSV(w, ps) }
	switch {
	case c.Output != "-":
		err = writeFile(a.path(c.Output), write)
	case !a.JSON:
		err = write(a.out)
	}
	if err != nil {
		return err
	}
	rule := "the algorithm's own rule"
	if !m.Rule.Exact {
		rule = fmt.Sprintf("a surrogate rule (%s) that gives the training labels to %.1f %% of the training customers", m.Rule.Kind, 100*m.Rule.Agreement)
	}
	a.say("%s: %d customers, %d in a segment, %d outside the training range; labelled by %s", m.Name, len(ps), labelled, outside, rule)
	if a.JSON {
		return a.result(map[string]any{
			"model": m.Name, "run": m.Run, "n": len(ps), "labelled": labelled, "outside": outside,
			"rule": m.Rule.Kind, "exact": m.Rule.Exact, "agreement": m.Rule.Agreement, "shares": m.ShareWords(), "output": c.Output,
		})
	}
	return nil
}

func (c predictCmd) predict(ctx context.Context, a *app, m *study.Model) ([]study.Prediction, error) {
	if len(m.Pipeline.Extractors) == 0 {
		if len(c.What) != 1 {
			return nil, fail(exitUsage, "this model was made from a table: give it one table of the same columns")
		}
		raw, err := readMatrix(ctx, a, c.What[0], c.ID, true)
		if err != nil {
			return nil, err
		}
		return m.LabelMatrix(raw)
	}
	log, rep, err := c.read(ctx, a, c.What)
	if err != nil {
		return nil, err
	}
	if a.Verbose {
		a.tell(log, rep)
	}
	c.sameZone(a, m, log)
	return m.LabelLog(ctx, log)
}

func predictionsCSV(w io.Writer, ps []study.Prediction) error {
	cw := csv.NewWriter(w)
	cw.Write([]string{"id", "cluster", "segment", "distance", "outside", "reason", "share", "runner_up", "runner_up_share"})
	for _, p := range ps {
		d := ""
		if !math.IsNaN(p.Distance) {
			d = float(p.Distance)
		}
		share, second := "", ""
		if !math.IsNaN(p.Share) {
			share = float(p.Share)
		}
		if !math.IsNaN(p.RunnerUpShare) {
			second = float(p.RunnerUpShare)
		}
		cw.Write([]string{
			p.ID, strconv.Itoa(int(p.Label)), p.Segment, d, strings.Join(p.Outside, " "), p.Reason,
			share, p.RunnerUpSegment, second,
		})
	}
	cw.Flush()
	return cw.Error()
}
