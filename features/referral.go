package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "referral",
	Doc: `Referrals: whether a customer brings others
  referral_sent       referrals made
  referral_recent     referrals, each counting half after half_life (90) days: 0 for who
                      made none, so that "how long ago" is a number for everybody
and where the log tells who was referred (the referral's item is the other's customer id)
  referral_converted  share of the referred who bought after it, (α + k)/(α + β + n) with a
                      beta prior by moments (BetaMoments)
  referral_reach      customers brought directly and by those brought: the size of the tree
                      below
  referral_referred   1 = was brought by another customer
Who was referred by several counts for the first; a referral of oneself, of who was a buyer
already, or back up the tree brings nobody. What the referred did is known as of the model's
own time: a customer referred later has not bought yet. Cost: O(events), and at learning
O(referrals · depth).`,
	Refs: []Ref{
		{Authors: "Schmitt, Skiera & Van den Bulte", Title: "Referral Programs and Customer Value", Venue: "Journal of Marketing 75", Year: 2011, DOI: "10.1509/jm.75.1.46"},
		{Authors: "Kumar, Petersen & Leone", Title: "Driving Profitability by Encouraging Customer Referrals: Who, When, and How", Venue: "Journal of Marketing 74", Year: 2010, DOI: "10.1509/jmkg.74.5.001"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.Referral),
	Minimum: 0,
	Null:    ShuffleStamps + "+" + ShuffleItems,
	New: func() Block {
		return &Referral{
			Columns:  []string{"referral_sent", "referral_recent", "referral_converted", "referral_reach", "referral_referred"},
			HalfLife: 90,
		}
	},
})

// Referral is the options of referral.
type Referral struct {
	Columns  []string `json:"columns"`
	HalfLife float64  `json:"half_life"` // days
}

var referralColumns = []Column{
	{Name: "referral_sent", Unit: "count", Doc: "referrals made"},
	{Name: "referral_recent", Unit: "count", Doc: "referrals made, old ones counting less"},
	{Name: "referral_converted", Doc: "share of the referred who bought", Kind: Probability},
	{Name: "referral_reach", Unit: "customers", Doc: "customers brought, directly and by those brought"},
	{Name: "referral_referred", Doc: "was brought by another customer", Kind: Binary},
}

// referralEdge is one referral of a known customer.
type referralEdge struct {
	by, who string
	stamp   int64
}

// referralBuyer is a customer's first purchase that stands.
type referralBuyer struct {
	id    string
	first int64
}

type referralSummary struct {
	edges  []referralEdge
	buyers []referralBuyer
	ids    []string // customers without a purchase
	made   int64
}

// Merge adds other.
func (s *referralSummary) Merge(other Summary) {
	o := other.(*referralSummary)
	s.edges = append(s.edges, o.edges...)
	s.buyers = append(s.buyers, o.buyers...)
	s.ids = append(s.ids, o.ids...)
	s.made += o.made
}

// Empty returns the summary of no customers.
func (o *Referral) Empty() Summary { return &referralSummary{} }

// Gather lists the customer's referrals and first purchase.
func (o *Referral) Gather(h datasets.History) Summary {
	s := &referralSummary{}
	for i := range h.Len() {
		if h.Kind(i) != datasets.Referral {
			continue
		}
		s.made++
		if who := h.Item(i); who != "" && who != h.ID {
			s.edges = append(s.edges, referralEdge{h.ID, who, h.Stamp(i)})
		}
	}
	if occ := h.Occasions(); len(occ) > 0 {
		s.buyers = []referralBuyer{{h.ID, occ[0].First}}
	} else {
		s.ids = []string{h.ID}
	}
	return s
}

