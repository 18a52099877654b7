//go:build cgo

package study

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/internal/check"
)

// The tournament of a real log's default study: within three minutes, and printed.
func TestTournamentOfRealLogs(t *testing.T) {
	check.Long(t)
	for _, name := range []string{"cdnow", "online-retail"} {
		t.Run(name, func(t *testing.T) {
			src, err := datasets.Lookup(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range src.Files {
				check.Data(t, f.Path)
			}
			log, _, err := load.Source(t.Context(), src, load.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Default(log)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			began, cpu := time.Now(), cpuTime()
			contests, blocks, err := s.tournament(t.Context(), p, newTournamentOptions())
			if err != nil {
				t.Fatal(err)
			}
			took, cpu := time.Since(began), cpuTime()-cpu
			t.Logf("%s: %d runs, %.1f s, %.1f s of processors", name, len(p.runs), took.Seconds(), cpu.Seconds())
			// What others run beside this makes it slow, but no dearer.
			if cpu > 3*time.Minute {
				t.Errorf("%s took %s of processors: three minutes are allowed", name, cpu)
			}
			printContests(t, contests)
			printBlocks(blocks)
			printOrigins(contests)
			for _, a := range eval.CompareOrigins(contests) {
				// Of what these logs tell before, the best at one cut, and by one half's
				// customers, are among the best at the other, more than chance puts there.
				if a.Target != "buys" && a.Target != "purchases" && a.Target != "spend" && a.Target != "days_to_purchase" {
					continue
				}
				if a.Reason != "" || !(a.Jaccard > a.Chance+0.1) || !(a.Halves > a.HalvesChance+0.1) {
					t.Errorf("%s: origins %.2f (chance %.2f), halves %.2f (chance %.2f) %s", a.Target, a.Jaccard, a.Chance, a.Halves, a.HalvesChance, a.Reason)
				}
			}
		})
	}
}

func figure(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *x)
}

func printContests(t *testing.T, contests []eval.Contest) {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	defer w.Flush()
	for _, c := range contests {
		fmt.Fprintf(w, "\n%s from %s until %s: %s, %d of %d customers, mean %.4g %s\n", c.Target, c.Origin, c.Until, c.Measure, c.Customers, c.Population, c.Mean, c.Reason)
		if c.Reason != "" {
			continue
		}
		fmt.Fprintln(w, "\tk\tinside\toutside\t95 %\t\tlift\tagainst RFM of as many")
		shown := map[eval.Role]int{}
		for _, s := range c.Standings {
			if shown[s.Role]++; shown[s.Role] > 3 {
				continue
			}
			mark, versus := "", ""
			if s.In {
				mark = "~"
			}
			for _, v := range s.Versus {
				if v.Role == eval.RoleEqualK && v.Difference != nil {
					versus += fmt.Sprintf("%s %+.3f (%+.3f to %+.3f) ", v.Baseline, *v.Difference, *v.Lo, *v.Hi)
				}
			}
			fmt.Fprintf(w, "%s %s %s\t%d\t%s\t%s\t%s to %s\t%s\t%s\t%s%s\n", mark, s.Role, s.Name, s.K, figure(s.Inside), figure(s.Outside), figure(s.Lo), figure(s.Hi), mark, figure(s.Lift), versus, s.Reason)
		}
		for _, p := range c.Picked {
			fmt.Fprintf(w, "half %s chose %s: selection %s, inside %s, outside %s, best there %s (%s), %d in its set\n", p.Half, p.Name, figure(p.Selection), figure(p.Inside), figure(p.Outside), figure(p.Best), p.BestName, len(p.Set))
		}
		fmt.Fprintf(w, "nested %s (%s to %s)", figure(c.Nested.Value), figure(c.Nested.Lo), figure(c.Nested.Hi))
		for _, v := range c.Nested.Versus {
			if v.Difference != nil {
				fmt.Fprintf(w, "; %s %+.3f (%+.3f to %+.3f)", v.Baseline, *v.Difference, *v.Lo, *v.Hi)
			}
		}
		fmt.Fprintf(w, "\n%d in the set\n", len(c.Set))
	}
}

func printBlocks(m *eval.BlockMatrix) {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "\nblocks, %d groups\t%s\n", m.K, strings.Join(m.Targets, "\t"))
	for b, name := range m.Blocks {
		fmt.Fprint(w, name)
		for t := range m.Targets {
			star := ""
			if m.Beats[b][t] {
				star = "*"
			}
			fmt.Fprintf(w, "\t%s%s", figure(m.Values[b][t]), star)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

func printOrigins(contests []eval.Contest) {
	for _, a := range eval.CompareOrigins(contests) {
		fmt.Printf("%s: sets of %v of %d, %d in both, Jaccard %.2f (chance %.2f); halves %.2f (chance %.2f) %s\n", a.Target, a.Sizes, a.Of, a.Both, a.Jaccard, a.Chance, a.Halves, a.HalvesChance, a.Reason)
	}
}
