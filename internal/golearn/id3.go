package golearn

import (
	"slices"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// id3 is a node of a tree with a branch a bin; no children = a leaf.
type id3 struct {
	feature  int
	class    int // of codes without a branch, and of a leaf
	children map[int]*id3
}

func (n *id3) classify(codes []int) int {
	for {
		next := n.children[codes[max(0, n.feature)]]
		if next == nil {
			return n.class
		}
		n = next
	}
}

func (n *id3) depth() int {
	d := 0
	for _, c := range n.children {
		d = max(d, 1+c.depth())
	}
	return d
}

// growID3 lets golearn infer the tree from bins as categories. Of numbers it recurses
// without end where equal rows bear different labels; a category is used up when split.
func growID3(s *sample, opt Options) (classifier, error) {
	inst := base.NewDenseInstances()
	attrs := make([]*base.CategoricalAttribute, len(s.columns))
	specs := make([]base.AttributeSpec, len(s.columns))
	for j := range specs {
		attrs[j] = base.NewCategoricalAttribute()
		attrs[j].SetName("f" + strconv.Itoa(j))
		specs[j] = inst.AddAttribute(attrs[j])
	}
	class := base.NewCategoricalAttribute()
	class.SetName("class")
	classSpec := inst.AddAttribute(class)
	if err := inst.AddClassAttribute(class); err != nil {
		return nil, err
	}
	if err := inst.Extend(len(s.codes)); err != nil {
		return nil, err
	}
	for i, row := range s.codes {
		for j, v := range row {
			inst.Set(specs[j], i, attrs[j].GetSysValFromString(strconv.Itoa(v)))
		}
		inst.Set(classSpec, i, class.GetSysValFromString(strconv.Itoa(s.class[i])))
	}
	root := trees.InferID3Tree(inst, &gainRule{columns: len(s.columns), depth: opt.Depth, classes: s.classes})
	return convertID3(root, s.classes, len(s.columns))
}

// convertID3 takes golearn's tree over; a class is counted here, since golearn breaks
// ties by chance.
func convertID3(n *trees.DecisionTreeNode, classes, columns int) (*id3, error) {
	out := &id3{feature: -1}
	counts := make([]int, classes)
	for name, c := range n.ClassDist {
		at, err := strconv.Atoi(name)
		if err != nil || at < 0 || at >= classes {
			return nil, errTree
		}
		counts[at] = c
	}
	out.class = mode(counts)
	if n.SplitRule == nil || n.SplitRule.SplitAttr == nil || len(n.Children) == 0 {
		return out, nil
	}
	var err error
	if out.feature, err = featureOf(n.SplitRule.SplitAttr); err != nil || out.feature >= columns {
		return nil, errTree
	}
	out.children = map[int]*id3{}
	for name, child := range n.Children {
		bin, err := strconv.Atoi(name)
		if err != nil {
			return nil, errTree
		}
		if out.children[bin], err = convertID3(child, classes, columns); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func featureOf(a base.Attribute) (int, error) {
	if len(a.GetName()) < 2 {
		return 0, errTree
	}
	return strconv.Atoi(a.GetName()[1:])
}

// gainRule chooses the column of the greatest information gain, the first of equals, and
// none beyond a depth or without a gain.
type gainRule struct{ columns, depth, classes int }

// GenerateSplitRule implements golearn's RuleGenerator.
func (g *gainRule) GenerateSplitRule(f base.FixedDataGrid) *trees.DecisionTreeRule {
	candidates := base.AttributeDifferenceReferences(f.AllAttributes(), f.AllClassAttributes())
	if g.columns-len(candidates) >= g.depth {
		return nil
	}
	all := g.counts(base.GetClassDistribution(f))
	var out *trees.DecisionTreeRule
	best, first := 1e-12, 0
	for _, a := range candidates {
		dist := base.GetClassDistributionAfterSplit(f, a)
		var names []string
		for name := range dist {
			names = append(names, name)
		}
		slices.Sort(names)
		var parts [][]int
		for _, name := range names {
			parts = append(parts, g.counts(dist[name]))
		}
		at, err := featureOf(a)
		if err != nil {
			panic(err)
		}
		if gain := informationGain(all, parts); gain > best || gain == best && at < first {
			out, best, first = &trees.DecisionTreeRule{SplitAttr: a}, gain, at
		}
	}
	return out
}

func (g *gainRule) counts(dist map[string]int) []int {
	out := make([]int, g.classes)
	for name, n := range dist {
		at, err := strconv.Atoi(name)
		if err != nil {
			panic(err)
		}
		out[at] = n
	}
	return out
}
