package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/figure"
	"github.com/mores-lab/mores/eval/study"
)

// Report is what a study found, ready to be laid out.
type Report struct {
	Title     string
	Subtitle  string       // the data in a line
	Source    string       // data and method in a line, for the foot of a slide
	Simulated bool         // the data were made by a generator
	Found     bool         // the verdict recommends a run
	Verdict   []string     // sentences; the first is the headline
	Cautions  []string     // what nobody may miss
	First     *FirstScreen // of a judged study; nil = it was ranked only
	Notes     []string     // beside the first screen
	Decided   *Table       // leaderboard of the behaviour that decided; nil = none did
	Next      Commands     // what to do now
	Rankings  []*Table     // one for each feature set and scaling, the best first
	Ranking   *Table       // all of them in one, for CSV
	Segments  *Table       // nil without a shown run
	Cards     Cards
	Sections  []*Section
	Maker     string    // the program that wrote it
	Time      time.Time // of the study's last event: reports have no clock of their own

	State *study.State
	Shown *study.RunState // the run whose segments are shown; nil if none is done
	Set   *study.Set
	Data  *study.RunData
}

// Options say what a report shows. The zero value is the default.
type Options struct {
	Run      string // the run to show; "" = the verdict's
	Title    string // "" = the study's name
	Dir      string // the study's folder, for the commands that come next; "" = none are given
	Version  string // of the program; "" = its build's
	Software []Fact // a manifest's lines on software and machine; nil = this program's
}

// Segmented counts the shown run's segments.
func (r *Report) Segmented() int {
	if r.Shown == nil {
		return 0
	}
	return r.Shown.Done.NClusters
}

// builder gathers what a report is made of.
type builder struct {
	ctx    context.Context
	reader study.Reader
	opt    Options

	events []study.Event
	state  *study.State
	data   study.Data
	names  map[string]string // of runs
	sets   []*study.Set      // of the runs that are done, in order
	metric string            // that ranks
	boards []study.Board     // one for each feature set and scaling
	winner *study.Entry      // whose run is recommended; nil = none

	shown        *study.RunState
	set          *study.Set
	run          *study.RunData
	profile      *eval.Profile
	cards        Cards
	found        []eval.SegmentRule // one for each segment; nil if none were looked for
	trees        []Tree
	noSilhouette string // why segments have none
}

// Build reads a study once and makes its report. A study without a finished run
// gives a report that says so.
func Build(ctx context.Context, r study.Reader, opt Options) (*Report, error) {
	b, err := newBuilder(ctx, r, opt)
	if err != nil {
		return nil, err
	}
	return b.report(b.events)
}

// newBuilder reads a study and describes the segments of the run to show.
func newBuilder(ctx context.Context, r study.Reader, opt Options) (*builder, error) {
	b := &builder{ctx: ctx, reader: r, opt: opt, state: &study.State{}}
	var err error
	if b.events, err = r.Events(0); err != nil {
		return nil, err
	}
	b.state.Fold(b.events...)
	if d := b.state.Study.Data; d != nil {
		b.data = *d
	}
	b.names = study.RunNames(b.state)
	if err := b.readSets(); err != nil {
		return nil, err
	}
	b.rank()
	return b, b.choose()
}

// readSets reads the feature sets of the finished runs.
func (b *builder) readSets() error {
	seen := map[string]bool{}
	for _, r := range b.state.DoneRuns() {
		key := r.Start.Set + "/" + r.Start.Scale
		if seen[key] {
			continue
		}
		seen[key] = true
		s, err := b.reader.Set(r.Start.Set, r.Start.Scale)
		if err != nil {
			return err
		}
		b.sets = append(b.sets, s)
	}
	return nil
}

