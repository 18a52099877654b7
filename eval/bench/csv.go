package bench

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

var rowHeader = strings.Fields("suite set ladder n d contender algorithm params told_k oracle tuned seed n_clusters n_noise metric score reason reference best fits seconds cpu_seconds peak_bytes")

// WriteRows writes rows as CSV, numbers so that they read back exactly.
func WriteRows(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	out.Write(rowHeader)
	for _, r := range rows {
		score, peak := "", ""
		if r.Score != nil {
			score = exact(*r.Score)
		}
		if r.PeakBytes != nil {
			peak = strconv.FormatInt(*r.PeakBytes, 10)
		}
		out.Write([]string{
			r.Suite, r.Set, strconv.FormatBool(r.Ladder), strconv.Itoa(r.N), strconv.Itoa(r.D), r.Contender, r.Algorithm, string(r.Params),
			strconv.FormatBool(r.ToldK), strconv.FormatBool(r.Oracle), r.Tuned, strconv.FormatUint(r.Seed, 10), strconv.Itoa(r.NClusters), strconv.Itoa(r.NNoise),
			r.Metric, score, r.Reason, strconv.Itoa(r.Reference), exact(r.Best), strconv.Itoa(r.Fits), exact(r.Seconds), exact(r.CPUSeconds), peak,
		})
	}
	out.Flush()
	return out.Error()
}

// WriteRanks writes the ranking as CSV, best first: with contender, rank and sets it is
// what ReadScores takes for printed ranks.
func WriteRanks(w io.Writer, r *Ranking) error {
	out := csv.NewWriter(w)
	out.Write(strings.Fields("contender rank sets mean not_told_from"))
	for _, j := range r.Order() {
		mean := ""
		if r.Means != nil {
			mean = exact(r.Means[j])
		}
		var alike []string
		for _, o := range r.Undistinguished(j) {
			alike = append(alike, r.Contenders[o])
		}
		out.Write([]string{r.Contenders[j], exact(r.Friedman.Ranks[j]), strconv.Itoa(r.Friedman.N), mean, strings.Join(alike, "; ")})
	}
	for _, l := range r.LeftContenders {
		out.Write([]string{l.Name, "", "", "", l.Reason})
	}
	out.Flush()
	return out.Error()
}

func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// Printed is a table of average ranks, as papers print them.
type Printed struct {
	Contenders []string
	Ranks      []float64
	Sets       int
}

// csvNames are what a column may be called in a file that is read.
var csvNames = map[string][]string{
	"set":       {"set", "dataset", "data_set", "data set"},
	"contender": {"contender", "algorithm", "method", "classifier"},
	"score":     {"score", "value"},
	"rank":      {"rank", "average_rank"},
	"sets":      {"sets", "data_sets"},
}

// ReadScores reads scores to rank: CSV with the columns set, contender (or algorithm) and
// score, a line a run, such as WriteRows writes; or average ranks with the columns
// contender, rank and sets, such as WriteRanks writes or a paper prints. An empty score
// is a run that failed, reason saying why. name is the file's, for errors.
func ReadScores(in io.Reader, name string) ([]Row, *Printed, error) {
	r := csv.NewReader(in)
	head, err := r.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: no header: %w", name, err)
	}
	at := func(column string) int {
		names := csvNames[column]
		if names == nil {
			names = []string{column}
		}
		for _, n := range names {
			if i := slices.Index(head, n); i >= 0 {
				return i
			}
		}
		return -1
	}
	var recs [][]string
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		recs = append(recs, rec)
	}
	who := at("contender")
	switch {
	case who >= 0 && at("rank") >= 0 && at("sets") >= 0:
		p, err := printed(recs, name, who, at("rank"), at("sets"))
		return nil, p, err
	case who < 0 || at("set") < 0 || at("score") < 0:
		return nil, nil, fmt.Errorf("%s, line 1: the columns are %s; scores need set, algorithm and score, average ranks algorithm, rank and sets", name, strings.Join(head, ", "))
	}
	var rows []Row
	for i, rec := range recs {
		get := func(column string) string {
			if j := at(column); j >= 0 {
				return rec[j]
			}
			return ""
		}
		row := Row{
			Suite: get("suite"), Set: get("set"), Contender: get("contender"), Algorithm: get("algorithm"), Metric: get("metric"), Reason: get("reason"),
			Ladder: get("ladder") == "true", ToldK: get("told_k") == "true", Oracle: get("oracle") == "true", Tuned: get("tuned"), Reference: -1,
		}
		if p := get("params"); json.Valid([]byte(p)) {
			row.Params = json.RawMessage(p)
		}
		number := func(column string) (x float64, ok bool) {
			cell := strings.TrimSpace(get(column))
			if cell == "" || err != nil {
				return 0, false
			}
			x, e := strconv.ParseFloat(cell, 64)
			if e != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				err = fmt.Errorf("%s, line %d, column %s: %q is no number; leave it empty where the run failed", name, i+2, column, cell)
			}
			return x, true
		}
		if x, ok := number("score"); ok {
			row.Score = &x
		} else if row.Reason == "" {
			row.Reason = "no score in " + name
		}
		for _, c := range []struct {
			column string
			to     *int
		}{{"n", &row.N}, {"d", &row.D}, {"n_clusters", &row.NClusters}, {"n_noise", &row.NNoise}, {"fits", &row.Fits}, {"reference", &row.Reference}} {
			if x, ok := number(c.column); ok {
				*c.to = int(x)
			}
		}
		for _, c := range []struct {
			column string
			to     *float64
		}{{"seconds", &row.Seconds}, {"cpu_seconds", &row.CPUSeconds}, {"best", &row.Best}} {
			if x, ok := number(c.column); ok {
				*c.to = x
			}
		}
		if x, ok := number("peak_bytes"); ok {
			b := int64(x)
			row.PeakBytes = &b
		}
		if x, ok := number("seed"); ok {
			row.Seed = uint64(x)
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("%s has a header and no scores", name)
	}
	return rows, nil, nil
}

func printed(recs [][]string, name string, who, rank, sets int) (*Printed, error) {
	p := &Printed{}
	for i, rec := range recs {
		if rec[rank] == "" {
			continue // not ranked, as WriteRanks lists them
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(rec[rank]), 64)
		n, err2 := strconv.Atoi(strings.TrimSpace(rec[sets]))
		switch {
		case err != nil || err2 != nil:
			return nil, fmt.Errorf("%s, line %d: rank %q over %q data sets: numbers are needed", name, i+2, rec[rank], rec[sets])
		case p.Sets != 0 && n != p.Sets:
			return nil, fmt.Errorf("%s, line %d: ranks over %d data sets, above over %d: ranks compare on the same data sets only", name, i+2, n, p.Sets)
		}
		p.Contenders, p.Ranks, p.Sets = append(p.Contenders, rec[who]), append(p.Ranks, x), n
	}
	return p, nil
}
