package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// tournamentBeside is what an entrant is compared with.
type tournamentBeside struct {
	name   string
	role   Role
	column *contestColumn
	reason string
}

// standings lets everybody compete.
func (c *contestRun) standings(ctx context.Context) error {
	places, err := c.entries(ctx)
	if err != nil {
		return err
	}
	equals, err := c.equals(ctx)
	if err != nil {
		return err
	}
	var segments []*contestPlace
	var fixed []tournamentBeside
	for _, p := range places {
		switch {
		case p.Role == RoleSegments && p.Reason == "":
			segments = append(segments, p)
		case p.Role == RoleBlock && p.Reason == "":
			p.beside = c.twins(equals, p.Ks)
		case p.Role != RoleSegments && p.Role != RoleBlock:
			fixed = append(fixed, tournamentBeside{p.Name, p.Role, p.column, p.Reason})
		}
	}
	c.choose(segments)
	for _, p := range segments {
		p.beside = append(c.twins(equals, p.Ks), fixed...)
		p.beside = append(p.beside, tournamentBeside{"chance", RoleChance, p.chance, ""})
	}
	var nested *contestColumn
	var beside []tournamentBeside
	if len(segments) > 0 {
		a, b := segments[c.out.Picked[0].at], segments[c.out.Picked[1].at]
		nested = c.column("nested", a.column.entry[0], b.column.entry[1])
		beside = append(c.twins(equals, [2]int{a.Ks[0], b.Ks[1]}), fixed...)
	}
	boot, err := c.bootstrap(ctx)
	if err != nil {
		return err
	}
	for _, p := range places {
		if p.column != nil {
			c.fill(p, boot)
		}
	}
	if err := c.sets(ctx, segments, boot); err != nil {
		return err
	}
	c.finish(segments, nested, beside, boot)
	c.list(places, equals, segments, boot)
	return nil
}

// contestPlace is a standing in the making.
type contestPlace struct {
	Standing
	column *contestColumn
	chance *contestColumn // of segments
	beside []tournamentBeside
}

// key is what a confidence set calls an entrant.
func (p *contestPlace) key() string { return cmp.Or(p.Run, p.Name) }

// entries judges the entrants.
func (c *contestRun) entries(ctx context.Context) ([]*contestPlace, error) {
	n := len(c.r.entrants)
	got := make([][2]*contestEntry, n)
	chance := make([][2]*contestEntry, n)
	reasons := make([][2]string, n)
	err := predictiveEach(ctx, 2*n, c.r.run.Workers, tournamentNone, func(j int, _ struct{}) {
		i, h := j/2, j%2
		e, f := &c.r.entrants[i], c.frames[h]
		if e.reason != "" {
			return
		}
		if e.data[h] != nil {
			got[i][h], reasons[i][h] = c.ceiling(ctx, f, e.data[h])
			return
		}
		got[i][h] = c.grouped(f, e.groups[h], nil)
		if c.r.t.Entrants[i].Role == RoleSegments {
			chance[i][h] = c.dealt(f, e.groups[h])
		}
	})
	if err != nil {
		return nil, err
	}
	var out []*contestPlace
	for i := range c.r.entrants {
		e := &c.r.t.Entrants[i]
		p := &contestPlace{Standing: Standing{Name: e.Name, Run: e.Run, Role: e.Role}}
		out = append(out, p)
		if p.Reason = cmp.Or(c.r.entrants[i].reason, reasons[i][0], reasons[i][1]); p.Reason != "" {
			continue
		}
		p.column = c.column(e.Name, got[i][0], got[i][1])
		for h, g := range c.r.entrants[i].groups {
			if g != nil {
				p.Ks[h] = g.groups
			}
		}
		p.K = max(p.Ks[0], p.Ks[1])
		if chance[i][0] != nil {
			p.chance = c.column("chance", chance[i][0], chance[i][1])
		}
	}
	return out, nil
}

// contestEquals is a baseline's entries by half and number of groups, and the columns
// made of them.
type contestEquals struct {
	name    string
	role    Role
	entry   [2]map[int]*contestEntry
	reason  [2]map[int]string
	columns map[[2]int]*contestColumn
}

