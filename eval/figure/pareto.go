package figure

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Pareto draws what methods reach against the time they take, with the memory as the size
// of the mark: filled are those that no other beats in all three. It draws from these
// data and from no study, so it is not in the list of figures: WritePareto writes it,
// DrawWith lays it out.
type Pareto struct {
	Points []ParetoPoint `json:"points"`
	// Score names the vertical axis: "Mean adjusted Rand index". Better is its direction,
	// +1 larger, −1 smaller.
	Score  string `json:"score"`
	Better int    `json:"better"`
	// Note ends the caption.
	Note string `json:"note,omitempty"`
}

// ParetoPoint is one method.
type ParetoPoint struct {
	Name    string  `json:"name"`
	Score   float64 `json:"score"`
	Seconds float64 `json:"seconds"`
	Bytes   float64 `json:"bytes"` // NaN = not known
	Front   bool    `json:"front"` // no other is better in score, time and memory
}

// WritePareto draws the data and writes them as svg, png or pdf.
func WritePareto(w io.Writer, format string, data *Pareto, p Preset) error {
	d, err := DrawWith("pareto", data, nil, p)
	if err != nil {
		return err
	}
	return Write(d, format, w)
}

// Draw implements Drawer; the input is not looked at.
func (o *Pareto) Draw(_ *Input, p Preset) (*Drawing, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	v := &paretoView{Pareto: o}
	v.classes()
	d := &Drawing{Title: v.title(), Preset: p}
	if n := len(o.Points); n > 12 && p.MaxHeight > p.Height { // names need room
		d.Preset.Height = min(p.MaxHeight, p.Height*(1+float64(n-12)/25))
	}
	d.Caption = v.caption()
	d.Alt = fmt.Sprintf("Scatter chart of %s against seconds for %s. %s.", lower(clean(o.Score)), plural(len(o.Points), "method", "methods"), d.Title)
	d.Paint = paint(d.Preset, v.paint)
	d.Table = [][]string{{"method", "score", "seconds", "bytes", "front"}}
	for _, q := range o.Points {
		d.Table = append(d.Table, []string{clean(q.Name), exact(q.Score), exact(q.Seconds), exact(q.Bytes), fmt.Sprint(q.Front)})
	}
	return d, nil
}

func (o *Pareto) check() error {
	if len(o.Points) == 0 {
		return fmt.Errorf("pareto needs a method; there is none")
	}
	if o.Better != 1 && o.Better != -1 {
		return fmt.Errorf("pareto: better = %d: 1 (larger is better) or -1 (smaller is better)", o.Better)
	}
	for _, q := range o.Points {
		switch {
		case math.IsNaN(q.Score) || math.IsInf(q.Score, 0):
			return fmt.Errorf("pareto: %s has no score", word(q.Name))
		case !(q.Seconds > 0) || math.IsInf(q.Seconds, 0):
			return fmt.Errorf("pareto: %s took %g s: the axis is logarithmic, above 0", word(q.Name), q.Seconds)
		}
	}
	return nil
}

// paretoView is the figure's data with its classes of memory.
type paretoView struct {
	*Pareto
	known  bool
	bounds [2]float64 // bytes: up to the first is small, up to the second middling
}

// classes divides memory at round numbers of MiB, a third of the logarithmic range each.
func (v *paretoView) classes() {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, q := range v.Points {
		if q.Bytes >= 0 && !math.IsInf(q.Bytes, 0) {
			lo, hi = min(lo, max(q.Bytes, 1<<20)), max(hi, q.Bytes, 1<<20)
		}
	}
	if v.known = lo <= hi; !v.known {
		return
	}
	for i := range v.bounds {
		x := math.Log2(lo) + (math.Log2(hi)-math.Log2(lo))*float64(i+1)/3
		v.bounds[i] = math.Exp2(math.Round(x))
	}
	if v.bounds[1] == v.bounds[0] {
		v.bounds[1] *= 2
	}
}

// class is the size of a method's mark: 0, 1 or 2.
func (v *paretoView) class(q ParetoPoint) int {
	switch {
	case !v.known || !(q.Bytes > v.bounds[0]):
		return 0
	case q.Bytes > v.bounds[1]:
		return 2
	}
	return 1
}

// classText says what a class of marks stands for.
func (v *paretoView) classText(class int) string {
	switch class {
	case 0:
		return "up to " + mebibytes(v.bounds[0])
	case 1:
		return "up to " + mebibytes(v.bounds[1])
	}
	return "more"
}

func mebibytes(b float64) string {
	if b >= 1<<30 {
		return compactInt(b/(1<<30)) + nbsp + "GiB"
	}
	return compactInt(b/(1<<20)) + nbsp + "MiB"
}

func compactInt(x float64) string {
	if x == math.Trunc(x) {
		return decimals(x, 0)
	}
	return decimals(x, 1)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// title: who is best, and how many are worth their cost.
func (v *paretoView) title() string {
	best, front := v.Points[0], 0
	for _, q := range v.Points {
		if (q.Score-best.Score)*float64(v.Better) > 0 {
			best = q
		}
		if q.Front {
			front++
		}
	}
	if front == 0 {
		return fmt.Sprintf("%s scores best, in %s", upper(word(best.Name)), secondsText(best.Seconds))
	}
	return fmt.Sprintf("%s scores best, in %s; %d of %d methods are beaten by none in score, time and memory at once", upper(word(best.Name)), secondsText(best.Seconds), front, len(v.Points))
}

func (v *paretoView) caption() string {
	s := fmt.Sprintf("%s against seconds of processing, on a logarithmic scale, for %s. Filled: no other method is at once at least as good in score, time and memory and better in one of them.", upper(clean(v.Score)), plural(len(v.Points), "method", "methods"))
	if v.known {
		s += fmt.Sprintf(" The size of a mark is its peak memory: %s, %s, more.", v.classText(0), v.classText(1))
	} else {
		s += " Memory is not known here."
	}
	if n := clean(v.Note); n != "" {
		s += " " + n
	}
	return s
}

// secondsText writes a time: 12 ms, 1.4 s, 3.2 min.
func secondsText(x float64) string {
	switch {
	case x < 0.00095:
		return compact(x*1e6) + nbsp + "µs"
	case x < 0.95:
		return short(x*1e3) + nbsp + "ms"
	case x < 99.5:
		return short(x) + nbsp + "s"
	}
	return short(x/60) + nbsp + "min"
}

// short writes x with two significant digits or all before the point.
func short(x float64) string {
	if x < 9.95 {
		return decimals(x, 1)
	}
	return decimals(x, 0)
}
