package eval

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
)

// Every registered metric keeps the contract: a new file is tested on arrival.
func TestMetrics(t *testing.T) {
	all := Metrics()
	if len(all) < 10 {
		t.Fatalf("%d metrics", len(all))
	}
	for _, m := range all {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			if err := Check(m); err != nil {
				t.Error(err)
			}
			for _, name := range append(m.Aliases, m.Name) {
				if got, err := Lookup(name); err != nil || got != m {
					t.Errorf("Lookup(%q): %v, %v", name, got, err)
				}
			}
		})
	}
	if _, err := Lookup("no such thing"); err == nil {
		t.Error("an unknown name was found")
	}
}

type brokenMeasure func(ctx context.Context, in *Input) (Score, error)

func (f brokenMeasure) Score(ctx context.Context, in *Input) (Score, error) { return f(ctx, in) }

// The conformance suite catches a metric that breaks any one rule.
func TestCheckCatches(t *testing.T) {
	good := func(ctx context.Context, in *Input) (Score, error) {
		if in.C == nil || len(in.C.Labels) == 0 {
			return Undefined("no rows"), ctx.Err()
		}
		return Score{Value: 1 - float64(in.C.NumNoise())/float64(len(in.C.Labels))}, ctx.Err()
	}
	coverage := func(f brokenMeasure) *Metric {
		return &Metric{
			Name: "coverage", Doc: "Share of rows in a segment", Version: 1, Range: Range{0, 1, +1},
			New: func() Measure { return f },
		}
	}
	if err := Check(coverage(good)); err != nil {
		t.Fatalf("a good metric: %v", err)
	}
	calls := 0
	for name, c := range map[string]struct {
		props Props
		f     brokenMeasure
		want  string
	}{
		"outside its range": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			s.Value *= 2
			return s, err
		}, "outside"},
		"NaN without a reason": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			if in.C.K == 0 {
				s = Score{Value: math.NaN()}
			}
			return s, err
		}, "outside"},
		"depends on names": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			if len(in.C.Labels) > 0 && in.C.Labels[0] == 0 {
				s.Value /= 2
			}
			return s, err
		}, "renamed labels"},
		"depends on the order": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			if s.Defined() {
				s.Value = math.Abs(math.Mod(in.X.Row(0)[0], 1))
			}
			return s, err
		}, "another order"},
		"depends on workers": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			s.Value /= 1 + 1e-15*float64(in.Workers)
			return s, err
		}, "workers"},
		"keeps state": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			calls++
			s.Value /= float64(calls)
			return s, err
		}, "the same input"},
		"writes": {0, func(ctx context.Context, in *Input) (Score, error) {
			if in.C != nil && len(in.C.Labels) > 0 {
				in.X.Row(0)[0]++
			}
			return good(ctx, in)
		}, "writes"},
		"deaf to cancellation": {0, func(_ context.Context, in *Input) (Score, error) {
			return good(context.Background(), in)
		}, "cancelled"},
		"fails": {0, func(ctx context.Context, in *Input) (Score, error) {
			if in.C.K < 2 {
				return Score{}, errors.New("two clusters, please")
			}
			return good(ctx, in)
		}, "reason belongs"},
		"panics": {0, func(ctx context.Context, in *Input) (Score, error) {
			_ = in.C.Labels[0]
			return good(ctx, in)
		}, "panic"},
		"not what it claims, identity": {PropIdentity, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			s.Value /= 2
			return s, err
		}, "against itself"},
		"not what it claims, chance": {PropChance, good, "random labellings"},
		"not what it claims, scale":  {PropScale, checkFirst, "scaled"},
		"not what it claims, shift":  {PropShift, checkFirst, "moved"},
		"not what it claims, symmetric": {PropSymmetric, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			s.Value /= float64(max(in.C.K, 1))
			return s, err
		}, "exchanged"},
		"too few values": {0, func(ctx context.Context, in *Input) (Score, error) {
			s, err := good(ctx, in)
			s.PerRow = []float64{1}
			return s, err
		}, "rows"},
	} {
		m := coverage(c.f)
		m.Props = c.props
		err := Check(m)
		if err == nil {
			t.Errorf("%s: passes", name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: caught for another reason: %v", name, err)
		}
	}
}

// checkFirst looks at the largest coordinate.
func checkFirst(ctx context.Context, in *Input) (Score, error) {
	if len(in.C.Labels) == 0 {
		return Undefined("no rows"), ctx.Err()
	}
	top := 0.0
	for _, v := range in.X.Data() {
		top = max(top, math.Abs(v))
	}
	return Score{Value: top / (top + 10)}, ctx.Err()
}