// Learn grows the tree of who brought whom.
func (o *Referral) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*referralSummary)
	if !(o.HalfLife > 0) {
		return nil, fmt.Errorf("half_life = %g: days, above 0", o.HalfLife)
	}
	if s.made == 0 {
		return nil, fmt.Errorf("no customer made a referral")
	}
	first := make(map[string]int64, len(s.buyers)+len(s.ids))
	for _, id := range s.ids {
		first[id] = math.MaxInt64
	}
	for _, b := range s.buyers {
		first[b.id] = b.first
	}
	m := &referralModel{HalfLife: o.HalfLife, Tree: referralTree(s.edges, first)}
	for _, e := range s.edges {
		if _, ok := first[e.who]; ok {
			m.Known = true
		}
	}
	var prior BetaMoments
	of := map[string][2]int{}
	for _, n := range m.Tree {
		c := of[n.By]
		c[1]++
		if n.Bought {
			c[0]++
		}
		of[n.By] = c
	}
	for _, c := range of {
		prior.Add(c[0], c[1])
	}
	m.Prior = prior.Prior()
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(referralColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(referralColumns), ", "))
		case m.Known || n == "referral_sent" || n == "referral_recent":
			m.Names = append(m.Names, n)
		}
	}
	if !m.Known {
		m.Tree = nil
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: no referral's item is a customer of the log", strings.Join(o.Columns, ", "))
	}
	return m, nil
}

// referralNode is a referred customer.
type referralNode struct {
	By     string `json:"by"` // who brought them
	Bought bool   `json:"bought,omitempty"`
	Reach  int    `json:"reach,omitempty"` // customers below
}

// referralTree makes a forest of the referrals: the first referral of each customer
// counts, unless they had bought already or it would lead back up the tree. first holds
// each known customer's first purchase.
func referralTree(edges []referralEdge, first map[string]int64) map[string]*referralNode {
	edges = slices.Clone(edges)
	slices.SortFunc(edges, func(a, b referralEdge) int {
		return cmp.Or(cmp.Compare(a.stamp, b.stamp), cmp.Compare(a.by, b.by), cmp.Compare(a.who, b.who))
	})
	tree := map[string]*referralNode{}
	for _, e := range edges {
		bought, known := first[e.who]
		if tree[e.who] != nil || known && bought < e.stamp {
			continue
		}
		up := e.by
		for up != e.who && tree[up] != nil {
			up = tree[up].By
		}
		if up != e.who {
			tree[e.who] = &referralNode{By: e.by, Bought: known && bought != math.MaxInt64}
		}
	}
	for _, n := range tree {
		for up := tree[n.By]; up != nil; up = tree[up.By] {
			up.Reach++
		}
	}
	return tree
}

// Model returns an empty model.
func (o *Referral) Model() Model { return &referralModel{} }

// referralModel holds the tree.
type referralModel struct {
	Names    []string                 `json:"names"`
	HalfLife float64                  `json:"half_life"`
	Known    bool                     `json:"known"` // the log tells who was referred
	Prior    BetaPrior                `json:"prior"` // of a referral's conversion
	Tree     map[string]*referralNode `json:"tree,omitempty"`
}

// Warnings says what the log does not tell.
func (m *referralModel) Warnings() []string {
	if m.Known {
		return nil
	}
	return []string{"no referral's item is a customer of the log: who was referred is not known, and referral_converted, referral_reach and referral_referred are left out"}
}

// Columns describes the columns.
func (m *referralModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := referralColumns[slices.IndexFunc(referralColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "referral"
		out = append(out, c)
	}
	return out
}

// Evidence counts the referrals made.
func (m *referralModel) Evidence(h datasets.History) int {
	n := 0
	for i := range h.Len() {
		if h.Kind(i) == datasets.Referral {
			n++
		}
	}
	return n
}

// Measure fills the row; who made no referral has counts of 0 and the prior's mean.
func (m *referralModel) Measure(h datasets.History, row []float64) {
	var sent, brought, bought, reach int
	var recent float64
	counted := map[string]bool{}
	now := h.Meta.Window.To.UnixMicro()
	for i := range h.Len() {
		if h.Kind(i) != datasets.Referral {
			continue
		}
		sent++
		recent += math.Exp2(-float64(now-h.Stamp(i)) / float64(dayMicros) / m.HalfLife)
		who := h.Item(i)
		n := m.Tree[who]
		if n == nil || n.By != h.ID || counted[who] {
			continue
		}
		counted[who] = true
		brought++
		bought += campaignOne(n.Bought)
		reach += 1 + n.Reach
	}
	for j, n := range m.Names {
		switch n {
		case "referral_sent":
			row[j] = float64(sent)
		case "referral_recent":
			row[j] = recent
		case "referral_converted":
			row[j] = m.Prior.Rate(float64(bought), float64(brought))
		case "referral_reach":
			row[j] = float64(reach)
		case "referral_referred":
			row[j] = float64(campaignOne(m.Tree[h.ID] != nil))
		}
	}
}