// equals judges the baselines with every number of groups.
func (c *contestRun) equals(ctx context.Context) ([]*contestEquals, error) {
	type job struct {
		q *contestEquals
		h int
		k int
		g *grouping
	}
	var jobs []job
	var out []*contestEquals
	for b := range c.r.t.Baselines {
		q := &contestEquals{name: c.r.t.Baselines[b].Name, role: c.r.t.Baselines[b].Role, columns: map[[2]int]*contestColumn{}}
		out = append(out, q)
		for h := range q.entry {
			q.entry[h], q.reason[h] = map[int]*contestEntry{}, map[int]string{}
		}
		for k, halves := range c.r.baselines[b] {
			for h, g := range halves {
				switch {
				case g == nil:
				case g.reason != "":
					q.reason[h][k] = g.reason
				default:
					jobs = append(jobs, job{q, h, k, g})
				}
			}
		}
	}
	made := make([]*contestEntry, len(jobs))
	err := predictiveEach(ctx, len(jobs), c.r.run.Workers, tournamentNone, func(j int, _ struct{}) {
		made[j] = c.grouped(c.frames[jobs[j].h], jobs[j].g, nil)
	})
	for j, e := range made {
		jobs[j].q.entry[jobs[j].h][jobs[j].k] = e
	}
	return out, err
}

// twins finds the baselines with as many groups on either half.
func (c *contestRun) twins(equals []*contestEquals, ks [2]int) []tournamentBeside {
	var out []tournamentBeside
	for _, q := range equals {
		b := tournamentBeside{name: q.name, role: q.role, column: q.columns[ks]}
		for h, k := range ks {
			if q.entry[h][k] == nil && b.reason == "" {
				if b.reason = q.reason[h][k]; b.reason == "" {
					b.reason = fmt.Sprintf("%d groups: none is made of more than %d", k, c.r.o.MostGroups)
				}
			}
		}
		if b.column == nil && b.reason == "" {
			b.column = c.column(q.name, q.entry[0][ks[0]], q.entry[1][ks[1]])
			q.columns[ks] = b.column
		}
		out = append(out, b)
	}
	return out
}

// choose lets each half choose by its own customers: the largest cross-fitted figure,
// of equals the one with fewer groups, then the first.
func (c *contestRun) choose(segments []*contestPlace) {
	for h, f := range c.frames {
		pick := Pick{Half: c.r.halves[h].Name, Set: []string{}, at: -1}
		if len(segments) == 0 {
			pick.Reason = "no segments to choose from"
		}
		var most float64
		best := 0
		for i, p := range segments {
			v := tournamentExplained(p.column.entry[h].cross, f.null.cross)
			if pick.at < 0 || v > most || v == most && p.Ks[h] < segments[pick.at].Ks[h] {
				pick.at, most = i, v
			}
			if p.column.entry[h].sum < segments[best].column.entry[h].sum {
				best = i
			}
		}
		if pick.at >= 0 {
			p, q := segments[pick.at], segments[best]
			pick.Name, pick.Run, pick.K, pick.BestName = p.Name, p.Run, p.Ks[h], q.Name
			outside, top := tournamentExplained(p.column.entry[h].sum, f.null.sum), tournamentExplained(q.column.entry[h].sum, f.null.sum)
			pick.Selection, pick.Inside = tournamentValue(most), tournamentValue(tournamentExplained(p.column.entry[h].train, f.null.train))
			pick.Outside, pick.Best, pick.Regret = tournamentValue(outside), tournamentValue(top), tournamentValue(top-outside)
		}
		c.out.Picked = append(c.out.Picked, pick)
	}
}

// contestBoot is the replicates: by resample, then column.
type contestBoot struct {
	all  [][]float64
	half [2][][]float64
}

