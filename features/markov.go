package features

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// MarkovChain is a first-order chain with absorbing states: a journey moves from state
// to state until it ends in one of them.
type MarkovChain struct {
	Transient []string `json:"transient"` // states that a journey passes through
	Absorbing []string `json:"absorbing"` // states in which it ends
	// P[i][j] is the probability of going from transient state i to state j: the
	// transient states first, then the absorbing ones. Rows sum to 1.
	P [][]float64 `json:"p"`
}

// FitMarkov estimates a chain from counts n[i][j] of moves from transient state i to
// state j (transient states, then absorbing ones):
//
//	p_ij = (n_ij + a)/(n_i + a·K)
//
// with K the number of states that can follow. Those named in entry are only ever
// begun in: nothing leads to them, so they take no part of the smoothing a (0 = the
// plain estimate; ½ is Jeffreys'). A state that was never left and a = 0 is an error:
// its row is unknown. Cost: O(states²).
func FitMarkov(transient, absorbing []string, counts [][]float64, a float64, entry ...string) (*MarkovChain, error) {
	m := &MarkovChain{Transient: slices.Clone(transient), Absorbing: slices.Clone(absorbing)}
	k := len(transient) + len(absorbing)
	if len(transient) == 0 || len(absorbing) == 0 || len(counts) != len(transient) {
		return nil, fmt.Errorf("%d transient and %d absorbing states with %d rows of counts: at least one of each, and a row a transient state", len(transient), len(absorbing), len(counts))
	}
	if !(a >= 0) || math.IsInf(a, 0) {
		return nil, fmt.Errorf("smoothing = %g: at least 0", a)
	}
	for i, row := range counts {
		if len(row) != k {
			return nil, fmt.Errorf("state %s has %d counts: one for each of %d states", transient[i], len(row), k)
		}
		var n, open float64
		for j, c := range row {
			if !(c >= 0) || math.IsInf(c, 0) {
				return nil, fmt.Errorf("%g moves from %s to state %d: at least 0", c, transient[i], j)
			}
			if j < len(transient) && slices.Contains(entry, transient[j]) {
				if c > 0 {
					return nil, fmt.Errorf("%g moves from %s to %s, in which journeys only begin", c, transient[i], transient[j])
				}
				continue
			}
			n += c
			open++
		}
		if n+a*open == 0 {
			return nil, fmt.Errorf("nobody moved on from %s: smooth with a > 0, or leave the state out", transient[i])
		}
		p := make([]float64, k)
		for j, c := range row {
			if j >= len(transient) || !slices.Contains(entry, transient[j]) {
				p[j] = (c + a) / (n + a*open)
			}
		}
		m.P = append(m.P, p)
	}
	return m, nil
}

// Fundamental returns N = (I − Q)⁻¹, transient × transient: N[i][j] is the expected
// number of times that a journey begun in i is in j before it ends. It is an error
// where some states never lead to an end.
func (m *MarkovChain) Fundamental() (*mat.Dense, error) { return m.fundamental(-1) }

// fundamental returns it with state removed (−1 = none): what would enter that state
// ends nowhere that counts, so its row of Q is 0 and so is the way into it.
func (m *MarkovChain) fundamental(removed int) (*mat.Dense, error) {
	n := len(m.Transient)
	iq := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			q := m.P[i][j]
			if i == removed || j == removed {
				q = 0
			}
			if i == j {
				q--
			}
			iq.Set(i, j, -q)
		}
	}
	var inv mat.Dense
	if err := inv.Inverse(iq); err != nil {
		return nil, fmt.Errorf("the chain has states from which no journey ever ends: %w", err)
	}
	return &inv, nil
}

// Absorption returns B = N·R, transient × absorbing: the probability that a journey
// begun in i ends in k. Cost: O(states³).
func (m *MarkovChain) Absorption() ([][]float64, error) { return m.absorption(-1) }