// choose settles which run is shown and describes its segments.
func (b *builder) choose() error {
	id := b.opt.Run
	if id == "" {
		id = b.recommended()
	}
	if id == "" {
		return nil
	}
	r := b.state.Run(id)
	switch {
	case r == nil:
		return fmt.Errorf("report: no run %q in this study", id)
	case r.Status != "done":
		return fmt.Errorf("report: run %s is %s: there are no segments to show", id, r.Status)
	}
	var err error
	if b.set, err = b.reader.Set(r.Start.Set, r.Start.Scale); err != nil {
		return err
	}
	if b.run, err = b.reader.RunData(id); err != nil {
		return err
	}
	b.shown = r
	n, _ := b.set.X.Dims()
	if m, _ := b.set.Raw.Dims(); m != n || b.set.Value != nil && len(b.set.Value) != n {
		return fmt.Errorf("report: feature set %s holds %d customers, measured %d and valued %d", b.set.Name, n, m, len(b.set.Value))
	}
	if len(b.run.Labels) != n {
		return fmt.Errorf("report: run %s has %d labels for %d customers", id, len(b.run.Labels), n)
	}
	b.profile = eval.NewProfile(b.set.Raw, b.run.Labels, b.set.Value).Named(b.run.Names)
	silhouettes := b.silhouettes()
	for i, c := range eval.Cards(b.profile) {
		card := Card{Card: c, Segment: i + 1, Currency: b.data.Currency, Unit: b.data.Unit}
		for _, x := range c.Behaviours {
			card.Behaviours = append(card.Behaviours, Behaviour{x})
		}
		if i < len(silhouettes) && !math.IsNaN(silhouettes[i]) {
			card.Silhouette = &silhouettes[i]
		}
		b.cards = append(b.cards, card)
	}
	if err := b.rules(); err != nil {
		return err
	}
	return b.grow()
}

// silhouettes are the segments' means: the journal's, else those of the rows.
func (b *builder) silhouettes() []float64 {
	k := b.shown.Done.NClusters
	e := b.shown.Scores["silhouette"]
	if len(e.PerSegment) == k {
		return slices.Clone([]float64(e.PerSegment))
	}
	if b.run.Silhouette == nil {
		b.noSilhouette = cmp.Or(e.Reason, "not computed")
		return nil
	}
	sum, n := make([]float64, k), make([]float64, k)
	for i, s := range b.run.Silhouette {
		if l := b.run.Labels[i]; l != cluster.Noise && s == s {
			sum[l], n[l] = sum[l]+float64(s), n[l]+1
		}
	}
	for s := range sum {
		sum[s] /= n[s] // NaN where none was computed
	}
	return sum
}

func (s *Section) add(blocks ...Block) { s.Blocks = append(s.Blocks, blocks...) }

// input is what figures are drawn from.
func (b *builder) input() *figure.Input {
	in := &figure.Input{State: b.state, Run: b.shown, Set: b.set, Data: b.run}
	for _, c := range b.cards {
		in.Names = append(in.Names, c.Name)
	}
	return in
}

// figures draws those of that name that this program has.
func (b *builder) figures(names ...string) []Block {
	var out []Block
	for _, n := range names {
		if _, err := figure.Lookup(n); err == nil {
			out = append(out, newFigure(n, b.input()))
		}
	}
	return out
}

func (b *builder) report(events []study.Event) (*Report, error) {
	r := &Report{
		Title: cmp.Or(b.opt.Title, b.state.Study.Study, b.data.Name, "Study"), Subtitle: b.subtitle(), Simulated: b.data.Simulated,
		Maker: b.maker(), Time: epoch, State: b.state, Shown: b.shown, Set: b.set, Data: b.run, Cards: b.cards,
	}
	for _, e := range events {
		if t, err := time.Parse(time.RFC3339, e.T); err == nil {
			r.Time = t
		}
	}
	r.Verdict, r.Cautions, r.Found = b.verdict()
	if r.First = b.firstScreen(); r.First != nil {
		r.Notes, r.Decided = b.verdictNotes(), b.decidedBoard()
	}
	r.Next = b.next()
	r.Rankings, r.Ranking = b.rankings()
	r.Source = b.source()
	r.Maker = fmt.Sprintf("Written by %s from a study of %s.", r.Maker, r.Time.UTC().Format("2 January 2006, 15:04 UTC"))

	r.Sections = append(r.Sections, b.opening(r))
	if b.shown != nil {
		r.Segments = b.segments()
		s := &Section{ID: "segments", Title: "The segments"}
		s.add(Text(b.cardsIntro()), b.cards, r.Segments)
		s.add(b.figures("sizes")...)
		p := &Section{ID: "profile", Title: "How they behave"}
		p.add(b.figures("heatmap", "snake")...)
		for _, t := range b.profileTables() {
			p.add(t)
		}
		if b.found != nil {
			p.add(Text(b.fidelity()), b.rulesTable())
		}
		if t := b.descriptorsTable(); t != nil {
			p.add(Text(descriptorsIntro), t)
		}
		m := &Section{ID: "map", Title: "How they lie"}
		m.add(b.figures("map", "silhouette")...)
		if b.run.Tree != nil {
			m.add(b.figures("dendrogram")...)
		}
		r.Sections = append(r.Sections, s, p, m)
	}
	if r.First != nil {
		r.Sections = append(r.Sections, b.foretells(), b.blocks(), b.comeBack(), b.natural(), b.segmentCount())
	}
	k := &Section{ID: "ranking", Title: "The ranking"}
	k.add(b.rankingIntro()...)
	for _, t := range r.Rankings {
		k.add(t)
	}
	if f := b.frontFigure(); f != nil {
		k.add(f)
	}
	if len(b.state.DoneRuns()) > 1 {
		k.add(b.figures("score-k")...)
	}
	r.Sections = append(r.Sections, k, b.coverage(), b.notes(), b.protocol())
	g := &Section{ID: "glossary", Title: "Glossary"}
	g.add(Terms(glossary))
	r.Sections = append(r.Sections, g)
	return r, b.ctx.Err()
}