// bootstrap draws bundles of customers within each half again, the same for all columns.
func (c *contestRun) bootstrap(ctx context.Context) (*contestBoot, error) {
	m := len(c.columns)
	var loss [2][]float64 // bundles × (columns, null)
	for h, f := range c.frames {
		loss[h] = make([]float64, f.bundles*(m+1))
		for j, k := range c.columns {
			for b, v := range k.entry[h].test {
				loss[h][b*(m+1)+j] = v
			}
		}
		for b, v := range f.null.test {
			loss[h][b*(m+1)+m] = v
		}
	}
	n := c.r.o.Bootstrap
	out := &contestBoot{all: make([][]float64, n), half: [2][][]float64{make([][]float64, n), make([][]float64, n)}}
	type scratch struct {
		weight []float64
		sum    [2][]float64
	}
	fresh := func() *scratch {
		return &scratch{make([]float64, max(c.frames[0].bundles, c.frames[1].bundles)), [2][]float64{make([]float64, m+1), make([]float64, m+1)}}
	}
	err := predictiveEach(ctx, n, c.r.run.Workers, fresh, func(b int, t *scratch) {
		rng := rand.New(rand.NewPCG(c.seed, tournamentBootstrapStream+uint64(b)<<8))
		for h, f := range c.frames {
			clear(t.weight)
			clear(t.sum[h])
			for range f.bundles {
				t.weight[rng.IntN(f.bundles)]++
			}
			for u, w := range t.weight[:f.bundles] {
				if w > 0 {
					floats.AddScaled(t.sum[h], w, loss[h][u*(m+1):(u+1)*(m+1)])
				}
			}
		}
		all, left, right := make([]float64, m), make([]float64, m), make([]float64, m)
		for j := range all {
			all[j] = tournamentExplained(t.sum[0][j]+t.sum[1][j], t.sum[0][m]+t.sum[1][m])
			left[j], right[j] = tournamentExplained(t.sum[0][j], t.sum[0][m]), tournamentExplained(t.sum[1][j], t.sum[1][m])
		}
		out.all[b], out.half[0][b], out.half[1][b] = all, left, right
	})
	return out, err
}

// interval is that of a column, less beside's if there is one.
func (c *contestRun) interval(k, beside *contestColumn, boot *contestBoot) (lo, hi *float64) {
	x, value := make([]float64, len(boot.all)), k.outside
	for b, row := range boot.all {
		if x[b] = row[k.at]; beside != nil {
			x[b] -= row[beside.at]
		}
	}
	if beside != nil {
		value -= beside.outside
	}
	wide := c.widen(k, beside, x)
	for b, v := range x {
		x[b] = value + wide*(v-value)
	}
	return c.percentiles(x)
}

// half is the interval of a column on one half: one direction alone.
func (c *contestRun) half(k *contestColumn, h int, boot *contestBoot) (lo, hi *float64) {
	x := make([]float64, len(boot.half[h]))
	for b, row := range boot.half[h] {
		x[b] = row[k.at]
	}
	return c.percentiles(x)
}

func (c *contestRun) percentiles(x []float64) (lo, hi *float64) {
	slices.Sort(x)
	return tournamentValue(quantile7(x, c.r.o.Alpha/2)), tournamentValue(quantile7(x, 1-c.r.o.Alpha/2))
}

// fill completes a standing.
func (c *contestRun) fill(p *contestPlace, boot *contestBoot) {
	k := p.column
	p.Inside, p.Outside = tournamentValue(c.inside(k)), tournamentValue(k.outside)
	p.Lo, p.Hi = c.interval(k, nil, boot)
	if p.K > 0 {
		p.Lift, p.LiftShare = c.lift(k)
	}
	p.Versus = c.versus(k, p.beside, boot)
}

func (c *contestRun) versus(k *contestColumn, beside []tournamentBeside, boot *contestBoot) []Versus {
	var out []Versus
	for _, b := range beside {
		v := Versus{Baseline: b.name, Role: b.role, Reason: b.reason}
		if b.column != nil {
			v.Value, v.Difference = tournamentValue(b.column.outside), tournamentValue(k.outside-b.column.outside)
			v.Lo, v.Hi = c.interval(k, b.column, boot)
		}
		out = append(out, v)
	}
	return out
}