func (m *MarkovChain) absorption(removed int) ([][]float64, error) {
	inv, err := m.fundamental(removed)
	if err != nil {
		return nil, err
	}
	n := len(m.Transient)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, len(m.Absorbing))
		for k := range out[i] {
			for j := range n {
				if j != removed {
					out[i][k] += inv.At(i, j) * m.P[j][n+k]
				}
			}
		}
	}
	return out, nil
}

// ExpectedSteps returns the expected number of moves from each transient state until
// the journey ends, wherever: N·1. Cost: O(states³).
func (m *MarkovChain) ExpectedSteps() ([]float64, error) {
	inv, err := m.Fundamental()
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(m.Transient))
	for i := range out {
		out[i] = mat.Sum(inv.RowView(i))
	}
	return out, nil
}

// ExpectedStepsTo returns the expected number of moves from each transient state to
// that absorbing one, of the journeys that end there: with b its column of B,
// Σⱼ N[i][j]·b[j] / b[i]. NaN where no journey ends there. Cost: O(states³).
func (m *MarkovChain) ExpectedStepsTo(absorbing string) ([]float64, error) {
	k, err := m.end(absorbing)
	if err != nil {
		return nil, err
	}
	inv, err := m.Fundamental()
	if err != nil {
		return nil, err
	}
	b, err := m.Absorption()
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(m.Transient))
	for i := range out {
		var s float64
		for j := range m.Transient {
			s += inv.At(i, j) * b[j][k]
		}
		out[i] = s / b[i][k] // 0/0 is NaN
	}
	return out, nil
}

// RemovalEffect returns, for each transient state, what share of the journeys begun in
// start that end in the absorbing state would be lost without it:
//
//	1 − P(end | whoever would enter the state gives up)/P(end)
//
// Removing start itself loses all. It is an error if no journey ends there. Cost:
// O(states⁴). Anderl, Becker, von Wangenheim & Schumann 2016, Mapping the customer
// journey, International Journal of Research in Marketing 33, pp. 457–474,
// doi:10.1016/j.ijresmar.2016.03.001.
func (m *MarkovChain) RemovalEffect(start, absorbing string) ([]float64, error) {
	k, err := m.end(absorbing)
	if err != nil {
		return nil, err
	}
	s := slices.Index(m.Transient, start)
	if s < 0 {
		return nil, fmt.Errorf("no transient state %q (states: %q)", start, m.Transient)
	}
	whole, err := m.Absorption()
	if err != nil {
		return nil, err
	}
	if whole[s][k] == 0 {
		return nil, fmt.Errorf("no journey from %s ends in %s: there is nothing to lose", start, absorbing)
	}
	out := make([]float64, len(m.Transient))
	for i := range out {
		if i == s {
			out[i] = 1
			continue
		}
		less, err := m.absorption(i)
		if err != nil {
			return nil, err
		}
		out[i] = 1 - less[s][k]/whole[s][k]
	}
	return out, nil
}

// Occupancy returns how a journey begun in start spends its moves: the share of its
// expected visits that each transient state has, N[start][j]/Σ. It is the stationary
// distribution over those states of the chain that begins again in start whenever a
// journey ends. Cost: O(states³).
func (m *MarkovChain) Occupancy(start string) ([]float64, error) {
	s := slices.Index(m.Transient, start)
	if s < 0 {
		return nil, fmt.Errorf("no transient state %q (states: %q)", start, m.Transient)
	}
	inv, err := m.Fundamental()
	if err != nil {
		return nil, err
	}
	total := mat.Sum(inv.RowView(s))
	out := make([]float64, len(m.Transient))
	for j := range out {
		out[j] = inv.At(s, j) / total
	}
	return out, nil
}

func (m *MarkovChain) end(absorbing string) (int, error) {
	k := slices.Index(m.Absorbing, absorbing)
	if k < 0 {
		return 0, fmt.Errorf("no absorbing state %q (states: %q)", absorbing, m.Absorbing)
	}
	return k, nil
}
