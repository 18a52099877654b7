package figure

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

var _ = register(&Figure{
	Name: "score-k",
	Doc: `A score against the number of segments, one line an algorithm, one panel a feature set
Where a run was repeated with several seeds, the line is their mean and the bar their
range; where a score has a 95 % interval, the bar is that. Algorithms that find their
number of segments themselves are points without a line. Hollow points leave more than
5 % of the customers unassigned. What is undefined is listed in the caption.`,
	Version: 1,
	New:     func() Drawer { return &ScoreK{Metric: "silhouette"} },
})

// ScoreK draws a metric against the number of segments over a whole study.
type ScoreK struct {
	Metric string `json:"metric"` // a metric's name
}

// scoreKPoint is a mark: k, value and its bar.
type scoreKPoint struct {
	k          int
	value      float64
	lo, hi     float64 // NaN = no bar
	runs       int
	incomplete bool // more than 5 % unassigned
}

type scoreKSeries struct {
	name   string
	order  int // its place over all panels: colour and marker
	line   bool
	points []scoreKPoint
}

type scoreKPanel struct {
	set, scale string
	series     []*scoreKSeries
}

type scoreKView struct {
	*Input
	metric, name string
	better       int
	panels       []*scoreKPanel
	names        []string // of the series, over all panels
	undefined    []string
	beyond       int // points with too many segments to be shown
	kMax         int
	seeds        bool // some bar is a range over seeds
	intervals    bool // some bar is a 95 % interval
	hollow       bool
	across, down int // panels on the page
}

// Draw implements Drawer.
func (o *ScoreK) Draw(in *Input, p Preset) (*Drawing, error) {
	if in == nil || in.State == nil {
		return nil, fmt.Errorf("score-k needs a study")
	}
	v := &scoreKView{Input: in, metric: o.Metric, better: 1, name: upper(strings.ReplaceAll(clean(o.Metric), "_", " "))}
	if m, err := eval.Lookup(o.Metric); err == nil {
		v.better, v.metric = m.Range.Better, m.Name
		if n, _, ok := strings.Cut(m.Doc, ":"); ok && len(n) < 40 {
			v.name = n
		}
	}
	if err := v.collect(); err != nil {
		return nil, err
	}
	d := &Drawing{Title: v.title(), Preset: p}
	fit := v.grid(p)
	d.Paint = paint(d.Preset, func(s *sheet) { v.paint(s, fit) })
	d.Caption = v.caption(fit)
	d.Alt = fmt.Sprintf("%s against the number of segments for %s. %s.", v.name, list(v.names, 6), d.Title)
	d.Table = [][]string{{"set", "scale", "algorithm", "k", v.metric, "lo", "hi", "runs"}}
	for _, q := range v.panels {
		for _, s := range q.series {
			for _, pt := range s.points {
				d.Table = append(d.Table, []string{q.set, q.scale, s.name, strconv.Itoa(pt.k), exact(pt.value), exact(pt.lo), exact(pt.hi), strconv.Itoa(pt.runs)})
			}
		}
	}
	return d, nil
}

// collect sorts the study's runs into panels and series.
func (v *scoreKView) collect() error {
	runs := v.State.DoneRuns()
	if len(runs) == 0 {
		return fmt.Errorf("score-k needs finished runs; this study has none yet")
	}
	namer := newScoreKNamer(runs)
	type key struct {
		set, scale, name string
		k                int
		free             string // of runs that choose k themselves: the run
	}
	values := map[key][]*study.RunState{}
	var keys []key
	computed := false
	for _, r := range runs {
		_, ok, reason := r.Value(v.metric)
		name, line := namer.name(r)
		if !ok {
			if _, has := r.Scores[v.metric]; has {
				computed = true
				if u := fmt.Sprintf("%s on %s (%s)", namer.full(r), word(r.Start.Set), clean(reason)); !slices.Contains(v.undefined, u) {
					v.undefined = append(v.undefined, u)
				}
			}
			continue
		}
		computed = true
		k := key{set: r.Start.Set, scale: r.Start.Scale, name: name, k: r.Done.NClusters}
		if !line {
			k.free = r.ID
		}
		if values[k] == nil {
			keys = append(keys, k)
		}
		values[k] = append(values[k], r)
	}
	switch {
	case !computed:
		return fmt.Errorf("score-k: no run of this study has the metric %q", v.metric)
	case len(keys) == 0:
		return fmt.Errorf("score-k: %s is undefined for every run: %s", v.name, list(v.undefined, 3))
	}
	for _, k := range keys {
		v.add(k.set, k.scale, k.name, k.free == "", v.point(k.k, values[k]))
	}
	v.settle()
	return nil
}