// sets makes the model confidence sets, of all customers and of each half's alone.
func (c *contestRun) sets(ctx context.Context, segments []*contestPlace, boot *contestBoot) error {
	if len(segments) == 0 {
		return nil
	}
	o := NewConfidenceSetOptions()
	o.Alpha = c.r.o.Alpha
	set := func(replicates [][]float64, whole bool, value func(k *contestColumn) float64) (*ConfidenceSet, error) {
		values := make([]float64, len(segments))
		rows := make([][]float64, len(replicates))
		for b := range rows {
			rows[b] = make([]float64, len(segments))
		}
		for i, p := range segments {
			values[i] = value(p.column)
			x := make([]float64, len(replicates))
			for b, row := range replicates {
				x[b] = row[p.column.at]
			}
			wide := 1.0
			if whole {
				wide = c.widen(p.column, nil, x)
			}
			for b, v := range x {
				rows[b][i] = values[i] + wide*(v-values[i])
			}
		}
		return ConfidenceSetOfReplicates(ctx, values, rows, +1, o)
	}
	whole, err := set(boot.all, true, func(k *contestColumn) float64 { return k.outside })
	if err != nil {
		return err
	}
	for i, m := range whole.Methods {
		if segments[i].In = m.In; m.In {
			c.out.Set = append(c.out.Set, segments[i].key())
		}
	}
	for h, f := range c.frames {
		half, err := set(boot.half[h], false, func(k *contestColumn) float64 { return tournamentExplained(k.entry[h].sum, f.null.sum) })
		if err != nil {
			return err
		}
		for i, m := range half.Methods {
			if m.In {
				c.out.Picked[h].Set = append(c.out.Picked[h].Set, segments[i].key())
			}
		}
	}
	return nil
}

// finish completes the choices.
func (c *contestRun) finish(segments []*contestPlace, nested *contestColumn, beside []tournamentBeside, boot *contestBoot) {
	if nested == nil {
		c.out.Nested = &Nested{Reason: "no segments to choose from"}
		return
	}
	for h := range c.out.Picked {
		p := &c.out.Picked[h]
		k := segments[p.at].column
		p.Lo, p.Hi = c.half(k, h, boot)
	}
	c.out.Nested = &Nested{Value: tournamentValue(nested.outside), Versus: c.versus(nested, beside, boot)}
	c.out.Nested.Lo, c.out.Nested.Hi = c.interval(nested, nil, boot)
}

// equalName is how a baseline of k groups is listed.
func equalName(name string, k int) string {
	if k == 1 {
		return name + ", 1 group"
	}
	return fmt.Sprintf("%s, %d groups", name, k)
}

// list orders the standings: the entrants, baselines of one number of groups on both
// halves, and chance for the best segments.
func (c *contestRun) list(places []*contestPlace, equals []*contestEquals, segments []*contestPlace, boot *contestBoot) {
	for _, q := range equals {
		for ks, column := range q.columns {
			if ks[0] == ks[1] {
				p := &contestPlace{Standing: Standing{Name: equalName(q.name, ks[0]), Role: q.role, K: ks[0], Ks: ks}, column: column}
				c.fill(p, boot)
				places = append(places, p)
			}
		}
	}
	var best *contestPlace
	for _, p := range segments {
		if best == nil || p.column.outside > best.column.outside {
			best = p
		}
	}
	if best != nil {
		p := &contestPlace{Standing: Standing{Name: "chance, the groups of " + best.Name, Role: RoleChance, K: best.K, Ks: best.Ks}, column: best.chance}
		c.fill(p, boot)
		places = append(places, p)
	}
	slices.SortStableFunc(places, func(a, b *contestPlace) int {
		switch {
		case (a.Outside == nil) != (b.Outside == nil):
			if a.Outside == nil {
				return 1
			}
			return -1
		case a.Outside != nil && *a.Outside != *b.Outside:
			return cmp.Compare(*b.Outside, *a.Outside)
		}
		return cmp.Or(cmp.Compare(a.K, b.K), cmp.Compare(a.Name, b.Name))
	})
	for _, p := range places {
		c.out.Standings = append(c.out.Standings, p.Standing)
	}
}