// opening is the first section: what came out.
func (b *builder) opening(r *Report) *Section {
	if r.First != nil {
		return b.verdictSection(r)
	}
	v := &Section{ID: "verdict", Title: "Verdict"}
	v.add(Finding(r.Verdict[0]))
	if t := b.tiles(); len(t) > 0 {
		v.add(t)
	}
	v.add(Bullets(r.Verdict[1:]))
	if len(r.Cautions) > 0 {
		v.add(Cautions(r.Cautions))
	}
	if len(r.Next) > 0 {
		v.add(r.Next)
	}
	return v
}

// people prints a number of what a row of the data is.
func (b *builder) people(n int) string { return plural(n, b.unit()) }

func (b *builder) subtitle() string {
	parts := []string{}
	if b.data.Name != "" {
		parts = append(parts, b.data.Name)
	}
	if b.data.Customers > 0 {
		parts = append(parts, b.people(b.data.Customers))
	}
	if b.data.Events > 0 {
		parts = append(parts, plural(b.data.Events, "event"))
	}
	if b.data.From != "" && b.data.To != "" {
		parts = append(parts, b.data.From+" to "+b.data.To)
	}
	return strings.Join(parts, " · ")
}

// source says data and method in a line.
func (b *builder) source() string {
	s := b.subtitle()
	if b.data.Simulated {
		s = "Simulated: " + s
	}
	if b.shown != nil {
		s += " · " + b.names[b.shown.ID]
	}
	return s
}

func (b *builder) tiles() Tiles {
	if b.shown == nil {
		return nil
	}
	d := b.shown.Done
	t := Tiles{
		{Name: "segments", Value: count(d.NClusters)},
		{Name: "clustered", Value: b.people(d.N)},
		{Name: "in a segment", Value: percent(b.shown.Coverage())},
		{Name: "method", Value: b.names[b.shown.ID]},
	}
	if e := b.shown.Scores[b.metric]; b.recommended() == b.shown.ID {
		x := Fact{Name: spoken(b.metric), Value: score(b.winner.Value)}
		if b.winner.Interval {
			x.Value = plusMinus(b.winner.Value, &b.winner.Lo, &b.winner.Hi)
		}
		t = append(t, x)
	} else if e.Value != nil {
		t = append(t, Fact{Name: spoken(b.metric), Value: plusMinus(*e.Value, e.Lo, e.Hi)})
	}
	return append(t, Fact{Name: "runs compared", Value: count(len(b.state.DoneRuns()))})
}

func (b *builder) cardsIntro() string {
	s := "Names are rules of thumb made from what sets a segment apart; give them better ones. The bars beside the behaviours are standardised differences from everyone else on a scale of −2 to 2, the thin line their 95 % interval. Rules of thumb are the shortest found on one half of the " + b.unit() + "s; their percentages are counted on the other half."
	if id := b.recommended(); id != "" && id != b.shown.ID {
		s = fmt.Sprintf("These are the segments of %s, which was asked for; the verdict names %s. ", b.names[b.shown.ID], b.names[id]) + s
	}
	return s
}

func (b *builder) next() Commands {
	if b.opt.Dir == "" {
		return nil
	}
	dir := quoted(b.opt.Dir)
	n := Commands{{"see it live", "mores serve " + dir}, {"write this report", "mores report " + dir}}
	if b.judged() && b.shown != nil {
		n = append(Commands{{"what sets them apart", "mores explain " + dir}}, n...)
	}
	if b.shown != nil {
		n = append(n, Command{"a figure for a paper", "mores plot map " + dir})
	}
	return n
}

// quoted makes a path fit to be pasted into a shell.
func quoted(s string) string {
	if s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789/._-+=:") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