// point makes one mark of the runs of one k that differ in nothing but the seed.
func (v *scoreKView) point(k int, runs []*study.RunState) scoreKPoint {
	pt := scoreKPoint{k: k, lo: math.NaN(), hi: math.NaN(), runs: len(runs)}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range runs {
		x, _, _ := r.Value(v.metric)
		pt.value += x / float64(len(runs))
		lo, hi = min(lo, x), max(hi, x)
		if r.Done.N > 0 && r.Coverage() < 0.95 {
			pt.incomplete, v.hollow = true, true
		}
	}
	if e := runs[0].Scores[v.metric]; len(runs) == 1 && e.Lo != nil && e.Hi != nil {
		pt.lo, pt.hi, v.intervals = *e.Lo, *e.Hi, true
	} else if len(runs) > 1 {
		pt.lo, pt.hi, v.seeds = lo, hi, true
	}
	return pt
}

func (v *scoreKView) add(set, scale, name string, line bool, pt scoreKPoint) {
	if math.IsNaN(pt.value) || math.IsInf(pt.value, 0) {
		v.undefined = append(v.undefined, fmt.Sprintf("%s on %s (not a number)", name, word(set)))
		return
	}
	at := slices.Index(v.names, name)
	if at < 0 {
		at = len(v.names)
		v.names = append(v.names, name)
	}
	i := slices.IndexFunc(v.panels, func(p *scoreKPanel) bool { return p.set == set && p.scale == scale })
	if i < 0 {
		i = len(v.panels)
		v.panels = append(v.panels, &scoreKPanel{set: set, scale: scale})
	}
	p := v.panels[i]
	j := slices.IndexFunc(p.series, func(s *scoreKSeries) bool { return s.order == at })
	if j < 0 {
		j = len(p.series)
		p.series = append(p.series, &scoreKSeries{name: name, order: at, line: line})
	}
	p.series[j].points = append(p.series[j].points, pt)
}

// settle puts the chosen set first, sorts, and leaves out points so far to the right
// that the lines would shrink to nothing.
func (v *scoreKView) settle() {
	if v.Set != nil {
		slices.SortStableFunc(v.panels, func(a, b *scoreKPanel) int {
			return v.strange(a) - v.strange(b)
		})
	}
	lines := 0
	for _, p := range v.panels {
		for _, s := range p.series {
			slices.SortStableFunc(s.points, func(a, b scoreKPoint) int { return a.k - b.k })
			for _, pt := range s.points {
				v.kMax = max(v.kMax, pt.k)
				if s.line {
					lines = max(lines, pt.k)
				}
			}
		}
	}
	if lines > 0 && v.kMax > 2*lines {
		v.kMax = 2 * lines
	}
	for _, p := range v.panels {
		for _, s := range p.series {
			for _, pt := range s.points {
				if pt.k > v.kMax {
					v.beyond++
				}
			}
		}
	}
}

func (v *scoreKView) strange(p *scoreKPanel) int {
	if p.set == v.Set.Name && p.scale == v.Set.Scale {
		return 0
	}
	return 1
}

// best returns the best point of a panel; points that leave customers out count
// only where there are no others.
func (v *scoreKView) best(p *scoreKPanel) (s *scoreKSeries, pt scoreKPoint) {
	for _, all := range []bool{false, true} {
		for _, q := range p.series {
			for _, x := range q.points {
				if x.incomplete && !all || x.k > v.kMax {
					continue
				}
				if s == nil || (x.value-pt.value)*float64(v.better) > 0 {
					s, pt = q, x
				}
			}
		}
		if s != nil {
			return s, pt
		}
	}
	return nil, pt
}

func (v *scoreKView) title() string {
	p := v.panels[0]
	s, pt := v.best(p)
	where := ""
	if len(v.panels) > 1 {
		where = " on " + word(p.set)
		if slices.ContainsFunc(v.panels[1:], func(o *scoreKPanel) bool { return o.set == p.set }) {
			where += " (" + word(p.scale) + ")"
		}
	}
	verb := map[int]string{1: "peaks", -1: "is lowest", 0: "is drawn"}[v.better]
	if s == nil || v.better == 0 {
		return fmt.Sprintf("%s against the number of segments%s", v.name, where)
	}
	return fmt.Sprintf("%s %s at k%s=%s%d (%s) for %s%s", v.name, verb, nbsp, nbsp, pt.k, compact(pt.value), s.name, where)
}

func (v *scoreKView) caption(fit int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s against the number of segments k.", v.name)
	if n := v.rowsText(); n != "" {
		b.WriteString(" " + n)
	}
	if v.seeds {
		b.WriteString(" Where a run was repeated, points are means over seeds and bars the range.")
	}
	if v.intervals {
		b.WriteString(" Bars of single runs are 95" + nbsp + "% intervals.")
	}
	if v.hollow {
		b.WriteString(" Hollow: more than 5" + nbsp + "% unassigned.")
	}
	if len(v.panels) > 1 {
		b.WriteString(" Values compare within a panel, not between panels.")
	}
	if fit < len(v.panels) {
		fmt.Fprintf(&b, " Left out for want of room: %s.", plural(len(v.panels)-fit, "feature set", "feature sets"))
	}
	if v.beyond > 0 {
		fmt.Fprintf(&b, " Not shown: %s with more than %d segments.", plural(v.beyond, "run", "runs"), v.kMax)
	}
	if len(v.undefined) > 0 {
		b.WriteString(" Undefined: " + list(v.undefined, 5) + ".")
	}
	return b.String() + v.simulated()
}

func (v *scoreKView) rowsText() string {
	lo, hi := math.MaxInt, 0
	for _, r := range v.State.DoneRuns() {
		if r.Done.N > 0 {
			lo, hi = min(lo, r.Done.N), max(hi, r.Done.N)
		}
	}
	switch {
	case hi == 0:
		return ""
	case lo == hi:
		return "n = " + v.rows(hi) + "."
	}
	return fmt.Sprintf("n = %s to %s.", count(lo), v.rows(hi))
}

// scoreKNamer tells the series apart: the algorithm, and those of its options
// that differ between runs. The number of segments is the axis, the seed a repeat.
type scoreKNamer struct {
	vary map[string]map[string]bool
}

func newScoreKNamer(runs []*study.RunState) *scoreKNamer {
	n := &scoreKNamer{vary: map[string]map[string]bool{}}
	firsts := map[string]map[string]any{}
	for _, r := range runs {
		a := r.Start.Algorithm
		ps := paramsOf(r)
		if firsts[a] == nil {
			firsts[a], n.vary[a] = ps, map[string]bool{}
			if ps == nil {
				firsts[a] = map[string]any{}
			}
			continue
		}
		for k, x := range ps {
			if fmt.Sprint(x) != fmt.Sprint(firsts[a][k]) {
				n.vary[a][k] = true
			}
		}
	}
	return n
}

// name is the run's series and whether it is a line: whether k was asked for.
func (n *scoreKNamer) name(r *study.RunState) (string, bool) {
	ps := paramsOf(r)
	if _, line := ps["n_clusters"]; !line {
		return word(r.Start.Algorithm), false
	}
	return strings.Join(append([]string{word(r.Start.Algorithm)}, n.options(r, "n_clusters")...), " "), true
}

// full names the run by all that varies.
func (n *scoreKNamer) full(r *study.RunState) string {
	return strings.Join(append([]string{word(r.Start.Algorithm)}, n.options(r, "")...), " ")
}

func (n *scoreKNamer) options(r *study.RunState, but string) []string {
	ps := paramsOf(r)
	var keys []string
	for k := range n.vary[r.Start.Algorithm] {
		if k != but && k != "seed" && k != "random_state" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		switch x := ps[k].(type) {
		case nil:
		case string:
			out = append(out, clean(x))
		case json.Number:
			f, _ := x.Float64() // 0.50709407 is 0.507 to a reader
			out = append(out, fmt.Sprintf("%s=%s", strings.Replace(clean(k), "n_clusters", "k", 1), strconv.FormatFloat(f, 'g', 3, 64)))
		default:
			out = append(out, clean(fmt.Sprintf("%s=%v", strings.Replace(k, "n_clusters", "k", 1), x)))
		}
	}
	return out
}
